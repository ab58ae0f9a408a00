/* SPDX-License-Identifier: MIT */
/* Files on POSIX systems: pread and pwrite, never a mapping (a mapped file that shrinks kills the process). */
#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct ek_file {
    etwkit_allocator allocator;
    int descriptor;
    char path[];
};

static etwkit_status status_of(int code) {
    switch (code) {
    case ENOENT:
    case ENOTDIR: return ETWKIT_E_NOT_FOUND;
    case EACCES:
    case EPERM: return ETWKIT_E_DENIED;
    case ENOMEM: return ETWKIT_E_NO_MEMORY;
    case EEXIST: return ETWKIT_E_EXISTS;
    default: return ETWKIT_E_IO;
    }
}

static etwkit_status fail(etwkit_error *error, const char *verb, const char *path, uint64_t offset, int code) {
    etwkit_status status = ek_fail(error, status_of(code), "%s: cannot %s: %s", path, verb, strerror(code));
    if (error) {
        error->offset = offset;
        error->system_error = code;
    }
    return status;
}

static int open_again(const char *path, int flags) {
    int descriptor;
    do
        descriptor = open(path, flags | O_CLOEXEC, 0666);
    while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

static etwkit_status open_file(ek_file **file, const char *path, int flags, const etwkit_allocator *allocator,
                               etwkit_error *error) {
    size_t length = strlen(path);
    *file = NULL;
    ek_file *opened = ek_alloc(allocator, sizeof *opened + length + 1);
    if (!opened)
        return ek_fail_memory(error);
    opened->allocator = *allocator;
    memcpy(opened->path, path, length + 1);
    opened->descriptor = open_again(path, flags);
    struct stat about = {0};
    int code = opened->descriptor < 0 || fstat(opened->descriptor, &about) < 0 ? errno : 0;
    if (!code && S_ISDIR(about.st_mode))
        code = EISDIR;
    if (code) {
        if (opened->descriptor >= 0)
            close(opened->descriptor);
        ek_release(allocator, opened);
        return fail(error, "open", path, ETWKIT_NO_OFFSET, code);
    }
    *file = opened;
    return ETWKIT_OK;
}

etwkit_status ek_file_open(ek_file **file, const char *path, const etwkit_allocator *allocator, etwkit_error *error) {
    return open_file(file, path, O_RDONLY, allocator, error);
}

etwkit_status ek_file_create(ek_file **file, const char *path, const etwkit_allocator *allocator, etwkit_error *error) {
    return open_file(file, path, O_RDWR | O_CREAT | O_TRUNC, allocator, error);
}

etwkit_status ek_file_create_new(ek_file **file, const char *path, const etwkit_allocator *allocator,
                                 etwkit_error *error) {
    return open_file(file, path, O_RDWR | O_CREAT | O_EXCL, allocator, error);
}

void ek_file_close(ek_file **file) {
    if (!*file)
        return;
    etwkit_allocator allocator = (*file)->allocator;
    close((*file)->descriptor);
    ek_release(&allocator, *file);
    *file = NULL;
}

etwkit_status ek_file_size(ek_file *file, uint64_t *size, etwkit_error *error) {
    struct stat about;
    if (fstat(file->descriptor, &about) < 0)
        return fail(error, "measure", file->path, ETWKIT_NO_OFFSET, errno);
    *size = about.st_size < 0 ? 0 : (uint64_t)about.st_size;
    return ETWKIT_OK;
}

etwkit_status ek_file_read(ek_file *file, uint64_t offset, void *data, size_t size, size_t *got, etwkit_error *error) {
    for (*got = 0; *got < size;) {
        ssize_t count = pread(file->descriptor, (uint8_t *)data + *got, size - *got, (off_t)(offset + *got));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(error, "read", file->path, offset + *got, errno);
        if (count == 0)
            break;
        *got += (size_t)count;
    }
    return ETWKIT_OK;
}

etwkit_status ek_file_write(ek_file *file, uint64_t offset, const void *data, size_t size, etwkit_error *error) {
    for (size_t done = 0; done < size;) {
        ssize_t count = pwrite(file->descriptor, (const uint8_t *)data + done, size - done, (off_t)(offset + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(error, "write", file->path, offset + done, errno);
        done += (size_t)count;
    }
    return ETWKIT_OK;
}

etwkit_status ek_file_resize(ek_file *file, uint64_t size, etwkit_error *error) {
    int result;
    do
        result = ftruncate(file->descriptor, (off_t)size);
    while (result < 0 && errno == EINTR);
    return result < 0 ? fail(error, "resize", file->path, size, errno) : ETWKIT_OK;
}
