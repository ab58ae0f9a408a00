/* SPDX-License-Identifier: MIT */
/* Two layouts of one version of an event: do they read its payload alike, and which says more of it? */
#ifndef EK_SCHEMA_PACK_COMPARE_H
#define EK_SCHEMA_PACK_COMPARE_H

#include "schema/pack_format.h"

typedef struct ek_packed_layouts {
    const ek_packed_template *templates;
    const uint32_t *lists;
    const ek_packed_field *fields;
} ek_packed_layouts;

typedef enum ek_comparison {
    EK_LAYOUTS_DIFFER,
    EK_FIRST_SAYS_MORE, /* also where both say the same */
    EK_SECOND_SAYS_MORE
} ek_comparison;

/*
 * By `payload` of events. Layouts are alike where names, types, lengths and counts are the same as far as the shorter
 * one goes, and that one stops to be known where the longer one goes on. More says who goes further, else who has
 * out-types and maps that the other has not; where each has something that the other lacks, they differ.
 */
ek_comparison ek_compare_layouts(const ek_packed_layouts *layouts, uint32_t first, uint32_t second);

#endif
