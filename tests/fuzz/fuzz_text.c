/* SPDX-License-Identifier: MIT */
/* Checks of UTF-8, plain text and JSON, as strict as their standards. Shares no code with what it checks. */
#include "fuzz_text.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the character at `at`, 0: it is none. */
static size_t character(const uint8_t *at, size_t left, uint32_t *code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xC0 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : at[0] < 0xF8 ? 4 : 0;
    if (size == 0 || size > left)
        return 0;
    uint32_t value = size == 1 ? at[0] : at[0] & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (at[i] & 0x3Fu);
    }
    if (value < least[size] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    *code = value;
    return size;
}

bool fuzz_is_utf8(const char *text, size_t size) {
    uint32_t code;
    for (size_t at = 0, more; at < size; at += more)
        if (!(more = character((const uint8_t *)text + at, size - at, &code)))
            return false;
    return true;
}

/* Bytes of an ANSI colour, 0: it is none. */
static size_t color_size(const char *text, size_t left) {
    size_t at = 2;
    if (left < 3 || text[0] != 0x1B || text[1] != '[')
        return 0;
    while (at < left && text[at] >= '0' && text[at] <= '9')
        at++;
    return at < left && text[at] == 'm' ? at + 1 : 0;
}

bool fuzz_is_plain_text(const char *text, size_t size, bool color) {
    uint32_t code;
    for (size_t at = 0, more; at < size; at += more) {
        if (!(more = character((const uint8_t *)text + at, size - at, &code)))
            return false;
        if (code == 0x1B && color && !(more = color_size(text + at, size - at)))
            return false;
        if ((code < 0x20 && code != '\n' && !(code == 0x1B && color)) || (code >= 0x7F && code < 0xA0))
            return false;
    }
    return size == 0 || text[size - 1] == '\n';
}

/* A parser without recursion: what is open stands in a row of bits, 1 for an object. */
#define DEPTH 64

typedef struct json {
    const char *at;
    const char *end;
    uint64_t open;
    unsigned depth;
} json;

static bool next_is(json *j, char wanted) {
    if (j->at == j->end || *j->at != wanted)
        return false;
    j->at++;
    return true;
}

static bool word(json *j, const char *text) {
    size_t size = strlen(text);
    if ((size_t)(j->end - j->at) < size || memcmp(j->at, text, size) != 0)
        return false;
    j->at += size;
    return true;
}

static bool digits(json *j) {
    const char *from = j->at;
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
        j->at++;
    return j->at > from;
}

static bool number(json *j) {
    (void)next_is(j, '-');
    if (!next_is(j, '0') && !digits(j))
        return false;
    if (next_is(j, '.') && !digits(j))
        return false;
    if (next_is(j, 'e') || next_is(j, 'E')) {
        if (!next_is(j, '+'))
            (void)next_is(j, '-');
        return digits(j);
    }
    return true;
}

static bool escape(json *j) {
    if (j->at == j->end)
        return false;
    char kind = *j->at++;
    if (kind != 'u')
        return kind != 0 && strchr("\"\\/bfnrt", kind) != NULL;
    for (int i = 0; i < 4; i++, j->at++)
        if (j->at == j->end || *j->at == 0 || !strchr("0123456789abcdefABCDEF", *j->at))
            return false;
    return true;
}

static bool string(json *j) {
    if (!next_is(j, '"'))
        return false;
    while (!next_is(j, '"')) {
        uint32_t code;
        if (j->at == j->end)
            return false;
        size_t size = character((const uint8_t *)j->at, (size_t)(j->end - j->at), &code);
        if (!size || code < 0x20 || (code >= 0x7F && code < 0xA0))
            return false;
        j->at += size;
        if (code == '\\' && !escape(j))
            return false;
    }
    return true;
}

static bool key(json *j) {
    return string(j) && next_is(j, ':');
}

/* A scalar, or the beginning of a container; *opened says which. */
static bool begin_value(json *j, bool *opened) {
    bool object = j->at < j->end && *j->at == '{';
    *opened = false;
    if (j->at == j->end)
        return false;
    switch (*j->at) {
    case '{':
    case '[':
        if (j->depth == DEPTH)
            return false;
        j->at++;
        j->open = j->open << 1 | object;
        j->depth++;
        *opened = true;
        return true;
    case '"': return string(j);
    case 't': return word(j, "true");
    case 'f': return word(j, "false");
    case 'n': return word(j, "null");
    default: return number(j);
    }
}

static bool closes(json *j) {
    return j->depth && next_is(j, j->open & 1 ? '}' : ']');
}

static void leave(json *j) {
    j->open >>= 1;
    j->depth--;
}

/* Steps out of everything that ends here, then to the next value. false: what comes is neither. */
static bool end_value(json *j) {
    while (closes(j))
        leave(j);
    if (j->depth == 0)
        return true;
    return next_is(j, ',') && (!(j->open & 1) || key(j));
}

static bool object(json *j) {
    bool opened = false;
    if (j->at == j->end || *j->at != '{')
        return false;
    do {
        if (!begin_value(j, &opened))
            return false;
        if (opened) { /* of an empty one the end comes next, else a first member or element */
            char close = j->open & 1 ? '}' : ']';
            if (j->at == j->end || *j->at != close) {
                if ((j->open & 1) && !key(j))
                    return false;
                continue;
            }
        }
        if (!end_value(j))
            return false;
    } while (j->depth);
    return true;
}

bool fuzz_is_jsonl(const char *text, size_t size, size_t *lines) {
    json j = {text, text + size, 0, 0};
    *lines = 0;
    while (j.at < j.end) {
        if (!object(&j) || !next_is(&j, '\n'))
            return false;
        ++*lines;
    }
    return true;
}
