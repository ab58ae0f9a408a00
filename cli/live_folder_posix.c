/* SPDX-License-Identifier: MIT */
/* A temporary folder on POSIX systems. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* NOLINT: mkdtemp */
#endif
#include "cli.h"
#include "live_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *live_folder_make(void) {
    static const char name[] = "/etwkit-XXXXXX";
    const char *parent = getenv("TMPDIR"); /* NOLINT: one thread */
    if (!parent || !*parent)
        parent = "/tmp";
    size_t size = strlen(parent) + sizeof name;
    char *folder = cli_resize(NULL, size, 1);
    cli_format(folder, size, "%s%s", parent, name);
    if (mkdtemp(folder))
        return folder;
    cli_message("cannot make a temporary folder in %s: %s; TMPDIR names another place", parent,
                strerror(errno)); /* NOLINT: one thread */
    free(folder);
    return NULL;
}

void live_folder_each(const char *folder, void (*take)(void *context, const char *name), void *context) {
    DIR *opened = opendir(folder);
    const struct dirent *entry;
    while (opened && (entry = readdir(opened))) /* NOLINT: one thread */
        if (entry->d_name[0] != '.')
            take(context, entry->d_name);
    if (opened)
        (void)closedir(opened);
}

static void remove_file(void *context, const char *name) {
    const char *folder = context;
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = cli_resize(NULL, size, 1);
    cli_format(path, size, "%s/%s", folder, name);
    (void)unlink(path);
    free(path);
}

void live_folder_remove(const char *folder) {
    live_folder_each(folder, remove_file, (char *)folder);
    (void)rmdir(folder);
}
