/* SPDX-License-Identifier: MIT */
/* Payload filters as Windows' pages describe them, asked about events that were decoded. */
#ifndef EK_SESSION_PAYLOAD_H
#define EK_SESSION_PAYLOAD_H

#include "base/memory.h"

#include <etwkit/session.h>

/* Can it be asked at all? */
bool ek_payload_is_good(const etwkit_payload_predicate *predicate);
/* Copies with all that they point to. false: memory ran out. */
bool ek_payload_copy(ek_arena *arena, const etwkit_payload_filter **filters, size_t count);
bool ek_payload_names(const etwkit_payload_filter *filter, const etwkit_record *record);
bool ek_payload_holds(const etwkit_payload_filter *filter, const etwkit_record *record, const etwkit_schema *schema);

#endif
