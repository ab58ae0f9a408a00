/* SPDX-License-Identifier: MIT */
/* A hash of bytes, and a hash table from byte-string keys to pointers. */
#ifndef EK_BASE_HASH_H
#define EK_BASE_HASH_H

#include "base/memory.h"

/*
 * 64-bit, fast on short keys; not for secrets. Where keys come from a trace the seed must be one that nobody knows who
 * made the trace, or it could hold keys that all meet in one place, and take quadratic time.
 */
uint64_t ek_hash(const void *data, size_t size, uint64_t seed);
/* Such a seed: where the system put an object of the caller's is different each time. */
static inline uint64_t ek_hash_seed(const void *object) {
    return (uint64_t)(uintptr_t)object * 0x9E3779B97F4A7C15u;
}

/*
 * Open addressing. Keys are compared by the caller's function, so that they can be any struct; the table stores the
 * hash and the value. No removal.
 */
typedef struct ek_table {
    etwkit_allocator allocator;
    struct ek_table_slot *slots;
    size_t mask; /* slots - 1, or 0 where there are none yet */
    size_t count;
} ek_table;

void ek_table_init(ek_table *table, const etwkit_allocator *allocator);
void ek_table_free(ek_table *table);
void ek_table_clear(ek_table *table);
/* `equal` compares a stored value with the key looked for. NULL where there is none. */
void *ek_table_find(const ek_table *table, uint64_t hash, bool (*equal)(const void *value, const void *key),
                    const void *key);
/* Adds without looking whether it is there. false: memory ran out. */
bool ek_table_add(ek_table *table, uint64_t hash, void *value);

#endif
