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
static struct {
    ek_atomic64 seed, count;
    ek_atomic32 process_id; /* whose seed it is: the child of a fork has another */
} activities;

void etwkit_activity_create(etwkit_guid *activity) {
    uint32_t process = ek_thread_state_here()->process_id;
    if (ek_load(&activities.process_id) != process) {
        uint64_t random;
        ek_random(&random, sizeof random);
        ek_store(&activities.seed, random);
        ek_store(&activities.process_id, process);
    }
    ek_store64(activity->bytes, ek_load(&activities.seed));
    ek_store64(activity->bytes + 8, ek_add(&activities.count, 1) + 1);
    ek_store32(activity->bytes + 12, process ^ ek_load32(activity->bytes + 12));
}
