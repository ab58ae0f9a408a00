/* SPDX-License-Identifier: MIT */
/* A session's statistics: one snapshot, taken under its lock. */
#include "base/machine.h"
#include "session/inside.h"

static void add_lanes(etwkit_session_stats *stats, const ek_ring *ring) {
    for (uint32_t lane = 0; lane < ring->lane_count; lane++) {
        stats->events_lost_buffer += ek_loss_count(&ring->lanes[lane].refused);
        stats->events_lost_oversize += ek_loss_count(&ring->lanes[lane].too_big);
    }
}

/* What depends on the ring, which is another session's once this one has ended. */
etwkit_session_stats ek_session_take_stats(etwkit_session *session) {
    etwkit_session_stats stats = {0};
    ek_gather *gather = &session->gather;
    if (gather->ring) {
        add_lanes(&stats, gather->ring);
        stats.buffers_allocated = gather->ring->buffer_count;
        stats.buffers_free = ek_load_relaxed(&gather->ring->free_count);
    }
    return stats;
}

etwkit_session_stats etwkit_session_get_stats(const etwkit_session *given) {
    etwkit_session *session = (etwkit_session *)given; /* its lock, and what was taken of the lanes */
    etwkit_session_stats counted = {0};
    if (session->backend)
        session->backend->count(session, &counted);
    ek_lock_take(&session->lock);
    bool stopped = session->state >= EK_SESSION_STOPPED;
    if (session->has_ring)
        ek_gather_sweep(&session->gather, EK_SWEEP_FULL);
    etwkit_session_stats stats = session->backend    ? counted
                                 : session->has_ring ? ek_session_take_stats(session)
                                                     : session->final;
    const ek_session_account *account = &session->account;
    const ek_gather *gather = &session->gather;
    stats.events_delivered = account->delivered;
    stats.events_filtered = account->filtered;
    stats.events_lost_abandoned = account->abandoned;
    stats.events_lost_channel = account->lost + session->channel.lost;
    stats.events_overwritten = account->overwritten;
    stats.buffers_lost += account->buffers_lost;
    stats.buffers_read += gather->buffers;
    stats.bytes_received = gather->bytes;
    if (!stats.buffer_size_kb)
        stats.buffer_size_kb = session->options.buffer_size / 1024;
    uint64_t settled =
        stats.events_delivered + stats.events_filtered + stats.events_lost_abandoned + stats.events_lost_channel;
    stats.events_in_flight = gather->events + gather->pending - settled;
    if (stopped) { /* what waits for the reader is the reader's */
        stats.events_delivered += stats.events_in_flight;
        stats.events_in_flight = 0;
    }
    stats.events_received = stats.events_delivered + stats.events_filtered + stats.events_lost_buffer +
                            stats.events_lost_channel + stats.events_lost_oversize + stats.events_lost_abandoned +
                            stats.events_in_flight;
    int64_t end = stopped ? session->end_ticks : ek_ticks_now();
    if (session->start_ticks)
        stats.duration_secs = (double)(end - session->start_ticks) / (double)ek_ticks_frequency();
    ek_lock_leave(&session->lock);
    return stats;
}

uint64_t etwkit_session_events_lost(const etwkit_session_stats *stats) {
    return stats->events_lost_buffer + stats->events_lost_channel + stats->events_lost_oversize +
           stats->events_lost_abandoned;
}
