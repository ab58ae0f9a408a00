/* SPDX-License-Identifier: MIT */
/* Names against what a user typed. */
#include "match.h"

#include <stdint.h>
#include <string.h>

enum {
    LONGEST = 63 /* bytes of a text whose distance is found */
};

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool match_same(const char *text, const char *name) {
    for (; *text && lower(*text) == lower(*name); text++, name++)
        ;
    return !*text && !*name;
}

static size_t character_size(const char *at) {
    size_t size = 1;
    while (((unsigned char)at[size] & 0xC0) == 0x80)
        size++;
    return size;
}

/* The whole name; where it fails behind a `*`, this one takes one character more. */
static bool match_whole(const char *pattern, const char *name) {
    const char *star = NULL, *resume = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = name;
        } else if (*pattern == '?') {
            pattern++;
            name += character_size(name);
        } else if (lower(*pattern) == lower(*name)) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static bool begins(const char *text, const char *name) {
    for (; *text && lower(*text) == lower(*name); text++, name++)
        ;
    return !*text;
}

bool match_is_pattern(const char *pattern) {
    return strpbrk(pattern, "*?") != NULL;
}

bool match_name(const char *pattern, const char *name) {
    if (match_is_pattern(pattern))
        return match_whole(pattern, name);
    bool found = begins(pattern, name);
    for (; !found && *name; name++)
        found = begins(pattern, name + 1);
    return found;
}

/* Sellers' algorithm: the text may begin and end anywhere in the name. */
size_t match_distance(const char *text, const char *name) {
    size_t length = strlen(text), column[LONGEST + 1];
    if (length > LONGEST)
        return SIZE_MAX;
    for (size_t i = 0; i <= length; i++)
        column[i] = i;
    size_t least = column[length];
    for (; *name; name++) {
        size_t diagonal = column[0];
        for (size_t i = 1; i <= length; i++) {
            size_t best = diagonal + (lower(text[i - 1]) != lower(*name));
            diagonal = column[i];
            if (column[i] + 1 < best)
                best = column[i] + 1;
            if (column[i - 1] + 1 < best)
                best = column[i - 1] + 1;
            column[i] = best;
        }
        if (column[length] < least)
            least = column[length];
    }
    return least;
}
