/* SPDX-License-Identifier: MIT */
/* A trace's events as text. */
#ifndef PYETWKIT_WRITE_H
#define PYETWKIT_WRITE_H

#include "trace.h"

/* Trace.write(). */
PyObject *trace_write(PyObject *self, PyObject *args, PyObject *keywords);

#endif
