/* SPDX-License-Identifier: MIT */
/* Memory for merging, enough and far too little: then events come late, counted and told once, and none is lost. */
#include "test.h"

#include <etwkit/trace.h>
#include <etwkit/writer.h>

#include <string.h>

enum {
    PROCESSORS = 8,
    EVENTS = 4000
};

/* Events one after another, each of the next processor. NULL: the writer failed. */
static etwkit_writer *write_trace(void) {
    static const uint8_t payload[100];
    const etwkit_writer_options options = {
        .struct_size = sizeof options, .buffer_size = 4096, .processor_count = PROCESSORS};
    etwkit_writer *writer = NULL;
    etwkit_status status = etwkit_writer_open_memory(&writer, &options, NULL);
    for (uint32_t i = 0; i < EVENTS && !status; i++) {
        const etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64,
                                      .flags = ETWKIT_FLAG_64_BIT,
                                      .pointer_size = 8,
                                      .processor = (uint16_t)(i % PROCESSORS),
                                      .raw_timestamp = 1000 + i,
                                      .payload = payload,
                                      .payload_size = sizeof payload};
        status = etwkit_writer_record(writer, &record, NULL, 0, NULL);
    }
    if (!status)
        status = etwkit_writer_finish(writer, 1000 + EVENTS, NULL);
    if (status)
        etwkit_writer_close(&writer);
    return writer;
}

static void read_with(uint64_t memory_limit, bool enough) {
    etwkit_writer *writer = write_trace();
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    etwkit_trace *trace = NULL;
    const etwkit_batch *batch;
    size_t size = 0, count = 0;
    int64_t last = INT64_MIN;
    size_t steps_back = 0;
    REQUIRE(writer != NULL);
    const void *data = etwkit_writer_memory(writer, &size);
    options.memory_limit = memory_limit;
    REQUIRE(etwkit_trace_open_memory(&trace, data, size, "t", &options, NULL) == ETWKIT_OK);
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++, count++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            steps_back += record->timestamp < last;
            last = record->timestamp;
        }
    CHECK_EQ_UINT(count, EVENTS + 1); /* and the header event */
    etwkit_trace_stats stats = etwkit_trace_get_stats(trace);
    CHECK(enough ? steps_back == 0 : steps_back <= stats.events_late);
    CHECK((stats.events_late == 0) == (steps_back == 0));
    CHECK_EQ_UINT(stats.damage, steps_back != 0);
    etwkit_trace_close(&trace);
    etwkit_writer_close(&writer);
}

TEST(enough) {
    read_with(0, true); /* the default */
    read_with(1 << 20, true);
}

TEST(too_little) {
    read_with(1, false);
    read_with((uint64_t)4096 * PROCESSORS, false);
}

TEST_MAIN(CASE(enough), CASE(too_little))
