/* SPDX-License-Identifier: MIT */
/* Regular expressions that take time linear in the text, whatever both are. Knows UTF-8, no locale. */
#ifndef EK_BASE_REGEX_H
#define EK_BASE_REGEX_H

#include "base/memory.h"

/*
 * Found anywhere in the text. What there is: characters, `.`, `[a-z]` and `[^a-z]`, `\d \w \s` and `\D \W \S` (ASCII),
 * `\t \n \r \xHH`, `\` before a sign, `( )`, `(?: )`, `|`, `* + ?`, `{m}`, `{m,}`, `{m,n}` (with a `?` behind: the
 * same), `^` and `$` (begin and end of the text). No references, no look-around.
 */
typedef struct ek_regex ek_regex;

/* NULL: it is none, or too large (EK_REGEX_MOST steps, EK_REGEX_DEPTH groups in groups), or memory ran out. */
ek_regex *ek_regex_new(const etwkit_allocator *allocator, const char *pattern, size_t length, bool ignore_case);
void ek_regex_free(ek_regex *regex, const etwkit_allocator *allocator);
bool ek_regex_matches(const ek_regex *regex, const uint8_t *text, size_t length);

#define EK_REGEX_MOST 2000
#define EK_REGEX_DEPTH 32

#endif
