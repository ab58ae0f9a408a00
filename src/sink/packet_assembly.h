/* SPDX-License-Identifier: MIT */
/* Fragments put together: packets that were captured in several events, many of them under way at once. */
#ifndef EK_SINK_PACKET_ASSEMBLY_H
#define EK_SINK_PACKET_ASSEMBLY_H

#include "base/memory.h"
#include "sink/packet_event.h"

#define EK_PACKET_MOST 262144u /* bytes of a packet that are kept: readers refuse more */
#define EK_PACKETS_OPEN 64u    /* packets under way: one for each processor and interface in practice */

/* Fragments of one packet come from one place, one after another. */
typedef struct ek_packet_place {
    uint32_t file, processor, thread, upper, lower;
    uint8_t source, direction;
} ek_packet_place;

struct ek_packet_open {
    bool used;
    bool begun; /* else: only what the radio told of the packet to come */
    ek_packet_place place;
    uint64_t age;
    uint64_t size; /* with what is not kept */
    uint16_t link;
    bool cut;
    ek_packet_radio radio;
    ek_buf data;
};

typedef struct ek_packet_assembly {
    etwkit_allocator allocator;
    struct ek_packet_open *open; /* EK_PACKETS_OPEN of them; NULL until one is needed */
    size_t used;
    uint64_t age;
    uint64_t incomplete; /* packets without a beginning or an end */
} ek_packet_assembly;

void ek_packet_assembly_init(ek_packet_assembly *assembly, const etwkit_allocator *allocator);
void ek_packet_assembly_free(ek_packet_assembly *assembly);

typedef enum ek_packet_state {
    EK_PACKET_WAITS, /* for more of it; or it will never be complete */
    EK_PACKET_WHOLE,
    EK_PACKET_NO_MEMORY
} ek_packet_state;

/* Takes a fragment. EK_PACKET_WHOLE: *packet is now the whole packet, its data valid until the next call. */
ek_packet_state ek_packet_assembly_add(ek_packet_assembly *assembly, const ek_packet_place *place, ek_packet *packet);
/* What the radio tells of the next packet that begins at a place. false: memory ran out. */
bool ek_packet_assembly_radio(ek_packet_assembly *assembly, const ek_packet_place *place, const ek_packet_radio *radio);
/* Packets that were not written because a part of them is not there, those still under way included. */
uint64_t ek_packet_assembly_incomplete(const ek_packet_assembly *assembly);

#endif
