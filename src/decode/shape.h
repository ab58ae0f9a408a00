/* SPDX-License-Identifier: MIT */
/* How a value is shown: one table from in- and out-type to a shape. Knows no fields, no payloads, no output format. */
#ifndef EK_DECODE_SHAPE_H
#define EK_DECODE_SHAPE_H

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

/* The shape that the bytes of a value of one of the later shapes allow: that one, a number, bytes, or nothing. */
ek_shape ek_shape_check(ek_shape shape, const etwkit_value *value);

static inline ek_shape ek_shape_of(const etwkit_value *value) {
    ek_shape shape = ek_shape_of_types(value->in_type, value->out_type);
    return shape <= EK_SHAPE_CHAR8 ? shape : ek_shape_check(shape, value);
}

/* Is it one of the shapes whose values may be mapped to labels? */
static inline bool ek_shape_is_integer(ek_shape shape) {
    return shape >= EK_SHAPE_INT && shape <= EK_SHAPE_HEX;
}

/* Do values of this (checked) shape stand in quotes in JSON? */
static inline bool ek_shape_is_quoted(ek_shape shape) {
    const uint32_t bare = 1u << EK_SHAPE_NULL | 1u << EK_SHAPE_INT | 1u << EK_SHAPE_UINT | 1u << EK_SHAPE_BOOL |
                          1u << EK_SHAPE_FLOAT | 1u << EK_SHAPE_PORT;
    return !(bare >> shape & 1);
}

#endif
