/* SPDX-License-Identifier: MIT */
/* Random providers, as packs: what the mutator of the fuzz target begins with. */
#ifndef EK_FUZZ_PACK_MODEL_H
#define EK_FUZZ_PACK_MODEL_H

#include <stddef.h>
#include <stdint.h>

/* Writes a pack and returns its size; 0: it would be larger. */
size_t fuzz_make_pack(uint8_t *pack, size_t capacity, uint32_t *dice);

#endif
