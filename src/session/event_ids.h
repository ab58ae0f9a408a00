/* SPDX-License-Identifier: MIT */
/* Which event ids a session wants of a provider. Asked by the drain, not by writers. */
#ifndef EK_SESSION_EVENT_IDS_H
#define EK_SESSION_EVENT_IDS_H

#include "base/memory.h"

#include <etwkit/guid.h>

enum {
    EK_ID_BITS_SIZE = 65536 / 8 /* of a bit for each id */
};

/* The bits of those that are wanted: only `ids`, or all but them. */
void ek_id_bits_fill(uint8_t *bits, const uint16_t *ids, size_t count, bool exclude);
static inline bool ek_id_bits_have(const uint8_t *bits, uint16_t id) {
    return (bits[id / 8] >> id % 8 & 1) != 0;
}

/* Of one provider. */
typedef struct ek_event_id_set {
    etwkit_guid provider;
    uint8_t *wanted; /* EK_ID_BITS_SIZE */
} ek_event_id_set;

typedef struct ek_event_ids {
    ek_event_id_set *sets;
    size_t count, capacity;
} ek_event_ids;

void ek_event_ids_free(ek_event_ids *ids, const etwkit_allocator *allocator);
/* Sets what is wanted of a provider; count 0: everything. false: memory ran out. */
bool ek_event_ids_set(ek_event_ids *ids, const etwkit_allocator *allocator, const etwkit_guid *provider,
                      const uint16_t *wanted, size_t count, bool exclude);
/* *to is new. false: memory ran out, and it is empty. */
bool ek_event_ids_copy(ek_event_ids *to, const ek_event_ids *from, const etwkit_allocator *allocator);
/* `event`: an EVENT header. */
bool ek_event_ids_want(const ek_event_ids *ids, const uint8_t *event);

#endif
