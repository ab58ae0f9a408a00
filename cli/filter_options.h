/* SPDX-License-Identifier: MIT */
/* The options that say which events are wanted, shared by the subcommands that read traces, and the filter they mean.
 */
#ifndef ETWKIT_CLI_FILTER_OPTIONS_H
#define ETWKIT_CLI_FILTER_OPTIONS_H

#include "cli.h"

typedef struct filter_options {
    cli_list providers, events, ids, opcodes, processes, threads, keywords;
    const char *level, *since, *until; /* NULL: not given */
} filter_options;

/* The numbers that lists name ("4,700-799"); free() the items. */
typedef struct number_list {
    uint32_t *items;
    size_t count;
} number_list;

/* false: no such list, a number above `most`, backwards, or too many. */
bool number_list_add(number_list *numbers, const char *text, uint32_t most);

/* For the groups of a cli_command. */
extern const cli_option filter_option_table[];

/* Do --since or --until count from the start of the trace? */
bool filter_is_relative(const filter_options *options);
/*
 * CLI_GO_ON with the filter (NULL: every event), or the exit code of a mistake that was reported. `start` is the
 * FILETIME that relative times count from. Free it with etwkit_filter_free().
 */
int filter_build(const filter_options *options, const char *command, int64_t start, etwkit_filter **filter);
void filter_options_free(filter_options *options);

#endif
