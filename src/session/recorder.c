/* SPDX-License-Identifier: MIT */
/* Sessions that write files as they go: one, one in a circle, or a series. Decides where each whole buffer goes. */
#include "session/recorder.h"

#include "base/error.h"
#include "base/machine.h"
#include "session/sift.h"

enum {
    TRIES_OF_A_FLUSH = 20, /* milliseconds that a flush waits for events that are being written */
    NUMBER_DIGITS = 10
};

typedef struct recorder {
    ek_recording recording;
    uint64_t limit;    /* of a file; UINT64_MAX: none */
    uint8_t *scratch;  /* room for a buffer */
    char *path;        /* of a series: with the number of the file in place */
    uint32_t number;   /* of that file */
    uint32_t *held;    /* of a circle: how many events each buffer of the file has */
    size_t held_count; /* buffers, but for the header's */
    size_t held_capacity;
} recorder;

/* What files have in common. */

void ek_recorder_fault(etwkit_session *session, const etwkit_error *error) {
    ek_lock_take(&session->lock);
    if (!session->fault.status) {
        session->fault = *error;
        (void)ek_fail(&session->fault, error->status, "session %s: %s; its events are lost until that is mended",
                      session->name, error->message);
        session->fault.system_error = error->system_error;
        session->fault.offset = error->offset;
    }
    ek_lock_leave(&session->lock);
}

etwkit_status ek_recorder_finish(etwkit_session *session, ek_recording *recording, etwkit_error *error) {
    const etwkit_session_stats stats = etwkit_session_get_stats(session);
    const ek_recording_end end = {.time = ek_clock_filetime(&session->clock, ek_ring_now(session->member.ring)),
                                  .events_lost = etwkit_session_events_lost(&stats) + session->passed.lost +
                                                 session->gather.abandoned,
                                  .buffers_lost = stats.buffers_lost + session->passed.buffers_lost};
    return ek_recording_finish(recording, &end, error);
}

/* Options. */

/* The one %d of a series' path; NULL: there is none, or something else that begins with %. */
static const char *number_in(const char *path) {
    const char *at = strchr(path, '%');
    return at && at[1] == 'd' && !strchr(at + 1, '%') ? at : NULL;
}

static etwkit_status check(const char *name, const etwkit_session_options *options, etwkit_error *error) {
    uint64_t most = options->maximum_file_size;
    bool needs_size = options->mode != ETWKIT_SESSION_FILE;
    if (!options->path || !options->path[0])
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: a session that writes a file needs a path", name);
    if ((needs_size || most) && most < UINT64_C(2) * options->buffer_size)
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: maximum_file_size must hold two buffers of %u bytes", name,
                       options->buffer_size);
    if (options->mode == ETWKIT_SESSION_NEW_FILE && !number_in(options->path))
        return ek_fail(error, ETWKIT_E_INVALID,
                       "session %s: the path of a series of files has %%d once, where the number goes, not: %s", name,
                       options->path);
    return ETWKIT_OK;
}

/* Files. */

/* The path of the next file. */
static const char *next_path(etwkit_session *session, recorder *it) {
    if (session->options.mode != ETWKIT_SESSION_NEW_FILE)
        return session->path;
    const char *at = number_in(session->path);
    (void)ek_format(it->path, strlen(session->path) + NUMBER_DIGITS, "%.*s%u%s", (int)(at - session->path),
                    session->path, it->number + 1, at + 2);
    return it->path;
}

static etwkit_status begin_file(etwkit_session *session, recorder *it, etwkit_error *error) {
    etwkit_status status = ek_recording_begin(&it->recording, session, next_path(session, it), it->scratch, error);
    it->number += status == ETWKIT_OK;
    return status;
}

static void close_file(etwkit_session *session) {
    recorder *it = session->outlet_state;
    etwkit_error error;
    if (it->recording.file && ek_recorder_finish(session, &it->recording, &error))
        ek_recorder_fault(session, &error);
    ek_release(&session->allocator, it->scratch);
    ek_release(&session->allocator, it->path);
    ek_release(&session->allocator, it->held);
    ek_release(&session->allocator, it);
    session->outlet_state = NULL;
}

static etwkit_status open_file(etwkit_session *session, etwkit_error *error) {
    const etwkit_session_options *options = &session->options;
    recorder *it = ek_new(&session->allocator, sizeof *it);
    if (!it)
        return ek_fail_memory(error);
    session->outlet_state = it;
    it->limit = options->maximum_file_size ? options->maximum_file_size : UINT64_MAX;
    it->scratch = ek_alloc(&session->allocator, options->buffer_size);
    it->path = ek_alloc(&session->allocator, strlen(session->path) + NUMBER_DIGITS);
    etwkit_status status = it->scratch && it->path ? begin_file(session, it, error) : ek_fail_memory(error);
    if (status)
        close_file(session);
    return status;
}

/* Buffers. */

/* How many events a place of the circle has; false: memory ran out. */
static bool held_at(etwkit_session *session, recorder *it, uint32_t **held) {
    size_t index = (size_t)(it->recording.place / session->options.buffer_size) - 1;
    void *array = it->held;
    if (!ek_grow(&session->allocator, &array, &it->held_capacity, index + 1, sizeof *it->held))
        return false;
    it->held = array;
    *held = &it->held[index];
    if (index == it->held_count) {
        **held = 0;
        it->held_count++;
    }
    return true;
}

/* Has the recording's place be one where a buffer may go. ETWKIT_E_FULL: there is none, which is no fault. */
static etwkit_status find_place(etwkit_session *session, recorder *it, etwkit_error *error) {
    ek_recording *recording = &it->recording;
    uint32_t size = session->options.buffer_size;
    bool full = recording->file && recording->place + size > it->limit;
    switch (session->options.mode) {
    case ETWKIT_SESSION_CIRCULAR:
        if (full)
            recording->place = size;
        return ETWKIT_OK;
    case ETWKIT_SESSION_NEW_FILE:
        if (full) {
            etwkit_status status = ek_recorder_finish(session, recording, error);
            if (status)
                ek_recorder_fault(session, error);
        }
        return recording->file ? ETWKIT_OK : begin_file(session, it, error);
    case ETWKIT_SESSION_FILE:
    case ETWKIT_SESSION_REAL_TIME:
    case ETWKIT_SESSION_FLIGHT_RECORDER: break;
    }
    return full ? ETWKIT_E_FULL : ETWKIT_OK;
}

static etwkit_status put(etwkit_session *session, uint32_t lane, uint8_t *bytes, uint32_t filled, uint32_t count,
                         etwkit_error *error) {
    recorder *it = session->outlet_state;
    uint32_t *held = NULL;
    etwkit_status status = find_place(session, it, error);
    if (!status && session->options.mode == ETWKIT_SESSION_CIRCULAR && !held_at(session, it, &held))
        status = ek_fail_memory(error);
    if (status)
        return status;
    uint32_t before = held ? *held : 0;
    session->passed.overwritten += before;
    if (held)
        *held = 0;
    status = ek_recording_put(&it->recording, bytes, filled, lane, ek_ring_now(session->member.ring), error);
    if (!status && held)
        *held = count;
    return status;
}

/* A whole buffer of a lane. */
static void record(etwkit_session *session, uint32_t lane, uint32_t index) {
    recorder *it = session->outlet_state;
    ek_session_account *passed = &session->passed;
    etwkit_error error = {0};
    uint32_t filled, count;
    passed->filtered += ek_sift(&session->gather, &session->used_ids, index);
    uint8_t *bytes = ek_sift_packed(&session->gather, index, it->scratch, &filled, &count);
    etwkit_status status = count ? put(session, lane, bytes, filled, count, &error) : ETWKIT_OK;
    if (status == ETWKIT_OK) {
        passed->delivered += count;
        return;
    }
    passed->lost += count;
    passed->buffers_lost++;
    if (status != ETWKIT_E_FULL)
        ek_recorder_fault(session, &error);
}

/* false: another pass that comes soon would find more. */
static bool record_whole(etwkit_session *session) {
    ek_gather *gather = &session->gather;
    int64_t now = ek_ticks_now();
    uint32_t lane, index;
    while (ek_gather_whole(gather, now, &lane, &index)) {
        record(session, lane, index);
        ek_gather_pop(gather, lane);
    }
    return ek_gather_is_empty(gather);
}

/* Lets a millisecond go by where somebody waits for a flush. */
static bool waits_for_flush(etwkit_session *session) {
    ek_lock_take(&session->lock);
    bool wanted = session->flushes_wanted != session->flushes_done;
    if (wanted)
        (void)ek_condition_wait_for(&session->work, &session->lock, 1);
    ek_lock_leave(&session->lock);
    return wanted;
}

static void pass_to_file(etwkit_session *session) {
    for (int tries = 0; !record_whole(session) && tries < TRIES_OF_A_FLUSH && waits_for_flush(session); tries++)
        continue;
}

const ek_outlet ek_outlet_file = {
    .sweeps = EK_SWEEPS_AT_FLUSH, .check = check, .open = open_file, .pass = pass_to_file, .close = close_file};
