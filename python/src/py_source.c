/* SPDX-License-Identifier: MIT */
/* Opens C traces for Python objects, reads their batches without the GIL, and keeps their schemas. */
#include "schema.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

/* Bytes that are read without the GIL before signals are looked for: ten milliseconds, or some ten where a filter looks
 * into all events, or where they are written as text. */
enum {
    AT_ONCE = 8 << 20,
    WRITTEN_AT_ONCE = 1 << 20
};

/* The path that an error is about: messages begin with it. */
static PyObject *path_of(const etwkit_error *error, PyObject *paths) {
    for (Py_ssize_t i = 0; paths && i < PyTuple_Size(paths); i++) {
        Py_ssize_t length;
        PyObject *path = PyTuple_GetItem(paths, i);
        const char *text = PyUnicode_AsUTF8AndSize(path, &length);
        if (text && strncmp(error->message, text, (size_t)length) == 0)
            return path;
    }
    PyErr_Clear();
    return paths && PyTuple_Size(paths) == 1 ? PyTuple_GetItem(paths, 0) : NULL;
}

/* What all openings have in common; to be freed with drop_opening(), also after a failure. */
typedef struct opening {
    const char **paths, **schemas;
    size_t path_count;
    etwkit_trace_options trace;
} opening;

/* 0, or -1 with an exception. `here`: see core_let_interrupt(). */
static int take_opening(opening *made, core_state *state, const source_options *options, bool here) {
    *made = (opening){NULL, NULL, 0, ETWKIT_TRACE_OPTIONS};
    if (core_texts(options->paths, "a path", &made->paths, &made->path_count) ||
        core_texts(options->schemas, "a path", &made->schemas, &made->trace.schema_path_count))
        return -1;
    made->trace.filter = filter_of(options->filter);
    made->trace.schema_paths = made->schemas;
    made->trace.unordered = options->unordered;
    made->trace.strict = options->strict;
    made->trace.no_bundled_schemas = options->no_pack;
    made->trace.threads = options->threads;
    made->trace.memory_limit = options->memory_limit;
    return core_let_interrupt(state, &made->trace, here);
}

static void drop_opening(opening *used) {
    PyMem_Free(used->paths);
    PyMem_Free(used->schemas);
}

static int open_trace(source *made, const source_options *options) {
    opening how;
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status = ETWKIT_E_INVALID;
    int taken = take_opening(&how, made->state, options, true);
    if (taken == 0) {
        Py_BEGIN_ALLOW_THREADS;
        status = options->session ? etwkit_trace_open_session(&made->trace, options->session, &how.trace, &error)
                 : options->data  ? etwkit_trace_open_memory(&made->trace, made->data.buf, (size_t)made->data.len, NULL,
                                                             &how.trace, &error)
                                 : etwkit_trace_open_paths(&made->trace, how.paths, how.path_count, &how.trace, &error);
        Py_END_ALLOW_THREADS;
    }
    drop_opening(&how);
    if (status == ETWKIT_OK)
        return 0;
    if (taken == 0)
        core_raise(made->state, &error, path_of(&error, options->paths));
    return -1;
}

etwkit_arrow *source_arrow(core_state *state, const source_options *options, etwkit_arrow_options *columns) {
    opening how;
    Py_buffer data = {.obj = NULL};
    etwkit_arrow *made = NULL;
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status = ETWKIT_E_INVALID;
    int taken = take_opening(&how, state, options, false);
    if (taken == 0 && options->data)
        taken = PyObject_GetBuffer(options->data, &data, PyBUF_SIMPLE);
    if (taken == 0) {
        columns->trace = &how.trace;
        Py_BEGIN_ALLOW_THREADS;
        status = options->data ? etwkit_arrow_open_memory(&made, data.buf, (size_t)data.len, NULL, columns, &error)
                               : etwkit_arrow_open(&made, how.paths, how.path_count, columns, &error);
        Py_END_ALLOW_THREADS;
        columns->trace = NULL;
    }
    if (data.obj)
        PyBuffer_Release(&data);
    drop_opening(&how);
    if (status != ETWKIT_OK && taken == 0)
        core_raise(state, &error, path_of(&error, options->paths));
    return status == ETWKIT_OK ? made : NULL;
}

/* Keeps what the reading met so far. -1 with an exception. */
static int note(source *from) {
    const etwkit_error *found;
    from->stats = etwkit_trace_get_stats(from->trace);
    while ((found = etwkit_trace_damage(from->trace, from->damage_count))) {
        if (from->damage_count == from->damage_capacity) {
            size_t more = from->damage_capacity ? from->damage_capacity * 2 : 8;
            etwkit_error *larger = PyMem_Realloc(from->damage, more * sizeof *larger);
            if (!larger) {
                PyErr_NoMemory();
                return -1;
            }
            from->damage = larger;
            from->damage_capacity = more;
        }
        from->damage[from->damage_count++] = *found;
    }
    return 0;
}

source *source_open(core_state *state, const source_options *options) {
    source *made = PyMem_Calloc(1, sizeof *made);
    if (!made)
        return (source *)PyErr_NoMemory();
    made->references = 1;
    made->state = state;
    made->filter = Py_XNewRef(options->filter);
    bool good = (!options->data || PyObject_GetBuffer(options->data, &made->data, PyBUF_SIMPLE) == 0) &&
                open_trace(made, options) == 0 && note(made) == 0;
    if (!good) {
        source_release(made);
        return NULL;
    }
    return made;
}

source *source_keep(source *kept) {
    kept->references++;
    return kept;
}

void source_end(source *ending) {
    ending->ends = true;
    if (ending->busy)
        return; /* source_leave() comes back here */
    schema_object **schemas = ending->schemas;
    size_t slots = schemas ? ending->schema_mask + 1 : 0;
    ending->schemas = NULL;
    ending->recent = NULL;
    ending->recent_key = NULL;
    ending->schema_count = 0;
    etwkit_trace_end(ending->trace);
    if (ending->data.obj)
        PyBuffer_Release(&ending->data);
    source_keep(ending); /* the last of the schemas may be the last that held it */
    for (size_t i = 0; i < slots; i++)
        Py_XDECREF((PyObject *)schemas[i]);
    PyMem_Free(schemas);
    source_release(ending);
}

void source_release(source *released) {
    if (--released->references)
        return;
    PyMem_Free(released->schemas); /* empty: each schema holds a reference */
    PyMem_Free(released->damage);
    etwkit_trace_close(&released->trace);
    if (released->data.obj)
        PyBuffer_Release(&released->data);
    Py_XDECREF(released->filter);
    PyMem_Free(released);
}

bool source_enter(source *entered) {
    if (!entered->busy)
        return entered->busy = true;
    PyErr_SetString(PyExc_ValueError, "another thread, or a function that this reading calls, is at this iterator");
    return false;
}

void source_leave(source *entered) {
    entered->busy = false;
    if (entered->ends)
        source_end(entered);
}

int source_rewind(source *from) {
    etwkit_error error;
    from->batch++;
    if (etwkit_trace_rewind(from->trace, &error) != ETWKIT_OK) {
        core_raise(from->state, &error, NULL);
        return -1;
    }
    from->damage_count = 0;
    return note(from);
}

/* After what was read without the GIL. */
static int finish(source *from, etwkit_status status, const etwkit_error *error) {
    if (status == ETWKIT_E_INTERRUPTED || PyErr_Occurred())
        from->interrupted = true;
    if (PyErr_Occurred() || note(from))
        return -1;
    if (from->ends) /* closed meanwhile */
        return ETWKIT_END;
    if (status >= 0)
        return status;
    core_raise(from->state, error, NULL);
    return -1;
}

int source_next(source *from, const etwkit_batch **batch) {
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status;
    from->batch++;
    Py_BEGIN_ALLOW_THREADS;
    status = etwkit_trace_next(from->trace, batch, &error);
    Py_END_ALLOW_THREADS;
    return finish(from, status, &error);
}

static void count_kinds(etwkit_trace *trace, const etwkit_batch *batch, tally *kinds) {
    for (size_t i = 0; i < etwkit_batch_count(batch); i++)
        tally_add(kinds, etwkit_trace_schema(trace, etwkit_batch_record(batch, i)));
}

int source_read(source *from, uint64_t *count, tally *kinds) {
    const etwkit_batch *batch;
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status = ETWKIT_OK;
    const uint64_t until = from->stats.bytes_read + AT_ONCE;
    if (!source_enter(from))
        return -1;
    from->batch++;
    Py_BEGIN_ALLOW_THREADS;
    do {
        status = etwkit_trace_next(from->trace, &batch, &error);
        if (status != ETWKIT_OK)
            break;
        *count += etwkit_batch_count(batch);
        if (kinds)
            count_kinds(from->trace, batch, kinds);
    } while (etwkit_trace_get_stats(from->trace).bytes_read < until);
    Py_END_ALLOW_THREADS;
    int result = finish(from, status, &error);
    source_leave(from);
    return result;
}

int source_write(source *from, etwkit_sink *sink, uint64_t limit, uint64_t *count) {
    const etwkit_batch *batch;
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status = ETWKIT_OK;
    const uint64_t until = from->stats.bytes_read + WRITTEN_AT_ONCE;
    if (!source_enter(from))
        return -1;
    from->batch++;
    Py_BEGIN_ALLOW_THREADS;
    do {
        status = *count < limit ? etwkit_trace_next(from->trace, &batch, &error) : ETWKIT_END;
        if (status != ETWKIT_OK)
            break;
        uint64_t events = etwkit_batch_count(batch), left = limit - *count;
        events = events < left ? events : left;
        status = etwkit_sink_batch(sink, from->trace, batch, (size_t)events, &error);
        *count += events;
    } while (status == ETWKIT_OK && etwkit_trace_get_stats(from->trace).bytes_read < until);
    if (status == ETWKIT_END) {
        status = etwkit_sink_flush(sink, &error);
        status = status == ETWKIT_OK ? ETWKIT_END : status;
    }
    Py_END_ALLOW_THREADS;
    int result = finish(from, status, &error);
    source_leave(from);
    return result;
}

/* The slot of a schema, or the empty one where it belongs. */
static schema_object **find(schema_object **schemas, size_t mask, const etwkit_schema *key) {
    uint64_t hash = (uint64_t)(uintptr_t)key * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(hash >> 32) & mask;
    while (schemas[at] && schemas[at]->schema != key)
        at = (at + 1) & mask;
    return &schemas[at];
}

static int grow(source *in) {
    size_t slots = in->schemas ? (in->schema_mask + 1) * 2 : 64;
    schema_object **larger = PyMem_Calloc(slots, sizeof *larger);
    if (!larger) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; in->schemas && i <= in->schema_mask; i++)
        if (in->schemas[i])
            *find(larger, slots - 1, in->schemas[i]->schema) = in->schemas[i];
    PyMem_Free(in->schemas);
    in->schemas = larger;
    in->schema_mask = slots - 1;
    return 0;
}

schema_object *source_wrap(source *from, const etwkit_schema *key) {
    if (key == from->recent_key)
        return (schema_object *)Py_NewRef((PyObject *)from->recent);
    if (!etwkit_schema_is_lasting(key))
        return schema_new(from->state, from, NULL, key);
    if ((!from->schemas || from->schema_count * 2 > from->schema_mask) && grow(from))
        return NULL;
    schema_object **slot = find(from->schemas, from->schema_mask, key);
    if (!*slot) {
        schema_object *made = schema_new(from->state, from, NULL, key);
        /* Making it ran Python code, which may have come here or ended the source. */
        if (!made || from->ends || !from->schemas)
            return made;
        slot = find(from->schemas, from->schema_mask, key);
        if (*slot) {
            Py_DECREF((PyObject *)made);
        } else {
            *slot = made;
            from->schema_count++;
        }
    }
    from->recent_key = key;
    from->recent = *slot;
    return (schema_object *)Py_NewRef((PyObject *)*slot);
}

schema_object *source_schema(source *from, const etwkit_record *record) {
    const etwkit_schema *key = etwkit_trace_schema(from->trace, record);
    return key ? source_wrap(from, key) : (schema_object *)PyErr_NoMemory();
}
