/* SPDX-License-Identifier: MIT */
/* Looks for a text. Knows encodings, no events. */
#include "grep_text.h"

#include <string.h>

void grep_text_init(grep_text *text, const char *wanted, bool ignore_case) {
    *text = (grep_text){.text = wanted, .length = strlen(wanted), .run = wanted, .ignore_case = ignore_case};
    for (unsigned i = 0; i < 256; i++)
        text->fold[i] = (unsigned char)(ignore_case && i >= 'A' && i <= 'Z' ? i - 'A' + 'a' : i);
    for (const char *at = wanted; *at;) {
        size_t run = 0;
        while (at[run] && !((unsigned char)at[run] & 0x80))
            run++;
        if (run > text->run_length) {
            text->run = at;
            text->run_length = run;
        }
        at += run;
        while ((unsigned char)*at & 0x80)
            at++;
    }
}

static bool is_same(const grep_text *text, const uint8_t *at, size_t step, const char *wanted, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text->fold[at[i * step]] != text->fold[(unsigned char)wanted[i]])
            return false;
    return true;
}

/* The next byte that `wanted` may begin with, or the end. */
static const uint8_t *next_begin(const grep_text *text, const uint8_t *at, const uint8_t *end, unsigned char wanted) {
    if (!text->ignore_case || text->fold[wanted ^ 0x20] != text->fold[wanted]) {
        const uint8_t *found = at < end ? memchr(at, wanted, (size_t)(end - at)) : NULL;
        return found ? found : end;
    }
    while (at < end && text->fold[*at] != text->fold[wanted])
        at++;
    return at;
}

bool grep_text_in(const grep_text *text, const char *within, size_t length) {
    const uint8_t *at = (const uint8_t *)within, *end = at + length;
    if (text->length == 0)
        return true;
    while ((at = next_begin(text, at, end, (unsigned char)text->text[0])) < end) {
        if ((size_t)(end - at) < text->length)
            return false;
        if (is_same(text, at, 1, text->text, text->length))
            return true;
        at++;
    }
    return false;
}

/* In UTF-16 a NUL stands behind each character. */
static bool is_wide(const uint8_t *at, size_t length) {
    for (size_t i = 0; i + 1 < length; i++)
        if (at[i * 2 + 1])
            return false;
    return true;
}

bool grep_text_may_be_in(const grep_text *text, const uint8_t *bytes, size_t size) {
    const uint8_t *at = bytes, *end = bytes + size;
    size_t length = text->run_length;
    if (length == 0)
        return true;
    while (size && (at = next_begin(text, at, end, (unsigned char)text->run[0])) < end) {
        size_t left = (size_t)(end - at);
        if (left < length)
            return false;
        if (is_same(text, at, 1, text->run, length))
            return true;
        if (left >= length * 2 - 1 && is_wide(at, length) && is_same(text, at, 2, text->run, length))
            return true;
        at++;
    }
    return false;
}

bool grep_text_is_of(const grep_text *text, const char *characters) {
    return strspn(text->text, characters) == text->length;
}
