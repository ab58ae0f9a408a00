/* SPDX-License-Identifier: MIT */
/* Threads on POSIX systems. */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

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

/* Timed waits go by the clock that nobody sets, where the system has a choice. */
void ek_condition_init(ek_condition *condition) {
#if defined(__APPLE__)
    pthread_cond_init(condition, NULL);
#else
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
#endif
}

void ek_condition_free(ek_condition *condition) {
    pthread_cond_destroy(condition);
}

void ek_condition_wait(ek_condition *condition, ek_lock *lock) {
    pthread_cond_wait(condition, lock);
}

bool ek_condition_wait_for(ek_condition *condition, ek_lock *lock, uint32_t milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
#if defined(__APPLE__)
    return pthread_cond_timedwait_relative_np(condition, lock, &time) != ETIMEDOUT;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    time.tv_sec += now.tv_sec;
    time.tv_nsec += now.tv_nsec;
    if (time.tv_nsec >= 1000000000) {
        time.tv_nsec -= 1000000000;
        time.tv_sec++;
    }
    return pthread_cond_timedwait(condition, lock, &time) != ETIMEDOUT;
#endif
}

void ek_condition_wake_all(ek_condition *condition) {
    pthread_cond_broadcast(condition);
}
