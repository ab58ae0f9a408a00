/* SPDX-License-Identifier: MIT */
/* The iterator over the events of a Trace. */
#include "event.h"
#include "trace.h"

typedef struct events_object {
    PyObject_HEAD trace_object *trace; /* NULL: at its end */
    source *source;
    const etwkit_batch *batch;
    size_t index, count; /* in the batch */
    uint64_t told;       /* bytes of which `progress` knows */
} events_object;

PyObject *events_new(core_state *state, trace_object *trace) {
    source *borrowed = trace_borrow(trace);
    if (!borrowed)
        return NULL;
    events_object *made = PyObject_GC_New(events_object, state->events_type);
    if (!made) {
        trace_give_back(trace, borrowed);
        return NULL;
    }
    made->trace = (trace_object *)Py_NewRef((PyObject *)trace);
    made->source = borrowed;
    made->batch = NULL;
    made->index = made->count = 0;
    made->told = 0;
    PyObject_GC_Track(made);
    return (PyObject *)made;
}

static int clear(PyObject *self) {
    events_object *events = (events_object *)self;
    trace_object *trace = events->trace;
    source *borrowed = events->source;
    events->trace = NULL;
    events->source = NULL;
    events->index = events->count = 0;
    if (trace) {
        trace_give_back(trace, borrowed);
        Py_DECREF((PyObject *)trace);
    }
    return 0;
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT((PyObject *)((events_object *)self)->trace);
    return 0;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

/* false: the end, or an exception. Batches may be empty: the filter kept all back for a while. */
static bool next_batch(events_object *events) {
    int status = ETWKIT_OK;
    events->index = events->count = 0;
    do {
        if (PyErr_CheckSignals())
            return false;
        source *reading = source_keep(events->source);
        status = source_next(reading, &events->batch);
        bool gone = events->source != reading; /* cleared by code that ran meanwhile */
        source_release(reading);
        if (gone)
            return false;
        if (status < 0) {
            if (!events->source->busy) /* else it is another thread's */
                clear((PyObject *)events);
            return false;
        }
        events->count = status == ETWKIT_OK ? etwkit_batch_count(events->batch) : 0;
        events->index = events->count; /* none can be taken until progress was told */
        if (trace_tell_progress(events->trace, events->source, &events->told, status == ETWKIT_END))
            return false;
        if (!events->source)
            return false;
        events->index = 0;
    } while (status == ETWKIT_OK && !events->count);
    if (status == ETWKIT_OK)
        return true;
    clear((PyObject *)events);
    return false;
}

static PyObject *next(PyObject *self) {
    events_object *events = (events_object *)self;
    if (!events->trace)
        return NULL;
    if (events->source->busy || events->source->ends) {
        if (!events->source->busy) { /* closed: its records are gone */
            clear(self);
            return NULL;
        }
        PyErr_SetString(PyExc_ValueError, "another thread is at this iterator");
        return NULL;
    }
    if (events->index >= events->count && !next_batch(events))
        return NULL;
    return event_new(events->source, etwkit_batch_record(events->batch, events->index++));
}

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"Iterates over the events of a trace."},
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, next},
    {0, NULL},
};

PyType_Spec events_spec = {
    .name = "pyetwkit.Events",
    .basicsize = sizeof(events_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
