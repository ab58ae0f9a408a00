/* SPDX-License-Identifier: MIT */
/* The names that manifests have for types and for what winmeta.xml defines, and how they write numbers. */
#ifndef EK_SCHEMA_MANIFEST_TYPES_H
#define EK_SCHEMA_MANIFEST_TYPES_H

#include "schema/provider.h"

/* TDH's number of a type, whatever stands in front of a colon: "win:UInt32", "xs:unsignedInt", "UInt32", "win:29".
 * false: there is no such type. */
bool ek_manifest_in_type(const char *name, uint16_t *type);
bool ek_manifest_out_type(const char *name, uint16_t *type);

/* Is it a struct whose members are not told? Tools that ask Windows for a manifest write where in the event's fields
 * they begin, for the type: 24 and above, as far as no real type has that number. */
bool ek_manifest_in_type_is_vague(uint16_t type);

/* Decimal, with leading zeros (not octal), or hexadecimal with 0x; blanks around. false: it is none. */
bool ek_manifest_number(const char *text, uint64_t *value);

/* What every manifest may use undeclared: "win:Start". false: there is none of that name. */
bool ek_manifest_builtin(ek_table_kind kind, const char *name, uint64_t *value);

#endif
