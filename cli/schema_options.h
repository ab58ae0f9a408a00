/* SPDX-License-Identifier: MIT */
/* The options that say where events are described, shared by all subcommands that show events, and the places that are
 * looked at without being named. */
#ifndef ETWKIT_CLI_SCHEMA_OPTIONS_H
#define ETWKIT_CLI_SCHEMA_OPTIONS_H

#include "cli.h"

typedef struct schema_options {
    cli_list given; /* --schema */
    bool no_pack;
    cli_list paths; /* those, then the default places: schema_options_complete() */
    char **owned;   /* the default ones of them */
    size_t owned_count;
} schema_options;

/* For the groups of a cli_command. */
extern const cli_option schema_option_table[];
#define SCHEMA_OPTION_HEADING "What describes events"

/* Fills `paths`. Default places that are not there are told, and left out. */
void schema_options_complete(schema_options *options);
void schema_options_free(schema_options *options);

#endif
