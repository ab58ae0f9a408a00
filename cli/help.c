/* SPDX-License-Identifier: MIT */
/* A command's help, made from the same tables that parse its options. */
#include "cli.h"

#include <string.h>

enum {
    HELP_COLUMN = 26
};

/* "  -o, --output FILE   " padded to the column of the help, or a line of its own where it is longer. */
static void print_name(const char *name, char letter, const char *value) {
    char text[80];
    char with_letter[] = {'-', letter, ',', ' ', 0};
    int length = snprintf(text, sizeof text, "  %s--%s%s%s", letter ? with_letter : "", name, value ? " " : "",
                          value ? value : "");
    if (length < HELP_COLUMN - 1)
        printf("%-*s", HELP_COLUMN, text);
    else
        printf("%s\n%*s", text, HELP_COLUMN, "");
}

static void print_lines(const char *text) {
    for (const char *end = strchr(text, '\n'); end; text = end + 1, end = strchr(text, '\n'))
        printf("%.*s\n%*s", (int)(end - text), text, HELP_COLUMN, "");
    printf("%s\n", text);
}

void cli_print_help(const cli_command *command) {
    printf("Usage: etwkit %s %s\n\n%s\n", command->name, command->synopsis, command->about);
    const cli_group *group = command->groups;
    for (; group->heading; group++) {
        printf("\n%s:\n", group->heading);
        for (const cli_option *option = group->options; option->name; option++) {
            print_name(option->name, option->letter, option->value);
            print_lines(option->help);
        }
    }
    printf("\n");
    print_name("help", 'h', NULL);
    print_lines("this text");
    printf("\n%s", command->examples);
}
