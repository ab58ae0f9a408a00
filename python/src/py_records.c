/* SPDX-License-Identifier: MIT */
/* Struct sequences: what a trace says of itself, and what was counted. */
#include "schema.h"
#include "trace.h"

static PyStructSequence_Field info_fields[] = {
    {"path", "The file; '(memory)' where there is none."},
    {"session_name", "The session that recorded it."},
    {"log_file_name", "The file that the session wrote."},
    {"file_size", "Bytes."},
    {"os_version", "'10.0.19041': version and build of the traced Windows."},
    {"os_build", "Its build."},
    {"processor_count", "Processors of the traced system."},
    {"pointer_size", "4 or 8: of the traced system."},
    {"clock", "'qpc', 'system' or 'cpu'."},
    {"frequency", "Ticks of the clock in a second."},
    {"start_time", "When the session began: a datetime, or None."},
    {"end_time", "When it was closed, or None where it never was."},
    {"boot_time", "When the system was started, or None."},
    {"duration", "Seconds from start to end, or None."},
    {"time_zone_bias", "Minutes: UTC = local time + bias."},
    {"timer_resolution", "100 ns units."},
    {"cpu_mhz", "MHz of the processors."},
    {"log_file_mode", "Mode bits of the session."},
    {"maximum_file_size", "MiB; 0: none."},
    {"buffer_size", "Bytes of a buffer."},
    {"buffers", "Buffers found in the file."},
    {"buffers_compressed", "How many of them are compressed."},
    {"buffers_written", "Buffers, as the header tells."},
    {"events_lost", "Events lost, as the header tells."},
    {"buffers_lost", "Buffers lost, as the header tells."},
    {"closed", "Did the session finish the file?"},
    {"start_time_ns", "When the session began: nanoseconds since 1970, exact."},
    {NULL, NULL},
};

static PyStructSequence_Field stats_fields[] = {
    {"events", "Events delivered so far."},
    {"events_filtered", "Events that the filter kept back."},
    {"events_late", "Delivered out of time order: the sorting window was too small."},
    {"events_damaged", "Places skipped as damaged."},
    {"bytes_damaged", "Bytes skipped there."},
    {"events_lost", "Events that the session lost, as the files' headers tell."},
    {"buffers_lost", "Buffers that the session lost, as the files' headers tell."},
    {"buffers_read", "Buffers read so far."},
    {"bytes_read", "Bytes of buffers read so far."},
    {"bytes_total", "Bytes of all buffers."},
    {"damage", "Damages found, of any kind."},
    {NULL, NULL},
};

static PyStructSequence_Field count_fields[] = {
    {"name", "The provider's name, or None."},
    {"id", "Its GUID."},
    {"events", "Its events in the trace."},
    {NULL, NULL},
};

static PyStructSequence_Field stream_fields[] = {
    {"rows", "Rows given in batches."},
    {"batches", "So many batches."},
    {"times_null", "Times outside 1677-09-21 to 2262-04-11, which are null."},
    {"values_null", "Values whose bytes do not hold what their type says, which are null."},
    {"damage", "Damages met, of any kind."},
    {NULL, NULL},
};

static PyStructSequence_Desc descriptions[] = {
    {"pyetwkit.TraceInfo", "What a trace file says of itself.", info_fields, 27},
    {"pyetwkit.TraceStats", "What was read of a trace so far.", stats_fields, 11},
    {"pyetwkit.ProviderCount", "A provider that a trace has events of.", count_fields, 3},
    {"pyetwkit.StreamStats", "What the streams of a selection gave so far, all of them together.", stream_fields, 5},
};

int core_add_records(PyObject *module, core_state *state) {
    PyTypeObject **types[] = {&state->info_type, &state->stats_type, &state->count_type, &state->stream_type};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        *types[i] = PyStructSequence_NewType(&descriptions[i]);
        if (!*types[i] || PyModule_AddType(module, *types[i]))
            return -1;
    }
    return 0;
}

/* Puts the next item in, takes it over; without one the record is given up. */
static void put(PyObject **record, Py_ssize_t *at, PyObject *item) {
    if (item)
        PyStructSequence_SetItem(*record, (*at)++, item);
    else
        Py_CLEAR(*record);
}

/* After a failure nothing more is made: that would be called with its exception set. */
#define PUT(item)                      \
    do {                               \
        if (record)                    \
            put(&record, &at, (item)); \
    } while (0)

static PyObject *number(uint64_t value) {
    return PyLong_FromUnsignedLongLong(value);
}

/* None where not told. */
static PyObject *time_or_none(core_state *state, int64_t filetime) {
    PyObject *time = filetime ? time_object(state, filetime) : NULL;
    return time || PyErr_Occurred() ? time : Py_NewRef(Py_None);
}

static PyObject *time_ns(int64_t filetime) {
    int64_t nanoseconds = 0;
    return etwkit_time_unix_ns(filetime, &nanoseconds) == ETWKIT_OK ? PyLong_FromLongLong(nanoseconds)
                                                                    : PyLong_FromLong(0);
}

PyObject *record_info(core_state *state, const etwkit_trace_info *info) {
    static const char *const clocks[] = {NULL, "qpc", "system", "cpu"};
    PyObject *record = PyStructSequence_New(state->info_type);
    Py_ssize_t at = 0;
    bool ended = info->start_time && info->end_time >= info->start_time;
    PUT(core_text(info->path));
    PUT(core_text(info->session_name));
    PUT(core_text(info->log_file_name));
    PUT(number(info->file_size));
    PUT(PyUnicode_FromFormat("%u.%u.%u", (unsigned)info->os_major, (unsigned)info->os_minor, (unsigned)info->os_build));
    PUT(number(info->os_build));
    PUT(number(info->processor_count));
    PUT(number(info->pointer_size));
    PUT(core_text((unsigned)info->clock <= ETWKIT_CLOCK_CPU ? clocks[info->clock] : NULL));
    PUT(number(info->frequency));
    PUT(time_or_none(state, info->start_time));
    PUT(time_or_none(state, info->end_time));
    PUT(time_or_none(state, info->boot_time));
    PUT(ended ? PyFloat_FromDouble((double)((uint64_t)info->end_time - (uint64_t)info->start_time) / 1e7)
              : Py_NewRef(Py_None));
    PUT(PyLong_FromLong(info->time_zone_bias));
    PUT(number(info->timer_resolution));
    PUT(number(info->cpu_mhz));
    PUT(number(info->log_file_mode));
    PUT(number(info->maximum_file_size));
    PUT(number(info->buffer_size));
    PUT(number(info->buffers));
    PUT(number(info->buffers_compressed));
    PUT(number(info->buffers_written));
    PUT(number(info->events_lost));
    PUT(number(info->buffers_lost));
    PUT(PyBool_FromLong(info->closed));
    PUT(time_ns(info->start_time));
    return record;
}

/* The sum over the files. NULL with an exception. */
static PyObject *sum_of(PyObject *infos, const char *name) {
    uint64_t sum = 0;
    for (Py_ssize_t i = 0; i < PyTuple_Size(infos); i++) {
        PyObject *one = PyObject_GetAttrString(PyTuple_GetItem(infos, i), name);
        if (!one)
            return NULL;
        sum += PyLong_AsUnsignedLongLong(one);
        Py_DECREF(one);
    }
    return number(sum);
}

PyObject *record_stats(core_state *state, const etwkit_trace_stats *stats, PyObject *infos) {
    PyObject *record = PyStructSequence_New(state->stats_type);
    Py_ssize_t at = 0;
    PUT(number(stats->events));
    PUT(number(stats->events_filtered));
    PUT(number(stats->events_late));
    PUT(number(stats->events_damaged));
    PUT(number(stats->bytes_damaged));
    PUT(sum_of(infos, "events_lost"));
    PUT(sum_of(infos, "buffers_lost"));
    PUT(number(stats->buffers_read));
    PUT(number(stats->bytes_read));
    PUT(number(stats->bytes_total));
    PUT(number(stats->damage));
    return record;
}

PyObject *record_stream(core_state *state, const etwkit_arrow *arrow) {
    const etwkit_arrow_stats stats = etwkit_arrow_get_stats(arrow);
    PyObject *record = PyStructSequence_New(state->stream_type);
    Py_ssize_t at = 0;
    put(&record, &at, number(stats.rows));
    put(&record, &at, number(stats.batches));
    put(&record, &at, number(stats.times_null));
    put(&record, &at, number(stats.values_null));
    put(&record, &at, number(stats.damage));
    return record;
}
