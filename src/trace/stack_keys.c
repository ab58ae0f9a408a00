/* SPDX-License-Identifier: MIT */
/* The table of stack keys: definitions sorted by key and time. */
#include "trace/stack_keys.h"

#include "base/bytes.h"
#include "base/sort.h"

enum {
    KEY_CREATE = 34,
    KEY_DELETE = 35
};

struct ek_stack_key {
    uint64_t key;
    int64_t time; /* raw */
    const uint64_t *frames;
    uint32_t count;
    uint32_t file;
    uint8_t opcode; /* a creation says what the key means later, the others what it meant before */
};

void ek_stack_keys_init(ek_stack_keys *keys, const etwkit_allocator *allocator) {
    *keys = (ek_stack_keys){0};
    ek_arena_init(&keys->frames, allocator);
}

void ek_stack_keys_free(ek_stack_keys *keys) {
    ek_release(&keys->frames.allocator, keys->keys);
    ek_release(&keys->frames.allocator, keys->order);
    ek_arena_free(&keys->frames);
}

etwkit_status ek_stack_keys_add(ek_stack_keys *keys, const etwkit_record *record) {
    const unsigned width = record->pointer_size;
    if (record->payload_size < width)
        return ETWKIT_ABSENT;
    if (keys->count >= UINT32_MAX || keys->frames.total + keys->count * sizeof *keys->keys > EK_STACK_KEYS_MEMORY)
        return ETWKIT_E_LIMIT;
    uint32_t count = record->payload_size / width - 1;
    count = count < EK_STACK_KEY_FRAMES ? count : EK_STACK_KEY_FRAMES;
    uint64_t *frames = ek_arena_alloc(&keys->frames, (size_t)count * sizeof *frames);
    void *grown = keys->keys;
    if (!frames || !ek_grow(&keys->frames.allocator, &grown, &keys->capacity, keys->count + 1, sizeof *keys->keys))
        return ETWKIT_E_NO_MEMORY;
    keys->keys = grown;
    for (uint32_t i = 0; i < count; i++)
        frames[i] = ek_load_pointer(record->payload + (size_t)(i + 1) * width, width);
    keys->keys[keys->count++] = (struct ek_stack_key){
        ek_load_pointer(record->payload, width), record->raw_timestamp, frames, count, record->file, record->opcode};
    return ETWKIT_OK;
}

static bool comes_before(const void *context, uint32_t a, uint32_t b) {
    const struct ek_stack_key *one = (const struct ek_stack_key *)context + a;
    const struct ek_stack_key *other = (const struct ek_stack_key *)context + b;
    if (one->file != other->file)
        return one->file < other->file;
    if (one->key != other->key)
        return one->key < other->key;
    return one->time != other->time ? one->time < other->time : a < b;
}

bool ek_stack_keys_sort(ek_stack_keys *keys) {
    void *grown = keys->order;
    if (keys->sorted == keys->count)
        return true;
    if (!ek_grow(&keys->frames.allocator, &grown, &keys->order_capacity, keys->count, sizeof *keys->order))
        return false;
    keys->order = grown;
    for (size_t i = 0; i < keys->count; i++)
        keys->order[i] = (uint32_t)i;
    ek_sort_indexes(keys->order, keys->count, comes_before, keys->keys);
    keys->sorted = keys->count;
    return true;
}

static const struct ek_stack_key *key_at(const ek_stack_keys *keys, size_t place) {
    return &keys->keys[keys->order[place]];
}

/* The place of the first definition of the key that is not before that time, or of what comes behind the key's. */
static size_t find_place(const ek_stack_keys *keys, uint32_t file, uint64_t key, int64_t time) {
    size_t from = 0, to = keys->sorted;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct ek_stack_key *at = key_at(keys, middle);
        bool before = at->file != file ? at->file < file : at->key != key ? at->key < key : at->time < time;
        if (before)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static const struct ek_stack_key *of_key(const ek_stack_keys *keys, size_t place, uint32_t file, uint64_t key) {
    const struct ek_stack_key *at = place < keys->sorted ? key_at(keys, place) : NULL;
    return at && at->file == file && at->key == key ? at : NULL;
}

bool ek_stack_keys_find(const ek_stack_keys *keys, uint32_t file, uint64_t key, int64_t time, const uint64_t **frames,
                        uint32_t *count) {
    size_t place = find_place(keys, file, key, time);
    const struct ek_stack_key *next = of_key(keys, place, file, key), *found = next;
    /* What comes next tells what the key meant until then, unless it is a creation. Then the key was created before, or
     * found by a rundown, in the middle of which some events still use their keys; or the creation is told a little
     * late, and the key was another stack's before. */
    if (!next || (next->opcode == KEY_CREATE && next->time > time)) {
        const struct ek_stack_key *before = place ? of_key(keys, place - 1, file, key) : NULL;
        if (before && (!next || before->opcode != KEY_DELETE))
            found = before;
    }
    if (!found)
        return false;
    *frames = found->frames;
    *count = found->count;
    return true;
}

bool ek_stack_keys_holds(const ek_stack_keys *keys, const etwkit_record *record) {
    if (record->payload_size < record->pointer_size)
        return false;
    uint64_t key = ek_load_pointer(record->payload, record->pointer_size);
    size_t place = find_place(keys, record->file, key, record->raw_timestamp);
    const struct ek_stack_key *found = of_key(keys, place, record->file, key);
    return found && found->time == record->raw_timestamp;
}
