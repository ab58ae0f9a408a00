/* SPDX-License-Identifier: MIT */
/* Regular expressions as POSIX has them. */
#include "cli.h"
#include "grep_regex.h"

#include <regex.h>
#include <stdlib.h>

struct grep_regex {
    regex_t compiled;
};

bool grep_has_regex(void) {
    return true;
}

bool grep_regex_new(grep_regex **regex, const char *pattern, bool ignore_case, char *why, size_t capacity) {
    *regex = cli_resize(NULL, 1, sizeof **regex);
    int status = regcomp(&(*regex)->compiled, pattern, REG_EXTENDED | REG_NOSUB | (ignore_case ? REG_ICASE : 0));
    if (status == 0)
        return true;
    (void)regerror(status, &(*regex)->compiled, why, capacity);
    free(*regex);
    *regex = NULL;
    return false;
}

void grep_regex_free(grep_regex **regex) {
    if (!*regex)
        return;
    regfree(&(*regex)->compiled);
    free(*regex);
    *regex = NULL;
}

bool grep_regex_matches(const grep_regex *regex, const char *text) {
    return regexec(&regex->compiled, text, 0, NULL, 0) == 0;
}
