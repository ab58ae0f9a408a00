/* SPDX-License-Identifier: MIT */
/* The bounded channel between a session and its reader: parcels of events, in time order. */
#ifndef EK_SESSION_CHANNEL_H
#define EK_SESSION_CHANNEL_H

#include "base/memory.h"
#include "base/thread.h"

#include <etwkit/session.h>

/* Events as they stand in buffers, in pieces of one processor each, with a head in front of each piece. Or records that
 * were read from traces, each in front of its event, padded to 8: what they point to lies there. */
typedef struct ek_parcel {
    struct ek_parcel *next;
    uint32_t events;
    uint32_t used;     /* bytes */
    uint32_t capacity; /* of `bytes` */
    uint8_t *bytes;
} ek_parcel;

enum {
    EK_PIECE_RECORDS = -1
};

typedef struct ek_piece {
    uint32_t size;     /* of the events that follow */
    int32_t processor; /* EK_PIECE_RECORDS: of records */
} ek_piece;

/* Everything is guarded by the lock, which is the session's: its counts are of the same moment. */
typedef struct ek_channel {
    etwkit_allocator allocator;
    ek_lock *lock;
    ek_condition readable, writable;
    ek_condition *progress; /* woken when the sender begins to wait */
    ek_parcel *first, *last;
    ek_parcel *spare;       /* empty ones, for use again */
    uint64_t events, bytes; /* that wait */
    uint64_t event_limit, byte_limit;
    etwkit_overflow overflow;
    bool is_stuck; /* the sender waits for room */
    bool closed;   /* the sender waits no more; what comes still is kept, or dropped as `overflow` says */
    bool ended;    /* nothing comes any more: the reader waits no more */
    uint64_t lost; /* events that had no room */
} ek_channel;

void ek_channel_init(ek_channel *channel, ek_lock *lock, ek_condition *progress, const etwkit_session_options *options,
                     const etwkit_allocator *allocator);
void ek_channel_free(ek_channel *channel);

/* An empty parcel with room for at least `size` bytes; NULL: memory ran out. */
ek_parcel *ek_channel_new_parcel(ek_channel *channel, uint32_t size);
/* Takes the parcel. With ETWKIT_OVERFLOW_BLOCK it waits for room, until the channel is closed. true: the channel was
 * empty. */
bool ek_channel_send(ek_channel *channel, ek_parcel *parcel);
/* The oldest parcel, which is the caller's; waits for one. NULL: the time is over, or the end is reached (*ended). */
ek_parcel *ek_channel_receive(ek_channel *channel, uint32_t milliseconds, bool *ended);
/* Waits for a parcel, as etwkit_trace_wait() does. */
etwkit_status ek_channel_wait(ek_channel *channel, uint32_t milliseconds);
/* Gives an empty parcel back. */
void ek_channel_recycle(ek_channel *channel, ek_parcel *parcel);
/* The sender waits no more. */
void ek_channel_close(ek_channel *channel);
/* Nothing comes any more. */
void ek_channel_end(ek_channel *channel);
/* In the child of a fork, whose threads do not wait for anything. */
void ek_channel_forked(ek_channel *channel, bool is_new);

#endif
