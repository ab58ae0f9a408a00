/* SPDX-License-Identifier: MIT */
/* Schema and Field objects, and what events need of them: names as str, values as objects. */
#ifndef PYETWKIT_SCHEMA_H
#define PYETWKIT_SCHEMA_H

#include "source.h"

/* What is kept for a field at any level. */
typedef struct field_entry {
    const etwkit_field *field; /* NULL: an empty slot */
    PyObject *name;            /* str */
    PyObject *labels;          /* dict of number to MappedInt; NULL: no map */
} field_entry;

/* Made whole at once and never changed, but for the labels that were met. */
struct schema_object {
    PyObject_HEAD source *source; /* that keeps `schema` alive, or NULL */
    PyObject *owner;              /* the Library that does, or NULL */
    const etwkit_schema *schema;
    uint64_t batch; /* of a schema that does not last: the only one in which it is good; else 0 */
    PyObject *provider_name, *event_name, *provider_id;
    field_entry *fields; /* open addressing over the fields of all levels */
    size_t field_mask;
};

typedef struct field_object {
    PyObject_HEAD schema_object *schema;
    const etwkit_field *field;
} field_object;

/* A new reference. One of `from` and `owner` keeps the C schema alive. */
schema_object *schema_new(core_state *state, source *from, PyObject *owner, const etwkit_schema *schema);
/* 0, or -1 with an exception where the schema lived until the next batch only. */
int schema_check(const schema_object *schema);
/* The same for longer, while code of the caller may run and other threads may read: until schema_let_go(). */
bool schema_hold(const schema_object *schema);
void schema_let_go(const schema_object *schema);
/* Of a field of this schema. Borrowed. */
field_entry *schema_entry(const schema_object *schema, const etwkit_field *field);
PyObject *field_new(core_state *state, schema_object *schema, const etwkit_field *field);

/* The values of a payload as a dict. NULL with an exception. */
PyObject *values_of(core_state *state, const schema_object *schema, const etwkit_record *record);
/* One value. A new reference. */
PyObject *value_object(core_state *state, const schema_object *schema, const etwkit_value *value);
/* An address, SID, time or any other value as CONTRACT.md writes it. */
PyObject *value_text(const etwkit_value *value, unsigned options);
PyObject *guid_object(core_state *state, const etwkit_guid *guid);
/* An aware datetime. NULL without an exception where datetime cannot say it; NULL with one on failure. */
PyObject *time_object(core_state *state, int64_t filetime);

/* The C filter of an EventFilter; NULL for NULL and None. */
const etwkit_filter *filter_of(PyObject *filter);

#endif
