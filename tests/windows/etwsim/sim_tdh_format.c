/* SPDX-License-Identifier: MIT */
/*
 * TdhFormatProperty: one value as text.
 * https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhformatproperty
 */
#include "sim_tdh.h"

#include <sddl.h>
#include <stdio.h>
#include <string.h>

enum {
    TEXT = 32768 /* the longest that 64 KiB of event can be, but for binary data in hexadecimal */
};

typedef struct sim_words {
    WCHAR *at;
    size_t count, capacity;
} sim_words;

static void add(sim_words *text, const WCHAR *words, size_t count) {
    if (count > text->capacity - text->count)
        count = text->capacity - text->count;
    memcpy(text->at + text->count, words, count * sizeof *words);
    text->count += count;
}

static void add_ascii(sim_words *text, const char *words) {
    for (; *words; words++) {
        const WCHAR one = (UCHAR)*words;
        add(text, &one, 1);
    }
}

static ULONGLONG whole_number(const BYTE *at, ULONG size) {
    ULONGLONG value = 0;
    memcpy(&value, at, size < sizeof value ? size : sizeof value);
    return value;
}

static LONGLONG signed_number(const BYTE *at, ULONG size) {
    const unsigned unused = 64 - 8 * (size < 8 ? size : 8);
    return (LONGLONG)(whole_number(at, size) << unused) >> unused;
}

/* ---- maps: https://learn.microsoft.com/windows/win32/api/tdh/ns-tdh-event_map_info */

static const WCHAR *map_text(const EVENT_MAP_INFO *map, ULONG entry) {
    return (const WCHAR *)(const void *)((const BYTE *)map + map->MapEntryArray[entry].OutputOffset);
}

/* Map texts end with a blank that is no part of them:
 * https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhgeteventmapinformation */
static void add_map_text(sim_words *text, const EVENT_MAP_INFO *map, ULONG entry) {
    const WCHAR *words = map_text(map, entry);
    const size_t length = wcslen(words);
    add(text, words, length && words[length - 1] == L' ' ? length - 1 : length);
}

/* false: the map says nothing of the number. */
static bool add_mapped(sim_words *text, const EVENT_MAP_INFO *map, ULONGLONG value) {
    const bool bits = (map->Flag & EVENTMAP_INFO_FLAG_MANIFEST_BITMAP) != 0;
    for (ULONG i = 0; i < map->EntryCount; i++) {
        const ULONG entry = map->MapEntryArray[i].Value;
        if (bits ? (value & entry) == 0 : value != entry)
            continue;
        if (text->count)
            add_ascii(text, "|");
        add_map_text(text, map, i);
        if (!bits)
            break;
    }
    return text->count != 0;
}

/* ---- kinds of values */

static void add_whole(sim_words *text, const sim_value_type *type, const BYTE *at, ULONG size) {
    const ULONGLONG value = whole_number(at, size);
    const bool is_signed = type->in_type == SIM_IN_INT8 || type->in_type == SIM_IN_INT16 ||
                           type->in_type == SIM_IN_INT32 || type->in_type == SIM_IN_INT64;
    const bool is_hex = type->in_type == SIM_IN_POINTER || type->in_type == SIM_IN_HEXINT32 ||
                        type->in_type == SIM_IN_HEXINT64 || type->in_type == SIM_IN_SIZET ||
                        (type->out_type >= SIM_OUT_HEXINT8 && type->out_type <= SIM_OUT_HEXINT64);
    char words[64];
    if (type->in_type == SIM_IN_BOOLEAN)
        (void)snprintf(words, sizeof words, value ? "true" : "false");
    else if (type->out_type == SIM_OUT_PORT) /* "in network byte order" */
        (void)snprintf(words, sizeof words, "%u", at[0] << 8 | at[1]);
    else if (type->out_type == SIM_OUT_IPV4)
        (void)snprintf(words, sizeof words, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
    else if (is_hex)
        (void)snprintf(words, sizeof words, "0x%llX", value);
    else if (is_signed)
        (void)snprintf(words, sizeof words, "%lld", (long long)signed_number(at, size));
    else
        (void)snprintf(words, sizeof words, "%llu", value);
    add_ascii(text, words);
}

static void add_real(sim_words *text, const BYTE *at, ULONG size) {
    char words[64];
    float small;
    double value;
    memcpy(&small, at, sizeof small);
    if (size == sizeof value)
        memcpy(&value, at, sizeof value);
    else
        value = (double)small;
    (void)snprintf(words, sizeof words, "%.*g", size == sizeof value ? 17 : 9, value);
    add_ascii(text, words);
}

static void add_time(sim_words *text, USHORT in_type, const BYTE *at) {
    SYSTEMTIME parts;
    FILETIME stamp;
    char words[64];
    unsigned ticks;
    if (in_type == SIM_IN_SYSTEMTIME) {
        memcpy(&parts, at, sizeof parts);
        ticks = parts.wMilliseconds * 10000u;
    } else {
        memcpy(&stamp, at, sizeof stamp);
        ticks = (unsigned)(whole_number(at, sizeof stamp) % 10000000);
        (void)FileTimeToSystemTime(&stamp, &parts);
    }
    (void)snprintf(words, sizeof words, "%04u-%02u-%02uT%02u:%02u:%02u.%07uZ", parts.wYear, parts.wMonth, parts.wDay,
                   parts.wHour, parts.wMinute, parts.wSecond, ticks);
    add_ascii(text, words);
}

static bool add_sid(sim_words *text, const BYTE *at, ULONG size) {
    BYTE sid[8 + 4 * 255];
    WCHAR *words = NULL;
    memcpy(sid, at, size);
    if (!ConvertSidToStringSidW(sid, &words))
        return false;
    add(text, words, wcslen(words));
    (void)LocalFree(words);
    return true;
}

static void add_binary(sim_words *text, const BYTE *at, ULONG size) {
    char digits[3];
    add_ascii(text, "0x");
    for (ULONG i = 0; i < size; i++) {
        (void)snprintf(digits, sizeof digits, "%02X", at[i]);
        add_ascii(text, digits);
    }
}

static void add_words(sim_words *text, const BYTE *at, ULONG size, bool wide) {
    for (ULONG i = 0; i + wide < size; i += wide ? 2 : 1) {
        const WCHAR one = (WCHAR)(wide ? at[i] | at[i + 1] << 8 : at[i]);
        if (!one)
            return;
        add(text, &one, 1);
    }
}

static bool format(sim_words *text, const sim_value_type *type, const BYTE *at, ULONG size) {
    char guid[40];
    GUID id;
    switch (type->in_type) {
    case SIM_IN_UNICODESTRING:
    case SIM_IN_UNICODECHAR: add_words(text, at, size, true); break;
    case SIM_IN_ANSISTRING:
    case SIM_IN_ANSICHAR: add_words(text, at, size, false); break;
    case SIM_IN_COUNTEDSTRING:
    case SIM_IN_MANIFEST_COUNTEDSTRING: add_words(text, at + 2, size - 2, true); break;
    case SIM_IN_COUNTEDANSISTRING:
    case SIM_IN_MANIFEST_COUNTEDANSISTRING: add_words(text, at + 2, size - 2, false); break;
    case SIM_IN_MANIFEST_COUNTEDBINARY: add_binary(text, at + 2, size - 2); break;
    case SIM_IN_BINARY: add_binary(text, at, size); break;
    case SIM_IN_FLOAT:
    case SIM_IN_DOUBLE: add_real(text, at, size); break;
    case SIM_IN_FILETIME:
    case SIM_IN_SYSTEMTIME: add_time(text, type->in_type, at); break;
    case SIM_IN_SID: return add_sid(text, at, size);
    case SIM_IN_GUID:
        memcpy(&id, at, sizeof id);
        add_ascii(text, "{");
        add_ascii(text, sim_guid_text(&id, guid));
        add_ascii(text, "}");
        break;
    default: add_whole(text, type, at, size);
    }
    return true;
}

/* ---- the call */

/* "If the buffer size is zero on input, no data is returned [...] and this parameter receives the required size." */
static ULONG hand_out(const sim_words *text, WCHAR *buffer, ULONG *room) {
    const ULONG needed = (ULONG)((text->count + 1) * sizeof *text->at), had = *room;
    *room = needed;
    if (!buffer || had < needed)
        return ERROR_INSUFFICIENT_BUFFER;
    memcpy(buffer, text->at, needed - sizeof *buffer);
    buffer[text->count] = 0;
    return ERROR_SUCCESS;
}

ULONG WINAPI sim_TdhFormatProperty(TRACE_EVENT_INFO *info, EVENT_MAP_INFO *map, ULONG pointer, USHORT in_type,
                                   USHORT out_type, USHORT length, USHORT left, BYTE *data, ULONG *room, WCHAR *buffer,
                                   USHORT *consumed);
ULONG WINAPI sim_TdhFormatProperty(TRACE_EVENT_INFO *info, EVENT_MAP_INFO *map, ULONG pointer, USHORT in_type,
                                   USHORT out_type, USHORT length, USHORT left, BYTE *data, ULONG *room, WCHAR *buffer,
                                   USHORT *consumed) {
    sim_begin();
    WCHAR words[TEXT];
    sim_words text = {words, 0, TEXT};
    const sim_value_type type = {in_type, out_type, length != 0, length, pointer};
    ULONG size = 0, error = sim_called("TdhFormatProperty");
    if (!error && (!info || !data || !room || !consumed || (pointer != 4 && pointer != 8)))
        error = ERROR_INVALID_PARAMETER;
    if (!error && !sim_tdh_size(&type, data, left, &size))
        error = ERROR_EVT_INVALID_EVENT_DATA;
    if (!error && !(map && size <= 8 && add_mapped(&text, map, whole_number(data, size))) &&
        !format(&text, &type, data, size))
        error = ERROR_EVT_INVALID_EVENT_DATA;
    if (!error)
        error = hand_out(&text, buffer, room);
    if (!error)
        *consumed = (USHORT)size;
    sim_log("TdhFormatProperty in=%u out=%u length=%u -> %lu", in_type, out_type, length, error);
    return error;
}
