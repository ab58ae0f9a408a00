/* SPDX-License-Identifier: MIT */
/* Text of a trace on its way into a line: to UTF-8, with everything escaped that could end a string or command a
 * terminal. The one rule of what is escaped, for all formats. Knows no values. */
#ifndef EK_BASE_ESCAPE_H
#define EK_BASE_ESCAPE_H

#include "base/memory.h"

/* What text of so many bytes may take at most, with scratch behind it: "\u0000" for one byte or one unit of UTF-16. */
#define EK_ESCAPE_ROOM(size) ((size_t)(size)*6 + 16)

/* Control characters, also DEL and U+0080 to U+009F, are escaped as JSON has it in all of them. */
typedef enum ek_escape {
    EK_ESCAPE_JSON, /* quotation mark and backslash: \" \\ */
    EK_ESCAPE_TEXT, /* quotation mark: \"; paths stay readable; what turns the reading direction: \u202e */
    EK_ESCAPE_CSV   /* quotation mark: doubled, as RFC 4180 has it */
} ek_escape;

/* What is invalid becomes U+FFFD. Each writes to `at`, where there must be room, and returns the end. */
uint8_t *ek_escape_utf16(uint8_t *at, const uint8_t *utf16, size_t size, ek_escape how);
/* UTF-8 where it is valid as a whole; else, unless it should be UTF-8, Windows-1252. */
uint8_t *ek_escape_ansi(uint8_t *at, const uint8_t *text, size_t size, bool utf8, ek_escape how);

/* Appends UTF-8 as a JSON string with its quotes: always valid JSON and UTF-8. */
void ek_json_quote(ek_buf *out, const char *text, size_t size);

#endif
