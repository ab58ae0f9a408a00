/* SPDX-License-Identifier: MIT */
/* Bytes to standard output or a file. A reader that leaves ends the output quietly; anything else is said once. */
#include "cli.h"
#include "system.h"

#include <stdarg.h>
#include <string.h>

static const char *name_of(const cli_output *output) {
    return output->path ? output->path : "standard output";
}

static bool fail(cli_output *output, int system_error) {
    char text[128];
    bool told = output->failed || output->closed;
    output->failed = true; /* first: the message may be on its way to this very output */
    if (!told) {
        system_error_text(system_error, text, sizeof text);
        cli_message("cannot write %s: %s", name_of(output), text);
    }
    return false;
}

bool cli_output_open(cli_output *output, const char *path, const cli_list *inputs) {
    bool to_file = path && strcmp(path, "-") != 0;
    *output = (cli_output){.path = to_file ? path : NULL, .file = system_stdout()};
    if (to_file) {
        for (size_t i = 0; inputs && i < inputs->count; i++)
            if (system_same_file(path, inputs->items[i])) {
                cli_message("%s is one of the traces to read: write to another file", path);
                output->failed = true;
                return false;
            }
        int system_error = 0;
        output->file = system_create(path, &system_error);
        if (output->file == SYSTEM_NO_FILE)
            return fail(output, system_error);
    }
    output->terminal = system_is_terminal(output->file);
    return true;
}

static void write_through(cli_output *output, const char *data, size_t size) {
    if (output->failed || size == 0)
        return;
    int system_error = system_write(output->file, data, size, &output->closed);
    if (system_error)
        fail(output, system_error);
}

void cli_output_flush(cli_output *output) {
    write_through(output, output->buffer, output->used);
    output->used = 0;
}

etwkit_status cli_output_write(void *context, const void *data, size_t size, etwkit_error *error) {
    cli_output *output = context;
    if (size > sizeof output->buffer - output->used)
        cli_output_flush(output);
    if (size > sizeof output->buffer) {
        write_through(output, data, size);
    } else {
        memcpy(output->buffer + output->used, data, size);
        output->used += size;
    }
    if (!output->failed)
        return ETWKIT_OK;
    if (error)
        *error = (etwkit_error){.status = ETWKIT_E_IO,
                                .buffer = ETWKIT_NO_NUMBER,
                                .record = ETWKIT_NO_NUMBER,
                                .offset = ETWKIT_NO_OFFSET,
                                .message = "the output cannot be written"};
    return ETWKIT_E_IO;
}

void cli_output_text(cli_output *output, const char *text) {
    (void)cli_output_write(output, text, strlen(text), NULL);
}

void cli_output_printf(cli_output *output, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0)
        (void)cli_output_write(output, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1, NULL);
}

int cli_output_close(cli_output *output) {
    cli_output_flush(output);
    if (output->path && output->file != SYSTEM_NO_FILE) {
        int system_error = system_close(output->file);
        if (system_error)
            fail(output, system_error);
    }
    output->file = SYSTEM_NO_FILE;
    return output->failed && !output->closed ? CLI_USAGE : CLI_DONE;
}
