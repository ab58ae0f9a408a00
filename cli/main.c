/* SPDX-License-Identifier: MIT */
/* The table of subcommands, and the way into them. Knows none of their options. */
#include "cli.h"
#include "system.h"

#include <string.h>

typedef struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
} subcommand;

static const subcommand subcommands[] = {
    {"info", cli_info, "what a trace is and which events it holds"},
    {"dump", cli_dump, "the events of one or more traces, as text or JSON lines"},
    {"grep", cli_grep, "the events that say something: a text in one of their strings"},
    {"record", cli_record, "runs a command, and records what it writes; on Windows, the system"},
    {"listen", cli_listen, "shows events of a command as they come; on Windows, of the system"},
    {"replay", cli_replay, "the events of a trace when they happened, or faster"},
    {"processes", cli_processes, "the process tree of one or more traces, with images"},
    {"providers", cli_providers, "the providers whose events are known without any trace"},
    {"schema", cli_schema, "what is known of a provider's events; makes packs of schemas"},
    {"sessions", cli_sessions, "lists and stops sessions of Windows"},
    {"sample", cli_sample, "writes a varied sample trace"},
    {"tile", cli_tile, "repeats a trace until it has a wanted size"},
};
enum {
    SUBCOMMANDS = sizeof subcommands / sizeof subcommands[0]
};

static int print_version(void) {
    printf("etwkit %s\n", etwkit_version());
    return CLI_DONE;
}

static int print_help(void) {
    printf("Usage: etwkit COMMAND [OPTION]...\n\nDecodes Windows .etl traces on any system.\n\nCommands:\n");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("  %-10s %s\n", subcommands[i].name, subcommands[i].about);
    printf("\n'etwkit COMMAND --help' shows the options of a command, with examples.\n"
           "'etwkit --version' shows the version.\n\n"
           "Examples:\n"
           "  etwkit info boot.etl\n"
           "  etwkit dump boot.etl --provider 'Windows Kernel' --event 'Process/Start'\n"
           "  etwkit dump *.etl --format jsonl | jq .event_name\n"
           "  etwkit sample -o demo.etl --seed 1\n\n"
           "Exit codes:\n"
           "  0  done\n"
           "  1  done, but damage was found and reported on standard error\n"
           "  2  wrong usage, or a thing that this system cannot do\n"
           "  3  the input cannot be read at all\n"
           "  130  interrupted; what was written is intact\n");
    return CLI_DONE;
}

static const subcommand *find(const char *name) {
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        if (strcmp(subcommands[i].name, name) == 0)
            return &subcommands[i];
    return NULL;
}

static int unknown(const char *name) {
    const char *names[SUBCOMMANDS + 1] = {NULL};
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        names[i] = subcommands[i].name;
    const char *meant = cli_nearest(name, names);
    if (name[0] == '-')
        return cli_usage(NULL, "there is no option %s before the command", name);
    if (meant)
        return cli_usage(NULL, "there is no command '%s'; did you mean '%s'?", name, meant);
    return cli_usage(NULL, "there is no command '%s'", name);
}

/* "etwkit help dump" is "etwkit dump --help". */
static int help_of(const char *name) {
    const subcommand *command = find(name);
    char word[] = "help", option[] = "--help";
    char *arguments[] = {word, option, NULL};
    return command ? command->run(2, arguments) : unknown(name);
}

int cli_main(int argc, char **argv) {
    system_begin();
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name)
        return cli_usage(NULL, "which command?");
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return print_version();
    if (strcmp(name, "help") == 0 && argc > 2)
        return help_of(argv[2]);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return print_help();
    const subcommand *command = find(name);
    return command ? command->run(argc - 1, argv + 1) : unknown(name);
}
