/* SPDX-License-Identifier: MIT */
/* The order in which a file's buffers are opened: by the time of their first event. */
#ifndef EK_TRACE_ORDER_H
#define EK_TRACE_ORDER_H

#include "etl/etl.h"

/* One file's buffers in order; `next` is the first that was not opened yet. */
typedef struct ek_order {
    ek_etl *etl;
    uint32_t *permutation; /* NULL: file order is time order already */
    size_t capacity;
    size_t count;
    size_t next;
    bool by_filetime; /* raw times cannot be compared: several files or clocks */
    bool by_place;    /* unordered */
} ek_order;

/* Orders the entries from `order->count` on behind those before. */
etwkit_status ek_order_extend(ek_order *order, const etwkit_allocator *allocator, etwkit_error *error);
void ek_order_free(ek_order *order, const etwkit_allocator *allocator);

/* The next entry, NULL after the last. */
const ek_etl_entry *ek_order_peek(const ek_order *order);
/* What an entry is ordered by: raw time or FILETIME. */
int64_t ek_order_key(const ek_order *order, const ek_etl_entry *entry);

#endif
