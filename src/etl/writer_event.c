/* SPDX-License-Identifier: MIT */
/* A record as the bytes of an event, of any kind of header (FORMATS 2, 3). Knows no buffers and no files. */
#include "base/guid.h"
#include "etl/group.h"
#include "etl/writer.h"

enum {
    MARK = 0xC0, /* fourth byte of every event but messages */
    MESSAGE_MARK = 0x90,
    HAS_ITEMS = 0x0001, /* in the flags of an EVENT header */
    ITEM_HEAD = 8,
    MORE_ITEMS = 0x0001, /* in an item's third word */
    /* Which optional parts a message has, in this order. */
    MESSAGE_GUID = 0x02,
    MESSAGE_TIME = 0x08,
    MESSAGE_IDS = 0x20,
    MESSAGE_POINTER32 = 0x40,
    MESSAGE_POINTER64 = 0x80,
    GROUP_PROCESS = 0x03,
    GROUP_IMAGE = 0x14,
    OPCODE_LOAD = 10
};

/* Flags of a record that belong to the event itself; the others say what a reader knows anyway. */
#define STORED_FLAGS (ETWKIT_FLAG_PRIVATE_SESSION | ETWKIT_FLAG_STRING_ONLY | ETWKIT_FLAG_NO_CPUTIME)

typedef enum header_family {
    FAMILY_SYSTEM,
    FAMILY_COMPACT,
    FAMILY_PERFINFO,
    FAMILY_FULL,
    FAMILY_INSTANCE,
    FAMILY_EVENT,
    FAMILY_MESSAGE,
    FAMILY_NONE
} header_family;

static header_family family_of(uint8_t kind) {
    switch ((etwkit_header_kind)kind) {
    case ETWKIT_HEADER_SYSTEM32:
    case ETWKIT_HEADER_SYSTEM64: return FAMILY_SYSTEM;
    case ETWKIT_HEADER_COMPACT32:
    case ETWKIT_HEADER_COMPACT64: return FAMILY_COMPACT;
    case ETWKIT_HEADER_PERFINFO32:
    case ETWKIT_HEADER_PERFINFO64: return FAMILY_PERFINFO;
    case ETWKIT_HEADER_FULL32:
    case ETWKIT_HEADER_FULL64: return FAMILY_FULL;
    case ETWKIT_HEADER_INSTANCE32:
    case ETWKIT_HEADER_INSTANCE64: return FAMILY_INSTANCE;
    case ETWKIT_HEADER_EVENT32:
    case ETWKIT_HEADER_EVENT64: return FAMILY_EVENT;
    case ETWKIT_HEADER_MESSAGE: return FAMILY_MESSAGE;
    case ETWKIT_HEADER_TIMED:
    case ETWKIT_HEADER_ERROR:
    case ETWKIT_HEADER_WNODE: break;
    }
    return FAMILY_NONE;
}

static bool has_ids(const etwkit_record *record) {
    return record->process_id != ETWKIT_NO_ID || record->thread_id != ETWKIT_NO_ID;
}

static size_t header_size(const etwkit_record *record, header_family family) {
    switch (family) {
    case FAMILY_SYSTEM: return 0x20;
    case FAMILY_COMPACT: return 0x18;
    case FAMILY_PERFINFO: return 0x10;
    case FAMILY_FULL: return 0x30;
    case FAMILY_INSTANCE: return 0x48;
    case FAMILY_EVENT: return 0x50;
    case FAMILY_MESSAGE: return has_ids(record) ? 0x28u : 0x20u;
    case FAMILY_NONE: break;
    }
    return 0;
}

/* What a record says and its header could not: nothing is dropped silently. */
static const char *lost_in(const etwkit_record *record, header_family family) {
    bool kernel = family <= FAMILY_PERFINFO;
    bool has_times = family == FAMILY_SYSTEM || family >= FAMILY_FULL;
    if (family == FAMILY_EVENT)
        return NULL;
    if (family != FAMILY_MESSAGE && record->event_id != 0)
        return "a header of this kind has no event id";
    if (record->channel != 0 || record->task != 0 || record->keywords != 0)
        return "a header of this kind has no channel, task or keywords";
    if (!ek_guid_is_zero(&record->activity_id))
        return "a header of this kind has no activity id";
    if ((kernel || family == FAMILY_MESSAGE) && record->level != 0)
        return "a header of this kind has no level";
    if (family == FAMILY_MESSAGE && (record->opcode != 0 || record->version != 0))
        return "a message has no opcode and no version";
    if ((!has_times || family == FAMILY_MESSAGE) && (record->kernel_time != 0 || record->user_time != 0))
        return "a header of this kind has no kernel and user time";
    if (family == FAMILY_PERFINFO && has_ids(record))
        return "a PERFINFO header has no process and thread id: set both to ETWKIT_NO_ID";
    if (kernel && ek_group_of(&record->provider_id) < 0)
        return "the provider is no class of the kernel's: use a FULL header";
    if (kernel && ek_group_of(&record->provider_id) == GROUP_PROCESS && record->opcode == OPCODE_LOAD)
        return "opcode 10 of the process class would be read as an image's load: use the image class";
    return NULL;
}

static const char *check_items(const etwkit_item *items, size_t count, header_family family) {
    if (family == FAMILY_INSTANCE)
        return count == 1 && items[0].type == ETWKIT_ITEM_INSTANCE_INFO && items[0].size == 24
                   ? NULL
                   : "an INSTANCE header wants exactly one item, ETWKIT_ITEM_INSTANCE_INFO of 24 bytes";
    return count == 0 || family == FAMILY_EVENT ? NULL : "only EVENT headers have extended items";
}

const char *ek_event_measure(const etwkit_record *record, const etwkit_item *items, size_t item_count, size_t *size) {
    header_family family = family_of(record->header_kind);
    *size = 0;
    if (family == FAMILY_NONE)
        return "no event can be made with a header of this kind";
    const char *phrase = lost_in(record, family);
    if (!phrase)
        phrase = check_items(items, item_count, family);
    if (phrase)
        return phrase;
    if (record->counters_size != 0)
        return "performance counters are only written by etwkit_writer_raw()";
    size_t total =
        header_size(record, family) + (record->payload_size > EK_EVENT_MAX ? EK_EVENT_MAX : record->payload_size);
    if (family == FAMILY_EVENT)
        for (size_t i = 0; i < item_count && total <= EK_EVENT_MAX; i++)
            total += ek_align8(ITEM_HEAD + (uint32_t)items[i].size);
    *size = total;
    return NULL;
}

/* The kernel tells an image's load under the group of processes, where the reader finds it again. */
static uint8_t group_byte(const etwkit_record *record) {
    int group = ek_group_of(&record->provider_id);
    return group == GROUP_IMAGE && record->opcode == OPCODE_LOAD ? GROUP_PROCESS : (uint8_t)group;
}

static void write_kernel(uint8_t *event, const etwkit_record *record, header_family family, size_t size) {
    ek_store16(event, record->version);
    event[2] = record->header_kind;
    event[3] = MARK;
    ek_store16(event + 4, (uint16_t)size);
    event[6] = record->opcode;
    event[7] = group_byte(record);
    if (family == FAMILY_PERFINFO) {
        ek_store64(event + 8, (uint64_t)record->raw_timestamp);
        return;
    }
    ek_store32(event + 8, record->thread_id);
    ek_store32(event + 0x0C, record->process_id);
    ek_store64(event + 0x10, (uint64_t)record->raw_timestamp);
    if (family == FAMILY_SYSTEM) {
        ek_store32(event + 0x18, record->kernel_time);
        ek_store32(event + 0x1C, record->user_time);
    }
}

/* The first half of FULL, INSTANCE and EVENT headers. */
static void write_common(uint8_t *event, const etwkit_record *record, size_t size) {
    ek_store16(event, (uint16_t)size);
    event[2] = record->header_kind;
    event[3] = MARK;
    ek_store32(event + 8, record->thread_id);
    ek_store32(event + 0x0C, record->process_id);
    ek_store64(event + 0x10, (uint64_t)record->raw_timestamp);
    memcpy(event + 0x18, &record->provider_id, sizeof record->provider_id);
}

static void write_full(uint8_t *event, const etwkit_record *record, const etwkit_item *instance, size_t size) {
    write_common(event, record, size);
    event[4] = record->opcode;
    event[5] = record->level;
    ek_store16(event + 6, record->version);
    ek_store32(event + 0x28, record->kernel_time);
    ek_store32(event + 0x2C, record->user_time);
    if (instance)
        memcpy(event + 0x30, instance->data, instance->size);
}

static void write_event(uint8_t *event, const etwkit_record *record, size_t item_count, size_t size) {
    write_common(event, record, size);
    ek_store16(event + 4, (uint16_t)((record->flags & STORED_FLAGS) | (item_count ? HAS_ITEMS : 0)));
    ek_store16(event + 6, record->event_property);
    ek_store16(event + 0x28, record->event_id);
    event[0x2A] = record->version;
    event[0x2B] = record->channel;
    event[0x2C] = record->level;
    event[0x2D] = record->opcode;
    ek_store16(event + 0x2E, record->task);
    ek_store64(event + 0x30, record->keywords);
    ek_store32(event + 0x38, record->kernel_time);
    ek_store32(event + 0x3C, record->user_time);
    memcpy(event + 0x40, &record->activity_id, sizeof record->activity_id);
}

static uint8_t *write_items(uint8_t *at, const etwkit_item *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t padded = ek_align8(ITEM_HEAD + (uint32_t)items[i].size);
        memset(at, 0, padded);
        ek_store16(at, (uint16_t)padded);
        ek_store16(at + 2, items[i].type);
        ek_store16(at + 4, i + 1 < count ? MORE_ITEMS : 0);
        ek_store16(at + 6, items[i].size);
        if (items[i].size)
            memcpy(at + ITEM_HEAD, items[i].data, items[i].size);
        at += padded;
    }
    return at;
}

static void write_message(uint8_t *event, const etwkit_record *record, size_t size) {
    unsigned options = MESSAGE_GUID | MESSAGE_TIME;
    options |= record->pointer_size == 4 ? MESSAGE_POINTER32 : MESSAGE_POINTER64;
    ek_store16(event, (uint16_t)size);
    event[2] = 0;
    event[3] = MESSAGE_MARK;
    ek_store16(event + 4, record->event_id);
    memcpy(event + 8, &record->provider_id, sizeof record->provider_id);
    ek_store64(event + 0x18, (uint64_t)record->raw_timestamp);
    if (has_ids(record)) {
        options |= MESSAGE_IDS;
        ek_store32(event + 0x20, record->thread_id);
        ek_store32(event + 0x24, record->process_id);
    }
    ek_store16(event + 6, (uint16_t)options);
}

void ek_event_write(uint8_t *event, const etwkit_record *record, const etwkit_item *items, size_t item_count,
                    size_t size) {
    header_family family = family_of(record->header_kind);
    uint8_t *payload = event + header_size(record, family);
    switch (family) {
    case FAMILY_SYSTEM:
    case FAMILY_COMPACT:
    case FAMILY_PERFINFO: write_kernel(event, record, family, size); break;
    case FAMILY_FULL: write_full(event, record, NULL, size); break;
    case FAMILY_INSTANCE: write_full(event, record, items, size); break;
    case FAMILY_EVENT:
        write_event(event, record, item_count, size);
        payload = write_items(payload, items, item_count);
        break;
    case FAMILY_MESSAGE: write_message(event, record, size); break;
    case FAMILY_NONE: return;
    }
    if (record->payload_size)
        memcpy(payload, record->payload, record->payload_size);
}

size_t ek_event_claimed_size(const uint8_t *event, size_t size) {
    if (size < 8)
        return 0;
    if ((event[3] & MARK) == MARK) {
        header_family family = family_of(event[2]);
        return ek_load16(family <= FAMILY_PERFINFO ? event + 4 : event);
    }
    if ((event[3] & MESSAGE_MARK) == MESSAGE_MARK)
        return ek_load16(event);
    return (event[3] & 0x80) == 0 ? ek_load32(event) : 0;
}
