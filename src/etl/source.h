/* SPDX-License-Identifier: MIT */
/* Where the bytes of a trace come from: a file, memory, or functions of the caller. */
#ifndef EK_ETL_SOURCE_H
#define EK_ETL_SOURCE_H

#include "base/file.h"

#include <etwkit/trace.h>

#include <stdbool.h>

/* One of the first two, or memory. */
typedef struct ek_source {
    ek_file *file;       /* owned: closed with the source */
    etwkit_input given;  /* where its read_at is set; its name lives as long as the source */
    const uint8_t *data; /* borrowed */
    uint64_t data_size;
} ek_source;

static inline bool ek_source_is_memory(const ek_source *source) {
    return !source->file && !source->given.read_at;
}

void ek_source_close(ek_source *source);
/* The size now; but for memory it may change. */
etwkit_status ek_source_size(const ek_source *source, uint64_t *size, etwkit_error *error);
/* For files and functions: up to `size` bytes at `offset`, fewer only at the end. Several threads may read at once. */
etwkit_status ek_source_read(const ek_source *source, uint64_t offset, void *data, size_t size, size_t *got,
                             etwkit_error *error);

#endif
