/* SPDX-License-Identifier: MIT */
/* The library as the subcommands providers and schema use it: opened with its damage told, and searched by name. */
#ifndef ETWKIT_CLI_KNOWN_PROVIDERS_H
#define ETWKIT_CLI_KNOWN_PROVIDERS_H

#include "cli.h"
#include "schema_options.h"

typedef struct library_state {
    schema_options *options;
    etwkit_library *library;
    cli_damage damage;
    bool unreadable; /* a file that was asked for cannot be read */
} library_state;

/* CLI_GO_ON, or the exit code of what was reported. Fills the options' paths. */
int library_open(library_state *state, schema_options *options);
void library_close(library_state *state);
/* Of what was done: CLI_DONE, or CLI_DAMAGED where damage was told. */
int library_code(const library_state *state);

/* Does the provider answer to a name (a pattern, or a part) or GUID? */
bool library_matches(const etwkit_provider *provider, const char *name);
/* Says that nothing has this name, and what may have been meant; returns CLI_USAGE. */
int library_nothing(const library_state *state, const char *name);
/* The one provider of that name, GUID, or unique part of a name: CLI_GO_ON, or CLI_USAGE once it was said why not. */
int library_find(const library_state *state, const char *name, const etwkit_provider **provider);
/* What it was read from: "pack", or the file's name without its folders. */
const char *library_source(const etwkit_provider *provider);

#endif
