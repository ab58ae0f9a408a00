/* SPDX-License-Identifier: MIT */
/* What the double's TDH knows: providers, events, fields and maps of the script's tdh-lines. */
#ifndef SIM_TDH_H
#define SIM_TDH_H

#include "sim.h"

typedef struct sim_tdh_field {
    struct sim_tdh_field *next;
    const char *name, *map;
    USHORT in_type, out_type, count, length, first, members;
    bool count_is_field, length_is_field, fixed_length, is_struct, is_member;
} sim_tdh_field;

typedef struct sim_tdh_event {
    struct sim_tdh_event *next;
    EVENT_DESCRIPTOR descriptor;
    bool classic;      /* found by its type, not by its id */
    bool tracelogging; /* described by itself */
    const char *name, *level, *channel, *keywords, *task, *opcode, *message;
    sim_tdh_field *fields;
    unsigned field_count;
} sim_tdh_event;

typedef struct sim_tdh_entry {
    struct sim_tdh_entry *next;
    ULONG value;
    const char *text;
} sim_tdh_entry;

typedef struct sim_tdh_map {
    struct sim_tdh_map *next;
    const char *name;
    bool bits;
    sim_tdh_entry *entries;
    ULONG entry_count;
} sim_tdh_map;

/* A keyword, level, channel, task or opcode of a provider. */
typedef struct sim_tdh_word {
    struct sim_tdh_word *next;
    ULONG kind; /* EVENT_FIELD_TYPE */
    ULONGLONG value;
    const char *name, *text;
} sim_tdh_word;

typedef struct sim_tdh_provider {
    struct sim_tdh_provider *next;
    GUID guid;
    const char *name;
    ULONG source; /* 0: manifest, 1: MOF */
    sim_tdh_event *events;
    sim_tdh_map *maps;
    sim_tdh_word *words;
} sim_tdh_provider;

extern sim_tdh_provider *sim_tdh_providers;

sim_tdh_provider *sim_tdh_find_provider(const GUID *guid);
const sim_tdh_event *sim_tdh_find_event(const GUID *provider, const EVENT_DESCRIPTOR *descriptor, bool classic);
/* The bytes of a top-level field with a fixed or terminated type; NULL: it has none, or is not found. */
const BYTE *sim_tdh_value(const sim_tdh_event *event, const char *name, const BYTE *payload, ULONG size, USHORT *type,
                          ULONG *bytes);

/* ---- sim_tdh_tlg.c; sim_tdh.c */

/* https://learn.microsoft.com/windows/win32/api/tdh/ne-tdh-decoding_source */
#define SIM_DECODING_SOURCE_TLG ((DECODING_SOURCE)3)

/* Of an event that describes itself, good until the thread asks again; NULL: it does not, or has what is not known. */
const sim_tdh_event *sim_tdh_tracelogging(const EVENT_RECORD *record, const sim_tdh_provider **provider);
const sim_tdh_event *sim_tdh_find_event_of(const EVENT_RECORD *record, const sim_tdh_provider **provider);

/* ---- sim_tdh_layout.c */

/* https://learn.microsoft.com/windows/win32/api/tdh/ne-tdh-_tdh_in_type, of which mingw-w64's header lacks some. */
enum {
    SIM_IN_UNICODESTRING = 1,
    SIM_IN_ANSISTRING = 2,
    SIM_IN_INT8 = 3,
    SIM_IN_INT16 = 5,
    SIM_IN_INT32 = 7,
    SIM_IN_INT64 = 9,
    SIM_IN_FLOAT = 11,
    SIM_IN_DOUBLE = 12,
    SIM_IN_BOOLEAN = 13,
    SIM_IN_BINARY = 14,
    SIM_IN_GUID = 15,
    SIM_IN_POINTER = 16,
    SIM_IN_FILETIME = 17,
    SIM_IN_SYSTEMTIME = 18,
    SIM_IN_SID = 19,
    SIM_IN_HEXINT32 = 20,
    SIM_IN_HEXINT64 = 21,
    SIM_IN_MANIFEST_COUNTEDSTRING = 22,
    SIM_IN_MANIFEST_COUNTEDANSISTRING = 23,
    SIM_IN_TLG_STRUCT = 24,
    SIM_IN_MANIFEST_COUNTEDBINARY = 25,
    SIM_IN_COUNTEDSTRING = 300,
    SIM_IN_COUNTEDANSISTRING = 301,
    SIM_IN_UNICODECHAR = 306,
    SIM_IN_ANSICHAR = 307,
    SIM_IN_SIZET = 308
};

/* https://learn.microsoft.com/windows/win32/api/tdh/ne-tdh-_tdh_out_type */
enum {
    SIM_OUT_HEXINT8 = 16,
    SIM_OUT_HEXINT64 = 19,
    SIM_OUT_PORT = 22,
    SIM_OUT_IPV4 = 23,
    SIM_OUT_IPV6 = 24
};

typedef struct sim_value_type {
    USHORT in_type, out_type;
    bool has_length;
    ULONG length, pointer; /* as it was declared; 4 or 8 */
} sim_value_type;

/* The bytes of one value; false: they are not there, or the type is not known. */
bool sim_tdh_size(const sim_value_type *type, const BYTE *at, ULONG left, ULONG *size);

/* A property, or a member of a structure; each index is that of an element, MAXDWORD means all. */
typedef struct sim_tdh_path {
    const char *name, *member;
    ULONG index, member_index;
} sim_tdh_path;

/* ERROR_NOT_FOUND, or ERROR_EVT_INVALID_EVENT_DATA where the data end before what was declared. */
ULONG sim_tdh_locate(const sim_tdh_event *event, const EVENT_RECORD *record, const sim_tdh_path *path, const BYTE **at,
                     ULONG *size);

/* ---- sim_tdh_table.c */

/* A structure with texts behind it, as TDH gives them. */
typedef struct sim_blob {
    BYTE *bytes;
    ULONG size, capacity;
} sim_blob;

ULONG sim_blob_add(sim_blob *blob, const void *data, ULONG size);
/* UTF-16, with its NUL, and `tail` before it (maps have a blank there); the offset, 0 for NULL. */
ULONG sim_blob_text(sim_blob *blob, const char *text, const char *tail);
/* Into the caller's buffer: ERROR_INSUFFICIENT_BUFFER and the size where it does not fit. Frees the blob. */
ULONG sim_blob_hand_out(sim_blob *blob, void *buffer, ULONG *size);

#endif
