/* SPDX-License-Identifier: MIT */
/* What ek_inflate makes of streams written by hand, cut off, damaged and random; a plain decoder beside it says what is
 * right. */
#include "etl/inflate.h"
#include "test.h"

#include <stdlib.h>

enum {
    MOST = 70000
};

static uint8_t out[MOST + 64], want[MOST + 64];

/* One token after another, no tricks: returns how many bytes come out before the stream ends or is wrong. */
static size_t plain_inflate(const uint8_t *in, size_t size, uint8_t *to, size_t capacity) {
    size_t at = 0, done = 0;
    uint32_t flags = 0;
    int bits = 0, half = -1;
    while (done < capacity) {
        if (bits == 0) {
            if (size - at < 4)
                return done;
            flags =
                (uint32_t)in[at] | (uint32_t)in[at + 1] << 8 | (uint32_t)in[at + 2] << 16 | (uint32_t)in[at + 3] << 24;
            at += 4;
            bits = 32;
        }
        bits--;
        if ((flags >> bits & 1) == 0) {
            if (at == size)
                return done;
            to[done++] = in[at++];
            continue;
        }
        if (size - at < 2)
            return done;
        uint32_t token = in[at] | (uint32_t)in[at + 1] << 8;
        size_t length = token & 7, distance = (token >> 3) + 1;
        at += 2;
        if (length == 7) {
            if (half < 0) {
                if (at == size)
                    return done;
                half = in[at++];
                length = (size_t)half & 15;
            } else {
                length = (size_t)half >> 4;
                half = -1;
            }
            if (length == 15) {
                if (at == size)
                    return done;
                length = in[at++];
                if (length == 255) {
                    if (size - at < 2)
                        return done;
                    length = in[at] | (size_t)in[at + 1] << 8;
                    at += 2;
                    if (length == 0) {
                        if (size - at < 4)
                            return done;
                        length = in[at] | (size_t)in[at + 1] << 8 | (size_t)in[at + 2] << 16 | (size_t)in[at + 3] << 24;
                        at += 4;
                    }
                    if (length < 22)
                        return done;
                    length -= 22;
                }
                length += 15;
            }
            length += 7;
        }
        length += 3;
        if (distance > done)
            return done;
        for (; length > 0 && done < capacity; length--, done++)
            to[done] = to[done - distance];
    }
    return done;
}

/* Both decoders on exact allocations, so that the sanitizers see any step outside. */
static void compare(const uint8_t *stream, size_t size, size_t capacity) {
    uint8_t *in = malloc(size + !size), *to = malloc(capacity + !capacity);
    memcpy(in, stream, size);
    memset(to, 0xEE, capacity);
    size_t expected = plain_inflate(stream, size, want, capacity);
    CHECK_EQ_UINT(ek_inflate(in, size, to, capacity), expected);
    CHECK_EQ_MEM(to, want, expected);
    free(in);
    free(to);
}

TEST(nothing_gives_nothing) {
    CHECK_EQ_UINT(ek_inflate((const uint8_t *)"", 0, out, 16), 0);
    CHECK_EQ_UINT(ek_inflate((const uint8_t *)"\0\0\0\0a", 5, out, 0), 0);
}

TEST(literals) {
    CHECK_EQ_UINT(ek_inflate((const uint8_t *)"\0\0\0\0abcdef", 10, out, 6), 6);
    CHECK_EQ_MEM(out, "abcdef", 6);
    CHECK_EQ_UINT(ek_inflate((const uint8_t *)"\0\0\0\0abcdef", 10, out, 4), 4); /* just that far */
    CHECK_EQ_UINT(ek_inflate((const uint8_t *)"\0\0\0\0abcdef", 10, out, 9), 6); /* the stream ends */
}

TEST(a_short_match_overlaps_itself) {
    /* "abc", then 9 bytes from 3 back: token distance - 1 = 2, length - 3 = 6. Flags: 0001, then ones. */
    const uint8_t stream[] = {0xFF, 0xFF, 0xFF, 0x1F, 'a', 'b', 'c', 2 << 3 | 6, 0};
    CHECK_EQ_UINT(ek_inflate(stream, sizeof stream, out, 12), 12);
    CHECK_EQ_MEM(out, "abcabcabcabc", 12);
}

TEST(two_lengths_share_a_byte) {
    /* "a", then 3 + 7 + 4 and 3 + 7 + 9 times more: nibbles 4 and 9 in one byte, behind the first token. */
    const uint8_t stream[] = {0xFF, 0xFF, 0xFF, 0x7F, 'a', 7, 0, 0x94, 7, 0};
    CHECK_EQ_UINT(ek_inflate(stream, sizeof stream, out, 34), 34);
    for (int i = 0; i < 34; i++)
        CHECK_EQ_UINT(out[i], 'a');
    CHECK_EQ_UINT(ek_inflate(stream, sizeof stream, out, 35), 34);
}

TEST(lengths_of_every_form) {
    /* Match of one byte back whose nibble is full: then 8 bits, 16 bits, 32 bits. */
    const struct {
        uint8_t tail[8];
        size_t size, length;
    } forms[] = {
        {{0x0F, 0}, 2, 25},
        {{0x0F, 254}, 2, 254 + 25},
        {{0x0F, 255, 22, 0}, 4, 25}, /* longer than it needs to be, and valid */
        {{0x0F, 255, 0xFF, 0xFF}, 4, 0xFFFF + 3},
        {{0x0F, 255, 0, 0, 0x70, 0x11, 1, 0}, 8, 0x11170 + 3},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        uint8_t stream[16] = {0xFF, 0xFF, 0xFF, 0x7F, 'x', 7, 0};
        memcpy(stream + 7, forms[i].tail, forms[i].size);
        size_t size = 7 + forms[i].size, all = forms[i].length + 1;
        CHECK(all <= MOST + 64);
        CHECK_EQ_UINT(ek_inflate(stream, size, out, all), all);
        CHECK_EQ_UINT(out[all - 1], 'x');
        for (size_t cut = 0; cut < size; cut++)
            compare(stream, cut, all);
    }
}

TEST(impossible_lengths_and_distances_end_it) {
    const uint8_t short_of_itself[] = {0xFF, 0xFF, 0xFF, 0x7F, 'x', 7, 0, 0x0F, 255, 21, 0, 'y'};
    CHECK_EQ_UINT(ek_inflate(short_of_itself, sizeof short_of_itself, out, 100), 1);
    const uint8_t before_the_begin[] = {0xFF, 0xFF, 0xFF, 0x7F, 'x', 1 << 3, 0, 'y'};
    CHECK_EQ_UINT(ek_inflate(before_the_begin, sizeof before_the_begin, out, 100), 1);
    const uint8_t at_once[] = {0xFF, 0xFF, 0xFF, 0xFF, 0, 0};
    CHECK_EQ_UINT(ek_inflate(at_once, sizeof at_once, out, 100), 0);
}

TEST(a_length_of_4_gib_stops_at_the_capacity) {
    const uint8_t stream[] = {0xFF, 0xFF, 0xFF, 0x7F, 'x', 7, 0, 0x0F, 255, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
    CHECK_EQ_UINT(ek_inflate(stream, sizeof stream, out, MOST), MOST);
}

TEST(every_distance_repeats_its_pattern) {
    for (unsigned distance = 1; distance <= 40; distance++) {
        /* `distance` literals, then 3 + 7 + 15 + 100 bytes of them, then a literal. */
        uint8_t stream[64];
        size_t size = 0;
        unsigned flags[2] = {0, 0};
        flags[distance / 32] = 1u << (31 - distance % 32);
        for (unsigned i = 0; i < distance + 1 + 1; i++) {
            if (i % 32 == 0) {
                for (int k = 0; k < 4; k++)
                    stream[size++] = (uint8_t)(flags[i / 32] >> (8 * k));
            }
            if (i == distance) {
                const uint8_t token[] = {(uint8_t)((distance - 1) << 3 | 7), (uint8_t)((distance - 1) >> 5), 0x0F, 100};
                memcpy(stream + size, token, 4);
                size += 4;
            } else {
                stream[size++] = (uint8_t)(i + 1);
            }
        }
        size_t all = distance + 125 + 1;
        for (size_t capacity = all - 70; capacity <= all; capacity++)
            compare(stream, size, capacity);
        CHECK_EQ_UINT(ek_inflate(stream, size, out, MOST), all); /* with room for the fast loop */
        CHECK_EQ_UINT(out[all - 1], distance + 2);
        CHECK_EQ_UINT(out[all - 2], 124 % distance + 1);
    }
}

TEST(random_streams_give_what_the_plain_decoder_gives) {
    uint64_t state = 2;
    uint8_t stream[600];
    for (int round = 0; round < 4000; round++) {
        size_t size = 0;
        unsigned long_ones = (unsigned)(state >> 40) % 4; /* from mostly literals to mostly matches */
        while (size < sizeof stream) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint8_t byte = (uint8_t)(state >> 56);
            if (size % 37 < 4)
                byte = long_ones == 0 ? byte & (uint8_t)(state >> 48) & 0x11 : byte;
            else if (size % 3 == 1)
                byte &= 3; /* near distances, so that not every match is refused */
            stream[size++] = byte;
        }
        compare(stream, (size_t)(state >> 20) % sizeof stream, (size_t)(state >> 33) % 5000);
    }
}

TEST_MAIN(CASE(nothing_gives_nothing), CASE(literals), CASE(a_short_match_overlaps_itself),
          CASE(two_lengths_share_a_byte), CASE(lengths_of_every_form), CASE(impossible_lengths_and_distances_end_it),
          CASE(a_length_of_4_gib_stops_at_the_capacity), CASE(every_distance_repeats_its_pattern),
          CASE(random_streams_give_what_the_plain_decoder_gives))
