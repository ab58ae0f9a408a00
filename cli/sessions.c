/* SPDX-License-Identifier: MIT */
/* The subcommand sessions, where a system has none: says what works instead. */
#include "cli.h"

typedef struct sessions_settings {
    cli_list ignored;
} sessions_settings;

static const cli_group groups[] = {
    {NULL, NULL, 0},
};

static const cli_command command = {
    .name = "sessions",
    .synopsis = "",
    .about = "Says that this system has no sessions to list, and what works instead.",
    .groups = groups,
    .operand = "[ARGUMENT]",
    .operands = offsetof(sessions_settings, ignored),
    .examples = "A session belongs to the process that runs it. Instead:\n"
                "  etwkit record -o app.etl -- ./app\n"
                "  etwkit listen -- ./app\n\n"
                "The exit code is 2.\n",
};

int cli_sessions(int argc, char **argv) {
    sessions_settings settings = {.ignored = {NULL, 0}};
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON)
        code = cli_usage("sessions",
                         "there are no sessions of the system here: one belongs to the process that runs it, and "
                         "is seen by 'etwkit record' and 'etwkit listen'");
    cli_list_free(&settings.ignored);
    return code;
}
