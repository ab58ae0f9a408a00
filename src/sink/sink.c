/* SPDX-License-Identifier: MIT */
/* The front of all sinks: options, buffering, and handing over what is written. Knows the formats by name only. */
#include "sink/sink.h"

#include "base/error.h"
#include "sink/frames.h"
#include "sink/parallel.h"
#include "sink/pcapng.h"

/* The output is handed over in pieces of about this size: large enough for the system, small enough for the cache. */
#define PIECE ((size_t)128 << 10)

static const ek_sink_format *find_format(etwkit_format format) {
    switch (format) {
    case ETWKIT_FORMAT_JSONL: return &ek_jsonl_format;
    case ETWKIT_FORMAT_TEXT: return &ek_text_format;
    case ETWKIT_FORMAT_CSV: return &ek_csv_format;
    case ETWKIT_FORMAT_PCAPNG: return &ek_pcapng_format;
    }
    return NULL;
}

etwkit_sink *ek_sink_new(const ek_sink_format *format, const etwkit_allocator *allocator) {
    etwkit_sink *made = ek_new(allocator, format->size);
    if (!made)
        return NULL;
    made->format = format;
    made->allocator = *allocator;
    ek_buf_init(&made->out, allocator);
    ek_buf_init(&made->message, allocator);
    if (!ek_buf_reserve(&made->out, PIECE + PIECE / 2)) /* most events then need no more */
        etwkit_sink_close(&made);
    return made;
}

/* Only the members that the caller's version of the struct has; NULL where it has not even the first version's. */
static const etwkit_sink_options *known_options(etwkit_sink_options *options, const etwkit_sink_options *given) {
    size_t size = given ? given->struct_size : 0, least = offsetof(etwkit_sink_options, processes);
    if (size < least)
        return NULL;
    *options = (etwkit_sink_options){0};
    memcpy(options, given, size < sizeof *options ? size : sizeof *options);
    return options;
}

etwkit_status etwkit_sink_open(etwkit_sink **sink, const etwkit_sink_options *given, etwkit_error *error) {
    *sink = NULL;
    etwkit_sink_options known;
    const etwkit_sink_options *options = known_options(&known, given);
    const ek_sink_format *format = options ? find_format(options->format) : NULL;
    if (!format || !options->write)
        return ek_fail(error, ETWKIT_E_INVALID, "etwkit_sink_open: options without a known format or a write function");
    etwkit_allocator allocator = ek_allocator_or_default(options->allocator);
    etwkit_sink *made = ek_sink_new(format, &allocator);
    if (!made)
        return ek_fail_memory(error);
    made->write = options->write;
    made->context = options->context;
    made->flags = options->flags;
    made->processes = options->processes;
    bool alone = options->threads < 2 || !format->lines_stand_alone || options->flags & ETWKIT_SINK_FIELDS;
    etwkit_status status = alone ? ETWKIT_OK : ek_sink_parallel_new(&made->parallel, made, options->threads, error);
    if (status != ETWKIT_OK) {
        etwkit_sink_close(&made);
        return status;
    }
    if (format->begin)
        format->begin(made);
    *sink = made;
    return ETWKIT_OK;
}

uint8_t *ek_sink_grow(etwkit_sink *sink, const uint8_t *at, size_t more) {
    size_t written = (size_t)(at - sink->out.data), size = sink->out.size;
    sink->out.size = written;
    bool grown = ek_buf_grow(&sink->out, more);
    sink->out.size = size; /* until the event is complete */
    return grown ? sink->out.data + written : NULL;
}

bool ek_sink_message(etwkit_sink *sink, const ek_sink_event *event) {
    sink->message.size = 0;
    (void)ek_buf_reserve(&sink->message, 1); /* so that even an empty one has an address */
    bool any = ek_message_append(&sink->message, event->schema, event->record);
    bool failed = sink->message.failed;
    sink->out.failed |= failed;
    sink->message.failed = false;
    return any && !failed;
}

etwkit_status ek_sink_append(etwkit_sink *sink, const ek_sink_event *event, etwkit_error *error) {
    sink->format->append(sink, event);
    if (sink->out.failed) { /* the events before are whole, and stay */
        sink->out.failed = false;
        return ek_fail_memory(error);
    }
    if (sink->misfit) {
        sink->misfit = false;
        return ek_fail(error, ETWKIT_E_TYPE,
                       "csv: an event %s has other fields than the columns, which are those of the first event",
                       etwkit_schema_event_name(event->schema));
    }
    return sink->out.size < PIECE ? ETWKIT_OK : etwkit_sink_flush(sink, error);
}

/* false: memory ran out. */
static bool describe(etwkit_sink *sink, etwkit_trace *trace, const etwkit_record *record, ek_sink_event *event) {
    *event = (ek_sink_event){.record = record, .schema = etwkit_trace_schema(trace, record)};
    if (sink->flags & ETWKIT_SINK_LOCAL || sink->processes) {
        const etwkit_trace_info *info = etwkit_trace_get_info(trace, record->file);
        event->time_zone_bias = info ? info->time_zone_bias : 0;
        event->boot_time = info ? info->boot_time : 0;
    }
    if (sink->format == &ek_pcapng_format && etwkit_trace_file_count(trace) > 1) {
        const etwkit_trace_info *info = etwkit_trace_get_info(trace, record->file);
        sink->path = info ? info->path : NULL;
    }
    if (sink->flags & ETWKIT_SINK_STACKS && !ek_sink_find_frames(trace, event))
        return false;
    return event->schema != NULL;
}

etwkit_status etwkit_sink_record(etwkit_sink *sink, etwkit_trace *trace, const etwkit_record *record,
                                 etwkit_error *error) {
    ek_sink_event event;
    return describe(sink, trace, record, &event) ? ek_sink_append(sink, &event, error) : ek_fail_memory(error);
}

etwkit_status etwkit_sink_event(etwkit_sink *sink, const etwkit_schema *schema, const etwkit_record *record,
                                etwkit_error *error) {
    const ek_sink_event event = {.record = record, .schema = schema};
    return ek_sink_append(sink, &event, error);
}

etwkit_status etwkit_sink_batch(etwkit_sink *sink, etwkit_trace *trace, const etwkit_batch *batch, size_t count,
                                etwkit_error *error) {
    enum {
        AT_ONCE = 4096 /* events described before they are written */
    };
    size_t all = etwkit_batch_count(batch);
    etwkit_status status = ETWKIT_OK;
    count = count < all ? count : all;
    if (!sink->parallel) {
        for (size_t i = 0; i < count && status == ETWKIT_OK; i++)
            status = etwkit_sink_record(sink, trace, etwkit_batch_record(batch, i), error);
        return status;
    }
    if (!sink->events && !(sink->events = ek_alloc(&sink->allocator, AT_ONCE * sizeof *sink->events)))
        return ek_fail_memory(error);
    for (size_t from = 0; from < count && status == ETWKIT_OK; from += AT_ONCE) {
        size_t part = count - from < AT_ONCE ? count - from : AT_ONCE;
        for (size_t i = 0; i < part; i++)
            if (!describe(sink, trace, etwkit_batch_record(batch, from + i), &sink->events[i]))
                return ek_fail_memory(error);
        status = ek_sink_parallel_append(sink->parallel, sink, sink->events, part, error);
    }
    return status;
}

etwkit_status etwkit_sink_flush(etwkit_sink *sink, etwkit_error *error) {
    size_t size = sink->out.size;
    sink->out.size = 0; /* also after an error: part of it may have been taken, and none must come twice */
    return size ? sink->write(sink->context, sink->out.data, size, error) : ETWKIT_OK;
}

etwkit_packet_counts etwkit_sink_get_packets(const etwkit_sink *sink) {
    return sink->format == &ek_pcapng_format ? ek_pcapng_counts(sink) : (etwkit_packet_counts){0};
}

etwkit_status etwkit_sink_name_interfaces(etwkit_sink *sink, const etwkit_record *record, etwkit_error *error) {
    bool done = sink->format != &ek_pcapng_format || ek_pcapng_learn(sink, record);
    return done ? ETWKIT_OK : ek_fail_memory(error);
}

void etwkit_sink_close(etwkit_sink **sink) {
    if (!*sink)
        return;
    etwkit_allocator allocator = (*sink)->allocator;
    if ((*sink)->format->end)
        (*sink)->format->end(*sink);
    ek_sink_parallel_free(&(*sink)->parallel);
    ek_release(&allocator, (*sink)->events);
    ek_buf_free(&(*sink)->out);
    ek_buf_free(&(*sink)->message);
    ek_release(&allocator, *sink);
    *sink = NULL;
}
