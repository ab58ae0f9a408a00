/* SPDX-License-Identifier: MIT */
/* What was taken from a ring, in lists of buffers, and the reading of events in them. */
#include "session/gather.h"

#include "base/bytes.h"
#include "base/machine.h"

enum {
    TIME_AT = 0x10
}; /* of an EVENT header */

/* Lists. */

static void append(ek_gather *gather, ek_taken_list *list, uint32_t index) {
    gather->taken[index].next = 0;
    if (list->last)
        gather->taken[list->last - 1].next = index + 1;
    else
        list->first = index + 1;
    list->last = index + 1;
}

static void append_list(ek_gather *gather, ek_taken_list *list, ek_taken_list *more) {
    if (!more->first)
        return;
    if (list->last)
        gather->taken[list->last - 1].next = more->first;
    else
        list->first = more->first;
    list->last = more->last;
    *more = (ek_taken_list){0, 0};
}

static uint32_t pop(ek_gather *gather, ek_taken_list *list) {
    uint32_t index = list->first - 1;
    list->first = gather->taken[index].next;
    if (!list->first)
        list->last = 0;
    return index;
}

/* The gather itself. */

bool ek_gather_init(ek_gather *gather, ek_ring *ring, const etwkit_allocator *allocator, int64_t patience) {
    *gather = (ek_gather){.allocator = *allocator, .ring = ring, .patience = patience};
    gather->lanes = ek_new(allocator, ring->lane_count * sizeof *gather->lanes);
    gather->taken = ek_new(allocator, EK_RING_BUFFERS * sizeof *gather->taken);
    return gather->lanes && gather->taken;
}

void ek_gather_free(ek_gather *gather) {
    ek_release(&gather->allocator, gather->lanes);
    ek_release(&gather->allocator, gather->taken);
    gather->lanes = NULL;
    gather->taken = NULL;
}

/* Taking. */

static void take(ek_gather *gather, const ek_span *span, ek_taken_list *list) {
    gather->taken[span->index] =
        (ek_taken){.at = EK_RING_HEAD, .end = span->end, .count = span->count, .since = ek_ticks_now()};
    gather->events += span->count;
    gather->bytes += span->end - EK_RING_HEAD;
    gather->buffers++;
    append(gather, list, span->index);
}

/* The spans come newest first, and are wanted oldest first. */
static void take_chain(ek_gather *gather, uint32_t lane, const ek_span *newest) {
    ek_taken_list reversed = {0, 0};
    ek_span span = *newest;
    bool more = span.index < EK_RING_BUFFERS;
    while (more) {
        ek_span previous;
        more = ek_ring_previous(gather->ring, &span, &previous);
        ek_taken_list first = {0, 0};
        take(gather, &span, &first);
        append_list(gather, &first, &reversed);
        reversed = first;
        if (more)
            span = previous;
    }
    append_list(gather, &gather->lanes[lane].inbox, &reversed);
}

static void sweep_lane(ek_gather *gather, uint32_t lane, ek_sweep sweep) {
    int64_t *bound = &gather->lanes[lane].inbox_bound;
    ek_span span = {EK_RING_BUFFERS, 0, 0};
    uint32_t pending = 0;
    bool took = true;
    switch (sweep) {
    case EK_SWEEP_FULL: took = ek_ring_filled(gather->ring, lane, &span, bound, &pending); break;
    case EK_SWEEP_ALL: took = ek_ring_switch(gather->ring, lane, &span, bound); break;
    case EK_SWEEP_CLOSE:
        ek_ring_close(gather->ring, lane, &span);
        *bound = INT64_MAX;
        break;
    }
    gather->pending += pending;
    if (took)
        take_chain(gather, lane, &span);
}

void ek_gather_sweep(ek_gather *gather, ek_sweep sweep) {
    gather->pending = 0;
    for (uint32_t lane = 0; lane < gather->ring->lane_count; lane++)
        sweep_lane(gather, lane, sweep);
}

void ek_gather_receive(ek_gather *gather, ek_sweep sweep) {
    ek_gather_sweep(gather, sweep);
    for (uint32_t lane = 0; lane < gather->ring->lane_count; lane++) {
        append_list(gather, &gather->lanes[lane].queue, &gather->lanes[lane].inbox);
        gather->lanes[lane].bound = gather->lanes[lane].inbox_bound;
    }
}

/* Reading. */

/* Behind a reservation that was given up: the next event that is committed, or the end. */
static uint32_t next_committed(const ek_ring_buffer *buffer, uint32_t at, uint32_t end) {
    while (at < end && !ek_ring_is_committed(buffer, at))
        at += 8;
    return at;
}

/* All of the list's first buffer was read. */
static void finish(ek_gather *gather, ek_taken_list *list) {
    uint32_t index = pop(gather, list);
    ek_taken *taken = &gather->taken[index];
    if (taken->read == taken->count) {
        ek_ring_give_back(gather->ring, index);
        return;
    }
    gather->abandoned += taken->count - taken->read;
    append(gather, &gather->stuck, index); /* its writer may come back to it */
}

void ek_gather_look(ek_gather *gather, uint32_t lane, int64_t now) {
    ek_lane_queue *queue = &gather->lanes[lane];
    for (;;) {
        queue->state = EK_LANE_EMPTY;
        queue->time = queue->bound;
        if (!queue->queue.first)
            return;
        ek_taken *taken = &gather->taken[queue->queue.first - 1];
        const ek_ring_buffer *buffer = &gather->ring->buffers[queue->queue.first - 1];
        if (taken->at < taken->end && !ek_ring_is_committed(buffer, taken->at)) {
            if (now - taken->since < gather->patience) {
                queue->state = EK_LANE_PENDING;
                queue->time = buffer->opened > queue->last ? buffer->opened : queue->last;
                return;
            }
            taken->at = next_committed(buffer, taken->at, taken->end);
        }
        if (taken->at < taken->end) {
            queue->state = EK_LANE_EVENT;
            queue->time = ek_load_i64(buffer->bytes + taken->at + TIME_AT);
            return;
        }
        finish(gather, &queue->queue);
    }
}

void ek_gather_advance(ek_gather *gather, uint32_t lane, uint32_t size, uint32_t count, int64_t time) {
    ek_lane_queue *queue = &gather->lanes[lane];
    ek_taken *taken = &gather->taken[queue->queue.first - 1];
    taken->at += size;
    taken->read += count;
    queue->last = time;
}

bool ek_gather_is_empty(const ek_gather *gather) {
    for (uint32_t lane = 0; lane < gather->ring->lane_count; lane++)
        if (gather->lanes[lane].queue.first)
            return false;
    return true;
}

static uint32_t committed_in(const ek_ring_buffer *buffer, uint32_t end) {
    uint32_t count = 0;
    for (uint32_t at = EK_RING_HEAD; at < end; at += 8)
        count += ek_ring_is_committed(buffer, at);
    return count;
}

uint32_t ek_gather_free_stuck(ek_gather *gather) {
    ek_taken_list still = {0, 0};
    uint32_t count = 0;
    while (gather->stuck.first) {
        uint32_t index = pop(gather, &gather->stuck);
        const ek_taken *taken = &gather->taken[index];
        if (committed_in(&gather->ring->buffers[index], taken->end) == taken->count) {
            ek_ring_give_back(gather->ring, index);
        } else {
            append(gather, &still, index);
            count++;
        }
    }
    gather->stuck = still;
    return count;
}

/* Whole buffers. */

/* The lane whose first buffer was begun earliest, but for those that are held up; lane_count: there is none. */
static uint32_t earliest_lane(const ek_gather *gather) {
    const ek_ring_buffer *buffers = gather->ring->buffers;
    uint32_t earliest = gather->ring->lane_count;
    for (uint32_t lane = 0; lane < gather->ring->lane_count; lane++) {
        const ek_lane_queue *queue = &gather->lanes[lane];
        if (queue->queue.first && !queue->is_held_up &&
            (earliest == gather->ring->lane_count ||
             buffers[queue->queue.first - 1].opened < buffers[gather->lanes[earliest].queue.first - 1].opened))
            earliest = lane;
    }
    return earliest;
}

static bool is_whole(ek_gather *gather, uint32_t index, int64_t now) {
    ek_taken *taken = &gather->taken[index];
    taken->read = committed_in(&gather->ring->buffers[index], taken->end);
    taken->has_gaps = taken->read != taken->count;
    return !taken->has_gaps || now - taken->since >= gather->patience;
}

ek_taken *ek_gather_whole(ek_gather *gather, int64_t now, uint32_t *lane, uint32_t *index) {
    while ((*lane = earliest_lane(gather)) < gather->ring->lane_count) {
        *index = gather->lanes[*lane].queue.first - 1;
        if (is_whole(gather, *index, now))
            return &gather->taken[*index];
        gather->lanes[*lane].is_held_up = true;
    }
    for (uint32_t each = 0; each < gather->ring->lane_count; each++)
        gather->lanes[each].is_held_up = false;
    return NULL;
}

void ek_gather_pop(ek_gather *gather, uint32_t lane) {
    finish(gather, &gather->lanes[lane].queue);
}

void ek_gather_keep(ek_gather *gather, uint32_t lane, ek_taken_list *kept) {
    uint32_t index = pop(gather, &gather->lanes[lane].queue);
    gather->taken[index].lane = lane;
    append(gather, kept, index);
}

void ek_gather_drop(ek_gather *gather, ek_taken_list *kept) {
    finish(gather, kept);
}
