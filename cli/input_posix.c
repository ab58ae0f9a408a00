/* SPDX-License-Identifier: MIT */
/* What the command reads, on POSIX systems. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* NOLINT: O_TMPFILE, where there is one */
#endif
#include "cli.h"
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_interrupted(int code) {
    return code == EINTR && !system_interrupted();
}

static input_kind kind_of(int file, const struct stat *about) {
    if (S_ISREG(about->st_mode))
        return INPUT_FILE;
    if (S_ISFIFO(about->st_mode) || S_ISSOCK(about->st_mode))
        return INPUT_PIPE;
    return isatty(file) ? INPUT_TERMINAL : INPUT_OTHER;
}

int input_open(const char *path, intptr_t *file, input_kind *kind) {
    struct stat about;
    int opened = path ? -1 : STDIN_FILENO;
    *file = SYSTEM_NO_FILE;
    *kind = INPUT_OTHER;
    while (opened < 0) { /* a FIFO keeps us waiting for who writes */
        opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (opened < 0 && !is_interrupted(errno))
            return errno;
    }
    if (fstat(opened, &about) < 0) {
        int code = errno;
        if (path)
            (void)close(opened);
        return code;
    }
    *file = opened;
    *kind = kind_of(opened, &about);
    if (!path && *kind == INPUT_FILE && lseek(opened, 0, SEEK_CUR) != 0)
        *kind = INPUT_PIPE;
    return 0;
}

int input_read(intptr_t file, void *data, size_t size, size_t *got) {
    ssize_t count;
    *got = 0;
    do
        count = read((int)file, data, size);
    while (count < 0 && is_interrupted(errno));
    if (count < 0)
        return errno;
    *got = (size_t)count;
    return 0;
}

int input_read_at(intptr_t file, uint64_t offset, void *data, size_t size, size_t *got) {
    for (*got = 0; *got < size;) {
        ssize_t count = pread((int)file, (char *)data + *got, size - *got, (off_t)(offset + *got));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        if (count == 0)
            break;
        *got += (size_t)count;
    }
    return 0;
}

int input_size(intptr_t file, uint64_t *size) {
    struct stat about;
    *size = 0;
    if (fstat((int)file, &about) < 0)
        return errno;
    *size = about.st_size < 0 ? 0 : (uint64_t)about.st_size;
    return 0;
}

int input_write_at(intptr_t file, uint64_t offset, const void *data, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t count = pwrite((int)file, (const char *)data + done, size - done, (off_t)(offset + done));
        if (count < 0 && errno != EINTR)
            return errno;
        if (count > 0)
            done += (size_t)count;
    }
    return 0;
}

/* Where the system cannot make a file without a name, it has one for a moment. */
static int named_and_unlinked(const char *folder) {
    size_t size = strlen(folder) + sizeof "/etwkit-XXXXXX";
    char *path = malloc(size);
    if (!path)
        return -1;
    cli_format(path, size, "%s/etwkit-XXXXXX", folder);
    int file = mkstemp(path);
    if (file >= 0) {
        (void)unlink(path);
        (void)fcntl(file, F_SETFD, FD_CLOEXEC);
    }
    free(path);
    return file;
}

static int make_in(const char *folder) {
    int file = -1;
#ifdef O_TMPFILE
    file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (file < 0 && errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
        return -1;
#endif
    return file >= 0 ? file : named_and_unlinked(folder);
}

/* Traces are large, and /tmp is memory on many systems: /var/tmp is not. */
int input_temporary(intptr_t *file, const char **folder) {
    const char *wanted = getenv("TMPDIR");
    const char *const folders[] = {wanted && *wanted ? wanted : "/var/tmp", wanted && *wanted ? NULL : "/tmp", NULL};
    int made = -1;
    for (size_t i = 0; made < 0 && folders[i]; i++) {
        *folder = folders[i];
        made = make_in(folders[i]);
    }
    *file = made < 0 ? SYSTEM_NO_FILE : made;
    return made < 0 ? errno : 0;
}
