/* SPDX-License-Identifier: MIT */
/* What record and listen tell the program that they run: the text of ETWKIT_RECORD (docs/sessions.md). */
#ifndef ETWKIT_CLI_WISHES_H
#define ETWKIT_CLI_WISHES_H

#include "cli.h"

#define WISHES_VARIABLE "ETWKIT_RECORD"

extern const char wishes_provider_help[];

typedef struct wishes {
    char *text; /* starts as NULL; free it with free() */
    size_t length;
} wishes;

/* "key=value", after what is there. */
void wishes_add(wishes *to, const char *key, const char *value);
/* Every --provider. CLI_GO_ON, or the exit code of a mistake that was told. */
int wishes_add_providers(wishes *to, const char *command, const cli_list *providers);
/* The parts of NAME[:LEVEL[:KEYWORDS]], of which those that are not said stay as they are; free *name in any case.
 * CLI_GO_ON, or the exit code of a mistake that was told. */
int wishes_split(const char *command, const char *said, char **name, uint8_t *level, uint64_t *keywords);
/* What works on a system without sessions of its own: a sentence. */
const char *wishes_here(const char *command);
/* CLI_USAGE where there is nothing to run, with what works on this system; else CLI_GO_ON. */
int wishes_need_a_command(const char *command, const cli_list *operands);

#endif
