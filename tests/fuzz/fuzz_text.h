/* SPDX-License-Identifier: MIT */
/* What text must be that etwkit wrote: whole UTF-8, nothing in it that commands a terminal, and valid JSON. */
#ifndef EK_FUZZ_TEXT_H
#define EK_FUZZ_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Shortest forms only, no surrogates. */
bool fuzz_is_utf8(const char *text, size_t size);
/* Lines that end with a line feed; no control character but that (and, with `color`, ESC [ digits m). */
bool fuzz_is_plain_text(const char *text, size_t size, bool color);
/* JSON objects (RFC 8259), one a line, and how many. */
bool fuzz_is_jsonl(const char *text, size_t size, size_t *lines);

#endif
