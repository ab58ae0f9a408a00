/* SPDX-License-Identifier: MIT */
/* Limits of values, at the edge and past it: labels of a bit map, entries of a map, sub-authorities of a SID. */
#include "decode/made.h"
#include "decode/text.h"

#include <stdlib.h>

static const ek_map_entry *entries_of(size_t count, uint64_t value) {
    ek_map_entry *entries = calloc(count, sizeof *entries);
    for (size_t i = 0; entries && i < count; i++)
        entries[i] = (ek_map_entry){value ? value : (uint64_t)1 << i % 64, "l"};
    return entries;
}

/* How many labels a value of such a map has, and whether unknown bits are left. */
static unsigned count_labels(const etwkit_map *map, uint64_t value, bool *unknown) {
    uint8_t bytes[8];
    ek_store64(bytes, value);
    const etwkit_field field = {.map = map};
    const etwkit_value shown = {&field, bytes, 8, ETWKIT_IN_UINT64, 0};
    ek_labels labels = ek_labels_of(map, &shown);
    const char *label;
    unsigned count = 0;
    *unknown = false;
    while (ek_labels_next(&labels, &label)) {
        count += label != NULL;
        *unknown |= !label;
    }
    return count;
}

TEST(labels_of_one_value) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena arena;
    ek_arena_init(&arena, &allocator);
    for (size_t count = EK_MAX_LABELS - 1; count <= EK_MAX_LABELS + 1; count++) {
        const ek_map_entry *entries = entries_of(count, 1); /* all fit the same bit */
        bool unknown;
        const etwkit_map *map = ek_map_build(&arena, "m", true, entries, count);
        REQUIRE(map != NULL);
        unsigned shown = count_labels(map, 1, &unknown);
        unsigned kept = map->count < EK_MAX_LABELS ? map->count : EK_MAX_LABELS;
        CHECK_EQ_UINT(shown, kept);
        CHECK(!unknown);
        free((void *)(uintptr_t)entries);
    }
    ek_arena_free(&arena);
}

TEST(entries_of_a_bit_map) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena arena;
    ek_arena_init(&arena, &allocator);
    for (size_t count = EK_MAX_BITS; count <= EK_MAX_BITS + 1; count++) {
        ek_map_entry *entries = calloc(count, sizeof *entries);
        REQUIRE(entries != NULL);
        for (size_t i = 0; i < count; i++) /* only the last one fits */
            entries[i] = (ek_map_entry){i + 1 < count ? 0x100000000u + i : 1u, "l"};
        etwkit_map map = {.name = "m", .is_bitmap = true, .count = (uint32_t)count, .entries = entries};
        bool unknown;
        CHECK_EQ_UINT(count_labels(&map, 1, &unknown), count <= EK_MAX_BITS ? 1 : 0);
        free(entries);
    }
    ek_arena_free(&arena);
}

TEST(sub_authorities) {
    uint8_t sid[8 + 4 * 16] = {1, 15, [7] = 5};
    CHECK_EQ_UINT(ek_sid_size(sid, sizeof sid), 8 + 4 * 15);
    CHECK_EQ_UINT(ek_sid_size(sid, 8 + 4 * 15), 8 + 4 * 15);
    CHECK_EQ_UINT(ek_sid_size(sid, 8 + 4 * 15 - 1), 0);
    sid[1] = 16;
    CHECK_EQ_UINT(ek_sid_size(sid, sizeof sid), 0);
}

TEST_MAIN(CASE(labels_of_one_value), CASE(entries_of_a_bit_map), CASE(sub_authorities))
