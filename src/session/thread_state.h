/* SPDX-License-Identifier: MIT */
/* What a writing thread has of its own: its ids, and its activity. thread_state_posix.c, thread_state_windows.c. */
#ifndef EK_SESSION_THREAD_STATE_H
#define EK_SESSION_THREAD_STATE_H

#include <etwkit/guid.h>

#include <stdint.h>

typedef struct ek_thread_state {
    uint32_t process_id; /* of the process in which the ids were asked for */
    uint32_t thread_id;
    etwkit_guid activity;
    const void *calling;  /* the registration whose callback runs on this thread; NULL: none */
    const void *heard_by; /* the one for which the system's callback runs on it; NULL: none */
} ek_thread_state;

/* The calling thread's, with its ids as they are now. Never NULL; where memory ran out it is one that threads share. */
ek_thread_state *ek_thread_state_here(void);
/* In the child of a fork. */
void ek_thread_state_forked(void);

#endif
