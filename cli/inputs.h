/* SPDX-License-Identifier: MIT */
/* From the operands of a command to traces: files as they are, pipes and archives by way of the spool. */
#ifndef ETWKIT_CLI_INPUTS_H
#define ETWKIT_CLI_INPUTS_H

#include "cli.h"
#include "spool.h"

#define INPUT_OPTION_HEADING "Archives and pipes"

/* Zeroed, these are the defaults. */
typedef struct input_options {
    const char *limit;
    const char *ratio;
} input_options;

extern const cli_option input_option_table[];

typedef struct inputs {
    etwkit_input *items; /* for etwkit_trace_open_inputs() */
    size_t count;
    cli_list names;      /* of all that messages may be about: operands, and traces in archives */
    const char *spooled; /* an operand that is not read where it is, or NULL: it cannot be followed */
    /* private */
    spool spool;
    uint64_t ratio;
    cli_damage *damage;
    void **owned; /* names and contexts of items */
    size_t owned_count;
} inputs;

/* CLI_USAGE with a message where the options make no sense, else CLI_GO_ON. */
int input_options_check(const char *command, const input_options *options);
/*
 * Opens the operands; the traces of an archive become traces of their own. CLI_GO_ON, or the exit code of a failure
 * that was told. What of an archive is damaged is told and counted by `damage`. Close it in both cases; zero it before.
 */
int inputs_open(inputs *to, const cli_list *operands, const input_options *options, cli_damage *damage);
void inputs_close(inputs *to);

#endif
