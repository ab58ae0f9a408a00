/* SPDX-License-Identifier: MIT */
/* Activities: the calling thread's current one, and new ones. */
#include "base/atomic.h"
#include "base/bytes.h"
#include "base/machine.h"
#include "session/thread_state.h"

#include <etwkit/provider.h>

void etwkit_activity_get(etwkit_guid *activity) {
    *activity = ek_thread_state_here()->activity;
}

void etwkit_activity_set(const etwkit_guid *activity, etwkit_guid *before) {
    static const etwkit_guid none = {{0}};
    ek_thread_state *here = ek_thread_state_here();
    const etwkit_guid wanted = activity ? *activity : none; /* it may be where `before` is */
    if (before)
        *before = here->activity;
    here->activity = wanted;
}

/* A random half that the process and the moment of its first activity give, and a counter. */
void etwkit_activity_create(etwkit_guid *activity) {
    static ek_atomic64 seed, seed_process, count;
    uint32_t process = ek_process_id();
    if (ek_load(&seed_process) != process) { /* also in the child of a fork */
        uint64_t random;
        ek_random(&random, sizeof random);
        ek_store(&seed, random | 1);
        ek_store(&seed_process, process);
    }
    ek_store64(activity->bytes, ek_load(&seed));
    ek_store64(activity->bytes + 8, ek_add(&count, 1) + 1);
    ek_store32(activity->bytes + 12, process ^ ek_load32(activity->bytes + 12));
}
