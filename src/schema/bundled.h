/* SPDX-License-Identifier: MIT */
/* The bundled pack (data/pack/): part of the library's read-only data. */
#ifndef EK_SCHEMA_BUNDLED_H
#define EK_SCHEMA_BUNDLED_H

#include <stddef.h>

/* NULL where it was built without one. */
const void *ek_bundled_pack(size_t *size);

#endif
