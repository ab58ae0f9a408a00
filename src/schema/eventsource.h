/* SPDX-License-Identifier: MIT */
/* Schema source: manifests that .NET's EventSources send as events, in chunks. Puts them together, and reads them. */
#ifndef EK_SCHEMA_EVENTSOURCE_H
#define EK_SCHEMA_EVENTSOURCE_H

#include "schema/manifest.h"

#include <etwkit/record.h>

#define EK_EVENTSOURCE_ID 0xFFFE /* of every event that carries a chunk; others may use it, too */

typedef struct ek_eventsources ek_eventsources;

etwkit_status ek_eventsources_new(ek_eventsources **sources, const etwkit_allocator *allocator);
void ek_eventsources_free(ek_eventsources **sources);

/* Does this record carry a chunk of a manifest? Looks at the id first. */
bool ek_eventsource_is_metadata(const etwkit_record *record);

/* What a chunk completed. */
typedef struct ek_eventsource_manifest {
    uint32_t number;     /* of the manifest among the different ones of the trace, from 0 */
    uint32_t process_id; /* who sent it */
} ek_eventsource_manifest;

/*
 * Takes one such record. Chunks of one sender (provider, process and thread) may come in any order.
 * ETWKIT_OK: a manifest is complete and new: its provider has been added to `providers`, with the id that sent it and
 * events that are named. ETWKIT_END: it is complete, and the same as an earlier one, which *manifest names.
 * ETWKIT_ABSENT: further chunks are needed, or this one is known. ETWKIT_E_DAMAGED, ETWKIT_E_UNSUPPORTED or
 * ETWKIT_E_LIMIT with a message: nothing comes of it, later ones may be good. ETWKIT_E_NO_MEMORY. `report`: see
 * ek_manifest_read().
 */
etwkit_status ek_eventsources_learn(ek_eventsources *sources, const etwkit_record *record, ek_providers *providers,
                                    ek_eventsource_manifest *manifest, ek_manifest_report *report, void *context,
                                    etwkit_error *error);

/* At the end of the trace: tells of each sender whose manifest never became complete. */
void ek_eventsources_finish(const ek_eventsources *sources, ek_manifest_report *report, void *context);

#define EK_EVENTSOURCE_SENDERS 256             /* whose manifests have several chunks */
#define EK_EVENTSOURCE_MANIFESTS 4096          /* different ones */
#define EK_EVENTSOURCE_SIZE ((size_t)64 << 20) /* bytes of all different ones, and of all chunks that wait */

#endif
