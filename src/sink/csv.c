/* SPDX-License-Identifier: MIT */
/* The csv sink: one line an event, its columns the jsonl keys in their order, quoted as RFC 4180 has it. Knows no other
 * format but the JSON of values. */
#include "base/error.h"
#include "base/guid.h"
#include "sink/frames.h"
#include "sink/json_value.h"
#include "sink/shown_items.h"

/*
 * Texts stand between quotation marks, all else without; what is null or absent is an empty cell. Control characters
 * are escaped, so that an event is always one line; arrays and structs are JSON.
 *
 * With ETWKIT_SINK_FIELDS the first event decides the columns: its fields instead of "properties".
 */
typedef struct csv {
    etwkit_sink sink;
    ek_time_text time;
    bool begun;                /* are the columns' names written? */
    ek_buf names;              /* with ETWKIT_SINK_FIELDS: the fields' JSON keys, one behind the other */
    const etwkit_schema *fits; /* the schema that had these fields last */
    const ek_layout *layout;   /* and its layout */
} csv;

#define ROOM (EK_VALUE_ROOM + 16)
#define HEAD_ROOM 512

static const char head_columns[] = "timestamp,provider_name,provider_id,event_name,event_id,version,level,opcode,task,"
                                   "channel,keywords,process_id,thread_id,processor,activity_id,related_activity_id,"
                                   "payload_process_id,payload_thread_id,stack";
static const char frames_column[] = ",frames";
static const char item_columns[] = ",user_sid,session_id";
static const char name_columns[] = ",level_name,opcode_name,task_name,channel_name,keyword_names";
static const char message_column[] = ",message";
static const char tail_columns[] = ",payload,rest,truncated\n";

static bool is_among(const char *columns, const char *name, size_t size) {
    for (const char *at = columns; *at; at += strspn(at, ",\n")) {
        size_t length = strcspn(at, ",\n");
        if (length == size && memcmp(at, name, size) == 0)
            return true;
        at += length;
    }
    return false;
}

/* Is there a column of that name that is no field's? */
static bool is_column(const csv *line, const char *name, size_t size) {
    return is_among(head_columns, name, size) || is_among(item_columns + 1, name, size) ||
           is_among(tail_columns, name, size) ||
           (line->sink.flags & ETWKIT_SINK_STACKS && is_among(frames_column + 1, name, size)) ||
           (line->sink.flags & ETWKIT_SINK_NAMES && is_among(name_columns + 1, name, size)) ||
           (line->sink.flags & ETWKIT_SINK_MESSAGE && is_among(message_column + 1, name, size));
}

/* The number behind the name of a field that would be a second column of that name ("level_2"), or 0. */
static unsigned repeat_of(const csv *line, const etwkit_schema *schema, const etwkit_field *field) {
    char name[64];
    unsigned number = 1;
    if (!is_column(line, field->name, field->name_size))
        return 0;
    do
        (void)ek_format(name, sizeof name, "%s_%u", field->name, ++number);
    while (etwkit_schema_field(schema, name));
    return number;
}

static uint8_t *write_name(csv *line, uint8_t *at, const etwkit_schema *schema, const etwkit_field *field) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    if (!(at = ek_sink_room(&line->sink, at, EK_ESCAPE_ROOM(field->name_size) + ROOM)))
        return NULL;
    bool quoted = strspn(field->name, plain) < field->name_size;
    unsigned number = quoted ? 0 : repeat_of(line, schema, field);
    *at = '"';
    at += quoted;
    at = ek_escape_ansi(at, (const uint8_t *)field->name, field->name_size, true, EK_ESCAPE_CSV);
    *at = '"';
    at += quoted;
    if (!number)
        return at;
    *at++ = '_';
    return ek_write_u64(at, number);
}

/* The fields of the first event as columns, and what they are known by later. */
static uint8_t *write_names(csv *line, uint8_t *at, const etwkit_schema *schema) {
    const ek_layout *layout = schema->is.layout;
    for (size_t i = 0; at && i < layout->top_count; i++) {
        const etwkit_field *field = &layout->fields[i];
        if (field->flags & EK_FIELD_HIDDEN)
            continue;
        ek_buf_append(&line->names, field->json_key, field->json_key_size);
        *at++ = ',';
        at = write_name(line, at, schema, field);
    }
    return line->names.failed ? NULL : at;
}

/* The first line, which stays whatever becomes of the event behind it. */
static bool write_columns(csv *line, const etwkit_schema *schema) {
    uint8_t *at = line->sink.out.data;
    line->names.size = 0;
    if (!(at = ek_sink_room(&line->sink, at,
                            sizeof head_columns + sizeof frames_column + sizeof item_columns + sizeof name_columns +
                                sizeof message_column + sizeof tail_columns + ROOM)))
        return false;
    at = EK_PUT(at, head_columns);
    if (line->sink.flags & ETWKIT_SINK_STACKS)
        at = EK_PUT(at, frames_column);
    at = EK_PUT(at, item_columns);
    if (line->sink.flags & ETWKIT_SINK_NAMES)
        at = EK_PUT(at, name_columns);
    if (line->sink.flags & ETWKIT_SINK_MESSAGE)
        at = EK_PUT(at, message_column);
    at = schema ? write_names(line, at, schema) : EK_PUT(at, ",properties");
    if (!at || !(at = ek_sink_room(&line->sink, at, sizeof tail_columns)))
        return false;
    at = EK_PUT(at, tail_columns);
    ek_sink_commit(&line->sink, at);
    return true;
}

static void begin(etwkit_sink *sink) {
    csv *line = (csv *)sink;
    ek_buf_init(&line->names, &sink->allocator);
    line->begun = !(sink->flags & ETWKIT_SINK_FIELDS) && write_columns(line, NULL);
}

static void end(etwkit_sink *sink) {
    ek_buf_free(&((csv *)sink)->names);
}

/* Has the event the fields that the columns are named for? */
static bool fits(csv *line, const etwkit_schema *schema) {
    if (schema == line->fits && schema->is.layout == line->layout)
        return true;
    if (!schema->known)
        return false;
    const ek_layout *layout = schema->is.layout;
    size_t at = 0;
    for (size_t i = 0; i < layout->top_count; i++) {
        const etwkit_field *field = &layout->fields[i];
        if (field->flags & EK_FIELD_HIDDEN)
            continue;
        size_t size = field->json_key_size;
        if (size > line->names.size - at || memcmp(line->names.data + at, field->json_key, size) != 0)
            return false;
        at += size;
    }
    if (at != line->names.size)
        return false;
    line->fits = schema;
    line->layout = layout;
    return true;
}

static uint8_t *write_text(csv *line, uint8_t *at, const char *text) {
    return ek_put_text8(&line->sink, at, (const uint8_t *)text, strlen(text), true, EK_ESCAPE_CSV);
}

static uint8_t *write_number(uint8_t *at, uint64_t number) {
    *at++ = ',';
    return ek_write_u64(at, number);
}

static uint8_t *write_id(uint8_t *at, uint32_t id) {
    *at++ = ',';
    return id == ETWKIT_NO_ID ? at : ek_write_u64(at, id);
}

static uint8_t *write_timestamp(csv *line, uint8_t *at, int64_t timestamp) {
    if (!ek_time_text_set(&line->time, timestamp))
        return ek_write_i64(at, timestamp);
    return ek_copy(at, line->time.text, EK_TIME_LENGTH);
}

/* From timestamp to event_name. */
static uint8_t *write_names_of_event(csv *line, uint8_t *at, const ek_sink_event *event) {
    const char *provider = etwkit_schema_provider_name(event->schema);
    at = write_timestamp(line, at, event->record->timestamp);
    *at++ = ',';
    if (provider && !(at = write_text(line, at, provider)))
        return NULL;
    *at++ = ',';
    at = ek_write_guid(at, event->schema->provider_id.bytes);
    *at++ = ',';
    return write_text(line, at, etwkit_schema_event_name(event->schema));
}

/* From timestamp to activity_id. */
static uint8_t *write_head(csv *line, uint8_t *at, const ek_sink_event *event) {
    const etwkit_schema *schema = event->schema;
    const etwkit_record *record = event->record;
    if (!(at = ek_sink_room(&line->sink, at, HEAD_ROOM)) || !(at = write_names_of_event(line, at, event)) ||
        !(at = ek_sink_room(&line->sink, at, HEAD_ROOM)))
        return NULL;
    at = write_number(at, schema->event_id);
    at = write_number(at, schema->version);
    at = write_number(at, schema->level);
    at = write_number(at, schema->opcode);
    at = write_number(at, schema->task);
    at = write_number(at, schema->channel);
    *at++ = ',';
    at = ek_write_hex(at, schema->keywords);
    at = write_id(at, record->process_id);
    at = write_id(at, record->thread_id);
    at = write_number(at, record->processor);
    *at++ = ',';
    return ek_guid_is_zero(&record->activity_id) ? at : ek_write_guid(at, record->activity_id.bytes);
}

/* Makes the JSON from `begin` on the inside of a quoted cell: its quotation marks are doubled, from the last on. */
static uint8_t *double_quotes(csv *line, size_t begin, uint8_t *at) {
    size_t count = 0, size = (size_t)(at - line->sink.out.data) - begin;
    for (const uint8_t *from = at - size; from < at; from++)
        count += *from == '"';
    if (!(at = ek_sink_room(&line->sink, at, count + ROOM)))
        return NULL;
    uint8_t *end = at + count;
    for (uint8_t *to = end; to > at;) { /* each mark still to come is one byte between both */
        uint8_t byte = *--at;
        to[-1] = byte;
        to[-2] = '"'; /* stays where the byte is one, else the next one takes its place */
        to -= 1 + (byte == '"');
    }
    return end;
}

/* `stack`: the addresses, as JSON. */
static uint8_t *write_stack(csv *line, uint8_t *at, const ek_sink_event *event) {
    *at++ = '"';
    size_t begin = (size_t)(at - line->sink.out.data);
    at = event->frames ? ek_json_addresses(&line->sink, at, event) : ek_json_stack(&line->sink, at, event->record);
    if (at && (at = double_quotes(line, begin, at)))
        *at++ = '"';
    return at;
}

/* With ETWKIT_SINK_STACKS: `frames`, as JSON. */
static uint8_t *write_frames(csv *line, uint8_t *at, const ek_sink_event *event) {
    if (!(at = ek_sink_room(&line->sink, at, ROOM)))
        return NULL;
    *at++ = ',';
    if (!event->frames)
        return at;
    *at++ = '"';
    size_t begin = (size_t)(at - line->sink.out.data);
    if ((at = ek_json_frames(&line->sink, at, event)) && (at = double_quotes(line, begin, at)))
        *at++ = '"';
    return at;
}

/* From related_activity_id to session_id. */
static uint8_t *write_extras(csv *line, uint8_t *at, const ek_sink_event *event) {
    ek_shown_items found = {NULL, NULL, NULL, false};
    const ek_description *is = &event->schema->is;
    uint32_t id;
    if (event->record->items_size)
        found = ek_find_shown_items(event->record);
    *at++ = ',';
    if (found.related)
        at = ek_write_guid(at, found.related);
    *at++ = ',';
    if (ek_record_id(event->record, event->schema, is->process_field, &id))
        at = ek_write_u64(at, id);
    *at++ = ',';
    if (ek_record_id(event->record, event->schema, is->thread_field, &id))
        at = ek_write_u64(at, id);
    *at++ = ',';
    if ((found.has_stack || event->frames) && !(at = write_stack(line, at, event)))
        return NULL;
    if (line->sink.flags & ETWKIT_SINK_STACKS && !(at = write_frames(line, at, event)))
        return NULL;
    if (!(at = ek_sink_room(&line->sink, at, 2 * (size_t)ROOM)))
        return NULL;
    *at++ = ',';
    if (found.sid)
        at = ek_write_sid(at, found.sid);
    *at++ = ',';
    return found.session ? ek_write_u64(at, ek_load32(found.session)) : at;
}

/* A list, as JSON. */
static uint8_t *write_keywords(csv *line, uint8_t *at, const char *const *names) {
    *at++ = '"';
    size_t begin = (size_t)(at - line->sink.out.data);
    *at++ = '[';
    for (size_t i = 0; names[i]; i++) {
        at = ek_put_text8(&line->sink, at, (const uint8_t *)names[i], strlen(names[i]), true, EK_ESCAPE_JSON);
        if (!at)
            return NULL;
        *at++ = names[i + 1] ? ',' : ']';
    }
    if ((at = double_quotes(line, begin, at)))
        *at++ = '"';
    return at;
}

/* With ETWKIT_SINK_NAMES, from level_name to keyword_names; those that are not known are empty cells. */
static uint8_t *write_known_names(csv *line, uint8_t *at, const etwkit_schema *schema) {
    const ek_description *is = &schema->is;
    const char *const names[] = {is->level_name, is->opcode_name, is->task_name, is->channel_name};
    if (!(at = ek_sink_room(&line->sink, at, ROOM)))
        return NULL;
    for (size_t i = 0; at && i < sizeof names / sizeof *names; i++) {
        *at++ = ',';
        if (names[i] && *names[i])
            at = write_text(line, at, names[i]);
    }
    if (!at)
        return NULL;
    *at++ = ',';
    return is->keyword_names && *is->keyword_names ? write_keywords(line, at, is->keyword_names) : at;
}

/* With ETWKIT_SINK_MESSAGE. */
static uint8_t *write_message(csv *line, uint8_t *at, const ek_sink_event *event) {
    etwkit_sink *sink = &line->sink;
    if (!(at = ek_sink_room(sink, at, ROOM)))
        return NULL;
    *at++ = ',';
    if (!ek_sink_has_message(sink, event->schema) || !ek_sink_message(sink, event))
        return sink->out.failed ? NULL : at;
    return ek_put_text8(sink, at, sink->message.data, sink->message.size, true, EK_ESCAPE_CSV);
}

static uint8_t *write_string(csv *line, uint8_t *at, ek_shape shape, const etwkit_value *value) {
    bool character = shape == EK_SHAPE_CHAR16 || shape == EK_SHAPE_CHAR8;
    size_t size = character && ek_value_bits(value) == 0 ? 0 : value->size;
    if (shape == EK_SHAPE_TEXT16 || shape == EK_SHAPE_CHAR16)
        return ek_put_text16(&line->sink, at, value->data, size, EK_ESCAPE_CSV);
    return ek_put_text8(&line->sink, at, value->data, size, shape == EK_SHAPE_UTF8, EK_ESCAPE_CSV);
}

/* A mapped value's text; where there is none, nothing. */
static uint8_t *write_labels(csv *line, uint8_t *at, const etwkit_map *map, const etwkit_value *value, bool *any) {
    *at++ = '"';
    if (!(at = ek_put_labels(&line->sink, at, map, value, EK_ESCAPE_CSV, any)))
        return NULL;
    if (!*any)
        return at - 1;
    *at++ = '"';
    return at;
}

static uint8_t *write_value(csv *line, uint8_t *at, const etwkit_value *value) {
    ek_shape shape = ek_shape_of(value);
    const etwkit_map *map = ek_value_map(value, shape, (line->sink.flags & ETWKIT_SINK_NUMERIC) != 0);
    if (map) {
        bool any;
        at = write_labels(line, at, map, value, &any);
        if (any || !at)
            return at;
    }
    switch (shape) {
    case EK_SHAPE_NULL: return at;
    case EK_SHAPE_BYTES: return ek_put_bytes(&line->sink, at, value->data, value->size);
    case EK_SHAPE_TEXT16:
    case EK_SHAPE_TEXT8:
    case EK_SHAPE_UTF8:
    case EK_SHAPE_CHAR16:
    case EK_SHAPE_CHAR8: return write_string(line, at, shape, value);
    default: return ek_write_scalar(at, shape, value, 0);
    }
}

static uint8_t *write_container(csv *line, uint8_t *at, etwkit_walk *walk, const etwkit_step *step) {
    *at++ = '"';
    size_t begin = (size_t)(at - line->sink.out.data);
    if ((at = ek_json_container(&line->sink, at, walk, step)) && (at = double_quotes(line, begin, at)))
        *at++ = '"';
    return at;
}

/* The commas in front of the cells from field `from` to before `to`. */
static uint8_t *skip_cells(uint8_t *at, const ek_layout *layout, size_t from, size_t to) {
    for (; from < to; from++) {
        *at = ',';
        at += !(layout->fields[from].flags & EK_FIELD_HIDDEN);
    }
    return at;
}

/* One cell a field; those that the payload ends before are empty. */
static uint8_t *write_fields(csv *line, uint8_t *at, etwkit_walk *walk, const ek_layout *layout) {
    etwkit_step step;
    size_t next = 0;
    while (ek_walk_next(walk, &step)) {
        size_t index = (size_t)(step.field - layout->fields);
        if (!(at = ek_sink_room(&line->sink, at, index - next + ROOM)))
            return NULL;
        at = skip_cells(at, layout, next, index);
        *at++ = ',';
        at = step.kind == ETWKIT_STEP_VALUE ? write_value(line, at, &step.value)
                                            : write_container(line, at, walk, &step);
        if (!at)
            return NULL;
        next = index + 1;
    }
    at = ek_sink_room(&line->sink, at, layout->top_count - next + ROOM);
    return at ? skip_cells(at, layout, next, layout->top_count) : NULL;
}

static uint8_t *write_properties(csv *line, uint8_t *at, etwkit_walk *walk) {
    *at++ = '"';
    size_t begin = (size_t)(at - line->sink.out.data);
    if ((at = ek_json_properties(&line->sink, at, walk)) && (at = double_quotes(line, begin, at)))
        *at++ = '"';
    return at;
}

/* payload, rest, truncated. */
static uint8_t *write_tail(csv *line, uint8_t *at, const ek_sink_event *event, const etwkit_walk *walk) {
    const etwkit_record *record = event->record;
    bool known = event->schema->known;
    const uint8_t *rest;
    size_t rest_size = etwkit_walk_rest(walk, &rest);
    if (!(at = ek_sink_room(&line->sink, at, ROOM)))
        return NULL;
    *at++ = ',';
    if ((!known || line->sink.flags & ETWKIT_SINK_PAYLOAD) && record->payload &&
        !(at = ek_put_bytes(&line->sink, at, record->payload, record->payload_size)))
        return NULL;
    *at++ = ',';
    if (known && rest_size && !(at = ek_put_bytes(&line->sink, at, rest, rest_size)))
        return NULL;
    *at++ = ',';
    if (known && etwkit_walk_truncated(walk))
        at = EK_PUT(at, "true");
    *at++ = '\n';
    return at;
}

static uint8_t *write_body(csv *line, uint8_t *at, const ek_sink_event *event) {
    etwkit_walk walk;
    etwkit_walk_begin(&walk, event->schema, event->record);
    walk.ended = line->sink.counts_elsewhere;
    if (!(at = ek_sink_room(&line->sink, at, ROOM)))
        return NULL;
    if (line->sink.flags & ETWKIT_SINK_FIELDS)
        at = write_fields(line, at, &walk, event->schema->is.layout);
    else {
        *at++ = ',';
        if (event->schema->known)
            at = write_properties(line, at, &walk);
    }
    return at ? write_tail(line, at, event, &walk) : NULL;
}

/* With ETWKIT_SINK_FIELDS: are the columns those of this event? */
static bool check_fields(csv *line, const etwkit_schema *schema) {
    etwkit_sink *sink = &line->sink;
    if (!line->begun && schema->known)
        line->begun = write_columns(line, schema);
    sink->out.failed |= line->names.failed;
    line->names.failed = false;
    sink->misfit = !sink->out.failed && !(line->begun && fits(line, schema));
    return line->begun && !sink->misfit;
}

static void append(etwkit_sink *sink, const ek_sink_event *event) {
    csv *line = (csv *)sink;
    if (sink->flags & ETWKIT_SINK_FIELDS && !check_fields(line, event->schema))
        return;
    uint8_t *at = write_head(line, sink->out.data + sink->out.size, event);
    if (at)
        at = write_extras(line, at, event);
    if (at && sink->flags & ETWKIT_SINK_NAMES)
        at = write_known_names(line, at, event->schema);
    if (at && sink->flags & ETWKIT_SINK_MESSAGE)
        at = write_message(line, at, event);
    if (at)
        at = write_body(line, at, event);
    if (at)
        ek_sink_commit(sink, at);
}

const ek_sink_format ek_csv_format = {sizeof(csv), append, begin, end, true};
