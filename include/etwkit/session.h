/* SPDX-License-Identifier: MIT */
/* A session: collects the events of providers into buffers, and hands them to a reader or writes them to a file. Of the
 * process on every system; on Windows of the system, too, which is then the one that collects. */
#ifndef ETWKIT_SESSION_H
#define ETWKIT_SESSION_H

#include <etwkit/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A session makes one thread when it starts, which ends when it stops. Its functions may be called by any thread, also
 * at the same time, but for etwkit_session_free(), which comes last. In a process that was forked the child's copies of
 * sessions are stopped: they have left their providers, and only etwkit_session_stop() and _free() are of use there.
 */
typedef struct etwkit_session etwkit_session;

/* Where the events go. */
typedef enum etwkit_session_mode {
    ETWKIT_SESSION_REAL_TIME = 0, /* to a trace that reads them: etwkit_trace_open_session() */
    ETWKIT_SESSION_FILE = 1,      /* to a file, until it is full where maximum_file_size says how large it may be */
    ETWKIT_SESSION_CIRCULAR = 2,  /* to a file of maximum_file_size, whose oldest buffers are overwritten */
    ETWKIT_SESSION_NEW_FILE = 3,  /* to a new file whenever one has maximum_file_size; `path` holds %d, its number */
    ETWKIT_SESSION_FLIGHT_RECORDER = 4 /* kept in the buffers, of which the oldest are given up; written to a file by
                                          etwkit_session_snapshot(), and by the stop where there is a path */
} etwkit_session_mode;

/* What happens with events when the channel to the reader is full. Whatever is lost is counted. */
typedef enum etwkit_overflow {
    ETWKIT_OVERFLOW_BLOCK = 0,       /* the session waits; its buffers fill, and then events are lost when written */
    ETWKIT_OVERFLOW_DROP_NEWEST = 1, /* the batch that has no room is lost */
    ETWKIT_OVERFLOW_DROP_OLDEST = 2  /* the oldest batches that were not read yet are lost */
} etwkit_overflow;

/* Whose session it is. */
typedef enum etwkit_session_scope {
    ETWKIT_SCOPE_PROCESS = 0, /* of the process: events of its own providers, on every system */
    ETWKIT_SCOPE_SYSTEM = 1   /* of the operating system, with the events of all its providers: <etwkit/system.h> */
} etwkit_session_scope;

struct etwkit_system_options;

typedef struct etwkit_session_options {
    size_t struct_size;                /* sizeof(etwkit_session_options): set by ETWKIT_SESSION_OPTIONS */
    const etwkit_allocator *allocator; /* NULL: the C library's. Used by several threads at once */
    etwkit_session_mode mode;
    const char *path;           /* of modes that write a file, UTF-8, copied; such a file is created or truncated */
    uint64_t maximum_file_size; /* bytes; 0: no limit */
    uint32_t buffer_size;       /* bytes, a multiple of 1,024 from 4,096 to 1 MiB; 0: 65,536 */
    uint32_t minimum_buffers;   /* that are there from the start; 0: 64, or two for each processor if those are more */
    uint32_t maximum_buffers;   /* up to 4,000; more are made when few are free. 0: four times the minimum */
    uint32_t flush_ms;          /* events are handed on at the latest after twice this; 0: 1,000 */
    etwkit_clock clock;         /* 0: ETWKIT_CLOCK_QPC; ETWKIT_CLOCK_SYSTEM; the cycle counter is not supported */
    uint32_t channel_events;    /* events that may wait for the reader; 0: 1,000,000 */
    uint64_t channel_bytes;     /* bytes that may wait for the reader; 0: 256 MiB */
    etwkit_overflow overflow;
    /* Called by the session's thread when there is something to read again after there was nothing, and when it has
     * ended. For event loops: it must not wait and not call the session. May be NULL. */
    void (*on_ready)(void *context);
    void *on_ready_context;
    etwkit_session_scope scope;
    const struct etwkit_system_options *system; /* what only sessions of the system have; copied. NULL: as is usual */
} etwkit_session_options;

#define ETWKIT_SESSION_OPTIONS                                                                                      \
    {                                                                                                               \
        sizeof(etwkit_session_options), NULL, ETWKIT_SESSION_REAL_TIME, NULL, 0, 0, 0, 0, 0, (etwkit_clock)0, 0, 0, \
            ETWKIT_OVERFLOW_BLOCK, NULL, NULL, ETWKIT_SCOPE_PROCESS, NULL                                           \
    }

/*
 * A session that is not started yet. `name` is UTF-8, up to 256 bytes, and unique among those that run in the process;
 * `options` may be NULL. *session is NULL on failure: ETWKIT_E_INVALID, _UNSUPPORTED, _NO_MEMORY.
 */
ETWKIT_API etwkit_status etwkit_session_new(etwkit_session **session, const char *name,
                                            const etwkit_session_options *options, etwkit_error *error);
/* Stops it if it runs. A trace that reads it must be closed, or ended, before. *session becomes NULL; NULL is allowed.
 */
ETWKIT_API void etwkit_session_free(etwkit_session **session);

/* What Windows adds to each event of a provider, as extended items. */
enum {
    ETWKIT_ADD_SID = 0x01,              /* the user's */
    ETWKIT_ADD_SESSION_ID = 0x02,       /* the terminal session's */
    ETWKIT_ADD_STACK = 0x04,            /* the call stack, of up to 192 frames */
    ETWKIT_ADD_PROCESS_START_KEY = 0x80 /* which tells processes apart that had the same number one after the other */
};

/* How a payload filter compares a field; the numbers are Windows'. */
typedef enum etwkit_payload_operator {
    ETWKIT_PAYLOAD_EQUAL = 0, /* of integers, also mapped ones, booleans, and times as FILETIMEs: */
    ETWKIT_PAYLOAD_NOT_EQUAL = 1,
    ETWKIT_PAYLOAD_AT_MOST = 2,
    ETWKIT_PAYLOAD_GREATER = 3,
    ETWKIT_PAYLOAD_LESS = 4,
    ETWKIT_PAYLOAD_AT_LEAST = 5,
    ETWKIT_PAYLOAD_BETWEEN = 6, /* "1,5"; both belong to it */
    ETWKIT_PAYLOAD_OUTSIDE = 7,
    ETWKIT_PAYLOAD_CONTAINS = 20, /* of texts, without case: */
    ETWKIT_PAYLOAD_LACKS = 21,
    ETWKIT_PAYLOAD_IS = 30, /* also of GUIDs, in braces */
    ETWKIT_PAYLOAD_IS_NOT = 31
} etwkit_payload_operator;

typedef struct etwkit_payload_predicate {
    const char *field; /* a name at the top of the payload; where it is not there, no comparison holds */
    etwkit_payload_operator comparison;
    const char *value; /* numbers in decimal, or hexadecimal behind 0x */
} etwkit_payload_predicate;

/* Which events of one kind are wanted, by what they hold. */
typedef struct etwkit_payload_filter {
    uint16_t event_id;
    uint8_t version;
    bool match_any; /* one of the predicates is enough */
    const etwkit_payload_predicate *predicates;
    size_t predicate_count;
} etwkit_payload_filter;

/* What a session wants of a provider. */
typedef struct etwkit_enable {
    size_t struct_size;    /* sizeof(etwkit_enable): set by ETWKIT_ENABLE */
    uint8_t level;         /* events up to this level; 0: of every level */
    bool ignore_keyword_0; /* not even events without keywords */
    uint64_t keywords_any; /* 0: any */
    uint64_t keywords_all;
    const uint16_t *event_ids; /* only these; copied. What they keep back is counted as filtered */
    size_t event_id_count;     /* 0: every id */
    bool exclude_event_ids;    /* all but these */
    /* Of sessions of the system alone; all copied. What they keep back is counted as filtered where Windows did not
     * keep it back already, which then counts it nowhere. */
    uint32_t additions;             /* ETWKIT_ADD_* */
    const uint32_t *process_ids;    /* only events that these processes write */
    size_t process_id_count;        /* 0: all processes */
    const char *const *programs;    /* only of processes of these, by the name of their file ("app.exe"), in any case */
    size_t program_count;           /* 0: all programs */
    const char *const *event_names; /* of TraceLogging events, whose ids are 0: only these */
    size_t event_name_count;        /* 0: every name */
    bool exclude_event_names;       /* all but these */
    const uint16_t *stack_ids;      /* with ETWKIT_ADD_STACK: only events of these ids have a stack */
    size_t stack_id_count;          /* 0: every id; 64 at most */
    bool exclude_stack_ids;         /* all but these */
    /* Events that one of these names by id and version have to satisfy one that names them; all others pass. */
    const etwkit_payload_filter *payload_filters;
    size_t payload_filter_count;
} etwkit_enable;

#define ETWKIT_ENABLE                                                                                               \
    {                                                                                                               \
        sizeof(etwkit_enable), 0, false, 0, 0, NULL, 0, false, 0, NULL, 0, NULL, 0, NULL, 0, false, NULL, 0, false, \
            NULL, 0                                                                                                 \
    }

/*
 * Enables a provider, or changes how it is enabled: before the start or while the session runs, whether a provider with
 * that GUID is registered already or not. `wanted` may be NULL. ETWKIT_E_LIMIT: 8 sessions have it enabled already, or
 * this one has 1,024 providers.
 *
 * `provider` NULL: every provider of the process, now and later, but for those that the session enables by their GUIDs.
 * So also for the two functions below. Event ids are those of one provider: ETWKIT_E_INVALID.
 */
ETWKIT_API etwkit_status etwkit_session_enable(etwkit_session *session, const etwkit_guid *provider,
                                               const etwkit_enable *wanted, etwkit_error *error);
/* ETWKIT_E_NOT_FOUND: this session has not enabled it. */
ETWKIT_API etwkit_status etwkit_session_disable(etwkit_session *session, const etwkit_guid *provider,
                                                etwkit_error *error);
/* Asks the provider, by its callback, to write events of its state. ETWKIT_E_NOT_FOUND as above; _CLOSED: the session
 * does not run. */
ETWKIT_API etwkit_status etwkit_session_capture_state(etwkit_session *session, const etwkit_guid *provider,
                                                      etwkit_error *error);

/* ETWKIT_E_EXISTS: a session of this name runs in the process; _LIMIT: 64 sessions do; _INVALID: it was started before;
 * of its file _IO, _DENIED, _NOT_FOUND; _NO_MEMORY. */
ETWKIT_API etwkit_status etwkit_session_start(etwkit_session *session, etwkit_error *error);
/*
 * Ends the collecting: what is in the buffers is handed to the channel, or written. Waits for nobody but the disk, and
 * where the session is Windows' for what that still hands on, some seconds perhaps (docs/windows-live.md). A reader
 * gets what lies in the channel, and then the end. The error is that of a file that could not be written. ETWKIT_OK
 * also where the session does not run.
 */
ETWKIT_API etwkit_status etwkit_session_stop(etwkit_session *session, etwkit_error *error);
ETWKIT_API bool etwkit_session_is_running(const etwkit_session *session);
ETWKIT_API const char *etwkit_session_name(const etwkit_session *session);

/* Hands on what was written before this call, and returns when that is done or the session has stopped. ETWKIT_E_FULL:
 * with ETWKIT_OVERFLOW_BLOCK, the channel is full and has to be read first. */
ETWKIT_API etwkit_status etwkit_session_flush(etwkit_session *session, etwkit_error *error);
/*
 * Opens what a real-time session hands on as a trace: one at a time. Read it as any other; etwkit_trace_next() waits
 * for events for 100 ms at most and then gives an empty batch, so that the reader may stop, and gives ETWKIT_END once
 * the session has stopped and all is read. `follow`, `unordered`, `threads` and `stacks` of the options are not used.
 * The trace must be closed, or its reading ended, before the session is freed. ETWKIT_E_INVALID: another mode, or it is
 * being read already.
 */
ETWKIT_API etwkit_status etwkit_trace_open_session(etwkit_trace **trace, etwkit_session *session,
                                                   const etwkit_trace_options *options, etwkit_error *error);
/* What a session replays. */
typedef struct etwkit_replay {
    size_t struct_size;       /* sizeof(etwkit_replay): set by ETWKIT_REPLAY */
    const char *const *paths; /* traces, read as one; copied */
    size_t path_count;
    double speed;    /* 1: as it was recorded; 10: ten times as fast; 0: as fast as the reader takes it */
    bool everything; /* also events of providers that are not enabled */
} etwkit_replay;

#define ETWKIT_REPLAY \
    { sizeof(etwkit_replay), NULL, 0, 1.0, false }

/*
 * Has a real-time session give the events of traces instead of those that are written in the process: before its start.
 * They are those of the providers that it enables, by level, keywords and ids; of classic events and messages, which
 * have no keywords, by level alone. They have the times of their trace, and all else that they have there; the trace
 * that reads them knows the schemas that stand in the files, too. After the last event it ends, the session itself with
 * its stop. The stop waits for no event's time. Errors are those of etwkit_trace_open_paths(); what is damaged in the
 * middle of a file is left out. ETWKIT_E_INVALID also: another mode, it was started, or it replays already.
 */
ETWKIT_API etwkit_status etwkit_session_replay(etwkit_session *session, const etwkit_replay *replay,
                                               etwkit_error *error);
/*
 * Writes what a flight recorder holds to a file, which is created or truncated, and returns when that is done; it goes
 * on recording meanwhile. ETWKIT_E_INVALID: another mode; _CLOSED: it does not run; of the file _IO, _DENIED,
 * _NOT_FOUND.
 */
ETWKIT_API etwkit_status etwkit_session_snapshot(etwkit_session *session, const char *path, etwkit_error *error);
/* Waits until there is something to read. ETWKIT_OK: there is; ETWKIT_ABSENT: the time is over; ETWKIT_END: the end is
 * reached. Traces of files never wait: ETWKIT_OK. */
ETWKIT_API etwkit_status etwkit_trace_wait(etwkit_trace *trace, uint32_t milliseconds);

/*
 * One consistent snapshot: received = delivered + filtered + lost_buffer + lost_channel + lost_oversize +
 * lost_abandoned + in_flight, at any moment; in_flight is 0 after the stop.
 */
typedef struct etwkit_session_stats {
    uint64_t events_received;       /* wanted by the session and written by a provider */
    uint64_t events_delivered;      /* read, or written to the file; after the stop also those that wait to be read */
    uint64_t events_filtered;       /* kept back by event ids, or by the filter of the trace */
    uint64_t events_lost_buffer;    /* no buffer was free */
    uint64_t events_lost_channel;   /* the channel was full, or was closed unread; the file was full */
    uint64_t events_lost_oversize;  /* too big */
    uint64_t events_lost_abandoned; /* begun by a thread that never finished */
    uint64_t events_in_flight;      /* in buffers and in the channel */
    uint64_t events_overwritten;    /* delivered, and then overwritten: circular files, flight recorders */
    uint64_t buffers_lost;          /* that could not be written to the file */
    uint64_t buffers_read;          /* taken from the providers */
    uint64_t buffers_allocated;
    uint64_t buffers_free;
    uint64_t bytes_received; /* of the events that were taken */
    uint32_t buffer_size_kb;
    double duration_secs; /* since the start, or from the start to the stop */
    /* Of sessions of the system, as Windows counts. Its lost events are events_lost_buffer, too, and its lost buffers
     * buffers_lost; how many events were in these nobody knows. */
    uint64_t windows_events_lost;            /* EventsLost: no buffer was free */
    uint64_t windows_log_buffers_lost;       /* LogBuffersLost: could not be written to the file */
    uint64_t windows_real_time_buffers_lost; /* RealTimeBuffersLost: the reader was too slow */
    uint64_t loss_records;                   /* events in which Windows told the reader of a loss */
} etwkit_session_stats;

ETWKIT_API etwkit_session_stats etwkit_session_get_stats(const etwkit_session *session);
/* The sum of events_lost_*. */
ETWKIT_API uint64_t etwkit_session_events_lost(const etwkit_session_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
