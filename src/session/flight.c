/* SPDX-License-Identifier: MIT */
/* The flight recorder: keeps the newest whole buffers in memory, and writes them to a file when they are wanted. */
#include "base/error.h"
#include "base/machine.h"
#include "session/recorder.h"
#include "session/sift.h"

enum {
    FREE_PART = 4,     /* of the buffers one in so many is kept free for writers */
    INTAKE_EVERY = 16, /* buffers that are written before what came meanwhile is taken in */
    PATIENCE = 20      /* milliseconds that a snapshot waits for events that are being written */
};

typedef struct flight {
    ek_taken_list kept; /* oldest first */
    uint8_t *scratch;   /* room for a buffer */
} flight;

static etwkit_status begin(etwkit_session *session, etwkit_error *error) {
    flight *it = ek_new(&session->allocator, sizeof *it);
    uint8_t *scratch = ek_alloc(&session->allocator, session->options.buffer_size);
    if (!it || !scratch) {
        ek_release(&session->allocator, it);
        ek_release(&session->allocator, scratch);
        return ek_fail_memory(error);
    }
    it->scratch = scratch;
    session->outlet_state = it;
    return ETWKIT_OK;
}

/* Keeping. */

static void keep_whole(etwkit_session *session, flight *it) {
    ek_gather *gather = &session->gather;
    int64_t now = ek_ticks_now();
    uint32_t lane, index;
    const ek_taken *taken;
    while ((taken = ek_gather_whole(gather, now, &lane, &index)) != NULL) {
        session->passed.filtered += ek_sift(gather, &session->used_ids, index);
        session->passed.delivered += taken->read;
        ek_gather_keep(gather, lane, &it->kept);
    }
}

/* Gives the oldest back where few are free, but none from `from` (index + 1) on. */
static void make_room(etwkit_session *session, flight *it, uint32_t from) {
    ek_ring *ring = session->member.ring;
    while (it->kept.first && it->kept.first != from &&
           ek_load_relaxed(&ring->free_count) < ring->buffer_count / FREE_PART) {
        session->passed.overwritten += session->gather.taken[it->kept.first - 1].read;
        ek_gather_drop(&session->gather, &it->kept);
    }
}

/* Writing. */

static etwkit_status write_one(etwkit_session *session, flight *it, ek_recording *recording, uint32_t index,
                               etwkit_error *error) {
    const ek_taken *taken = &session->gather.taken[index];
    uint32_t filled, count;
    uint8_t *bytes = ek_sift_packed(&session->gather, index, it->scratch, &filled, &count);
    if (count == 0)
        return ETWKIT_OK;
    return ek_recording_put(recording, bytes, filled, taken->lane, ek_ring_now(session->member.ring), error);
}

/* What writers filled while a buffer was written to the disk. */
static void take_in(etwkit_session *session, flight *it, uint32_t from) {
    ek_lock_take(&session->lock);
    ek_gather_receive(&session->gather, EK_SWEEP_FULL);
    ek_lock_leave(&session->lock);
    keep_whole(session, it);
    make_room(session, it, from);
}

/* Everything that is kept now, the oldest first. */
static etwkit_status write_all(etwkit_session *session, flight *it, ek_recording *recording, etwkit_error *error) {
    ek_gather *gather = &session->gather;
    const uint32_t last = it->kept.last;
    etwkit_status status = ETWKIT_OK;
    uint32_t written = 0;
    for (uint32_t at = it->kept.first; at && !status; at = at == last ? 0 : gather->taken[at - 1].next) {
        status = write_one(session, it, recording, at - 1, error);
        if (++written % INTAKE_EVERY == 0)
            take_in(session, it, at);
    }
    return status;
}

static etwkit_status write_file(etwkit_session *session, flight *it, const char *path, etwkit_error *error) {
    ek_recording recording;
    etwkit_status status = ek_recording_begin(&recording, session, path, it->scratch, error);
    if (status)
        return status;
    status = write_all(session, it, &recording, error);
    etwkit_status finished = ek_recorder_finish(session, &recording, status ? NULL : error);
    return status ? status : finished;
}

/* Takes in all that was written before the snapshot was asked for. NULL: none was. */
static ek_snapshot *take_all(etwkit_session *session, flight *it) {
    ek_lock_take(&session->lock);
    ek_snapshot *wanted = session->snapshot;
    if (wanted)
        ek_gather_receive(&session->gather, EK_SWEEP_ALL);
    for (int tries = 0; wanted && tries < PATIENCE; tries++) {
        ek_lock_leave(&session->lock);
        keep_whole(session, it);
        ek_lock_take(&session->lock);
        if (ek_gather_is_empty(&session->gather))
            break;
        (void)ek_condition_wait_for(&session->work, &session->lock, 1);
    }
    ek_lock_leave(&session->lock);
    return wanted;
}

static void serve(etwkit_session *session, flight *it) {
    ek_snapshot *wanted = take_all(session, it);
    if (!wanted)
        return;
    etwkit_status status = write_file(session, it, wanted->path, &wanted->error);
    ek_lock_take(&session->lock);
    wanted->status = status;
    wanted->done = true;
    session->snapshot = NULL;
    ek_condition_wake_all(&session->progress);
    ek_lock_leave(&session->lock);
}

static void pass_to_memory(etwkit_session *session) {
    flight *it = session->outlet_state;
    keep_whole(session, it);
    serve(session, it);
    make_room(session, it, 0);
}

static void end(etwkit_session *session) {
    flight *it = session->outlet_state;
    etwkit_error error;
    if (session->path && it->kept.first && write_file(session, it, session->path, &error))
        ek_recorder_fault(session, &error);
    while (it->kept.first)
        ek_gather_drop(&session->gather, &it->kept);
    ek_release(&session->allocator, it->scratch);
    ek_release(&session->allocator, it);
    session->outlet_state = NULL;
}

const ek_outlet ek_outlet_flight = {
    .sweeps = EK_SWEEPS_WHEN_ASKED, .open = begin, .pass = pass_to_memory, .close = end};

etwkit_status etwkit_session_snapshot(etwkit_session *session, const char *path, etwkit_error *error) {
    if (session->options.mode != ETWKIT_SESSION_FLIGHT_RECORDER)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: only a flight recorder has snapshots", session->name);
    if (!path || !path[0])
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: a snapshot needs a path", session->name);
    if (session->backend)
        return session->backend->snapshot(session, path, error);
    ek_snapshot wanted = {.path = path, .status = ETWKIT_E_CLOSED};
    ek_lock_take(&session->lock);
    while (session->snapshot && session->state == EK_SESSION_RUNNING)
        ek_condition_wait(&session->progress, &session->lock);
    if (session->state == EK_SESSION_RUNNING) {
        session->snapshot = &wanted;
        const uint64_t flush = ++session->flushes_wanted; /* the thread does not sleep on */
        ek_condition_wake_all(&session->work);
        while (!wanted.done || (session->flushes_done < flush && session->state == EK_SESSION_RUNNING))
            ek_condition_wait(&session->progress, &session->lock); /* until it is in the statistics, too */
    }
    ek_lock_leave(&session->lock);
    if (!wanted.done)
        return ek_fail(error, ETWKIT_E_CLOSED, "session %s: it does not run", session->name);
    if (wanted.status && error)
        *error = wanted.error;
    return wanted.status;
}
