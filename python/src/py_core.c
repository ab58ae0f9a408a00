/* SPDX-License-Identifier: MIT */
/* What the types have in common: texts in and out, classes of other modules, and how an object ends. */
#include "core.h"

#include <string.h>

PyObject *core_import(PyObject **slot, const char *module, const char *name) {
    if (*slot)
        return *slot;
    PyObject *imported = PyImport_ImportModule(module);
    PyObject *found = imported ? PyObject_GetAttrString(imported, name) : NULL;
    Py_XDECREF(imported);
    if (*slot) /* the import ran code that came here, too */
        Py_XDECREF(found);
    else
        *slot = found;
    return *slot;
}

PyObject *core_text(const char *text) {
    if (!text)
        Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

const char *core_utf8(PyObject *object, const char *what) {
    Py_ssize_t length;
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be str, not %R", what, object);
        return NULL;
    }
    const char *text = PyUnicode_AsUTF8AndSize(object, &length);
    if (text && strlen(text) != (size_t)length) {
        PyErr_Format(PyExc_ValueError, "%s has a NUL character in it", what);
        return NULL;
    }
    return text;
}

int core_texts(PyObject *tuple, const char *what, const char ***list, size_t *count) {
    *count = tuple ? (size_t)PyTuple_Size(tuple) : 0;
    *list = PyMem_Calloc(*count + 1, sizeof **list);
    if (!*list) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < *count; i++)
        if (!((*list)[i] = core_utf8(PyTuple_GetItem(tuple, (Py_ssize_t)i), what)))
            return -1;
    return 0;
}

void core_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    inquiry clear = (inquiry)(uintptr_t)PyType_GetSlot(type, Py_tp_clear);
    PyObject_GC_UnTrack(self);
    (void)clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}
