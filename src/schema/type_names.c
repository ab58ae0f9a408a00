/* SPDX-License-Identifier: MIT */
/* Names of in-types and out-types, as manifests have them without the prefix. Knows no layout. */
#include <etwkit/schema.h>

#define WBEM 300 /* the first of the types that manifests do not have */

static const char *const in_types[] = {
    "Null",
    "UnicodeString",
    "AnsiString",
    "Int8",
    "UInt8",
    "Int16",
    "UInt16",
    "Int32",
    "UInt32",
    "Int64",
    "UInt64",
    "Float",
    "Double",
    "Boolean",
    "Binary",
    "GUID",
    "Pointer",
    "FILETIME",
    "SYSTEMTIME",
    "SID",
    "HexInt32",
    "HexInt64",
    "CountedUnicodeString",
    "CountedAnsiString",
    "Struct",
    "CountedBinary",
};

/* As TDH_INTYPE_* calls them, but for the first two, which would be called like others. */
static const char *const wbem_in_types[] = {
    "WbemCountedString",
    "WbemCountedAnsiString",
    "ReversedCountedString",
    "ReversedCountedAnsiString",
    "NonNullTerminatedString",
    "NonNullTerminatedAnsiString",
    "UnicodeChar",
    "AnsiChar",
    "SizeT",
    "HexDump",
    "WbemSID",
};

static const char *const out_types[] = {
    NULL,
    "string",
    "dateTime",
    "byte",
    "unsignedByte",
    "short",
    "unsignedShort",
    "int",
    "unsignedInt",
    "long",
    "unsignedLong",
    "float",
    "double",
    "boolean",
    "GUID",
    "hexBinary",
    "HexInt8",
    "HexInt16",
    "HexInt32",
    "HexInt64",
    "PID",
    "TID",
    "Port",
    "IPv4",
    "IPv6",
    "SocketAddress",
    "CIMDateTime",
    "ETWTIME",
    "Xml",
    "ErrorCode",
    "Win32Error",
    "NTSTATUS",
    "HResult",
    "DateTimeCultureInsensitive",
    "Json",
    "Utf8",
    "Pkcs7WithTypeInfo",
    "CodePointer",
    "DateTimeUtc",
};

static const char *const wbem_out_types[] = {"ReducedString", "NoPrint"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const char *etwkit_in_type_name(etwkit_in_type type) {
    size_t number = (size_t)type;
    if (number >= WBEM)
        return number - WBEM < COUNT(wbem_in_types) ? wbem_in_types[number - WBEM] : NULL;
    return number < COUNT(in_types) ? in_types[number] : NULL;
}

const char *etwkit_out_type_name(etwkit_out_type type) {
    size_t number = (size_t)type;
    if (number >= WBEM)
        return number - WBEM < COUNT(wbem_out_types) ? wbem_out_types[number - WBEM] : NULL;
    return number < COUNT(out_types) ? out_types[number] : NULL;
}
