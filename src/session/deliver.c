/* SPDX-License-Identifier: MIT */
/* The merge by time: lanes to parcels. Events of one lane that nothing stands between are copied at once. */
#include "session/deliver.h"

#include "base/bytes.h"
#include "base/machine.h"

enum {
    PARCEL_SIZE = 256 << 10,
    TIME_AT = 0x10
};

/* A stretch of events of one lane. */
typedef struct stretch {
    const uint8_t *bytes;
    uint32_t size, count;
    int64_t last;
} stretch;

/* The next one may wait for room: so whoever makes room is told of this one now. */
static void send_parcel(ek_delivery *delivery) {
    ek_parcel *parcel = delivery->parcel;
    delivery->parcel = NULL;
    if (parcel && ek_channel_send(delivery->channel, parcel) && delivery->on_ready)
        delivery->on_ready(delivery->on_ready_context);
}

/* The piece that more events of a processor can be added to; NULL: memory ran out. */
static ek_piece *piece_for(ek_delivery *delivery, uint32_t lane, uint32_t size) {
    ek_parcel *parcel = delivery->parcel;
    if (parcel) {
        ek_piece *piece = (ek_piece *)(void *)(parcel->bytes + delivery->piece);
        if (piece->processor == (int32_t)lane && size <= parcel->capacity - parcel->used)
            return piece;
        if (sizeof *piece + size > parcel->capacity - parcel->used)
            send_parcel(delivery);
    }
    parcel = delivery->parcel;
    if (!parcel)
        parcel = delivery->parcel = ek_channel_new_parcel(delivery->channel, PARCEL_SIZE);
    if (!parcel)
        return NULL;
    delivery->piece = parcel->used;
    ek_piece *piece = (ek_piece *)(void *)(parcel->bytes + parcel->used);
    *piece = (ek_piece){.processor = (int32_t)lane};
    parcel->used += sizeof *piece;
    return piece;
}

static void copy(ek_delivery *delivery, uint32_t lane, const stretch *events) {
    if (events->count == 0)
        return;
    ek_piece *piece = piece_for(delivery, lane, events->size);
    if (!piece) {
        delivery->refused += events->count;
        return;
    }
    ek_parcel *parcel = delivery->parcel;
    memcpy(parcel->bytes + parcel->used, events->bytes, events->size);
    parcel->used += events->size;
    parcel->events += events->count;
    piece->size += events->size;
    if (parcel->events >= delivery->parcel_events)
        send_parcel(delivery);
}

/* How many events of a stretch at most: no more than there is room for in the parcel. */
static uint32_t stretch_limit(const ek_delivery *delivery) {
    uint32_t there = delivery->parcel ? delivery->parcel->events : 0;
    return delivery->parcel_events - there;
}

/* From the lane's next event on, as long as events are not later than `until`. */
static void deliver_stretch(ek_delivery *delivery, uint32_t lane, int64_t until) {
    ek_gather *gather = delivery->gather;
    const ek_taken *taken = &gather->taken[gather->lanes[lane].queue.first - 1];
    const ek_ring_buffer *buffer = &gather->ring->buffers[gather->lanes[lane].queue.first - 1];
    stretch events = {.bytes = buffer->bytes + taken->at};
    uint32_t limit = stretch_limit(delivery), at = taken->at;
    while (at < taken->end && events.count < limit && ek_ring_is_committed(buffer, at)) {
        const uint8_t *event = buffer->bytes + at;
        int64_t time = ek_load_i64(event + TIME_AT);
        if (time > until)
            break;
        uint32_t size = ek_align8(ek_load16(event));
        if (events.size + size > PARCEL_SIZE / 2 && events.count)
            break;
        bool wanted = ek_event_ids_want(delivery->ids, event);
        if (!wanted && events.count)
            break;
        at += size;
        events.last = time;
        if (!wanted) {
            delivery->filtered++;
            ek_gather_advance(gather, lane, size, 1, time);
            return;
        }
        events.size += size;
        events.count++;
    }
    copy(delivery, lane, &events);
    ek_gather_advance(gather, lane, events.size, events.count, events.last);
}

void ek_deliver(ek_delivery *delivery) {
    ek_gather *gather = delivery->gather;
    uint32_t lane_count = gather->ring->lane_count;
    int64_t now = ek_ticks_now();
    for (uint32_t lane = 0; lane < lane_count; lane++)
        ek_gather_look(gather, lane, now);
    for (;;) {
        /* The lane with the earliest event, and the time up to which nothing can come in between. */
        uint32_t first = lane_count;
        int64_t until = INT64_MAX;
        for (uint32_t lane = 0; lane < lane_count; lane++) {
            const ek_lane_queue *queue = &gather->lanes[lane];
            int64_t other = queue->time;
            if (queue->state == EK_LANE_EVENT && (first == lane_count || queue->time < gather->lanes[first].time)) {
                other = first == lane_count ? INT64_MAX : gather->lanes[first].time;
                first = lane;
            }
            until = other < until ? other : until;
        }
        if (first == lane_count || gather->lanes[first].time > until)
            break;
        deliver_stretch(delivery, first, until);
        ek_gather_look(gather, first, now);
    }
    send_parcel(delivery);
}
