/* SPDX-License-Identifier: MIT */
/* The temporary file: written once from front to end, read anywhere. One file whatever goes in, so that an archive of
 * many traces does not run out of descriptors. */
#include "spool.h"

#include <string.h>

void spool_begin(spool *to, uint64_t limit) {
    to->file = SYSTEM_NO_FILE;
    to->folder = NULL;
    to->size = 0;
    to->limit = limit;
}

static spool_status fail(const spool *to, const char *verb, int system_error) {
    char text[128];
    system_error_text(system_error, text, sizeof text);
    cli_message("cannot %s a temporary file in %s: %s; TMPDIR names another folder", verb, to->folder, text);
    return SPOOL_FAILED;
}

spool_status spool_add(spool *to, const void *data, size_t size) {
    if (size > to->limit - to->size)
        return SPOOL_FULL;
    if (to->file == SYSTEM_NO_FILE) {
        int system_error = input_temporary(&to->file, &to->folder);
        if (system_error)
            return fail(to, "make", system_error);
    }
    int system_error = input_write_at(to->file, to->size, data, size);
    if (system_error)
        return fail(to, "write", system_error);
    to->size += size;
    return SPOOL_OK;
}

void spool_close(spool *to) {
    if (to->file != SYSTEM_NO_FILE)
        (void)system_close(to->file);
    to->file = SYSTEM_NO_FILE;
}

/* The error holds "NAME: cannot read" already. */
static etwkit_status finish(int system_error, etwkit_error *error) {
    if (!system_error)
        return ETWKIT_OK;
    char text[128];
    size_t length = strlen(error->message);
    system_error_text(system_error, text, sizeof text);
    cli_format(error->message + length, sizeof error->message - length, ": %s", text);
    error->system_error = system_error;
    return ETWKIT_E_IO;
}

etwkit_status spool_part_read(void *context, uint64_t offset, void *data, size_t size, size_t *got,
                              etwkit_error *error) {
    const spool_part *part = context;
    *got = 0;
    if (!part->is_whole && offset >= part->size)
        return ETWKIT_OK;
    if (!part->is_whole && size > part->size - offset)
        size = (size_t)(part->size - offset);
    return finish(input_read_at(part->file, part->offset + offset, data, size, got), error);
}

etwkit_status spool_part_size(void *context, uint64_t *size, etwkit_error *error) {
    const spool_part *part = context;
    *size = part->size;
    return part->is_whole ? finish(input_size(part->file, size), error) : ETWKIT_OK;
}
