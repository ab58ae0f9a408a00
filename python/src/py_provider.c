/* SPDX-License-Identifier: MIT */
/* The type TraceLoggingProvider: writes events of Python programs. */
#include "encode.h"
#include "schema.h"

#include <string.h>

typedef struct provider_object {
    PyObject_HEAD etwkit_provider provider;
    etwkit_guid id, group;
    char *name;
    bool registered;
} provider_object;

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static const char *const names[] = {"name", "id", "group", NULL};
    PyObject *text, *id = Py_None, *group = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|OO:TraceLoggingProvider", (char **)(uintptr_t)names, &text, &id,
                                     &group))
        return NULL;
    core_state *state = PyType_GetModuleState(type);
    const char *name = core_utf8(text, "a provider's name");
    allocfunc allocate = PyType_GetSlot(type, Py_tp_alloc);
    provider_object *made = name ? (provider_object *)allocate(type, 0) : NULL;
    if (!made)
        return NULL;
    etwkit_error error = {.status = ETWKIT_OK};
    made->name = PyMem_Malloc(strlen(name) + 1);
    if (!made->name) {
        PyErr_NoMemory();
    } else if ((id == Py_None || core_guid(state, id, "a provider's id", &made->id) == 0) &&
               (group == Py_None || core_guid(state, group, "a provider's group", &made->group) == 0)) {
        memcpy(made->name, name, strlen(name) + 1);
        made->provider = (etwkit_provider)ETWKIT_PROVIDER_INIT_ID(made->name, id == Py_None ? NULL : &made->id,
                                                                  group == Py_None ? NULL : &made->group);
        if (etwkit_provider_register(&made->provider, &error) == ETWKIT_OK)
            made->registered = true;
        else
            core_raise(state, &error, NULL);
    }
    if (!made->registered)
        Py_CLEAR(made);
    return (PyObject *)made;
}

static void unregister(provider_object *provider) {
    if (!provider->registered)
        return;
    provider->registered = false;
    etwkit_provider_unregister(&provider->provider); /* it has no callbacks that would be waited for */
}

static void dealloc(PyObject *self) {
    provider_object *provider = (provider_object *)self;
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    unregister(provider);
    PyMem_Free(provider->name);
    release(self);
    Py_DECREF(type);
}

/* Writing. */

/* What the keywords that are no fields say. */
typedef struct settings {
    etwkit_event event;
    etwkit_guid activity, related;
} settings;

/* 0, or -1 with an exception: not a number from 0 to `most`. */
static int take_number(PyObject *name, PyObject *value, uint64_t most, uint64_t *number) {
    PyObject *index = PyNumber_Index(value);
    if (!index)
        return -1;
    *number = PyLong_AsUnsignedLongLong(index);
    bool fits = !PyErr_Occurred() && *number <= most;
    Py_DECREF(index);
    if (fits)
        return 0;
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError, "%S is a number from 0 to %llu, not %R", name, (unsigned long long)most, value);
    return -1;
}

static bool is(PyObject *name, const char *text) {
    return PyUnicode_CompareWithASCIIString(name, text) == 0;
}

/* 1: it is a setting; 0: a field; -1 with an exception. */
static int take_setting(core_state *state, settings *to, PyObject *name, PyObject *value) {
    uint64_t number = 0;
    int result = 0;
    if (PyUnicode_GetLength(name) == 0 || PyUnicode_ReadChar(name, 0) != '_')
        return 0;
    if (is(name, "_level")) {
        result = take_number(name, value, UINT8_MAX, &number);
        to->event.level = (uint8_t)number;
    } else if (is(name, "_keywords")) {
        result = take_number(name, value, UINT64_MAX, &number);
        to->event.keywords = number;
    } else if (is(name, "_opcode")) {
        result = take_number(name, value, UINT8_MAX, &number);
        to->event.opcode = (uint8_t)number;
    } else if (is(name, "_task")) {
        result = take_number(name, value, UINT16_MAX, &number);
        to->event.task = (uint16_t)number;
    } else if (is(name, "_id")) {
        result = take_number(name, value, UINT16_MAX, &number);
        to->event.event_id = (uint16_t)number;
    } else if (is(name, "_activity")) {
        if (value != Py_None)
            result = core_guid(state, value, "_activity", &to->activity);
        to->event.activity = value == Py_None ? NULL : &to->activity;
    } else if (is(name, "_related")) {
        if (value != Py_None)
            result = core_guid(state, value, "_related", &to->related);
        to->event.related = value == Py_None ? NULL : &to->related;
    } else
        return 0;
    return result ? -1 : 1;
}

/* The fields of a mapping: how many; -1 with an exception. */
static Py_ssize_t put_mapping(encoding *to, PyObject *mapping) {
    PyObject *name, *value, *copy = PyDict_New(); /* code of the caller may run meanwhile */
    Py_ssize_t at = 0, count = 0;
    if (!copy || PyDict_Update(copy, mapping)) {
        Py_XDECREF(copy);
        return -1;
    }
    while (count >= 0 && PyDict_Next(copy, &at, &name, &value)) {
        if (value == Py_None)
            continue;
        count = encode_named(to, name, value) ? -1 : count + 1;
    }
    Py_DECREF(copy);
    return count;
}

/* The activity of the context (a contextvars.Context), where there is one: 16 bytes. -1 with an exception. */
static int take_current(core_state *state, settings *to) {
    if (!state->current_activity)
        return 0;
    PyObject *current = PyObject_CallFunctionObjArgs(state->current_activity, Py_None, NULL);
    if (!current)
        return -1;
    int result = current == Py_None ? 0 : core_guid(state, current, "the context's activity", &to->activity);
    if (current != Py_None)
        to->event.activity = &to->activity;
    Py_DECREF(current);
    return result;
}

/* Everything that the call says: how many fields its mapping had; -1 with an exception. */
static Py_ssize_t take_call(encoding *to, settings *said, PyObject *const *args, Py_ssize_t count, PyObject *names) {
    Py_ssize_t mapped = count > 1 && args[1] != Py_None ? put_mapping(to, args[1]) : 0;
    const Py_ssize_t keywords = names ? PyTuple_Size(names) : 0;
    bool own_activity = false;
    for (Py_ssize_t i = 0; mapped >= 0 && i < keywords; i++) {
        PyObject *name = PyTuple_GetItem(names, i), *value = args[count + i];
        int setting = take_setting(to->state, said, name, value);
        own_activity |= setting > 0 && is(name, "_activity");
        if (setting < 0 || (setting ? encode_code_only(to, ENCODE_SETTING) : encode_value(to, name, value)))
            mapped = -1;
    }
    if (mapped >= 0 && !own_activity && take_current(to->state, said))
        mapped = -1;
    return mapped;
}

static PyObject *write_encoded(provider_object *self, encoding *to, settings *said, PyObject *event, Py_ssize_t mapped,
                               PyObject *names) {
    core_state *state = to->state;
    if (!etwkit_provider_is_enabled(&self->provider, said->event.level, said->event.keywords))
        Py_RETURN_FALSE;
    if (!state->shapes && !(state->shapes = encode_shapes_new()))
        return NULL;
    said->event.metadata = encode_metadata(state->shapes, to, event, (size_t)mapped, names, &said->event.metadata_size);
    if (!said->event.metadata)
        return NULL;
    const etwkit_data data = etwkit_data_of_kind(ETWKIT_DATA_BYTES, to->payload.data, to->payload.size, 0);
    return PyBool_FromLong(etwkit_provider_write(&self->provider, &said->event, &data, 1) == ETWKIT_OK);
}

static PyObject *write_event(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names) {
    if (count < 1 || count > 2 || !PyUnicode_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "write() takes the event's name (str), and fields by name or in a mapping");
        return NULL;
    }
    encoding to;
    settings said = {.event = etwkit_event_of(ETWKIT_LEVEL_INFO, 0)};
    encode_begin(&to, state_of(self));
    Py_ssize_t mapped = take_call(&to, &said, args, count, names);
    PyObject *result = mapped < 0 ? NULL : write_encoded((provider_object *)self, &to, &said, args[0], mapped, names);
    encode_end(&to);
    return result;
}

static PyObject *is_enabled(PyObject *self, PyObject *args, PyObject *keywords) {
    static const char *const names[] = {"level", "keywords", NULL};
    unsigned char level = ETWKIT_LEVEL_INFO;
    unsigned long long any = 0;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|bK:is_enabled", (char **)(uintptr_t)names, &level, &any))
        return NULL;
    return PyBool_FromLong(etwkit_provider_is_enabled(&((provider_object *)self)->provider, level, any));
}

/* An Activity of pyetwkit._live.activity, which is Python: self in front. */
static PyObject *activity(PyObject *self, PyObject *args, PyObject *keywords) {
    return core_call(self, "pyetwkit._live.activity", "Activity", args, keywords);
}

static PyObject *close_provider(PyObject *self, PyObject *Py_UNUSED(unused)) {
    unregister((provider_object *)self);
    Py_RETURN_NONE;
}

static PyObject *enter(PyObject *self, PyObject *Py_UNUSED(unused)) {
    return Py_NewRef(self);
}

static PyObject *get_name(PyObject *self, void *Py_UNUSED(closure)) {
    return core_text(((provider_object *)self)->name);
}

static PyObject *get_id(PyObject *self, void *Py_UNUSED(closure)) {
    etwkit_guid id;
    etwkit_provider_guid(&((provider_object *)self)->provider, &id);
    return guid_object(state_of(self), &id);
}

static PyMethodDef methods[] = {
    {"write", (PyCFunction)(void (*)(void))write_event, METH_FASTCALL | METH_KEYWORDS,
     "write($self, event, fields=None, /, *, _level=4, _keywords=0, _opcode=0, _task=0, _id=0, _activity=None, "
     "_related=None, **values)\n--\n\nWrites an event of that name, with the fields of the mapping and then the "
     "keywords. True: every session that\nwanted it has it; False: none wants it, or one had no room, and counts "
     "it.\n\nint is written as int64 (uint64 where it is above 2**63 - 1), float as double, bool, str as UTF-8, "
     "bytes, UUID, an aware\ndatetime as FILETIME, a list as an array, a dict as a struct; None is left out. "
     "Keywords that begin with _ and are\nnamed above are no fields: _level 1 (critical) to 5 (verbose), _keywords "
     "a mask, _activity and _related UUIDs (the\ncurrent activity, where none is said). OverflowError: an integer "
     "over 64 bits; TypeError, ValueError: a value that\nno event can have. Any thread may write."},
    {"is_enabled", (PyCFunction)(void (*)(void))is_enabled, METH_VARARGS | METH_KEYWORDS,
     "is_enabled($self, /, level=4, keywords=0)\n--\n\nDoes any session want such events now?"},
    {"activity", (PyCFunction)(void (*)(void))activity, METH_VARARGS | METH_KEYWORDS,
     "activity($self, event, fields=None, /, **values)\n--\n\nA context manager: an activity, whose events carry its "
     "id. It writes an event of that name with the opcode START\nwhen it begins, and one with the opcode STOP when it "
     "ends. Takes what write() takes."},
    {"close", close_provider, METH_NOARGS,
     "close($self, /)\n--\n\nSessions know it no more, and what it writes goes nowhere."},
    {"__enter__", enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe provider itself."},
    {"__exit__", close_provider, METH_VARARGS, "__exit__($self, /, *args)\n--\n\nCloses it."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"name", get_name, NULL, "The provider's name.", NULL},
    {"id", get_id, NULL, "Its GUID: the one given, or the one that follows from its name.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyObject *represent(PyObject *self) {
    PyObject *name = get_name(self, NULL), *id = get_id(self, NULL), *text = NULL;
    if (name && id)
        text = PyUnicode_FromFormat("<TraceLoggingProvider %S %S>", name, id);
    Py_XDECREF(name);
    Py_XDECREF(id);
    return text;
}

static PyType_Slot slots[] = {
    {Py_tp_doc,
     (void *)"TraceLoggingProvider(name, id=None, group=None)\n--\n\nWrites events of this program, which sessions of "
             "it collect (on Linux and macOS as well). `id` is its GUID, which\nelse follows from the name; `group` "
             "that of a provider group. Several may have one name. Any thread may use it."},
    {Py_tp_new, new},
    {Py_tp_dealloc, dealloc},
    {Py_tp_repr, represent},
    {Py_tp_methods, methods},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec provider_spec = {
    .name = "pyetwkit.TraceLoggingProvider",
    .basicsize = sizeof(provider_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
