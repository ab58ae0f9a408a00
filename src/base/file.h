/* SPDX-License-Identifier: MIT */
/* Files read at offsets, written in order: the one place that knows the operating system's. file_posix.c,
 * file_windows.c. */
#ifndef EK_BASE_FILE_H
#define EK_BASE_FILE_H

#include "base/memory.h"

#include <etwkit/status.h>

typedef struct ek_file ek_file;

/* For reading. Directories and other things that are no files are ETWKIT_E_IO. Messages name `path` (UTF-8). */
etwkit_status ek_file_open(ek_file **file, const char *path, const etwkit_allocator *allocator, etwkit_error *error);
/* Created or truncated, for writing; also readable. */
etwkit_status ek_file_create(ek_file **file, const char *path, const etwkit_allocator *allocator, etwkit_error *error);
/* The same, but only where nothing has that name: ETWKIT_E_EXISTS. */
etwkit_status ek_file_create_new(ek_file **file, const char *path, const etwkit_allocator *allocator,
                                 etwkit_error *error);
void ek_file_close(ek_file **file);
/* The size now; it may have grown or shrunk since. */
etwkit_status ek_file_size(ek_file *file, uint64_t *size, etwkit_error *error);
/* Up to `size` bytes at `offset`; fewer only at the end of the file: *got says how many. Repeats after EINTR. */
etwkit_status ek_file_read(ek_file *file, uint64_t offset, void *data, size_t size, size_t *got, etwkit_error *error);
/* All or an error. */
etwkit_status ek_file_write(ek_file *file, uint64_t offset, const void *data, size_t size, etwkit_error *error);
/* Cuts the file off, or fills it up with zeros. */
etwkit_status ek_file_resize(ek_file *file, uint64_t size, etwkit_error *error);

/* All of a file, of at most `limit` bytes (else ETWKIT_E_LIMIT), in memory that is given back with ek_release(). */
etwkit_status ek_file_load(const char *path, const etwkit_allocator *allocator, uint64_t limit, void **data,
                           size_t *size, etwkit_error *error);

#endif
