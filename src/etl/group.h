/* SPDX-License-Identifier: MIT */
/* The kernel's event groups and the class GUIDs that belong to them (FORMATS 2.4). */
#ifndef EK_ETL_GROUP_H
#define EK_ETL_GROUP_H

#include <etwkit/guid.h>

/* The class GUID of a hook (group and opcode): (3, 10) is an image load. Unknown groups give the zero GUID. */
const etwkit_guid *ek_group_guid(uint8_t group, uint8_t opcode);
/* The group of a class GUID, or -1. */
int ek_group_of(const etwkit_guid *guid);

#endif
