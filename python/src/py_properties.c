/* SPDX-License-Identifier: MIT */
/* The type Properties: an event's payload as a mapping. One value is decoded alone, the whole is decoded once. */
#include "event.h"

typedef struct properties_object {
    PyObject_HEAD event_object *event;
    PyObject *all; /* dict; NULL: not decoded yet */
} properties_object;

PyObject *properties_new(core_state *state, event_object *event) {
    properties_object *made = PyObject_GC_New(properties_object, state->properties_type);
    if (!made)
        return NULL;
    made->event = (event_object *)Py_NewRef((PyObject *)event);
    made->all = NULL;
    PyObject_GC_Track(made);
    return (PyObject *)made;
}

/* What stands in `all` may be given to anybody, who may put this object into one of its lists. */
static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((properties_object *)self)->all);
    return 0;
}

static int clear(PyObject *self) {
    properties_object *properties = (properties_object *)self;
    Py_CLEAR(properties->event);
    Py_CLEAR(properties->all);
    return 0;
}

/* Borrowed. */
static PyObject *all_of(PyObject *self) {
    properties_object *properties = (properties_object *)self;
    if (!properties->all && schema_check(properties->event->schema) == 0) {
        PyObject *all = values_of(state_of(self), properties->event->schema, &properties->event->record);
        if (properties->all) /* decoding runs code that may have come here, too */
            Py_XDECREF(all);
        else
            properties->all = all;
    }
    return properties->all;
}

/* NULL without an exception: it is not there. A new reference. */
static PyObject *find(PyObject *self, PyObject *name) {
    properties_object *properties = (properties_object *)self;
    if (!properties->all)
        return event_property(properties->event, name);
    return Py_XNewRef(PyDict_GetItemWithError(properties->all, name));
}

static Py_ssize_t length(PyObject *self) {
    PyObject *all = all_of(self);
    return all ? PyDict_Size(all) : -1;
}

static PyObject *subscript(PyObject *self, PyObject *name) {
    PyObject *value = find(self, name);
    if (!value && !PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, name);
    return value;
}

static int contains(PyObject *self, PyObject *name) {
    PyObject *value = find(self, name);
    Py_XDECREF(value);
    return value ? 1 : PyErr_Occurred() ? -1 : 0;
}

static PyObject *get(PyObject *self, PyObject *args) {
    PyObject *name, *otherwise = Py_None;
    if (!PyArg_ParseTuple(args, "O|O:get", &name, &otherwise))
        return NULL;
    PyObject *value = find(self, name);
    return value || PyErr_Occurred() ? value : Py_NewRef(otherwise);
}

static PyObject *iterate(PyObject *self) {
    PyObject *all = all_of(self);
    return all ? PyObject_GetIter(all) : NULL;
}

static PyObject *view(PyObject *self, PyObject *name) {
    PyObject *all = all_of(self);
    return all ? PyObject_CallMethodObjArgs(all, name, NULL) : NULL;
}

static PyObject *keys(PyObject *self, PyObject *Py_UNUSED(unused)) {
    return view(self, state_of(self)->keys);
}

static PyObject *values(PyObject *self, PyObject *Py_UNUSED(unused)) {
    return view(self, state_of(self)->values);
}

static PyObject *items(PyObject *self, PyObject *Py_UNUSED(unused)) {
    return view(self, state_of(self)->items);
}

static PyObject *represent(PyObject *self) {
    PyObject *all = all_of(self);
    return all ? PyUnicode_FromFormat("Properties(%R)", all) : NULL;
}

static PyObject *compare(PyObject *self, PyObject *other, int operation) {
    PyObject *all = all_of(self), *others = Py_TYPE(other) == Py_TYPE(self) && all ? all_of(other) : other;
    if (!all || !others)
        return NULL;
    if ((operation != Py_EQ && operation != Py_NE) || !PyDict_Check(others))
        Py_RETURN_NOTIMPLEMENTED;
    return PyObject_RichCompare(all, others, operation);
}

static PyMethodDef methods[] = {
    {"get", get, METH_VARARGS, "get($self, name, default=None, /)\n--\n\nThe value, or the default."},
    {"keys", keys, METH_NOARGS, "keys($self, /)\n--\n\nThe names, in the payload's order."},
    {"values", values, METH_NOARGS, "values($self, /)\n--\n\nThe values, in the payload's order."},
    {"items", items, METH_NOARGS, "items($self, /)\n--\n\nNames with values."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"An event's payload as a mapping of names to values, in its order. Empty where nothing "
                        "describes the event.\n\n"
                        "One value is decoded alone, the whole once more is asked for."},
    {Py_tp_dealloc, core_dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_repr, represent},
    {Py_tp_richcompare, compare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_tp_iter, iterate},
    {Py_tp_methods, methods},
    {Py_mp_length, length},
    {Py_mp_subscript, subscript},
    {Py_sq_contains, contains},
    {0, NULL},
};

PyType_Spec properties_spec = {
    .name = "pyetwkit.Properties",
    .basicsize = sizeof(properties_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
