/* SPDX-License-Identifier: MIT */
/* Orders a file's buffers by the time of their first event; equal times stay in file order. */
#include "trace/order.h"

#include "base/error.h"
#include "base/sort.h"

int64_t ek_order_key(const ek_order *order, const ek_etl_entry *entry) {
    if (!order->by_filetime)
        return entry->time;
    return ek_clock_filetime(ek_etl_clock(order->etl, entry->place), entry->time);
}

const ek_etl_entry *ek_order_peek(const ek_order *order) {
    if (order->next >= order->count)
        return NULL;
    return ek_etl_entries(order->etl) + (order->permutation ? order->permutation[order->next] : order->next);
}

static bool comes_before(const void *context, uint32_t a, uint32_t b) {
    const ek_order *order = context;
    const ek_etl_entry *entries = ek_etl_entries(order->etl);
    int64_t time_a = ek_order_key(order, &entries[a]), time_b = ek_order_key(order, &entries[b]);
    return time_a != time_b ? time_a < time_b : a < b;
}

static bool is_sorted(const ek_order *order, size_t from, size_t to) {
    for (size_t i = from + 1; i < to; i++)
        if (comes_before(order, (uint32_t)i, (uint32_t)(i - 1)))
            return false;
    return true;
}

etwkit_status ek_order_extend(ek_order *order, const etwkit_allocator *allocator, etwkit_error *error) {
    size_t from = order->count, count = ek_etl_count(order->etl);
    if (count > UINT32_MAX)
        return ek_fail(error, ETWKIT_E_LIMIT, "more than 4,294,967,295 buffers in one file");
    if (order->by_place || (!order->permutation && is_sorted(order, from, count))) {
        order->count = count;
        return ETWKIT_OK;
    }
    void *grown = order->permutation;
    if (!ek_grow(allocator, &grown, &order->capacity, count, sizeof *order->permutation))
        return ek_fail_memory(error);
    bool first = !order->permutation;
    order->permutation = grown;
    for (size_t i = first ? 0 : from; i < count; i++)
        order->permutation[i] = (uint32_t)i;
    ek_sort_indexes(order->permutation + from, count - from, comes_before, order);
    order->count = count;
    return ETWKIT_OK;
}

void ek_order_free(ek_order *order, const etwkit_allocator *allocator) {
    ek_release(allocator, order->permutation);
    *order = (ek_order){0};
}
