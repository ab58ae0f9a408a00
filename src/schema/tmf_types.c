/* SPDX-License-Identifier: MIT */
/* The types of WPP parameters: which field each is, and its labels. Knows no lines of files. */
#include "base/ascii.h"
#include "base/cursor.h"
#include "schema/tmf.h"

#include <string.h>

/* Their sizes and forms come from public descriptions of the WPP preprocessor, its configuration files and other
 * decoders: docs/format/wpp.md says which were seen at work. */
typedef struct item_type {
    const char *name; /* behind "Item", lower case */
    uint16_t in_type;
    uint16_t out_type;
    uint8_t length;
    uint8_t kind;
} item_type;

static const item_type types[] = {
    {"char", ETWKIT_IN_INT8, 0, 0, 0},
    {"uchar", ETWKIT_IN_UINT8, 0, 0, 0},
    {"charshort", ETWKIT_IN_INT8, 0, 0, 0},
    {"charsign", ETWKIT_IN_INT8, 0, 0, 0},
    {"charhidden", ETWKIT_IN_INT8, 0, 0, 0},
    {"wchar", ETWKIT_IN_UINT16, ETWKIT_OUT_STRING, 0, 0},
    {"short", ETWKIT_IN_INT16, 0, 0, 0},
    {"sshort", ETWKIT_IN_INT16, 0, 0, 0},
    {"ushort", ETWKIT_IN_UINT16, 0, 0, 0},
    {"long", ETWKIT_IN_INT32, 0, 0, 0},
    {"ulong", ETWKIT_IN_UINT32, 0, 0, 0},
    {"ulongx", ETWKIT_IN_UINT32, ETWKIT_OUT_HEXINT32, 0, 0},
    {"longlong", ETWKIT_IN_INT64, 0, 0, 0},
    {"ulonglong", ETWKIT_IN_UINT64, 0, 0, 0},
    {"quad", ETWKIT_IN_INT64, 0, 0, 0},
    {"uquad", ETWKIT_IN_UINT64, 0, 0, 0},
    {"longlongx", ETWKIT_IN_UINT64, ETWKIT_OUT_HEXINT64, 0, 0},
    {"longlongxx", ETWKIT_IN_UINT64, ETWKIT_OUT_HEXINT64, 0, 0},
    {"ulonglongx", ETWKIT_IN_UINT64, ETWKIT_OUT_HEXINT64, 0, 0},
    {"ulonglongxx", ETWKIT_IN_UINT64, ETWKIT_OUT_HEXINT64, 0, 0},
    {"longlongo", ETWKIT_IN_UINT64, 0, 0, 0},
    {"float", ETWKIT_IN_FLOAT, 0, 0, 0},
    {"double", ETWKIT_IN_DOUBLE, 0, 0, 0},
    {"ptr", ETWKIT_IN_POINTER, 0, 0, 0},
    {"guid", ETWKIT_IN_GUID, 0, 0, 0},
    {"clsid", ETWKIT_IN_GUID, 0, 0, 0},
    {"libid", ETWKIT_IN_GUID, 0, 0, 0},
    {"iid", ETWKIT_IN_GUID, 0, 0, 0},
    {"string", ETWKIT_IN_ANSISTRING, 0, 0, 0},
    {"rstring", ETWKIT_IN_ANSISTRING, 0, 0, 0},
    {"mlstring", ETWKIT_IN_ANSISTRING, 0, 0, 0},
    {"wstring", ETWKIT_IN_UNICODESTRING, 0, 0, 0},
    {"rwstring", ETWKIT_IN_UNICODESTRING, 0, 0, 0},
    {"pstring", ETWKIT_IN_COUNTED_ANSI, 0, 0, 0},
    {"pwstring", ETWKIT_IN_COUNTED_UTF16, 0, 0, 0},
    {"dsstring", ETWKIT_IN_REVERSEDCOUNTEDANSISTRING, 0, 0, 0},
    {"dswstring", ETWKIT_IN_REVERSEDCOUNTEDSTRING, 0, 0, 0},
    {"nwstring", ETWKIT_IN_NONNULLTERMINATEDSTRING, 0, 0, 0},
    {"sid", ETWKIT_IN_SID, 0, 0, 0},
    {"ksid", ETWKIT_IN_WBEMSID, 0, 0, 0},
    {"char4", ETWKIT_IN_ANSISTRING, 0, 4, 0},
    {"ipaddr", ETWKIT_IN_UINT32, ETWKIT_OUT_IPV4, 0, 0},
    {"ipv6addr", ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, 16, 0},
    {"macaddr", ETWKIT_IN_BINARY, 0, 6, EK_TMF_MAC},
    {"port", ETWKIT_IN_UINT16, ETWKIT_OUT_PORT, 0, 0},
    {"timestamp", ETWKIT_IN_FILETIME, 0, 0, 0},
    {"timedelta", ETWKIT_IN_INT64, 0, 0, EK_TMF_TIME_DELTA},
    {"waittime", ETWKIT_IN_INT64, 0, 0, EK_TMF_WAIT_TIME},
    {"ntstatus", ETWKIT_IN_UINT32, ETWKIT_OUT_NTSTATUS, 0, EK_TMF_NTSTATUS},
    {"nterror", ETWKIT_IN_UINT32, ETWKIT_OUT_NTSTATUS, 0, EK_TMF_NTSTATUS},
    {"netevent", ETWKIT_IN_UINT32, ETWKIT_OUT_HEXINT32, 0, 0},
    {"winerror", ETWKIT_IN_UINT32, ETWKIT_OUT_WIN32ERROR, 0, EK_TMF_WIN32},
    {"merror", ETWKIT_IN_UINT32, ETWKIT_OUT_WIN32ERROR, 0, EK_TMF_WIN32},
    {"hresult", ETWKIT_IN_UINT32, ETWKIT_OUT_HRESULT, 0, EK_TMF_HRESULT},
    {"ndis_status", ETWKIT_IN_UINT32, ETWKIT_OUT_NTSTATUS, 0, EK_TMF_NTSTATUS},
    {"ndis_oid", ETWKIT_IN_UINT32, ETWKIT_OUT_HEXINT32, 0, 0},
    {"hexdump", ETWKIT_IN_COUNTED_BINARY, 0, 0, EK_TMF_HEX_DUMP},
    {"hexbytes", ETWKIT_IN_COUNTED_BINARY, 0, 0, EK_TMF_HEX_DUMP},
    /* With labels in parentheses, by position. */
    {"listbyte", ETWKIT_IN_UINT8, 0, 0, 0},
    {"listshort", ETWKIT_IN_UINT16, 0, 0, 0},
    {"listlong", ETWKIT_IN_UINT32, 0, 0, 0},
    {"setbyte", ETWKIT_IN_UINT8, 0, 0, EK_TMF_SET},
    {"setshort", ETWKIT_IN_UINT16, 0, 0, EK_TMF_SET},
    {"setlong", ETWKIT_IN_UINT32, 0, 0, EK_TMF_SET},
    /* With the name of an enumeration in parentheses. */
    {"enum", ETWKIT_IN_INT32, 0, 0, 0},
    {"flagsenum", ETWKIT_IN_UINT32, ETWKIT_OUT_HEXINT32, 0, EK_TMF_FLAGS},
};

/* Beyond any real list; the bits of a set are fewer anyway. */
#define MAX_LABELS 4096

/* Letter case differs between configuration files: ItemHexDump, ItemHEXDump. */
static const item_type *find_type(const char *type) {
    if (strncmp(type, "Item", 4) != 0)
        return NULL;
    size_t length = strcspn(type += 4, "(");
    while (length && type[length - 1] == ' ')
        length--;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t at = 0;
        while (at < length && ek_ascii_lower(type[at]) == types[i].name[at])
            at++;
        if (at == length && !types[i].name[at])
            return &types[i];
    }
    return NULL;
}

void ek_tmf_kind_of(ek_tmf_parameter *parameter) {
    const item_type *type = find_type(parameter->type);
    parameter->kind = type ? type->kind : EK_TMF_PLAIN;
    parameter->is_listed = type && (strncmp(type->name, "list", 4) == 0 || strncmp(type->name, "set", 3) == 0);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* One label of several, without the blanks around it; *at moves behind its comma. NULL: memory ran out. */
static const char *take_label(const char **at, const char *end, ek_arena *arena) {
    const char *comma = memchr(*at, ',', (size_t)(end - *at)), *begin = *at, *last = comma ? comma : end;
    *at = comma ? comma + 1 : end;
    while (begin < last && is_blank(*begin))
        begin++;
    while (begin < last && is_blank(last[-1]))
        last--;
    return ek_arena_text(arena, begin, (size_t)(last - begin));
}

/* "(Low, APC,DPC)" to labels, each with its place or its bit. NULL: memory ran out. */
static const etwkit_map *list_map(const char *type, bool is_set, ek_arena *arena) {
    const char *at = strchr(type, '('), *end = strrchr(type, ')');
    size_t most = is_set ? 64 : MAX_LABELS, count = 0, wanted = 0;
    if (at && end && ++at < end)
        for (const char *comma = at - 1; comma && wanted < most; wanted++)
            comma = memchr(comma + 1, ',', (size_t)(end - comma - 1));
    ek_map_entry *entries = ek_resize(&arena->allocator, NULL, wanted, sizeof *entries);
    for (; entries && count < wanted; count++) {
        entries[count].value = is_set ? UINT64_C(1) << count : count;
        if (!(entries[count].label = take_label(&at, end, arena)))
            break;
    }
    const etwkit_map *map = entries && count == wanted ? ek_map_build(arena, "", is_set, entries, count) : NULL;
    ek_release(&arena->allocator, entries);
    return map;
}

/* NULL: the file does not define it. */
static const etwkit_map *enum_map(const ek_tmf *tmf, const ek_tmf_message *message, const char *type, bool flags) {
    const char *begin = strchr(type, '('), *end = strrchr(type, ')');
    if (!begin || !end || ++begin > end)
        return NULL;
    while (begin < end && is_blank(*begin))
        begin++;
    while (begin < end && is_blank(end[-1]))
        end--;
    const ek_tmf_enum *found = ek_tmf_find_enum(tmf, message->file, begin, (size_t)(end - begin));
    return !found ? NULL : flags ? found->bits : found->values;
}

bool ek_tmf_field_of(const ek_tmf *tmf, const ek_tmf_message *message, const ek_tmf_parameter *parameter,
                     ek_arena *arena, ek_field_spec *spec) {
    const item_type *type = find_type(parameter->type);
    bool failed = false;
    if (!type) {
        spec->in_type = ETWKIT_IN_BINARY; /* of unknown size: the rest of the payload */
        return true;
    }
    spec->in_type = type->in_type;
    spec->out_type = type->out_type;
    spec->length = type->length;
    if (parameter->is_listed)
        failed = !(spec->map = list_map(parameter->type, type->kind == EK_TMF_SET, arena));
    else if (strcmp(type->name, "enum") == 0 || type->kind == EK_TMF_FLAGS)
        spec->map = enum_map(tmf, message, parameter->type, type->kind == EK_TMF_FLAGS);
    return !failed;
}
