/* SPDX-License-Identifier: MIT */
/* What the command asks of the operating system: terminals, signals, files to write, time. system_posix.c, _windows.c
 */
#ifndef ETWKIT_CLI_SYSTEM_H
#define ETWKIT_CLI_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Files are descriptors or handles, as a number. */
#define SYSTEM_NO_FILE ((intptr_t)-1)

/* Once, first: bytes go out as they are, UTF-8 is understood, Ctrl-C becomes system_interrupted(). */
void system_begin(void);
/* The number of the signal that asks the command to end, or 0. A second one ends it at once. */
int system_interrupted(void);

intptr_t system_stdout(void);
intptr_t system_stderr(void);
bool system_is_terminal(intptr_t file);
bool system_stderr_is_terminal(void);
/* Does the terminal understand colours, and may they be used (NO_COLOR, TERM=dumb)? */
bool system_wants_color(void);
unsigned system_stderr_columns(void);

/* Created or truncated; SYSTEM_NO_FILE with *system_error where that fails. */
intptr_t system_create(const char *path, int *system_error);
/* Writes all. 0, or the system's error; *closed tells whether the reader of a pipe has gone. */
int system_write(intptr_t file, const void *data, size_t size, bool *closed);
int system_close(intptr_t file);
/* 0, or the system's error. */
int system_remove(const char *path);
/* Do both paths name one file that exists? */
bool system_same_file(const char *path, const char *other);
/* What a system error means: "No space left on device". */
void system_error_text(int system_error, char *text, size_t capacity);

uint32_t system_process_id(void);
uint64_t system_milliseconds(void); /* steady, from any start */
/* Sleeps until then, the interruption, or the reader of the pipe `file` going away: then false. */
bool system_wait(unsigned milliseconds, intptr_t file);

#endif
