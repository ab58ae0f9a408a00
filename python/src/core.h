/* SPDX-License-Identifier: MIT */
/* What the files of pyetwkit._core share: the module's state, and how errors become exceptions. */
#ifndef PYETWKIT_CORE_H
#define PYETWKIT_CORE_H

/* First, as Python wants it: it says which of the system's declarations are seen. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
/* Behind it. */
#include <etwkit/etwkit.h>

/* All that would be global. A module of a subinterpreter has its own. */
typedef struct core_state {
    PyTypeObject *trace_type, *events_type, *event_type, *properties_type, *schema_type, *field_type, *filter_type,
        *selection_type, *library_type, *provider_type, *session_type, *record_batch_type;
    PyTypeObject *info_type, *stats_type, *count_type, *stream_type; /* struct sequences */
    PyObject *etw_error, *damaged_error, *not_found_error, *channel_error;
    /* Of other modules, taken when first needed: `import pyetwkit` is to be quick. */
    PyObject *uuid, *datetime, *utc, *ipv4, *ipv6, *mapped;
    PyObject *guids, *addresses;                /* dicts: those that were met, by their bytes */
    PyObject *bytes_le, *keys, *values, *items; /* names of a keyword of uuid.UUID, and of methods of dict */
    unsigned long main_thread; /* whose signals are looked for; 0: not asked for yet, or there is none */
    /* Writes single events as lines: to_json(). Used with the GIL held, between two calls of Python. */
    etwkit_sink *lines;
    PyObject *line;               /* what it wrote */
    struct encode_shapes *shapes; /* of events that were written; NULL: none yet */
    PyObject
        *current_activity; /* a function that gives the context's activity, or what it is given; NULL: no activities */
} core_state;

/* Types are final, so an object's own type knows the module. */
static inline core_state *state_of(PyObject *self) {
    return PyType_GetModuleState(Py_TYPE(self));
}

/*
 * How a reading without the GIL is interrupted: to be put into its options. By the main thread's signals, if it is that
 * thread that reads, and only in the main interpreter. `here`: the reading returns to us, with the exception set; else
 * it belongs to an Arrow stream, which others read, and the exception comes when Python goes on. -1 with an exception.
 */
int core_let_interrupt(core_state *state, etwkit_trace_options *options, bool here);

/* Sets the exception that an error of the library is; returns NULL. `path` (may be NULL) is what was being opened. */
PyObject *core_raise(core_state *state, const etwkit_error *error, PyObject *path);
/* An exception made of a library's error, with .status, .offset, .record: what Trace.damage lists. */
PyObject *core_error(core_state *state, PyObject *type, const etwkit_error *error);
int core_add_errors(PyObject *module, core_state *state);

/* *slot, or what module.name is, kept there. Borrowed; NULL with an exception. */
PyObject *core_import(PyObject **slot, const char *module, const char *name);

/* A method that is written in Python: the function of that name in the module `from`, with self in front. */
PyObject *core_call(PyObject *self, const char *from, const char *name, PyObject *args, PyObject *keywords);

/* 16 bytes in Windows' order, of a uuid.UUID or of such bytes; `what` is for messages. 0, or -1 with an exception. */
int core_guid(core_state *state, PyObject *uuid, const char *what, etwkit_guid *guid);

/* str or None. */
PyObject *core_text(const char *text);
/* str without a NUL in it, as UTF-8 that lives as long as the object. NULL with an exception, which says what it is. */
const char *core_utf8(PyObject *object, const char *what);
/* The C strings of a tuple of str, which live as long as it does; *list is to be freed by PyMem_Free(), also after a
 * failure: -1 with an exception. NULL is an empty tuple. */
int core_texts(PyObject *tuple, const char *what, const char ***list, size_t *count);

/* tp_dealloc of the types whose objects may be part of a cycle: their tp_clear gives back what an object holds. */
void core_dealloc(PyObject *self);

/* Each type's file makes it. */
extern PyType_Spec trace_spec, events_spec, event_spec, properties_spec, schema_spec, field_spec, filter_spec,
    selection_spec, library_spec, provider_spec, session_spec, record_batch_spec;
int core_add_records(PyObject *module, core_state *state);

#endif
