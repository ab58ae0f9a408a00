/* SPDX-License-Identifier: MIT */
/* A trace from inside: the files, the merge over them, and the catalog of schemas that they feed. */
#ifndef EK_TRACE_TRACE_H
#define EK_TRACE_TRACE_H

#include "base/memory.h"
#include "etl/etl.h"
#include "schema/catalog.h"
#include "trace/feed.h"
#include "trace/merge.h"
#include "trace/stacks.h"

#include <etwkit/trace.h>

#define EK_BATCH_SIZE 128          /* records at most: more would not stay in the first cache with what they point to */
#define EK_BATCH_SIZE_THREADS 4096 /* where several threads are to share a batch */
#define EK_DAMAGE_KEPT 256         /* the first damages, to be asked for later */
#define EK_DAMAGE_ROOM 8           /* of those, the ones that memory is set aside for */
#define EK_MEMORY_LIMIT ((uint64_t)64 << 20)
#define EK_ASK_EACH ((uint64_t)1 << 20) /* bytes between two questions whether to go on */

struct etwkit_batch {
    size_t count, capacity;
    etwkit_record *records;
};

struct etwkit_trace {
    etwkit_allocator allocator;
    const etwkit_filter *filter;
    bool unordered, strict, follow;
    void (*on_damage)(void *context, const etwkit_error *damage);
    void *on_damage_context;
    bool (*interrupted)(void *context);
    void *interrupted_context;
    uint64_t unasked; /* bytes that were read since it was asked, ahead or not */
    uint64_t seen;    /* bytes that the merge had read then */

    ek_etl **files; /* that give records */
    size_t file_count;
    ek_etl **lenders; /* that lend their metadata only */
    size_t lender_count;
    ek_pool *pool; /* NULL: no threads but the caller's */
    ek_merge *merge;
    ek_feed feed;                           /* instead of files; `next` NULL: none */
    uint64_t feed_delivered, feed_filtered; /* that it knows of */
    ek_catalog *catalog;
    ek_library *library; /* what stands behind the catalog */
    bool learned;        /* has the look-ahead for metadata been made? */
    bool looks_ahead, learns_on_the_way;
    bool quiet; /* damage is not reported: these buffers are read again anyway */
    bool late_was_reported, limit_was_reported;

    etwkit_trace_stats stats;
    etwkit_trace_stats opening; /* as it was once the trace was open: what a rewind goes back to */
    size_t opening_damage_count;
    etwkit_error *damage; /* EK_DAMAGE_KEPT of them at most */
    size_t damage_count, damage_capacity;
    etwkit_error fatal; /* strict: the damage that ended the reading; fatal.status 0: none */

    ek_arena texts; /* until the next batch */
    etwkit_batch batch;
    ek_stacks *stacks;              /* NULL: they are not joined */
    ek_joined *joined;              /* for each record of the batch */
    etwkit_stack_stats stack_stats; /* once the reading was ended */
};

/* Asks the caller from time to time whether to stop, when so many bytes more were read; if so, sets trace->fatal. */
void ek_trace_ask(etwkit_trace *trace, uint64_t bytes);
/* Counts, keeps and reports a damage; the status that goes on, or ends the reading. `bytes`: what was skipped. */
etwkit_status ek_trace_damage(etwkit_trace *trace, const etwkit_error *damage, uint64_t bytes);
/* The same for one record (etl NULL: of a feed): composes the message from where it stands, the fault and what was done
 * about it. */
etwkit_status ek_trace_report_record(etwkit_trace *trace, ek_etl *etl, const etwkit_record *record, const char *fault,
                                     const char *remedy);
/* The schema of a record; NULL: memory ran out. Reports metadata that contradicts itself when it comes by it. */
etwkit_schema *ek_trace_find_schema(etwkit_trace *trace, const etwkit_record *record);
/* Gives a record of FULL_HEADER32 the pointer size that its payload has. */
void ek_trace_fit_pointer_size(etwkit_trace *trace, etwkit_record *record);
/* Opens what `schema_paths` name: traces as lenders, anything else as the library. */
etwkit_status ek_trace_open_schemas(etwkit_trace *trace, const etwkit_trace_options *options, etwkit_error *error);
/* Opens traces; *count grows with each, so that what was opened is closed whatever happens. */
etwkit_status ek_trace_open_paths(etwkit_trace *trace, ek_etl ***files, size_t *count, const char *const *paths,
                                  size_t path_count, etwkit_error *error);
/* The look-ahead for metadata that stands later than its events, over all files and lenders, and (with stacks) for what
 * explains those. Once. */
void ek_trace_learn(void *context);
/* With stacks: the same for buffers that were written since. */
void ek_trace_learn_more(etwkit_trace *trace);
/* Where the addresses of a record's stack lie, for who asks for many; without the option `stacks` nowhere. */
ek_stack_modules ek_trace_modules(const etwkit_trace *trace, const etwkit_record *record);
/* Learns from one record, if it is metadata, and reports what is wrong with it. */
void ek_trace_learn_record(etwkit_trace *trace, ek_etl *etl, const etwkit_record *record);

/* Does the trace's filter let a record pass? */
bool ek_trace_passes(etwkit_trace *trace, const etwkit_record *record);
/* For who asks for names and schemas as its filter does. */
ek_filter_names ek_trace_names(etwkit_trace *trace);
/* A batch from the feed; its records are counted as delivered by the next release, or by closing. */
etwkit_status ek_trace_fill_from_feed(etwkit_trace *trace);
void ek_trace_release_feed(etwkit_trace *trace);
void ek_trace_close_feed(etwkit_trace *trace);

#endif
