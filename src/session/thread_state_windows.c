/* SPDX-License-Identifier: MIT */
/* What a writing thread has of its own, in fiber-local storage, which is freed with the thread. */
#include "base/memory.h"
#include "session/thread_state.h"

#include <windows.h>

static DWORD slot = FLS_OUT_OF_INDEXES;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static ek_thread_state shared; /* of threads for which there was no memory: they have no activity of their own */

static void WINAPI release(void *state) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_release(&allocator, state);
}

static BOOL CALLBACK make_slot(INIT_ONCE *init, void *parameter, void **context) {
    (void)init;
    (void)parameter;
    (void)context;
    slot = FlsAlloc(release);
    return TRUE;
}

ek_thread_state *ek_thread_state_here(void) {
    (void)InitOnceExecuteOnce(&once, make_slot, NULL, NULL);
    ek_thread_state *state = slot != FLS_OUT_OF_INDEXES ? FlsGetValue(slot) : NULL;
    if (!state && slot != FLS_OUT_OF_INDEXES) {
        etwkit_allocator allocator = ek_allocator_or_default(NULL);
        state = ek_new(&allocator, sizeof *state);
        if (state)
            FlsSetValue(slot, state);
    }
    if (!state)
        state = &shared;
    state->process_id = GetCurrentProcessId();
    state->thread_id = GetCurrentThreadId();
    return state;
}

void ek_thread_state_forked(void) {}
