/* SPDX-License-Identifier: MIT */
/* Makes text of unknown origin fit for a terminal or for JSON: valid UTF-8 that commands nothing. */
#include "cli.h"

#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* Reads one character of UTF-8 and returns its bytes; invalid ones give U+FFFD, one byte at a time. */
static size_t read_character(const unsigned char *at, size_t left, uint32_t *character) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = *at < 0x80 ? 1 : *at < 0xC2 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : *at < 0xF5 ? 4 : 0;
    *character = 0xFFFD;
    if (size == 0 || size > left)
        return 1;
    uint32_t value = size == 1 ? *at : *at & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (at[i] & 0x3Fu);
    }
    if (value < least[size] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 1;
    *character = value;
    return size;
}

/* Controls of one byte or two, and those that turn the reading direction and so can hide what a text says. */
static bool is_control(uint32_t character) {
    return character < 0x20 || (character >= 0x7F && character < 0xA0);
}
static bool is_reordering(uint32_t character) {
    return (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069) ||
           character == 0x200E || character == 0x200F || character == 0x061C || character == 0x2028 ||
           character == 0x2029;
}

static size_t put(char *out, const char *text, size_t length) {
    memcpy(out, text, length);
    return length;
}

static size_t put_hex(char *out, const char *prefix, uint32_t value, unsigned digits) {
    size_t length = put(out, prefix, 2);
    while (digits--)
        out[length++] = "0123456789abcdef"[value >> (4 * digits) & 15];
    return length;
}

size_t cli_printable(char *out, const char *text, size_t length) {
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    size_t used = 0;
    while (at < end) {
        uint32_t character = 0;
        size_t size = read_character(at, (size_t)(end - at), &character);
        if (is_control(character))
            used += put_hex(out + used, "\\x", character, 2);
        else if (is_reordering(character))
            used += put_hex(out + used, "\\u", character, 4);
        else if (character == 0xFFFD)
            used += put(out + used, replacement, 3);
        else
            used += put(out + used, (const char *)at, size);
        at += size;
    }
    return used;
}

size_t cli_json_text(char *out, const char *text, size_t length) {
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    size_t used = 0;
    while (at < end) {
        uint32_t character = 0;
        size_t size = read_character(at, (size_t)(end - at), &character);
        if (is_control(character))
            used += put_hex(out + used, "\\u", character, 4);
        else if (character == '"' || character == '\\')
            used += put(out + used, character == '"' ? "\\\"" : "\\\\", 2);
        else if (character == 0xFFFD)
            used += put(out + used, replacement, 3);
        else
            used += put(out + used, (const char *)at, size);
        at += size;
    }
    return used;
}

size_t cli_columns(const char *text) {
    size_t columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xC0) != 0x80;
    return columns;
}

const char *cli_grouped(char text[CLI_GROUPED], uint64_t number) {
    char *at = text + CLI_GROUPED - 1;
    *at = 0;
    for (unsigned digits = 0; number || digits == 0; number /= 10) {
        if (digits && digits % 3 == 0)
            *--at = ',';
        *--at = (char)('0' + number % 10);
        digits++;
    }
    return at;
}
