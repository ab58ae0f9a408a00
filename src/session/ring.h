/* SPDX-License-Identifier: MIT */
/* The buffers that writers fill without locks: reserve, commit, switch. Knows sizes and times, not what events are. */
#ifndef EK_SESSION_RING_H
#define EK_SESSION_RING_H

#include "base/atomic.h"
#include "base/memory.h"

#include <etwkit/trace.h>

/*
 * The protocol (docs/decisions/0009 says why, tests/model searches it):
 *
 * Each processor has a lane, whose one word says all about its buffer: which, how far it is reserved, how many events
 * those are, and a generation that makes words differ. A writer reserves by replacing the word it has seen, and reads
 * the clock between: so times never decrease in a buffer. Where the buffer is full it takes a free one and reserves in
 * that with the same replacement; the new buffer remembers the word of the one before, so that nobody else need be
 * told of it. An event is committed by a mark at its place, written after its bytes.
 *
 * One thread, the drain, takes what was filled: the words behind a lane's word, or by a switch also the lane's own. It
 * reads events up to the first that is not marked, and gives buffers back when all are read.
 *
 * A ring is never freed, only used again, since a writer may look at it at any time; so are the lists in it. The
 * buffers' bytes are freed, when no reservation of them is open: what a writer holds is not.
 */
enum {
    EK_RING_BUFFERS = 4000,
    EK_RING_BUFFER_MAX = 1 << 20, /* bytes */
    EK_RING_HEAD = 0x48,          /* kept free at a buffer's begin for its header */
    EK_RING_EVENT_MIN = 0x50      /* so that the events of a buffer can be counted in a word */
};

/* What a word tells. */
typedef struct ek_span {
    uint32_t index; /* of the buffer */
    uint32_t end;   /* reserved so far, from the buffer's begin */
    uint32_t count; /* events */
} ek_span;

typedef struct ek_ring_buffer {
    uint8_t *bytes;
    ek_atomic8 *marks; /* one for 8 bytes: the epoch where an event begins that is committed */
    ek_atomic32 next;  /* in the list of free ones: its index + 1 */
    uint8_t epoch;     /* changes with each use, never 0 */
    uint64_t previous; /* word of the lane's buffer before; 0: none */
    int64_t opened;    /* no event in it is older */
} ek_ring_buffer;

typedef struct ek_lane {
    _Alignas(64) ek_atomic64 word;
    /* What was not taken, as ek_loss_count() tells it. */
    ek_atomic64 refused; /* no buffer was free */
    ek_atomic64 too_big;
} ek_lane;

typedef struct ek_ring {
    struct ek_ring *older; /* for who makes rings */
    ek_atomic32 serial;    /* of the session that uses it; writers of an earlier one are turned away */
    uint32_t lane_count;
    /* Read by writers that may have come too late for their session. */
    ek_atomic32 buffer_size;
    ek_atomic32 filetimes; /* the clock: FILETIMEs, which are the ticks / frequency + this and that */
    ek_atomic64 start_ticks, start_time;
    uint64_t frequency;
    ek_lane *lanes;                /* as many as there may be processors: the same ones for ever */
    _Alignas(64) ek_atomic64 free; /* the first free buffer's index + 1, and above it a tag that makes heads differ */
    ek_atomic32 free_count;
    uint32_t buffer_count;   /* from here on the drain's alone */
    uint32_t released_count; /* of those whose bytes were freed */
    ek_ring_buffer buffers[EK_RING_BUFFERS];
} ek_ring;

typedef struct ek_ring_settings {
    uint32_t buffer_size;
    etwkit_clock clock;
    int64_t start_ticks, start_time;
} ek_ring_settings;

/* A ring without buffers that refuses all; it lives as long as the process. NULL: memory ran out. */
ek_ring *ek_ring_new(void);
/* For a new session, which gets another serial than any before. Nobody may write yet. */
void ek_ring_prepare(ek_ring *ring, const ek_ring_settings *settings, uint32_t serial);
/* From here on events with this serial are taken. */
void ek_ring_open(ek_ring *ring);
/* Makes up to `count` more free buffers; how many there are now. */
uint32_t ek_ring_add_buffers(ek_ring *ring, const etwkit_allocator *allocator, uint32_t count);

/* The time by the ring's clock, as events get it. */
int64_t ek_ring_now(const ek_ring *ring);

/* Writing. */

typedef enum ek_reservation {
    EK_RESERVED,
    EK_CLOSED, /* the session is another, or none */
    EK_REFUSED /* no buffer is free: counted */
} ek_reservation;

typedef struct ek_place {
    uint8_t *bytes;
    ek_atomic8 *mark;
    uint8_t epoch;
    int64_t time;
} ek_place;

/* Room for an event of `size` bytes, a multiple of 8 from EK_RING_EVENT_MIN on, which must fit into a buffer. */
ek_reservation ek_ring_reserve(ek_ring *ring, uint32_t serial, uint32_t size, ek_place *place);
/* The event stands at place->bytes: it may be read. */
static inline void ek_ring_commit(const ek_place *place) {
    ek_store(place->mark, place->epoch);
}
/* Counts an event that does not fit. */
void ek_ring_refuse_size(ek_ring *ring, uint32_t serial);
/* How many events a lane's `refused` or `too_big` stands for. */
uint64_t ek_loss_count(const ek_atomic64 *losses);

/* Draining: by one thread at a time. */

/* Takes away what the lane has, whether full or not. *span: its buffer, `index` EK_RING_BUFFERS where it had none.
 * Events that are reserved later are not older than *bound. false: the lane is closed. */
bool ek_ring_switch(ek_ring *ring, uint32_t lane, ek_span *span, int64_t *bound);
/* The buffer that the lane filled before the one it has, which is taken from that. false: none. *bound as above;
 * *pending: how many events the one has that it keeps, at the same moment. */
bool ek_ring_filled(ek_ring *ring, uint32_t lane, ek_span *span, int64_t *bound, uint32_t *pending);
/* The one that was filled before a span's buffer, which is taken from that. */
bool ek_ring_previous(ek_ring *ring, const ek_span *span, ek_span *previous);
/* No event is taken any more; *span as by a switch. */
void ek_ring_close(ek_ring *ring, uint32_t lane, ek_span *span);

/* Does a committed event begin at `at`? */
static inline bool ek_ring_is_committed(const ek_ring_buffer *buffer, uint32_t at) {
    return ek_load(&buffer->marks[at / 8]) == buffer->epoch;
}
/* The buffer, all of whose events were read, is free again. */
void ek_ring_give_back(ek_ring *ring, uint32_t index);
/* After the close: frees the bytes of the buffers that are free. false: others are still held, by reservations that
 * were never committed, or for a moment; try again, or give the ring up. */
bool ek_ring_release_buffers(ek_ring *ring, const etwkit_allocator *allocator);

#endif
