/* SPDX-License-Identifier: MIT */
/* Writes metadata byte by byte for the tests of its readers, and hands it over in blocks of exactly its size. */
#ifndef EK_TEST_BLOB_H
#define EK_TEST_BLOB_H

#include <etwkit/record.h>

#include <stdlib.h>
#include <string.h>

typedef struct blob {
    uint8_t bytes[65536];
    size_t size;
} blob;

static inline void put_bytes(blob *b, const void *data, size_t size) {
    memcpy(b->bytes + b->size, data, size);
    b->size += size;
}
static inline void put8(blob *b, unsigned value) {
    b->bytes[b->size++] = (uint8_t)value;
}
static inline void put16(blob *b, unsigned value) {
    put8(b, value & 0xFF);
    put8(b, value >> 8);
}
static inline void put32(blob *b, uint32_t value) {
    put16(b, value & 0xFFFF);
    put16(b, value >> 16);
}
static inline void set16(blob *b, size_t at, unsigned value) {
    b->bytes[at] = (uint8_t)value;
    b->bytes[at + 1] = (uint8_t)(value >> 8);
}
static inline void set32(blob *b, size_t at, uint32_t value) {
    set16(b, at, value & 0xFFFF);
    set16(b, at + 2, value >> 16);
}
static inline void put_text(blob *b, const char *text) {
    put_bytes(b, text, strlen(text) + 1);
}
/* ASCII as UTF-16 with its NUL; returns where it begins. */
static inline uint32_t put_wide(blob *b, const char *text) {
    uint32_t at = (uint32_t)b->size;
    do
        put16(b, (uint8_t)*text);
    while (*text++);
    return at;
}

/* TraceLogging metadata: begin, fields, end. */
static inline void tl_begin(blob *b, const char *event) {
    b->size = 0;
    put16(b, 0);
    put8(b, 0); /* no tags */
    put_text(b, event);
}
static inline void tl_field(blob *b, const char *name, unsigned type, int out) {
    put_text(b, name);
    put8(b, out < 0 ? type : type | 0x80);
    if (out >= 0)
        put8(b, (unsigned)out);
}
static inline void tl_end(blob *b) {
    set16(b, 0, (unsigned)b->size);
}

/* TRACE_EVENT_INFO: begin, properties (their number is given first), then texts and who points to them. */
static inline void ei_begin(blob *b, const etwkit_guid *provider, unsigned id, unsigned version, unsigned properties,
                            unsigned top) {
    memset(b, 0, 0x70 + 24 * (size_t)properties);
    b->size = 0x70 + 24 * (size_t)properties;
    memcpy(b->bytes, provider, 16);
    set16(b, 0x20, id);
    b->bytes[0x22] = (uint8_t)version;
    set32(b, 0x64, properties);
    set32(b, 0x68, top);
}
static inline void ei_name(blob *b, size_t member, const char *text) {
    uint32_t at = put_wide(b, text);
    set32(b, member, at);
}
static inline void ei_property(blob *b, unsigned index, const char *name, uint32_t flags, unsigned in, unsigned out,
                               unsigned count, unsigned length) {
    size_t at = 0x70 + 24 * (size_t)index;
    set32(b, at, flags);
    ei_name(b, at + 4, name);
    set16(b, at + 8, in);
    set16(b, at + 10, out);
    set16(b, at + 16, count);
    set16(b, at + 18, length);
}

/* A copy in a block of its own, so that the sanitizers see every read behind its end. */
static inline uint8_t *exact(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

#endif
