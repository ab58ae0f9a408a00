/* SPDX-License-Identifier: MIT */
/* The type Selection: chosen events with typed columns, and the capsules in which they leave. */
#include "arrow.h"

#include <stdlib.h>

typedef struct selection_object {
    PyObject_HEAD etwkit_arrow *arrow;
} selection_object;

static void release_stream(PyObject *capsule) {
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream->release) /* else it was taken */
        stream->release(stream);
    free(stream);
}

static void release_schema(PyObject *capsule) {
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema->release)
        schema->release(schema);
    free(schema);
}

PyObject *arrow_stream_capsule(core_state *state, etwkit_arrow *arrow) {
    struct ArrowArrayStream *stream = calloc(1, sizeof *stream);
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status;
    if (!stream)
        return PyErr_NoMemory();
    Py_BEGIN_ALLOW_THREADS;
    status = etwkit_arrow_stream(arrow, stream, &error);
    Py_END_ALLOW_THREADS;
    if (status != ETWKIT_OK) {
        free(stream);
        return core_raise(state, &error, NULL);
    }
    PyObject *capsule = PyCapsule_New(stream, "arrow_array_stream", release_stream);
    if (!capsule) {
        stream->release(stream);
        free(stream);
    }
    return capsule;
}

PyObject *arrow_schema_capsule(core_state *state, etwkit_arrow *arrow) {
    struct ArrowSchema *schema = calloc(1, sizeof *schema);
    etwkit_error error = {.status = ETWKIT_OK};
    if (!schema)
        return PyErr_NoMemory();
    if (etwkit_arrow_schema(arrow, schema, &error) != ETWKIT_OK) {
        free(schema);
        return core_raise(state, &error, NULL);
    }
    PyObject *capsule = PyCapsule_New(schema, "arrow_schema", release_schema);
    if (!capsule) {
        schema->release(schema);
        free(schema);
    }
    return capsule;
}

PyObject *selection_new(core_state *state, etwkit_arrow *arrow) {
    selection_object *made = arrow ? PyObject_New(selection_object, state->selection_type) : NULL;
    if (!made)
        etwkit_arrow_close(&arrow);
    else
        made->arrow = arrow;
    return (PyObject *)made;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    etwkit_arrow_close(&((selection_object *)self)->arrow);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *stream(PyObject *self, PyObject *args, PyObject *keywords) {
    static const char *const names[] = {"requested_schema", NULL};
    PyObject *requested = Py_None; /* may be passed over: what is given says itself what it is */
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|O:__arrow_c_stream__", (char **)(uintptr_t)names, &requested))
        return NULL;
    return arrow_stream_capsule(state_of(self), ((selection_object *)self)->arrow);
}

static PyObject *schema(PyObject *self, PyObject *Py_UNUSED(unused)) {
    return arrow_schema_capsule(state_of(self), ((selection_object *)self)->arrow);
}

static PyObject *get_count(PyObject *self, void *Py_UNUSED(closure)) {
    return PyLong_FromUnsignedLongLong(etwkit_arrow_get_stats(((selection_object *)self)->arrow).selected);
}

static PyObject *get_stats(PyObject *self, void *Py_UNUSED(closure)) {
    return record_stream(state_of(self), ((selection_object *)self)->arrow);
}

PyObject *trace_select(PyObject *self, PyObject *args, PyObject *keywords) {
    static const char *const names[] = {"provider", "event", "columns",   "numeric",    "payload",
                                        "message",  "rest",  "truncated", "batch_rows", NULL};
    const char *provider = NULL, *event = NULL, **column_list = NULL;
    PyObject *columns = Py_None;
    int numeric = 0, payload = 0, message = 0, rest = 0, truncated = 0;
    Py_ssize_t rows = 0;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|zz$Opppppn:select", (char **)(uintptr_t)names, &provider, &event,
                                     &columns, &numeric, &payload, &message, &rest, &truncated, &rows))
        return NULL;
    etwkit_arrow_options options = {.struct_size = sizeof options,
                                    .provider = provider || event ? provider : NULL,
                                    .event = event,
                                    .batch_rows = rows > 0 ? (size_t)rows : 0};
    options.flags |= numeric ? ETWKIT_ARROW_NUMERIC : 0u;
    options.flags |= payload ? ETWKIT_ARROW_PAYLOAD : 0u;
    options.flags |= message ? ETWKIT_ARROW_MESSAGE : 0u;
    options.flags |= rest ? ETWKIT_ARROW_REST : 0u;
    options.flags |= truncated ? ETWKIT_ARROW_TRUNCATED : 0u;
    PyObject *tuple = columns == Py_None ? NULL : PySequence_Tuple(columns), *result = NULL;
    if (columns != Py_None && (!tuple || core_texts(tuple, "a column", &column_list, &options.column_count))) {
        Py_XDECREF(tuple);
        PyMem_Free(column_list);
        return NULL;
    }
    options.columns = column_list;
    result = selection_new(state_of(self), arrow_open(state_of(self), (trace_object *)self, &options));
    Py_XDECREF(tuple);
    PyMem_Free(column_list);
    return result;
}

PyObject *arrow_convert(PyObject *self, const char *name, PyObject *args, PyObject *keywords) {
    return core_call(self, "pyetwkit._frames", name, args, keywords);
}

ARROW_CONVERTERS

static PyMethodDef methods[] = {
    ARROW_METHODS,
    {"__arrow_c_stream__", (PyCFunction)(void (*)(void))stream, METH_VARARGS | METH_KEYWORDS,
     "__arrow_c_stream__($self, requested_schema=None)\n--\n\nA fresh stream of record batches."},
    {"__arrow_c_schema__", schema, METH_NOARGS, "__arrow_c_schema__($self, /)\n--\n\nThe schema of the streams."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"count", get_count, NULL, "How many events it holds; 0 where all of the trace's were taken.", NULL},
    {"stats", get_stats, NULL, "What its streams gave so far, and what of it is null or was damaged.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     (void *)"Events of a trace as Arrow columns. Hand it to pyarrow, polars, pandas, DuckDB, as often as you "
             "like, from any thread: each\nstream is a fresh one, with a trace of its own, made without the GIL. It "
             "needs neither the Selection nor the Trace any more."},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec selection_spec = {
    .name = "pyetwkit.Selection",
    .basicsize = sizeof(selection_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
