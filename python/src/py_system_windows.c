/* SPDX-License-Identifier: MIT */
/* What differs by system: Windows. */
#include "system.h"

#include <errno.h>
#include <string.h>
#include <winsock2.h>

int64_t system_milliseconds(void) {
    return (int64_t)GetTickCount64();
}

uint64_t system_process(void) {
    return GetCurrentProcessId();
}

void system_wake(intptr_t descriptor) {
    (void)send((SOCKET)descriptor, "", 1, 0); /* where it is full, it is readable already */
}

int system_errno(const etwkit_error *error) {
    return error->system_error ? EIO : 0; /* system_error is GetLastError()'s */
}

/* Python makes errno of Windows' number, where there is one. The message begins with the path, which Python adds: what
 * has a name in C is told by that. */
PyObject *system_new_error(const etwkit_error *error, PyObject *path, int number) {
    const char *text = path && number != EIO ? strerror(number) : error->message;
    return error->system_error
               ? PyObject_CallFunction(PyExc_OSError, "isOi", number, text, path ? path : Py_None, error->system_error)
           : path ? PyObject_CallFunction(PyExc_OSError, "isO", number, strerror(number), path)
                  : PyObject_CallFunction(PyExc_OSError, "is", number, error->message);
}
