/* SPDX-License-Identifier: MIT */
/* Types of columns: Arrow's words for them, which one a field asks for, and which one holds two. Knows no values. */
#include "sink/arrow_type.h"

#include "decode/shape.h"

#define TYPE(kind, called, format, width) [kind] = {called, format, NULL, width, false}

const ek_arrow_form ek_arrow_forms[EK_ARROW_TYPES] = {
    TYPE(EK_ARROW_NULL, "null", "n", 0),
    TYPE(EK_ARROW_BOOL, "bool", "b", 0),
    TYPE(EK_ARROW_INT8, "int8", "c", 1),
    TYPE(EK_ARROW_INT16, "int16", "s", 2),
    TYPE(EK_ARROW_INT32, "int32", "i", 4),
    TYPE(EK_ARROW_INT64, "int64", "l", 8),
    TYPE(EK_ARROW_UINT8, "uint8", "C", 1),
    TYPE(EK_ARROW_UINT16, "uint16", "S", 2),
    TYPE(EK_ARROW_UINT32, "uint32", "I", 4),
    TYPE(EK_ARROW_UINT64, "uint64", "L", 8),
    TYPE(EK_ARROW_FLOAT, "float32", "f", 4),
    TYPE(EK_ARROW_DOUBLE, "float64", "g", 8),
    TYPE(EK_ARROW_TIME, "timestamp", "tsn:UTC", 8),
    TYPE(EK_ARROW_STRUCT, "struct", "+s", 0),
    [EK_ARROW_UUID] = {"uuid", "w:16", "arrow.uuid", 16, false},
    [EK_ARROW_TEXT] = {"utf8", "u", NULL, 0, true},
    [EK_ARROW_LABELS] = {"dictionary of labels", "i", NULL, 4, false},
    [EK_ARROW_JSON] = {"json", "u", "arrow.json", 0, true},
    [EK_ARROW_BINARY] = {"binary", "z", NULL, 0, true},
    [EK_ARROW_LIST] = {"list", "+l", NULL, 0, true},
};

static bool is_integer(ek_arrow_type type) {
    return type >= EK_ARROW_INT8 && type <= EK_ARROW_UINT64;
}

static bool is_signed(ek_arrow_type type) {
    return type >= EK_ARROW_INT8 && type <= EK_ARROW_INT64;
}

/* Pointers have the size of the larger kind; what has no size of its own (it comes with each value) has 8 bytes. */
static ek_arrow_type integer_type(const etwkit_field *field, ek_shape shape) {
    const uint32_t types = 1u << ETWKIT_IN_INT8 | 1u << ETWKIT_IN_INT16 | 1u << ETWKIT_IN_INT32 | 1u << ETWKIT_IN_INT64;
    unsigned size = field->fixed_size[1], step = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
    bool negative =
        shape == EK_SHAPE_INT || (shape == EK_SHAPE_HEX && field->value_type < 32 && types >> field->value_type & 1);
    return (ek_arrow_type)((negative ? EK_ARROW_INT8 : EK_ARROW_UINT8) + step);
}

ek_arrow_type ek_arrow_type_of(const etwkit_field *field, bool numeric) {
    ek_shape shape = (ek_shape)field->shape;
    if (field->read == EK_READ_STRUCT)
        return EK_ARROW_STRUCT;
    if (ek_shape_is_integer(shape))
        return field->map && !numeric ? EK_ARROW_LABELS : integer_type(field, shape);
    switch (shape) {
    case EK_SHAPE_BYTES: return EK_ARROW_BINARY;
    case EK_SHAPE_BOOL: return EK_ARROW_BOOL;
    case EK_SHAPE_FLOAT:
    case EK_SHAPE_INFINITE: return field->fixed_size[1] == 4 ? EK_ARROW_FLOAT : EK_ARROW_DOUBLE;
    case EK_SHAPE_PORT: return EK_ARROW_UINT16;
    case EK_SHAPE_GUID: return EK_ARROW_UUID;
    case EK_SHAPE_FILETIME:
    case EK_SHAPE_SYSTEMTIME: return EK_ARROW_TIME;
    case EK_SHAPE_TEXT16:
    case EK_SHAPE_TEXT8:
    case EK_SHAPE_UTF8:
    case EK_SHAPE_CHAR16:
    case EK_SHAPE_CHAR8:
    case EK_SHAPE_SID:
    case EK_SHAPE_IPV4:
    case EK_SHAPE_IPV6:
    case EK_SHAPE_SOCKET: return EK_ARROW_TEXT;
    default: return EK_ARROW_NULL;
    }
}

/* Of integers, and of truths, which count as the smallest ones. false: none is large enough. */
static bool widen_integers(ek_arrow_type a, ek_arrow_type b, ek_arrow_type *both) {
    *both = a > b ? a : b;
    if (a == EK_ARROW_BOOL || is_signed(a) == is_signed(b))
        return true;
    unsigned signed_step = (unsigned)((is_signed(a) ? a : b) - EK_ARROW_INT8);
    unsigned unsigned_step = (unsigned)((is_signed(a) ? b : a) - EK_ARROW_UINT8);
    unsigned step = signed_step > unsigned_step ? signed_step : unsigned_step + 1;
    *both = (ek_arrow_type)(EK_ARROW_INT8 + step);
    return *both <= EK_ARROW_INT64;
}

/* Does a double hold all its values? */
static bool is_exact(ek_arrow_type type) {
    return type == EK_ARROW_FLOAT || (is_integer(type) && type != EK_ARROW_INT64 && type != EK_ARROW_UINT64);
}

bool ek_arrow_widen(ek_arrow_type a, ek_arrow_type b, ek_arrow_type *both) {
    ek_arrow_type low = a < b ? a : b, high = a < b ? b : a;
    *both = high;
    if (low == high || low == EK_ARROW_NULL)
        return true;
    if (high == EK_ARROW_LIST || high == EK_ARROW_STRUCT)
        return false;
    if ((low == EK_ARROW_BOOL || is_integer(low)) && is_integer(high) && widen_integers(low, high, both))
        return true;
    if (high == EK_ARROW_LABELS && is_integer(low)) /* numbers among the labels, as properties shows them */
        return true;
    *both = (high == EK_ARROW_FLOAT || high == EK_ARROW_DOUBLE) && is_exact(low) ? EK_ARROW_DOUBLE : EK_ARROW_TEXT;
    return true; /* as text everything can be shown */
}
