/* SPDX-License-Identifier: MIT */
/* Sets of event ids, one for each provider that a session wants not all events of. */
#include "session/event_ids.h"

#include "base/guid.h"

enum {
    PROVIDER_AT = 0x18,
    ID_AT = 0x28
}; /* in an EVENT header */

void ek_event_ids_free(ek_event_ids *ids, const etwkit_allocator *allocator) {
    for (size_t i = 0; i < ids->count; i++)
        ek_release(allocator, ids->sets[i].ids);
    ek_release(allocator, ids->sets);
    *ids = (ek_event_ids){NULL, 0, 0};
}

static ek_event_id_set *find(const ek_event_ids *ids, const etwkit_guid *provider) {
    for (size_t i = 0; i < ids->count; i++)
        if (ek_guid_equal(&ids->sets[i].provider, provider))
            return &ids->sets[i];
    return NULL;
}

static void sort(uint16_t *ids, size_t count) {
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && ids[k - 1] > ids[k]; k--) {
            uint16_t later = ids[k];
            ids[k] = ids[k - 1];
            ids[k - 1] = later;
        }
}

bool ek_event_ids_set(ek_event_ids *ids, const etwkit_allocator *allocator, const etwkit_guid *provider,
                      const uint16_t *wanted, size_t count, bool exclude) {
    ek_event_id_set *set = find(ids, provider);
    if (count == 0) {
        if (set) {
            ek_release(allocator, set->ids);
            *set = ids->sets[--ids->count];
        }
        return true;
    }
    uint16_t *copy = ek_alloc(allocator, count * sizeof *copy);
    if (!copy)
        return false;
    if (!set && !ek_grow(allocator, (void **)&ids->sets, &ids->capacity, ids->count + 1, sizeof *ids->sets)) {
        ek_release(allocator, copy);
        return false;
    }
    memcpy(copy, wanted, count * sizeof *copy);
    sort(copy, count);
    if (set)
        ek_release(allocator, set->ids);
    else
        set = &ids->sets[ids->count++];
    *set = (ek_event_id_set){*provider, copy, count, exclude};
    return true;
}

static bool has(const ek_event_id_set *set, uint16_t id) {
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->count && set->ids[low] == id;
}

bool ek_event_ids_want(const ek_event_ids *ids, const uint8_t *event) {
    if (ids->count == 0)
        return true;
    etwkit_guid provider;
    memcpy(&provider, event + PROVIDER_AT, sizeof provider);
    const ek_event_id_set *set = find(ids, &provider);
    return !set || has(set, ek_load16(event + ID_AT)) != set->exclude;
}
