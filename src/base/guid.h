/* SPDX-License-Identifier: MIT */
/* GUIDs in static tables and fast comparison, inside the library. */
#ifndef EK_BASE_GUID_H
#define EK_BASE_GUID_H

#include "base/bytes.h"

#include <etwkit/guid.h>

/* EK_GUID(0x9e814aad, 0x3204, 0x11d2, 0x9a, 0x82, ...): a constant initialiser. */
#define EK_GUID(a, b, c, d, e, f, g, h, i, j, k)                                                               \
    {                                                                                                          \
        {                                                                                                      \
            (uint8_t)(a), (uint8_t)((a) >> 8), (uint8_t)((a) >> 16), (uint8_t)((a) >> 24), (uint8_t)(b),       \
                (uint8_t)((b) >> 8), (uint8_t)(c), (uint8_t)((c) >> 8), (d), (e), (f), (g), (h), (i), (j), (k) \
        }                                                                                                      \
    }

static inline bool ek_guid_equal(const etwkit_guid *a, const etwkit_guid *b) {
    return ek_load64(a->bytes) == ek_load64(b->bytes) && ek_load64(a->bytes + 8) == ek_load64(b->bytes + 8);
}
static inline bool ek_guid_is_zero(const etwkit_guid *guid) {
    return (ek_load64(guid->bytes) | ek_load64(guid->bytes + 8)) == 0;
}

#endif
