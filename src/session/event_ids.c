/* SPDX-License-Identifier: MIT */
/* Sets of event ids, one for each provider that a session wants not all events of. */
#include "session/event_ids.h"

#include "base/guid.h"

enum {
    PROVIDER_AT = 0x18, /* in an EVENT header */
    ID_AT = 0x28
};

void ek_id_bits_fill(uint8_t *bits, const uint16_t *ids, size_t count, bool exclude) {
    memset(bits, exclude ? 0xFF : 0, EK_ID_BITS_SIZE);
    for (size_t i = 0; i < count; i++) {
        uint8_t *byte = &bits[ids[i] / 8], bit = (uint8_t)(1u << ids[i] % 8);
        *byte = (uint8_t)(exclude ? *byte & ~bit : *byte | bit);
    }
}

void ek_event_ids_free(ek_event_ids *ids, const etwkit_allocator *allocator) {
    for (size_t i = 0; i < ids->count; i++)
        ek_release(allocator, ids->sets[i].wanted);
    ek_release(allocator, ids->sets);
    *ids = (ek_event_ids){NULL, 0, 0};
}

static ek_event_id_set *find(const ek_event_ids *ids, const etwkit_guid *provider) {
    for (size_t i = 0; i < ids->count; i++)
        if (ek_guid_equal(&ids->sets[i].provider, provider))
            return &ids->sets[i];
    return NULL;
}

static void forget(ek_event_ids *ids, const etwkit_allocator *allocator, ek_event_id_set *set) {
    ek_release(allocator, set->wanted);
    *set = ids->sets[--ids->count];
}

/* Room for a provider's set, its bits not set yet; NULL: memory ran out, and nothing has changed. */
static ek_event_id_set *make(ek_event_ids *ids, const etwkit_allocator *allocator, const etwkit_guid *provider) {
    void *sets = ids->sets;
    if (!ek_grow(allocator, &sets, &ids->capacity, ids->count + 1, sizeof *ids->sets))
        return NULL;
    ids->sets = sets;
    uint8_t *wanted = ek_alloc(allocator, EK_ID_BITS_SIZE);
    if (!wanted)
        return NULL;
    ek_event_id_set *set = &ids->sets[ids->count++];
    *set = (ek_event_id_set){*provider, wanted};
    return set;
}

bool ek_event_ids_set(ek_event_ids *ids, const etwkit_allocator *allocator, const etwkit_guid *provider,
                      const uint16_t *wanted, size_t count, bool exclude) {
    ek_event_id_set *set = find(ids, provider);
    if (count == 0) {
        if (set)
            forget(ids, allocator, set);
        return true;
    }
    if (!set)
        set = make(ids, allocator, provider);
    if (!set)
        return false;
    ek_id_bits_fill(set->wanted, wanted, count, exclude);
    return true;
}

bool ek_event_ids_copy(ek_event_ids *to, const ek_event_ids *from, const etwkit_allocator *allocator) {
    *to = (ek_event_ids){NULL, 0, 0};
    for (size_t i = 0; i < from->count; i++) {
        const ek_event_id_set *set = make(to, allocator, &from->sets[i].provider);
        if (!set) {
            ek_event_ids_free(to, allocator);
            return false;
        }
        memcpy(set->wanted, from->sets[i].wanted, EK_ID_BITS_SIZE);
    }
    return true;
}

bool ek_event_ids_want(const ek_event_ids *ids, const uint8_t *event) {
    if (ids->count == 0)
        return true;
    etwkit_guid provider;
    memcpy(&provider, event + PROVIDER_AT, sizeof provider);
    const ek_event_id_set *set = find(ids, &provider);
    return !set || ek_id_bits_have(set->wanted, ek_load16(event + ID_AT));
}
