/* SPDX-License-Identifier: MIT */
/* Reads a trace, writes every record again from what the reader made of it, and reads that: each event must have come
 * out with the very bytes it had. Knows the public headers only; test_relog.py says of which traces.
 *
 *   relog FILE plain|compressed
 */
#include <etwkit/etwkit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, const etwkit_error *error) {
    fprintf(stderr, "%s: %s\n", what, error->message);
    return 1;
}

static etwkit_status open_file(etwkit_trace **trace, const char *path, etwkit_error *error) {
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.unordered = true; /* in the order of the file, in which each processor's times rise */
    return etwkit_trace_open(trace, path, &options, error);
}

static etwkit_status open_memory(etwkit_trace **trace, const etwkit_writer *writer, etwkit_error *error) {
    size_t size = 0;
    const void *data = etwkit_writer_memory(writer, &size);
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.unordered = true;
    return etwkit_trace_open_memory(trace, data, size, "relogged", &options, error);
}

/* The same machine, clock and session. */
static etwkit_status open_writer(etwkit_writer **writer, const etwkit_trace_info *info, const etwkit_record *header,
                                 bool compress, etwkit_error *error) {
    const etwkit_writer_options options = {
        .struct_size = sizeof options,
        .buffer_size = info->buffer_size < 65536 ? 65536 : info->buffer_size,
        .processor_count = (uint16_t)info->processor_count,
        .pointer_size = (uint8_t)info->pointer_size,
        .compress = compress,
        .clock = info->clock,
        .frequency = info->frequency,
        .start_time = info->start_time,
        .start_ticks = header->raw_timestamp,
        .boot_time = info->boot_time,
        .os_major = info->os_major,
        .os_minor = info->os_minor,
        .os_build = info->os_build,
        .time_zone_bias = info->time_zone_bias,
        .cpu_mhz = info->cpu_mhz,
        .session_name = info->session_name,
        .log_file_name = info->log_file_name,
    };
    return etwkit_writer_open_memory(writer, &options, error);
}

static etwkit_status write_again(etwkit_writer *writer, const etwkit_record *record, etwkit_error *error) {
    etwkit_item items[32];
    const uint8_t *data = NULL;
    size_t count = 0, size = 0;
    uint16_t type = 0;
    while (count < 32 && etwkit_record_item_at(record, count, &type, &data, &size) == ETWKIT_OK)
        items[count++] = (etwkit_item){type, (uint16_t)size, data};
    return etwkit_writer_record(writer, record, items, count, error);
}

static bool is_header_event(const etwkit_record *record) {
    return record->buffer == 0 && record->buffer_position == 0x48;
}

/* Every record but the header event, which the writer makes. */
static int copy(etwkit_trace *from, etwkit_writer **writer, bool compress, unsigned long long *count) {
    const etwkit_batch *batch;
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status;
    int64_t last = 0;
    while ((status = etwkit_trace_next(from, &batch, &error)) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            if (is_header_event(record)) {
                if (open_writer(writer, etwkit_trace_get_info(from, 0), record, compress, &error))
                    return fail("open", &error);
            } else if (!*writer || write_again(*writer, record, &error)) {
                return fail("record", &error);
            }
            last = record->raw_timestamp > last ? record->raw_timestamp : last;
            ++*count;
        }
    if (status != ETWKIT_END || etwkit_writer_finish(*writer, last, &error))
        return fail("finish", &error);
    return 0;
}

/* The records of one processor, one after the other. */
typedef struct stream {
    etwkit_trace *trace;
    const etwkit_batch *batch;
    size_t next;
} stream;

static const etwkit_record *next_of(stream *from, uint16_t processor) {
    etwkit_error error;
    for (;;) {
        while (from->batch && from->next < etwkit_batch_count(from->batch)) {
            const etwkit_record *record = etwkit_batch_record(from->batch, from->next++);
            if (record->processor == processor && !is_header_event(record))
                return record;
        }
        from->next = 0;
        if (etwkit_trace_next(from->trace, &from->batch, &error) != ETWKIT_OK)
            return NULL;
    }
}

static bool same(const etwkit_record *a, const etwkit_record *b) {
    return a->data_size == b->data_size && memcmp(a->data, b->data, a->data_size) == 0 &&
           a->timestamp == b->timestamp && a->header_kind == b->header_kind && a->pointer_size == b->pointer_size;
}

static int compare(etwkit_trace *one, etwkit_trace *two, unsigned processors) {
    etwkit_error error = {.status = ETWKIT_OK};
    for (unsigned processor = 0; processor < processors; processor++) {
        stream a = {.trace = one}, b = {.trace = two};
        if (etwkit_trace_rewind(one, &error) || etwkit_trace_rewind(two, &error))
            return fail("rewind", &error);
        const etwkit_record *first, *second;
        do {
            first = next_of(&a, (uint16_t)processor);
            second = next_of(&b, (uint16_t)processor);
            if (!first != !second || (first && !same(first, second))) {
                fprintf(stderr, "processor %u: the event at %#x of buffer %u came out another one (kind %#x)\n",
                        processor, first ? first->buffer_position : 0, first ? first->buffer : 0,
                        first ? first->header_kind : 0u);
                return 1;
            }
        } while (first);
    }
    return 0;
}

int main(int argc, char **argv) {
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_trace *one = NULL, *two = NULL;
    etwkit_writer *writer = NULL;
    unsigned long long count = 0;
    if (argc != 3)
        return fprintf(stderr, "usage: relog FILE plain|compressed\n"), 2;
    int code = open_file(&one, argv[1], &error) ? fail(argv[1], &error) : 0;
    if (!code)
        code = copy(one, &writer, strcmp(argv[2], "compressed") == 0, &count);
    if (!code && open_memory(&two, writer, &error))
        code = fail("read again", &error);
    if (!code)
        code = compare(one, two, etwkit_trace_get_info(one, 0)->processor_count);
    if (!code && etwkit_trace_get_stats(two).damage)
        code = (fprintf(stderr, "what was written is damaged\n"), 1);
    etwkit_trace_close(&one);
    etwkit_trace_close(&two);
    etwkit_writer_close(&writer);
    printf("%llu\n", count);
    return code;
}
