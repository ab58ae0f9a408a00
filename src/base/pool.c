/* SPDX-License-Identifier: MIT */
/* The pool: threads that sleep until there are pieces, take one after another, and say when the last one is done. */
#include "base/pool.h"

#include "base/error.h"
#include "base/thread.h"

#include <stdatomic.h>

struct ek_pool {
    etwkit_allocator allocator;
    ek_lock lock;
    ek_condition work, done;
    unsigned round;   /* counts the runs: a thread that sleeps sees that there is a new one */
    unsigned working; /* threads that have not finished the round */
    bool closing;
    void (*piece)(void *context, unsigned index);
    void *context;
    unsigned count;
    atomic_uint next; /* piece */
    unsigned threads; /* made */
    ek_thread thread[];
};

static void take_pieces(ek_pool *pool) {
    unsigned index;
    while ((index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) < pool->count)
        pool->piece(pool->context, index);
}

static void work(void *context) {
    ek_pool *pool = context;
    unsigned round = 0;
    ek_lock_take(&pool->lock);
    for (;;) {
        while (pool->round == round && !pool->closing)
            ek_condition_wait(&pool->work, &pool->lock);
        if (pool->closing)
            break;
        round = pool->round;
        ek_lock_leave(&pool->lock);
        take_pieces(pool);
        ek_lock_take(&pool->lock);
        if (--pool->working == 0)
            ek_condition_wake_all(&pool->done);
    }
    ek_lock_leave(&pool->lock);
}

etwkit_status ek_pool_new(ek_pool **pool, unsigned threads, const etwkit_allocator *allocator, etwkit_error *error) {
    unsigned wanted = threads > 1 ? threads - 1 : 0;
    *pool = ek_new(allocator, sizeof **pool + wanted * sizeof(ek_thread));
    if (!*pool)
        return ek_fail_memory(error);
    ek_pool *made = *pool;
    made->allocator = *allocator;
    ek_lock_init(&made->lock);
    ek_condition_init(&made->work);
    ek_condition_init(&made->done);
    while (made->threads < wanted && ek_thread_start(&made->thread[made->threads], work, made))
        made->threads++;
    return ETWKIT_OK;
}

void ek_pool_free(ek_pool **pool) {
    ek_pool *ending = *pool;
    if (!ending)
        return;
    ek_lock_take(&ending->lock);
    ending->closing = true;
    ek_condition_wake_all(&ending->work);
    ek_lock_leave(&ending->lock);
    for (unsigned i = 0; i < ending->threads; i++)
        ek_thread_join(&ending->thread[i]);
    ek_condition_free(&ending->done);
    ek_condition_free(&ending->work);
    ek_lock_free(&ending->lock);
    etwkit_allocator allocator = ending->allocator;
    ek_release(&allocator, ending);
    *pool = NULL;
}

unsigned ek_pool_threads(const ek_pool *pool) {
    return pool->threads + 1;
}

void ek_pool_run(ek_pool *pool, void (*piece)(void *context, unsigned index), void *context, unsigned count) {
    if (pool->threads == 0 || count < 2) {
        for (unsigned i = 0; i < count; i++)
            piece(context, i);
        return;
    }
    ek_lock_take(&pool->lock);
    pool->piece = piece;
    pool->context = context;
    pool->count = count;
    pool->working = pool->threads;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    pool->round++;
    ek_condition_wake_all(&pool->work);
    ek_lock_leave(&pool->lock);
    take_pieces(pool);
    ek_lock_take(&pool->lock);
    while (pool->working)
        ek_condition_wait(&pool->done, &pool->lock);
    ek_lock_leave(&pool->lock);
}
