/* SPDX-License-Identifier: MIT */
/* Events as they come, of one trace or of several, into standard output or a file: for listen and replay. */
#ifndef ETWKIT_CLI_SHOW_H
#define ETWKIT_CLI_SHOW_H

#include "cli.h"

/* Set `limit` to UINT64_MAX, zero the rest. */
typedef struct show_options {
    const char *format, *output;
    uint64_t limit;
    bool local, numeric, names, message, payload;
} show_options;

extern const cli_option show_option_table[];

typedef struct show {
    const show_options *options;
    etwkit_sink *sink;
    uint64_t left; /* events still wanted */
    cli_output output;
} show;

/* CLI_GO_ON, or the exit code of what was told. Call show_end() in both cases; zero it before. */
int show_begin(show *it, const char *command, const show_options *options);
/* Are there events still wanted, and somebody to read them? */
bool show_goes_on(const show *it);
/* The batch, as far as it is wanted. ETWKIT_OK, or an error; that of the output was told, and is ETWKIT_OK. */
etwkit_status show_batch(show *it, etwkit_trace *trace, const etwkit_batch *batch, etwkit_error *error);
/* What was shown so far is seen from here on. */
void show_flush(show *it);
/* CLI_DONE, or CLI_USAGE where something could not be written. */
int show_end(show *it);

#endif
