/* SPDX-License-Identifier: MIT */
/* The iterator over the events of a Trace. */
#include "event.h"
#include "trace.h"

typedef struct events_object {
    PyObject_HEAD trace_object *trace; /* NULL: at its end */
    source *source;
    const etwkit_batch *batch;
    size_t index, count; /* in the batch */
    bool ended;          /* nothing more comes */
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
    made->ended = false;
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
    if (trace) {
        trace_give_back(trace, borrowed);
        Py_DECREF((PyObject *)trace);
    }
    return 0;
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    events_object *events = (events_object *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT((PyObject *)events->trace);
    if (events->source && events->source != events->trace->primary)
        Py_VISIT(events->source->data.obj);
    return 0;
}

/* false: the end, or an exception. Batches may be empty: the filter kept all back for a while. */
static bool next_batch(events_object *events) {
    do {
        if (PyErr_CheckSignals())
            return false;
        int status = source_next(events->source, &events->batch);
        events->index = 0;
        events->count = status == ETWKIT_OK ? etwkit_batch_count(events->batch) : 0;
        events->ended = status != ETWKIT_OK;
        if (status < 0 || trace_tell_progress(events->trace, events->source, &events->told, events->ended))
            return false;
    } while (!events->count && !events->ended && !events->source->ends);
    return events->count && !events->source->ends;
}

static PyObject *next(PyObject *self) {
    events_object *events = (events_object *)self;
    source *reading = events->source;
    PyObject *event = NULL;
    if (!reading || !source_enter(reading))
        return NULL;
    if (!reading->ends && (events->index < events->count || next_batch(events)))
        event = event_new(reading, etwkit_batch_record(events->batch, events->index++));
    source_leave(reading);
    if (events->ended || reading->ends) /* closed: its records are gone */
        clear(self);
    return event;
}

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"Iterates over the events of a trace."},
    {Py_tp_dealloc, core_dealloc},
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
