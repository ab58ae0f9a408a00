/* SPDX-License-Identifier: MIT */
/* Whole files in memory. */
#include "base/file.h"

#include "base/error.h"

etwkit_status ek_file_load(const char *path, const etwkit_allocator *allocator, uint64_t limit, void **data,
                           size_t *size, etwkit_error *error) {
    ek_file *file;
    uint64_t length = 0;
    *data = NULL;
    *size = 0;
    etwkit_status status = ek_file_open(&file, path, allocator, error);
    if (status)
        return status;
    status = ek_file_size(file, &length, error);
    if (!status && length > limit)
        status = ek_fail(error, ETWKIT_E_LIMIT, "%s: larger than %u MiB, the most that is read of such a file", path,
                         (unsigned)(limit >> 20));
    if (!status && !(*data = ek_alloc(allocator, (size_t)length)))
        status = ek_fail_memory(error);
    if (!status)
        status = ek_file_read(file, 0, *data, (size_t)length, size, error);
    if (status) {
        ek_release(allocator, *data);
        *data = NULL;
    }
    ek_file_close(&file);
    return status;
}
