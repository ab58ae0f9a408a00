/* SPDX-License-Identifier: MIT */
/* What of a trace leaves as Arrow: capsules of streams that are independent of all Python objects. */
#ifndef PYETWKIT_ARROW_H
#define PYETWKIT_ARROW_H

#include "trace.h"

#include <etwkit/arrow.h>

/* Capsules as the Arrow PyCapsule interface names them; NULL with an exception. */
PyObject *arrow_stream_capsule(core_state *state, etwkit_arrow *arrow);
PyObject *arrow_schema_capsule(core_state *state, etwkit_arrow *arrow);
/* A Selection of the trace's events. Takes over `arrow`, which may be NULL with an exception. */
PyObject *selection_new(core_state *state, etwkit_arrow *arrow);
/* Trace.select(). */
PyObject *trace_select(PyObject *self, PyObject *args, PyObject *keywords);
/* A recipe of streams of the trace as it was opened. NULL with an exception. */
etwkit_arrow *arrow_open(core_state *state, const trace_object *trace, etwkit_arrow_options *options);

#endif
