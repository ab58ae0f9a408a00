/* SPDX-License-Identifier: MIT */
/* What PerfView prints of providers: its inventions go, its losses are found, and what is right stays. */
#include "made_provider.h"
#include "oom.h"
#include "schema/tidy.h"

static ek_providers providers;
static ek_provider *provider;

static void begin(void) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_providers_init(&providers, &allocator);
    provider = ek_providers_add(&providers, &made_id, "Some-Provider");
    provider->is_dump = true;
}

static void add_name(ek_table_kind kind, uint64_t value, const char *name) {
    CHECK(ek_provider_add_name(&providers, provider, kind, value, name, name));
}

static const char *name_of(ek_table_kind kind, uint64_t value) {
    for (size_t i = 0; i < provider->tables[kind].count; i++)
        if (provider->tables[kind].values[i].value == value)
            return provider->tables[kind].values[i].name;
    return NULL;
}

static const char *names_of(size_t event) {
    return made_names(provider->events[event].payload);
}

TEST(made_up_names_go) {
    begin();
    add_name(EK_TABLE_TASKS, 0, "task_0");
    add_name(EK_TABLE_TASKS, 7, "task_07");
    add_name(EK_TABLE_TASKS, 3, "Copy");
    add_name(EK_TABLE_TASKS, 4, "Copy_4");
    add_name(EK_TABLE_TASKS, 5, "Area_5");
    add_name(EK_TABLE_TASKS, 6, "Theservicewasstarted.");
    add_name(EK_TABLE_OPCODES, 3 << 16 | 12, "opcode_12");
    add_name(EK_TABLE_OPCODES, 3 << 16 | 13, "opcode_3_13");
    add_name(EK_TABLE_OPCODES, 3 << 16 | 14, "Begin_3_14");
    add_name(EK_TABLE_OPCODES, 3 << 16 | 15, "Begin_14");
    add_name(EK_TABLE_KEYWORDS, 0x40, "keyword_40");
    add_name(EK_TABLE_KEYWORDS, 0x80, "keyword_40");
    REQUIRE(ek_tidy(&providers, provider));
    CHECK(!provider->is_dump);
    CHECK(name_of(EK_TABLE_TASKS, 0) == NULL);
    CHECK_EQ_STR(name_of(EK_TABLE_TASKS, 7), "task_07"); /* not how it writes 7 */
    CHECK_EQ_STR(name_of(EK_TABLE_TASKS, 3), "Copy");
    CHECK_EQ_STR(name_of(EK_TABLE_TASKS, 4), "Copy");
    CHECK_EQ_STR(name_of(EK_TABLE_TASKS, 5), "Area_5"); /* no other is called Area */
    CHECK(name_of(EK_TABLE_TASKS, 6) == NULL);
    CHECK(name_of(EK_TABLE_OPCODES, 3 << 16 | 12) == NULL);
    CHECK(name_of(EK_TABLE_OPCODES, 3 << 16 | 13) == NULL);
    CHECK_EQ_STR(name_of(EK_TABLE_OPCODES, 3 << 16 | 14), "Begin");
    CHECK_EQ_STR(name_of(EK_TABLE_OPCODES, 3 << 16 | 15), "Begin_14");
    CHECK(name_of(EK_TABLE_KEYWORDS, 0x40) == NULL);
    CHECK_EQ_STR(name_of(EK_TABLE_KEYWORDS, 0x80), "keyword_40");
    CHECK(provider->tables[EK_TABLE_TASKS].values[0].message == NULL);
    ek_providers_free(&providers);
}

TEST(only_what_is_a_dump_is_touched) {
    static const ek_field_spec fields[] = {PLAIN("A", ETWKIT_IN_UINT32), PLAIN("B", 29)};
    begin();
    provider->is_dump = false;
    add_name(EK_TABLE_TASKS, 0, "task_0");
    MADE_EVENT(&providers, provider, 1, fields)->symbol = "Symbol";
    REQUIRE(ek_tidy(&providers, provider));
    CHECK_EQ_STR(name_of(EK_TABLE_TASKS, 0), "task_0");
    CHECK_EQ_STR(provider->events[0].symbol, "Symbol");
    CHECK_EQ_STR(names_of(0), "A B");
    ek_providers_free(&providers);
}

TEST(a_number_for_a_type_is_a_struct) {
    static const ek_field_spec odd[] = {PLAIN("A", ETWKIT_IN_UINT32), PLAIN("B", 29), PLAIN("C", ETWKIT_IN_UINT32)};
    static const ek_field_spec named[] = {PLAIN("A", ETWKIT_IN_UINT32), PLAIN("B", ETWKIT_IN_STRUCT)};
    static const ek_field_spec binary[] = {PLAIN("A", ETWKIT_IN_UINT32), PLAIN("B", ETWKIT_IN_COUNTED_BINARY)};
    begin();
    MADE_EVENT(&providers, provider, 1, odd)->symbol = "TaskStart_V1";
    MADE_EVENT(&providers, provider, 2, named);
    MADE_EVENT(&providers, provider, 3, binary); /* 25 is a type too, and no struct of this template begins at 2 */
    REQUIRE(ek_tidy(&providers, provider));
    CHECK_EQ_STR(names_of(0), "A|B");
    CHECK_EQ_UINT(provider->events[0].payload->field_count, 1);
    CHECK(provider->events[0].symbol == NULL);
    CHECK_EQ_STR(names_of(1), "A|B");
    CHECK_EQ_STR(names_of(2), "A B");
    ek_providers_free(&providers);
}

/* 2 fields: members begin at 2, which is printed as AnsiString; 3 fields: at 3, as Int8. */
TEST(a_type_that_moves_with_the_number_of_fields_is_a_struct) {
    static const ek_field_spec two[] = {PLAIN("Header", ETWKIT_IN_ANSISTRING), PLAIN("Text", ETWKIT_IN_UNICODESTRING)};
    static const ek_field_spec three[] = {PLAIN("Text", ETWKIT_IN_UNICODESTRING), PLAIN("Header", ETWKIT_IN_INT8),
                                          PLAIN("More", ETWKIT_IN_ANSISTRING)};
    static const ek_field_spec honest[] = {PLAIN("Other", ETWKIT_IN_ANSISTRING), PLAIN("Size", ETWKIT_IN_UINT32)};
    static const ek_field_spec longer[] = {PLAIN("Other", ETWKIT_IN_INT8), PLAIN("Size", ETWKIT_IN_UINT64),
                                           PLAIN("More", ETWKIT_IN_ANSISTRING)};
    static const ek_field_spec longest[] = {PLAIN("Text", ETWKIT_IN_UNICODESTRING), PLAIN("A", ETWKIT_IN_UINT32),
                                            PLAIN("B", ETWKIT_IN_UINT32), PLAIN("Other", ETWKIT_IN_ANSISTRING)};
    begin();
    MADE_EVENT(&providers, provider, 1, two);
    MADE_EVENT(&providers, provider, 2, three);
    MADE_EVENT(&providers, provider, 3, honest);
    MADE_EVENT(&providers, provider, 4, longer);
    MADE_EVENT(&providers, provider, 5, longest);
    REQUIRE(ek_tidy(&providers, provider));
    CHECK_EQ_STR(names_of(0), "|Header");
    CHECK_EQ_STR(names_of(1), "Text|Header");
    CHECK_EQ_STR(names_of(2), "Other Size"); /* in the last its type cannot be an index */
    CHECK_EQ_STR(names_of(3), "Other Size More");
    ek_providers_free(&providers);
}

TEST(an_array_whose_type_may_be_an_index_is_not_read) {
    static const ek_field_spec one[] = {PLAIN("Count", ETWKIT_IN_UINT32), COUNTED("Values", ETWKIT_IN_ANSISTRING, 0)};
    static const ek_field_spec both[] = {PLAIN("Count", ETWKIT_IN_UINT32), COUNTED("Left", ETWKIT_IN_INT8, 0),
                                         COUNTED("Right", ETWKIT_IN_INT8, 0)};
    static const ek_field_spec other[] = {PLAIN("Count", ETWKIT_IN_UINT32), COUNTED("Bytes", ETWKIT_IN_UINT8, 0)};
    begin();
    MADE_EVENT(&providers, provider, 1, one);
    MADE_EVENT(&providers, provider, 2, both); /* both cannot be the first struct */
    MADE_EVENT(&providers, provider, 3, other);
    REQUIRE(ek_tidy(&providers, provider));
    CHECK_EQ_STR(names_of(0), "Count|Values");
    CHECK_EQ_STR(names_of(1), "Count Left Right");
    CHECK_EQ_STR(names_of(2), "Count Bytes");
    ek_providers_free(&providers);
}

TEST(bytes_of_unknown_length_end_a_layout) {
    static const ek_field_spec middle[] = {PLAIN("Key", ETWKIT_IN_BINARY), PLAIN("Status", ETWKIT_IN_UINT32)};
    static const ek_field_spec last[] = {PLAIN("Status", ETWKIT_IN_UINT32), PLAIN("Key", ETWKIT_IN_BINARY)};
    static const ek_field_spec known[] = {PLAIN("Size", ETWKIT_IN_UINT32), MEASURED("Key", ETWKIT_IN_BINARY, 0),
                                          PLAIN("Status", ETWKIT_IN_UINT32)};
    static const ek_field_spec many[] = {PLAIN("Count", ETWKIT_IN_UINT32), COUNTED("Keys", ETWKIT_IN_BINARY, 0)};
    begin();
    MADE_EVENT(&providers, provider, 1, middle);
    MADE_EVENT(&providers, provider, 2, last);
    MADE_EVENT(&providers, provider, 3, known);
    MADE_EVENT(&providers, provider, 4, many);
    REQUIRE(ek_tidy(&providers, provider));
    CHECK_EQ_STR(names_of(0), "|Key");
    CHECK_EQ_STR(names_of(1), "Status Key");
    CHECK_EQ_STR(names_of(2), "Size Key Status");
    CHECK_EQ_STR(names_of(3), "Count|Keys");
    ek_providers_free(&providers);
}

/* A map is printed with the first of the fields that it belongs to. */
TEST(maps_come_back_where_one_name_has_one_map) {
    static const ek_map_entry entries[] = {{1, "One"}};
    ek_field_spec first[] = {PLAIN("Kind", ETWKIT_IN_UINT32), PLAIN("Reason", ETWKIT_IN_UINT32)};
    ek_field_spec second[] = {PLAIN("Reason", ETWKIT_IN_UINT32), PLAIN("Kind", ETWKIT_IN_UINT32),
                              PLAIN("Kind", ETWKIT_IN_UINT16)};
    begin();
    const etwkit_map *kinds = ek_map_build(&providers.arena, "Kinds", false, entries, 1);
    const etwkit_map *reasons = ek_map_build(&providers.arena, "Reasons", false, entries, 1);
    const etwkit_map *others = ek_map_build(&providers.arena, "Others", false, entries, 1);
    first[0].map = kinds;
    first[1].map = reasons;
    MADE_EVENT(&providers, provider, 1, first);
    MADE_EVENT(&providers, provider, 2, second);
    first[1].map = others;
    MADE_EVENT(&providers, provider, 3, first);
    REQUIRE(ek_tidy(&providers, provider));
    const ek_field_spec *fields = provider->events[1].payload->fields;
    CHECK(fields[0].map == NULL); /* two maps: nobody knows which */
    CHECK(fields[1].map == kinds);
    CHECK(fields[2].map == NULL); /* another type */
    CHECK(provider->events[0].payload->fields[1].map == reasons);
    ek_providers_free(&providers);
}

TEST(events_keep_sharing_a_template) {
    static const ek_field_spec fields[] = {PLAIN("A", ETWKIT_IN_UINT32)};
    begin();
    MADE_EVENT(&providers, provider, 1, fields);
    ek_provider_add_event(&providers, provider)->payload = provider->events[0].payload;
    ek_provider_add_event(&providers, provider); /* has none */
    REQUIRE(ek_tidy(&providers, provider));
    CHECK(provider->events[0].payload == provider->events[1].payload);
    CHECK(provider->events[2].payload == NULL);
    ek_providers_free(&providers);
}

static bool tidy_all(const etwkit_allocator *allocator, void *context) {
    static const ek_field_spec fields[] = {PLAIN("A", ETWKIT_IN_UINT32), PLAIN("B", 29)};
    ek_providers made;
    (void)context;
    ek_providers_init(&made, allocator);
    ek_provider *one = ek_providers_add(&made, &made_id, "P");
    bool done = one && ek_provider_add_name(&made, one, EK_TABLE_OPCODES, 12, "Begin_0_12", NULL) &&
                MADE_EVENT(&made, one, 1, fields);
    if (done)
        one->is_dump = true;
    done = done && ek_tidy(&made, one);
    ek_providers_free(&made);
    return done;
}

TEST(memory_may_run_out) {
    CHECK_OOM(tidy_all, NULL);
}

TEST_MAIN(CASE(made_up_names_go), CASE(only_what_is_a_dump_is_touched), CASE(a_number_for_a_type_is_a_struct),
          CASE(a_type_that_moves_with_the_number_of_fields_is_a_struct),
          CASE(an_array_whose_type_may_be_an_index_is_not_read), CASE(bytes_of_unknown_length_end_a_layout),
          CASE(maps_come_back_where_one_name_has_one_map), CASE(events_keep_sharing_a_template),
          CASE(memory_may_run_out))
