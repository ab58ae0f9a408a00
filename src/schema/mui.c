/* SPDX-License-Identifier: MIT */
/* Lists the places of .mui files. Opens none of them. */
#include "schema/mui.h"

#include "base/folder.h"
#include "base/sort.h"

#include <string.h>

#define ENGLISH "en-US"

/* The folders beside a binary that are named like languages. */
typedef struct languages {
    ek_arena *arena;
    const char **names;
    size_t count;
    bool failed;
} languages;

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "de-DE", "sr-Latn-RS", "qps-ploc": two or three letters, a hyphen, letters, digits, hyphens. */
static bool is_language(const char *name) {
    size_t letters = 0, at;
    while (is_letter(name[letters]))
        letters++;
    if (letters < 2 || letters > 3 || name[letters] != '-')
        return false;
    for (at = letters + 1; is_letter(name[at]) || (name[at] >= '0' && name[at] <= '9') || name[at] == '-'; at++)
        ;
    return name[at] == '\0' && at > letters + 1 && at < 32;
}

static bool collect(void *context, const char *name) {
    languages *to = context;
    if (!is_language(name) || strcmp(name, ENGLISH) == 0)
        return true;
    to->names[to->count] = ek_arena_text(to->arena, name, strlen(name));
    to->failed = !to->names[to->count];
    return !to->failed && ++to->count < EK_MAX_LANGUAGES;
}

static bool is_before(const void *context, uint32_t a, uint32_t b) {
    const languages *of = context;
    int order = strcmp(of->names[a], of->names[b]);
    return order ? order < 0 : a < b;
}

/* A binary's folder, and its name with .mui behind it. */
typedef struct place {
    const char *folder;
    const char *name;
    ek_arena *arena;
    etwkit_status (*take)(void *context, const char *path);
    void *context;
} place;

static etwkit_status offer(const place *at, const char *language) {
    const char *folder = at->folder;
    if (language)
        folder = ek_path_join(at->arena, folder, language);
    const char *path = folder ? ek_path_join(at->arena, folder, at->name) : NULL;
    return path ? at->take(at->context, path) : ETWKIT_E_NO_MEMORY;
}

static etwkit_status offer_others(const place *at) {
    languages found = {at->arena, ek_arena_alloc(at->arena, EK_MAX_LANGUAGES * sizeof *found.names), 0, false};
    uint32_t *order = ek_arena_alloc(at->arena, EK_MAX_LANGUAGES * sizeof *order);
    if (!found.names || !order)
        return ETWKIT_E_NO_MEMORY;
    if (ek_folder_each(at->folder, collect, &found, NULL) == ETWKIT_E_NO_MEMORY || found.failed)
        return ETWKIT_E_NO_MEMORY;
    for (uint32_t i = 0; i < found.count; i++)
        order[i] = i;
    ek_sort_indexes(order, found.count, is_before, &found);
    etwkit_status status = ETWKIT_ABSENT;
    for (size_t i = 0; status == ETWKIT_ABSENT && i < found.count; i++)
        status = offer(at, found.names[order[i]]);
    return status;
}

etwkit_status ek_mui_find(const char *path, ek_arena *arena, etwkit_status (*take)(void *context, const char *path),
                          void *context) {
    const char *end = path;
    for (const char *at = path; *at; at++)
        if (*at == '/' || *at == '\\')
            end = at + 1;
    size_t length = strlen(end);
    char *name = ek_arena_alloc(arena, length + sizeof ".mui");
    size_t folder = end - path > 1 ? (size_t)(end - path) - 1 : (size_t)(end - path); /* "/" stays */
    place at = {ek_arena_text(arena, folder ? path : ".", folder ? folder : 1), name, arena, take, context};
    if (!at.folder || !name)
        return ETWKIT_E_NO_MEMORY;
    memcpy(name, end, length + 1);
    memcpy(name + length, ".mui", sizeof ".mui");
    etwkit_status status = offer(&at, NULL);
    if (status == ETWKIT_ABSENT)
        status = offer(&at, ENGLISH);
    return status == ETWKIT_ABSENT ? offer_others(&at) : status;
}
