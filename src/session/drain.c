/* SPDX-License-Identifier: MIT */
/* The session's thread: takes what writers filled, pass by pass, and has it brought where it goes. */
#include "base/machine.h"
#include "session/inside.h"

enum {
    MILLISECOND_BYTES = 1 << 20, /* what one writer can fill in a millisecond, about */
    PATIENCE_AT_THE_END = 100,   /* milliseconds that are waited for writers when the session stops */
    TRIES_AT_THE_END = 50,       /* to get the buffers back from writers that hold them for a moment */
    GROW_AT_ONCE = 64            /* buffers */
};

static int64_t ticks_of(uint32_t milliseconds) {
    return (int64_t)(ek_ticks_frequency() / 1000 * milliseconds);
}

/* Until when the thread may sleep: half of the free buffers must not be filled by then. */
static uint32_t sleep_time(const etwkit_session *session) {
    uint64_t room = (uint64_t)ek_load_relaxed(&session->member.ring->free_count) * session->options.buffer_size;
    uint64_t milliseconds = room / 2 / MILLISECOND_BYTES;
    bool idle = session->gather.events == session->last_taken;
    if (milliseconds == 0 && idle)
        milliseconds = 1;
    return milliseconds < session->options.flush_ms ? (uint32_t)milliseconds : session->options.flush_ms;
}

static void wait_for_work(etwkit_session *session) {
    uint32_t milliseconds = sleep_time(session);
    bool urgent = session->state > EK_SESSION_RUNNING || session->flushes_wanted != session->flushes_done;
    if (!urgent && milliseconds)
        (void)ek_condition_wait_for(&session->work, &session->lock, milliseconds);
}

/* Ids may be changed while the thread reads its own. Where memory runs out the old ones stay for another pass. */
void ek_session_renew_ids(etwkit_session *session) {
    if (!session->ids_changed)
        return;
    ek_event_ids copy;
    if (!ek_event_ids_copy(&copy, &session->ids, &session->allocator))
        return;
    ek_event_ids_free(&session->used_ids, &session->allocator);
    session->used_ids = copy;
    session->ids_changed = false;
}

static void settle(etwkit_session *session, uint64_t flushes) {
    ek_session_account *account = &session->account, *passed = &session->passed;
    account->delivered += passed->delivered;
    account->filtered += passed->filtered;
    account->abandoned += session->gather.abandoned;
    account->lost += passed->lost;
    account->overwritten += passed->overwritten;
    account->buffers_lost += passed->buffers_lost;
    *passed = (ek_session_account){0};
    session->gather.abandoned = 0;
    session->flushes_done = flushes;
    ek_condition_wake_all(&session->progress);
}

/* More buffers where few are free, as many as are allowed. */
static void grow(etwkit_session *session) {
    ek_ring *ring = session->member.ring;
    uint32_t made = ring->buffer_count, most = session->options.maximum_buffers;
    if (made >= most || ek_load_relaxed(&ring->free_count) >= made / 2)
        return;
    uint32_t more = most - made < GROW_AT_ONCE ? most - made : GROW_AT_ONCE;
    (void)ek_ring_add_buffers(ring, &session->allocator, more);
}

/* The sweep that a pass begins with; *last_flush moves on. */
static ek_sweep choose_sweep(const etwkit_session *session, int64_t *last_flush) {
    if (session->state > EK_SESSION_RUNNING)
        return EK_SWEEP_CLOSE;
    int64_t now = ek_ticks_now();
    bool due = now - *last_flush >= ticks_of(session->options.flush_ms);
    bool all = session->flushes_wanted != session->flushes_done;
    switch (session->outlet->sweeps) {
    case EK_SWEEPS_ALWAYS: all = true; break;
    case EK_SWEEPS_AT_FLUSH: all |= due; break;
    case EK_SWEEPS_WHEN_ASKED: break;
    }
    if (!all)
        return EK_SWEEP_FULL;
    *last_flush = now;
    return EK_SWEEP_ALL;
}

/* One pass; false: it was the last. */
static bool pass(etwkit_session *session, int64_t *last_flush) {
    ek_gather *gather = &session->gather;
    ek_lock_take(&session->lock);
    wait_for_work(session);
    session->is_between_passes = false;
    session->last_taken = gather->events;
    ek_sweep sweep = choose_sweep(session, last_flush);
    uint64_t flushes = session->flushes_wanted;
    if (sweep == EK_SWEEP_CLOSE && gather->patience > ticks_of(PATIENCE_AT_THE_END))
        gather->patience = ticks_of(PATIENCE_AT_THE_END);
    ek_gather_receive(gather, sweep);
    ek_session_renew_ids(session);
    ek_lock_leave(&session->lock);

    session->outlet->pass(session);
    (void)ek_gather_free_stuck(gather);
    bool more = sweep != EK_SWEEP_CLOSE || !ek_gather_is_empty(gather);
    ek_lock_take(&session->lock);
    grow(session);
    settle(session, sweep == EK_SWEEP_FULL ? session->flushes_done : flushes);
    session->is_between_passes = true;
    if (more && sweep == EK_SWEEP_CLOSE) /* only what is not committed is left */
        (void)ek_condition_wait_for(&session->work, &session->lock, 1);
    ek_lock_leave(&session->lock);
    return more;
}

/* Are all buffers back, so that the ring may serve another session? */
static bool empty_ring(etwkit_session *session) {
    for (int i = 0; i < TRIES_AT_THE_END; i++) {
        (void)ek_gather_free_stuck(&session->gather);
        if (ek_ring_release_buffers(session->member.ring, &session->allocator))
            return true;
        ek_lock_take(&session->lock);
        (void)ek_condition_wait_for(&session->work, &session->lock, 1);
        ek_lock_leave(&session->lock);
    }
    return false;
}

void ek_session_drain(void *context) {
    etwkit_session *session = context;
    int64_t last_flush = ek_ticks_now();
    if (session->replay)
        ek_replay_run(session);
    else
        while (pass(session, &last_flush))
            continue;
    if (session->outlet->close)
        session->outlet->close(session);
    ek_lock_take(&session->lock);
    settle(session, session->flushes_wanted);
    session->final = ek_session_take_stats(session);
    session->has_ring = false;
    ek_lock_leave(&session->lock);
    bool is_free = empty_ring(session);
    ek_process_leave(&session->member, is_free);
    ek_channel_end(&session->channel);
    if (session->options.on_ready)
        session->options.on_ready(session->options.on_ready_context);
}

/* Real time: to the channel. */

static void pass_to_channel(etwkit_session *session) {
    ek_delivery *delivery = &session->delivery;
    ek_deliver(delivery);
    session->passed.filtered += delivery->filtered;
    session->passed.lost += delivery->refused;
    delivery->filtered = delivery->refused = 0;
}

const ek_outlet ek_outlet_real_time = {.sweeps = EK_SWEEPS_ALWAYS, .pass = pass_to_channel};
