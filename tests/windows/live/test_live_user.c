/* SPDX-License-Identifier: MIT */
/* Real-time sessions of Windows with users' providers, against the double: what comes, what is counted, and the end. */
#include "live_user.h"

#include <psapi.h>

static live it;

TEST(all_comes_and_the_accounts_add_up) {
    script("feed events 100000 provider " ONE "\nafter-stop 3\n");
    REQUIRE(live_of(&it, NULL));
    live_read(&it, 100000);
    CHECK_EQ_UINT(it.ours, 100000);
    live_end(&it);
    CHECK_EQ_UINT(it.ours + it.others, 100004); /* the header event, and what came after the stop */
    CHECK_EQ_UINT(it.sum, 99999ull * 100000 / 2);
    CHECK_EQ_UINT(it.stats.events_received, 100004);
    CHECK_EQ_UINT(it.stats.events_delivered, 100004);
    CHECK_EQ_UINT(it.stats.windows_events_lost + it.stats.buffers_lost + it.stats.loss_records, 0);
    CHECK(it.stats.buffers_read > 0);
    CHECK(!it.steps_back);
    CHECK(logged("mode=0x08000100")); /* real time, independent */
    CHECK(logged("flush=1 clock=1"));
    CHECK(logged("level=255 any=0xffffffffffffffff all=0x0 property=0x0 timeout=0"));
    CHECK(logged("mode=0x10001100 buffer-callback=1")); /* raw times, records */
    CHECK(logged("ProcessTrace begins") && !logged("start=1"));
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), 1);
}

static void check_times(void) {
    REQUIRE(live_of(&it, NULL));
    live_read(&it, 1000);
    live_end(&it);
    CHECK_EQ_UINT(it.ours, 1000);
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    const int64_t time = (int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
    CHECK(it.first_time <= it.last_time && it.last_time <= time && time - it.first_time < 30 * INT64_C(10000000));
}

TEST(times_by_the_header_event) {
    script("feed events 1000 provider " ONE "\n");
    check_times();
    CHECK_EQ_UINT(it.others, 1);
}

TEST(times_without_a_header_event) {
    script("feed events 1000 provider " ONE "\nheader-event no\n");
    check_times();
    CHECK_EQ_UINT(it.others, 0);
}

TEST(times_of_the_system_clock) {
    script("feed events 1000 provider " ONE "\n");
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.clock = ETWKIT_CLOCK_SYSTEM;
    REQUIRE(live_new(&it, &options, NULL));
    REQUIRE(etwkit_session_enable(it.session, &one, NULL, NULL) == ETWKIT_OK && live_start(&it));
    live_read(&it, 1000);
    live_end(&it);
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    const int64_t time = (int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
    CHECK_EQ_UINT(it.ours, 1000);
    CHECK(it.last_time <= time && time - it.first_time < 30 * INT64_C(10000000));
}

/* Nothing of an event is looked at once its callback has returned: the double takes the memory away. */
TEST(what_a_callback_gave_is_not_used_later) {
    script("feed events 3000 provider " ONE " payload 100 name Counted\nafter-callback protect\n");
    REQUIRE(live_of(&it, NULL));
    live_read(&it, 3000);
    live_end(&it);
    CHECK_EQ_UINT(it.ours, 3000);
    CHECK_EQ_UINT(it.sum, 2999ull * 3000 / 2);
}

TEST(a_tracelogging_event_is_decoded) {
    script("feed events 2 provider " ONE " name Counted\n");
    const etwkit_batch *batch;
    const etwkit_schema *schema = NULL;
    REQUIRE(live_of(&it, NULL));
    while (!schema && etwkit_trace_next(it.trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++)
            if (memcmp(&etwkit_batch_record(batch, i)->provider_id, &one, sizeof one) == 0)
                schema = etwkit_trace_schema(it.trace, etwkit_batch_record(batch, i));
    REQUIRE(schema != NULL);
    CHECK_EQ_STR(etwkit_schema_event_name(schema), "Counted");
    live_end(&it);
}

/* Overflow. */

static void flood(etwkit_overflow overflow) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.overflow = overflow;
    options.channel_events = 1000;
    options.buffer_size = 4096;
    options.minimum_buffers = 4;
    options.maximum_buffers = 8;
    REQUIRE(live_new(&it, &options, NULL));
    REQUIRE(etwkit_session_enable(it.session, &one, NULL, NULL) == ETWKIT_OK && live_start(&it));
    Sleep(700); /* nobody reads */
    etwkit_session_stats now = etwkit_session_get_stats(it.session);
    live_check_sum(&now);
    live_end(&it);
}

TEST(block_makes_windows_lose_buffers) {
    script("feed events 200000 provider " ONE " rate flood\nrt-queue 2\n");
    flood(ETWKIT_OVERFLOW_BLOCK);
    CHECK(it.stats.windows_real_time_buffers_lost > 0);
    CHECK_EQ_UINT(it.stats.buffers_lost, it.stats.windows_real_time_buffers_lost + it.stats.windows_log_buffers_lost);
    CHECK_EQ_UINT(it.stats.events_lost_channel, 0);
    CHECK(it.stats.loss_records > 0);
}

TEST(block_makes_windows_lose_events) {
    script("feed events 200000 provider " ONE " rate flood\nrt-queue 0\n");
    flood(ETWKIT_OVERFLOW_BLOCK);
    CHECK(it.stats.windows_events_lost > 0);
    CHECK_EQ_UINT(it.stats.events_lost_buffer, it.stats.windows_events_lost);
    CHECK_EQ_UINT(it.ours + it.stats.windows_events_lost, 200000);
}

TEST(drop_newest_loses_in_the_channel) {
    script("feed events 100000 provider " ONE "\n");
    flood(ETWKIT_OVERFLOW_DROP_NEWEST);
    CHECK(it.stats.events_lost_channel > 0);
    CHECK_EQ_UINT(it.ours + it.others + it.stats.events_lost_channel, 100001);
    CHECK_EQ_UINT(it.stats.windows_real_time_buffers_lost, 0);
}

TEST(drop_oldest_keeps_the_last) {
    script("feed events 100000 provider " ONE "\n");
    flood(ETWKIT_OVERFLOW_DROP_OLDEST);
    CHECK(it.stats.events_lost_channel > 0);
    CHECK_EQ_UINT(it.ours + it.others + it.stats.events_lost_channel, 100001);
}

/* The end. */

TEST(stops_without_events) {
    script("");
    REQUIRE(live_of(&it, NULL));
    live_end(&it);
    CHECK_EQ_UINT(it.ours, 0);
}

TEST(stops_while_events_come) {
    script("feed events 100000000 provider " ONE " rate flood\n");
    REQUIRE(live_of(&it, NULL));
    live_read(&it, 1000);
    live_end(&it);
}

/* Windows' session goes on, and so do its events: nobody waits for their end. */
TEST(stops_though_windows_refuses_and_events_come) {
    script("feed events 100000000 provider " ONE " rate flood\nfail ControlTraceW.stop 1 5\n");
    REQUIRE(live_of(&it, NULL));
    live_read(&it, 10);
    const ULONGLONG before = GetTickCount64();
    CHECK_EQ_INT(etwkit_session_stop(it.session, &it.error), ETWKIT_E_DENIED);
    CHECK(GetTickCount64() - before < 10000);
    etwkit_trace_close(&it.trace);
    etwkit_session_free(&it.session);
}

TEST(stops_when_nobody_reads) {
    script("feed events 100000000 provider " ONE "\n");
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.channel_events = 1000;
    REQUIRE(live_new(&it, &options, NULL));
    REQUIRE(etwkit_session_enable(it.session, &one, NULL, NULL) == ETWKIT_OK);
    REQUIRE(etwkit_session_start(it.session, NULL) == ETWKIT_OK);
    Sleep(500);
    live_end(&it);
}

/* Others change what is enabled, flush and ask, while one reads. */
static volatile LONG is_over;

static DWORD WINAPI disturb(void *context) {
    const uint16_t ids[] = {0, 1};
    etwkit_enable enable = ETWKIT_ENABLE;
    enable.event_id_count = 2;
    enable.event_ids = ids;
    for (unsigned i = 0; !is_over; i++) {
        etwkit_session_stats stats = etwkit_session_get_stats(it.session);
        if (stats.events_in_flight > 20000000 || stats.events_received < stats.events_delivered)
            InterlockedIncrement(context);
        (void)etwkit_session_enable(it.session, i % 2 ? &one : &two, i % 3 ? &enable : NULL, NULL);
        if (i % 16 == 0)
            (void)etwkit_session_flush(it.session, NULL);
        if (i % 64 == 0)
            (void)etwkit_session_disable(it.session, &two, NULL);
    }
    return 0;
}

TEST(others_do_all_they_can_meanwhile) {
    script("feed events 300000 provider " ONE "\n");
    HANDLE threads[2];
    volatile LONG wrong = 0;
    REQUIRE(live_of(&it, NULL));
    for (unsigned i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, disturb, (void *)&wrong, 0, NULL);
    live_read(&it, 300000);
    InterlockedIncrement(&is_over);
    CHECK_EQ_UINT(WaitForMultipleObjects(2, threads, TRUE, 10000), WAIT_OBJECT_0);
    CHECK_EQ_INT(wrong, 0);
    live_end(&it);
    CHECK_EQ_UINT(it.ours, 300000);
}

/* Bytes that the process has committed. */
static size_t memory(void) {
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    return K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters) ? counters.PagefileUsage : 0;
}

/* ETWKIT_LIVE_EVENTS says how many there are: `make soak` has ten million. */
TEST(a_million_events_in_flat_memory) {
    const char *wanted = getenv("ETWKIT_LIVE_EVENTS");
    const uint64_t count = wanted ? strtoull(wanted, NULL, 10) : 1000000;
    char text[128];
    (void)snprintf(text, sizeof text, "feed events %" PRIu64 " provider " ONE "\n", count);
    script(text);
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.channel_bytes = 4 << 20;
    REQUIRE(live_new(&it, &options, NULL));
    REQUIRE(etwkit_session_enable(it.session, &one, NULL, NULL) == ETWKIT_OK && live_start(&it));
    live_read(&it, count / 10);
    const size_t before = memory();
    live_read(&it, count);
    const size_t after = memory();
    CHECK(before > 0);
    CHECK(after < before + (32 << 20)); /* the channel's fill; kept, they would be a hundred million bytes more */
    live_end(&it);
    CHECK_EQ_UINT(it.ours, count);
    CHECK_EQ_UINT(it.sum, (count - 1) * count / 2);
    CHECK_EQ_UINT(it.stats.events_received, count + 1);
    CHECK_EQ_UINT(it.stats.events_delivered, count + 1);
}

TEST_MAIN(CASE(all_comes_and_the_accounts_add_up), CASE(times_by_the_header_event), CASE(times_without_a_header_event),
          CASE(times_of_the_system_clock), CASE(what_a_callback_gave_is_not_used_later),
          CASE(a_tracelogging_event_is_decoded), CASE(block_makes_windows_lose_buffers),
          CASE(block_makes_windows_lose_events), CASE(drop_newest_loses_in_the_channel),
          CASE(drop_oldest_keeps_the_last), CASE(stops_without_events), CASE(stops_while_events_come),
          CASE(stops_though_windows_refuses_and_events_come), CASE(stops_when_nobody_reads),
          CASE(others_do_all_they_can_meanwhile), CASE(a_million_events_in_flat_memory))
