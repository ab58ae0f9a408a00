/* SPDX-License-Identifier: MIT */
/* Sessions of the operating system: what Windows' ETW has beyond a session of the process; those that run, and their
 * end.
 */
#ifndef ETWKIT_SYSTEM_H
#define ETWKIT_SYSTEM_H

#include <etwkit/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Made like any other session, with the scope ETWKIT_SCOPE_SYSTEM, and used by the same functions (docs/windows-live.md
 * tells the differences). Windows collects: it needs rights, goes on when the process is killed, and is seen by all. On
 * other systems etwkit_session_new() and the functions here fail with ETWKIT_E_UNSUPPORTED.
 *
 * Errors of its calls name the call, its code and what it means; etwkit_error.system_error is the code:
 * ETWKIT_E_DENIED: the rights are missing; _LIMIT: 64 sessions run, 8 have enabled the provider, 8 read the kernel;
 * _EXISTS; _NOT_FOUND; _INVALID; _IO.
 */

/* Which kind of session. */
typedef enum etwkit_system_kind {
    ETWKIT_SYSTEM_USER = 0, /* events of the providers that it enables */
    ETWKIT_SYSTEM_KERNEL =
        1, /* and of the kernel: a system logger of its own name, of which eight may run. The kernel's
              events are chosen by kernel_groups or, from build 20348 on, by enabling system providers */
    ETWKIT_SYSTEM_NT_KERNEL_LOGGER = 2, /* the one classic logger, which has its name whatever the session is called */
    ETWKIT_SYSTEM_PRIVATE = 3,          /* in the process, without the kernel: needs no rights, only writes a file */
    ETWKIT_SYSTEM_ATTACH = 4 /* reads the session of this name that runs already: enables nothing, stops nothing. So
                                Microsoft-Windows-Security-Auditing is read, in "EventLog-Security", by LocalSystem */
} etwkit_system_kind;

/* What happens when a session of that name runs already, perhaps somebody else's. */
typedef enum etwkit_existing {
    ETWKIT_EXISTING_FAIL = 0,   /* ETWKIT_E_EXISTS */
    ETWKIT_EXISTING_ADOPT = 1,  /* it is used as it is, with its own buffers, clock and providers, to which those that
                                   are  enabled here are added, as kernel_groups are; and stopped in the end */
    ETWKIT_EXISTING_REPLACE = 2 /* it is stopped before */
} etwkit_existing;

/* A kind of kernel events, whose stacks are wanted. */
typedef struct etwkit_classic_event {
    etwkit_guid class_id;
    uint8_t type;
} etwkit_classic_event;

typedef struct etwkit_system_options {
    size_t struct_size; /* sizeof(etwkit_system_options): set by ETWKIT_SYSTEM_OPTIONS */
    etwkit_system_kind kind;
    etwkit_existing existing;
    etwkit_guid id;          /* of the session; zero: Windows chooses */
    bool paged_memory;       /* buffers that may be paged out; not for the kernel's events nor those of drivers */
    bool dependent;          /* an event that another session cannot take is not given to this one either, as of old */
    bool survives_interrupt; /* Ctrl-C does not stop it: the program does, or goes on */
    uint32_t kernel_groups[8];          /* the first are EVENT_TRACE_FLAG_*; with the others the masks of all groups */
    const etwkit_classic_event *stacks; /* kernel events that get a StackWalk event; copied */
    size_t stack_count;                 /* 256 at most */
    uint32_t profile_interval; /* 100 ns between two samples, for the whole machine, until the stop; 0: as it is. Of
                                  several sessions in the process the newest's holds */
} etwkit_system_options;

#define ETWKIT_SYSTEM_OPTIONS                                                                                     \
    {                                                                                                             \
        sizeof(etwkit_system_options), ETWKIT_SYSTEM_USER, ETWKIT_EXISTING_FAIL, {{0}}, false, false, false, {0}, \
            NULL, 0, 0                                                                                            \
    }

/*
 * What a session of the system could not do as it was asked, and did otherwise: one line each, in the order in which it
 * came up. Writes at most `capacity` bytes with the NUL, and returns the length of the whole text; 0: nothing.
 */
ETWKIT_API size_t etwkit_session_notes(const etwkit_session *session, char *text, size_t capacity);

/* Names of sessions that nobody else's have; what a dead process left is found by it. */
#define ETWKIT_SESSION_PREFIX "etwkit-"

/* A session that runs on the system. Its texts live as long as the list. */
typedef struct etwkit_system_session {
    const char *name;
    const char *path; /* of its file; "": none */
    etwkit_guid id;
    bool is_ours;           /* its name begins with ETWKIT_SESSION_PREFIX, in any case */
    uint32_t log_file_mode; /* EVENT_TRACE_* */
    uint32_t buffer_size_kb;
    uint32_t minimum_buffers, maximum_buffers;
    uint32_t buffers, free_buffers; /* now */
    uint32_t buffers_written;
    uint32_t events_lost, log_buffers_lost, real_time_buffers_lost;
} etwkit_system_session;

typedef struct etwkit_system_sessions etwkit_system_sessions;

/* Those that the caller may see, as they are now. *list is NULL on failure: ETWKIT_E_UNSUPPORTED, _DENIED, _IO,
 * _NO_MEMORY. */
ETWKIT_API etwkit_status etwkit_system_sessions_open(etwkit_system_sessions **list, etwkit_error *error);
ETWKIT_API size_t etwkit_system_sessions_count(const etwkit_system_sessions *list);
/* NULL: there are not so many. */
ETWKIT_API const etwkit_system_session *etwkit_system_sessions_at(const etwkit_system_sessions *list, size_t index);
ETWKIT_API void etwkit_system_sessions_close(etwkit_system_sessions **list);
/* Stops a session by its name, whoever started it. ETWKIT_E_NOT_FOUND, _DENIED, _UNSUPPORTED, _IO. */
ETWKIT_API etwkit_status etwkit_system_session_stop(const char *name, etwkit_error *error);

#ifdef __cplusplus
}
#endif
#endif
