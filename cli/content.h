/* SPDX-License-Identifier: MIT */
/* What a file is, by its first bytes: names lie, and standard input has none. */
#ifndef ETWKIT_CLI_CONTENT_H
#define ETWKIT_CLI_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONTENT_HEAD = 512 /* bytes that tell; fewer only where there are no more */
};

typedef enum content_kind {
    CONTENT_OTHER,
    CONTENT_TRACE,
    CONTENT_ARCHIVE,   /* holds files */
    CONTENT_COMPRESSED /* holds one thing, perhaps an archive */
} content_kind;

/* *name: of an archive or a compression, as in "it is a …": constant. */
content_kind content_of(const uint8_t *bytes, size_t size, const char **name);

#endif
