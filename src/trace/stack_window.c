/* SPDX-License-Identifier: MIT */
/* The waiting stacks: chunks of memory that are freed when the last part in them has waited, and a hash by time. */
#include "trace/stack_window.h"

#include "base/hash.h"

#include <string.h>

#define CHUNK_SIZE ((size_t)256 << 10) /* no part is larger: an event has 64 KiB, and addresses at most double */
#define SLOTS_LEAST ((size_t)1024)

struct ek_stack_chunk {
    struct ek_stack_chunk *next;
    size_t used, size;
    size_t waiting; /* parts */
    uint64_t data[];
};

void ek_stack_window_init(ek_stack_window *window, const etwkit_allocator *allocator, uint64_t frequency) {
    enum {
        LINES_A_SECOND = 600 /* a line has 512 bits: room for some 10,000 events a second with few of them wrong */
    };
    *window = (ek_stack_window){.allocator = *allocator};
    while (window->shift < 40 && frequency >> window->shift > LINES_A_SECOND)
        window->shift++;
}

static void add_to_filter(ek_stack_window *window, const ek_stack_part *part) {
    uint64_t bit;
    *ek_stack_filter_word(window->filter, window->shift, part->file, part->time, &bit) |= bit;
    window->filter->added++;
}

static void make_filter(ek_stack_window *window) {
    memset(window->filter, 0, sizeof *window->filter);
    for (size_t i = 0; window->count && i <= window->mask; i++)
        for (const ek_stack_part *part = window->slots[i]; part; part = part->next)
            add_to_filter(window, part);
}

static void free_chunk(ek_stack_window *window, struct ek_stack_chunk *chunk) {
    window->bytes -= chunk->size;
    ek_release(&window->allocator, chunk);
}

void ek_stack_window_clear(ek_stack_window *window) {
    while (window->chunks) {
        struct ek_stack_chunk *chunk = window->chunks;
        window->chunks = chunk->next;
        free_chunk(window, chunk);
    }
    if (window->mask)
        memset(window->slots, 0, (window->mask + 1) * sizeof(ek_stack_part *));
    window->count = window->ended = 0;
    if (window->filter)
        make_filter(window);
}

void ek_stack_window_free(ek_stack_window *window) {
    ek_stack_window_clear(window);
    ek_release(&window->allocator, window->slots);
    ek_release(&window->allocator, window->filter);
    window->slots = NULL;
    window->filter = NULL;
    window->mask = 0;
}

/* Where the traces that we read cannot aim at: the seed is in the multiplication, too. */
static inline size_t slot_of(const ek_stack_window *window, uint32_t file, int64_t time) {
    uint64_t seed = ek_hash_seed(window);
    uint64_t hash = (uint64_t)time ^ (uint64_t)file << 40 ^ seed;
    hash = (hash ^ hash >> 32) * 0x9E3779B97F4A7C15u;
    hash = (hash ^ hash >> 29) * (seed | 1);
    return (size_t)(hash >> 32) & window->mask;
}

/* Twice as many slots. false: memory ran out. */
static bool grow_slots(ek_stack_window *window) {
    size_t count = window->mask ? (window->mask + 1) * 2 : SLOTS_LEAST;
    ek_stack_part **old = window->slots, **slots = ek_new(&window->allocator, count * sizeof(ek_stack_part *));
    if (!slots)
        return false;
    size_t old_count = window->mask ? window->mask + 1 : 0;
    window->slots = slots;
    window->mask = count - 1;
    for (size_t i = 0; i < old_count; i++)
        for (ek_stack_part *part = old[i], *next; part; part = next) {
            ek_stack_part **slot = &slots[slot_of(window, part->file, part->time)];
            next = part->next;
            part->next = *slot;
            *slot = part;
        }
    ek_release(&window->allocator, old);
    return true;
}

static bool add_chunk(ek_stack_window *window) {
    struct ek_stack_chunk *chunk = ek_alloc(&window->allocator, sizeof *chunk + CHUNK_SIZE);
    if (!chunk)
        return false;
    window->ended += window->chunks && !window->chunks->waiting; /* nothing comes into it any more */
    *chunk = (struct ek_stack_chunk){.next = window->chunks, .size = sizeof *chunk + CHUNK_SIZE};
    window->chunks = chunk;
    window->bytes += chunk->size;
    return true;
}

static ek_stack_part *room_for(ek_stack_window *window, size_t size) {
    struct ek_stack_chunk *chunk = window->chunks;
    if (!chunk || CHUNK_SIZE - chunk->used < size) {
        if (size > CHUNK_SIZE || !add_chunk(window))
            return NULL;
        chunk = window->chunks;
    }
    ek_stack_part *part = (void *)((uint8_t *)chunk->data + chunk->used);
    chunk->used += size;
    chunk->waiting++;
    return part;
}

ek_stack_part *ek_stack_window_next(const ek_stack_part *part) {
    ek_stack_part *next = part->next;
    while (next && (next->time != part->time || next->file != part->file))
        next = next->next;
    return next;
}

ek_stack_part *ek_stack_window_find(const ek_stack_window *window, uint32_t file, int64_t time) {
    ek_stack_part *part = window->mask ? window->slots[slot_of(window, file, time)] : NULL;
    while (part && (part->time != time || part->file != file))
        part = part->next;
    return part;
}

static bool is_crowded(const ek_stack_window *window, const ek_stack_part *like) {
    size_t count = 0;
    const ek_stack_part *part = ek_stack_window_find(window, like->file, like->time);
    for (; part && count < EK_STACKS_AT_ONE_TIME; part = ek_stack_window_next(part))
        count++;
    return count == EK_STACKS_AT_ONE_TIME;
}

etwkit_status ek_stack_window_add(ek_stack_window *window, const ek_stack_part *part, ek_stack_part **added) {
    if (is_crowded(window, part))
        return ETWKIT_E_LIMIT;
    if (!window->filter && !(window->filter = ek_new(&window->allocator, sizeof *window->filter)))
        return ETWKIT_E_NO_MEMORY;
    if (window->count >= window->mask && !grow_slots(window))
        return ETWKIT_E_NO_MEMORY;
    if (window->filter->added > 2 * window->count + SLOTS_LEAST)
        make_filter(window);
    ek_stack_part *made = room_for(window, sizeof *made + (size_t)part->count * sizeof made->frames[0]);
    if (!made)
        return ETWKIT_E_NO_MEMORY;
    ek_stack_part **slot = &window->slots[slot_of(window, part->file, part->time)];
    *made = *part;
    made->chunk = window->chunks;
    made->next = *slot;
    *slot = made;
    window->count++;
    add_to_filter(window, made);
    *added = made;
    return ETWKIT_OK;
}

void ek_stack_window_remove(ek_stack_window *window, ek_stack_part *part) {
    ek_stack_part **at = &window->slots[slot_of(window, part->file, part->time)];
    while (*at != part)
        at = &(*at)->next;
    *at = part->next;
    window->count--;
    window->ended += --part->chunk->waiting == 0 && part->chunk != window->chunks;
}

void ek_stack_window_sweep(ek_stack_window *window) {
    if (!window->ended)
        return;
    struct ek_stack_chunk **at = &window->chunks->next;
    while (*at) {
        struct ek_stack_chunk *chunk = *at;
        if (chunk->waiting) {
            at = &chunk->next;
            continue;
        }
        *at = chunk->next;
        free_chunk(window, chunk);
    }
    window->ended = 0;
}
