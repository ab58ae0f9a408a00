/* SPDX-License-Identifier: MIT */
/* Event headers of every kind to one record (docs/format/events.md). Knows no buffers, no clocks and no schemas. */
#include "etl/event.h"

#include "base/bytes.h"
#include "etl/group.h"

/* Which of the layouts below a kind has. */
typedef enum family {
    UNKNOWN,
    KERNEL,  /* SYSTEM, COMPACT, PERFINFO: a hook of group and opcode instead of a GUID */
    CLASSIC, /* FULL, INSTANCE: EVENT_TRACE_HEADER */
    EVENT,   /* EVENT_HEADER */
    MESSAGE, /* WPP: a header as long as its options say */
    OTHER    /* TIMED, ERROR, WNODE: delivered as they are */
} family;

typedef struct shape {
    uint8_t family;
    uint8_t header;  /* bytes, items and counters apart; 0: to be looked at more closely */
    uint8_t size_at; /* offset of the u16 size of the whole event */
    uint8_t time_at; /* offset of the i64 time, 0: there is none */
    uint8_t pointer_size;
    bool has_ids; /* KERNEL: thread and process at 8 */
} shape;

static const shape shapes[256] = {
    [ETWKIT_HEADER_SYSTEM32] = {KERNEL, 0x20, 4, 0x10, 4, true},
    [ETWKIT_HEADER_SYSTEM64] = {KERNEL, 0x20, 4, 0x10, 8, true},
    [ETWKIT_HEADER_COMPACT32] = {KERNEL, 0x18, 4, 0x10, 4, true},
    [ETWKIT_HEADER_COMPACT64] = {KERNEL, 0x18, 4, 0x10, 8, true},
    [ETWKIT_HEADER_PERFINFO32] = {KERNEL, 0x10, 4, 0x08, 4, false},
    [ETWKIT_HEADER_PERFINFO64] = {KERNEL, 0x10, 4, 0x08, 8, false},
    [ETWKIT_HEADER_FULL32] = {CLASSIC, 0x30, 0, 0x10, 4, true},
    [ETWKIT_HEADER_FULL64] = {CLASSIC, 0x30, 0, 0x10, 8, true},
    [ETWKIT_HEADER_INSTANCE32] = {CLASSIC, 0x48, 0, 0x10, 4, true},
    [ETWKIT_HEADER_INSTANCE64] = {CLASSIC, 0x48, 0, 0x10, 8, true},
    [ETWKIT_HEADER_EVENT32] = {EVENT, 0x50, 0, 0x10, 4, true},
    [ETWKIT_HEADER_EVENT64] = {EVENT, 0x50, 0, 0x10, 8, true},
    [ETWKIT_HEADER_MESSAGE] = {MESSAGE, 0, 0, 0, 0, false},
    [ETWKIT_HEADER_TIMED] = {OTHER, 0x08, 0, 0, 0, false},
    [ETWKIT_HEADER_ERROR] = {OTHER, 0x08, 0, 0, 0, false},
};

/* The top byte of an event's first word. */
enum {
    MARK_TRACE = 0x80,  /* clear: a WNODE_HEADER */
    MARK_EVENT = 0xC0,  /* the byte below is the kind */
    MARK_TIMED = 0xB0,  /* obsolete: size, mark, a word, a time */
    MARK_MESSAGE = 0x90 /* WPP */
};

/* WPP options: which parts the header has, in this order. */
enum {
    MESSAGE_SEQUENCE = 0x01,
    MESSAGE_GUID = 0x02,
    MESSAGE_COMPONENT = 0x04, /* instead of the GUID */
    MESSAGE_TIME = 0x08,
    MESSAGE_IDS = 0x20,
    MESSAGE_POINTER32 = 0x40,
    MESSAGE_POINTER64 = 0x80
};

enum {
    MESSAGE_HEADER = 8,  /* in front of the parts */
    TIMED_TIME_AT = 8,   /* of the MARK_TIMED form */
    WNODE_HEADER = 0x30, /* the least that a WNODE has */
    WORD = 8             /* events start at multiples of 8, and have 8 bytes at least */
};

static const char too_short[] = "is smaller than its header";
static const char too_long[] = "runs past the filled end of its buffer";
static const char unknown_kind[] = "has a header of no known kind";

typedef struct message_parts {
    uint32_t sequence, identity, time, ids; /* offsets, 0: not there */
    uint32_t end;
} message_parts;

static uint32_t take_part(message_parts *parts, bool there, uint32_t size) {
    uint32_t at = parts->end;
    parts->end += there ? size : 0;
    return there ? at : 0;
}

static message_parts message_parts_of(uint16_t options) {
    message_parts parts = {.end = MESSAGE_HEADER};
    parts.sequence = take_part(&parts, options & MESSAGE_SEQUENCE, 4);
    parts.identity = take_part(&parts, options & (MESSAGE_GUID | MESSAGE_COMPONENT),
                               options & MESSAGE_COMPONENT ? 4 : sizeof(etwkit_guid));
    parts.time = take_part(&parts, options & MESSAGE_TIME, 8);
    parts.ids = take_part(&parts, options & MESSAGE_IDS, 8);
    return parts;
}

/* Of the event, of which `left` bytes are in its buffer, `have` can be read. All the functions below keep to that. */

static const char *look_at_message(ek_event_head *head, const uint8_t *data, size_t left, size_t have) {
    message_parts parts = message_parts_of(ek_load16(data + 6));
    head->kind = ETWKIT_HEADER_MESSAGE;
    head->size = ek_load16(data);
    if (head->size < parts.end)
        return too_short;
    if (head->size > left || parts.end > have)
        return too_long;
    head->has_time = parts.time != 0;
    head->time = parts.time ? ek_load_i64(data + parts.time) : 0;
    return NULL;
}

static const char *look_at_timed(ek_event_head *head, const uint8_t *data, size_t left, size_t have) {
    head->kind = ETWKIT_HEADER_TIMED;
    head->size = ek_load16(data);
    if (head->size < TIMED_TIME_AT + 8)
        return too_short;
    if (head->size > left || have < TIMED_TIME_AT + 8)
        return too_long;
    head->has_time = true;
    head->time = ek_load_i64(data + TIMED_TIME_AT);
    return NULL;
}

/* Any word without the top bit may begin a WNODE: what follows it must at least look like an event. */
static const char *look_at_wnode(ek_event_head *head, const uint8_t *data, size_t left, size_t have) {
    uint32_t size = ek_load32(data), next = ek_align8(size);
    head->kind = ETWKIT_HEADER_WNODE;
    head->has_time = false;
    head->time = 0;
    head->size = 0;
    if (size < WNODE_HEADER || size > left)
        return unknown_kind;
    if (next + WORD <= have && !(data[next + 3] & MARK_TRACE) && ek_load32(data + next) < WNODE_HEADER)
        return unknown_kind;
    head->size = size;
    return NULL;
}

static const char *look_at_rare(ek_event_head *head, const uint8_t *data, size_t left, size_t have) {
    uint8_t mark = data[3];
    if (!(mark & MARK_TRACE))
        return look_at_wnode(head, data, left, have);
    if ((mark & MARK_EVENT) == MARK_EVENT && data[2] == ETWKIT_HEADER_MESSAGE)
        return look_at_message(head, data, left, have);
    if ((mark & MARK_EVENT) == MARK_EVENT || (mark & MARK_MESSAGE) != MARK_MESSAGE) {
        head->size = 0;
        return unknown_kind;
    }
    return (mark & MARK_TIMED) == MARK_TIMED ? look_at_timed(head, data, left, have)
                                             : look_at_message(head, data, left, have);
}

static inline const char *look(ek_event_head *head, const uint8_t *data, size_t left, size_t have) {
    if (have < WORD) {
        head->size = 0;
        return "begins in the last bytes of its buffer";
    }
    const shape *form = &shapes[data[2]];
    if ((data[3] & MARK_EVENT) != MARK_EVENT || form->header == 0)
        return look_at_rare(head, data, left, have);
    head->size = ek_load16(data + form->size_at);
    if (head->size < form->header)
        return too_short;
    if (head->size > left || form->header > have)
        return too_long;
    head->kind = data[2];
    head->has_time = form->time_at != 0;
    head->time = ek_load_i64(data + form->time_at);
    return NULL;
}

const char *ek_event_look(ek_event_head *head, const uint8_t *data, size_t left) {
    return look(head, data, left, left);
}

const char *ek_event_peek(ek_event_head *head, const uint8_t *data, size_t left, size_t have) {
    return look(head, data, left, have < left ? have : left);
}

bool ek_event_glance(const uint8_t *data, uint8_t kind, const etwkit_guid **provider, uint16_t *event_id) {
    const shape *form = &shapes[kind];
    if (form->family != CLASSIC && form->family != EVENT)
        return false;
    *provider = (const etwkit_guid *)(data + 0x18);
    *event_id = form->family == EVENT ? ek_load16(data + 0x28) : 0;
    return true;
}

const etwkit_guid *ek_event_provider(const uint8_t *data, uint8_t kind, uint16_t *event_id) {
    const etwkit_guid *provider = NULL;
    *event_id = 0;
    if (shapes[kind].family == KERNEL)
        return ek_group_guid(data[7], data[6]);
    return ek_event_glance(data, kind, &provider, event_id) ? provider : NULL;
}

/* What is behind the header is the payload, unless items or counters come in between. */
static void set_payload(etwkit_record *record, uint32_t at) {
    record->payload = record->data + at;
    record->payload_size = record->data_size - at;
}

/* A kernel event's version announces performance counters: bit 15 a PEBS index, bits 8 to 10 the number of PMC values.
 */
static const char *read_kernel(etwkit_record *record, const uint8_t *data, const shape *form) {
    uint32_t version = ek_load16(data);
    record->version = (uint8_t)version;
    record->opcode = data[6];
    record->provider_id = *ek_group_guid(data[7], data[6]);
    if (form->has_ids) {
        record->thread_id = ek_load32(data + 0x08);
        record->process_id = ek_load32(data + 0x0C);
    }
    if (form->header == 0x20) {
        record->kernel_time = ek_load32(data + 0x18);
        record->user_time = ek_load32(data + 0x1C);
    }
    uint32_t counters = 8 * ((version >> 8 & 7) + (version >> 15));
    if (counters > record->data_size - form->header) {
        set_payload(record, form->header);
        return "its version announces more performance counters than it has bytes for";
    }
    record->counters_offset = counters ? form->header : 0;
    record->counters_size = counters;
    set_payload(record, form->header + counters);
    return NULL;
}

static void read_classic(etwkit_record *record, const uint8_t *data, const shape *form) {
    record->opcode = data[4];
    record->level = data[5];
    record->version = (uint8_t)ek_load16(data + 6);
    record->thread_id = ek_load32(data + 0x08);
    record->process_id = ek_load32(data + 0x0C);
    memcpy(&record->provider_id, data + 0x18, sizeof record->provider_id);
    record->kernel_time = ek_load32(data + 0x28);
    record->user_time = ek_load32(data + 0x2C);
    set_payload(record, form->header);
}

/* The end of the extended items, or 0 where they run past the event's. */
static uint32_t items_end(const uint8_t *data, uint32_t size, uint32_t at) {
    for (;;) {
        if (size - at < 8)
            return 0;
        bool another = data[at + 4] & 1;
        uint32_t padded = ek_align8(8u + ek_load16(data + at + 6));
        if (padded > size - at)
            return 0;
        at += padded;
        if (!another)
            return at;
    }
}

static const char *read_event(etwkit_record *record, const uint8_t *data, const shape *form) {
    /* The pointer size comes from the kind, the processor's flag from the buffer: stored bits of theirs mean nothing.
     */
    const uint16_t derived = ETWKIT_FLAG_32_BIT | ETWKIT_FLAG_64_BIT | ETWKIT_FLAG_PROCESSOR_INDEX;
    record->flags |= ek_load16(data + 4) & (uint16_t)~derived;
    record->event_property = ek_load16(data + 6);
    record->thread_id = ek_load32(data + 0x08);
    record->process_id = ek_load32(data + 0x0C);
    memcpy(&record->provider_id, data + 0x18, sizeof record->provider_id);
    record->event_id = ek_load16(data + 0x28);
    record->version = data[0x2A];
    record->channel = data[0x2B];
    record->level = data[0x2C];
    record->opcode = data[0x2D];
    record->task = ek_load16(data + 0x2E);
    record->keywords = ek_load64(data + 0x30);
    record->kernel_time = ek_load32(data + 0x38);
    record->user_time = ek_load32(data + 0x3C);
    memcpy(&record->activity_id, data + 0x40, sizeof record->activity_id);
    uint32_t end = form->header;
    if (record->flags & ETWKIT_FLAG_EXTENDED_INFO) {
        end = items_end(data, record->data_size, form->header);
        if (!end) {
            set_payload(record, form->header);
            return "its extended items run past its end";
        }
        record->items_offset = form->header;
        record->items_size = end - form->header;
    }
    set_payload(record, end);
    return NULL;
}

static void read_message(etwkit_record *record, const uint8_t *data, uint8_t default_pointer_size) {
    uint16_t options = ek_load16(data + 6);
    message_parts parts = message_parts_of(options);
    record->event_id = ek_load16(data + 4);
    /* A component id stands in the GUID's first word, as it does in the argument that the writer passed. */
    if (parts.identity)
        memcpy(&record->provider_id, data + parts.identity,
               options & MESSAGE_COMPONENT ? 4 : sizeof record->provider_id);
    if (parts.ids) {
        record->thread_id = ek_load32(data + parts.ids);
        record->process_id = ek_load32(data + parts.ids + 4);
    }
    record->pointer_size = options & MESSAGE_POINTER64 ? 8 : options & MESSAGE_POINTER32 ? 4 : default_pointer_size;
    set_payload(record, parts.end);
}

/* What no header of the kind says. Member by member: compilers merge these stores, but clear a whole struct of this
 * size with a loop in microcode, which took a third of the time of reading a record. What the run sets is left out. */
static inline void set_blank(etwkit_record *record) {
    static const etwkit_guid zero;
    record->provider_id = zero;
    record->event_id = 0;
    record->version = 0;
    record->channel = 0;
    record->level = 0;
    record->opcode = 0;
    record->task = 0;
    record->keywords = 0;
    record->process_id = ETWKIT_NO_ID;
    record->thread_id = ETWKIT_NO_ID;
    record->activity_id = zero;
    record->event_property = 0;
    record->kernel_time = 0;
    record->user_time = 0;
    record->items_offset = 0;
    record->items_size = 0;
    record->counters_offset = 0;
    record->counters_size = 0;
}

const char *ek_event_read(etwkit_record *record, const ek_event_head *head, const uint8_t *data,
                          uint8_t default_pointer_size) {
    static const uint16_t family_flags[] = {[KERNEL] = ETWKIT_FLAG_CLASSIC,
                                            [CLASSIC] = ETWKIT_FLAG_CLASSIC,
                                            [MESSAGE] = ETWKIT_FLAG_TRACE_MESSAGE,
                                            [OTHER] = 0};
    const shape *form = &shapes[head->kind];
    set_blank(record);
    record->raw_timestamp = head->time;
    record->header_kind = head->kind;
    record->pointer_size = form->pointer_size ? form->pointer_size : default_pointer_size;
    record->flags = family_flags[form->family];
    record->data = data;
    record->data_size = head->size;
    const char *phrase = NULL;
    switch ((family)form->family) {
    case KERNEL: phrase = read_kernel(record, data, form); break;
    case CLASSIC: read_classic(record, data, form); break;
    case EVENT: phrase = read_event(record, data, form); break;
    case MESSAGE: read_message(record, data, default_pointer_size); break;
    case OTHER:
    case UNKNOWN: set_payload(record, WORD); break; /* a WNODE: no mark says so, and the table does not know it */
    }
    if (form->family != OTHER && form->family != UNKNOWN)
        record->flags |= record->pointer_size == 8 ? ETWKIT_FLAG_64_BIT : ETWKIT_FLAG_32_BIT;
    return phrase;
}
