/* SPDX-License-Identifier: MIT */
/* Schema source: TraceLogging metadata carried by the event (extended items 11 and 12). */
#ifndef EK_SCHEMA_TRACELOGGING_H
#define EK_SCHEMA_TRACELOGGING_H

#include "schema/schema.h"

/* metadata: item 11; traits: item 12, may be NULL. ETWKIT_E_DAMAGED: the metadata contradicts itself. */
etwkit_status ek_tracelogging_describe(const uint8_t *metadata, size_t size, const uint8_t *traits, size_t traits_size,
                                       ek_arena *arena, ek_description *description, etwkit_error *error);

/* The provider's name in traits, not NUL-terminated by contract; NULL where they are damaged. */
const char *ek_traits_name(const uint8_t *traits, size_t size, size_t *length);

#endif
