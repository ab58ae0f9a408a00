/* SPDX-License-Identifier: MIT */
/* The subcommand record: runs a program that records itself, since the environment says so. Of sessions of Windows it
 * knows only when they are meant: session_run.c. */
#include "child.h"
#include "session_run.h"
#include "system.h"
#include "wishes.h"

#include <stdlib.h>

typedef struct record_settings {
    cli_list command, providers;
    session_settings session;
    const char *output, *ring;
} record_settings;

#define AT(member) offsetof(record_settings, member)

enum {
    RING_LEAST = 128 << 10 /* two buffers */
};

static const cli_option options[] = {
    {"output", 'o', CLI_TEXT, "FILE", AT(output), "the trace to write"},
    {"provider", 'p', CLI_LIST, "P[:LEVEL[:KEYWORDS]]", AT(providers), wishes_provider_help},
    {"ring", 0, CLI_TEXT, "SIZE", AT(ring),
     "the file becomes no larger (a number with K, M or G):\nthe newest events take the place of the oldest"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {
    {"Options", options, 0},
    {SESSION_OPTION_HEADING, session_option_table, AT(session)},
    {NULL, NULL, 0},
};

static const cli_command command = {
    .name = "record",
    .synopsis = "-o FILE [OPTION]... [[--] COMMAND [ARGUMENT]...]",
    .about = "Runs COMMAND, and records the events that it writes with etwkit into FILE. Without COMMAND, on Windows,\n"
             "those of the whole system, by a session of Windows.",
    .groups = groups,
    .operand = "[COMMAND]",
    .operands = AT(command),
    .examples =
        "COMMAND is told by the environment variable ETWKIT_RECORD, which works without this command, too. It is\n"
        "recorded from the first provider that it registers on until it exits; programs that it runs record "
        "themselves\n"
        "into files beside FILE, which have the number of their process in their names.\n\n"
        "Examples:\n"
        "  etwkit record -o app.etl -- ./app -v\n"
        "  etwkit record -o app.etl --provider MyCompany.MyApp:warning -- ./app\n"
        "  etwkit record -o app.etl --provider MyCompany.Store::0x3 --provider MyCompany.Net -- ./app\n"
        "  etwkit record -o last.etl --ring 100MB -- ./server\n"
        "On Windows, as administrator:\n"
        "  etwkit record -o boot.etl --kernel process,thread,image,profile --stack profile --for 30s\n\n"
        "The exit code is COMMAND's, or 128 + the number of the signal that ended it; 127 where there is no COMMAND "
        "of\n"
        "that name, 126 where it cannot be run, 2 where FILE cannot be written.\n",
};

/* What was there goes: COMMAND writes over nothing. */
static int clear_output(const char *path) {
    char text[128];
    int system_error = 0;
    intptr_t file = system_create(path, &system_error);
    if (file != SYSTEM_NO_FILE) {
        (void)system_close(file);
        system_error = system_remove(path);
    }
    if (!system_error)
        return CLI_GO_ON;
    system_error_text(system_error, text, sizeof text);
    cli_message("cannot write %s: %s", path, text);
    return CLI_USAGE;
}

static int read_ring(const record_settings *settings, uint64_t *size) {
    if (settings->ring && (!cli_size(settings->ring, size) || *size < RING_LEAST))
        return cli_usage("record", "--ring wants a size from 128K on, such as 100MB, not '%s'", settings->ring);
    return CLI_GO_ON;
}

static int describe(const record_settings *settings, const char *path, uint64_t ring, wishes *to) {
    wishes_add(to, "file", path);
    if (ring) {
        char text[32];
        cli_format(text, sizeof text, "%llu", (unsigned long long)ring);
        wishes_add(to, "ring", text);
    }
    return wishes_add_providers(to, "record", &settings->providers);
}

static int run(const record_settings *settings, const char *path, uint64_t ring) {
    wishes to = {NULL, 0};
    int code = describe(settings, path, ring, &to), ended = CLI_DONE;
    if (code == CLI_GO_ON)
        code = clear_output(path);
    if (code == CLI_GO_ON)
        code = child_start(settings->command.items, WISHES_VARIABLE, to.text, false);
    if (code == CLI_GO_ON && child_wait(CHILD_FOREVER, &ended)) {
        code = ended;
        if (!system_same_file(path, path))
            cli_message("%s registered no provider of etwkit: there is no %s", settings->command.items[0],
                        settings->output);
    }
    free(to.text);
    return code;
}

int cli_record(int argc, char **argv) {
    record_settings settings = {.output = NULL};
    uint64_t ring = 0;
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON)
        code = session_check("record", &settings.session, &settings.providers, &settings.command);
    if (code == CLI_GO_ON && !settings.output)
        code = cli_usage("record", "which file? -o FILE");
    if (code == CLI_GO_ON)
        code = read_ring(&settings, &ring);
    if (code == CLI_GO_ON) {
        char *path = child_full_path(settings.output);
        if (!path)
            code = CLI_USAGE;
        else if (settings.command.count)
            code = run(&settings, path, ring);
        else
            code = session_record(&settings.session, &settings.providers, path, ring);
        free(path);
    }
    cli_list_free(&settings.command);
    cli_list_free(&settings.providers);
    session_settings_free(&settings.session);
    return code;
}
