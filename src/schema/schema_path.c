/* SPDX-License-Identifier: MIT */
/* Where schemas are looked for without being asked: the environment's list, and the user's folder. */
#include "base/folder.h"

#include <etwkit/library.h>

#include <string.h>

/* Calls `take` with each entry of a list of paths; empty ones are none. */
static void split(ek_arena *arena, const char *list, void (*take)(void *context, const char *path), void *context) {
    for (const char *at = list; *at;) {
        const char *end = strchr(at, ek_path_separator());
        size_t length = end ? (size_t)(end - at) : strlen(at);
        const char *path = length ? ek_arena_text(arena, at, length) : NULL;
        if (path)
            take(context, path);
        at += length + (end != NULL);
    }
}

void etwkit_schema_path_each(void (*take)(void *context, const char *path), void *context) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena arena;
    ek_arena_init(&arena, &allocator);
    const char *list = ek_environment(&arena, "ETWKIT_SCHEMA_PATH");
    if (list)
        split(&arena, list, take, context);
    const char *folder = ek_user_schema_folder(&arena);
    if (folder && ek_is_folder(folder))
        take(context, folder);
    ek_arena_free(&arena);
}
