/* SPDX-License-Identifier: MIT */
/* The event object: one allocation with its own bytes. */
#ifndef PYETWKIT_EVENT_H
#define PYETWKIT_EVENT_H

#include "schema.h"

typedef struct event_object {
    PyObject_VAR_HEAD schema_object *schema;
    etwkit_record record; /* points into the bytes */
    uint8_t bytes[];
} event_object;

/* Of a record of the source's current batch. */
PyObject *event_new(source *from, const etwkit_record *record);
/* Is it one? */
bool event_check(core_state *state, PyObject *object);

/* The value of one property. NULL without an exception: it is not there. */
PyObject *event_property(event_object *event, PyObject *name);
/* A new, lazy Properties object. */
PyObject *properties_new(core_state *state, event_object *event);

extern PyGetSetDef event_getters[];
/* CONTRACT.md's keys that the event has, with objects as values. */
PyObject *event_to_dict(PyObject *self, PyObject *unused);

#endif
