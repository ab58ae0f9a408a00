/* SPDX-License-Identifier: MIT */
/* The type Field: one field of a schema. */
#include "schema.h"

PyObject *field_new(core_state *state, schema_object *schema, const etwkit_field *field) {
    field_object *made = PyObject_New(field_object, state->field_type);
    if (!made)
        return NULL;
    made->schema = (schema_object *)Py_NewRef((PyObject *)schema);
    made->field = field;
    return (PyObject *)made;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF((PyObject *)((field_object *)self)->schema);
    PyObject_Free(self);
    Py_DECREF(type);
}

static const etwkit_field *checked(PyObject *self) {
    field_object *field = (field_object *)self;
    return schema_check(field->schema) ? NULL : field->field;
}

static PyObject *get_name(PyObject *self, void *Py_UNUSED(closure)) {
    field_object *field = (field_object *)self;
    field_entry *entry = checked(self) ? schema_entry(field->schema, field->field) : NULL;
    return entry ? Py_NewRef(entry->name) : NULL;
}

static PyObject *get_in_type(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_field *field = checked(self);
    return field ? core_text(etwkit_in_type_name(etwkit_field_in_type(field))) : NULL;
}

static PyObject *get_out_type(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_field *field = checked(self);
    return field ? core_text(etwkit_out_type_name(etwkit_field_out_type(field))) : NULL;
}

static PyObject *get_is_array(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_field *field = checked(self);
    return field ? PyBool_FromLong(etwkit_field_is_array(field)) : NULL;
}

static PyObject *get_tags(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_field *field = checked(self);
    return field ? PyLong_FromUnsignedLong(etwkit_field_tags(field)) : NULL;
}

static PyObject *get_map_name(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_field *field = checked(self);
    const etwkit_map *map = field ? etwkit_field_map(field) : NULL;
    return field ? core_text(map ? etwkit_map_name(map) : NULL) : NULL;
}

static PyObject *map_dict(const etwkit_map *map) {
    PyObject *labels = PyDict_New();
    for (size_t i = 0; labels && i < etwkit_map_count(map); i++) {
        uint64_t number;
        const char *label;
        if (etwkit_map_entry(map, i, &number, &label) != ETWKIT_OK)
            continue;
        PyObject *key = PyLong_FromUnsignedLongLong(number), *text = core_text(label);
        if (!key || !text || PyDict_SetItem(labels, key, text))
            Py_CLEAR(labels);
        Py_XDECREF(key);
        Py_XDECREF(text);
    }
    return labels;
}

static PyObject *get_map(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_field *field = checked(self);
    if (!field)
        return NULL;
    const etwkit_map *map = etwkit_field_map(field);
    return map ? map_dict(map) : Py_NewRef(Py_None);
}

static PyObject *get_members(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_field *field = checked(self);
    size_t count = field ? etwkit_field_member_count(field) : 0;
    PyObject *members = field ? PyTuple_New((Py_ssize_t)count) : NULL;
    for (size_t i = 0; members && i < count; i++) {
        PyObject *member = field_new(state_of(self), ((field_object *)self)->schema, etwkit_field_member_at(field, i));
        if (!member || PyTuple_SetItem(members, (Py_ssize_t)i, member))
            Py_CLEAR(members);
    }
    return members;
}

static PyObject *represent(PyObject *self) {
    PyObject *name = get_name(self, NULL), *type = name ? get_in_type(self, NULL) : NULL, *text = NULL;
    if (type)
        text = PyUnicode_FromFormat("<Field %S %S%s>", name, type,
                                    etwkit_field_is_array(((field_object *)self)->field) ? "[]" : "");
    Py_XDECREF(name);
    Py_XDECREF(type);
    return text;
}

static PyGetSetDef getters[] = {
    {"name", get_name, NULL, "The name; a second 'x' is 'x_2'.", NULL},
    {"in_type", get_in_type, NULL, "How the value stands in the payload: 'UInt32', 'UnicodeString', 'Struct', ...",
     NULL},
    {"out_type", get_out_type, NULL, "How it is meant to be shown, or None.", NULL},
    {"is_array", get_is_array, NULL, "Does it have several values?", NULL},
    {"tags", get_tags, NULL, "The field's tags (TraceLogging).", NULL},
    {"map_name", get_map_name, NULL, "The name of its value or bit map, or None.", NULL},
    {"map", get_map, NULL, "The labels of its numbers as a dict, or None.", NULL},
    {"members", get_members, NULL, "The fields of a struct; empty for others.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"One field of a schema, or of a struct in it. Never changes; any thread may use it."},
    {Py_tp_dealloc, dealloc},
    {Py_tp_repr, represent},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec field_spec = {
    .name = "pyetwkit.Field",
    .basicsize = sizeof(field_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
