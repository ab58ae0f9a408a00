/* SPDX-License-Identifier: MIT */
/* Where the library takes its memory from. */
#ifndef ETWKIT_ALLOCATOR_H
#define ETWKIT_ALLOCATOR_H

#include <stddef.h>

/*
 * Memory functions handed to the library; a NULL pointer to this struct, where one is asked for, means the C library's.
 * `resize` follows realloc: `block` may be NULL, the result may be NULL (then `block` stays valid). Sizes are never 0.
 * The functions are called on the thread that uses the handle; the struct is copied, `context` must outlive the handle.
 */
typedef struct etwkit_allocator {
    void *(*resize)(void *context, void *block, size_t size);
    void (*release)(void *context, void *block); /* block may be NULL */
    void *context;
} etwkit_allocator;

#endif
