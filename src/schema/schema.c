/* SPDX-License-Identifier: MIT */
/* What programs ask of schemas, fields and maps. Answers "none" for NULL; changes nothing, and reads no payload. */
#include "schema/schema.h"

#include "schema/tmf.h"

#include <string.h>

static const etwkit_guid no_guid;

const char *etwkit_source_name(etwkit_source source) {
    switch (source) {
    case ETWKIT_SOURCE_UNKNOWN: break;
    case ETWKIT_SOURCE_TRACELOGGING: return "tracelogging";
    case ETWKIT_SOURCE_EVENT_INFO: return "embedded";
    case ETWKIT_SOURCE_EVENTSOURCE: return "eventsource";
    case ETWKIT_SOURCE_MANIFEST: return "manifest";
    case ETWKIT_SOURCE_PACK: return "pack";
    case ETWKIT_SOURCE_CLASSIC: return "built in";
    case ETWKIT_SOURCE_WPP: return "wpp";
    case ETWKIT_SOURCE_TDH: return "tdh";
    }
    return "unknown";
}

etwkit_source etwkit_schema_source(const etwkit_schema *schema) {
    return schema ? schema->is.source : ETWKIT_SOURCE_UNKNOWN;
}

const char *etwkit_schema_provider_name(const etwkit_schema *schema) {
    return schema ? schema->is.provider_name : NULL;
}

const char *etwkit_schema_event_name(const etwkit_schema *schema) {
    return schema ? schema->is.event_name : "";
}

const char *etwkit_schema_task_name(const etwkit_schema *schema) {
    return schema ? schema->is.task_name : NULL;
}

const char *etwkit_schema_opcode_name(const etwkit_schema *schema) {
    return schema ? schema->is.opcode_name : NULL;
}

const char *etwkit_schema_level_name(const etwkit_schema *schema) {
    return schema ? schema->is.level_name : NULL;
}

const char *etwkit_schema_channel_name(const etwkit_schema *schema) {
    return schema ? schema->is.channel_name : NULL;
}

const char *etwkit_schema_keyword_name(const etwkit_schema *schema, size_t index) {
    if (!schema || !schema->is.keyword_names)
        return NULL;
    for (size_t i = 0; i < index; i++)
        if (!schema->is.keyword_names[i])
            return NULL;
    return schema->is.keyword_names[index];
}

const char *etwkit_schema_message(const etwkit_schema *schema) {
    if (!schema)
        return NULL;
    return schema->is.tmf ? schema->is.tmf->format : schema->is.message;
}

const etwkit_guid *etwkit_schema_provider_id(const etwkit_schema *schema) {
    return schema ? &schema->provider_id : &no_guid;
}

uint16_t etwkit_schema_event_id(const etwkit_schema *schema) {
    return schema ? schema->event_id : 0;
}

uint8_t etwkit_schema_version(const etwkit_schema *schema) {
    return schema ? schema->version : 0;
}

uint8_t etwkit_schema_opcode(const etwkit_schema *schema) {
    return schema ? schema->opcode : 0;
}

uint8_t etwkit_schema_level(const etwkit_schema *schema) {
    return schema ? schema->level : 0;
}

uint8_t etwkit_schema_channel(const etwkit_schema *schema) {
    return schema ? schema->channel : 0;
}

uint16_t etwkit_schema_task(const etwkit_schema *schema) {
    return schema ? schema->task : 0;
}

uint64_t etwkit_schema_keywords(const etwkit_schema *schema) {
    return schema ? schema->keywords : 0;
}

bool etwkit_schema_is_classic(const etwkit_schema *schema) {
    return schema && schema->classic;
}

bool etwkit_schema_is_known(const etwkit_schema *schema) {
    return schema && schema->known;
}

bool etwkit_schema_is_guessed(const etwkit_schema *schema) {
    return schema && schema->is.guessed;
}

bool etwkit_schema_is_lasting(const etwkit_schema *schema) {
    return schema && schema->lasting;
}

const etwkit_field *etwkit_schema_process_field(const etwkit_schema *schema) {
    return schema ? schema->is.process_field : NULL;
}

const etwkit_field *etwkit_schema_thread_field(const etwkit_schema *schema) {
    return schema ? schema->is.thread_field : NULL;
}

/* Padding is read, but it is nobody's business: fields are counted and found without it. */
static size_t count_shown(const etwkit_field *fields, size_t count) {
    size_t shown = 0;
    for (size_t i = 0; i < count; i++)
        shown += !(fields[i].flags & EK_FIELD_HIDDEN);
    return shown;
}

static const etwkit_field *find_shown(const etwkit_field *fields, size_t count, size_t index) {
    for (size_t i = 0; i < count; i++)
        if (!(fields[i].flags & EK_FIELD_HIDDEN) && index-- == 0)
            return &fields[i];
    return NULL;
}

size_t etwkit_schema_field_count(const etwkit_schema *schema) {
    return schema ? count_shown(schema->is.layout->fields, schema->is.layout->top_count) : 0;
}

const etwkit_field *etwkit_schema_field_at(const etwkit_schema *schema, size_t index) {
    return schema ? find_shown(schema->is.layout->fields, schema->is.layout->top_count, index) : NULL;
}

const etwkit_field *etwkit_schema_field(const etwkit_schema *schema, const char *name) {
    size_t size = name ? strlen(name) : 0, count = name && schema ? schema->is.layout->top_count : 0;
    for (size_t i = 0; i < count; i++) {
        const etwkit_field *field = &schema->is.layout->fields[i];
        if (field->name_size == size && memcmp(field->name, name, size) == 0 && !(field->flags & EK_FIELD_HIDDEN))
            return field;
    }
    return NULL;
}

etwkit_schema_usage etwkit_schema_get_usage(const etwkit_schema *schema) {
    return schema ? schema->usage : (etwkit_schema_usage){0};
}

const char *etwkit_field_name(const etwkit_field *field) {
    return field ? field->name : "";
}

etwkit_in_type etwkit_field_in_type(const etwkit_field *field) {
    return field ? (etwkit_in_type)field->in_type : ETWKIT_IN_NULL;
}

etwkit_out_type etwkit_field_out_type(const etwkit_field *field) {
    return field ? (etwkit_out_type)field->out_type : ETWKIT_OUT_NULL;
}

const etwkit_map *etwkit_field_map(const etwkit_field *field) {
    return field ? field->map : NULL;
}

bool etwkit_field_is_array(const etwkit_field *field) {
    return field && field->is_array && !field->is_text;
}

uint32_t etwkit_field_tags(const etwkit_field *field) {
    return field ? field->tags : 0;
}

uint16_t etwkit_field_fixed_count(const etwkit_field *field) {
    bool fixed =
        field && field->is_array && !(field->flags & (EK_FIELD_PARAM_COUNT | EK_FIELD_COUNT_U16 | EK_FIELD_COUNT_REST));
    return fixed ? field->count : 0;
}

uint16_t etwkit_field_fixed_length(const etwkit_field *field) {
    bool has_length = field && (field->read == EK_READ_LENGTH || field->in_type == ETWKIT_IN_BINARY);
    return has_length && !(field->flags & EK_FIELD_PARAM_LENGTH) ? field->length : 0;
}

const etwkit_field *etwkit_field_counted_by(const etwkit_field *field) {
    return field && field->flags & EK_FIELD_PARAM_COUNT ? &field->layout->fields[field->count] : NULL;
}

const etwkit_field *etwkit_field_measured_by(const etwkit_field *field) {
    return field && field->flags & EK_FIELD_PARAM_LENGTH ? &field->layout->fields[field->length] : NULL;
}

size_t etwkit_field_member_count(const etwkit_field *field) {
    return field && field->member_count ? count_shown(&field->layout->fields[field->first_member], field->member_count)
                                        : 0;
}

const etwkit_field *etwkit_field_member_at(const etwkit_field *field, size_t index) {
    if (!field || !field->member_count)
        return NULL;
    return find_shown(&field->layout->fields[field->first_member], field->member_count, index);
}

const char *etwkit_map_name(const etwkit_map *map) {
    return map ? map->name : "";
}

bool etwkit_map_is_bitmap(const etwkit_map *map) {
    return map && map->is_bitmap;
}

size_t etwkit_map_count(const etwkit_map *map) {
    return map ? map->count : 0;
}

etwkit_status etwkit_map_entry(const etwkit_map *map, size_t index, uint64_t *value, const char **label) {
    if (index >= etwkit_map_count(map))
        return ETWKIT_E_RANGE;
    *value = map->entries[index].value;
    *label = map->entries[index].label;
    return ETWKIT_OK;
}
