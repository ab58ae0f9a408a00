/* SPDX-License-Identifier: MIT */
/* The text line: columns, dates, colours, and no control character of a trace. */
#include "base/guid.h"
#include "sink/lines.h"
#include "trace/processes.h"

static lines_of out;

static bool start(made *m, const ek_field_spec *specs, size_t count, size_t top, unsigned flags) {
    return make(m, specs, count, top) && name_schema(m, "Windows Kernel", "Process/Start") &&
           open_lines(&out, ETWKIT_FORMAT_TEXT, flags, NULL);
}

static void stop(made *m) {
    etwkit_sink_close(&out.sink);
    unmake(m);
}

#define CHECK_FIELDS(payload, want)                                                   \
    do {                                                                              \
        etwkit_record record = record_of((payload), sizeof(payload) - 1, 8);          \
        record.timestamp = NOON;                                                      \
        const char *line = line_of(&out, &m, &record), *fields = strstr(line, "-/-"); \
        CHECK_EQ_STR(fields ? fields : line, "-/-" want "\n");                        \
        release_record(&record);                                                      \
    } while (0)

TEST(fields_read_like_sentences) {
    static const ek_field_spec specs[] = {
        SPEC("CommandLine", .in_type = ETWKIT_IN_UNICODESTRING),
        SPEC("SessionId", .in_type = ETWKIT_IN_UINT32),
        SPEC("a", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_COUNT_U16),
        SPEC("l", .flags = EK_FIELD_STRUCT | EK_FIELD_COUNT_REST, .first_member = 4, .member_count = 2),
        SPEC("x", .in_type = ETWKIT_IN_UINT8),
        SPEC("s", .in_type = ETWKIT_IN_ANSISTRING),
    };
    made m;
    REQUIRE(start(&m, specs, 6, 4, 0));
    CHECK_FIELDS("c\0m\0d\0\0\0\1\0\0\0\2\0\1\2\3y\0\4z\0",
                 "          CommandLine=\"cmd\"  SessionId=1  a=[1, 2]  l=[{x=3 s=\"y\"}, {x=4 s=\"z\"}]");
    CHECK_FIELDS("\0\0\1\0\0\0\0\0", "          CommandLine=\"\"  SessionId=1  a=[]  l=[]");
    CHECK_FIELDS("c\0:\0\\\0\"\0\x1B\0\x0A\0\0\0\1\0\0\0\0\0",
                 "          CommandLine=\"c:\\\\\"\\u001b\\n\"  SessionId=1  a=[]  l=[]");
    CHECK_FIELDS("c\0\0\0\1", "          CommandLine=\"c\"  rest=01  (truncated)");
    stop(&m);
    REQUIRE(start(&m, NULL, 0, 0, ETWKIT_SINK_PAYLOAD));
    CHECK_FIELDS("\1\2", "          payload=0102  rest=0102");
    m.schema.known = false;
    CHECK_FIELDS("\1\2", "          payload=0102");
    CHECK_FIELDS("", "");
    stop(&m);
}

TEST(columns_line_up) {
    made m;
    REQUIRE(start(&m, NULL, 0, 0, 0));
    etwkit_record record = record_of("", 0, 8);
    record.timestamp = NOON;
    CHECK_EQ_STR(line_of(&out, &m, &record),
                 "2011-01-23 UTC\n12:00:00.0000000  cpu 0  Process/Start                 -/-\n");
    record.process_id = 4312;
    record.thread_id = 77;
    record.processor = 12;
    record.timestamp = NOON + 1;
    CHECK_EQ_STR(line_of(&out, &m, &record), "12:00:00.0000001  cpu 12 Process/Start                 4312/77\n");
    m.schema.is.provider_name = "A-Provider-With-Quite-A-Long-\x1BName";
    CHECK_EQ_STR(line_of(&out, &m, &record),
                 "12:00:00.0000001  cpu 12 A-Provider-With-Quite-A-Long-\\u001bName Process/Start  4312/77\n");
    m.schema.is.provider_name = "\xC3\x84"; /* one column */
    CHECK_EQ_STR(line_of(&out, &m, &record),
                 "12:00:00.0000001  cpu 12 \xC3\x84 Process/Start                                        4312/77\n");
    m.schema.is.provider_name = NULL;
    CHECK_EQ_STR(line_of(&out, &m, &record),
                 "12:00:00.0000001  cpu 12 04030201-0605-0807-090a-0b0c0d0e0f10 Process/Start     4312/77\n");
    record.timestamp = NOON + INT64_C(864000000000);
    CHECK(strncmp(line_of(&out, &m, &record), "2011-01-24 UTC\n12:00:00.0000000  cpu 12", 39) == 0);
    record.timestamp = -5;
    CHECK(strncmp(line_of(&out, &m, &record), "-5  cpu 12", 10) == 0);
    release_record(&record);
    stop(&m);
}

TEST(local_time) {
    made m;
    REQUIRE(start(&m, NULL, 0, 0, ETWKIT_SINK_LOCAL));
    etwkit_record record = record_of("", 0, 8);
    record.timestamp = NOON;
    CHECK(strncmp(line_of(&out, &m, &record), "2011-01-23 UTC+01:00\n13:00:00.0000000", 37) == 0);
    release_record(&record);
    stop(&m);
}

TEST(colours_only_when_asked_for) {
    static const ek_field_spec specs[] = {SPEC("A", .in_type = ETWKIT_IN_UINT8)};
    made m;
    REQUIRE(start(&m, specs, 1, 1, ETWKIT_SINK_COLOR));
    etwkit_record record = record_of("\1", 1, 8);
    record.timestamp = NOON;
    CHECK_EQ_STR(line_of(&out, &m, &record),
                 "\x1b[2m2011-01-23 UTC\x1b[0m\n"
                 "\x1b[2m12:00:00.0000000  cpu 0  \x1b[0m\x1b[1mProcess/Start\x1b[0m                 -/-        "
                 "  \x1b[36mA\x1b[0m=1\n");
    release_record(&record);
    stop(&m);
}

TEST(labels_stand_bare) {
    static const ek_map_entry bits[] = {{1, "one"}, {2, "t\x9Bo"}};
    ek_arena arena;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&arena, &allocator);
    ek_field_spec spec = SPEC("B", .in_type = ETWKIT_IN_UINT32, .map = ek_map_build(&arena, "b", true, bits, 2));
    made m;
    REQUIRE(start(&m, &spec, 1, 1, 0));
    CHECK_FIELDS("\5\0\0\0", "          B=one|0x4");
    CHECK_FIELDS("\2\0\0\0", "          B=t\xEF\xBF\xBDo");
    CHECK_FIELDS("\4\0\0\0", "          B=4");
    stop(&m);
    ek_arena_free(&arena);
}

TEST(names_of_numbers) {
    static const ek_field_spec specs[] = {SPEC("A", .in_type = ETWKIT_IN_UINT8)};
    made m;
    REQUIRE(start(&m, specs, 1, 1, ETWKIT_SINK_NAMES));
    CHECK_FIELDS("\1", "          A=1");
    REQUIRE(name_numbers(&m));
    CHECK_FIELDS("\1\2",
                 "          A=1  names={level=Error task=Log \\\"in\\\" keywords=Web|\\\"x\\\"\\u001b}  rest=02");
    stop(&m);
}

static etwkit_processes *table_of(uint32_t id, const char *name, int64_t time) {
    static etwkit_processes *table;
    ek_process_fact fact = {EK_PROCESS_ALIVE, id, ETWKIT_NO_ID, time, time, 0, 0, name, NULL, NULL, 0, 0, false, false};
    if (id == 0)
        CHECK_EQ_INT(etwkit_processes_open(&table, NULL, NULL), ETWKIT_OK);
    CHECK_EQ_INT(ek_processes_take(table, &fact, NULL), ETWKIT_OK);
    return table;
}

/* What stands in front of the fields, between "Process/Start" and the first two blanks behind the ids. */
static const char *who_of(const made *m, uint32_t process, uint32_t thread, int64_t time) {
    static char text[128];
    etwkit_record record = record_of("\7\0\0\0\5\0\0\0", 8, 8);
    record.timestamp = time;
    record.process_id = process;
    record.thread_id = thread;
    record.provider_id = m->schema.provider_id;
    record.opcode = m->schema.opcode;
    record.flags = m->schema.classic ? ETWKIT_FLAG_CLASSIC : 0;
    const char *line = line_of(&out, m, &record), *at = strstr(line, "Process/Start");
    at = at ? at + 13 + strspn(at + 13, " ") : line;
    const char *end = strstr(at, "ProcessId");
    (void)snprintf(text, sizeof text, "%.*s|", (int)(end ? end - at : 0), at);
    release_record(&record);
    return text;
}

TEST(processes_have_names) {
    static const ek_field_spec specs[] = {SPEC("ProcessId", .in_type = ETWKIT_IN_UINT32),
                                          SPEC("ParentId", .in_type = ETWKIT_IN_UINT32)};
    made m;
    REQUIRE(start(&m, specs, 2, 2, 0));
    etwkit_processes *table = table_of(0, "Idle", NOON);
    table_of(5,
             "ol\x1B"
             "d.exe",
             NOON);
    table_of(7, "\xC3\xBC.exe", NOON + 10);
    table_of(9, NULL, NOON);
    CHECK_EQ_STR(who_of(&m, 5, 6, NOON), "5/6          |");
    etwkit_sink_close(&out.sink);
    etwkit_sink_options options = {sizeof options, NULL, ETWKIT_FORMAT_TEXT, 0, take_lines, &out, 0, table};
    REQUIRE(etwkit_sink_open(&out.sink, &options, NULL) == ETWKIT_OK);
    CHECK_EQ_STR(who_of(&m, 0, 0, NOON), "Idle (0)/0   |");
    CHECK_EQ_STR(who_of(&m, 8, 1, NOON), "8/1          |");
    CHECK_EQ_STR(who_of(&m, 9, 1, NOON), "9/1          |");
    CHECK_EQ_STR(who_of(&m, 7, 1, NOON + 9), "7/1          |");
    CHECK_EQ_STR(who_of(&m, 7, 1, NOON + 10), "\xC3\xBC.exe (7)/1  |");
    CHECK_EQ_STR(who_of(&m, 5, ETWKIT_NO_ID, NOON), "ol\\u001bd.exe (5)  |");
    CHECK_EQ_STR(who_of(&m, ETWKIT_NO_ID, ETWKIT_NO_ID, NOON), "-/-                |"); /* the column stays wide */
    m.schema.is.process_field = field_of(&m, 0);
    CHECK_EQ_STR(who_of(&m, ETWKIT_NO_ID, ETWKIT_NO_ID, NOON), "-/-                |"); /* 7 is not there yet */
    CHECK_EQ_STR(who_of(&m, ETWKIT_NO_ID, ETWKIT_NO_ID, NOON + 10), "\xC3\xBC.exe (7)          |");
    m.schema.provider_id =
        (etwkit_guid)EK_GUID(0x3d6fa8d0, 0xfe05, 0x11d0, 0x9d, 0xda, 0, 0xc0, 0x4f, 0xd7, 0xba, 0x7c);
    m.schema.classic = true;
    m.schema.opcode = 1;
    CHECK_EQ_STR(who_of(&m, 8, 1, NOON + 10), "ol\\u001bd.exe (5) \xE2\x86\x92 \xC3\xBC.exe (7)  |");
    m.schema.opcode = 2;
    CHECK_EQ_STR(who_of(&m, 8, 1, NOON + 10), "\xC3\xBC.exe (7)                      |");
    stop(&m);
    etwkit_processes_close(&table);
}

TEST(activities) {
    static const uint8_t items[] =
        "\x18\0\1\0\0\0\x10\0\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F\x20";
    /* //1/2/ of process 9 */
    static const uint8_t path[16] = {0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xBF ^ 9, 0x99, 0x9D, 0x59};
    made m;
    REQUIRE(start(&m, NULL, 0, 0, 0));
    etwkit_record record = record_of("", 0, 8);
    record.timestamp = NOON;
    record.process_id = 9;
    memcpy(record.activity_id.bytes, path, 16);
    record.data = items;
    record.items_size = sizeof items - 1;
    const char *line = line_of(&out, &m, &record);
    CHECK_EQ_STR(strstr(line, "9/-"), "9/-          activity=//1/2/  related=14131211-1615-1817-191a-1b1c1d1e1f20\n");
    record.process_id = 8;
    record.items_size = 0;
    line = line_of(&out, &m, &record);
    CHECK_EQ_STR(strstr(line, "8/-"), "8/-          activity=00000012-0000-0000-0000-0000b6999d59\n");
    release_record(&record);
    stop(&m);
}

TEST_MAIN(CASE(processes_have_names), CASE(activities), CASE(names_of_numbers), CASE(fields_read_like_sentences),
          CASE(columns_line_up), CASE(local_time), CASE(colours_only_when_asked_for), CASE(labels_stand_bare))
