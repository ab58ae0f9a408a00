/* SPDX-License-Identifier: MIT */
/* Tables of what Windows' winmeta.xml defines. Knows no XML and no manifest. */
#include "schema/manifest_types.h"

#include "base/ascii.h"

#include <string.h>

typedef struct type_name {
    uint16_t type;
    const char *name;
} type_name;

static const type_name in_types[] = {
    {ETWKIT_IN_UNICODESTRING, "win:UnicodeString"},
    {ETWKIT_IN_ANSISTRING, "win:AnsiString"},
    {ETWKIT_IN_INT8, "win:Int8"},
    {ETWKIT_IN_UINT8, "win:UInt8"},
    {ETWKIT_IN_INT16, "win:Int16"},
    {ETWKIT_IN_UINT16, "win:UInt16"},
    {ETWKIT_IN_INT32, "win:Int32"},
    {ETWKIT_IN_UINT32, "win:UInt32"},
    {ETWKIT_IN_INT64, "win:Int64"},
    {ETWKIT_IN_UINT64, "win:UInt64"},
    {ETWKIT_IN_FLOAT, "win:Float"},
    {ETWKIT_IN_DOUBLE, "win:Double"},
    {ETWKIT_IN_BOOLEAN, "win:Boolean"},
    {ETWKIT_IN_BINARY, "win:Binary"},
    {ETWKIT_IN_GUID, "win:GUID"},
    {ETWKIT_IN_POINTER, "win:Pointer"},
    {ETWKIT_IN_FILETIME, "win:FILETIME"},
    {ETWKIT_IN_SYSTEMTIME, "win:SYSTEMTIME"},
    {ETWKIT_IN_SID, "win:SID"},
    {ETWKIT_IN_HEXINT32, "win:HexInt32"},
    {ETWKIT_IN_HEXINT64, "win:HexInt64"},
    {ETWKIT_IN_COUNTED_UTF16, "win:CountedUnicodeString"},
    {ETWKIT_IN_COUNTED_UTF16, "win:CountedUtf16String"},
    {ETWKIT_IN_COUNTED_ANSI, "win:CountedAnsiString"},
    {ETWKIT_IN_COUNTED_ANSI, "win:CountedMbcsString"},
    {ETWKIT_IN_STRUCT, "win:Struct"}, /* only in what tools wrote: FORMATS 6d has an element for it */
    {ETWKIT_IN_COUNTED_BINARY, "win:CountedBinary"},
};

static const type_name out_types[] = {
    {ETWKIT_OUT_STRING, "xs:string"},
    {ETWKIT_OUT_DATETIME, "xs:dateTime"},
    {ETWKIT_OUT_BYTE, "xs:byte"},
    {ETWKIT_OUT_UNSIGNEDBYTE, "xs:unsignedByte"},
    {ETWKIT_OUT_SHORT, "xs:short"},
    {ETWKIT_OUT_UNSIGNEDSHORT, "xs:unsignedShort"},
    {ETWKIT_OUT_INT, "xs:int"},
    {ETWKIT_OUT_UNSIGNEDINT, "xs:unsignedInt"},
    {ETWKIT_OUT_LONG, "xs:long"},
    {ETWKIT_OUT_UNSIGNEDLONG, "xs:unsignedLong"},
    {ETWKIT_OUT_FLOAT, "xs:float"},
    {ETWKIT_OUT_DOUBLE, "xs:double"},
    {ETWKIT_OUT_BOOLEAN, "xs:boolean"},
    {ETWKIT_OUT_GUID, "xs:GUID"},
    {ETWKIT_OUT_HEXBINARY, "xs:hexBinary"},
    {ETWKIT_OUT_HEXINT8, "win:HexInt8"},
    {ETWKIT_OUT_HEXINT16, "win:HexInt16"},
    {ETWKIT_OUT_HEXINT32, "win:HexInt32"},
    {ETWKIT_OUT_HEXINT64, "win:HexInt64"},
    {ETWKIT_OUT_PID, "win:PID"},
    {ETWKIT_OUT_TID, "win:TID"},
    {ETWKIT_OUT_PORT, "win:Port"},
    {ETWKIT_OUT_IPV4, "win:IPv4"},
    {ETWKIT_OUT_IPV6, "win:IPv6"},
    {ETWKIT_OUT_SOCKETADDRESS, "win:SocketAddress"},
    {ETWKIT_OUT_CIMDATETIME, "win:CIMDateTime"},
    {ETWKIT_OUT_ETWTIME, "win:ETWTIME"},
    {ETWKIT_OUT_XML, "win:Xml"},
    {ETWKIT_OUT_ERRORCODE, "win:ErrorCode"},
    {ETWKIT_OUT_WIN32ERROR, "win:Win32Error"},
    {ETWKIT_OUT_NTSTATUS, "win:NTSTATUS"},
    {ETWKIT_OUT_HRESULT, "win:HResult"},
    {ETWKIT_OUT_CULTURE_INSENSITIVE_DATETIME, "win:DateTimeCultureInsensitive"},
    {ETWKIT_OUT_JSON, "win:Json"},
    {ETWKIT_OUT_UTF8, "win:Utf8"},
    {ETWKIT_OUT_PKCS7, "win:Pkcs7WithTypeInfo"},
    {ETWKIT_OUT_CODE_POINTER, "win:CodePointer"},
    {ETWKIT_OUT_DATETIME_UTC, "win:DateTimeUtc"},
    {ETWKIT_OUT_REDUCEDSTRING, "win:ReducedString"},
    {ETWKIT_OUT_NOPRINT, "win:NoPrint"},
};

typedef struct builtin {
    ek_table_kind kind;
    const char *name;
    uint64_t value;
} builtin;

static const builtin builtins[] = {
    {EK_TABLE_LEVELS, "win:LogAlways", 0},
    {EK_TABLE_LEVELS, "win:Always", 0}, /* as PerfView writes it */
    {EK_TABLE_LEVELS, "win:Critical", 1},
    {EK_TABLE_LEVELS, "win:Error", 2},
    {EK_TABLE_LEVELS, "win:Warning", 3},
    {EK_TABLE_LEVELS, "win:Informational", 4},
    {EK_TABLE_LEVELS, "win:Verbose", 5},
    {EK_TABLE_OPCODES, "win:Info", 0},
    {EK_TABLE_OPCODES, "win:Start", 1},
    {EK_TABLE_OPCODES, "win:Stop", 2},
    {EK_TABLE_OPCODES, "win:DC_Start", 3},
    {EK_TABLE_OPCODES, "win:DC_Stop", 4},
    {EK_TABLE_OPCODES, "win:Extension", 5},
    {EK_TABLE_OPCODES, "win:Reply", 6},
    {EK_TABLE_OPCODES, "win:Resume", 7},
    {EK_TABLE_OPCODES, "win:Suspend", 8},
    {EK_TABLE_OPCODES, "win:Send", 9},
    {EK_TABLE_OPCODES, "win:Receive", 240},
    {EK_TABLE_TASKS, "win:None", 0},
    {EK_TABLE_KEYWORDS, "win:AnyKeyword", 0},
    {EK_TABLE_KEYWORDS, "win:ResponseTime", 0x0001000000000000},
    {EK_TABLE_KEYWORDS, "win:WDIContext", 0x0002000000000000},
    {EK_TABLE_KEYWORDS, "win:WDIDiag", 0x0004000000000000},
    {EK_TABLE_KEYWORDS, "win:SQM", 0x0008000000000000},
    {EK_TABLE_KEYWORDS, "win:AuditFailure", 0x0010000000000000},
    {EK_TABLE_KEYWORDS, "win:AuditSuccess", 0x0020000000000000},
    {EK_TABLE_KEYWORDS, "win:CorrelationHint", 0x0040000000000000},
    {EK_TABLE_KEYWORDS, "win:EventlogClassic", 0x0080000000000000},
    {EK_TABLE_CHANNELS, "TraceClassic", 0},
    {EK_TABLE_CHANNELS, "System", 8},
    {EK_TABLE_CHANNELS, "Application", 9},
    {EK_TABLE_CHANNELS, "Security", 10},
    {EK_TABLE_CHANNELS, "TraceLogging", 11},
    {EK_TABLE_CHANNELS, "ProviderMetadata", 12},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Hand-written manifests have "win:Guid" too. */
static bool same(const char *a, const char *b) {
    while (*a && ek_ascii_lower(*a) == ek_ascii_lower(*b))
        a++, b++;
    return *a == *b;
}

static const char *plain(const char *name) {
    const char *colon = strchr(name, ':');
    return colon ? colon + 1 : name;
}

static bool find_type(const type_name *types, size_t count, const char *name, uint16_t *type) {
    uint64_t number;
    name = plain(name);
    for (size_t i = 0; i < count; i++)
        if (same(plain(types[i].name), name)) {
            *type = types[i].type;
            return true;
        }
    if (!ek_manifest_number(name, &number) || number > UINT16_MAX)
        return false;
    *type = (uint16_t)number;
    return true;
}

bool ek_manifest_in_type(const char *name, uint16_t *type) {
    return find_type(in_types, COUNT(in_types), name, type);
}

bool ek_manifest_out_type(const char *name, uint16_t *type) {
    return find_type(out_types, COUNT(out_types), name, type);
}

bool ek_manifest_in_type_is_vague(uint16_t type) {
    return type >= ETWKIT_IN_STRUCT && type != ETWKIT_IN_COUNTED_BINARY && type < ETWKIT_IN_COUNTEDSTRING;
}

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    char letter = ek_ascii_lower(c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 16;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool ek_manifest_number(const char *text, uint64_t *value) {
    uint64_t sum = 0;
    while (is_blank(*text))
        text++;
    int base = text[0] == '0' && ek_ascii_lower(text[1]) == 'x' ? 16 : 10;
    if (base == 16)
        text += 2;
    if (digit(*text) >= base)
        return false;
    for (; digit(*text) < base; text++) {
        uint64_t more = (uint64_t)digit(*text);
        if (sum > (UINT64_MAX - more) / (uint64_t)base)
            return false;
        sum = sum * (uint64_t)base + more;
    }
    while (is_blank(*text))
        text++;
    *value = sum;
    return *text == 0;
}

bool ek_manifest_builtin(ek_table_kind kind, const char *name, uint64_t *value) {
    for (size_t i = 0; i < COUNT(builtins); i++)
        if (builtins[i].kind == kind && strcmp(builtins[i].name, name) == 0) {
            *value = builtins[i].value;
            return true;
        }
    return false;
}
