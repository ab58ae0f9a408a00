/* SPDX-License-Identifier: MIT */
/* How much output one event may make, at the edge and past it, in each format. */
#include "sink/lines.h"

static lines_of out;

/* Elements of one byte with a long name each: the line, and whether it says that it ends early. */
static bool ends_early(etwkit_format format, size_t name_size, size_t elements) {
    static char name[8192];
    static uint8_t payload[2000];
    made m;
    memset(name, 'n', sizeof name);
    ek_field_spec specs[] = {
        SPEC("l", .flags = EK_FIELD_STRUCT | EK_FIELD_COUNT_REST, .first_member = 1, .member_count = 1),
        {.name = name, .name_length = name_size, .in_type = ETWKIT_IN_UINT8}};
    bool early = false;
    if (make(&m, specs, 2, 1) && name_schema(&m, "P", "E") && open_lines(&out, format, 0, NULL)) {
        etwkit_record record = record_of(payload, elements, 8);
        record.timestamp = NOON;
        const char *line = line_of(&out, &m, &record);
        early = strstr(line, format == ETWKIT_FORMAT_TEXT ? "(truncated)" : "true") != NULL;
        CHECK(out.size <= EK_EVENT_OUTPUT + elements * EK_OUTPUT_PER_BYTE + 3 * sizeof name);
        release_record(&record);
    }
    etwkit_sink_close(&out.sink);
    unmake(&m);
    return early;
}

TEST(output_of_one_event) {
    static const etwkit_format formats[] = {ETWKIT_FORMAT_JSONL, ETWKIT_FORMAT_TEXT, ETWKIT_FORMAT_CSV};
    for (size_t i = 0; i < COUNT(formats); i++) {
        /* About name + 10 bytes an element: with 140 elements 1 MiB and 17 KiB are allowed. */
        CHECK(!ends_early(formats[i], 7000, 140));
        CHECK(ends_early(formats[i], 8000, 140));
        /* Much output of a large payload is none of it: 1,900 elements with 128 bytes for each, beside the first MiB.
         */
        CHECK(!ends_early(formats[i], 600, 1900));
        CHECK(ends_early(formats[i], 800, 1900));
    }
}

TEST_MAIN(CASE(output_of_one_event))
