/* SPDX-License-Identifier: MIT */
/* The csv lines: the columns, quoting, a column a field, and events that do not fit. */
#include "sink/lines.h"

#define HEAD_COLUMNS                                                                                                   \
    "timestamp,provider_name,provider_id,event_name,event_id,version,level,opcode,task,channel,keywords,process_id,"   \
    "thread_id,processor,activity_id,related_activity_id,payload_process_id,payload_thread_id,stack,user_sid,session_" \
    "id"
#define HEAD \
    "2011-01-23T12:00:00.0000000Z,\"P\"\"v\",04030201-0605-0807-090a-0b0c0d0e0f10,\"E\\n\",7,0,4,0,0,0,0x10,,,0,"

static lines_of out;

static bool start(made *m, const ek_field_spec *specs, size_t count, size_t top, unsigned flags) {
    return make(m, specs, count, top) && name_schema(m, "P\"v", "E\n") &&
           open_lines(&out, ETWKIT_FORMAT_CSV, flags, NULL);
}

static void stop(made *m) {
    etwkit_sink_close(&out.sink);
    unmake(m);
}

#define CHECK_CSV(payload, want)                                             \
    do {                                                                     \
        etwkit_record record = record_of((payload), sizeof(payload) - 1, 8); \
        record.timestamp = NOON;                                             \
        CHECK_EQ_STR(line_of(&out, &m, &record), want);                      \
        release_record(&record);                                             \
    } while (0)

TEST(properties) {
    static const ek_field_spec specs[] = {SPEC("U", .in_type = ETWKIT_IN_UINT8),
                                          SPEC("S", .in_type = ETWKIT_IN_ANSISTRING)};
    made m;
    REQUIRE(start(&m, specs, 2, 2, 0));
    CHECK_CSV("\1a\"\\\n\0\xAB", HEAD_COLUMNS ",properties,payload,rest,truncated\n" HEAD
                                              ",,,,,,,\"{\"\"U\"\":1,\"\"S\"\":\"\"a\\\"\"\\\\\\n\"\"}\",,AB,\n");
    CHECK_CSV("", HEAD ",,,,,,,\"{}\",,,true\n");
    m.schema.known = false;
    m.schema.is.provider_name = NULL;
    CHECK_CSV("\1\2",
              "2011-01-23T12:00:00.0000000Z,,04030201-0605-0807-090a-0b0c0d0e0f10,\"E\\n\",7,0,4,0,0,0,0x10,,,0,"
              ",,,,,,,,0102,,\n");
    stop(&m);
}

TEST(no_event) {
    REQUIRE(open_lines(&out, ETWKIT_FORMAT_CSV, 0, NULL));
    CHECK_EQ_INT(etwkit_sink_flush(out.sink, NULL), ETWKIT_OK);
    CHECK_EQ_STR(out.text, HEAD_COLUMNS ",properties,payload,rest,truncated\n");
    etwkit_sink_close(&out.sink);
}

TEST(header_and_items) {
    static const ek_field_spec specs[] = {SPEC("Pid", .in_type = ETWKIT_IN_UINT32),
                                          SPEC("Tid", .in_type = ETWKIT_IN_UINT32)};
    static const uint8_t items[] =
        "\x18\0\1\0\1\0\x10\0\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F"
        "\x20\0\6\0\1\0\x18\0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x20\0\0\0\0\xF8\xFF\xFF"
        "\x18\0\2\0\1\0\x0C\0\1\1\0\0\0\0\0\5\x12\0\0\0\0\0\0\0"
        "\x10\0\3\0\0\0\4\0\2\0\0\0\0\0\0\0";
    made m;
    REQUIRE(start(&m, specs, 2, 2, ETWKIT_SINK_PAYLOAD));
    m.schema.is.process_field = field_of(&m, 0);
    m.schema.is.thread_field = field_of(&m, 1);
    etwkit_record record = record_of("\5\0\0\0\6\0\0\0", 8, 8);
    record.timestamp = -1;
    record.process_id = 0;
    record.thread_id = 4294967294u;
    record.activity_id.bytes[0] = 1;
    record.data = items;
    record.items_size = sizeof items - 1;
    (void)line_of(&out, &m, &record);
    CHECK_EQ_STR(strchr(out.text, '\n') + 1,
                 "-1,\"P\"\"v\",04030201-0605-0807-090a-0b0c0d0e0f10,\"E\\n\",7,0,4,0,0,0,0x10,0,4294967294,0,"
                 "00000001-0000-0000-0000-000000000000,13121110-1514-1716-1819-1a1b1c1d1e1f,5,6,"
                 "\"[\"\"0x10\"\",\"\"0xfffff80000000020\"\"]\",S-1-5-18,2,\"{\"\"Pid\"\":5,\"\"Tid\"\":6}\","
                 "0500000006000000,,\n");
    release_record(&record);
    stop(&m);
}

TEST(a_column_a_field) {
    static const ek_map_entry words[] = {{5, "fi\"ve"}};
    ek_arena arena;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&arena, &allocator);
    ek_field_spec specs[] = {
        SPEC("level", .in_type = ETWKIT_IN_UINT8, .map = ek_map_build(&arena, "v", false, words, 1)),
        SPEC("a,\"b", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_COUNT_U16),
        SPEC("st", .flags = EK_FIELD_STRUCT, .first_member = 7, .member_count = 2),
        SPEC("hidden", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_HIDDEN),
        SPEC("W", .in_type = ETWKIT_IN_UNICODESTRING),
        SPEC("level_2", .in_type = ETWKIT_IN_BINARY, .length = 2),
        SPEC("N", .in_type = ETWKIT_IN_NULL),
        SPEC("x", .in_type = ETWKIT_IN_UINT8),
        SPEC("y", .in_type = ETWKIT_IN_ANSISTRING),
    };
    made m;
    REQUIRE(start(&m, specs, 9, 7, ETWKIT_SINK_FIELDS));
    CHECK_CSV("\5\2\0\1\2\3q\"\0\x77w\0\"\0\0\0\xAB\xCD", HEAD_COLUMNS
              ",level_3,\"a,\"\"b\",st,W,level_2,N,payload,rest,truncated\n" HEAD
              ",,,,,,,\"fi\"\"ve\",\"[1,2]\",\"{\"\"x\"\":3,\"\"y\"\":\"\"q\\\"\"\"\"}\",\"w\"\"\",ABCD,,,,\n");
    CHECK_CSV("\6\0\0\3\0\x77", HEAD ",,,,,,,6,\"[]\",\"{\"\"x\"\":3,\"\"y\"\":\"\"\"\"}\",,,,,,true\n");
    CHECK_CSV("", HEAD ",,,,,,,,,,,,,,,true\n");
    stop(&m);
    ek_arena_free(&arena);
}

TEST(what_does_not_fit_is_refused) {
    static const ek_field_spec one[] = {SPEC("U", .in_type = ETWKIT_IN_UINT8)};
    static const ek_field_spec more[] = {SPEC("U", .in_type = ETWKIT_IN_UINT8), SPEC("V", .in_type = ETWKIT_IN_UINT8)};
    static const ek_field_spec other[] = {SPEC("X", .in_type = ETWKIT_IN_UINT8)};
    made m, same, others[3];
    etwkit_error error;
    REQUIRE(start(&m, one, 1, 1, ETWKIT_SINK_FIELDS));
    REQUIRE(make(&same, one, 1, 1) && name_schema(&same, "P\"v", "E\n"));
    REQUIRE(make(&others[0], more, 2, 2) && name_schema(&others[0], "P", "More"));
    REQUIRE(make(&others[1], other, 1, 1) && name_schema(&others[1], "P", "Other"));
    REQUIRE(make(&others[2], NULL, 0, 0) && name_schema(&others[2], "P", "None"));
    etwkit_record record = record_of("\1\2", 2, 8);
    record.timestamp = NOON;
    ek_sink_event unknown = {&record, &others[0].schema, 0, 0, NULL, 0};
    others[0].schema.known = false;
    CHECK_EQ_INT(ek_sink_append(out.sink, &unknown, &error), ETWKIT_E_TYPE); /* the first: there are no columns yet */
    others[0].schema.known = true;
    (void)line_of(&out, &m, &record);
    CHECK_EQ_STR(strchr(out.text, '\n') + 1, HEAD ",,,,,,,1,,02,\n");
    for (int i = 0; i < 3; i++) {
        ek_sink_event event = {&record, &others[i].schema, 0, 0, NULL, 0};
        CHECK_EQ_INT(ek_sink_append(out.sink, &event, &error), ETWKIT_E_TYPE);
        CHECK(strstr(error.message, etwkit_schema_event_name(&others[i].schema)) != NULL);
        CHECK_EQ_INT(out.sink->out.size, 0);
        CHECK_EQ_STR(line_of(&out, i % 2 ? &m : &same, &record), HEAD ",,,,,,,1,,02,\n"); /* the others go on */
        unmake(&others[i]);
    }
    release_record(&record);
    unmake(&same);
    stop(&m);
}

#define NAME_COLUMNS ",level_name,opcode_name,task_name,channel_name,keyword_names"

TEST(names_of_numbers) {
    static const ek_field_spec specs[] = {SPEC("task_name", .in_type = ETWKIT_IN_UINT8)};
    made m;
    REQUIRE(start(&m, specs, 1, 1, ETWKIT_SINK_NAMES) && name_numbers(&m));
    CHECK_CSV("\1", HEAD_COLUMNS NAME_COLUMNS ",properties,payload,rest,truncated\n" HEAD
                                              ",,,,,,,\"Error\",,\"Log \"\"in\"\"\",,\"[\"\"Web\"\",\"\"\\\"\"x\\"
                                              "\"\"\\u001b\"\"]\",\"{\"\"task_name\"\":1}\",,,\n");
    stop(&m);
    REQUIRE(start(&m, specs, 1, 1, ETWKIT_SINK_NAMES | ETWKIT_SINK_FIELDS));
    CHECK_CSV("\1", HEAD_COLUMNS NAME_COLUMNS ",task_name_2,payload,rest,truncated\n" HEAD ",,,,,,,,,,,,1,,,\n");
    stop(&m);
    REQUIRE(start(&m, specs, 1, 1, ETWKIT_SINK_FIELDS));
    CHECK_CSV("\1", HEAD_COLUMNS ",task_name,payload,rest,truncated\n" HEAD ",,,,,,,1,,,\n");
    stop(&m);
}

TEST_MAIN(CASE(names_of_numbers), CASE(properties), CASE(no_event), CASE(header_and_items), CASE(a_column_a_field),
          CASE(what_does_not_fit_is_refused))
