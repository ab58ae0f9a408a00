/* SPDX-License-Identifier: MIT */
/* A pool of threads for work that is cut into pieces: fork, join, nothing else. */
#ifndef EK_BASE_POOL_H
#define EK_BASE_POOL_H

#include "base/memory.h"

#include <etwkit/status.h>

typedef struct ek_pool ek_pool;

/* `threads` counts the caller too: 1 makes none. Fewer are made where the system gives no more. */
etwkit_status ek_pool_new(ek_pool **pool, unsigned threads, const etwkit_allocator *allocator, etwkit_error *error);
void ek_pool_free(ek_pool **pool);
unsigned ek_pool_threads(const ek_pool *pool);

/* Runs piece(context, 0) ... piece(context, count - 1), each once, on the pool's threads and the caller's; returns when
 * all are done, and what they wrote is seen by the caller. One caller at a time; pieces must not run pieces. */
void ek_pool_run(ek_pool *pool, void (*piece)(void *context, unsigned index), void *context, unsigned count);

#endif
