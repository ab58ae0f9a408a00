/* SPDX-License-Identifier: MIT */
/* SHA-1 as FIPS 180-4 describes it, plainly. */
#include "base/sha1.h"

static uint32_t rotate(uint32_t value, unsigned by) {
    return value << by | value >> (32 - by);
}

void ek_sha1_begin(ek_sha1 *hash) {
    *hash = (ek_sha1){.state = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}};
}

static uint32_t load_be(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void mix(ek_sha1 *hash) {
    uint32_t w[80];
    for (unsigned i = 0; i < 16; i++)
        w[i] = load_be(hash->block + (size_t)i * 4);
    for (unsigned i = 16; i < 80; i++)
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = hash->state[0], b = hash->state[1], c = hash->state[2], d = hash->state[3], e = hash->state[4];
    for (unsigned i = 0; i < 80; i++) {
        uint32_t f, k;
        if (i < 20)
            f = (b & c) | (~b & d), k = 0x5A827999;
        else if (i < 40)
            f = b ^ c ^ d, k = 0x6ED9EBA1;
        else if (i < 60)
            f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
        else
            f = b ^ c ^ d, k = 0xCA62C1D6;
        uint32_t next = rotate(a, 5) + f + e + k + w[i];
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    hash->state[0] += a, hash->state[1] += b, hash->state[2] += c, hash->state[3] += d, hash->state[4] += e;
}

void ek_sha1_update(ek_sha1 *hash, const void *data, size_t size) {
    const uint8_t *byte = data;
    for (size_t i = 0; i < size; i++) {
        hash->block[hash->size++ % 64] = byte[i];
        if (hash->size % 64 == 0)
            mix(hash);
    }
}

void ek_sha1_end(ek_sha1 *hash, uint8_t digest[EK_SHA1_SIZE]) {
    uint64_t bits = hash->size * 8;
    uint8_t end[8], byte = 0x80;
    ek_sha1_update(hash, &byte, 1);
    for (byte = 0; hash->size % 64 != 56;)
        ek_sha1_update(hash, &byte, 1);
    for (unsigned i = 0; i < 8; i++)
        end[i] = (uint8_t)(bits >> (56 - 8 * i));
    ek_sha1_update(hash, end, sizeof end);
    for (unsigned i = 0; i < EK_SHA1_SIZE; i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
