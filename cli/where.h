/* SPDX-License-Identifier: MIT */
/* --where of sessions of Windows: what events of a kind have to hold, as the library's payload filters. */
#ifndef ETWKIT_CLI_WHERE_H
#define ETWKIT_CLI_WHERE_H

#include "cli.h"

/* Each event that is named, with all that is said of it. */
typedef struct where_filters {
    etwkit_payload_filter *filters;
    size_t count;
    etwkit_payload_predicate *predicates; /* of all filters, one after another */
    char **texts;                         /* that they point into: one for each that was said */
    size_t text_count;
} where_filters;

/* CLI_GO_ON, or the exit code of a mistake that was told. Zero the filters before; free them in both cases. */
int where_read(where_filters *where, const char *command, const cli_list *said);
void where_free(where_filters *where);

#endif
