/* SPDX-License-Identifier: MIT */
/* Value maps and bit maps: labels of numbers. Knows nothing of the source that gave the labels. */
#include "base/sort.h"
#include "schema/layout.h"

#include <string.h>

/* Message tables end their texts in a line end or a blank, which is no part of the label. */
static size_t trimmed_length(const char *label) {
    size_t length = strlen(label);
    while (length && strchr(" \t\r\n", label[length - 1]))
        length--;
    return length;
}

static bool is_before(const void *context, uint32_t a, uint32_t b) {
    const ek_map_entry *entries = context;
    return entries[a].value != entries[b].value ? entries[a].value < entries[b].value : a < b;
}

static const uint32_t *index_by_value(ek_arena *arena, const ek_map_entry *entries, size_t count) {
    uint32_t *order = ek_arena_alloc(arena, count * sizeof *order);
    if (!order)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    ek_sort_indexes(order, count, is_before, entries);
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
