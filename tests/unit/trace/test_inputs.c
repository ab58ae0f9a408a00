/* SPDX-License-Identifier: MIT */
/* Traces that functions of the caller read: whole and in small pieces, several at once, failing, lying, growing. */
#include "test.h"

#include <etwkit/etwkit.h>

#include <stdlib.h>

enum {
    EVENTS = 400
};

/* The bytes behind an input, and how its functions behave. */
typedef struct caller {
    const uint8_t *data;
    uint64_t size;
    size_t most;      /* bytes that one call gives */
    uint64_t fail_at; /* calls that touch bytes from here on fail */
    etwkit_status status;
    bool explains, lies;
} caller;

static etwkit_status read_at(void *context, uint64_t offset, void *data, size_t size, size_t *got,
                             etwkit_error *error) {
    const caller *from = context;
    if (offset + size > from->fail_at) {
        if (from->explains) {
            memcpy(error->message, "the moon is full", sizeof "the moon is full");
            error->system_error = 7;
        }
        return from->status;
    }
    size_t left = offset < from->size ? (size_t)(from->size - offset) : 0;
    size = size < from->most ? size : from->most;
    size = size < left ? size : left;
    if (size)
        memcpy(data, from->data + offset, size);
    *got = from->lies ? size + from->most + (1u << 24) : size;
    return ETWKIT_OK;
}

static etwkit_status size_of(void *context, uint64_t *size, etwkit_error *error) {
    const caller *from = context;
    (void)error;
    *size = from->size;
    return ETWKIT_OK;
}

static caller caller_of(const uint8_t *data, uint64_t size) {
    return (caller){.data = data, .size = size, .most = SIZE_MAX, .fail_at = UINT64_MAX, .status = ETWKIT_E_IO};
}

static etwkit_input input_of(caller *from) {
    etwkit_input input = ETWKIT_INPUT;
    input.name = "box/made.etl";
    input.context = from;
    input.read_at = read_at;
    input.size = size_of;
    return input;
}

/* Compressed buffers, too: they are read in their own way. */
static uint8_t *make(size_t *size, bool compress) {
    etwkit_writer_options options = {
        .struct_size = sizeof options, .buffer_size = 1024, .start_ticks = 1, .compress = compress};
    etwkit_writer *writer = NULL;
    uint8_t *made = NULL;
    if (etwkit_writer_open_memory(&writer, &options, NULL))
        return NULL;
    for (uint32_t i = 0; i < EVENTS; i++) {
        etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64,
                                .raw_timestamp = 10 + i,
                                .event_id = 7,
                                .payload = (const uint8_t *)&i,
                                .payload_size = sizeof i};
        (void)etwkit_writer_record(writer, &record, NULL, 0, NULL);
    }
    if (etwkit_writer_finish(writer, 10 + EVENTS, NULL) == ETWKIT_OK) {
        const void *bytes = etwkit_writer_memory(writer, size);
        made = malloc(*size);
        if (made)
            memcpy(made, bytes, *size);
    }
    etwkit_writer_close(&writer);
    return made;
}

/* Status of the end, and the events until then. */
static etwkit_status count(etwkit_trace *trace, size_t *events, etwkit_error *error) {
    const etwkit_batch *batch;
    etwkit_status status;
    *events = 0;
    while ((status = etwkit_trace_next(trace, &batch, error)) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++)
            *events += etwkit_batch_record(batch, i)->event_id == 7;
    return status;
}

TEST(what_functions_read_is_the_trace) {
    for (int compress = 0; compress < 2; compress++) {
        size_t size = 0, events;
        uint8_t *data = make(&size, compress);
        REQUIRE(data);
        for (size_t most = SIZE_MAX; most; most = most == SIZE_MAX ? 4096 : most == 4096 ? 61 : 0)
            for (unsigned threads = 1; threads <= 3; threads += 2) {
                caller from = caller_of(data, size);
                from.most = most;
                etwkit_input input = input_of(&from);
                etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
                options.threads = threads;
                etwkit_trace *trace = NULL;
                CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, &input, 1, &options, NULL), ETWKIT_OK);
                CHECK_EQ_STR(etwkit_trace_get_info(trace, 0)->path, "box/made.etl");
                CHECK_EQ_UINT(etwkit_trace_get_info(trace, 0)->file_size, size);
                CHECK_EQ_INT(count(trace, &events, NULL), ETWKIT_END);
                CHECK_EQ_UINT(events, EVENTS);
                etwkit_trace_close(&trace);
            }
        free(data);
    }
}

TEST(several_and_files_become_one) {
    size_t size = 0, events;
    uint8_t *data = make(&size, false);
    REQUIRE(data);
    caller from = caller_of(data, size);
    etwkit_input inputs[3] = {input_of(&from), input_of(&from), ETWKIT_INPUT};
    inputs[2].name = "no/such/file.etl";
    etwkit_trace *trace = NULL;
    etwkit_error error;
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, inputs, 2, NULL, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(etwkit_trace_file_count(trace), 2);
    CHECK_EQ_INT(count(trace, &events, NULL), ETWKIT_END);
    CHECK_EQ_UINT(events, 2 * EVENTS);
    etwkit_trace_close(&trace);
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, inputs, 3, NULL, &error), ETWKIT_E_NOT_FOUND);
    CHECK(trace == NULL && strstr(error.message, "no/such/file.etl"));
    free(data);
}

TEST(failures_end_the_reading) {
    size_t size = 0, events;
    uint8_t *data = make(&size, false);
    REQUIRE(data);
    caller from = caller_of(data, size);
    etwkit_input input = input_of(&from);
    etwkit_trace *trace = NULL;
    etwkit_error error;
    from.fail_at = 0;
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, &input, 1, NULL, &error), ETWKIT_E_IO);
    CHECK_EQ_STR(error.message, "box/made.etl: cannot read");
    from.status = ETWKIT_END; /* cannot pass for the end of the trace */
    from.explains = true;
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, &input, 1, NULL, &error), ETWKIT_E_IO);
    CHECK_EQ_STR(error.message, "the moon is full");
    CHECK_EQ_INT(error.system_error, 7);
    from.fail_at = UINT64_MAX;
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, &input, 1, NULL, &error), ETWKIT_OK);
    from.fail_at = size / 2;
    from.status = ETWKIT_E_DENIED;
    CHECK_EQ_INT(count(trace, &events, &error), ETWKIT_E_DENIED);
    CHECK_EQ_INT(error.status, ETWKIT_E_DENIED);
    CHECK(events < EVENTS);
    etwkit_trace_close(&trace);
    from.fail_at = UINT64_MAX;
    from.lies = true;
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, &input, 1, NULL, &error), ETWKIT_E_INVALID);
    free(data);
}

TEST(what_shrinks_or_grows) {
    size_t size = 0, events;
    uint8_t *data = make(&size, false);
    REQUIRE(data);
    caller from = caller_of(data, size / 2 / 1024 * 1024);
    etwkit_input input = input_of(&from);
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.follow = true;
    etwkit_trace *trace = NULL;
    REQUIRE(etwkit_trace_open_inputs(&trace, &input, 1, &options, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(count(trace, &events, NULL), ETWKIT_END);
    size_t before = events;
    from.size = size;
    CHECK_EQ_INT(etwkit_trace_refresh(trace, NULL), ETWKIT_OK);
    CHECK_EQ_INT(count(trace, &events, NULL), ETWKIT_END);
    CHECK_EQ_UINT(before + events, EVENTS);
    etwkit_trace_close(&trace);
    REQUIRE(etwkit_trace_open_inputs(&trace, &input, 1, NULL, NULL) == ETWKIT_OK);
    from.size = 1024;
    CHECK_EQ_INT(count(trace, &events, NULL), ETWKIT_END);
    CHECK(etwkit_trace_get_stats(trace).damage > 0);
    etwkit_trace_close(&trace);
    free(data);
}

TEST(mistakes_are_told) {
    caller from = caller_of(NULL, 0);
    etwkit_input input = input_of(&from);
    etwkit_trace *trace = NULL;
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, &input, 0, NULL, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, &input, 1, NULL, NULL), ETWKIT_E_NOT_A_TRACE);
    input.size = NULL;
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, &input, 1, NULL, NULL), ETWKIT_E_INVALID);
    input = input_of(&from);
    input.name = NULL;
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, &input, 1, NULL, NULL), ETWKIT_E_INVALID);
    input = input_of(&from);
    input.struct_size = 4;
    CHECK_EQ_INT(etwkit_trace_open_inputs(&trace, &input, 1, NULL, NULL), ETWKIT_E_INVALID);
    CHECK(trace == NULL);
}

TEST_MAIN(CASE(what_functions_read_is_the_trace), CASE(several_and_files_become_one), CASE(failures_end_the_reading),
          CASE(what_shrinks_or_grows), CASE(mistakes_are_told))
