/* SPDX-License-Identifier: MIT */
/* The hash of bytes (multiply and fold), and the hash table. */
#include "base/hash.h"

#include "base/bytes.h"

struct ek_table_slot {
    uint64_t hash;
    void *value; /* NULL: free */
};

static uint64_t fold(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The hash so far and two words more. It stays in the sum, so that no words (a factor of 0) can wipe it out. */
static uint64_t mix(uint64_t hash, uint64_t a, uint64_t b) {
    return fold(a, b ^ hash) ^ (hash << 29 | hash >> 35);
}

/* Odd constants with well-mixed bits, from the digits of pi. */
#define K0 0x243F6A8885A308D3u
#define K1 0x13198A2E03707345u
#define K2 0xA4093822299F31D1u

uint64_t ek_hash(const void *data, size_t size, uint64_t seed) {
    const uint8_t *at = data;
    uint64_t hash = seed ^ K0;
    size_t left = size;
    for (; left > 16; left -= 16, at += 16)
        hash = mix(hash, ek_load64(at) ^ K1, ek_load64(at + 8));
    uint64_t a = 0, b = 0;
    if (left >= 8) { /* two loads that overlap cover 8 to 16 bytes */
        a = ek_load64(at);
        b = ek_load64(at + left - 8);
    } else if (left >= 4) {
        a = ek_load32(at);
        b = ek_load32(at + left - 4);
    } else if (left)
        a = (uint64_t)at[0] << 16 | (uint64_t)at[left / 2] << 8 | at[left - 1];
    return fold(K2 ^ size, mix(hash, a ^ K1, b));
}

void ek_table_init(ek_table *table, const etwkit_allocator *allocator) {
    *table = (ek_table){.allocator = *allocator};
}

void ek_table_free(ek_table *table) {
    ek_release(&table->allocator, table->slots);
    table->slots = NULL;
    table->mask = table->count = 0;
}

void ek_table_clear(ek_table *table) {
    for (size_t i = 0; table->slots && i <= table->mask; i++)
        table->slots[i].value = NULL;
    table->count = 0;
}

void *ek_table_find(const ek_table *table, uint64_t hash, bool (*equal)(const void *value, const void *key),
                    const void *key) {
    if (!table->slots)
        return NULL;
    for (size_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        const struct ek_table_slot *slot = &table->slots[at];
        if (!slot->value)
            return NULL;
        if (slot->hash == hash && equal(slot->value, key))
            return slot->value;
    }
}

static void place(struct ek_table_slot *slots, size_t mask, uint64_t hash, void *value) {
    size_t at = hash & mask;
    while (slots[at].value)
        at = (at + 1) & mask;
    slots[at] = (struct ek_table_slot){hash, value};
}

static bool grow(ek_table *table) {
    size_t size = table->slots ? (table->mask + 1) * 2 : 16;
    if (size > SIZE_MAX / sizeof(struct ek_table_slot))
        return false;
    struct ek_table_slot *slots = ek_new(&table->allocator, size * sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; table->slots && i <= table->mask; i++)
        if (table->slots[i].value)
            place(slots, size - 1, table->slots[i].hash, table->slots[i].value);
    ek_release(&table->allocator, table->slots);
    table->slots = slots;
    table->mask = size - 1;
    return true;
}

bool ek_table_add(ek_table *table, uint64_t hash, void *value) {
    if (!table->slots || table->count >= (table->mask + 1) / 4 * 3)
        if (!grow(table))
            return false;
    place(table->slots, table->mask, hash, value);
    table->count++;
    return true;
}
