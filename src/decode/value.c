/* SPDX-License-Identifier: MIT */
/* Typed getters of one value: what it is, and the value itself where it fits. Never converts, never guesses. */
#include "base/bytes.h"
#include "decode/shape.h"
#include "decode/text.h"
#include "decode/time_text.h"
#include "decode/walk.h"
#include "schema/layout.h"

/* Has it a sign? Also signed types that are shown in hex (HRESULT) have one. */
static inline bool is_signed(const etwkit_value *value, ek_shape shape) {
    const uint32_t types = 1u << ETWKIT_IN_INT8 | 1u << ETWKIT_IN_INT16 | 1u << ETWKIT_IN_INT32 | 1u << ETWKIT_IN_INT64;
    return shape == EK_SHAPE_INT || (shape == EK_SHAPE_HEX && value->in_type < 32 && types >> value->in_type & 1);
}

etwkit_value_type etwkit_value_get_type(const etwkit_value *value) {
    static const uint8_t types[EK_SHAPE_COUNT] = {
        [EK_SHAPE_DEFAULT] = ETWKIT_VALUE_NULL,  [EK_SHAPE_NULL] = ETWKIT_VALUE_NULL,
        [EK_SHAPE_INT] = ETWKIT_VALUE_INT,       [EK_SHAPE_UINT] = ETWKIT_VALUE_UINT,
        [EK_SHAPE_HEX] = ETWKIT_VALUE_UINT,      [EK_SHAPE_BYTES] = ETWKIT_VALUE_BYTES,
        [EK_SHAPE_TEXT16] = ETWKIT_VALUE_TEXT,   [EK_SHAPE_TEXT8] = ETWKIT_VALUE_TEXT,
        [EK_SHAPE_UTF8] = ETWKIT_VALUE_TEXT,     [EK_SHAPE_CHAR16] = ETWKIT_VALUE_TEXT,
        [EK_SHAPE_CHAR8] = ETWKIT_VALUE_TEXT,    [EK_SHAPE_BOOL] = ETWKIT_VALUE_BOOL,
        [EK_SHAPE_FLOAT] = ETWKIT_VALUE_FLOAT,   [EK_SHAPE_INFINITE] = ETWKIT_VALUE_FLOAT,
        [EK_SHAPE_PORT] = ETWKIT_VALUE_UINT,     [EK_SHAPE_GUID] = ETWKIT_VALUE_GUID,
        [EK_SHAPE_FILETIME] = ETWKIT_VALUE_TIME, [EK_SHAPE_SYSTEMTIME] = ETWKIT_VALUE_TIME,
        [EK_SHAPE_SID] = ETWKIT_VALUE_SID,       [EK_SHAPE_IPV4] = ETWKIT_VALUE_ADDRESS,
        [EK_SHAPE_IPV6] = ETWKIT_VALUE_ADDRESS,  [EK_SHAPE_SOCKET] = ETWKIT_VALUE_ADDRESS,
    };
    ek_shape shape = ek_shape_asked(value);
    ek_shape shown = shape <= EK_SHAPE_CHAR8 ? shape : ek_shape_check(shape, value);
    if (shown == EK_SHAPE_BYTES || shown == EK_SHAPE_NULL) /* its bytes do not hold what the type says */
        return (etwkit_value_type)types[shown];
    return is_signed(value, shape) ? ETWKIT_VALUE_INT : (etwkit_value_type)types[shape];
}

/* Integers of every kind, sign-extended where they have one. *negative: below zero. */
static inline bool get_integer(const etwkit_value *value, uint64_t *bits, bool *negative) {
    ek_shape shape = ek_shape_asked(value);
    *negative = false;
    if (shape == EK_SHAPE_PORT && value->size == 2)
        *bits = ek_load16_be(value->data);
    else if (is_signed(value, shape)) {
        *bits = (uint64_t)ek_value_signed(value);
        *negative = *bits >> 63;
    } else if (ek_shape_is_integer(shape))
        *bits = ek_value_bits(value);
    else
        return false;
    return true;
}

etwkit_status etwkit_value_i64(const etwkit_value *value, int64_t *result) {
    uint64_t bits;
    bool negative;
    if (!get_integer(value, &bits, &negative))
        return ETWKIT_E_TYPE;
    if (!negative && bits > INT64_MAX)
        return ETWKIT_E_RANGE;
    *result = (int64_t)bits;
    return ETWKIT_OK;
}

etwkit_status etwkit_value_u64(const etwkit_value *value, uint64_t *result) {
    uint64_t bits;
    bool negative;
    if (!get_integer(value, &bits, &negative))
        return ETWKIT_E_TYPE;
    if (negative)
        return ETWKIT_E_RANGE;
    *result = bits;
    return ETWKIT_OK;
}

etwkit_status etwkit_value_f64(const etwkit_value *value, double *result) {
    if (etwkit_value_get_type(value) != ETWKIT_VALUE_FLOAT)
        return ETWKIT_E_TYPE;
    if (value->size == sizeof(float)) {
        float narrow;
        memcpy(&narrow, value->data, sizeof narrow);
        *result = (double)narrow;
    } else
        memcpy(result, value->data, sizeof *result);
    return ETWKIT_OK;
}

etwkit_status etwkit_value_bool(const etwkit_value *value, bool *result) {
    if (etwkit_value_get_type(value) != ETWKIT_VALUE_BOOL)
        return ETWKIT_E_TYPE;
    *result = ek_value_bits(value) != 0;
    return ETWKIT_OK;
}

etwkit_status etwkit_value_guid(const etwkit_value *value, etwkit_guid *result) {
    if (etwkit_value_get_type(value) != ETWKIT_VALUE_GUID)
        return ETWKIT_E_TYPE;
    memcpy(result->bytes, value->data, sizeof result->bytes);
    return ETWKIT_OK;
}

etwkit_status etwkit_value_time(const etwkit_value *value, int64_t *filetime) {
    ek_shape shape = ek_shape_asked(value);
    if (shape == EK_SHAPE_FILETIME && value->size == 8) {
        if (ek_load_i64(value->data) < 0)
            return ETWKIT_E_RANGE;
        *filetime = ek_load_i64(value->data);
        return ETWKIT_OK;
    }
    if (shape != EK_SHAPE_SYSTEMTIME || value->size != 16)
        return ETWKIT_E_TYPE;
    return ek_systemtime_to_filetime(value->data, filetime) ? ETWKIT_OK : ETWKIT_E_RANGE;
}

etwkit_status etwkit_value_label(const etwkit_value *value, const char **label) {
    const etwkit_map *map = value->field ? value->field->map : NULL;
    if (!map || !ek_shape_is_integer(ek_shape_asked(value)))
        return ETWKIT_ABSENT;
    uint64_t bits = ek_value_bits(value);
    const char *found = ek_map_label(map, bits);
    for (uint32_t i = 0; map->is_bitmap && !found && i < map->count; i++)
        if (map->entries[i].value == bits)
            found = map->entries[i].label;
    if (!found)
        return ETWKIT_ABSENT;
    *label = found;
    return ETWKIT_OK;
}

bool ek_record_id(const etwkit_record *record, const etwkit_schema *schema, const etwkit_field *field, uint32_t *id) {
    etwkit_value value;
    uint64_t number;
    if (!field || etwkit_record_value(record, schema, field, &value) || etwkit_value_u64(&value, &number) ||
        number >= ETWKIT_NO_ID)
        return false;
    *id = (uint32_t)number;
    return true;
}
