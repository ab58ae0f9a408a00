/* SPDX-License-Identifier: MIT */
/* Sessions that write files: what tests/session cannot reach, which is memory that runs out and writers that never end.
 */
#if defined(__linux__)
#define _GNU_SOURCE /* sched_setaffinity; NOLINT(bugprone-reserved-identifier): glibc's own */
#include <sched.h>
#endif

#include "files.h"
#include "oom.h"
#include "session/inside.h"

#include <etwkit/etwkit.h>

#ifndef _WIN32
#include <sys/wait.h>
#endif

ETWKIT_PROVIDER_DEFINE(app, "EtwkitTest.Recorder");

enum {
    EVENTS = 500
};

static etwkit_session_options options_of(etwkit_session_mode mode, const char *path) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.mode = mode;
    options.path = path;
    options.buffer_size = 4096;
    options.minimum_buffers = options.maximum_buffers = 200;
    options.maximum_file_size = mode == ETWKIT_SESSION_FILE ? 0 : 65536;
    return options;
}

static etwkit_status begin(etwkit_session **session, const etwkit_session_options *options, etwkit_error *error) {
    etwkit_guid id;
    etwkit_provider_guid(&app, &id);
    etwkit_status status = etwkit_session_new(session, "recorder", options, error);
    if (!status)
        status = etwkit_session_enable(*session, &id, NULL, error);
    return status ? status : etwkit_session_start(*session, error);
}

static void write_number(uint32_t number) {
    ETWKIT_WRITE(app, "Numbered", ETWKIT_LEVEL_INFO, 0, ETWKIT_U32("number", number));
}

/* How many events a file has but for the header's; their sum of numbers in *sum. */
static size_t count_events(const char *path, uint64_t *sum) {
    etwkit_trace *trace = NULL;
    etwkit_error error = {0};
    const etwkit_batch *batch;
    size_t count = 0;
    *sum = 0;
    if (etwkit_trace_open(&trace, path, NULL, &error)) {
        test_fail(__FILE__, __LINE__, "%s", error.message);
        return 0;
    }
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            if (record->channel != ETWKIT_CHANNEL_TRACELOGGING)
                continue;
            uint32_t number;
            memcpy(&number, record->payload, sizeof number);
            *sum += number;
            count++;
        }
    CHECK_EQ_UINT(etwkit_trace_get_stats(trace).damage, 0);
    etwkit_trace_close(&trace);
    return count;
}

/* An event that is begun and never ended. Its ring stays for ever, since the writer might come back to it. */
static const ek_ring *rings_of_writers[2];

static void begin_one(const etwkit_session *session, ek_place *place) {
    rings_of_writers[rings_of_writers[0] != NULL] = session->member.ring;
    CHECK_EQ_INT(ek_ring_reserve(session->member.ring, session->member.serial, 0x80, place), EK_RESERVED);
}

TEST(an_event_that_never_ended_costs_itself) {
    etwkit_session *session = NULL;
    const etwkit_session_options options = options_of(ETWKIT_SESSION_FILE, "test_recorder_abandoned.etl");
    ek_place abandoned;
    uint64_t sum;
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    REQUIRE(begin(&session, &options, NULL) == ETWKIT_OK);
    write_number(1);
    begin_one(session, &abandoned);
    write_number(2);
    CHECK_EQ_INT(etwkit_session_stop(session, NULL), ETWKIT_OK);
    const etwkit_session_stats stats = etwkit_session_get_stats(session);
    CHECK_EQ_UINT(stats.events_received, 3);
    CHECK_EQ_UINT(stats.events_delivered, 2);
    CHECK_EQ_UINT(stats.events_lost_abandoned, 1);
    etwkit_session_free(&session);
    etwkit_provider_unregister(&app);
    CHECK_EQ_UINT(count_events(options.path, &sum), 2);
    CHECK_EQ_UINT(sum, 3);
}

TEST(a_snapshot_leaves_out_what_never_ended) {
    etwkit_session *session = NULL;
    const etwkit_session_options options = options_of(ETWKIT_SESSION_FLIGHT_RECORDER, NULL);
    ek_place abandoned;
    uint64_t sum = 0;
    size_t count = 0;
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    REQUIRE(begin(&session, &options, NULL) == ETWKIT_OK);
    write_number(1);
    begin_one(session, &abandoned);
    write_number(2);
    /* It holds up the others of its buffer until it is given up, after twice the flush period. */
    for (int tries = 0; tries < 1000 && count < 2; tries++) {
        REQUIRE(etwkit_session_snapshot(session, "test_recorder_flight.etl", NULL) == ETWKIT_OK);
        count = count_events("test_recorder_flight.etl", &sum);
    }
    CHECK_EQ_UINT(count, 2);
    CHECK_EQ_UINT(sum, 3);
    CHECK_EQ_UINT(etwkit_session_get_stats(session).events_delivered, 2);
    CHECK_EQ_INT(etwkit_session_stop(session, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(etwkit_session_get_stats(session).events_lost_abandoned, 1);
    etwkit_session_free(&session);
    etwkit_provider_unregister(&app);
}

#if defined(__linux__)
/* The thread goes to the highest or the lowest of the processors that it may use. */
static void move(const cpu_set_t *allowed, bool highest) {
    cpu_set_t one;
    size_t chosen = 0;
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, allowed)) {
            chosen = i;
            if (!highest)
                break;
        }
    CPU_ZERO(&one);
    CPU_SET(chosen, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
}

/* The lowest number below `most` that a file does not have. */
static uint32_t first_missing(const char *path, uint32_t most) {
    static bool there[2000];
    etwkit_trace *trace = NULL;
    const etwkit_batch *batch;
    uint32_t first = 0;
    memset(there, 0, sizeof there);
    if (etwkit_trace_open(&trace, path, NULL, NULL))
        return 0;
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            uint32_t number = UINT32_MAX;
            if (record->channel == ETWKIT_CHANNEL_TRACELOGGING)
                memcpy(&number, record->payload, sizeof number);
            if (number < most)
                there[number] = true;
        }
    etwkit_trace_close(&trace);
    while (first < most && there[first])
        first++;
    return first;
}
#endif

TEST(buffers_of_several_processors_are_written_in_the_order_of_time) {
#if defined(__linux__)
    enum {
        MOVE_AT = 300, /* that fill most of the file */
        ALL = 900
    };
    cpu_set_t allowed;
    etwkit_session *session = NULL;
    const etwkit_session_options options = {.struct_size = sizeof options,
                                            .mode = ETWKIT_SESSION_FILE,
                                            .path = "test_recorder_order.etl",
                                            .buffer_size = 4096,
                                            .minimum_buffers = 200,
                                            .maximum_file_size = 65536};
    REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    if (CPU_COUNT(&allowed) < 2)
        SKIP("there is one processor");
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    REQUIRE(begin(&session, &options, NULL) == ETWKIT_OK);
    ek_lock_take(&session->lock); /* so that the session's thread finds all at once */
    for (uint32_t number = 0; number < ALL; number++) {
        if (number % MOVE_AT == 0)
            move(&allowed, number != MOVE_AT);
        write_number(number);
    }
    ek_lock_leave(&session->lock);
    CHECK_EQ_INT(etwkit_session_stop(session, NULL), ETWKIT_OK);
    CHECK(sched_setaffinity(0, sizeof allowed, &allowed) == 0);
    CHECK(etwkit_session_get_stats(session).events_lost_channel > 0);
    CHECK_EQ_UINT(etwkit_session_get_stats(session).events_lost_buffer, 0);
    etwkit_session_free(&session);
    etwkit_provider_unregister(&app);
    CHECK(first_missing(options.path, ALL) > MOVE_AT);
#else
    SKIP("a thread cannot be moved to another processor");
#endif
}

TEST(a_fork_leaves_the_file_to_the_parent) {
#ifdef _WIN32
    SKIP("processes do not fork");
#else
    etwkit_session *session = NULL;
    const etwkit_session_options options = options_of(ETWKIT_SESSION_FILE, "test_recorder_fork.etl");
    uint64_t sum;
    int code = 0;
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    REQUIRE(begin(&session, &options, NULL) == ETWKIT_OK);
    write_number(1);
    pid_t child = fork();
    if (child == 0) {
        static const void *of_the_parent; /* what is kept for ever, since the thread may have been in its midst */
        of_the_parent = session->outlet_state;
        write_number(1000);
        bool good = etwkit_session_stop(session, NULL) == ETWKIT_OK;
        etwkit_session_free(&session);
        _exit(good && of_the_parent ? 0 : 1);
    }
    REQUIRE(waitpid(child, &code, 0) == child);
    CHECK_EQ_INT(code, 0);
    write_number(2);
    CHECK_EQ_INT(etwkit_session_stop(session, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(etwkit_session_get_stats(session).events_delivered, 2);
    etwkit_session_free(&session);
    etwkit_provider_unregister(&app);
    CHECK_EQ_UINT(count_events(options.path, &sum), 2);
    CHECK_EQ_UINT(sum, 3);
#endif
}

TEST(snapshots_are_for_flight_recorders_that_run) {
    etwkit_session *session = NULL;
    etwkit_error error = {0};
    etwkit_session_options options = options_of(ETWKIT_SESSION_FILE, "test_recorder_plain.etl");
    REQUIRE(begin(&session, &options, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_snapshot(session, "x.etl", &error), ETWKIT_E_INVALID);
    CHECK_EQ_STR(error.message, "session recorder: only a flight recorder has snapshots");
    etwkit_session_free(&session);
    options = options_of(ETWKIT_SESSION_FLIGHT_RECORDER, NULL);
    REQUIRE(etwkit_session_new(&session, "recorder", &options, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_snapshot(session, "x.etl", &error), ETWKIT_E_CLOSED);
    REQUIRE(etwkit_session_start(session, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_snapshot(session, "", &error), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_session_snapshot(session, "missing/x.etl", &error), ETWKIT_E_NOT_FOUND);
    static const char told[] = "missing/x.etl: cannot open: "; /* and why, in the system's words */
    CHECK_EQ_INT(strncmp(error.message, told, sizeof told - 1), 0);
    CHECK_EQ_INT(etwkit_session_stop(session, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_snapshot(session, "x.etl", &error), ETWKIT_E_CLOSED);
    etwkit_session_free(&session);
}

/* What a session has at its start it must have room for; while it runs only what it writes to may grow. */
static bool record(const etwkit_allocator *allocator, void *context) {
    etwkit_session_options options = *(const etwkit_session_options *)context;
    etwkit_session *session = NULL;
    options.allocator = allocator;
    bool good = begin(&session, &options, NULL) == ETWKIT_OK;
    for (uint32_t i = 0; good && i < EVENTS; i++)
        write_number(i);
    if (good && options.mode == ETWKIT_SESSION_FLIGHT_RECORDER)
        good = etwkit_session_snapshot(session, "test_recorder_oom.etl", NULL) == ETWKIT_OK;
    if (session) {
        good &= etwkit_session_stop(session, NULL) == ETWKIT_OK;
        const etwkit_session_stats stats = etwkit_session_get_stats(session);
        CHECK_EQ_UINT(stats.events_received, stats.events_delivered + etwkit_session_events_lost(&stats));
    }
    etwkit_session_free(&session);
    return good;
}

TEST(memory_that_runs_out) {
    static const struct {
        etwkit_session_mode mode;
        const char *path;
    } cases[] = {{ETWKIT_SESSION_FILE, "test_recorder_oom.etl"},
                 {ETWKIT_SESSION_CIRCULAR, "test_recorder_oom.etl"},
                 {ETWKIT_SESSION_NEW_FILE, "test_recorder_oom%d.etl"},
                 {ETWKIT_SESSION_FLIGHT_RECORDER, NULL}};
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        etwkit_session_options options = options_of(cases[i].mode, cases[i].path);
        options.minimum_buffers = options.maximum_buffers = 40;
        CHECK_OOM(record, &options);
    }
    etwkit_provider_unregister(&app);
}

TEST_MAIN(CASE(an_event_that_never_ended_costs_itself), CASE(a_snapshot_leaves_out_what_never_ended),
          CASE(buffers_of_several_processors_are_written_in_the_order_of_time),
          CASE(a_fork_leaves_the_file_to_the_parent), CASE(snapshots_are_for_flight_recorders_that_run),
          CASE(memory_that_runs_out))
