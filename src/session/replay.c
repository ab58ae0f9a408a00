/* SPDX-License-Identifier: MIT */
/* Sends the records of traces to the channel, when they are due. Knows no rings and no providers. */
#include "session/replay.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/machine.h"
#include "session/inside.h"

enum {
    PARCEL_SIZE = 256 << 10,
    WAIT_AT_ONCE = 50 /* milliseconds */
};

#define FILETIME_SECOND 10000000.0

/* On its way. */
typedef struct sending {
    etwkit_session *session;
    ek_parcel *parcel; /* being filled */
    ek_piece *piece;   /* its one */
    bool has_begun;
    int64_t first_time, first_ticks; /* that belong together */
} sending;

static void account(sending *it, uint64_t events, uint64_t bytes, const ek_session_account *passed) {
    etwkit_session *session = it->session;
    ek_lock_take(&session->lock);
    session->gather.events += events;
    session->gather.bytes += bytes;
    session->account.filtered += passed->filtered;
    session->account.lost += passed->lost;
    ek_lock_leave(&session->lock);
}

static void send_parcel(sending *it) {
    etwkit_session *session = it->session;
    ek_parcel *parcel = it->parcel;
    it->parcel = NULL;
    if (!parcel)
        return;
    account(it, parcel->events, parcel->used, &(ek_session_account){0});
    if (ek_channel_send(&session->channel, parcel) && session->options.on_ready)
        session->options.on_ready(session->options.on_ready_context);
}

/* Has the parcel have room. false: memory ran out. */
static bool make_room(sending *it, uint32_t size) {
    const ek_parcel *parcel = it->parcel;
    const uint32_t head = sizeof *it->piece;
    if (parcel && (size > parcel->capacity - parcel->used || parcel->events >= it->session->delivery.parcel_events))
        send_parcel(it);
    if (it->parcel)
        return true;
    it->parcel = ek_channel_new_parcel(&it->session->channel, size + head > PARCEL_SIZE ? size + head : PARCEL_SIZE);
    if (!it->parcel)
        return false;
    it->piece = (ek_piece *)(void *)it->parcel->bytes;
    *it->piece = (ek_piece){.processor = EK_PIECE_RECORDS};
    it->parcel->used = head;
    return true;
}

static void send_record(sending *it, const etwkit_record *record) {
    const uint32_t size = (uint32_t)sizeof *record + ek_align8(record->data_size);
    if (!make_room(it, size)) {
        account(it, 1, 0, &(ek_session_account){.lost = 1});
        return;
    }
    ek_parcel *parcel = it->parcel;
    uint8_t *at = parcel->bytes + parcel->used;
    etwkit_record_copy((etwkit_record *)(void *)at, at + sizeof *record, record);
    parcel->used += size;
    parcel->events++;
    it->piece->size += size;
}

/* What the session wants. */

static bool is_enabled(const sending *it, const etwkit_record *record) {
    const bool has_keywords = !(record->flags & (ETWKIT_FLAG_CLASSIC | ETWKIT_FLAG_TRACE_MESSAGE));
    return it->session->replay->everything ||
           ek_process_wants(&it->session->member, &record->provider_id, record->level,
                            has_keywords ? record->keywords : UINT64_MAX);
}

static bool is_wanted_by_id(const sending *it, const etwkit_record *record) {
    const bool has_id = record->header_kind == ETWKIT_HEADER_EVENT32 || record->header_kind == ETWKIT_HEADER_EVENT64;
    return !has_id || ek_event_ids_want(&it->session->used_ids, record->data);
}

/* Time. */

static bool is_stopping(etwkit_session *session) {
    ek_lock_take(&session->lock);
    bool stopping = session->state > EK_SESSION_RUNNING;
    ek_session_renew_ids(session);
    ek_lock_leave(&session->lock);
    return stopping;
}

/* Milliseconds until a record is due, WAIT_AT_ONCE at most. */
static uint32_t time_left(sending *it, const etwkit_record *record) {
    const double speed = it->session->replay->speed;
    if (speed <= 0)
        return 0;
    const int64_t now = ek_ticks_now();
    if (!it->has_begun) {
        it->has_begun = true;
        it->first_time = record->timestamp;
        it->first_ticks = now;
    }
    const double recorded = ((double)record->timestamp - (double)it->first_time) / FILETIME_SECOND;
    const double passed = (double)(now - it->first_ticks) / (double)ek_ticks_frequency();
    const double left = (recorded / speed - passed) * 1000;
    if (left < 1)
        return 0;
    return left < WAIT_AT_ONCE ? (uint32_t)left : WAIT_AT_ONCE;
}

/* false: the session stops. */
static bool wait_for(sending *it, const etwkit_record *record) {
    etwkit_session *session = it->session;
    for (uint32_t left; (left = time_left(it, record)) > 0;) {
        send_parcel(it);
        ek_lock_take(&session->lock);
        bool stopping = session->state > EK_SESSION_RUNNING;
        if (!stopping)
            (void)ek_condition_wait_for(&session->work, &session->lock, left);
        ek_lock_leave(&session->lock);
        if (stopping)
            return false;
    }
    return true;
}

/* false: the session stops. */
static bool send_batch(sending *it, const etwkit_batch *batch) {
    for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
        const etwkit_record *record = etwkit_batch_record(batch, i);
        if (!is_enabled(it, record))
            continue;
        if (!wait_for(it, record))
            return false;
        if (is_wanted_by_id(it, record))
            send_record(it, record);
        else
            account(it, 1, 0, &(ek_session_account){.filtered = 1});
    }
    return true;
}

void ek_replay_run(etwkit_session *session) {
    sending it = {.session = session};
    const etwkit_batch *batch;
    etwkit_error error = {0};
    etwkit_status status = ETWKIT_OK;
    while (!is_stopping(session) && (status = etwkit_trace_next(session->replay->trace, &batch, &error)) == ETWKIT_OK)
        if (!send_batch(&it, batch))
            break;
    send_parcel(&it);
    etwkit_trace_close(&session->replay->trace);
    if (status >= 0)
        return;
    ek_lock_take(&session->lock);
    session->fault = error;
    ek_lock_leave(&session->lock);
}

/* Making. */

void ek_replay_free(ek_replay *replay, const etwkit_allocator *allocator) {
    if (!replay)
        return;
    etwkit_trace_close(&replay->trace);
    for (size_t i = 0; replay->paths && i < replay->path_count; i++)
        ek_release(allocator, replay->paths[i]);
    ek_release(allocator, replay->paths);
    ek_release(allocator, replay);
}

static bool copy_paths(ek_replay *replay, const etwkit_allocator *allocator, const char *const *paths, size_t count) {
    replay->paths = ek_new(allocator, count * sizeof *replay->paths);
    for (; replay->paths && replay->path_count < count; replay->path_count++) {
        size_t size = strlen(paths[replay->path_count]) + 1;
        char *copy = ek_alloc(allocator, size);
        if (!copy)
            return false;
        replay->paths[replay->path_count] = memcpy(copy, paths[replay->path_count], size);
    }
    return replay->paths != NULL;
}

static etwkit_status make(ek_replay **made, const etwkit_replay *given, const etwkit_allocator *allocator,
                          etwkit_error *error) {
    ek_replay *replay = *made = ek_new(allocator, sizeof *replay);
    if (!replay || !copy_paths(replay, allocator, given->paths, given->path_count))
        return ek_fail_memory(error);
    replay->speed = given->speed;
    replay->everything = given->everything;
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.allocator = allocator;
    return etwkit_trace_open_paths(&replay->trace, given->paths, given->path_count, &options, error);
}

etwkit_status etwkit_session_replay(etwkit_session *session, const etwkit_replay *given, etwkit_error *error) {
    etwkit_replay wanted = ETWKIT_REPLAY;
    memcpy(&wanted, given, given->struct_size < sizeof wanted ? given->struct_size : sizeof wanted);
    if (session->options.mode != ETWKIT_SESSION_REAL_TIME || session->state != EK_SESSION_NEW || session->replay ||
        session->backend)
        return ek_fail(
            error, ETWKIT_E_INVALID,
            "session %s: only a real-time session of the process that is not started yet can replay, and once",
            session->name);
    if (!(wanted.speed >= 0))
        return ek_fail(error, ETWKIT_E_INVALID, "session %s: a speed of replay is 0 or more", session->name);
    ek_replay *replay = NULL;
    etwkit_status status = make(&replay, &wanted, &session->allocator, error);
    if (status) {
        ek_replay_free(replay, &session->allocator);
        return status;
    }
    session->replay = replay;
    session->member.is_deaf = true;
    return ETWKIT_OK;
}
