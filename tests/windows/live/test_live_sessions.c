/* SPDX-License-Identifier: MIT */
/* Sessions that exist already, those of others, and what is listed. */
#include "live_user.h"

static live it;

static bool live_with(etwkit_system_kind kind, etwkit_existing existing) {
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    system.kind = kind;
    system.existing = existing;
    return live_new(&it, NULL, &system);
}

#define THERE "session etwkit-test mode 0x100 lost 7\n"

TEST(one_that_exists_is_left_alone) {
    script(THERE);
    REQUIRE(live_with(ETWKIT_SYSTEM_USER, ETWKIT_EXISTING_FAIL));
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), ETWKIT_E_EXISTS);
    etwkit_session_free(&it.session);
    CHECK(!logged("ControlTraceW"));
}

TEST(one_that_exists_is_replaced) {
    script(THERE "feed events 10 provider " ONE "\n");
    REQUIRE(live_with(ETWKIT_SYSTEM_USER, ETWKIT_EXISTING_REPLACE));
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, NULL, NULL), ETWKIT_OK);
    REQUIRE(live_start(&it));
    live_read(&it, 10);
    CHECK(live_notes(&it, "was stopped"));
    live_end(&it);
    CHECK_EQ_UINT(it.ours, 10);
    CHECK_EQ_UINT(it.stats.windows_events_lost, 0);
}

/* Whatever existed was not of this name, or had ended by itself: nothing was stopped. */
TEST(one_that_is_gone_is_not_replaced) {
    script("fail StartTraceW 1 183\n");
    REQUIRE(live_with(ETWKIT_SYSTEM_USER, ETWKIT_EXISTING_REPLACE));
    REQUIRE(live_start(&it));
    CHECK(!live_notes(&it, "was stopped"));
    live_end(&it);
}

TEST(one_that_exists_is_adopted) {
    script(THERE "feed events 10 provider " ONE "\n");
    REQUIRE(live_with(ETWKIT_SYSTEM_USER, ETWKIT_EXISTING_ADOPT));
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, NULL, NULL), ETWKIT_OK);
    REQUIRE(live_start(&it));
    live_read(&it, 10);
    CHECK(live_notes(&it, "ran already"));
    live_end(&it);
    CHECK_EQ_UINT(it.ours, 10);
    CHECK_EQ_UINT(it.stats.windows_events_lost, 0); /* the seven were lost before */
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), 1);
}

/* It counts system time, though our options are those of QPC, and no header event tells it. */
TEST(one_that_is_adopted_has_its_own_clock) {
    script("session etwkit-test mode 0x100 clock 2\nheader-event no\nfeed events 10 provider " ONE "\n");
    FILETIME now;
    REQUIRE(live_with(ETWKIT_SYSTEM_USER, ETWKIT_EXISTING_ADOPT));
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, NULL, NULL), ETWKIT_OK);
    REQUIRE(live_start(&it));
    live_read(&it, 10);
    live_end(&it);
    CHECK_EQ_UINT(it.ours, 10);
    GetSystemTimeAsFileTime(&now);
    const int64_t time = (int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
    const int64_t hour = INT64_C(36000000000);
    CHECK(it.first_time > time - hour && it.last_time < time + hour);
}

/* What it has of the kernel's events stays on. */
TEST(one_that_is_adopted_gets_further_groups) {
    script("session \"NT Kernel Logger\" flags 3\n");
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    system.kind = ETWKIT_SYSTEM_NT_KERNEL_LOGGER;
    system.existing = ETWKIT_EXISTING_ADOPT;
    system.kernel_groups[0] = 0x4;
    REQUIRE(live_new(&it, NULL, &system));
    REQUIRE(live_start(&it));
    CHECK(logged("TraceSetInformation group-masks") && logged("size=32 0x7 0x0"));
    live_end(&it);
}

TEST(one_that_is_adopted_keeps_its_groups) {
    script("session \"NT Kernel Logger\" flags 3\n");
    REQUIRE(live_with(ETWKIT_SYSTEM_NT_KERNEL_LOGGER, ETWKIT_EXISTING_ADOPT));
    REQUIRE(live_start(&it));
    CHECK(!logged("TraceSetInformation"));
    live_end(&it);
}

TEST(one_that_writes_a_file_is_adopted_for_real_time) {
    script("session etwkit-test mode 1 file C:\\there.etl\n");
    REQUIRE(live_with(ETWKIT_SYSTEM_USER, ETWKIT_EXISTING_ADOPT));
    REQUIRE(live_start(&it));
    CHECK(logged("ControlTraceW update"));
    live_end(&it);
}

/* An update whose flags are 0 ends all of the kernel's events. */
TEST(the_kernels_events_of_one_that_writes_a_file_stay) {
    script("session \"NT Kernel Logger\" mode 1 flags 3 file C:\\there.etl\n");
    REQUIRE(live_with(ETWKIT_SYSTEM_NT_KERNEL_LOGGER, ETWKIT_EXISTING_ADOPT));
    REQUIRE(live_start(&it));
    CHECK(logged("ControlTraceW update handle=") && logged("flags=0x3 flush=0 -> 0"));
    live_end(&it);
}

TEST(one_that_cannot_be_adopted_goes_on) {
    script(THERE "fail EnableTraceEx2.enable 1 5\nfail OpenTraceW 1 5\n");
    REQUIRE(live_with(ETWKIT_SYSTEM_USER, ETWKIT_EXISTING_ADOPT));
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, NULL, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), ETWKIT_E_DENIED);
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), ETWKIT_E_DENIED);
    CHECK(!logged("ControlTraceW stop"));
    REQUIRE(live_start(&it));
    live_end(&it);
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), 1);
}

TEST(attached_is_read_and_not_stopped) {
    script("session etwkit-test mode 0x100\nbegin processing\nfeed events 10 provider " ONE "\n");
    REQUIRE(live_with(ETWKIT_SYSTEM_ATTACH, ETWKIT_EXISTING_FAIL));
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, NULL, &it.error), ETWKIT_E_INVALID);
    REQUIRE(live_start(&it));
    live_end(&it);
    CHECK(!logged("ControlTraceW stop") && !logged("StartTraceW") && !logged("EnableTraceEx2"));
    CHECK(logged("CloseTrace"));
}

TEST(attaching_needs_one_that_hands_on) {
    script("session etwkit-test mode 1 file C:\\there.etl\n");
    REQUIRE(live_with(ETWKIT_SYSTEM_ATTACH, ETWKIT_EXISTING_FAIL));
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), ETWKIT_E_INVALID);
    CHECK(strstr(it.error.message, "only writes its file") != NULL);
    etwkit_session_free(&it.session);
}

TEST(attaching_needs_one_that_is_there) {
    script("");
    REQUIRE(live_with(ETWKIT_SYSTEM_ATTACH, ETWKIT_EXISTING_FAIL));
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), ETWKIT_E_NOT_FOUND);
    etwkit_session_free(&it.session);
}

/* The right to read may be there where that to ask is not. */
TEST(attaching_without_the_right_to_ask) {
    script("session etwkit-test mode 0x100\nfail ControlTraceW.query each 5\n");
    REQUIRE(live_with(ETWKIT_SYSTEM_ATTACH, ETWKIT_EXISTING_FAIL));
    REQUIRE(live_start(&it));
    CHECK(live_notes(&it, "no right to ask"));
    live_end(&it);
}

TEST(sessions_are_listed_and_stopped) {
    script("session ETWKIT-left mode 0x100 lost 3\nsession EventLog-System mode 0x100\n");
    etwkit_system_sessions *list;
    bool left = false, log = false, own = false;
    REQUIRE(live_of(&it, NULL));
    REQUIRE(etwkit_system_sessions_open(&list, &it.error) == ETWKIT_OK);
    CHECK_EQ_UINT(etwkit_system_sessions_count(list), 3);
    for (size_t i = 0; i < etwkit_system_sessions_count(list); i++) {
        const etwkit_system_session *session = etwkit_system_sessions_at(list, i);
        left |= strcmp(session->name, "ETWKIT-left") == 0 && session->is_ours && session->events_lost == 3;
        log |= strcmp(session->name, "EventLog-System") == 0 && !session->is_ours;
        own |= strcmp(session->name, "etwkit-test") == 0 && session->is_ours && session->buffer_size_kb == 64 &&
               session->log_file_mode == 0x08000100 && session->path[0] == 0;
    }
    CHECK(left && log && own);
    CHECK(etwkit_system_sessions_at(list, 3) == NULL);
    etwkit_system_sessions_close(&list);
    CHECK_EQ_INT(etwkit_system_session_stop("ETWKIT-left", &it.error), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_system_session_stop("ETWKIT-left", &it.error), ETWKIT_E_NOT_FOUND);
    CHECK_EQ_INT(etwkit_system_session_stop("", &it.error), ETWKIT_E_INVALID);
    live_end(&it);
}

TEST(more_sessions_than_usual_are_listed) {
    char text[8192] = "max-sessions 256\n";
    for (unsigned i = 0; i < 100; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "session other%u mode 0x100\n", i);
    script(text);
    etwkit_system_sessions *list;
    REQUIRE(etwkit_system_sessions_open(&list, &it.error) == ETWKIT_OK);
    CHECK_EQ_UINT(etwkit_system_sessions_count(list), 100);
    etwkit_system_sessions_close(&list);
}

TEST(listing_fails) {
    script("fail QueryAllTracesW 1 5\n");
    etwkit_system_sessions *list;
    CHECK_EQ_INT(etwkit_system_sessions_open(&list, &it.error), ETWKIT_E_DENIED);
    CHECK(list == NULL);
    CHECK(strstr(it.error.message, "QueryAllTracesW: error 5") != NULL);
}

TEST_MAIN(CASE(one_that_exists_is_left_alone), CASE(one_that_exists_is_replaced), CASE(one_that_exists_is_adopted),
          CASE(one_that_is_adopted_has_its_own_clock), CASE(one_that_is_adopted_gets_further_groups),
          CASE(one_that_is_adopted_keeps_its_groups), CASE(one_that_writes_a_file_is_adopted_for_real_time),
          CASE(attached_is_read_and_not_stopped), CASE(attaching_needs_one_that_hands_on),
          CASE(attaching_needs_one_that_is_there), CASE(attaching_without_the_right_to_ask),
          CASE(sessions_are_listed_and_stopped), CASE(more_sessions_than_usual_are_listed), CASE(listing_fails),
          CASE(the_kernels_events_of_one_that_writes_a_file_stay), CASE(one_that_cannot_be_adopted_goes_on),
          CASE(one_that_is_gone_is_not_replaced))
