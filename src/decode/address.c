/* SPDX-License-Identifier: MIT */
/* GUIDs, SIDs and network addresses as text. Knows no fields and no output format. */
#include "decode/address.h"

#include "decode/number.h"

enum {
    FAMILY_IPV4 = 2,
    FAMILY_IPV6 = 23
}; /* Windows' numbers */

uint8_t *ek_write_guid(uint8_t *at, const uint8_t *guid) {
    uint64_t middle = ek_hex_digits((uint32_t)ek_load16(guid + 4) << 16 | ek_load16(guid + 6), EK_LOWER);
    uint64_t last = ek_hex_digits(__builtin_bswap32(ek_load32(guid + 8)), EK_LOWER);
    ek_write_hex8(at, ek_load32(guid));
    at[8] = at[13] = at[18] = at[23] = '-';
    ek_store32(at + 9, (uint32_t)middle);
    ek_store32(at + 14, (uint32_t)(middle >> 32));
    ek_store32(at + 19, (uint32_t)last);
    ek_store32(at + 24, (uint32_t)(last >> 32));
    return ek_write_hex8(at + 28, __builtin_bswap32(ek_load32(guid + 12)));
}

uint8_t *ek_write_sid(uint8_t *at, const uint8_t *sid) {
    uint64_t authority =
        (uint64_t)ek_load16_be(sid + 2) << 32 | (uint32_t)ek_load16_be(sid + 4) << 16 | ek_load16_be(sid + 6);
    at = EK_PUT(at, "S-");
    at = ek_write_u64(at, sid[0]);
    *at++ = '-';
    if (authority >> 32) { /* the rule of Windows: 12 hex digits */
        uint8_t digits[16];
        ek_write_hex8(digits, (uint32_t)(authority >> 32));
        ek_write_hex8(digits + 8, (uint32_t)authority);
        at = EK_PUT(at, "0x");
        memcpy(at, digits + 4, 12);
        at += 12;
    } else
        at = ek_write_u64(at, authority);
    for (unsigned i = 0; i < sid[1]; i++) {
        *at++ = '-';
        at = ek_write_u64(at, ek_load32(sid + 8 + (size_t)i * 4));
    }
    return at;
}

uint8_t *ek_write_ipv4(uint8_t *at, const uint8_t *address) {
    for (unsigned i = 0; i < 4; i++) {
        at = ek_write_u64(at, address[i]);
        *at++ = '.';
    }
    return at - 1;
}

/* The longest run of at least two zero groups, the first of equals; none: length 0. */
static unsigned longest_zeros(const uint8_t *address, unsigned groups, unsigned *length) {
    unsigned best = 0, from = 0;
    *length = 0;
    for (unsigned i = 0; i <= groups; i++) {
        if (i < groups && ek_load16(address + (size_t)i * 2) == 0)
            continue;
        if (i - from > 1 && i - from > *length) {
            best = from;
            *length = i - from;
        }
        from = i + 1;
    }
    return best;
}

uint8_t *ek_write_ipv6(uint8_t *at, const uint8_t *address) {
    bool mapped = ek_load64(address) == 0 && ek_load32(address + 8) == 0xFFFF0000u; /* ::ffff:1.2.3.4 */
    unsigned groups = mapped ? 6 : 8, zeros;
    unsigned gap = longest_zeros(address, groups, &zeros);
    for (unsigned i = 0; i < groups; i++) {
        if (zeros && i == gap) {
            *at++ = ':';
            if (i == 0)
                *at++ = ':';
            i += zeros - 1;
            continue;
        }
        uint8_t text[EK_INTEGER_ROOM], *end = ek_write_hex(text, ek_load16_be(address + (size_t)i * 2));
        size_t digits = (size_t)(end - text) - 2;
        memcpy(at, text + 2, 4);
        at += digits;
        if (i + 1 < groups || mapped)
            *at++ = ':';
    }
    return mapped ? ek_write_ipv4(at, address + 12) : at;
}

bool ek_socket_is_known(const uint8_t *data, size_t size) {
    if (size < 8)
        return false;
    uint16_t family = ek_load16(data);
    return family == FAMILY_IPV4 || (family == FAMILY_IPV6 && size >= 24);
}

uint8_t *ek_write_socket(uint8_t *at, const uint8_t *socket) {
    if (ek_load16(socket) == FAMILY_IPV6) {
        *at++ = '[';
        at = ek_write_ipv6(at, socket + 8);
        *at++ = ']';
    } else
        at = ek_write_ipv4(at, socket + 4);
    *at++ = ':';
    return ek_write_u64(at, ek_load16_be(socket + 2));
}
