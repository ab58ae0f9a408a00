/* SPDX-License-Identifier: MIT */
/* A session from inside: what its parts share. */
#ifndef EK_SESSION_INSIDE_H
#define EK_SESSION_INSIDE_H

#include "base/clock.h"
#include "session/backend.h"
#include "session/channel.h"
#include "session/deliver.h"
#include "session/event_ids.h"
#include "session/gather.h"
#include "session/process.h"
#include "session/replay.h"

#include <etwkit/session.h>

typedef enum ek_session_state {
    EK_SESSION_NEW,
    EK_SESSION_STARTING,
    EK_SESSION_RUNNING,
    EK_SESSION_STOPPING,
    EK_SESSION_STOPPED,
    EK_SESSION_LEFT /* the child of a fork has it, but not its thread */
} ek_session_state;

/* What became of events; under the lock, so that the sums hold at any moment. */
typedef struct ek_session_account {
    uint64_t delivered, filtered, abandoned;
    uint64_t lost; /* that could not be handed on, but for those that the channel counts itself */
    uint64_t overwritten;
    uint64_t buffers_lost;
} ek_session_account;

/* When buffers are taken that are filled in part; else only what is full. */
typedef enum ek_sweeps {
    EK_SWEEPS_ALWAYS,    /* whenever the thread looks */
    EK_SWEEPS_AT_FLUSH,  /* when the flush period is over, or somebody asks */
    EK_SWEEPS_WHEN_ASKED /* by etwkit_session_flush() and the like */
} ek_sweeps;

/* Where a mode brings what was gathered. Called by the session's thread, but for open(), without the lock. */
typedef struct ek_outlet {
    ek_sweeps sweeps;
    /* Of the options, when the session is made. May be NULL. */
    etwkit_status (*check)(const char *name, const etwkit_session_options *options, etwkit_error *error);
    /* At the start, by the thread that starts the session. May be NULL. */
    etwkit_status (*open)(etwkit_session *session, etwkit_error *error);
    /* Hands on what was received. What was lost or overwritten on the way is added to session->passed. */
    void (*pass)(etwkit_session *session);
    /* At the end. May be NULL. */
    void (*close)(etwkit_session *session);
} ek_outlet;

/* Where the reading of the channel stands; kept when a reader ends, for the next one. */
typedef struct ek_reading {
    ek_parcel *parcel; /* NULL: none is begun */
    uint32_t at;       /* of the next event */
    uint32_t piece_end;
    int32_t processor; /* of the piece; EK_PIECE_RECORDS */
} ek_reading;

/* What a caller wants of a flight recorder, who waits until it is done. */
typedef struct ek_snapshot {
    const char *path;
    bool done;
    etwkit_status status;
    etwkit_error error;
} ek_snapshot;

struct etwkit_session {
    etwkit_allocator allocator;
    char *name, *path;
    etwkit_session_options options; /* with defaults in place */
    const ek_backend *backend;      /* NULL: it is a session of the process */
    void *backend_state;
    const ek_outlet *outlet;
    void *outlet_state;
    ek_replay *replay; /* NULL: events of the process */
    ek_clock clock;    /* of the events */
    ek_member member;
    ek_thread thread;
    bool is_between_passes; /* the thread, or before the first: nothing is half done */
    ek_gather gather;
    ek_delivery delivery;
    ek_channel channel;
    ek_reading reading;        /* the reader's */
    uint64_t last_taken;       /* events, when the thread looked last */
    ek_session_account passed; /* the thread's own, since it was last added to the account */
    ek_event_ids used_ids;     /* the thread's own */

    ek_lock lock;
    ek_condition work;     /* for the thread */
    ek_condition progress; /* a pass has ended, or the session */
    ek_session_state state;
    bool has_ring, is_read;
    ek_session_account account;
    ek_event_ids ids;
    bool ids_changed;
    uint64_t flushes_wanted, flushes_done;
    ek_snapshot *snapshot; /* NULL: none is wanted */
    int64_t start_ticks, end_ticks;
    etwkit_error fault;         /* of the outlet; status 0: none */
    etwkit_session_stats final; /* once it has stopped */
};

extern const ek_outlet ek_outlet_real_time, ek_outlet_file, ek_outlet_flight;

/* The session's thread. */
void ek_session_drain(void *context);
/* With the lock, on that thread: used_ids are those that were set last. */
void ek_session_renew_ids(etwkit_session *session);
/* With the lock. */
etwkit_session_stats ek_session_take_stats(etwkit_session *session);

#endif
