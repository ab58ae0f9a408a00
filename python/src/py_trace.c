/* SPDX-License-Identifier: MIT */
/* The type Trace: files or memory that events are read from, again and again. pyetwkit.open() makes it. */
#include "arrow.h"
#include "tally.h"
#include "trace.h"
#include "write.h"

static int closed(const trace_object *trace) {
    if (trace->primary)
        return 0;
    PyErr_SetString(PyExc_ValueError, "the trace is closed");
    return -1;
}

static PyObject *infos_of(core_state *state, const etwkit_trace *trace) {
    size_t count = etwkit_trace_file_count(trace);
    PyObject *infos = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; infos && i < count; i++) {
        PyObject *info = record_info(state, etwkit_trace_get_info(trace, i));
        if (!info || PyTuple_SetItem(infos, (Py_ssize_t)i, info))
            Py_CLEAR(infos);
    }
    return infos;
}

/* A tuple of str, kept; None and nothing are NULL. */
static int keep_texts(PyObject **kept, PyObject *texts, const char *name) {
    if (!texts || texts == Py_None)
        return 0;
    bool good = PyTuple_Check(texts);
    for (Py_ssize_t i = 0; good && i < PyTuple_Size(texts); i++)
        good = PyUnicode_Check(PyTuple_GetItem(texts, i));
    if (!good) {
        PyErr_Format(PyExc_TypeError, "%s must be a tuple of str", name);
        return -1;
    }
    *kept = Py_NewRef(texts);
    return 0;
}

static int keep_filter(core_state *state, trace_object *trace, PyObject *filter) {
    if (filter == Py_None)
        return 0;
    if (Py_TYPE(filter) != state->filter_type) {
        PyErr_Format(PyExc_TypeError, "filter must be an EventFilter, not %R", filter);
        return -1;
    }
    trace->options.filter = Py_NewRef(filter);
    return 0;
}

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static const char *const names[] = {"paths",  "data",    "schema_paths", "filter",       "progress", "unordered",
                                        "strict", "no_pack", "threads",      "memory_limit", NULL};
    PyObject *paths, *data, *schemas, *filter, *progress;
    int unordered, strict, no_pack;
    unsigned int threads;
    unsigned long long memory_limit;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "OOOOOpppIK:Trace", (char **)(uintptr_t)names, &paths, &data,
                                     &schemas, &filter, &progress, &unordered, &strict, &no_pack, &threads,
                                     &memory_limit))
        return NULL;
    core_state *state = PyType_GetModuleState(type);
    allocfunc allocate = PyType_GetSlot(type, Py_tp_alloc);
    trace_object *trace = (trace_object *)allocate(type, 0); /* zeroed, and tracked */
    if (!trace)
        return NULL;
    trace->options.threads = threads;
    trace->options.memory_limit = memory_limit;
    trace->options.unordered = unordered;
    trace->options.strict = strict;
    trace->options.no_pack = no_pack;
    trace->options.data = data == Py_None ? NULL : Py_NewRef(data);
    trace->progress = progress == Py_None ? NULL : Py_NewRef(progress);
    if (keep_texts(&trace->options.paths, paths, "paths") ||
        keep_texts(&trace->options.schemas, schemas, "schema_paths") || keep_filter(state, trace, filter) ||
        !(trace->primary = source_open(state, &trace->options)) ||
        !(trace->infos = infos_of(state, trace->primary->trace)))
        Py_CLEAR(trace);
    else
        trace->last = source_keep(trace->primary);
    return (PyObject *)trace;
}

static void close_primary(trace_object *trace) {
    source *closing = trace->primary;
    trace->primary = NULL;
    if (closing) {
        source_end(closing);
        source_release(closing);
    }
}

static int clear(PyObject *self) {
    trace_object *trace = (trace_object *)self;
    close_primary(trace);
    etwkit_arrow_close(&trace->arrow);
    Py_CLEAR(trace->options.paths);
    Py_CLEAR(trace->options.data);
    Py_CLEAR(trace->options.filter);
    Py_CLEAR(trace->options.schemas);
    Py_CLEAR(trace->progress);
    Py_CLEAR(trace->infos);
    Py_CLEAR(trace->kinds);
    Py_CLEAR(trace->providers);
    if (trace->last)
        source_release(trace->last);
    trace->last = NULL;
    return 0;
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    trace_object *trace = (trace_object *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(trace->options.data);
    Py_VISIT(trace->progress);
    if (trace->primary) /* which ends with this object, whoever else holds it */
        Py_VISIT(trace->primary->data.obj);
    return 0;
}

source *trace_borrow(trace_object *trace) {
    if (closed(trace))
        return NULL;
    bool is_free = !trace->primary->in_use && !trace->primary->busy && !trace->primary->interrupted;
    source *borrowed = is_free ? source_keep(trace->primary) : source_open(trace->primary->state, &trace->options);
    if (!borrowed)
        return NULL;
    if (is_free && source_rewind(borrowed)) {
        source_release(borrowed);
        return NULL;
    }
    borrowed->in_use = true;
    if (trace->last)
        source_release(trace->last);
    trace->last = source_keep(borrowed);
    return borrowed;
}

void trace_give_back(trace_object *trace, source *borrowed) {
    borrowed->in_use = false;
    if (borrowed != trace->primary && !borrowed->ends)
        source_end(borrowed);
    source_release(borrowed);
}

int trace_tell_progress(trace_object *trace, source *reading, uint64_t *told, bool last) {
    const uint64_t step = (uint64_t)1 << 20;
    if (!trace->progress || reading->ends)
        return 0;
    const etwkit_trace_stats *stats = &reading->stats;
    if (!last && stats->bytes_read - *told < step)
        return 0;
    *told = stats->bytes_read;
    PyObject *result = PyObject_CallFunction(trace->progress, "KK", (unsigned long long)stats->bytes_read,
                                             (unsigned long long)stats->bytes_total);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static PyObject *iterate(PyObject *self) {
    return events_new(state_of(self), (trace_object *)self);
}

static PyObject *close_trace(PyObject *self, PyObject *Py_UNUSED(unused)) {
    close_primary((trace_object *)self);
    Py_RETURN_NONE;
}

static PyObject *enter(PyObject *self, PyObject *Py_UNUSED(unused)) {
    return closed((trace_object *)self) ? NULL : Py_NewRef(self);
}

static PyObject *leave(PyObject *self, PyObject *Py_UNUSED(unused)) {
    close_primary((trace_object *)self);
    Py_RETURN_NONE;
}

/* How many of a source's records there are, and of which kind where `kinds` is given. -1 with an exception. */
static int64_t read_all(trace_object *trace, source *reading, tally *kinds) {
    uint64_t told = 0, count = 0;
    int status;
    do {
        if (PyErr_CheckSignals() || (status = source_read(reading, &count, kinds)) < 0 ||
            trace_tell_progress(trace, reading, &told, status == ETWKIT_END))
            return -1;
    } while (status == ETWKIT_OK);
    return (int64_t)count;
}

static PyObject *count(PyObject *self, PyObject *Py_UNUSED(unused)) {
    trace_object *trace = (trace_object *)self;
    source *reading = trace_borrow(trace);
    if (!reading)
        return NULL;
    int64_t events = read_all(trace, reading, NULL);
    trace_give_back(trace, reading);
    return events < 0 ? NULL : PyLong_FromLongLong(events);
}

/* Reads all once, for what `schemas` and `providers` tell. */
static int survey(trace_object *trace) {
    if (closed(trace))
        return -1;
    if (trace->kinds)
        return 0;
    tally kinds = {NULL, 0, 0, false};
    source *reading = trace_borrow(trace);
    if (!reading)
        return -1;
    PyObject *schemas = NULL, *providers = NULL;
    if (read_all(trace, reading, &kinds) >= 0 && (schemas = tally_schemas(&kinds, reading)))
        providers = tally_providers(&kinds, reading->state);
    tally_free(&kinds);
    trace_give_back(trace, reading);
    if (schemas && providers && !trace->kinds) {
        trace->kinds = schemas;
        trace->providers = providers;
        return 0;
    }
    Py_XDECREF(schemas);
    Py_XDECREF(providers);
    return trace->kinds ? 0 : -1;
}

static PyObject *get_schemas(PyObject *self, void *Py_UNUSED(closure)) {
    trace_object *trace = (trace_object *)self;
    return survey(trace) ? NULL : PyDict_Copy(trace->kinds);
}

static PyObject *get_providers(PyObject *self, void *Py_UNUSED(closure)) {
    trace_object *trace = (trace_object *)self;
    return survey(trace) ? NULL : PyList_GetSlice(trace->providers, 0, PY_SSIZE_T_MAX);
}

static PyObject *get_info(PyObject *self, void *Py_UNUSED(closure)) {
    trace_object *trace = (trace_object *)self;
    return Py_NewRef(PyTuple_GetItem(trace->infos, 0));
}

static PyObject *get_infos(PyObject *self, void *Py_UNUSED(closure)) {
    return Py_NewRef(((trace_object *)self)->infos);
}

static PyObject *get_stats(PyObject *self, void *Py_UNUSED(closure)) {
    trace_object *trace = (trace_object *)self;
    if (!trace->last)
        Py_RETURN_NONE;
    const etwkit_trace_stats stats = trace->last->stats; /* another thread may read on */
    return record_stats(state_of(self), &stats, trace->infos);
}

static PyObject *get_damage(PyObject *self, void *Py_UNUSED(closure)) {
    core_state *state = state_of(self);
    source *last = ((trace_object *)self)->last;
    PyObject *list = PyList_New(0);
    if (!list || !last)
        return list;
    source_keep(last);
    for (size_t i = 0; list && i < last->damage_count; i++) {
        const etwkit_error damage = last->damage[i]; /* another thread may read on */
        PyObject *error = core_error(state, state->damaged_error, &damage);
        if (!error || PyList_Append(list, error))
            Py_CLEAR(list);
        Py_XDECREF(error);
    }
    source_release(last);
    return list;
}

static PyObject *get_closed(PyObject *self, void *Py_UNUSED(closure)) {
    return PyBool_FromLong(!((trace_object *)self)->primary);
}

static PyObject *represent(PyObject *self) {
    trace_object *trace = (trace_object *)self;
    const char *state = trace->primary ? "" : ", closed";
    if (!trace->options.paths)
        return PyUnicode_FromFormat("<Trace (memory)%s>", state);
    if (PyTuple_Size(trace->options.paths) == 1)
        return PyUnicode_FromFormat("<Trace %R%s>", PyTuple_GetItem(trace->options.paths, 0), state);
    return PyUnicode_FromFormat("<Trace of %zd files%s>", PyTuple_Size(trace->options.paths), state);
}

etwkit_arrow *arrow_open(core_state *state, const trace_object *trace, etwkit_arrow_options *options) {
    return closed(trace) ? NULL : source_arrow(state, &trace->options, options);
}

/* All events with the header's columns; made of when first asked for. Borrowed. */
static etwkit_arrow *all_columns(PyObject *self) {
    trace_object *trace = (trace_object *)self;
    etwkit_arrow_options options = {.struct_size = sizeof options};
    if (closed(trace))
        return NULL;
    if (trace->arrow)
        return trace->arrow;
    etwkit_arrow *made = arrow_open(state_of(self), trace, &options);
    if (trace->arrow) /* by another thread, meanwhile */
        etwkit_arrow_close(&made);
    else
        trace->arrow = made;
    return trace->arrow;
}

static PyObject *arrow_stream(PyObject *self, PyObject *args, PyObject *keywords) {
    static const char *const names[] = {"requested_schema", NULL};
    PyObject *requested = Py_None; /* may be passed over: what is given says itself what it is */
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|O:__arrow_c_stream__", (char **)(uintptr_t)names, &requested))
        return NULL;
    etwkit_arrow *arrow = all_columns(self);
    return arrow ? arrow_stream_capsule(state_of(self), arrow) : NULL;
}

static PyObject *arrow_schema(PyObject *self, PyObject *Py_UNUSED(unused)) {
    etwkit_arrow *arrow = all_columns(self);
    return arrow ? arrow_schema_capsule(state_of(self), arrow) : NULL;
}

ARROW_CONVERTERS

static PyMethodDef methods[] = {
    ARROW_METHODS,
    {"close", close_trace, METH_NOARGS,
     "close($self, /)\n--\n\nCloses the files. Events that were taken stay good; iterators are at their end."},
    {"count", count, METH_NOARGS,
     "count($self, /)\n--\n\nHow many events there are that the filter lets pass. Reads the trace, without the GIL."},
    {"select", (PyCFunction)(void (*)(void))trace_select, METH_VARARGS | METH_KEYWORDS,
     "select($self, provider=None, event=None, *, columns=None, numeric=False, payload=False, message=False, "
     "rest=False, "
     "truncated=False, batch_rows=0)\n--\n\nEvents as Arrow columns: those of a provider (name, pattern or GUID) and "
     "of "
     "that name, with a typed column for each of\ntheir fields; over several kinds of events the union by name. Reads "
     "the trace once. `columns`: the names of\nthose in front of them, as a jsonl line has them; `numeric`: mapped "
     "values as numbers."},
    {"write", (PyCFunction)(void (*)(void))trace_write, METH_VARARGS | METH_KEYWORDS,
     "write($self, /, file, format='jsonl', *, limit=None, numeric=False, names=False, message=False, payload=False, "
     "fields=False)\n--\n\nWrites the events (or the first `limit` of them) as `etwkit dump` does, 'jsonl' or 'csv', "
     "to a binary file object,\nmade without the GIL. `numeric`: mapped values as numbers; `names`, `message`, "
     "`payload`: these keys, too;\n`fields`: csv with a column for each field of the first event, EtwError where "
     "another has other fields. The number of events."},
    {"__arrow_c_stream__", (PyCFunction)(void (*)(void))arrow_stream, METH_VARARGS | METH_KEYWORDS,
     "__arrow_c_stream__($self, requested_schema=None)\n--\n\nA fresh stream of all events, with the header's columns "
     "and "
     "`properties` as JSON."},
    {"__arrow_c_schema__", arrow_schema, METH_NOARGS, "__arrow_c_schema__($self, /)\n--\n\nThe schema of that stream."},
    {"__enter__", enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe trace itself."},
    {"__exit__", leave, METH_VARARGS, "__exit__($self, /, *args)\n--\n\nCloses it."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"info", get_info, NULL, "What the file (the first of several) says of itself: a TraceInfo.", NULL},
    {"infos", get_infos, NULL, "The same of each file, in a tuple.", NULL},
    {"stats", get_stats, NULL,
     "What the latest reading (an iteration, count(), write()) met so far: a TraceStats. Streams are counted by "
     "Selection.stats.",
     NULL},
    {"damage", get_damage, NULL,
     "What the latest reading found damaged, as DamagedTraceErrors that were not raised: the first 256.", NULL},
    {"schemas", get_schemas, NULL,
     "The kinds of events: a dict of Schema to number of events, the most frequent first. Reads the trace once.", NULL},
    {"providers", get_providers, NULL,
     "The providers as ProviderCounts, those with most events first. Reads the trace once.", NULL},
    {"closed", get_closed, NULL, "Was it closed?", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     (void *)"Events of trace files, or of one in memory: iterate over it, as often as you like. open() makes it.\n\n"
             "Each iteration is one of its own, and used by one thread at a time. Events come in time order. While "
             "it is read, damage is\nskipped and counted (strict: DamagedTraceError); OSError: the file "
             "cannot be read any more; ValueError: the trace is closed."},
    {Py_tp_new, new},
    {Py_tp_dealloc, core_dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_repr, represent},
    {Py_tp_iter, iterate},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec trace_spec = {
    .name = "pyetwkit.Trace",
    .basicsize = sizeof(trace_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
