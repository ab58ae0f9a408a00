/* SPDX-License-Identifier: MIT */
/* Threads on POSIX systems. */
#include "base/thread.h"

#include <signal.h>
#include <stddef.h>

static void *enter(void *context) {
    ek_thread *thread = context;
    thread->run(thread->context);
    return NULL;
}

bool ek_thread_start(ek_thread *thread, void (*run)(void *context), void *context) {
    sigset_t all, before;
    thread->run = run;
    thread->context = context;
    /* Signals belong to the program's own threads, which know what to do about them. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread->handle, NULL, enter, thread) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void ek_thread_join(ek_thread *thread) {
    pthread_join(thread->handle, NULL);
}

void ek_lock_init(ek_lock *lock) {
    pthread_mutex_init(lock, NULL);
}

void ek_lock_free(ek_lock *lock) {
    pthread_mutex_destroy(lock);
}

void ek_lock_take(ek_lock *lock) {
    pthread_mutex_lock(lock);
}

void ek_lock_leave(ek_lock *lock) {
    pthread_mutex_unlock(lock);
}

void ek_condition_init(ek_condition *condition) {
    pthread_cond_init(condition, NULL);
}

void ek_condition_free(ek_condition *condition) {
    pthread_cond_destroy(condition);
}

void ek_condition_wait(ek_condition *condition, ek_lock *lock) {
    pthread_cond_wait(condition, lock);
}

void ek_condition_wake_all(ek_condition *condition) {
    pthread_cond_broadcast(condition);
}
