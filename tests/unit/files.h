/* SPDX-License-Identifier: MIT */
/* Files and folders for a test, below the folder that it runs in. */
#ifndef EK_TEST_FILES_H
#define EK_TEST_FILES_H

#include "base/file.h"
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#ifdef _WIN32
#include <direct.h>
#else
#include <unistd.h>
#endif

static inline bool make_folder(const char *path) {
#ifdef _WIN32
    return _mkdir(path) == 0;
#else
    return mkdir(path, 0700) == 0;
#endif
}

static inline bool remove_folder(const char *path) {
#ifdef _WIN32
    return _rmdir(path) == 0;
#else
    return rmdir(path) == 0;
#endif
}

static inline bool set_environment(const char *name, const char *value) {
#ifdef _WIN32
    return _putenv_s(name, value) == 0;
#else
    return setenv(name, value, 1) == 0;
#endif
}

static inline bool write_file(const char *path, const void *data, size_t size) {
    etwkit_allocator memory = ek_allocator_or_default(NULL);
    ek_file *file;
    if (ek_file_create(&file, path, &memory, NULL))
        return false;
    etwkit_status status = size ? ek_file_write(file, 0, data, size, NULL) : ETWKIT_OK;
    ek_file_close(&file);
    return status == ETWKIT_OK;
}

#endif
