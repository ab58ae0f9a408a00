/* SPDX-License-Identifier: MIT */
/* GUIDs: text, comparison, and the GUID that belongs to a provider's name. */
#include "base/guid.h"

#include "base/sha1.h"

/* Where the text's digit pairs, left to right, stand in the 16 bytes. */
static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool dash_before(size_t pair) {
    return pair == 4 || pair == 6 || pair == 8 || pair == 10;
}

void etwkit_guid_format(const etwkit_guid *guid, char text[ETWKIT_GUID_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; i++) {
        uint8_t byte = guid->bytes[order[i]];
        if (dash_before(i))
            *text++ = '-';
        *text++ = digits[byte >> 4];
        *text++ = digits[byte & 15];
    }
    *text = 0;
}

static int digit(char character) {
    if (character >= '0' && character <= '9')
        return character - '0';
    character |= 0x20;
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

etwkit_status etwkit_guid_parse(etwkit_guid *guid, const char *text) {
    etwkit_guid result = {{0}};
    bool braces = *text == '{';
    text += braces;
    for (size_t i = 0; i < 16; i++) {
        if (dash_before(i) && *text++ != '-')
            return ETWKIT_E_INVALID;
        int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
        if (low < 0)
            return ETWKIT_E_INVALID;
        result.bytes[order[i]] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    if (braces && *text++ != '}')
        return ETWKIT_E_INVALID;
    if (*text)
        return ETWKIT_E_INVALID;
    *guid = result;
    return ETWKIT_OK;
}

bool etwkit_guid_equal(const etwkit_guid *a, const etwkit_guid *b) {
    return ek_guid_equal(a, b);
}

bool etwkit_guid_is_zero(const etwkit_guid *guid) {
    return ek_guid_is_zero(guid);
}

/* Upper case where the letter has one of the same length: ASCII, Latin-1, Greek and Cyrillic basic letters. */
static uint32_t upper(uint32_t code) {
    if (code >= 'a' && code <= 'z')
        return code - 32;
    if (code >= 0xE0 && code <= 0xFE && code != 0xF7)
        return code - 32;
    if (code == 0xFF)
        return 0x178;
    if (code >= 0x3B1 && code <= 0x3C9 && code != 0x3C2)
        return code - 32;
    if (code >= 0x430 && code <= 0x44F)
        return code - 32;
    if (code >= 0x450 && code <= 0x45F)
        return code - 80;
    return code;
}

static void hash_unit(ek_sha1 *hash, uint32_t unit) {
    uint8_t bytes[2] = {(uint8_t)(unit >> 8), (uint8_t)unit};
    ek_sha1_update(hash, bytes, 2);
}

/* One code point of UTF-8; a byte that is none counts as itself. */
static uint32_t next_code(const uint8_t **at) {
    const uint8_t *byte = *at;
    size_t more = byte[0] >= 0xF0 ? 3 : byte[0] >= 0xE0 ? 2 : byte[0] >= 0xC0 ? 1 : 0;
    uint32_t code = more == 3 ? byte[0] & 7u : more == 2 ? byte[0] & 15u : more == 1 ? byte[0] & 31u : byte[0];
    for (size_t i = 1; i <= more; i++) {
        if ((byte[i] & 0xC0) != 0x80) {
            (*at)++;
            return byte[0];
        }
        code = code << 6 | (byte[i] & 0x3Fu);
    }
    *at += more + 1;
    return code;
}

void etwkit_guid_from_name(etwkit_guid *guid, const char *name) {
    static const uint8_t space[16] = {0x48, 0x2C, 0x2D, 0xB2, 0xC3, 0x90, 0x47, 0xC8,
                                      0x87, 0xF8, 0x1A, 0x15, 0xBF, 0xC1, 0x30, 0xFB};
    ek_sha1 hash;
    ek_sha1_begin(&hash);
    ek_sha1_update(&hash, space, sizeof space);
    for (const uint8_t *at = (const uint8_t *)name; *at;) {
        uint32_t code = upper(next_code(&at));
        if (code >= 0x10000) {
            hash_unit(&hash, 0xD800 + ((code - 0x10000) >> 10));
            code = 0xDC00 + ((code - 0x10000) & 0x3FF);
        }
        hash_unit(&hash, code);
    }
    uint8_t digest[EK_SHA1_SIZE];
    ek_sha1_end(&hash, digest);
    memcpy(guid->bytes, digest, sizeof guid->bytes);
    guid->bytes[7] = (uint8_t)((guid->bytes[7] & 0x0F) | 0x50);
}
