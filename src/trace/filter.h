/* SPDX-License-Identifier: MIT */
/* How a trace asks a filter about a record. */
#ifndef EK_TRACE_FILTER_H
#define EK_TRACE_FILTER_H

#include <etwkit/filter.h>
#include <etwkit/record.h>
#include <etwkit/schema.h>

/* Where the names of a record come from; only called where the filter asks for names and the header did not decide. */
typedef struct ek_filter_names {
    const etwkit_schema *(*schema)(void *context, const etwkit_record *record); /* may return NULL: out of memory */
    void *context;
} ek_filter_names;

bool ek_filter_match(const etwkit_filter *filter, const etwkit_record *record, const ek_filter_names *names);

#endif
