/* SPDX-License-Identifier: MIT */
/* One temporary file without a name, into which all goes that cannot be read where it is; its parts are read at
 * offsets. */
#ifndef ETWKIT_CLI_SPOOL_H
#define ETWKIT_CLI_SPOOL_H

#include "cli.h"
#include "input.h"

typedef struct spool {
    intptr_t file; /* SYSTEM_NO_FILE until something is added */
    const char *folder;
    uint64_t size, limit; /* bytes; the limit is the user's */
} spool;

/* Some bytes of a file: the context of the functions below, and so of an etwkit_input. */
typedef struct spool_part {
    intptr_t file;
    uint64_t offset, size;
    bool is_whole; /* the file is read as it is, and may grow */
} spool_part;

typedef enum spool_status {
    SPOOL_OK,
    SPOOL_FULL,  /* the limit is reached */
    SPOOL_FAILED /* the system says no: that was told */
} spool_status;

void spool_begin(spool *to, uint64_t limit);
spool_status spool_add(spool *to, const void *data, size_t size);
void spool_close(spool *to);

etwkit_status spool_part_read(void *context, uint64_t offset, void *data, size_t size, size_t *got,
                              etwkit_error *error);
etwkit_status spool_part_size(void *context, uint64_t *size, etwkit_error *error);

#endif
