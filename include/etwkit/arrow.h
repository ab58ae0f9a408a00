/* SPDX-License-Identifier: MIT */
/* Events as columns: the Arrow C data and stream interfaces, without any Arrow library. */
#ifndef ETWKIT_ARROW_H
#define ETWKIT_ARROW_H

#include <etwkit/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The structs as the Arrow project publishes them (https://arrow.apache.org/docs/format/CDataInterface.html), behind
 * the guards that it asks for, so that whoever includes them first defines them. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif

/*
 * What streams are made of: files (or bytes), how they are read, and which columns. Immutable, so several threads may
 * make streams of it at once. Streams keep what they need of it: it may be closed before them.
 */
typedef struct etwkit_arrow etwkit_arrow;

enum {
    /* Columns beside those that are always there; `columns` may name them, too. */
    ETWKIT_ARROW_PAYLOAD = 1,   /* payload: binary */
    ETWKIT_ARROW_MESSAGE = 2,   /* message: utf8 */
    ETWKIT_ARROW_REST = 4,      /* rest: binary */
    ETWKIT_ARROW_TRUNCATED = 8, /* truncated: bool */
    /* Mapped values as numbers, in `properties` and in the columns of a selection. */
    ETWKIT_ARROW_NUMERIC = 16
};

typedef struct etwkit_arrow_options {
    size_t struct_size; /* sizeof(etwkit_arrow_options) */
    /* How the trace is read; NULL: as by default. All of it is copied, of the filter a share is kept
     * (etwkit_filter_share()). on_damage is not called and follow is not obeyed: etwkit_arrow_get_stats() counts. The
     * allocator serves the arrays, too, which may live longer than the streams and be released by any thread.
     * `interrupted` is asked by the streams, too, on the threads of their consumers. */
    const etwkit_trace_options *trace;
    unsigned flags; /* ETWKIT_ARROW_* */
    /* The columns, by CONTRACT.md's names, in this order; NULL: all but those that flags add, of a selection timestamp,
     * process_id and thread_id. */
    const char *const *columns;
    size_t column_count;
    /* With one of these set: a selection. Only events of that provider (its GUID, or a pattern of its name, as
     * etwkit_filter_provider_name() takes it) and of that name (a pattern); behind the columns above one for each
     * field, of its own type. Over several kinds of events the union by name, null where an event has none; events
     * without any field are left out where others of the selection have some. */
    const char *provider;
    const char *event;
    /* A record batch ends at so many rows (0: 65,536), or bytes (0: 32 MiB; 1 GiB at most). */
    size_t batch_rows;
    size_t batch_bytes;
} etwkit_arrow_options;

/*
 * The recipe of streams. What is named is not looked at, but for a selection: that reads the trace once, to see which
 * kinds of events it holds. On failure *arrow is NULL: ETWKIT_E_INVALID (no such column), ETWKIT_E_TYPE (no type holds
 * the fields of one name), ETWKIT_E_LIMIT (too many fields), ETWKIT_E_NO_MEMORY; of a selection also what
 * etwkit_trace_open() and etwkit_trace_next() may say.
 */
ETWKIT_API etwkit_status etwkit_arrow_open(etwkit_arrow **arrow, const char *const *paths, size_t count,
                                           const etwkit_arrow_options *options, etwkit_error *error);
/* The same of bytes in memory, which are copied once, for all streams. `name` (may be NULL) stands in messages. */
ETWKIT_API etwkit_status etwkit_arrow_open_memory(etwkit_arrow **arrow, const void *data, size_t size, const char *name,
                                                  const etwkit_arrow_options *options, etwkit_error *error);
/* Ends the caller's use and sets *arrow to NULL. NULL is allowed. */
ETWKIT_API void etwkit_arrow_close(etwkit_arrow **arrow);

/* The schema of its streams: a struct of the columns. On failure (ETWKIT_E_NO_MEMORY) out->release is NULL. */
ETWKIT_API etwkit_status etwkit_arrow_schema(const etwkit_arrow *arrow, struct ArrowSchema *out, etwkit_error *error);

/*
 * A fresh stream from the first event on, with a trace of its own: independent of other streams and of the caller. It
 * may be consumed on any thread, by one at a time. On failure (statuses of etwkit_trace_open()) out->release is NULL.
 * Its functions give errno values (ENOMEM, EIO, EINVAL, EINTR), and get_last_error() the sentence; rows read before an
 * error are given first. Batches, and their columns, may be released in any order, also after the stream.
 */
ETWKIT_API etwkit_status etwkit_arrow_stream(etwkit_arrow *arrow, struct ArrowArrayStream *out, etwkit_error *error);

/*
 * A stream of the records that a trace of the caller's gives from here on: of a live session, which has no beginning to
 * return to. The trace is borrowed until the stream is released, has one such stream, and is read by it alone. A record
 * batch ends where the trace would wait for more, and has no rows where it gave nothing for a while, so that its
 * reader may stop or look for signals. `options` may be NULL; its `trace` counts for its allocator only.
 * ETWKIT_E_INVALID: no such column, or a selection, which must have seen all events; ETWKIT_E_NO_MEMORY. Else as above.
 */
ETWKIT_API etwkit_status etwkit_arrow_stream_trace(etwkit_trace *trace, const etwkit_arrow_options *options,
                                                   struct ArrowArrayStream *out, etwkit_error *error);

/* Of all streams that were made so far. */
typedef struct etwkit_arrow_stats {
    uint64_t selected;    /* events that a selection found when it was opened */
    uint64_t rows;        /* given in batches */
    uint64_t batches;     /* so many */
    uint64_t times_null;  /* times outside 1677-09-21 to 2262-04-11, which are null */
    uint64_t values_null; /* values whose bytes do not hold what their type says, which are null */
    uint64_t damage;      /* damages met, as etwkit_trace_stats counts them */
} etwkit_arrow_stats;

ETWKIT_API etwkit_arrow_stats etwkit_arrow_get_stats(const etwkit_arrow *arrow);

#ifdef __cplusplus
}
#endif
#endif
