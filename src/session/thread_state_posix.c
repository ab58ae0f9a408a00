/* SPDX-License-Identifier: MIT */
/* What a writing thread has of its own, in thread-local storage that is there from the thread's start. */
#include "base/atomic.h"
#include "base/machine.h"
#include "session/thread_state.h"

/* So that the first access in a signal handler allocates nothing. */
#if defined(__ELF__)
#define EK_INITIAL __attribute__((tls_model("initial-exec")))
#else
#define EK_INITIAL
#endif

static _Thread_local ek_thread_state here EK_INITIAL;
static ek_atomic32 process_id; /* 0: not asked for yet */

ek_thread_state *ek_thread_state_here(void) {
    uint32_t process = atomic_load_explicit(&process_id, memory_order_relaxed);
    if (here.process_id != process || process == 0) {
        if (process == 0)
            atomic_store_explicit(&process_id, process = ek_process_id(), memory_order_relaxed);
        here.thread_id = ek_thread_id();
        atomic_signal_fence(memory_order_release); /* a signal handler in between must not believe the old one */
        here.process_id = process;
    }
    return &here;
}

void ek_thread_state_forked(void) {
    atomic_store_explicit(&process_id, ek_process_id(), memory_order_relaxed);
}
