/* SPDX-License-Identifier: MIT */
/* The one place that takes memory from the C library, and the checks in front of every allocation. */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void *library_resize(void *context, void *block, size_t size) {
    (void)context;
    return realloc(block, size);
}

static void library_release(void *context, void *block) {
    (void)context;
    free(block);
}

etwkit_allocator ek_allocator_or_default(const etwkit_allocator *allocator) {
    return allocator ? *allocator : (etwkit_allocator){library_resize, library_release, NULL};
}

void *ek_alloc(const etwkit_allocator *allocator, size_t size) {
    return allocator->resize(allocator->context, NULL, size ? size : 1);
}

void *ek_new(const etwkit_allocator *allocator, size_t size) {
    void *block = ek_alloc(allocator, size);
    if (block)
        memset(block, 0, size);
    return block;
}

void *ek_resize(const etwkit_allocator *allocator, void *block, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size)
        return NULL;
    size_t bytes = count * size;
    return allocator->resize(allocator->context, block, bytes ? bytes : 1);
}

void ek_release(const etwkit_allocator *allocator, void *block) {
    if (block)
        allocator->release(allocator->context, block);
}

bool ek_grow(const etwkit_allocator *allocator, void **array, size_t *capacity, size_t needed, size_t size) {
    if (needed <= *capacity)
        return true;
    size_t wanted = *capacity < SIZE_MAX / 2 && *capacity * 2 > needed ? *capacity * 2 : needed;
    if (wanted < 8)
        wanted = 8;
    void *grown = ek_resize(allocator, *array, wanted, size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = wanted;
    return true;
}
