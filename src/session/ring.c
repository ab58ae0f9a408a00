/* SPDX-License-Identifier: MIT */
/* The buffers that writers fill without locks. The protocol is told in ring.h; here are its words. */
#include "session/ring.h"

#include "base/machine.h"

#include <string.h>

#define SECOND UINT64_C(10000000) /* as FILETIME */

/* A lane's word: generation, index, count, end in units of 8 bytes. */
enum {
    END_BITS = 18,
    COUNT_BITS = 14,
    INDEX_BITS = 12,
    COUNT_AT = END_BITS,
    INDEX_AT = COUNT_AT + COUNT_BITS,
    GENERATION_AT = INDEX_AT + INDEX_BITS,
    /* Indexes that are no buffers. */
    NO_BUFFER = EK_RING_BUFFERS,
    CLOSED = EK_RING_BUFFERS + 1
};

_Static_assert(EK_RING_BUFFER_MAX / 8 < 1 << END_BITS, "a buffer's end fits its bits");
_Static_assert(EK_RING_BUFFER_MAX / EK_RING_EVENT_MIN < 1 << COUNT_BITS,
               "the count of a buffer's events fits its bits");
_Static_assert(CLOSED < 1 << INDEX_BITS, "each index fits its bits");

static uint32_t index_of(uint64_t word) {
    return (uint32_t)(word >> INDEX_AT) & ((1u << INDEX_BITS) - 1);
}

static uint32_t count_of(uint64_t word) {
    return (uint32_t)(word >> COUNT_AT) & ((1u << COUNT_BITS) - 1);
}

static uint32_t end_of(uint64_t word) {
    return ((uint32_t)word & ((1u << END_BITS) - 1)) * 8;
}

/* The word that follows on `word` with another buffer. */
static uint64_t next_word(uint64_t word, uint32_t index, uint32_t count, uint32_t end) {
    return ((word >> GENERATION_AT) + 1) << GENERATION_AT | (uint64_t)index << INDEX_AT | (uint64_t)count << COUNT_AT |
           end / 8;
}

static ek_span span_of(uint64_t word) {
    return (ek_span){index_of(word), end_of(word), count_of(word)};
}

/* The list of free buffers. */

static uint32_t take_free(ek_ring *ring) {
    uint64_t head = ek_load(&ring->free);
    for (;;) {
        uint32_t first = (uint32_t)head;
        if (first == 0)
            return NO_BUFFER;
        uint32_t next = ek_load_relaxed(&ring->buffers[first - 1].next);
        if (ek_replace(&ring->free, &head, ((head >> 32) + 1) << 32 | next)) {
            atomic_fetch_sub_explicit(&ring->free_count, 1, memory_order_relaxed);
            return first - 1;
        }
    }
}

static void put_free(ek_ring *ring, uint32_t index) {
    uint64_t head = ek_load_relaxed(&ring->free);
    do
        ek_store_relaxed(&ring->buffers[index].next, (uint32_t)head);
    while (!ek_replace(&ring->free, &head, ((head >> 32) + 1) << 32 | (index + 1)));
    ek_add(&ring->free_count, 1);
}

/* Counts of what was not taken: above the events they hold a part of the serial, since a writer may come to count when
 * the ring is another session's. */

enum {
    LOSS_BITS = 48
};

static uint64_t no_losses(uint32_t serial) {
    return (uint64_t)serial << LOSS_BITS;
}

static void count_loss(ek_atomic64 *losses, uint32_t serial) {
    uint64_t was = ek_load_relaxed(losses);
    while (was >> LOSS_BITS == no_losses(serial) >> LOSS_BITS && !ek_replace(losses, &was, was + 1))
        continue;
}

uint64_t ek_loss_count(const ek_atomic64 *losses) {
    return ek_load_relaxed(losses) & ((UINT64_C(1) << LOSS_BITS) - 1);
}

/* Making. */

ek_ring *ek_ring_new(void) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    uint32_t lanes = ek_processor_count();
    /* The allocator promises 16 bytes; lanes of two processors must not share a cache line. */
    const size_t line = _Alignof(ek_ring);
    char *block = ek_new(&allocator, sizeof(ek_ring) + lanes * sizeof(ek_lane) + line);
    if (!block)
        return NULL;
    ek_ring *ring = (ek_ring *)(void *)(block + (line - (uintptr_t)block % line) % line);
    ring->lanes = (ek_lane *)(ring + 1);
    ring->lane_count = lanes;
    ring->frequency = ek_ticks_frequency();
    for (uint32_t i = 0; i < lanes; i++)
        ek_store_relaxed(&ring->lanes[i].word, next_word(0, CLOSED, 0, 0));
    return ring;
}

void ek_ring_prepare(ek_ring *ring, const ek_ring_settings *settings, uint32_t serial) {
    ek_store_relaxed(&ring->buffer_size, settings->buffer_size);
    ek_store_relaxed(&ring->filetimes, settings->clock == ETWKIT_CLOCK_SYSTEM);
    ek_store_relaxed(&ring->start_ticks, (uint64_t)settings->start_ticks);
    ek_store_relaxed(&ring->start_time, (uint64_t)settings->start_time);
    for (uint32_t i = 0; i < ring->lane_count; i++) {
        ek_store_relaxed(&ring->lanes[i].refused, no_losses(serial));
        ek_store_relaxed(&ring->lanes[i].too_big, no_losses(serial));
    }
    ek_store(&ring->serial, serial);
}

void ek_ring_open(ek_ring *ring) {
    for (uint32_t i = 0; i < ring->lane_count; i++) {
        uint64_t word = ek_load_relaxed(&ring->lanes[i].word);
        ek_store(&ring->lanes[i].word, next_word(word, NO_BUFFER, 0, 0));
    }
}

static bool make_buffer(ek_ring *ring, const etwkit_allocator *allocator) {
    ek_ring_buffer *buffer = &ring->buffers[ring->buffer_count];
    buffer->bytes = ek_alloc(allocator, ek_load_relaxed(&ring->buffer_size));
    buffer->marks = ek_new(allocator, ek_load_relaxed(&ring->buffer_size) / 8);
    if (!buffer->bytes || !buffer->marks) {
        ek_release(allocator, buffer->bytes);
        ek_release(allocator, (void *)buffer->marks);
        buffer->bytes = NULL;
        buffer->marks = NULL;
        return false;
    }
    memset(buffer->bytes, 0, ek_load_relaxed(&ring->buffer_size)); /* its pages are there before writers come */
    buffer->epoch = 1;
    buffer->previous = 0;
    put_free(ring, ring->buffer_count++);
    return true;
}

uint32_t ek_ring_add_buffers(ek_ring *ring, const etwkit_allocator *allocator, uint32_t count) {
    while (count-- > 0 && ring->buffer_count < EK_RING_BUFFERS && make_buffer(ring, allocator))
        continue;
    return ring->buffer_count;
}

/* Writing. */

int64_t ek_ring_now(const ek_ring *ring) {
    int64_t ticks = ek_ticks_now();
    if (!ek_load_relaxed(&ring->filetimes))
        return ticks;
    uint64_t passed = (uint64_t)ticks - ek_load_relaxed(&ring->start_ticks);
    uint64_t seconds = passed / ring->frequency, rest = passed % ring->frequency;
    return (int64_t)(ek_load_relaxed(&ring->start_time) + seconds * SECOND + rest * SECOND / ring->frequency);
}

static ek_lane *lane_here(ek_ring *ring) {
    uint32_t processor = ek_processor_now();
    return &ring->lanes[processor < ring->lane_count ? processor : processor % ring->lane_count];
}

ek_reservation ek_ring_reserve(ek_ring *ring, uint32_t serial, uint32_t size, ek_place *place) {
    ek_lane *lane = lane_here(ring);
    uint64_t word = ek_load(&lane->word), wanted;
    uint32_t fresh = NO_BUFFER, index, at, room = ek_load_relaxed(&ring->buffer_size);
    for (;;) {
        index = index_of(word);
        at = end_of(word);
        /* Asked after the word was loaded: where the serial is ours, so is the word, or it will be replaced. */
        if (index == CLOSED || ek_load_relaxed(&ring->serial) != serial) {
            if (fresh != NO_BUFFER)
                put_free(ring, fresh);
            return EK_CLOSED;
        }
        if (index != NO_BUFFER && size <= room - at) {
            place->time = ek_ring_now(ring);
            wanted = word + (UINT64_C(1) << COUNT_AT) + size / 8;
        } else {
            if (fresh == NO_BUFFER)
                fresh = take_free(ring);
            if (fresh == NO_BUFFER) {
                /* Another writer of this lane may have got the last one. */
                uint64_t before = word;
                word = ek_load(&lane->word);
                if (word != before)
                    continue;
                count_loss(&lane->refused, serial);
                return EK_REFUSED;
            }
            ek_ring_buffer *buffer = &ring->buffers[fresh];
            place->time = ek_ring_now(ring);
            buffer->opened = place->time;
            buffer->previous = index == NO_BUFFER ? 0 : word;
            at = EK_RING_HEAD;
            index = fresh;
            wanted = next_word(word, fresh, 1, at + size);
        }
        if (ek_replace(&lane->word, &word, wanted))
            break;
    }
    if (fresh != NO_BUFFER && index != fresh)
        put_free(ring, fresh); /* another writer brought one in the meantime */
    const ek_ring_buffer *buffer = &ring->buffers[index];
    place->bytes = buffer->bytes + at;
    place->mark = &buffer->marks[at / 8];
    place->epoch = buffer->epoch;
    return EK_RESERVED;
}

void ek_ring_refuse_size(ek_ring *ring, uint32_t serial) {
    count_loss(&lane_here(ring)->too_big, serial);
}

/* Draining. */

bool ek_ring_switch(ek_ring *ring, uint32_t lane, ek_span *span, int64_t *bound) {
    ek_atomic64 *place = &ring->lanes[lane].word;
    uint64_t word = ek_load(place);
    do {
        if (index_of(word) == CLOSED)
            return false;
        *bound = ek_ring_now(ring);
        /* Also where the lane has no buffer: a writer that read its clock before now must read it again. */
    } while (!ek_replace(place, &word, next_word(word, NO_BUFFER, 0, 0)));
    *span = span_of(word);
    return true;
}

bool ek_ring_previous(ek_ring *ring, const ek_span *span, ek_span *previous) {
    ek_ring_buffer *buffer = &ring->buffers[span->index];
    if (buffer->previous == 0)
        return false;
    *previous = span_of(buffer->previous);
    buffer->previous = 0;
    return true;
}

bool ek_ring_filled(ek_ring *ring, uint32_t lane, ek_span *span, int64_t *bound, uint32_t *pending) {
    ek_span now = span_of(ek_load(&ring->lanes[lane].word));
    *pending = now.count;
    if (now.index >= NO_BUFFER)
        return false;
    *bound = ring->buffers[now.index].opened;
    return ek_ring_previous(ring, &now, span);
}

void ek_ring_close(ek_ring *ring, uint32_t lane, ek_span *span) {
    ek_atomic64 *place = &ring->lanes[lane].word;
    uint64_t word = ek_load(place);
    while (!ek_replace(place, &word, next_word(word, CLOSED, 0, 0)))
        continue;
    *span = span_of(word);
    if (span->index >= NO_BUFFER)
        *span = (ek_span){EK_RING_BUFFERS, 0, 0};
}

void ek_ring_give_back(ek_ring *ring, uint32_t index) {
    ek_ring_buffer *buffer = &ring->buffers[index];
    if (++buffer->epoch == 0) {
        memset((void *)buffer->marks, 0, ek_load_relaxed(&ring->buffer_size) / 8);
        buffer->epoch = 1;
    }
    put_free(ring, index);
}

bool ek_ring_release_buffers(ek_ring *ring, const etwkit_allocator *allocator) {
    for (uint32_t index; (index = take_free(ring)) != NO_BUFFER; ring->released_count++) {
        ek_release(allocator, ring->buffers[index].bytes);
        ek_release(allocator, (void *)ring->buffers[index].marks);
        ring->buffers[index].bytes = NULL;
        ring->buffers[index].marks = NULL;
    }
    if (ring->released_count != ring->buffer_count)
        return false;
    ring->buffer_count = ring->released_count = 0;
    return true;
}

_Static_assert(EK_RING_HEAD % 8 == 0, "events are aligned");
