/* SPDX-License-Identifier: MIT */
/* The hash table finds what was added and nothing else; the hash spreads and sees every byte. */
#include "base/hash.h"
#include "test.h"

static bool equal_number(const void *value, const void *key) {
    return *(const unsigned *)value == *(const unsigned *)key;
}

TEST(finds_all_of_many) {
    static unsigned numbers[5000];
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_table table;
    ek_table_init(&table, &allocator);
    for (unsigned i = 0; i < 5000; i++) {
        numbers[i] = i * 7;
        REQUIRE(ek_table_add(&table, ek_hash(&numbers[i], sizeof numbers[i], 0), &numbers[i]));
    }
    for (unsigned key = 0; key < 35000; key++) {
        void *found = ek_table_find(&table, ek_hash(&key, sizeof key, 0), equal_number, &key);
        CHECK(found == (key % 7 ? NULL : &numbers[key / 7]));
    }
    ek_table_clear(&table);
    CHECK(!ek_table_find(&table, ek_hash(&numbers[1], sizeof numbers[1], 0), equal_number, &numbers[1]));
    ek_table_free(&table);
}

TEST(every_byte_and_the_length_count) {
    uint8_t bytes[80] = {0};
    for (size_t size = 0; size <= sizeof bytes; size++) {
        uint64_t plain = ek_hash(bytes, size, 1);
        CHECK(size == sizeof bytes || plain != ek_hash(bytes, size + 1, 1));
        for (size_t at = 0; at < size; at++) {
            bytes[at] ^= 1;
            CHECK(ek_hash(bytes, size, 1) != plain);
            bytes[at] ^= 1;
        }
    }
}

/* A block whose first word is one of the hash's own constants once multiplied everything before it by zero. */
TEST(no_block_wipes_out_what_came_before) {
    const uint64_t word = UINT64_C(0x13198A2E03707345);
    uint8_t bytes[48] = {0};
    for (size_t block = 16; block <= 32; block += 16) {
        memcpy(bytes + block, &word, sizeof word);
        uint64_t first = ek_hash(bytes, sizeof bytes, 1);
        CHECK(ek_hash(bytes, sizeof bytes, 2) != first);
        bytes[0] ^= 1;
        CHECK(ek_hash(bytes, sizeof bytes, 1) != first);
        memset(bytes, 0, sizeof bytes);
    }
}

TEST(arenas_align_and_hold) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena arena;
    ek_arena_init(&arena, &allocator);
    char *first = ek_arena_text(&arena, "first", 5);
    for (size_t size = 0; size < 300; size++) {
        uint8_t *block = ek_arena_new(&arena, size * 100);
        REQUIRE(block && (uintptr_t)block % 8 == 0);
        memset(block, 0xFF, size * 100);
    }
    CHECK_EQ_STR(first, "first");
    CHECK(ek_arena_alloc(&arena, SIZE_MAX) == NULL);
    ek_arena_reset(&arena);
    CHECK(ek_arena_alloc(&arena, 8) != NULL);
    ek_arena_free(&arena);
}

TEST_MAIN(CASE(finds_all_of_many), CASE(every_byte_and_the_length_count), CASE(no_block_wipes_out_what_came_before),
          CASE(arenas_align_and_hold))
