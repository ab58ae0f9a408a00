/* SPDX-License-Identifier: MIT */
/* Escaping of text, fast where it is plain ASCII. Knows encodings; no values and no formats. */
#include "base/escape.h"

#include "base/utf.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* A printable ASCII character that needs no escape whatever the format: text is copied as long as there are only such.
 */
static inline bool is_plain(uint32_t code) {
    return code >= 0x20 && code < 0x7F && code != '"' && code != '\\';
}

static uint8_t *write_escape(uint8_t *at, uint32_t code) {
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = {['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
    *at++ = '\\';
    if (code < sizeof letters && letters[code]) {
        *at++ = (uint8_t)letters[code];
        return at;
    }
    *at++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *at++ = (uint8_t)digits[code >> shift & 15];
    return at;
}

/* Characters that turn the reading direction or break the line, and so can hide from eyes what a text says. */
static bool is_reordering(uint32_t code) {
    return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* Any one character. */
static inline uint8_t *put(uint8_t *at, uint32_t code, ek_escape how) {
    bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    if (code == '"' && how == EK_ESCAPE_CSV)
        *at++ = '"';
    else if (control || code == '"' || (code == '\\' && how == EK_ESCAPE_JSON) ||
             (how == EK_ESCAPE_TEXT && is_reordering(code)))
        return write_escape(at, code);
    return ek_utf8_put(at, code);
}

/*
 * Plain characters come in blocks. A last block that is not full is read so that it ends where the text ends: the
 * characters that it has in common with the block before were plain, so they were written one byte each, directly in
 * front, and are simply written again.
 */

#if defined(__SSE2__)
/* Which of 16 bytes are plain; bytes from 0x80 on are negative, hence below 0x20. */
static inline unsigned plain_mask(__m128i bytes) {
    __m128i low = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x1F));
    __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    odd = _mm_or_si128(odd, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
    return (unsigned)_mm_movemask_epi8(_mm_andnot_si128(odd, low));
}

static inline __m128i load_units(const uint8_t *utf16) {
    return _mm_loadu_si128((const __m128i *)(const void *)utf16);
}

/* Units as bytes: those from 0x80 on become 0 or negative, and so are not plain. */
static inline __m128i pack(__m128i first, __m128i second) {
    return _mm_packus_epi16(first, second);
}
#endif

/* Is one of eight bytes not plain? Exact: a borrow or carry that runs over into a neighbour comes from one that is not.
 */
static inline bool has_odd_byte(uint64_t x) {
    const uint64_t ones = 0x0101010101010101u, tops = ones * 0x80;
    uint64_t odd = x | (x - ones * 0x20) | (x + ones) | ((x ^ ones * '"') - ones) | ((x ^ ones * '\\') - ones);
    return (odd & tops) != 0;
}

/* The same of four units. */
static inline bool has_odd_unit(uint64_t x) {
    const uint64_t ones = 0x0001000100010001u;
    uint64_t odd = (x - ones * 0x20) | ((x ^ ones * '"') - ones) | ((x ^ ones * '\\') - ones);
    return (x & ones * 0xFF80) | (odd & ones * 0x8000) | ((x + ones) & ones * 0x80);
}

static inline void store_four(uint8_t *at, uint64_t units) {
    units |= units >> 8;
    ek_store32(at, (uint32_t)(units & 0xFFFF) | (uint32_t)(units >> 16 & 0xFFFF0000u));
}

/* Writes the plain characters at *text, as far as that is fast; *text moves behind them. */
static inline uint8_t *plain_utf16(uint8_t *at, const uint8_t **text, const uint8_t *end, const uint8_t *begin) {
    const uint8_t *from = *text;
#if defined(__SSE2__)
    while (end - from >= 32) {
        __m128i bytes = pack(load_units(from), load_units(from + 16));
        unsigned mask = plain_mask(bytes);
        _mm_storeu_si128((__m128i *)(void *)at, bytes);
        if (mask != 0xFFFF) {
            unsigned count = (unsigned)__builtin_ctz(~mask);
            *text = from + (size_t)count * 2;
            return at + count;
        }
        from += 32;
        at += 16;
    }
    if (end - from >= 16) {
        __m128i bytes = pack(load_units(from), _mm_setzero_si128());
        if ((plain_mask(bytes) & 0xFF) == 0xFF) {
            _mm_storel_epi64((__m128i *)(void *)at, bytes);
            from += 16;
            at += 8;
        }
    }
    if (from < end && end - from < 16 && end - begin >= 16) {
        __m128i bytes = pack(load_units(end - 16), _mm_setzero_si128());
        if ((plain_mask(bytes) & 0xFF) == 0xFF) {
            at += (end - from) / 2;
            _mm_storel_epi64((__m128i *)(void *)(at - 8), bytes);
            from = end;
        }
    }
#endif
    while (end - from >= 8) {
        uint64_t four = ek_load64(from);
        if (has_odd_unit(four))
            break;
        store_four(at, four);
        from += 8;
        at += 4;
    }
    if (from < end && end - from < 8 && end - begin >= 8 && !has_odd_unit(ek_load64(end - 8))) {
        at += (end - from) / 2;
        store_four(at - 4, ek_load64(end - 8));
        from = end;
    }
    *text = from;
    return at;
}

uint8_t *ek_escape_utf16(uint8_t *at, const uint8_t *utf16, size_t size, ek_escape how) {
    const uint8_t *end = utf16 + (size & ~(size_t)1), *begin = utf16;
    while (utf16 < end) {
        at = plain_utf16(at, &utf16, end, begin);
        while (utf16 < end) { /* one that is not, or the few that are left, up to the next plain one */
            at = put(at, ek_utf16_next(&utf16, end), how);
            if (end - utf16 >= 8 && is_plain(ek_load16(utf16)))
                break;
        }
    }
    return at;
}

static inline uint8_t *plain_bytes(uint8_t *at, const uint8_t **text, const uint8_t *end, const uint8_t *begin) {
    const uint8_t *from = *text;
#if defined(__SSE2__)
    while (end - from >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
        unsigned mask = plain_mask(bytes);
        _mm_storeu_si128((__m128i *)(void *)at, bytes);
        if (mask != 0xFFFF) {
            unsigned count = (unsigned)__builtin_ctz(~mask);
            *text = from + count;
            return at + count;
        }
        from += 16;
        at += 16;
    }
#endif
    while (end - from >= 8) {
        uint64_t eight = ek_load64(from);
        if (has_odd_byte(eight))
            break;
        ek_store64(at, eight);
        from += 8;
        at += 8;
    }
    if (from < end && end - from < 8 && end - begin >= 8 && !has_odd_byte(ek_load64(end - 8))) {
        at += end - from;
        ek_store64(at - 8, ek_load64(end - 8));
        from = end;
    }
    *text = from;
    return at;
}

uint8_t *ek_escape_ansi(uint8_t *at, const uint8_t *text, size_t size, bool utf8, ek_escape how) {
    const uint8_t *end = text + size, *begin = text;
    bool decided = utf8; /* is the encoding known? ASCII is the same in all */
    while (text < end) {
        at = plain_bytes(at, &text, end, begin);
        while (text < end) {
            if (!decided && *text >= 0x80) {
                utf8 = ek_utf8_valid(text, (size_t)(end - text)) == (size_t)(end - text);
                decided = true;
            }
            at = put(at, *text < 0x80 ? *text++ : ek_ansi_next(&text, end, utf8), how);
            if (end - text >= 8 && is_plain(*text))
                break;
        }
    }
    return at;
}

void ek_json_quote(ek_buf *out, const char *text, size_t size) {
    uint8_t *at = ek_buf_reserve(out, EK_ESCAPE_ROOM(size) + 2);
    if (!at)
        return;
    *at++ = '"';
    at = ek_escape_ansi(at, (const uint8_t *)text, size, true, EK_ESCAPE_JSON);
    *at++ = '"';
    out->size = (size_t)(at - out->data);
}
