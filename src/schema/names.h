/* SPDX-License-Identifier: MIT */
/* Names that every source shares: Windows' own levels and opcodes, and texts of metadata as names. */
#ifndef EK_SCHEMA_NAMES_H
#define EK_SCHEMA_NAMES_H

#include "schema/schema.h"

/* Names of Windows' own levels and opcodes, as its tools show them; NULL for other numbers. Static storage. */
const char *ek_builtin_level_name(uint8_t level);
const char *ek_builtin_opcode_name(uint8_t opcode);
/* The same for a name that a source gives: "win:Informational" is "Information". Other names come back as they are. */
const char *ek_plain_level_name(const char *name);
const char *ek_plain_opcode_name(const char *name);

/* Text of metadata as a name: valid UTF-8 (bytes that are not: U+FFFD), in the arena. NULL: memory ran out. */
const char *ek_name_copy(ek_arena *arena, const char *text, size_t length);

/* As strcmp(), but for the case of ASCII letters: how providers are sorted and found. */
int ek_compare_names(const char *a, const char *b);

/* Fills json_head of a schema whose other members are set. false: memory ran out. */
bool ek_schema_write_head(ek_arena *arena, etwkit_schema *schema);

#endif
