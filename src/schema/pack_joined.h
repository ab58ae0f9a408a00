/* SPDX-License-Identifier: MIT */
/* A pack in the making, shared by the three files that make it: pack_pool.c (each thing once), pack_builder.c (sources
 * joined), pack_write.c (bytes). */
#ifndef EK_SCHEMA_PACK_JOINED_H
#define EK_SCHEMA_PACK_JOINED_H

#include "base/hash.h"
#include "schema/pack_builder.h"
#include "schema/pack_format.h"

/* Elements of one section, each once where it is interned. */
typedef struct ek_pack_pool {
    ek_buf bytes;
    ek_table known;
} ek_pack_pool;

typedef struct ek_pack_pools {
    ek_arena arena; /* of what the tables point to */
    ek_pack_pool pools[EK_PACK_SECTIONS];
    ek_table seen; /* maps and templates of the provider that is being added, by address: they are shared by many */
    uint64_t seed; /* of the hashes: sources are hostile */
    bool with_messages;
    bool no_memory;
    bool too_big;
} ek_pack_pools;

void ek_pack_pools_init(ek_pack_pools *pools, const etwkit_allocator *allocator);
void ek_pack_pools_free(ek_pack_pools *pools);
/* Objects may have other addresses, and addresses mean other objects, from now on. */
void ek_pack_pools_forget(ek_pack_pools *pools);
/* ETWKIT_OK, or what stopped one of the functions below. */
etwkit_status ek_pack_pools_status(const ek_pack_pools *pools, etwkit_error *error);

/* The values by which elements name each other; some value where a failure is noted. */
uint32_t ek_pack_intern_text(ek_pack_pools *pools, const char *text); /* NULL, "" and texts that are too long: none */
uint32_t ek_pack_intern_message(ek_pack_pools *pools, const char *text);
uint32_t ek_pack_intern_map(ek_pack_pools *pools, const etwkit_map *map);
uint32_t ek_pack_intern_payload(ek_pack_pools *pools, const ek_provider_event *event);
/* Elements that stand in the pack as often as they are given. */
ek_pack_range ek_pack_append(ek_pack_pools *pools, ek_pack_section section, const void *data, size_t count);

/* One provider, from all its sources. */
typedef struct ek_joined {
    ek_packed_provider head; /* but for its ranges */
    const char *name;
    ek_packed_event *events; /* as added; `zero` is the number of the source, until they are joined */
    size_t event_count;
    size_t event_capacity;
    struct ek_joined_names {
        ek_packed_name *list;
        size_t count;
        size_t capacity;
    } tables[EK_TABLE_KINDS];
    uint32_t *maps;
    size_t map_count;
    size_t map_capacity;
} ek_joined;

struct ek_pack_builder {
    etwkit_allocator allocator;
    ek_pack_pools pools;
    ek_joined **providers;
    size_t provider_count;
    size_t provider_capacity;
    ek_table by_id;
    uint32_t builds[EK_PACK_MAX_BUILDS];
    uint32_t build_count;
    uint32_t source_count;
    size_t disagreements;
};

/* Writes what was joined. */
etwkit_status ek_pack_write(ek_pack_builder *builder, ek_buf *out, etwkit_error *error);

#endif
