/* SPDX-License-Identifier: MIT */
/* Encodings and repairs of manifests. Knows characters, no elements. */
#include "schema/manifest_text.h"

#include "base/utf.h"

#include <string.h>

enum {
    DECLARATION = 256, /* bytes in which the encoding is looked for */
    LOOK_BACK = 65536  /* bytes before a fault in which its cause is looked for */
};

static bool is_declared_other(const uint8_t *text, size_t size) {
    char head[DECLARATION + 1];
    size_t length = size < DECLARATION ? size : DECLARATION;
    memcpy(head, text, length);
    head[length] = 0;
    char *end = strstr(head, "?>");
    if (strncmp(head, "<?xml", 5) != 0 || !end)
        return false;
    *end = 0;
    const char *value = strstr(head, "encoding");
    if (!value || !(value = strpbrk(value, "\"'")))
        return false;
    return strncmp(value + 1, "UTF-8", 5) != 0 && strncmp(value + 1, "utf-8", 5) != 0;
}

static void decode_big_endian(ek_buf *out, const uint8_t *text, size_t size) {
    ek_buf swapped;
    ek_buf_init(&swapped, &out->allocator);
    uint8_t *to = ek_buf_reserve(&swapped, size);
    for (size_t i = 0; to && i + 1 < size; i += 2) {
        to[i] = text[i + 1];
        to[i + 1] = text[i];
    }
    if (to)
        ek_utf16_append(out, to, size);
    else
        out->failed = true;
    ek_buf_free(&swapped);
}

void ek_manifest_decode(ek_buf *out, const void *data, size_t size) {
    const uint8_t *text = data;
    unsigned first = size >= 2 ? ek_load16(text) : 0;
    if (first == 0xFEFF) /* a byte order mark, or "<" without one */
        ek_utf16_append(out, text + 2, size - 2);
    else if (first == '<')
        ek_utf16_append(out, text, size);
    else if (first == 0xFFFE)
        decode_big_endian(out, text + 2, size - 2);
    else if (first == '<' << 8)
        decode_big_endian(out, text, size);
    else if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        ek_buf_append(out, text + 3, size - 3);
    else if (is_declared_other(text, size))
        ek_ansi_append(out, text, size, false);
    else
        ek_buf_append(out, text, size);
}

static bool is_allowed(uint8_t byte) {
    return byte >= ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

size_t ek_manifest_clean(uint8_t *text, size_t size) {
    size_t count = 0;
    for (size_t at = 0; at < size; at++) {
        for (size_t end = at + ek_utf8_valid(text + at, size - at); at < end; at++) {
            bool none = at + 2 < end && text[at] == 0xEF && text[at + 1] == 0xBF && text[at + 2] >= 0xBE;
            if (is_allowed(text[at]) && !none)
                continue;
            memset(text + at, '?', none ? 3 : 1); /* U+FFFE and U+FFFF are no characters */
            count++;
        }
        if (at < size) {
            text[at] = '?';
            count++;
        }
    }
    return count;
}

/* Does an entity begin here that XML knows, as "&quot;" or "&#34;"? Then its ampersand is right. */
static bool is_entity(const uint8_t *text, size_t left) {
    static const char known[][8] = {"&#", "&quot;", "&apos;", "&amp;", "&lt;", "&gt;"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (left >= strlen(known[i]) && memcmp(text, known[i], strlen(known[i])) == 0)
            return true;
    return false;
}

static const char *entity_of(uint8_t byte) {
    static const char bare[] = "\"'<&", entities[][8] = {"&quot;", "&apos;", "&lt;", "&amp;"};
    return entities[strchr(bare, byte) - bare];
}

/* The place of the fault behind `at`: a parser stops behind a quotation mark or ampersand that it took for real. */
static bool find_cause(const ek_buf *text, size_t *at) {
    const uint8_t *bytes = text->data;
    size_t least = *at > LOOK_BACK ? *at - LOOK_BACK : 0;
    if (bytes[*at] == '<')
        return true; /* before this one, where it may not stand */
    for (size_t i = *at; i > least && bytes[i - 1] != '<'; i--)
        if (bytes[i - 1] && strchr("\"'&", bytes[i - 1]) && !is_entity(bytes + i - 1, text->size - i + 1)) {
            *at = i - 1;
            return true;
        }
    return false;
}

/* The same where a reference is wrong: it stands there, or further on in the same element. */
static bool find_reference(const ek_buf *text, size_t *at) {
    if (text->data[*at] == '&')
        return true;
    for (size_t i = *at; i < text->size && text->data[i] != '>'; i++)
        if (text->data[i] == '&' && !is_entity(text->data + i, text->size - i)) {
            *at = i;
            return true;
        }
    return false;
}

bool ek_manifest_mend(ek_buf *text, size_t at, bool reference) {
    if (at >= text->size || !(reference ? find_reference(text, &at) : find_cause(text, &at)))
        return false;
    const char *entity = entity_of(text->data[at]);
    size_t more = strlen(entity) - 1;
    if (!ek_buf_reserve(text, more))
        return false;
    uint8_t *place = text->data + at;
    memmove(place + 1 + more, place + 1, text->size - at - 1);
    memcpy(place, entity, more + 1);
    text->size += more;
    return true;
}
