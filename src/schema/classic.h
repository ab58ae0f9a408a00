/* SPDX-License-Identifier: MIT */
/* Schema source: the built-in classic (MOF) classes of data/classic/. */
#ifndef EK_SCHEMA_CLASSIC_H
#define EK_SCHEMA_CLASSIC_H

#include "schema/schema.h"

/* By (class GUID, opcode, version); an unknown version gives the highest lower one, marked as guessed. ETWKIT_ABSENT with
 * names filled in where the class is known and the opcode is not; without names where the class is not known. */
etwkit_status ek_classic_describe(const etwkit_record *record, ek_arena *arena, ek_description *description,
                                  etwkit_error *error);

#endif
