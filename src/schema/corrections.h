/* SPDX-License-Identifier: MIT */
/* Published schemas that are known to be wrong, and what the events really hold. For every source of manifest events.
 */
#ifndef EK_SCHEMA_CORRECTIONS_H
#define EK_SCHEMA_CORRECTIONS_H

#include "schema/layout.h"

#define EK_CORRECTION_ROOM 1 /* fields that corrections add to those of an event, at most */

/* Puts right the descriptions of one event's fields, before a layout is built of them. There is room for
 * EK_CORRECTION_ROOM more; returns how many there are now. Done twice it does the same as once. */
size_t ek_correct_fields(const etwkit_guid *provider_id, uint16_t event_id, ek_field_spec *specs, size_t count);

#endif
