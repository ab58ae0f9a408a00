/* SPDX-License-Identifier: MIT */
/* Names of events, levels and opcodes, the JSON that records begin with, and the accessors' answers to NULL. */
#include "base/guid.h"
#include "oom.h"
#include "schema/names.h"
#include "test.h"

static ek_arena new_arena(void) {
    ek_arena arena;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&arena, &allocator);
    return arena;
}

TEST(events_are_named_by_the_contract) {
    static const struct {
        const char *event, *task, *opcode;
        uint16_t flags;
        const char *name;
    } cases[] = {
        {"Own", "Task", "Start", 0, "Own"},
        {NULL, "Process", "Start", ETWKIT_FLAG_CLASSIC, "Process/Start"},
        {NULL, "Process", "Info", 0, "Process"},
        {NULL, "Process", NULL, 0, "Process"},
        {"", "Process", "", 0, "Process"},
        {NULL, NULL, "Start", 0, "Event(21)"},
        {NULL, "", NULL, 0, "Event(21)"},
        {NULL, NULL, NULL, ETWKIT_FLAG_CLASSIC, "Event(7)"},
        {NULL, NULL, NULL, ETWKIT_FLAG_TRACE_MESSAGE, "Event(21)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ek_arena arena = new_arena();
        ek_description description = {
            .event_name = cases[i].event, .task_name = cases[i].task, .opcode_name = cases[i].opcode};
        etwkit_record record = {.event_id = 21, .opcode = 7, .flags = cases[i].flags};
        CHECK_EQ_STR(ek_event_name(&arena, &description, &record), cases[i].name);
        ek_arena_free(&arena);
    }
}

TEST(windows_own_names_are_shown_as_its_tools_do) {
    CHECK_EQ_STR(ek_builtin_level_name(0), "LogAlways");
    CHECK_EQ_STR(ek_builtin_level_name(4), "Information");
    CHECK_EQ_STR(ek_builtin_level_name(5), "Verbose");
    CHECK(ek_builtin_level_name(6) == NULL);
    CHECK_EQ_STR(ek_builtin_opcode_name(1), "Start");
    CHECK_EQ_STR(ek_builtin_opcode_name(3), "DCStart");
    CHECK_EQ_STR(ek_builtin_opcode_name(9), "Send");
    CHECK_EQ_STR(ek_builtin_opcode_name(240), "Receive");
    CHECK(ek_builtin_opcode_name(10) == NULL);
    CHECK_EQ_STR(ek_plain_level_name("win:Informational"), "Information");
    CHECK_EQ_STR(ek_plain_level_name("Information"), "Information");
    CHECK_EQ_STR(ek_plain_opcode_name("win:DC_Stop"), "DCStop");
    CHECK_EQ_STR(ek_plain_opcode_name("win:Other"), "Other");
    CHECK_EQ_STR(ek_plain_opcode_name("DCStart"), "DCStart");
    CHECK(ek_plain_opcode_name(NULL) == NULL);
}

static const etwkit_schema example = {
    .is = {.provider_name = "Say \"hi\"\n", .event_name = "A/B"},
    .provider_id = EK_GUID(0xa61ea624, 0x1234, 0x5678, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08),
    .event_id = 65535,
    .version = 1,
    .level = 4,
    .opcode = 255,
    .task = 65534,
    .channel = 11,
    .keywords = 0x8000000000000010u,
};

TEST(records_begin_with_the_contracts_keys) {
    ek_arena arena = new_arena();
    etwkit_schema schema = example;
    REQUIRE(ek_schema_write_head(&arena, &schema));
    CHECK_EQ_STR(schema.json_head,
                 ",\"provider_name\":\"Say \\\"hi\\\"\\n\",\"provider_id\":\"a61ea624-1234-5678-0102-030405060708\","
                 "\"event_name\":\"A/B\",\"event_id\":65535,\"version\":1,\"level\":4,\"opcode\":255,\"task\":65534,"
                 "\"channel\":11,\"keywords\":\"0x8000000000000010\"");
    CHECK_EQ_UINT(schema.json_head_size, strlen(schema.json_head));
    schema.is.provider_name = NULL;
    schema.keywords = 0;
    REQUIRE(ek_schema_write_head(&arena, &schema));
    CHECK(strncmp(schema.json_head, ",\"provider_name\":null,", 22) == 0);
    CHECK(strstr(schema.json_head, ",\"keywords\":\"0x0\"") != NULL);
    ek_arena_free(&arena);
}

TEST(names_are_valid_text) {
    ek_arena arena = new_arena();
    CHECK_EQ_STR(ek_name_copy(&arena, "plain", 5), "plain");
    CHECK_EQ_STR(ek_name_copy(&arena, "a\x80z", 3), "a\xEF\xBF\xBDz");
    CHECK_EQ_STR(ek_name_copy(&arena, "", 0), "");
    ek_arena_free(&arena);
}

TEST(nothing_has_no_properties) {
    uint64_t value;
    const char *label;
    CHECK_EQ_INT(etwkit_schema_source(NULL), ETWKIT_SOURCE_UNKNOWN);
    CHECK(etwkit_schema_provider_name(NULL) == NULL);
    CHECK_EQ_STR(etwkit_schema_event_name(NULL), "");
    CHECK(etwkit_schema_task_name(NULL) == NULL);
    CHECK(etwkit_schema_opcode_name(NULL) == NULL);
    CHECK(etwkit_schema_level_name(NULL) == NULL);
    CHECK(etwkit_schema_channel_name(NULL) == NULL);
    CHECK(etwkit_schema_keyword_name(NULL, 0) == NULL);
    CHECK(etwkit_guid_is_zero(etwkit_schema_provider_id(NULL)));
    CHECK_EQ_UINT(etwkit_schema_event_id(NULL) + etwkit_schema_version(NULL) + etwkit_schema_opcode(NULL), 0);
    CHECK_EQ_UINT(etwkit_schema_level(NULL) + etwkit_schema_channel(NULL) + etwkit_schema_task(NULL), 0);
    CHECK_EQ_UINT(etwkit_schema_keywords(NULL), 0);
    CHECK(!etwkit_schema_is_classic(NULL) && !etwkit_schema_is_known(NULL) && !etwkit_schema_is_guessed(NULL));
    CHECK_EQ_UINT(etwkit_schema_field_count(NULL), 0);
    CHECK(etwkit_schema_field_at(NULL, 0) == NULL);
    CHECK(etwkit_schema_field(NULL, "x") == NULL);
    CHECK_EQ_UINT(etwkit_schema_get_usage(NULL).walked, 0);
    CHECK_EQ_STR(etwkit_field_name(NULL), "");
    CHECK_EQ_INT(etwkit_field_in_type(NULL), ETWKIT_IN_NULL);
    CHECK_EQ_INT(etwkit_field_out_type(NULL), ETWKIT_OUT_NULL);
    CHECK(etwkit_field_map(NULL) == NULL);
    CHECK(!etwkit_field_is_array(NULL));
    CHECK_EQ_UINT(etwkit_field_tags(NULL), 0);
    CHECK_EQ_UINT(etwkit_field_member_count(NULL), 0);
    CHECK(etwkit_field_member_at(NULL, 0) == NULL);
    CHECK_EQ_STR(etwkit_map_name(NULL), "");
    CHECK(!etwkit_map_is_bitmap(NULL));
    CHECK_EQ_UINT(etwkit_map_count(NULL), 0);
    CHECK_EQ_INT(etwkit_map_entry(NULL, 0, &value, &label), ETWKIT_E_RANGE);
}

TEST(schemas_show_their_fields) {
    static const ek_field_spec specs[] = {
        {.name = "pad", .name_length = 3, .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_HIDDEN},
        {.name = "s", .name_length = 1, .flags = EK_FIELD_STRUCT, .first_member = 3, .member_count = 3},
        {.name = "n", .name_length = 1, .in_type = ETWKIT_IN_UINT32, .out_type = ETWKIT_OUT_PID, .tags = 7},
        {.name = "a", .name_length = 1, .in_type = ETWKIT_IN_UINT8},
        {.name = "gap", .name_length = 3, .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_HIDDEN},
        {.name = "b", .name_length = 1, .in_type = ETWKIT_IN_UINT8, .count = 4},
    };
    static const char *const keywords[] = {"one", "two", NULL};
    ek_arena arena = new_arena();
    etwkit_schema schema = example;
    REQUIRE(ek_layout_build(&schema.is.layout, &arena, specs, 6, 3, NULL) == ETWKIT_OK);
    schema.is.keyword_names = keywords;
    CHECK_EQ_UINT(etwkit_schema_field_count(&schema), 2); /* padding is not shown */
    const etwkit_field *s = etwkit_schema_field_at(&schema, 0), *n = etwkit_schema_field_at(&schema, 1);
    CHECK_EQ_STR(etwkit_field_name(s), "s");
    CHECK_EQ_UINT(etwkit_field_member_count(s), 2);
    CHECK_EQ_STR(etwkit_field_name(etwkit_field_member_at(s, 1)), "b");
    CHECK(etwkit_field_is_array(etwkit_field_member_at(s, 1)));
    CHECK(etwkit_field_member_at(s, 2) == NULL);
    CHECK(etwkit_schema_field(&schema, "n") == n && n);
    CHECK(etwkit_schema_field(&schema, "pad") == NULL);
    CHECK(etwkit_schema_field(&schema, "a") == NULL); /* no top-level field */
    CHECK(etwkit_schema_field(&schema, NULL) == NULL);
    CHECK_EQ_INT(etwkit_field_out_type(n), ETWKIT_OUT_PID);
    CHECK_EQ_UINT(etwkit_field_tags(n), 7);
    CHECK(etwkit_schema_field_at(&schema, 2) == NULL);
    CHECK(etwkit_field_member_at(n, 0) == NULL);
    CHECK_EQ_STR(etwkit_schema_keyword_name(&schema, 1), "two");
    CHECK(etwkit_schema_keyword_name(&schema, 2) == NULL);
    CHECK(etwkit_schema_keyword_name(&schema, 200) == NULL);
    ek_arena_free(&arena);
}

TEST(sources_have_names) {
    CHECK_EQ_STR(etwkit_source_name(ETWKIT_SOURCE_UNKNOWN), "unknown");
    CHECK_EQ_STR(etwkit_source_name(ETWKIT_SOURCE_TRACELOGGING), "tracelogging");
    CHECK_EQ_STR(etwkit_source_name(ETWKIT_SOURCE_EVENT_INFO), "embedded");
    CHECK_EQ_STR(etwkit_source_name(ETWKIT_SOURCE_CLASSIC), "built in");
    CHECK_EQ_STR(etwkit_source_name((etwkit_source)99), "unknown");
}

static bool scenario(const etwkit_allocator *allocator, void *context) {
    (void)context;
    ek_arena arena;
    ek_arena_init(&arena, allocator);
    etwkit_schema schema = example;
    etwkit_record record = {.event_id = 1};
    schema.is.event_name = NULL;
    schema.is.task_name = ek_name_copy(&arena, "\xFF", 1);
    schema.is.opcode_name = "Start";
    bool worked = schema.is.task_name && (schema.is.event_name = ek_event_name(&arena, &schema.is, &record)) &&
                  ek_schema_write_head(&arena, &schema);
    ek_arena_free(&arena);
    return worked;
}

TEST(memory_may_run_out) {
    CHECK_OOM(scenario, NULL);
}

TEST_MAIN(CASE(events_are_named_by_the_contract), CASE(windows_own_names_are_shown_as_its_tools_do),
          CASE(records_begin_with_the_contracts_keys), CASE(names_are_valid_text), CASE(nothing_has_no_properties),
          CASE(schemas_show_their_fields), CASE(sources_have_names), CASE(memory_may_run_out))
