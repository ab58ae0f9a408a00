/* SPDX-License-Identifier: MIT */
/* Python values as the bytes of a TraceLogging payload, with a signature of their types. */
#include "encode.h"
#include "schema.h"

#include <string.h>

enum {
    DEEPEST = 16, /* structs in structs */
    MEMBERS = 127
};

void encode_begin(encoding *to, core_state *state) {
    to->state = state;
    to->depth = 0;
    to->payload = (encode_bytes){to->small_payload, to->small_payload, 0, sizeof to->small_payload};
    to->signature = (encode_bytes){to->small_signature, to->small_signature, 0, sizeof to->small_signature};
}

static void drop(encode_bytes *bytes) {
    if (bytes->data != bytes->initial)
        PyMem_Free(bytes->data);
}

void encode_end(encoding *to) {
    drop(&to->payload);
    drop(&to->signature);
}

static int grow(encode_bytes *bytes, size_t more) {
    if (more > PY_SSIZE_T_MAX / 4 - bytes->size) {
        PyErr_NoMemory();
        return -1;
    }
    size_t capacity = 2 * (bytes->size + more);
    uint8_t *larger = bytes->data == bytes->initial ? PyMem_Malloc(capacity) : PyMem_Realloc(bytes->data, capacity);
    if (!larger) {
        PyErr_NoMemory();
        return -1;
    }
    if (bytes->data == bytes->initial)
        memcpy(larger, bytes->initial, bytes->size);
    bytes->data = larger;
    bytes->capacity = capacity;
    return 0;
}

static int put(encode_bytes *bytes, const void *data, size_t size) {
    if (size > bytes->capacity - bytes->size && grow(bytes, size))
        return -1;
    if (size)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return 0;
}

int encode_code_only(encoding *to, encode_code code) {
    const uint8_t byte = (uint8_t)code;
    return put(&to->signature, &byte, 1);
}

/* A u16 in front. What is longer makes an event that is too big in any case, and is refused as such. */
static int put_count(encoding *to, size_t count) {
    const uint8_t bytes[2] = {(uint8_t)count, (uint8_t)(count >> 8)};
    return put(&to->payload, bytes, sizeof bytes);
}

static int put_counted(encoding *to, const void *data, size_t size) {
    return put_count(to, size) || put(&to->payload, data, size) ? -1 : 0;
}

static int put_text(encoding *to, PyObject *text) {
    Py_ssize_t length;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &length);
    if (utf8)
        return put_counted(to, utf8, (size_t)length);
    PyErr_Clear(); /* a lone surrogate */
    PyObject *encoded = PyUnicode_AsEncodedString(text, "utf-8", "replace");
    if (!encoded)
        return -1;
    int result = put_counted(to, PyBytes_AsString(encoded), (size_t)PyBytes_Size(encoded));
    Py_DECREF(encoded);
    return result;
}

static int put_binary(encoding *to, PyObject *value) {
    Py_buffer view;
    if (PyObject_GetBuffer(value, &view, PyBUF_SIMPLE))
        return -1;
    int result = put_counted(to, view.buf, (size_t)view.len);
    PyBuffer_Release(&view);
    return result;
}

static int put_guid(encoding *to, PyObject *value) {
    PyObject *bytes = PyObject_GetAttr(value, to->state->bytes_le);
    int result = -1;
    if (bytes && PyBytes_Check(bytes) && PyBytes_Size(bytes) == sizeof(etwkit_guid))
        result = put(&to->payload, PyBytes_AsString(bytes), sizeof(etwkit_guid));
    else if (!PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "a UUID's bytes_le are not 16 bytes");
    Py_XDECREF(bytes);
    return result;
}

static int64_t part_of(PyObject *delta, const char *name) {
    PyObject *part = PyObject_GetAttrString(delta, name);
    int64_t value = part ? PyLong_AsLongLong(part) : -1;
    Py_XDECREF(part);
    return value;
}

/* 100 ns since 1601, exact. */
static int put_time(encoding *to, PyObject *name, PyObject *value) {
    PyObject *offset = PyObject_CallMethod(value, "utcoffset", NULL), *start = NULL, *delta = NULL;
    if (offset == Py_None)
        PyErr_Format(PyExc_ValueError,
                     "field %R: %R has no time zone, so it is no moment; datetime.now(timezone.utc) has one", name,
                     value);
    else if (offset && (start = time_object(to->state, 0)))
        delta = PyNumber_Subtract(value, start);
    Py_XDECREF(offset);
    Py_XDECREF(start);
    if (!delta)
        return -1;
    int64_t days = part_of(delta, "days"), seconds = part_of(delta, "seconds"), micros = part_of(delta, "microseconds");
    Py_DECREF(delta);
    if (PyErr_Occurred())
        return -1;
    const int64_t ticks = (days * 86400 + seconds) * 10000000 + micros * 10; /* datetimes end with the year 9999 */
    if (ticks >= 0)
        return put(&to->payload, &ticks, sizeof ticks);
    PyErr_Format(PyExc_OverflowError, "field %R: a FILETIME begins with 1601, %R is before that", name, value);
    return -1;
}

/* Is it too big for an int64? Such are uint64. -1 with an exception: for that, too, or for neither. */
static int is_unsigned(PyObject *name, PyObject *number, uint64_t *bits) {
    int overflow;
    *bits = (uint64_t)PyLong_AsLongLongAndOverflow(number, &overflow);
    if (!overflow)
        return *bits == UINT64_MAX && PyErr_Occurred() ? -1 : 0;
    if (overflow > 0) {
        *bits = PyLong_AsUnsignedLongLong(number);
        if (!PyErr_Occurred())
            return 1;
        PyErr_Clear();
    }
    PyErr_Format(PyExc_OverflowError, "field %R: an integer has 64 bits at most: -2**63 to 2**64 - 1", name);
    return -1;
}

static int put_integer(encoding *to, PyObject *name, PyObject *value, encode_code *code) {
    uint64_t bits;
    int big = is_unsigned(name, value, &bits);
    *code = big ? ENCODE_UINT : ENCODE_INT;
    return big < 0 ? -1 : put(&to->payload, &bits, sizeof bits);
}

static int put_float(encoding *to, PyObject *value) {
    const double number = PyFloat_AsDouble(value);
    return number == -1 && PyErr_Occurred() ? -1 : put(&to->payload, &number, sizeof number);
}

/* What Python's own classes are; lists are ENCODE_ARRAY, dicts ENCODE_STRUCT. 0: something else. */
static encode_code own_code(PyObject *value) {
    if (PyUnicode_Check(value))
        return ENCODE_TEXT;
    if (PyBool_Check(value))
        return ENCODE_BOOL;
    if (PyLong_Check(value))
        return ENCODE_INT;
    if (PyFloat_Check(value))
        return ENCODE_FLOAT;
    if (value == Py_None)
        return ENCODE_NOTHING;
    if (PyBytes_Check(value) || PyByteArray_Check(value) || PyMemoryView_Check(value))
        return ENCODE_BINARY;
    if (PyList_Check(value) || PyTuple_Check(value))
        return ENCODE_ARRAY;
    return PyDict_Check(value) ? ENCODE_STRUCT : 0;
}

/* -1 with an exception. */
static int code_of(const encoding *to, PyObject *name, PyObject *value) {
    encode_code own = own_code(value);
    if (own)
        return (int)own;
    PyObject *uuid = core_import(&to->state->uuid, "uuid", "UUID");
    int is = uuid ? PyObject_IsInstance(value, uuid) : -1;
    if (is)
        return is > 0 ? ENCODE_GUID : -1;
    PyObject *datetime = core_import(&to->state->datetime, "datetime", "datetime");
    is = datetime ? PyObject_IsInstance(value, datetime) : -1;
    if (is)
        return is > 0 ? ENCODE_TIME : -1;
    if (PyIndex_Check(value)) /* integers of other packages */
        return ENCODE_INT;
    PyErr_Format(PyExc_TypeError,
                 "field %R: events have no type for %R; they have int, float, bool, str, bytes, UUID, datetime, and "
                 "lists and dicts of these",
                 name, value);
    return -1;
}

static int put_array(encoding *to, PyObject *name, PyObject *list);
static int put_struct(encoding *to, PyObject *name, PyObject *dict, encode_code code);

/* A value of one of the types that have no parts. *code may become that of another integer. */
static int put_scalar(encoding *to, PyObject *name, PyObject *value, encode_code *code) {
    switch (*code) {
    case ENCODE_TEXT: return put_text(to, value);
    case ENCODE_BOOL: {
        const uint8_t truth = value == Py_True;
        return put(&to->payload, &truth, 1);
    }
    case ENCODE_INT: {
        PyObject *number = PyLong_Check(value) ? Py_NewRef(value) : PyNumber_Index(value);
        int result = number ? put_integer(to, name, number, code) : -1;
        Py_XDECREF(number);
        return result;
    }
    case ENCODE_FLOAT: return put_float(to, value);
    case ENCODE_BINARY: return put_binary(to, value);
    case ENCODE_GUID: return put_guid(to, value);
    case ENCODE_TIME: return put_time(to, name, value);
    default: return 0; /* nothing */
    }
}

int encode_value(encoding *to, PyObject *name, PyObject *value) {
    int found = code_of(to, name, value);
    if (found < 0)
        return -1;
    encode_code code = (encode_code)found;
    if (code == ENCODE_ARRAY)
        return put_array(to, name, value);
    if (code == ENCODE_STRUCT)
        return put_struct(to, name, value, code);
    return put_scalar(to, name, value, &code) || encode_code_only(to, code) ? -1 : 0;
}

int encode_named(encoding *to, PyObject *name, PyObject *value) {
    const char *text = core_utf8(name, "a field's name");
    return text && put(&to->signature, text, strlen(text) + 1) == 0 ? encode_value(to, name, value) : -1;
}

/* Structs. */

/* The members of a dict that nobody else has, without those that are None. */
static int put_members(encoding *to, PyObject *dict) {
    PyObject *name, *value;
    Py_ssize_t at = 0;
    const size_t head = to->signature.size; /* where their number stands; not an address: the bytes may move */
    unsigned count = 0;
    if (encode_code_only(to, 0))
        return -1;
    while (PyDict_Next(dict, &at, &name, &value)) {
        if (value == Py_None || (PyDict_Check(value) && PyDict_Size(value) == 0))
            continue;
        const size_t before = to->signature.size;
        if (encode_named(to, name, value))
            return -1;
        if (to->signature.data[to->signature.size - 1] == ENCODE_NOTHING &&
            to->signature.size == before + strlen((const char *)to->signature.data + before) + 2)
            to->signature.size = before; /* a dict with nothing in it */
        else
            count++;
    }
    if (count > MEMBERS) {
        PyErr_Format(PyExc_ValueError, "a dict in an event has %d members at most, not %u", MEMBERS, count);
        return -1;
    }
    to->signature.data[head] = (uint8_t)count;
    return (int)count;
}

/* One struct, its signature from `code` on. Without members it is nothing. */
static int put_struct(encoding *to, PyObject *name, PyObject *dict, encode_code code) {
    if (to->depth == DEEPEST) {
        PyErr_Format(PyExc_ValueError, "field %R: dicts and lists stand in each other %d deep at most", name, DEEPEST);
        return -1;
    }
    PyObject *copy = PyDict_Copy(dict); /* code of the caller may run meanwhile */
    const size_t before = to->signature.size;
    if (!copy || encode_code_only(to, code)) {
        Py_XDECREF(copy);
        return -1;
    }
    to->depth++;
    int count = put_members(to, copy);
    to->depth--;
    Py_DECREF(copy);
    if (count)
        return count < 0 ? -1 : 0;
    to->signature.size = before;
    return encode_code_only(to, ENCODE_NOTHING);
}

/* Arrays. */

static int of_one_type(PyObject *name) {
    PyErr_Format(PyExc_TypeError,
                 "field %R: a list's values are of one type: numbers, str, bytes, UUID, datetime, or dicts with the "
                 "same names and types",
                 name);
    return -1;
}

/* The type that holds all of them. -1 with an exception. */
static int element_code(encoding *to, PyObject *name, PyObject *tuple, Py_ssize_t count) {
    int all = count ? 0 : ENCODE_TEXT;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *value = PyTuple_GetItem(tuple, i);
        uint64_t bits;
        int code = code_of(to, name, value);
        if (code == ENCODE_INT && PyLong_Check(value)) {
            int big = is_unsigned(name, value, &bits);
            code = big < 0 ? -1 : big ? ENCODE_UINT : ENCODE_INT;
        }
        if (code < 0)
            return -1;
        bool number = code == ENCODE_INT || code == ENCODE_UINT || code == ENCODE_FLOAT;
        if (all == 0 || (number && all == ENCODE_INT) || (code == ENCODE_FLOAT && all == ENCODE_UINT))
            all = code;
        else if (code != all && !(number && all == ENCODE_FLOAT) && !(code == ENCODE_INT && all == ENCODE_UINT))
            return of_one_type(name);
    }
    return all == ENCODE_NOTHING || all == ENCODE_ARRAY ? of_one_type(name) : all;
}

static int put_elements(encoding *to, PyObject *name, PyObject *tuple, Py_ssize_t count, encode_code all) {
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *value = PyTuple_GetItem(tuple, i);
        encode_code code = all == ENCODE_UINT ? ENCODE_INT : all;
        if (put_scalar(to, name, value, &code))
            return -1;
        bool fits = all != ENCODE_INT || code == ENCODE_INT;
        if (all == ENCODE_UINT && code == ENCODE_INT) {
            int64_t number;
            memcpy(&number, to->payload.data + to->payload.size - sizeof number, sizeof number);
            fits = number >= 0;
        }
        if (!fits) {
            PyErr_Format(PyExc_OverflowError, "field %R: no integer holds all numbers of the list", name);
            return -1;
        }
    }
    const uint8_t codes[] = {ENCODE_ARRAY, (uint8_t)all};
    return put(&to->signature, codes, sizeof codes);
}

/* The first one's signature is that of all. */
static int put_structs(encoding *to, PyObject *name, PyObject *tuple, Py_ssize_t count) {
    const size_t first = to->signature.size;
    size_t size = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        const size_t at = to->signature.size;
        if (put_struct(to, name, PyTuple_GetItem(tuple, i), ENCODE_STRUCTS))
            return -1;
        if (i == 0)
            size = to->signature.size - at;
        if (to->signature.data[at] != ENCODE_STRUCTS || to->signature.size - at != size ||
            memcmp(to->signature.data + at, to->signature.data + first, size) != 0)
            return of_one_type(name);
        to->signature.size = first + size;
    }
    return 0;
}

static int put_array(encoding *to, PyObject *name, PyObject *list) {
    PyObject *tuple = PySequence_Tuple(list); /* code of the caller may run meanwhile */
    if (!tuple)
        return -1;
    const Py_ssize_t count = PyTuple_Size(tuple);
    int all = element_code(to, name, tuple, count), result = -1;
    if (all >= 0 && put_count(to, (size_t)count) == 0)
        result = all == ENCODE_STRUCT ? put_structs(to, name, tuple, count)
                                      : put_elements(to, name, tuple, count, (encode_code)all);
    Py_DECREF(tuple);
    return result;
}
