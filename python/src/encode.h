/* SPDX-License-Identifier: MIT */
/* Python values as a TraceLogging payload, and the shapes of events: what their metadata follows from. */
#ifndef PYETWKIT_ENCODE_H
#define PYETWKIT_ENCODE_H

#include "core.h"

/* Bytes that grow: on the stack at first. */
typedef struct encode_bytes {
    uint8_t *data, *initial;
    size_t size, capacity;
} encode_bytes;

/*
 * One event being encoded. `signature` says which types its values have: fields given by a mapping as NAME NUL CODE,
 * then one code for each keyword.
 */
typedef struct encoding {
    core_state *state;
    encode_bytes payload, signature;
    unsigned depth;
    uint8_t small_payload[2048], small_signature[256];
} encoding;

/* What the codes of a signature are. */
typedef enum encode_code {
    ENCODE_NOTHING = '-', /* None, an empty dict: left out */
    ENCODE_SETTING = '_', /* a keyword that is none of the fields */
    ENCODE_INT = 'i',
    ENCODE_UINT = 'u',
    ENCODE_FLOAT = 'd',
    ENCODE_BOOL = 'b',
    ENCODE_TEXT = 's',
    ENCODE_BINARY = 'x',
    ENCODE_GUID = 'g',
    ENCODE_TIME = 't',
    ENCODE_ARRAY = 'a',  /* and the code of its elements */
    ENCODE_STRUCT = '{', /* the number of its members, each as NAME NUL CODE */
    ENCODE_STRUCTS = 'A' /* an array of structs: then as a struct */
} encode_code;

void encode_begin(encoding *to, core_state *state);
void encode_end(encoding *to);
/* One value behind the others, and its code; `name` is for messages. 0, or -1 with an exception. */
int encode_value(encoding *to, PyObject *name, PyObject *value);
/* The same with its name in the signature: a field of a mapping, or a member. */
int encode_named(encoding *to, PyObject *name, PyObject *value);
/* A code alone. */
int encode_code_only(encoding *to, encode_code code);

/* A bounded cache of events' metadata, by what they look like. */
typedef struct encode_shapes encode_shapes;
encode_shapes *encode_shapes_new(void);
void encode_shapes_free(encode_shapes *shapes);
/*
 * The metadata of an event of that name, whose signature is there: `mapped` fields have their names in it, those after
 * them in the tuple `names` (may be NULL). Valid until the next call. NULL with an exception: a name cannot be, or
 * there are too many.
 */
const uint8_t *encode_metadata(encode_shapes *shapes, const encoding *of, PyObject *event, size_t mapped,
                               PyObject *names, uint16_t *size);

#endif
