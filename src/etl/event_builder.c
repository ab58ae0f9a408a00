/* SPDX-License-Identifier: MIT */
/* Builds TraceLogging metadata and payload, field by field (FORMATS 6a). Knows no event headers and no files. */
#include "base/bytes.h"
#include "base/error.h"
#include "base/memory.h"

#include <etwkit/event_builder.h>

enum {
    SIZE_MAX_U16 = 0xFFFF,
    DEPTH = 16, /* of structs in structs, as deep as readers follow */
    MEMBERS_MAX = 127,
    TAG_BITS = 28,
    /* In the byte of the in-type. */
    FIXED_COUNT = 0x20,
    COUNTED = 0x40,
    HAS_OUT = 0x80,
    MORE_TAGS = 0x80,
    TRAIT_GROUP = 1
};

/* A struct, or an array of them, whose members are being given. */
typedef struct struct_level {
    uint8_t members;     /* of one element */
    uint8_t given;       /* of the element at hand */
    uint16_t elements;   /* still to come, the one at hand included */
    size_t first_member; /* where the metadata of the members begins */
    bool repeats;        /* not the first element: the metadata is there already */
    bool silent;         /* an array without elements: members are described, but have no values */
} struct_level;

struct etwkit_event_builder {
    ek_buf metadata;
    ek_buf payload;
    size_t at; /* metadata: where the next field is described, its end but in a repeated element */
    struct_level levels[DEPTH];
    size_t depth;
    etwkit_status status; /* the first fault, */
    const char *fault;    /* its phrase */
    char field[64];       /* and its field */
    bool begun;
};

/* What FORMATS 6a calls each out-type; 0xFF: it has no number there. Index: etwkit_out_type up to 38. */
static const uint8_t out_numbers[] = {
    [ETWKIT_OUT_NULL] = 0,
    [ETWKIT_OUT_STRING] = 2,
    [ETWKIT_OUT_DATETIME] = 16,
    [ETWKIT_OUT_BYTE] = 17,
    [ETWKIT_OUT_UNSIGNEDBYTE] = 18,
    [ETWKIT_OUT_SHORT] = 17,
    [ETWKIT_OUT_UNSIGNEDSHORT] = 18,
    [ETWKIT_OUT_INT] = 17,
    [ETWKIT_OUT_UNSIGNEDINT] = 18,
    [ETWKIT_OUT_LONG] = 17,
    [ETWKIT_OUT_UNSIGNEDLONG] = 18,
    [ETWKIT_OUT_FLOAT] = 0xFF,
    [ETWKIT_OUT_DOUBLE] = 0xFF,
    [ETWKIT_OUT_BOOLEAN] = 3,
    [ETWKIT_OUT_GUID] = 0xFF,
    [ETWKIT_OUT_HEXBINARY] = 4,
    [ETWKIT_OUT_HEXINT8] = 4,
    [ETWKIT_OUT_HEXINT16] = 4,
    [ETWKIT_OUT_HEXINT32] = 4,
    [ETWKIT_OUT_HEXINT64] = 4,
    [ETWKIT_OUT_PID] = 5,
    [ETWKIT_OUT_TID] = 6,
    [ETWKIT_OUT_PORT] = 7,
    [ETWKIT_OUT_IPV4] = 8,
    [ETWKIT_OUT_IPV6] = 9,
    [ETWKIT_OUT_SOCKETADDRESS] = 10,
    [ETWKIT_OUT_CIMDATETIME] = 0xFF,
    [ETWKIT_OUT_ETWTIME] = 0xFF,
    [ETWKIT_OUT_XML] = 11,
    [ETWKIT_OUT_ERRORCODE] = 0xFF,
    [ETWKIT_OUT_WIN32ERROR] = 13,
    [ETWKIT_OUT_NTSTATUS] = 14,
    [ETWKIT_OUT_HRESULT] = 15,
    [ETWKIT_OUT_CULTURE_INSENSITIVE_DATETIME] = 33,
    [ETWKIT_OUT_JSON] = 12,
    [ETWKIT_OUT_UTF8] = 35,
    [ETWKIT_OUT_PKCS7] = 36,
    [ETWKIT_OUT_CODE_POINTER] = 37,
    [ETWKIT_OUT_DATETIME_UTC] = 38,
};

static bool out_number(etwkit_out_type out, uint8_t *number) {
    *number = 0xFF;
    if (out == ETWKIT_OUT_NOPRINT)
        *number = 1;
    else if ((unsigned)out < sizeof out_numbers)
        *number = out_numbers[out];
    return *number != 0xFF;
}

/* Bytes of a value of fixed size, 0 for other types. */
static size_t scalar_size(etwkit_in_type in) {
    switch ((int)in) {
    case ETWKIT_IN_INT8:
    case ETWKIT_IN_UINT8: return 1;
    case ETWKIT_IN_INT16:
    case ETWKIT_IN_UINT16: return 2;
    case ETWKIT_IN_INT32:
    case ETWKIT_IN_UINT32:
    case ETWKIT_IN_FLOAT:
    case ETWKIT_IN_BOOLEAN:
    case ETWKIT_IN_HEXINT32: return 4;
    case ETWKIT_IN_INT64:
    case ETWKIT_IN_UINT64:
    case ETWKIT_IN_DOUBLE:
    case ETWKIT_IN_FILETIME:
    case ETWKIT_IN_HEXINT64: return 8;
    case ETWKIT_IN_GUID:
    case ETWKIT_IN_SYSTEMTIME: return 16;
    default: return 0;
    }
}

static void fault(etwkit_event_builder *builder, etwkit_status status, const char *phrase, const char *field) {
    if (builder->status)
        return;
    ek_format(builder->field, sizeof builder->field, "%s", field ? field : "");
    builder->fault = phrase;
    builder->status = status;
}

etwkit_status etwkit_event_builder_new(etwkit_event_builder **builder, const etwkit_allocator *allocator) {
    const etwkit_allocator memory = ek_allocator_or_default(allocator);
    *builder = ek_new(&memory, sizeof **builder);
    if (!*builder)
        return ETWKIT_E_NO_MEMORY;
    ek_buf_init(&(*builder)->metadata, &memory);
    ek_buf_init(&(*builder)->payload, &memory);
    return ETWKIT_OK;
}

void etwkit_event_builder_free(etwkit_event_builder **builder) {
    if (!builder || !*builder)
        return;
    const etwkit_allocator memory = (*builder)->metadata.allocator;
    ek_buf_free(&(*builder)->metadata);
    ek_buf_free(&(*builder)->payload);
    ek_release(&memory, *builder);
    *builder = NULL;
}

/* Seven bits a byte, the highest first, as many bytes as have bits set. */
static void put_tags(ek_buf *out, uint32_t tags) {
    uint32_t rest = tags & ((UINT32_C(1) << TAG_BITS) - 1);
    do {
        uint8_t bits = (uint8_t)(rest >> (TAG_BITS - 7));
        rest = rest << 7 & ((UINT32_C(1) << TAG_BITS) - 1);
        ek_buf_byte(out, rest ? bits | MORE_TAGS : bits);
    } while (rest);
}

void etwkit_event_builder_begin(etwkit_event_builder *builder, const char *event_name, uint32_t tags) {
    builder->metadata.size = builder->payload.size = 0;
    builder->metadata.failed = builder->payload.failed = false;
    builder->depth = 0;
    builder->status = ETWKIT_OK;
    builder->begun = true;
    if (!event_name)
        fault(builder, ETWKIT_E_INVALID, "an event needs a name", NULL);
    if (tags >> TAG_BITS)
        fault(builder, ETWKIT_E_INVALID, "tags have 28 bits", NULL);
    if (builder->status)
        return;
    ek_buf_append(&builder->metadata, "\0", 2); /* the size, known at the end */
    put_tags(&builder->metadata, tags);
    ek_buf_append(&builder->metadata, event_name, strlen(event_name) + 1);
    builder->at = builder->metadata.size;
}

static struct_level *top(etwkit_event_builder *builder) {
    return builder->depth ? &builder->levels[builder->depth - 1] : NULL;
}

/* A description just appended at the end is, in a repeated element, the one that stands there already. */
static bool repeat_description(etwkit_event_builder *builder, size_t appended) {
    ek_buf *metadata = &builder->metadata;
    size_t size = metadata->size - appended;
    bool same = metadata->data && builder->at + size <= appended &&
                memcmp(metadata->data + builder->at, metadata->data + appended, size) == 0;
    metadata->size = appended;
    builder->at += size;
    return same;
}

/* Describes a field. false: nothing must follow. `count` is used with FIXED_COUNT alone. */
static bool describe(etwkit_event_builder *builder, const char *name, uint8_t in, uint8_t out, uint16_t count) {
    const struct_level *level = top(builder);
    ek_buf *metadata = &builder->metadata;
    size_t appended = metadata->size;
    if (!builder->begun)
        fault(builder, ETWKIT_E_INVALID, "begin an event first", name);
    if (!name)
        fault(builder, ETWKIT_E_INVALID, "a field needs a name", NULL);
    if (level && level->given == level->members)
        fault(builder, ETWKIT_E_INVALID, "the array wants another element: etwkit_event_builder_next_element()", name);
    if (builder->status)
        return false;
    ek_buf_append(metadata, name, strlen(name) + 1);
    ek_buf_byte(metadata, out ? in | HAS_OUT : in);
    if (out)
        ek_buf_byte(metadata, out);
    if (in & FIXED_COUNT)
        ek_buf_append(metadata, &count, sizeof count);
    if (metadata->failed)
        fault(builder, ETWKIT_E_NO_MEMORY, "out of memory", name);
    else if (!level || !level->repeats)
        builder->at = metadata->size;
    else if (!repeat_description(builder, appended))
        fault(builder, ETWKIT_E_INVALID, "elements of one array must have the same fields", name);
    return builder->status == ETWKIT_OK;
}

static void put_value(etwkit_event_builder *builder, const void *data, size_t size) {
    const struct_level *level = top(builder);
    if (builder->status || (level && level->silent))
        return;
    ek_buf_append(&builder->payload, data, size);
    if (builder->payload.failed)
        fault(builder, ETWKIT_E_NO_MEMORY, "out of memory", NULL);
}

/* A field is complete; so is the struct whose last member it was, and so on outwards. */
static void complete(etwkit_event_builder *builder) {
    for (struct_level *level = top(builder); level && !builder->status; level = top(builder)) {
        if (++level->given < level->members || level->elements > 1)
            return;
        builder->depth--;
    }
}

void etwkit_event_builder_scalar(etwkit_event_builder *builder, const char *name, etwkit_in_type in,
                                 etwkit_out_type out, const void *value) {
    uint8_t number;
    size_t size = scalar_size(in);
    if (!size || !out_number(out, &number)) {
        fault(builder, ETWKIT_E_INVALID, "no scalar can have this in-type and out-type", name);
        return;
    }
    if (!describe(builder, name, (uint8_t)in, number, 0))
        return;
    put_value(builder, value, size);
    complete(builder);
}

static bool has_nul(const uint8_t *data, size_t size, size_t width) {
    for (size_t i = 0; i + width <= size; i += width)
        if (data[i] == 0 && data[i + width - 1] == 0)
            return true;
    return false;
}

/* Does the data fit the type? *counted and *terminator: what goes in front of it and behind it. */
static const char *check_bytes(etwkit_in_type in, const uint8_t *data, size_t size, bool *counted, size_t *terminator) {
    bool wide = in == ETWKIT_IN_UNICODESTRING || in == ETWKIT_IN_COUNTED_UTF16;
    *counted = false;
    *terminator = 0;
    if (wide && size % 2 != 0)
        return "UTF-16 text has an even number of bytes";
    switch ((int)in) {
    case ETWKIT_IN_UNICODESTRING:
    case ETWKIT_IN_ANSISTRING:
        *terminator = wide ? 2 : 1;
        return has_nul(data, size, *terminator) ? "a NUL inside would end the text: use a counted string" : NULL;
    case ETWKIT_IN_COUNTED_UTF16:
    case ETWKIT_IN_COUNTED_ANSI:
    case ETWKIT_IN_COUNTED_BINARY:
    case ETWKIT_IN_BINARY: *counted = true; return NULL;
    case ETWKIT_IN_SID: return size >= 8 && size == 8 + 4u * data[1] ? NULL : "a SID has 8 bytes and 4 for each part";
    default: return "only strings, binary data and SIDs are given as bytes";
    }
}

void etwkit_event_builder_bytes(etwkit_event_builder *builder, const char *name, etwkit_in_type in, etwkit_out_type out,
                                const void *data, size_t size) {
    static const uint8_t zeros[2];
    uint8_t number = 0;
    bool counted;
    size_t terminator;
    const char *phrase = check_bytes(in, data, size, &counted, &terminator);
    if (!phrase && !out_number(out, &number))
        phrase = "TraceLogging has no number for this out-type";
    if (phrase)
        fault(builder, ETWKIT_E_INVALID, phrase, name);
    if (size > SIZE_MAX_U16)
        fault(builder, ETWKIT_E_TOO_BIG, "a value has at most 65,535 bytes", name);
    if (builder->status || !describe(builder, name, (uint8_t)in, number, 0))
        return;
    uint16_t length = (uint16_t)size;
    if (counted)
        put_value(builder, &length, sizeof length);
    put_value(builder, data, size);
    put_value(builder, zeros, terminator);
    complete(builder);
}

void etwkit_event_builder_array(etwkit_event_builder *builder, const char *name, etwkit_in_type in, etwkit_out_type out,
                                const void *values, uint16_t count, bool fixed) {
    uint8_t number;
    size_t size = scalar_size(in);
    if (!size || !out_number(out, &number)) {
        fault(builder, ETWKIT_E_INVALID, "no array can have this in-type and out-type", name);
        return;
    }
    if (fixed && count == 0)
        fault(builder, ETWKIT_E_INVALID, "a fixed count is not 0", name);
    if (builder->status ||
        !describe(builder, name, (uint8_t)((unsigned)in | (fixed ? FIXED_COUNT : COUNTED)), number, count))
        return;
    if (!fixed)
        put_value(builder, &count, sizeof count);
    put_value(builder, values, size * count);
    complete(builder);
}

void etwkit_event_builder_bytes_array(etwkit_event_builder *builder, const char *name, etwkit_in_type in,
                                      etwkit_out_type out, const void *const *data, const size_t *sizes,
                                      uint16_t count) {
    uint8_t number = 0;
    bool counted;
    size_t terminator;
    const char *phrase = check_bytes(in, NULL, 0, &counted, &terminator);
    if (phrase || !counted)
        phrase = "only counted strings and binary data are given as arrays of bytes";
    else if (!out_number(out, &number))
        phrase = "TraceLogging has no number for this out-type";
    for (uint16_t i = 0; i < count && !phrase; i++)
        phrase = check_bytes(in, data[i], sizes[i], &counted, &terminator);
    if (phrase)
        fault(builder, ETWKIT_E_INVALID, phrase, name);
    for (uint16_t i = 0; i < count; i++)
        if (sizes[i] > SIZE_MAX_U16)
            fault(builder, ETWKIT_E_TOO_BIG, "a value has at most 65,535 bytes", name);
    if (builder->status || !describe(builder, name, (uint8_t)((unsigned)in | COUNTED), number, 0))
        return;
    put_value(builder, &count, sizeof count);
    for (uint16_t i = 0; i < count; i++) {
        const uint16_t length = (uint16_t)sizes[i];
        put_value(builder, &length, sizeof length);
        put_value(builder, data[i], sizes[i]);
    }
    complete(builder);
}

static void push(etwkit_event_builder *builder, const char *name, uint8_t members, uint16_t elements, uint8_t flags) {
    const struct_level *outer = top(builder);
    if (members == 0 || members > MEMBERS_MAX)
        fault(builder, ETWKIT_E_INVALID, "a struct has 1 to 127 members", name);
    if (builder->depth == DEPTH)
        fault(builder, ETWKIT_E_INVALID, "structs are nested 16 deep at most", name);
    if (builder->status || !describe(builder, name, ETWKIT_IN_STRUCT | flags, members, 0))
        return;
    if (flags & COUNTED)
        put_value(builder, &elements, sizeof elements);
    builder->levels[builder->depth++] = (struct_level){
        .members = members,
        .elements = elements,
        .first_member = builder->at,
        .repeats = outer && outer->repeats,
        .silent = elements == 0 || (outer && outer->silent),
    };
}

void etwkit_event_builder_struct(etwkit_event_builder *builder, const char *name, uint8_t members) {
    push(builder, name, members, 1, 0);
}

void etwkit_event_builder_struct_array(etwkit_event_builder *builder, const char *name, uint8_t members,
                                       uint16_t count) {
    push(builder, name, members, count, COUNTED);
}

void etwkit_event_builder_next_element(etwkit_event_builder *builder) {
    struct_level *level = top(builder);
    if (!level || level->given < level->members) {
        fault(builder, ETWKIT_E_INVALID, "the element before is not complete, or there is no array", NULL);
        return;
    }
    if (builder->status)
        return;
    level->elements--;
    level->given = 0;
    level->repeats = true;
    builder->at = level->first_member;
}

etwkit_status etwkit_event_builder_finish(etwkit_event_builder *builder, const uint8_t **metadata,
                                          size_t *metadata_size, const uint8_t **payload, size_t *payload_size,
                                          etwkit_error *error) {
    if (!builder->begun)
        fault(builder, ETWKIT_E_INVALID, "begin an event first", NULL);
    if (builder->depth)
        fault(builder, ETWKIT_E_INVALID, "a struct or an array lacks members or elements", NULL);
    if (builder->metadata.failed || builder->payload.failed)
        fault(builder, ETWKIT_E_NO_MEMORY, "out of memory", NULL);
    if (builder->metadata.size > SIZE_MAX_U16 || builder->payload.size > SIZE_MAX_U16)
        fault(builder, ETWKIT_E_TOO_BIG, "metadata and payload have at most 65,535 bytes each", NULL);
    if (builder->status == ETWKIT_E_NO_MEMORY)
        return ek_fail_memory(error);
    if (builder->status)
        return ek_fail(error, builder->status, "event builder: %s%s%s", builder->field, *builder->field ? ": " : "",
                       builder->fault);
    ek_store16(builder->metadata.data, (uint16_t)builder->metadata.size);
    *metadata = builder->metadata.data;
    *metadata_size = builder->metadata.size;
    *payload = builder->payload.data;
    *payload_size = builder->payload.size;
    return ETWKIT_OK;
}

etwkit_status etwkit_provider_traits(const char *name, const etwkit_guid *group, uint8_t *traits, size_t capacity,
                                     size_t *size) {
    enum {
        GROUP_TRAIT = 2 + 1 + 16
    };
    size_t name_size = strlen(name) + 1;
    size_t whole = 2 + name_size + (group ? GROUP_TRAIT : 0);
    *size = whole;
    if (whole > SIZE_MAX_U16)
        return ETWKIT_E_TOO_BIG;
    if (whole > capacity)
        return ETWKIT_E_RANGE;
    ek_store16(traits, (uint16_t)whole);
    memcpy(traits + 2, name, name_size);
    if (group) {
        uint8_t *trait = traits + 2 + name_size;
        ek_store16(trait, GROUP_TRAIT);
        trait[2] = TRAIT_GROUP;
        memcpy(trait + 3, group, sizeof *group);
    }
    return ETWKIT_OK;
}
