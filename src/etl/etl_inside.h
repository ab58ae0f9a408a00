/* SPDX-License-Identifier: MIT */
/* What the files of src/etl share about an opened file. For them alone. */
#ifndef EK_ETL_ETL_INSIDE_H
#define EK_ETL_ETL_INSIDE_H

#include "etl/buffer.h"
#include "etl/etl.h"
#include "etl/source.h"

#include <stddef.h>

/* Enough for a buffer's header and what the header event holds, names and all. */
#define EK_ETL_WINDOW 8192u

/* A clock and the file offset from which on it holds. */
typedef struct ek_etl_clock_from {
    uint64_t place;
    const ek_clock *clock; /* in the arena: runs point to it */
} ek_etl_clock_from;

struct ek_etl {
    ek_etl_settings settings;
    ek_arena arena;
    ek_source source;
    uint64_t size; /* as far as it is known */
    const char *name;
    uint32_t number;
    etwkit_trace_info info;
    uint32_t stride; /* size of a plain buffer as the header event says, 0 where that makes no sense */
    ek_etl_entry *entries;
    size_t count, capacity;
    ek_etl_clock_from *clocks;
    size_t clock_count, clock_capacity;
    uint64_t next;      /* where the index ends: the next buffer is looked for here */
    bool cut;           /* the last buffer is larger than what is there of it */
    bool is_open;       /* from here on buffers are loaded, maybe by several threads */
    bool was_damaged;   /* something was reported before that */
    bool stopped;       /* what is there is none, and that was reported */
    uint64_t bytes;     /* of the indexed buffers */
    uint64_t window_at; /* what of the file stands in window */
    size_t window_size;
    uint8_t window[EK_ETL_WINDOW];
};

/*
 * Up to `want` (at most EK_ETL_WINDOW) bytes at an offset, fewer only at the end: from memory or through the window,
 * valid until the next view.
 */
etwkit_status ek_etl_view(ek_etl *etl, uint64_t offset, size_t want, const uint8_t **bytes, size_t *got,
                          etwkit_error *error);

/* The clock of a header event at a place, added unless it is the one in force. */
etwkit_status ek_etl_add_clock(ek_etl *etl, uint64_t place, const ek_clock *clock, etwkit_error *error);

/* Indexes what stands between etl->next and the end (buffer_index.c). */
etwkit_status ek_etl_index(ek_etl *etl, etwkit_error *error);

/* Where a damage is: record is ETWKIT_NO_NUMBER where a whole buffer is meant, and buffer too where the file is. */
typedef struct ek_etl_place {
    uint32_t buffer;
    uint32_t record;
    uint64_t offset; /* of the buffer */
    uint64_t exact;  /* of the fault */
} ek_etl_place;

#define EK_ETL_WHOLE_FILE (&(ek_etl_place){ETWKIT_NO_NUMBER, ETWKIT_NO_NUMBER, ETWKIT_NO_OFFSET, ETWKIT_NO_OFFSET})

/* Reports a damage that cost `bytes`. ETWKIT_OK to go on; else *error is the damage, and its status is returned. */
etwkit_status ek_etl_damage(ek_etl *etl, const ek_etl_place *where, uint64_t bytes, const char *what,
                            etwkit_error *error);

/*
 * Chains (event_chain.c): for each place in a buffer where an event may begin, how many plausible headers follow each
 * other from there; EK_CHAIN_END where they lead to the end. One byte per 8 of the buffer; NULL: memory ran out.
 */
#define EK_CHAIN_END 255u
uint8_t *ek_chain_new(const etwkit_allocator *allocator, const uint8_t *buffer, uint32_t limit);
/* The first position in [from, to) whose chain has at least `least`; 0 where there is none. */
uint32_t ek_chain_find(const uint8_t *chain, uint32_t from, uint32_t to, uint32_t least);

/* Puts events in order of (time, position), in place (run_sort.c). */
void ek_run_sort(ek_run_event *events, size_t count);

#endif
