/* SPDX-License-Identifier: MIT */
/* The double's kernel sessions: how they are named and started, flags and group masks, stacks, rundown, the interval.
 */
#include "sim_user.h"

static const GUID kernel_guid = {0x9e814aad, 0x3204, 0x11d2, {0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39}};
static const GUID process_class = {0x3d6fa8d0, 0xfe05, 0x11d0, {0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}};
static const GUID process_provider = {0x151f55dc, 0x467d, 0x471f, {0x83, 0xb5, 0x5f, 0x88, 0x9d, 0x46, 0xff, 0x66}};

static consumer c;
static LONG starts, ends;

static void on_process(consumer *unused, EVENT_RECORD *record) {
    (void)unused;
    if (memcmp(&record->EventHeader.ProviderId, &process_class, sizeof process_class) != 0)
        return;
    starts += record->EventHeader.EventDescriptor.Opcode == EVENT_TRACE_TYPE_DC_START;
    ends += record->EventHeader.EventDescriptor.Opcode == EVENT_TRACE_TYPE_DC_END;
}

static ULONG start_kernel(const WCHAR *name, ULONG flags, TRACEHANDLE *handle) {
    properties p;
    fill(&p);
    p.head.LogFileMode |= EVENT_TRACE_SYSTEM_LOGGER_MODE;
    p.head.EnableFlags = flags;
    return StartTraceW(handle, name, &p.head);
}

TEST(rundown_comes_at_the_begin_and_after_the_stop) {
    script("rundown-start 5\nrundown-end 7\nflush-ms 10\n");
    properties p;
    TRACEHANDLE handle = 0;
    c.on_event = on_process;
    CHECK_EQ_UINT(start_kernel(L"mine", EVENT_TRACE_FLAG_PROCESS, &handle), ERROR_SUCCESS);
    open_consumer(&c, L"mine", 0);
    wait_for(&starts, 5);
    CHECK_EQ_INT(ends, 0);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    REQUIRE(join(&c));
    CHECK_EQ_INT(starts, 5);
    CHECK_EQ_INT(ends, 7);
}

TEST(the_classic_logger_has_one_name_and_one_guid) {
    script("session \"NT Kernel Logger\" mode 0x100\n");
    properties p;
    TRACEHANDLE handle;
    fill(&p);
    p.head.Wnode.Guid = kernel_guid;
    p.head.EnableFlags = EVENT_TRACE_FLAG_PROCESS;
    CHECK_EQ_UINT(StartTraceW(&handle, L"not its name", &p.head), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(StartTraceW(&handle, KERNEL_LOGGER_NAMEW, &p.head), ERROR_ALREADY_EXISTS);
    fill(&p);
    CHECK_EQ_UINT(ControlTraceW(0, KERNEL_LOGGER_NAMEW, &p.head, EVENT_TRACE_CONTROL_STOP), ERROR_SUCCESS);
    fill(&p);
    p.head.EnableFlags = EVENT_TRACE_FLAG_PROCESS;
    CHECK_EQ_UINT(StartTraceW(&handle, KERNEL_LOGGER_NAMEW, &p.head), ERROR_SUCCESS);
    CHECK(memcmp(&p.head.Wnode.Guid, &kernel_guid, sizeof kernel_guid) == 0);
}

TEST(there_are_eight_of_them) {
    script("");
    TRACEHANDLE handle;
    for (unsigned i = 0; i < 8; i++) {
        const WCHAR name[] = {(WCHAR)(L'a' + i), 0};
        CHECK_EQ_UINT(start_kernel(name, 0, &handle), ERROR_SUCCESS);
    }
    CHECK_EQ_UINT(start_kernel(L"ninth", 0, &handle), ERROR_NO_SYSTEM_RESOURCES);
    CHECK(start(L"of the user") != 0);
}

TEST(samples_need_a_privilege) {
    script("");
    TRACEHANDLE handle;
    HANDLE token;
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1, .Privileges = {{.Attributes = SE_PRIVILEGE_ENABLED}}};
    CHECK_EQ_UINT(start_kernel(L"mine", EVENT_TRACE_FLAG_PROFILE, &handle), ERROR_ACCESS_DENIED);
    REQUIRE(LookupPrivilegeValueW(NULL, SE_SYSTEM_PROFILE_NAME, &wanted.Privileges[0].Luid));
    REQUIRE(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token));
    REQUIRE(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL));
    CHECK_EQ_UINT(start_kernel(L"mine", EVENT_TRACE_FLAG_PROFILE, &handle), ERROR_SUCCESS);
}

TEST(a_privilege_may_be_missing) {
    script("profile-privilege missing\n");
    TRACEHANDLE handle;
    HANDLE token;
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1, .Privileges = {{.Attributes = SE_PRIVILEGE_ENABLED}}};
    REQUIRE(LookupPrivilegeValueW(NULL, SE_SYSTEM_PROFILE_NAME, &wanted.Privileges[0].Luid));
    REQUIRE(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token));
    REQUIRE(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL));
    CHECK_EQ_UINT(GetLastError(), ERROR_NOT_ALL_ASSIGNED);
    CHECK_EQ_UINT(start_kernel(L"mine", EVENT_TRACE_FLAG_PROFILE, &handle), ERROR_ACCESS_DENIED);
}

TEST(masks_stacks_and_interval_are_set_and_told) {
    script("rundown-start 3\n");
    TRACEHANDLE handle = 0, user = start(L"of the user");
    ULONG masks[8] = {EVENT_TRACE_FLAG_PROCESS, 0x20000040}, told[8] = {0}, length = 0;
    CLASSIC_EVENT_ID stacks[257] = {{process_class, 1, {0}}};
    TRACE_PROFILE_INTERVAL interval = {0, 5000}, now = {0, 0};
    CHECK_EQ_UINT(start_kernel(L"mine", 0, &handle), ERROR_SUCCESS);
    CHECK_EQ_UINT(TraceSetInformation(handle, TraceSystemTraceEnableFlagsInfo, masks, sizeof masks), ERROR_SUCCESS);
    CHECK_EQ_UINT(TraceQueryInformation(handle, TraceSystemTraceEnableFlagsInfo, told, sizeof told, &length),
                  ERROR_SUCCESS);
    CHECK_EQ_MEM(told, masks, sizeof masks);
    CHECK_EQ_UINT(TraceSetInformation(handle, TraceStackTracingInfo, stacks, sizeof *stacks), ERROR_SUCCESS);
    CHECK_EQ_UINT(TraceSetInformation(handle, TraceStackTracingInfo, stacks, sizeof stacks), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(TraceSetInformation(handle, TraceStackTracingInfo, stacks, 3), ERROR_BAD_LENGTH);
    CHECK_EQ_UINT(TraceSetInformation(user, TraceStackTracingInfo, stacks, sizeof *stacks), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(TraceSetInformation(handle, (TRACE_INFO_CLASS)99, masks, 4), ERROR_NOT_SUPPORTED);
    CHECK_EQ_UINT(TraceQueryInformation(0, TraceSampledProfileIntervalInfo, &now, sizeof now, &length), ERROR_SUCCESS);
    CHECK_EQ_UINT(now.Interval, 10000);
    CHECK_EQ_UINT(TraceSetInformation(0, TraceSampledProfileIntervalInfo, &interval, sizeof interval), ERROR_SUCCESS);
    CHECK_EQ_UINT(TraceQueryInformation(0, TraceSampledProfileIntervalInfo, &now, sizeof now, &length), ERROR_SUCCESS);
    CHECK_EQ_UINT(now.Interval, 5000);
    CHECK(logged("group-masks handle=2 size=32 0x1 0x20000040"));
    CHECK(logged("stacks handle=2 size=24 3d6fa8d0:1 -> 0"));
}

TEST(system_providers_come_with_a_build) {
    script("build 20348\n");
    properties p;
    TRACEHANDLE handle = 0, user = start(L"of the user");
    CHECK_EQ_UINT(start_kernel(L"mine", 0, &handle), ERROR_SUCCESS);
    CHECK_EQ_UINT(EnableTraceEx2(user, &process_provider, 1, 0, 1, 0, 0, NULL), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(EnableTraceEx2(handle, &process_provider, 1, 0, 0x1001, 0, 0, NULL), ERROR_SUCCESS);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_QUERY, &p), ERROR_SUCCESS);
    CHECK_EQ_UINT(p.head.EnableFlags, EVENT_TRACE_FLAG_PROCESS | EVENT_TRACE_FLAG_IMAGE_LOAD);
}

TEST(before_that_build_they_are_nobody) {
    script("build 17763\nrundown-start 3\n");
    properties p;
    TRACEHANDLE handle = 0;
    CHECK_EQ_UINT(start_kernel(L"mine", 0, &handle), ERROR_SUCCESS);
    CHECK_EQ_UINT(EnableTraceEx2(handle, &process_provider, 1, 0, 1, 0, 0, NULL), ERROR_SUCCESS);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_QUERY, &p), ERROR_SUCCESS);
    CHECK_EQ_UINT(p.head.EnableFlags, 0);
}

TEST(the_kernels_provider_is_not_enabled_as_others) {
    script("");
    TRACEHANDLE handle = 0;
    CHECK_EQ_UINT(start_kernel(L"mine", 0, &handle), ERROR_SUCCESS);
    CHECK_EQ_UINT(EnableTraceEx2(handle, &kernel_guid, 1, 0, 1, 0, 0, NULL), ERROR_INVALID_PARAMETER);
}

TEST_MAIN(CASE(rundown_comes_at_the_begin_and_after_the_stop), CASE(the_classic_logger_has_one_name_and_one_guid),
          CASE(there_are_eight_of_them), CASE(samples_need_a_privilege), CASE(a_privilege_may_be_missing),
          CASE(masks_stacks_and_interval_are_set_and_told), CASE(system_providers_come_with_a_build),
          CASE(before_that_build_they_are_nobody), CASE(the_kernels_provider_is_not_enabled_as_others))
