/* SPDX-License-Identifier: MIT */
/* The filters of sessions of the system, which serve where Windows does not; and what other systems say of such ones.
 */
#include "base/machine.h"
#include "oom.h"
#include "session/sieve.h"
#include "test.h"

#include <etwkit/system.h>

static const etwkit_guid this_provider =
    ETWKIT_GUID_INIT(0x22fb2cd6, 0x0e7b, 0x422b, 0xa0, 0xc7, 0x2f, 0xad, 0x1f, 0xd0, 0xe7, 0x16);
static const etwkit_guid other_provider =
    ETWKIT_GUID_INIT(0x1418ef04, 0xb0b4, 0x4623, 0xbf, 0x7e, 0xd7, 0x4a, 0xb4, 0x7b, 0xbd, 0xaa);

/* An event with TraceLogging's metadata: size, a tag of two bytes, name, and the stored form of the item. */
static uint8_t named[0x50 + 8 + 16];

static etwkit_record record_of(const etwkit_guid *provider, uint16_t id, uint32_t process_id) {
    return (etwkit_record){.provider_id = *provider,
                           .event_id = id,
                           .process_id = process_id,
                           .keywords = 1,
                           .header_kind = ETWKIT_HEADER_EVENT64,
                           .data = named,
                           .data_size = sizeof named};
}

static etwkit_record record_with_name(const char *name) {
    static const uint8_t item[] = {24, 0, ETWKIT_ITEM_EVENT_SCHEMA_TL, 0, 0, 0, 13, 0, 13, 0, 0x80, 0x01};
    memset(named, 0, sizeof named);
    memcpy(named + 0x50, item, sizeof item);
    memcpy(named + 0x50 + sizeof item, name, strlen(name) + 1);
    etwkit_record record = record_of(&this_provider, 0, 4);
    record.items_offset = 0x50;
    record.items_size = 24;
    return record;
}

static ek_verdict verdict;

static ek_verdict runs(void *context, const etwkit_record *record, const ek_wanted *wanted) {
    (void)context;
    (void)record;
    (void)wanted;
    return verdict;
}

/* What is known of an event: nothing. */
static const etwkit_schema *no_schema(void *context, const etwkit_record *record) {
    (void)record;
    return context;
}
static const ek_filter_names names_unknown = {no_schema, NULL};

static bool passes(const etwkit_enable *enable, const etwkit_record *record, bool takes_unknown) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_sieve *sieve = ek_sieve_with(NULL, &allocator, &this_provider, enable);
    ek_wanted *wanted = ek_sieve_find(sieve, &this_provider);
    CHECK(wanted != NULL);
    if (!wanted)
        return false;
    wanted->takes_unknown_programs = wanted->takes_unknown_payloads = takes_unknown;
    bool passed = ek_sieve_passes(sieve, record, &names_unknown, runs, NULL);
    ek_sieve_free(&sieve);
    return passed;
}

TEST(ids_and_processes) {
    const uint16_t ids[] = {5, 7, 65535};
    const uint32_t processes[] = {4, 70000};
    etwkit_enable enable = ETWKIT_ENABLE;
    etwkit_record yes = record_of(&this_provider, 65535, 70000), other_id = record_of(&this_provider, 6, 4),
                  other_process = record_of(&this_provider, 5, 4464), foreign = record_of(&other_provider, 6, 1);
    enable.event_ids = ids;
    enable.event_id_count = 3;
    enable.process_ids = processes;
    enable.process_id_count = 2;
    CHECK(passes(&enable, &yes, false));
    CHECK(!passes(&enable, &other_id, false));
    CHECK(!passes(&enable, &other_process, false)); /* 70000 cut to 16 bits */
    CHECK(passes(&enable, &foreign, false));
    enable.exclude_event_ids = true;
    CHECK(passes(&enable, &other_id, false));
    CHECK(!passes(&enable, &yes, false));
    yes.flags = ETWKIT_FLAG_CLASSIC; /* which has no id */
    CHECK(passes(&enable, &yes, false));
}

TEST(keyword_0) {
    etwkit_enable enable = ETWKIT_ENABLE;
    etwkit_record record = record_of(&this_provider, 1, 4);
    enable.ignore_keyword_0 = true;
    CHECK(passes(&enable, &record, false));
    record.keywords = 0;
    CHECK(!passes(&enable, &record, false));
    record.flags = ETWKIT_FLAG_CLASSIC;
    CHECK(passes(&enable, &record, false));
}

TEST(names) {
    const char *const names[] = {"First", "Second"};
    etwkit_enable enable = ETWKIT_ENABLE;
    enable.event_names = names;
    enable.event_name_count = 2;
    etwkit_record record = record_with_name("Second");
    CHECK(passes(&enable, &record, false));
    record = record_with_name("Secon");
    CHECK(!passes(&enable, &record, false));
    enable.exclude_event_names = true;
    CHECK(passes(&enable, &record, false));
    enable.exclude_event_names = false;
    record.items_size = 0;
    record.items_offset = 0;
    CHECK(!passes(&enable, &record, false)); /* one without a name */
}

TEST(programs) {
    const char *const programs[] = {"app.exe"};
    etwkit_enable enable = ETWKIT_ENABLE;
    etwkit_record record = record_of(&this_provider, 1, 4);
    enable.programs = programs;
    enable.program_count = 1;
    verdict = EK_YES;
    CHECK(passes(&enable, &record, false));
    verdict = EK_NO;
    CHECK(!passes(&enable, &record, true));
    verdict = EK_UNKNOWN;
    CHECK(!passes(&enable, &record, false));
    CHECK(passes(&enable, &record, true));
    CHECK(ek_is_program("C:\\Windows\\System32\\App.EXE", "app.exe"));
    CHECK(ek_is_program("app.exe", "APP.exe"));
    CHECK(!ek_is_program("C:\\app.exe\\other.exe", "app.exe"));
    CHECK(!ek_is_program("C:\\my-app.exe", "app.exe"));
}

/* How they compare is test_payload.c's. Of events without a schema nobody knows what they hold. */
TEST(payloads) {
    const etwkit_payload_predicate predicate = {"State", ETWKIT_PAYLOAD_EQUAL, "7"};
    const etwkit_payload_filter filter = {.event_id = 5, .version = 1, .predicates = &predicate, .predicate_count = 1};
    etwkit_enable enable = ETWKIT_ENABLE;
    enable.payload_filters = &filter;
    enable.payload_filter_count = 1;
    etwkit_record named_by_it = record_of(&this_provider, 5, 4), other_version = named_by_it;
    named_by_it.version = 1;
    CHECK(!passes(&enable, &named_by_it, false));
    CHECK(passes(&enable, &named_by_it, true)); /* Windows knew */
    CHECK(passes(&enable, &other_version, false));
    named_by_it.flags = ETWKIT_FLAG_CLASSIC; /* which has no id */
    CHECK(passes(&enable, &named_by_it, false));
}

/* What is set replaces what was, and what is taken back passes again. */
TEST(changes) {
    const uint16_t ids[] = {5};
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    etwkit_enable enable = ETWKIT_ENABLE;
    etwkit_record record = record_of(&this_provider, 6, 4);
    enable.event_ids = ids;
    enable.event_id_count = 1;
    ek_sieve *first = ek_sieve_with(NULL, &allocator, &other_provider, &enable);
    ek_sieve *second = ek_sieve_with(first, &allocator, &this_provider, &enable);
    REQUIRE(first && second);
    CHECK_EQ_UINT(second->count, 2);
    CHECK(!ek_sieve_passes(second, &record, &names_unknown, runs, NULL));
    enable.event_id_count = 0;
    ek_sieve *third = ek_sieve_with(second, &allocator, &this_provider, &enable);
    ek_sieve *fourth = ek_sieve_with(third, &allocator, &this_provider, NULL);
    REQUIRE(third && fourth);
    ek_sieve_free(&second);
    CHECK_EQ_UINT(third->count, 2);
    CHECK(ek_sieve_passes(third, &record, &names_unknown, runs, NULL));
    CHECK_EQ_UINT(fourth->count, 1);
    CHECK(ek_sieve_find(fourth, &this_provider) == NULL);
    CHECK(ek_sieve_find(fourth, &other_provider)->ids != NULL);
    ek_sieve_free(&first);
    ek_sieve_free(&third);
    ek_sieve_free(&fourth);
}

/* What was written before a change is the older one's: by exact ticks where the clock has them, else by time. */
TEST(what_was_written_before_a_change) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    const ek_clock ticks = {.frequency = ek_ticks_frequency()}, times = {.frequency = 0};
    ek_sieve *first = ek_sieve_with(NULL, &allocator, &this_provider, NULL);
    ek_sieve *second = ek_sieve_with(first, &allocator, &this_provider, NULL);
    REQUIRE(first && second);
    CHECK(second->since_ticks >= first->since_ticks && first->since_ticks > 0 && first->since_time > 0);
    second->older = first;
    etwkit_record record = {.raw_timestamp = second->since_ticks - 1, .timestamp = second->since_time};
    CHECK(ek_sieve_at(second, &record, &ticks) == first);
    CHECK(ek_sieve_at(second, &record, &times) == second);
    record = (etwkit_record){.raw_timestamp = second->since_ticks, .timestamp = second->since_time - 1};
    CHECK(ek_sieve_at(second, &record, &ticks) == second);
    CHECK(ek_sieve_at(second, &record, &times) == first);
    record.timestamp = 0; /* older than the first: that was there from the start on */
    CHECK(ek_sieve_at(second, &record, &times) == first);
    CHECK(ek_sieve_at(NULL, &record, &times) == NULL);
    ek_sieve_free(&second);
}

/* However fast they change, and whoever reads meanwhile. */
TEST(changes_do_not_pile_up) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    const ek_clock times = {.frequency = 0};
    ek_sieve *newest = ek_sieve_with(NULL, &allocator, &this_provider, NULL), *seen = NULL;
    const etwkit_record old = {.timestamp = 0};
    REQUIRE(newest != NULL);
    const int64_t first = newest->since_time;
    for (unsigned i = 0; i < 100; i++) {
        ek_sieve *added = ek_sieve_with(newest, &allocator, &this_provider, NULL);
        REQUIRE(added != NULL);
        ek_sieve *freed = ek_sieve_follow(added, newest, seen);
        CHECK(freed == NULL || (freed != seen && freed->older == NULL));
        ek_sieve_free(&freed);
        newest = added;
        if (i % 7 == 0) { /* the reader has an event from before all of them */
            seen = newest;
            freed = ek_sieve_cut(newest, &old, &times);
            ek_sieve_free(&freed);
        }
        unsigned count = 0;
        for (const ek_sieve *it = newest; it; it = it->older)
            count++;
        CHECK(count <= EK_SIEVES_MOST + 1);
        CHECK(i >= EK_SIEVES_MOST || ek_sieve_at(newest, &old, &times)->since_time == first);
    }
    const etwkit_record now = {.timestamp = INT64_MAX};
    ek_sieve *rest = ek_sieve_cut(newest, &now, &times);
    CHECK(rest != NULL && newest->older == NULL);
    ek_sieve_free(&rest);
    ek_sieve_free(&newest);
}

static bool makes_two(const etwkit_allocator *allocator, void *context) {
    static const char *const texts[] = {"app.exe", "other.exe"};
    static const uint32_t numbers[] = {1, 2, 3};
    static const uint16_t ids[] = {1, 2, 3};
    static const etwkit_payload_predicate predicate = {"State", ETWKIT_PAYLOAD_EQUAL, "7"};
    static const etwkit_payload_filter filter = {.predicates = &predicate, .predicate_count = 1};
    etwkit_enable enable = ETWKIT_ENABLE;
    (void)context;
    enable.event_ids = enable.stack_ids = ids;
    enable.event_id_count = enable.stack_id_count = 3;
    enable.process_ids = numbers;
    enable.process_id_count = 3;
    enable.programs = enable.event_names = texts;
    enable.program_count = enable.event_name_count = 2;
    enable.payload_filters = &filter;
    enable.payload_filter_count = 1;
    ek_sieve *first = ek_sieve_with(NULL, allocator, &this_provider, &enable);
    ek_sieve *second = first ? ek_sieve_with(first, allocator, &other_provider, &enable) : NULL;
    bool made = second && second->count == 2 && strcmp(second->list[0].enable.programs[1], texts[1]) == 0;
    ek_sieve_free(&first);
    ek_sieve_free(&second);
    return made;
}

TEST(without_memory) {
    CHECK_OOM(makes_two, NULL);
}

#if !defined(_WIN32)
TEST(no_sessions_of_the_system_here) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_session *session;
    etwkit_system_sessions *list;
    etwkit_error error = {0};
    options.scope = ETWKIT_SCOPE_SYSTEM;
    CHECK_EQ_INT(etwkit_session_new(&session, "sieve", &options, &error), ETWKIT_E_UNSUPPORTED);
    CHECK(session == NULL);
    CHECK(strstr(error.message, "ETWKIT_SCOPE_PROCESS") != NULL);
    CHECK_EQ_INT(etwkit_system_sessions_open(&list, &error), ETWKIT_E_UNSUPPORTED);
    CHECK_EQ_UINT(etwkit_system_sessions_count(list), 0);
    CHECK(etwkit_system_sessions_at(list, 0) == NULL);
    etwkit_system_sessions_close(&list);
    CHECK_EQ_INT(etwkit_system_session_stop("etwkit-gone", &error), ETWKIT_E_UNSUPPORTED);
    CHECK(strstr(error.message, "etwkit-gone") != NULL);
}
#else
TEST(no_sessions_of_the_system_here) {
    SKIP("they are, on Windows");
}
#endif

/* What only Windows can do is refused, not forgotten. */
TEST(a_session_of_the_process_refuses_what_is_windows) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_enable enable = ETWKIT_ENABLE;
    etwkit_session *session;
    etwkit_error error = {0};
    char note[8] = "x";
    options.scope = (etwkit_session_scope)7;
    CHECK_EQ_INT(etwkit_session_new(&session, "sieve", &options, NULL), ETWKIT_E_INVALID);
    REQUIRE(etwkit_session_new(&session, "sieve", NULL, NULL) == ETWKIT_OK);
    enable.additions = ETWKIT_ADD_STACK;
    CHECK_EQ_INT(etwkit_session_enable(session, &this_provider, &enable, &error), ETWKIT_E_UNSUPPORTED);
    CHECK(strstr(error.message, "sieve") != NULL);
    CHECK_EQ_UINT(etwkit_session_notes(session, note, sizeof note), 0);
    CHECK_EQ_STR(note, "");
    etwkit_session_free(&session);
}

TEST_MAIN(CASE(ids_and_processes), CASE(keyword_0), CASE(names), CASE(programs), CASE(payloads), CASE(changes),
          CASE(what_was_written_before_a_change), CASE(changes_do_not_pile_up), CASE(without_memory),
          CASE(no_sessions_of_the_system_here), CASE(a_session_of_the_process_refuses_what_is_windows))
