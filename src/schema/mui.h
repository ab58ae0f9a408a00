/* SPDX-License-Identifier: MIT */
/* Where the texts of a Windows binary are when they are not in it: .mui files beside it, mostly in folders of
 * languages. Knows the places, not what is in the files. */
#ifndef EK_SCHEMA_MUI_H
#define EK_SCHEMA_MUI_H

#include "base/memory.h"

#include <etwkit/status.h>

#define EK_MAX_LANGUAGES 512 /* folders that are looked at */

/*
 * Calls `take` with the places where texts of the binary at `path` may be, which need not exist: beside it, in en-US,
 * then in other folders that are named like languages, sorted. Ends with what `take` returns, unless that is
 * ETWKIT_ABSENT; ETWKIT_ABSENT after the last; ETWKIT_E_NO_MEMORY. Paths are made in the arena.
 */
etwkit_status ek_mui_find(const char *path, ek_arena *arena, etwkit_status (*take)(void *context, const char *path),
                          void *context);

#endif
