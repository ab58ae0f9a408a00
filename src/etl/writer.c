/* SPDX-License-Identifier: MIT */
/* The trace writer: a buffer for each processor, and the file that they go to (FORMATS 1). Knows no event headers. */
#include "etl/writer.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "etl/buffer.h"
#include "etl/inflate.h"

/* What one processor writes to. */
typedef struct processor_buffer {
    uint8_t *data;    /* a buffer, its header still blank; NULL until the first event */
    uint32_t filled;  /* header included; 0: not begun */
    int64_t sequence; /* the number it drew when it was begun */
    int64_t last;     /* raw time of the last event */
} processor_buffer;

struct etwkit_writer {
    etwkit_allocator allocator;
    ek_writer_settings settings;
    ek_file *file; /* NULL: into `memory` */
    ek_buf memory;
    ek_buf header;             /* the header event */
    processor_buffer *buffers; /* one for each processor */
    uint8_t *packed;           /* a compressed buffer */
    uint32_t *pack_table;
    uint64_t end;        /* of what is written */
    uint64_t last_place; /* of the last buffer, */
    uint16_t last_flags; /* and its flags */
    int64_t now;         /* the latest raw time seen on any processor */
    int64_t sequence;
    ek_header_totals totals;
    bool finished;
};

/* Output. */

static etwkit_status put(etwkit_writer *writer, uint64_t place, const void *data, size_t size, etwkit_error *error) {
    if (writer->file)
        return ek_file_write(writer->file, place, data, size, error);
    ek_buf *memory = &writer->memory;
    if (place + size > memory->size) {
        if (!ek_buf_reserve(memory, (size_t)place + size - memory->size))
            return memory->failed = false, ek_fail_memory(error); /* the call may be repeated */
        memory->size = (size_t)place + size;
    }
    memcpy(memory->data + place, data, size);
    return ETWKIT_OK;
}

static etwkit_status put_slack(etwkit_writer *writer, uint64_t place, size_t size, etwkit_error *error) {
    uint8_t slack[4096];
    memset(slack, EK_BUFFER_SLACK, sizeof slack);
    etwkit_status status = ETWKIT_OK;
    while (size > 0 && status == ETWKIT_OK) {
        size_t part = size < sizeof slack ? size : sizeof slack;
        status = put(writer, place, slack, part, error);
        place += part;
        size -= part;
    }
    return status;
}

/* The header buffer. */

static etwkit_status put_header(etwkit_writer *writer, etwkit_error *error) {
    uint8_t head[EK_BUFFER_HEADER_SIZE];
    ek_header_head_write(head, &writer->settings, writer->header.size);
    ek_header_complete(writer->header.data, &writer->settings, &writer->totals);
    etwkit_status status = put(writer, 0, head, sizeof head, error);
    return status ? status : put(writer, sizeof head, writer->header.data, writer->header.size, error);
}

/* Data buffers. */

/* The compressed form of a buffer's events, or 0 where it would not be smaller: then the buffer is stored plain. */
static size_t pack(etwkit_writer *writer, const processor_buffer *buffer) {
    if (!writer->packed)
        return 0;
    size_t room = writer->settings.options.buffer_size - EK_BUFFER_HEADER_SIZE;
    size_t events = buffer->filled - EK_BUFFER_HEADER_SIZE;
    return ek_deflate(buffer->data + EK_BUFFER_HEADER_SIZE, events, writer->packed + EK_BUFFER_HEADER_SIZE, room - 1,
                      writer->pack_table);
}

/*
 * Stores a processor's buffer at the file's end and makes it free. `overflow` is the event that did not fit, 0 for a
 * flush: ETW's CurrentOffset is where a writer's claim ended, also one that was refused, and a flush claims a whole
 * buffer.
 */
static etwkit_status store(etwkit_writer *writer, uint16_t processor, uint32_t overflow, etwkit_error *error) {
    const ek_writer_settings *settings = &writer->settings;
    processor_buffer *buffer = &writer->buffers[processor];
    uint32_t buffer_size = settings->options.buffer_size;
    size_t packed = pack(writer, buffer);
    const ek_buffer_head head = {
        .size = packed ? EK_BUFFER_HEADER_SIZE + (uint32_t)packed : buffer_size,
        .saved = buffer->filled,
        .current = buffer->filled + (overflow ? overflow : buffer_size),
        .filled = buffer->filled,
        .time = settings->options.compress ? ek_clock_filetime(&settings->clock, writer->now) : writer->now,
        .sequence = buffer->sequence,
        .processor = processor,
        .flags = (uint16_t)((settings->processor_index ? EK_BUFFER_PROCESSOR_INDEX : 0) |
                            (packed ? EK_BUFFER_COMPRESSED : 0)),
        .type = EK_BUFFER_GENERIC,
    };
    uint8_t *bytes = packed ? writer->packed : buffer->data;
    ek_buffer_head_write(bytes, settings, &head);
    if (!packed)
        memset(buffer->data + buffer->filled, EK_BUFFER_SLACK, buffer_size - buffer->filled);
    etwkit_status status = put(writer, writer->end, bytes, head.size, error);
    if (status)
        return status;
    writer->last_place = writer->end;
    writer->last_flags = head.flags;
    writer->end += head.size;
    writer->totals.buffers++;
    buffer->filled = 0;
    return ETWKIT_OK;
}

/* false: memory ran out. */
static bool begin(etwkit_writer *writer, processor_buffer *buffer) {
    if (!buffer->data)
        buffer->data = ek_alloc(&writer->allocator, writer->settings.options.buffer_size);
    if (!buffer->data)
        return false;
    buffer->filled = EK_BUFFER_HEADER_SIZE;
    buffer->sequence = ++writer->sequence;
    return true;
}

/* May an event of this size and time go to this processor? */
static etwkit_status check_claim(const etwkit_writer *writer, uint16_t processor, size_t size, int64_t time,
                                 etwkit_error *error) {
    const etwkit_writer_options *options = &writer->settings.options;
    if (writer->finished)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: the trace is finished, no more events can follow");
    if (processor >= options->processor_count)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: processor %u of %u (they count from 0)", processor,
                       options->processor_count);
    int64_t last = writer->buffers[processor].last;
    if (time < last)
        return ek_fail(error, ETWKIT_E_INVALID,
                       "writer: time %lld is before %lld, the last one of processor %u (or the start)", (long long)time,
                       (long long)last, processor);
    if (size > EK_EVENT_MAX || ek_align8((uint32_t)size) > options->buffer_size - EK_BUFFER_HEADER_SIZE)
        return ek_fail(error, ETWKIT_E_TOO_BIG,
                       "writer: an event may have at most 65,535 bytes and must fit into one buffer of %u",
                       options->buffer_size);
    return ETWKIT_OK;
}

/* Room for an event in its processor's buffer, all zeros; NULL where *status is no success. */
static uint8_t *claim(etwkit_writer *writer, uint16_t processor, size_t size, int64_t time, etwkit_status *status,
                      etwkit_error *error) {
    *status = check_claim(writer, processor, size, time, error);
    if (*status)
        return NULL;
    processor_buffer *buffer = &writer->buffers[processor];
    uint32_t padded = ek_align8((uint32_t)size);
    if (time > writer->now)
        writer->now = time;
    if (buffer->filled && padded > writer->settings.options.buffer_size - buffer->filled)
        *status = store(writer, processor, padded, error);
    if (*status)
        return NULL;
    if ((!buffer->filled || !buffer->data) && !begin(writer, buffer)) {
        *status = ek_fail_memory(error);
        return NULL;
    }
    uint8_t *event = buffer->data + buffer->filled;
    memset(event, 0, padded);
    buffer->filled += padded;
    buffer->last = time;
    return event;
}

/* The public functions. */

static etwkit_status prepare(etwkit_writer *writer, const char *log_file_name, etwkit_error *error) {
    ek_writer_settings *settings = &writer->settings;
    etwkit_writer_options *options = &settings->options;
    const etwkit_allocator *allocator = &writer->allocator;
    ek_buf_init(&writer->header, allocator);
    ek_buf_init(&writer->memory, allocator);
    ek_header_append(&writer->header, settings, log_file_name);
    writer->buffers = ek_new(allocator, options->processor_count * sizeof *writer->buffers);
    if (options->compress) {
        writer->packed = ek_alloc(allocator, options->buffer_size);
        writer->pack_table = ek_alloc(allocator, EK_DEFLATE_TABLE * sizeof *writer->pack_table);
    }
    if (writer->header.failed || !writer->buffers || (options->compress && (!writer->packed || !writer->pack_table)))
        return ek_fail_memory(error);
    size_t filled = EK_BUFFER_HEADER_SIZE + writer->header.size;
    settings->header_size = options->compress ? ((uint32_t)filled + 0x1FF) & ~0x1FFu : options->buffer_size;
    if (writer->header.size > EK_EVENT_MAX || filled > settings->header_size)
        return ek_fail(error, ETWKIT_E_TOO_BIG,
                       "writer: the names of session and file do not fit into the header buffer");
    for (unsigned i = 0; i < options->processor_count; i++)
        writer->buffers[i].last = options->start_ticks;
    writer->now = options->start_ticks;
    writer->totals.buffers = 1;
    return ETWKIT_OK;
}

static etwkit_status begin_file(etwkit_writer *writer, const char *path, etwkit_error *error) {
    etwkit_status status = path ? ek_file_create(&writer->file, path, &writer->allocator, error) : ETWKIT_OK;
    if (!status)
        status = put_header(writer, error);
    size_t filled = EK_BUFFER_HEADER_SIZE + writer->header.size;
    writer->end = writer->settings.header_size;
    return status ? status : put_slack(writer, filled, writer->settings.header_size - filled, error);
}

static etwkit_status open_writer(etwkit_writer **result, const char *path, const etwkit_writer_options *options,
                                 etwkit_error *error) {
    *result = NULL;
    ek_writer_settings settings;
    etwkit_status status = ek_writer_settle(&settings, options, error);
    if (status)
        return status;
    etwkit_allocator allocator = ek_allocator_or_default(settings.options.allocator);
    etwkit_writer *writer = ek_new(&allocator, sizeof *writer);
    if (!writer)
        return ek_fail_memory(error);
    writer->allocator = allocator;
    writer->settings = settings;
    const char *name = settings.options.log_file_name;
    if (!name)
        name = path ? path : "";
    status = prepare(writer, name, error);
    if (!status)
        status = begin_file(writer, path, error);
    writer->settings.options.session_name = writer->settings.options.log_file_name = NULL; /* the caller's */
    if (status)
        etwkit_writer_close(&writer);
    *result = writer;
    return status;
}

etwkit_status etwkit_writer_open(etwkit_writer **writer, const char *path, const etwkit_writer_options *options,
                                 etwkit_error *error) {
    return open_writer(writer, path, options, error);
}

etwkit_status etwkit_writer_open_memory(etwkit_writer **writer, const etwkit_writer_options *options,
                                        etwkit_error *error) {
    return open_writer(writer, NULL, options, error);
}

etwkit_status etwkit_writer_record(etwkit_writer *writer, const etwkit_record *record, const etwkit_item *items,
                                   size_t item_count, etwkit_error *error) {
    size_t size = 0;
    const char *phrase = ek_event_measure(record, items, item_count, &size);
    if (phrase)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: header kind 0x%02X: %s", record->header_kind, phrase);
    etwkit_status status;
    uint8_t *event = claim(writer, record->processor, size, record->raw_timestamp, &status, error);
    if (event)
        ek_event_write(event, record, items, item_count, size);
    return status;
}

etwkit_status etwkit_writer_raw(etwkit_writer *writer, uint16_t processor, const void *event, size_t size,
                                int64_t raw_timestamp, etwkit_error *error) {
    size_t claimed = ek_event_claimed_size(event, size);
    if (claimed != size || size == 0)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: the event has %zu bytes, but its header says %zu", size,
                       claimed);
    etwkit_status status;
    uint8_t *to = claim(writer, processor, size, raw_timestamp, &status, error);
    if (to)
        memcpy(to, event, size);
    return status;
}

etwkit_status etwkit_writer_flush(etwkit_writer *writer, uint16_t processor, etwkit_error *error) {
    if (processor >= writer->settings.options.processor_count)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: processor %u of %u (they count from 0)", processor,
                       writer->settings.options.processor_count);
    return writer->buffers[processor].filled ? store(writer, processor, 0, error) : ETWKIT_OK;
}

void etwkit_writer_set_lost(etwkit_writer *writer, uint32_t events_lost, uint32_t buffers_lost) {
    writer->totals.events_lost = events_lost;
    writer->totals.buffers_lost = buffers_lost;
}

/* Only when all is written it is known which buffer is the last. */
static etwkit_status mark_last(etwkit_writer *writer, etwkit_error *error) {
    uint8_t flags[2];
    ek_store16(flags, writer->last_flags | EK_BUFFER_FLUSH_MARKER);
    return writer->totals.buffers > 1 ? put(writer, writer->last_place + EK_BUFFER_FLAGS_AT, flags, sizeof flags, error)
                                      : ETWKIT_OK;
}

etwkit_status etwkit_writer_finish(etwkit_writer *writer, int64_t end_ticks, etwkit_error *error) {
    const etwkit_writer_options *options = &writer->settings.options;
    if (writer->finished)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: the trace is finished already");
    if (end_ticks < options->start_ticks)
        return ek_fail(error, ETWKIT_E_INVALID, "writer: the end (%lld) is before the start (%lld)",
                       (long long)end_ticks, (long long)options->start_ticks);
    writer->now = end_ticks > writer->now ? end_ticks : writer->now;
    etwkit_status status = ETWKIT_OK;
    for (unsigned i = 0; i < options->processor_count && !status; i++)
        status = etwkit_writer_flush(writer, (uint16_t)i, error);
    if (!status)
        status = mark_last(writer, error);
    if (status)
        return status;
    writer->totals.end_time = ek_clock_filetime(&writer->settings.clock, end_ticks);
    status = put_header(writer, error);
    writer->finished = status == ETWKIT_OK;
    return status;
}

const void *etwkit_writer_memory(const etwkit_writer *writer, size_t *size) {
    *size = writer->file ? 0 : writer->memory.size;
    return writer->file ? NULL : writer->memory.data;
}

void etwkit_writer_close(etwkit_writer **writer) {
    etwkit_writer *it = writer ? *writer : NULL;
    if (!it)
        return;
    *writer = NULL;
    const etwkit_allocator allocator = it->allocator;
    if (it->buffers)
        for (unsigned i = 0; i < it->settings.options.processor_count; i++)
            ek_release(&allocator, it->buffers[i].data);
    ek_release(&allocator, it->buffers);
    ek_release(&allocator, it->packed);
    ek_release(&allocator, it->pack_table);
    ek_buf_free(&it->header);
    ek_buf_free(&it->memory);
    if (it->file)
        ek_file_close(&it->file);
    ek_release(&allocator, it);
}
