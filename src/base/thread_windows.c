/* SPDX-License-Identifier: MIT */
/* Threads on Windows. */
#include "base/thread.h"

#include <stddef.h>

static DWORD WINAPI enter(void *context) {
    ek_thread *thread = context;
    thread->run(thread->context);
    return 0;
}

bool ek_thread_start(ek_thread *thread, void (*run)(void *context), void *context) {
    thread->run = run;
    thread->context = context;
    thread->handle = CreateThread(NULL, 0, enter, thread, 0, NULL);
    return thread->handle != NULL;
}

void ek_thread_join(ek_thread *thread) {
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
}

void ek_lock_init(ek_lock *lock) {
    InitializeSRWLock(lock);
}

void ek_lock_free(ek_lock *lock) {
    (void)lock;
}

void ek_lock_take(ek_lock *lock) {
    AcquireSRWLockExclusive(lock);
}

void ek_lock_leave(ek_lock *lock) {
    ReleaseSRWLockExclusive(lock);
}

void ek_condition_init(ek_condition *condition) {
    InitializeConditionVariable(condition);
}

void ek_condition_free(ek_condition *condition) {
    (void)condition;
}

void ek_condition_wait(ek_condition *condition, ek_lock *lock) {
    SleepConditionVariableSRW(condition, lock, INFINITE, 0);
}

bool ek_condition_wait_for(ek_condition *condition, ek_lock *lock, uint32_t milliseconds) {
    return SleepConditionVariableSRW(condition, lock, milliseconds, 0) != 0;
}

void ek_condition_wake_all(ek_condition *condition) {
    WakeAllConditionVariable(condition);
}
