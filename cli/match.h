/* SPDX-License-Identifier: MIT */
/* Names against what a user typed: patterns, parts, and what was probably meant. Knows text alone. */
#ifndef ETWKIT_CLI_MATCH_H
#define ETWKIT_CLI_MATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Without case (of ASCII letters). Does the name equal `text`? */
bool match_same(const char *text, const char *name);
/* With `*` or `?` in it `pattern` is about the whole name, without it is looked for within. */
bool match_name(const char *pattern, const char *name);
bool match_is_pattern(const char *pattern);
/* Edits that make `text` part of the name: 0 where it is one. SIZE_MAX where it is too long to compare. */
size_t match_distance(const char *text, const char *name);

#endif
