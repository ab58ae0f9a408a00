/* SPDX-License-Identifier: MIT */
/* Schema source: TRACE_EVENT_INFO and EVENT_MAP_INFO blobs that trace merging embeds (FORMATS 6c). */
#ifndef EK_SCHEMA_EVENT_INFO_H
#define EK_SCHEMA_EVENT_INFO_H

#include "schema/schema.h"

/* The blobs seen so far. Maps may come after the infos that name them: layouts are built when they are asked for. */
typedef struct ek_event_infos ek_event_infos;

etwkit_status ek_event_infos_new(ek_event_infos **infos, const etwkit_allocator *allocator);
void ek_event_infos_free(ek_event_infos **infos);

/* Opcodes of KernelTraceControl: what its record embeds. */
enum {
    EK_EVENT_INFO_EVENT = 32, /* TRACE_EVENT_INFO */
    EK_EVENT_INFO_MAP = 33    /* a provider's GUID, EVENT_MAP_INFO */
};

/* Is this KernelTraceControl's provider GUID? */
bool ek_event_infos_is_provider(const etwkit_guid *provider);
/* A record of KernelTraceControl, opcode 32 or 33? */
bool ek_event_infos_is_metadata(const etwkit_record *record);
/* Keeps a copy. The same event again replaces nothing: the first stays. */
etwkit_status ek_event_infos_learn(ek_event_infos *infos, const etwkit_record *record, etwkit_error *error);

/* Is the map of this name (UTF-16, without blanks behind) there? */
bool ek_event_infos_has_map(const ek_event_infos *infos, const etwkit_guid *provider, const uint8_t *name, size_t size);

/* By (provider, id, version); classic ones by (event GUID, opcode, version). */
etwkit_status ek_event_infos_describe(const ek_event_infos *infos, const etwkit_record *record, ek_arena *arena,
                                      ek_description *description, etwkit_error *error);

#endif
