/* SPDX-License-Identifier: MIT */
/* The jsonl line: CONTRACT.md's keys, their order, and values that are valid JSON whatever the payload holds. */
#include "sink/lines.h"

#define HEAD                                                                                                      \
    ",\"provider_name\":\"Prov\",\"provider_id\":\"04030201-0605-0807-090a-0b0c0d0e0f10\",\"event_name\":\"Ev\"," \
    "\"event_id\":7,\"version\":0,\"level\":4,\"opcode\":0,\"task\":0,\"channel\":0,\"keywords\":\"0x10\""

static bool start(made *m, lines_of *to, const ek_field_spec *specs, size_t count, size_t top, unsigned flags) {
    return make(m, specs, count, top) && name_schema(m, "Prov", "Ev") &&
           open_lines(to, ETWKIT_FORMAT_JSONL, flags, NULL);
}

static void stop(made *m, lines_of *from) {
    etwkit_sink_close(&from->sink);
    unmake(m);
}

static lines_of out;

#define CHECK_LINE(payload, want)                                                            \
    do {                                                                                     \
        etwkit_record record = record_of((payload), sizeof(payload) - 1, 8);                 \
        record.timestamp = NOON;                                                             \
        CHECK_EQ_STR(line_of(&out, &m, &record),                                             \
                     "{\"timestamp\":\"2011-01-23T12:00:00.0000000Z\"" HEAD                  \
                     ",\"process_id\":null,\"thread_id\":null,\"processor\":0," want "}\n"); \
        release_record(&record);                                                             \
    } while (0)

TEST(values_of_all_kinds) {
    static const ek_field_spec specs[] = {
        SPEC("U", .in_type = ETWKIT_IN_UINT32),
        SPEC("I", .in_type = ETWKIT_IN_INT64),
        SPEC("P", .in_type = ETWKIT_IN_POINTER),
        SPEC("W", .in_type = ETWKIT_IN_UNICODESTRING),
        SPEC("S", .in_type = ETWKIT_IN_ANSISTRING),
        SPEC("F", .in_type = ETWKIT_IN_FLOAT),
        SPEC("B", .in_type = ETWKIT_IN_BOOLEAN),
        SPEC("T", .in_type = ETWKIT_IN_FILETIME),
        SPEC("G", .in_type = ETWKIT_IN_GUID),
        SPEC("C", .in_type = ETWKIT_IN_UINT8, .out_type = ETWKIT_OUT_STRING),
        SPEC("N", .in_type = ETWKIT_IN_NULL),
        SPEC("X", .in_type = ETWKIT_IN_BINARY, .length = 2),
    };
    made m;
    REQUIRE(start(&m, &out, specs, COUNT(specs), COUNT(specs), 0));
    CHECK_LINE("\1\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x10\0\0\0\0\0\0\0"
               "a\0\"\0\n\0\0\0c:\\x\0\0\0\xC0\x7F\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0Q\xAB\xCD",
               "\"properties\":{\"U\":1,\"I\":-1,\"P\":\"0x10\",\"W\":\"a\\\"\\n\",\"S\":\"c:\\\\x\",\"F\":\"NaN\","
               "\"B\":true,\"T\":0,\"G\":\"00000000-0000-0000-0000-000000000000\",\"C\":\"Q\",\"N\":null,"
               "\"X\":\"ABCD\"}");
    CHECK_LINE("\1\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x10\0\0\0\0\0\0\0"
               "\x9B\0\xE4\0\x00\xD8\0\0\x7F\x01\0\0\0\xC0\x3F\0\0\0\0\1\0\0\0\0\0\0\0",
               "\"properties\":{\"U\":1,\"I\":-1,\"P\":\"0x10\",\"W\":\"\\u009b\xC3\xA4\xEF\xBF\xBD\","
               "\"S\":\"\\u007f\\u0001\",\"F\":1.5,\"B\":false,\"T\":\"1601-01-01T00:00:00.0000001Z\"},"
               "\"truncated\":true");
    stop(&m, &out);
}

TEST(containers) {
    static const ek_field_spec specs[] = {
        SPEC("a", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_COUNT_U16),
        SPEC("s", .flags = EK_FIELD_STRUCT, .first_member = 3, .member_count = 1),
        SPEC("l", .flags = EK_FIELD_STRUCT | EK_FIELD_COUNT_REST, .first_member = 4, .member_count = 2),
        SPEC("x", .in_type = ETWKIT_IN_UINT8),
        SPEC("n", .in_type = ETWKIT_IN_UINT8),
        SPEC("v", .in_type = ETWKIT_IN_ANSISTRING, .flags = EK_FIELD_PARAM_COUNT, .count = 4),
    };
    made m;
    REQUIRE(start(&m, &out, specs, COUNT(specs), 3, 0));
    CHECK_LINE("\2\0\1\2\3\1a\0\0\2b\0c\0",
               "\"properties\":{\"a\":[1,2],\"s\":{\"x\":3},\"l\":[{\"n\":1,\"v\":[\"a\"]},{\"n\":0,\"v\":[]},"
               "{\"n\":2,\"v\":[\"b\",\"c\"]}]}");
    CHECK_LINE("\0\0\3", "\"properties\":{\"a\":[],\"s\":{\"x\":3},\"l\":[]}");
    CHECK_LINE("\3\0\1", "\"properties\":{\"a\":[1]},\"truncated\":true");
    CHECK_LINE("\1\0\1", "\"properties\":{\"a\":[1],\"s\":{}},\"truncated\":true");
    CHECK_LINE("", "\"properties\":{},\"truncated\":true");
    CHECK_LINE("\1", "\"properties\":{},\"rest\":\"01\",\"truncated\":true");
    stop(&m, &out);
}

TEST(rest_payload_and_no_schema) {
    static const ek_field_spec specs[] = {SPEC("U", .in_type = ETWKIT_IN_UINT8)};
    made m;
    REQUIRE(start(&m, &out, specs, 1, 1, 0));
    CHECK_LINE("\1\xAA\xBB", "\"properties\":{\"U\":1},\"rest\":\"AABB\"");
    m.schema.known = false;
    CHECK_LINE("\1\xAA\xBB", "\"properties\":null,\"payload\":\"01AABB\"");
    CHECK_LINE("", "\"properties\":null,\"payload\":\"\"");
    stop(&m, &out);
    REQUIRE(start(&m, &out, specs, 1, 1, ETWKIT_SINK_PAYLOAD));
    CHECK_LINE("\1\xAA\xBB", "\"properties\":{\"U\":1},\"payload\":\"01AABB\",\"rest\":\"AABB\"");
    stop(&m, &out);
    REQUIRE(start(&m, &out, NULL, 0, 0, ETWKIT_SINK_PAYLOAD));
    CHECK_LINE("", "\"properties\":{},\"payload\":\"\"");
    stop(&m, &out);
}

TEST(labels_and_numbers) {
    static const ek_map_entry bits[] = {{1, "on\"e"}, {2, "tw\x1Bo"}};
    static const ek_map_entry words[] = {{5, "five"}};
    ek_arena arena;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&arena, &allocator);
    ek_field_spec specs[] = {SPEC("B", .in_type = ETWKIT_IN_UINT32, .map = ek_map_build(&arena, "b", true, bits, 2)),
                             SPEC("V", .in_type = ETWKIT_IN_UINT8, .map = ek_map_build(&arena, "v", false, words, 1))};
    made m;
    REQUIRE(start(&m, &out, specs, 2, 2, 0));
    CHECK_LINE("\7\0\0\0\5", "\"properties\":{\"B\":\"on\\\"e|tw\\u001bo|0x4\",\"V\":\"five\"}");
    CHECK_LINE("\4\0\0\0\6", "\"properties\":{\"B\":4,\"V\":6}");
    stop(&m, &out);
    REQUIRE(start(&m, &out, specs, 2, 2, ETWKIT_SINK_NUMERIC));
    CHECK_LINE("\7\0\0\0\5", "\"properties\":{\"B\":7,\"V\":5}");
    stop(&m, &out);
    ek_arena_free(&arena);
}

TEST(header_and_items) {
    static const ek_field_spec specs[] = {SPEC("Pid", .in_type = ETWKIT_IN_UINT32),
                                          SPEC("Tid", .in_type = ETWKIT_IN_UINT32)};
    static const uint8_t items[] =
        "\x18\0\1\0\1\0\x10\0\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F" /* related activity */
        "\x20\0\6\0\1\0\x18\0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x20\0\0\0\0\xF8\xFF\xFF"       /* stack, 64 bits */
        "\x18\0\5\0\1\0\x0C\0\0\0\0\0\0\0\0\0\x30\0\0\0\0\0\0\0"                               /* stack, 32 bits */
        "\x18\0\2\0\1\0\x0C\0\1\1\0\0\0\0\0\5\x12\0\0\0\0\0\0\0"                               /* SID */
        "\x10\0\3\0\1\0\4\0\2\0\0\0\0\0\0\0"                                                   /* terminal session */
        "\x10\0\3\0\1\0\4\0\3\0\0\0\0\0\0\0" /* of several of a type the first counts */
        "\x18\0\1\0\1\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "\x18\0\2\0\1\0\x0C\0\1\1\0\0\0\0\0\5\x13\0\0\0\0\0\0\0"
        "\x10\0\x4D\0\0\0\4\0\2\0\0\0\0\0\0\0"; /* unknown */
    made m;
    REQUIRE(start(&m, &out, specs, 2, 2, 0));
    m.schema.is.process_field = field_of(&m, 0);
    m.schema.is.thread_field = field_of(&m, 1);
    etwkit_record record = record_of("\5\0\0\0\6\0\0\0", 8, 8);
    record.timestamp = NOON + 1;
    record.process_id = 0;
    record.thread_id = 4294967294u;
    record.processor = 65535;
    record.activity_id.bytes[0] = 1;
    record.data = items;
    record.items_size = sizeof items - 1;
    CHECK_EQ_STR(line_of(&out, &m, &record),
                 "{\"timestamp\":\"2011-01-23T12:00:00.0000001Z\"" HEAD
                 ",\"process_id\":0,\"thread_id\":4294967294,\"processor\":65535,"
                 "\"activity_id\":\"00000001-0000-0000-0000-000000000000\","
                 "\"related_activity_id\":\"13121110-1514-1716-1819-1a1b1c1d1e1f\","
                 "\"payload_process_id\":5,\"payload_thread_id\":6,"
                 "\"stack\":[\"0x10\",\"0xfffff80000000020\",\"0x30\"],\"user_sid\":\"S-1-5-18\",\"session_id\":2,"
                 "\"properties\":{\"Pid\":5,\"Tid\":6}}\n");
    record.payload_size = 4;
    record.items_size = 24;
    memset(record.activity_id.bytes, 0, sizeof record.activity_id);
    CHECK(strstr(line_of(&out, &m, &record), ",\"related_activity_id\":") != NULL);
    CHECK(strstr(out.text, "\"payload_process_id\":5,\"properties\"") != NULL);
    release_record(&record);
    stop(&m, &out);
}

TEST(times_across_seconds_and_out_of_range) {
    static const struct {
        int64_t time;
        const char *text;
    } times[] = {{NOON + 9999999, "\"2011-01-23T12:00:00.9999999Z\""},
                 {NOON + 10000000, "\"2011-01-23T12:00:01.0000000Z\""},
                 {NOON + 9999998, "\"2011-01-23T12:00:00.9999998Z\""},
                 {-1, "-1"},
                 {INT64_MAX, "9223372036854775807"},
                 {NOON + 9999997, "\"2011-01-23T12:00:00.9999997Z\""},
                 {0, "\"1601-01-01T00:00:00.0000000Z\""},
                 {5, "\"1601-01-01T00:00:00.0000005Z\""},
                 {NOON - 43200 * INT64_C(10000000) - 1, "\"2011-01-22T23:59:59.9999999Z\""}};
    made m;
    REQUIRE(start(&m, &out, NULL, 0, 0, 0));
    for (size_t i = 0; i < COUNT(times); i++) {
        char want[64];
        etwkit_record record = record_of("", 0, 8);
        record.timestamp = times[i].time;
        snprintf(want, sizeof want, "{\"timestamp\":%s,", times[i].text);
        line_of(&out, &m, &record);
        out.text[strlen(want)] = 0;
        CHECK_EQ_STR(out.text, want);
        release_record(&record);
    }
    stop(&m, &out);
}

TEST(large_values_and_names) {
    static char name[5000];
    static uint8_t payload[60000];
    made m;
    memset(name, 'n', sizeof name);
    memset(payload, 1, sizeof payload); /* each byte becomes six */
    ek_field_spec specs[] = {{.name = name, .name_length = sizeof name, .in_type = ETWKIT_IN_UINT8},
                             SPEC("S", .in_type = ETWKIT_IN_NONNULLTERMINATEDANSISTRING)};
    REQUIRE(start(&m, &out, specs, 2, 2, 0));
    etwkit_record record = record_of(payload, sizeof payload, 8);
    record.timestamp = NOON;
    ek_sink_event event = {&record, &m.schema, 0, 0, NULL, 0};
    CHECK_EQ_INT(ek_sink_append(out.sink, &event, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(out.calls, 1); /* it was more than a piece */
    CHECK(out.size > 6 * sizeof payload);
    release_record(&record);
    stop(&m, &out);
}

TEST(names_of_numbers) {
    static const char *const none[] = {NULL};
    made m;
    REQUIRE(start(&m, &out, NULL, 0, 0, ETWKIT_SINK_NAMES));
    CHECK_LINE("", "\"properties\":{}");
    REQUIRE(name_numbers(&m));
    CHECK_LINE("", "\"level_name\":\"Error\",\"task_name\":\"Log \\\"in\\\"\","
                   "\"keyword_names\":[\"Web\",\"\\\"x\\\"\\u001b\"],\"properties\":{}");
    m.schema.is.keyword_names = none;
    m.schema.is.task_name = NULL;
    REQUIRE(ek_schema_write_head(&m.arena, &m.schema));
    CHECK_LINE("", "\"level_name\":\"Error\",\"properties\":{}");
    stop(&m, &out);
    REQUIRE(start(&m, &out, NULL, 0, 0, 0) && name_numbers(&m));
    CHECK_LINE("", "\"properties\":{}");
    stop(&m, &out);
}

TEST_MAIN(CASE(names_of_numbers), CASE(values_of_all_kinds), CASE(containers), CASE(rest_payload_and_no_schema),
          CASE(labels_and_numbers), CASE(header_and_items), CASE(times_across_seconds_and_out_of_range),
          CASE(large_values_and_names))
