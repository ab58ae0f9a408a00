/* SPDX-License-Identifier: MIT */
/* MS-XCA plain LZ77, the compression of trace buffers: both directions. Knows no buffers. */
#ifndef EK_ETL_INFLATE_H
#define EK_ETL_INFLATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Inflates at most `capacity` bytes; returns how many came out: fewer than `capacity` where the stream is damaged or
 * ends (what came out before the fault is good). Never reads or writes outside its arguments.
 */
size_t ek_inflate(const uint8_t *stream, size_t size, uint8_t *out, size_t capacity);

/* Compresses; returns the size of the stream, or 0 where it would need more than `capacity`. `table` is scratch of
 * EK_DEFLATE_TABLE entries. */
#define EK_DEFLATE_TABLE 4096
size_t ek_deflate(const uint8_t *data, size_t size, uint8_t *stream, size_t capacity, uint32_t *table);

#endif
