/* SPDX-License-Identifier: MIT */
/* UTF-16 and 8-bit text to UTF-8, and UTF-8 to UTF-16. What is invalid becomes U+FFFD. */
#include "base/utf.h"

#include <string.h>

void ek_utf16_append(ek_buf *out, const uint8_t *utf16, size_t size) {
    size_t units = size / 2;
    if (units > SIZE_MAX / 3)
        return;
    uint8_t *at = ek_buf_reserve(out, units * 3); /* a surrogate pair takes 4 bytes for two units */
    if (!at)
        return;
    for (size_t i = 0; i < units;) {
        while (i + 4 <= units) { /* four ASCII characters at a time */
            uint64_t four = ek_load64(utf16 + i * 2);
            if (four & 0xFF80FF80FF80FF80u)
                break;
            four |= four >> 8;
            uint32_t packed = (uint32_t)(four & 0xFFFF) | (uint32_t)(four >> 16 & 0xFFFF0000u);
            ek_store32(at, packed);
            at += 4;
            i += 4;
        }
        if (i == units)
            break;
        const uint8_t *next = utf16 + i * 2;
        at = ek_utf8_put(at, ek_utf16_next(&next, utf16 + units * 2));
        i = (size_t)(next - utf16) / 2;
    }
    out->size = (size_t)(at - out->data);
}

/* Length of the valid sequence at text, 0 where it is none (RFC 3629: no overlong forms, no surrogates). */
static size_t sequence(const uint8_t *text, size_t size) {
    uint8_t first = text[0];
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xC2 && first < 0xE0   ? 2
                    : (first & 0xF0) == 0xE0        ? 3
                    : first >= 0xF0 && first < 0xF5 ? 4
                                                    : 0;
    if (length == 0 || length > size)
        return 0;
    uint8_t low = 0x80, high = 0xBF; /* what the second byte may be */
    if (first == 0xE0)
        low = 0xA0;
    if (first == 0xED)
        high = 0x9F;
    if (first == 0xF0)
        low = 0x90;
    if (first == 0xF4)
        high = 0x8F;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

size_t ek_utf8_valid(const uint8_t *text, size_t size) {
    size_t at = 0;
    while (at < size) {
        while (at + 8 <= size && !(ek_load64(text + at) & 0x8080808080808080u))
            at += 8;
        if (at == size)
            break;
        size_t length = sequence(text + at, size - at);
        if (!length)
            break;
        at += length;
    }
    return at;
}

/* Windows-1252's own characters from 0x80 to 0x9F; 0 where it has none. */
static const uint16_t windows_1252[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                          0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                          0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                          0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

static uint32_t from_windows_1252(uint8_t byte) {
    if (byte < 0x80 || byte >= 0xA0)
        return byte;
    return windows_1252[byte - 0x80] ? windows_1252[byte - 0x80] : EK_REPLACEMENT;
}

/* One code point of UTF-8; a byte that begins none counts alone. */
static uint32_t take_utf8(const uint8_t **at, size_t left) {
    size_t length = sequence(*at, left);
    const uint8_t *byte = *at;
    *at += length ? length : 1;
    switch (length) {
    case 1: return byte[0];
    case 2: return (byte[0] & 0x1Fu) << 6 | (byte[1] & 0x3Fu);
    case 3: return (byte[0] & 0x0Fu) << 12 | (byte[1] & 0x3Fu) << 6 | (byte[2] & 0x3Fu);
    case 4: return (byte[0] & 0x07u) << 18 | (byte[1] & 0x3Fu) << 12 | (byte[2] & 0x3Fu) << 6 | (byte[3] & 0x3Fu);
    default: return EK_REPLACEMENT;
    }
}

uint32_t ek_ansi_next(const uint8_t **at, const uint8_t *end, bool utf8) {
    return utf8 ? take_utf8(at, (size_t)(end - *at)) : from_windows_1252(*(*at)++);
}

void ek_ansi_append(ek_buf *out, const uint8_t *text, size_t size, bool utf8) {
    size_t valid = ek_utf8_valid(text, size);
    if (valid == size) {
        ek_buf_append(out, text, size);
        return;
    }
    if (size > SIZE_MAX / 3)
        return;
    uint8_t *at = ek_buf_reserve(out, size * 3);
    if (!at)
        return;
    for (const uint8_t *end = text + size; text < end;)
        at = ek_utf8_put(at, ek_ansi_next(&text, end, utf8));
    out->size = (size_t)(at - out->data);
}

/* Converts into a buffer and copies that into the arena: for names, not for events. */
char *ek_utf16_copy(ek_arena *arena, const uint8_t *utf16, size_t size) {
    ek_buf buf;
    ek_buf_init(&buf, &arena->allocator);
    ek_utf16_append(&buf, utf16, size);
    char *result = buf.failed ? NULL : ek_arena_text(arena, (const char *)buf.data, buf.size);
    ek_buf_free(&buf);
    return result;
}

size_t ek_utf16_length(const uint8_t *utf16, size_t size, bool *terminated) {
    size &= ~(size_t)1;
    size_t at = 0;
    for (; at + 8 <= size; at += 8) { /* is one of four units zero? (the classic test, exact for finding any) */
        uint64_t four = ek_load64(utf16 + at);
        if ((four - 0x0001000100010001u) & ~four & 0x8000800080008000u)
            break;
    }
    while (at < size && ek_load16(utf16 + at) != 0)
        at += 2;
    *terminated = at < size;
    return at;
}

void ek_utf8_to_utf16(ek_buf *out, const char *text, size_t length) {
    const uint8_t *at = (const uint8_t *)text, *end = at + length;
    while (at < end) {
        uint8_t *to = ek_buf_reserve(out, 4);
        if (!to)
            return;
        uint32_t code = take_utf8(&at, (size_t)(end - at));
        if (code < 0x10000) {
            ek_store16(to, (uint16_t)code);
            out->size += 2;
        } else {
            ek_store16(to, (uint16_t)(0xD800 + ((code - 0x10000) >> 10)));
            ek_store16(to + 2, (uint16_t)(0xDC00 + ((code - 0x10000) & 0x3FF)));
            out->size += 4;
        }
    }
}
