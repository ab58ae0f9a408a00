/* SPDX-License-Identifier: MIT */
/* Folders on Windows, paths in UTF-8. */
#include "base/error.h"
#include "base/folder.h"

#include <string.h>
#include <windows.h>

#define MAX_WIDE (MAX_PATH * 4)

static bool to_wide(const char *text, wchar_t *wide) {
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, MAX_WIDE) > 0;
}

/* The arena's copy of a text as UTF-8. */
static const char *from_wide(ek_arena *arena, const wchar_t *wide) {
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = size > 0 ? ek_arena_alloc(arena, (size_t)size) : NULL;
    if (text)
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    return text;
}

bool ek_is_folder(const char *path) {
    wchar_t wide[MAX_WIDE];
    if (!to_wide(path, wide))
        return false;
    DWORD attributes = GetFileAttributesW(wide);
    return attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
}

static void each(HANDLE search, WIN32_FIND_DATAW *found, bool (*take)(void *context, const char *name), void *context) {
    char name[MAX_PATH * 3 + 1];
    do
        if (WideCharToMultiByte(CP_UTF8, 0, found->cFileName, -1, name, (int)sizeof name, NULL, NULL) > 0 &&
            !take(context, name))
            return;
    while (FindNextFileW(search, found));
}

etwkit_status ek_folder_each(const char *path, bool (*take)(void *context, const char *name), void *context,
                             etwkit_error *error) {
    wchar_t pattern[MAX_WIDE + 4];
    WIN32_FIND_DATAW found;
    HANDLE search = INVALID_HANDLE_VALUE;
    if (to_wide(path, pattern)) {
        wcscat(pattern, L"\\*");
        search = FindFirstFileW(pattern, &found);
    }
    DWORD code = GetLastError();
    if (search == INVALID_HANDLE_VALUE)
        return ek_fail(error, code == ERROR_ACCESS_DENIED ? ETWKIT_E_DENIED : ETWKIT_E_NOT_FOUND,
                       "%s: cannot open the folder (%lu)", path, code);
    each(search, &found, take, context);
    FindClose(search);
    return ETWKIT_OK;
}

const char *ek_environment(ek_arena *arena, const char *name) {
    wchar_t wide_name[64];
    if (MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, 64) <= 0)
        return NULL;
    DWORD size = GetEnvironmentVariableW(wide_name, NULL, 0);
    wchar_t *value = size ? ek_arena_alloc(arena, size * sizeof *value) : NULL;
    return value && GetEnvironmentVariableW(wide_name, value, size) < size ? from_wide(arena, value) : NULL;
}

const char *ek_user_schema_folder(ek_arena *arena) {
    const char *data = ek_environment(arena, "APPDATA");
    return data && *data ? ek_path_join(arena, data, "etwkit/schemas") : NULL;
}

char ek_path_separator(void) {
    return ';';
}
