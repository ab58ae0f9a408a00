/* SPDX-License-Identifier: MIT */
/* How sessions end: what still comes then, whom somebody else stops, Ctrl-C, and what must not outlive the process. */
#include "live_user.h"

static live it;
static char path[512];

static bool kernel_start(etwkit_system_kind kind) {
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    system.kind = kind;
    system.kernel_groups[0] = EVENT_TRACE_FLAG_PROCESS;
    return live_new(&it, NULL, &system) && live_start(&it);
}

static bool file_start(etwkit_session_mode mode, const etwkit_system_options *system) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    (void)snprintf(path, sizeof path, "%s/out.etl", getenv("ETWSIM_FOLDER"));
    options.mode = mode;
    options.path = path;
    return live_new(&it, &options, system) && etwkit_session_enable(it.session, &one, NULL, &it.error) == ETWKIT_OK &&
           etwkit_session_start(it.session, &it.error) == ETWKIT_OK;
}

static void wait_for_words(const char *words) {
    for (unsigned i = 0; i < 3000 && !logged(words); i++)
        Sleep(10);
}

/* Events in the file; -1: it cannot be read. */
static int64_t count_in_file(void) {
    etwkit_trace *trace;
    const etwkit_batch *batch;
    int64_t count = 0;
    if (etwkit_trace_open(&trace, path, NULL, &it.error) != ETWKIT_OK)
        return -1;
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++)
            count += memcmp(&etwkit_batch_record(batch, i)->provider_id, &one, sizeof one) == 0;
    etwkit_trace_close(&trace);
    return count;
}

/* What comes after the stop. */

TEST(a_rundown_with_pauses_is_complete) {
    script("flush-ms 20\nrundown-start 1\nrundown-end 40\nrundown-pieces 3\nrundown-pause 600\n");
    REQUIRE(kernel_start(ETWKIT_SYSTEM_KERNEL));
    live_await(&it, 2); /* so ProcessTrace runs */
    live_end(&it);
    CHECK_EQ_UINT(it.others, 42); /* the header, too */
}

TEST(processtrace_that_takes_seconds_is_waited_for) {
    script("feed events 10 provider " ONE "\nstop-delay 2000\n");
    REQUIRE(live_of(&it, NULL));
    live_read(&it, 10);
    CHECK_EQ_INT(etwkit_session_stop(it.session, &it.error), ETWKIT_OK);
    CHECK(!live_notes(&it, "did not return"));
    CHECK(logged("ProcessTrace handle=256 -> 0"));
    live_end(&it);
    CHECK_EQ_UINT(it.ours, 10);
}

TEST(processtrace_that_never_returns_is_asked_to) {
    script("feed events 10 provider " ONE "\nstop-delay 86400000\n");
    REQUIRE(live_of(&it, NULL));
    live_read(&it, 10);
    CHECK_EQ_INT(etwkit_session_stop(it.session, &it.error), ETWKIT_OK);
    CHECK(live_notes(&it, "did not return"));
    live_close(&it);
    CHECK_EQ_UINT(it.ours, 10);
}

/* Any session, ended at any moment. ETWKIT_LIVE_ROUNDS, ETWKIT_LIVE_SEED: `make soak` has many, and others each time.
 */

static uint64_t chance;

static unsigned below(unsigned limit) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (unsigned)(chance % limit);
}

static uint64_t number_of(const char *variable, uint64_t fallback) {
    const char *text = getenv(variable);
    return text ? strtoull(text, NULL, 10) : fallback;
}

static bool start_any(void) {
    static const etwkit_session_mode modes[] = {ETWKIT_SESSION_REAL_TIME, ETWKIT_SESSION_REAL_TIME, ETWKIT_SESSION_FILE,
                                                ETWKIT_SESSION_FLIGHT_RECORDER};
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    options.mode = modes[below(4)];
    options.path = options.mode == ETWKIT_SESSION_REAL_TIME ? NULL : path;
    options.overflow = below(2) ? ETWKIT_OVERFLOW_BLOCK : ETWKIT_OVERFLOW_DROP_OLDEST;
    options.channel_events = 1 + below(5000);
    options.buffer_size = 4096u << below(4);
    options.minimum_buffers = options.maximum_buffers = 4 + below(60);
    system.kind = below(3) ? ETWKIT_SYSTEM_USER : ETWKIT_SYSTEM_KERNEL;
    system.kernel_groups[0] = system.kind == ETWKIT_SYSTEM_KERNEL ? EVENT_TRACE_FLAG_PROCESS : 0;
    if (system.kind == ETWKIT_SYSTEM_KERNEL)
        system.profile_interval = below(2) * 5000;
    return live_new(&it, &options, &system) && etwkit_session_enable(it.session, &one, NULL, &it.error) == ETWKIT_OK &&
           (options.mode == ETWKIT_SESSION_REAL_TIME ? live_start(&it)
                                                     : etwkit_session_start(it.session, &it.error) == ETWKIT_OK);
}

TEST(any_session_ends_at_any_moment) {
    script("feed events 1000000000000 provider " ONE " rate 50000\nrundown-end 9\nrundown-pieces 3\nrundown-pause 2\n");
    const uint64_t rounds = number_of("ETWKIT_LIVE_ROUNDS", 40), seed = number_of("ETWKIT_LIVE_SEED", 1);
    DWORD handles = 0, before = 0;
    chance = seed * 2 + 1;
    printf("# ETWKIT_LIVE_SEED=%" PRIu64 "\n", seed);
    (void)snprintf(path, sizeof path, "%s/out.etl", getenv("ETWSIM_FOLDER"));
    for (uint64_t i = 0; i < rounds; i++) {
        REQUIRE(start_any());
        if (below(2))
            Sleep(below(20));
        if (it.trace && below(2))
            live_read(&it, 1 + below(2000));
        if (below(4) == 0)
            (void)etwkit_session_enable(it.session, &two, NULL, NULL);
        if (below(4) == 0)
            (void)etwkit_session_flush(it.session, NULL);
        live_end(&it);
        (void)GetProcessHandleCount(GetCurrentProcess(), &handles);
        before = i < rounds / 4 ? handles : before;
    }
    CHECK(handles <= before + 4); /* no more than there were */
    CHECK_EQ_UINT(times_logged("ControlTraceW stop handle=1 name=\"\" flags=0x0 flush=0 -> 0"), rounds);
    etwkit_system_sessions *list;
    REQUIRE(etwkit_system_sessions_open(&list, &it.error) == ETWKIT_OK);
    CHECK_EQ_UINT(etwkit_system_sessions_count(list), 0);
    etwkit_system_sessions_close(&list);
}

/* Somebody else. */

#define STOLEN(name) "feed wait 100\nfeed stop " name "\nfeed start " name "\n"

static void check_the_other_goes_on(const char *name) {
    etwkit_system_sessions *list;
    CHECK(!logged("ControlTraceW stop") && !logged("ControlTraceW flush"));
    REQUIRE(etwkit_system_sessions_open(&list, &it.error) == ETWKIT_OK);
    CHECK_EQ_UINT(etwkit_system_sessions_count(list), 1);
    if (etwkit_system_sessions_count(list))
        CHECK_EQ_STR(etwkit_system_sessions_at(list, 0)->name, name);
    etwkit_system_sessions_close(&list);
}

/* All that is asked of the session, and its stop. */
static void ask_and_end(void) {
    const unsigned enables = times_logged("EnableTraceEx2");
    const etwkit_session_stats stats = etwkit_session_get_stats(it.session);
    CHECK_EQ_UINT(stats.windows_events_lost, 0);
    CHECK_EQ_INT(etwkit_session_flush(it.session, &it.error), ETWKIT_E_CLOSED);
    CHECK_EQ_INT(etwkit_session_enable(it.session, &two, NULL, &it.error), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_capture_state(it.session, &two, &it.error), ETWKIT_E_CLOSED);
    CHECK_EQ_UINT(times_logged("EnableTraceEx2"), enables);
    CHECK(live_notes(&it, "somebody else stopped this session"));
    live_end(&it);
}

TEST(is_stopped_by_somebody_else) {
    script("begin processing\nfeed events 100 provider " ONE "\n" STOLEN("etwkit-test"));
    REQUIRE(live_of(&it, NULL));
    live_read(&it, UINT64_MAX); /* to the end */
    CHECK_EQ_UINT(it.ours, 100);
    wait_for_words("everything is fed");
    CHECK(logged("a session is started by somebody else name=\"etwkit-test\" handle=1")); /* the number was ours */
    ask_and_end();
    check_the_other_goes_on("etwkit-test");
}

/* Whose GUID is always the same. */
TEST(the_kernel_logger_is_taken_by_somebody_else) {
    script("begin processing\nbegin enables 0\n" STOLEN("\"NT Kernel Logger\""));
    REQUIRE(kernel_start(ETWKIT_SYSTEM_NT_KERNEL_LOGGER));
    live_read(&it, UINT64_MAX);
    wait_for_words("everything is fed");
    ask_and_end();
    check_the_other_goes_on("NT Kernel Logger");
}

/* Nothing tells of it until the session is asked. */
TEST(a_recording_is_stopped_by_somebody_else) {
    script("feed events 100 provider " ONE "\n" STOLEN("etwkit-test"));
    REQUIRE(file_start(ETWKIT_SESSION_FILE, NULL));
    wait_for_words("everything is fed");
    ask_and_end();
    check_the_other_goes_on("etwkit-test");
    CHECK_EQ_INT(count_in_file(), 100);
}

TEST(a_recording_is_stopped_by_somebody_else_before_its_stop) {
    script(STOLEN("etwkit-test"));
    REQUIRE(file_start(ETWKIT_SESSION_FILE, NULL));
    wait_for_words("everything is fed");
    live_end(&it);
    check_the_other_goes_on("etwkit-test");
}

/* What the other one holds is not written into our file. */
TEST(a_flight_recorder_is_stopped_by_somebody_else) {
    script(STOLEN("etwkit-test"));
    REQUIRE(file_start(ETWKIT_SESSION_FLIGHT_RECORDER, NULL));
    wait_for_words("everything is fed");
    CHECK_EQ_INT(etwkit_session_snapshot(it.session, path, &it.error), ETWKIT_E_CLOSED);
    live_end(&it);
    check_the_other_goes_on("etwkit-test");
}

TEST(a_snapshot_says_which_path_it_cannot_have) {
    script("");
    REQUIRE(file_start(ETWKIT_SESSION_FLIGHT_RECORDER, NULL));
    CHECK_EQ_INT(etwkit_session_snapshot(it.session, "not\xFFutf-8", &it.error), ETWKIT_E_INVALID);
    CHECK(strstr(it.error.message, "is no UTF-8, or longer than 1,024") != NULL);
    live_end(&it);
}

/* The machine's sample interval, which was 1 ms (0x2710). */

static live both[2];

/* 0x4c5 and 0x1388 are asked for. */
static bool start_samplers(void) {
    static const uint32_t intervals[] = {0x4c5, 0x1388};
    static const char *const names[] = {"etwkit-first", "etwkit-second"};
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    options.scope = ETWKIT_SCOPE_SYSTEM;
    options.system = &system;
    system.kind = ETWKIT_SYSTEM_KERNEL;
    for (unsigned i = 0; i < 2; i++) {
        system.profile_interval = intervals[i];
        if (etwkit_session_new(&both[i].session, names[i], &options, &both[i].error) || !live_start(&both[i]))
            return false;
    }
    return true;
}

static void check_last_interval(const char *wanted, unsigned times) {
    char log[512], line[4096], last[4096] = "";
    unsigned count = 0;
    (void)snprintf(log, sizeof log, "%s/log", getenv("ETWSIM_FOLDER"));
    FILE *file = fopen(log, "r");
    while (file && fgets(line, sizeof line, file))
        if (strstr(line, "TraceSetInformation profile-interval")) {
            memcpy(last, line, sizeof last);
            count++;
        }
    if (file)
        (void)fclose(file);
    CHECK(strstr(last, wanted) != NULL);
    CHECK_EQ_UINT(count, times);
}

TEST(the_interval_is_restored_by_the_last) {
    script("");
    REQUIRE(start_samplers());
    check_last_interval(" 0x1388 ", 2);
    live_end(&both[0]);
    check_last_interval(" 0x1388 ", 2); /* as the second wants it */
    live_end(&both[1]);
    check_last_interval(" 0x2710 ", 3);
}

TEST(the_interval_is_again_that_of_who_stays) {
    script("");
    REQUIRE(start_samplers());
    live_end(&both[1]);
    check_last_interval(" 0x4c5 ", 3);
    live_end(&both[0]);
    check_last_interval(" 0x2710 ", 4);
}

/* The console's events, as Windows would tell of them: Wine without a console has none. */

extern BOOL(WINAPI *__imp_SetConsoleCtrlHandler)(PHANDLER_ROUTINE, BOOL);
static PHANDLER_ROUTINE on_console;

static BOOL WINAPI keep(PHANDLER_ROUTINE handler, BOOL adds) {
    on_console = adds ? handler : NULL;
    return TRUE;
}

static void watch_the_console(void) {
    DWORD before;
    VirtualProtect(&__imp_SetConsoleCtrlHandler, sizeof(void *), PAGE_READWRITE, &before);
    __imp_SetConsoleCtrlHandler = keep;
}

TEST(a_users_logoff_ends_nothing) {
    script("");
    watch_the_console();
    REQUIRE(live_of(&it, NULL));
    REQUIRE(on_console != NULL);
    CHECK(!on_console(CTRL_LOGOFF_EVENT));
    CHECK(!logged("ControlTraceW stop"));
    CHECK(!on_console(CTRL_CLOSE_EVENT));
    CHECK(logged("ControlTraceW stop"));
    live_end(&it);
}

/* Its number may be that of another session by then. */
TEST(what_ctrl_c_stopped_is_not_stopped_again) {
    script("");
    watch_the_console();
    REQUIRE(live_of(&it, NULL));
    REQUIRE(on_console != NULL);
    CHECK(!on_console(CTRL_C_EVENT));
    live_end(&it);
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), 1);
}

TEST(ctrl_c_is_not_somebody_else) {
    script("");
    watch_the_console();
    REQUIRE(live_of(&it, NULL));
    REQUIRE(on_console != NULL);
    CHECK(!on_console(CTRL_C_EVENT));
    CHECK_EQ_INT(etwkit_session_stop(it.session, &it.error), ETWKIT_OK);
    CHECK(!live_notes(&it, "somebody else"));
    live_end(&it);
}

TEST(ctrl_c_has_a_flight_recorder_written) {
    script("feed events 100 provider " ONE "\n");
    watch_the_console();
    REQUIRE(file_start(ETWKIT_SESSION_FLIGHT_RECORDER, NULL));
    REQUIRE(on_console != NULL);
    wait_for_words("everything is fed");
    CHECK(!on_console(CTRL_C_EVENT));
    CHECK_EQ_INT(count_in_file(), 100);
    live_end(&it);
    CHECK_EQ_INT(count_in_file(), 100);
    CHECK_EQ_UINT(times_logged("ControlTraceW flush"), 1);
}

/* Ctrl-C tells nobody; the stop does. */
TEST(ctrl_c_cannot_have_a_flight_recorder_written) {
    script("fail ControlTraceW.flush 1 112\n");
    watch_the_console();
    REQUIRE(file_start(ETWKIT_SESSION_FLIGHT_RECORDER, NULL));
    REQUIRE(on_console != NULL);
    CHECK(!on_console(CTRL_C_EVENT));
    CHECK_EQ_INT(etwkit_session_stop(it.session, &it.error), ETWKIT_E_IO);
    CHECK(strstr(it.error.message, "ControlTraceW: error 112 (disk full") != NULL);
    CHECK_EQ_UINT(times_logged("ControlTraceW stop"), 1);
    live_close(&it);
}

TEST(ctrl_c_restores_the_interval) {
    script("");
    watch_the_console();
    REQUIRE(start_samplers());
    REQUIRE(on_console != NULL);
    CHECK(!on_console(CTRL_C_EVENT));
    check_last_interval(" 0x2710 ", 4);
    live_end(&both[0]);
    live_end(&both[1]);
    check_last_interval(" 0x2710 ", 4);
}

/* The end of the process: test_live.py looks into the log, and at the file. */

TEST(leaves_it_running_and_exits) {
    script("");
    REQUIRE(live_of(&it, NULL));
}

TEST(private_leaves_it_running_and_exits) {
    etwkit_system_options system = ETWKIT_SYSTEM_OPTIONS;
    script("");
    system.kind = ETWKIT_SYSTEM_PRIVATE;
    memcpy(&system.id, &two, sizeof two);
    REQUIRE(file_start(ETWKIT_SESSION_FILE, &system));
}

TEST(a_recorder_leaves_it_running_and_exits) {
    script("");
    REQUIRE(file_start(ETWKIT_SESSION_FLIGHT_RECORDER, NULL));
}

static DWORD WINAPI stop_it(void *unused) {
    (void)unused;
    (void)etwkit_session_stop(it.session, NULL);
    return 0;
}

/* In the midst of what the other thread asks of Windows. */
static void exit_while_it_stops(void) {
    REQUIRE(CreateThread(NULL, 0, stop_it, NULL, 0, NULL) != NULL);
    Sleep(500);
}

TEST(another_thread_stops_and_leaves_it_running_and_exits) {
    script("delay ControlTraceW.stop 1 1500\n");
    REQUIRE(live_of(&it, NULL));
    exit_while_it_stops();
}

TEST(another_thread_writes_a_recorder_and_leaves_it_running_and_exits) {
    script("delay ControlTraceW.flush 1 1500\n");
    REQUIRE(file_start(ETWKIT_SESSION_FLIGHT_RECORDER, NULL));
    exit_while_it_stops();
}

TEST(another_thread_waits_for_the_end_and_leaves_it_running_and_exits) {
    script("stop-delay 86400000\n");
    REQUIRE(live_of(&it, NULL));
    exit_while_it_stops();
}

TEST_MAIN(CASE(a_rundown_with_pauses_is_complete), CASE(processtrace_that_takes_seconds_is_waited_for),
          CASE(processtrace_that_never_returns_is_asked_to), CASE(any_session_ends_at_any_moment),
          CASE(is_stopped_by_somebody_else), CASE(the_kernel_logger_is_taken_by_somebody_else),
          CASE(a_recording_is_stopped_by_somebody_else), CASE(a_recording_is_stopped_by_somebody_else_before_its_stop),
          CASE(a_flight_recorder_is_stopped_by_somebody_else), CASE(a_snapshot_says_which_path_it_cannot_have),
          CASE(the_interval_is_restored_by_the_last), CASE(the_interval_is_again_that_of_who_stays),
          CASE(a_users_logoff_ends_nothing), CASE(what_ctrl_c_stopped_is_not_stopped_again),
          CASE(ctrl_c_is_not_somebody_else), CASE(ctrl_c_has_a_flight_recorder_written),
          CASE(ctrl_c_cannot_have_a_flight_recorder_written), CASE(ctrl_c_restores_the_interval),
          CASE(leaves_it_running_and_exits), CASE(private_leaves_it_running_and_exits),
          CASE(a_recorder_leaves_it_running_and_exits), CASE(another_thread_stops_and_leaves_it_running_and_exits),
          CASE(another_thread_writes_a_recorder_and_leaves_it_running_and_exits),
          CASE(another_thread_waits_for_the_end_and_leaves_it_running_and_exits))
