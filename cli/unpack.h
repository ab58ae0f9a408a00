/* SPDX-License-Identifier: MIT */
/* Archives and compressed files, entry by entry. unpack_libarchive.c; where that library is missing unpack_absent.c */
#ifndef ETWKIT_CLI_UNPACK_H
#define ETWKIT_CLI_UNPACK_H

#include "content.h"

#include <etwkit/trace.h>

/* Bytes that may come out whatever their ratio to those that went in: small files are no bombs. */
#define UNPACK_FREE (UINT64_C(64) << 20)

typedef enum unpack_status {
    UNPACK_OK,
    UNPACK_END,     /* no further bytes, or entries */
    UNPACK_DAMAGED, /* this entry ends here, or is not what it was: unpack_why(); the next one may be read */
    UNPACK_LOCKED,  /* this entry needs a password; the next one may be read */
    UNPACK_BROKEN,  /* nothing further can be read: unpack_why() */
    UNPACK_BOMB,    /* more came out than `ratio` times what went in */
    UNPACK_ABSENT,  /* this build cannot unpack anything */
    UNPACK_STOPPED  /* by a signal */
} unpack_status;

typedef struct unpack unpack;

typedef struct unpack_settings {
    const etwkit_input *packed; /* the archive: borrowed, as what it points to */
    content_kind kind;
    uint64_t ratio;
    uint64_t free; /* UNPACK_FREE */
} unpack_settings;

/* *opened is NULL where it fails: UNPACK_BROKEN, whose reason is in `why`, or UNPACK_ABSENT. */
unpack_status unpack_open(unpack **opened, const unpack_settings *settings, char *why, size_t capacity);
void unpack_close(unpack **opened);
/* The next file; folders and links are passed over. *name until the next call, as it stands in the archive: it is for
 * messages, never for the file system; NULL: it has none. UNPACK_OK, _END, _LOCKED, _BROKEN, _BOMB. */
unpack_status unpack_next(unpack *of, const char **name);
/* Up to `size` bytes of it; UNPACK_OK with fewer only at its end. */
unpack_status unpack_read(unpack *of, void *data, size_t size, size_t *got);
/* Its other bytes are not wanted. */
unpack_status unpack_skip(unpack *of);
const char *unpack_why(const unpack *of);
/* Of the archive's bytes, how many were read; for progress. */
uint64_t unpack_position(const unpack *of);

#endif
