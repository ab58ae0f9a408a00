/* SPDX-License-Identifier: MIT */
/* The double's consumer side: what ProcessTrace delivers, when it returns, and what is lost. */
#include "sim_user.h"

static consumer c;

static TRACEHANDLE run(const WCHAR *name, ULONG mode) {
    const TRACEHANDLE handle = start(name);
    open_consumer(&c, name, mode);
    CHECK_EQ_UINT(enable(handle, 5, 0, 0, 0, NULL, 0), ERROR_SUCCESS);
    return handle;
}

TEST(delivers_all_and_returns_after_the_stop) {
    script("feed events 100000 provider " SOME_PROVIDER "\nafter-stop 3\n");
    properties p;
    const TRACEHANDLE handle = run(L"one", PROCESS_TRACE_MODE_RAW_TIMESTAMP);
    wait_for(&c.events, 100000);
    CHECK_EQ_INT(c.events, 100000);
    CHECK_EQ_UINT(c.sum, 99999ull * 100000 / 2);
    CHECK_EQ_UINT(c.callback_thread, GetThreadId(c.thread)); /* that called ProcessTrace */
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    CHECK_EQ_UINT(p.head.EventsLost + p.head.RealTimeBuffersLost + p.head.LogBuffersLost, 0);
    REQUIRE(join(&c));
    CHECK_EQ_UINT(c.result, ERROR_SUCCESS);
    CHECK_EQ_INT(c.events, 100003); /* what came after the stop, too */
    CHECK_EQ_UINT(p.head.BuffersWritten, c.buffers);
    CHECK_EQ_UINT(CloseTrace(c.trace), ERROR_SUCCESS);
    CHECK_EQ_UINT(CloseTrace(c.trace), ERROR_INVALID_HANDLE);
}

TEST(header_event_tells_the_clock) {
    script("feed events 1 provider " SOME_PROVIDER "\nflush-ms 10\n");
    LARGE_INTEGER before, after, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&before);
    (void)run(L"one", PROCESS_TRACE_MODE_RAW_TIMESTAMP);
    wait_for(&c.events, 1);
    QueryPerformanceCounter(&after);
    CHECK_EQ_INT(c.headers, 1);
    CHECK_EQ_INT(c.header.PerfFreq.QuadPart, frequency.QuadPart);
    CHECK_EQ_UINT(c.header.ReservedFlags, 1);
    CHECK_EQ_UINT(c.header.BufferSize, 65536);
    CHECK(before.QuadPart <= c.first_stamp && c.first_stamp <= c.last_stamp && c.last_stamp <= after.QuadPart);
    CHECK_EQ_INT(c.logfile.LogfileHeader.StartTime.QuadPart, c.header.StartTime.QuadPart);
}

TEST(times_are_converted_unless_raw) {
    script("feed events 1 provider " SOME_PROVIDER "\nheader-event no\nflush-ms 10\n");
    FILETIME now;
    (void)run(L"one", 0);
    wait_for(&c.events, 1);
    GetSystemTimePreciseAsFileTime(&now);
    const LONGLONG distance = (LONGLONG)((ULONGLONG)now.dwHighDateTime << 32 | now.dwLowDateTime) - c.last_stamp;
    CHECK_EQ_INT(c.headers, 0);
    CHECK(distance >= 0 && distance < 20 * 10000000LL);
}

TEST(memory_is_overwritten_after_the_callback) {
    script("feed events 1 provider " SOME_PROVIDER "\nflush-ms 10\n");
    (void)run(L"one", 0);
    wait_for(&c.events, 1);
    REQUIRE(c.events == 1);
    Sleep(50);
    CHECK_EQ_UINT(c.kept->EventHeader.EventDescriptor.Level, 0xDD);
}

TEST(memory_is_taken_away_after_the_callback) {
    script("feed events 1 provider " SOME_PROVIDER "\nflush-ms 10\nafter-callback protect\n");
    MEMORY_BASIC_INFORMATION memory;
    (void)run(L"one", 0);
    wait_for(&c.events, 1);
    REQUIRE(c.events == 1);
    Sleep(50);
    REQUIRE(VirtualQuery(c.kept, &memory, sizeof memory) != 0);
    CHECK_EQ_UINT(memory.State, MEM_RESERVE);
}

TEST(closing_inside_the_callback_ends_the_processing) {
    script("feed events 1000000 provider " SOME_PROVIDER "\n");
    properties p;
    c.close_inside = true;
    const TRACEHANDLE handle = run(L"one", 0);
    REQUIRE(join(&c));
    CHECK_EQ_UINT(c.close_result, ERROR_CTX_CLOSE_PENDING);
    CHECK_EQ_UINT(c.result, ERROR_SUCCESS);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS); /* the session runs on */
}

TEST(buffer_callback_may_cancel) {
    script("feed events 1000000 provider " SOME_PROVIDER "\n");
    c.cancel = true;
    (void)run(L"one", 0);
    REQUIRE(join(&c));
    CHECK_EQ_UINT(c.result, ERROR_CANCELLED);
    CHECK_EQ_INT(c.buffers, 1);
}

#define FLOOD                                                               \
    "feed events 20000 provider " SOME_PROVIDER " rate flood payload 200\n" \
    "feed wait 1000\n"                                                      \
    "feed events 1 provider " SOME_PROVIDER "\n"

/* A consumer that is slow until all is fed, on buffers of 16 KB; `p`: what the stop tells. */
static void consume_slowly(properties *p, ULONG buffers) {
    TRACEHANDLE handle = 0;
    fill(p);
    p->head.BufferSize = 16;
    p->head.MinimumBuffers = p->head.MaximumBuffers = buffers;
    CHECK_EQ_UINT(StartTraceW(&handle, L"one", &p->head), ERROR_SUCCESS);
    c.delay = 1;
    open_consumer(&c, L"one", 0);
    CHECK_EQ_UINT(enable(handle, 5, 0, 0, 0, NULL, 0), ERROR_SUCCESS);
    while (!logged("everything is fed"))
        Sleep(10);
    c.delay = 0;
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, p), ERROR_SUCCESS);
    REQUIRE(join(&c));
}

TEST(a_slow_consumer_loses_events) {
    script("processors 1\n" FLOOD);
    properties p;
    consume_slowly(&p, 4);
    CHECK(p.head.EventsLost > 0);
    CHECK_EQ_UINT((ULONG)c.events + p.head.EventsLost, 20001);
    CHECK(c.lost_events > 0); /* told ahead of the events that had room again */
}

TEST(at_any_rate_what_finds_no_room_may_be_lost) {
    script("processors 1\nfeed events 5000 provider " SOME_PROVIDER " rate 20000 wait no payload 200\n");
    properties p;
    consume_slowly(&p, 4);
    CHECK(p.head.EventsLost > 0);
    CHECK_EQ_UINT((ULONG)c.events + p.head.EventsLost, 5000);
}

TEST(buffers_that_cannot_wait_are_lost) {
    script("rt-queue 2\n" FLOOD);
    properties p;
    consume_slowly(&p, 0);
    CHECK(p.head.RealTimeBuffersLost > 0);
    CHECK_EQ_UINT(p.head.EventsLost, 0);
    CHECK(c.lost_buffers > 0);
}

TEST(others_sessions_can_be_read) {
    script("begin started\nbegin processing\nrights system\nflush-ms 20\n"
           "session EventLog-Security mode 0x100 needs system provider " SOME_PROVIDER "\n"
           "feed wait 200\nfeed events 10 provider " SOME_PROVIDER "\n");
    (void)start(L"mine"); /* so that the feed begins */
    open_consumer(&c, L"EventLog-Security", 0);
    wait_for(&c.events, 10);
    CHECK_EQ_INT(c.events, 10);
    CHECK_EQ_UINT(CloseTrace(c.trace), ERROR_CTX_CLOSE_PENDING);
    REQUIRE(join(&c));
}

static LONG older;

static void watch_time(consumer *it, EVENT_RECORD *record) {
    static LONGLONG before;
    (void)it;
    older += record->EventHeader.TimeStamp.QuadPart < before;
    before = record->EventHeader.TimeStamp.QuadPart;
}

TEST(time_may_step_back) {
    script("feed events 1000 provider " SOME_PROVIDER " late-every 100\nflush-ms 20\n");
    c.on_event = watch_time;
    (void)run(L"one", PROCESS_TRACE_MODE_RAW_TIMESTAMP);
    wait_for(&c.events, 1000);
    CHECK_EQ_INT(older, 9);
}

TEST(state_is_captured) {
    script("capture-state 4\nflush-ms 20\n");
    const TRACEHANDLE handle = run(L"one", 0);
    CHECK_EQ_UINT(EnableTraceEx2(handle, &some_provider, EVENT_CONTROL_CODE_CAPTURE_STATE, 0, 0, 0, 0, NULL), 0);
    wait_for(&c.events, 4);
    CHECK_EQ_INT(c.events, 4);
    CHECK_EQ_UINT(c.last.EventHeader.EventDescriptor.Id, 3);
}

TEST(no_session_no_processing) {
    script("");
    open_consumer(&c, L"nobody's", 0);
    REQUIRE(join(&c));
    CHECK_EQ_UINT(c.result, ERROR_WMI_INSTANCE_NOT_FOUND);
}

TEST(somebody_else_stops_it) {
    script("begin processing\nfeed events 10 provider " SOME_PROVIDER "\nfeed stop *\n");
    properties p;
    const TRACEHANDLE handle = run(L"one", 0);
    REQUIRE(join(&c));
    CHECK_EQ_UINT(c.result, ERROR_SUCCESS);
    CHECK_EQ_INT(c.events, 10);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_WMI_INSTANCE_NOT_FOUND);
}

TEST_MAIN(CASE(delivers_all_and_returns_after_the_stop), CASE(header_event_tells_the_clock),
          CASE(times_are_converted_unless_raw), CASE(memory_is_overwritten_after_the_callback),
          CASE(memory_is_taken_away_after_the_callback), CASE(closing_inside_the_callback_ends_the_processing),
          CASE(buffer_callback_may_cancel), CASE(a_slow_consumer_loses_events),
          CASE(at_any_rate_what_finds_no_room_may_be_lost), CASE(buffers_that_cannot_wait_are_lost),
          CASE(others_sessions_can_be_read), CASE(time_may_step_back), CASE(state_is_captured),
          CASE(no_session_no_processing), CASE(somebody_else_stops_it))
