/* SPDX-License-Identifier: MIT */
/* A temporary folder on Windows. */
#include "cli.h"
#include "live_folder.h"
#include "text_windows.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum {
    PATH_MOST = MAX_PATH + 64
};

char *live_folder_make(void) {
    wchar_t path[PATH_MOST] = L"";
    char number[64];
    DWORD length = GetTempPathW(MAX_PATH + 1, path);
    cli_format(number, sizeof number, "etwkit-%lu-%llx", (unsigned long)GetCurrentProcessId(),
               (unsigned long long)GetTickCount64());
    wchar_t *name = system_wide(number);
    size_t most = wcslen(name);
    bool made = length && length + most < PATH_MOST;
    if (made) {
        memcpy(path + length, name, (most + 1) * sizeof *name);
        made = CreateDirectoryW(path, NULL) != 0;
    }
    free(name);
    if (made)
        return system_narrow(path);
    char reason[128];
    system_error_text((int)GetLastError(), reason, sizeof reason);
    cli_message("cannot make a temporary folder: %s; TMP names another place", reason);
    return NULL;
}

static wchar_t *in_folder(const char *folder, const char *name) {
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = cli_resize(NULL, size, 1);
    cli_format(path, size, "%s/%s", folder, name);
    wchar_t *result = system_wide(path);
    free(path);
    return result;
}

void live_folder_each(const char *folder, void (*take)(void *context, const char *name), void *context) {
    WIN32_FIND_DATAW found;
    wchar_t *pattern = in_folder(folder, "*");
    HANDLE search = FindFirstFileW(pattern, &found);
    free(pattern);
    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        char *name = system_narrow(found.cFileName);
        if (name[0] != '.')
            take(context, name);
        free(name);
    } while (FindNextFileW(search, &found));
    FindClose(search);
}

static void remove_file(void *context, const char *name) {
    wchar_t *path = in_folder(context, name);
    (void)DeleteFileW(path);
    free(path);
}

void live_folder_remove(const char *folder) {
    live_folder_each(folder, remove_file, (char *)folder);
    wchar_t *path = system_wide(folder);
    (void)RemoveDirectoryW(path);
    free(path);
}
