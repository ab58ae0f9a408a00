/* SPDX-License-Identifier: MIT */
/* What differs by system: a live session's waits, and errors of the system's. */
#ifndef PYETWKIT_SYSTEM_H
#define PYETWKIT_SYSTEM_H

#include "core.h"

/* Of a clock that never goes back. */
int64_t system_milliseconds(void);
/* The number of this process, which another than its parent's tells that it is a fork's child. */
uint64_t system_process(void);
/* Makes an event loop's socket readable, by a byte to the other one of its pair. Never waits. */
void system_wake(intptr_t descriptor);

/* The errno of an error of the system; 0: unknown. */
int system_errno(const etwkit_error *error);
/* An OSError of that errno; `path` may be NULL. NULL with an exception. */
PyObject *system_new_error(const etwkit_error *error, PyObject *path, int number);

#endif
