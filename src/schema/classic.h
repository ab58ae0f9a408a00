/* SPDX-License-Identifier: MIT */
/* Schema source: the built-in classic (MOF) classes of data/classic/. */
#ifndef EK_SCHEMA_CLASSIC_H
#define EK_SCHEMA_CLASSIC_H

#include "schema/schema.h"

/* By (class GUID, opcode, version); an unknown version gives the highest lower one, marked as guessed. ETWKIT_ABSENT
 * with names filled in where the class is known and the opcode is not; without names where the class is not known. */
etwkit_status ek_classic_describe(const etwkit_record *record, ek_arena *arena, ek_description *description,
                                  etwkit_error *error);

/* Events of one type and version whose payload chooses between layouts (partition information): the number that
 * chooses. 0 for all other records. Belongs to the key under which the answer of ek_classic_describe() is remembered.
 */
uint16_t ek_classic_variant(const etwkit_record *record);

#endif
