/* SPDX-License-Identifier: MIT */
/* What Windows itself writes, read by our own reader; and when it hands on what it has. */
#include "../../unit/oom.h"
#include "live_user.h"

static live it;
static char path[512];

static etwkit_session_options options_of(etwkit_session_mode mode) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    (void)snprintf(path, sizeof path, "%s/out.etl", getenv("ETWSIM_FOLDER"));
    options.mode = mode;
    options.path = path;
    return options;
}

static bool start_one(etwkit_session_options *options, const etwkit_system_options *system) {
    return live_new(&it, options, system) && etwkit_session_enable(it.session, &one, NULL, &it.error) == ETWKIT_OK &&
           etwkit_session_start(it.session, &it.error) == ETWKIT_OK;
}

static void wait_until_fed(void) {
    for (unsigned i = 0; i < 1000 && !logged("everything is fed"); i++)
        Sleep(10);
}

/* Its events of ours. */
static uint64_t count_in(const char *file) {
    etwkit_trace *trace;
    const etwkit_batch *batch;
    uint64_t count = 0;
    if (etwkit_trace_open(&trace, file, NULL, &it.error) != ETWKIT_OK)
        return UINT64_MAX;
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++)
            count += memcmp(&etwkit_batch_record(batch, i)->provider_id, &one, sizeof one) == 0;
    etwkit_trace_close(&trace);
    return count;
}

TEST(one_file) {
    script("feed events 1000 provider " ONE "\n");
    etwkit_session_options options = options_of(ETWKIT_SESSION_FILE);
    REQUIRE(start_one(&options, NULL));
    wait_until_fed();
    CHECK_EQ_INT(etwkit_trace_open_session(&it.trace, it.session, NULL, &it.error), ETWKIT_E_INVALID);
    live_end(&it);
    CHECK(logged("mode=0x08000001"));
    CHECK_EQ_UINT(count_in(path), 1000);
}

TEST(a_circle) {
    script("feed events 100 provider " ONE "\n");
    etwkit_session_options options = options_of(ETWKIT_SESSION_CIRCULAR);
    options.maximum_file_size = 3 << 20;
    REQUIRE(start_one(&options, NULL));
    wait_until_fed();
    live_end(&it);
    CHECK(logged("mode=0x08002002")); /* circular, and the size in KB */
    CHECK(logged("max-file=3072"));
    CHECK_EQ_UINT(count_in(path), 100);
}

/* Windows counts kilobytes in 32 bits. */
TEST(a_circle_larger_than_windows_can_say) {
    script("");
    etwkit_session_options options = options_of(ETWKIT_SESSION_CIRCULAR);
    options.maximum_file_size = (UINT64_C(5) << 40) + 1;
    REQUIRE(live_new(&it, &options, NULL));
    (void)etwkit_session_start(it.session, NULL); /* as the disk has it */
    CHECK(logged("max-file=4294967295"));
    etwkit_session_free(&it.session);
}

TEST(a_series) {
    script("feed events 1 provider " ONE "\n");
    etwkit_session_options options = options_of(ETWKIT_SESSION_NEW_FILE);
    (void)snprintf(path, sizeof path, "%s/out%%d.etl", getenv("ETWSIM_FOLDER"));
    options.maximum_file_size = 1 << 20;
    REQUIRE(start_one(&options, NULL));
    wait_until_fed();
    live_end(&it);
    CHECK(logged("mode=0x08002008"));
}

TEST(a_flight_recorder) {
    script("feed events 100 provider " ONE "\n");
    char other[512];
    etwkit_session_options options = options_of(ETWKIT_SESSION_FLIGHT_RECORDER);
    REQUIRE(start_one(&options, NULL));
    wait_until_fed();
    (void)snprintf(other, sizeof other, "%s/other.etl", getenv("ETWSIM_FOLDER"));
    CHECK_EQ_INT(etwkit_session_snapshot(it.session, other, &it.error), ETWKIT_OK);
    CHECK_EQ_UINT(count_in(other), 100);
    live_end(&it); /* the path of the options: written at the stop */
    CHECK(logged("mode=0x08000400") && logged("min=256 max=256"));
    CHECK_EQ_UINT(count_in(path), 100);
}

TEST(a_private_session) {
    script("");
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    etwkit_session_options options = options_of(ETWKIT_SESSION_FILE), real_time = ETWKIT_SESSION_OPTIONS;
    system.kind = ETWKIT_SYSTEM_PRIVATE;
    CHECK(!live_new(&it, &real_time, &system));
    CHECK_EQ_INT(it.error.status, ETWKIT_E_INVALID);
    memcpy(&system.id, &two, sizeof two);
    REQUIRE(start_one(&options, &system));
    live_end(&it);
    CHECK(logged("guid=22222222-2222-3333-4444-555555555555 mode=0x00020801")); /* in the process; not independent */
}

TEST(a_file_that_another_session_writes) {
    script("fail StartTraceW 1 161\n");
    etwkit_session_options options = options_of(ETWKIT_SESSION_FILE);
    REQUIRE(live_new(&it, &options, NULL));
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), ETWKIT_E_EXISTS);
    etwkit_session_free(&it.session);
}

/* Of a session that Windows writes, since the reader's thread would allocate at the same time. */
static bool records(const etwkit_allocator *allocator, void *context) {
    static const char *const texts[] = {"app.exe"};
    static const uint16_t ids[] = {1};
    static const etwkit_classic_event stacks[] = {{{{0}}, 36}};
    etwkit_session_options options = options_of(ETWKIT_SESSION_FILE);
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    etwkit_enable enable = ETWKIT_ENABLE;
    (void)context;
    options.allocator = allocator;
    system.kind = ETWKIT_SYSTEM_KERNEL;
    system.stacks = stacks;
    system.stack_count = 1;
    enable.event_ids = ids;
    enable.event_id_count = 1;
    enable.programs = texts;
    enable.program_count = 1;
    if (!live_new(&it, &options, &system))
        return false;
    bool done = etwkit_session_enable(it.session, &one, &enable, NULL) == ETWKIT_OK &&
                etwkit_session_start(it.session, NULL) == ETWKIT_OK &&
                etwkit_session_enable(it.session, &two, &enable, NULL) == ETWKIT_OK &&
                etwkit_session_disable(it.session, &one, NULL) == ETWKIT_OK;
    etwkit_session_free(&it.session);
    return done;
}

TEST(without_memory) {
    script("");
    CHECK_OOM(records, NULL);
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), times_logged("StartTraceW"));
}

TEST(flushed_in_milliseconds) {
    script("feed events 10 provider " ONE "\n");
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.flush_ms = 250;
    REQUIRE(start_one(&options, NULL));
    live_end(&it);
    CHECK(logged("mode=0x08000110") && logged("flush=250"));
}

TEST(flushed_in_seconds_where_milliseconds_are_refused) {
    script("ms-flush-timer no\n");
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.flush_ms = 1250;
    REQUIRE(start_one(&options, NULL));
    CHECK(live_notes(&it, "whole seconds"));
    live_end(&it);
    CHECK(logged("mode=0x08000100") && logged("flush=2 "));
}

TEST(memory_that_is_paged_and_sessions_that_depend) {
    script("");
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    system.paged_memory = true;
    system.dependent = true;
    REQUIRE(live_new(&it, NULL, &system));
    REQUIRE(live_start(&it));
    live_end(&it);
    CHECK(logged("mode=0x01000100"));
}

TEST_MAIN(CASE(one_file), CASE(a_circle), CASE(a_circle_larger_than_windows_can_say), CASE(a_series),
          CASE(a_flight_recorder), CASE(a_private_session), CASE(a_file_that_another_session_writes),
          CASE(without_memory), CASE(flushed_in_milliseconds), CASE(flushed_in_seconds_where_milliseconds_are_refused),
          CASE(memory_that_is_paged_and_sessions_that_depend))
