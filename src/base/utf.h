/* SPDX-License-Identifier: MIT */
/* Text encodings of traces to UTF-8, and back. Never fails: what is invalid becomes U+FFFD. */
#ifndef EK_BASE_UTF_H
#define EK_BASE_UTF_H

#include "base/memory.h"

/* Appends UTF-16LE (`size` bytes, an odd last one is dropped) as UTF-8; unpaired surrogates become U+FFFD. */
void ek_utf16_append(ek_buf *out, const uint8_t *utf16, size_t size);
/* Appends 8-bit text: as it is where it is valid UTF-8; else as Windows-1252, unless `utf8` says that it should be
 * UTF-8: then each invalid sequence becomes U+FFFD. */
void ek_ansi_append(ek_buf *out, const uint8_t *text, size_t size, bool utf8);
/* Length in bytes of the valid UTF-8 at the start of text. */
size_t ek_utf8_valid(const uint8_t *text, size_t size);
/* Copies of such text in an arena, NUL-terminated; NULL where memory ran out. */
char *ek_utf16_copy(ek_arena *arena, const uint8_t *utf16, size_t size);
char *ek_ansi_copy(ek_arena *arena, const uint8_t *text, size_t size);
/* Bytes before the first 16-bit NUL, at most `size` rounded down to even. *terminated tells whether there was one. */
size_t ek_utf16_length(const uint8_t *utf16, size_t size, bool *terminated);
/* Appends UTF-8 as UTF-16LE, without terminator. */
void ek_utf8_to_utf16(ek_buf *out, const char *text, size_t length);

#endif
