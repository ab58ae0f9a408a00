/* SPDX-License-Identifier: MIT */
/* The providers that are installed on this Windows, as providers shows them, and by their names. */
#ifndef ETWKIT_CLI_INSTALLED_H
#define ETWKIT_CLI_INSTALLED_H

#include "cli.h"

/* Those that answer to a pattern (none: all); where it is one, with its events. The exit code; CLI_USAGE with what
 * works instead where there is no Windows, or nothing of that name. */
int installed_list(cli_output *output, const cli_list *patterns, bool json);
/* The GUID of one by its whole name; false: there is none, or no Windows. */
bool installed_id(const char *name, etwkit_guid *id);

#endif
