/* SPDX-License-Identifier: MIT */
/* Sorts indexes: in place, no recursion, never slow on hostile input. */
#ifndef EK_BASE_SORT_H
#define EK_BASE_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `before` must order all indexes, no two alike: then any sort is stable. */
void ek_sort_indexes(uint32_t *indexes, size_t count, bool (*before)(const void *context, uint32_t a, uint32_t b),
                     const void *context);

#endif
