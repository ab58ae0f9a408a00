/* SPDX-License-Identifier: MIT */
/* Trace.write(): events as text, by the library's sinks, into a file object of Python. */
#include "write.h"

#include <stdlib.h>
#include <string.h>

/* What a sink wrote and the file has not had yet. Grows without the GIL. */
typedef struct pending {
    char *bytes;
    size_t size, capacity;
} pending;

static etwkit_status keep(void *context, const void *data, size_t size, etwkit_error *error) {
    pending *kept = context;
    if (size > kept->capacity - kept->size) {
        size_t capacity = (kept->size + size) * 2;
        char *larger = realloc(kept->bytes, capacity);
        if (!larger)
            return error->status = ETWKIT_E_NO_MEMORY;
        kept->bytes = larger;
        kept->capacity = capacity;
    }
    memcpy(kept->bytes + kept->size, data, size);
    kept->size += size;
    return ETWKIT_OK;
}

/* How much the file took: all that it was given where its write() does not tell. -1 with an exception. */
static Py_ssize_t taken_of(PyObject *told, Py_ssize_t given) {
    Py_ssize_t taken = PyLong_Check(told) ? PyLong_AsSsize_t(told) : given;
    if (taken >= 0 && taken <= given)
        return taken;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "the file's write() told a number that it was not given");
    return -1;
}

/* Unbuffered files may take a part of the bytes at a time. */
static int hand_over(pending *kept, PyObject *file) {
    for (size_t done = 0; done < kept->size;) {
        Py_ssize_t given = (Py_ssize_t)(kept->size - done);
        PyObject *told = PyObject_CallMethod(file, "write", "y#", kept->bytes + done, given);
        Py_ssize_t taken = told ? taken_of(told, given) : -1;
        Py_XDECREF(told);
        if (taken < 0)
            return -1;
        done += (size_t)taken;
    }
    kept->size = 0;
    return 0;
}

/* What was read before an error is handed over, too; the error stays. */
static void hand_over_the_rest(pending *kept, etwkit_sink *sink, PyObject *file) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (etwkit_sink_flush(sink, NULL) != ETWKIT_OK || hand_over(kept, file))
        PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

/* The number of events, or -1 with an exception. */
static int64_t write_all(trace_object *trace, source *reading, etwkit_sink *sink, pending *kept, PyObject *file,
                         uint64_t limit) {
    uint64_t told = 0, count = 0;
    int status = ETWKIT_OK;
    while (status == ETWKIT_OK) {
        if (PyErr_CheckSignals() || (status = source_write(reading, sink, limit, &count)) < 0) {
            hand_over_the_rest(kept, sink, file);
            return -1;
        }
        if (hand_over(kept, file) || trace_tell_progress(trace, reading, &told, status == ETWKIT_END))
            return -1;
    }
    return (int64_t)count;
}

static bool format_of(const char *name, etwkit_format *format) {
    bool csv = strcmp(name, "csv") == 0;
    *format = csv ? ETWKIT_FORMAT_CSV : ETWKIT_FORMAT_JSONL;
    if (csv || strcmp(name, "jsonl") == 0)
        return true;
    PyErr_Format(PyExc_ValueError, "format is 'jsonl' or 'csv', not '%s'", name);
    return false;
}

PyObject *trace_write(PyObject *self, PyObject *args, PyObject *keywords) {
    static const char *const names[] = {"file",    "format",  "limit",  "numeric", "names",
                                        "message", "payload", "fields", NULL};
    PyObject *file, *most = Py_None;
    const char *format = "jsonl";
    int numeric = 0, with_names = 0, message = 0, payload = 0, fields = 0;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|s$Oppppp:write", (char **)(uintptr_t)names, &file, &format,
                                     &most, &numeric, &with_names, &message, &payload, &fields))
        return NULL;
    pending kept = {NULL, 0, 0};
    trace_object *trace = (trace_object *)self;
    etwkit_sink_options options = {
        .struct_size = sizeof options, .write = keep, .context = &kept, .threads = trace->options.threads};
    options.flags |= numeric ? ETWKIT_SINK_NUMERIC : 0u;
    options.flags |= with_names ? ETWKIT_SINK_NAMES : 0u;
    options.flags |= message ? ETWKIT_SINK_MESSAGE : 0u;
    options.flags |= payload ? ETWKIT_SINK_PAYLOAD : 0u;
    options.flags |= fields ? ETWKIT_SINK_FIELDS : 0u;
    uint64_t limit = most == Py_None ? UINT64_MAX : PyLong_AsUnsignedLongLong(most);
    if (PyErr_Occurred() || !format_of(format, &options.format))
        return NULL;
    source *reading = trace_borrow(trace);
    if (!reading)
        return NULL;
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_sink *sink;
    int64_t count = -1;
    if (etwkit_sink_open(&sink, &options, &error) == ETWKIT_OK)
        count = write_all(trace, reading, sink, &kept, file, limit);
    else
        core_raise(reading->state, &error, NULL);
    etwkit_sink_close(&sink);
    free(kept.bytes);
    trace_give_back(trace, reading);
    return count < 0 ? NULL : PyLong_FromLongLong(count);
}
