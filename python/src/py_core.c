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

PyObject *core_call(PyObject *self, const char *from, const char *name, PyObject *args, PyObject *keywords) {
    PyObject *module = PyImport_ImportModule(from);
    PyObject *function = module ? PyObject_GetAttrString(module, name) : NULL, *result = NULL;
    Py_ssize_t count = PyTuple_Size(args);
    PyObject *all = function ? PyTuple_New(count + 1) : NULL;
    bool good = all && PyTuple_SetItem(all, 0, Py_NewRef(self)) == 0;
    for (Py_ssize_t i = 0; good && i < count; i++)
        good = PyTuple_SetItem(all, i + 1, Py_NewRef(PyTuple_GetItem(args, i))) == 0;
    if (good)
        result = PyObject_Call(function, all, keywords);
    Py_XDECREF(module);
    Py_XDECREF(function);
    Py_XDECREF(all);
    return result;
}

int core_guid(core_state *state, PyObject *uuid, const char *what, etwkit_guid *guid) {
    PyObject *bytes = PyBytes_Check(uuid) ? Py_NewRef(uuid) : PyObject_GetAttr(uuid, state->bytes_le);
    bool good = bytes && PyBytes_Check(bytes) && PyBytes_Size(bytes) == sizeof guid->bytes;
    if (good)
        memcpy(guid->bytes, PyBytes_AsString(bytes), sizeof guid->bytes);
    else
        PyErr_Format(PyExc_TypeError, "%s must be a uuid.UUID, not %R", what, uuid);
    Py_XDECREF(bytes);
    return good ? 0 : -1;
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
