/* SPDX-License-Identifier: MIT */
/* Schema source, the last: what the Windows that this runs on knows of events, by TDH. tdh_windows.c; elsewhere it is
 * as if nothing were known: tdh_posix.c. */
#ifndef EK_SCHEMA_TDH_H
#define EK_SCHEMA_TDH_H

#include "schema/schema.h"

typedef struct ek_tdh ek_tdh;

/* Is there a TDH that answers? */
bool ek_tdh_is_there(void);

/* *tdh is NULL where there is no TDH. ETWKIT_E_NO_MEMORY. */
etwkit_status ek_tdh_new(ek_tdh **tdh, const etwkit_allocator *allocator);
void ek_tdh_free(ek_tdh **tdh);

/*
 * By (provider, id, version); classic ones by (class, opcode, version). Windows is asked once of each, which may take a
 * millisecond, or ten with WMI; its answer is kept, also that it has none: ETWKIT_ABSENT. Not of messages, whose
 * formats it would look for in files.
 */
etwkit_status ek_tdh_describe(ek_tdh *tdh, const etwkit_record *record, ek_arena *arena, ek_description *description,
                              etwkit_error *error);

#endif
