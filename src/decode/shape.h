/* SPDX-License-Identifier: MIT */
/* How a value is shown: the shape that its types ask for, as far as its bytes allow it. Knows no output format. */
#ifndef EK_DECODE_SHAPE_H
#define EK_DECODE_SHAPE_H

#include "schema/layout.h"
#include "schema/types.h"

/* What the types of a value ask for. That of a field was found when its layout was built. */
static inline ek_shape ek_shape_asked(const etwkit_value *value) {
    return value->field ? (ek_shape)value->field->shape : ek_shape_of_types(value->in_type, value->out_type);
}

/* The shape that the bytes of a value of one of the later shapes allow: that one, a number, bytes, or nothing. */
ek_shape ek_shape_check(ek_shape shape, const etwkit_value *value);

static inline ek_shape ek_shape_of(const etwkit_value *value) {
    ek_shape shape = ek_shape_asked(value);
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
