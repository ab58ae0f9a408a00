/* SPDX-License-Identifier: MIT */
/* Text of a trace on its way into a line: to UTF-8, with everything escaped that could end a string or command a
 * terminal. Knows no values and no formats. */
#ifndef EK_SINK_ESCAPE_H
#define EK_SINK_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What text of so many bytes may take at most, with scratch behind it: "\u0000" for one byte or one unit of UTF-16. */
#define EK_ESCAPE_ROOM(size) ((size_t)(size)*6 + 16)

/*
 * Quotation marks and control characters, also DEL and U+0080 to U+009F, are escaped as JSON has it, just as
 * ek_json_quote() does; the backslash only with `backslash`. What is invalid becomes U+FFFD. Each writes to `at`, where
 * there must be room, and returns the end.
 */
uint8_t *ek_escape_utf16(uint8_t *at, const uint8_t *utf16, size_t size, bool backslash);
/* UTF-8 where it is valid as a whole; else, unless it should be UTF-8, Windows-1252. */
uint8_t *ek_escape_ansi(uint8_t *at, const uint8_t *text, size_t size, bool utf8, bool backslash);

#endif
