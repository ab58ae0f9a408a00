/* SPDX-License-Identifier: MIT */
/* Windows' C library has no regular expressions. */
#include "cli.h"
#include "grep_regex.h"

bool grep_has_regex(void) {
    return false;
}

bool grep_regex_new(grep_regex **regex, const char *pattern, bool ignore_case, char *why, size_t capacity) {
    (void)pattern;
    (void)ignore_case;
    *regex = NULL;
    cli_format(why, capacity, "there are none on this system");
    return false;
}

void grep_regex_free(grep_regex **regex) {
    *regex = NULL;
}

bool grep_regex_matches(const grep_regex *regex, const char *text) {
    (void)regex;
    (void)text;
    return false;
}
