/* SPDX-License-Identifier: MIT */
/* What ek_deflate makes: read back by ek_inflate, and looked at by a plain decoder of its own that checks the form. */
#include "etl/inflate.h"
#include "test.h"

#include <stdlib.h>

enum {
    BIG = 1 << 18,
    ROOM = BIG + BIG / 4 + 64
};

static uint32_t table[EK_DEFLATE_TABLE];
static uint8_t data[BIG], stream[ROOM], back[BIG + 16];

/* Sequence of its own, so that a run can be repeated anywhere. */
static uint32_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/*
 * The pseudo-code of FORMATS 1.4 as it stands there. Returns the bytes that were read, 0 for a fault; *ones tells
 * whether all flags that no token used are ones.
 */
static size_t plain_inflate(const uint8_t *in, size_t in_size, uint8_t *out, size_t want, bool *ones) {
    size_t at = 0, size = 0, half = SIZE_MAX;
    uint32_t flags = 0;
    unsigned bits = 0;
    while (size < want) {
        if (bits == 0) {
            if (at + 4 > in_size)
                return 0;
            memcpy(&flags, in + at, 4);
            at += 4;
            bits = 32;
        }
        bits--;
        if (!(flags >> bits & 1)) {
            if (at >= in_size)
                return 0;
            out[size++] = in[at++];
            continue;
        }
        if (at + 2 > in_size)
            return 0;
        size_t match = in[at] | (size_t)in[at + 1] << 8;
        at += 2;
        size_t distance = (match >> 3) + 1, length = match & 7;
        if (length == 7) {
            if (half == SIZE_MAX) {
                half = at;
                length = in[at++] & 15;
            } else {
                length = in[half] >> 4;
                half = SIZE_MAX;
            }
            if (length == 15) {
                length = in[at++];
                if (length == 255) {
                    length = in[at] | (size_t)in[at + 1] << 8;
                    at += 2;
                    if (length == 0) {
                        uint32_t wide;
                        memcpy(&wide, in + at, 4);
                        at += 4;
                        length = wide;
                    }
                    if (length < 22)
                        return 0;
                    length -= 22;
                }
                length += 15;
            }
            length += 7;
        }
        length += 3;
        if (at > in_size || distance > size || length > want - size)
            return 0;
        for (size_t i = 0; i < length; i++, size++)
            out[size] = out[size - distance];
    }
    *ones = bits == 0 || (flags & (bits == 32 ? UINT32_MAX : (UINT32_C(1) << bits) - 1)) ==
                             (bits == 32 ? UINT32_MAX : (UINT32_C(1) << bits) - 1);
    return at;
}

static void check_round_trip(size_t size) {
    /* Only what is written may be read: the stream stands in a block of exactly its size. */
    size_t packed = ek_deflate(data, size, stream, ROOM, table);
    CHECK(packed > 0);
    uint8_t *exact = malloc(packed);
    memcpy(exact, stream, packed);
    bool ones = false;
    memset(back, 0xA5, sizeof back);
    size_t read = plain_inflate(exact, packed, back, size, &ones);
    /* All of it is read, but for one word of flags that is for nothing, as Windows leaves it. */
    CHECK(read == packed || (read + 4 == packed && memcmp(exact + read, "\xFF\xFF\xFF\xFF", 4) == 0));
    CHECK(ones);
    CHECK_EQ_MEM(back, data, size);
    memset(back, 0xA5, sizeof back);
    CHECK_EQ_UINT(ek_inflate(exact, packed, back, size), size);
    CHECK_EQ_MEM(back, data, size);
    CHECK_EQ_UINT(back[size], 0xA5);
    /* Exactly enough room is enough, one byte less is not. */
    CHECK_EQ_UINT(ek_deflate(data, size, stream, packed, table), packed);
    stream[packed - 1] = 0x5A;
    CHECK_EQ_UINT(ek_deflate(data, size, stream, packed - 1, table), 0);
    CHECK_EQ_UINT(stream[packed - 1], 0x5A);
    free(exact);
}

TEST(every_small_size_of_noise) {
    uint64_t state = 1;
    for (size_t size = 0; size <= 300; size++) {
        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)next_random(&state);
        check_round_trip(size);
    }
}

TEST(every_small_size_of_one_byte) {
    memset(data, 'x', sizeof data);
    for (size_t size = 0; size <= 300; size++)
        check_round_trip(size);
}

TEST(every_small_size_of_few_letters) {
    uint64_t state = 2;
    for (size_t size = 0; size <= 300; size++) {
        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)('a' + next_random(&state) % 3);
        check_round_trip(size);
    }
}

/* The four forms of a length, and the borders between them. */
TEST(every_form_of_length) {
    static const size_t lengths[] = {3,   9,   10,    11,    24,    25,    26,     279,    280,
                                     281, 282, 65535, 65537, 65538, 65539, 100000, 200000, BIG - 2};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(data, 0, sizeof data);
        data[lengths[i] + 1] = 1;
        check_round_trip(lengths[i] + 2 <= BIG ? lengths[i] + 2 : BIG);
    }
}

/* The farthest repetition that a distance reaches, and one beyond. */
TEST(distances) {
    uint64_t state = 3;
    for (size_t distance = 8190; distance <= 8194; distance++) {
        for (size_t i = 0; i < 3 * distance; i++)
            data[i] = i < distance ? (uint8_t)next_random(&state) : data[i - distance];
        check_round_trip(3 * distance);
    }
}

TEST(mixtures) {
    uint64_t state = 4;
    for (unsigned round = 0; round < 200; round++) {
        size_t size = next_random(&state) % 20000;
        for (size_t i = 0; i < size;) {
            size_t part = next_random(&state) % (round + 2) + 1;
            size_t from = i ? next_random(&state) % i : 0;
            bool copy = i > 0 && next_random(&state) % 2;
            for (size_t j = 0; j < part && i < size; j++, i++)
                data[i] = copy ? data[from + j] : (uint8_t)next_random(&state);
        }
        check_round_trip(size);
    }
}

TEST(noise_grows_by_an_eighth_at_most) {
    uint64_t state = 5;
    for (size_t i = 0; i < BIG; i++)
        data[i] = (uint8_t)next_random(&state);
    size_t packed = ek_deflate(data, BIG, stream, ROOM, table);
    CHECK(packed <= BIG + BIG / 8 + 4);
    CHECK_EQ_UINT(ek_deflate(data, BIG, stream, BIG, table), 0);
}

TEST(the_same_bytes_every_time) {
    for (size_t i = 0; i < 5000; i++)
        data[i] = (uint8_t)(i * i >> 3);
    memset(table, 0xEE, sizeof table); /* what the scratch held before does not matter */
    size_t packed = ek_deflate(data, 5000, stream, ROOM, table);
    memcpy(back, stream, packed);
    CHECK_EQ_UINT(ek_deflate(data, 5000, stream, ROOM, table), packed);
    CHECK_EQ_MEM(stream, back, packed);
}

TEST_MAIN(CASE(every_small_size_of_noise), CASE(every_small_size_of_one_byte), CASE(every_small_size_of_few_letters),
          CASE(every_form_of_length), CASE(distances), CASE(mixtures), CASE(noise_grows_by_an_eighth_at_most),
          CASE(the_same_bytes_every_time))
