/* SPDX-License-Identifier: MIT */
/* The double's sessions: which calls it takes, which it refuses, and with what. */
#include "sim_user.h"

TEST(starts_queries_stops) {
    script("build 19045\n");
    properties p;
    const TRACEHANDLE handle = start(L"one");
    REQUIRE(handle != 0);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_QUERY, &p), ERROR_SUCCESS);
    CHECK(wcscmp(p.name, L"one") == 0);
    CHECK_EQ_UINT(p.head.Wnode.HistoricalContext, handle);
    CHECK(p.head.NumberOfBuffers >= 2);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_QUERY, &p), ERROR_WMI_INSTANCE_NOT_FOUND);
    CHECK(logged("StartTraceW name=\"one\""));
    CHECK(logged("ControlTraceW stop handle=1 name=\"\""));
}

TEST(names_are_unique_whatever_their_case) {
    script("");
    properties p;
    TRACEHANDLE handle;
    (void)start(L"one");
    fill(&p);
    CHECK_EQ_UINT(StartTraceW(&handle, L"ONE", &p.head), ERROR_ALREADY_EXISTS);
    fill(&p);
    p.head.Wnode.Guid = some_provider;
    CHECK_EQ_UINT(StartTraceW(&handle, L"two", &p.head), ERROR_SUCCESS);
    fill(&p);
    p.head.Wnode.Guid = some_provider;
    CHECK_EQ_UINT(StartTraceW(&handle, L"three", &p.head), ERROR_ALREADY_EXISTS);
}

static ULONG try_start(void (*change)(properties *)) {
    properties p;
    TRACEHANDLE handle;
    fill(&p);
    change(&p);
    const ULONG error = StartTraceW(&handle, L"tried", &p.head);
    if (error == ERROR_SUCCESS)
        CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    return error;
}

static void small(properties *p) {
    p->head.Wnode.BufferSize = sizeof p->head - 1;
}
static void short_of_name(properties *p) {
    p->head.Wnode.BufferSize = sizeof p->head + 4;
}
static void name_outside(properties *p) {
    p->head.LoggerNameOffset = 100000;
}
static void file_inside(properties *p) {
    p->head.LogFileNameOffset = 8;
}
static void no_destination(properties *p) {
    p->head.LogFileMode = 0;
}
static void two_modes(properties *p) {
    p->head.LogFileMode = EVENT_TRACE_FILE_MODE_CIRCULAR | EVENT_TRACE_FILE_MODE_SEQUENTIAL;
}
static void private_realtime(properties *p) {
    p->head.LogFileMode = EVENT_TRACE_REAL_TIME_MODE | EVENT_TRACE_PRIVATE_LOGGER_MODE;
}
static void flags_without_system(properties *p) {
    p->head.EnableFlags = EVENT_TRACE_FLAG_PROCESS;
}
static void nothing(properties *p) {
    (void)p;
}

TEST(properties_are_checked) {
    script("");
    CHECK_EQ_UINT(try_start(nothing), ERROR_SUCCESS);
    CHECK_EQ_UINT(try_start(small), ERROR_BAD_LENGTH);
    CHECK_EQ_UINT(try_start(short_of_name), ERROR_BAD_LENGTH);
    CHECK_EQ_UINT(try_start(name_outside), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(try_start(file_inside), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(try_start(no_destination), ERROR_BAD_PATHNAME);
    CHECK_EQ_UINT(try_start(two_modes), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(try_start(private_realtime), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(try_start(flags_without_system), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(try_start(nothing), ERROR_SUCCESS);
}

TEST(there_is_a_limit) {
    script("max-sessions 3\nsession foreign mode 0x100\n");
    properties p;
    TRACEHANDLE handle;
    (void)start(L"one");
    (void)start(L"two");
    fill(&p);
    CHECK_EQ_UINT(StartTraceW(&handle, L"three", &p.head), ERROR_NO_SYSTEM_RESOURCES);
}

TEST(calls_fail_as_told) {
    script("fail StartTraceW 2 1450\nfail ControlTraceW.stop each 5\n");
    properties p;
    TRACEHANDLE handle = start(L"one");
    fill(&p);
    CHECK_EQ_UINT(StartTraceW(&handle, L"two", &p.head), ERROR_NO_SYSTEM_RESOURCES);
    handle = start(L"two");
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_ACCESS_DENIED);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_QUERY, &p), ERROR_SUCCESS);
}

TEST(rights_are_needed) {
    script("rights none\n");
    properties p;
    TRACEHANDLE handle;
    fill(&p);
    CHECK_EQ_UINT(StartTraceW(&handle, L"one", &p.head), ERROR_ACCESS_DENIED);
}

TEST(log_users_have_no_kernel_sessions) {
    script("rights log-users\n");
    properties p;
    TRACEHANDLE handle = start(L"one");
    CHECK(handle != 0);
    fill(&p);
    p.head.LogFileMode |= EVENT_TRACE_SYSTEM_LOGGER_MODE;
    CHECK_EQ_UINT(StartTraceW(&handle, L"kernel", &p.head), ERROR_ACCESS_DENIED);
}

TEST(foreign_sessions_are_listed_and_stopped) {
    script("session \"EventLog-System\" mode 0x100 lost 7\nsession orphan mode 0x100\n");
    static properties all[8];
    EVENT_TRACE_PROPERTIES *pointers[8];
    ULONG count = 0;
    (void)start(L"mine");
    for (unsigned i = 0; i < 8; i++) {
        fill(&all[i]);
        all[i].head.LogFileNameOffset = offsetof(properties, file);
        pointers[i] = &all[i].head;
    }
    CHECK_EQ_UINT(QueryAllTracesW(pointers, 2, &count), ERROR_MORE_DATA);
    CHECK_EQ_UINT(count, 3);
    CHECK_EQ_UINT(QueryAllTracesW(pointers, 8, &count), ERROR_SUCCESS);
    CHECK_EQ_UINT(count, 3);
    CHECK(wcscmp(all[0].name, L"EventLog-System") == 0);
    CHECK_EQ_UINT(all[0].head.EventsLost, 7);
    CHECK(wcscmp(all[2].name, L"mine") == 0);
    properties p;
    fill(&p);
    CHECK_EQ_UINT(ControlTraceW(0, L"ORPHAN", &p.head, EVENT_TRACE_CONTROL_STOP), ERROR_SUCCESS);
    CHECK_EQ_UINT(ControlTraceW(0, L"orphan", &p.head, EVENT_TRACE_CONTROL_STOP), ERROR_WMI_INSTANCE_NOT_FOUND);
    CHECK_EQ_UINT(ControlTraceW(0, NULL, &p.head, EVENT_TRACE_CONTROL_STOP), ERROR_INVALID_PARAMETER);
}

TEST(some_properties_can_be_changed) {
    script("");
    properties p;
    const TRACEHANDLE handle = start(L"one");
    fill(&p);
    p.head.LogFileMode = 0; /* no longer in real time */
    p.head.FlushTimer = 7;
    p.head.MaximumBuffers = 99;
    CHECK_EQ_UINT(ControlTraceW(handle, NULL, &p.head, EVENT_TRACE_CONTROL_UPDATE), ERROR_SUCCESS);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_QUERY, &p), ERROR_SUCCESS);
    CHECK_EQ_UINT(p.head.FlushTimer, 7);
    CHECK_EQ_UINT(p.head.MaximumBuffers, 99);
    CHECK_EQ_UINT(p.head.LogFileMode, EVENT_TRACE_INDEPENDENT_SESSION_MODE);
    fill(&p);
    p.head.EnableFlags = EVENT_TRACE_FLAG_PROCESS;
    CHECK_EQ_UINT(ControlTraceW(handle, NULL, &p.head, EVENT_TRACE_CONTROL_UPDATE), ERROR_INVALID_PARAMETER);
}

TEST(buffers_are_as_many_as_there_must_be) {
    script("processors 6\n");
    properties p;
    TRACEHANDLE handle;
    fill(&p);
    p.head.BufferSize = 1;
    p.head.MinimumBuffers = 3;
    p.head.MaximumBuffers = 5;
    CHECK_EQ_UINT(StartTraceW(&handle, L"one", &p.head), ERROR_SUCCESS);
    CHECK_EQ_UINT(p.head.BufferSize, 4);
    CHECK_EQ_UINT(p.head.MinimumBuffers, 12);
    CHECK_EQ_UINT(p.head.MaximumBuffers, 12);
    CHECK_EQ_UINT(p.head.NumberOfBuffers, 12);
    CHECK_EQ_UINT(p.head.FreeBuffers, 12);
}

TEST(sessions_of_the_system_are_its_alone) {
    script("session EventLog-Security mode 0x100 needs system\n");
    properties p;
    EVENT_TRACE_LOGFILEW logfile = {.LoggerName = (WCHAR[]){L"EventLog-Security"},
                                    .ProcessTraceMode = PROCESS_TRACE_MODE_REAL_TIME | PROCESS_TRACE_MODE_EVENT_RECORD};
    fill(&p);
    CHECK_EQ_UINT(ControlTraceW(0, L"EventLog-Security", &p.head, EVENT_TRACE_CONTROL_QUERY), ERROR_ACCESS_DENIED);
    CHECK(OpenTraceW(&logfile) == INVALID_PROCESSTRACE_HANDLE);
    CHECK_EQ_UINT(GetLastError(), ERROR_ACCESS_DENIED);
}

TEST(names_that_do_not_fit_are_said_after_the_stop) {
    script("");
    properties p;
    const TRACEHANDLE handle = start(L"a rather long name");
    fill(&p);
    p.head.Wnode.BufferSize = sizeof p.head + 8;
    CHECK_EQ_UINT(ControlTraceW(handle, NULL, &p.head, EVENT_TRACE_CONTROL_STOP), ERROR_MORE_DATA);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_QUERY, &p), ERROR_WMI_INSTANCE_NOT_FOUND);
}

TEST_MAIN(CASE(starts_queries_stops), CASE(names_are_unique_whatever_their_case), CASE(properties_are_checked),
          CASE(there_is_a_limit), CASE(calls_fail_as_told), CASE(rights_are_needed),
          CASE(log_users_have_no_kernel_sessions), CASE(foreign_sessions_are_listed_and_stopped),
          CASE(some_properties_can_be_changed), CASE(buffers_are_as_many_as_there_must_be),
          CASE(sessions_of_the_system_are_its_alone), CASE(names_that_do_not_fit_are_said_after_the_stop))
