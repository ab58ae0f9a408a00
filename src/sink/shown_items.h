/* SPDX-License-Identifier: MIT */
/* The extended items that a line shows. Knows where they stand, not how they are written. */
#ifndef EK_SINK_SHOWN_ITEMS_H
#define EK_SINK_SHOWN_ITEMS_H

#include "etl/items.h"

#define EK_STACK_MATCH_ID 8 /* bytes in front of a stack item's addresses */

/* NULL: not there. */
typedef struct ek_shown_items {
    const uint8_t *related; /* activity id, never a zero one */
    const uint8_t *sid;     /* a whole one */
    const uint8_t *session; /* u32 */
    bool has_stack;
} ek_shown_items;

ek_shown_items ek_find_shown_items(const etwkit_record *record);

/* Bytes of each address of a stack item; 0: the item is none. */
static inline size_t ek_stack_width(const ek_item *item) {
    if (item->size < EK_STACK_MATCH_ID)
        return 0;
    return item->type == ETWKIT_ITEM_STACK_TRACE64 ? 8 : item->type == ETWKIT_ITEM_STACK_TRACE32 ? 4 : 0;
}

#endif
