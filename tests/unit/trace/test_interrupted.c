/* SPDX-License-Identifier: MIT */
/* A caller that wants to stop is asked in time, wherever the reading is, and gets what was read. */
#include "../test.h"

#include <etwkit/arrow.h>
#include <etwkit/writer.h>

#include <errno.h>
#include <string.h>

#define EVENTS 6000 /* of 1 KiB: some MiB */

/* Says stop when it is asked for the n-th time. */
typedef struct caller {
    unsigned asked, stops_at; /* 0: never */
} caller;

static bool ask(void *context) {
    caller *asks = context;
    return ++asks->asked == asks->stops_at;
}

static etwkit_trace_options options_of(caller *asks) {
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.interrupted = ask;
    options.interrupted_context = asks;
    return options;
}

/* Classic events, which ask for no metadata, or ones that nothing describes, for which all of the trace is searched. */
static etwkit_writer *write_trace(bool unknown) {
    static const uint8_t payload[1024] = {4, 0, 0, 0, 8};
    etwkit_writer_options options = {.struct_size = sizeof options,
                                     .buffer_size = 16384,
                                     .processor_count = 1,
                                     .start_time = INT64_C(132500000000000000),
                                     .start_ticks = 1000};
    etwkit_writer *writer = NULL;
    if (etwkit_writer_open_memory(&writer, &options, NULL))
        return NULL;
    for (int64_t i = 0; i < EVENTS && writer; i++) {
        etwkit_record record = {.header_kind = unknown ? ETWKIT_HEADER_EVENT64 : ETWKIT_HEADER_SYSTEM64,
                                .raw_timestamp = 1000 + i,
                                .event_id = unknown ? 5 : 0,
                                .version = 3,
                                .opcode = 1,
                                .payload = payload,
                                .payload_size = sizeof payload};
        (void)etwkit_guid_parse(&record.provider_id, unknown ? "11111111-2222-3333-4444-555555555555"
                                                             : "3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c");
        if (etwkit_writer_record(writer, &record, NULL, 0, NULL))
            etwkit_writer_close(&writer);
    }
    if (writer && etwkit_writer_finish(writer, 9000, NULL))
        etwkit_writer_close(&writer);
    return writer;
}

/* Reads on to the end, or to an error. The records; *status says how it ended. */
static size_t read_on(etwkit_trace *trace, bool schemas, etwkit_status *status, etwkit_error *error) {
    const etwkit_batch *batch;
    size_t records = 0;
    while ((*status = etwkit_trace_next(trace, &batch, error)) == ETWKIT_OK) {
        records += etwkit_batch_count(batch);
        for (size_t i = 0; schemas && i < etwkit_batch_count(batch); i++)
            CHECK(etwkit_trace_schema(trace, etwkit_batch_record(batch, i)) != NULL);
    }
    return records;
}

TEST(readers_are_asked_each_mib) {
    etwkit_writer *writer = write_trace(false);
    size_t size = 0;
    const void *data = writer ? etwkit_writer_memory(writer, &size) : NULL;
    REQUIRE(data != NULL);
    for (unsigned stops_at = 0; stops_at < 4; stops_at++) {
        for (unsigned threads = 1; threads < (stops_at > 1 ? 2 : 3); threads++) { /* two read larger pieces at once */
            caller asks = {0, stops_at};
            etwkit_trace_options options = options_of(&asks);
            etwkit_trace *trace;
            etwkit_status status;
            etwkit_error error = {.status = ETWKIT_OK};
            options.threads = threads;
            REQUIRE(etwkit_trace_open_memory(&trace, data, size, NULL, &options, NULL) == ETWKIT_OK);
            size_t records = read_on(trace, true, &status, &error);
            CHECK_EQ_INT(status, stops_at ? ETWKIT_E_INTERRUPTED : ETWKIT_END);
            CHECK_EQ_INT(error.status, stops_at ? ETWKIT_E_INTERRUPTED : ETWKIT_OK);
            CHECK(asks.asked == (stops_at ? stops_at : asks.asked) && asks.asked >= (stops_at ? 1 : size >> 22));
            CHECK(stops_at ? records > 0 && records < EVENTS : records == EVENTS + 1);
            CHECK_EQ_UINT(etwkit_trace_get_stats(trace).events, records);
            CHECK_EQ_UINT(read_on(trace, false, &status, &error), 0); /* it stays so */
            CHECK_EQ_INT(status, stops_at ? ETWKIT_E_INTERRUPTED : ETWKIT_END);
            etwkit_trace_close(&trace);
        }
    }
    etwkit_writer_close(&writer);
}

TEST(they_are_asked_while_the_trace_is_read_ahead) {
    etwkit_writer *writer = write_trace(true);
    size_t size = 0;
    const void *data = writer ? etwkit_writer_memory(writer, &size) : NULL;
    REQUIRE(data != NULL);
    caller asks = {0, 2};
    const etwkit_trace_options options = options_of(&asks);
    etwkit_trace *trace;
    etwkit_status status;
    etwkit_error error;
    REQUIRE(etwkit_trace_open_memory(&trace, data, size, NULL, &options, NULL) == ETWKIT_OK);
    CHECK(read_on(trace, true, &status, &error) < 256); /* the first event asked for what describes it */
    CHECK_EQ_INT(status, ETWKIT_E_INTERRUPTED);
    CHECK_EQ_UINT(asks.asked, 2);
    etwkit_trace_close(&trace);
    etwkit_writer_close(&writer);
}

TEST(streams_end_with_eintr) {
    etwkit_writer *writer = write_trace(false);
    size_t size = 0;
    const void *data = writer ? etwkit_writer_memory(writer, &size) : NULL;
    REQUIRE(data != NULL);
    caller asks = {0, 1};
    etwkit_trace_options trace = options_of(&asks);
    etwkit_arrow_options options = {.struct_size = sizeof options, .trace = &trace, .event = "*"};
    etwkit_arrow *arrow;
    etwkit_error error;
    CHECK_EQ_INT(etwkit_arrow_open_memory(&arrow, data, size, NULL, &options, &error), ETWKIT_E_INTERRUPTED);
    CHECK(arrow == NULL && strstr(error.message, "interrupted"));

    asks = (caller){0, 0};
    REQUIRE(etwkit_arrow_open_memory(&arrow, data, size, NULL, &options, NULL) == ETWKIT_OK);
    asks = (caller){0, 2};
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    REQUIRE(etwkit_arrow_stream(arrow, &stream, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(stream.get_next(&stream, &array), 0); /* rows that were read before come first */
    REQUIRE(array.release != NULL);
    CHECK(array.length > 0 && array.length < EVENTS);
    array.release(&array);
    CHECK_EQ_INT(stream.get_next(&stream, &array), EINTR);
    CHECK(array.release == NULL && strstr(stream.get_last_error(&stream), "interrupted"));
    stream.release(&stream);
    etwkit_arrow_close(&arrow);
    etwkit_writer_close(&writer);
}

TEST_MAIN(CASE(readers_are_asked_each_mib), CASE(they_are_asked_while_the_trace_is_read_ahead),
          CASE(streams_end_with_eintr))
