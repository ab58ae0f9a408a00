/* SPDX-License-Identifier: MIT */
/* What the files of the subcommand schema share. */
#ifndef ETWKIT_CLI_SCHEMA_H
#define ETWKIT_CLI_SCHEMA_H

#include "cli.h"

/* argv[0] is "pack". */
int cli_schema_pack(int argc, char **argv);

#endif
