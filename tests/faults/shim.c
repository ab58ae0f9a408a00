/* SPDX-License-Identifier: MIT */
/* Stands between the command and the system (LD_PRELOAD, Linux): makes calls fail, end short, or be interrupted at the
 * call that FAULT_... in the environment names. Knows nothing of traces. */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS /* both forms of each call are ours */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * FAULT_CALL    pread, pwrite, write, close: which calls are meant, counted from 1
 * FAULT_AT      the first one that is touched
 * FAULT_TIMES   how many from there on (default: all)
 * FAULT_EVERY   of those only each n-th (default 1)
 * FAULT_ERRNO   they fail with it
 * FAULT_SHORT   they read or write at most so many bytes
 * FAULT_SIGNAL  the process gets it first, once
 * FAULT_SHRINK  the file FAULT_FILE is cut to this size first
 */

static long number(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : otherwise;
}

static int is_touched(const char *call) {
    static atomic_long calls;
    const char *meant = getenv("FAULT_CALL");
    if (!meant || strcmp(meant, call) != 0)
        return 0;
    long at = atomic_fetch_add(&calls, 1) + 1 - number("FAULT_AT", 1);
    return at >= 0 && at / number("FAULT_EVERY", 1) < number("FAULT_TIMES", 1L << 30) &&
           at % number("FAULT_EVERY", 1) == 0;
}

/* What happens at the call; its errno, or 0: it is made, with *size perhaps made smaller. */
static int happen(const char *call, size_t *size) {
    if (!is_touched(call))
        return 0;
    const char *file = getenv("FAULT_FILE");
    if (file && truncate(file, number("FAULT_SHRINK", 0)))
        abort();
    long most = number("FAULT_SHORT", 0);
    if (most && *size > (size_t)most)
        *size = (size_t)most;
    static atomic_int raised;
    int signal_number = (int)number("FAULT_SIGNAL", 0);
    if (signal_number && !atomic_exchange(&raised, 1))
        (void)raise(signal_number);
    return (int)number("FAULT_ERRNO", 0);
}

static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort();
    return found;
}

#define CALL(type, name, parameters, arguments, size)                 \
    type name parameters;                                             \
    type name parameters {                                            \
        type(*real) parameters;                                       \
        *(void **)&real = next(#name);                                \
        int code = happen(strcmp(#name, "pread64") == 0    ? "pread"  \
                          : strcmp(#name, "pwrite64") == 0 ? "pwrite" \
                                                           : #name,   \
                          &size);                                     \
        if (code) {                                                   \
            errno = code;                                             \
            return -1;                                                \
        }                                                             \
        return real arguments;                                        \
    }

CALL(ssize_t, pread, (int file, void *data, size_t size, off_t at), (file, data, size, at), size)
CALL(ssize_t, pread64, (int file, void *data, size_t size, off64_t at), (file, data, size, at), size)
CALL(ssize_t, pwrite, (int file, const void *data, size_t size, off_t at), (file, data, size, at), size)
CALL(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at), (file, data, size, at), size)

/* Output alone: what is said on standard error is not touched. */
ssize_t write(int file, const void *data, size_t size) {
    ssize_t (*real)(int, const void *, size_t);
    *(void **)&real = next("write");
    int code = file == STDERR_FILENO ? 0 : happen("write", &size);
    if (code) {
        errno = code;
        return -1;
    }
    return real(file, data, size);
}

/* Files that were written alone; they are closed all the same, as Linux does. */
int close(int file) {
    int (*real)(int);
    *(void **)&real = next("close");
    size_t nothing = 0;
    int code = (fcntl(file, F_GETFL) & O_ACCMODE) == O_RDONLY ? 0 : happen("close", &nothing);
    int result = real(file);
    if (code) {
        errno = code;
        return -1;
    }
    return result;
}
