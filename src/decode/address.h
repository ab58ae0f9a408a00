/* SPDX-License-Identifier: MIT */
/* GUIDs, SIDs and network addresses as text, written straight to memory. Knows no fields and no output format. */
#ifndef EK_DECODE_ADDRESS_H
#define EK_DECODE_ADDRESS_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>

#define EK_SID_MOST 15  /* sub-authorities */
#define EK_SID_ROOM 192 /* bytes that the longest SID's text needs; any other text here is shorter */

/* Bytes of the SID at data, of which `left` are there; 0 where it is none or not whole. */
static inline size_t ek_sid_size(const uint8_t *data, size_t left) {
    if (left < 8 || data[1] > EK_SID_MOST)
        return 0;
    size_t size = 8 + 4 * (size_t)data[1];
    return size <= left ? size : 0;
}

/* A SOCKADDR of IPv4 or IPv6, whole? */
bool ek_socket_is_known(const uint8_t *data, size_t size);

uint8_t *ek_write_guid(uint8_t *at, const uint8_t *guid);
uint8_t *ek_write_sid(uint8_t *at, const uint8_t *sid);       /* "S-1-5-18" */
uint8_t *ek_write_ipv4(uint8_t *at, const uint8_t *address);  /* 4 bytes in network order */
uint8_t *ek_write_ipv6(uint8_t *at, const uint8_t *address);  /* as RFC 5952 asks */
uint8_t *ek_write_socket(uint8_t *at, const uint8_t *socket); /* "1.2.3.4:80", "[::1]:80"; must be a known one */

#endif
