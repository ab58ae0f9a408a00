/* SPDX-License-Identifier: MIT */
/* The table of packets under way. Windows 8.1 and later write a packet in one event, so it is empty as a rule. */
#include "sink/packet_assembly.h"

#include <string.h>

void ek_packet_assembly_init(ek_packet_assembly *assembly, const etwkit_allocator *allocator) {
    *assembly = (ek_packet_assembly){.allocator = *allocator};
}

void ek_packet_assembly_free(ek_packet_assembly *assembly) {
    for (size_t i = 0; assembly->open && i < EK_PACKETS_OPEN; i++)
        ek_buf_free(&assembly->open[i].data);
    ek_release(&assembly->allocator, assembly->open);
    assembly->open = NULL;
    assembly->used = 0;
}

static bool same_place(const ek_packet_place *a, const ek_packet_place *b) {
    return a->file == b->file && a->processor == b->processor && a->thread == b->thread && a->upper == b->upper &&
           a->lower == b->lower && a->source == b->source;
}

/* What the radio tells need not say that it is of the receive path. */
static struct ek_packet_open *find(const ek_packet_assembly *assembly, const ek_packet_place *place, bool begun) {
    for (size_t i = 0; assembly->used && i < EK_PACKETS_OPEN; i++) {
        struct ek_packet_open *at = &assembly->open[i];
        if (at->used && at->begun == begun && same_place(&at->place, place) &&
            (!begun || at->place.direction == place->direction))
            return at;
    }
    return NULL;
}

static void give_up(ek_packet_assembly *assembly, struct ek_packet_open *open) {
    assembly->incomplete += open->begun;
    open->used = false;
    assembly->used--;
}

/* A free entry, or that of the packet that has waited longest. NULL: memory ran out. */
static struct ek_packet_open *take(ek_packet_assembly *assembly, const ek_packet_place *place) {
    if (!assembly->open) {
        assembly->open = ek_new(&assembly->allocator, EK_PACKETS_OPEN * sizeof *assembly->open);
        if (!assembly->open)
            return NULL;
        for (size_t i = 0; i < EK_PACKETS_OPEN; i++)
            ek_buf_init(&assembly->open[i].data, &assembly->allocator);
    }
    struct ek_packet_open *oldest = &assembly->open[0];
    for (size_t i = 0; i < EK_PACKETS_OPEN && oldest->used; i++)
        if (!assembly->open[i].used || assembly->open[i].age < oldest->age)
            oldest = &assembly->open[i];
    if (oldest->used)
        give_up(assembly, oldest);
    ek_buf kept = oldest->data;
    kept.size = 0;
    kept.failed = false;
    *oldest = (struct ek_packet_open){.used = true, .place = *place, .age = ++assembly->age, .data = kept};
    assembly->used++;
    return oldest;
}

bool ek_packet_assembly_radio(ek_packet_assembly *assembly, const ek_packet_place *place,
                              const ek_packet_radio *radio) {
    struct ek_packet_open *open = find(assembly, place, false);
    if (!open)
        open = take(assembly, place);
    if (open)
        open->radio = *radio;
    return open != NULL;
}

/* What is open at a place where a packet begins: what the radio told of it, and one that will have no end. */
static void begin(ek_packet_assembly *assembly, const ek_packet_place *place, ek_packet_radio *radio) {
    if (!assembly->used)
        return;
    struct ek_packet_open *before = find(assembly, place, true), *told = find(assembly, place, false);
    if (before)
        give_up(assembly, before);
    if (told) {
        *radio = told->radio;
        give_up(assembly, told);
    }
}

static void keep(struct ek_packet_open *open, const ek_packet *packet) {
    size_t left = EK_PACKET_MOST - open->data.size;
    ek_buf_append(&open->data, packet->data, packet->size < left ? packet->size : left);
    open->size += packet->size;
    open->cut |= packet->cut;
}

static uint32_t to_u32(uint64_t size) {
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

ek_packet_state ek_packet_assembly_add(ek_packet_assembly *assembly, const ek_packet_place *place, ek_packet *packet) {
    struct ek_packet_open *open = NULL;
    ek_packet_radio radio = {.known = false};
    if (packet->starts)
        begin(assembly, place, &radio);
    if (packet->starts && packet->ends) {
        packet->radio = radio;
        packet->size = packet->size < EK_PACKET_MOST ? packet->size : EK_PACKET_MOST;
        return EK_PACKET_WHOLE;
    }
    open = packet->starts ? take(assembly, place) : find(assembly, place, true);
    if (!open) {
        assembly->incomplete += !packet->starts && packet->ends; /* once: where it ends */
        return packet->starts ? EK_PACKET_NO_MEMORY : EK_PACKET_WAITS;
    }
    if (packet->starts) {
        open->begun = true;
        open->link = packet->link;
        open->radio = radio;
    }
    keep(open, packet);
    bool failed = open->data.failed;
    if (failed || packet->ends) {
        open->begun = packet->ends && !failed ? false : open->begun; /* is complete, not given up */
        give_up(assembly, open);
    }
    if (failed)
        return EK_PACKET_NO_MEMORY;
    if (!packet->ends)
        return EK_PACKET_WAITS;
    packet->link = open->link;
    packet->radio = open->radio;
    packet->cut = open->cut;
    packet->data = open->data.data;
    packet->size = (uint32_t)open->data.size;
    packet->original = to_u32(open->size);
    return EK_PACKET_WHOLE;
}

uint64_t ek_packet_assembly_incomplete(const ek_packet_assembly *assembly) {
    uint64_t count = assembly->incomplete;
    for (size_t i = 0; assembly->open && i < EK_PACKETS_OPEN; i++)
        count += assembly->open[i].used && assembly->open[i].begun;
    return count;
}
