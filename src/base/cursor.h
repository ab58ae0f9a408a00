/* SPDX-License-Identifier: MIT */
/* A bounded reader with a sticky error: read on, and check once at the end of a section. */
#ifndef EK_BASE_CURSOR_H
#define EK_BASE_CURSOR_H

#include "base/bytes.h"

#include <etwkit/guid.h>

#include <stdbool.h>
#include <stddef.h>

typedef struct ek_cursor {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    bool failed; /* something past the end was asked for; every later read gives zeros */
} ek_cursor;

static inline ek_cursor ek_cursor_of(const void *data, size_t size) {
    return (ek_cursor){data, data, (const uint8_t *)data + size, false};
}
static inline size_t ek_cursor_left(const ek_cursor *cursor) {
    return (size_t)(cursor->end - cursor->at);
}
static inline size_t ek_cursor_position(const ek_cursor *cursor) {
    return (size_t)(cursor->at - cursor->start);
}
/* The next `size` bytes, or NULL. */
static inline const uint8_t *ek_cursor_take(ek_cursor *cursor, size_t size) {
    if (cursor->failed || ek_cursor_left(cursor) < size) {
        cursor->failed = true;
        return NULL;
    }
    const uint8_t *taken = cursor->at;
    cursor->at += size;
    return taken;
}
static inline bool ek_cursor_skip(ek_cursor *cursor, size_t size) {
    return ek_cursor_take(cursor, size) != NULL;
}
static inline uint8_t ek_cursor_u8(ek_cursor *cursor) {
    const uint8_t *at = ek_cursor_take(cursor, 1);
    return at ? *at : 0;
}
static inline uint16_t ek_cursor_u16(ek_cursor *cursor) {
    const uint8_t *at = ek_cursor_take(cursor, 2);
    return at ? ek_load16(at) : 0;
}
static inline uint32_t ek_cursor_u32(ek_cursor *cursor) {
    const uint8_t *at = ek_cursor_take(cursor, 4);
    return at ? ek_load32(at) : 0;
}
static inline uint64_t ek_cursor_u64(ek_cursor *cursor) {
    const uint8_t *at = ek_cursor_take(cursor, 8);
    return at ? ek_load64(at) : 0;
}
static inline etwkit_guid ek_cursor_guid(ek_cursor *cursor) {
    etwkit_guid guid = {{0}};
    const uint8_t *at = ek_cursor_take(cursor, sizeof guid);
    if (at)
        memcpy(&guid, at, sizeof guid);
    return guid;
}
/* 8-bit text up to its NUL, which is consumed: its length through *length; NULL where no NUL comes. */
static inline const char *ek_cursor_text(ek_cursor *cursor, size_t *length) {
    const uint8_t *nul = cursor->failed ? NULL : memchr(cursor->at, 0, ek_cursor_left(cursor));
    if (!nul) {
        cursor->failed = true;
        *length = 0;
        return NULL;
    }
    const char *text = (const char *)cursor->at;
    *length = (size_t)(nul - cursor->at);
    cursor->at = nul + 1;
    return text;
}

#endif
