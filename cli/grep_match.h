/* SPDX-License-Identifier: MIT */
/* Does an event say something? Its strings against what a user looks for. */
#ifndef ETWKIT_CLI_GREP_MATCH_H
#define ETWKIT_CLI_GREP_MATCH_H

#include "cli.h"

typedef struct grep_options {
    bool ignore_case, extended, invert, count;
} grep_options;

/* For the groups of a cli_command. */
extern const cli_option grep_option_table[];

typedef struct grep_matcher grep_matcher;

/* CLI_GO_ON with the matcher, or the exit code of a mistake that was reported. `messages`: these are searched, too. */
int grep_compile(grep_matcher **matcher, const char *pattern, const grep_options *options, bool messages);
void grep_free(grep_matcher **matcher);
/* Before the records of a batch. */
void grep_begin_batch(grep_matcher *matcher, const etwkit_trace *trace);
/* Is the record wanted? ETWKIT_OK, ETWKIT_ABSENT, ETWKIT_E_NO_MEMORY. */
etwkit_status grep_record(grep_matcher *matcher, etwkit_trace *trace, const etwkit_record *record);

#endif
