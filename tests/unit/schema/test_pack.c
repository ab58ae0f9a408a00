/* SPDX-License-Identifier: MIT */
/* Packs: what is put in comes out, by every way; layouts of several builds; every byte damaged. */
#include "base/guid.h"
#include "models.h"
#include "oom.h"
#include "schema/pack.h"
#include "schema/pack_format.h"
#include "test.h"

static const ek_pack_choice any_layout = {0, NULL};

/* A pack in the making, with the providers of the source at hand. */
typedef struct making {
    etwkit_allocator allocator;
    ek_providers providers;
    ek_pack_builder *builder;
    ek_buf bytes;
    ek_pack pack;
} making;

static void begin(making *m, bool with_messages) {
    const ek_pack_builder_options options = {.with_messages = with_messages};
    m->allocator = ek_allocator_or_default(NULL);
    ek_buf_init(&m->bytes, &m->allocator);
    ek_providers_init(&m->providers, &m->allocator);
    CHECK_EQ_INT(ek_pack_builder_new(&m->builder, &options, &m->allocator, NULL), ETWKIT_OK);
}

/* Adds what the source says, and begins another one. */
static void add_source(making *m, uint32_t build) {
    CHECK_EQ_INT(add_all(m->builder, &m->providers, build), ETWKIT_OK);
    ek_providers_free(&m->providers);
}

static void finish(making *m) {
    CHECK_EQ_INT(ek_pack_builder_finish(m->builder, &m->bytes, NULL), ETWKIT_OK);
    CHECK_EQ_INT(ek_pack_open(&m->pack, m->bytes.data, m->bytes.size, NULL), ETWKIT_OK);
}

static void end(making *m) {
    ek_pack_builder_free(&m->builder);
    ek_providers_free(&m->providers);
    ek_buf_free(&m->bytes);
}

static making make_alpha_pack(bool with_messages) {
    making m;
    begin(&m, with_messages);
    CHECK(make_alpha(&m.providers));
    add_source(&m, 0);
    finish(&m);
    return m;
}

/* One description, with its memory. */
typedef struct told {
    ek_arena arena;
    ek_description is;
    etwkit_status status;
} told;

static told tell(const making *m, const etwkit_record *record, const ek_pack_choice *choice) {
    told t = {.is = {0}};
    ek_arena_init(&t.arena, &m->allocator);
    t.status = ek_pack_describe(&m->pack, record, choice, &t.arena, &t.is, NULL);
    return t;
}

static etwkit_record record_of(const etwkit_guid *provider, unsigned id, unsigned version) {
    return (etwkit_record){.provider_id = *provider, .event_id = (uint16_t)id, .version = (uint8_t)version, .level = 4};
}

static told tell_event(const making *m, unsigned id, unsigned version) {
    etwkit_record record = record_of(&alpha_id, id, version);
    return tell(m, &record, &any_layout);
}

/* How many fields an event has; -1: they are not known. */
static int fields_of(const making *m, const etwkit_record *record, const ek_pack_choice *choice) {
    told t = tell(m, record, choice);
    int count = t.status == ETWKIT_OK ? t.is.layout->field_count : -1;
    ek_arena_free(&t.arena);
    return count;
}

TEST(names_are_found) {
    making m = make_alpha_pack(false);
    etwkit_record record = record_of(&alpha_id, 7, 0);
    record.task = 3;
    record.opcode = 20;
    record.channel = 16;
    record.keywords = 9 | 2;
    told t = tell(&m, &record, &any_layout);
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_INT(t.is.source, ETWKIT_SOURCE_PACK);
    CHECK(!t.is.guessed);
    CHECK_EQ_STR(t.is.provider_name, "Alpha-Provider");
    CHECK_EQ_STR(t.is.task_name, "Connect");
    CHECK_EQ_STR(t.is.opcode_name, "OfConnect");
    CHECK_EQ_STR(t.is.level_name, "Information");
    CHECK_EQ_STR(t.is.channel_name, "Alpha/Debug");
    REQUIRE(t.is.keyword_names != NULL);
    CHECK_EQ_STR(t.is.keyword_names[0], "One");
    CHECK_EQ_STR(t.is.keyword_names[1], "Eight");
    CHECK(t.is.keyword_names[2] == NULL);
    CHECK_EQ_UINT(t.is.layout->field_count, 2);
    CHECK_EQ_STR(t.is.layout->fields[1].name, "n1");
    REQUIRE(t.is.layout->fields[1].map != NULL);
    CHECK_EQ_STR(ek_map_label(t.is.layout->fields[1].map, 2), "two");
    CHECK(t.is.layout->fields[0].map == NULL);
    ek_arena_free(&t.arena);
    end(&m);
}

TEST(opcodes_of_a_task_come_before_those_of_all) {
    making m = make_alpha_pack(false);
    etwkit_record record = record_of(&alpha_id, 7, 0);
    record.task = 4;
    record.opcode = 20;
    told t = tell(&m, &record, &any_layout);
    CHECK_EQ_STR(t.is.opcode_name, "Everywhere");
    CHECK(t.is.task_name == NULL);
    ek_arena_free(&t.arena);
    record.opcode = 1;
    t = tell(&m, &record, &any_layout);
    CHECK_EQ_STR(t.is.opcode_name, "Start");
    ek_arena_free(&t.arena);
    end(&m);
}

TEST(what_a_source_before_said_stays) {
    making m = make_alpha_pack(false);
    etwkit_record record = record_of(&alpha_id, 7, 0);
    ek_description is = {.provider_name = "Mine", .level_name = "Mine too"};
    ek_arena arena;
    ek_arena_init(&arena, &m.allocator);
    CHECK_EQ_INT(ek_pack_describe(&m.pack, &record, &any_layout, &arena, &is, NULL), ETWKIT_OK);
    CHECK_EQ_STR(is.provider_name, "Mine");
    CHECK_EQ_STR(is.level_name, "Mine too");
    ek_arena_free(&arena);
    end(&m);
}

TEST(names_come_also_where_the_event_is_not_known) {
    making m = make_alpha_pack(false);
    told t = tell_event(&m, 999, 0);
    CHECK_EQ_INT(t.status, ETWKIT_ABSENT);
    CHECK(t.is.layout == NULL);
    CHECK_EQ_STR(t.is.provider_name, "Alpha-Provider");
    ek_arena_free(&t.arena);
    etwkit_record record = record_of(&beta_id, 7, 0);
    t = tell(&m, &record, &any_layout);
    CHECK_EQ_INT(t.status, ETWKIT_ABSENT);
    CHECK(t.is.provider_name == NULL);
    ek_arena_free(&t.arena);
    end(&m);
}

TEST(versions_that_are_not_there_are_guessed_from_lower_ones) {
    making m = make_alpha_pack(false);
    static const struct {
        unsigned version;
        unsigned fields;
        bool guessed;
    } cases[] = {{0, 2, false}, {1, 2, true}, {2, 3, false}, {3, 3, true}, {255, 3, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        told t = tell_event(&m, 7, cases[i].version);
        REQUIRE(t.status == ETWKIT_OK);
        CHECK_EQ_UINT(t.is.layout->field_count, cases[i].fields);
        CHECK_EQ_INT(t.is.guessed, cases[i].guessed);
        ek_arena_free(&t.arena);
    }
    end(&m);
}

TEST(no_payload_and_an_unknown_one_differ) {
    making m = make_alpha_pack(false);
    told t = tell_event(&m, 8, 0);
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(t.is.layout->field_count, 0);
    ek_arena_free(&t.arena);
    t = tell_event(&m, 9, 0);
    CHECK_EQ_INT(t.status, ETWKIT_ABSENT);
    CHECK_EQ_STR(t.is.event_name, "EVENT_NINE");
    ek_arena_free(&t.arena);
    t = tell_event(&m, 10, 0); /* up to the field that is not understood */
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(t.is.layout->field_count, 1);
    CHECK_EQ_STR(t.is.event_name, "TenthEvent");
    ek_arena_free(&t.arena);
    end(&m);
}

TEST(structs_and_references_are_kept) {
    making m = make_alpha_pack(false);
    told t = tell_event(&m, 11, 0);
    REQUIRE(t.status == ETWKIT_OK);
    const etwkit_field *fields = t.is.layout->fields;
    CHECK_EQ_UINT(t.is.layout->top_count, 2);
    CHECK_EQ_UINT(fields[1].flags, EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT);
    CHECK_EQ_UINT(fields[1].first_member, 2);
    CHECK_EQ_UINT(fields[1].member_count, 2);
    CHECK_EQ_STR(fields[3].name, "b");
    CHECK_EQ_UINT(fields[0].slot, 0);
    ek_arena_free(&t.arena);
    end(&m);
}

/* Event 7 as several builds have it: each with another number of fields. */
static making make_builds(const uint32_t *builds, const size_t *counts, size_t count) {
    making m;
    begin(&m, false);
    for (size_t i = 0; i < count; i++) {
        CHECK(make_small(&m.providers, &alpha_id, "Alpha", 7, counts[i]));
        add_source(&m, builds[i]);
    }
    finish(&m);
    return m;
}

TEST(the_build_of_the_trace_chooses) {
    static const uint32_t builds[] = {10240, 17134, 19041, 22621};
    static const size_t counts[] = {1, 2, 1, 3};
    making m = make_builds(builds, counts, 4);
    CHECK_EQ_UINT(ek_pack_builder_disagreements(m.builder), 1);
    CHECK_EQ_UINT(ek_pack_build_at(&m.pack, 0), 10240);
    CHECK_EQ_UINT(ek_pack_build_at(&m.pack, 3), 22621);
    CHECK_EQ_UINT(ek_pack_build_at(&m.pack, 4), 0);
    static const struct {
        uint32_t build;
        int fields;
    } cases[] = {{10240, 1}, {17134, 2}, {17133, 1}, {18000, 2},      {19041, 1}, {19045, 1},
                 {22621, 3}, {26100, 3}, {7601, 1},  {0xFFFFFFFF, 3}, {0, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ek_pack_choice choice = {cases[i].build, NULL};
        etwkit_record record = record_of(&alpha_id, 7, 0);
        CHECK_EQ_INT(fields_of(&m, &record, &choice), cases[i].fields);
    }
    end(&m);
}

/* Four bytes a field. */
static bool fits_in_size(const ek_layout *layout, const etwkit_record *record) {
    return record->payload_size == 4u * layout->field_count;
}

TEST(the_payload_that_fits_chooses) {
    static const uint32_t builds[] = {10240, 17134, 19041};
    static const size_t counts[] = {1, 2, 3};
    making m = make_builds(builds, counts, 3);
    static const struct {
        uint32_t build, size;
        int fields;
    } cases[] = {{19041, 12, 3}, {19041, 8, 2}, {19041, 4, 1}, {10240, 12, 3}, {17134, 7, 2}, {0, 4, 1}, {0, 0, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ek_pack_choice choice = {cases[i].build, fits_in_size};
        etwkit_record record = record_of(&alpha_id, 7, 0);
        record.payload_size = cases[i].size;
        CHECK_EQ_INT(fields_of(&m, &record, &choice), cases[i].fields);
    }
    end(&m);
}

TEST(sources_of_no_build_are_right_in_all) {
    static const uint32_t builds[] = {19041, 0};
    static const size_t counts[] = {1, 2};
    making m = make_builds(builds, counts, 2);
    const ek_pack_choice far_away = {22621, NULL}, exact = {19041, NULL};
    etwkit_record record = record_of(&alpha_id, 7, 0);
    CHECK_EQ_INT(fields_of(&m, &record, &far_away), 2);
    CHECK_EQ_INT(fields_of(&m, &record, &exact), 1); /* both are right: the first */
    end(&m);
    static const size_t alike[] = {2, 2};
    m = make_builds(builds, alike, 2);
    CHECK_EQ_UINT(ek_pack_builder_disagreements(m.builder), 0);
    CHECK_EQ_INT(fields_of(&m, &record, &far_away), 2);
    end(&m);
}

TEST(a_known_payload_replaces_an_unknown_one) {
    for (int first = 0; first < 2; first++) {
        making m;
        begin(&m, false);
        for (int i = 0; i < 2; i++) {
            CHECK(make_small(&m.providers, &alpha_id, "Alpha", 7, 2));
            m.providers.list[0]->events[0].payload_unknown = i == first;
            add_source(&m, 0);
        }
        finish(&m);
        CHECK_EQ_UINT(ek_pack_builder_disagreements(m.builder), 0);
        etwkit_record record = record_of(&alpha_id, 7, 0);
        CHECK_EQ_INT(fields_of(&m, &record, &any_layout), 2);
        end(&m);
    }
}

TEST(of_two_names_the_last_counts) {
    making m;
    begin(&m, false);
    CHECK(make_small(&m.providers, &alpha_id, "Old", 7, 1));
    CHECK(ek_provider_add_name(&m.providers, m.providers.list[0], EK_TABLE_TASKS, 1, "Older", NULL));
    CHECK(ek_provider_add_name(&m.providers, m.providers.list[0], EK_TABLE_TASKS, 2, "Stays", NULL));
    add_source(&m, 10240);
    CHECK(make_small(&m.providers, &alpha_id, "New", 7, 1));
    add_source(&m, 10240);
    CHECK(make_small(&m.providers, &alpha_id, "", 8, 1)); /* an empty name is none */
    m.providers.list[0]->tables[EK_TABLE_TASKS].count = 0;
    add_source(&m, 10240);
    finish(&m);
    etwkit_record record = record_of(&alpha_id, 7, 0);
    record.task = 1;
    told t = tell(&m, &record, &any_layout);
    CHECK_EQ_STR(t.is.provider_name, "New");
    CHECK_EQ_STR(t.is.task_name, "New");
    ek_arena_free(&t.arena);
    record.task = 2;
    t = tell(&m, &record, &any_layout);
    CHECK_EQ_STR(t.is.task_name, "Stays");
    ek_arena_free(&t.arena);
    end(&m);
}

TEST(of_two_events_of_one_version_in_one_source_the_last_counts) {
    making m;
    begin(&m, false);
    CHECK(make_small(&m.providers, &alpha_id, "Alpha", 7, 1));
    CHECK(add_event(&m.providers, m.providers.list[0], 6, 0, NULL));
    CHECK(add_event(&m.providers, m.providers.list[0], 7, 0, numbers(&m.providers, ETWKIT_IN_UINT32, 3, NULL)));
    add_source(&m, 0);
    finish(&m);
    CHECK_EQ_UINT(ek_pack_builder_disagreements(m.builder), 0);
    ek_pack_provider provider;
    REQUIRE(ek_pack_find_provider(&m.pack, &alpha_id, &provider));
    CHECK_EQ_UINT(provider.event_count, 2);
    etwkit_record record = record_of(&alpha_id, 7, 0);
    CHECK_EQ_INT(fields_of(&m, &record, &any_layout), 3);
    end(&m);
}

TEST(providers_are_sorted_by_name_and_found_by_id) {
    making m;
    begin(&m, false);
    CHECK(make_small(&m.providers, &beta_id, "beta", 1, 1));
    CHECK(make_small(&m.providers, &gamma_id, "GAMMA", 1, 1));
    CHECK(make_small(&m.providers, &alpha_id, "Alpha", 1, 1));
    add_source(&m, 0);
    finish(&m);
    static const char *const names[] = {"Alpha", "beta", "GAMMA"};
    ek_pack_provider provider;
    REQUIRE(ek_pack_provider_count(&m.pack) == 3);
    for (uint32_t i = 0; i < 3; i++) {
        REQUIRE(ek_pack_provider_at(&m.pack, i, &provider));
        CHECK_EQ_STR(provider.name, names[i]);
        CHECK_EQ_UINT(provider.index, i);
        CHECK_EQ_UINT(provider.event_count, 1);
    }
    CHECK(!ek_pack_provider_at(&m.pack, 3, &provider));
    REQUIRE(ek_pack_find_provider(&m.pack, &gamma_id, &provider));
    CHECK_EQ_UINT(provider.index, 2);
    end(&m);
}

/* All of a pack read into the form that packs are made of, and made into a pack again. */
static etwkit_status make_again(const ek_pack *pack, const etwkit_allocator *allocator, ek_buf *out) {
    const ek_pack_builder_options options = {.with_messages = true};
    ek_providers providers;
    ek_pack_builder *builder;
    ek_providers_init(&providers, allocator);
    etwkit_status status = ek_pack_builder_new(&builder, &options, allocator, NULL);
    for (uint32_t i = 0; !status && i < ek_pack_provider_count(pack); i++)
        status = ek_pack_read_provider(pack, i, &providers, NULL, NULL);
    if (!status)
        status = add_all(builder, &providers, 0);
    if (!status)
        status = ek_pack_builder_finish(builder, out, NULL);
    ek_pack_builder_free(&builder);
    ek_providers_free(&providers);
    return status;
}

TEST(a_pack_of_a_pack_is_the_same) {
    making first = make_alpha_pack(true);
    ek_buf second, third;
    ek_pack pack;
    ek_buf_init(&second, &first.allocator);
    ek_buf_init(&third, &first.allocator);
    REQUIRE(make_again(&first.pack, &first.allocator, &second) == ETWKIT_OK);
    REQUIRE(ek_pack_open(&pack, second.data, second.size, NULL) == ETWKIT_OK);
    CHECK_EQ_UINT(second.size, first.bytes.size); /* elements may stand in another order, which then stays */
    REQUIRE(make_again(&pack, &first.allocator, &third) == ETWKIT_OK);
    REQUIRE(third.size == second.size);
    CHECK_EQ_MEM(third.data, second.data, third.size);
    ek_buf_free(&second);
    ek_buf_free(&third);
    end(&first);
}

TEST(layouts_and_builds_survive_a_pack_of_a_pack) {
    static const uint32_t builds[] = {10240, 0, 19041};
    static const size_t counts[] = {1, 2, 3};
    making m = make_builds(builds, counts, 3);
    ek_buf again;
    ek_buf_init(&again, &m.allocator);
    REQUIRE(make_again(&m.pack, &m.allocator, &again) == ETWKIT_OK);
    REQUIRE(again.size == m.bytes.size);
    CHECK_EQ_MEM(again.data, m.bytes.data, again.size);
    ek_buf_free(&again);
    end(&m);
}

TEST(all_of_a_provider_is_read) {
    making m = make_alpha_pack(true);
    const uint32_t *builds;
    REQUIRE(ek_pack_read_provider(&m.pack, 0, &m.providers, &builds, NULL) == ETWKIT_OK);
    memset(m.bytes.data, 0xAA, m.bytes.size); /* nothing points into the pack */
    const ek_provider *alpha = m.providers.list[0];
    CHECK_EQ_STR(alpha->name, "Alpha-Provider");
    CHECK_EQ_STR(alpha->message, "Alpha for people");
    REQUIRE(alpha->event_count == 6);
    CHECK_EQ_UINT(builds[0], 0);
    CHECK_EQ_UINT(alpha->events[1].version, 2);
    CHECK_EQ_STR(alpha->events[1].message, "%1 happened");
    CHECK_EQ_UINT(alpha->events[1].payload->field_count, 3);
    CHECK(alpha->events[2].payload == NULL && !alpha->events[2].payload_unknown);
    CHECK(alpha->events[3].payload_unknown);
    CHECK_EQ_STR(alpha->events[3].symbol, "EVENT_NINE");
    CHECK_EQ_STR(alpha->events[4].payload->stops_at, "Strange");
    CHECK_EQ_STR(alpha->events[4].name, "TenthEvent");
    REQUIRE(alpha->map_count == 2);
    const etwkit_map *bits = alpha->events[1].payload->fields[2].map;
    CHECK(bits == alpha->maps[0] || bits == alpha->maps[1]); /* each is made once */
    CHECK_EQ_STR(bits->name, "Bits");
    CHECK_EQ_STR(bits->entries[2].label, "four");
    REQUIRE(alpha->tables[EK_TABLE_KEYWORDS].count == 3);
    CHECK_EQ_STR(alpha->tables[EK_TABLE_KEYWORDS].values[1].name, "TwoAndFour");
    end(&m);
}

TEST(messages_are_left_out_unless_wanted) {
    making m = make_alpha_pack(false);
    REQUIRE(ek_pack_read_provider(&m.pack, 0, &m.providers, NULL, NULL) == ETWKIT_OK);
    CHECK(m.providers.list[0]->message == NULL);
    CHECK(m.providers.list[0]->events[0].message == NULL);
    CHECK(m.providers.list[0]->tables[EK_TABLE_KEYWORDS].values[0].message == NULL);
    end(&m);
}

TEST(the_same_input_gives_the_same_bytes) {
    making first = make_alpha_pack(true), second = make_alpha_pack(true);
    CHECK_EQ_UINT(first.bytes.size, second.bytes.size);
    CHECK_EQ_MEM(first.bytes.data, second.bytes.data, first.bytes.size);
    end(&first);
    end(&second);
}

TEST(a_pack_of_nothing) {
    making m;
    begin(&m, true);
    finish(&m);
    CHECK_EQ_UINT(ek_pack_provider_count(&m.pack), 0);
    told t = tell_event(&m, 7, 0);
    CHECK_EQ_INT(t.status, ETWKIT_ABSENT);
    ek_arena_free(&t.arena);
    end(&m);
}

TEST(what_does_not_fit_is_refused) {
    making m;
    etwkit_error error = {0};
    begin(&m, false);
    CHECK(make_small(&m.providers, &alpha_id, "Alpha", 7, 1));
    for (uint32_t build = 1; build <= EK_PACK_MAX_BUILDS; build++)
        CHECK_EQ_INT(add_all(m.builder, &m.providers, build), ETWKIT_OK);
    CHECK_EQ_INT(ek_pack_builder_add(m.builder, m.providers.list[0], 1, &error), ETWKIT_OK);
    CHECK_EQ_INT(ek_pack_builder_add(m.builder, m.providers.list[0], 99, &error), ETWKIT_E_LIMIT);
    CHECK(strstr(error.message, "31 builds") != NULL);
    end(&m);
    begin(&m, false);
    for (size_t i = 0; i <= EK_PACK_MAX_LAYOUTS; i++) {
        CHECK(make_small(&m.providers, &alpha_id, "Alpha", 7, i + 1));
        add_source(&m, 0);
    }
    CHECK_EQ_INT(ek_pack_builder_finish(m.builder, &m.bytes, &error), ETWKIT_E_LIMIT);
    CHECK(strstr(error.message, "Alpha: more than 64 layouts") != NULL);
    end(&m);
}

/* Texts and providers at the edge. */
TEST(texts_that_are_too_long_are_left_out) {
    making m;
    begin(&m, false);
    char *text = ek_arena_new(&m.providers.arena, EK_PACK_MAX_TEXT + 2);
    REQUIRE(text != NULL);
    memset(text, 'x', EK_PACK_MAX_TEXT + 1);
    CHECK(make_small(&m.providers, &alpha_id, text, 7, 1));
    CHECK(make_small(&m.providers, &beta_id, text + 1, 7, 1));
    add_source(&m, 0);
    finish(&m);
    ek_pack_provider provider;
    REQUIRE(ek_pack_find_provider(&m.pack, &alpha_id, &provider));
    CHECK_EQ_UINT(strlen(provider.name), 0);
    REQUIRE(ek_pack_find_provider(&m.pack, &beta_id, &provider));
    CHECK_EQ_UINT(strlen(provider.name), EK_PACK_MAX_TEXT);
    end(&m);
}

TEST(many_sources_of_one_provider_cost_no_more_each) { /* were they joined one by one, this would take minutes */
    making m;
    begin(&m, false);
    CHECK(make_small(&m.providers, &alpha_id, "Alpha", 0, 1));
    ek_provider *alpha = m.providers.list[0];
    for (unsigned id = 1; id < 30000; id++)
        REQUIRE(add_event(&m.providers, alpha, id, 0, alpha->events[0].payload) != NULL);
    CHECK_EQ_INT(ek_pack_builder_add(m.builder, alpha, 0, NULL), ETWKIT_OK);
    alpha->event_count = 1;
    for (unsigned i = 0; i < 10000; i++)
        REQUIRE(ek_pack_builder_add(m.builder, alpha, 0, NULL) == ETWKIT_OK);
    finish(&m);
    end(&m);
}

/* Asks everything of a pack that may be damaged. */
static void use(const making *m, const uint8_t *bytes, size_t size) {
    ek_pack pack;
    etwkit_error error = {0};
    etwkit_status status = ek_pack_open(&pack, bytes, size, &error);
    if (status) {
        CHECK(status == ETWKIT_E_DAMAGED || status == ETWKIT_E_UNSUPPORTED);
        CHECK(error.message[0] != 0);
        return;
    }
    for (unsigned id = 7; id < 12; id++) {
        static const ek_pack_choice choice = {19041, fits_in_size};
        etwkit_record record = record_of(&alpha_id, id, 0);
        ek_description is = {0};
        ek_arena arena;
        record.task = 3;
        record.opcode = 20;
        record.keywords = UINT64_MAX;
        ek_arena_init(&arena, &m->allocator);
        status = ek_pack_describe(&pack, &record, &choice, &arena, &is, &error);
        CHECK(status == ETWKIT_OK || status == ETWKIT_ABSENT || status == ETWKIT_E_DAMAGED);
        CHECK((is.layout != NULL) == (status == ETWKIT_OK));
        ek_arena_free(&arena);
    }
    for (uint32_t i = 0; i < ek_pack_provider_count(&pack) && i < 4; i++) {
        ek_providers providers;
        ek_pack_provider provider;
        ek_providers_init(&providers, &m->allocator);
        status = ek_pack_read_provider(&pack, i, &providers, NULL, &error);
        CHECK(status == ETWKIT_OK || status == ETWKIT_E_DAMAGED || status == ETWKIT_E_LIMIT);
        CHECK(ek_pack_provider_at(&pack, i, &provider) && provider.name);
        ek_providers_free(&providers);
    }
}

TEST(no_byte_can_break_it) {
    making m = make_alpha_pack(false);
    static const uint8_t flips[] = {0x01, 0x80, 0xFF};
    uint8_t *copy = ek_alloc(&m.allocator, m.bytes.size);
    REQUIRE(copy != NULL);
    for (size_t at = 0; at < m.bytes.size; at++)
        for (size_t i = 0; i < sizeof flips; i++) {
            memcpy(copy, m.bytes.data, m.bytes.size);
            copy[at] ^= flips[i];
            use(&m, copy, m.bytes.size);
        }
    ek_release(&m.allocator, copy);
    end(&m);
}

TEST(no_length_can_break_it) {
    making m = make_alpha_pack(false);
    for (size_t size = 0; size <= m.bytes.size; size++) {
        uint8_t *copy = ek_alloc(&m.allocator, size); /* its own block: ASan sees each byte behind it */
        REQUIRE(copy != NULL);
        memcpy(copy, m.bytes.data, size);
        ek_pack pack;
        CHECK_EQ_INT(ek_pack_open(&pack, copy, size, NULL), size < m.bytes.size ? ETWKIT_E_DAMAGED : ETWKIT_OK);
        use(&m, copy, size);
        if (size >= EK_PACK_HEAD_SIZE) { /* a head that says so itself */
            uint32_t claimed = (uint32_t)size;
            memcpy(copy + EK_PACK_AT_SIZE, &claimed, sizeof claimed);
            use(&m, copy, size);
        }
        ek_release(&m.allocator, copy);
    }
    end(&m);
}

TEST(later_formats_are_told) {
    making m = make_alpha_pack(false);
    etwkit_error error = {0};
    ek_pack pack;
    m.bytes.data[EK_PACK_AT_VERSION]++;
    CHECK_EQ_INT(ek_pack_open(&pack, m.bytes.data, m.bytes.size, &error), ETWKIT_E_UNSUPPORTED);
    CHECK(strstr(error.message, "version 2") != NULL);
    end(&m);
}

/* A section of a pack, to be overwritten. */
static void *section(making *m, ek_pack_section which, uint32_t *count) {
    uint32_t offset;
    memcpy(&offset, m->bytes.data + EK_PACK_AT_SECTIONS + 8 * which, 4);
    memcpy(count, m->bytes.data + EK_PACK_AT_SECTIONS + 8 * which + 4, 4);
    return m->bytes.data + offset;
}

TEST(a_full_hash_ends_the_search) {
    making m = make_alpha_pack(false);
    uint32_t places;
    uint32_t *hash = section(&m, EK_PACK_HASH, &places);
    for (uint32_t i = 0; i < places; i++)
        hash[i] = 1;
    etwkit_record record = record_of(&beta_id, 7, 0);
    CHECK_EQ_INT(fields_of(&m, &record, &any_layout), -1);
    end(&m);
}

TEST(one_map_of_many_fields_is_made_once) {
    making m;
    begin(&m, false);
    CHECK(make_small(&m.providers, &alpha_id, "Alpha", 7, 1));
    ek_map_entry *entries = ek_arena_new(&m.providers.arena, 60000 * sizeof *entries);
    ek_field_spec *fields = ek_arena_new(&m.providers.arena, EK_MAX_FIELDS * sizeof *fields);
    REQUIRE(entries != NULL && fields != NULL);
    for (uint32_t i = 0; i < 60000; i++)
        entries[i] = (ek_map_entry){i, "label"};
    const etwkit_map *map = ek_map_build(&m.providers.arena, "Large", false, entries, 60000);
    for (uint32_t i = 0; i < EK_MAX_FIELDS; i++)
        fields[i] = spec("n", ETWKIT_IN_UINT8, map);
    const ek_template many = {.fields = fields, .field_count = EK_MAX_FIELDS, .top_count = EK_MAX_FIELDS};
    m.providers.list[0]->events[0].payload = &many;
    add_source(&m, 0);
    finish(&m);
    told t = tell_event(&m, 7, 0);
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(etwkit_map_count(t.is.layout->fields[0].map), 60000);
    CHECK(t.is.layout->fields[0].map == t.is.layout->fields[EK_MAX_FIELDS - 1].map);
    CHECK(t.arena.total < (size_t)8 << 20);
    ek_arena_free(&t.arena);
    end(&m);
}

TEST(one_text_of_many_entries_is_bounded) {
    making m;
    begin(&m, false);
    CHECK(make_small(&m.providers, &alpha_id, "Alpha", 7, 1));
    char *text = ek_arena_new(&m.providers.arena, 60001);
    REQUIRE(text != NULL);
    memset(text, 'x', 60000);
    ek_map_entry entries[200];
    for (uint32_t i = 0; i < 200; i++)
        entries[i] = (ek_map_entry){i, text};
    const etwkit_map *map = ek_map_build(&m.providers.arena, "Long", false, entries, 200);
    m.providers.list[0]->events[0].payload = numbers(&m.providers, ETWKIT_IN_UINT32, 1, map);
    add_source(&m, 0);
    finish(&m);
    etwkit_record record = record_of(&alpha_id, 7, 0);
    ek_description is = {0};
    etwkit_error error = {0};
    ek_arena arena;
    ek_arena_init(&arena, &m.allocator);
    CHECK_EQ_INT(ek_pack_describe(&m.pack, &record, &any_layout, &arena, &is, &error), ETWKIT_E_DAMAGED);
    CHECK(strstr(error.message, "again and again") != NULL);
    ek_arena_free(&arena);
    end(&m);
}

TEST(a_layout_that_cannot_be_costs_none_of_the_others) {
    static const uint32_t builds[] = {10240, 19041};
    static const size_t counts[] = {1, 2};
    making m = make_builds(builds, counts, 2);
    uint32_t count;
    ek_packed_template *templates = section(&m, EK_PACK_TEMPLATES, &count);
    REQUIRE(count == 2);
    templates[1].top_count = 9; /* of two */
    const ek_pack_choice choice = {19041, fits_in_size};
    etwkit_record record = record_of(&alpha_id, 7, 0);
    CHECK_EQ_INT(fields_of(&m, &record, &choice), 1);
    end(&m);
}

TEST(events_out_of_order_are_not_found_or_others) {
    making m = make_alpha_pack(false);
    uint32_t count;
    ek_packed_event *events = section(&m, EK_PACK_EVENTS, &count);
    for (uint32_t i = 0; i < count / 2; i++) {
        ek_packed_event other = events[i];
        events[i] = events[count - 1 - i];
        events[count - 1 - i] = other;
    }
    for (unsigned id = 0; id < 14; id++)
        for (unsigned version = 0; version < 4; version++) {
            told t = tell_event(&m, id, version);
            CHECK(t.status == ETWKIT_OK || t.status == ETWKIT_ABSENT);
            ek_arena_free(&t.arena);
        }
    end(&m);
}

static bool makes_a_pack(const etwkit_allocator *allocator, void *context) {
    const ek_pack_builder_options options = {.with_messages = true};
    ek_providers providers;
    ek_pack_builder *builder = NULL;
    ek_buf bytes;
    etwkit_error error = {0};
    (void)context;
    ek_providers_init(&providers, allocator);
    ek_buf_init(&bytes, allocator);
    etwkit_status status = ek_pack_builder_new(&builder, &options, allocator, &error);
    if (!status && !make_alpha(&providers))
        status = ek_providers_failure(&providers, &error);
    if (!status)
        status = add_all(builder, &providers, 10240);
    if (!status)
        status = add_all(builder, &providers, 0);
    if (!status)
        status = ek_pack_builder_finish(builder, &bytes, &error);
    CHECK(status == ETWKIT_OK || status == ETWKIT_E_NO_MEMORY);
    ek_pack_builder_free(&builder);
    ek_providers_free(&providers);
    ek_buf_free(&bytes);
    return status == ETWKIT_OK;
}

TEST(making_ends_cleanly_without_memory) {
    CHECK_OOM(makes_a_pack, NULL);
}

static bool describes(const etwkit_allocator *allocator, void *context) {
    making m = *(const making *)context;
    m.allocator = *allocator;
    etwkit_record record = record_of(&alpha_id, 7, 0);
    const ek_pack_choice choice = {0, fits_in_size};
    record.keywords = UINT64_MAX;
    told t = tell(&m, &record, &choice);
    CHECK(t.status == ETWKIT_OK || t.status == ETWKIT_E_NO_MEMORY);
    ek_arena_free(&t.arena);
    return t.status == ETWKIT_OK;
}

static bool reads(const etwkit_allocator *allocator, void *context) {
    const making *m = context;
    ek_providers providers;
    ek_providers_init(&providers, allocator);
    etwkit_status status = ek_pack_read_provider(&m->pack, 0, &providers, NULL, NULL);
    CHECK(status == ETWKIT_OK || status == ETWKIT_E_NO_MEMORY);
    ek_providers_free(&providers);
    return status == ETWKIT_OK;
}

TEST(reading_ends_cleanly_without_memory) {
    making m;
    begin(&m, true);
    CHECK(make_alpha(&m.providers));
    add_source(&m, 10240);
    CHECK(make_small(&m.providers, &alpha_id, "Alpha", 7, 5));
    add_source(&m, 19041);
    finish(&m);
    CHECK_OOM(describes, &m);
    CHECK_OOM(reads, &m);
    end(&m);
}

TEST_MAIN(CASE(names_are_found), CASE(opcodes_of_a_task_come_before_those_of_all),
          CASE(what_a_source_before_said_stays), CASE(names_come_also_where_the_event_is_not_known),
          CASE(versions_that_are_not_there_are_guessed_from_lower_ones), CASE(no_payload_and_an_unknown_one_differ),
          CASE(structs_and_references_are_kept), CASE(the_build_of_the_trace_chooses),
          CASE(the_payload_that_fits_chooses), CASE(sources_of_no_build_are_right_in_all),
          CASE(a_known_payload_replaces_an_unknown_one), CASE(of_two_names_the_last_counts),
          CASE(of_two_events_of_one_version_in_one_source_the_last_counts),
          CASE(providers_are_sorted_by_name_and_found_by_id), CASE(a_pack_of_a_pack_is_the_same),
          CASE(layouts_and_builds_survive_a_pack_of_a_pack), CASE(all_of_a_provider_is_read),
          CASE(messages_are_left_out_unless_wanted), CASE(the_same_input_gives_the_same_bytes), CASE(a_pack_of_nothing),
          CASE(what_does_not_fit_is_refused), CASE(texts_that_are_too_long_are_left_out),
          CASE(many_sources_of_one_provider_cost_no_more_each), CASE(no_byte_can_break_it),
          CASE(no_length_can_break_it), CASE(later_formats_are_told), CASE(a_full_hash_ends_the_search),
          CASE(one_map_of_many_fields_is_made_once), CASE(one_text_of_many_entries_is_bounded),
          CASE(a_layout_that_cannot_be_costs_none_of_the_others), CASE(events_out_of_order_are_not_found_or_others),
          CASE(making_ends_cleanly_without_memory), CASE(reading_ends_cleanly_without_memory))
