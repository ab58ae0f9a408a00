/* SPDX-License-Identifier: MIT */
/* Windows binaries: what tests/wevt/made.py makes is read as it was meant, and every kind of damage is survived. */
#include "base/bytes.h"
#include "made_binaries.h"
#include "oom.h"
#include "schema/mui.h"
#include "schema/pe_providers.h"
#include "test.h"

#include <etwkit/guid.h>

#include <stdlib.h>

/* What was told of the last reading. */
static struct {
    unsigned count;
    char last[512];
} told;

static void report(void *context, const etwkit_error *error) {
    (void)context;
    told.count++;
    memcpy(told.last, error->message, sizeof told.last);
}

static etwkit_status read_binary(ek_providers *providers, const void *data, size_t size) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    memset(&told, 0, sizeof told);
    ek_providers_init(providers, &allocator);
    return ek_pe_read_providers("nowhere/zoo.dll", data, size, providers, report, NULL, NULL);
}

static const ek_named_value *name_of(const ek_provider *provider, ek_table_kind kind, uint64_t value) {
    static const ek_named_value none = {0};
    for (size_t i = 0; i < provider->tables[kind].count; i++)
        if (provider->tables[kind].values[i].value == value)
            return &provider->tables[kind].values[i];
    return &none;
}

static void check_zoo(const ek_providers *providers) {
    const ek_provider *zoo = providers->list[0];
    char id[ETWKIT_GUID_TEXT];
    etwkit_guid_format(&zoo->id, id);
    CHECK_EQ_STR(id, "c0ffee00-1234-5678-9abc-def012345678");
    CHECK_EQ_STR(zoo->name, "Example-Zoo");
    CHECK_EQ_STR(zoo->message, "The zoo");
    CHECK_EQ_STR(name_of(zoo, EK_TABLE_LEVELS, 4)->name, "win:Informational");
    CHECK_EQ_STR(name_of(zoo, EK_TABLE_LEVELS, 17)->name, "Loud");
    CHECK_EQ_STR(name_of(zoo, EK_TABLE_TASKS, 1)->message, "Feeding");
    CHECK_EQ_UINT(zoo->tables[EK_TABLE_TASKS].count, 2); /* the third has neither name nor message */
    CHECK_EQ_STR(name_of(zoo, EK_TABLE_OPCODES, 1)->name, "win:Start");
    CHECK_EQ_STR(name_of(zoo, EK_TABLE_OPCODES, 2 << 16 | 10)->name, "Escape");
    CHECK_EQ_STR(name_of(zoo, EK_TABLE_KEYWORDS, UINT64_C(1) << 63)->name, "Example-Zoo/Analytic");
    CHECK_EQ_STR(name_of(zoo, EK_TABLE_CHANNELS, 17)->message, "For keepers");
    CHECK_EQ_UINT(zoo->event_count, 5);
    CHECK_EQ_STR(zoo->events[0].message, "%1 was fed by %3");
    CHECK(zoo->events[0].payload == zoo->events[1].payload);
    CHECK(zoo->events[3].payload == NULL && zoo->events[4].payload == NULL);
    CHECK_EQ_STR(providers->list[1]->name, "");
    CHECK_EQ_UINT(providers->list[1]->events[0].id, 500);
}

static void check_fields(const ek_provider *zoo) {
    const ek_template *many = zoo->events[2].payload;
    CHECK_EQ_UINT(many->top_count, 6);
    CHECK_EQ_UINT(many->field_count, 8);
    CHECK_EQ_UINT(many->fields[1].flags, EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT);
    CHECK_EQ_UINT(many->fields[1].first_member, 6);
    CHECK_EQ_UINT(many->fields[1].member_count, 2);
    CHECK_EQ_UINT(many->fields[3].flags, EK_FIELD_PARAM_LENGTH);
    CHECK_EQ_UINT(many->fields[3].length, 2);
    CHECK_EQ_UINT(many->fields[4].flags, EK_FIELD_FIXED_LENGTH);
    CHECK_EQ_UINT(many->fields[5].flags, EK_FIELD_FIXED_COUNT);
    CHECK_EQ_UINT(many->fields[5].count, 3);
    CHECK_EQ_STR(ek_map_label(zoo->events[0].payload->fields[0].map, 1), "B\xC3\xA4r");
    CHECK(zoo->events[0].payload->fields[1].map->is_bitmap);
}

TEST(binaries_of_both_sizes_are_read) {
    const struct {
        const uint8_t *data;
        size_t size;
    } made[] = {{made_64, sizeof made_64}, {made_32, sizeof made_32}};
    for (size_t i = 0; i < 2; i++) {
        ek_providers providers;
        CHECK_EQ_INT(read_binary(&providers, made[i].data, made[i].size), ETWKIT_OK);
        CHECK_EQ_UINT(told.count, 0);
        REQUIRE(providers.count == 2);
        check_zoo(&providers);
        check_fields(providers.list[0]);
        ek_providers_free(&providers);
    }
}

TEST(texts_of_8_bits_are_read) {
    ek_providers providers;
    CHECK_EQ_INT(read_binary(&providers, made_ansi, sizeof made_ansi), ETWKIT_OK);
    REQUIRE(providers.count == 1);
    check_fields(providers.list[0]);
    ek_providers_free(&providers);
}

TEST(without_texts_values_have_no_labels) {
    ek_providers providers;
    CHECK_EQ_INT(read_binary(&providers, made_bare, sizeof made_bare), ETWKIT_OK);
    CHECK_EQ_UINT(told.count, 1);
    CHECK_EQ_STR(told.last, "nowhere/zoo.dll: labels of values are not known: their texts are in a .mui file, and none "
                            "lies beside it");
    REQUIRE(providers.count == 1);
    CHECK_EQ_UINT(providers.list[0]->maps[0]->count, 0);
    CHECK_EQ_UINT(providers.list[0]->event_count, 5);
    ek_providers_free(&providers);
}

TEST(other_files_are_refused) {
    ek_providers providers;
    CHECK_EQ_INT(read_binary(&providers, made_empty, sizeof made_empty), ETWKIT_ABSENT);
    ek_providers_free(&providers);
    CHECK_EQ_INT(read_binary(&providers, "MZ", 2), ETWKIT_E_UNSUPPORTED);
    ek_providers_free(&providers);
    CHECK_EQ_INT(read_binary(&providers, NULL, 0), ETWKIT_E_UNSUPPORTED);
    ek_providers_free(&providers);
}

TEST(the_language_that_is_there_is_taken) {
    ek_pe pe;
    ek_pe_resource found;
    CHECK_EQ_INT(ek_pe_open(&pe, made_mui, sizeof made_mui, NULL), ETWKIT_OK);
    CHECK_EQ_INT(ek_pe_resource_at(&pe, NULL, EK_PE_MESSAGE_TABLE, 0, &found, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(found.size, sizeof made_texts);
    CHECK_EQ_INT(ek_pe_resource_at(&pe, NULL, EK_PE_MESSAGE_TABLE, 1, &found, NULL), ETWKIT_ABSENT);
    CHECK_EQ_INT(ek_pe_resource_at(&pe, EK_PE_EVENT_TEMPLATE, 0, 0, &found, NULL), ETWKIT_ABSENT);
}

/* A table of `count` blocks, each of them all the numbers from its index times 10 on, with the same entries. */
static size_t make_table(uint8_t *table, unsigned count, unsigned numbers, const char *text) {
    size_t at = 4 + 12 * (size_t)count, size = 4 + (strlen(text) + 4) / 4 * 4;
    ek_store32(table, count);
    for (unsigned i = 0; i < count; i++) {
        ek_store32(table + 4 + 12 * (size_t)i, (count - i) * 10);
        ek_store32(table + 8 + 12 * (size_t)i, (count - i) * 10 + numbers - 1);
        ek_store32(table + 12 + 12 * (size_t)i, (uint32_t)at);
    }
    for (unsigned i = 0; i < numbers; i++, at += size) {
        memset(table + at, 0, size);
        ek_store16(table + at, (uint16_t)size);
        memcpy(table + at + 4, text, strlen(text));
    }
    return at;
}

TEST(texts_are_found_by_number) {
    uint8_t bytes[256];
    const char *text;
    ek_message_table table;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_message_table_init(&table, &allocator);
    CHECK_EQ_INT(ek_message_table_find(&table, 10, &text, NULL), ETWKIT_OK);
    CHECK(text == NULL);
    CHECK_EQ_INT(ek_message_table_add(&table, bytes, make_table(bytes, 1, 2, "first \r\n"), NULL), ETWKIT_OK);
    CHECK_EQ_INT(ek_message_table_find(&table, 11, &text, NULL), ETWKIT_OK);
    CHECK_EQ_STR(text, "first");
    CHECK_EQ_INT(ek_message_table_find(&table, 12, &text, NULL), ETWKIT_OK);
    CHECK(text == NULL);
    CHECK_EQ_INT(ek_message_table_find(&table, EK_NO_MESSAGE, &text, NULL), ETWKIT_OK);
    CHECK(text == NULL);
    ek_message_table_free(&table);
}

TEST(blocks_may_stand_in_any_order_but_not_share_texts) {
    uint8_t bytes[512], others[512];
    const char *text;
    etwkit_error error = {0};
    ek_message_table table;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_message_table_init(&table, &allocator);
    size_t size = make_table(bytes, 8, 1, "any");
    CHECK_EQ_INT(ek_message_table_add(&table, bytes, size + 8 * 12, &error), ETWKIT_OK);
    CHECK_EQ_INT(ek_message_table_find(&table, 20, &text, NULL), ETWKIT_OK);
    CHECK_EQ_STR(text, "any");
    size = make_table(others, 8, 3, "any, and it is a long one, so that all of them are more than there is");
    CHECK_EQ_INT(ek_message_table_add(&table, others, size, &error), ETWKIT_E_DAMAGED);
    CHECK_EQ_STR(error.message, "message table: its texts overlap");
    CHECK_EQ_INT(ek_message_table_find(&table, 30, &text, NULL), ETWKIT_OK);
    CHECK_EQ_STR(text, "any");
    ek_message_table_free(&table);
}

TEST(damaged_tables_of_texts_cost_what_is_damaged) {
    const struct {
        size_t at;
        uint32_t value;
        const char *message;
    } cases[] = {
        {0, 100, "message table: it announces more blocks than it holds"},
        {4, 30, "message table: a block ends before it begins"},
        {12, 1000, "message table: a text lies outside of it"},
        {16, 3, "message table: a text lies outside of it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[256];
        etwkit_error error = {0};
        ek_message_table table;
        etwkit_allocator allocator = ek_allocator_or_default(NULL);
        ek_message_table_init(&table, &allocator);
        size_t size = make_table(bytes, 1, 2, "first");
        ek_store32(bytes + cases[i].at, cases[i].value);
        CHECK_EQ_INT(ek_message_table_add(&table, bytes, size, &error), ETWKIT_E_DAMAGED);
        CHECK_EQ_STR(error.message, cases[i].message);
        ek_message_table_free(&table);
    }
}

/* A copy of exactly that size, so that the sanitizers see each byte read behind its end. */
static void read_copy(const uint8_t *data, size_t size, size_t changed, unsigned by) {
    uint8_t *copy = malloc(size ? size : 1);
    ek_providers providers;
    CHECK(copy != NULL);
    if (!copy)
        return;
    memcpy(copy, data, size);
    if (changed < size)
        copy[changed] = (uint8_t)(copy[changed] ^ by);
    etwkit_status status = read_binary(&providers, copy, size);
    CHECK(status == ETWKIT_OK || status == ETWKIT_ABSENT || status == ETWKIT_E_DAMAGED ||
          status == ETWKIT_E_UNSUPPORTED);
    ek_providers_free(&providers);
    free(copy);
}

TEST(any_cut_is_survived) {
    for (size_t size = 0; size < sizeof made_64; size++)
        read_copy(made_64, size, SIZE_MAX, 0);
}

TEST(any_changed_byte_is_survived) {
    static const uint8_t by[] = {0xFF, 0x80, 0x01};
    for (size_t i = 0; i < sizeof by; i++)
        for (size_t at = 0; at < sizeof made_32; at++)
            read_copy(made_32, sizeof made_32, at, by[i]);
}

static bool read_with(const etwkit_allocator *allocator, void *context) {
    ek_providers providers;
    (void)context;
    ek_providers_init(&providers, allocator);
    etwkit_status status =
        ek_pe_read_providers("nowhere/zoo.dll", made_64, sizeof made_64, &providers, NULL, NULL, NULL);
    CHECK(status == ETWKIT_OK || status == ETWKIT_E_NO_MEMORY);
    ek_providers_free(&providers);
    return status == ETWKIT_OK;
}

TEST(memory_that_runs_out_leaves_nothing) {
    CHECK_OOM(read_with, NULL);
}

/* Many providers, all with the same elements: what they name is not read for each of them. */
TEST(shared_tables_do_not_multiply) {
    enum {
        PROVIDERS = 20000,
        HEAD = 16 + 20 * PROVIDERS,
        EVENTS = HEAD + 24,
        EVENT_COUNT = 4000,
        SIZE = EVENTS + 16 + 48 * EVENT_COUNT
    };
    uint8_t *data = calloc(1, SIZE);
    REQUIRE(data != NULL);
    memcpy(data, "CRIM", 4);
    ek_store32(data + 12, PROVIDERS);
    for (size_t i = 0; i < PROVIDERS; i++)
        ek_store32(data + 16 + 20 * i + 16, HEAD);
    memcpy(data + HEAD, "WEVT", 4);
    ek_store32(data + HEAD + 12, 1);
    ek_store32(data + HEAD + 16, 4); /* EVNT */
    ek_store32(data + HEAD + 20, EVENTS);
    memcpy(data + EVENTS, "EVNT", 4);
    ek_store32(data + EVENTS + 8, EVENT_COUNT);
    ek_providers providers;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    memset(&told, 0, sizeof told);
    ek_providers_init(&providers, &allocator);
    ek_wevt_source source = {.name = "all.dll", .data = data, .size = SIZE, .report = report};
    CHECK_EQ_INT(ek_wevt_read(&source, &providers, NULL), ETWKIT_OK);
    REQUIRE(providers.count > 5000);
    CHECK(told.count > 10000);
    CHECK(strstr(told.last, "its tables overlap") != NULL);
    CHECK(providers.list[0]->event_count == EVENT_COUNT && providers.list[100]->event_count == 0);
    CHECK(providers.arena.total < (size_t)16 * SIZE);
    ek_providers_free(&providers);
    free(data);
}

static etwkit_status take_path(void *context, const char *path) {
    char *all = context;
    strcat(strcat(all, path), ";");
    return ETWKIT_ABSENT;
}

TEST(texts_are_looked_for_beside_the_binary) {
    static const char *const paths[][2] = {
        {"/no/such/a.dll", "/no/such/a.dll.mui;/no/such/en-US/a.dll.mui;"},
        {"C:\\no\\a.sys", "C:\\no/a.sys.mui;C:\\no/en-US/a.sys.mui;"},
        {"/nosuch.exe", "//nosuch.exe.mui;//en-US/nosuch.exe.mui;"},
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char all[512] = "";
        ek_arena arena;
        etwkit_allocator allocator = ek_allocator_or_default(NULL);
        ek_arena_init(&arena, &allocator);
        CHECK_EQ_INT(ek_mui_find(paths[i][0], &arena, take_path, all), ETWKIT_ABSENT);
        CHECK_EQ_STR(all, paths[i][1]);
        ek_arena_free(&arena);
    }
}

TEST_MAIN(CASE(binaries_of_both_sizes_are_read), CASE(texts_of_8_bits_are_read),
          CASE(without_texts_values_have_no_labels), CASE(other_files_are_refused),
          CASE(the_language_that_is_there_is_taken), CASE(texts_are_found_by_number),
          CASE(blocks_may_stand_in_any_order_but_not_share_texts), CASE(damaged_tables_of_texts_cost_what_is_damaged),
          CASE(any_cut_is_survived), CASE(any_changed_byte_is_survived), CASE(memory_that_runs_out_leaves_nothing),
          CASE(shared_tables_do_not_multiply), CASE(texts_are_looked_for_beside_the_binary))
