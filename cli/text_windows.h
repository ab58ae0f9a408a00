/* SPDX-License-Identifier: MIT */
/* Windows' texts and ours: UTF-16 and UTF-8. In system_windows.c; free what comes with free(). */
#ifndef ETWKIT_CLI_TEXT_WINDOWS_H
#define ETWKIT_CLI_TEXT_WINDOWS_H

#include <wchar.h>

wchar_t *system_wide(const char *text);
char *system_narrow(const wchar_t *text);

#endif
