/* SPDX-License-Identifier: MIT */
/* Asks everything that can be asked of a record, its schema and its values, and checks the answers. */
#ifndef EK_FUZZ_SHOW_H
#define EK_FUZZ_SHOW_H

#include "sink/sink.h"

#include <etwkit/value.h>

/* Header, items, stack: what needs no schema. Everything that the record points to must lie inside its data. */
void fuzz_show_record(const etwkit_record *record);
/* The schema's names, fields, members, maps. */
void fuzz_show_schema(const etwkit_schema *schema);
/* Walks the payload, and asks each value for all that it could be. */
void fuzz_show_values(const etwkit_record *record, const etwkit_schema *schema);

/* A sink whose output is checked piece by piece: UTF-8, no control characters, and of jsonl that it is JSON. */
typedef struct fuzz_sink {
    etwkit_sink *sink;
    bool is_jsonl, color;
    uint64_t bytes;
    size_t lines; /* of jsonl */
} fuzz_sink;

etwkit_status fuzz_sink_open(fuzz_sink *to, etwkit_format format, unsigned flags, const etwkit_allocator *allocator);

#endif
