/* SPDX-License-Identifier: MIT */
/* Reads bytes from wherever a trace is. What a caller's functions return is checked here, and nowhere else. */
#include "etl/source.h"

#include "base/error.h"

void ek_source_close(ek_source *source) {
    ek_file_close(&source->file);
}

/* A sentence that holds whatever the caller's function says, or leaves unsaid. */
static void prepare(const ek_source *source, const char *verb, uint64_t offset, etwkit_error *error) {
    ek_fail(error, ETWKIT_E_IO, "%s: cannot %s", source->given.name, verb);
    error->offset = offset;
}

/* Its status, which no function of a caller can turn into the end of the trace. */
static etwkit_status finish(etwkit_status status, etwkit_error *own, etwkit_error *error) {
    if (status > ETWKIT_OK)
        status = ETWKIT_E_IO;
    own->status = status;
    own->message[sizeof own->message - 1] = 0;
    if (status && error)
        *error = *own;
    return status;
}

etwkit_status ek_source_size(const ek_source *source, uint64_t *size, etwkit_error *error) {
    etwkit_error own;
    if (source->file)
        return ek_file_size(source->file, size, error);
    *size = source->data_size;
    if (!source->given.read_at)
        return ETWKIT_OK;
    *size = 0;
    prepare(source, "measure", ETWKIT_NO_OFFSET, &own);
    return finish(source->given.size(source->given.context, size, &own), &own, error);
}

etwkit_status ek_source_read(const ek_source *source, uint64_t offset, void *data, size_t size, size_t *got,
                             etwkit_error *error) {
    etwkit_error own;
    if (source->file)
        return ek_file_read(source->file, offset, data, size, got, error);
    for (*got = 0; *got < size;) {
        size_t part = 0;
        prepare(source, "read", offset + *got, &own);
        etwkit_status status = source->given.read_at(source->given.context, offset + *got, (uint8_t *)data + *got,
                                                     size - *got, &part, &own);
        if (!status && part > size - *got) {
            ek_fail(&own, ETWKIT_E_INVALID, "%s: more was read than was asked for", source->given.name);
            status = ETWKIT_E_INVALID;
        }
        status = finish(status, &own, error);
        if (status)
            return status;
        if (part == 0)
            break;
        *got += part;
    }
    return ETWKIT_OK;
}
