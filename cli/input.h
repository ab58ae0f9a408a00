/* SPDX-License-Identifier: MIT */
/* Files read at offsets, pipes, and temporary files that nobody else sees. input_posix.c, input_windows.c */
#ifndef ETWKIT_CLI_INPUT_H
#define ETWKIT_CLI_INPUT_H

#include "system.h"

typedef enum input_kind {
    INPUT_FILE,     /* can be read at any offset */
    INPUT_PIPE,     /* comes once, from front to end */
    INPUT_TERMINAL, /* someone types */
    INPUT_OTHER     /* folders, devices */
} input_kind;

/* All of these return 0 or the system's error. A call that a signal interrupts fails only where that ends the command.
 */

/* `path` NULL: standard input, which is a pipe, too, where it is a file of which some was read already. */
int input_open(const char *path, intptr_t *file, input_kind *kind);
/* The next bytes of a pipe; *got is 0 at its end. */
int input_read(intptr_t file, void *data, size_t size, size_t *got);
int input_read_at(intptr_t file, uint64_t offset, void *data, size_t size, size_t *got);
int input_size(intptr_t file, uint64_t *size);
int input_write_at(intptr_t file, uint64_t offset, const void *data, size_t size);
/* A file without a name, in *folder: it is gone when it is closed, however the command ends. */
int input_temporary(intptr_t *file, const char **folder);

#endif
