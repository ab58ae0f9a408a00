/* SPDX-License-Identifier: MIT */
/* The bytes of a pack, shared by what writes and what reads them; docs/format/pack.md explains them. */
#ifndef EK_SCHEMA_PACK_FORMAT_H
#define EK_SCHEMA_PACK_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define EK_PACK_MAGIC "etwkpack"
#define EK_PACK_VERSION 1
#define EK_PACK_MAX_SIZE 0x10000000u /* 256 MiB: offsets and indexes stay far below 2^32 */
#define EK_PACK_MAX_BUILDS 31
#define EK_PACK_MAX_LAYOUTS 64 /* of one version of an event */
#define EK_PACK_MAX_TEXT 65535 /* bytes of one text, without its NUL */

/* Head: magic, u32 version, u32 size of all, then for each section u32 offset and u32 count of elements. */
enum {
    EK_PACK_AT_VERSION = 8,
    EK_PACK_AT_SIZE = 12,
    EK_PACK_AT_SECTIONS = 16
};

typedef enum ek_pack_section {
    EK_PACK_BUILDS,      /* u32: Windows builds, in the order of the bits of an event's set */
    EK_PACK_PROVIDERS,   /* by name, ignoring the case of ASCII letters; then by GUID */
    EK_PACK_HASH,        /* u32: 1 + index of a provider, 0: free; a power of two of places, open addressing */
    EK_PACK_EVENTS,      /* of a provider together; by id, version */
    EK_PACK_TEMPLATES,   /* u32 first in FIELD_LISTS, u16 fields, u16 top-level ones, u32 name of a field that is not
                          * known any more (0: the payload is known whole) */
    EK_PACK_FIELD_LISTS, /* u32: index in FIELDS */
    EK_PACK_FIELDS,      /* each once */
    EK_PACK_MAPS,        /* u32 name, u32 first in MAP_ENTRIES, u32 count, u32 1: bit map */
    EK_PACK_MAP_ENTRIES, /* u64 value, u32 label, u32 0 */
    EK_PACK_MAP_LISTS,   /* u32: index in MAPS; of a provider together */
    EK_PACK_NAMES,       /* u64 value, u32 name, u32 message; of a provider and table together, by value */
    EK_PACK_STRINGS,     /* bytes: UTF-8 texts with their NULs; at 0 is the empty one, which stands for "none" */
    EK_PACK_SECTIONS
} ek_pack_section;

#define EK_PACK_HEAD_SIZE (EK_PACK_AT_SECTIONS + 8 * EK_PACK_SECTIONS)

/* Bytes of an element of each section. */
static const uint8_t ek_pack_element_size[EK_PACK_SECTIONS] = {4, 80, 4, 40, 12, 4, 24, 16, 16, 4, 16, 1};

typedef struct ek_pack_range {
    uint32_t first;
    uint32_t count;
} ek_pack_range;

/* Elements as they lie in the file: little-endian, no padding. */
typedef struct ek_packed_provider {
    uint8_t id[16];
    uint32_t name;
    uint32_t message;
    ek_pack_range events;
    ek_pack_range tables[5]; /* in NAMES, by ek_table_kind */
    ek_pack_range maps;      /* in MAP_LISTS */
} ek_packed_provider;

#define EK_PACK_NO_PAYLOAD 0u               /* as `payload`: the event has none */
#define EK_PACK_UNKNOWN_PAYLOAD 0xFFFFFFFFu /* its fields are not known */

typedef struct ek_packed_event {
    uint16_t id;
    uint8_t version;
    uint8_t channel;
    uint8_t level;
    uint8_t opcode;
    uint16_t task;
    uint64_t keywords;
    uint32_t name;
    uint32_t symbol;
    uint32_t message;
    uint32_t payload; /* 1 + index in TEMPLATES */
    uint32_t builds;  /* bit set; 0: of no build of Windows, and right in all */
    uint32_t zero;
} ek_packed_event;

typedef struct ek_packed_template {
    uint32_t first;
    uint16_t field_count;
    uint16_t top_count;
    uint32_t stops_at;
} ek_packed_template;

typedef struct ek_packed_field {
    uint32_t name;
    uint32_t map; /* 1 + index in MAPS; 0: none */
    uint32_t flags;
    uint16_t in_type;
    uint16_t out_type;
    uint16_t count;
    uint16_t length;
    uint16_t first_member;
    uint16_t member_count;
} ek_packed_field;

typedef struct ek_packed_map {
    uint32_t name;
    uint32_t first;
    uint32_t count;
    uint32_t is_bitmap;
} ek_packed_map;

typedef struct ek_packed_entry {
    uint64_t value;
    uint32_t label;
    uint32_t zero;
} ek_packed_entry;

typedef struct ek_packed_name {
    uint64_t value;
    uint32_t name;
    uint32_t message;
} ek_packed_name;

_Static_assert(sizeof(ek_packed_provider) == 80 && sizeof(ek_packed_event) == 40 && sizeof(ek_packed_template) == 12 &&
                   sizeof(ek_packed_field) == 24 && sizeof(ek_packed_map) == 16 && sizeof(ek_packed_entry) == 16 &&
                   sizeof(ek_packed_name) == 16,
               "elements have the sizes of the format");
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "packs are little-endian, and used as they lie in memory"
#endif

/* Where the search for a provider begins: FNV-1a of its GUID's bytes. */
static inline uint32_t ek_pack_hash(const uint8_t id[16]) {
    uint32_t hash = 0x811C9DC5u;
    for (size_t i = 0; i < 16; i++)
        hash = (hash ^ id[i]) * 0x01000193u;
    return hash;
}

#endif
