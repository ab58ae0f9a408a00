/* SPDX-License-Identifier: MIT */
/* TraceLogging metadata as a layout. Knows the metadata's bytes (docs/format/schemas.md); reads no payload, keeps
 * nothing. */
#include "schema/tracelogging.h"

#include "base/cursor.h"
#include "base/error.h"
#include "schema/names.h"

/* A field's type byte. */
enum {
    TYPE_MASK = 0x1F,
    COUNT_MASK = 0x60,
    COUNT_FIXED = 0x20,   /* a u16 count follows in the metadata */
    COUNT_PAYLOAD = 0x40, /* a u16 count precedes the elements in the payload */
    CUSTOM = 0x60,        /* of another protocol: its type information follows in the metadata */
    CHAIN = 0x80,         /* one more byte follows: of types, outs and tags alike */
    OLD_STRUCT = 0x20     /* the whole type byte: structs before type 24, with their member count as fixed count */
};

/* TraceLogging's own out-types; those from 33 on are TDH's. */
enum {
    OUT_STRING = 2,
    OUT_BOOLEAN = 3,
    OUT_HEX = 4,
    OUT_FILETIME = 16,
    OUT_SIGNED = 17,
    OUT_UNSIGNED = 18
};

/* The metadata on its way to field descriptions, in the order in which it names the fields. */
typedef struct parser {
    ek_cursor cursor;
    etwkit_error *error;
    ek_field_spec *specs; /* first_member and member_count are not yet those of a layout */
    uint16_t *end;        /* by field: the next field that is no member of it, however deep */
    size_t capacity;
    size_t count;
    size_t depth;
    struct {
        size_t at;
        unsigned members;      /* still to come */
    } open[ETWKIT_WALK_DEPTH]; /* structs whose members are being read */
    bool ended;                /* behind a field of unknown size nothing can be found */
} parser;

static etwkit_status damaged(const parser *p, const char *what) {
    return ek_fail(p->error, ETWKIT_E_DAMAGED, "TraceLogging metadata: at byte %zu %s", ek_cursor_position(&p->cursor),
                   what);
}

/* 7 bits a byte, the first ones highest, while bit 7 is set. More than 28 bits are read, and those beyond dropped. */
static uint32_t read_tags(ek_cursor *cursor) {
    uint32_t tags = 0;
    uint8_t byte = CHAIN;
    for (int shift = 21; byte & CHAIN; shift -= 7) {
        byte = ek_cursor_u8(cursor);
        if (shift >= 0)
            tags |= (uint32_t)(byte & ~CHAIN) << shift;
    }
    return tags;
}

/* Index of an integer's width in the tables below: 1, 2, 4, 8 bytes. */
static int width_of(unsigned type) {
    if (type >= ETWKIT_IN_INT8 && type <= ETWKIT_IN_UINT64)
        return (int)(type - ETWKIT_IN_INT8) / 2;
    return type == ETWKIT_IN_HEXINT32 ? 2 : type == ETWKIT_IN_HEXINT64 ? 3 : -1;
}

/* Outs that do not name a TDH type of their own but say how an integer is meant: give it the type that means that. */
static void retype_integer(ek_field_spec *spec, unsigned out) {
    static const uint16_t unsigned_types[] = {ETWKIT_IN_UINT8, ETWKIT_IN_UINT16, ETWKIT_IN_UINT32, ETWKIT_IN_UINT64};
    static const uint16_t hex_types[] = {ETWKIT_IN_UINT8, ETWKIT_IN_UINT16, ETWKIT_IN_HEXINT32, ETWKIT_IN_HEXINT64};
    int width = width_of(spec->in_type);
    if (width < 0) {
        if (out == OUT_HEX && spec->in_type == ETWKIT_IN_COUNTED_BINARY)
            spec->out_type = ETWKIT_OUT_HEXBINARY;
        else if (spec->in_type == ETWKIT_IN_POINTER && (out == OUT_SIGNED || out == OUT_UNSIGNED))
            spec->out_type = out == OUT_SIGNED ? ETWKIT_OUT_LONG : ETWKIT_OUT_UNSIGNEDLONG;
        return;
    }
    switch (out) {
    case OUT_HEX:
        spec->in_type = hex_types[width];
        spec->out_type = (uint16_t)(ETWKIT_OUT_HEXINT8 + width);
        break;
    case OUT_SIGNED:
        spec->in_type = (uint16_t)(unsigned_types[width] - 1);
        spec->out_type = (uint16_t)(ETWKIT_OUT_BYTE + 2 * width);
        break;
    case OUT_UNSIGNED:
        spec->in_type = unsigned_types[width];
        spec->out_type = (uint16_t)(ETWKIT_OUT_UNSIGNEDBYTE + 2 * width);
        break;
    case OUT_BOOLEAN:
        spec->in_type = width == 2 ? (uint16_t)ETWKIT_IN_BOOLEAN : unsigned_types[width];
        spec->out_type = ETWKIT_OUT_BOOLEAN;
        break;
    case OUT_FILETIME:
        if (width == 3)
            spec->in_type = ETWKIT_IN_FILETIME;
        spec->out_type = ETWKIT_OUT_DATETIME;
        break;
    default: break;
    }
}

static uint16_t translate_out(unsigned out) {
    static const uint16_t outs[] = {
        ETWKIT_OUT_NULL,       ETWKIT_OUT_NOPRINT,       ETWKIT_OUT_STRING,  ETWKIT_OUT_BOOLEAN,
        ETWKIT_OUT_NULL, /* hex */
        ETWKIT_OUT_PID,        ETWKIT_OUT_TID,           ETWKIT_OUT_PORT,    ETWKIT_OUT_IPV4,
        ETWKIT_OUT_IPV6,       ETWKIT_OUT_SOCKETADDRESS, ETWKIT_OUT_XML,     ETWKIT_OUT_JSON,
        ETWKIT_OUT_WIN32ERROR, ETWKIT_OUT_NTSTATUS,      ETWKIT_OUT_HRESULT,
    };
    if (out < sizeof outs / sizeof *outs)
        return outs[out];
    return out >= ETWKIT_OUT_CULTURE_INSENSITIVE_DATETIME && out <= ETWKIT_OUT_DATETIME_UTC ? (uint16_t)out : 0;
}

static void set_type(parser *p, ek_field_spec *spec, unsigned type, unsigned out) {
    spec->in_type = type == ETWKIT_IN_BINARY ? ETWKIT_IN_COUNTED_BINARY : (uint16_t)type;
    spec->out_type = translate_out(out);
    retype_integer(spec, out);
    p->ended = type > ETWKIT_IN_COUNTED_BINARY;
}

/* What stands between a field's name and the next one's. *members: of a struct. */
static void read_type(parser *p, ek_field_spec *spec, unsigned *members) {
    ek_cursor *cursor = &p->cursor;
    unsigned type = ek_cursor_u8(cursor), out = type & CHAIN ? ek_cursor_u8(cursor) : 0;
    if (out & CHAIN)
        spec->tags = read_tags(cursor);
    out &= ~(unsigned)CHAIN;
    unsigned counting = type & COUNT_MASK;
    uint16_t count = counting & COUNT_FIXED ? ek_cursor_u16(cursor) : 0;
    *members = 0;
    if (counting == CUSTOM) { /* the type's number is then that of the protocol */
        ek_cursor_skip(cursor, count);
        spec->in_type = ETWKIT_IN_COUNTED_BINARY;
        return;
    }
    if (type == OLD_STRUCT || (type & TYPE_MASK) == ETWKIT_IN_STRUCT) {
        spec->flags = EK_FIELD_STRUCT;
        *members = out;
        if (type == OLD_STRUCT) { /* what looks like its count counts its members */
            *members = count;
            counting = count = 0;
        }
    } else
        set_type(p, spec, type & TYPE_MASK, out);
    spec->count = count;
    if (counting)
        spec->flags |= counting == COUNT_FIXED ? EK_FIELD_FIXED_COUNT : EK_FIELD_COUNT_U16;
}

/* Ends the structs whose last member was read. */
static void close_structs(parser *p) {
    while (p->depth && --p->open[p->depth - 1].members == 0)
        p->end[p->open[--p->depth].at] = (uint16_t)p->count;
}

static etwkit_status read_field(parser *p) {
    if (p->count == p->capacity)
        return damaged(p, "there are too many fields");
    size_t at = p->count++;
    ek_field_spec *spec = &p->specs[at];
    unsigned members;
    *spec = (ek_field_spec){0};
    spec->name = ek_cursor_text(&p->cursor, &spec->name_length);
    read_type(p, spec, &members);
    if (p->cursor.failed)
        return damaged(p, "it ends inside a field");
    p->end[at] = (uint16_t)p->count;
    if (!members) {
        close_structs(p);
        return ETWKIT_OK;
    }
    if (p->depth == ETWKIT_WALK_DEPTH)
        return damaged(p, "structs are nested too deep");
    p->open[p->depth].at = at;
    p->open[p->depth++].members = members;
    return ETWKIT_OK;
}

static etwkit_status read_fields(parser *p) {
    while (!p->ended && ek_cursor_left(&p->cursor)) {
        etwkit_status status = read_field(p);
        if (status)
            return status;
    }
    if (p->depth && !p->ended)
        return damaged(p, "it ends inside a struct");
    while (p->depth)
        p->end[p->open[--p->depth].at] = (uint16_t)p->count;
    return ETWKIT_OK;
}

/* Appends the fields from `first` to `end` that are no members of each other; returns the new number of fields. */
static size_t gather(const parser *p, size_t first, size_t end, ek_field_spec *sorted, uint16_t *from, size_t count) {
    for (size_t i = first; i < end; i = p->end[i]) {
        from[count] = (uint16_t)i;
        sorted[count++] = p->specs[i];
    }
    return count;
}

/* From "members follow their struct" to "members of a struct are neighbours"; returns the number of top-level fields.
 */
static size_t sort_fields(const parser *p, ek_field_spec *sorted, uint16_t *from) {
    size_t top = gather(p, 0, p->count, sorted, from, 0), count = top;
    for (size_t i = 0; i < count; i++) {
        if (!(sorted[i].flags & EK_FIELD_STRUCT))
            continue;
        size_t first = count;
        count = gather(p, from[i] + 1u, p->end[from[i]], sorted, from, count);
        sorted[i].first_member = (uint16_t)first;
        sorted[i].member_count = (uint16_t)(count - first);
    }
    return top;
}

/* Reads the fields into scratch memory, puts them in order, and compiles them. */
static etwkit_status read_layout(parser *p, ek_arena *arena, const ek_layout **layout) {
    size_t most = ek_cursor_left(&p->cursor) / 2; /* a field takes two bytes at least */
    p->capacity = most < EK_MAX_FIELDS ? most + 1 : EK_MAX_FIELDS;
    size_t each = 2 * (sizeof(ek_field_spec) + sizeof(uint16_t));
    uint8_t *scratch = ek_alloc(&arena->allocator, p->capacity * each);
    if (!scratch)
        return ek_fail_memory(p->error);
    p->specs = (ek_field_spec *)scratch;
    ek_field_spec *sorted = p->specs + p->capacity;
    p->end = (uint16_t *)(sorted + p->capacity);
    etwkit_status status = read_fields(p);
    if (!status) {
        size_t top = sort_fields(p, sorted, p->end + p->capacity);
        status = ek_layout_build(layout, arena, sorted, p->count, top, p->error);
    }
    ek_release(&arena->allocator, scratch);
    return status;
}

const char *ek_traits_name(const uint8_t *traits, size_t size, size_t *length) {
    ek_cursor cursor = ek_cursor_of(traits, size);
    size_t announced = ek_cursor_u16(&cursor);
    *length = 0;
    if (announced < 2 || announced > size)
        return NULL;
    cursor.end = cursor.start + announced;
    return ek_cursor_text(&cursor, length);
}

static etwkit_status read_names(parser *p, const uint8_t *traits, size_t traits_size, ek_arena *arena,
                                ek_description *description) {
    size_t length = 0;
    const char *provider = traits ? ek_traits_name(traits, traits_size, &length) : NULL;
    if (provider && !(description->provider_name = ek_name_copy(arena, provider, length)))
        return ek_fail_memory(p->error);
    size_t size = ek_cursor_u16(&p->cursor);
    if (size > ek_cursor_left(&p->cursor) + 2)
        return damaged(p, "it is shorter than it says");
    p->cursor.end = p->cursor.start + (size < 2 ? 2 : size);
    read_tags(&p->cursor); /* the event's own: nothing shows them */
    const char *event = ek_cursor_text(&p->cursor, &length);
    if (!event)
        return damaged(p, "it ends before the event's name does");
    description->event_name = ek_name_copy(arena, event, length);
    return description->event_name ? ETWKIT_OK : ek_fail_memory(p->error);
}

etwkit_status ek_tracelogging_describe(const uint8_t *metadata, size_t size, const uint8_t *traits, size_t traits_size,
                                       ek_arena *arena, ek_description *description, etwkit_error *error) {
    parser p = {.cursor = ek_cursor_of(metadata, size), .error = error};
    etwkit_status status = read_names(&p, traits, traits_size, arena, description);
    if (!status)
        status = read_layout(&p, arena, &description->layout);
    if (!status)
        description->source = ETWKIT_SOURCE_TRACELOGGING;
    return status;
}
