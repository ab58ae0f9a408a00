/* SPDX-License-Identifier: MIT */
/* The double's provider side: registrations, callbacks, events that are written, and private sessions. */
#include "sim_user.h"

static consumer c;

typedef struct told {
    LONG calls;
    ULONG code;
    UCHAR level;
    ULONGLONG any, all;
} told;

static void NTAPI on_enable(LPCGUID source, ULONG code, UCHAR level, ULONGLONG any, ULONGLONG all,
                            PEVENT_FILTER_DESCRIPTOR filter, PVOID context) {
    told *t = context;
    (void)source, (void)filter;
    t->calls++;
    t->code = code;
    t->level = level;
    t->any = any;
    t->all = all;
}

TEST(callbacks_tell_what_all_sessions_want) {
    script("");
    properties p;
    told t = {0};
    REGHANDLE handle;
    const TRACEHANDLE one = start(L"one"), two = start(L"two");
    CHECK_EQ_UINT(enable(one, 3, 0x10, 0x10, 0, NULL, 0), ERROR_SUCCESS);
    CHECK_EQ_UINT(EventRegister(&some_provider, on_enable, &t, &handle), ERROR_SUCCESS);
    CHECK_EQ_INT(t.calls, 1); /* enabled before it registered */
    CHECK_EQ_UINT(t.level, 3);
    CHECK_EQ_UINT(enable(two, 1, 0x20, 0, 0, NULL, 0), ERROR_SUCCESS);
    CHECK_EQ_INT(t.calls, 2);
    CHECK_EQ_UINT(t.level, 3); /* the highest, as the page says */
    CHECK_EQ_UINT(t.any, 0x30);
    CHECK_EQ_UINT(EnableTraceEx2(one, &some_provider, EVENT_CONTROL_CODE_CAPTURE_STATE, 0, 0, 0, 0, NULL),
                  ERROR_SUCCESS);
    CHECK_EQ_UINT(t.code, EVENT_CONTROL_CODE_CAPTURE_STATE);
    CHECK_EQ_UINT(control(one, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    CHECK_EQ_UINT(t.code, EVENT_CONTROL_CODE_ENABLE_PROVIDER);
    CHECK_EQ_UINT(t.level, 1);
    CHECK_EQ_UINT(EnableTraceEx2(two, &some_provider, EVENT_CONTROL_CODE_DISABLE_PROVIDER, 0, 0, 0, 0, NULL),
                  ERROR_SUCCESS);
    CHECK_EQ_UINT(t.code, EVENT_CONTROL_CODE_DISABLE_PROVIDER);
    CHECK_EQ_UINT(EventUnregister(handle), ERROR_SUCCESS);
    CHECK_EQ_UINT(EventUnregister(handle), ERROR_INVALID_HANDLE);
}

static ULONG write_number(REGHANDLE handle, ULONGLONG number, const GUID *related) {
    static BYTE metadata[] = {19, 0, 0, 'N', 'u', 'm', 0, 'n', 'u', 'm', 'b', 'e', 'r', 0, 10, 0, 0, 0, 0};
    static BYTE traits[] = {5, 0, 'T', 'L', 0};
    EVENT_DESCRIPTOR descriptor = {0, 0, 11, 4, 0, 0, 1};
    EVENT_DATA_DESCRIPTOR pieces[3] = {{(ULONGLONG)(ULONG_PTR)traits, sizeof traits, SIM_DESCRIPTOR_PROVIDER_METADATA},
                                       {(ULONGLONG)(ULONG_PTR)metadata, sizeof metadata, SIM_DESCRIPTOR_EVENT_METADATA},
                                       {(ULONGLONG)(ULONG_PTR)&number, sizeof number, 0}};
    return EventWriteTransfer(handle, &descriptor, NULL, related, 3, pieces);
}

TEST(events_reach_sessions_with_their_metadata) {
    script("flush-ms 10\n");
    BYTE traits[] = {5, 0, 'T', 'L', 0};
    GUID activity = some_provider;
    REGHANDLE handle;
    open_consumer(&c, (CHECK_EQ_UINT(enable(start(L"one"), 5, 0, 0, 0, NULL, 0), 0), L"one"), 0);
    CHECK_EQ_UINT(EventRegister(&some_provider, NULL, NULL, &handle), ERROR_SUCCESS);
    CHECK_EQ_UINT(EventSetInformation(handle, (EVENT_INFO_CLASS)SIM_PROVIDER_SET_TRAITS, traits, sizeof traits),
                  ERROR_SUCCESS);
    CHECK_EQ_UINT(EventActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &activity), ERROR_SUCCESS);
    CHECK_EQ_UINT(write_number(handle, 77, &some_provider), ERROR_SUCCESS);
    wait_for(&c.events, 1);
    CHECK_EQ_UINT(c.last_number, 77);
    CHECK_EQ_UINT(c.last.UserDataLength, 8);
    CHECK_EQ_UINT(c.last.ExtendedDataCount, 3); /* related activity, metadata, traits */
    CHECK_EQ_UINT(c.last.EventHeader.ProcessId, GetCurrentProcessId());
    CHECK(memcmp(&c.last.EventHeader.ActivityId, &some_provider, sizeof(GUID)) == 0);
    CHECK_EQ_UINT(write_number(handle + 1, 1, NULL), ERROR_INVALID_HANDLE);
}

TEST(types_of_descriptors_do_not_count_by_themselves) {
    script("flush-ms 10\nfail EventSetInformation.traits each 87\n");
    BYTE traits[] = {5, 0, 'T', 'L', 0}, yes = 1;
    REGHANDLE handle;
    open_consumer(&c, (CHECK_EQ_UINT(enable(start(L"one"), 5, 0, 0, 0, NULL, 0), 0), L"one"), 0);
    CHECK_EQ_UINT(EventRegister(&some_provider, NULL, NULL, &handle), ERROR_SUCCESS);
    CHECK_EQ_UINT(EventSetInformation(handle, (EVENT_INFO_CLASS)SIM_PROVIDER_SET_TRAITS, traits, sizeof traits), 87);
    CHECK_EQ_UINT(write_number(handle, 77, NULL), ERROR_SUCCESS);
    wait_for(&c.events, 1);
    CHECK_EQ_UINT(c.last.UserDataLength, 8 + 19 + 5);
    CHECK_EQ_UINT(EventSetInformation(handle, (EVENT_INFO_CLASS)SIM_PROVIDER_USE_DESCRIPTOR_TYPE, &yes, 1),
                  ERROR_SUCCESS);
    CHECK_EQ_UINT(write_number(handle, 78, NULL), ERROR_SUCCESS);
    wait_for(&c.events, 2);
    CHECK_EQ_UINT(c.last.UserDataLength, 8);
}

TEST(one_full_session_may_cost_the_others_their_event) {
    script("processors 1\nflush-ms 100000\n");
    properties p;
    TRACEHANDLE shy = 0;
    REGHANDLE handle;
    const TRACEHANDLE independent = start(L"independent");
    fill(&p);
    p.head.LogFileMode = EVENT_TRACE_REAL_TIME_MODE;
    p.head.BufferSize = 4;
    p.head.MinimumBuffers = p.head.MaximumBuffers = 2;
    CHECK_EQ_UINT(StartTraceW(&shy, L"shy", &p.head), ERROR_SUCCESS);
    CHECK_EQ_UINT(enable(independent, 5, 0, 0, 0, NULL, 0), ERROR_SUCCESS);
    CHECK_EQ_UINT(enable(shy, 5, 0, 0, 0, NULL, 0), ERROR_SUCCESS);
    CHECK_EQ_UINT(EventRegister(&some_provider, NULL, NULL, &handle), ERROR_SUCCESS);
    ULONG written = 0;
    while (written < 1000 && write_number(handle, written, NULL) == ERROR_SUCCESS)
        written++;
    CHECK(written > 0 && written < 200);
    CHECK_EQ_UINT(write_number(handle, 0, NULL), (ULONG)STATUS_LOG_FILE_FULL); /* nobody reads */
    CHECK_EQ_UINT(control(independent, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    CHECK_EQ_UINT(p.head.EventsLost, 0); /* it has them all, refused or not */
    CHECK_EQ_UINT(control(shy, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    CHECK_EQ_UINT(p.head.EventsLost, 2);
}

TEST(events_have_a_greatest_size) {
    script("");
    static BYTE bytes[65536];
    properties p;
    TRACEHANDLE session = 0;
    REGHANDLE handle;
    EVENT_DESCRIPTOR descriptor = {1, 0, 0, 4, 0, 0, 1};
    EVENT_DATA_DESCRIPTOR piece = {(ULONGLONG)(ULONG_PTR)bytes, sizeof bytes, 0};
    fill(&p);
    p.head.LogFileMode = EVENT_TRACE_REAL_TIME_MODE;
    p.head.BufferSize = 16;
    CHECK_EQ_UINT(StartTraceW(&session, L"one", &p.head), ERROR_SUCCESS);
    CHECK_EQ_UINT(enable(session, 5, 0, 0, 0, NULL, 0), ERROR_SUCCESS);
    CHECK_EQ_UINT(EventRegister(&some_provider, NULL, NULL, &handle), ERROR_SUCCESS);
    CHECK_EQ_UINT(EventWriteTransfer(handle, &descriptor, NULL, NULL, 1, &piece), ERROR_ARITHMETIC_OVERFLOW);
    piece.Size = 17000;
    CHECK_EQ_UINT(EventWriteTransfer(handle, &descriptor, NULL, NULL, 1, &piece), ERROR_MORE_DATA);
    piece.Size = 15000;
    CHECK_EQ_UINT(EventWriteTransfer(handle, &descriptor, NULL, NULL, 1, &piece), ERROR_SUCCESS);
    CHECK_EQ_UINT(EventWriteTransfer(handle, &descriptor, NULL, NULL, 129, &piece), ERROR_INVALID_PARAMETER);
}

TEST(private_sessions_have_the_processs_events_alone) {
    script("feed events 100 provider " SOME_PROVIDER "\n");
    properties p;
    TRACEHANDLE handle = 0;
    REGHANDLE provider;
    fill(&p);
    p.head.LogFileMode = EVENT_TRACE_PRIVATE_LOGGER_MODE | EVENT_TRACE_FILE_MODE_SEQUENTIAL;
    p.head.LogFileNameOffset = offsetof(properties, file);
    (void)MultiByteToWideChar(CP_UTF8, 0, getenv("ETWSIM_FOLDER"), -1, p.file, 400);
    wcscat(p.file, L"/private.etl");
    CHECK_EQ_UINT(StartTraceW(&handle, L"private", &p.head), ERROR_INVALID_PARAMETER); /* whose GUID? */
    p.head.Wnode.Guid = some_provider;
    CHECK_EQ_UINT(StartTraceW(&handle, L"private", &p.head), ERROR_SUCCESS);
    CHECK_EQ_UINT(enable(handle, 5, 0, 0, 0, NULL, 0), ERROR_SUCCESS);
    CHECK_EQ_UINT(EventRegister(&some_provider, NULL, NULL, &provider), ERROR_SUCCESS);
    while (!logged("everything is fed"))
        Sleep(10);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_WMI_INSTANCE_NOT_FOUND);
    fill(&p);
    p.head.LogFileMode = EVENT_TRACE_PRIVATE_LOGGER_MODE;
    CHECK_EQ_UINT(ControlTraceW(handle, NULL, &p.head, EVENT_TRACE_CONTROL_QUERY), ERROR_SUCCESS);
    CHECK_EQ_UINT(p.head.BuffersWritten, 0);
    CHECK_EQ_UINT(write_number(provider, 1, NULL), ERROR_SUCCESS);
    CHECK_EQ_UINT(ControlTraceW(handle, NULL, &p.head, EVENT_TRACE_CONTROL_FLUSH), ERROR_SUCCESS);
    CHECK_EQ_UINT(p.head.BuffersWritten, 1);
}

TEST(looked_up_functions_are_the_doubles_too) {
    script("without TraceQueryInformation\nbuild 22621\n");
    const HMODULE sechost = LoadLibraryW(L"sechost.dll"), ntdll = GetModuleHandleW(L"ntdll.dll");
    typedef LONG(WINAPI * version_function)(OSVERSIONINFOW *);
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    REQUIRE(sechost && ntdll);
    CHECK(GetProcAddress(sechost, "StartTraceW") != NULL);
    CHECK(GetProcAddress(sechost, "TraceQueryInformation") == NULL);
    CHECK(GetProcAddress(ntdll, "NtClose") != NULL);
    const FARPROC found = GetProcAddress(ntdll, "RtlGetVersion");
    version_function get;
    memcpy(&get, &found, sizeof get);
    REQUIRE(get);
    CHECK_EQ_INT(get(&version), 0);
    CHECK_EQ_UINT(version.dwBuildNumber, 22621);
}

TEST_MAIN(CASE(callbacks_tell_what_all_sessions_want), CASE(events_reach_sessions_with_their_metadata),
          CASE(types_of_descriptors_do_not_count_by_themselves), CASE(one_full_session_may_cost_the_others_their_event),
          CASE(events_have_a_greatest_size), CASE(private_sessions_have_the_processs_events_alone),
          CASE(looked_up_functions_are_the_doubles_too))
