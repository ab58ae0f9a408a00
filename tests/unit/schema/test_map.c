/* SPDX-License-Identifier: MIT */
/* Maps: labels without their line ends, values found in maps of any order, entries as the source had them. */
#include "oom.h"
#include "schema/layout.h"
#include "test.h"

static ek_arena new_arena(void) {
    ek_arena arena;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&arena, &allocator);
    return arena;
}

TEST(labels_are_found_and_trimmed) {
    static const ek_map_entry entries[] = {{7, "seven "}, {0, "none\r\n"}, {3, "three \t"}, {0xFFFFFFFF, " all"}};
    ek_arena arena = new_arena();
    const etwkit_map *map = ek_map_build(&arena, "Numbers", false, entries, 4);
    REQUIRE(map != NULL);
    CHECK_EQ_STR(ek_map_label(map, 7), "seven");
    CHECK_EQ_STR(ek_map_label(map, 0), "none");
    CHECK_EQ_STR(ek_map_label(map, 3), "three");
    CHECK_EQ_STR(ek_map_label(map, 0xFFFFFFFF), " all");
    CHECK(ek_map_label(map, 1) == NULL);
    CHECK(ek_map_label(map, 8) == NULL);
    CHECK(ek_map_label(map, UINT64_MAX) == NULL);
    ek_arena_free(&arena);
}

TEST(the_first_of_equal_values_wins) {
    static const ek_map_entry entries[] = {{1, "b"}, {0, "x"}, {1, "a"}, {1, "c"}, {0, "y"}};
    ek_arena arena = new_arena();
    const etwkit_map *map = ek_map_build(&arena, "", false, entries, 5);
    REQUIRE(map != NULL);
    CHECK_EQ_STR(ek_map_label(map, 1), "b");
    CHECK_EQ_STR(ek_map_label(map, 0), "x");
    ek_arena_free(&arena);
}

TEST(large_maps_are_sorted_whatever_their_order) {
    enum {
        COUNT = 5000
    };
    static ek_map_entry entries[COUNT];
    for (int order = 0; order < 3; order++) {
        uint64_t random = 1;
        for (size_t i = 0; i < COUNT; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            entries[i].value = order == 0 ? i : order == 1 ? COUNT - i : random >> 40;
            entries[i].label = order == 2 ? "random" : "plain";
        }
        ek_arena arena = new_arena();
        const etwkit_map *map = ek_map_build(&arena, "large", false, entries, COUNT);
        REQUIRE(map != NULL);
        for (size_t i = 0; i < COUNT; i++)
            CHECK(ek_map_label(map, entries[i].value) != NULL);
        for (size_t i = 1; i < COUNT; i++)
            CHECK(entries[map->by_value[i - 1]].value <= entries[map->by_value[i]].value);
        ek_arena_free(&arena);
    }
}

TEST(bit_maps_keep_their_order_and_have_no_single_label) {
    static const ek_map_entry entries[] = {{4, "four "}, {1, "one"}, {0, "nothing"}};
    ek_arena arena = new_arena();
    const etwkit_map *map = ek_map_build(&arena, "Bits", true, entries, 3);
    REQUIRE(map != NULL);
    CHECK(etwkit_map_is_bitmap(map));
    CHECK_EQ_STR(etwkit_map_name(map), "Bits");
    CHECK_EQ_UINT(etwkit_map_count(map), 3);
    uint64_t value = 0;
    const char *label = NULL;
    CHECK_EQ_INT(etwkit_map_entry(map, 0, &value, &label), ETWKIT_OK);
    CHECK_EQ_UINT(value, 4);
    CHECK_EQ_STR(label, "four");
    CHECK_EQ_INT(etwkit_map_entry(map, 3, &value, &label), ETWKIT_E_RANGE);
    CHECK(ek_map_label(map, 4) == NULL);
    ek_arena_free(&arena);
}

TEST(an_empty_map_has_no_labels) {
    ek_arena arena = new_arena();
    const etwkit_map *map = ek_map_build(&arena, "", false, NULL, 0);
    REQUIRE(map != NULL);
    CHECK(ek_map_label(map, 0) == NULL);
    ek_arena_free(&arena);
}

static bool build(const etwkit_allocator *allocator, void *context) {
    static const ek_map_entry entries[] = {{7, "seven"}, {0, "none"}};
    ek_arena arena;
    (void)context;
    ek_arena_init(&arena, allocator);
    const etwkit_map *map = ek_map_build(&arena, "name", false, entries, 2);
    ek_arena_free(&arena);
    return map != NULL;
}

TEST(memory_may_run_out) {
    CHECK_OOM(build, NULL);
}

TEST_MAIN(CASE(labels_are_found_and_trimmed), CASE(the_first_of_equal_values_wins),
          CASE(large_maps_are_sorted_whatever_their_order), CASE(bit_maps_keep_their_order_and_have_no_single_label),
          CASE(an_empty_map_has_no_labels), CASE(memory_may_run_out))
