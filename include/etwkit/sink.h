/* SPDX-License-Identifier: MIT */
/* Sinks: records in, a text format or a file of packets out. */
#ifndef ETWKIT_SINK_H
#define ETWKIT_SINK_H

#include <etwkit/processes.h>
#include <etwkit/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct etwkit_sink etwkit_sink;

typedef enum etwkit_format {
    ETWKIT_FORMAT_JSONL = 1, /* one JSON object a line, CONTRACT.md's keys */
    ETWKIT_FORMAT_TEXT = 2,  /* for eyes */
    ETWKIT_FORMAT_CSV = 3,   /* the same keys as columns, quoted as RFC 4180 has it; the first line names them */
    ETWKIT_FORMAT_PCAPNG = 4 /* the packets that NDIS captures and pktmon recorded; other events are only counted */
} etwkit_format;

enum {
    ETWKIT_SINK_NUMERIC = 1, /* mapped values as numbers */
    ETWKIT_SINK_PAYLOAD = 2, /* the payload in hex, too */
    ETWKIT_SINK_COLOR = 4,   /* text: ANSI colours */
    ETWKIT_SINK_LOCAL = 8,   /* text: times in the recorder's time zone (time_zone_bias) instead of UTC */
    /* csv: one column for each field of the first event instead of one of all properties. An event with other fields is
     * refused (ETWKIT_E_TYPE), the output stays whole. */
    ETWKIT_SINK_FIELDS = 16,
    /* The names of level, opcode, task, channel and keywords beside their numbers, as far as they are known. */
    ETWKIT_SINK_NAMES = 32,
    /* The event's message, formatted, where its source has one: of WPP messages what their TMF says. */
    ETWKIT_SINK_MESSAGE = 64,
    /* pcapng: pktmon records a packet at each component that it passes. Without these it is written where it appears
     * first; with the one at each of them, with the other only where pktmon tells that it was dropped. */
    ETWKIT_SINK_PACKETS_ALL = 1024,
    ETWKIT_SINK_PACKETS_DROPPED = 2048,
    /* Stacks as etwkit_trace_stack() has them, and beside them the modules of their addresses: for traces that were
     * opened with the option `stacks`. Without this flag an event's own stack is shown (text: none). */
    ETWKIT_SINK_STACKS = 128
};

/* Takes `size` bytes, all or an error (ETWKIT_E_IO with system_error). */
typedef etwkit_status (*etwkit_write_function)(void *context, const void *data, size_t size, etwkit_error *error);

typedef struct etwkit_sink_options {
    size_t struct_size; /* sizeof(etwkit_sink_options) */
    const etwkit_allocator *allocator;
    etwkit_format format;
    unsigned flags; /* ETWKIT_SINK_* */
    etwkit_write_function write;
    void *context;
    /* Events of a batch are written by this many threads, the caller's among them; 0 and 1: by the caller's alone. The
     * sink makes the others; the allocator must then serve several threads. The bytes are the same. Text, pcapng, and
     * csv with ETWKIT_SINK_FIELDS are always written by one. Walks of several threads do not count in
     * etwkit_schema_usage. */
    unsigned threads;
    /* Text and pcapng: whose processes' names stand beside their ids; NULL: none do. Borrowed: must outlive the sink.
     * What is added to it while the sink is in use shows in the events written later. */
    const etwkit_processes *processes;
} etwkit_sink_options;

/* *sink is NULL on failure (ETWKIT_E_INVALID, ETWKIT_E_NO_MEMORY). Used by one thread at a time. */
ETWKIT_API etwkit_status etwkit_sink_open(etwkit_sink **sink, const etwkit_sink_options *options, etwkit_error *error);
/* Appends a record of the trace's current batch. Output is buffered; errors are those of memory and of `write`,
 * and ETWKIT_E_TYPE with ETWKIT_SINK_FIELDS. */
ETWKIT_API etwkit_status etwkit_sink_record(etwkit_sink *sink, etwkit_trace *trace, const etwkit_record *record,
                                            etwkit_error *error);
/* Appends a record that was kept, with its schema. The times are UTC and processes have no names: both would come from
 * the trace. Errors as above. */
ETWKIT_API etwkit_status etwkit_sink_event(etwkit_sink *sink, const etwkit_schema *schema, const etwkit_record *record,
                                           etwkit_error *error);
/* Appends the first `count` records of the trace's current batch, or all where it has fewer. Errors as above. */
ETWKIT_API etwkit_status etwkit_sink_batch(etwkit_sink *sink, etwkit_trace *trace, const etwkit_batch *batch,
                                           size_t count, etwkit_error *error);
/*
 * pcapng: takes in what a record of any trace of the same files tells of capture interfaces, and writes nothing. An
 * interface is described in front of its first packet, pktmon names its components at the end of a trace: who wants
 * the names in looks for them first. Other formats and records: nothing happens. ETWKIT_E_NO_MEMORY.
 */
ETWKIT_API etwkit_status etwkit_sink_name_interfaces(etwkit_sink *sink, const etwkit_record *record,
                                                     etwkit_error *error);

/* What became of the events so far. */
typedef struct etwkit_packet_counts {
    uint64_t packets;        /* written */
    uint64_t interfaces;     /* that they were captured at */
    uint64_t truncated;      /* of the packets: captured in part */
    uint64_t left_out;       /* further appearances of a packet; with ETWKIT_SINK_PACKETS_DROPPED all not dropped */
    uint64_t drops_left_out; /* reports that a packet that was written before was dropped */
    uint64_t incomplete;     /* packets of which a fragment is missing, those under way included */
    uint64_t unlinked;       /* packets without a link layer (HTTP and others of pktmon) */
    uint64_t unreadable;     /* packet events whose payload is not what it should be */
    uint64_t other_events;   /* no packets */
} etwkit_packet_counts;
/* All zero where the sink's format is not pcapng. */
ETWKIT_API etwkit_packet_counts etwkit_sink_get_packets(const etwkit_sink *sink);

/* Hands everything so far to `write`. */
ETWKIT_API etwkit_status etwkit_sink_flush(etwkit_sink *sink, etwkit_error *error);
/* Releases the sink without flushing; *sink becomes NULL. */
ETWKIT_API void etwkit_sink_close(etwkit_sink **sink);

#ifdef __cplusplus
}
#endif
#endif
