/* SPDX-License-Identifier: MIT */
/* The one place where an error of the library becomes an exception. */
#include "core.h"
#include "system.h"

#include <errno.h>
#include <string.h>

static int set_number(PyObject *exception, const char *name, bool known, uint64_t number) {
    PyObject *value = known ? PyLong_FromUnsignedLongLong(number) : Py_NewRef(Py_None);
    int result = value ? PyObject_SetAttrString(exception, name, value) : -1;
    Py_XDECREF(value);
    return result;
}

PyObject *core_error(core_state *state, PyObject *type, const etwkit_error *error) {
    if (!type)
        type = error->status == ETWKIT_E_DAMAGED                                    ? state->damaged_error
               : error->status == ETWKIT_E_NO_SCHEMA                                ? state->not_found_error
               : error->status == ETWKIT_E_FULL || error->status == ETWKIT_E_CLOSED ? state->channel_error
                                                                                    : state->etw_error;
    PyObject *exception = PyObject_CallFunction(type, "s", error->message);
    if (!exception)
        return NULL;
    PyObject *status = PyUnicode_FromString(etwkit_status_name(error->status));
    if (!status || PyObject_SetAttrString(exception, "status", status) ||
        set_number(exception, "offset", error->offset != ETWKIT_NO_OFFSET, error->offset) ||
        set_number(exception, "record", error->record != ETWKIT_NO_NUMBER, error->record))
        Py_CLEAR(exception);
    Py_XDECREF(status);
    return exception;
}

/* OSError chooses its subclass by errno. */
static PyObject *raise_system(const etwkit_error *error, PyObject *path, int number) {
    PyObject *exception = system_new_error(error, path, number);
    if (exception) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    }
    return NULL;
}

PyObject *core_raise(core_state *state, const etwkit_error *error, PyObject *path) {
    const int number = system_errno(error);
    switch (error->status) {
    case ETWKIT_E_NO_MEMORY: return PyErr_NoMemory();
    case ETWKIT_E_INTERRUPTED: /* the exception is set, or waits */
        if (PyErr_Occurred() || Py_MakePendingCalls() < 0)
            return NULL;
        break;
    case ETWKIT_E_INVALID: PyErr_SetString(PyExc_ValueError, error->message); return NULL;
    case ETWKIT_E_NOT_FOUND: return raise_system(error, path, ENOENT);
    case ETWKIT_E_EXISTS: return raise_system(error, path, EEXIST);
    case ETWKIT_E_DENIED: return raise_system(error, path, EACCES);
    case ETWKIT_E_IO: return raise_system(error, path, number ? number : EIO);
    default: break;
    }
    PyObject *exception = core_error(state, NULL, error);
    if (exception) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    }
    return NULL;
}

/* An exception class with its attributes' defaults, for those that are raised from Python. */
static PyObject *new_error(PyObject *module, const char *name, const char *doc, PyObject *bases) {
    PyObject *defaults = Py_BuildValue("{s:O,s:O,s:O}", "status", Py_None, "offset", Py_None, "record", Py_None);
    PyObject *made = defaults ? PyErr_NewExceptionWithDoc(name, doc, bases, defaults) : NULL;
    Py_XDECREF(defaults);
    if (made && PyModule_AddObjectRef(module, strrchr(name, '.') + 1, made))
        Py_CLEAR(made);
    return made;
}

static PyObject *new_child(PyObject *module, const char *name, const char *doc, PyObject *parent, PyObject *other) {
    PyObject *bases = PyTuple_Pack(2, parent, other);
    PyObject *made = bases ? new_error(module, name, doc, bases) : NULL;
    Py_XDECREF(bases);
    return made;
}

int core_add_errors(PyObject *module, core_state *state) {
    state->etw_error =
        new_error(module, "pyetwkit.EtwError",
                  "What goes wrong with traces and sessions. status: the library's name of it; offset: "
                  "byte offset in the file; record: offset of the event in its buffer; each may be None.",
                  NULL);
    if (!state->etw_error)
        return -1;
    state->damaged_error =
        new_child(module, "pyetwkit.DamagedTraceError", "The trace contradicts itself; raised where strict=True.",
                  state->etw_error, PyExc_ValueError);
    state->not_found_error =
        new_child(module, "pyetwkit.SchemaNotFoundError", "No source describes this event or provider.",
                  state->etw_error, PyExc_LookupError);
    state->channel_error = new_child(module, "pyetwkit.ChannelError", "A channel is closed or full.", state->etw_error,
                                     PyExc_RuntimeError);
    return state->damaged_error && state->not_found_error && state->channel_error ? 0 : -1;
}
