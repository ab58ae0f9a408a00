/* SPDX-License-Identifier: MIT */
/* What was taken from a ring: filled buffers in the order of their lane, read event by event. Of the drain alone. */
#ifndef EK_SESSION_GATHER_H
#define EK_SESSION_GATHER_H

#include "session/ring.h"

/* A buffer that was taken. Each is in one list at most, so that lists need no memory. */
typedef struct ek_taken {
    uint32_t next; /* in its list: index + 1, 0: the last */
    uint32_t at;   /* of the event to be read */
    uint32_t end;
    uint32_t count; /* events that were reserved in it */
    uint32_t read;  /* of those */
    int64_t since;  /* when it was taken, in ticks */
    uint32_t lane;  /* of one that is kept */
    bool has_gaps;  /* of a whole one: between the events that are kept stands something else */
} ek_taken;

typedef struct ek_taken_list {
    uint32_t first, last; /* index + 1; 0: empty */
} ek_taken_list;

/* Where the reading of a lane stands. */
typedef enum ek_lane_state {
    EK_LANE_EVENT,   /* `time` is that of the next event */
    EK_LANE_PENDING, /* the next one is not committed yet; it is not older than `time` */
    EK_LANE_EMPTY    /* nothing is there; what comes is not older than `time` */
} ek_lane_state;

typedef struct ek_lane_queue {
    ek_taken_list inbox; /* taken, and not seen by the drain yet */
    int64_t inbox_bound; /* what was not even taken is not older */
    ek_taken_list queue; /* the drain's */
    int64_t bound;       /* what is not in the queue is not older */
    int64_t last;        /* time of the last event that was read */
    ek_lane_state state; /* with `time`: by ek_gather_look() */
    int64_t time;
    bool is_held_up; /* its first buffer is not whole: of ek_gather_whole() alone */
} ek_lane_queue;

typedef struct ek_gather {
    etwkit_allocator allocator;
    ek_ring *ring;
    ek_lane_queue *lanes;
    ek_taken *taken;     /* by index of the buffer */
    ek_taken_list stuck; /* read but for what was never committed */
    int64_t patience;    /* ticks until what is not committed counts as abandoned */
    /* Under the session's lock. */
    uint64_t events, bytes, buffers; /* that were taken */
    uint64_t pending;                /* in the lanes' own buffers, when they were last looked at */
    /* The drain's, since it was last asked. */
    uint64_t abandoned;
} ek_gather;

/* false: memory ran out. */
bool ek_gather_init(ek_gather *gather, ek_ring *ring, const etwkit_allocator *allocator, int64_t patience);
void ek_gather_free(ek_gather *gather);

/* How far lanes are emptied. */
typedef enum ek_sweep {
    EK_SWEEP_FULL,  /* only what writers have filled */
    EK_SWEEP_ALL,   /* also buffers that are filled in part: the lanes begin new ones */
    EK_SWEEP_CLOSE, /* the same, and the lanes take no more */
} ek_sweep;

/* Takes what the lanes have. By any thread that holds the session's lock. */
void ek_gather_sweep(ek_gather *gather, ek_sweep sweep);
/* Begins a pass of the drain: what was taken is now in the lanes' queues, with their bounds. With the lock. */
void ek_gather_receive(ek_gather *gather, ek_sweep sweep);

/* Without the lock: where the reading of a lane stands, in its `state` and `time`. Finished buffers are given back. */
void ek_gather_look(ek_gather *gather, uint32_t lane, int64_t now);
/* Goes on behind `size` bytes in which `count` events stand, the last of the time `time`. */
void ek_gather_advance(ek_gather *gather, uint32_t lane, uint32_t size, uint32_t count, int64_t time);
/* Is nothing left in any queue? */
bool ek_gather_is_empty(const ek_gather *gather);
/* Gives buffers back whose late writers have finished in the meantime. How many are still held. */
uint32_t ek_gather_free_stuck(ek_gather *gather);

/* For who takes whole buffers, until it gives NULL: of those that are first in their lanes' queues, and all of whose
 * events are committed or given up, the one that was begun earliest. `read` says how many are committed; *lane and
 * *index are its numbers. After use: ek_gather_pop(), or ek_gather_keep(). */
ek_taken *ek_gather_whole(ek_gather *gather, int64_t now, uint32_t *lane, uint32_t *index);
void ek_gather_pop(ek_gather *gather, uint32_t lane);
/* Moves it to the end of a list of the caller's, whose first one ek_gather_drop() gives back. */
void ek_gather_keep(ek_gather *gather, uint32_t lane, ek_taken_list *kept);
void ek_gather_drop(ek_gather *gather, ek_taken_list *kept);

#endif
