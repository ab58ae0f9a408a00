/* SPDX-License-Identifier: MIT */
/* Memory: the allocator that everything goes through, arenas, and growing byte buffers. */
#ifndef EK_BASE_MEMORY_H
#define EK_BASE_MEMORY_H

#include <etwkit/allocator.h>

#include <stdbool.h>
#include <stdint.h>

/* The allocator of `allocator`, or the C library's where NULL. */
etwkit_allocator ek_allocator_or_default(const etwkit_allocator *allocator);

/* NULL where memory ran out or count * size overflows. ek_new gives zeroed memory. Sizes of 0 give a 1-byte block. */
void *ek_alloc(const etwkit_allocator *allocator, size_t size);
void *ek_new(const etwkit_allocator *allocator, size_t size);
void *ek_resize(const etwkit_allocator *allocator, void *block, size_t count, size_t size);
void ek_release(const etwkit_allocator *allocator, void *block);

/* Grows *array (of *capacity elements of `size` bytes) to hold `needed`, doubling. false: memory ran out, unchanged. */
bool ek_grow(const etwkit_allocator *allocator, void **array, size_t *capacity, size_t needed, size_t size);

/* An arena: allocations that end together. 8-byte aligned. Holds its own copy of the allocator. */
typedef struct ek_arena {
    etwkit_allocator allocator;
    struct ek_arena_block *blocks; /* newest first */
    size_t used;                   /* in the newest */
    size_t total;                  /* bytes of all of them */
} ek_arena;

void ek_arena_init(ek_arena *arena, const etwkit_allocator *allocator);
void *ek_arena_alloc(ek_arena *arena, size_t size); /* not zeroed; NULL: memory ran out */
void *ek_arena_new(ek_arena *arena, size_t size);   /* zeroed */
void *ek_arena_copy(ek_arena *arena, const void *data, size_t size);
char *ek_arena_text(ek_arena *arena, const char *text, size_t length); /* NUL-terminated copy */
void ek_arena_reset(ek_arena *arena); /* frees all but one block, which it keeps for re-use */
void ek_arena_free(ek_arena *arena);

/* A growing byte buffer with a sticky failure: write on, and ask once at the end. */
typedef struct ek_buf {
    etwkit_allocator allocator;
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool failed; /* memory ran out: the content is incomplete */
} ek_buf;

void ek_buf_init(ek_buf *buf, const etwkit_allocator *allocator);
void ek_buf_free(ek_buf *buf);
bool ek_buf_grow(ek_buf *buf, size_t more); /* slow path of ek_buf_reserve */

/* Room for `more` bytes at the end, or NULL (then failed is set). Write there, then add to `size`. */
static inline uint8_t *ek_buf_reserve(ek_buf *buf, size_t more) {
    if ((buf->capacity - buf->size < more || !buf->data) && !ek_buf_grow(buf, more))
        return NULL;
    return buf->data + buf->size;
}
void ek_buf_append(ek_buf *buf, const void *data, size_t size);
void ek_buf_text(ek_buf *buf, const char *text);
void ek_buf_byte(ek_buf *buf, uint8_t byte);

#endif
