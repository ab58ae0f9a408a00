/* SPDX-License-Identifier: MIT */
/* The trace writer: makes .etl files of the form that Windows' own sessions write. */
#ifndef ETWKIT_WRITER_H
#define ETWKIT_WRITER_H

#include <etwkit/allocator.h>
#include <etwkit/record.h>
#include <etwkit/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct etwkit_writer etwkit_writer;

typedef struct etwkit_writer_options {
    size_t struct_size; /* sizeof(etwkit_writer_options) */
    const etwkit_allocator *allocator;
    uint32_t buffer_size;     /* bytes, a multiple of 1024 from 1024 to 16 MiB; 0: 65536 */
    uint16_t processor_count; /* 0: 1 */
    uint8_t pointer_size;     /* of the "traced system": 4 or 8; 0: 8 */
    bool compress;            /* data buffers are stored compressed */
    etwkit_clock clock;       /* 0: ETWKIT_CLOCK_QPC */
    uint64_t frequency;       /* ticks a second; 0: 10,000,000. With ETWKIT_CLOCK_CPU a multiple of 1,000,000 */
    int64_t start_time;       /* FILETIME of start_ticks */
    int64_t start_ticks; /* raw time of the header event: no event may be earlier. Clock 2: ignored, = start_time */
    int64_t boot_time;   /* FILETIME */
    uint32_t os_major, os_minor, os_build; /* 0, 0, 0: 10.0.19041 */
    uint32_t log_file_mode;         /* 0: EVENT_TRACE_FILE_MODE_SEQUENTIAL (1); compressed files add their own bits */
    uint32_t maximum_file_size;     /* MiB, as the header tells it; nothing is cut. 0: none */
    int32_t time_zone_bias;         /* minutes */
    uint32_t timer_resolution;      /* 100 ns units; 0: 156250 */
    uint32_t cpu_mhz;               /* with ETWKIT_CLOCK_CPU 0, or frequency / 1,000,000 */
    uint32_t process_id, thread_id; /* of the header event */
    const char *session_name;       /* UTF-8; NULL: "etwkit" */
    const char *log_file_name;      /* UTF-8; NULL: the path */
} etwkit_writer_options;

/* *writer is NULL on failure. The file is created or truncated; its header buffer is written at once, as that of a
 * session that has just begun. `options` may be NULL. Used by one thread at a time. */
ETWKIT_API etwkit_status etwkit_writer_open(etwkit_writer **writer, const char *path,
                                            const etwkit_writer_options *options, etwkit_error *error);
/* The same into memory: see etwkit_writer_memory(). */
ETWKIT_API etwkit_status etwkit_writer_open_memory(etwkit_writer **writer, const etwkit_writer_options *options,
                                                   etwkit_error *error);

typedef struct etwkit_item {
    uint16_t type; /* etwkit_item_type */
    uint16_t size;
    const void *data;
} etwkit_item;

/*
 * Appends one event to its processor's buffer. Of the record are used: header_kind (of any kind that the format still
 * allows), raw_timestamp, provider_id or (kernel kinds) the group that belongs to it, the descriptor, ids, activity_id,
 * payload, processor, kernel_time, user_time, of EVENT kinds event_property and the flags PRIVATE_SESSION, STRING_ONLY
 * and NO_CPUTIME, of messages pointer_size; `items` are its extended items (EVENT kinds; an INSTANCE header takes its
 * ids from exactly one ETWKIT_ITEM_INSTANCE_INFO). Nothing is dropped silently: ETWKIT_E_INVALID for what the kind
 * cannot carry (so an id that the header has no place for must be ETWKIT_NO_ID), and for events of one processor that
 * step back in time; ETWKIT_E_TOO_BIG for an event over 64 KiB or one buffer. A call that failed has written nothing of
 * the event and may be repeated.
 */
ETWKIT_API etwkit_status etwkit_writer_record(etwkit_writer *writer, const etwkit_record *record,
                                              const etwkit_item *items, size_t item_count, etwkit_error *error);
/* The same for bytes that are an event already, header and all; only their size is checked. */
ETWKIT_API etwkit_status etwkit_writer_raw(etwkit_writer *writer, uint16_t processor, const void *event, size_t size,
                                           int64_t raw_timestamp, etwkit_error *error);
/* Writes the processor's buffer as it is, and begins a new one. */
ETWKIT_API etwkit_status etwkit_writer_flush(etwkit_writer *writer, uint16_t processor, etwkit_error *error);
/* Counts to stand in the header event. */
ETWKIT_API void etwkit_writer_set_lost(etwkit_writer *writer, uint32_t events_lost, uint32_t buffers_lost);

/* Writes what is left and completes the header event (EndTime = end_ticks converted, BuffersWritten). After it only
 * etwkit_writer_memory() and etwkit_writer_close() are of use. */
ETWKIT_API etwkit_status etwkit_writer_finish(etwkit_writer *writer, int64_t end_ticks, etwkit_error *error);
/* The file as it stands (complete after etwkit_writer_finish()), until the next call on the writer. NULL: not in
 * memory. */
ETWKIT_API const void *etwkit_writer_memory(const etwkit_writer *writer, size_t *size);
/* Without etwkit_writer_finish() the file stays as a crashed session leaves it. *writer becomes NULL. */
ETWKIT_API void etwkit_writer_close(etwkit_writer **writer);

#ifdef __cplusplus
}
#endif
#endif
