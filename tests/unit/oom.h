/* SPDX-License-Identifier: MIT */
/* Runs a scenario again and again with the n-th allocation failing, for every n, and counts what was left behind. */
#ifndef EK_TEST_OOM_H
#define EK_TEST_OOM_H

#include "test.h"

#include <etwkit/allocator.h>

#include <limits.h>
#include <stdlib.h>

/* Returns whether it did its work; either way it has released all that it took. */
typedef bool test_oom_scenario(const etwkit_allocator *allocator, void *context);

/* Holds that the scenario works with memory, ends cleanly without, and leaves no block behind in either case. */
#define CHECK_OOM(scenario, context) test_oom_run((scenario), (context), __FILE__, __LINE__, #scenario)

typedef struct test_oom {
    unsigned long calls;   /* so far */
    unsigned long fail_at; /* the call that fails, from 1; 0: none */
    bool ever_after;       /* and all that follow it */
    long live;             /* blocks not yet released */
} test_oom;

static inline void *test_oom_resize(void *context, void *block, size_t size) {
    test_oom *state = context;
    state->calls++;
    if (state->calls == state->fail_at || (state->ever_after && state->fail_at && state->calls > state->fail_at))
        return NULL;
    void *result = realloc(block, size);
    if (result && !block)
        state->live++;
    return result;
}

static inline void test_oom_release(void *context, void *block) {
    test_oom *state = context;
    if (block)
        state->live--;
    free(block);
}

static inline void test_oom_run(test_oom_scenario *scenario, void *context, const char *file, int line,
                                const char *what) {
    for (int ever_after = 0; ever_after < 2; ever_after++) {
        test_oom state = {.ever_after = ever_after != 0};
        do {
            state.calls = 0;
            state.live = 0;
            etwkit_allocator allocator = {test_oom_resize, test_oom_release, &state};
            bool worked = scenario(&allocator, context);
            if (!worked && state.calls < (state.fail_at ? state.fail_at : ULONG_MAX))
                test_fail(file, line, "%s did not work although no allocation failed", what);
            if (state.live != 0)
                test_fail(file, line, "%s left %ld blocks when allocation %lu failed", what, state.live, state.fail_at);
        } while (test_failures == 0 && state.fail_at++ <= state.calls);
    }
}

#endif
