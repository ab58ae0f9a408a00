/* SPDX-License-Identifier: MIT */
/* Waits of live sessions: Windows. */
#include "system.h"

/* Before windows.h, which has the older sockets. */
#include <windows.h>
#include <winsock2.h>

int64_t system_milliseconds(void) {
    return (int64_t)GetTickCount64();
}

uint64_t system_process(void) {
    return GetCurrentProcessId();
}

void system_wake(intptr_t descriptor) {
    static const char one[8] = {1};
    (void)send((SOCKET)descriptor, one, sizeof one, 0); /* where it is full, it is readable already */
}
