/* SPDX-License-Identifier: MIT */
/* GUIDs as they stand in traces, and their text. */
#ifndef ETWKIT_GUID_H
#define ETWKIT_GUID_H

#include <etwkit/status.h>

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 16 bytes in Windows' order: u32, u16, u16 little-endian, then 8 bytes. Byte-wise comparable. */
typedef struct etwkit_guid {
    uint8_t bytes[16];
} etwkit_guid;

/* Initialises one: 9e814aad-3204-11d2-9a82-006008a86939 is
 * ETWKIT_GUID_INIT(0x9e814aad, 0x3204, 0x11d2, 0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39). */
#define ETWKIT_GUID_INIT(a, b, c, d0, d1, d2, d3, d4, d5, d6, d7)                                                     \
    {                                                                                                                 \
        {                                                                                                             \
            0xFF & (a), 0xFF & (a) >> 8, 0xFF & (a) >> 16, 0xFF & (a) >> 24, 0xFF & (b), 0xFF & (b) >> 8, 0xFF & (c), \
                0xFF & (c) >> 8, d0, d1, d2, d3, d4, d5, d6, d7                                                       \
        }                                                                                                             \
    }

#define ETWKIT_GUID_TEXT 37 /* bytes of the text form with its NUL */

/* Lower case, no braces: "9e814aad-3204-11d2-9a82-006008a86939". */
ETWKIT_API void etwkit_guid_format(const etwkit_guid *guid, char text[ETWKIT_GUID_TEXT]);

/* Reads the text form, upper or lower case, with or without braces. ETWKIT_E_INVALID leaves *guid untouched. */
ETWKIT_API etwkit_status etwkit_guid_parse(etwkit_guid *guid, const char *text);

/*
 * The GUID that EventSource and TraceLogging derive from a provider's name (CONTRACT.md: SHA-1 of a namespace and the
 * upper-cased name in UTF-16BE). `name` is UTF-8; only ASCII letters and those of one-to-one case mapping are
 * upper-cased.
 */
ETWKIT_API void etwkit_guid_from_name(etwkit_guid *guid, const char *name);

ETWKIT_API bool etwkit_guid_equal(const etwkit_guid *a, const etwkit_guid *b);
ETWKIT_API bool etwkit_guid_is_zero(const etwkit_guid *guid);

#ifdef __cplusplus
}
#endif
#endif
