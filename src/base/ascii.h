/* SPDX-License-Identifier: MIT */
/* Letters and digits of ASCII, whatever the locale. */
#ifndef EK_BASE_ASCII_H
#define EK_BASE_ASCII_H

#include <stdbool.h>

static inline char ek_ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool ek_ascii_is_digit(char c) {
    return c >= '0' && c <= '9';
}

#endif
