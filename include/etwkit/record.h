/* SPDX-License-Identifier: MIT */
/* A record: one event as it stands in a trace, its header made equal whatever kind of header it had. */
#ifndef ETWKIT_RECORD_H
#define ETWKIT_RECORD_H

#include <etwkit/guid.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds of event headers; the numbers are those of the format (docs/format/events.md), MESSAGE apart. */
typedef enum etwkit_header_kind {
    ETWKIT_HEADER_SYSTEM32 = 0x01,
    ETWKIT_HEADER_SYSTEM64 = 0x02,
    ETWKIT_HEADER_COMPACT32 = 0x03,
    ETWKIT_HEADER_COMPACT64 = 0x04,
    ETWKIT_HEADER_FULL32 = 0x0A,
    ETWKIT_HEADER_INSTANCE32 = 0x0B,
    ETWKIT_HEADER_TIMED = 0x0C,
    ETWKIT_HEADER_ERROR = 0x0D,
    ETWKIT_HEADER_WNODE = 0x0E,
    ETWKIT_HEADER_MESSAGE = 0x0F,
    ETWKIT_HEADER_PERFINFO32 = 0x10,
    ETWKIT_HEADER_PERFINFO64 = 0x11,
    ETWKIT_HEADER_EVENT32 = 0x12,
    ETWKIT_HEADER_EVENT64 = 0x13,
    ETWKIT_HEADER_FULL64 = 0x14,
    ETWKIT_HEADER_INSTANCE64 = 0x15
} etwkit_header_kind;

/* Record flags: EVENT_HEADER's, as Windows gives them to a consumer. */
enum {
    ETWKIT_FLAG_EXTENDED_INFO = 0x0001,
    ETWKIT_FLAG_PRIVATE_SESSION = 0x0002,
    ETWKIT_FLAG_STRING_ONLY = 0x0004,
    ETWKIT_FLAG_TRACE_MESSAGE = 0x0008,
    ETWKIT_FLAG_NO_CPUTIME = 0x0010,
    ETWKIT_FLAG_32_BIT = 0x0020,
    ETWKIT_FLAG_64_BIT = 0x0040,
    ETWKIT_FLAG_CLASSIC = 0x0100,
    ETWKIT_FLAG_PROCESSOR_INDEX = 0x0200
};

/* Types of extended data items (EVENT_HEADER_EXTENDED_DATA_ITEM.ExtType). */
typedef enum etwkit_item_type {
    ETWKIT_ITEM_RELATED_ACTIVITY_ID = 0x01, /* GUID */
    ETWKIT_ITEM_SID = 0x02,
    ETWKIT_ITEM_TS_ID = 0x03,         /* u32 terminal session */
    ETWKIT_ITEM_INSTANCE_INFO = 0x04, /* u32 id, u32 parent id, GUID of the parent's class */
    ETWKIT_ITEM_STACK_TRACE32 = 0x05, /* u64 match id, u32 addresses */
    ETWKIT_ITEM_STACK_TRACE64 = 0x06, /* u64 match id, u64 addresses */
    ETWKIT_ITEM_PEBS_INDEX = 0x07,
    ETWKIT_ITEM_PMC_COUNTERS = 0x08,
    ETWKIT_ITEM_PSM_KEY = 0x09,
    ETWKIT_ITEM_EVENT_KEY = 0x0A,
    ETWKIT_ITEM_EVENT_SCHEMA_TL = 0x0B, /* TraceLogging metadata */
    ETWKIT_ITEM_PROV_TRAITS = 0x0C,     /* provider name and traits */
    ETWKIT_ITEM_PROCESS_START_KEY = 0x0D,
    ETWKIT_ITEM_CONTROL_GUID = 0x0E,
    ETWKIT_ITEM_QPC_DELTA = 0x0F,
    ETWKIT_ITEM_CONTAINER_ID = 0x10,
    ETWKIT_ITEM_STACK_KEY32 = 0x11,
    ETWKIT_ITEM_STACK_KEY64 = 0x12
} etwkit_item_type;

#define ETWKIT_NO_ID UINT32_MAX /* process_id and thread_id where the header has none */

/*
 * One event. Everything that it points to is borrowed from the trace and lives until the next call of
 * etwkit_trace_next() on it (or its close); copy what must live longer. Read-only; fields are only ever added at the
 * end.
 */
typedef struct etwkit_record {
    int64_t timestamp;       /* FILETIME, converted with the trace's own clock */
    int64_t raw_timestamp;   /* ticks of the trace's clock, as stored: what StackWalk events refer to */
    etwkit_guid provider_id; /* provider; of a classic event its class; of a WPP message the message GUID */
    uint16_t event_id;       /* 0 for classic events; message number of a WPP message */
    uint8_t version;
    uint8_t channel;
    uint8_t level;
    uint8_t opcode; /* event type of a classic event */
    uint16_t task;
    uint64_t keywords;
    uint32_t process_id;     /* ETWKIT_NO_ID: not recorded */
    uint32_t thread_id;      /* ETWKIT_NO_ID: not recorded */
    etwkit_guid activity_id; /* zero: none */
    const uint8_t *payload;  /* payload_size bytes, unaligned */
    uint32_t payload_size;
    uint16_t processor;
    uint8_t header_kind;     /* etwkit_header_kind */
    uint8_t pointer_size;    /* 4 or 8, of this event's own header */
    uint16_t flags;          /* ETWKIT_FLAG_* */
    uint16_t event_property; /* EVENT_HEADER.EventProperty */
    uint32_t kernel_time;    /* clock-interrupt ticks, raw; 0 where the header has none */
    uint32_t user_time;
    const uint8_t *data; /* the whole event as stored, header first */
    uint32_t data_size;
    uint32_t items_offset; /* extended items: offset in data, 0 where there are none */
    uint32_t items_size;
    uint32_t file;            /* which of the trace's files, from 0 */
    uint32_t buffer;          /* number of the buffer in its file, from 0 */
    uint32_t buffer_position; /* offset of the event in its (inflated) buffer */
    uint64_t buffer_offset;   /* file offset of the buffer */
    uint32_t counters_offset; /* PMC and PEBS values of a kernel event: offset in data, 0 where there are none */
    uint32_t counters_size;
} etwkit_record;

static inline int64_t etwkit_record_timestamp(const etwkit_record *record) {
    return record->timestamp;
}
static inline uint32_t etwkit_record_process_id(const etwkit_record *record) {
    return record->process_id;
}
static inline uint32_t etwkit_record_thread_id(const etwkit_record *record) {
    return record->thread_id;
}

/*
 * Makes *copy a record that lives as long as `bytes`, into which data_size bytes are copied: what it points to lies
 * there. With its schema, which lives longer than a batch, it is decoded as the original would be.
 */
ETWKIT_API void etwkit_record_copy(etwkit_record *copy, void *bytes, const etwkit_record *record);

/*
 * The first extended item of a type. ETWKIT_ABSENT where there is none. *data borrows from the record.
 * Iterate with etwkit_record_item_at(): index 0, 1, ... until ETWKIT_END.
 */
ETWKIT_API etwkit_status etwkit_record_item(const etwkit_record *record, etwkit_item_type type, const uint8_t **data,
                                            size_t *size);
ETWKIT_API etwkit_status etwkit_record_item_at(const etwkit_record *record, size_t index, uint16_t *type,
                                               const uint8_t **data, size_t *size);

/* ETWKIT_ABSENT where the event has none or a zero one. */
ETWKIT_API etwkit_status etwkit_record_related_activity(const etwkit_record *record, etwkit_guid *id);

/*
 * The event's own call stack, innermost frame first, from its stack items (32- and 64-bit; several are joined).
 * Writes at most `capacity` addresses to frames and the whole number to *count; ETWKIT_ABSENT where there is no stack.
 */
ETWKIT_API etwkit_status etwkit_record_stack(const etwkit_record *record, uint64_t *frames, size_t capacity,
                                             size_t *count);

#ifdef __cplusplus
}
#endif
#endif
