/* SPDX-License-Identifier: MIT */
/* The interfaces of a pcapng file: which number stands for which place of a capture, and what such a place is called.
 */
#ifndef EK_SINK_PCAPNG_INTERFACES_H
#define EK_SINK_PCAPNG_INTERFACES_H

#include "base/hash.h"
#include "sink/packet_event.h"

#define EK_INTERFACES_MOST 4096u /* places of one output that are told apart, and names that are kept */
#define EK_INTERFACE_NAME 255u   /* UTF-16 units of a name */

/* Everything that makes two places different. No gaps: compared and hashed as bytes. */
typedef struct ek_interface_key {
    uint32_t file, source, link, upper, lower;
} ek_interface_key;

/* One of them. A number is the place of its description among all, so it gets one when it is described. */
typedef struct ek_pcapng_interface {
    ek_interface_key key;
    uint32_t number; /* EK_NOT_DESCRIBED: none yet */
    bool shared;     /* stands for all beyond EK_INTERFACES_MOST, of one link type */
} ek_pcapng_interface;

#define EK_NOT_DESCRIBED UINT32_MAX

typedef struct ek_pcapng_interfaces {
    etwkit_allocator allocator;
    ek_arena arena;
    ek_table numbers, names;
    uint64_t seed;
    uint32_t described; /* numbers given */
} ek_pcapng_interfaces;

void ek_pcapng_interfaces_init(ek_pcapng_interfaces *interfaces, const etwkit_allocator *allocator);
void ek_pcapng_interfaces_free(ek_pcapng_interfaces *interfaces);

/* That of a packet's place. NULL: memory ran out. */
ek_pcapng_interface *ek_pcapng_interface_of(ek_pcapng_interfaces *interfaces, uint32_t file, const ek_packet *packet);
/* Keeps what an EK_PACKET_NAME says, the first word on a place. false: memory ran out. */
bool ek_pcapng_interface_learn(ek_pcapng_interfaces *interfaces, uint32_t file, const ek_packet *packet);
/* What a place is called, UTF-8; NULL: nobody said. */
const char *ek_pcapng_interface_name(const ek_pcapng_interfaces *interfaces, uint32_t file, const ek_packet *packet);

/* Appends a text of a trace as UTF-8, cut where it is too long for a name. */
void ek_packet_text_append(ek_buf *out, ek_packet_text text);

#endif
