/* SPDX-License-Identifier: MIT */
/* The helpers of the fuzz targets. Knows nothing of etwkit but its allocator. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_fail(const char *file, int line, const char *what) {
    (void)fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
    (void)fflush(stderr);
    abort();
}

uint8_t *fuzz_block(size_t size) {
    uint8_t *block = malloc(size ? size : 1);
    if (!block)
        fuzz_fail(__FILE__, __LINE__, "memory for the harness");
    return block;
}

uint8_t *fuzz_copy(const void *data, size_t size) {
    uint8_t *block = fuzz_block(size);
    if (size)
        memcpy(block, data, size);
    return block;
}

const uint8_t *fuzz_bytes(fuzz_input *input, size_t *size) {
    const uint8_t *at = input->at;
    if (*size > input->left)
        *size = input->left;
    input->at += *size;
    input->left -= *size;
    return at;
}

static uint64_t take(fuzz_input *input, size_t size) {
    uint64_t value = 0;
    const uint8_t *at = fuzz_bytes(input, &size);
    for (size_t i = size; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

uint8_t fuzz_u8(fuzz_input *input) {
    return (uint8_t)take(input, 1);
}

uint16_t fuzz_u16(fuzz_input *input) {
    return (uint16_t)take(input, 2);
}

uint32_t fuzz_u32(fuzz_input *input) {
    return (uint32_t)take(input, 4);
}

uint64_t fuzz_u64(fuzz_input *input) {
    return take(input, 8);
}

static void *resize(void *context, void *block, size_t size) {
    fuzz_memory *memory = context;
    FUZZ_CHECK(size > 0);
    if (atomic_fetch_add(&memory->calls, 1) + 1 == memory->fail_at)
        return NULL;
    void *result = realloc(block, size);
    if (result && !block)
        atomic_fetch_add(&memory->live, 1);
    return result;
}

static void release(void *context, void *block) {
    fuzz_memory *memory = context;
    if (block)
        atomic_fetch_sub(&memory->live, 1);
    free(block);
}

etwkit_allocator fuzz_allocator(fuzz_memory *memory) {
    return (etwkit_allocator){resize, release, memory};
}

bool fuzz_memory_failed(const fuzz_memory *memory) {
    return memory->fail_at != 0 && memory->calls >= memory->fail_at;
}

uint32_t fuzz_dice(uint32_t *state, uint32_t sides) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % sides;
}
