/* SPDX-License-Identifier: MIT */
/* One .etl file: its index of buffers, its clock, and its buffers loaded as runs of records. No merging, no schemas. */
#ifndef EK_ETL_ETL_H
#define EK_ETL_ETL_H

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#include <etwkit/record.h>
#include <etwkit/trace.h>

typedef struct ek_etl ek_etl;

/* Where bytes come from: a file (owned, closed with the etl), functions of the caller, or memory (both borrowed). */
typedef struct ek_etl_input {
    ek_file *file;
    const etwkit_input *given; /* copied */
    const uint8_t *data;
    uint64_t size;    /* of data */
    const char *name; /* for messages; copied */
    uint32_t number;  /* record->file */
} ek_etl_input;

typedef struct ek_etl_settings {
    etwkit_allocator allocator;
    /* Takes a damage, its message complete, and the bytes that it cost. Returns ETWKIT_OK to go on, or the status that
     * ends the reading (strict). */
    etwkit_status (*damage)(void *context, const etwkit_error *damage, uint64_t bytes);
    void *context;
    bool growing; /* the file is still being written: what is incomplete at its end waits for ek_etl_extend() */
} ek_etl_settings;

/* One buffer that may hold events: 16 bytes. Sorting by (time, place) gives time order, by place file order. */
typedef struct ek_etl_entry {
    int64_t time;   /* raw timestamp of its first event (inflated just that far where compressed) */
    uint64_t place; /* file offset */
} ek_etl_entry;

/*
 * Reads the header event and the index: 168 bytes of each buffer, which hold its header and that of its first event.
 * Only where a buffer's header makes no sense the next one is searched.
 * ETWKIT_E_NOT_A_TRACE, ETWKIT_E_UNSUPPORTED (layouts before Vista: say so), ETWKIT_E_IO, _NO_MEMORY, or what `damage`
 * returned. Takes input->file over in every case.
 */
etwkit_status ek_etl_open(ek_etl **etl, const ek_etl_input *input, const ek_etl_settings *settings,
                          etwkit_error *error);
void ek_etl_close(ek_etl **etl);

const etwkit_trace_info *ek_etl_info(const ek_etl *etl);
size_t ek_etl_count(const ek_etl *etl);
const ek_etl_entry *ek_etl_entries(const ek_etl *etl); /* file order; valid until ek_etl_extend() */
uint64_t ek_etl_bytes(const ek_etl *etl);              /* bytes of all indexed buffers */
/* The clock in force at a place (an appended file has several headers, each with its own). */
const ek_clock *ek_etl_clock(const ek_etl *etl, uint64_t place);
/* More than one clock in the file? Then raw timestamps cannot be compared, FILETIMEs can. */
bool ek_etl_has_clocks(const ek_etl *etl);
/* Indexes complete buffers that were written since. */
etwkit_status ek_etl_extend(ek_etl *etl, size_t *added, etwkit_error *error);

/*
 * A run: one buffer in memory, inflated, its events in time order (stable: equal times in buffer order).
 * Zero-initialise it, load it any number of times, free it once.
 */
typedef struct ek_run {
    uint8_t *data; /* the inflated buffer, header included: positions count from here */
    size_t capacity;
    uint8_t *packed; /* scratch: the compressed form */
    size_t packed_capacity;
    struct ek_run_event *events;
    size_t event_capacity;
    uint32_t count; /* events */
    uint32_t next;  /* next one to give */
    uint32_t filled;
    uint32_t number; /* of the buffer in its file */
    uint64_t place;
    uint64_t stored_size; /* bytes in the file */
    uint16_t processor;
    uint16_t record_flags; /* that come from the buffer */
    uint8_t pointer_size;  /* the traced system's */
    uint32_t file;
    const ek_clock *clock;
    bool keeps_damage; /* set by who loads on several threads: damage waits in the run for ek_run_report() */
    struct ek_run_damage *damages;
    size_t damage_count, damage_capacity;
} ek_run;

typedef struct ek_run_event {
    int64_t time; /* raw; of an event without one that of the event before */
    uint32_t position;
    uint32_t size_and_kind; /* private */
} ek_run_event;

/*
 * Loads a buffer and looks at every event header in it: sizes checked, times in order. After a damaged event the next
 * one is searched: the first 8-aligned position from which event headers follow each other to the buffer's end, or at
 * least four of them. Reports damage through settings->damage, or keeps it in the run. ETWKIT_OK also for a buffer
 * without events. Runs that keep their damage may be loaded by several threads at the same time, each run by one.
 */
etwkit_status ek_etl_load(ek_etl *etl, const ek_etl_entry *entry, ek_run *run, etwkit_error *error);
void ek_run_free(ek_run *run, const etwkit_allocator *allocator);
/* Reports what the run keeps, in the order in which it was found, and forgets it. Status as of settings->damage. */
etwkit_status ek_run_report(ek_etl *etl, ek_run *run, etwkit_error *error);

/*
 * A look at the next event without reading it, for who searches a few among many: the provider (in the run's data) and
 * the id. false where its header has no GUID, or there is no next event. ek_run_skip() steps over it.
 */
bool ek_run_glance(const ek_run *run, const etwkit_guid **provider, uint16_t *event_id);
/* The same with the classes of kernel events, which their headers name by a group. NULL: none. */
const etwkit_guid *ek_run_provider(const ek_run *run, uint16_t *event_id);
static inline void ek_run_skip(ek_run *run) {
    run->next += run->next < run->count;
}

/*
 * The next event as a record, all of it. ETWKIT_END after the last. An event whose header is good but whose extended
 * items or counters are not is delivered too: without them, its payload everything behind the header; *phrase then says
 * what is wrong ("its extended items run past its end"), to be reported as damage by the caller, and is NULL otherwise.
 */
etwkit_status ek_run_read(ek_run *run, etwkit_record *record, const char **phrase);

#endif
