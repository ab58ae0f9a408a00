/* SPDX-License-Identifier: MIT */
/* What the sinks share: the buffered output, its room, and the vtable of a format. Knows no format. */
#ifndef EK_SINK_SINK_H
#define EK_SINK_SINK_H

#include "base/memory.h"
#include "decode/message.h"

#include <etwkit/sink.h>

#include <string.h>

/* What of a record the sink cannot see from the record itself. */
typedef struct ek_sink_event {
    const etwkit_record *record;
    const etwkit_schema *schema;
    int32_t time_zone_bias; /* of the record's file, as far as the sink's options need it; so boot_time */
    int64_t boot_time;
    const struct ek_frame *frames; /* with ETWKIT_SINK_STACKS: its stack; NULL: it has none */
    size_t frame_count;
} ek_sink_event;

/* A format: appends events to sink->out; where memory runs out, out.failed says so. */
typedef struct ek_sink_format {
    size_t size; /* of its own struct, which begins with an etwkit_sink and is zeroed */
    void (*append)(etwkit_sink *sink, const ek_sink_event *event);
    void (*begin)(etwkit_sink *sink); /* what stands in front of all events; may be NULL, as the next */
    void (*end)(etwkit_sink *sink);   /* releases what it holds beside `out` */
    bool lines_stand_alone;           /* what an event looks like does not depend on those before it */
} ek_sink_format;

extern const ek_sink_format ek_csv_format;
extern const ek_sink_format ek_jsonl_format;
extern const ek_sink_format ek_pcapng_format;
extern const ek_sink_format ek_text_format;

struct etwkit_sink {
    const ek_sink_format *format;
    etwkit_allocator allocator;
    etwkit_write_function write;
    void *context;
    unsigned flags;
    const etwkit_processes *processes; /* NULL: names of processes are not shown */
    const char *path;                  /* pcapng: of the record's file, where there are several; else NULL */
    bool counts_elsewhere;             /* walks do not count in their schemas: several threads walk */
    struct ek_sink_parallel *parallel; /* NULL: the caller's thread writes alone */
    ek_sink_event *events;             /* of a batch that several threads write */
    bool misfit;                       /* the event was not appended: its fields are not those of the columns */
    ek_buf out;
    ek_buf message; /* with ETWKIT_SINK_MESSAGE: that of the event being written */
};

/* A sink without options. NULL: memory ran out. */
etwkit_sink *ek_sink_new(const ek_sink_format *format, const etwkit_allocator *allocator);
/* etwkit_sink_record() once the event's schema is known. */
etwkit_status ek_sink_append(etwkit_sink *sink, const ek_sink_event *event, etwkit_error *error);

/*
 * The formats write by a pointer `at` behind the bytes written so far, and ask for room before they write; NULL: memory
 * ran out. When an event is complete, ek_sink_commit() makes its bytes part of the output.
 */
uint8_t *ek_sink_grow(etwkit_sink *sink, const uint8_t *at, size_t more);

static inline uint8_t *ek_sink_room(etwkit_sink *sink, uint8_t *at, size_t more) {
    if (sink->out.capacity - (size_t)(at - sink->out.data) >= more)
        return at;
    return ek_sink_grow(sink, at, more);
}

/*
 * What one event may take of the output: this much, and so much for each byte of its payload. More comes only from
 * names and labels that are repeated for thousands of elements; the walk then ends early, which is shown as any early
 * end.
 */
#define EK_EVENT_OUTPUT ((size_t)1 << 20)
#define EK_OUTPUT_PER_BYTE 128u

static inline void ek_sink_bound(const etwkit_sink *sink, const uint8_t *at, etwkit_walk *walk) {
    size_t written = (size_t)(at - sink->out.data) - sink->out.size;
    if (written > EK_EVENT_OUTPUT + (size_t)(walk->end - walk->start) * EK_OUTPUT_PER_BYTE)
        walk->truncated = true;
}

/* Puts the event's message into sink->message. false: it has none, or memory ran out (out.failed). */
bool ek_sink_message(etwkit_sink *sink, const ek_sink_event *event);

/* Is there one to be written? The cheap question. */
static inline bool ek_sink_has_message(const etwkit_sink *sink, const etwkit_schema *schema) {
    return sink->flags & ETWKIT_SINK_MESSAGE && ek_schema_has_message(schema);
}

static inline void ek_sink_commit(etwkit_sink *sink, const uint8_t *at) {
    sink->out.size = (size_t)(at - sink->out.data);
}

/* memcpy for the short pieces that lines are made of, without a call. */
static inline uint8_t *ek_copy(uint8_t *at, const void *from, size_t size) {
    const uint8_t *data = from;
    if (size > 64)
        memcpy(at, data, size);
    else if (size >= 16) {
        for (size_t i = 0; i + 16 < size; i += 16)
            memcpy(at + i, data + i, 16);
        memcpy(at + size - 16, data + size - 16, 16);
    } else if (size >= 8) {
        memcpy(at, data, 8);
        memcpy(at + size - 8, data + size - 8, 8);
    } else if (size >= 4) {
        memcpy(at, data, 4);
        memcpy(at + size - 4, data + size - 4, 4);
    } else
        for (size_t i = 0; i < size; i++)
            at[i] = data[i];
    return at + size;
}

#endif
