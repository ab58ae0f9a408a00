/* SPDX-License-Identifier: MIT */
/* The type Session: making, enabling, starting and stopping. pyetwkit.EtwSession is made of it. */
#include "session.h"
#include "system.h"

#include <string.h>

/* On the session's thread, which knows nothing of Python. */
static void wake(void *context) {
    const session_object *session = context;
    const intptr_t descriptor = __atomic_load_n(&session->wake, __ATOMIC_ACQUIRE);
    if (descriptor != -1)
        system_wake(descriptor);
}

static PyObject *raise(PyObject *self, const etwkit_error *error) {
    return core_raise(state_of(self), error, NULL);
}

static int keep_reading_options(core_state *state, session_object *made, PyObject *filter, PyObject *schemas) {
    if (filter != Py_None && Py_TYPE(filter) != state->filter_type) {
        PyErr_Format(PyExc_TypeError, "filter must be an EventFilter, not %R", filter);
        return -1;
    }
    if (!PyTuple_Check(schemas)) {
        PyErr_SetString(PyExc_TypeError, "schema_paths must be a tuple of str");
        return -1;
    }
    made->filter = filter == Py_None ? NULL : Py_NewRef(filter);
    made->schemas = Py_NewRef(schemas);
    return 0;
}

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static const char *const names[] = {
        "name",          "buffer_size", "minimum_buffers", "maximum_buffers", "flush_ms", "clock", "channel_events",
        "channel_bytes", "overflow",    "filter",          "schema_paths",    "mode",     "path",  "maximum_file_size",
        "system",        NULL};
    PyObject *name, *filter, *schemas, *asked;
    session_system system = {.stacks = NULL};
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    unsigned int clock, overflow, mode;
    unsigned long long channel_bytes, maximum_file_size;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "UIIIIIIKIOOIzKO:Session", (char **)(uintptr_t)names, &name,
                                     &options.buffer_size, &options.minimum_buffers, &options.maximum_buffers,
                                     &options.flush_ms, &clock, &options.channel_events, &channel_bytes, &overflow,
                                     &filter, &schemas, &mode, &options.path, &maximum_file_size, &asked))
        return NULL;
    core_state *state = PyType_GetModuleState(type);
    const char *text = core_utf8(name, "a session's name");
    allocfunc allocate = PyType_GetSlot(type, Py_tp_alloc);
    if (!text || (asked != Py_None && session_take_system(state, asked, &system)))
        return NULL;
    session_object *made = (session_object *)allocate(type, 0);
    if (!made) {
        session_free_system(&system);
        return NULL;
    }
    etwkit_error error = {.status = ETWKIT_OK};
    options.clock = (etwkit_clock)clock;
    options.channel_bytes = channel_bytes;
    options.overflow = (etwkit_overflow)overflow;
    options.mode = (etwkit_session_mode)mode;
    options.maximum_file_size = maximum_file_size;
    options.scope = asked == Py_None ? ETWKIT_SCOPE_PROCESS : ETWKIT_SCOPE_SYSTEM;
    options.system = &system.options;
    options.on_ready = wake;
    options.on_ready_context = made;
    made->wake = -1;
    made->process = system_process();
    made->name = Py_NewRef(name);
    made->lock = PyThread_allocate_lock();
    if (!made->lock)
        PyErr_NoMemory();
    else if (keep_reading_options(state, made, filter, schemas) == 0 &&
             etwkit_session_new(&made->session, text, &options, &error) != ETWKIT_OK)
        core_raise(state, &error, NULL);
    session_free_system(&system);
    if (!made->session)
        Py_CLEAR(made);
    return (PyObject *)made;
}

static void dealloc(PyObject *self) {
    session_object *session = (session_object *)self;
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    session_end_reading(session);
    if (session->session) {
        Py_BEGIN_ALLOW_THREADS;
        etwkit_session_free(&session->session);
        Py_END_ALLOW_THREADS;
    }
    if (session->lock)
        PyThread_free_lock(session->lock);
    Py_XDECREF(session->wake_owner);
    Py_XDECREF(session->filter);
    Py_XDECREF(session->schemas);
    Py_XDECREF(session->name);
    release(self);
    Py_DECREF(type);
}

/* Providers. */

static PyObject *enable(PyObject *self, PyObject *args) {
    session_object *session = (session_object *)self;
    session_wanted wanted;
    if (session_take_wanted(state_of(self), args, &wanted))
        return NULL;
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status;
    Py_BEGIN_ALLOW_THREADS; /* callbacks of providers may be anything */
    status = etwkit_session_enable(session->session, &wanted.provider, &wanted.enable, &error);
    Py_END_ALLOW_THREADS;
    session_free_wanted(&wanted);
    return status == ETWKIT_OK ? Py_NewRef(Py_None) : raise(self, &error);
}

/* disable() and capture_state(): was it enabled? */
static PyObject *ask(PyObject *self, PyObject *id,
                     etwkit_status (*what)(etwkit_session *, const etwkit_guid *, etwkit_error *)) {
    etwkit_guid guid;
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status;
    if (core_guid(state_of(self), id, "a provider's GUID", &guid))
        return NULL;
    Py_BEGIN_ALLOW_THREADS;
    status = what(((session_object *)self)->session, &guid, &error);
    Py_END_ALLOW_THREADS;
    if (status != ETWKIT_OK && status != ETWKIT_E_NOT_FOUND)
        return raise(self, &error);
    return PyBool_FromLong(status == ETWKIT_OK);
}

static PyObject *disable(PyObject *self, PyObject *id) {
    return ask(self, id, etwkit_session_disable);
}

static PyObject *capture_state(PyObject *self, PyObject *id) {
    return ask(self, id, etwkit_session_capture_state);
}

/* Other sources than what is written, other places than the channel. */

static PyObject *replay(PyObject *self, PyObject *args) {
    PyObject *paths;
    etwkit_replay wanted = ETWKIT_REPLAY;
    int everything;
    const char **texts;
    if (!PyArg_ParseTuple(args, "O!dp:replay", &PyTuple_Type, &paths, &wanted.speed, &everything))
        return NULL;
    etwkit_error error = {.status = ETWKIT_OK};
    if (core_texts(paths, "a path", &texts, &wanted.path_count) == 0) {
        wanted.paths = texts;
        wanted.everything = everything;
        Py_BEGIN_ALLOW_THREADS;
        etwkit_session_replay(((session_object *)self)->session, &wanted, &error);
        Py_END_ALLOW_THREADS;
        if (error.status != ETWKIT_OK)
            raise(self, &error);
    }
    PyMem_Free(texts);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyObject *snapshot(PyObject *self, PyObject *path) {
    const char *text = core_utf8(path, "a path");
    etwkit_error error = {.status = ETWKIT_OK};
    if (!text)
        return NULL;
    Py_BEGIN_ALLOW_THREADS;
    etwkit_session_snapshot(((session_object *)self)->session, text, &error);
    Py_END_ALLOW_THREADS;
    return error.status == ETWKIT_OK ? Py_NewRef(Py_None) : raise(self, &error);
}

/* Its life. */

static PyObject *act(PyObject *self, etwkit_status (*what)(etwkit_session *, etwkit_error *)) {
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status;
    Py_BEGIN_ALLOW_THREADS;
    status = what(((session_object *)self)->session, &error);
    Py_END_ALLOW_THREADS;
    return status == ETWKIT_OK ? Py_NewRef(Py_None) : raise(self, &error);
}

static PyObject *start(PyObject *self, PyObject *Py_UNUSED(unused)) {
    PyObject *done = act(self, etwkit_session_start);
    if (done)
        ((session_object *)self)->started = true;
    return done;
}

static PyObject *stop(PyObject *self, PyObject *Py_UNUSED(unused)) {
    return act(self, etwkit_session_stop);
}

static PyObject *flush(PyObject *self, PyObject *Py_UNUSED(unused)) {
    return act(self, etwkit_session_flush);
}

static PyObject *is_running(PyObject *self, PyObject *Py_UNUSED(unused)) {
    return PyBool_FromLong(etwkit_session_is_running(((session_object *)self)->session));
}

static PyObject *wake_with(PyObject *self, PyObject *args) {
    session_object *session = (session_object *)self;
    long long descriptor;
    PyObject *owner;
    if (!PyArg_ParseTuple(args, "LO:wake_with", &descriptor, &owner))
        return NULL;
    if (session->wake_owner) {
        PyErr_SetString(PyExc_ValueError, "the session wakes another descriptor already");
        return NULL;
    }
    session->wake_owner = Py_NewRef(owner); /* until no thread of the session can write any more */
    __atomic_store_n(&session->wake, (intptr_t)descriptor, __ATOMIC_RELEASE);
    system_wake((intptr_t)descriptor); /* what came before is looked for, too */
    Py_RETURN_NONE;
}

static PyObject *stats(PyObject *self, PyObject *Py_UNUSED(unused)) {
    const session_object *session = (const session_object *)self;
    etwkit_session_stats now;
    Py_BEGIN_ALLOW_THREADS;
    now = etwkit_session_get_stats(session->session);
    Py_END_ALLOW_THREADS;
    return Py_BuildValue("(KKKKKKKKKKKKKIKdKKKK)", now.events_received, now.events_delivered, now.events_filtered,
                         now.events_lost_buffer, now.events_lost_channel, now.events_lost_oversize,
                         now.events_lost_abandoned, now.events_in_flight, now.events_overwritten, now.buffers_lost,
                         now.buffers_read, now.buffers_allocated, now.buffers_free, now.buffer_size_kb,
                         now.bytes_received, now.duration_secs, now.windows_events_lost, now.windows_log_buffers_lost,
                         now.windows_real_time_buffers_lost, now.loss_records);
}

static PyObject *notes(PyObject *self, PyObject *Py_UNUSED(unused)) {
    const etwkit_session *session = ((session_object *)self)->session;
    const size_t length = etwkit_session_notes(session, NULL, 0);
    char *text = PyMem_Malloc(length + 1);
    if (!text)
        return PyErr_NoMemory();
    text[0] = 0;
    (void)etwkit_session_notes(session, text, length + 1); /* what came up meanwhile is cut off */
    PyObject *said = core_text(text);
    PyMem_Free(text);
    return said;
}

static PyObject *get_name(PyObject *self, void *Py_UNUSED(closure)) {
    return Py_NewRef(((session_object *)self)->name);
}

static PyObject *get_ended(PyObject *self, void *Py_UNUSED(closure)) {
    const session_object *session = (const session_object *)self;
    return PyBool_FromLong((session->ended && session->index == session->count) ||
                           session->process != system_process());
}

/* What is read through; before anybody reads. */
static int set_filter(PyObject *self, PyObject *filter, void *Py_UNUSED(closure)) {
    session_object *session = (session_object *)self;
    if (!filter || Py_TYPE(filter) != state_of(self)->filter_type || session->source) {
        PyErr_SetString(PyExc_TypeError, "filter is an EventFilter, and set before the session is read");
        return -1;
    }
    PyObject *before = session->filter;
    session->filter = Py_NewRef(filter);
    Py_XDECREF(before);
    return 0;
}

static PyObject *get_filter(PyObject *self, void *Py_UNUSED(closure)) {
    PyObject *filter = ((session_object *)self)->filter;
    return Py_NewRef(filter ? filter : Py_None);
}

static PyObject *get_started(PyObject *self, void *Py_UNUSED(closure)) {
    return PyBool_FromLong(((session_object *)self)->started);
}

static PyMethodDef methods[] = {
    {"enable", enable, METH_VARARGS,
     "enable($self, id, level, keywords_any, keywords_all, event_ids, exclude, ignore_keyword_0, additions, "
     "process_ids, programs, payload_filters, /)\n--\n\nEnables a provider."},
    {"disable", disable, METH_O, "disable($self, id, /)\n--\n\nWas it enabled?"},
    {"capture_state", capture_state, METH_O, "capture_state($self, id, /)\n--\n\nIs it enabled?"},
    {"replay", replay, METH_VARARGS,
     "replay($self, paths, speed, everything, /)\n--\n\nGives the events of traces instead."},
    {"snapshot", snapshot, METH_O, "snapshot($self, path, /)\n--\n\nWrites what a flight recorder holds."},
    {"start", start, METH_NOARGS, "start($self, /)\n--\n\nStarts it."},
    {"stop", stop, METH_NOARGS, "stop($self, /)\n--\n\nStops it."},
    {"flush", flush, METH_NOARGS, "flush($self, /)\n--\n\nHands on what was written before."},
    {"is_running", is_running, METH_NOARGS, "is_running($self, /)\n--\n\nDoes it run?"},
    {"stats", stats, METH_NOARGS, "stats($self, /)\n--\n\nThe members of etwkit_session_stats."},
    {"notes", notes, METH_NOARGS, "notes($self, /)\n--\n\nWhat it could not do as asked, a line each."},
    {"next_event", session_next_event, METH_O,
     "next_event($self, milliseconds, /)\n--\n\nThe next event; None: none in that time, or the end. -1: no limit."},
    {"next_batch", session_next_batch, METH_O,
     "next_batch($self, milliseconds, /)\n--\n\nThe next events as a RecordBatch, as next_event()."},
    {"wake_with", wake_with, METH_VARARGS,
     "wake_with($self, descriptor, owner, /)\n--\n\nWrites a byte there when there is something to read after "
     "there was nothing; keeps the owner meanwhile."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"name", get_name, NULL, "Its name.", NULL},
    {"filter", get_filter, set_filter, "What it is read through.", NULL},
    {"started", get_started, NULL, "Was it started?", NULL},
    {"ended", get_ended, NULL, "Has all been read?", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"A session of the own process, as etwkit/session.h has it."},
    {Py_tp_new, new},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec session_spec = {
    .name = "pyetwkit._core.Session",
    .basicsize = sizeof(session_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
