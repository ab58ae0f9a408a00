/* SPDX-License-Identifier: MIT */
/* Builds a layout: checks a description once, so that the walk need not, and compiles what can be known beforehand.
 * Knows types and their sizes, not where a description came from, and reads no payload. */
#include "schema/layout.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/hash.h"
#include "base/utf.h"
#include "schema/types.h"

#include <string.h>

#define NONE UINT16_MAX
#define MAX_NAME 8192                /* bytes; escaped and quoted it still fits json_key_size */
#define MAX_FIXED ((int64_t)1 << 20) /* beyond any payload: an offset there is as good as none */

/* One build. The arrays have one element per field. */
typedef struct builder {
    ek_arena *arena;
    etwkit_error *error;
    const ek_field_spec *specs;
    etwkit_field *fields;
    size_t count;
    size_t top_count;
    size_t met; /* fields that the walk meets */
    unsigned slots;
    uint16_t *owner;   /* the struct that a field is a member of, or NONE */
    uint16_t *order;   /* the fields as the walk meets them */
    uint16_t *rank;    /* a field's place in `order`, or NONE */
    uint16_t *repeats; /* the last number given to a field of the same name */
} builder;

/* Sizes of the types that have one, by pointer size 4 and 8. */
static const uint8_t *size_of_type(unsigned in_type) {
    static const uint8_t pointer[2] = {4, 8}, one[2] = {1, 1}, two[2] = {2, 2}, four[2] = {4, 4}, eight[2] = {8, 8},
                         sixteen[2] = {16, 16};
    switch (in_type) {
    case ETWKIT_IN_INT8:
    case ETWKIT_IN_UINT8:
    case ETWKIT_IN_ANSICHAR: return one;
    case ETWKIT_IN_INT16:
    case ETWKIT_IN_UINT16:
    case ETWKIT_IN_UNICODECHAR: return two;
    case ETWKIT_IN_INT32:
    case ETWKIT_IN_UINT32:
    case ETWKIT_IN_HEXINT32:
    case ETWKIT_IN_FLOAT:
    case ETWKIT_IN_BOOLEAN: return four;
    case ETWKIT_IN_INT64:
    case ETWKIT_IN_UINT64:
    case ETWKIT_IN_HEXINT64:
    case ETWKIT_IN_DOUBLE:
    case ETWKIT_IN_FILETIME: return eight;
    case ETWKIT_IN_GUID:
    case ETWKIT_IN_SYSTEMTIME: return sixteen;
    case ETWKIT_IN_POINTER:
    case ETWKIT_IN_SIZET: return pointer;
    default: return NULL;
    }
}

static bool is_integer(unsigned in_type) {
    return (in_type >= ETWKIT_IN_INT8 && in_type <= ETWKIT_IN_UINT64) || in_type == ETWKIT_IN_HEXINT32 ||
           in_type == ETWKIT_IN_HEXINT64 || in_type == ETWKIT_IN_POINTER || in_type == ETWKIT_IN_SIZET;
}

static bool is_array(uint32_t flags, uint16_t count) {
    uint32_t counted = EK_FIELD_PARAM_COUNT | EK_FIELD_FIXED_COUNT | EK_FIELD_COUNT_U16 | EK_FIELD_COUNT_REST;
    return (flags & counted) != 0 || count > 1;
}

/* One- and two-byte integers shown as text are characters. */
static uint16_t character_type(uint16_t in_type, uint16_t out_type) {
    if (out_type != ETWKIT_OUT_STRING)
        return in_type;
    if (in_type == ETWKIT_IN_INT16 || in_type == ETWKIT_IN_UINT16)
        return ETWKIT_IN_UNICODECHAR;
    return in_type == ETWKIT_IN_INT8 || in_type == ETWKIT_IN_UINT8 ? ETWKIT_IN_ANSICHAR : in_type;
}

static void fix_size(etwkit_field *field, unsigned size_4, unsigned size_8) {
    field->read = EK_READ_FIXED;
    field->fixed_size[0] = (uint16_t)size_4;
    field->fixed_size[1] = (uint16_t)size_8;
}

/* Has the field a length of its own, so that a terminator or the payload's end does not decide? */
static bool has_length(const etwkit_field *field) {
    return (field->flags & (EK_FIELD_PARAM_LENGTH | EK_FIELD_FIXED_LENGTH)) != 0 || field->length != 0;
}

static void read_string(etwkit_field *field, ek_read otherwise, unsigned unit) {
    field->read = (uint8_t)(has_length(field) ? EK_READ_LENGTH : otherwise);
    bool literal = field->read == EK_READ_LENGTH && !(field->flags & EK_FIELD_PARAM_LENGTH);
    if (literal && field->length * unit <= UINT16_MAX)
        field->fixed_size[0] = field->fixed_size[1] = (uint16_t)(field->length * unit);
}

static void read_binary(etwkit_field *field) {
    if (field->flags & EK_FIELD_PARAM_LENGTH)
        field->read = EK_READ_LENGTH;
    else if (field->length)
        fix_size(field, field->flags & EK_FIELD_WIDE_ONLY ? 0 : field->length, field->length);
    else if (field->out_type == ETWKIT_OUT_IPV6)
        fix_size(field, 16, 16);
    else
        field->read = EK_READ_REST;
}

/* A type of the future: its size is not known, so all that is left is its bytes. */
static void read_unknown(etwkit_field *field) {
    field->in_type = ETWKIT_IN_BINARY;
    field->out_type = ETWKIT_OUT_NULL;
    field->flags &= EK_FIELD_OPTIONAL | EK_FIELD_HIDDEN;
    field->count = 1;
    field->length = 0;
    field->is_array = false;
    field->read = EK_READ_REST;
}

static void choose_read(etwkit_field *field) {
    const uint8_t *size = size_of_type(field->in_type);
    if (field->flags & EK_FIELD_ALIGN8) {
        field->read = EK_READ_ALIGN8;
        field->flags |= EK_FIELD_HIDDEN;
        field->is_array = false; /* one gap */
        return;
    }
    if (size) {
        fix_size(field, size[0], size[1]);
        return;
    }
    switch (field->in_type) {
    case ETWKIT_IN_NULL: field->read = EK_READ_NOTHING; break;
    case ETWKIT_IN_UNICODESTRING: read_string(field, EK_READ_UTF16, 2); break;
    case ETWKIT_IN_ANSISTRING: read_string(field, EK_READ_ANSI, 1); break;
    case ETWKIT_IN_NONNULLTERMINATEDSTRING: read_string(field, EK_READ_REST, 2); break;
    case ETWKIT_IN_NONNULLTERMINATEDANSISTRING: read_string(field, EK_READ_REST, 1); break;
    case ETWKIT_IN_BINARY: read_binary(field); break;
    case ETWKIT_IN_COUNTED_UTF16:
    case ETWKIT_IN_COUNTED_ANSI:
    case ETWKIT_IN_COUNTED_BINARY:
    case ETWKIT_IN_COUNTEDSTRING:
    case ETWKIT_IN_COUNTEDANSISTRING: field->read = EK_READ_COUNTED; break;
    case ETWKIT_IN_REVERSEDCOUNTEDSTRING:
    case ETWKIT_IN_REVERSEDCOUNTEDANSISTRING: field->read = EK_READ_COUNTED_BE; break;
    case ETWKIT_IN_HEXDUMP: field->read = EK_READ_COUNTED32; break;
    case ETWKIT_IN_SID: field->read = EK_READ_SID; break;
    case ETWKIT_IN_WBEMSID: field->read = EK_READ_WBEM_SID; break;
    default: read_unknown(field); break;
    }
}

/* What one description says, taken alone. */
static void take_spec(etwkit_field *field, const ek_field_spec *spec) {
    field->flags = spec->flags;
    field->tags = spec->tags;
    field->slot = EK_NO_SLOT;
    field->is_array = is_array(spec->flags, spec->count);
    field->count = field->is_array ? spec->count : 1;
    field->fixed_offset[0] = field->fixed_offset[1] = -1;
    if (spec->flags & EK_FIELD_STRUCT) {
        field->in_type = field->value_type = ETWKIT_IN_STRUCT;
        field->shape = EK_SHAPE_NULL;
        field->read = EK_READ_STRUCT;
        field->first_member = spec->first_member;
        field->member_count = spec->member_count;
        return;
    }
    field->map = spec->map;
    field->in_type = character_type(spec->in_type, spec->out_type);
    field->out_type = spec->out_type;
    field->length = spec->length;
    choose_read(field);
    field->is_text =
        field->is_array && (field->in_type == ETWKIT_IN_UNICODECHAR || field->in_type == ETWKIT_IN_ANSICHAR);
    bool as_told = field->read == EK_READ_FIXED && !field->is_text;
    field->value_type = as_told ? field->in_type : ek_bare_type(field->in_type);
    field->shape = (uint8_t)ek_shape_of_types(field->value_type, field->out_type);
}

static etwkit_status damaged(const builder *b, size_t at, const char *what) {
    return ek_fail(b->error, ETWKIT_E_DAMAGED, "field %zu %s", at, what);
}

/* Gives each member its struct; nobody has two. */
static etwkit_status take_members(builder *b) {
    memset(b->owner, 0xFF, b->count * sizeof *b->owner);
    for (size_t i = 0; i < b->count; i++) {
        const etwkit_field *field = &b->fields[i];
        size_t end = (size_t)field->first_member + field->member_count;
        if (field->member_count && (field->first_member < b->top_count || end > b->count))
            return damaged(b, i, "has members that are not there");
        for (size_t member = field->first_member; member < end; member++) {
            if (b->owner[member] != NONE)
                return damaged(b, member, "belongs to two structs");
            b->owner[member] = (uint16_t)i;
        }
    }
    return ETWKIT_OK;
}

/* Puts the fields in the order of the walk. Structs that contain themselves are never met. */
static etwkit_status find_order(builder *b) {
    struct {
        size_t next, end;
    } level[ETWKIT_WALK_DEPTH + 1] = {{0, b->top_count}};
    size_t depth = 0;
    memset(b->rank, 0xFF, b->count * sizeof *b->rank);
    for (;;) {
        if (level[depth].next == level[depth].end) {
            if (depth-- == 0)
                return ETWKIT_OK;
            continue;
        }
        size_t at = level[depth].next++;
        const etwkit_field *field = &b->fields[at];
        b->rank[at] = (uint16_t)b->met;
        b->order[b->met++] = (uint16_t)at;
        if (field->read != EK_READ_STRUCT)
            continue;
        if (depth++ == ETWKIT_WALK_DEPTH)
            return damaged(b, at, "is a struct nested too deep");
        level[depth].next = field->first_member;
        level[depth].end = (size_t)field->first_member + field->member_count;
    }
}

static etwkit_status refer(builder *b, size_t from, size_t to) {
    if (to >= b->count || b->rank[to] >= b->rank[from])
        return damaged(b, from, "refers to a field that does not come before it");
    etwkit_field *field = &b->fields[to];
    if (!is_integer(field->in_type))
        return damaged(b, from, "refers to a field that is no integer");
    if (field->slot != EK_NO_SLOT)
        return ETWKIT_OK;
    if (b->slots == ETWKIT_WALK_SLOTS)
        return damaged(b, from, "refers to one field too many");
    field->slot = (uint8_t)b->slots++;
    return ETWKIT_OK;
}

static etwkit_status find_references(builder *b) {
    for (size_t i = 0; i < b->met; i++) {
        size_t at = b->order[i];
        const etwkit_field *field = &b->fields[at];
        etwkit_status status = ETWKIT_OK;
        if (field->flags & EK_FIELD_PARAM_COUNT)
            status = refer(b, at, field->count);
        if (!status && field->read == EK_READ_LENGTH && (field->flags & EK_FIELD_PARAM_LENGTH))
            status = refer(b, at, field->length);
        if (status)
            return status;
    }
    return ETWKIT_OK;
}

/* Bytes of all elements of a field, or -1 where that varies; `wide`: with 8-byte pointers. */
static int64_t whole_size(const etwkit_field *field, int wide) {
    if (field->flags & (EK_FIELD_PARAM_COUNT | EK_FIELD_COUNT_U16 | EK_FIELD_COUNT_REST))
        return -1;
    if (field->read == EK_READ_NOTHING || (!wide && (field->flags & EK_FIELD_WIDE_ONLY)))
        return 0;
    return field->fixed_size[wide] ? (int64_t)field->fixed_size[wide] * field->count : -1;
}

static void fix_struct_size(const builder *b, etwkit_field *field, int wide) {
    int64_t sum = 0;
    for (size_t i = 0; i < field->member_count; i++) {
        int64_t size = whole_size(&b->fields[field->first_member + i], wide);
        if (size < 0 || (sum += size) > UINT16_MAX)
            return;
    }
    field->fixed_size[wide] = (uint16_t)sum;
}

/* Members stand behind their struct in the order of the walk: backwards, they come first. */
static void fix_struct_sizes(const builder *b) {
    for (size_t i = b->met; i-- > 0;) {
        etwkit_field *field = &b->fields[b->order[i]];
        for (int wide = 0; field->read == EK_READ_STRUCT && wide < 2; wide++)
            fix_struct_size(b, field, wide);
    }
}

static int64_t offset_after(const etwkit_field *field, int64_t at, int wide) {
    if (field->read == EK_READ_ALIGN8)
        return wide ? (at + 7) / 8 * 8 : at;
    int64_t size = whole_size(field, wide);
    return size < 0 || at + size > MAX_FIXED ? -1 : at + size;
}

/* Gives neighbours their offsets from `at` on, as far as they are fixed; returns the offset behind the last, or -1. */
static int32_t place(const builder *b, size_t first, size_t count, int64_t at, int wide) {
    for (size_t i = first; i < first + count && at >= 0; i++) {
        b->fields[i].fixed_offset[wide] = (int32_t)at;
        at = offset_after(&b->fields[i], at, wide);
    }
    return (int32_t)at;
}

static void fix_offsets(const builder *b, ek_layout *layout) {
    for (int wide = 0; wide < 2; wide++) {
        layout->fixed_total[wide] = place(b, 0, b->top_count, 0, wide);
        for (size_t i = 0; i < b->met; i++) {
            const etwkit_field *field = &b->fields[b->order[i]];
            if (field->read == EK_READ_STRUCT && !field->is_array)
                place(b, field->first_member, field->member_count, field->fixed_offset[wide], wide);
        }
    }
}

/* A name to be looked for among those given so far. */
typedef struct name_key {
    const builder *build;
    const char *name;
    size_t size;
    uint16_t owner;
} name_key;

static bool has_name(const void *value, const void *key) {
    const etwkit_field *field = value;
    const name_key *wanted = key;
    return field->name_size == wanted->size && memcmp(field->name, wanted->name, wanted->size) == 0 &&
           wanted->build->owner[field - wanted->build->fields] == wanted->owner;
}

static etwkit_field *find_name(const builder *b, const ek_table *names, const ek_buf *name, uint16_t owner,
                               uint64_t *hash) {
    name_key key = {b, (const char *)name->data, name->size, owner};
    *hash = ek_hash(name->data, name->size, ek_hash_seed(b->fields) ^ owner);
    return ek_table_find(names, *hash, has_name, &key);
}

/* Makes the name in `name` one that no earlier field of the same level has: "x", "x_2", "x_3". */
static uint64_t make_unique(const builder *b, const ek_table *names, ek_buf *name, uint16_t owner) {
    uint64_t hash;
    const etwkit_field *first = find_name(b, names, name, owner, &hash);
    size_t size = name->size;
    for (const etwkit_field *taken = first; taken && !name->failed; taken = find_name(b, names, name, owner, &hash)) {
        char suffix[8];
        int length = ek_format(suffix, sizeof suffix, "_%u", (unsigned)++b->repeats[first - b->fields]);
        name->size = size;
        ek_buf_append(name, suffix, (size_t)length);
    }
    return hash;
}

/* Stores the name and its JSON key; `text` is scratch. */
static bool store_name(const builder *b, etwkit_field *field, const ek_buf *name, ek_buf *text) {
    text->size = 0;
    ek_json_quote(text, (const char *)name->data, name->size);
    ek_buf_byte(text, ':');
    if (name->failed || text->failed)
        return false;
    field->name_size = (uint16_t)name->size;
    field->json_key_size = (uint16_t)text->size;
    field->name = ek_arena_text(b->arena, (const char *)name->data, name->size);
    field->json_key = ek_arena_text(b->arena, (const char *)text->data, text->size);
    return field->name && field->json_key;
}

static bool name_fields(builder *b, ek_table *names, ek_buf *name, ek_buf *text) {
    for (size_t i = 0; i < b->count; i++) {
        etwkit_field *field = &b->fields[i];
        b->repeats[i] = 1;
        name->size = 0;
        if (!ek_buf_reserve(name, 1)) /* so that even an empty name has an address */
            return false;
        ek_ansi_append(name, (const uint8_t *)b->specs[i].name, b->specs[i].name_length, true);
        bool hidden = (field->flags & EK_FIELD_HIDDEN) != 0;
        uint64_t hash = hidden ? 0 : make_unique(b, names, name, b->owner[i]);
        if (!store_name(b, field, name, text) || (!hidden && !ek_table_add(names, hash, field)))
            return false;
    }
    return true;
}

static etwkit_status give_names(builder *b) {
    for (size_t i = 0; i < b->count; i++)
        if (b->specs[i].name_length > MAX_NAME)
            return damaged(b, i, "has a name that is too long");
    ek_table names;
    ek_buf name, text;
    ek_table_init(&names, &b->arena->allocator);
    ek_buf_init(&name, &b->arena->allocator);
    ek_buf_init(&text, &b->arena->allocator);
    bool named = name_fields(b, &names, &name, &text);
    ek_table_free(&names);
    ek_buf_free(&name);
    ek_buf_free(&text);
    return named ? ETWKIT_OK : ek_fail_memory(b->error);
}

static etwkit_status build(builder *b, ek_layout *layout) {
    for (size_t i = 0; i < b->count; i++) {
        take_spec(&b->fields[i], &b->specs[i]);
        b->fields[i].layout = layout;
    }
    etwkit_status status = take_members(b);
    if (!status)
        status = find_order(b);
    if (!status)
        status = find_references(b);
    if (!status)
        status = give_names(b);
    if (status)
        return status;
    for (size_t i = 0; i < b->count; i++) {
        etwkit_field *field = &b->fields[i];
        field->is_plain = field->read == EK_READ_FIXED && !field->is_array && field->slot == EK_NO_SLOT &&
                          !(field->flags & EK_FIELD_HIDDEN);
    }
    fix_struct_sizes(b);
    fix_offsets(b, layout);
    layout->fields = b->fields;
    layout->field_count = (uint16_t)b->count;
    layout->top_count = (uint16_t)b->top_count;
    layout->slot_count = (uint8_t)b->slots;
    return ETWKIT_OK;
}

etwkit_status ek_layout_build(const ek_layout **layout, ek_arena *arena, const ek_field_spec *specs, size_t count,
                              size_t top_count, etwkit_error *error) {
    if (count > EK_MAX_FIELDS || top_count > count)
        return ek_fail(error, ETWKIT_E_DAMAGED, "%zu fields, %zu of them at the top: more than can be", count,
                       top_count);
    builder b = {.arena = arena, .error = error, .specs = specs, .count = count, .top_count = top_count};
    ek_layout *result = ek_arena_new(arena, sizeof *result);
    b.fields = ek_arena_new(arena, count * sizeof *b.fields);
    uint16_t *scratch = ek_alloc(&arena->allocator, 4 * count * sizeof *scratch);
    etwkit_status status = ETWKIT_E_NO_MEMORY;
    if (result && b.fields && scratch) {
        b.owner = scratch;
        b.order = scratch + count;
        b.rank = scratch + 2 * count;
        b.repeats = scratch + 3 * count;
        status = build(&b, result);
    } else
        ek_fail_memory(error);
    ek_release(&arena->allocator, scratch);
    if (!status)
        *layout = result;
    return status;
}
