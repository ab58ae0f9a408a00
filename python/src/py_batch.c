/* SPDX-License-Identifier: MIT */
/* The type RecordBatch: events of a live session as Arrow columns, to be taken as often as one likes. */
#include "arrow.h"
#include "session.h"

#include <errno.h>
#include <stdlib.h>

/* What consumers share. Knows no Python object: they release on any thread, whenever they like. */
typedef struct shared {
    size_t owners; /* by atomic operations */
    struct ArrowArray array;
    struct ArrowSchema schema;
} shared;

typedef struct record_batch_object {
    PyObject_HEAD shared *shared;
} record_batch_object;

static shared *add_owner(shared *of) {
    __atomic_fetch_add(&of->owners, 1, __ATOMIC_RELAXED);
    return of;
}

/* NULL is allowed. */
static void drop_owner(shared *of) {
    if (!of || __atomic_sub_fetch(&of->owners, 1, __ATOMIC_ACQ_REL))
        return;
    if (of->array.release)
        of->array.release(&of->array);
    if (of->schema.release)
        of->schema.release(&of->schema);
    free(of);
}

/* A view of an array, and of all below: its own structs, shared bytes. */
typedef struct view {
    shared *shared; /* NULL: memory ran out for what is below */
    size_t count;
    struct ArrowArray dictionary, **pointers; /* to the children, behind them */
    struct ArrowArray children[];
} view;

static void release_view(struct ArrowArray *array) {
    view *own = array->private_data;
    for (size_t i = 0; i < own->count; i++)
        if (own->children[i].release) /* nobody has moved it elsewhere */
            own->children[i].release(&own->children[i]);
    if (own->dictionary.release)
        own->dictionary.release(&own->dictionary);
    array->release = NULL;
    drop_owner(own->shared);
    free(own);
}

/* false: memory ran out, and nothing is there. */
static bool view_array(shared *of, const struct ArrowArray *array, struct ArrowArray *out) {
    const size_t count = (size_t)array->n_children;
    view *own = calloc(1, sizeof *own + count * (sizeof *own->children + sizeof *own->pointers));
    *out = (struct ArrowArray){.release = NULL};
    if (!own)
        return false;
    own->count = count;
    own->pointers = (struct ArrowArray **)(own->children + count);
    *out = *array;
    out->children = count ? own->pointers : NULL;
    out->dictionary = array->dictionary ? &own->dictionary : NULL;
    out->private_data = own;
    out->release = release_view;
    bool good = !array->dictionary || view_array(of, array->dictionary, &own->dictionary);
    for (size_t i = 0; i < count; i++) {
        own->pointers[i] = &own->children[i];
        good = good && view_array(of, array->children[i], &own->children[i]);
    }
    if (good)
        own->shared = add_owner(of);
    else
        out->release(out);
    return good;
}

/* The same of a schema. */
typedef struct schema_view {
    shared *shared; /* NULL: memory ran out for what is below */
    size_t count;
    struct ArrowSchema dictionary, **pointers; /* to the children, behind them */
    struct ArrowSchema children[];
} schema_view;

static void release_schema_view(struct ArrowSchema *schema) {
    schema_view *own = schema->private_data;
    for (size_t i = 0; i < own->count; i++)
        if (own->children[i].release) /* nobody has moved it elsewhere */
            own->children[i].release(&own->children[i]);
    if (own->dictionary.release)
        own->dictionary.release(&own->dictionary);
    schema->release = NULL;
    drop_owner(own->shared);
    free(own);
}

static bool view_schema(shared *of, const struct ArrowSchema *schema, struct ArrowSchema *out) {
    const size_t count = (size_t)schema->n_children;
    schema_view *own = calloc(1, sizeof *own + count * (sizeof *own->children + sizeof *own->pointers));
    *out = (struct ArrowSchema){.release = NULL};
    if (!own)
        return false;
    own->count = count;
    own->pointers = (struct ArrowSchema **)(own->children + count);
    *out = *schema;
    out->children = count ? own->pointers : NULL;
    out->dictionary = schema->dictionary ? &own->dictionary : NULL;
    out->private_data = own;
    out->release = release_schema_view;
    bool good = !schema->dictionary || view_schema(of, schema->dictionary, &own->dictionary);
    for (size_t i = 0; i < count; i++) {
        own->pointers[i] = &own->children[i];
        good = good && view_schema(of, schema->children[i], &own->children[i]);
    }
    if (good)
        own->shared = add_owner(of);
    else
        out->release(out);
    return good;
}

/* A stream of this one batch. */
typedef struct single {
    shared *shared;
    bool given;
} single;

static int single_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    const single *own = stream->private_data;
    return view_schema(own->shared, &own->shared->schema, out) ? 0 : ENOMEM;
}

static int single_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    single *own = stream->private_data;
    *out = (struct ArrowArray){.release = NULL};
    if (own->given)
        return 0;
    own->given = true;
    return view_array(own->shared, &own->shared->array, out) ? 0 : ENOMEM;
}

static const char *single_error(struct ArrowArrayStream *Py_UNUSED(stream)) {
    return NULL;
}

static void release_single(struct ArrowArrayStream *stream) {
    single *own = stream->private_data;
    stream->release = NULL;
    drop_owner(own->shared);
    free(own);
}

PyObject *record_batch_new(core_state *state, struct ArrowSchema *schema, struct ArrowArray *array) {
    shared *made = calloc(1, sizeof *made);
    record_batch_object *batch = made ? PyObject_New(record_batch_object, state->record_batch_type) : NULL;
    if (!batch) {
        free(made);
        array->release(array);
        schema->release(schema);
        return made ? NULL : PyErr_NoMemory();
    }
    made->owners = 1;
    made->array = *array;
    made->schema = *schema;
    batch->shared = made;
    return (PyObject *)batch;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    drop_owner(((record_batch_object *)self)->shared);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* Capsules. What they hold is released with them, unless it was taken. */

#define CAPSULE(type, name)                                        \
    static void release_##type(PyObject *capsule) {                \
        struct type *held = PyCapsule_GetPointer(capsule, (name)); \
        if (held->release)                                         \
            held->release(held);                                   \
        free(held);                                                \
    }
CAPSULE(ArrowSchema, "arrow_schema")
CAPSULE(ArrowArray, "arrow_array")
CAPSULE(ArrowArrayStream, "arrow_array_stream")

static PyObject *schema_capsule(shared *of) {
    struct ArrowSchema *held = calloc(1, sizeof *held);
    if (!held || !view_schema(of, &of->schema, held)) {
        free(held);
        return PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(held, "arrow_schema", release_ArrowSchema);
    if (!capsule) {
        held->release(held);
        free(held);
    }
    return capsule;
}

static PyObject *array_capsule(shared *of) {
    struct ArrowArray *held = calloc(1, sizeof *held);
    if (!held || !view_array(of, &of->array, held)) {
        free(held);
        return PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(held, "arrow_array", release_ArrowArray);
    if (!capsule) {
        held->release(held);
        free(held);
    }
    return capsule;
}

/* requested_schema may be passed over: what is given says itself what it is. */
static bool take_request(PyObject *args, PyObject *keywords) {
    static const char *const names[] = {"requested_schema", NULL};
    PyObject *requested = Py_None;
    return PyArg_ParseTupleAndKeywords(args, keywords, "|O", (char **)(uintptr_t)names, &requested);
}

static PyObject *arrow_array(PyObject *self, PyObject *args, PyObject *keywords) {
    shared *of = ((record_batch_object *)self)->shared;
    PyObject *schema = take_request(args, keywords) ? schema_capsule(of) : NULL;
    PyObject *array = schema ? array_capsule(of) : NULL, *both = array ? PyTuple_Pack(2, schema, array) : NULL;
    Py_XDECREF(schema);
    Py_XDECREF(array);
    return both;
}

static PyObject *arrow_schema(PyObject *self, PyObject *Py_UNUSED(unused)) {
    return schema_capsule(((record_batch_object *)self)->shared);
}

static PyObject *arrow_stream(PyObject *self, PyObject *args, PyObject *keywords) {
    shared *of = ((record_batch_object *)self)->shared;
    if (!take_request(args, keywords))
        return NULL;
    struct ArrowArrayStream *held = calloc(1, sizeof *held);
    single *own = calloc(1, sizeof *own);
    if (!held || !own) {
        free(held);
        free(own);
        return PyErr_NoMemory();
    }
    own->shared = add_owner(of);
    *held = (struct ArrowArrayStream){single_schema, single_next, single_error, release_single, own};
    PyObject *capsule = PyCapsule_New(held, "arrow_array_stream", release_ArrowArrayStream);
    if (!capsule) {
        held->release(held);
        free(held);
    }
    return capsule;
}

static Py_ssize_t length(PyObject *self) {
    return (Py_ssize_t)((record_batch_object *)self)->shared->array.length;
}

static PyObject *represent(PyObject *self) {
    return PyUnicode_FromFormat("<RecordBatch of %zd events>", length(self));
}

ARROW_CONVERTERS

static PyMethodDef methods[] = {
    ARROW_METHODS,
    {"__arrow_c_array__", (PyCFunction)(void (*)(void))arrow_array, METH_VARARGS | METH_KEYWORDS,
     "__arrow_c_array__($self, requested_schema=None)\n--\n\nSchema and array of the batch."},
    {"__arrow_c_stream__", (PyCFunction)(void (*)(void))arrow_stream, METH_VARARGS | METH_KEYWORDS,
     "__arrow_c_stream__($self, requested_schema=None)\n--\n\nA stream of this one batch."},
    {"__arrow_c_schema__", arrow_schema, METH_NOARGS, "__arrow_c_schema__($self, /)\n--\n\nThe batch's schema."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     (void
          *)"Events of a live session as Arrow columns, those of Trace.to_arrow(): for pyarrow.record_batch(), polars, "
            "pandas, DuckDB, as often as\nyou like, from any thread. len() is the number of events. It needs the "
            "session no more."},
    {Py_tp_dealloc, dealloc},
    {Py_tp_repr, represent},
    {Py_tp_methods, methods},
    {Py_sq_length, length},
    {0, NULL},
};

PyType_Spec record_batch_spec = {
    .name = "pyetwkit.RecordBatch",
    .basicsize = sizeof(record_batch_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
