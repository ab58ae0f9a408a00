/* SPDX-License-Identifier: MIT */
/* Where the bundled pack lies; bundled.S put it there. */
#include "schema/bundled.h"

#ifdef EK_HAS_BUNDLED_PACK
extern const unsigned char ek_bundled_pack_begin[], ek_bundled_pack_end[];

const void *ek_bundled_pack(size_t *size) {
    *size = (size_t)(ek_bundled_pack_end - ek_bundled_pack_begin);
    return ek_bundled_pack_begin;
}
#else
const void *ek_bundled_pack(size_t *size) {
    *size = 0;
    return NULL;
}
#endif
