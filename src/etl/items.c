/* SPDX-License-Identifier: MIT */
/* A record's extended items, looked up and read (docs/format/events.md). Knows records only, no buffers and no files.
 */
#include "etl/items.h"

#include "base/bytes.h"
#include "base/guid.h"

#include <string.h>

enum {
    ITEM_HEAD = 8,           /* u16 padded size, u16 type, u16 flags, u16 size */
    STACK_MATCH_ID = 8,      /* in front of a stack's addresses */
    INSTANCE_INFO_AT = 0x30, /* of an INSTANCE header: u32 id, u32 parent id, GUID of the parent's class */
    INSTANCE_INFO_SIZE = 24
};

/* What other kinds than EVENT carry in their headers, where Windows shows it as items too. */
static bool header_item(const etwkit_record *record, size_t index, ek_item *found) {
    if (record->header_kind == ETWKIT_HEADER_INSTANCE32 || record->header_kind == ETWKIT_HEADER_INSTANCE64) {
        if (index != 0 || record->data_size < INSTANCE_INFO_AT + INSTANCE_INFO_SIZE)
            return false;
        *found = (ek_item){ETWKIT_ITEM_INSTANCE_INFO, record->data + INSTANCE_INFO_AT, INSTANCE_INFO_SIZE};
        return true;
    }
    if (record->counters_size == 0)
        return false;
    /* Bit 15 of the stored version: the PEBS index comes first. */
    bool has_pebs = ek_load16(record->data) >> 15;
    const uint8_t *counters = record->data + record->counters_offset;
    size_t pebs_size = has_pebs ? 8 : 0, pmc_size = record->counters_size - pebs_size;
    if (has_pebs && index == 0) {
        *found = (ek_item){ETWKIT_ITEM_PEBS_INDEX, counters, pebs_size};
        return true;
    }
    if (pmc_size == 0 || index != has_pebs)
        return false;
    *found = (ek_item){ETWKIT_ITEM_PMC_COUNTERS, counters + pebs_size, pmc_size};
    return true;
}

/* The stored item at *at (from the items' begin), which moves behind it. Whoever made the record: nothing is trusted.
 */
static bool stored_item(const etwkit_record *record, uint32_t *at, ek_item *found) {
    uint32_t left = record->items_size - *at;
    if (left < ITEM_HEAD)
        return false;
    const uint8_t *data = record->data + record->items_offset + *at;
    uint16_t size = ek_load16(data + 6);
    uint32_t padded = ek_align8(ITEM_HEAD + (uint32_t)size);
    if (padded > left)
        return false;
    *found = (ek_item){ek_load16(data + 2), data + ITEM_HEAD, size};
    *at += padded;
    return true;
}

bool ek_items_next(ek_items *items, ek_item *item) {
    const etwkit_record *record = items->record;
    bool there = record->items_size ? stored_item(record, &items->at, item) : header_item(record, items->index, item);
    items->index++;
    return there;
}

static bool find_item(const etwkit_record *record, etwkit_item_type type, ek_item *found) {
    ek_items items = {record, 0, 0};
    while (ek_items_next(&items, found))
        if (found->type == type)
            return true;
    return false;
}

etwkit_status etwkit_record_item(const etwkit_record *record, etwkit_item_type type, const uint8_t **data,
                                 size_t *size) {
    ek_item found;
    if (!find_item(record, type, &found))
        return ETWKIT_ABSENT;
    *data = found.data;
    *size = found.size;
    return ETWKIT_OK;
}

etwkit_status etwkit_record_item_at(const etwkit_record *record, size_t index, uint16_t *type, const uint8_t **data,
                                    size_t *size) {
    ek_item found;
    ek_items items = {record, 0, 0};
    do {
        if (!ek_items_next(&items, &found))
            return ETWKIT_END;
    } while (items.index <= index);
    *type = found.type;
    *data = found.data;
    *size = found.size;
    return ETWKIT_OK;
}

void etwkit_record_copy(etwkit_record *copy, void *bytes, const etwkit_record *record) {
    *copy = *record;
    if (record->data_size)
        memcpy(bytes, record->data, record->data_size);
    copy->data = bytes;
    if (record->payload)
        copy->payload = copy->data + (record->payload - record->data);
}

etwkit_status etwkit_record_related_activity(const etwkit_record *record, etwkit_guid *id) {
    ek_item found;
    etwkit_guid related;
    if (!find_item(record, ETWKIT_ITEM_RELATED_ACTIVITY_ID, &found) || found.size < sizeof related)
        return ETWKIT_ABSENT;
    memcpy(&related, found.data, sizeof related);
    if (ek_guid_is_zero(&related))
        return ETWKIT_ABSENT;
    *id = related;
    return ETWKIT_OK;
}

/* Bytes of an address in a stack item, 0 for other items. */
static unsigned frame_size(const ek_item *found) {
    if (found->size < STACK_MATCH_ID)
        return 0;
    return found->type == ETWKIT_ITEM_STACK_TRACE64 ? 8 : found->type == ETWKIT_ITEM_STACK_TRACE32 ? 4 : 0;
}

etwkit_status etwkit_record_stack(const etwkit_record *record, uint64_t *frames, size_t capacity, size_t *count) {
    ek_item found;
    ek_items items = {record, 0, 0};
    size_t total = 0;
    bool there = false;
    while (ek_items_next(&items, &found)) {
        unsigned size = frame_size(&found);
        if (!size)
            continue;
        there = true;
        for (size_t i = STACK_MATCH_ID; i + size <= found.size; i += size, total++)
            if (total < capacity)
                frames[total] = ek_load_pointer(found.data + i, size);
    }
    if (!there)
        return ETWKIT_ABSENT;
    *count = total;
    return ETWKIT_OK;
}
