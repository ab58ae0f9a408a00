/* SPDX-License-Identifier: MIT */
/* Values of payloads as Python objects. Knows which type becomes which class, and no event. */
#include "schema.h"

#include <string.h>

enum {
    SHORT_TEXT = 1024,                           /* bytes of a text that need no allocation */
    MOST_LABELS = 4096,                          /* MappedInt objects kept for one field */
    MOST_MADE = 4096,                            /* ids, and addresses, kept */
    CONTAINERS = 2 * (ETWKIT_WALK_DEPTH + 1) + 1 /* a struct and its array for each level */
};

PyObject *value_text(const etwkit_value *value, unsigned options) {
    char small[SHORT_TEXT], *large;
    size_t length = 0;
    if (etwkit_value_text(value, options, small, sizeof small, &length) == ETWKIT_OK)
        return PyUnicode_DecodeUTF8(small, (Py_ssize_t)length, "replace");
    if (!(large = PyMem_Malloc(length)))
        return PyErr_NoMemory();
    (void)etwkit_value_text(value, options, large, length, &length);
    PyObject *text = PyUnicode_DecodeUTF8(large, (Py_ssize_t)length, "replace");
    PyMem_Free(large);
    return text;
}

/* What `make` makes of some bytes, made once for all that come again: the classes of ids and addresses are Python. */
static PyObject *made_once(core_state *state, PyObject **made, const void *data, size_t size,
                           PyObject *(*make)(core_state *state, PyObject *bytes)) {
    PyObject *bytes = PyBytes_FromStringAndSize(data, (Py_ssize_t)size), *result = NULL;
    if (!bytes || (!*made && !(*made = PyDict_New()))) {
        Py_XDECREF(bytes);
        return NULL;
    }
    result = Py_XNewRef(PyDict_GetItemWithError(*made, bytes));
    if (!result && !PyErr_Occurred() && (result = make(state, bytes))) {
        if (PyDict_Size(*made) >= MOST_MADE)
            PyDict_Clear(*made);
        if (PyDict_SetItem(*made, bytes, result))
            Py_CLEAR(result);
    }
    Py_DECREF(bytes);
    return result;
}

static PyObject *make_guid(core_state *state, PyObject *bytes) {
    PyObject *class = core_import(&state->uuid, "uuid", "UUID");
    PyObject *none = class ? PyTuple_New(0) : NULL, *keywords = none ? PyDict_New() : NULL, *result = NULL;
    if (keywords && PyDict_SetItem(keywords, state->bytes_le, bytes) == 0)
        result = PyObject_Call(class, none, keywords);
    Py_XDECREF(none);
    Py_XDECREF(keywords);
    return result;
}

PyObject *guid_object(core_state *state, const etwkit_guid *guid) {
    return made_once(state, &state->guids, guid->bytes, sizeof guid->bytes, make_guid);
}

/* Days since 1970 as a date: the proleptic Gregorian calendar, by eras of 400 years. */
static void date_of(int64_t days, int *year, int *month, int *day) {
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t shifted = (5 * of_year + 2) / 153; /* months from March */
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(years + era * 400 + (*month <= 2));
}

PyObject *time_object(core_state *state, int64_t filetime) {
    const int64_t day = INT64_C(864000000000), epoch_days = 134774; /* from 1601 to 1970 */
    int64_t days = filetime / day - (filetime % day < 0), ticks = filetime - days * day;
    int year, month, date;
    if (days - epoch_days < -719162 || days - epoch_days > 2932896) /* 0001-01-01, 9999-12-31 */
        return NULL;
    if (!core_import(&state->datetime, "datetime", "datetime"))
        return NULL;
    if (!state->utc) {
        PyObject *zone = NULL;
        if (core_import(&zone, "datetime", "timezone"))
            state->utc = PyObject_GetAttrString(zone, "utc");
        Py_XDECREF(zone);
        if (!state->utc)
            return NULL;
    }
    date_of(days - epoch_days, &year, &month, &date);
    /* As pickle makes them: a quarter of the time that eight arguments take. */
    int64_t seconds = ticks / 10000000, micros = ticks % 10000000 / 10;
    const unsigned char packed[] = {(unsigned char)(year >> 8),
                                    (unsigned char)year,
                                    (unsigned char)month,
                                    (unsigned char)date,
                                    (unsigned char)(seconds / 3600),
                                    (unsigned char)(seconds / 60 % 60),
                                    (unsigned char)(seconds % 60),
                                    (unsigned char)(micros >> 16),
                                    (unsigned char)(micros >> 8),
                                    (unsigned char)micros};
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)packed, sizeof packed);
    PyObject *time = bytes ? PyObject_CallFunctionObjArgs(state->datetime, bytes, state->utc, NULL) : NULL;
    Py_XDECREF(bytes);
    return time;
}

static PyObject *time_value(core_state *state, const etwkit_value *value) {
    int64_t filetime = 0;
    PyObject *time = NULL;
    if (etwkit_value_time(value, &filetime) == ETWKIT_OK)
        time = time_object(state, filetime);
    return time || PyErr_Occurred() ? time : PyLong_FromLongLong(filetime);
}

static PyObject *make_address(core_state *state, PyObject *bytes) {
    PyObject *class = PyBytes_Size(bytes) == 4 ? core_import(&state->ipv4, "ipaddress", "IPv4Address")
                                               : core_import(&state->ipv6, "ipaddress", "IPv6Address");
    return class ? PyObject_CallFunctionObjArgs(class, bytes, NULL) : NULL;
}

static PyObject *address_value(core_state *state, const etwkit_value *value) {
    if (value->size == 4 || (value->size == 16 && value->out_type == ETWKIT_OUT_IPV6))
        return made_once(state, &state->addresses, value->data, value->size, make_address);
    return value_text(value, 0); /* with its port */
}

static PyObject *number_value(const etwkit_value *value, bool is_signed) {
    int64_t number = 0;
    uint64_t natural = 0;
    if (is_signed && etwkit_value_i64(value, &number) == ETWKIT_OK)
        return PyLong_FromLongLong(number);
    if (etwkit_value_u64(value, &natural) == ETWKIT_OK)
        return PyLong_FromUnsignedLongLong(natural);
    return value_text(value, ETWKIT_TEXT_NUMERIC);
}

/* The label or labels of a number; None where none fits. */
static PyObject *label_of(const etwkit_value *value) {
    const char *label;
    if (etwkit_value_label(value, &label) == ETWKIT_OK)
        return core_text(label);
    PyObject *shown = value_text(value, 0), *number = shown ? value_text(value, ETWKIT_TEXT_NUMERIC) : NULL;
    int same = number ? PyObject_RichCompareBool(shown, number, Py_EQ) : -1;
    Py_XDECREF(number);
    if (same == 0)
        return shown;
    Py_XDECREF(shown);
    return same < 0 ? NULL : Py_NewRef(Py_None);
}

/* A number that has a map: takes over `number`. */
static PyObject *mapped_value(core_state *state, field_entry *entry, const etwkit_value *value, PyObject *number) {
    PyObject *known = PyDict_GetItemWithError(entry->labels, number), *result = NULL;
    if (known || PyErr_Occurred()) {
        Py_XINCREF(known);
        Py_DECREF(number);
        return known;
    }
    PyObject *label = label_of(value);
    if (label == Py_None)
        result = Py_NewRef(number);
    else if (label && core_import(&state->mapped, "pyetwkit._mapped", "MappedInt"))
        result = PyObject_CallFunctionObjArgs(state->mapped, number, label, NULL);
    if (result && PyDict_Size(entry->labels) < MOST_LABELS && PyDict_SetItem(entry->labels, number, result))
        Py_CLEAR(result);
    Py_XDECREF(label);
    Py_DECREF(number);
    return result;
}

PyObject *value_object(core_state *state, const schema_object *schema, const etwkit_value *value) {
    double real;
    bool truth;
    etwkit_guid guid;
    etwkit_value_type type = etwkit_value_get_type(value);
    switch (type) {
    case ETWKIT_VALUE_INT:
    case ETWKIT_VALUE_UINT: {
        PyObject *number = number_value(value, type == ETWKIT_VALUE_INT);
        field_entry *entry = number && etwkit_field_map(value->field) ? schema_entry(schema, value->field) : NULL;
        return entry && entry->labels ? mapped_value(state, entry, value, number) : number;
    }
    case ETWKIT_VALUE_FLOAT:
        return etwkit_value_f64(value, &real) == ETWKIT_OK ? PyFloat_FromDouble(real) : Py_NewRef(Py_None);
    case ETWKIT_VALUE_BOOL:
        return Py_NewRef(etwkit_value_bool(value, &truth) == ETWKIT_OK ? (truth ? Py_True : Py_False) : Py_None);
    case ETWKIT_VALUE_TEXT:
    case ETWKIT_VALUE_SID: return value_text(value, 0);
    case ETWKIT_VALUE_BYTES: return PyBytes_FromStringAndSize((const char *)value->data, (Py_ssize_t)value->size);
    case ETWKIT_VALUE_GUID:
        return etwkit_value_guid(value, &guid) == ETWKIT_OK ? guid_object(state, &guid) : Py_NewRef(Py_None);
    case ETWKIT_VALUE_TIME: return time_value(state, value);
    case ETWKIT_VALUE_ADDRESS: return address_value(state, value);
    case ETWKIT_VALUE_NULL:
    case ETWKIT_VALUE_STRUCT: break;
    }
    Py_RETURN_NONE;
}

/* Puts a member into a struct, an element into an array. Takes over `item`, which may be NULL. */
static int put(const schema_object *schema, PyObject *container, const etwkit_field *field, PyObject *item) {
    if (!item)
        return -1;
    int result = -1;
    if (PyList_Check(container)) {
        result = PyList_Append(container, item);
    } else {
        field_entry *entry = schema_entry(schema, field);
        if (entry)
            result = PyDict_SetItem(container, entry->name, item);
    }
    Py_DECREF(item);
    return result;
}

/* open[0..depth]: containers that have not ended; borrowed, since each stands in the one before. */
static int put_step(core_state *state, const schema_object *schema, PyObject **open, size_t *depth,
                    const etwkit_step *step) {
    PyObject *container;
    switch (step->kind) {
    case ETWKIT_STEP_VALUE: return put(schema, open[*depth], step->field, value_object(state, schema, &step->value));
    case ETWKIT_STEP_ARRAY_BEGIN:
    case ETWKIT_STEP_STRUCT_BEGIN:
        container = step->kind == ETWKIT_STEP_ARRAY_BEGIN ? PyList_New(0) : PyDict_New();
        if (put(schema, open[*depth], step->field, container))
            return -1;
        open[++*depth] = container;
        break;
    case ETWKIT_STEP_ARRAY_END:
    case ETWKIT_STEP_STRUCT_END: --*depth; break;
    }
    return 0;
}

PyObject *values_of(core_state *state, const schema_object *schema, const etwkit_record *record) {
    PyObject *open[CONTAINERS + 1] = {NULL}, *all;
    size_t depth = 0;
    etwkit_walk walk;
    etwkit_step step;
    if (!schema_hold(schema))
        return NULL;
    all = open[0] = PyDict_New();
    etwkit_walk_begin(&walk, schema->schema, record);
    while (all && etwkit_walk_next(&walk, &step) == ETWKIT_OK)
        if (put_step(state, schema, open, &depth, &step))
            Py_CLEAR(all);
    schema_let_go(schema);
    return all;
}
