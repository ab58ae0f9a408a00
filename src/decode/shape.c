/* SPDX-License-Identifier: MIT */
/* Which bytes allow which shape. Knows no fields and no output format. */
#include "decode/shape.h"

#include "base/bytes.h"
#include "base/calendar.h"
#include "decode/address.h"
#include "decode/time_text.h"

static bool is_finite(const etwkit_value *value) {
    if (value->size == 4)
        return (ek_load32(value->data) & 0x7F800000u) != 0x7F800000u;
    return (ek_load64(value->data) & 0x7FF0000000000000u) != 0x7FF0000000000000u;
}

static ek_shape check_filetime(const etwkit_value *value) {
    ek_date date;
    ek_clock_time time;
    int64_t filetime = ek_load_i64(value->data);
    if (filetime != 0 && ek_time_split(filetime, &date, &time))
        return EK_SHAPE_FILETIME;
    return value->in_type == ETWKIT_IN_INT64 ? EK_SHAPE_INT : EK_SHAPE_UINT;
}

ek_shape ek_shape_check(ek_shape shape, const etwkit_value *value) {
    uint32_t size = value->size;
    bool fits = true;
    switch (shape) {
    case EK_SHAPE_BOOL: fits = size == 4 || size == 1; break;
    case EK_SHAPE_FLOAT:
        fits = size == 4 || size == 8;
        if (fits && !is_finite(value))
            shape = EK_SHAPE_INFINITE;
        break;
    case EK_SHAPE_PORT: fits = size == 2; break;
    case EK_SHAPE_GUID:
    case EK_SHAPE_IPV6: fits = size == 16; break;
    case EK_SHAPE_IPV4: fits = size == 4; break;
    case EK_SHAPE_FILETIME:
        fits = size == 8;
        if (fits)
            shape = check_filetime(value);
        break;
    case EK_SHAPE_SYSTEMTIME: fits = size == 16 && ek_systemtime_is_date(value->data); break;
    case EK_SHAPE_SID:
        if (size == 0)
            return EK_SHAPE_NULL; /* WBEM's way to say that there is none */
        fits = ek_sid_size(value->data, size) == size;
        break;
    case EK_SHAPE_SOCKET: fits = ek_socket_is_known(value->data, size); break;
    default: break;
    }
    return fits ? shape : EK_SHAPE_BYTES;
}
