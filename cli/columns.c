/* SPDX-License-Identifier: MIT */
/* Columns for eyes. Knows widths, not what is shown. */
#include "columns.h"

#include <string.h>

enum {
    WIDEST = 60
}; /* columns that a name may make wide; longer ones stand out */

char *column_printable(const char *text) {
    size_t length = strlen(text);
    char *result = cli_resize(NULL, CLI_PRINTABLE(length) + 1, 1);
    result[cli_printable(result, text, length)] = 0;
    return result;
}

void column_pad(cli_output *output, size_t from, size_t to) {
    for (; from < to; from++)
        cli_output_text(output, " ");
}

void column_left(cli_output *output, const char *text, size_t width) {
    cli_output_text(output, text);
    column_pad(output, cli_columns(text), width);
    cli_output_text(output, "  ");
}

void column_right(cli_output *output, const char *text, size_t width) {
    column_pad(output, cli_columns(text), width);
    cli_output_text(output, text);
    cli_output_text(output, "  ");
}

size_t column_wider(size_t width, const char *text) {
    size_t columns = cli_columns(text);
    return columns > width && columns <= WIDEST ? columns : width;
}
