/* SPDX-License-Identifier: MIT */
/* Columns for eyes: texts made printable, and padded to a width. */
#ifndef ETWKIT_CLI_COLUMNS_H
#define ETWKIT_CLI_COLUMNS_H

#include "cli.h"

/* A name as it may be shown; free() it. */
char *column_printable(const char *text);
void column_pad(cli_output *output, size_t from, size_t to);
/* In a column of that width, with two blanks behind. Texts are printable already. */
void column_left(cli_output *output, const char *text, size_t width);
void column_right(cli_output *output, const char *text, size_t width);
/* The width of a column that holds this text, too; very long ones do not make it wider. */
size_t column_wider(size_t width, const char *text);

#endif
