/* SPDX-License-Identifier: MIT */
/* What in- and out-types mean: how values of theirs are shown. Knows no fields, no payloads, no output format. */
#ifndef EK_SCHEMA_TYPES_H
#define EK_SCHEMA_TYPES_H

#include <etwkit/value.h>

/*
 * The forms that CONTRACT.md's "Values" has. Those up to EK_SHAPE_CHAR8 fit any bytes; the others are what the types
 * ask for, and ek_shape_check() tells whether this value's bytes allow it.
 */
typedef enum ek_shape {
    EK_SHAPE_DEFAULT, /* only in the table: as without an out-type */
    EK_SHAPE_NULL,
    EK_SHAPE_INT,
    EK_SHAPE_UINT,
    EK_SHAPE_HEX,
    EK_SHAPE_BYTES,
    EK_SHAPE_TEXT16,
    EK_SHAPE_TEXT8, /* of an unknown code page */
    EK_SHAPE_UTF8,
    EK_SHAPE_CHAR16,
    EK_SHAPE_CHAR8,
    EK_SHAPE_BOOL,
    EK_SHAPE_FLOAT,
    EK_SHAPE_INFINITE, /* only from ek_shape_check(): a float that is not finite */
    EK_SHAPE_PORT,
    EK_SHAPE_GUID,
    EK_SHAPE_FILETIME,
    EK_SHAPE_SYSTEMTIME,
    EK_SHAPE_SID,
    EK_SHAPE_IPV4,
    EK_SHAPE_IPV6,
    EK_SHAPE_SOCKET,
    EK_SHAPE_COUNT
} ek_shape;

#define EK_SHAPE_INS 37
#define EK_SHAPE_OUTS 39
extern const uint8_t ek_shapes[EK_SHAPE_INS][EK_SHAPE_OUTS];

/* What the types ask for. Types without meaning: bytes, and the in-type's default. */
static inline ek_shape ek_shape_of_types(unsigned in_type, unsigned out_type) {
    unsigned row = in_type < 26 ? in_type : in_type - 300 < 11 ? in_type - 274 : ETWKIT_IN_BINARY;
    uint8_t shape = ek_shapes[row][out_type < EK_SHAPE_OUTS ? out_type : 0];
    return (ek_shape)(shape ? shape : ek_shapes[row][0]);
}

/* The type of the bare bytes, once their length is known. */
uint16_t ek_bare_type(uint16_t in_type);

#endif
