/* SPDX-License-Identifier: MIT */
/* The table of in- and out-types (docs/format/values.md), and which bytes allow which shape. Knows no output format. */
#include "decode/shape.h"

#include "base/bytes.h"
#include "base/calendar.h"
#include "decode/address.h"
#include "decode/time_text.h"

#define ROW(in_type) [(in_type) < 26 ? (in_type) : (in_type)-274]
#define HEX_OUTS                                                                                                     \
    [ETWKIT_OUT_HEXINT8] = EK_SHAPE_HEX, [ETWKIT_OUT_HEXINT16] = EK_SHAPE_HEX, [ETWKIT_OUT_HEXINT32] = EK_SHAPE_HEX, \
    [ETWKIT_OUT_HEXINT64] = EK_SHAPE_HEX
#define ERROR_OUTS                                                                 \
    [ETWKIT_OUT_ERRORCODE] = EK_SHAPE_HEX, [ETWKIT_OUT_WIN32ERROR] = EK_SHAPE_HEX, \
    [ETWKIT_OUT_NTSTATUS] = EK_SHAPE_HEX, [ETWKIT_OUT_HRESULT] = EK_SHAPE_HEX
#define DECIMAL_OUTS                                                                                             \
    [ETWKIT_OUT_INT] = EK_SHAPE_INT, [ETWKIT_OUT_LONG] = EK_SHAPE_INT, [ETWKIT_OUT_UNSIGNEDINT] = EK_SHAPE_UINT, \
    [ETWKIT_OUT_UNSIGNEDLONG] = EK_SHAPE_UINT
#define TIME_OUTS                                                                                             \
    [ETWKIT_OUT_DATETIME] = EK_SHAPE_FILETIME, [ETWKIT_OUT_CULTURE_INSENSITIVE_DATETIME] = EK_SHAPE_FILETIME, \
    [ETWKIT_OUT_DATETIME_UTC] = EK_SHAPE_FILETIME
#define UTF8_OUTS [ETWKIT_OUT_XML] = EK_SHAPE_UTF8, [ETWKIT_OUT_JSON] = EK_SHAPE_UTF8, [ETWKIT_OUT_UTF8] = EK_SHAPE_UTF8
#define ADDRESS_OUTS \
    [ETWKIT_OUT_IPV4] = EK_SHAPE_IPV4, [ETWKIT_OUT_IPV6] = EK_SHAPE_IPV6, [ETWKIT_OUT_SOCKETADDRESS] = EK_SHAPE_SOCKET

/* Each row: the default first, then the out-types that mean something else. */
const uint8_t ek_shapes[EK_SHAPE_INS][EK_SHAPE_OUTS] = {
    ROW(ETWKIT_IN_NULL) = {EK_SHAPE_NULL},
    ROW(ETWKIT_IN_UNICODESTRING) = {EK_SHAPE_TEXT16},
    ROW(ETWKIT_IN_ANSISTRING) = {EK_SHAPE_TEXT8, UTF8_OUTS},
    ROW(ETWKIT_IN_INT8) = {EK_SHAPE_INT, HEX_OUTS, [ETWKIT_OUT_STRING] = EK_SHAPE_CHAR8},
    ROW(ETWKIT_IN_UINT8) = {EK_SHAPE_UINT,
                            HEX_OUTS, [ETWKIT_OUT_STRING] = EK_SHAPE_CHAR8, [ETWKIT_OUT_BOOLEAN] = EK_SHAPE_BOOL},
    ROW(ETWKIT_IN_INT16) = {EK_SHAPE_INT, HEX_OUTS},
    ROW(ETWKIT_IN_UINT16) = {EK_SHAPE_UINT,
                             HEX_OUTS, [ETWKIT_OUT_STRING] = EK_SHAPE_CHAR16, [ETWKIT_OUT_PORT] = EK_SHAPE_PORT},
    ROW(ETWKIT_IN_INT32) = {EK_SHAPE_INT, HEX_OUTS, ERROR_OUTS},
    ROW(ETWKIT_IN_UINT32) = {EK_SHAPE_UINT, HEX_OUTS,
                             ERROR_OUTS, [ETWKIT_OUT_IPV4] = EK_SHAPE_IPV4, [ETWKIT_OUT_CODE_POINTER] = EK_SHAPE_HEX},
    ROW(ETWKIT_IN_INT64) = {EK_SHAPE_INT, HEX_OUTS, TIME_OUTS},
    ROW(ETWKIT_IN_UINT64) = {EK_SHAPE_UINT, HEX_OUTS, TIME_OUTS, [ETWKIT_OUT_CODE_POINTER] = EK_SHAPE_HEX},
    ROW(ETWKIT_IN_FLOAT) = {EK_SHAPE_FLOAT},
    ROW(ETWKIT_IN_DOUBLE) = {EK_SHAPE_FLOAT},
    ROW(ETWKIT_IN_BOOLEAN) = {EK_SHAPE_BOOL},
    ROW(ETWKIT_IN_BINARY) = {EK_SHAPE_BYTES, ADDRESS_OUTS},
    ROW(ETWKIT_IN_GUID) = {EK_SHAPE_GUID},
    ROW(ETWKIT_IN_POINTER) = {EK_SHAPE_HEX, DECIMAL_OUTS},
    ROW(ETWKIT_IN_FILETIME) = {EK_SHAPE_FILETIME},
    ROW(ETWKIT_IN_SYSTEMTIME) = {EK_SHAPE_SYSTEMTIME},
    ROW(ETWKIT_IN_SID) = {EK_SHAPE_SID},
    ROW(ETWKIT_IN_HEXINT32) = {EK_SHAPE_HEX},
    ROW(ETWKIT_IN_HEXINT64) = {EK_SHAPE_HEX},
    ROW(ETWKIT_IN_COUNTED_UTF16) = {EK_SHAPE_TEXT16},
    ROW(ETWKIT_IN_COUNTED_ANSI) = {EK_SHAPE_TEXT8, UTF8_OUTS},
    ROW(ETWKIT_IN_STRUCT) = {EK_SHAPE_NULL},
    ROW(ETWKIT_IN_COUNTED_BINARY) = {EK_SHAPE_BYTES, ADDRESS_OUTS},
    ROW(ETWKIT_IN_COUNTEDSTRING) = {EK_SHAPE_TEXT16},
    ROW(ETWKIT_IN_COUNTEDANSISTRING) = {EK_SHAPE_TEXT8, UTF8_OUTS},
    ROW(ETWKIT_IN_REVERSEDCOUNTEDSTRING) = {EK_SHAPE_TEXT16},
    ROW(ETWKIT_IN_REVERSEDCOUNTEDANSISTRING) = {EK_SHAPE_TEXT8, UTF8_OUTS},
    ROW(ETWKIT_IN_NONNULLTERMINATEDSTRING) = {EK_SHAPE_TEXT16},
    ROW(ETWKIT_IN_NONNULLTERMINATEDANSISTRING) = {EK_SHAPE_TEXT8, UTF8_OUTS},
    ROW(ETWKIT_IN_UNICODECHAR) = {EK_SHAPE_CHAR16},
    ROW(ETWKIT_IN_ANSICHAR) = {EK_SHAPE_CHAR8},
    ROW(ETWKIT_IN_SIZET) = {EK_SHAPE_UINT, HEX_OUTS},
    ROW(ETWKIT_IN_HEXDUMP) = {EK_SHAPE_BYTES, ADDRESS_OUTS},
    ROW(ETWKIT_IN_WBEMSID) = {EK_SHAPE_SID},
};

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
