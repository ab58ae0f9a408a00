/* SPDX-License-Identifier: MIT */
/* What differs by system: POSIX. */
#include "system.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t system_milliseconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t system_process(void) {
    return (uint64_t)getpid();
}

void system_wake(intptr_t descriptor) {
    const int before = errno; /* it is called on threads of others */
    /* Where it is full, it is readable already. */
    while (write((int)descriptor, "", 1) < 0 && errno == EINTR)
        continue;
    errno = before;
}

int system_errno(const etwkit_error *error) {
    return error->system_error;
}

PyObject *system_new_error(const etwkit_error *error, PyObject *path, int number) {
    return path ? PyObject_CallFunction(PyExc_OSError, "isO", number, strerror(number), path)
                : PyObject_CallFunction(PyExc_OSError, "is", number, error->message);
}
