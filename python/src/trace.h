/* SPDX-License-Identifier: MIT */
/* The Trace object, and the iterator over its events. */
#ifndef PYETWKIT_TRACE_H
#define PYETWKIT_TRACE_H

#include "source.h"

typedef struct trace_object {
    PyObject_HEAD source *primary; /* what was opened first; iterators share it by turns. NULL: closed */
    source_options options;        /* whose references are owned here */
    PyObject *progress;            /* called with bytes read and bytes in all, or NULL */
    PyObject *infos;               /* tuple of TraceInfo */
    source *last;                  /* of the latest reading: its statistics and damage */
    PyObject *kinds;               /* dict of Schema to number of events, and the next, once they were asked for */
    PyObject *providers;           /* list of ProviderCount */
    etwkit_arrow *arrow;           /* of all events, once it was asked for */
} trace_object;

/* A source at its first record that nobody else reads: the primary one where it is free, else a new one. */
source *trace_borrow(trace_object *trace);
void trace_give_back(trace_object *trace, source *borrowed);
/* Calls `progress` where so much was read since *told that it is worth it. 0, or -1 with an exception. */
int trace_tell_progress(trace_object *trace, source *reading, uint64_t *told, bool last);

PyObject *events_new(core_state *state, trace_object *trace);

/* TraceInfo, TraceStats, StreamStats. */
PyObject *record_info(core_state *state, const etwkit_trace_info *info);
PyObject *record_stats(core_state *state, const etwkit_trace_stats *stats, PyObject *infos);
PyObject *record_stream(core_state *state, const etwkit_arrow *arrow);

#endif
