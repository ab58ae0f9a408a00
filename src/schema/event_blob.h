/* SPDX-License-Identifier: MIT */
/* One TRACE_EVENT_INFO blob, or the texts of an EVENT_MAP_INFO: hostile bytes to descriptions. Keeps nothing. */
#ifndef EK_SCHEMA_EVENT_BLOB_H
#define EK_SCHEMA_EVENT_BLOB_H

#include "schema/schema.h"

/* A blob being read. Names are made in the arena. */
typedef struct ek_event_blob {
    const uint8_t *data;
    size_t size;
    size_t text; /* bytes of text read so far: overlapping ones must not multiply */
    ek_arena *arena;
    etwkit_error *error;
} ek_event_blob;

/* Where the schema in it comes from. */
enum {
    EK_EVENT_BLOB_MANIFEST = 0,
    EK_EVENT_BLOB_WBEM = 1,
    EK_EVENT_BLOB_WPP = 2,
    EK_EVENT_BLOB_TRACELOGGING = 3
};

/* ETWKIT_E_DAMAGED with "embedded event metadata: <what>". */
etwkit_status ek_event_blob_damaged(const ek_event_blob *blob, const char *what);

/* The UTF-16 text at an offset, without trailing blanks and line ends; *text NULL where the offset is 0. */
etwkit_status ek_event_blob_text(ek_event_blob *blob, uint32_t offset, const uint8_t **text, size_t *size);
/* The same as UTF-8. */
etwkit_status ek_event_blob_name(ek_event_blob *blob, uint32_t offset, const char **name);

/* Is all there that the functions below read? Call it before them. */
etwkit_status ek_event_blob_check(const ek_event_blob *blob);
uint32_t ek_event_blob_source(const ek_event_blob *blob);
const etwkit_guid *ek_event_blob_provider(const ek_event_blob *blob);
/* The GUID that the event's records carry: the provider, or the class of a WBEM event. */
const etwkit_guid *ek_event_blob_record_id(const ek_event_blob *blob);
const uint8_t *ek_event_blob_descriptor(const ek_event_blob *blob); /* 16 bytes: id, version, ... keyword */
etwkit_status ek_event_blob_provider_name(ek_event_blob *blob, const char **name);

/* The name of the map that a property has, as ek_event_blob_text() gives it; NULL: it has none. */
etwkit_status ek_event_blob_map_name(ek_event_blob *blob, size_t property, const uint8_t **name, size_t *size);

/* Finds the map of a name (UTF-16) and the blob's provider; NULL where there is none. */
typedef const etwkit_map *ek_event_blob_maps(const void *context, const etwkit_guid *provider, const uint8_t *name,
                                             size_t size);
/* Everything that the blob says, in its arena. */
etwkit_status ek_event_blob_describe(ek_event_blob *blob, ek_event_blob_maps *find_map, const void *context,
                                     ek_description *description);

#endif
