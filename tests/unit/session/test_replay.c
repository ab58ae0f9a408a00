/* SPDX-License-Identifier: MIT */
/* Sessions that replay: when they may, whom they do not disturb, and memory that runs out. What they give is held
 * against the traces in tests/session. */
#include "base/machine.h"
#include "files.h"
#include "oom.h"
#include "session/inside.h"

#include <etwkit/etwkit.h>

static const char trace_path[] = "test_replay.etl";

/* A trace of a few messages. */
static bool make_trace(unsigned events) {
    etwkit_writer *writer = NULL;
    const etwkit_writer_options options = {.struct_size = sizeof options, .start_time = 133604118000000000};
    etwkit_record record = {
        .header_kind = ETWKIT_HEADER_EVENT64, .payload = (const uint8_t *)"hello", .payload_size = 5};
    etwkit_status status = etwkit_writer_open(&writer, trace_path, &options, NULL);
    for (unsigned i = 0; i < events && !status; i++) {
        record.raw_timestamp = i;
        record.event_id = (uint16_t)i;
        status = etwkit_writer_record(writer, &record, NULL, 0, NULL);
    }
    if (!status)
        status = etwkit_writer_finish(writer, 1000, NULL);
    etwkit_writer_close(&writer);
    return status == ETWKIT_OK;
}

static etwkit_replay replay_of(const char *const *path) {
    etwkit_replay replay = ETWKIT_REPLAY;
    replay.paths = path;
    replay.path_count = 1;
    replay.speed = 0;
    replay.everything = true;
    return replay;
}

TEST(only_real_time_sessions_that_are_new_replay) {
    const char *const path = trace_path;
    const etwkit_replay replay = replay_of(&path);
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_session *session = NULL;
    REQUIRE(make_trace(3));
    options.mode = ETWKIT_SESSION_FLIGHT_RECORDER;
    REQUIRE(etwkit_session_new(&session, "replay", &options, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_replay(session, &replay, NULL), ETWKIT_E_INVALID);
    etwkit_session_free(&session);
    REQUIRE(etwkit_session_new(&session, "replay", NULL, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_replay(session, &replay, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_replay(session, &replay, NULL), ETWKIT_E_INVALID);
    REQUIRE(etwkit_session_start(session, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_flush(session, NULL), ETWKIT_OK);
    etwkit_session_free(&session);
    REQUIRE(etwkit_session_new(&session, "replay", NULL, NULL) == ETWKIT_OK);
    REQUIRE(etwkit_session_start(session, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_replay(session, &replay, NULL), ETWKIT_E_INVALID);
    etwkit_session_free(&session);
}

static unsigned calls;
static void count_calls(etwkit_provider *provider, etwkit_control control, uint8_t level, uint64_t any, uint64_t all,
                        void *context) {
    (void)provider, (void)control, (void)level, (void)any, (void)all, (void)context;
    calls++;
}

TEST(providers_of_the_process_do_not_know_of_it) {
    const char *const path = trace_path;
    const etwkit_replay replay = replay_of(&path);
    etwkit_provider before = ETWKIT_PROVIDER_INIT("Test.Replay"), after = ETWKIT_PROVIDER_INIT("Test.Replay");
    etwkit_session *session = NULL;
    etwkit_guid id;
    before.callback = after.callback = count_calls;
    etwkit_provider_guid(&before, &id);
    REQUIRE(make_trace(3));
    REQUIRE(etwkit_provider_register(&before, NULL) == ETWKIT_OK);
    REQUIRE(etwkit_session_new(&session, "replay", NULL, NULL) == ETWKIT_OK);
    REQUIRE(etwkit_session_enable(session, &id, NULL, NULL) == ETWKIT_OK);
    REQUIRE(etwkit_session_replay(session, &replay, NULL) == ETWKIT_OK);
    REQUIRE(etwkit_session_start(session, NULL) == ETWKIT_OK);
    REQUIRE(etwkit_provider_register(&after, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_capture_state(session, &id, NULL), ETWKIT_OK);
    CHECK(!etwkit_provider_is_enabled(&before, 1, 0));
    CHECK(!etwkit_provider_is_enabled(&after, 1, 0));
    CHECK_EQ_INT(etwkit_session_disable(session, &id, NULL), ETWKIT_OK);
    etwkit_session_free(&session);
    CHECK_EQ_UINT(calls, 0);
    etwkit_provider_unregister(&before);
    etwkit_provider_unregister(&after);
}

static void wait_for_end(etwkit_session *session) {
    for (bool ended = false; !ended;) {
        ek_lock_take(&session->lock);
        ended = session->channel.ended;
        ek_lock_leave(&session->lock);
    }
}

/* One thread at a time allocates: the session's has ended before anything else does. */
static bool replay_all(const etwkit_allocator *allocator, void *context) {
    const char *const path = trace_path;
    const etwkit_replay replay = replay_of(&path);
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_session *session = NULL;
    (void)context;
    options.allocator = allocator;
    if (etwkit_session_new(&session, "replay", &options, NULL))
        return false;
    bool good =
        etwkit_session_replay(session, &replay, NULL) == ETWKIT_OK && etwkit_session_start(session, NULL) == ETWKIT_OK;
    if (good) {
        wait_for_end(session);
        good = etwkit_session_stop(session, NULL) == ETWKIT_OK;
        const etwkit_session_stats stats = etwkit_session_get_stats(session);
        CHECK_EQ_UINT(stats.events_received, stats.events_delivered + etwkit_session_events_lost(&stats));
        good &= stats.events_delivered == 51; /* the header event is one */
    }
    etwkit_session_free(&session);
    return good;
}

TEST(memory_that_runs_out) {
    REQUIRE(make_trace(50));
    CHECK_OOM(replay_all, NULL);
}

TEST_MAIN(CASE(only_real_time_sessions_that_are_new_replay), CASE(providers_of_the_process_do_not_know_of_it),
          CASE(memory_that_runs_out))
