/* SPDX-License-Identifier: MIT */
/* What is written of a trace: one event as bytes, the header event, the heads of buffers, the settings. Not of the
 * reader. */
#ifndef EK_ETL_WRITER_H
#define EK_ETL_WRITER_H

#include "base/clock.h"
#include "base/memory.h"

#include <etwkit/writer.h>

/* No event is larger: its size is a u16. */
#define EK_EVENT_MAX 0xFFFFu

/*
 * The size of a record as an event, or a phrase of why its kind cannot carry it ("a PERFINFO header has no process
 * id"). *size over EK_EVENT_MAX with no phrase: too big.
 */
const char *ek_event_measure(const etwkit_record *record, const etwkit_item *items, size_t item_count, size_t *size);
/* Writes the event that was measured: `size` bytes. */
void ek_event_write(uint8_t *event, const etwkit_record *record, const etwkit_item *items, size_t item_count,
                    size_t size);
/* The size that bytes claim as an event, by the place that their marks say; 0 where they are none. */
size_t ek_event_claimed_size(const uint8_t *event, size_t size);

/* The options with their defaults in place, and what follows from them. */
typedef struct ek_writer_settings {
    etwkit_writer_options options;
    ek_clock clock;
    uint64_t performance_frequency; /* PerfFreq: not the clock's own where that is not the performance counter */
    bool processor_index;           /* Windows 8 and later: two bytes for the processor, flag 0x20 */
    uint32_t header_size;           /* of the header buffer */
} ek_writer_settings;

/* Parts of the header event that are known only at the end. */
typedef struct ek_header_totals {
    int64_t end_time; /* FILETIME, 0: not yet */
    uint32_t buffers;
    uint32_t events_lost;
    uint32_t buffers_lost;
} ek_header_totals;

/* Checks the options, fills in what they leave open. */
etwkit_status ek_writer_settle(ek_writer_settings *settings, const etwkit_writer_options *options, etwkit_error *error);
/* Appends the header event, padded to 8, its totals as those of a session that has just begun. */
void ek_header_append(ek_buf *out, const ek_writer_settings *settings, const char *log_file_name);
/* Puts the totals into a header event. */
void ek_header_complete(uint8_t *event, const ek_writer_settings *settings, const ek_header_totals *totals);

/* Buffers (writer_buffer.c). */

enum {
    EK_BUFFER_SLACK = 0xFF, /* fills a buffer behind its events */
    EK_BUFFER_FLAGS_AT = 0x34
};

typedef struct ek_buffer_head {
    uint32_t size;    /* in the file */
    uint32_t saved;   /* as `filled`, or 0 in header buffers */
    uint32_t current; /* where a writer's last claim ended, also one that was refused; a flush claims a whole buffer */
    uint32_t filled;
    int64_t time;
    int64_t sequence;
    uint16_t processor;
    uint16_t flags;
    uint16_t type;
} ek_buffer_head;

/* Writes EK_BUFFER_HEADER_SIZE bytes. */
void ek_buffer_head_write(uint8_t *bytes, const ek_writer_settings *settings, const ek_buffer_head *head);
/* The same for the header buffer, which holds a header event of `event_size` bytes. */
void ek_header_head_write(uint8_t *bytes, const ek_writer_settings *settings, size_t event_size);

#endif
