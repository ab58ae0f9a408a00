/* SPDX-License-Identifier: MIT */
/* Wildcards in names of files, which Windows' shells leave to the programs. wildcards_posix.c, wildcards_windows.c */
#ifndef ETWKIT_CLI_WILDCARDS_H
#define ETWKIT_CLI_WILDCARDS_H

/* Calls `add` with each file that `path` stands for; with `path` itself where that is none, or has no wildcards. The
 * texts stay. */
void wildcards_expand(const char *path, void (*add)(void *context, const char *path), void *context);

#endif
