/* SPDX-License-Identifier: MIT */
/* The merge by time: over processors, buffers that stand out of order, times that step back, several files. */
#include "base/bytes.h"
#include "test.h"

#include <etwkit/etwkit.h>

#include <stdlib.h>

#define BUFFER 1024u
#define START 1000000

/* A trace in memory whose events carry one u32: the order in which they were written. */
typedef struct trace_bytes {
    uint8_t *data;
    size_t size;
} trace_bytes;

typedef struct event_at {
    uint16_t processor;
    int64_t time;
} event_at;

static trace_bytes make_trace(const event_at *events, size_t count, size_t per_buffer) {
    etwkit_writer_options options = {.struct_size = sizeof options,
                                     .buffer_size = BUFFER,
                                     .processor_count = 4,
                                     .start_time = INT64_C(129402940472257591),
                                     .start_ticks = START};
    etwkit_writer *writer = NULL;
    trace_bytes made = {NULL, 0};
    if (etwkit_writer_open_memory(&writer, &options, NULL))
        return made;
    size_t in_buffer[4] = {0};
    for (size_t i = 0; i < count; i++) {
        uint32_t payload = (uint32_t)i;
        etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64,
                                .raw_timestamp = START + events[i].time,
                                .processor = events[i].processor,
                                .provider_id = {{1, 2, 3}},
                                .event_id = 7,
                                .payload = (const uint8_t *)&payload,
                                .payload_size = sizeof payload};
        if (etwkit_writer_record(writer, &record, NULL, 0, NULL))
            break;
        if (++in_buffer[events[i].processor] % per_buffer == 0)
            (void)etwkit_writer_flush(writer, events[i].processor, NULL);
    }
    size_t size = 0;
    if (etwkit_writer_finish(writer, START + 1000000, NULL) == ETWKIT_OK) {
        const void *bytes = etwkit_writer_memory(writer, &size);
        made.data = malloc(size);
        if (made.data) {
            memcpy(made.data, bytes, size);
            made.size = size;
        }
    }
    etwkit_writer_close(&writer);
    return made;
}

/* The numbers of the events in the order in which they come, without the header event. */
typedef struct reading {
    uint32_t numbers[256];
    int64_t times[256];
    size_t count;
    etwkit_trace_stats stats;
    etwkit_status status;
} reading;

static void read_all(etwkit_trace *trace, reading *result) {
    const etwkit_batch *batch;
    etwkit_error error;
    result->count = 0;
    while ((result->status = etwkit_trace_next(trace, &batch, &error)) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            if (record->event_id != 7 || result->count == 256)
                continue;
            result->times[result->count] = record->timestamp;
            result->numbers[result->count++] = ek_load32(record->payload);
        }
    result->stats = etwkit_trace_get_stats(trace);
}

static reading read_trace(const trace_bytes *bytes, const etwkit_trace_options *options) {
    static reading result;
    etwkit_trace *trace = NULL;
    etwkit_error error = {0};
    memset(&result, 0, sizeof result);
    result.status = etwkit_trace_open_memory(&trace, bytes->data, bytes->size, "made", options, &error);
    if (result.status == ETWKIT_OK)
        read_all(trace, &result);
    else
        fprintf(stderr, "# %s\n", error.message);
    etwkit_trace_close(&trace);
    return result;
}

static void check_order(const reading *got, const uint32_t *want, size_t count) {
    CHECK_EQ_UINT(got->count, count);
    for (size_t i = 0; i < count && i < got->count; i++)
        CHECK_EQ_UINT(got->numbers[i], want[i]);
    CHECK(got->status == ETWKIT_END);
}

TEST(processors_come_in_one_order) {
    static const event_at events[] = {{0, 10}, {0, 40}, {1, 20}, {1, 30}, {2, 5}, {2, 50}};
    static const uint32_t want[] = {4, 0, 2, 3, 1, 5};
    trace_bytes trace = make_trace(events, 6, 99);
    reading got = read_trace(&trace, NULL);
    check_order(&got, want, 6);
    for (size_t i = 1; i < got.count; i++)
        CHECK(got.times[i] >= got.times[i - 1]);
    free(trace.data);
}

TEST(equal_times_come_in_file_order) {
    /* Processor 2's buffer is written first, so it stands first in the file. */
    static const event_at events[] = {{2, 10}, {2, 10}, {0, 10}, {1, 10}, {1, 10}};
    static const uint32_t want[] = {0, 1, 2, 3, 4};
    trace_bytes trace = make_trace(events, 5, 1);
    reading got = read_trace(&trace, NULL);
    check_order(&got, want, 5);
    free(trace.data);
}

TEST(buffers_out_of_order_are_put_in_order) {
    static const event_at events[] = {{0, 10}, {0, 20}, {0, 30}, {0, 40}, {0, 50}, {0, 60}};
    static const uint32_t want[] = {0, 1, 2, 3, 4, 5};
    trace_bytes trace = make_trace(events, 6, 1);
    REQUIRE(trace.size == 7 * BUFFER);
    uint8_t spare[BUFFER]; /* as in a circular file that wrapped: the newest buffers stand in front */
    for (unsigned i = 1; i <= 3; i++) {
        memcpy(spare, trace.data + i * BUFFER, BUFFER);
        memcpy(trace.data + i * BUFFER, trace.data + (i + 3) * BUFFER, BUFFER);
        memcpy(trace.data + (i + 3) * BUFFER, spare, BUFFER);
    }
    reading got = read_trace(&trace, NULL);
    check_order(&got, want, 6);
    etwkit_trace_options unordered = ETWKIT_TRACE_OPTIONS;
    unordered.unordered = true;
    static const uint32_t in_file[] = {3, 4, 5, 0, 1, 2};
    got = read_trace(&trace, &unordered);
    check_order(&got, in_file, 6);
    free(trace.data);
}

/* Sets the raw time of the event that carries `number`. */
static void set_time(trace_bytes *trace, uint32_t number, int64_t time) {
    for (size_t buffer = BUFFER; buffer < trace->size; buffer += BUFFER)
        for (size_t at = buffer + 0x48; at + 0x54 <= buffer + ek_load32(trace->data + buffer + 0x30); at += 0x58)
            if (ek_load32(trace->data + at + 0x50) == number)
                ek_store64(trace->data + at + 0x10, (uint64_t)(START + time));
}

TEST(steps_back_inside_a_buffer_are_sorted) {
    static const event_at events[] = {{0, 10}, {0, 20}, {0, 30}, {1, 15}, {1, 25}};
    static const uint32_t want[] = {2, 0, 3, 1, 4};
    trace_bytes trace = make_trace(events, 5, 99);
    set_time(&trace, 2, 1);
    reading got = read_trace(&trace, NULL);
    check_order(&got, want, 5);
    CHECK_EQ_UINT(got.stats.events_late, 0);
    free(trace.data);
}

TEST(small_steps_back_between_buffers_are_sorted) {
    static const event_at events[] = {{0, 10}, {0, 20}, {0, 30}, {0, 40}};
    trace_bytes trace = make_trace(events, 4, 2);
    set_time(&trace, 3, 15); /* second in its buffer, and before the second of the buffer before */
    static const uint32_t want[] = {0, 3, 1, 2};
    reading got = read_trace(&trace, NULL);
    check_order(&got, want, 4);
    CHECK_EQ_UINT(got.stats.events_late, 0);
    free(trace.data);
}

TEST(what_exceeds_the_window_comes_late_and_is_counted) {
    event_at events[200];
    for (size_t i = 0; i < 200; i++)
        events[i] = (event_at){0, 10 + (int64_t)i * 10};
    trace_bytes trace = make_trace(events, 200, 2);
    set_time(&trace, 199, 15);
    reading got = read_trace(&trace, NULL);
    CHECK_EQ_UINT(got.count, 200);
    CHECK_EQ_UINT(got.stats.events_late, 1);
    CHECK_EQ_UINT(got.stats.damage, 1);
    free(trace.data);
}

TEST(threads_change_nothing) {
    event_at events[200];
    for (size_t i = 0; i < 200; i++)
        events[i] = (event_at){(uint16_t)(i * 7 % 4), 10 + (int64_t)(i * 37 % 50)};
    for (size_t i = 4; i < 200; i++) /* a processor's times do not step back */
        for (size_t before = i - 4; before < i; before++)
            if (events[before].processor == events[i].processor && events[before].time > events[i].time)
                events[i].time = events[before].time;
    trace_bytes trace = make_trace(events, 200, 3);
    trace.data[BUFFER * 5 + 0x4A] ^= 0xFF; /* damage is told in the same order, too */
    trace.data[BUFFER * 9 + 0x4A] ^= 0xFF;
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    const reading alone = read_trace(&trace, NULL);
    CHECK_EQ_UINT(alone.stats.damage, 2);
    for (options.threads = 2; options.threads <= 5; options.threads++) {
        const reading together = read_trace(&trace, &options);
        check_order(&together, alone.numbers, alone.count);
        CHECK_EQ_MEM(&together.stats, &alone.stats, sizeof alone.stats);
    }
    options.strict = true;
    const reading stopped = read_trace(&trace, &options);
    CHECK_EQ_INT(stopped.status, ETWKIT_E_DAMAGED);
    free(trace.data);
}

TEST(every_reading_is_the_same) {
    static const event_at events[] = {{0, 10}, {0, 40}, {1, 20}, {1, 30}, {2, 5}, {2, 50}};
    trace_bytes bytes = make_trace(events, 6, 1);
    etwkit_trace *trace = NULL;
    static reading first, second;
    REQUIRE(etwkit_trace_open_memory(&trace, bytes.data, bytes.size, NULL, NULL, NULL) == ETWKIT_OK);
    read_all(trace, &first);
    REQUIRE(etwkit_trace_rewind(trace, NULL) == ETWKIT_OK);
    read_all(trace, &second);
    CHECK_EQ_UINT(first.count, 6);
    CHECK_EQ_UINT(second.count, 6);
    CHECK_EQ_MEM(first.numbers, second.numbers, sizeof first.numbers);
    CHECK_EQ_UINT(first.stats.events, second.stats.events);
    CHECK_EQ_UINT(first.stats.bytes_read, first.stats.bytes_total);
    etwkit_trace_close(&trace);
    CHECK(trace == NULL);
    free(bytes.data);
}

TEST(filters_keep_back_and_count) {
    static const event_at events[] = {{0, 10}, {0, 40}, {1, 20}, {1, 30}};
    trace_bytes bytes = make_trace(events, 4, 99);
    static const uint16_t ids[] = {9};
    etwkit_filter *none = etwkit_filter_ids(NULL, ids, 1);
    etwkit_filter *all = etwkit_filter_not(NULL, none);
    REQUIRE(all);
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.filter = all;
    reading got = read_trace(&bytes, &options);
    CHECK_EQ_UINT(got.count, 4);
    CHECK_EQ_UINT(got.stats.events_filtered, 0);
    etwkit_filter_free(all);
    options.filter = none = etwkit_filter_ids(NULL, ids, 1);
    got = read_trace(&bytes, &options);
    CHECK_EQ_UINT(got.count, 0);
    CHECK_EQ_UINT(got.stats.events_filtered, 5);
    CHECK(got.status == ETWKIT_END);
    etwkit_filter_free(none);
    free(bytes.data);
}

TEST_MAIN(CASE(processors_come_in_one_order), CASE(equal_times_come_in_file_order),
          CASE(buffers_out_of_order_are_put_in_order), CASE(steps_back_inside_a_buffer_are_sorted),
          CASE(small_steps_back_between_buffers_are_sorted), CASE(what_exceeds_the_window_comes_late_and_is_counted),
          CASE(threads_change_nothing), CASE(every_reading_is_the_same), CASE(filters_keep_back_and_count))
