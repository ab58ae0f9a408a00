/* SPDX-License-Identifier: MIT */
/* A C trace that several Python objects hold: who reads it, and the schemas of those events that live longer. */
#ifndef PYETWKIT_SOURCE_H
#define PYETWKIT_SOURCE_H

#include "tally.h"

#include <etwkit/arrow.h>

typedef struct schema_object schema_object;

/*
 * Counted by hand, with the GIL held: no Python object, since nothing in it can refer back to what holds it once
 * source_end() was called. Its owner (a Trace, or an iterator that needed one of its own) must call that.
 */
typedef struct source {
    size_t references;
    core_state *state;
    etwkit_trace *trace;
    PyObject *filter; /* EventFilter that the trace borrows from, or NULL */
    Py_buffer data;   /* of a trace in memory; data.obj NULL: none */
    bool busy;        /* a thread is at its records: see source_enter() */
    bool in_use;      /* an iterator reads it */
    bool ends;        /* to be ended when it is no longer busy */
    bool interrupted; /* of no use any more but for what was read */
    uint64_t batch;   /* number of the current one */
    /* Schemas met so far, by the library's pointer: open addressing, a power of two of slots. */
    schema_object **schemas;
    size_t schema_mask, schema_count;
    const etwkit_schema *recent_key;
    schema_object *recent;
    /* As they were after the latest reading: threads may ask for them while another one reads. */
    etwkit_trace_stats stats;
    etwkit_error *damage;
    size_t damage_count, damage_capacity;
} source;

/* What a Trace was opened with, so that each reader can have a trace of its own. All references are borrowed. */
typedef struct source_options {
    etwkit_session *session; /* whose events are read; it must not be freed before source_end(). NULL: files, memory */
    PyObject *paths;         /* tuple of str; NULL: from memory */
    PyObject *data;          /* an object with a buffer, or NULL */
    PyObject *filter;        /* EventFilter or NULL */
    PyObject *schemas;       /* tuple of str */
    uint64_t memory_limit;
    unsigned threads;
    bool unordered, strict, no_pack;
} source_options;

/* A new one with one reference, or NULL with an exception. Opens the trace without the GIL. */
source *source_open(core_state *state, const source_options *options);
/* A recipe of Arrow streams of the same; `columns` lacks only its trace options. NULL with an exception. */
etwkit_arrow *source_arrow(core_state *state, const source_options *options, etwkit_arrow_options *columns);
source *source_keep(source *kept);
void source_release(source *released);
/* Closes the files and forgets the schemas; events that were made of it stay good. */
void source_end(source *ending);

/*
 * Between these two the batch stays: nobody else reads, and the end waits, while objects are made of it or code of the
 * caller runs. false with an exception: somebody is there already.
 */
bool source_enter(source *entered);
void source_leave(source *entered);

/* Back to the first record. 0, or -1 with an exception. Nobody is there. */
int source_rewind(source *from);
/* The next batch of one that was entered, read without the GIL. ETWKIT_OK, ETWKIT_END, or -1 with an exception. */
int source_next(source *from, const etwkit_batch **batch);
/* As many batches as a few ten milliseconds give: adds to *count, and to `kinds` (may be NULL). The same results. */
int source_read(source *from, uint64_t *count, tally *kinds);
/* Some batches into a sink, until there are `limit` events in all; at the end it is flushed. The same results. */
int source_write(source *from, etwkit_sink *sink, uint64_t limit, uint64_t *count);
/* The Schema object of a schema of the source: a new reference. */
schema_object *source_wrap(source *from, const etwkit_schema *schema);
/* The Schema of a record of the current batch: a new reference. */
schema_object *source_schema(source *from, const etwkit_record *record);

#endif
