/* SPDX-License-Identifier: MIT */
/* The text sink: one line an event, for eyes. Knows no other format and no terminal. */
#include "base/guid.h"
#include "decode/activity_path.h"
#include "decode/walk.h"
#include "sink/frames.h"
#include "sink/shown_items.h"
#include "sink/value_parts.h"
#include "trace/processes.h"

/*
 * 05:10:55.0312448  cpu 1  Process/Start               4312/7720    CommandLine="cmd /c dir"  SessionId=1
 *
 * A line with the date stands where the day changes. The name's column grows with the names, up to a limit; so does the
 * one of the ids where there are processes to name:
 *
 * 05:10:55.0312448  cpu 1  Process/Start               explorer.exe (4312) → cmd.exe (7720)  CommandLine="cmd /c dir"
 */
typedef struct lines {
    etwkit_sink sink;
    ek_time_text time;
    uint8_t date[10]; /* of the last date line */
    size_t name_width, ids_width;
} lines;

#define LEAST_NAME_WIDTH 28
#define MOST_NAME_WIDTH 56
#define LEAST_IDS_WIDTH 11
#define MOST_IDS_WIDTH 40
#define ROOM (EK_SCALAR_ROOM + 64)
#define MINUTE INT64_C(600000000)

typedef enum color {
    PLAIN,
    DIM,
    BOLD,
    NAME,
    WARNING
} color;

static uint8_t *paint(const lines *to, uint8_t *at, color what) {
    static const char codes[][8] = {"\x1b[0m", "\x1b[2m", "\x1b[1m", "\x1b[36m", "\x1b[33m"};
    return to->sink.flags & ETWKIT_SINK_COLOR ? ek_copy(at, codes[what], strlen(codes[what])) : at;
}

static uint8_t *pad(uint8_t *at, size_t have, size_t width) {
    size_t blanks = have < width ? width - have : 0;
    memset(at, ' ', blanks);
    return at + blanks;
}

static uint8_t *write_text(lines *to, uint8_t *at, const char *text, size_t size) {
    at = ek_sink_room(&to->sink, at, EK_ESCAPE_ROOM(size) + ROOM);
    return at ? ek_escape_ansi(at, (const uint8_t *)text, size, true, EK_ESCAPE_TEXT) : NULL;
}

/* "2020-10-30 UTC", "2020-10-30 UTC+01:00". */
static uint8_t *write_date(lines *to, uint8_t *at, int32_t bias) {
    memcpy(to->date, to->time.text, sizeof to->date);
    at = paint(to, at, DIM);
    at = ek_copy(at, to->date, sizeof to->date);
    at = EK_PUT(at, " UTC");
    if (to->sink.flags & ETWKIT_SINK_LOCAL) {
        uint32_t minutes = bias < 0 ? 0 - (uint32_t)bias : (uint32_t)bias; /* UTC = local + bias */
        *at++ = bias > 0 ? '-' : '+';
        at = ek_write_pair(at, minutes / 60 % 100);
        *at++ = ':';
        at = ek_write_pair(at, minutes % 60);
    }
    at = paint(to, at, PLAIN);
    *at++ = '\n';
    return at;
}

/* Date line where the day is a new one, time, processor. */
static uint8_t *write_time(lines *to, uint8_t *at, const ek_sink_event *event) {
    int32_t bias = to->sink.flags & ETWKIT_SINK_LOCAL ? event->time_zone_bias : 0;
    int64_t time;
    bool good =
        !__builtin_sub_overflow(event->record->timestamp, bias * MINUTE, &time) && ek_time_text_set(&to->time, time);
    if (good && memcmp(to->date, to->time.text, sizeof to->date) != 0)
        at = write_date(to, at, bias);
    at = paint(to, at, DIM);
    at = good ? ek_copy(at, to->time.text + 11, 16) : ek_write_i64(at, event->record->timestamp);
    at = EK_PUT(at, "  cpu ");
    uint8_t *number = at;
    at = ek_write_u64(at, event->record->processor);
    at = pad(at, (size_t)(at - number), 2);
    *at++ = ' ';
    return paint(to, at, PLAIN);
}

/* Characters, where each is one column wide. */
static size_t width_of(const uint8_t *text, const uint8_t *end) {
    size_t width = 0;
    for (; text < end; text++)
        width += (*text & 0xC0) != 0x80;
    return width;
}

/* The kernel's own events need no provider. */
static uint8_t *write_provider(lines *to, uint8_t *at, const etwkit_schema *schema) {
    const char *name = schema->is.provider_name;
    if (name && strcmp(name, "Windows Kernel") == 0)
        return at;
    if (name)
        at = write_text(to, at, name, strlen(name));
    else
        at = ek_write_guid(at, schema->provider_id.bytes);
    if (at)
        *at++ = ' ';
    return at;
}

static uint8_t *write_name(lines *to, uint8_t *at, const etwkit_schema *schema) {
    const char *event = etwkit_schema_event_name(schema);
    size_t begin = (size_t)(at - to->sink.out.data);
    if (!(at = write_provider(to, at, schema)))
        return NULL;
    at = paint(to, at, BOLD);
    size_t codes = (to->sink.flags & ETWKIT_SINK_COLOR) != 0 ? 4 : 0; /* bytes that take no column */
    if (!(at = write_text(to, at, event, strlen(event))))
        return NULL;
    size_t width = width_of(to->sink.out.data + begin, at) - codes;
    at = paint(to, at, PLAIN);
    if (width > to->name_width)
        to->name_width = width < MOST_NAME_WIDTH ? width : MOST_NAME_WIDTH;
    if (to->name_width < LEAST_NAME_WIDTH)
        to->name_width = LEAST_NAME_WIDTH;
    return pad(at, width, to->name_width);
}

static uint8_t *write_id(uint8_t *at, uint32_t id) {
    if (id != ETWKIT_NO_ID)
        return ek_write_u64(at, id);
    *at++ = '-';
    return at;
}

static const char *name_of(const lines *to, const ek_sink_event *event, uint32_t id) {
    if (!to->sink.processes || id == ETWKIT_NO_ID)
        return NULL;
    const etwkit_process *process =
        etwkit_processes_find(to->sink.processes, event->boot_time, id, event->record->timestamp);
    return process ? process->name : NULL;
}

/* "explorer.exe (4312)"; where the name is not known, the id. */
static uint8_t *write_process(lines *to, uint8_t *at, const ek_sink_event *event, uint32_t id) {
    const char *name = name_of(to, event, id);
    if (!name)
        return write_id(at, id);
    if (!(at = write_text(to, at, name, strlen(name))))
        return NULL;
    at = EK_PUT(at, " (");
    at = write_id(at, id);
    *at++ = ')';
    return at;
}

/* Events of processes are about another one than that of their header: who made whom, or who it is. */
static uint8_t *write_relation(lines *to, uint8_t *at, const ek_sink_event *event, bool start, uint32_t parent,
                               uint32_t child) {
    if (start && parent != ETWKIT_NO_ID && (at = write_process(to, at, event, parent)))
        at = EK_PUT(at, " \xE2\x86\x92 "); /* an arrow */
    return at && (at = ek_sink_room(&to->sink, at, ROOM)) ? write_process(to, at, event, child) : NULL;
}

/* Who did it, with names of processes where there are some to look up. */
static uint8_t *write_who(lines *to, uint8_t *at, const ek_sink_event *event) {
    const etwkit_record *record = event->record;
    uint32_t process = record->process_id, parent, child;
    ek_process_fact_kind kind = to->sink.processes ? ek_process_fact_kind_of(record) : EK_PROCESS_NOTHING;
    if (kind != EK_PROCESS_NOTHING && ek_process_fact_ids(record, event->schema, &child, &parent))
        return write_relation(to, at, event, kind == EK_PROCESS_START, parent, child);
    /* Kernel events without ids in the header may tell one in the payload. */
    if (process == ETWKIT_NO_ID && record->thread_id == ETWKIT_NO_ID && to->sink.processes &&
        ek_record_id(record, event->schema, event->schema->is.process_field, &child) && name_of(to, event, child))
        return write_process(to, at, event, child);
    if (!(at = write_process(to, at, event, process)))
        return NULL;
    if (record->thread_id == ETWKIT_NO_ID && at[-1] == ')')
        return at; /* a name says enough */
    *at++ = '/';
    return write_id(at, record->thread_id);
}

static uint8_t *write_ids(lines *to, uint8_t *at, const ek_sink_event *event) {
    at = EK_PUT(at, "  ");
    size_t begin = (size_t)(at - to->sink.out.data);
    if (!(at = write_who(to, at, event)))
        return NULL;
    size_t width = width_of(to->sink.out.data + begin, at);
    if (width > to->ids_width && to->sink.processes)
        to->ids_width = width < MOST_IDS_WIDTH ? width : MOST_IDS_WIDTH;
    if (to->ids_width < LEAST_IDS_WIDTH)
        to->ids_width = LEAST_IDS_WIDTH;
    return (at = ek_sink_room(&to->sink, at, ROOM)) ? pad(at, width, to->ids_width) : NULL;
}

static uint8_t *write_string(lines *to, uint8_t *at, ek_shape shape, const etwkit_value *value) {
    bool character = shape == EK_SHAPE_CHAR16 || shape == EK_SHAPE_CHAR8;
    size_t size = character && ek_value_bits(value) == 0 ? 0 : value->size;
    if (shape == EK_SHAPE_TEXT16 || shape == EK_SHAPE_CHAR16)
        return ek_put_text16(&to->sink, at, value->data, size, EK_ESCAPE_TEXT);
    return ek_put_text8(&to->sink, at, value->data, size, shape == EK_SHAPE_UTF8, EK_ESCAPE_TEXT);
}

static uint8_t *write_value(lines *to, uint8_t *at, const etwkit_value *value) {
    ek_shape shape = ek_shape_of(value);
    const etwkit_map *map = ek_value_map(value, shape, (to->sink.flags & ETWKIT_SINK_NUMERIC) != 0);
    if (map) {
        bool any;
        at = ek_put_labels(&to->sink, at, map, value, EK_ESCAPE_TEXT, &any);
        if (any || !at)
            return at;
    }
    switch (shape) {
    case EK_SHAPE_BYTES: return ek_put_bytes(&to->sink, at, value->data, value->size);
    case EK_SHAPE_TEXT16:
    case EK_SHAPE_TEXT8:
    case EK_SHAPE_UTF8:
    case EK_SHAPE_CHAR16:
    case EK_SHAPE_CHAR8: return write_string(to, at, shape, value);
    default: return ek_write_scalar(at, shape, value, 0);
    }
}

/* What stands before the next thing, seen from what stands there; `fields`: between a struct's or the event's fields.
 */
static uint8_t *separate(uint8_t *at, bool fields, bool top) {
    if (top)
        return EK_PUT(at, "  ");
    if (at[-1] == '[' || at[-1] == '{')
        return at;
    if (!fields)
        *at++ = ',';
    *at++ = ' ';
    return at;
}

/* The JSON key is the name with all escapes in it, between `"` and `":`. */
static uint8_t *write_field_name(lines *to, uint8_t *at, const etwkit_field *field) {
    size_t size = field->json_key_size - 3u;
    if (!(at = ek_sink_room(&to->sink, at, size + ROOM)))
        return NULL;
    at = paint(to, at, NAME);
    at = ek_copy(at, field->json_key + 1, size);
    at = paint(to, at, PLAIN);
    *at++ = '=';
    return at;
}

/* Separator and name, or in arrays the separator alone. */
static uint8_t *write_begin(lines *to, uint8_t *at, const etwkit_field *field, bool in_array, unsigned depth) {
    at = separate(at, !in_array, !in_array && depth == 0);
    return in_array ? at : write_field_name(to, at, field);
}

static uint8_t *write_fields(lines *to, uint8_t *at, etwkit_walk *walk) {
    etwkit_step step;
    while (at && ek_walk_next(walk, &step)) {
        if (!(at = ek_sink_room(&to->sink, at, ROOM)))
            return NULL;
        ek_sink_bound(&to->sink, at, walk);
        switch (step.kind) {
        case ETWKIT_STEP_VALUE:
            at = write_begin(to, at, step.field, ek_walk_in_array(walk), walk->depth);
            at = at ? write_value(to, at, &step.value) : NULL;
            break;
        case ETWKIT_STEP_ARRAY_BEGIN:
            if ((at = write_begin(to, at, step.field, false, walk->depth)))
                *at++ = '[';
            break;
        case ETWKIT_STEP_STRUCT_BEGIN:
            if ((at = write_begin(to, at, step.field, ek_walk_struct_in_array(walk), walk->depth - 1u)))
                *at++ = '{';
            break;
        case ETWKIT_STEP_ARRAY_END: *at++ = ']'; break;
        case ETWKIT_STEP_STRUCT_END: *at++ = '}'; break;
        }
    }
    return at;
}

static uint8_t *write_named_bytes(lines *to, uint8_t *at, const char *name, const uint8_t *data, size_t size) {
    if (!(at = ek_sink_room(&to->sink, at, ROOM)))
        return NULL;
    at = EK_PUT(at, "  ");
    at = paint(to, at, NAME);
    at = ek_copy(at, name, strlen(name));
    at = paint(to, at, PLAIN);
    *at++ = '=';
    return ek_put_bytes(&to->sink, at, data, size);
}

/* "activity=//1/1/2/", or the GUID. */
static uint8_t *write_activity(lines *to, uint8_t *at, const char *key, const uint8_t *id, uint32_t process_id) {
    if (!(at = ek_sink_room(&to->sink, at, ROOM)))
        return NULL;
    at = EK_PUT(at, "  ");
    at = paint(to, at, NAME);
    at = ek_copy(at, key, strlen(key));
    at = paint(to, at, PLAIN);
    *at++ = '=';
    uint8_t *end = ek_write_activity_path(at, id, process_id);
    return end ? end : ek_write_guid(at, id);
}

static uint8_t *write_activities(lines *to, uint8_t *at, const etwkit_record *record) {
    if (!ek_guid_is_zero(&record->activity_id))
        at = write_activity(to, at, "activity", record->activity_id.bytes, record->process_id);
    if (!at || !record->items_size)
        return at;
    ek_shown_items found = ek_find_shown_items(record);
    return found.related ? write_activity(to, at, "related", found.related, record->process_id) : at;
}

/* One name of names={...}; where it is not known, nothing. */
static uint8_t *write_known_name(lines *to, uint8_t *at, const char *key, const char *name) {
    if (!name || !*name)
        return at;
    at = separate(at, true, false);
    at = ek_copy(at, key, strlen(key));
    *at++ = '=';
    return write_text(to, at, name, strlen(name));
}

static uint8_t *write_keywords(lines *to, uint8_t *at, const char *const *names) {
    if (!names || !*names)
        return at;
    at = separate(at, true, false);
    at = EK_PUT(at, "keywords=");
    for (size_t i = 0; at && names[i]; i++) {
        if (i)
            *at++ = '|';
        at = write_text(to, at, names[i], strlen(names[i]));
    }
    return at;
}

/* With ETWKIT_SINK_NAMES: names={level=Warning task=Login keywords=Audit|Web}. */
static uint8_t *write_names(lines *to, uint8_t *at, const ek_description *is) {
    if (!(at = ek_sink_room(&to->sink, at, ROOM)))
        return NULL;
    uint8_t *begin = at;
    at = EK_PUT(at, "  ");
    at = paint(to, at, NAME);
    at = EK_PUT(at, "names");
    at = paint(to, at, PLAIN);
    at = EK_PUT(at, "={");
    size_t head = (size_t)(at - begin), place = (size_t)(at - to->sink.out.data);
    if (!(at = write_known_name(to, at, "level", is->level_name)) ||
        !(at = write_known_name(to, at, "opcode", is->opcode_name)) ||
        !(at = write_known_name(to, at, "task", is->task_name)) ||
        !(at = write_known_name(to, at, "channel", is->channel_name)) ||
        !(at = write_keywords(to, at, is->keyword_names)))
        return NULL;
    if ((size_t)(at - to->sink.out.data) == place)
        return at - head;
    *at++ = '}';
    return at;
}

/* With ETWKIT_SINK_MESSAGE, in front of the fields: message="...". */
static uint8_t *write_message(lines *to, uint8_t *at, const ek_sink_event *event) {
    etwkit_sink *sink = &to->sink;
    if (!ek_sink_message(sink, event))
        return sink->out.failed ? NULL : at;
    if (!(at = ek_sink_room(sink, at, ROOM)))
        return NULL;
    at = EK_PUT(at, "  ");
    at = paint(to, at, NAME);
    at = EK_PUT(at, "message");
    at = paint(to, at, PLAIN);
    *at++ = '=';
    return ek_put_text8(sink, at, sink->message.data, sink->message.size, true, EK_ESCAPE_TEXT);
}

static uint8_t *write_body(lines *to, uint8_t *at, const ek_sink_event *event) {
    const etwkit_record *record = event->record;
    bool known = event->schema->known;
    const uint8_t *rest;
    etwkit_walk walk;
    if (ek_sink_has_message(&to->sink, event->schema) && !(at = write_message(to, at, event)))
        return NULL;
    etwkit_walk_begin(&walk, event->schema, record);
    at = write_fields(to, at, &walk);
    size_t rest_size = etwkit_walk_rest(&walk, &rest);
    if (at)
        at = write_activities(to, at, record);
    if (at && to->sink.flags & ETWKIT_SINK_NAMES)
        at = write_names(to, at, &event->schema->is);
    if (at && record->payload_size && (!known || to->sink.flags & ETWKIT_SINK_PAYLOAD))
        at = write_named_bytes(to, at, "payload", record->payload, record->payload_size);
    if (at && known && rest_size)
        at = write_named_bytes(to, at, "rest", rest, rest_size);
    if (at && etwkit_walk_truncated(&walk) && (at = ek_sink_room(&to->sink, at, ROOM))) {
        at = paint(to, at, WARNING);
        at = EK_PUT(at, "  (truncated)");
        at = paint(to, at, PLAIN);
    }
    return at;
}

/* With ETWKIT_SINK_STACKS, below the event: one line a frame. */
static uint8_t *write_frames(lines *to, uint8_t *at, const ek_sink_event *event) {
    for (size_t i = 0; at && i < event->frame_count; i++) {
        if (!(at = ek_sink_room(&to->sink, at, ROOM)))
            return NULL;
        at = paint(to, at, DIM);
        at = EK_PUT(at, "      ");
        if (!(at = ek_put_frame(&to->sink, at, &event->frames[i], EK_ESCAPE_TEXT)))
            return NULL;
        at = paint(to, at, PLAIN);
        *at++ = '\n';
    }
    return at;
}

static void append(etwkit_sink *sink, const ek_sink_event *event) {
    lines *to = (lines *)sink;
    uint8_t *at = ek_sink_room(sink, sink->out.data + sink->out.size, 2 * (size_t)ROOM);
    if (at)
        at = write_time(to, at, event);
    if (at)
        at = write_name(to, at, event->schema);
    if (at)
        at = write_ids(to, at, event);
    if (at)
        at = write_body(to, at, event);
    if (!at || !(at = ek_sink_room(sink, at, 1)))
        return;
    while (at[-1] == ' ') /* no blanks at the end of a line */
        at--;
    *at++ = '\n';
    if ((at = write_frames(to, at, event)))
        ek_sink_commit(sink, at);
}

const ek_sink_format ek_text_format = {sizeof(lines), append, NULL, NULL, false};
