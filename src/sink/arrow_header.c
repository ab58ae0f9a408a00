/* SPDX-License-Identifier: MIT */
/* Fills the header columns of Arrow streams: those of fixed size column by column, the others event by event. Knows no
 * fields. */
#include "base/guid.h"
#include "decode/text.h"
#include "decode/walk.h"
#include "sink/arrow_inside.h"
#include "sink/json_value.h"

typedef struct chunk {
    ek_arrow_filler *filler;
    const ek_arrow_event *events;
    size_t count, row;
} chunk;

/* Room for a whole chunk; the column is then complete up to it. NULL: memory ran out. */
static uint8_t *begin(const chunk *of, ek_arrow_column *column) {
    if (column->length < of->row)
        ek_arrow_column_pad(column, of->row);
    size_t size = of->count * column->width;
    uint8_t *at = ek_buf_reserve(&column->values, size);
    if (at) {
        column->values.size += size;
        column->length += of->count;
    }
    return at;
}

#define MEMBER(TYPE, member)                                     \
    do {                                                         \
        uint8_t *at = begin(of, column);                         \
        for (size_t i = 0; at && i < of->count; i++) {           \
            TYPE value = of->events[i].record->member;           \
            memcpy(at + i * sizeof value, &value, sizeof value); \
        }                                                        \
    } while (0)

/* An id that may be none. */
#define ID(member)                                               \
    do {                                                         \
        uint8_t *at = begin(of, column);                         \
        for (size_t i = 0; at && i < of->count; i++) {           \
            uint32_t value = of->events[i].record->member;       \
            bool none = value == ETWKIT_NO_ID;                   \
            ek_store32(at + i * sizeof value, none ? 0 : value); \
            if (none)                                            \
                ek_arrow_column_null(column, of->row + i);       \
        }                                                        \
    } while (0)

/* A number in a dictionary. */
#define NAME(member)                                                 \
    do {                                                             \
        uint8_t *at = begin(of, column);                             \
        for (size_t i = 0; at && i < of->count; i++) {               \
            int32_t value = of->events[i].kind->member;              \
            ek_store32(at + i * 4, value < 0 ? 0 : (uint32_t)value); \
            if (value < 0)                                           \
                ek_arrow_column_null(column, of->row + i);           \
        }                                                            \
    } while (0)

static void fill_times(const chunk *of, ek_arrow_column *column) {
    for (size_t i = 0; i < of->count; i++)
        if (ek_arrow_column_at(column, of->row + i))
            (void)ek_arrow_time(of->filler, column, of->events[i].record->timestamp);
}

static void fill_providers(const chunk *of, ek_arrow_column *column) {
    uint8_t *at = begin(of, column);
    for (size_t i = 0; at && i < of->count; i++)
        ek_arrow_swap_guid(at + i * 16, of->events[i].record->provider_id.bytes);
}

static void fill_activities(const chunk *of, ek_arrow_column *column) {
    uint8_t *at = begin(of, column);
    for (size_t i = 0; at && i < of->count; i++) {
        const etwkit_guid *id = &of->events[i].record->activity_id;
        ek_arrow_swap_guid(at + i * 16, id->bytes);
        if (ek_guid_is_zero(id))
            ek_arrow_column_null(column, of->row + i);
    }
}

/* What only some events have is appended where it is; the rows between become null by that. */
static void fill_related(const chunk *of, ek_arrow_column *column) {
    uint8_t id[16];
    for (size_t i = 0; i < of->count; i++)
        if (of->events[i].items.related && ek_arrow_column_at(column, of->row + i)) {
            ek_arrow_swap_guid(id, of->events[i].items.related);
            ek_arrow_column_fixed(column, id, sizeof id);
        }
}

static void fill_sessions(const chunk *of, ek_arrow_column *column) {
    for (size_t i = 0; i < of->count; i++)
        if (of->events[i].items.session && ek_arrow_column_at(column, of->row + i))
            ek_arrow_column_fixed(column, of->events[i].items.session, 4);
}

static void fill_payload_ids(const chunk *of, ek_arrow_column *column, bool threads) {
    uint32_t id;
    for (size_t i = 0; i < of->count; i++) {
        const etwkit_schema *schema = of->events[i].kind->schema;
        const etwkit_field *field = threads ? schema->is.thread_field : schema->is.process_field;
        if (field && ek_record_id(of->events[i].record, schema, field, &id) && ek_arrow_column_at(column, of->row + i))
            ek_arrow_column_fixed(column, &id, sizeof id);
    }
}

static void fill_column(const chunk *of, ek_arrow_column *column, ek_arrow_header header) {
    switch (header) {
    case EK_HEADER_TIMESTAMP: fill_times(of, column); break;
    case EK_HEADER_PROVIDER_NAME: NAME(provider); break;
    case EK_HEADER_PROVIDER_ID: fill_providers(of, column); break;
    case EK_HEADER_EVENT_NAME: NAME(event); break;
    case EK_HEADER_EVENT_ID: MEMBER(uint16_t, event_id); break;
    case EK_HEADER_VERSION: MEMBER(uint8_t, version); break;
    case EK_HEADER_LEVEL: MEMBER(uint8_t, level); break;
    case EK_HEADER_OPCODE: MEMBER(uint8_t, opcode); break;
    case EK_HEADER_TASK: MEMBER(uint16_t, task); break;
    case EK_HEADER_CHANNEL: MEMBER(uint8_t, channel); break;
    case EK_HEADER_KEYWORDS: MEMBER(uint64_t, keywords); break;
    case EK_HEADER_PROCESS_ID: ID(process_id); break;
    case EK_HEADER_THREAD_ID: ID(thread_id); break;
    case EK_HEADER_PROCESSOR: MEMBER(uint16_t, processor); break;
    case EK_HEADER_ACTIVITY_ID: fill_activities(of, column); break;
    case EK_HEADER_RELATED_ACTIVITY_ID: fill_related(of, column); break;
    case EK_HEADER_PAYLOAD_PROCESS_ID: fill_payload_ids(of, column, false); break;
    case EK_HEADER_PAYLOAD_THREAD_ID: fill_payload_ids(of, column, true); break;
    case EK_HEADER_SESSION_ID: fill_sessions(of, column); break;
    default: break; /* of varying size */
    }
}

void ek_arrow_fill_header(ek_arrow_filler *filler, const ek_arrow_event *events, size_t count, size_t row) {
    chunk of = {filler, events, count, row};
    for (unsigned header = EK_HEADER_TIMESTAMP; header < EK_HEADER_COUNT; header++)
        if (filler->of_header[header])
            fill_column(&of, filler->of_header[header], (ek_arrow_header)header);
}

static void fill_stack(ek_arrow_filler *filler, ek_arrow_column *column, const etwkit_record *record, size_t row) {
    ek_items items = {record, 0, 0};
    ek_item item;
    ek_arrow_column *frames = column->first;
    if (!ek_arrow_column_at(column, row))
        return;
    while (ek_items_next(&items, &item)) {
        size_t width = ek_stack_width(&item);
        for (size_t at = EK_STACK_MATCH_ID; width && at + width <= item.size; at += width) {
            uint64_t frame = ek_load_pointer(item.data + at, (unsigned)width);
            ek_arrow_column_fixed(frames, &frame, sizeof frame);
            filler->bytes += sizeof frame;
        }
    }
    ek_arrow_column_end(column, frames->length);
}

static void fill_bytes(ek_arrow_filler *filler, ek_arrow_column *column, const void *data, size_t size, size_t row) {
    if (!ek_arrow_column_at(column, row))
        return;
    ek_arrow_column_bytes(column, data, size);
    filler->bytes += size;
}

static void fill_sid(ek_arrow_filler *filler, ek_arrow_column *column, const uint8_t *sid, size_t row) {
    uint8_t text[EK_SID_ROOM];
    fill_bytes(filler, column, text, (size_t)(ek_write_sid(text, sid) - text), row);
}

static void fill_message(ek_arrow_filler *filler, ek_arrow_column *column, const ek_arrow_event *event, size_t row) {
    ek_buf *text = &filler->scratch;
    text->size = 0;
    (void)ek_buf_reserve(text, 1); /* so that even an empty one has an address */
    bool any = ek_message_append(text, event->kind->schema, event->record);
    if (text->failed) {
        text->failed = false;
        column->values.failed = true;
    } else if (any)
        fill_bytes(filler, column, text->data, text->size, row);
}

/* The sink's output and the column's values are one buffer, which goes to and fro. */
static void fill_properties(ek_arrow_filler *filler, ek_arrow_column *column, etwkit_walk *walk, size_t row) {
    etwkit_sink *sink = filler->json;
    if (!ek_arrow_column_at(column, row))
        return;
    size_t before = column->values.size;
    sink->out = column->values;
    uint8_t *at = ek_buf_reserve(&sink->out, EK_VALUE_ROOM);
    if (at && (at = ek_json_properties(sink, at, walk)))
        ek_sink_commit(sink, at);
    else
        sink->out.failed = true;
    column->values = sink->out;
    sink->out.data = NULL; /* it has one owner */
    sink->out.size = sink->out.capacity = 0;
    if (column->values.failed)
        return;
    ek_arrow_column_end(column, column->values.size);
    filler->bytes += column->values.size - before;
}

/* What only a walk to the end of the payload tells. */
static void fill_walked(ek_arrow_filler *filler, const ek_arrow_event *event, size_t row) {
    ek_arrow_column *properties = filler->of_header[EK_HEADER_PROPERTIES], *rest = filler->of_header[EK_HEADER_REST],
                    *truncated = filler->of_header[EK_HEADER_TRUNCATED];
    bool known = event->kind->schema->known;
    etwkit_walk walk;
    etwkit_step step;
    etwkit_walk_begin(&walk, event->kind->schema, event->record);
    if (properties && known)
        fill_properties(filler, properties, &walk, row);
    while (known && ek_walk_next(&walk, &step))
        continue;
    const uint8_t *left;
    size_t size = etwkit_walk_rest(&walk, &left);
    if (rest && known && size)
        fill_bytes(filler, rest, left, size, row);
    if (truncated && ek_arrow_column_at(truncated, row))
        ek_arrow_column_bool(truncated, known && etwkit_walk_truncated(&walk));
}

void ek_arrow_fill_varying(ek_arrow_filler *filler, const ek_arrow_event *event, size_t row) {
    ek_arrow_column *const *of = filler->of_header;
    const etwkit_record *record = event->record;
    if (of[EK_HEADER_STACK] && event->items.has_stack)
        fill_stack(filler, of[EK_HEADER_STACK], record, row);
    if (of[EK_HEADER_USER_SID] && event->items.sid)
        fill_sid(filler, of[EK_HEADER_USER_SID], event->items.sid, row);
    if (of[EK_HEADER_MESSAGE] && ek_schema_has_message(event->kind->schema))
        fill_message(filler, of[EK_HEADER_MESSAGE], event, row);
    if (of[EK_HEADER_PAYLOAD])
        fill_bytes(filler, of[EK_HEADER_PAYLOAD], record->payload, record->payload ? record->payload_size : 0, row);
    if (filler->walks)
        fill_walked(filler, event, row);
}
