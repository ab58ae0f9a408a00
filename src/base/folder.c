/* SPDX-License-Identifier: MIT */
/* What lies in a folder, in an order that does not depend on the system. */
#include "base/folder.h"

#include "base/error.h"
#include "base/sort.h"

#include <string.h>

typedef struct listing {
    ek_arena *arena;
    const char *folder;
    void *files; /* const char * each */
    size_t count, capacity;
    bool failed;
} listing;

const char *ek_path_join(ek_arena *arena, const char *folder, const char *name) {
    size_t size = strlen(folder) + 1 + strlen(name) + 1;
    char *path = ek_arena_alloc(arena, size);
    if (path)
        ek_format(path, size, "%s/%s", folder, name);
    return path;
}

static bool take(void *context, const char *name) {
    listing *to = context;
    if (name[0] == '.')
        return true;
    const char *file = ek_path_join(to->arena, to->folder, name);
    if (file && ek_is_folder(file))
        return true;
    to->failed = !file || !ek_grow(&to->arena->allocator, &to->files, &to->capacity, to->count + 1, sizeof file);
    if (!to->failed)
        ((const char **)to->files)[to->count++] = file;
    return !to->failed;
}

static bool is_before(const void *context, uint32_t a, uint32_t b) {
    const char *const *files = context;
    int order = strcmp(files[a], files[b]);
    return order ? order < 0 : a < b;
}

static const char **sorted(ek_arena *arena, const char *const *files, size_t count) {
    const char **list = ek_arena_alloc(arena, count * sizeof *list);
    uint32_t *order = ek_arena_alloc(arena, count * sizeof *order);
    if (!list || !order)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    ek_sort_indexes(order, count, is_before, files);
    for (size_t i = 0; i < count; i++)
        list[i] = files[order[i]];
    return list;
}

etwkit_status ek_folder_list(const char *path, ek_arena *arena, const char *const **files, size_t *count,
                             etwkit_error *error) {
    listing found = {.arena = arena, .folder = path};
    etwkit_status status = ek_folder_each(path, take, &found, error);
    const char **list = status || found.failed ? NULL : sorted(arena, found.files, found.count);
    ek_release(&arena->allocator, found.files);
    *files = list;
    *count = list ? found.count : 0;
    return status || list ? status : ek_fail_memory(error);
}
