/* SPDX-License-Identifier: MIT */
/* Puts what was gathered in time order, and sends it as parcels. */
#ifndef EK_SESSION_DELIVER_H
#define EK_SESSION_DELIVER_H

#include "session/channel.h"
#include "session/event_ids.h"
#include "session/gather.h"

typedef struct ek_delivery {
    ek_gather *gather;
    ek_channel *channel;
    const ek_event_ids *ids; /* which events of a provider are wanted; empty: all */
    uint32_t parcel_events;  /* at most, so that a full channel drops no more than a part of itself */
    ek_parcel *parcel;       /* being filled */
    uint32_t piece;          /* where its last piece begins */
    uint64_t filtered;       /* by ids, since it was last asked */
    uint64_t refused;        /* no memory for a parcel: events that were lost, since it was last asked */
    /* Called when there is something in the channel after there was nothing; NULL: nobody waits for that. */
    void (*on_ready)(void *context);
    void *on_ready_context;
} ek_delivery;

/* Sends every event up to the first that might still be overtaken, the last parcel even if it is small. */
void ek_deliver(ek_delivery *delivery);

#endif
