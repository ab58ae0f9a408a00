/* SPDX-License-Identifier: MIT */
/* The double's enabling: level, keywords and filters, their limits, and what each call replaces. */
#include "sim_user.h"

static consumer c;

#define FOUR_KINDS                                                                      \
    "begin processing\nflush-ms 20\n"                                                   \
    "feed events 1 provider " SOME_PROVIDER " id 1 level 2 keyword 0x1 pid 100\n"       \
    "feed events 10 provider " SOME_PROVIDER " id 2 level 4 keyword 0x2 pid 200\n"      \
    "feed events 100 provider " SOME_PROVIDER " id 3 level 5 keyword 0x6 pid 300\n"     \
    "feed events 1000 provider " SOME_PROVIDER " id 0 name Named level 3 pid 400\n"     \
    "feed events 10000 provider " SOME_PROVIDER " id 0 name Other level 3 pid 400\n"    \
    "feed wait 300\nfeed events 100000 provider 99999999-2222-3333-4444-555555555555\n" \
    "feed stop *\n"

/* How many events come: the sum tells which of the kinds. */
static LONG count(UCHAR level, ULONGLONG any, ULONGLONG all, ULONG property, EVENT_FILTER_DESCRIPTOR *filters,
                  ULONG filter_count) {
    const TRACEHANDLE handle = start(L"one");
    open_consumer(&c, L"one", 0);
    CHECK_EQ_UINT(enable(handle, level, any, all, property, filters, filter_count), ERROR_SUCCESS);
    CHECK(join(&c));
    return c.events;
}

TEST(level_and_keywords_choose) {
    script(FOUR_KINDS);
    CHECK_EQ_INT(count(4, 2, 0, 0, NULL, 0), 11010); /* keyword 0 passes all masks */
}

TEST(all_keywords_are_wanted_together) {
    script(FOUR_KINDS);
    CHECK_EQ_INT(count(0, 2, 6, SIM_PROPERTY_IGNORE_KEYWORD_0, NULL, 0), 100);
}

static EVENT_FILTER_DESCRIPTOR filter(int type, const void *data, size_t size) {
    const EVENT_FILTER_DESCRIPTOR made = {(ULONGLONG)(ULONG_PTR)data, (ULONG)size, (ULONG)type};
    return made;
}

TEST(ids_are_filtered_in) {
    static const USHORT ids[] = {1 /* in */, 2, 1, 3};
    EVENT_FILTER_DESCRIPTOR filters[] = {filter(SIM_FILTER_EVENT_ID, ids, sizeof ids)};
    script(FOUR_KINDS);
    CHECK_EQ_INT(count(0, 0, 0, 0, filters, 1), 11101); /* TraceLogging's events have no ids */
}

TEST(ids_and_names_are_filtered_out) {
    static const USHORT ids[] = {0 /* out */, 1, 3};
    struct {
        sim_filter_event_name head;
        char more[16];
    } names;
    memset(&names, 0, sizeof names);
    names.head.count = 1;
    names.head.level = 255;
    memcpy((char *)&names + offsetof(sim_filter_event_name, names), "Named", 6);
    EVENT_FILTER_DESCRIPTOR filters[] = {
        filter(SIM_FILTER_EVENT_ID, ids, sizeof ids),
        filter(SIM_FILTER_EVENT_NAME, &names, offsetof(sim_filter_event_name, names) + 6)};
    script(FOUR_KINDS);
    CHECK_EQ_INT(count(0, 0, 0, 0, filters, 2), 10011);
}

TEST(processes_are_filtered_by_id_and_by_name) {
    static const ULONG pids[] = {100, 300};
    static const WCHAR executables[] = L"first.exe;THIRD.exe";
    EVENT_FILTER_DESCRIPTOR filters[] = {filter(SIM_FILTER_PID, pids, sizeof pids),
                                         filter(SIM_FILTER_EXECUTABLE_NAME, executables, sizeof executables)};
    script(FOUR_KINDS "process 100 other.exe\nprocess 300 third.exe\n");
    CHECK_EQ_INT(count(0, 0, 0, 0, filters, 2), 100);
}

TEST(filters_are_ignored_where_the_script_says_so) {
    static const ULONG pids[] = {100};
    EVENT_FILTER_DESCRIPTOR filters[] = {filter(SIM_FILTER_PID, pids, sizeof pids)};
    script(FOUR_KINDS "filters ignored\n");
    CHECK_EQ_INT(count(0, 0, 0, 0, filters, 1), 11111);
}

TEST(limits_are_kept) {
    static ULONG pids[9];
    static USHORT ids[2 + 65] = {1, 65};
    static char big[2000];
    const struct {
        EVENT_FILTER_DESCRIPTOR filter;
        ULONG error;
    } tries[] = {{filter(SIM_FILTER_PID, pids, 8 * sizeof *pids), ERROR_SUCCESS},
                 {filter(SIM_FILTER_PID, pids, 9 * sizeof *pids), ERROR_INVALID_PARAMETER},
                 {filter(SIM_FILTER_EVENT_ID, ids, sizeof ids), ERROR_INVALID_PARAMETER},
                 {filter(SIM_FILTER_SCHEMATIZED, big, 1024), ERROR_SUCCESS},
                 {filter(SIM_FILTER_SCHEMATIZED, big, 1025), ERROR_INVALID_PARAMETER},
                 {filter(12345, big, 8), ERROR_INVALID_PARAMETER}};
    script("");
    const TRACEHANDLE handle = start(L"one");
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        EVENT_FILTER_DESCRIPTOR one = tries[i].filter;
        CHECK_EQ_UINT(enable(handle, 0, 0, 0, 0, &one, 1), tries[i].error);
    }
    EVENT_FILTER_DESCRIPTOR twice[2] = {tries[0].filter, tries[0].filter};
    CHECK_EQ_UINT(enable(handle, 0, 0, 0, 0, twice, 2), ERROR_INVALID_PARAMETER);
    CHECK(logged("filter=0x80000004:32 -> 0"));
}

TEST(each_call_replaces_what_was) {
    static const ULONG pids[] = {100};
    EVENT_FILTER_DESCRIPTOR filters[] = {filter(SIM_FILTER_PID, pids, sizeof pids)};
    script(FOUR_KINDS "begin enables 2\n");
    const TRACEHANDLE handle = start(L"one");
    open_consumer(&c, L"one", 0);
    CHECK_EQ_UINT(enable(handle, 1, 1, 1, 0, filters, 1), ERROR_SUCCESS);
    CHECK_EQ_UINT(enable(handle, 5, 2, 0, 0, NULL, 0), ERROR_SUCCESS);
    CHECK(join(&c));
    CHECK_EQ_INT(c.events, 11110);
}

TEST(additions_come_as_items) {
    script("begin processing\nfeed events 1 provider " SOME_PROVIDER " id 7\nflush-ms 20\nfeed stop *\n");
    CHECK_EQ_INT(count(0, 0, 0, SIM_PROPERTY_SID | SIM_PROPERTY_TS_ID | SIM_PROPERTY_STACK_TRACE, NULL, 0), 1);
    CHECK_EQ_UINT(c.last.ExtendedDataCount, 3);
    CHECK(c.last.EventHeader.Flags & EVENT_HEADER_FLAG_EXTENDED_INFO);
}

TEST(a_provider_serves_eight_sessions) {
    script("provider-users " SOME_PROVIDER " 7\n");
    CHECK_EQ_UINT(enable(start(L"one"), 0, 0, 0, 0, NULL, 0), ERROR_SUCCESS);
    CHECK_EQ_UINT(enable(start(L"two"), 0, 0, 0, 0, NULL, 0), ERROR_NO_SYSTEM_RESOURCES);
}

TEST(parameters_are_checked) {
    script("rights admin\n");
    properties p;
    const TRACEHANDLE handle = start(L"one");
    CHECK_EQ_UINT(EnableTraceEx2(0, &some_provider, 1, 0, 0, 0, 0, NULL), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(EnableTraceEx2(handle, NULL, 1, 0, 0, 0, 0, NULL), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(EnableTraceEx2(handle, &some_provider, 1, 0, 0, 0, 0, NULL), ERROR_SUCCESS);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    CHECK_EQ_UINT(EnableTraceEx2(handle, &some_provider, 1, 0, 0, 0, 0, NULL), ERROR_WMI_INSTANCE_NOT_FOUND);
}

TEST_MAIN(CASE(level_and_keywords_choose), CASE(all_keywords_are_wanted_together), CASE(ids_are_filtered_in),
          CASE(ids_and_names_are_filtered_out), CASE(processes_are_filtered_by_id_and_by_name),
          CASE(filters_are_ignored_where_the_script_says_so), CASE(limits_are_kept), CASE(each_call_replaces_what_was),
          CASE(additions_come_as_items), CASE(a_provider_serves_eight_sessions), CASE(parameters_are_checked))
