/* SPDX-License-Identifier: MIT */
/* Folders on POSIX systems. */
#include "base/error.h"
#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool ek_is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

etwkit_status ek_folder_each(const char *path, bool (*take)(void *context, const char *name), void *context,
                             etwkit_error *error) {
    DIR *folder = opendir(path);
    if (!folder) {
        etwkit_status status = errno == ENOENT || errno == ENOTDIR ? ETWKIT_E_NOT_FOUND
                               : errno == EACCES                   ? ETWKIT_E_DENIED
                                                                   : ETWKIT_E_IO;
        return ek_fail(error, status, "%s: cannot open the folder: %s", path, strerror(errno));
    }
    const struct dirent *entry;
    for (errno = 0; (entry = readdir(folder)) && take(context, entry->d_name); errno = 0)
        ;
    int failure = entry ? 0 : errno; /* errno alone tells an error from the end */
    closedir(folder);
    return failure ? ek_fail(error, ETWKIT_E_IO, "%s: cannot read the folder: %s", path, strerror(failure)) : ETWKIT_OK;
}

const char *ek_environment(ek_arena *arena, const char *name) {
    bool borrowed = geteuid() != getuid() || getegid() != getgid(); /* rights that the caller need not have */
    const char *value = borrowed ? NULL : getenv(name);
    return value ? ek_arena_text(arena, value, strlen(value)) : NULL;
}

const char *ek_user_schema_folder(ek_arena *arena) {
    const char *home = getenv("HOME");
#ifdef __APPLE__
    return home && *home ? ek_path_join(arena, home, "Library/Application Support/etwkit/schemas") : NULL;
#else
    const char *data = getenv("XDG_DATA_HOME");
    if (data && data[0] == '/') /* the XDG base directory specification ignores relative ones */
        return ek_path_join(arena, data, "etwkit/schemas");
    return home && *home ? ek_path_join(arena, home, ".local/share/etwkit/schemas") : NULL;
#endif
}

char ek_path_separator(void) {
    return ':';
}
