/* SPDX-License-Identifier: MIT */
/* The pool runs every piece once, whatever the number of threads, and leaves nothing behind. */
#include "base/pool.h"
#include "test.h"

#define PIECES 1000u

typedef struct job {
    unsigned runs[PIECES];
    uint64_t results[PIECES];
} job;

static void square(void *context, unsigned index) {
    job *all = context;
    all->runs[index]++;
    all->results[index] = (uint64_t)index * index;
}

static void check_pool(unsigned threads) {
    static job all;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_pool *pool = NULL;
    if (ek_pool_new(&pool, threads, &allocator, NULL) != ETWKIT_OK) {
        CHECK(pool != NULL);
        return;
    }
    for (unsigned round = 0; round < 50; round++) {
        unsigned count = round * 20;
        memset(&all, 0, sizeof all);
        ek_pool_run(pool, square, &all, count);
        for (unsigned i = 0; i < PIECES; i++) {
            CHECK_EQ_UINT(all.runs[i], i < count ? 1 : 0);
            CHECK_EQ_UINT(all.results[i], i < count ? (uint64_t)i * i : 0);
        }
    }
    ek_pool_free(&pool);
    CHECK(pool == NULL);
}

TEST(every_piece_runs_once) {
    for (unsigned threads = 1; threads <= 8; threads++)
        check_pool(threads);
}

TEST(a_pool_that_never_works_ends_too) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    for (unsigned i = 0; i < 100; i++) {
        ek_pool *pool = NULL;
        REQUIRE(ek_pool_new(&pool, 3, &allocator, NULL) == ETWKIT_OK);
        ek_pool_free(&pool);
    }
    ek_pool *none = NULL;
    ek_pool_free(&none);
}

TEST_MAIN(CASE(every_piece_runs_once), CASE(a_pool_that_never_works_ends_too))
