/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share: exact copies, a reader of the input, an allocator that counts, and checks that abort. */
#ifndef EK_FUZZ_H
#define EK_FUZZ_H

#include <etwkit/allocator.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A target is one file with LLVMFuzzerTestOneInput(). It is linked with libFuzzer (`make fuzz`) or with fuzz_driver.c,
 * which runs the files that it is given (`make test`). LLVMFuzzerCustomMutator() is optional.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity); /* libFuzzer's own; the driver's does nothing */

/* What must hold whatever the input is. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/* A block of exactly that size, so that the sanitizers see every read behind its end. Free it. */
uint8_t *fuzz_copy(const void *data, size_t size);
/* The same, not initialised. */
uint8_t *fuzz_block(size_t size);

/* The input, taken from its front; zeros behind its end. */
typedef struct fuzz_input {
    const uint8_t *at;
    size_t left;
} fuzz_input;

const uint8_t *fuzz_bytes(fuzz_input *input, size_t *size); /* *size: wanted, becomes what there is */
uint8_t fuzz_u8(fuzz_input *input);
uint16_t fuzz_u16(fuzz_input *input);
uint32_t fuzz_u32(fuzz_input *input);
uint64_t fuzz_u64(fuzz_input *input);

/* An allocator that counts live blocks and fails at the n-th call (0: never), for any number of threads. Zero it, then
 * set `fail_at`. */
typedef struct fuzz_memory {
    atomic_ulong calls;
    unsigned long fail_at;
    atomic_long live;
} fuzz_memory;

etwkit_allocator fuzz_allocator(fuzz_memory *memory);
/* Did an allocation fail? */
bool fuzz_memory_failed(const fuzz_memory *memory);

/* Dice of a custom mutator. */
uint32_t fuzz_dice(uint32_t *state, uint32_t sides);

#endif
