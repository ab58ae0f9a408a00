/* SPDX-License-Identifier: MIT */
/* Reads TRACE_EVENT_INFO. Knows its bytes (docs/format/schemas.md), not where blobs stand and who asks for them. */
#include "schema/event_blob.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/utf.h"
#include "schema/corrections.h"
#include "schema/names.h"

/* TRACE_EVENT_INFO: where its members stand. Names are offsets from its start, 0 where there is none. */
enum {
    EVENT_PROVIDER = 0x00,
    EVENT_CLASS = 0x10,
    EVENT_DESCRIPTOR = 0x20,
    EVENT_SOURCE = 0x30,
    EVENT_PROVIDER_NAME = 0x34,
    EVENT_LEVEL_NAME = 0x38,
    EVENT_CHANNEL_NAME = 0x3C,
    EVENT_KEYWORD_NAMES = 0x40,
    EVENT_TASK_NAME = 0x44,
    EVENT_OPCODE_NAME = 0x48,
    EVENT_MESSAGE = 0x4C, /* of a manifest's event */
    EVENT_NAME = 0x5C,    /* of a WBEM event: something else */
    EVENT_PROPERTY_COUNT = 0x64,
    EVENT_TOP_COUNT = 0x68,
    EVENT_PROPERTIES = 0x70,
    PROPERTY_SIZE = 24
};
enum {
    PROPERTY_LAYOUT_FLAGS =
        EK_FIELD_STRUCT | EK_FIELD_PARAM_LENGTH | EK_FIELD_PARAM_COUNT | EK_FIELD_FIXED_LENGTH | EK_FIELD_FIXED_COUNT,
    PROPERTY_HAS_TAGS = 0x40,
    PROPERTY_HAS_CUSTOM_SCHEMA = 0x80 /* stands where the map's name stands otherwise */
};

etwkit_status ek_event_blob_damaged(const ek_event_blob *blob, const char *what) {
    return ek_fail(blob->error, ETWKIT_E_DAMAGED, "embedded event metadata: %s", what);
}

static bool is_blank(uint16_t unit) {
    return unit == ' ' || unit == '\t' || unit == '\r' || unit == '\n';
}

etwkit_status ek_event_blob_text(ek_event_blob *blob, uint32_t offset, const uint8_t **text, size_t *size) {
    bool terminated = false;
    *text = NULL;
    *size = 0;
    if (offset == 0)
        return ETWKIT_OK;
    if (offset < blob->size)
        *size = ek_utf16_length(blob->data + offset, blob->size - offset, &terminated);
    if (!terminated)
        return ek_event_blob_damaged(blob, "a text lies outside of it");
    if ((blob->text += *size) > 4 * blob->size)
        return ek_event_blob_damaged(blob, "its texts overlap");
    *text = blob->data + offset;
    while (*size && is_blank(ek_load16(*text + *size - 2)))
        *size -= 2;
    return ETWKIT_OK;
}

etwkit_status ek_event_blob_name(ek_event_blob *blob, uint32_t offset, const char **name) {
    const uint8_t *text;
    size_t size;
    etwkit_status status = ek_event_blob_text(blob, offset, &text, &size);
    *name = NULL;
    if (status || !text)
        return status;
    *name = ek_utf16_copy(blob->arena, text, size);
    return *name ? ETWKIT_OK : ek_fail_memory(blob->error);
}

etwkit_status ek_event_blob_check(const ek_event_blob *blob) {
    if (blob->size < EVENT_PROPERTIES)
        return ek_event_blob_damaged(blob, "it is shorter than its head");
    size_t count = ek_load32(blob->data + EVENT_PROPERTY_COUNT), top = ek_load32(blob->data + EVENT_TOP_COUNT);
    if (count > (blob->size - EVENT_PROPERTIES) / PROPERTY_SIZE || top > count)
        return ek_event_blob_damaged(blob, "it announces more properties than it holds");
    if (ek_event_blob_source(blob) > EK_EVENT_BLOB_TRACELOGGING)
        return ek_event_blob_damaged(blob, "the kind of its schema is unknown");
    return ETWKIT_OK;
}

uint32_t ek_event_blob_source(const ek_event_blob *blob) {
    return ek_load32(blob->data + EVENT_SOURCE);
}

const etwkit_guid *ek_event_blob_provider(const ek_event_blob *blob) {
    return (const etwkit_guid *)(blob->data + EVENT_PROVIDER);
}

const etwkit_guid *ek_event_blob_record_id(const ek_event_blob *blob) {
    bool classic = ek_event_blob_source(blob) == EK_EVENT_BLOB_WBEM;
    return (const etwkit_guid *)(blob->data + (classic ? EVENT_CLASS : EVENT_PROVIDER));
}

const uint8_t *ek_event_blob_descriptor(const ek_event_blob *blob) {
    return blob->data + EVENT_DESCRIPTOR;
}

etwkit_status ek_event_blob_provider_name(ek_event_blob *blob, const char **name) {
    return ek_event_blob_name(blob, ek_load32(blob->data + EVENT_PROVIDER_NAME), name);
}

/* What a read of the properties needs beside the blob. */
typedef struct map_finder {
    ek_event_blob_maps *find;
    const void *context;
} map_finder;

etwkit_status ek_event_blob_map_name(ek_event_blob *blob, size_t property, const uint8_t **name, size_t *size) {
    const uint8_t *at = blob->data + EVENT_PROPERTIES + property * PROPERTY_SIZE;
    bool may_have_one = !(ek_load32(at) & (EK_FIELD_STRUCT | PROPERTY_HAS_CUSTOM_SCHEMA));
    return ek_event_blob_text(blob, may_have_one ? ek_load32(at + 12) : 0, name, size);
}

static etwkit_status read_map(ek_event_blob *blob, const map_finder *maps, size_t property, const etwkit_map **map) {
    const uint8_t *name;
    size_t size;
    etwkit_status status = ek_event_blob_map_name(blob, property, &name, &size);
    if (!status && name)
        *map = maps->find(maps->context, ek_event_blob_provider(blob), name, size);
    return status;
}

static etwkit_status read_property(ek_event_blob *blob, const map_finder *maps, size_t index, ek_field_spec *spec) {
    const uint8_t *at = blob->data + EVENT_PROPERTIES + index * PROPERTY_SIZE;
    uint32_t flags = ek_load32(at);
    *spec = (ek_field_spec){
        .flags = flags & PROPERTY_LAYOUT_FLAGS,
        .in_type = ek_load16(at + 8),
        .out_type = ek_load16(at + 10),
        .count = ek_load16(at + 16),
        .length = ek_load16(at + 18),
        .tags = flags & PROPERTY_HAS_TAGS ? ek_load32(at + 20) & 0x0FFFFFFF : 0,
    };
    if (flags & EK_FIELD_STRUCT) {
        spec->first_member = spec->in_type;
        spec->member_count = spec->out_type;
    }
    etwkit_status status = ek_event_blob_name(blob, ek_load32(at + 4), &spec->name);
    if (!status)
        status = read_map(blob, maps, index, &spec->map);
    if (!spec->name)
        spec->name = "";
    spec->name_length = strlen(spec->name);
    return status;
}

static etwkit_status read_layout(ek_event_blob *blob, const map_finder *maps, ek_arena *arena,
                                 const ek_layout **layout) {
    size_t count = ek_load32(blob->data + EVENT_PROPERTY_COUNT), top = ek_load32(blob->data + EVENT_TOP_COUNT);
    ek_field_spec *specs = ek_arena_alloc(blob->arena, (count + EK_CORRECTION_ROOM) * sizeof *specs);
    if (!specs)
        return ek_fail_memory(blob->error);
    for (size_t i = 0; i < count; i++) {
        etwkit_status status = read_property(blob, maps, i, &specs[i]);
        if (status)
            return status;
    }
    count = ek_correct_fields(ek_event_blob_provider(blob), ek_load16(ek_event_blob_descriptor(blob)), specs, count);
    return ek_layout_build(layout, arena, specs, count, top, blob->error);
}

/* Steps over the text at *at; false where none ends there. */
static bool skip_text(const ek_event_blob *blob, size_t *at) {
    bool terminated = false;
    if (*at < blob->size)
        *at += ek_utf16_length(blob->data + *at, blob->size - *at, &terminated) + 2;
    return terminated;
}

/* A list of texts one behind the other, ended by an empty one. */
static etwkit_status read_keywords(ek_event_blob *blob, const char *const **names) {
    size_t first = ek_load32(blob->data + EVENT_KEYWORD_NAMES), count = 0;
    for (size_t at = first, next = first; first; at = next, count++) {
        if (!skip_text(blob, &next))
            return ek_event_blob_damaged(blob, "its list of keywords has no end");
        if (next == at + 2)
            break;
    }
    if (!count)
        return ETWKIT_OK;
    const char **list = ek_arena_new(blob->arena, (count + 1) * sizeof *list);
    if (!list)
        return ek_fail_memory(blob->error);
    for (size_t i = 0, at = first; i < count; i++, skip_text(blob, &at)) {
        etwkit_status status = ek_event_blob_name(blob, (uint32_t)at, &list[i]);
        if (status)
            return status;
    }
    *names = list;
    return ETWKIT_OK;
}

static etwkit_status read_names(ek_event_blob *blob, ek_description *description) {
    const struct {
        size_t member;
        const char **name;
    } names[] = {
        {EVENT_PROVIDER_NAME, &description->provider_name}, {EVENT_LEVEL_NAME, &description->level_name},
        {EVENT_CHANNEL_NAME, &description->channel_name},   {EVENT_TASK_NAME, &description->task_name},
        {EVENT_OPCODE_NAME, &description->opcode_name},     {EVENT_NAME, &description->event_name},
    };
    size_t count = sizeof names / sizeof *names;
    if (ek_event_blob_source(blob) == EK_EVENT_BLOB_WBEM)
        count--;
    for (size_t i = 0; i < count; i++) {
        etwkit_status status = ek_event_blob_name(blob, ek_load32(blob->data + names[i].member), names[i].name);
        if (status)
            return status;
    }
    if (ek_event_blob_source(blob) == EK_EVENT_BLOB_MANIFEST) {
        etwkit_status status = ek_event_blob_name(blob, ek_load32(blob->data + EVENT_MESSAGE), &description->message);
        if (status)
            return status;
    }
    description->level_name = ek_plain_level_name(description->level_name);
    description->opcode_name = ek_plain_opcode_name(description->opcode_name);
    return read_keywords(blob, &description->keyword_names);
}

etwkit_status ek_event_blob_describe(ek_event_blob *blob, ek_event_blob_maps *find_map, const void *context,
                                     ek_description *description) {
    etwkit_status status = read_names(blob, description);
    if (status)
        return status;
    /* The layout has copies of its fields' names: those made here end with the scratch arena. */
    ek_arena *arena = blob->arena, scratch;
    ek_arena_init(&scratch, &arena->allocator);
    blob->arena = &scratch;
    status = read_layout(blob, &(map_finder){find_map, context}, arena, &description->layout);
    blob->arena = arena;
    ek_arena_free(&scratch);
    return status;
}
