/* SPDX-License-Identifier: MIT */
/* Value maps and bit maps: labels of numbers. Knows nothing of the source that gave the labels. */
#include "schema/layout.h"

#include <string.h>

/* Message tables end their texts in a line end or a blank, which is no part of the label. */
static size_t trimmed_length(const char *label) {
    size_t length = strlen(label);
    while (length && strchr(" \t\r\n", label[length - 1]))
        length--;
    return length;
}

static bool is_before(const ek_map_entry *entries, uint32_t a, uint32_t b) {
    return entries[a].value != entries[b].value ? entries[a].value < entries[b].value : a < b;
}

static void sift_down(const ek_map_entry *entries, uint32_t *heap, size_t at, size_t count) {
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_before(entries, heap[child], heap[child + 1]))
            child++;
        if (!is_before(entries, heap[at], heap[child]))
            return;
        uint32_t swapped = heap[at];
        heap[at] = heap[child];
        heap[child] = swapped;
    }
}

/* A heap sort: in place, without the memory that the C library's qsort may take, never quadratic on hostile maps. */
static void sort_by_value(const ek_map_entry *entries, uint32_t *order, size_t count) {
    for (size_t i = count / 2; i-- > 0;)
        sift_down(entries, order, i, count);
    for (size_t end = count; end > 1; end--) {
        uint32_t largest = order[0];
        order[0] = order[end - 1];
        order[end - 1] = largest;
        sift_down(entries, order, 0, end - 1);
    }
}

static const uint32_t *index_by_value(ek_arena *arena, const ek_map_entry *entries, size_t count) {
    uint32_t *order = ek_arena_alloc(arena, count * sizeof *order);
    if (!order)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    sort_by_value(entries, order, count);
    return order;
}

const etwkit_map *ek_map_build(ek_arena *arena, const char *name, bool is_bitmap, const ek_map_entry *entries,
                               size_t count) {
    etwkit_map *map = ek_arena_new(arena, sizeof *map);
    ek_map_entry *copies = count <= UINT32_MAX / sizeof *copies ? ek_arena_alloc(arena, count * sizeof *copies) : NULL;
    if (!map || !copies || !(map->name = ek_arena_text(arena, name, strlen(name))))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        copies[i].value = entries[i].value;
        copies[i].label = ek_arena_text(arena, entries[i].label, trimmed_length(entries[i].label));
        if (!copies[i].label)
            return NULL;
    }
    map->entries = copies;
    map->count = (uint32_t)count;
    map->is_bitmap = is_bitmap;
    if (!is_bitmap && !(map->by_value = index_by_value(arena, copies, count)))
        return NULL;
    return map;
}

const char *ek_map_label(const etwkit_map *map, uint64_t value) {
    if (map->is_bitmap)
        return NULL;
    size_t low = 0, high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->entries[map->by_value[middle]].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == map->count || map->entries[map->by_value[low]].value != value)
        return NULL;
    return map->entries[map->by_value[low]].label;
}
