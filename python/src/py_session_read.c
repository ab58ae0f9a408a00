/* SPDX-License-Identifier: MIT */
/* Reading a live session: single events and record batches. Waits without the GIL, and looks for signals meanwhile. */
#include "event.h"
#include "session.h"
#include "system.h"

#include <errno.h>

enum {
    SLICE = 100 /* milliseconds of waiting between two looks for signals */
};

/* Until when a call may wait. */
typedef struct deadline {
    bool none;
    int64_t at;
} deadline;

static int take_deadline(PyObject *milliseconds, deadline *until) {
    const long long given = PyLong_AsLongLong(milliseconds);
    if (given == -1 && PyErr_Occurred())
        return -1;
    until->none = given < 0 || given > INT64_MAX / 4;
    until->at = until->none || given == 0 ? 0 : system_milliseconds() + given;
    return 0;
}

/* Milliseconds that a wait may last now; 0: the time is over. */
static uint32_t slice_of(const deadline *until) {
    if (until->none)
        return SLICE;
    const int64_t left = until->at ? until->at - system_milliseconds() : 0;
    return left <= 0 ? 0 : left < SLICE ? (uint32_t)left : SLICE;
}

static bool is_left_behind(const session_object *session) {
    return session->process != system_process();
}

/* 1: it is this thread's turn; 0: the time is over; -1 with an exception. */
static int take_turn(session_object *session, const deadline *until) {
    const unsigned long thread = PyThread_get_thread_ident();
    PyLockStatus taken = PyThread_acquire_lock_timed(session->lock, 0, 0);
    while (taken != PY_LOCK_ACQUIRED) {
        if (session->reader == thread) {
            PyErr_SetString(PyExc_ValueError, "a function that this thread's reading calls reads the same session");
            return -1;
        }
        const uint32_t slice = slice_of(until);
        if (slice == 0 || PyErr_CheckSignals())
            return PyErr_Occurred() ? -1 : 0;
        Py_BEGIN_ALLOW_THREADS;
        taken = PyThread_acquire_lock_timed(session->lock, (long long)slice * 1000, 0);
        Py_END_ALLOW_THREADS;
    }
    session->reader = thread;
    return 1;
}

static void end_turn(session_object *session) {
    session->reader = 0;
    PyThread_release_lock(session->lock);
}

/* The source, opened by the first reader. 0, or -1 with an exception. */
static int open_source(session_object *session, session_use use) {
    core_state *state = state_of((PyObject *)session);
    if (session->use != SESSION_UNREAD && session->use != use) {
        PyErr_Format(PyExc_ValueError, "session %U is read %s; it cannot be read both ways", session->name,
                     use == SESSION_EVENTS ? "by batches() already" : "event by event already");
        return -1;
    }
    if (session->source)
        return 0;
    if (!session->started) {
        PyErr_Format(state->channel_error, "session %U has not been started: there is nothing to read", session->name);
        return -1;
    }
    const source_options options = {
        .session = session->session, .filter = session->filter, .schemas = session->schemas};
    session->source = source_open(state, &options);
    if (session->source)
        session->use = use;
    return session->source ? 0 : -1;
}

/* Waits until there is something to read, or the end: 1. 0: the time is over; -1 with an exception. */
static int wait_readable(session_object *session, const deadline *until) {
    for (;;) {
        etwkit_status status;
        const uint32_t slice = slice_of(until);
        if (PyErr_CheckSignals())
            return -1;
        Py_BEGIN_ALLOW_THREADS;
        status = etwkit_trace_wait(session->source->trace, slice);
        Py_END_ALLOW_THREADS;
        if (status != ETWKIT_ABSENT)
            return 1;
        if (slice == 0)
            return 0;
    }
}

/* Events, where the batch is used up: 1; 0: none in time, or the end; -1 with an exception. */
static int fetch(session_object *session, const deadline *until) {
    while (!session->ended) {
        int ready = wait_readable(session, until);
        if (ready <= 0)
            return ready;
        int status = source_next(session->source, &session->batch);
        session->index = 0;
        session->count = status == ETWKIT_OK ? etwkit_batch_count(session->batch) : 0;
        session->ended = status != ETWKIT_OK;
        if (status < 0)
            return -1;
        if (session->count)
            return 1;
    }
    return 0;
}

static PyObject *take_event(session_object *session, const deadline *until) {
    if (open_source(session, SESSION_EVENTS))
        return NULL;
    if (session->index == session->count) {
        int found = fetch(session, until);
        if (found <= 0)
            return found < 0 ? NULL : Py_NewRef(Py_None);
    }
    return event_new(session->source, etwkit_batch_record(session->batch, session->index++));
}

/* Batches. */

static PyObject *raise_stream(session_object *session, int number) {
    const char *text = session->stream.get_last_error(&session->stream);
    session->ended = true;
    if (PyErr_Occurred())
        return NULL;
    if (number == ENOMEM)
        return PyErr_NoMemory();
    PyErr_SetString(state_of((PyObject *)session)->etw_error, text ? text : "the session's events cannot be read");
    return NULL;
}

static int open_stream(session_object *session) {
    etwkit_error error = {.status = ETWKIT_OK};
    if (session->stream.release)
        return 0;
    if (etwkit_arrow_stream_trace(session->source->trace, NULL, &session->stream, &error) == ETWKIT_OK)
        return 0;
    core_raise(state_of((PyObject *)session), &error, NULL);
    return -1;
}

/* What is there, as an array: 1, or 0: the end; -1 with an exception. It may have no rows. */
static int next_array(session_object *session, struct ArrowArray *array) {
    int failed;
    Py_BEGIN_ALLOW_THREADS;
    failed = session->stream.get_next(&session->stream, array);
    Py_END_ALLOW_THREADS;
    if (failed) {
        raise_stream(session, failed);
        return -1;
    }
    session->ended = !array->release;
    return array->release != NULL;
}

static PyObject *take_batch(session_object *session, const deadline *until) {
    struct ArrowArray array = {.release = NULL};
    struct ArrowSchema schema = {.release = NULL};
    if (open_source(session, SESSION_BATCHES) || open_stream(session))
        return NULL;
    while (!session->ended) {
        int ready = wait_readable(session, until);
        int found = ready > 0 ? next_array(session, &array) : ready;
        if (found < 0)
            return NULL;
        if (found == 0)
            break;
        if (array.length) {
            if (session->stream.get_schema(&session->stream, &schema) == 0)
                return record_batch_new(state_of((PyObject *)session), &schema, &array);
            array.release(&array);
            return PyErr_NoMemory();
        }
        array.release(&array);
    }
    Py_RETURN_NONE;
}

static PyObject *in_turn(PyObject *self, PyObject *milliseconds,
                         PyObject *(*take)(session_object *session, const deadline *until)) {
    session_object *session = (session_object *)self;
    deadline until;
    if (take_deadline(milliseconds, &until))
        return NULL;
    if (is_left_behind(session))
        Py_RETURN_NONE;
    int turn = take_turn(session, &until);
    if (turn <= 0)
        return turn < 0 ? NULL : Py_NewRef(Py_None);
    PyObject *taken = take(session, &until);
    end_turn(session);
    return taken;
}

PyObject *session_next_event(PyObject *self, PyObject *milliseconds) {
    return in_turn(self, milliseconds, take_event);
}

PyObject *session_next_batch(PyObject *self, PyObject *milliseconds) {
    return in_turn(self, milliseconds, take_batch);
}

void session_end_reading(session_object *session) {
    source *ending = session->source;
    if (session->stream.release)
        session->stream.release(&session->stream);
    session->source = NULL;
    if (ending) {
        source_end(ending);
        source_release(ending);
    }
}
