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
    bool classic; /* found by its type, not by its id */
    const char *level, *channel, *keywords, *task, *opcode, *message;
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
