/* SPDX-License-Identifier: MIT */
/* Where events go on behind a damaged one. Knows event headers by their first look, nothing of files. */
#include "base/bytes.h"
#include "etl/etl_inside.h"
#include "etl/event.h"

#define NO_EVENT UINT32_MAX /* the first word of unused bytes */

/* Stricter than ek_event_look(): the marks as they are really written, and nothing that any number could be. */
static bool is_plausible(const uint8_t *data, size_t left, ek_event_head *head) {
    return left >= 8 && (data[3] == 0xC0 || data[3] == 0x90) && !ek_event_look(head, data, left);
}

static size_t slot(uint32_t position) {
    return (position - EK_BUFFER_HEADER_SIZE) / 8;
}

/* From the end backwards, so that each place needs one look: what follows it is known already. */
uint8_t *ek_chain_new(const etwkit_allocator *allocator, const uint8_t *buffer, uint32_t limit) {
    size_t slots = slot(ek_align8(limit));
    uint8_t *chain = ek_new(allocator, slots);
    if (!chain)
        return NULL;
    for (size_t i = slots; i-- > 0;) {
        uint32_t at = EK_BUFFER_HEADER_SIZE + (uint32_t)i * 8;
        ek_event_head head;
        if (!is_plausible(buffer + at, limit - at, &head))
            continue;
        uint32_t next = at + ek_align8(head.size);
        uint8_t follow = EK_CHAIN_END;
        if (next < limit && !(limit - next >= 4 && ek_load32(buffer + next) == NO_EVENT))
            follow = chain[slot(next)];
        chain[i] = follow >= EK_CHAIN_END - 1 ? follow : (uint8_t)(follow + 1);
    }
    return chain;
}

uint32_t ek_chain_find(const uint8_t *chain, uint32_t from, uint32_t to, uint32_t least) {
    for (uint32_t at = from; at < to; at += 8)
        if (chain[slot(at)] >= least)
            return at;
    return 0;
}
