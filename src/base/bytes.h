/* SPDX-License-Identifier: MIT */
/* Little-endian loads and stores at any address. Knows nothing of bounds: see cursor.h. */
#ifndef EK_BASE_BYTES_H
#define EK_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "etwkit has not been made for big-endian machines yet"
#endif

static inline uint16_t ek_load16(const void *at) {
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}
static inline uint32_t ek_load32(const void *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}
static inline uint64_t ek_load64(const void *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}
static inline int64_t ek_load_i64(const void *at) {
    int64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}
static inline uint16_t ek_load16_be(const void *at) {
    const uint8_t *byte = at;
    return (uint16_t)(byte[0] << 8 | byte[1]);
}
static inline uint64_t ek_load_pointer(const void *at, unsigned pointer_size) {
    return pointer_size == 8 ? ek_load64(at) : ek_load32(at);
}
static inline void ek_store16(void *at, uint16_t value) {
    memcpy(at, &value, sizeof value);
}
static inline void ek_store32(void *at, uint32_t value) {
    memcpy(at, &value, sizeof value);
}
static inline void ek_store64(void *at, uint64_t value) {
    memcpy(at, &value, sizeof value);
}
static inline uint32_t ek_align8(uint32_t size) {
    return (size + 7u) & ~7u;
}

#endif
