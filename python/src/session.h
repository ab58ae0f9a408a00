/* SPDX-License-Identifier: MIT */
/* The Session object: a session of the own process, and who reads it. */
#ifndef PYETWKIT_SESSION_H
#define PYETWKIT_SESSION_H

#include "source.h"

/* How it is read; the first reading decides. */
typedef enum session_use {
    SESSION_UNREAD,
    SESSION_EVENTS,
    SESSION_BATCHES
} session_use;

typedef struct session_object {
    PyObject_HEAD etwkit_session *session;
    PyObject *name, *filter, *schemas; /* filter and schemas may be NULL */
    bool started;
    uint64_t process; /* that made it: in the child of a fork it is at its end */

    /* Reading: one thread at a time, which holds the lock; others wait for it. */
    PyThread_type_lock lock;
    unsigned long reader; /* thread that has it; 0: none */
    session_use use;
    source *source; /* NULL: nobody has read yet */
    const etwkit_batch *batch;
    size_t index, count; /* in the batch */
    struct ArrowArrayStream stream;
    bool ended;

    /* Who is woken when there is something to read. */
    intptr_t wake; /* a descriptor; -1: none. Read by the session's thread: by atomic operations */
    PyObject *wake_owner;
} session_object;

/* What enable() asks for. */
typedef struct session_wanted {
    etwkit_guid provider;
    etwkit_enable enable;
    uint16_t *ids; /* what `enable` points to */
    uint32_t *processes;
    const char **programs; /* as long as the arguments; so the texts of predicates */
    etwkit_payload_filter *filters;
    etwkit_payload_predicate *predicates;
} session_wanted;

/* 0, or -1 with an exception, and nothing to free. */
int session_take_wanted(core_state *state, PyObject *args, session_wanted *wanted);
void session_free_wanted(session_wanted *wanted);

/* What only sessions of the system have. */
typedef struct session_system {
    etwkit_system_options options;
    etwkit_classic_event *stacks; /* what they point to */
} session_system;

/* 0, or -1 with an exception, and nothing to free. */
int session_take_system(core_state *state, PyObject *tuple, session_system *system);
void session_free_system(session_system *system);

/* next_event(), next_batch(): what is there within `milliseconds` (negative: without end), or None. */
PyObject *session_next_event(PyObject *self, PyObject *milliseconds);
PyObject *session_next_batch(PyObject *self, PyObject *milliseconds);
/* Ends the reading: before the session is freed. */
void session_end_reading(session_object *session);

/* A RecordBatch. Takes both over, also on failure. */
PyObject *record_batch_new(core_state *state, struct ArrowSchema *schema, struct ArrowArray *array);

#endif
