/* SPDX-License-Identifier: MIT */
/* The bounded channel: a list of parcels under the session's lock. Knows nothing of events but how many they are. */
#include "session/channel.h"

enum {
    SPARES = 8
}; /* parcels that are kept for use again */

void ek_channel_init(ek_channel *channel, ek_lock *lock, ek_condition *progress, const etwkit_session_options *options,
                     const etwkit_allocator *allocator) {
    *channel = (ek_channel){.allocator = *allocator,
                            .lock = lock,
                            .progress = progress,
                            .event_limit = options->channel_events,
                            .byte_limit = options->channel_bytes,
                            .overflow = options->overflow};
    ek_condition_init(&channel->readable);
    ek_condition_init(&channel->writable);
}

static void free_parcels(ek_channel *channel, ek_parcel **list) {
    while (*list) {
        ek_parcel *parcel = *list;
        *list = parcel->next;
        ek_release(&channel->allocator, parcel->bytes);
        ek_release(&channel->allocator, parcel);
    }
}

void ek_channel_free(ek_channel *channel) {
    free_parcels(channel, &channel->first);
    free_parcels(channel, &channel->spare);
    ek_condition_free(&channel->readable);
    ek_condition_free(&channel->writable);
}

static ek_parcel *make_parcel(ek_channel *channel, uint32_t size) {
    ek_parcel *parcel = ek_new(&channel->allocator, sizeof *parcel);
    if (!parcel)
        return NULL;
    parcel->bytes = ek_alloc(&channel->allocator, size);
    parcel->capacity = size;
    if (parcel->bytes)
        return parcel;
    ek_release(&channel->allocator, parcel);
    return NULL;
}

ek_parcel *ek_channel_new_parcel(ek_channel *channel, uint32_t size) {
    ek_lock_take(channel->lock);
    ek_parcel *parcel = channel->spare;
    if (parcel)
        channel->spare = parcel->next;
    ek_lock_leave(channel->lock);
    if (parcel && parcel->capacity < size) {
        parcel->next = NULL;
        free_parcels(channel, &parcel);
    }
    if (!parcel)
        return make_parcel(channel, size);
    parcel->next = NULL;
    return parcel;
}

static void keep_spare(ek_channel *channel, ek_parcel *parcel) {
    unsigned spares = 0;
    for (const ek_parcel *spare = channel->spare; spare; spare = spare->next)
        spares++;
    parcel->events = parcel->used = 0;
    parcel->next = NULL;
    if (spares >= SPARES) {
        free_parcels(channel, &parcel);
        return;
    }
    parcel->next = channel->spare;
    channel->spare = parcel;
}

static bool has_room(const ek_channel *channel, const ek_parcel *parcel) {
    if (!channel->first)
        return true; /* one parcel always has, else it never would */
    return channel->events + parcel->events <= channel->event_limit &&
           channel->bytes + parcel->used <= channel->byte_limit;
}

static ek_parcel *take_first(ek_channel *channel) {
    ek_parcel *parcel = channel->first;
    channel->first = parcel->next;
    if (!channel->first)
        channel->last = NULL;
    channel->events -= parcel->events;
    channel->bytes -= parcel->used;
    parcel->next = NULL;
    return parcel;
}

static void drop(ek_channel *channel, ek_parcel *parcel) {
    channel->lost += parcel->events;
    keep_spare(channel, parcel);
}

bool ek_channel_send(ek_channel *channel, ek_parcel *parcel) {
    ek_lock_take(channel->lock);
    while (channel->overflow == ETWKIT_OVERFLOW_BLOCK && !channel->closed && !has_room(channel, parcel)) {
        channel->is_stuck = true;
        ek_condition_wake_all(channel->progress);
        ek_condition_wait(&channel->writable, channel->lock);
    }
    channel->is_stuck = false;
    while (channel->overflow == ETWKIT_OVERFLOW_DROP_OLDEST && !has_room(channel, parcel))
        drop(channel, take_first(channel));
    bool was_empty = !channel->first;
    if (channel->overflow == ETWKIT_OVERFLOW_DROP_NEWEST && !has_room(channel, parcel)) {
        drop(channel, parcel);
    } else {
        if (channel->last)
            channel->last->next = parcel;
        else
            channel->first = parcel;
        channel->last = parcel;
        channel->events += parcel->events;
        channel->bytes += parcel->used;
        ek_condition_wake_all(&channel->readable);
    }
    ek_lock_leave(channel->lock);
    return was_empty;
}

static void wait_readable(ek_channel *channel, uint32_t milliseconds) {
    if (!channel->first && !channel->ended && milliseconds)
        (void)ek_condition_wait_for(&channel->readable, channel->lock, milliseconds);
}

etwkit_status ek_channel_wait(ek_channel *channel, uint32_t milliseconds) {
    ek_lock_take(channel->lock);
    wait_readable(channel, milliseconds);
    etwkit_status status = channel->first ? ETWKIT_OK : channel->ended ? ETWKIT_END : ETWKIT_ABSENT;
    ek_lock_leave(channel->lock);
    return status;
}

ek_parcel *ek_channel_receive(ek_channel *channel, uint32_t milliseconds, bool *ended) {
    ek_lock_take(channel->lock);
    wait_readable(channel, milliseconds);
    ek_parcel *parcel = channel->first ? take_first(channel) : NULL;
    *ended = channel->ended;
    if (parcel) {
        channel->is_stuck = false; /* it looks again */
        ek_condition_wake_all(&channel->writable);
    }
    ek_lock_leave(channel->lock);
    return parcel;
}

void ek_channel_recycle(ek_channel *channel, ek_parcel *parcel) {
    ek_lock_take(channel->lock);
    keep_spare(channel, parcel);
    ek_lock_leave(channel->lock);
}

void ek_channel_close(ek_channel *channel) {
    ek_lock_take(channel->lock);
    channel->closed = true;
    ek_condition_wake_all(&channel->writable);
    ek_lock_leave(channel->lock);
}

void ek_channel_end(ek_channel *channel) {
    ek_lock_take(channel->lock);
    channel->closed = channel->ended = true;
    ek_condition_wake_all(&channel->writable);
    ek_condition_wake_all(&channel->readable);
    ek_lock_leave(channel->lock);
}

void ek_channel_forked(ek_channel *channel, bool is_new) {
    ek_condition_init(&channel->readable);
    ek_condition_init(&channel->writable);
    channel->is_stuck = false;
    channel->closed = channel->ended = !is_new;
}
