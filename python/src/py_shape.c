/* SPDX-License-Identifier: MIT */
/* The metadata of events, made once for each shape: its names and the types of its values. */
#include "encode.h"

#include <string.h>

enum {
    SLOTS = 1024, /* a power of two: so many shapes at most */
    PROBES = 8
};

typedef struct shape {
    uint64_t hash;
    PyObject *event, *names; /* names may be NULL */
    uint8_t *bytes;          /* the signature, then the metadata; NULL: an empty slot */
    size_t signature_size, mapped;
    uint16_t metadata_size;
} shape;

struct encode_shapes {
    etwkit_event_builder *builder;
    unsigned turn; /* which of the probed slots gives way next */
    shape slots[SLOTS];
};

encode_shapes *encode_shapes_new(void) {
    encode_shapes *made = PyMem_Calloc(1, sizeof *made);
    if (!made || etwkit_event_builder_new(&made->builder, NULL) != ETWKIT_OK) {
        PyMem_Free(made);
        return (encode_shapes *)PyErr_NoMemory();
    }
    return made;
}

static void forget(shape *old) {
    PyObject *event = old->event, *names = old->names;
    PyMem_Free(old->bytes);
    *old = (shape){0};
    Py_XDECREF(event);
    Py_XDECREF(names);
}

void encode_shapes_free(encode_shapes *shapes) {
    for (size_t i = 0; shapes && i < SLOTS; i++)
        forget(&shapes->slots[i]);
    if (shapes)
        etwkit_event_builder_free(&shapes->builder);
    PyMem_Free(shapes);
}

static uint64_t mix(uint64_t hash, uint64_t more) {
    hash = (hash ^ more) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* false with an exception. */
static bool hash_of(const encoding *of, PyObject *event, PyObject *names, uint64_t *hash) {
    Py_hash_t name = PyObject_Hash(event), tuple = names ? PyObject_Hash(names) : 0;
    *hash = mix((uint64_t)name, (uint64_t)tuple);
    for (size_t at = 0; at < of->signature.size; at += sizeof(uint64_t)) {
        size_t left = of->signature.size - at;
        uint64_t word = 0;
        memcpy(&word, of->signature.data + at, left < sizeof word ? left : sizeof word);
        *hash = mix(*hash, word);
    }
    return (name != -1 && tuple != -1) || !PyErr_Occurred();
}

static bool same(PyObject *a, PyObject *b) {
    return a == b || (a && b && PyObject_RichCompareBool(a, b, Py_EQ) > 0); /* of str and tuples of it */
}

static bool is_it(const shape *known, uint64_t hash, const encoding *of, PyObject *event, size_t mapped,
                  PyObject *names) {
    return known->bytes && known->hash == hash && known->mapped == mapped &&
           known->signature_size == of->signature.size &&
           memcmp(known->bytes, of->signature.data, known->signature_size) == 0 && same(known->event, event) &&
           same(known->names, names);
}

/* Building. A signature is told to the builder without values: metadata has none. */

typedef struct reading {
    etwkit_event_builder *builder;
    const uint8_t *at;
} reading;

static void tell_scalar(etwkit_event_builder *builder, const char *name, encode_code code) {
    static const uint8_t zeros[16];
    switch (code) {
    case ENCODE_INT: etwkit_event_builder_scalar(builder, name, ETWKIT_IN_INT64, ETWKIT_OUT_NULL, zeros); break;
    case ENCODE_UINT: etwkit_event_builder_scalar(builder, name, ETWKIT_IN_UINT64, ETWKIT_OUT_NULL, zeros); break;
    case ENCODE_FLOAT: etwkit_event_builder_scalar(builder, name, ETWKIT_IN_DOUBLE, ETWKIT_OUT_NULL, zeros); break;
    case ENCODE_BOOL: etwkit_event_builder_scalar(builder, name, ETWKIT_IN_UINT8, ETWKIT_OUT_BOOLEAN, zeros); break;
    case ENCODE_GUID: etwkit_event_builder_scalar(builder, name, ETWKIT_IN_GUID, ETWKIT_OUT_NULL, zeros); break;
    case ENCODE_TIME: etwkit_event_builder_scalar(builder, name, ETWKIT_IN_FILETIME, ETWKIT_OUT_NULL, zeros); break;
    case ENCODE_TEXT:
        etwkit_event_builder_bytes(builder, name, ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8, zeros, 0);
        break;
    case ENCODE_BINARY: etwkit_event_builder_bytes(builder, name, ETWKIT_IN_BINARY, ETWKIT_OUT_NULL, zeros, 0); break;
    default: break; /* nothing */
    }
}

static void tell_array(etwkit_event_builder *builder, const char *name, encode_code code) {
    static const struct {
        etwkit_in_type in;
        etwkit_out_type out;
    } types[] = {
        [ENCODE_INT] = {ETWKIT_IN_INT64, ETWKIT_OUT_NULL},
        [ENCODE_UINT] = {ETWKIT_IN_UINT64, ETWKIT_OUT_NULL},
        [ENCODE_FLOAT] = {ETWKIT_IN_DOUBLE, ETWKIT_OUT_NULL},
        [ENCODE_BOOL] = {ETWKIT_IN_UINT8, ETWKIT_OUT_BOOLEAN},
        [ENCODE_GUID] = {ETWKIT_IN_GUID, ETWKIT_OUT_NULL},
        [ENCODE_TIME] = {ETWKIT_IN_FILETIME, ETWKIT_OUT_NULL},
        [ENCODE_TEXT] = {ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8},
        [ENCODE_BINARY] = {ETWKIT_IN_BINARY, ETWKIT_OUT_NULL},
    };
    if (code == ENCODE_TEXT || code == ENCODE_BINARY)
        etwkit_event_builder_bytes_array(builder, name, types[code].in, types[code].out, NULL, NULL, 0);
    else
        etwkit_event_builder_array(builder, name, types[code].in, types[code].out, NULL, 0, false);
}

static void tell_field(reading *from, const char *name);

static void tell_named(reading *from) {
    const char *name = (const char *)from->at;
    from->at += strlen(name) + 1;
    tell_field(from, name);
}

static void tell_field(reading *from, const char *name) {
    const encode_code code = (encode_code)*from->at++;
    if (code == ENCODE_ARRAY) {
        tell_array(from->builder, name, (encode_code)*from->at++);
        return;
    }
    if (code != ENCODE_STRUCT && code != ENCODE_STRUCTS) {
        tell_scalar(from->builder, name, code);
        return;
    }
    const uint8_t members = *from->at++;
    if (code == ENCODE_STRUCT)
        etwkit_event_builder_struct(from->builder, name, members);
    else
        etwkit_event_builder_struct_array(from->builder, name, members, 1);
    for (unsigned i = 0; i < members; i++)
        tell_named(from);
}

/* Into the builder, until it begins another. NULL with an exception. */
static const uint8_t *build(encode_shapes *shapes, const encoding *of, PyObject *event, size_t mapped, PyObject *names,
                            size_t *size) {
    const char *text = core_utf8(event, "an event's name");
    reading from = {shapes->builder, of->signature.data};
    if (!text)
        return NULL;
    etwkit_event_builder_begin(shapes->builder, text, 0);
    for (size_t i = 0; i < mapped; i++)
        tell_named(&from);
    for (Py_ssize_t i = 0; names && i < PyTuple_Size(names); i++) {
        const char *name = core_utf8(PyTuple_GetItem(names, i), "a field's name");
        if (!name)
            return NULL;
        tell_field(&from, name);
    }
    const uint8_t *metadata, *payload;
    size_t payload_size;
    etwkit_error error = {.status = ETWKIT_OK};
    if (etwkit_event_builder_finish(shapes->builder, &metadata, size, &payload, &payload_size, &error) == ETWKIT_OK)
        return metadata;
    if (error.status == ETWKIT_E_NO_MEMORY)
        PyErr_NoMemory();
    else
        PyErr_Format(PyExc_ValueError, "event %R: %s", event, error.message);
    return NULL;
}

static bool fill(shape *slot, uint64_t hash, const encoding *of, PyObject *event, size_t mapped, PyObject *names,
                 const uint8_t *metadata, size_t size) {
    uint8_t *bytes = PyMem_Malloc(of->signature.size + size);
    if (!bytes) {
        PyErr_NoMemory();
        return false;
    }
    memcpy(bytes, of->signature.data, of->signature.size);
    memcpy(bytes + of->signature.size, metadata, size);
    forget(slot);
    *slot = (shape){.hash = hash,
                    .event = Py_NewRef(event),
                    .names = Py_XNewRef(names),
                    .bytes = bytes,
                    .signature_size = of->signature.size,
                    .mapped = mapped,
                    .metadata_size = (uint16_t)size};
    return true;
}

const uint8_t *encode_metadata(encode_shapes *shapes, const encoding *of, PyObject *event, size_t mapped,
                               PyObject *names, uint16_t *size) {
    uint64_t hash;
    shape *slot = NULL;
    if (!hash_of(of, event, names, &hash))
        return NULL;
    for (size_t i = 0; i < PROBES; i++) {
        shape *known = &shapes->slots[(hash + i) & (SLOTS - 1)];
        if (is_it(known, hash, of, event, mapped, names)) {
            *size = known->metadata_size;
            return known->bytes + known->signature_size;
        }
        if (!known->bytes && !slot)
            slot = known;
    }
    size_t made = 0;
    const uint8_t *metadata = build(shapes, of, event, mapped, names, &made);
    if (!slot)
        slot = &shapes->slots[(hash + shapes->turn++ % PROBES) & (SLOTS - 1)];
    if (!metadata || !fill(slot, hash, of, event, mapped, names, metadata, made))
        return NULL;
    *size = slot->metadata_size;
    return slot->bytes + slot->signature_size;
}
