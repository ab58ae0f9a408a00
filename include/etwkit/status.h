/* SPDX-License-Identifier: MIT */
/* How a call that can fail says so: a status, and where wanted what went wrong, where, and what to do about it. */
#ifndef ETWKIT_STATUS_H
#define ETWKIT_STATUS_H

#include <etwkit/export.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0 is success, positive is an expected outcome, negative an error. Values are never renumbered. */
typedef enum etwkit_status {
    ETWKIT_OK = 0,
    ETWKIT_END = 1,             /* nothing more: end of the trace, the walk, the list */
    ETWKIT_ABSENT = 2,          /* the payload ended before this field, or an optional field is not there */
    ETWKIT_E_INVALID = -1,      /* an argument that the call does not allow */
    ETWKIT_E_NO_MEMORY = -2,    /* the allocator refused */
    ETWKIT_E_IO = -3,           /* the operating system could not read or write */
    ETWKIT_E_NOT_FOUND = -4,    /* no such file */
    ETWKIT_E_DENIED = -5,       /* no right to it */
    ETWKIT_E_NOT_A_TRACE = -6,  /* the input is no ETW trace */
    ETWKIT_E_UNSUPPORTED = -7,  /* a form that this build or this system cannot handle */
    ETWKIT_E_DAMAGED = -8,      /* the input contradicts itself; skipped and counted unless strict */
    ETWKIT_E_TYPE = -9,         /* the value is of another type than asked for */
    ETWKIT_E_RANGE = -10,       /* the value does not fit the type asked for, or an index is out of range */
    ETWKIT_E_LIMIT = -11,       /* a limit of etwkit_trace_options, or one of docs/limits.md, is reached */
    ETWKIT_E_TOO_BIG = -12,     /* an event larger than the format or a buffer can hold */
    ETWKIT_E_NO_SCHEMA = -13,   /* no source describes this event */
    ETWKIT_E_INTERRUPTED = -14, /* the caller's `interrupted` function ended it */
    ETWKIT_E_FULL = -15,        /* no room is left for an event: it is lost, and counted */
    ETWKIT_E_CLOSED = -16,      /* a session that has ended, or was left behind by a fork */
    ETWKIT_E_EXISTS = -17       /* a session of that name runs already, a file is there */
} etwkit_status;

#define ETWKIT_NO_OFFSET UINT64_MAX
#define ETWKIT_NO_NUMBER UINT32_MAX

/*
 * What went wrong. Owned by the caller, who may always pass NULL instead; left untouched on success.
 * `message` is one UTF-8 sentence that names the file, the place, the fault and what was or can be done.
 */
typedef struct etwkit_error {
    etwkit_status status;
    uint32_t buffer;  /* number of the buffer in its file, from 0; ETWKIT_NO_NUMBER where none is meant */
    uint32_t record;  /* offset of the event in its (inflated) buffer; ETWKIT_NO_NUMBER where none is meant */
    uint64_t offset;  /* byte offset in the file; ETWKIT_NO_OFFSET where none is meant */
    int system_error; /* errno or GetLastError() behind it, else 0 */
    char message[512];
} etwkit_error;

/* The name of a status ("ETWKIT_E_DAMAGED"); "unknown status" for others. Static storage, any thread. */
ETWKIT_API const char *etwkit_status_name(etwkit_status status);

#ifdef __cplusplus
}
#endif
#endif
