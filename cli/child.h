/* SPDX-License-Identifier: MIT */
/* The program that record and listen run: one at a time. child_posix.c, child_windows.c */
#ifndef ETWKIT_CLI_CHILD_H
#define ETWKIT_CLI_CHILD_H

#include "system.h"

/* As shells and wrappers have it. */
enum {
    CHILD_NOT_EXECUTABLE = 126,
    CHILD_NOT_FOUND = 127
};

#define CHILD_FOREVER UINT32_MAX

/*
 * Runs arguments[0], found by the PATH, with a variable in its environment; `arguments` ends with NULL. With
 * output_to_stderr its standard output goes there. CLI_GO_ON; else a message said why not, and it is the exit code.
 *
 * From here on signals end the child, not the command, which waits for it: those of the terminal it gets by itself,
 * others are handed to it.
 */
int child_start(const char *const *arguments, const char *variable, const char *value, bool output_to_stderr);
/* Waits up to that many milliseconds. true: it has ended, with this code, or 128 + the number of a signal. */
bool child_wait(uint32_t milliseconds, int *code);

/* The same file by its full path, whatever the folder a program changes to; NULL: memory ran out, or worse. Free it
 * with free(). */
char *child_full_path(const char *path);

#endif
