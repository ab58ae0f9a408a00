/* SPDX-License-Identifier: MIT */
/* What the command says on standard error, and the exit code that goes with it. */
#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST = 1024
}; /* longer messages are cut */

void cli_stderr(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fflush(stderr);
}

void cli_format(char *text, size_t capacity, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, capacity, format, arguments);
    va_end(arguments);
}

static void (*listener)(const char *text);

void cli_messages_to(void (*take)(const char *text)) {
    listener = take;
}

CLI_PRINTF(1, 0)
static void write_message(const char *format, va_list arguments) {
    char text[MOST], line[CLI_PRINTABLE(MOST)];
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0)
        return;
    if (listener) {
        listener(text);
        return;
    }
    size_t printable = cli_printable(line, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
    cli_stderr("etwkit: %.*s\n", (int)printable, line);
}

void cli_message(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_message(format, arguments);
    va_end(arguments);
}

int cli_usage(const char *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_message(format, arguments);
    va_end(arguments);
    if (!listener)
        cli_stderr("'etwkit %s%s--help' shows how it is used.\n", command ? command : "", command ? " " : "");
    return CLI_USAGE;
}

void *cli_resize(void *block, size_t count, size_t size) {
    void *result = count <= SIZE_MAX / size ? realloc(block, count * size) : NULL;
    if (!result) {
        cli_message("there is not enough memory");
        exit(CLI_USAGE);
    }
    return result;
}
