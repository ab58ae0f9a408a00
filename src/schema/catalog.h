/* SPDX-License-Identifier: MIT */
/* The catalog: asks the schema sources in their order, and remembers for each kind of event what they say. */
#ifndef EK_SCHEMA_CATALOG_H
#define EK_SCHEMA_CATALOG_H

#include "schema/library.h"
#include "schema/manifest.h"

typedef struct ek_catalog ek_catalog;

etwkit_status ek_catalog_new(ek_catalog **catalog, const etwkit_allocator *allocator, etwkit_error *error);
void ek_catalog_free(ek_catalog **catalog);

/*
 * Called once, when an event comes that only metadata standing elsewhere in the trace could describe: feed what there
 * is through ek_catalog_learn(). Reports its own damage.
 */
void ek_catalog_on_need(ek_catalog *catalog, void (*learn)(void *context), void *context);

/* What stands behind the trace's own metadata; borrowed. */
void ek_catalog_set_library(ek_catalog *catalog, ek_library *library, const ek_pack_choice *choice);

/* Is this record metadata of others (FORMATS 6b, 6c)? A test of the header alone, fast. */
bool ek_catalog_is_metadata(const etwkit_record *record);
/* Can a record of this provider and id be metadata? Cheaper still, for the search among many. */
bool ek_catalog_may_be_metadata(const etwkit_guid *provider, uint16_t event_id);
/* Learns from such a record; what it says is copied. ETWKIT_E_DAMAGED with a message where it contradicts itself,
 * ETWKIT_E_LIMIT where there is too much of it. Kinds met before that nothing described then get new schemas. */
etwkit_status ek_catalog_learn(ek_catalog *catalog, const etwkit_record *record, etwkit_error *error);

/* When nothing more is to be learned: tells of metadata that never became complete. */
void ek_catalog_finish_learning(ek_catalog *catalog, ek_manifest_report *report, void *context);

/*
 * The schema of a record: one probe once its kind was seen. NULL: memory ran out. Damaged TraceLogging metadata gives
 * an unknown schema (remembered), and is told by ek_catalog_take_damage().
 */
etwkit_schema *ek_catalog_find(ek_catalog *catalog, const etwkit_record *record);
/* The schema that an event of the same kind would get now: the same one, unless what was learned since describes it
 * (better than the library does), or names its provider. */
const etwkit_schema *ek_catalog_renew(ek_catalog *catalog, const etwkit_schema *schema);
/* Schemas in the order they were met; NULL after the last. */
etwkit_schema *ek_catalog_at(const ek_catalog *catalog, size_t index);
/* Ends the life of the schemas beyond EK_MAX_KINDS: call it between batches. */
void ek_catalog_end_batch(ek_catalog *catalog);
/* The newest damage of metadata since the last call, or ETWKIT_OK. */
etwkit_status ek_catalog_take_damage(ek_catalog *catalog, etwkit_error *error);
/* Sets every usage to zero. */
void ek_catalog_reset_usage(ek_catalog *catalog);

#define EK_MAX_KINDS 65536

#endif
