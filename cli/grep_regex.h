/* SPDX-License-Identifier: MIT */
/* Regular expressions of the C library, where it has some. grep_regex_posix.c, grep_regex_windows.c */
#ifndef ETWKIT_CLI_GREP_REGEX_H
#define ETWKIT_CLI_GREP_REGEX_H

#include <stdbool.h>
#include <stddef.h>

typedef struct grep_regex grep_regex;

bool grep_has_regex(void);
/* POSIX, extended. false, with a sentence in `why`: it is none. */
bool grep_regex_new(grep_regex **regex, const char *pattern, bool ignore_case, char *why, size_t capacity);
void grep_regex_free(grep_regex **regex);
/* `text` ends with a NUL. */
bool grep_regex_matches(const grep_regex *regex, const char *text);

#endif
