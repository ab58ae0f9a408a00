/* SPDX-License-Identifier: MIT */
/* SHA-1 (FIPS 180-4), for provider GUIDs only: not for anything that needs security. */
#ifndef EK_BASE_SHA1_H
#define EK_BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define EK_SHA1_SIZE 20

typedef struct ek_sha1 {
    uint32_t state[5];
    uint64_t size;
    uint8_t block[64];
} ek_sha1;

void ek_sha1_begin(ek_sha1 *hash);
void ek_sha1_update(ek_sha1 *hash, const void *data, size_t size);
void ek_sha1_end(ek_sha1 *hash, uint8_t digest[EK_SHA1_SIZE]);

#endif
