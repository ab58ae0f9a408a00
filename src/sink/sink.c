/* SPDX-License-Identifier: MIT */
/* The front of all sinks: options, buffering, and handing over what is written. Knows the formats by name only. */
#include "sink/sink.h"

#include "base/error.h"

/* The output is handed over in pieces of about this size: large enough for the system, small enough for the cache. */
#define PIECE ((size_t)128 << 10)

static const ek_sink_format *find_format(etwkit_format format) {
    switch (format) {
    case ETWKIT_FORMAT_JSONL: return &ek_jsonl_format;
    case ETWKIT_FORMAT_TEXT: return &ek_text_format;
    case ETWKIT_FORMAT_CSV: return &ek_csv_format;
    }
    return NULL;
}

etwkit_status etwkit_sink_open(etwkit_sink **sink, const etwkit_sink_options *options, etwkit_error *error) {
    *sink = NULL;
    const ek_sink_format *format =
        options && options->struct_size >= sizeof *options ? find_format(options->format) : NULL;
    if (!format || !options->write)
        return ek_fail(error, ETWKIT_E_INVALID, "etwkit_sink_open: options without a known format or a write function");
    etwkit_allocator allocator = ek_allocator_or_default(options->allocator);
    etwkit_sink *made = ek_new(&allocator, format->size);
    if (!made)
        return ek_fail_memory(error);
    made->format = format;
    made->allocator = allocator;
    made->write = options->write;
    made->context = options->context;
    made->flags = options->flags;
    ek_buf_init(&made->out, &allocator);
    if (!ek_buf_reserve(&made->out, PIECE + PIECE / 2)) { /* most events then need no more */
        etwkit_sink_close(&made);
        return ek_fail_memory(error);
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

etwkit_status etwkit_sink_record(etwkit_sink *sink, etwkit_trace *trace, const etwkit_record *record,
                                 etwkit_error *error) {
    const etwkit_schema *schema = etwkit_trace_schema(trace, record);
    if (!schema)
        return ek_fail_memory(error);
    ek_sink_event event = {record, schema, 0};
    if (sink->flags & ETWKIT_SINK_LOCAL) {
        const etwkit_trace_info *info = etwkit_trace_get_info(trace, record->file);
        event.time_zone_bias = info ? info->time_zone_bias : 0;
    }
    return ek_sink_append(sink, &event, error);
}

etwkit_status etwkit_sink_flush(etwkit_sink *sink, etwkit_error *error) {
    size_t size = sink->out.size;
    sink->out.size = 0; /* also after an error: part of it may have been taken, and none must come twice */
    return size ? sink->write(sink->context, sink->out.data, size, error) : ETWKIT_OK;
}

void etwkit_sink_close(etwkit_sink **sink) {
    if (!*sink)
        return;
    etwkit_allocator allocator = (*sink)->allocator;
    if ((*sink)->format->end)
        (*sink)->format->end(*sink);
    ek_buf_free(&(*sink)->out);
    ek_release(&allocator, *sink);
    *sink = NULL;
}
