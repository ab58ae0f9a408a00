/* SPDX-License-Identifier: MIT */
/* Wildcards in the last part of a path. Windows matches short names, too, of which nobody thinks: the folder is listed,
 * and we match. */
#include "cli.h"
#include "match.h"
#include "text_windows.h"
#include "wildcards.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

typedef struct listing {
    const char *path;     /* as it was given */
    size_t folder_length; /* of it, with the separator */
    char **items;
    size_t count;
} listing;

static char *in_folder(const listing *of, const char *name) {
    size_t length = strlen(name);
    char *path = cli_resize(NULL, of->folder_length + length + 1, 1);
    memcpy(path, of->path, of->folder_length);
    memcpy(path + of->folder_length, name, length + 1);
    return path;
}

static void take(listing *to, const WIN32_FIND_DATAW *found) {
    char *name = system_narrow(found->cFileName);
    if (!(found->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) && match_name(to->path + to->folder_length, name)) {
        to->items = cli_resize(to->items, to->count + 1, sizeof *to->items);
        to->items[to->count++] = in_folder(to, name);
    }
    free(name);
}

static void list(listing *to) {
    WIN32_FIND_DATAW found;
    char *all = in_folder(to, "*");
    wchar_t *pattern = system_wide(all);
    HANDLE search = FindFirstFileW(pattern, &found);
    free(all);
    free(pattern);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do
        take(to, &found);
    while (FindNextFileW(search, &found));
    FindClose(search);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void wildcards_expand(const char *path, void (*add)(void *context, const char *path), void *context) {
    listing files = {.path = path};
    for (size_t i = 0; path[i]; i++)
        if (strchr("/\\:", path[i]))
            files.folder_length = i + 1;
    if (match_is_pattern(path + files.folder_length))
        list(&files);
    if (files.count == 0)
        add(context, path);
    else
        qsort(files.items, files.count, sizeof *files.items, by_name);
    for (size_t i = 0; i < files.count; i++)
        add(context, files.items[i]);
    free(files.items);
}
