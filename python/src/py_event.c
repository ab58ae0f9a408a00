/* SPDX-License-Identifier: MIT */
/* The type EtwEvent: how it is made, its properties, and its text forms. Its fields are in py_event_fields.c. */
#include "event.h"

#include <string.h>

PyObject *event_new(source *from, const etwkit_record *record) {
    schema_object *schema = source_schema(from, record);
    if (!schema)
        return NULL;
    event_object *event = PyObject_NewVar(event_object, from->state->event_type, (Py_ssize_t)record->data_size);
    if (!event) {
        Py_DECREF((PyObject *)schema);
        return NULL;
    }
    event->schema = schema;
    etwkit_record_copy(&event->record, event->bytes, record);
    return (PyObject *)event;
}

bool event_check(core_state *state, PyObject *object) {
    return Py_TYPE(object) == state->event_type;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF((PyObject *)((event_object *)self)->schema);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* What stands in an array or a struct is found by the walk over all. */
static PyObject *walked_property(event_object *event, PyObject *name) {
    PyObject *all = values_of(state_of((PyObject *)event), event->schema, &event->record);
    PyObject *found = all ? Py_XNewRef(PyDict_GetItemWithError(all, name)) : NULL;
    Py_XDECREF(all);
    return found;
}

PyObject *event_property(event_object *event, PyObject *name) {
    etwkit_value value;
    Py_ssize_t length;
    if (!PyUnicode_Check(name))
        return NULL;
    if (schema_check(event->schema))
        return NULL;
    const char *text = PyUnicode_AsUTF8AndSize(name, &length);
    if (!text) {
        PyErr_Clear(); /* a lone surrogate: no name has one */
        return NULL;
    }
    const etwkit_schema *schema = event->schema->schema;
    const etwkit_field *field = strlen(text) == (size_t)length ? etwkit_schema_field(schema, text) : NULL;
    if (!field)
        return NULL;
    switch (etwkit_record_value(&event->record, schema, field, &value)) {
    case ETWKIT_OK: return value_object(state_of((PyObject *)event), event->schema, &value);
    case ETWKIT_E_TYPE: return walked_property(event, name);
    default: return NULL;
    }
}

static PyObject *subscript(PyObject *self, PyObject *name) {
    event_object *event = (event_object *)self;
    PyObject *value = event_property(event, name);
    if (value || PyErr_Occurred())
        return value;
    if (etwkit_schema_is_known(event->schema->schema)) {
        PyErr_SetObject(PyExc_KeyError, name);
        return NULL;
    }
    PyErr_Format(state_of(self)->not_found_error, "no source describes this event (%S %S): it has a payload only",
                 event->schema->provider_name, event->schema->event_name);
    return NULL;
}

static int contains(PyObject *self, PyObject *name) {
    PyObject *value = event_property((event_object *)self, name);
    Py_XDECREF(value);
    return value ? 1 : PyErr_Occurred() ? -1 : 0;
}

static PyObject *has_property(PyObject *self, PyObject *name) {
    int found = contains(self, name);
    return found < 0 ? NULL : PyBool_FromLong(found);
}

static PyObject *get(PyObject *self, PyObject *args) {
    PyObject *name, *otherwise = Py_None;
    if (!PyArg_ParseTuple(args, "O|O:get", &name, &otherwise))
        return NULL;
    PyObject *value = event_property((event_object *)self, name);
    return value || PyErr_Occurred() ? value : Py_NewRef(otherwise);
}

static PyObject *wrong_type(PyObject *name, PyObject *value, const char *wanted) {
    PyErr_Format(PyExc_TypeError, "%R is %R, not %s", name, value, wanted);
    Py_DECREF(value);
    return NULL;
}

static PyObject *get_string(PyObject *self, PyObject *name) {
    PyObject *value = event_property((event_object *)self, name);
    if (!value)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    return PyUnicode_Check(value) ? value : wrong_type(name, value, "a string");
}

static PyObject *get_number(PyObject *self, PyObject *name, uint64_t most, const char *wanted) {
    PyObject *value = event_property((event_object *)self, name);
    if (!value)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    if (!PyLong_Check(value) || PyBool_Check(value))
        return wrong_type(name, value, wanted);
    uint64_t number = PyLong_AsUnsignedLongLong(value);
    if (PyErr_Occurred())
        PyErr_Clear();
    else if (number <= most)
        return value;
    return wrong_type(name, value, wanted);
}

static PyObject *get_u32(PyObject *self, PyObject *name) {
    return get_number(self, name, UINT32_MAX, "an integer of 32 bits without sign");
}

static PyObject *get_u64(PyObject *self, PyObject *name) {
    return get_number(self, name, UINT64_MAX, "an integer of 64 bits without sign");
}

static etwkit_status take_line(void *context, const void *data, size_t size, etwkit_error *error) {
    core_state *state = context;
    (void)error;
    Py_CLEAR(state->line);
    state->line = PyUnicode_DecodeUTF8(data, (Py_ssize_t)size - 1, "replace"); /* without the newline */
    return state->line ? ETWKIT_OK : ETWKIT_E_NO_MEMORY;
}

static int open_lines(core_state *state) {
    const etwkit_sink_options options = {
        .struct_size = sizeof options, .format = ETWKIT_FORMAT_JSONL, .write = take_line, .context = state};
    etwkit_error error;
    if (state->lines || etwkit_sink_open(&state->lines, &options, &error) == ETWKIT_OK)
        return 0;
    core_raise(state, &error, NULL);
    return -1;
}

static PyObject *to_json(PyObject *self, PyObject *Py_UNUSED(unused)) {
    event_object *event = (event_object *)self;
    core_state *state = state_of(self);
    etwkit_error error = {.status = ETWKIT_OK};
    if (schema_check(event->schema) || open_lines(state))
        return NULL;
    Py_CLEAR(state->line);
    etwkit_status status = etwkit_sink_event(state->lines, event->schema->schema, &event->record, &error);
    if (status == ETWKIT_OK && !state->line) /* a long one was handed over at once */
        status = etwkit_sink_flush(state->lines, &error);
    PyObject *line = state->line;
    state->line = NULL;
    if (status == ETWKIT_OK && line)
        return line;
    Py_XDECREF(line);
    if (PyErr_Occurred())
        return NULL;
    error.status = status ? status : ETWKIT_E_NO_MEMORY;
    return core_raise(state, &error, NULL);
}

static PyObject *to_json_pretty(PyObject *self, PyObject *unused) {
    PyObject *line = to_json(self, unused), *json = line ? PyImport_ImportModule("json") : NULL, *pretty = NULL;
    PyObject *parsed = json ? PyObject_CallMethod(json, "loads", "O", line) : NULL;
    PyObject *dumps = parsed ? PyObject_GetAttrString(json, "dumps") : NULL;
    PyObject *args = dumps ? PyTuple_Pack(1, parsed) : NULL;
    PyObject *options = args ? Py_BuildValue("{s:i,s:O}", "indent", 2, "ensure_ascii", Py_False) : NULL;
    if (options)
        pretty = PyObject_Call(dumps, args, options);
    PyObject *used[] = {line, json, parsed, dumps, args, options};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
        Py_XDECREF(used[i]);
    return pretty;
}

/* " name=value ..." of the first properties that are no containers. */
static PyObject *some_properties(event_object *event) {
    enum {
        SOME = 4,
        LONGEST = 60
    };
    PyObject *all = values_of(state_of((PyObject *)event), event->schema, &event->record), *name, *value;
    PyObject *text = all ? PyUnicode_FromString("") : NULL;
    Py_ssize_t at = 0, shown = 0, count = all ? PyDict_Size(all) : 0;
    while (text && all && shown < SOME && PyDict_Next(all, &at, &name, &value)) {
        if (PyList_Check(value) || PyDict_Check(value))
            continue;
        PyObject *one = PyUnicode_FromFormat(" %S=%R", name, value);
        if (one && PyUnicode_GetLength(one) <= LONGEST) {
            PyUnicode_AppendAndDel(&text, one);
            shown++;
        } else if (one)
            Py_DECREF(one);
        else
            Py_CLEAR(text);
    }
    if (text && shown < count)
        PyUnicode_AppendAndDel(&text, PyUnicode_FromString(" ..."));
    Py_XDECREF(all);
    return text;
}

static PyObject *represent(PyObject *self) {
    event_object *event = (event_object *)self;
    char time[ETWKIT_TIME_TEXT], pid[24] = "";
    const char *clock = time;
    size_t length = 0;
    if (etwkit_time_format(event->record.timestamp, time, &length) == ETWKIT_OK && length == 28) {
        time[27] = 0; /* the Z */
        clock += 11;  /* the date */
    }
    if (event->record.process_id != ETWKIT_NO_ID)
        PyOS_snprintf(pid, sizeof pid, " pid=%u", (unsigned)event->record.process_id);
    PyObject *properties = some_properties(event), *text = NULL;
    PyObject *provider =
        Py_NewRef(event->schema->provider_name == Py_None ? event->schema->provider_id : event->schema->provider_name);
    if (properties)
        text = PyUnicode_FromFormat("<EtwEvent %S %S %s%s%S>", provider, event->schema->event_name, clock, pid,
                                    properties);
    Py_DECREF(provider);
    Py_XDECREF(properties);
    return text;
}

static PyMethodDef methods[] = {
    {"get", get, METH_VARARGS,
     "get($self, name, default=None, /)\n--\n\nThe property's value, or the default. Only that field is decoded."},
    {"get_string", get_string, METH_O,
     "get_string($self, name, /)\n--\n\nThe property's value, a str; None where there is none, TypeError where it is "
     "no "
     "string."},
    {"get_u32", get_u32, METH_O,
     "get_u32($self, name, /)\n--\n\nThe property's value, 0 to 2**32 - 1; None where there is none, TypeError where "
     "it "
     "is something else."},
    {"get_u64", get_u64, METH_O,
     "get_u64($self, name, /)\n--\n\nThe property's value, 0 to 2**64 - 1; None where there is none, TypeError where "
     "it "
     "is something else."},
    {"has_property", has_property, METH_O, "has_property($self, name, /)\n--\n\nIs the property there?"},
    {"to_dict", event_to_dict, METH_NOARGS,
     "to_dict($self, /)\n--\n\nThe fields that the event has, under the names and in the order of a jsonl line, as "
     "objects."},
    {"to_json", to_json, METH_NOARGS, "to_json($self, /)\n--\n\nThe line that `etwkit dump --format jsonl` prints."},
    {"to_json_pretty", to_json_pretty, METH_NOARGS, "to_json_pretty($self, /)\n--\n\nThe same, indented."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     (void *)"One event. It holds its own bytes, and stays good when its trace is closed; properties are decoded when "
             "they "
             "are asked for.\n\nevent[name] is one property: KeyError where there is none, SchemaNotFoundError "
             "where nothing describes the event.\nname in event: is it there? Any thread may use it."},
    {Py_tp_dealloc, dealloc},
    {Py_tp_repr, represent},
    {Py_tp_methods, methods},
    {Py_tp_getset, event_getters},
    {Py_mp_subscript, subscript},
    {Py_sq_contains, contains},
    {0, NULL},
};

PyType_Spec event_spec = {
    .name = "pyetwkit.EtwEvent",
    .basicsize = offsetof(event_object, bytes),
    .itemsize = 1,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
