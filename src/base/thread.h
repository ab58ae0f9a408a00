/* SPDX-License-Identifier: MIT */
/* Threads, locks and conditions of the operating system, as thin as can be. thread_posix.c, thread_windows.c. */
#ifndef EK_BASE_THREAD_H
#define EK_BASE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#if defined(_WIN32)
#include <windows.h>
typedef HANDLE ek_thread_handle;
typedef SRWLOCK ek_lock;
typedef CONDITION_VARIABLE ek_condition;
#define EK_LOCK_INIT SRWLOCK_INIT
#define EK_CONDITION_INIT CONDITION_VARIABLE_INIT
#else
#include <pthread.h>
typedef pthread_t ek_thread_handle;
typedef pthread_mutex_t ek_lock;
typedef pthread_cond_t ek_condition;
/* Of locks and conditions that are there from the start; such a condition is not for timed waits. */
#define EK_LOCK_INIT PTHREAD_MUTEX_INITIALIZER
#define EK_CONDITION_INIT PTHREAD_COND_INITIALIZER
#endif

typedef struct ek_thread {
    ek_thread_handle handle;
    void (*run)(void *context);
    void *context;
} ek_thread;

/* Starts run(context) on a thread of its own; `thread` must stay where it is until ek_thread_join(). false: the system
 * gives no more threads. Signals are not delivered to it. */
bool ek_thread_start(ek_thread *thread, void (*run)(void *context), void *context);
void ek_thread_join(ek_thread *thread);

/* Locks are not recursive. */
void ek_lock_init(ek_lock *lock);
void ek_lock_free(ek_lock *lock);
void ek_lock_take(ek_lock *lock);
void ek_lock_leave(ek_lock *lock);

/* Waits may end without a reason: ask for the condition in a loop. */
void ek_condition_init(ek_condition *condition);
void ek_condition_free(ek_condition *condition);
void ek_condition_wait(ek_condition *condition, ek_lock *lock);
/* false: the time is over. */
bool ek_condition_wait_for(ek_condition *condition, ek_lock *lock, uint32_t milliseconds);
void ek_condition_wake_all(ek_condition *condition);

#endif
