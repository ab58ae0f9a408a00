/* SPDX-License-Identifier: MIT */
/* The inside of the walk over a payload: the common steps inline, the rules behind them in walk.c. Knows no text. */
#ifndef EK_DECODE_WALK_H
#define EK_DECODE_WALK_H

#include "schema/schema.h"

#include <etwkit/value.h>

/* Steps that take no byte (values of size 0, empty arrays, structs of such): a payload may have this many, and one more
 * for each of its bytes and fields, so that a few bytes cannot announce work without end. */
#define EK_IDLE_STEPS 1024u

/* The steps that ek_walk_next() does not take itself; false at the end. */
bool ek_walk_next_rule(etwkit_walk *walk, etwkit_step *step);

/*
 * etwkit_walk_next(), inline for what almost all steps are: one more scalar of a fixed size, a field of its own or an
 * element of an open array.
 */
static inline bool ek_walk_next(etwkit_walk *walk, etwkit_step *step) {
    uint32_t at = walk->depth;
    uint16_t index = walk->level[at].field;
    if (index < walk->level[at].last && !walk->truncated) {
        const etwkit_field *field = &walk->fields[index];
        uint32_t size = field->fixed_size[walk->wide];
        bool in_array = walk->level[at].in_array;
        bool plain = in_array ? field->read == EK_READ_FIXED && walk->level[at].elements != 0 : field->is_plain;
        if (plain && size <= (size_t)(walk->end - walk->cursor)) {
            step->kind = ETWKIT_STEP_VALUE;
            step->field = field;
            step->value = (etwkit_value){field, walk->cursor, size, field->in_type, field->out_type};
            walk->cursor += size;
            if (in_array)
                walk->level[at].elements--;
            else
                walk->level[at].field++;
            return true;
        }
    }
    return ek_walk_next_rule(walk, step);
}

/* Does the value that ek_walk_next() just gave stand in an array, so that it has no name there? */
static inline bool ek_walk_in_array(const etwkit_walk *walk) {
    return walk->level[walk->depth].in_array;
}

/* The same for the struct that it just began. */
static inline bool ek_walk_struct_in_array(const etwkit_walk *walk) {
    return walk->level[walk->depth - 1].in_array;
}

/* Would this layout read the record's payload exactly to its end? A try, which is not counted in any usage. */
bool ek_layout_fits(const ek_layout *layout, const etwkit_record *record);

/* The process or thread id in a field of the payload; false where it is not there, or no id. */
bool ek_record_id(const etwkit_record *record, const etwkit_schema *schema, const etwkit_field *field, uint32_t *id);

#endif
