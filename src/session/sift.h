/* SPDX-License-Identifier: MIT */
/* Whole buffers of a ring: which of their events are kept, and those one behind the other. */
#ifndef EK_SESSION_SIFT_H
#define EK_SESSION_SIFT_H

#include "session/event_ids.h"
#include "session/gather.h"

/* Takes the marks of the events that are not wanted, of a buffer that ek_gather_whole() gave. How many those are. */
uint32_t ek_sift(ek_gather *gather, const ek_event_ids *ids, uint32_t index);
/* The events of a buffer that are marked, behind EK_RING_HEAD: in the buffer itself where nothing stands between them,
 * else copied into `scratch`. *filled: where they end; *count: how many they are. */
uint8_t *ek_sift_packed(ek_gather *gather, uint32_t index, uint8_t *scratch, uint32_t *filled, uint32_t *count);

#endif
