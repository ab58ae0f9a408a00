/* SPDX-License-Identifier: MIT */
/* Stacks that the kernel wrote once and names by a key: which frames a key stood for at which time. */
#ifndef EK_TRACE_STACK_KEYS_H
#define EK_TRACE_STACK_KEYS_H

#include "base/memory.h"

#include <etwkit/record.h>

/* Bytes of definitions and their frames: keys beyond it stay unknown. */
#define EK_STACK_KEYS_MEMORY ((size_t)64 << 20)
/* Frames of one key: Windows writes 192 at most. A key of a few bytes could else stand for 64 KiB again and again. */
#define EK_STACK_KEY_FRAMES 1024u

/*
 * A key is used first and explained later: by KeyDelete when its place in the kernel's cache is given to another stack,
 * or by KeyRundown at the end. So the same key names many stacks in turn.
 */
typedef struct ek_stack_keys {
    ek_arena frames;
    struct ek_stack_key *keys; /* as they were met */
    size_t count, capacity;
    uint32_t *order; /* of the first `sorted` of them: file, key, time */
    size_t sorted, order_capacity;
} ek_stack_keys;

void ek_stack_keys_init(ek_stack_keys *keys, const etwkit_allocator *allocator);
void ek_stack_keys_free(ek_stack_keys *keys);

/* Takes in a definition (KeyCreate, KeyDelete, KeyRundown). ETWKIT_ABSENT: too short to be one; ETWKIT_E_LIMIT: no room
 * for it, ETWKIT_E_NO_MEMORY. */
etwkit_status ek_stack_keys_add(ek_stack_keys *keys, const etwkit_record *record);
/* Makes what was added findable. false: memory ran out. */
bool ek_stack_keys_sort(ek_stack_keys *keys);

/* The frames of the key that an event of that raw time names. false: not known. They live as long as the keys. */
bool ek_stack_keys_find(const ek_stack_keys *keys, uint32_t file, uint64_t key, int64_t time, const uint64_t **frames,
                        uint32_t *count);
/* Was this definition taken in? */
bool ek_stack_keys_holds(const ek_stack_keys *keys, const etwkit_record *record);

#endif
