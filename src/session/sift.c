/* SPDX-License-Identifier: MIT */
/* Whole buffers of a ring, sifted and packed. Goes by the marks; of events it knows their size. */
#include "session/sift.h"

#include "base/bytes.h"

uint32_t ek_sift(ek_gather *gather, const ek_event_ids *ids, uint32_t index) {
    ek_taken *taken = &gather->taken[index];
    const ek_ring_buffer *buffer = &gather->ring->buffers[index];
    uint32_t filtered = 0;
    for (uint32_t at = EK_RING_HEAD; ids->count && at < taken->end; at += 8) {
        if (!ek_ring_is_committed(buffer, at) || ek_event_ids_want(ids, buffer->bytes + at))
            continue;
        ek_store(&buffer->marks[at / 8], 0);
        filtered++;
    }
    taken->count -= filtered;
    taken->read -= filtered;
    taken->has_gaps |= filtered > 0;
    return filtered;
}

static uint32_t copy_marked(const ek_ring_buffer *buffer, uint32_t end, uint8_t *to, uint32_t *count) {
    uint32_t filled = EK_RING_HEAD;
    for (uint32_t at = EK_RING_HEAD; at < end;) {
        if (!ek_ring_is_committed(buffer, at)) {
            at += 8;
            continue;
        }
        uint32_t size = ek_align8(ek_load16(buffer->bytes + at));
        memcpy(to + filled, buffer->bytes + at, size);
        filled += size;
        at += size;
        ++*count;
    }
    return filled;
}

uint8_t *ek_sift_packed(ek_gather *gather, uint32_t index, uint8_t *scratch, uint32_t *filled, uint32_t *count) {
    const ek_taken *taken = &gather->taken[index];
    const ek_ring_buffer *buffer = &gather->ring->buffers[index];
    *filled = taken->end;
    *count = taken->read;
    if (!taken->has_gaps)
        return buffer->bytes;
    *count = 0;
    *filled = copy_marked(buffer, taken->end, scratch, count);
    return scratch;
}
