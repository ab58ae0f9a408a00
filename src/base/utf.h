/* SPDX-License-Identifier: MIT */
/* Text encodings of traces to UTF-8, and back. Never fails: what is invalid becomes U+FFFD. */
#ifndef EK_BASE_UTF_H
#define EK_BASE_UTF_H

#include "base/bytes.h"
#include "base/memory.h"

#define EK_REPLACEMENT 0xFFFDu /* what stands for the invalid */

/* Writes one code point (1 to 4 bytes) and returns the end. */
static inline uint8_t *ek_utf8_put(uint8_t *at, uint32_t code) {
    if (code < 0x80) {
        *at++ = (uint8_t)code;
    } else if (code < 0x800) {
        *at++ = (uint8_t)(0xC0 | code >> 6);
        *at++ = (uint8_t)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *at++ = (uint8_t)(0xE0 | code >> 12);
        *at++ = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        *at++ = (uint8_t)(0x80 | (code & 0x3F));
    } else {
        *at++ = (uint8_t)(0xF0 | code >> 18);
        *at++ = (uint8_t)(0x80 | (code >> 12 & 0x3F));
        *at++ = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        *at++ = (uint8_t)(0x80 | (code & 0x3F));
    }
    return at;
}

/* The code point at *at, which moves on; `end` is an even number of bytes away, and not reached yet. */
static inline uint32_t ek_utf16_next(const uint8_t **at, const uint8_t *end) {
    uint32_t code = ek_load16(*at);
    *at += 2;
    if ((code & 0xF800) != 0xD800)
        return code;
    uint32_t low = code < 0xDC00 && *at < end ? ek_load16(*at) : 0;
    if ((low & 0xFC00) != 0xDC00)
        return EK_REPLACEMENT;
    *at += 2;
    return 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF);
}

/* The same for 8-bit text: UTF-8, or (`utf8` false) Windows-1252. */
uint32_t ek_ansi_next(const uint8_t **at, const uint8_t *end, bool utf8);

/* Appends UTF-16LE (`size` bytes, an odd last one is dropped) as UTF-8; unpaired surrogates become U+FFFD. */
void ek_utf16_append(ek_buf *out, const uint8_t *utf16, size_t size);
/* Appends 8-bit text: as it is where it is valid UTF-8; else as Windows-1252, unless `utf8` says that it should be
 * UTF-8: then each invalid sequence becomes U+FFFD. */
void ek_ansi_append(ek_buf *out, const uint8_t *text, size_t size, bool utf8);
/* Length in bytes of the valid UTF-8 at the start of text. */
size_t ek_utf8_valid(const uint8_t *text, size_t size);
/* A copy of such text in an arena, NUL-terminated; NULL where memory ran out. */
char *ek_utf16_copy(ek_arena *arena, const uint8_t *utf16, size_t size);
/* Bytes before the first 16-bit NUL, at most `size` rounded down to even. *terminated tells whether there was one. */
size_t ek_utf16_length(const uint8_t *utf16, size_t size, bool *terminated);
/* Appends UTF-8 as UTF-16LE, without terminator. */
void ek_utf8_to_utf16(ek_buf *out, const char *text, size_t length);

#endif
