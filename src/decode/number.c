/* SPDX-License-Identifier: MIT */
/* The tables behind number.h, and bytes in hex. Knows no types of traces. */
#include "decode/number.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

const char ek_digit_pairs[200] = "0001020304050607080910111213141516171819"
                                 "2021222324252627282930313233343536373839"
                                 "4041424344454647484950515253545556575859"
                                 "6061626364656667686970717273747576777879"
                                 "8081828384858687888990919293949596979899";

const uint64_t ek_powers_of_10[20] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
    10000000000000000000u,
};

uint8_t *ek_write_bytes(uint8_t *at, const uint8_t *data, size_t size) {
#if defined(__SSE2__)
    const __m128i low = _mm_set1_epi8(15), nine = _mm_set1_epi8(9);
    const __m128i zero = _mm_set1_epi8('0'), letters = _mm_set1_epi8(EK_UPPER);
    for (; size >= 16; size -= 16, data += 16, at += 32) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)data);
        __m128i first = _mm_and_si128(_mm_srli_epi16(bytes, 4), low), second = _mm_and_si128(bytes, low);
        first = _mm_add_epi8(_mm_add_epi8(first, zero), _mm_and_si128(_mm_cmpgt_epi8(first, nine), letters));
        second = _mm_add_epi8(_mm_add_epi8(second, zero), _mm_and_si128(_mm_cmpgt_epi8(second, nine), letters));
        _mm_storeu_si128((__m128i *)(void *)at, _mm_unpacklo_epi8(first, second));
        _mm_storeu_si128((__m128i *)(void *)(at + 16), _mm_unpackhi_epi8(first, second));
    }
#endif
    for (; size >= 4; size -= 4, data += 4, at += 8)
        ek_store64(at, ek_hex_digits(__builtin_bswap32(ek_load32(data)), EK_UPPER));
    for (; size; size--, data++) {
        *at++ = (uint8_t) "0123456789ABCDEF"[*data >> 4];
        *at++ = (uint8_t) "0123456789ABCDEF"[*data & 15];
    }
    return at;
}
