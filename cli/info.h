/* SPDX-License-Identifier: MIT */
/* What the subcommand info finds out about one trace, and the two ways to show it. */
#ifndef ETWKIT_CLI_INFO_H
#define ETWKIT_CLI_INFO_H

#include "cli.h"
#include "tally.h"

typedef struct info_kind {
    const etwkit_schema *schema;
    uint64_t events;
    etwkit_schema_usage usage;
} info_kind;

typedef struct info_summary {
    etwkit_trace *trace;
    const etwkit_trace_info *info; /* of a recording in several files: what they are together */
    etwkit_trace_info together;
    etwkit_trace_stats stats;
    tally events;        /* by schema */
    int64_t first, last; /* FILETIMEs of the earliest and the latest event; last < first: there are none */
    info_kind *kinds;    /* that were met, most frequent first */
    size_t kind_count;
    uint64_t others;          /* events of kinds that are too many to be told apart */
    const cli_list *paths[2]; /* of traces and of lenders: what damage may be in */
    bool walked;              /* with --schemas: every payload was walked to its end */
} info_summary;

/* When the recording ended: what the trace says, or where the session never closed it, its latest event. */
int64_t info_end(const info_summary *summary);
/* From start to end in 100 ns, never negative. */
uint64_t info_duration(const info_summary *summary);

void info_print_text(cli_output *output, const info_summary *summary);
/* One JSON object in one line; docs/command.md has its keys. */
void info_print_json(cli_output *output, const info_summary *summary);

#endif
