/* SPDX-License-Identifier: MIT */
/* Schema source: providers that tell of themselves in the trace, by manifests sent as events
 * (docs/format/eventsource.md). One provider may send several, from programs of different age. */
#ifndef EK_SCHEMA_TOLD_H
#define EK_SCHEMA_TOLD_H

#include "schema/eventsource.h"
#include "schema/pack.h"

typedef struct ek_told ek_told;

#define EK_TOLD_SENDERS 4096 /* pairs of provider and process that are told apart */

etwkit_status ek_told_new(ek_told **told, const etwkit_allocator *allocator);
void ek_told_free(ek_told **told);

/* Takes a record that ek_eventsource_is_metadata(). ETWKIT_OK: events may be described better than before;
 * ETWKIT_ABSENT: nothing new. Errors and `report` as ek_eventsources_learn() has them. */
etwkit_status ek_told_learn(ek_told *told, const etwkit_record *record, ek_manifest_report *report, void *context,
                            etwkit_error *error);
/* When nothing more comes: tells of manifests that never became complete. */
void ek_told_finish(const ek_told *told, ek_manifest_report *report, void *context);

/* Do programs of the trace differ about a provider? Then its events are told apart by ek_told_variant() too. */
bool ek_told_varies(const ek_told *told);
/* Which of several manifests of its provider a record goes by: that of its process, else the newest. 0: there is one.
 */
uint16_t ek_told_variant(const ek_told *told, const etwkit_record *record);

/* By (provider, id, version). */
etwkit_status ek_told_describe(const ek_told *told, const etwkit_record *record, const ek_pack_choice *choice,
                               ek_arena *arena, ek_description *description, etwkit_error *error);
/* A carrier of a manifest itself. */
etwkit_status ek_told_describe_carrier(ek_arena *arena, ek_description *description, etwkit_error *error);

#endif
