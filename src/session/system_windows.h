/* SPDX-License-Identifier: MIT */
/* A session of Windows from inside: what its parts share. */
#ifndef EK_SESSION_SYSTEM_WINDOWS_H
#define EK_SESSION_SYSTEM_WINDOWS_H

#include "base/atomic.h"
#include "session/etw_windows.h"
#include "session/inside.h"
#include "session/sieve.h"

enum {
    EK_LOGGER_NAME_MAX = 1024, /* UTF-16 units, as Windows limits names and paths of sessions */
    EK_PROGRAM_SLOTS = 512
};

/* What Windows is told of a session, and tells: the properties with room for both texts behind them. */
typedef struct ek_logger {
    EVENT_TRACE_PROPERTIES properties;
    wchar_t name[EK_LOGGER_NAME_MAX + 1];
    wchar_t path[EK_LOGGER_NAME_MAX + 1];
} ek_logger;

/* A process that was asked for its program. While its handle is open no other process gets its number. */
typedef struct ek_program {
    uint32_t process_id;
    HANDLE process; /* NULL: it could not be asked, or the slot is empty */
    char *name;
    int64_t created;    /* FILETIME: events before that are of another process that had the number */
    uint64_t ask_again; /* GetTickCount64() from which one that could not be asked is asked again */
} ek_program;

/* What was counted before the session was ours, or since then. */
typedef struct ek_losses {
    uint32_t events, log_buffers, real_time_buffers;
} ek_losses;

typedef struct ek_system {
    etwkit_system_options options; /* its arrays lie in the arena */
    ek_arena arena;
    const wchar_t *name, *path; /* at Windows; path NULL: it writes no file */
    const wchar_t *recorder;    /* where a flight recorder is written at its end; NULL: nowhere */

    /* One after another: what starts, stops, enables. */
    ek_lock control;
    bool stops;              /* under control and guard: with the end of ours, Windows' session ends */
    bool was_there;          /* somebody else started it, and it was adopted */
    struct ek_system *next;  /* of those that end with the process */
    struct ek_system *older; /* of those that set the sample interval */

    /* Held for a moment, also by those who count and by the end of the process. */
    ek_lock guard;
    TRACEHANDLE handle; /* 0: there is no session of Windows, or no right to ask it */
    bool is_over;       /* Windows' session has ended, and the notes say so if it was not by us */
    GUID id;            /* at Windows; 0: it was not told */
    uint32_t unwritten; /* why the flight recorder's file was not written at the end; 0: it was, or there is none */
    ek_losses before;
    ek_logger last; /* as it was told last */
    ek_sieve *set;  /* what is enabled */
    ek_buf notes;
    ek_atomic32 set_version;

    /* The consumer's: its thread, and before it is started whoever starts it. */
    TRACEHANDLE trace;
    bool consumes;
    bool has_clock; /* from the header event, or a first parcel went without */
    ek_parcel *parcel;
    uint32_t piece;              /* where its last piece begins */
    uint64_t begun;              /* GetTickCount64() at its first event */
    ek_atomic64 events_seen;     /* for who waits for the end */
    ek_atomic64 too_big, losses; /* events */
    ek_atomic32 is_stopping;

    /* The reader's. */
    ek_sieve *used; /* `set`, as it was seen last; those that are older are the reader's to free */
    uint32_t used_version;
    ek_program programs[EK_PROGRAM_SLOTS];
} ek_system;

static inline ek_system *ek_system_of(const etwkit_session *session) {
    return session->backend_state;
}

/* system_error_windows.c: what a failing call means, and what to do about it. Returns the status. */
etwkit_status ek_etw_fail(etwkit_error *error, const char *session, const char *call, uint32_t code);
/* For etwkit_session_notes(): one line. What does not fit into memory is left out. Takes the guard. */
void ek_system_note(ek_system *system, const char *line);

/* system_logger_windows.c: StartTraceW and ControlTraceW. */
void ek_logger_clear(ek_logger *logger);
/* Starts it, adopts it, or finds the one to attach to: as the options say. */
etwkit_status ek_logger_open(etwkit_session *session, etwkit_error *error);
/* 0: done. What Windows tells of the session is in system->last. Takes the guard. ERROR_WMI_INSTANCE_NOT_FOUND: there
 * is none, or no more. */
uint32_t ek_logger_control(ek_system *system, uint32_t code, const wchar_t *path);
/* Windows' session has ended: from here on its number may be another's. Takes the guard. */
void ek_logger_over(ek_system *system);
/* From here on Windows' session is not ours to stop. */
void ek_logger_leave(ek_system *system);
/* Writes a flight recorder that has a path, and stops Windows' session, of which the result tells. With the guard. */
uint32_t ek_logger_end(ek_system *system);
/* The same where it is to be ended, and tells what went wrong. true: it has ended. */
bool ek_logger_close(etwkit_session *session);
/* UTF-8 to UTF-16. false: it is no UTF-8, or too long. */
bool ek_wide(wchar_t wide[EK_LOGGER_NAME_MAX + 1], const char *text);
/* The same, kept in an arena. NULL: also where memory ran out. */
const wchar_t *ek_wide_kept(ek_arena *arena, const char *text);
/* The same, made a path from a drive on: Windows itself opens it, which has no current folder. */
bool ek_wide_path(wchar_t wide[EK_LOGGER_NAME_MAX + 1], const char *path);

/* system_kernel_windows.c. */
etwkit_status ek_kernel_prepare(etwkit_session *session, etwkit_error *error);
etwkit_status ek_kernel_configure(etwkit_session *session, etwkit_error *error);
/* Whatever is the machine's is set again as it was, unless another session of ours wants it otherwise. */
void ek_kernel_restore(ek_system *system);

/* system_enable_windows.c: EnableTraceEx2. */
etwkit_status ek_provider_enable(etwkit_session *session, ek_wanted *wanted, etwkit_error *error);
etwkit_status ek_provider_control(etwkit_session *session, const ek_wanted *wanted, uint32_t code, etwkit_error *error);

/* system_payload_windows.c: a provider's payload filters as one of Windows. 0, or the code of the call that failed. */
uint32_t ek_payload_filter_make(EVENT_FILTER_DESCRIPTOR *made, const ek_wanted *wanted,
                                const etwkit_allocator *allocator, const char **call);
void ek_payload_filter_free(EVENT_FILTER_DESCRIPTOR *made);

/* system_consumer_windows.c: OpenTraceW, ProcessTrace. */
etwkit_status ek_consumer_open(etwkit_session *session, etwkit_error *error);
/* The channel has ended then. `ended`: Windows' session has, so what it still had is waited for; else its events may
 * come for ever. */
void ek_consumer_close(etwkit_session *session, bool ended);

/* system_stored_windows.c: an event as it would stand in a file. */
/* Bytes; 0: it does not fit into an event of a file. */
uint32_t ek_stored_size(const EVENT_RECORD *record);
void ek_store_event(uint8_t *to, uint32_t size, const EVENT_RECORD *record);

/* system_programs_windows.c: which program a process runs. An ek_runs whose context is an ek_system. */
ek_verdict ek_process_runs(void *context, const etwkit_record *record, const ek_wanted *wanted);
void ek_programs_free(ek_system *system);

/* system_exit_windows.c: sessions end with the process. */
void ek_exit_add(ek_system *system);
void ek_exit_remove(ek_system *system);
/* Takes a lock that the process's end takes, too. false: who held it is gone, and everybody else. */
bool ek_exit_take(ek_lock *lock);

#endif
