/* SPDX-License-Identifier: MIT */
/* The type EventFilter: conditions that are decided in C before an event becomes an object. */
#include "schema.h"

typedef struct filter_object {
    PyObject_HEAD etwkit_filter *filter; /* NULL: every event passes */
} filter_object;

const etwkit_filter *filter_of(PyObject *filter) {
    return filter && filter != Py_None ? ((filter_object *)filter)->filter : NULL;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    etwkit_filter_free(((filter_object *)self)->filter);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"Chooses events."},
    {Py_tp_dealloc, dealloc},
    {0, NULL},
};

PyType_Spec filter_spec = {
    .name = "pyetwkit.EventFilter",
    .basicsize = sizeof(filter_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
