/* SPDX-License-Identifier: MIT */
/* Published schemas that are known to be wrong, and what the events really hold. For every source of manifest events.
 */
#ifndef EK_SCHEMA_CORRECTIONS_H
#define EK_SCHEMA_CORRECTIONS_H

#include "schema/layout.h"

/* Puts right the descriptions of one event's fields, before a layout is built of them. */
void ek_correct_fields(const etwkit_guid *provider_id, uint16_t event_id, ek_field_spec *specs, size_t count);

#endif
