/* SPDX-License-Identifier: MIT */
/* The jsonl sink: one JSON object a line, CONTRACT.md's keys in their order. Knows no other format and no file. */
#include "base/guid.h"
#include "sink/frames.h"
#include "sink/json_value.h"
#include "sink/shown_items.h"

typedef struct jsonl {
    etwkit_sink sink;
    ek_time_text time;
} jsonl;

#define HEAD_ROOM 512 /* timestamp, ids and processor, activity ids, all with their keys */

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

/* With ETWKIT_SINK_STACKS. */
static uint8_t *write_frames(jsonl *line, uint8_t *at, const ek_sink_event *event) {
    at = EK_PUT(at, ",\"stack\":");
    if (!(at = ek_json_addresses(&line->sink, at, event)) || !(at = ek_sink_room(&line->sink, at, EK_VALUE_ROOM)))
        return NULL;
    at = EK_PUT(at, ",\"frames\":");
    return ek_json_frames(&line->sink, at, event);
}

/* What stands between activity_id and properties: most events have none of it. */
static uint8_t *write_extras(jsonl *line, uint8_t *at, const ek_sink_event *event) {
    ek_shown_items found = {NULL, NULL, NULL, false};
    if (event->record->items_size)
        found = ek_find_shown_items(event->record);
    if (found.related) {
        at = EK_PUT(at, ",\"related_activity_id\":");
        at = write_guid(at, found.related);
    }
    if (event->schema->is.process_field || event->schema->is.thread_field)
        at = write_payload_ids(at, event);
    if (event->frames)
        at = write_frames(line, at, event);
    else if (found.has_stack) {
        at = EK_PUT(at, ",\"stack\":");
        at = ek_json_stack(&line->sink, at, event->record);
    }
    if (!at || !(found.sid || found.session))
        return at;
    if (!(at = ek_sink_room(&line->sink, at, 2 * (size_t)EK_VALUE_ROOM)))
        return NULL;
    if (found.sid) {
        at = EK_PUT(at, ",\"user_sid\":\"");
        at = ek_write_sid(at, found.sid);
        *at++ = '"';
    }
    if (found.session) {
        at = EK_PUT(at, ",\"session_id\":");
        at = ek_write_u64(at, ek_load32(found.session));
    }
    return at;
}

static uint8_t *write_bytes(jsonl *line, uint8_t *at, const uint8_t *data, size_t size) {
    *at++ = '"';
    if ((at = ek_put_bytes(&line->sink, at, data, size)))
        *at++ = '"';
    return at;
}

static uint8_t *write_payload(jsonl *line, uint8_t *at, const etwkit_record *record) {
    at = EK_PUT(at, ",\"payload\":");
    return write_bytes(line, at, record->payload, record->payload ? record->payload_size : 0);
}

/* With ETWKIT_SINK_NAMES, between session_id and properties. */
static uint8_t *write_names(jsonl *line, uint8_t *at, const etwkit_schema *schema) {
    at = ek_sink_room(&line->sink, at, schema->json_names_size);
    return at ? ek_copy(at, schema->json_names, schema->json_names_size) : NULL;
}

/* With ETWKIT_SINK_MESSAGE, behind the names. */
static uint8_t *write_message(jsonl *line, uint8_t *at, const ek_sink_event *event) {
    etwkit_sink *sink = &line->sink;
    if (!ek_sink_message(sink, event))
        return sink->out.failed ? NULL : at;
    if (!(at = ek_sink_room(sink, at, EK_VALUE_ROOM)))
        return NULL;
    at = EK_PUT(at, ",\"message\":");
    return ek_put_text8(sink, at, sink->message.data, sink->message.size, true, EK_ESCAPE_JSON);
}

/* Properties and all behind them. */
static uint8_t *write_body(jsonl *line, uint8_t *at, const ek_sink_event *event) {
    bool known = event->schema->known;
    etwkit_walk walk;
    etwkit_walk_begin(&walk, event->schema, event->record);
    walk.ended = line->sink.counts_elsewhere;
    if (!(at = ek_sink_room(&line->sink, at, EK_VALUE_ROOM)))
        return NULL;
    at = EK_PUT(at, ",\"properties\":");
    at = known ? ek_json_properties(&line->sink, at, &walk) : EK_PUT(at, "null");
    if (!at || !(at = ek_sink_room(&line->sink, at, EK_VALUE_ROOM)))
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
    if (at && sink->flags & ETWKIT_SINK_NAMES)
        at = write_names(line, at, event->schema);
    if (at && ek_sink_has_message(sink, event->schema))
        at = write_message(line, at, event);
    if (at)
        at = write_body(line, at, event);
    if (!at || !(at = ek_sink_room(sink, at, 2)))
        return;
    at = EK_PUT(at, "}\n");
    ek_sink_commit(sink, at);
}

const ek_sink_format ek_jsonl_format = {sizeof(jsonl), append, NULL, NULL, true};
