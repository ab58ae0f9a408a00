/* SPDX-License-Identifier: MIT */
/* Schema objects of what a source says of a whole provider, without any record of it. */
#ifndef EK_SCHEMA_PROVIDER_SCHEMA_H
#define EK_SCHEMA_PROVIDER_SCHEMA_H

#include "schema/provider.h"
#include "schema/schema.h"

/* The schema of one event, in the arena; NULL: memory ran out. An event whose fields are not known, or contradict
 * themselves, has names alone. */
const etwkit_schema *ek_provider_schema(ek_arena *arena, const ek_provider *provider, const ek_provider_event *event,
                                        etwkit_source source);

#endif
