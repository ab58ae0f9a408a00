/* SPDX-License-Identifier: MIT */
/* The fields that an event can have, each with its name and its value: arguments of ETWKIT_WRITE (write.h). */
#ifndef ETWKIT_WRITE_FIELDS_H
#define ETWKIT_WRITE_FIELDS_H

#include <etwkit/provider.h>
#include <etwkit/write_each.h>

#include <string.h>

/*
 * A field's name is a string literal. Values convert to the type behind them as arguments of a function do, so that
 * compilers warn of what would be lost. Pointers are read before the event's statement ends and then forgotten.
 *
 * Names say the type, as TraceLogging has it: readers get its number, and where one is given how the value is meant.
 */
#define ETWKIT_I8(name, value) EK_FIELD(name, "\x03", etwkit_data_i8(value))
#define ETWKIT_U8(name, value) EK_FIELD(name, "\x04", etwkit_data_u8(value))
#define ETWKIT_I16(name, value) EK_FIELD(name, "\x05", etwkit_data_i16(value))
#define ETWKIT_U16(name, value) EK_FIELD(name, "\x06", etwkit_data_u16(value))
#define ETWKIT_I32(name, value) EK_FIELD(name, "\x07", etwkit_data_i32(value))
#define ETWKIT_U32(name, value) EK_FIELD(name, "\x08", etwkit_data_u32(value))
#define ETWKIT_I64(name, value) EK_FIELD(name, "\x09", etwkit_data_i64(value))
#define ETWKIT_U64(name, value) EK_FIELD(name, "\x0a", etwkit_data_u64(value))
/* Unsigned, shown in hex. */
#define ETWKIT_HEX8(name, value) EK_FIELD(name, "\x84\x04", etwkit_data_u8(value))
#define ETWKIT_HEX16(name, value) EK_FIELD(name, "\x86\x04", etwkit_data_u16(value))
#define ETWKIT_HEX32(name, value) EK_FIELD(name, "\x14", etwkit_data_u32(value))
#define ETWKIT_HEX64(name, value) EK_FIELD(name, "\x15", etwkit_data_u64(value))
#define ETWKIT_POINTER(name, pointer) EK_FIELD(name, EK_FIELD_POINTER, etwkit_data_pointer(pointer))
#define ETWKIT_F32(name, value) EK_FIELD(name, "\x0b", etwkit_data_f32(value))
#define ETWKIT_F64(name, value) EK_FIELD(name, "\x0c", etwkit_data_f64(value))
/* A truth of one byte, as C's bool, and of four, as Windows' BOOL. */
#define ETWKIT_BOOL(name, value) EK_FIELD(name, "\x84\x03", etwkit_data_bool(value, 1))
#define ETWKIT_BOOL32(name, value) EK_FIELD(name, "\x0d", etwkit_data_bool(value, 4))
/* One character: a char, and a unit of UTF-16. */
#define ETWKIT_CHAR(name, value) EK_FIELD(name, "\x84\x02", etwkit_data_char(value))
#define ETWKIT_CHAR16(name, value) EK_FIELD(name, "\x86\x02", etwkit_data_u16(value))

/*
 * Text to its NUL, in UTF-8 and in UTF-16 (`const etwkit_char16 *`); NULL is written as "". Text of a given length, in
 * bytes and in units of UTF-16, may have a NUL inside, and be NULL where the length is 0. A wchar_t is UTF-16 on
 * Windows alone, where these macros take it.
 */
#define ETWKIT_STR(name, text) EK_FIELD(name, "\x82\x23", etwkit_data_str(text))
#define ETWKIT_STRN(name, text, length) EK_FIELD(name, "\x97\x23", etwkit_data_strn(text, length))
#define ETWKIT_U16STR(name, text) EK_FIELD(name, "\x01", etwkit_data_u16str(text))
#define ETWKIT_U16STRN(name, text, length) EK_FIELD(name, "\x16", etwkit_data_u16strn(text, length))
/* As ETWKIT_STR; readers may show them as what they are. */
#define ETWKIT_JSON(name, text) EK_FIELD(name, "\x82\x0c", etwkit_data_str(text))
#define ETWKIT_XML(name, text) EK_FIELD(name, "\x82\x0b", etwkit_data_str(text))

/* `size` bytes from anywhere; may be NULL where the size is 0. */
#define ETWKIT_BINARY(name, bytes, size) EK_FIELD(name, "\x0e", etwkit_data_binary(bytes, size))
#define ETWKIT_GUID(name, guid) EK_FIELD(name, "\x0f", etwkit_data_guid(guid)) /* const etwkit_guid *, not NULL */
/* 100 ns since 1601, UTC, as a number; the 16 bytes of Windows' SYSTEMTIME (not NULL). */
#define ETWKIT_FILETIME(name, value) EK_FIELD(name, "\x11", etwkit_data_i64(value))
#define ETWKIT_SYSTEMTIME(name, pointer) EK_FIELD(name, "\x12", etwkit_data_bytes(pointer, 16))
#define ETWKIT_SID(name, sid) EK_FIELD(name, "\x13", etwkit_data_sid(sid)) /* a whole SID, not NULL */

/* Addresses: in the network's byte order, as struct in_addr and struct in6_addr (a pointer to its 16 bytes, not NULL)
 * have them; the port, too. A socket address is a struct sockaddr_in or _in6 as Windows has it, with its size. */
#define ETWKIT_IPV4(name, address) EK_FIELD(name, "\x88\x08", etwkit_data_u32(address))
#define ETWKIT_IPV6(name, bytes) EK_FIELD(name, "\x8e\x09", etwkit_data_binary(bytes, 16))
#define ETWKIT_PORT(name, port) EK_FIELD(name, "\x86\x07", etwkit_data_u16(port))
#define ETWKIT_SOCKADDR(name, address, size) EK_FIELD(name, "\x8e\x0a", etwkit_data_binary(address, size))

#define ETWKIT_PID(name, process_id) EK_FIELD(name, "\x88\x05", etwkit_data_u32(process_id))
#define ETWKIT_TID(name, thread_id) EK_FIELD(name, "\x88\x06", etwkit_data_u32(thread_id))
/* Codes of Windows. For errno, which TraceLogging has no type for, ETWKIT_I32 or its text. */
#define ETWKIT_WIN32_ERROR(name, code) EK_FIELD(name, "\x88\x0d", etwkit_data_u32(code))
#define ETWKIT_NTSTATUS(name, code) EK_FIELD(name, "\x87\x0e", etwkit_data_i32(code))
#define ETWKIT_HRESULT(name, code) EK_FIELD(name, "\x87\x0f", etwkit_data_i32(code))

/* Arrays of `count` elements, at most 65,535; may be NULL where the count is 0. */
#define ETWKIT_I8_ARRAY(name, values, count) EK_FIELD(name, "\x43", etwkit_data_i8_array(values, count))
#define ETWKIT_U8_ARRAY(name, values, count) EK_FIELD(name, "\x44", etwkit_data_u8_array(values, count))
#define ETWKIT_I16_ARRAY(name, values, count) EK_FIELD(name, "\x45", etwkit_data_i16_array(values, count))
#define ETWKIT_U16_ARRAY(name, values, count) EK_FIELD(name, "\x46", etwkit_data_u16_array(values, count))
#define ETWKIT_I32_ARRAY(name, values, count) EK_FIELD(name, "\x47", etwkit_data_i32_array(values, count))
#define ETWKIT_U32_ARRAY(name, values, count) EK_FIELD(name, "\x48", etwkit_data_u32_array(values, count))
#define ETWKIT_I64_ARRAY(name, values, count) EK_FIELD(name, "\x49", etwkit_data_i64_array(values, count))
#define ETWKIT_U64_ARRAY(name, values, count) EK_FIELD(name, "\x4a", etwkit_data_u64_array(values, count))
#define ETWKIT_HEX32_ARRAY(name, values, count) EK_FIELD(name, "\x54", etwkit_data_u32_array(values, count))
#define ETWKIT_HEX64_ARRAY(name, values, count) EK_FIELD(name, "\x55", etwkit_data_u64_array(values, count))
#define ETWKIT_F32_ARRAY(name, values, count) EK_FIELD(name, "\x4b", etwkit_data_f32_array(values, count))
#define ETWKIT_F64_ARRAY(name, values, count) EK_FIELD(name, "\x4c", etwkit_data_f64_array(values, count))
#define ETWKIT_BOOL_ARRAY(name, values, count) EK_FIELD(name, "\xc4\x03", etwkit_data_bool_array(values, count))
#define ETWKIT_GUID_ARRAY(name, values, count) EK_FIELD(name, "\x4f", etwkit_data_guid_array(values, count))
#define ETWKIT_FILETIME_ARRAY(name, values, count) EK_FIELD(name, "\x51", etwkit_data_i64_array(values, count))

/*
 * ETWKIT_STRUCT(name, ...): 1 to 32 fields as the members of one, structs among them, 16 deep at most.
 *
 *     ETWKIT_STRUCT("client", ETWKIT_IPV4("address", a.sin_addr.s_addr), ETWKIT_PORT("port", a.sin_port))
 */
#define ETWKIT_STRUCT(...)                                                    \
    (EK_WRITE_FIRST(__VA_ARGS__, ~) "\0\x98" EK_WRITE_COUNT_TEXT(__VA_ARGS__) \
         EK_WRITE_EACH(EK_WRITE_MEMBER_TEXT, __VA_ARGS__),                    \
     , EK_WRITE_EACH(EK_WRITE_DATA, __VA_ARGS__))

/* One field as the macros of write.h take it (write_each.h says how). `type` is that of TraceLogging, and after 0x80
 * how its values are meant; 0x40 makes it an array (docs/format/schemas.md). */
#define EK_FIELD(name, type, data) (name "\0" type, , data, )
#if UINTPTR_MAX > 0xFFFFFFFF
#define EK_FIELD_POINTER "\x15"
#else
#define EK_FIELD_POINTER "\x14"
#endif

/* A unit of UTF-16, as u"..." has them. */
#ifdef __cplusplus
typedef char16_t etwkit_char16;
#else
typedef uint16_t etwkit_char16;
#endif

/* The functions that make a field's data of its value: of use also without the macros, for etwkit_provider_write(). */
static inline etwkit_data etwkit_data_i8(int8_t value) {
    return etwkit_data_value((uint64_t)value, 1);
}
static inline etwkit_data etwkit_data_i16(int16_t value) {
    return etwkit_data_value((uint64_t)value, 2);
}
static inline etwkit_data etwkit_data_i32(int32_t value) {
    return etwkit_data_value((uint64_t)value, 4);
}
static inline etwkit_data etwkit_data_i64(int64_t value) {
    return etwkit_data_value((uint64_t)value, 8);
}
static inline etwkit_data etwkit_data_u8(uint8_t value) {
    return etwkit_data_value(value, 1);
}
static inline etwkit_data etwkit_data_u16(uint16_t value) {
    return etwkit_data_value(value, 2);
}
static inline etwkit_data etwkit_data_u32(uint32_t value) {
    return etwkit_data_value(value, 4);
}
static inline etwkit_data etwkit_data_u64(uint64_t value) {
    return etwkit_data_value(value, 8);
}
static inline etwkit_data etwkit_data_f32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return etwkit_data_value(bits, sizeof bits);
}
static inline etwkit_data etwkit_data_f64(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return etwkit_data_value(bits, sizeof bits);
}
static inline etwkit_data etwkit_data_bool(bool value, uint32_t size) {
    return etwkit_data_value(value, size);
}
static inline etwkit_data etwkit_data_char(char value) {
    return etwkit_data_value((unsigned char)value, 1);
}
static inline etwkit_data etwkit_data_pointer(const volatile void *pointer) {
    return etwkit_data_value((uintptr_t)pointer, sizeof pointer);
}
static inline etwkit_data etwkit_data_bytes(const void *bytes, size_t size) {
    return etwkit_data_of_kind(ETWKIT_DATA_BYTES, bytes, size, 0);
}
static inline etwkit_data etwkit_data_binary(const void *bytes, size_t size) {
    return etwkit_data_of_kind(ETWKIT_DATA_COUNTED, bytes, size, 0);
}
static inline etwkit_data etwkit_data_str(const char *text) {
    return etwkit_data_bytes(text ? text : "", text ? strlen(text) + 1 : 1);
}
static inline etwkit_data etwkit_data_strn(const char *text, size_t length) {
    return etwkit_data_binary(text, length);
}
static inline etwkit_data etwkit_data_u16strn(const etwkit_char16 *text, size_t length) {
    return etwkit_data_binary(text, length < SIZE_MAX / 2 ? 2 * length : SIZE_MAX);
}
static inline etwkit_data etwkit_data_u16str(const etwkit_char16 *text) {
    size_t length = 0;
    while (text && text[length])
        length++;
    return text ? etwkit_data_bytes(text, 2 * (length + 1)) : etwkit_data_u16(0);
}
#if defined(__cplusplus) && defined(_WIN32)
static inline etwkit_data etwkit_data_u16strn(const wchar_t *text, size_t length) {
    return etwkit_data_u16strn(reinterpret_cast<const etwkit_char16 *>(text), length);
}
static inline etwkit_data etwkit_data_u16str(const wchar_t *text) {
    return etwkit_data_u16str(reinterpret_cast<const etwkit_char16 *>(text));
}
#endif
static inline etwkit_data etwkit_data_guid(const etwkit_guid *guid) {
    return etwkit_data_bytes(guid, sizeof *guid);
}
static inline etwkit_data etwkit_data_sid(const void *sid) {
    return etwkit_data_bytes(sid, 8 + 4u * ((const uint8_t *)sid)[1]);
}
/* More elements than a count can tell are too many bytes, too: such an event is refused. */
static inline etwkit_data etwkit_data_array(const void *values, size_t count, size_t size) {
    return etwkit_data_of_kind(ETWKIT_DATA_ARRAY, values, count < SIZE_MAX / size ? count * size : SIZE_MAX,
                               (uint16_t)count);
}
static inline etwkit_data etwkit_data_i8_array(const int8_t *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_u8_array(const uint8_t *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_i16_array(const int16_t *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_u16_array(const uint16_t *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_i32_array(const int32_t *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_u32_array(const uint32_t *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_i64_array(const int64_t *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_u64_array(const uint64_t *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_f32_array(const float *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_f64_array(const double *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_bool_array(const bool *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}
static inline etwkit_data etwkit_data_guid_array(const etwkit_guid *values, size_t count) {
    return etwkit_data_array(values, count, sizeof *values);
}

#endif
