/* SPDX-License-Identifier: MIT */
/* The jsonl sink: one JSON object a line, CONTRACT.md's keys in their order. Knows no other format and no file. */
#include "base/guid.h"
#include "decode/text.h"
#include "decode/walk.h"
#include "etl/items.h"
#include "sink/escape.h"
#include "sink/sink.h"

typedef struct jsonl {
    etwkit_sink sink;
    ek_time_text time;
} jsonl;

#define HEAD_ROOM 512    /* timestamp, ids and processor, activity ids, all with their keys */
#define STACK_MATCH_ID 8 /* bytes in front of a stack item's addresses */
#define VALUE_ROOM (EK_SCALAR_ROOM + 8)

static uint8_t *write_timestamp(jsonl *line, uint8_t *at, int64_t timestamp) {
    if (!ek_time_text_set(&line->time, timestamp))
        return ek_write_i64(at, timestamp);
    *at++ = '"';
    memcpy(at, line->time.text, EK_TIME_LENGTH);
    at[EK_TIME_LENGTH] = '"';
    return at + EK_TIME_LENGTH + 1;
}

static uint8_t *write_id(uint8_t *at, uint32_t id) {
    return id == ETWKIT_NO_ID ? EK_PUT(at, "null") : ek_write_u64(at, id);
}

static uint8_t *write_guid(uint8_t *at, const uint8_t *guid) {
    *at++ = '"';
    at = ek_write_guid(at, guid);
    *at++ = '"';
    return at;
}

static uint8_t *write_head(jsonl *line, uint8_t *at, const ek_sink_event *event) {
    const etwkit_record *record = event->record;
    if (!(at = ek_sink_room(&line->sink, at, HEAD_ROOM + event->schema->json_head_size)))
        return NULL;
    at = EK_PUT(at, "{\"timestamp\":");
    at = write_timestamp(line, at, record->timestamp);
    memcpy(at, event->schema->json_head, event->schema->json_head_size);
    at += event->schema->json_head_size;
    at = EK_PUT(at, ",\"process_id\":");
    at = write_id(at, record->process_id);
    at = EK_PUT(at, ",\"thread_id\":");
    at = write_id(at, record->thread_id);
    at = EK_PUT(at, ",\"processor\":");
    at = ek_write_u64(at, record->processor);
    if (!ek_guid_is_zero(&record->activity_id)) {
        at = EK_PUT(at, ",\"activity_id\":");
        at = write_guid(at, record->activity_id.bytes);
    }
    return at;
}

/* The extended items that a line shows; NULL: not there. */
typedef struct shown_items {
    const uint8_t *related, *sid, *session;
    size_t sid_size; /* 0: none that is whole */
    bool has_stack;
} shown_items;

static bool is_stack(const ek_item *item) {
    return (item->type == ETWKIT_ITEM_STACK_TRACE32 || item->type == ETWKIT_ITEM_STACK_TRACE64) &&
           item->size >= STACK_MATCH_ID;
}

static shown_items find_items(const etwkit_record *record) {
    shown_items found = {NULL, NULL, NULL, 0, false};
    ek_items items = {record, 0, 0};
    ek_item item;
    while (ek_items_next(&items, &item)) {
        if (item.type == ETWKIT_ITEM_RELATED_ACTIVITY_ID && item.size >= sizeof(etwkit_guid))
            found.related = item.data;
        else if (item.type == ETWKIT_ITEM_SID) {
            found.sid = item.data;
            found.sid_size = ek_sid_size(item.data, item.size);
        } else if (item.type == ETWKIT_ITEM_TS_ID && item.size >= 4)
            found.session = item.data;
        else if (is_stack(&item))
            found.has_stack = true;
    }
    return found;
}

/* The addresses of all stack items as one array. */
static uint8_t *write_stack(jsonl *line, uint8_t *at, const etwkit_record *record) {
    ek_items items = {record, 0, 0};
    ek_item item;
    at = EK_PUT(at, ",\"stack\":[");
    while (ek_items_next(&items, &item)) {
        if (!is_stack(&item))
            continue;
        unsigned width = item.type == ETWKIT_ITEM_STACK_TRACE64 ? 8 : 4;
        size_t frames = (item.size - STACK_MATCH_ID) / width;
        if (!(at = ek_sink_room(&line->sink, at, frames * (EK_INTEGER_ROOM + 3) + VALUE_ROOM)))
            return NULL;
        for (size_t frame = 0; frame < frames; frame++) {
            *at++ = '"';
            at = ek_write_hex(at, ek_load_pointer(item.data + STACK_MATCH_ID + frame * width, width));
            at = EK_PUT(at, "\",");
        }
    }
    at -= at[-1] == ',';
    *at++ = ']';
    return at;
}

static uint8_t *write_payload_ids(uint8_t *at, const ek_sink_event *event) {
    const ek_description *is = &event->schema->is;
    uint32_t id;
    if (ek_record_id(event->record, event->schema, is->process_field, &id)) {
        at = EK_PUT(at, ",\"payload_process_id\":");
        at = ek_write_u64(at, id);
    }
    if (ek_record_id(event->record, event->schema, is->thread_field, &id)) {
        at = EK_PUT(at, ",\"payload_thread_id\":");
        at = ek_write_u64(at, id);
    }
    return at;
}

/* What stands between activity_id and properties: most events have none of it. */
static uint8_t *write_extras(jsonl *line, uint8_t *at, const ek_sink_event *event) {
    static const etwkit_guid zero;
    shown_items found = {NULL, NULL, NULL, 0, false};
    if (event->record->items_size)
        found = find_items(event->record);
    if (found.related && memcmp(found.related, &zero, sizeof zero) != 0) {
        at = EK_PUT(at, ",\"related_activity_id\":");
        at = write_guid(at, found.related);
    }
    if (event->schema->is.process_field || event->schema->is.thread_field)
        at = write_payload_ids(at, event);
    if (found.has_stack && !(at = write_stack(line, at, event->record)))
        return NULL;
    if (found.sid_size || found.session) {
        if (!(at = ek_sink_room(&line->sink, at, 2 * (size_t)VALUE_ROOM)))
            return NULL;
        if (found.sid_size) {
            at = EK_PUT(at, ",\"user_sid\":\"");
            at = ek_write_sid(at, found.sid);
            *at++ = '"';
        }
        if (found.session) {
            at = EK_PUT(at, ",\"session_id\":");
            at = ek_write_u64(at, ek_load32(found.session));
        }
    }
    return at;
}

static uint8_t *write_bytes(jsonl *line, uint8_t *at, const uint8_t *data, size_t size) {
    if (!(at = ek_sink_room(&line->sink, at, size * 2 + VALUE_ROOM)))
        return NULL;
    *at++ = '"';
    at = ek_write_bytes(at, data, size);
    *at++ = '"';
    return at;
}

static uint8_t *write_text16(jsonl *line, uint8_t *at, const uint8_t *text, size_t size) {
    if (!(at = ek_sink_room(&line->sink, at, EK_ESCAPE_ROOM(size / 2) + VALUE_ROOM)))
        return NULL;
    *at++ = '"';
    at = ek_escape_utf16(at, text, size, true);
    *at++ = '"';
    return at;
}

static uint8_t *write_text8(jsonl *line, uint8_t *at, const uint8_t *text, size_t size, bool utf8) {
    if (!(at = ek_sink_room(&line->sink, at, EK_ESCAPE_ROOM(size) + VALUE_ROOM)))
        return NULL;
    *at++ = '"';
    at = ek_escape_ansi(at, text, size, utf8, true);
    *at++ = '"';
    return at;
}

/* "label|label|0x10"; *any false: none fits, and nothing was written. */
static uint8_t *write_labels(jsonl *line, uint8_t *at, const etwkit_map *map, const etwkit_value *value, bool *any) {
    ek_labels labels = ek_labels_of(map, value);
    const char *label;
    *any = false;
    while (ek_labels_next(&labels, &label)) {
        size_t size = label ? strlen(label) : 0;
        if (!(at = ek_sink_room(&line->sink, at, EK_ESCAPE_ROOM(size) + VALUE_ROOM)))
            return NULL;
        *at++ = *any ? '|' : '"';
        at = label ? ek_escape_ansi(at, (const uint8_t *)label, size, true, true) : ek_write_hex(at, labels.unknown);
        *any = true;
    }
    if (*any)
        *at++ = '"';
    return at;
}

/* Needs VALUE_ROOM, and leaves some of it for what comes between values. */
static inline uint8_t *write_value(jsonl *line, uint8_t *at, const etwkit_value *value) {
    ek_shape shape = ek_shape_of(value);
    const etwkit_map *map = ek_value_map(value, shape, (line->sink.flags & ETWKIT_SINK_NUMERIC) != 0);
    if (map) {
        bool any;
        at = write_labels(line, at, map, value, &any);
        if (any || !at)
            return at;
    }
    switch (shape) {
    case EK_SHAPE_BYTES: return write_bytes(line, at, value->data, value->size);
    case EK_SHAPE_TEXT16: return write_text16(line, at, value->data, value->size);
    case EK_SHAPE_CHAR16: return write_text16(line, at, value->data, ek_value_bits(value) ? value->size : 0);
    case EK_SHAPE_TEXT8:
    case EK_SHAPE_UTF8: return write_text8(line, at, value->data, value->size, shape == EK_SHAPE_UTF8);
    case EK_SHAPE_CHAR8: return write_text8(line, at, value->data, ek_value_bits(value) ? value->size : 0, false);
    default: return ek_write_scalar(at, shape, value, '"');
    }
}

/* Every value and every container ends with a comma, which the end of its container takes back. */
static inline uint8_t *write_end(uint8_t *at, char bracket) {
    at -= at[-1] == ',';
    *at++ = (uint8_t)bracket;
    *at++ = ',';
    return at;
}

static uint8_t *write_properties(jsonl *line, uint8_t *at, etwkit_walk *walk) {
    etwkit_step step;
    *at++ = '{';
    while (ek_walk_next(walk, &step)) {
        const etwkit_field *field = step.field;
        if (!(at = ek_sink_room(&line->sink, at, field->json_key_size + VALUE_ROOM)))
            return NULL;
        switch (step.kind) {
        case ETWKIT_STEP_VALUE:
            if (!ek_walk_in_array(walk))
                at = ek_copy(at, field->json_key, field->json_key_size);
            if (!(at = write_value(line, at, &step.value)))
                return NULL;
            *at++ = ',';
            break;
        case ETWKIT_STEP_ARRAY_BEGIN:
            at = ek_copy(at, field->json_key, field->json_key_size);
            *at++ = '[';
            break;
        case ETWKIT_STEP_STRUCT_BEGIN:
            if (!ek_walk_struct_in_array(walk))
                at = ek_copy(at, field->json_key, field->json_key_size);
            *at++ = '{';
            break;
        case ETWKIT_STEP_ARRAY_END: at = write_end(at, ']'); break;
        case ETWKIT_STEP_STRUCT_END: at = write_end(at, '}'); break;
        }
    }
    return write_end(at, '}') - 1;
}

static uint8_t *write_payload(jsonl *line, uint8_t *at, const etwkit_record *record) {
    at = EK_PUT(at, ",\"payload\":");
    return write_bytes(line, at, record->payload, record->payload ? record->payload_size : 0);
}

/* Properties and all behind them. */
static uint8_t *write_body(jsonl *line, uint8_t *at, const ek_sink_event *event) {
    bool known = event->schema->known;
    etwkit_walk walk;
    etwkit_walk_begin(&walk, event->schema, event->record);
    if (!(at = ek_sink_room(&line->sink, at, VALUE_ROOM)))
        return NULL;
    at = EK_PUT(at, ",\"properties\":");
    at = known ? write_properties(line, at, &walk) : EK_PUT(at, "null");
    if (!at || !(at = ek_sink_room(&line->sink, at, VALUE_ROOM)))
        return NULL;
    if (!known || line->sink.flags & ETWKIT_SINK_PAYLOAD)
        at = write_payload(line, at, event->record);
    if (!at || !known)
        return at;
    const uint8_t *rest;
    size_t rest_size = etwkit_walk_rest(&walk, &rest);
    if (rest_size) {
        at = EK_PUT(at, ",\"rest\":");
        if (!(at = write_bytes(line, at, rest, rest_size)))
            return NULL;
    }
    return etwkit_walk_truncated(&walk) ? EK_PUT(at, ",\"truncated\":true") : at;
}

static void append(etwkit_sink *sink, const ek_sink_event *event) {
    jsonl *line = (jsonl *)sink;
    uint8_t *at = write_head(line, sink->out.data + sink->out.size, event);
    if (at)
        at = write_extras(line, at, event);
    if (at)
        at = write_body(line, at, event);
    if (!at || !(at = ek_sink_room(sink, at, 2)))
        return;
    at = EK_PUT(at, "}\n");
    ek_sink_commit(sink, at);
}

const ek_sink_format ek_jsonl_format = {sizeof(jsonl), append};
