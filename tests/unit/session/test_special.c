/* SPDX-License-Identifier: MIT */
/* What processes and threads do to sessions: forks, signals, writers that never finish, exits; and the limits. */
#include "base/atomic.h"
#include "base/thread.h"
#include "oom.h"
#include "test.h"

#include <etwkit/provider.h>
#include <etwkit/session.h>

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static ek_atomic32 ended;
static etwkit_provider app = ETWKIT_PROVIDER_INIT("Test.Special");

static etwkit_status write_bytes(const void *bytes, size_t size) {
    const etwkit_event event = {.event_id = 1, .level = 4};
    const etwkit_data data = etwkit_data_of_kind(ETWKIT_DATA_BYTES, bytes, size, 0);
    return etwkit_provider_write(&app, &event, &data, 1);
}

static bool start(etwkit_session **session, const char *name, const etwkit_session_options *options) {
    etwkit_guid id;
    etwkit_provider_guid(&app, &id);
    return etwkit_session_new(session, name, options, NULL) == ETWKIT_OK &&
           etwkit_session_enable(*session, &id, NULL, NULL) == ETWKIT_OK &&
           etwkit_session_start(*session, NULL) == ETWKIT_OK;
}

static void write_always(void *context) {
    uint64_t number = 0;
    (void)context;
    for (; !ek_load(&ended); number++)
        (void)write_bytes(&number, sizeof number);
}

/* How many events a stopped session hands on. */
static size_t read_all(etwkit_session *session) {
    etwkit_trace *trace;
    const etwkit_batch *batch;
    size_t count = 0;
    if (etwkit_trace_open_session(&trace, session, NULL, NULL))
        return 0;
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        count += etwkit_batch_count(batch);
    etwkit_trace_close(&trace);
    return count;
}

/* What a child may do with what it inherited, and of its own. 0: all is well. */
static int use_in_child(etwkit_session **inherited, etwkit_session **stopped) {
    etwkit_session *own;
    etwkit_trace *trace;
    const etwkit_batch *batch;
    uint32_t process = 0;
    if (etwkit_session_is_running(*inherited) || etwkit_provider_is_enabled(&app, 4, 0))
        return 1;
    (void)write_bytes("", 0);
    etwkit_session_free(inherited);
    etwkit_session_free(stopped);
    if (!start(&own, "Special.Fork", NULL) || write_bytes("child", 5) || etwkit_session_stop(own, NULL))
        return 2;
    if (etwkit_session_get_stats(own).events_received != 1 || etwkit_trace_open_session(&trace, own, NULL, NULL))
        return 3;
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++)
            process = etwkit_batch_record(batch, i)->process_id;
    etwkit_trace_close(&trace);
    etwkit_session_free(&own);
    return process == (uint32_t)getpid() ? 0 : 4;
}

static void ask_always(void *context) {
    etwkit_session *const *sessions = context;
    while (!ek_load(&ended)) {
        (void)etwkit_session_get_stats(sessions[0]);
        (void)etwkit_session_get_stats(sessions[1]);
    }
}

/* The address sanitizer of GCC 12 forks with its allocator's locks as they are: where another thread holds one, the
 * child waits for ever at its first malloc(), which is nobody's fault here. */
#if defined(__SANITIZE_ADDRESS__)
#define MAY_HANG true
#define HANGS 10 /* seconds */
#else
#define MAY_HANG false
#define HANGS 60
#endif

TEST(a_child_leaves_the_sessions) {
    enum {
        FORKS = 200
    };
    etwkit_session *sessions[2];
    ek_thread threads[3];
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.overflow = ETWKIT_OVERFLOW_DROP_OLDEST;
    options.channel_events = 1000;
    options.flush_ms = 1;
    REQUIRE(start(&sessions[1], "Special.Fork.Stopped", NULL));
    etwkit_session_stop(sessions[1], NULL);
    REQUIRE(start(&sessions[0], "Special.Fork", &options));
    ek_store(&ended, 0);
    for (int i = 0; i < 3; i++)
        REQUIRE(ek_thread_start(&threads[i], i < 2 ? write_always : ask_always, sessions));
    for (int i = 0; i < FORKS && test_failures == 0; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            alarm(HANGS); /* a child that hangs is one that failed */
            _exit(use_in_child(&sessions[0], &sessions[1]));
        }
        CHECK(waitpid(child, &status, 0) == child);
        if (!MAY_HANG || !WIFSIGNALED(status) || WTERMSIG(status) != SIGALRM)
            CHECK_EQ_INT(WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status), 0);
    }
    ek_store(&ended, 1);
    for (int i = 0; i < 3; i++)
        ek_thread_join(&threads[i]);
    CHECK(etwkit_session_is_running(sessions[0]));
    etwkit_session_free(&sessions[0]);
    etwkit_session_free(&sessions[1]);
}

static ek_atomic64 by_handler;

static void on_alarm(int number) {
    (void)number;
    if (write_bytes("alarm", 5) == ETWKIT_OK)
        ek_add(&by_handler, 1);
}

/* Its first write ever is the handler's. */
static void be_alarmed(void *context) {
    sigset_t alarm_alone;
    sigemptyset(&alarm_alone);
    sigaddset(&alarm_alone, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarm_alone, NULL);
    while (ek_load(&by_handler) == 0)
        continue;
    uint64_t *count = context;
    for (; ek_load(&by_handler) < 500; (*count)++)
        while (write_bytes(count, sizeof *count) == ETWKIT_E_FULL)
            usleep(100);
}

TEST(signal_handlers_write) {
    etwkit_session *session;
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.overflow = ETWKIT_OVERFLOW_DROP_OLDEST;
    ek_thread thread;
    uint64_t count = 0;
    sigset_t alarm_alone, before;
    REQUIRE(start(&session, "Special.Signals", &options));
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, old;
    sigaction(SIGALRM, &action, &old);
    ek_store(&by_handler, 0);
    REQUIRE(ek_thread_start(&thread, be_alarmed, &count));
    sigemptyset(&alarm_alone);
    sigaddset(&alarm_alone, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm_alone, &before);
    while (ek_load(&by_handler) < 500) {
        pthread_kill(thread.handle, SIGALRM);
        usleep(20);
    }
    ek_thread_join(&thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    sigaction(SIGALRM, &old, NULL);
    etwkit_session_stop(session, NULL);
    etwkit_session_stats stats = etwkit_session_get_stats(session);
    CHECK_EQ_UINT(stats.events_received - stats.events_lost_buffer, count + ek_load(&by_handler));
    CHECK_EQ_UINT(stats.events_lost_abandoned, 0);
    CHECK_EQ_UINT(read_all(session), stats.events_delivered);
    etwkit_session_free(&session);
}

static sigjmp_buf out;

static void jump_out(int number) {
    (void)number;
    siglongjmp(out, 1);
}

TEST(a_write_that_never_ends_costs_itself) {
    etwkit_session *session;
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.flush_ms = 1;
    long page = sysconf(_SC_PAGESIZE);
    char *nothing = mmap(NULL, (size_t)page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(nothing != MAP_FAILED);
    REQUIRE(start(&session, "Special.Abandoned", &options));
    struct sigaction action = {.sa_handler = jump_out, .sa_flags = SA_NODEFER}, old[2];
    sigaction(SIGSEGV, &action, &old[0]);
    sigaction(SIGBUS, &action, &old[1]);
    for (int i = 0; i < 100; i++) {
        CHECK_EQ_INT(write_bytes("before", 6), ETWKIT_OK);
        if (i == 50 && sigsetjmp(out, 1) == 0)
            (void)write_bytes(nothing, 500);
    }
    sigaction(SIGSEGV, &old[0], NULL);
    sigaction(SIGBUS, &old[1], NULL);
    etwkit_session_stop(session, NULL);
    etwkit_session_stats stats = etwkit_session_get_stats(session);
    CHECK_EQ_UINT(stats.events_lost_abandoned, 1);
    CHECK_EQ_UINT(stats.events_received, 101);
    CHECK_EQ_UINT(read_all(session), 100);
    etwkit_session_free(&session);
    munmap(nothing, (size_t)page);
}

TEST(sessions_have_limits) {
    enum {
        MOST = 64
    };
    static etwkit_session *sessions[MOST + 1];
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    char name[32];
    options.buffer_size = 4096;
    options.minimum_buffers = options.maximum_buffers = 2;
    for (unsigned i = 0; i <= MOST; i++) {
        snprintf(name, sizeof name, "Special.Limit.%u", i);
        REQUIRE(etwkit_session_new(&sessions[i], name, &options, NULL) == ETWKIT_OK);
        CHECK_EQ_INT(etwkit_session_start(sessions[i], NULL), i < MOST ? ETWKIT_OK : ETWKIT_E_LIMIT);
    }
    etwkit_guid id;
    etwkit_provider_guid(&app, &id);
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQ_INT(etwkit_session_enable(sessions[i], &id, NULL, NULL), i < 8 ? ETWKIT_OK : ETWKIT_E_LIMIT);
    CHECK_EQ_INT(etwkit_session_disable(sessions[3], &id, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_enable(sessions[9], &id, NULL, NULL), ETWKIT_OK);
    CHECK_EQ_INT(write_bytes("all", 3), ETWKIT_OK);
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQ_UINT(etwkit_session_get_stats(sessions[i]).events_received, i != 3 && i != 8);
    etwkit_session_free(&sessions[0]);
    CHECK_EQ_INT(etwkit_session_start(sessions[MOST], NULL), ETWKIT_OK);
    for (unsigned i = 0; i <= MOST; i++)
        etwkit_session_free(&sessions[i]);
}

static void on_ready(void *context) {
    ek_store((ek_atomic32 *)context, 1);
}

/* A reader that reads only when it is told that there is something, and then all there is. */
TEST(a_reader_that_waits_to_be_told_gets_everything) {
    enum {
        COUNT = 3000
    };
    ek_atomic32 ready = 0;
    etwkit_session *session;
    etwkit_trace *trace;
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.channel_events = 16;
    options.flush_ms = 1;
    options.on_ready = on_ready;
    options.on_ready_context = &ready;
    REQUIRE(start(&session, "Special.Ready", &options));
    REQUIRE(etwkit_trace_open_session(&trace, session, NULL, NULL) == ETWKIT_OK);
    for (unsigned i = 0; i < COUNT; i++)
        CHECK_EQ_INT(write_bytes(&i, sizeof i), ETWKIT_OK);
    size_t count = 0;
    for (int waited = 0; count < COUNT && waited < 200000; waited++) {
        if (!ek_swap(&ready, 0)) {
            usleep(1000);
            continue;
        }
        const etwkit_batch *batch;
        while (etwkit_trace_wait(trace, 0) == ETWKIT_OK && etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
            count += etwkit_batch_count(batch);
    }
    CHECK_EQ_UINT(count, COUNT);
    etwkit_session_stop(session, NULL);
    CHECK(ek_load(&ready));
    etwkit_trace_close(&trace);
    etwkit_session_free(&session);
}

TEST(a_process_may_end_at_any_moment) {
    for (int i = 0; i < 20; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            etwkit_session *session;
            ek_thread threads[2];
            alarm(60);
            ek_store(&ended, 0);
            if (!start(&session, "Special.Exit", NULL) || !ek_thread_start(&threads[0], write_always, NULL) ||
                !ek_thread_start(&threads[1], write_always, NULL))
                _exit(1);
            usleep((useconds_t)i * 200);
            exit(0);
        }
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_EQ_INT(WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status), 0);
    }
}

/* Each allocation of a session fails in turn, also those of its thread: then events are lost, and counted. */
static bool live_without_memory(const etwkit_allocator *allocator, void *context) {
    static const uint16_t ids[] = {1, 2, 3};
    etwkit_session *session = NULL;
    etwkit_trace *trace = NULL;
    etwkit_guid id;
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_trace_options reading = ETWKIT_TRACE_OPTIONS;
    etwkit_enable wanted = ETWKIT_ENABLE;
    (void)context;
    options.allocator = reading.allocator = allocator;
    options.buffer_size = 4096;
    options.minimum_buffers = options.maximum_buffers = 3;
    wanted.event_ids = ids;
    wanted.event_id_count = 3;
    etwkit_provider_guid(&app, &id);
    bool good = !etwkit_session_new(&session, "Special.Memory", &options, NULL) &&
                !etwkit_session_enable(session, &id, &wanted, NULL) && !etwkit_session_start(session, NULL) &&
                !etwkit_trace_open_session(&trace, session, &reading, NULL);
    if (session) {
        (void)write_bytes("memory", 6);
        (void)etwkit_session_stop(session, NULL);
        etwkit_session_stats stats = etwkit_session_get_stats(session);
        const etwkit_batch *batch;
        size_t count = 0;
        while (good && etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
            count += etwkit_batch_count(batch);
        good = good && stats.events_received == 1 && count == 1;
    }
    etwkit_trace_close(&trace);
    etwkit_session_free(&session);
    return good;
}

TEST(memory_runs_out_anywhere) {
    CHECK_OOM(live_without_memory, NULL);
}

TEST(buffers_may_be_tiny_and_large) {
    static const uint32_t sizes[] = {4096, 1 << 20};
    for (unsigned i = 0; i < 4; i++) {
        etwkit_session *session;
        etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
        options.buffer_size = sizes[i % 2];
        options.minimum_buffers = options.maximum_buffers = i < 2 ? 4 : 40;
        options.clock = i % 2 ? ETWKIT_CLOCK_SYSTEM : ETWKIT_CLOCK_QPC;
        REQUIRE(start(&session, "Special.Sizes", &options));
        uint64_t full = 0;
        for (unsigned k = 0; k < 10000; k++)
            full += write_bytes(&k, sizeof k) == ETWKIT_E_FULL;
        etwkit_session_stop(session, NULL);
        etwkit_session_stats stats = etwkit_session_get_stats(session);
        CHECK_EQ_UINT(stats.events_received, 10000);
        CHECK_EQ_UINT(stats.events_lost_buffer, full);
        CHECK_EQ_UINT(read_all(session), 10000 - full);
        etwkit_session_free(&session);
    }
}

static const test_case cases[] = {CASE(a_child_leaves_the_sessions),
                                  CASE(signal_handlers_write),
                                  CASE(a_write_that_never_ends_costs_itself),
                                  CASE(sessions_have_limits),
                                  CASE(a_reader_that_waits_to_be_told_gets_everything),
                                  CASE(a_process_may_end_at_any_moment),
                                  CASE(memory_runs_out_anywhere),
                                  CASE(buffers_may_be_tiny_and_large)};

int main(int argc, char **argv) {
    if (etwkit_provider_register(&app, NULL))
        return 1;
    int code = test_run(cases, sizeof cases / sizeof cases[0], argc > 1 ? argv[1] : NULL);
    etwkit_provider_unregister(&app);
    return code;
}
