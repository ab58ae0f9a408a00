/* SPDX-License-Identifier: MIT */
/* The merge: the buffers of one or more files as one stream of records in time order. Knows runs, not schemas. */
#ifndef EK_TRACE_MERGE_H
#define EK_TRACE_MERGE_H

#include "base/pool.h"
#include "etl/etl.h"

/*
 * Each buffer is a sorted run whose first time the index knows. A run is opened when its first time comes up, and
 * some runs earlier than that: so small steps back, inside a buffer or between buffers, are put in order too.
 * Order: (time, file, raw time, place of the buffer, position in the buffer).
 */
typedef struct ek_merge ek_merge;

/* As many as fit into EK_MERGE_AHEAD_SIZE bytes of the file's buffers (larger windows would leave the cache), in these
 * bounds. */
#define EK_MERGE_AHEAD_LEAST 4
#define EK_MERGE_AHEAD_MOST 64
#define EK_MERGE_AHEAD_SIZE (512u << 10)

typedef struct ek_merge_settings {
    etwkit_allocator allocator;
    uint64_t memory_limit; /* bytes of runs; one buffer a processor comes on top, up to 512 MiB */
    bool unordered;        /* file after file, buffer after buffer */
    ek_pool *pool;         /* loads buffers, several at a time; NULL: the caller alone. Borrowed */
} ek_merge_settings;

/* The files are borrowed. */
etwkit_status ek_merge_new(ek_merge **merge, ek_etl *const *files, size_t count, const ek_merge_settings *settings,
                           etwkit_error *error);
void ek_merge_free(ek_merge **merge);
/* Back to the first record. */
void ek_merge_rewind(ek_merge *merge);
/* Takes in what ek_etl_extend() found. */
etwkit_status ek_merge_extend(ek_merge *merge, etwkit_error *error);

/*
 * The next record, or ETWKIT_END. It stays valid until ek_merge_release(). *late: it comes after a later one, because
 * the window was too small. *phrase as in ek_run_read().
 */
etwkit_status ek_merge_next(ek_merge *merge, etwkit_record *record, bool *late, const char **phrase,
                            etwkit_error *error);
/* Lets go of the runs that are used up; true from ek_merge_is_full() says that it is time to. */
void ek_merge_release(ek_merge *merge);
bool ek_merge_is_full(const ek_merge *merge);

uint64_t ek_merge_bytes_read(const ek_merge *merge);
uint64_t ek_merge_buffers_read(const ek_merge *merge);

#endif
