/* SPDX-License-Identifier: MIT */
/* Arenas: allocations that end together. */
#include "base/memory.h"

#include <string.h>

#define BLOCK_SIZE ((size_t)16 << 10)

struct ek_arena_block {
    struct ek_arena_block *older;
    size_t size;
    uint64_t data[];
};

void ek_arena_init(ek_arena *arena, const etwkit_allocator *allocator) {
    *arena = (ek_arena){.allocator = *allocator};
}

static bool add_block(ek_arena *arena, size_t size) {
    if (size > SIZE_MAX - sizeof(struct ek_arena_block))
        return false;
    struct ek_arena_block *block = ek_alloc(&arena->allocator, sizeof *block + size);
    if (!block)
        return false;
    *block = (struct ek_arena_block){arena->blocks, size};
    arena->blocks = block;
    arena->used = 0;
    arena->total += sizeof *block + size;
    return true;
}

void *ek_arena_alloc(ek_arena *arena, size_t size) {
    if (size > SIZE_MAX - 7)
        return NULL;
    size = size ? (size + 7) & ~(size_t)7 : 8;
    if (!arena->blocks || arena->blocks->size - arena->used < size)
        if (!add_block(arena, size > BLOCK_SIZE ? size : BLOCK_SIZE))
            return NULL;
    void *at = (uint8_t *)arena->blocks->data + arena->used;
    arena->used += size;
    return at;
}

void *ek_arena_new(ek_arena *arena, size_t size) {
    void *at = ek_arena_alloc(arena, size);
    return at ? memset(at, 0, size) : NULL;
}

void *ek_arena_copy(ek_arena *arena, const void *data, size_t size) {
    void *at = ek_arena_alloc(arena, size);
    if (at && size)
        memcpy(at, data, size);
    return at;
}

char *ek_arena_text(ek_arena *arena, const char *text, size_t length) {
    if (length == SIZE_MAX)
        return NULL;
    char *copy = ek_arena_alloc(arena, length + 1);
    if (!copy)
        return NULL;
    if (length)
        memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

static void free_blocks(ek_arena *arena, struct ek_arena_block *block) {
    while (block) {
        struct ek_arena_block *older = block->older;
        ek_release(&arena->allocator, block);
        block = older;
    }
}

void ek_arena_reset(ek_arena *arena) {
    if (!arena->blocks)
        return;
    free_blocks(arena, arena->blocks->older);
    arena->blocks->older = NULL;
    arena->used = 0;
    arena->total = sizeof *arena->blocks + arena->blocks->size;
}

void ek_arena_free(ek_arena *arena) {
    free_blocks(arena, arena->blocks);
    arena->blocks = NULL;
    arena->used = arena->total = 0;
}
