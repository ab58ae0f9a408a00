/* SPDX-License-Identifier: MIT */
/* A temporary folder for what a program records while listen reads it. live_folder_posix.c, live_folder_windows.c */
#ifndef ETWKIT_CLI_LIVE_FOLDER_H
#define ETWKIT_CLI_LIVE_FOLDER_H

#include "system.h"

/* A new folder that only this user may enter; free it with free(). NULL: a message said why not. */
char *live_folder_make(void);
/* Calls `take` with the name of each file in it. */
void live_folder_each(const char *folder, void (*take)(void *context, const char *name), void *context);
/* With the files in it, as far as that goes. */
void live_folder_remove(const char *folder);

#endif
