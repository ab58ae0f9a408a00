/* SPDX-License-Identifier: MIT */
/* The fields of an EtwEvent: CONTRACT.md's table, column Python. Each costs its own object and no more. */
#include "event.h"

#include <string.h>

static const etwkit_record *record_of(PyObject *self) {
    return &((event_object *)self)->record;
}

/* NULL with an exception where the schema is gone. */
static const etwkit_schema *schema_of(PyObject *self) {
    const schema_object *schema = ((event_object *)self)->schema;
    return schema_check(schema) ? NULL : schema->schema;
}

static PyObject *get_timestamp(PyObject *self, void *Py_UNUSED(closure)) {
    PyObject *time = time_object(state_of(self), record_of(self)->timestamp);
    if (!time && !PyErr_Occurred())
        PyErr_SetString(PyExc_OverflowError, "the time is outside the years 1 to 9999; timestamp_ns has it");
    return time;
}

static PyObject *get_timestamp_ns(PyObject *self, void *Py_UNUSED(closure)) {
    int64_t filetime = record_of(self)->timestamp, nanoseconds;
    if (etwkit_time_unix_ns(filetime, &nanoseconds) == ETWKIT_OK)
        return PyLong_FromLongLong(nanoseconds);
    /* Far away: beyond 64 bits. */
    PyObject *ticks = PyLong_FromLongLong(filetime), *epoch = PyLong_FromLongLong(ETWKIT_FILETIME_UNIX_EPOCH);
    PyObject *hundred = PyLong_FromLong(100), *since = NULL, *result = NULL;
    if (ticks && epoch && hundred && (since = PyNumber_Subtract(ticks, epoch)))
        result = PyNumber_Multiply(since, hundred);
    Py_XDECREF(ticks);
    Py_XDECREF(epoch);
    Py_XDECREF(hundred);
    Py_XDECREF(since);
    return result;
}

static PyObject *get_timestamp_unix(PyObject *self, void *Py_UNUSED(closure)) {
    return PyFloat_FromDouble(((double)record_of(self)->timestamp - (double)ETWKIT_FILETIME_UNIX_EPOCH) / 1e7);
}

static PyObject *get_provider_name(PyObject *self, void *Py_UNUSED(closure)) {
    return Py_NewRef(((event_object *)self)->schema->provider_name);
}

static PyObject *get_provider_id(PyObject *self, void *Py_UNUSED(closure)) {
    return Py_NewRef(((event_object *)self)->schema->provider_id);
}

static PyObject *get_event_name(PyObject *self, void *Py_UNUSED(closure)) {
    return Py_NewRef(((event_object *)self)->schema->event_name);
}

#define NUMBER(name)                                                        \
    static PyObject *get_##name(PyObject *self, void *Py_UNUSED(closure)) { \
        return PyLong_FromUnsignedLongLong(record_of(self)->name);          \
    }
NUMBER(event_id)
NUMBER(version)
NUMBER(level)
NUMBER(opcode)
NUMBER(task)
NUMBER(channel)
NUMBER(keywords)
NUMBER(processor)

static PyObject *id_object(uint32_t id) {
    return id == ETWKIT_NO_ID ? Py_NewRef(Py_None) : PyLong_FromUnsignedLong(id);
}

static PyObject *get_process_id(PyObject *self, void *Py_UNUSED(closure)) {
    return id_object(record_of(self)->process_id);
}

static PyObject *get_thread_id(PyObject *self, void *Py_UNUSED(closure)) {
    return id_object(record_of(self)->thread_id);
}

static PyObject *get_activity_id(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_guid *id = &record_of(self)->activity_id;
    return etwkit_guid_is_zero(id) ? Py_NewRef(Py_None) : guid_object(state_of(self), id);
}

static PyObject *get_related_activity_id(PyObject *self, void *Py_UNUSED(closure)) {
    etwkit_guid id;
    return etwkit_record_related_activity(record_of(self), &id) ? Py_NewRef(Py_None) : guid_object(state_of(self), &id);
}

static PyObject *payload_id(PyObject *self, const etwkit_field *(*field_of)(const etwkit_schema *schema)) {
    const etwkit_schema *schema = schema_of(self);
    const etwkit_field *field = schema ? field_of(schema) : NULL;
    etwkit_value value;
    uint64_t id;
    if (!schema)
        return NULL;
    if (!field || etwkit_record_value(record_of(self), schema, field, &value) || etwkit_value_u64(&value, &id) ||
        id >= ETWKIT_NO_ID)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLongLong(id);
}

static PyObject *get_payload_process_id(PyObject *self, void *Py_UNUSED(closure)) {
    return payload_id(self, etwkit_schema_process_field);
}

static PyObject *get_payload_thread_id(PyObject *self, void *Py_UNUSED(closure)) {
    return payload_id(self, etwkit_schema_thread_field);
}

static PyObject *get_stack(PyObject *self, void *Py_UNUSED(closure)) {
    uint64_t few[64], *frames = few;
    size_t count = 0;
    if (etwkit_record_stack(record_of(self), few, sizeof few / sizeof few[0], &count) != ETWKIT_OK)
        Py_RETURN_NONE;
    if (count > sizeof few / sizeof few[0]) {
        if (!(frames = PyMem_Calloc(count, sizeof *frames)))
            return PyErr_NoMemory();
        (void)etwkit_record_stack(record_of(self), frames, count, &count);
    }
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; list && i < count; i++) {
        PyObject *frame = PyLong_FromUnsignedLongLong(frames[i]);
        if (!frame || PyList_SetItem(list, (Py_ssize_t)i, frame))
            Py_CLEAR(list);
    }
    if (frames != few)
        PyMem_Free(frames);
    return list;
}

static PyObject *get_user_sid(PyObject *self, void *Py_UNUSED(closure)) {
    const uint8_t *data;
    size_t size;
    if (etwkit_record_item(record_of(self), ETWKIT_ITEM_SID, &data, &size) != ETWKIT_OK)
        Py_RETURN_NONE;
    /* The item may have bytes behind the SID, which tells its own length. */
    size_t length = size >= 8 ? 8 + 4 * (size_t)data[1] : SIZE_MAX;
    const etwkit_value value = {
        .data = data, .size = (uint32_t)(length <= size ? length : size), .in_type = ETWKIT_IN_SID};
    return etwkit_value_get_type(&value) == ETWKIT_VALUE_SID ? value_text(&value, 0) : Py_NewRef(Py_None);
}

static PyObject *get_session_id(PyObject *self, void *Py_UNUSED(closure)) {
    const uint8_t *data;
    size_t size;
    if (etwkit_record_item(record_of(self), ETWKIT_ITEM_TS_ID, &data, &size) != ETWKIT_OK || size < 4)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLong((unsigned long)data[0] | (unsigned long)data[1] << 8 | (unsigned long)data[2] << 16 |
                                   (unsigned long)data[3] << 24);
}

/* What the schema has under the same name. */
static PyObject *of_schema(PyObject *self, void *name) {
    return PyObject_GetAttrString((PyObject *)((event_object *)self)->schema, name);
}

static PyObject *get_message(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_schema *schema = schema_of(self);
    char small[512], *large;
    size_t length = 0;
    if (!schema)
        return NULL;
    etwkit_status status = etwkit_schema_format_message(schema, record_of(self), small, sizeof small, &length);
    if (status == ETWKIT_OK)
        return PyUnicode_DecodeUTF8(small, (Py_ssize_t)length, "replace");
    if (status == ETWKIT_ABSENT)
        Py_RETURN_NONE;
    if (status != ETWKIT_E_RANGE || !(large = PyMem_Malloc(length)))
        return PyErr_NoMemory();
    PyObject *text = NULL;
    if (etwkit_schema_format_message(schema, record_of(self), large, length, &length) == ETWKIT_OK)
        text = PyUnicode_DecodeUTF8(large, (Py_ssize_t)length, "replace");
    else
        PyErr_NoMemory();
    PyMem_Free(large);
    return text;
}

static PyObject *get_properties(PyObject *self, void *Py_UNUSED(closure)) {
    return properties_new(state_of(self), (event_object *)self);
}

static PyObject *get_payload(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_record *record = record_of(self);
    return PyBytes_FromStringAndSize((const char *)record->payload,
                                     record->payload ? (Py_ssize_t)record->payload_size : 0);
}

/* To the end of the payload. false with an exception: the schema is gone. */
static bool walk_all(PyObject *self, etwkit_walk *walk) {
    const etwkit_schema *schema = schema_of(self);
    etwkit_step step;
    if (!schema)
        return false;
    etwkit_walk_begin(walk, schema, record_of(self));
    while (etwkit_walk_next(walk, &step) == ETWKIT_OK) {
    }
    return true;
}

static PyObject *get_rest(PyObject *self, void *Py_UNUSED(closure)) {
    const uint8_t *rest;
    etwkit_walk walk;
    if (!walk_all(self, &walk))
        return NULL;
    size_t size = etwkit_walk_rest(&walk, &rest);
    if (!etwkit_schema_is_known(schema_of(self)))
        size = 0;
    return PyBytes_FromStringAndSize((const char *)rest, (Py_ssize_t)size);
}

static PyObject *get_truncated(PyObject *self, void *Py_UNUSED(closure)) {
    etwkit_walk walk;
    if (!walk_all(self, &walk))
        return NULL;
    return PyBool_FromLong(etwkit_schema_is_known(schema_of(self)) && etwkit_walk_truncated(&walk));
}

static PyObject *get_schema(PyObject *self, void *Py_UNUSED(closure)) {
    return Py_NewRef((PyObject *)((event_object *)self)->schema);
}

static PyObject *get_is_tracelogging(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_schema *schema = schema_of(self);
    return schema ? PyBool_FromLong(etwkit_schema_source(schema) == ETWKIT_SOURCE_TRACELOGGING) : NULL;
}

PyGetSetDef event_getters[] = {
    {"timestamp", get_timestamp, NULL,
     "When: an aware datetime, UTC, cut off to the microsecond. OverflowError outside the years 1 to 9999.", NULL},
    {"timestamp_ns", get_timestamp_ns, NULL, "When: nanoseconds since 1970, UTC, exact (events are timed in 100 ns).",
     NULL},
    {"timestamp_unix", get_timestamp_unix, NULL, "When: seconds since 1970, UTC, as exact as a float is.", NULL},
    {"provider_name", get_provider_name, NULL, "The provider's name, or None.", NULL},
    {"provider_id", get_provider_id, NULL, "The provider's GUID.", NULL},
    {"event_name", get_event_name, NULL, "The event's own name, else Task/Opcode ('Process/Start').", NULL},
    {"event_id", get_event_id, NULL, "The event's number; 0 of a classic event.", NULL},
    {"version", get_version, NULL, "The version of the event.", NULL},
    {"level", get_level, NULL, "The level, 1 (critical) to 5 (verbose); 0: always.", NULL},
    {"opcode", get_opcode, NULL, "The opcode; the type of a classic event.", NULL},
    {"task", get_task, NULL, "The number of the task.", NULL},
    {"channel", get_channel, NULL, "The number of the channel.", NULL},
    {"keywords", get_keywords, NULL, "The keyword bits, 64 of them.", NULL},
    {"process_id", get_process_id, NULL, "The process that wrote it, or None where the header does not tell.", NULL},
    {"thread_id", get_thread_id, NULL, "The thread that wrote it, or None where the header does not tell.", NULL},
    {"processor", get_processor, NULL, "The number of the processor that it was written on.", NULL},
    {"activity_id", get_activity_id, NULL, "The activity, or None.", NULL},
    {"related_activity_id", get_related_activity_id, NULL, "The activity that this one comes from, or None.", NULL},
    {"payload_process_id", get_payload_process_id, NULL, "The process that a kernel event is about, or None.", NULL},
    {"payload_thread_id", get_payload_thread_id, NULL, "The thread that a kernel event is about, or None.", NULL},
    {"stack", get_stack, NULL, "The addresses of its call stack, innermost first, or None.", NULL},
    {"stack_trace", get_stack, NULL, "The same as stack.", NULL},
    {"user_sid", get_user_sid, NULL, "The user's SID, or None.", NULL},
    {"session_id", get_session_id, NULL, "The terminal session, or None.", NULL},
    {"level_name", of_schema, NULL, "The level's name, or None.", (void *)"level_name"},
    {"opcode_name", of_schema, NULL, "The opcode's name, or None.", (void *)"opcode_name"},
    {"task_name", of_schema, NULL, "The task's name, or None.", (void *)"task_name"},
    {"channel_name", of_schema, NULL, "The channel's name, or None.", (void *)"channel_name"},
    {"keyword_names", of_schema, NULL, "The names of the keyword bits that are set and known.",
     (void *)"keyword_names"},
    {"message", get_message, NULL, "The event's message with its values in it, or None.", NULL},
    {"properties", get_properties, NULL, "The payload's fields, decoded when asked for; empty without a schema.", NULL},
    {"payload", get_payload, NULL, "The payload's bytes.", NULL},
    {"raw", get_payload, NULL, "The same as payload.", NULL},
    {"rest", get_rest, NULL, "The payload's bytes after the last field.", NULL},
    {"truncated", get_truncated, NULL, "Did the payload end before its last field?", NULL},
    {"schema", get_schema, NULL, "What is known of this kind of event.", NULL},
    {"schema_type", of_schema, NULL, "'tracelogging', 'manifest', 'classic', 'wpp' or 'unknown'.",
     (void *)"schema_type"},
    {"is_tracelogging", get_is_tracelogging, NULL, "Does the event describe itself?", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* A key of to_dict(). */
typedef struct dict_key {
    const char *name;
    getter get;
    bool optional; /* left out where None, empty or False */
} dict_key;

static PyObject *get_time_or_number(PyObject *self, void *closure) {
    PyObject *time = get_timestamp(self, closure);
    if (time || !PyErr_ExceptionMatches(PyExc_OverflowError))
        return time;
    PyErr_Clear(); /* as in a jsonl line */
    return PyLong_FromLongLong(record_of(self)->timestamp);
}

static PyObject *get_values(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_schema *schema = schema_of(self);
    if (!schema || !etwkit_schema_is_known(schema))
        return schema ? Py_NewRef(Py_None) : NULL;
    return values_of(state_of(self), ((event_object *)self)->schema, record_of(self));
}

static PyObject *get_unknown_payload(PyObject *self, void *closure) {
    const etwkit_schema *schema = schema_of(self);
    if (!schema || etwkit_schema_is_known(schema))
        return schema ? Py_NewRef(Py_None) : NULL;
    return get_payload(self, closure);
}

PyObject *event_to_dict(PyObject *self, PyObject *Py_UNUSED(unused)) {
    static const dict_key keys[] = {
        {"timestamp", get_time_or_number, false},
        {"provider_name", get_provider_name, false},
        {"provider_id", get_provider_id, false},
        {"event_name", get_event_name, false},
        {"event_id", get_event_id, false},
        {"version", get_version, false},
        {"level", get_level, false},
        {"opcode", get_opcode, false},
        {"task", get_task, false},
        {"channel", get_channel, false},
        {"keywords", get_keywords, false},
        {"process_id", get_process_id, false},
        {"thread_id", get_thread_id, false},
        {"processor", get_processor, false},
        {"activity_id", get_activity_id, true},
        {"related_activity_id", get_related_activity_id, true},
        {"payload_process_id", get_payload_process_id, true},
        {"payload_thread_id", get_payload_thread_id, true},
        {"stack", get_stack, true},
        {"user_sid", get_user_sid, true},
        {"session_id", get_session_id, true},
        {"properties", get_values, false},
        {"payload", get_unknown_payload, true},
        {"rest", get_rest, true},
        {"truncated", get_truncated, true},
    };
    PyObject *all = PyDict_New();
    for (size_t i = 0; all && i < sizeof keys / sizeof keys[0]; i++) {
        PyObject *value = keys[i].get(self, NULL);
        bool left_out =
            keys[i].optional && value &&
            (value == Py_None || value == Py_False || (keys[i].get == get_rest && PyBytes_Size(value) == 0));
        if (!value || (!left_out && PyDict_SetItemString(all, keys[i].name, value)))
            Py_CLEAR(all);
        Py_XDECREF(value);
    }
    return all;
}
