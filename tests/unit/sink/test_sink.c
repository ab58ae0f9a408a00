/* SPDX-License-Identifier: MIT */
/* The front of the sinks: options, buffering, errors of writing, and no memory. */
#include "oom.h"
#include "sink/lines.h"

static lines_of out;

TEST(options_must_make_sense) {
    etwkit_sink *sink = (etwkit_sink *)&out;
    etwkit_error error = {0};
    etwkit_sink_options options = {sizeof options, NULL, (etwkit_format)9, 0, take_lines, &out, 0, NULL};
    CHECK_EQ_INT(etwkit_sink_open(&sink, &options, &error), ETWKIT_E_INVALID);
    CHECK(sink == NULL && error.status == ETWKIT_E_INVALID && error.message[0]);
    options = (etwkit_sink_options){sizeof options, NULL, ETWKIT_FORMAT_JSONL, 0, NULL, NULL, 0, NULL};
    CHECK_EQ_INT(etwkit_sink_open(&sink, &options, NULL), ETWKIT_E_INVALID);
    options = (etwkit_sink_options){1, NULL, ETWKIT_FORMAT_JSONL, 0, take_lines, NULL, 0, NULL};
    CHECK_EQ_INT(etwkit_sink_open(&sink, &options, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_sink_open(&sink, NULL, NULL), ETWKIT_E_INVALID);
    etwkit_sink_close(&sink);
}

TEST(output_is_buffered_in_whole_lines) {
    made m;
    REQUIRE(make(&m, NULL, 0, 0) && name_schema(&m, "P", "E"));
    REQUIRE(open_lines(&out, ETWKIT_FORMAT_JSONL, 0, NULL));
    etwkit_record record = record_of("", 0, 8);
    ek_sink_event event = {&record, &m.schema, 0, 0, NULL, 0};
    size_t count = 0;
    while (out.calls == 0 && count < 10000) {
        CHECK_EQ_INT(ek_sink_append(out.sink, &event, NULL), ETWKIT_OK);
        count++;
    }
    CHECK(count > 100);
    CHECK_EQ_INT(out.sink->out.size, 0);
    CHECK_EQ_INT(etwkit_sink_flush(out.sink, NULL), ETWKIT_OK); /* nothing left: nothing written */
    CHECK_EQ_UINT(out.calls, 1);
    CHECK_EQ_INT(ek_sink_append(out.sink, &event, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_sink_flush(out.sink, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(out.calls, 2);
    release_record(&record);
    etwkit_sink_close(&out.sink);
    CHECK(out.sink == NULL);
    unmake(&m);
}

TEST(errors_of_writing_come_through) {
    made m;
    REQUIRE(make(&m, NULL, 0, 0) && name_schema(&m, "P", "E"));
    REQUIRE(open_lines(&out, ETWKIT_FORMAT_TEXT, 0, NULL));
    etwkit_record record = record_of("", 0, 8);
    ek_sink_event event = {&record, &m.schema, 0, 0, NULL, 0};
    CHECK_EQ_INT(ek_sink_append(out.sink, &event, NULL), ETWKIT_OK);
    out.refuse = ETWKIT_E_IO;
    CHECK_EQ_INT(etwkit_sink_flush(out.sink, NULL), ETWKIT_E_IO);
    out.refuse = ETWKIT_OK;
    CHECK_EQ_INT(etwkit_sink_flush(out.sink, NULL), ETWKIT_OK); /* nothing comes twice */
    CHECK_EQ_UINT(out.size, 0);
    release_record(&record);
    etwkit_sink_close(&out.sink);
    unmake(&m);
}

static uint8_t large[60000];

typedef struct format_and_flags {
    etwkit_format format;
    unsigned flags;
} format_and_flags;

/* No half line. */
static bool is_whole(const etwkit_sink *sink) {
    return sink->out.size == 0 || sink->out.data[sink->out.size - 1] == '\n';
}

static bool write_large(const etwkit_allocator *allocator, void *context) {
    const format_and_flags *to = context;
    static const ek_field_spec specs[] = {SPEC("W", .in_type = ETWKIT_IN_UNICODESTRING),
                                          SPEC("A", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_COUNT_U16),
                                          SPEC("X", .in_type = ETWKIT_IN_BINARY)};
    made m;
    bool done = make(&m, specs, 3, 3) && name_schema(&m, "P", "E") && name_numbers(&m);
    if (done && open_lines(&out, to->format, to->flags, allocator)) {
        etwkit_record record = record_of(large, sizeof large, 8);
        ek_sink_event event = {&record, &m.schema, 0, 0, NULL, 0};
        etwkit_status status = ek_sink_append(out.sink, &event, NULL);
        done = status == ETWKIT_OK;
        CHECK(done || (status == ETWKIT_E_NO_MEMORY && is_whole(out.sink)));
        release_record(&record);
        CHECK_EQ_INT(etwkit_sink_flush(out.sink, NULL), ETWKIT_OK);
        etwkit_sink_close(&out.sink);
    } else
        done = false;
    unmake(&m);
    return done;
}

TEST(without_memory) {
    format_and_flags formats[] = {{ETWKIT_FORMAT_JSONL, ETWKIT_SINK_PAYLOAD},
                                  {ETWKIT_FORMAT_TEXT, ETWKIT_SINK_PAYLOAD | ETWKIT_SINK_NAMES},
                                  {ETWKIT_FORMAT_CSV, ETWKIT_SINK_PAYLOAD | ETWKIT_SINK_NAMES},
                                  {ETWKIT_FORMAT_CSV, ETWKIT_SINK_FIELDS}};
    memset(large, 1, sizeof large);
    large[40000] = large[40001] = 0; /* the string's end; then 1 + 256 elements, then bytes */
    for (size_t i = 0; i < COUNT(formats); i++)
        CHECK_OOM(write_large, &formats[i]);
}

TEST_MAIN(CASE(options_must_make_sense), CASE(output_is_buffered_in_whole_lines), CASE(errors_of_writing_come_through),
          CASE(without_memory))
