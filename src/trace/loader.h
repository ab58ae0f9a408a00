/* SPDX-License-Identifier: MIT */
/* The loader: the buffers of one or more files as loaded runs, in the order in which the merge must open them. */
#ifndef EK_TRACE_LOADER_H
#define EK_TRACE_LOADER_H

#include "base/pool.h"
#include "etl/etl.h"

typedef struct ek_loader ek_loader;

typedef struct ek_loaded {
    ek_run run;
    struct ek_loaded *next; /* in a list */
} ek_loaded;

typedef struct ek_loader_settings {
    etwkit_allocator allocator;
    uint64_t memory_limit; /* bytes of runs: what is given back above it is freed */
    bool unordered;        /* file after file, buffer after buffer */
    ek_pool *pool;         /* loads several buffers at a time; NULL: the caller alone. Borrowed */
} ek_loader_settings;

/* The files are borrowed. */
etwkit_status ek_loader_new(ek_loader **loader, ek_etl *const *files, size_t count, const ek_loader_settings *settings,
                            etwkit_error *error);
void ek_loader_free(ek_loader **loader);
void ek_loader_rewind(ek_loader *loader);
/* Takes in what ek_etl_extend() found. */
etwkit_status ek_loader_extend(ek_loader *loader, etwkit_error *error);

/* Is there another run, and what is its first record ordered by? */
bool ek_loader_peek(ek_loader *loader, int64_t *key);
/*
 * The next run, loaded, its damage reported; *key is what its first record was ordered by. There must be one. Give the
 * run back when nothing points into it any more.
 */
etwkit_status ek_loader_next(ek_loader *loader, ek_loaded **run, int64_t *key, etwkit_error *error);
void ek_loader_give_back(ek_loader *loader, ek_loaded *run);

/* Bytes that all runs take, given out or not: what their buffers need, whatever the file says of their size. */
uint64_t ek_loader_memory(const ek_loader *loader);
/* Are records ordered by FILETIME, because raw times of several files or clocks cannot be compared? */
bool ek_loader_orders_by_filetime(const ek_loader *loader);
uint64_t ek_loader_bytes_read(const ek_loader *loader);
uint64_t ek_loader_buffers_read(const ek_loader *loader);

#endif
