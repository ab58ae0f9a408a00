/* SPDX-License-Identifier: MIT */
/* What is enabled, and kept back: by Windows where it takes the filters, and by ours in every case. */
#include "live_user.h"

static live it;

/* 300 events: ids 1, 2 and 3 of processes 80000 and 70000, whose numbers none of Wine's own has. */
#define MIXED                                          \
    "feed events 50 provider " ONE " id 1 pid 80000\n" \
    "feed events 50 provider " ONE " id 2 pid 80000\n" \
    "feed events 50 provider " ONE " id 3 pid 80000\n" \
    "feed events 50 provider " ONE " id 1 pid 70000\n" \
    "feed events 50 provider " ONE " id 2 pid 70000\n" \
    "feed events 50 provider " ONE " id 3 pid 70000\n" \
    "feed events 1 provider " TWO " id 7\n"

static const uint16_t ids[] = {1, 3};
static const uint32_t processes[] = {70000};

/* The last event is the other provider's, for which nothing is kept back. */
static void read_to_the_last(const etwkit_enable *enable) {
    REQUIRE(live_new(&it, NULL, NULL));
    CHECK_EQ_INT(etwkit_session_enable(it.session, &two, NULL, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, enable, NULL), ETWKIT_OK);
    REQUIRE(live_start(&it));
    while (it.ids[7] == 0 && it.ours < 400)
        live_read(&it, it.ours + 1);
}

static void read_mixed(const etwkit_enable *enable) {
    read_to_the_last(enable);
    live_end(&it);
}

static etwkit_enable some(void) {
    etwkit_enable enable = ETWKIT_ENABLE;
    enable.event_ids = ids;
    enable.event_id_count = 2;
    enable.process_ids = processes;
    enable.process_id_count = 1;
    return enable;
}

static void check_some(void) {
    CHECK_EQ_UINT(it.ids[1], 50);
    CHECK_EQ_UINT(it.ids[2], 0);
    CHECK_EQ_UINT(it.ids[3], 50);
    CHECK_EQ_UINT(it.ours, 101);
}

TEST(windows_keeps_back) {
    script("begin enables 2\n" MIXED);
    const etwkit_enable enable = some();
    read_mixed(&enable);
    check_some();
    CHECK_EQ_UINT(it.stats.events_filtered, 0);
    CHECK(logged("level=255 any=0xffffffffffffffff"));
}

TEST(ours_keeps_back_the_same) {
    script("begin enables 2\nfilters ignored\n" MIXED);
    const etwkit_enable enable = some();
    read_mixed(&enable);
    check_some();
    CHECK_EQ_UINT(it.stats.events_filtered, 200);
    CHECK_EQ_UINT(it.stats.events_delivered, 102);
}

TEST(ours_alone_beyond_the_limits) {
    script("begin enables 2\n" MIXED);
    uint16_t many_ids[65];
    uint32_t many[9];
    for (unsigned i = 0; i < 65; i++)
        many_ids[i] = i ? (uint16_t)(i + 2) : 1;
    for (unsigned i = 0; i < 9; i++)
        many[i] = 70000 + i;
    etwkit_enable enable = some();
    enable.event_ids = many_ids;
    enable.event_id_count = 65;
    enable.process_ids = many;
    enable.process_id_count = 9;
    read_to_the_last(&enable);
    CHECK(live_notes(&it, "event ids: more than Windows takes"));
    CHECK(live_notes(&it, "process ids: more than Windows takes"));
    live_end(&it);
    check_some();
    CHECK_EQ_UINT(it.stats.events_filtered, 200);
}

TEST(ours_alone_where_windows_refuses) {
    script("begin enables 2\nfail EnableTraceEx2.enable 2 87\n" MIXED);
    const etwkit_enable enable = some();
    read_to_the_last(&enable);
    CHECK(live_notes(&it, "Windows took no filters"));
    live_end(&it);
    check_some();
}

TEST(all_but_some) {
    script("begin enables 2\n" MIXED);
    etwkit_enable enable = some();
    enable.exclude_event_ids = true;
    enable.process_id_count = 0;
    read_mixed(&enable);
    CHECK_EQ_UINT(it.ids[1] + it.ids[3], 0);
    CHECK_EQ_UINT(it.ids[2], 100);
}

/* TraceLogging: ids are 0, names choose. */
#define NAMED                                       \
    "feed events 20 provider " ONE " name First\n"  \
    "feed events 30 provider " ONE " name Second\n" \
    "feed events 40 provider " ONE " name Third\n"  \
    "feed events 1 provider " TWO " id 7\n"

static void check_names(bool exclude, uint64_t count) {
    static const char *const names[] = {"First", "Third"};
    etwkit_enable enable = ETWKIT_ENABLE;
    enable.event_names = names;
    enable.event_name_count = 2;
    enable.exclude_event_names = exclude;
    read_mixed(&enable);
    CHECK_EQ_UINT(it.ours, count + 1);
}

TEST(names_by_windows) {
    script("begin enables 2\n" NAMED);
    check_names(false, 60);
    CHECK_EQ_UINT(it.stats.events_filtered, 0);
}

TEST(names_by_ours) {
    script("begin enables 2\nfilters ignored\n" NAMED);
    check_names(false, 60);
    CHECK_EQ_UINT(it.stats.events_filtered, 30);
}

TEST(all_names_but_some) {
    script("begin enables 2\n" NAMED);
    check_names(true, 30);
}

static void read_of_programs(const char *first, const char *second) {
    const char *const programs[] = {first, second};
    etwkit_enable enable = ETWKIT_ENABLE;
    enable.programs = programs;
    enable.program_count = second ? 2 : 1;
    read_mixed(&enable);
}

TEST(programs_by_windows) {
    script("begin enables 2\nprocess 80000 app.exe\nprocess 70000 other.exe\n" MIXED);
    read_of_programs("none.exe", "app.exe");
    CHECK_EQ_UINT(it.ours, 151);
}

/* Nobody knows any more what the processes were: without Windows' filter none of their events passes. */
TEST(programs_that_are_gone) {
    script("begin enables 2\nfail EnableTraceEx2.enable 2 87\n" MIXED);
    read_of_programs("app.exe", NULL);
    CHECK_EQ_UINT(it.ours, 1);
    CHECK_EQ_UINT(it.stats.events_filtered, 300);
}

/* 5 events of this process, which Windows does not filter. */
static void script_of_this_process(void) {
    char text[512];
    (void)snprintf(text, sizeof text,
                   "begin enables 2\nfilters ignored\nfeed events 5 provider " ONE " id 1 pid %lu\n"
                   "feed events 1 provider " TWO " id 7\n",
                   GetCurrentProcessId());
    script(text);
}

TEST(programs_by_ours) {
    script_of_this_process();
    char path[MAX_PATH];
    REQUIRE(GetModuleFileNameA(NULL, path, sizeof path) > 0);
    read_of_programs(strrchr(path, '\\') + 1, NULL);
    CHECK_EQ_UINT(it.ours, 6);
}

TEST(programs_that_are_others_by_ours) {
    script_of_this_process();
    read_of_programs("other.exe", NULL);
    CHECK_EQ_UINT(it.ours, 1);
}

/* `Number` is what the events are counted by, from 0 on; an id that no filter names, and another provider. */
#define ORDERS                                                                     \
    "tdh-provider " ONE " Orders\ntdh-event 1 0\ntdh-field Number 10\n"            \
    "tdh-event 2 0\ntdh-field Number 10\ntdh-event 1 1\ntdh-field Number 10\n"     \
    "feed events 50 provider " ONE " id 1\nfeed events 50 provider " ONE " id 2\n" \
    "feed events 50 provider " ONE " id 1 version 1\nfeed events 1 provider " TWO " id 7\n"

static const etwkit_payload_predicate between = {"Number", ETWKIT_PAYLOAD_BETWEEN, "10,0x13"},
                                      first = {"Number", ETWKIT_PAYLOAD_LESS, "3"};
static const etwkit_payload_filter payload_filters[] = {{.event_id = 1, .predicates = &between, .predicate_count = 1},
                                                        {.event_id = 2, .predicates = &between, .predicate_count = 1},
                                                        {.event_id = 2, .predicates = &first, .predicate_count = 1}};

/* Of id 1 ten, and of version 1 all; of id 2 thirteen. */
static void read_orders(const char *note) {
    etwkit_enable enable = ETWKIT_ENABLE;
    enable.payload_filters = payload_filters;
    enable.payload_filter_count = 3;
    read_to_the_last(&enable);
    CHECK(note ? live_notes(&it, note) : etwkit_session_notes(it.session, NULL, 0) == 0);
    live_end(&it);
}

static void check_orders(void) {
    CHECK_EQ_UINT(it.ids[1], 60);
    CHECK_EQ_UINT(it.ids[2], 13);
    CHECK_EQ_UINT(it.sum, 145 + 145 + 3 + 49 * 50 / 2);
}

TEST(payloads_by_windows) {
    script("begin enables 2\n" ORDERS);
    read_orders(NULL);
    check_orders();
    CHECK_EQ_UINT(it.stats.events_filtered, 0);
    CHECK(logged("TdhAggregatePayloadFilters count=3"));
    CHECK(logged("filter=0x80000100"));
    CHECK(logged("TdhCleanupPayloadEventFilterDescriptor -> 0"));
}

TEST(payloads_by_ours) {
    script("begin enables 2\nfilters ignored\n" ORDERS);
    read_orders(NULL);
    check_orders();
    CHECK_EQ_UINT(it.stats.events_filtered, 77);
}

TEST(payloads_where_tdh_refuses) {
    script("begin enables 2\nfail TdhCreatePayloadFilter 3 87\n" ORDERS);
    read_orders("payload filters: TdhCreatePayloadFilter: error 87");
    check_orders();
    CHECK_EQ_UINT(it.stats.events_filtered, 77);
    CHECK(!logged("filter=0x80000100"));
}

TEST(payloads_where_they_cannot_be_joined) {
    script("begin enables 2\nfail TdhAggregatePayloadFilters 1 8\n" ORDERS);
    read_orders("payload filters: TdhAggregatePayloadFilters: error 8");
    check_orders();
}

TEST(payloads_where_windows_refuses) {
    script("begin enables 2\nfail EnableTraceEx2.enable 2 87\n" ORDERS);
    read_orders("Windows took no filters");
    check_orders();
}

/* Nobody can say what the events hold: none of those that a filter names passes. */
TEST(payloads_of_what_is_not_installed) {
    script("begin enables 2\nfeed events 50 provider " ONE " id 1\nfeed events 50 provider " ONE
           " id 3\nfeed events 1 provider " TWO " id 7\n");
    read_orders("payload filters: TdhCreatePayloadFilter: error 1168, the provider is not installed");
    CHECK_EQ_UINT(it.ids[1], 0);
    CHECK_EQ_UINT(it.ids[3], 50);
}

TEST(level_keywords_and_additions_are_told) {
    script("feed events 1 provider " ONE " id 1 level 3 keyword 0x12\n");
    const uint16_t stacks[] = {1};
    etwkit_enable enable = ETWKIT_ENABLE;
    enable.level = 3;
    enable.keywords_any = 0x10;
    enable.keywords_all = 0x2;
    enable.ignore_keyword_0 = true;
    enable.additions = ETWKIT_ADD_SID | ETWKIT_ADD_SESSION_ID | ETWKIT_ADD_STACK | ETWKIT_ADD_PROCESS_START_KEY;
    enable.stack_ids = stacks;
    enable.stack_id_count = 1;
    REQUIRE(live_of(&it, &enable));
    const etwkit_batch *batch;
    bool seen = false;
    while (!seen && etwkit_trace_next(it.trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            const uint8_t *item;
            size_t size;
            if (memcmp(&record->provider_id, &one, sizeof one) != 0)
                continue;
            seen = true;
            CHECK_EQ_INT(etwkit_record_item(record, ETWKIT_ITEM_SID, &item, &size), ETWKIT_OK);
            CHECK_EQ_INT(etwkit_record_item(record, ETWKIT_ITEM_TS_ID, &item, &size), ETWKIT_OK);
            CHECK_EQ_INT(etwkit_record_item(record, ETWKIT_ITEM_PROCESS_START_KEY, &item, &size), ETWKIT_OK);
            CHECK_EQ_INT(etwkit_record_stack(record, NULL, 0, &size), ETWKIT_OK);
            CHECK_EQ_UINT(record->keywords, 0x12);
            CHECK_EQ_UINT(record->level, 3);
        }
    CHECK(seen);
    CHECK(logged("level=3 any=0x10 all=0x2 property=0x97"));
    live_end(&it);
}

/* Each call replaces all: so each call tells all. */
TEST(what_is_enabled_can_be_changed) {
    script("feed wait 300\nfeed events 10 provider " ONE " id 2\nfeed wait 300\nfeed events 10 provider " ONE
           " id 1\n");
    etwkit_enable enable = some();
    REQUIRE(live_of(&it, &enable));
    enable.level = 4;
    enable.process_id_count = 0;
    enable.event_ids = ids;
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, &enable, NULL), ETWKIT_OK);
    CHECK(logged("level=4 any=0xffffffffffffffff"));
    live_read(&it, 10);
    CHECK_EQ_UINT(it.ids[1], 10);
    CHECK_EQ_UINT(it.ids[2], 0);
    CHECK_EQ_INT(etwkit_session_capture_state(it.session, &one, NULL), ETWKIT_OK);
    CHECK(logged("EnableTraceEx2 capture-state"));
    CHECK_EQ_INT(etwkit_session_capture_state(it.session, &two, &it.error), ETWKIT_E_NOT_FOUND);
    CHECK_EQ_INT(etwkit_session_disable(it.session, &one, NULL), ETWKIT_OK);
    CHECK(logged("EnableTraceEx2 disable"));
    CHECK_EQ_INT(etwkit_session_disable(it.session, &one, NULL), ETWKIT_E_NOT_FOUND);
    live_end(&it);
}

/* What waits to be read when the filters change is judged by those that held when it was written. */
TEST(changes_hold_for_what_is_written_then) {
    script("filters ignored\nheader-event no\nflush-ms 20\nfeed events 10 provider " ONE
           " id 1\nfeed events 10 provider " ONE " id 2\nfeed enables 2\nfeed events 10 provider " ONE
           " id 1\nfeed events 10 provider " ONE " id 2\nfeed enables 3\nfeed events 10 provider " ONE
           " id 2\nfeed events 10 provider " ONE " id 3\n");
    static const uint16_t each[] = {1, 2, 3};
    etwkit_enable enable = ETWKIT_ENABLE;
    enable.event_ids = &each[0];
    enable.event_id_count = 1;
    REQUIRE(live_of(&it, &enable));
    for (unsigned i = 1; i < 3; i++) {
        live_await(&it, 20 * i);
        enable.event_ids = &each[i];
        CHECK_EQ_INT(etwkit_session_enable(it.session, &one, &enable, NULL), ETWKIT_OK);
    }
    live_read(&it, 30);
    live_end(&it);
    CHECK_EQ_UINT(it.ids[1], 10);
    CHECK_EQ_UINT(it.ids[2], 10);
    CHECK_EQ_UINT(it.ids[3], 10);
    CHECK_EQ_UINT(it.stats.events_filtered, 30);
}

TEST(what_no_session_can_do_is_refused) {
    script("");
    const uint16_t many[65] = {0};
    etwkit_enable enable = ETWKIT_ENABLE;
    REQUIRE(live_new(&it, NULL, NULL));
    CHECK_EQ_INT(etwkit_session_enable(it.session, NULL, NULL, &it.error), ETWKIT_E_UNSUPPORTED);
    enable.additions = 0x8000;
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, &enable, &it.error), ETWKIT_E_INVALID);
    enable.additions = ETWKIT_ADD_STACK;
    enable.stack_ids = many;
    enable.stack_id_count = 65;
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, &enable, &it.error), ETWKIT_E_LIMIT);
    enable.stack_id_count = 0;
    const etwkit_payload_predicate wrong = {"Number", ETWKIT_PAYLOAD_EQUAL, "many"};
    etwkit_payload_filter filter = {.event_id = 1, .predicates = &wrong, .predicate_count = 1};
    enable.payload_filters = &filter;
    enable.payload_filter_count = 1;
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, &enable, &it.error), ETWKIT_E_INVALID);
    filter.predicate_count = 0;
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, &enable, &it.error), ETWKIT_E_INVALID);
    etwkit_session_free(&it.session);
}

TEST_MAIN(CASE(windows_keeps_back), CASE(ours_keeps_back_the_same), CASE(ours_alone_beyond_the_limits),
          CASE(ours_alone_where_windows_refuses), CASE(all_but_some), CASE(names_by_windows), CASE(names_by_ours),
          CASE(all_names_but_some), CASE(programs_by_windows), CASE(programs_that_are_gone), CASE(programs_by_ours),
          CASE(programs_that_are_others_by_ours), CASE(payloads_by_windows), CASE(payloads_by_ours),
          CASE(payloads_where_tdh_refuses), CASE(payloads_where_they_cannot_be_joined),
          CASE(payloads_where_windows_refuses), CASE(payloads_of_what_is_not_installed),
          CASE(level_keywords_and_additions_are_told), CASE(what_is_enabled_can_be_changed),
          CASE(changes_hold_for_what_is_written_then), CASE(what_no_session_can_do_is_refused))
