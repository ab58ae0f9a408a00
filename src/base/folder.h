/* SPDX-License-Identifier: MIT */
/* Folders, and the places that a system has for them: folder.c on top of folder_posix.c, folder_windows.c. */
#ifndef EK_BASE_FOLDER_H
#define EK_BASE_FOLDER_H

#include "base/memory.h"

#include <etwkit/status.h>

/* Full paths of the files in a folder, sorted byte by byte, in the arena. Other folders in it, and names that begin
 * with a dot, are left out. ETWKIT_E_NOT_FOUND, _DENIED, _IO, _NO_MEMORY, with a message. */
etwkit_status ek_folder_list(const char *path, ek_arena *arena, const char *const **files, size_t *count,
                             etwkit_error *error);
/* "folder/name" in the arena; NULL: memory ran out. */
const char *ek_path_join(ek_arena *arena, const char *folder, const char *name);

bool ek_is_folder(const char *path);
/* Calls `take` with each name in the folder, in any order, until it returns false. */
etwkit_status ek_folder_each(const char *path, bool (*take)(void *context, const char *name), void *context,
                             etwkit_error *error);
/* The value of an environment variable as UTF-8 in the arena; NULL: not set, or memory ran out, or the process has
 * another user's rights (set-user-id). */
const char *ek_environment(ek_arena *arena, const char *name);
/* The folder where a user keeps schemas by the platform's convention (it need not exist); NULL: not known. */
const char *ek_user_schema_folder(ek_arena *arena);
/* What parts the entries of a list of paths: ':' or ';'. */
char ek_path_separator(void);

#endif
