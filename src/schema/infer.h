/* SPDX-License-Identifier: MIT */
/* Completes layouts of which only names and types are known, by what other events of the provider say of such fields.
 */
#ifndef EK_SCHEMA_INFER_H
#define EK_SCHEMA_INFER_H

#include "base/hash.h"
#include "schema/provider.h"

/* What is known of one provider's fields. Borrows from the known providers and, for its own notes, from the arena. */
typedef struct ek_infer {
    ek_arena *arena;
    ek_table names; /* of clues, by the field's name */
    size_t clue_count;
} ek_infer;

/* Collects from all these descriptions of the provider, of which the later ones are newer. false: memory ran out;
 * ek_infer_free() is needed in either case. */
bool ek_infer_init(ek_infer *infer, ek_arena *arena, const ek_provider *const *providers, size_t count);
void ek_infer_free(ek_infer *infer);

/*
 * A template of top-level fields with name and in-type, which may be the number that PerfView prints for structs
 * (tidy.h). Lengths, counts, members, maps and out-types come from the field of this name and type in the same event,
 * else in other events of the provider, else from a field in front that is called as lengths and counts are. The
 * template ends before a field of which nothing tells how long it is: never a guess at types. NULL: memory ran out.
 */
const ek_template *ek_infer_template(ek_infer *infer, uint16_t event_id, const ek_field_spec *fields, size_t count);

#endif
