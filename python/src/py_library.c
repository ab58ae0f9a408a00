/* SPDX-License-Identifier: MIT */
/* The type Library: what is known of providers without any trace. pyetwkit's catalogue functions ask one. */
#include "schema.h"

typedef struct library_object {
    PyObject_HEAD etwkit_library *library;
} library_object;

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static const char *const names[] = {"paths", "no_pack", NULL};
    PyObject *paths;
    int no_pack;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O!p:Library", (char **)(uintptr_t)names, &PyTuple_Type, &paths,
                                     &no_pack))
        return NULL;
    etwkit_library_options options = ETWKIT_LIBRARY_OPTIONS;
    etwkit_error error = {.status = ETWKIT_OK};
    const char **texts;
    library_object *made = NULL;
    if (core_texts(paths, "a path", &texts, &options.path_count) == 0 && (made = PyObject_New(library_object, type))) {
        etwkit_status status;
        made->library = NULL;
        options.paths = texts;
        options.no_bundled = no_pack;
        Py_BEGIN_ALLOW_THREADS;
        status = etwkit_library_open(&made->library, &options, &error);
        Py_END_ALLOW_THREADS;
        if (status != ETWKIT_OK) {
            core_raise(PyType_GetModuleState(type), &error, NULL);
            Py_CLEAR(made);
        }
    }
    PyMem_Free(texts);
    return (PyObject *)made;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    etwkit_library_close(&((library_object *)self)->library);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* (name, GUID, source, path, number of events). */
static PyObject *describe(core_state *state, const etwkit_provider *provider) {
    PyObject *id = guid_object(state, etwkit_provider_id(provider));
    if (!id)
        return NULL;
    return Py_BuildValue("(NNNNn)", core_text(etwkit_provider_name(provider)), id,
                         core_text(etwkit_source_name(etwkit_provider_source(provider))),
                         core_text(etwkit_provider_path(provider)), (Py_ssize_t)etwkit_provider_event_count(provider));
}

static PyObject *providers(PyObject *self, PyObject *Py_UNUSED(unused)) {
    etwkit_library *library = ((library_object *)self)->library;
    PyObject *list = PyList_New(0);
    const etwkit_provider *provider;
    for (size_t i = 0; list && (provider = etwkit_library_provider_at(library, i)); i++) {
        PyObject *one = describe(state_of(self), provider);
        if (!one || PyList_Append(list, one))
            Py_CLEAR(list);
        Py_XDECREF(one);
    }
    return list;
}

/* NULL with an exception. */
static const etwkit_provider *provider_at(PyObject *self, Py_ssize_t index) {
    const etwkit_provider *provider =
        index < 0 ? NULL : etwkit_library_provider_at(((library_object *)self)->library, (size_t)index);
    if (!provider)
        PyErr_SetString(PyExc_IndexError, "no such provider");
    return provider;
}

static PyObject *events(PyObject *self, PyObject *number) {
    etwkit_library *library = ((library_object *)self)->library;
    Py_ssize_t index = PyLong_AsSsize_t(number);
    const etwkit_provider *provider = PyErr_Occurred() ? NULL : provider_at(self, index);
    PyObject *list = provider ? PyList_New(0) : NULL;
    const etwkit_schema *schema;
    for (size_t i = 0; list && (schema = etwkit_library_event(library, provider, i)); i++) {
        PyObject *one = (PyObject *)schema_new(state_of(self), NULL, self, schema);
        if (!one || PyList_Append(list, one))
            Py_CLEAR(list);
        Py_XDECREF(one);
    }
    return list;
}

static PyObject *names(PyObject *self, PyObject *args) {
    etwkit_library *library = ((library_object *)self)->library;
    Py_ssize_t index;
    int kind;
    if (!PyArg_ParseTuple(args, "ni:names", &index, &kind))
        return NULL;
    const etwkit_provider *provider = provider_at(self, index);
    PyObject *found = provider ? PyDict_New() : NULL;
    uint64_t number;
    const char *name;
    for (size_t i = 0;
         found && etwkit_library_name(library, provider, (etwkit_name_kind)kind, i, &number, &name) == ETWKIT_OK; i++) {
        PyObject *key = PyLong_FromUnsignedLongLong(number), *text = core_text(name);
        if (!key || !text || PyDict_SetItem(found, key, text))
            Py_CLEAR(found);
        Py_XDECREF(key);
        Py_XDECREF(text);
    }
    return found;
}

static PyMethodDef methods[] = {
    {"providers", providers, METH_NOARGS,
     "providers($self, /)\n--\n\n(name, GUID, source, path, events) of each, by name."},
    {"events", events, METH_O, "events($self, index, /)\n--\n\nThe Schemas of a provider's events."},
    {"names", names, METH_VARARGS,
     "names($self, index, kind, /)\n--\n\nA provider's names of levels, opcodes, tasks, ..."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"Library(paths, no_pack)\n--\n\nWhat is known of providers without any trace."},
    {Py_tp_new, new},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec library_spec = {
    .name = "pyetwkit._core.Library",
    .basicsize = sizeof(library_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
