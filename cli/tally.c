/* SPDX-License-Identifier: MIT */
/* Open addressing over addresses, at most half full. */
#include "tally.h"

#include "cli.h"

#include <stdlib.h>

/* The slot of a key, or the empty one where it belongs. */
static tally_slot *find(tally_slot *slots, size_t mask, const void *key) {
    uint64_t hash = (uint64_t)(uintptr_t)key * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(hash >> 32) & mask;
    while (slots[at].key && slots[at].key != key)
        at = (at + 1) & mask;
    return &slots[at];
}

static void grow(tally *counts) {
    size_t size = counts->slots ? (counts->mask + 1) * 2 : 256;
    tally_slot *slots = cli_resize(NULL, size, sizeof *slots);
    for (size_t i = 0; i < size; i++)
        slots[i] = (tally_slot){NULL, 0};
    for (size_t i = 0; counts->slots && i <= counts->mask; i++)
        if (counts->slots[i].key)
            *find(slots, size - 1, counts->slots[i].key) = counts->slots[i];
    free(counts->slots);
    counts->slots = slots;
    counts->mask = size - 1;
    counts->recent = NULL;
}

static uint64_t *count_of(tally *counts, const void *key) {
    if (counts->recent && counts->recent->key == key)
        return &counts->recent->count;
    if (!counts->slots || counts->used * 2 > counts->mask)
        grow(counts);
    tally_slot *slot = find(counts->slots, counts->mask, key);
    counts->used += slot->key == NULL;
    slot->key = key;
    counts->recent = slot;
    return &slot->count;
}

void tally_add(tally *counts, const void *key) {
    ++*count_of(counts, key);
}

void tally_move(tally *counts, const void *from, const void *to) {
    uint64_t moved = *count_of(counts, from);
    *count_of(counts, from) = 0;
    *count_of(counts, to) += moved;
}

uint64_t tally_get(const tally *counts, const void *key) {
    return counts->slots ? find(counts->slots, counts->mask, key)->count : 0;
}

void tally_free(tally *counts) {
    free(counts->slots);
    *counts = (tally){NULL, 0, 0, NULL};
}
