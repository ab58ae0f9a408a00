/* SPDX-License-Identifier: MIT */
/* What differs by system in a live session's waits. */
#ifndef PYETWKIT_SYSTEM_H
#define PYETWKIT_SYSTEM_H

#include <stdint.h>

/* Of a clock that never goes back. */
int64_t system_milliseconds(void);
/* The number of this process, which another than its parent's tells that it is a fork's child. */
uint64_t system_process(void);
/* Makes an event loop's descriptor (a socket, on Windows) readable: eight bytes, as an eventfd wants them. Never waits.
 */
void system_wake(intptr_t descriptor);

#endif
