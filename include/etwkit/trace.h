/* SPDX-License-Identifier: MIT */
/* A trace: an opened source of records. Read it batch by batch. */
#ifndef ETWKIT_TRACE_H
#define ETWKIT_TRACE_H

#include <etwkit/allocator.h>
#include <etwkit/filter.h>
#include <etwkit/record.h>
#include <etwkit/schema.h>
#include <etwkit/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A trace is used by one thread at a time; different traces run in parallel. It makes no threads
 * unless its options ask for them. */
typedef struct etwkit_trace etwkit_trace;
typedef struct etwkit_batch etwkit_batch;

typedef struct etwkit_trace_options {
    size_t struct_size;                /* sizeof(etwkit_trace_options): set by ETWKIT_TRACE_OPTIONS */
    const etwkit_allocator *allocator; /* NULL: the C library's */
    const etwkit_filter *filter;       /* NULL: every record. Borrowed: must outlive the trace */
    bool unordered;                    /* file order instead of time order */
    bool strict;                       /* the first damage ends the reading with its error */
    bool follow;                       /* the file is still being written: see etwkit_trace_refresh() */
    /* Where schemas are found that the trace does not hold, most specific first: manifests, programs with a
     * WEVT_TEMPLATE resource, packs, TMF files (WPP messages), folders of such, and other traces that lend their
     * metadata. Traces are opened with this one, the others are read when the first event asks for them. */
    const char *const *schema_paths;
    size_t schema_path_count;
    uint64_t memory_limit; /* bytes for buffers and the sorting window; 0: 64 MiB. Index and schemas apart */
    /* Called for each damage as it is found, on the reading thread; may be NULL. */
    void (*on_damage)(void *context, const etwkit_error *damage);
    void *on_damage_context;
    /* Metadata is taken as the reading comes by it, and not looked for ahead: an event in front of what describes it
     * has an unknown schema. For readers that need schemas at the end only: see etwkit_trace_renew_schema(). */
    bool no_look_ahead;
    /* Buffers are read, inflated and checked by this many threads, the caller's among them; 0 and 1: by the caller's
     * alone. The trace makes the others when it is opened and ends them when it is closed; the allocator must then
     * serve several threads at once. What is delivered is the same. */
    unsigned threads;
    bool no_bundled_schemas; /* without the pack that comes with the library */
    /* StackWalk events are joined to the events that they belong to, for etwkit_trace_stack(), and are then not
     * delivered themselves. Reads all of the trace before the first record, and the stacks ahead of the events. */
    bool stacks;
    /* Asked on the reading thread while a trace is read, also ahead: after each MiB or few. true: the reading ends with
     * ETWKIT_E_INTERRUPTED, and the trace is good for what was read only. NULL: nobody. The context must outlive the
     * trace. */
    bool (*interrupted)(void *context);
    void *interrupted_context;
} etwkit_trace_options;

#define ETWKIT_TRACE_OPTIONS                                                                                           \
    {                                                                                                                  \
        sizeof(etwkit_trace_options), NULL, NULL, false, false, false, NULL, 0, 0, NULL, NULL, false, 0, false, false, \
            NULL, NULL                                                                                                 \
    }

/*
 * Opens one or more files as one trace, merged by time. Reads buffer headers only. `options` may be NULL; what it
 * points to is copied unless said otherwise. On failure *trace is NULL and *error says why (ETWKIT_E_NOT_FOUND,
 * _DENIED, _IO, _NOT_A_TRACE, _UNSUPPORTED, _NO_MEMORY, _INVALID; with strict also _DAMAGED).
 */
ETWKIT_API etwkit_status etwkit_trace_open(etwkit_trace **trace, const char *path, const etwkit_trace_options *options,
                                           etwkit_error *error);
ETWKIT_API etwkit_status etwkit_trace_open_paths(etwkit_trace **trace, const char *const *paths, size_t count,
                                                 const etwkit_trace_options *options, etwkit_error *error);
/* The same from memory, which is borrowed until the trace is closed. `name` (may be NULL) stands in messages. */
ETWKIT_API etwkit_status etwkit_trace_open_memory(etwkit_trace **trace, const void *data, size_t size, const char *name,
                                                  const etwkit_trace_options *options, etwkit_error *error);

/*
 * A trace whose bytes functions of the caller read: from a part of a file, from an archive, from an object of another
 * language. Without `read_at` it is the file with that name, so that such traces and files can be opened together.
 * Both functions are called while the trace is opened, read or refreshed; with `threads` in the options `read_at` by
 * several threads at the same time, else by the one that calls the library. On failure they return their status, and
 * the reading ends with it; *error holds a sentence already ("NAME: cannot read"), which they may make a better one.
 */
typedef struct etwkit_input {
    size_t struct_size; /* sizeof(etwkit_input): set by ETWKIT_INPUT */
    const char *name;   /* stands in messages and in etwkit_trace_info; copied */
    void *context;      /* borrowed: must outlive the trace */
    /* Up to `size` bytes at `offset`; *got says how many came. 0: the end, or behind it. */
    etwkit_status (*read_at)(void *context, uint64_t offset, void *data, size_t size, size_t *got, etwkit_error *error);
    /* How many bytes there are now. */
    etwkit_status (*size)(void *context, uint64_t *size, etwkit_error *error);
} etwkit_input;

#define ETWKIT_INPUT \
    { sizeof(etwkit_input), NULL, NULL, NULL, NULL }

/* Opens one or more inputs as one trace, as etwkit_trace_open_paths() does. The array is needed for the call only. */
ETWKIT_API etwkit_status etwkit_trace_open_inputs(etwkit_trace **trace, const etwkit_input *inputs, size_t count,
                                                  const etwkit_trace_options *options, etwkit_error *error);

/*
 * Ends the reading: closes the files and gives back what was needed to read them. What is left until the close are the
 * schemas, for records that were copied, the statistics and the damage; the next batch is ETWKIT_END.
 */
ETWKIT_API void etwkit_trace_end(etwkit_trace *trace);
/* Releases everything and sets *trace to NULL. NULL is allowed. */
ETWKIT_API void etwkit_trace_close(etwkit_trace **trace);

/*
 * The next records; none where the filter kept back some MiB of them, so that a caller may show how far it is, or stop.
 * ETWKIT_END after the last; an error ends the reading (the records of earlier batches
 * were good). Records, values and texts of the batch before are invalid from here on.
 */
ETWKIT_API etwkit_status etwkit_trace_next(etwkit_trace *trace, const etwkit_batch **batch, etwkit_error *error);
/* Starts over at the first record. Statistics and damage are again as they were after opening, schemas stay known. */
ETWKIT_API etwkit_status etwkit_trace_rewind(etwkit_trace *trace, etwkit_error *error);
/* After ETWKIT_END with `follow`: looks for buffers that were written since. ETWKIT_OK: some; ETWKIT_END: none yet. */
ETWKIT_API etwkit_status etwkit_trace_refresh(etwkit_trace *trace, etwkit_error *error);

ETWKIT_API size_t etwkit_batch_count(const etwkit_batch *batch);
ETWKIT_API const etwkit_record *etwkit_batch_record(const etwkit_batch *batch, size_t index);

/*
 * The schema of a record of the current batch: never NULL but when memory ran out; etwkit_schema_is_known() tells
 * whether its fields are. The same kind of event gives the same pointer. Beyond 65,536 kinds of events in one trace a
 * schema lives only until the next batch.
 */
ETWKIT_API const etwkit_schema *etwkit_trace_schema(etwkit_trace *trace, const etwkit_record *record);
/* The schema that such an event would get now: another one where nothing described it, and metadata read since does.
 * NULL: memory ran out. */
ETWKIT_API const etwkit_schema *etwkit_trace_renew_schema(etwkit_trace *trace, const etwkit_schema *schema);
/* Every schema met so far: index 0, 1, ...; NULL after the last. */
ETWKIT_API const etwkit_schema *etwkit_trace_schema_at(const etwkit_trace *trace, size_t index);

/* A field's value as text in the trace's arena, until the next batch. Statuses of etwkit_record_value(). */
ETWKIT_API etwkit_status etwkit_record_text(etwkit_trace *trace, const etwkit_record *record, const etwkit_field *field,
                                            etwkit_text *text);

/* The event's message, with its values in it, in the trace's arena until the next batch. ETWKIT_ABSENT: its source has
 * none. What stands for a value that is not there stays as it is written ("%3"). */
ETWKIT_API etwkit_status etwkit_record_message(etwkit_trace *trace, const etwkit_record *record, etwkit_text *text);

/* The same for a record that is kept, with its schema. Writes at most `capacity` bytes (no NUL) and the whole length to
 * *length; ETWKIT_E_RANGE when it did not fit, ETWKIT_ABSENT, ETWKIT_E_NO_MEMORY. */
ETWKIT_API etwkit_status etwkit_schema_format_message(const etwkit_schema *schema, const etwkit_record *record,
                                                      char *text, size_t capacity, size_t *length);

/* The process or thread that a kernel event is about, from its payload. ETWKIT_ABSENT where none is derived. */
ETWKIT_API etwkit_status etwkit_record_payload_process_id(etwkit_trace *trace, const etwkit_record *record,
                                                          uint32_t *id);
ETWKIT_API etwkit_status etwkit_record_payload_thread_id(etwkit_trace *trace, const etwkit_record *record,
                                                         uint32_t *id);

/*
 * The call stack of a record of the current batch, innermost frame first: the event's own, as etwkit_record_stack() has
 * it, and with the option `stacks` also what its keys stand for and what StackWalk events tell of it, the kernel's half
 * before the user's. *frames lives until the next batch. ETWKIT_ABSENT where there is none, ETWKIT_E_NO_MEMORY.
 */
ETWKIT_API etwkit_status etwkit_trace_stack(etwkit_trace *trace, const etwkit_record *record, const uint64_t **frames,
                                            size_t *count);
/*
 * With the option `stacks`: the module in which an address of that stack lies, and how far from its begin. *module is
 * its name without folders ("ntdll.dll"), UTF-8, and lives until the reading is ended or the trace closed.
 * ETWKIT_ABSENT where none is known.
 */
ETWKIT_API etwkit_status etwkit_trace_frame(const etwkit_trace *trace, const etwkit_record *record, uint64_t address,
                                            const char **module, uint64_t *offset);

/* What became of the StackWalk events that were read so far; all 0 without the option `stacks`. */
typedef struct etwkit_stack_stats {
    uint64_t events;        /* to which something was joined */
    uint64_t joined;        /* stacks and halves of them: not delivered as events */
    uint64_t joined_by_key; /* those of `joined` that name a stack by its key */
    uint64_t definitions;   /* events that tell what a key stands for, and are not delivered either */
    uint64_t unmatched;     /* delivered as events: theirs never came, or not in time, or the key is not known */
    uint64_t keys_unknown;  /* those of `unmatched` whose event is there, but not what the key stands for */
    uint64_t refused;       /* stacks, keys and image events for which there was no room (docs/limits.md) */
} etwkit_stack_stats;

ETWKIT_API etwkit_stack_stats etwkit_trace_get_stack_stats(const etwkit_trace *trace);

typedef enum etwkit_clock {
    ETWKIT_CLOCK_QPC = 1,    /* performance counter */
    ETWKIT_CLOCK_SYSTEM = 2, /* FILETIME */
    ETWKIT_CLOCK_CPU = 3     /* cycle counter */
} etwkit_clock;

/* What a file says of itself and what its buffers show. Texts live as long as the trace. */
typedef struct etwkit_trace_info {
    const char *path;
    const char *session_name;  /* may be "" */
    const char *log_file_name; /* may be "" */
    uint64_t file_size;
    uint32_t os_major, os_minor, os_build;
    uint32_t processor_count;
    uint32_t pointer_size; /* of the traced system */
    etwkit_clock clock;
    uint64_t frequency; /* ticks per second of the clock */
    int64_t start_time; /* FILETIME */
    int64_t end_time;   /* FILETIME; 0 where the session never closed the file */
    int64_t boot_time;
    int32_t time_zone_bias;    /* minutes: UTC = local + bias */
    uint32_t timer_resolution; /* 100 ns units */
    uint32_t cpu_mhz;
    uint32_t log_file_mode;
    uint32_t maximum_file_size; /* MiB, 0: none */
    uint32_t buffer_size;       /* bytes */
    uint32_t buffers_written;   /* as the header says */
    uint32_t events_lost;       /* as the header says */
    uint32_t buffers_lost;
    uint64_t buffers; /* found in the file */
    uint64_t buffers_compressed;
    bool closed; /* false: the session never finished the file */
} etwkit_trace_info;

ETWKIT_API size_t etwkit_trace_file_count(const etwkit_trace *trace);
/* NULL past the last. */
ETWKIT_API const etwkit_trace_info *etwkit_trace_get_info(const etwkit_trace *trace, size_t file);

typedef struct etwkit_trace_stats {
    uint64_t events;          /* records delivered */
    uint64_t events_filtered; /* records that the filter kept back */
    uint64_t events_late;     /* delivered out of time order: the sorting window was too small */
    uint64_t events_damaged;  /* places skipped as damaged (a place may have held several events) */
    uint64_t bytes_damaged;   /* bytes skipped there */
    uint64_t buffers_read;
    uint64_t bytes_read;    /* bytes of buffers read from the files so far */
    uint64_t bytes_total;   /* bytes of all buffers: with bytes_read the progress */
    uint64_t damage;        /* damages reported, of any kind */
    uint64_t events_joined; /* with the option `stacks`: not delivered, because others have what they tell */
} etwkit_trace_stats;

ETWKIT_API etwkit_trace_stats etwkit_trace_get_stats(const etwkit_trace *trace);
/* The first 256 damages are kept: index 0, 1, ...; NULL after the last. */
ETWKIT_API const etwkit_error *etwkit_trace_damage(const etwkit_trace *trace, size_t index);

#ifdef __cplusplus
}
#endif
#endif
