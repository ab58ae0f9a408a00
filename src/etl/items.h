/* SPDX-License-Identifier: MIT */
/* A record's extended items one after another, for those that want several: each step takes the same time. */
#ifndef EK_ETL_ITEMS_H
#define EK_ETL_ITEMS_H

#include <etwkit/record.h>

#include <stdbool.h>
#include <stddef.h>

typedef struct ek_item {
    uint16_t type;
    const uint8_t *data;
    size_t size;
} ek_item;

/* Begin with the record and zeros. */
typedef struct ek_items {
    const etwkit_record *record;
    uint32_t at; /* offset from the first stored item */
    size_t index;
} ek_items;

/* false: no more. */
bool ek_items_next(ek_items *items, ek_item *item);

#endif
