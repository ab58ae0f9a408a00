/* SPDX-License-Identifier: MIT */
/* What a source says of whole providers, as plain data: manifests, PE resources and tables are read into this form, and
 * packs are made of it. Knows no source, and no way to look anything up. */
#ifndef EK_SCHEMA_PROVIDER_H
#define EK_SCHEMA_PROVIDER_H

#include "schema/layout.h"

/* A number that has a name. */
typedef struct ek_named_value {
    uint64_t value;      /* see the tables of ek_provider */
    const char *name;    /* "win:Start" as it stands; never NULL */
    const char *message; /* text for people, NULL: none */
} ek_named_value;

/* The payload of one or more events. */
typedef struct ek_template {
    const ek_field_spec *fields; /* top-level ones first, then the members of structs */
    uint16_t field_count;
    uint16_t top_count;
    const char *stops_at; /* the field from which on the payload is not known; NULL: it is known whole */
} ek_template;

typedef struct ek_provider_event {
    uint16_t id;
    uint8_t version;
    uint8_t channel;
    uint8_t level;
    uint8_t opcode;
    uint16_t task;
    uint64_t keywords;
    const char *name;           /* the event's own (an EventSource's, or the attribute `name`); NULL: none */
    const char *symbol;         /* of a manifest's header file; NULL: none */
    const char *message;        /* its template; NULL: none */
    const ek_template *payload; /* NULL: the event has none, or it is not known: */
    bool payload_unknown;       /* the source names the event, but its fields cannot be told from it */
} ek_provider_event;

typedef enum ek_table_kind {
    EK_TABLE_LEVELS,   /* value: level */
    EK_TABLE_OPCODES,  /* value: task << 16 | opcode; task 0: of all tasks */
    EK_TABLE_TASKS,    /* value: task */
    EK_TABLE_KEYWORDS, /* value: mask */
    EK_TABLE_CHANNELS, /* value: channel */
    EK_TABLE_KINDS
} ek_table_kind;

typedef struct ek_name_table {
    ek_named_value *values;
    size_t count;
    size_t capacity;
} ek_name_table;

typedef struct ek_provider {
    etwkit_guid id;
    const char *name;    /* never NULL, may be "" */
    const char *message; /* its name for people; NULL: none */
    bool is_dump;        /* the source is what PerfView prints of a registered provider: it needs ek_tidy() */
    ek_name_table tables[EK_TABLE_KINDS];
    ek_provider_event *events; /* in the source's order; of two with one id and version the last counts */
    size_t event_count;
    size_t event_capacity;
    /* Of a provider that was read from a pack: the set of builds of each event, and what its bits mean (0 behind the
     * last). Several layouts of one version then all count. NULL: all is of the build that the source is of. */
    const uint32_t *event_builds;
    const uint32_t *build_numbers;
    const etwkit_map **maps; /* all of them, also those that no field names */
    size_t map_count;
    size_t map_capacity;
} ek_provider;

/*
 * The providers of one source. Everything that they point to lives in the arena, until ek_providers_free(). Sources are
 * hostile: the additions below stop at the limits.
 */
typedef struct ek_providers {
    ek_arena arena;
    ek_provider **list;
    size_t count;
    size_t capacity;
    size_t list_bytes; /* of the lists, which grow outside of the arena */
    bool at_limit;     /* an addition was refused because of a limit */
} ek_providers;

#define EK_MAX_PROVIDERS 16384
#define EK_MAX_PROVIDER_EVENTS 65536              /* and names in one table, and maps */
#define EK_MAX_PROVIDERS_SIZE ((size_t)512 << 20) /* bytes of all together */

void ek_providers_init(ek_providers *providers, const etwkit_allocator *allocator);
void ek_providers_free(ek_providers *providers);

/* The additions below return NULL (or false) where memory ran out or a limit is reached. Names are UTF-8 and are copied
 * into the arena; what else is pointed to must live there already. */
ek_provider *ek_providers_add(ek_providers *providers, const etwkit_guid *id, const char *name);
/* Adds a zeroed event. It may move when the next one is added. */
ek_provider_event *ek_provider_add_event(ek_providers *providers, ek_provider *provider);
bool ek_provider_add_name(ek_providers *providers, ek_provider *provider, ek_table_kind kind, uint64_t value,
                          const char *name, const char *message);
bool ek_provider_add_map(ek_providers *providers, ek_provider *provider, const etwkit_map *map);
/* Why an addition was refused: ETWKIT_E_LIMIT or ETWKIT_E_NO_MEMORY, with a message. */
etwkit_status ek_providers_failure(const ek_providers *providers, etwkit_error *error);
/* Bytes that may still be added. */
size_t ek_providers_left(const ek_providers *providers);

#endif
