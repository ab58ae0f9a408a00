/* SPDX-License-Identifier: MIT */
/* The type Schema: what is known of one kind of event. Its names are made objects once, for all its events. */
#include "schema.h"

#include <string.h>

static field_entry *find(const schema_object *schema, const etwkit_field *field) {
    uint64_t hash = (uint64_t)(uintptr_t)field * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(hash >> 32) & schema->field_mask;
    while (schema->fields[at].field && schema->fields[at].field != field)
        at = (at + 1) & schema->field_mask;
    return &schema->fields[at];
}

field_entry *schema_entry(const schema_object *schema, const etwkit_field *field) {
    field_entry *entry = find(schema, field);
    if (entry->field)
        return entry;
    PyErr_SetString(PyExc_SystemError, "a value of a field that its schema does not have");
    return NULL;
}

static size_t count_fields(const etwkit_field *field) {
    size_t count = 1;
    for (size_t i = 0; i < etwkit_field_member_count(field); i++) /* ETWKIT_WALK_DEPTH levels at most */
        count += count_fields(etwkit_field_member_at(field, i));
    return count;
}

static int add_field(schema_object *schema, const etwkit_field *field) {
    field_entry *entry = find(schema, field);
    const char *name = etwkit_field_name(field);
    if (!entry->field) {
        if (!(entry->name = core_text(name)))
            return -1;
        PyUnicode_InternInPlace(&entry->name);
        entry->field = field;
        if (etwkit_field_map(field) && !(entry->labels = PyDict_New()))
            return -1;
    }
    for (size_t i = 0; i < etwkit_field_member_count(field); i++)
        if (add_field(schema, etwkit_field_member_at(field, i)))
            return -1;
    return 0;
}

static int add_fields(schema_object *schema) {
    size_t count = 0, top = etwkit_schema_field_count(schema->schema), slots = 1;
    for (size_t i = 0; i < top; i++)
        count += count_fields(etwkit_schema_field_at(schema->schema, i));
    while (slots < count * 2 + 1)
        slots *= 2;
    schema->field_mask = slots - 1;
    schema->fields = PyMem_Calloc(slots, sizeof *schema->fields);
    if (!schema->fields) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < top; i++)
        if (add_field(schema, etwkit_schema_field_at(schema->schema, i)))
            return -1;
    return 0;
}

schema_object *schema_new(core_state *state, source *from, PyObject *owner, const etwkit_schema *schema) {
    schema_object *made = PyObject_New(schema_object, state->schema_type);
    if (!made)
        return NULL;
    memset((char *)made + sizeof(PyObject), 0, sizeof *made - sizeof(PyObject));
    made->source = from ? source_keep(from) : NULL;
    made->owner = Py_XNewRef(owner);
    made->schema = schema;
    if (from && !etwkit_schema_is_lasting(schema))
        made->batch = from->batch;
    if (!(made->provider_name = core_text(etwkit_schema_provider_name(schema))) ||
        !(made->event_name = core_text(etwkit_schema_event_name(schema))) ||
        !(made->provider_id = guid_object(state, etwkit_schema_provider_id(schema))) || add_fields(made))
        Py_CLEAR(made);
    return made;
}

int schema_check(const schema_object *schema) {
    if (!schema->batch || (!schema->source->ends && schema->batch == schema->source->batch))
        return 0;
    const etwkit_error error = {
        .status = ETWKIT_E_LIMIT,
        .offset = ETWKIT_NO_OFFSET,
        .record = ETWKIT_NO_NUMBER,
        .message = "the trace has more than 65,536 kinds of events: what describes the later ones lives for a moment "
                   "only; read their properties before the next event",
    };
    core_raise(schema->source->state, &error, NULL);
    return -1;
}

bool schema_hold(const schema_object *schema) {
    return schema_check(schema) == 0 && (!schema->batch || source_enter(schema->source));
}

void schema_let_go(const schema_object *schema) {
    if (schema->batch)
        source_leave(schema->source);
}

static void dealloc(PyObject *self) {
    schema_object *schema = (schema_object *)self;
    PyTypeObject *type = Py_TYPE(self);
    for (size_t i = 0; schema->fields && i <= schema->field_mask; i++) {
        Py_XDECREF(schema->fields[i].name);
        Py_XDECREF(schema->fields[i].labels);
    }
    PyMem_Free(schema->fields);
    Py_XDECREF(schema->provider_name);
    Py_XDECREF(schema->event_name);
    Py_XDECREF(schema->provider_id);
    if (schema->source)
        source_release(schema->source);
    Py_XDECREF(schema->owner);
    PyObject_Free(self);
    Py_DECREF(type);
}

static const etwkit_schema *checked(PyObject *self) {
    return schema_check((schema_object *)self) ? NULL : ((schema_object *)self)->schema;
}

static PyObject *get_object(PyObject *self, void *offset) {
    return Py_NewRef(*(PyObject **)((char *)self + (size_t)offset));
}

#define NUMBER(name)                                                                      \
    static PyObject *get_##name(PyObject *self, void *Py_UNUSED(closure)) {               \
        const etwkit_schema *schema = checked(self);                                      \
        return schema ? PyLong_FromUnsignedLongLong(etwkit_schema_##name(schema)) : NULL; \
    }
#define TRUTH(name)                                                           \
    static PyObject *get_##name(PyObject *self, void *Py_UNUSED(closure)) {   \
        const etwkit_schema *schema = checked(self);                          \
        return schema ? PyBool_FromLong(etwkit_schema_##name(schema)) : NULL; \
    }
#define TEXT(name)                                                          \
    static PyObject *get_##name(PyObject *self, void *Py_UNUSED(closure)) { \
        const etwkit_schema *schema = checked(self);                        \
        return schema ? core_text(etwkit_schema_##name(schema)) : NULL;     \
    }
NUMBER(event_id)
NUMBER(version)
NUMBER(opcode)
NUMBER(level)
NUMBER(channel)
NUMBER(task)
NUMBER(keywords)
TRUTH(is_known)
TRUTH(is_guessed)
TRUTH(is_classic)
TEXT(task_name)
TEXT(opcode_name)
TEXT(level_name)
TEXT(channel_name)
TEXT(message)

static PyObject *get_source(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_schema *schema = checked(self);
    return schema ? core_text(etwkit_source_name(etwkit_schema_source(schema))) : NULL;
}

static PyObject *get_schema_type(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_schema *schema = checked(self);
    if (!schema)
        return NULL;
    switch (etwkit_schema_source(schema)) {
    case ETWKIT_SOURCE_UNKNOWN: return core_text("unknown");
    case ETWKIT_SOURCE_TRACELOGGING: return core_text("tracelogging");
    case ETWKIT_SOURCE_WPP: return core_text("wpp");
    default: return core_text(etwkit_schema_is_classic(schema) ? "classic" : "manifest");
    }
}

static PyObject *get_keyword_names(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_schema *schema = checked(self);
    PyObject *names = schema ? PyList_New(0) : NULL;
    const char *name;
    for (size_t i = 0; names && (name = etwkit_schema_keyword_name(schema, i)); i++) {
        PyObject *text = core_text(name);
        if (!text || PyList_Append(names, text))
            Py_CLEAR(names);
        Py_XDECREF(text);
    }
    return names;
}

static PyObject *get_fields(PyObject *self, void *Py_UNUSED(closure)) {
    const etwkit_schema *schema = checked(self);
    size_t count = schema ? etwkit_schema_field_count(schema) : 0;
    PyObject *fields = schema ? PyTuple_New((Py_ssize_t)count) : NULL;
    for (size_t i = 0; fields && i < count; i++) {
        PyObject *field = field_new(state_of(self), (schema_object *)self, etwkit_schema_field_at(schema, i));
        if (!field || PyTuple_SetItem(fields, (Py_ssize_t)i, field))
            Py_CLEAR(fields);
    }
    return fields;
}

static PyObject *represent(PyObject *self) {
    schema_object *schema = (schema_object *)self;
    if (schema_check(schema))
        return NULL;
    return PyUnicode_FromFormat("<Schema %S %S id=%u version=%u>", schema->provider_name, schema->event_name,
                                (unsigned)etwkit_schema_event_id(schema->schema),
                                (unsigned)etwkit_schema_version(schema->schema));
}

#define AT(member) (void *)offsetof(schema_object, member)
static PyGetSetDef getters[] = {
    {"provider_name", get_object, NULL, "The provider's name, or None.", AT(provider_name)},
    {"provider_id", get_object, NULL, "The provider's GUID.", AT(provider_id)},
    {"event_name", get_object, NULL, "The event's own name, else Task/Opcode.", AT(event_name)},
    {"event_id", get_event_id, NULL, "The event's number; 0 of a classic event.", NULL},
    {"version", get_version, NULL, "The version of the event.", NULL},
    {"opcode", get_opcode, NULL, "The opcode; the type of a classic event.", NULL},
    {"level", get_level, NULL, "The level, 1 (critical) to 5 (verbose); 0: always.", NULL},
    {"channel", get_channel, NULL, "The number of the channel.", NULL},
    {"task", get_task, NULL, "The number of the task.", NULL},
    {"keywords", get_keywords, NULL, "The keyword bits.", NULL},
    {"is_known", get_is_known, NULL, "Is the layout of the payload known?", NULL},
    {"is_guessed", get_is_guessed, NULL, "Was the layout taken from a lower version?", NULL},
    {"is_classic", get_is_classic, NULL, "Is it a classic (MOF) event?", NULL},
    {"task_name", get_task_name, NULL, "The task's name, or None.", NULL},
    {"opcode_name", get_opcode_name, NULL, "The opcode's name, or None.", NULL},
    {"level_name", get_level_name, NULL, "The level's name, or None.", NULL},
    {"channel_name", get_channel_name, NULL, "The channel's name, or None.", NULL},
    {"keyword_names", get_keyword_names, NULL, "The names of the keyword bits that are set and known.", NULL},
    {"message", get_message, NULL, "The message as its source has it, %1 for the first field; or None.", NULL},
    {"source", get_source, NULL, "What described the event: 'tracelogging', 'manifest', 'pack', 'built in', ...", NULL},
    {"schema_type", get_schema_type, NULL, "'tracelogging', 'manifest', 'classic', 'wpp' or 'unknown'.", NULL},
    {"fields", get_fields, NULL, "The fields of the payload, in its order.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)"What is known of one kind of event: its names and the layout of its payload. Never changes; "
                        "any thread may use it."},
    {Py_tp_dealloc, dealloc},
    {Py_tp_repr, represent},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec schema_spec = {
    .name = "pyetwkit.Schema",
    .basicsize = sizeof(schema_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
