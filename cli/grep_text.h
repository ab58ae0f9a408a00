/* SPDX-License-Identifier: MIT */
/* A text that is looked for in texts, and in bytes that may hold it in UTF-8 or UTF-16. */
#ifndef ETWKIT_CLI_GREP_TEXT_H
#define ETWKIT_CLI_GREP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct grep_text {
    const char *text;
    size_t length;
    const char *run; /* its longest run of ASCII: what raw bytes hold whatever their encoding is */
    size_t run_length;
    bool ignore_case;        /* of ASCII letters */
    unsigned char fold[256]; /* each byte, in lower case where case does not count */
} grep_text;

void grep_text_init(grep_text *text, const char *wanted, bool ignore_case);
bool grep_text_in(const grep_text *text, const char *within, size_t length);
/* May the bytes hold it, in either encoding? Never false where a string in them does. */
bool grep_text_may_be_in(const grep_text *text, const uint8_t *bytes, size_t size);
/* Does it consist of these characters alone? */
bool grep_text_is_of(const grep_text *text, const char *characters);

#endif
