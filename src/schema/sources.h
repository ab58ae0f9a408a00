/* SPDX-License-Identifier: MIT */
/* The schema sources of one trace in their order, most specific first. Knows when each is asked; nothing of kinds of
 * events, nor of what a source reads. */
#ifndef EK_SCHEMA_SOURCES_H
#define EK_SCHEMA_SOURCES_H

#include "schema/event_info.h"
#include "schema/library.h"
#include "schema/tdh.h"
#include "schema/told.h"

typedef struct ek_sources {
    ek_event_infos *infos; /* TRACE_EVENT_INFO of the trace */
    ek_told *told;         /* manifests of EventSources in the trace */
    ek_library *library;   /* files of the user's and the bundled pack; borrowed, NULL: none */
    ek_pack_choice choice;
    ek_tdh *tdh; /* the Windows that this runs on; NULL: none */
    /* Called once, before anything but the trace is believed: metadata may stand behind the events. May be NULL. */
    void (*look_ahead)(void *context);
    void *context;
    bool has_looked;
} ek_sources;

etwkit_status ek_sources_init(ek_sources *sources, const etwkit_allocator *allocator);
void ek_sources_free(ek_sources *sources);

/* Is this record metadata of others (FORMATS 6b, 6c)? */
bool ek_sources_is_metadata(const etwkit_record *record);
/* ETWKIT_OK: events may be described better than before; ETWKIT_ABSENT: nothing new. `report` is told what is partly
 * wrong. */
etwkit_status ek_sources_learn(ek_sources *sources, const etwkit_record *record, ek_manifest_report *report,
                               void *context, etwkit_error *error);

/* Metadata that an event carries itself (extended items 11 and 12). */
typedef struct ek_carried {
    const uint8_t *metadata; /* NULL: none */
    size_t size;
    const uint8_t *traits; /* NULL: none */
    size_t traits_size;
} ek_carried;

/* Everything that is known of an event. */
etwkit_status ek_sources_describe(ek_sources *sources, const etwkit_record *record, const ek_carried *carried,
                                  ek_arena *arena, ek_description *description, etwkit_error *error);
/* What the trace itself says of an event that does not describe itself. */
etwkit_status ek_sources_describe_embedded(const ek_sources *sources, const etwkit_record *record, ek_arena *arena,
                                           ek_description *description, etwkit_error *error);
/* May metadata that is still to come describe the event better than `so_far`? */
bool ek_sources_may_improve(const etwkit_record *record, const ek_description *so_far);

#endif
