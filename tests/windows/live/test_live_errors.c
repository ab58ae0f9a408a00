/* SPDX-License-Identifier: MIT */
/* Each call of Windows that fails says which, with its code and what it means, and leaves nothing behind. */
#include "live_user.h"

static live it;

/* Starts it once more: what failed before does not this time. */
static void fails(etwkit_status status, int code, const char *words) {
    CHECK_EQ_INT(etwkit_session_start(it.session, &it.error), status);
    CHECK_EQ_INT(it.error.status, status);
    CHECK_EQ_INT(it.error.system_error, code);
    CHECK(strstr(it.error.message, words) != NULL);
    CHECK(strstr(it.error.message, "session etwkit-test") != NULL);
    CHECK(!etwkit_session_is_running(it.session));
}

TEST(starttrace) {
    script("fail StartTraceW 1 5\nfail StartTraceW 2 183\nfail StartTraceW 3 1450\nfail StartTraceW 4 161\n"
           "fail StartTraceW 5 112\nfail StartTraceW 6 87\nfail StartTraceW 7 24\nfail StartTraceW 8 8\n"
           "fail StartTraceW 9 4711\n");
    REQUIRE(live_new(&it, NULL, NULL));
    fails(ETWKIT_E_DENIED, 5, "StartTraceW: error 5 (access denied: needs an elevated Administrator");
    fails(ETWKIT_E_EXISTS, 183, "adopt it, replace it");
    fails(ETWKIT_E_LIMIT, 1450, "64 sessions run");
    fails(ETWKIT_E_EXISTS, 161, "another session writes this file");
    fails(ETWKIT_E_IO, 112, "disk full");
    fails(ETWKIT_E_INVALID, 87, "does not take this mode");
    fails(ETWKIT_E_INVALID, 24, "bad length");
    fails(ETWKIT_E_NO_MEMORY, 8, "not enough memory");
    fails(ETWKIT_E_IO, 4711, "StartTraceW: error 4711");
    REQUIRE(live_start(&it));
    live_end(&it);
}

TEST(opentrace) {
    script("fail OpenTraceW 1 5\nfail OpenTraceW 2 4201\n");
    REQUIRE(live_new(&it, NULL, NULL));
    fails(ETWKIT_E_DENIED, 5, "OpenTraceW: error 5");
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), 1);
    fails(ETWKIT_E_NOT_FOUND, 4201, "OpenTraceW: error 4201");
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), 2);
    REQUIRE(live_start(&it));
    live_end(&it);
}

TEST(enabletrace) {
    script("fail EnableTraceEx2.enable 1 5\nfail EnableTraceEx2.enable 2 1450\nfail EnableTraceEx2.enable 4 5\n"
           "fail EnableTraceEx2.capture-state 1 1460\nfail EnableTraceEx2.disable 1 5\n");
    REQUIRE(live_new(&it, NULL, NULL));
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, NULL, NULL), ETWKIT_OK);
    fails(ETWKIT_E_DENIED, 5, "EventLog-Security as LocalSystem");
    fails(ETWKIT_E_LIMIT, 1450, "8 sessions have enabled this provider");
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), 2);
    REQUIRE(live_start(&it));
    CHECK_EQ_INT(etwkit_session_enable(it.session, &two, NULL, &it.error), ETWKIT_E_DENIED);
    CHECK_EQ_INT(etwkit_session_capture_state(it.session, &two, NULL), ETWKIT_E_NOT_FOUND); /* so it is not */
    CHECK_EQ_INT(etwkit_session_capture_state(it.session, &one, &it.error), ETWKIT_E_IO);
    CHECK_EQ_INT(it.error.system_error, 1460);
    CHECK_EQ_INT(etwkit_session_disable(it.session, &one, &it.error), ETWKIT_E_DENIED);
    live_end(&it);
}

TEST(processtrace) {
    script("fail ProcessTrace 1 4201\n");
    REQUIRE(live_of(&it, NULL));
    live_read(&it, UINT64_MAX); /* the end is reached at once */
    CHECK(live_notes(&it, "ProcessTrace: error 4201"));
    live_end(&it);
}

TEST(controltrace) {
    script("fail ControlTraceW.stop 1 5\nfail ControlTraceW.flush 1 5\nfail ControlTraceW.query each 5\n");
    REQUIRE(live_of(&it, NULL));
    CHECK_EQ_INT(etwkit_session_flush(it.session, &it.error), ETWKIT_E_DENIED);
    CHECK_EQ_INT(etwkit_session_flush(it.session, &it.error), ETWKIT_OK);
    etwkit_session_stats stats = etwkit_session_get_stats(it.session); /* as they were told last */
    CHECK_EQ_UINT(stats.buffer_size_kb, 64);
    CHECK_EQ_INT(etwkit_session_stop(it.session, &it.error), ETWKIT_E_DENIED);
    CHECK(strstr(it.error.message, "ControlTraceW: error 5") != NULL);
    etwkit_trace_close(&it.trace);
    etwkit_session_free(&it.session);
}

TEST(too_many_sessions) {
    script("max-sessions 0\n");
    REQUIRE(live_new(&it, NULL, NULL));
    fails(ETWKIT_E_LIMIT, ERROR_NO_SYSTEM_RESOURCES, "etwkit sessions list");
    etwkit_session_free(&it.session);
}

TEST(too_many_users_of_a_provider) {
    script("provider-users " ONE " 8\n");
    REQUIRE(live_new(&it, NULL, NULL));
    CHECK_EQ_INT(etwkit_session_enable(it.session, &one, NULL, NULL), ETWKIT_OK);
    fails(ETWKIT_E_LIMIT, ERROR_NO_SYSTEM_RESOURCES, "8 sessions have enabled this provider");
    etwkit_session_free(&it.session);
}

TEST(no_rights) {
    script("rights none\nsession etwkit-there mode 0x100\n");
    etwkit_system_sessions *list;
    REQUIRE(live_new(&it, NULL, NULL));
    fails(ETWKIT_E_DENIED, 5, "Performance Log Users");
    etwkit_session_free(&it.session);
    CHECK_EQ_INT(etwkit_system_session_stop("etwkit-there", &it.error), ETWKIT_E_DENIED);
    (void)etwkit_system_sessions_open(&list, NULL);
    etwkit_system_sessions_close(&list);
}

TEST(names_and_paths_that_windows_cannot_have) {
    script("");
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_session *session;
    options.scope = ETWKIT_SCOPE_SYSTEM;
    CHECK_EQ_INT(etwkit_session_new(&session, "not\xFFutf-8", &options, NULL), ETWKIT_E_INVALID);
    char path[2000];
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = 0;
    options.mode = ETWKIT_SESSION_FILE;
    options.path = path;
    CHECK_EQ_INT(etwkit_session_new(&session, "long", &options, NULL), ETWKIT_E_INVALID);
}

TEST_MAIN(CASE(starttrace), CASE(opentrace), CASE(enabletrace), CASE(processtrace), CASE(controltrace),
          CASE(too_many_sessions), CASE(too_many_users_of_a_provider), CASE(no_rights),
          CASE(names_and_paths_that_windows_cannot_have))
