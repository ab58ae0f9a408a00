/* SPDX-License-Identifier: MIT */
/* The subcommand listen: runs a program that records itself into a temporary folder, and shows what is added there. Of
 * sessions of Windows it knows only when they are meant: session_run.c. */
#include "child.h"
#include "live_folder.h"
#include "session_run.h"
#include "show.h"
#include "system.h"
#include "wishes.h"

#include <stdlib.h>
#include <string.h>

typedef struct listen_settings {
    cli_list command, providers;
    session_settings session;
    show_options shown;
} listen_settings;

#define AT(member) offsetof(listen_settings, member)

/* Events are seen after at most twice FLUSH, and a PAUSE. Files that were read go when the next one has begun. */
#define FLUSH "100" /* milliseconds */
#define FILE_SIZE "16M"
#define FILE_HEAD "events-"
enum {
    PAUSE = 50 /* milliseconds */
};

static const cli_option provider_options[] = {
    {"provider", 'p', CLI_LIST, "P[:LEVEL[:KEYWORDS]]", AT(providers), wishes_provider_help},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {
    {"Which events", provider_options, 0},
    {"What is written", show_option_table, AT(shown)},
    {SESSION_OPTION_HEADING, session_option_table, AT(session)},
    {NULL, NULL, 0},
};

static const cli_command command = {
    .name = "listen",
    .synopsis = "[OPTION]... [[--] COMMAND [ARGUMENT]...]",
    .about =
        "Runs COMMAND, and shows the events that it writes with etwkit as they come. Without COMMAND, on Windows,\n"
        "those of the whole system, by a session of Windows.",
    .groups = groups,
    .operand = "[COMMAND]",
    .operands = AT(command),
    .examples = "An event is shown a quarter of a second after it was written, or sooner; those of programs that "
                "COMMAND runs,\n"
                "too. Standard output has the events alone: what COMMAND writes there goes to standard error, unless "
                "the events\n"
                "go to a file (-o). COMMAND runs on when enough was shown.\n\n"
                "Examples:\n"
                "  etwkit listen -- ./app -v\n"
                "  etwkit listen --provider MyCompany.MyApp:warning -- ./app\n"
                "  etwkit listen --format jsonl -- ./app 2>/dev/null | jq .event_name\n"
                "On Windows, as administrator:\n"
                "  etwkit listen --provider Microsoft-Windows-DNS-Client\n"
                "  etwkit listen --kernel process,image --for 10s\n\n"
                "The exit code is COMMAND's, or 128 + the number of the signal that ended it (Ctrl-C: 130); 127 where "
                "there is\n"
                "no COMMAND of that name, 126 where it cannot be run.\n",
};

/* What one process writes: a series of files, of which one is read. */
typedef struct series {
    char *tail; /* of the files' names, behind the number */
    unsigned number;
    etwkit_trace *trace; /* NULL: its file is not to be read yet */
    char *path;
} series;

typedef struct listening {
    char *folder;
    series *all;
    size_t count;
    show show;
    etwkit_filter *filter; /* without what files say of themselves */
    bool failed;
    int code;
} listening;

static char *path_of(const listening *it, const series *from, unsigned number) {
    size_t size = strlen(it->folder) + sizeof "/" FILE_HEAD + 10 + strlen(from->tail);
    char *path = cli_resize(NULL, size, 1);
    cli_format(path, size, "%s/" FILE_HEAD "%u%s", it->folder, number, from->tail);
    return path;
}

/* The first file of a process: "events-1.etl", "events-1.4711.etl". */
static void take_name(void *context, const char *name) {
    listening *it = context;
    static const char head[] = FILE_HEAD "1.";
    if (strncmp(name, head, sizeof head - 1) != 0)
        return;
    const char *tail = name + sizeof head - 2;
    for (size_t i = 0; i < it->count; i++)
        if (strcmp(it->all[i].tail, tail) == 0)
            return;
    it->all = cli_resize(it->all, it->count + 1, sizeof *it->all);
    series *made = &it->all[it->count++];
    *made = (series){.tail = cli_resize(NULL, strlen(tail) + 1, 1), .number = 1};
    memcpy(made->tail, tail, strlen(tail) + 1);
    made->path = path_of(it, made, 1);
}

static void fail(listening *it, const etwkit_error *error) {
    if (!it->failed)
        cli_message("%s", error->message);
    it->failed = true;
    it->code = CLI_UNREADABLE;
}

/* Shows what was added to a file. */
static void show_more(listening *it, series *from) {
    const etwkit_batch *batch = NULL;
    etwkit_error error;
    etwkit_status status = ETWKIT_OK;
    if (!from->trace) {
        etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
        options.follow = true;
        options.filter = it->filter;
        if (etwkit_trace_open(&from->trace, from->path, &options, NULL))
            return; /* its header is not written yet */
    } else {
        status = etwkit_trace_refresh(from->trace, &error);
    }
    while (status == ETWKIT_OK) {
        status = etwkit_trace_next(from->trace, &batch, &error);
        if (status == ETWKIT_OK)
            status = show_batch(&it->show, from->trace, batch, &error);
    }
    if (status < 0)
        fail(it, &error);
}

/* A file is complete when the next one is there. */
static void show_series(listening *it, series *from) {
    for (;;) {
        char *next = path_of(it, from, from->number + 1);
        bool complete = system_same_file(next, next);
        show_more(it, from);
        if (!complete) {
            free(next);
            return;
        }
        etwkit_trace_close(&from->trace);
        (void)system_remove(from->path);
        free(from->path);
        from->path = next;
        from->number++;
    }
}

static void show_all(listening *it) {
    live_folder_each(it->folder, take_name, it);
    for (size_t i = 0; i < it->count && !it->failed; i++)
        show_series(it, &it->all[i]);
    if (show_goes_on(&it->show))
        show_flush(&it->show);
}

static etwkit_filter *all_but_headers(void) {
    static const etwkit_guid event_trace =
        ETWKIT_GUID_INIT(0x68fdd900, 0x4a3e, 0x11d1, 0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3);
    return etwkit_filter_not(NULL, etwkit_filter_provider_id(NULL, &event_trace));
}

static int describe(const listen_settings *settings, const char *folder, wishes *to) {
    static const char name[] = "/" FILE_HEAD "%d.etl";
    size_t size = strlen(folder) + sizeof name;
    char *path = cli_resize(NULL, size, 1);
    cli_format(path, size, "%s%s", folder, name);
    wishes_add(to, "file", path);
    wishes_add(to, "new-file", FILE_SIZE);
    wishes_add(to, "flush", FLUSH);
    free(path);
    return wishes_add_providers(to, "listen", &settings->providers);
}

static int run(const listen_settings *settings, listening *it) {
    wishes to = {NULL, 0};
    int ended = CLI_DONE;
    int code = describe(settings, it->folder, &to);
    if (code == CLI_GO_ON)
        code = show_begin(&it->show, "listen", &settings->shown);
    if (code == CLI_GO_ON && !(it->filter = all_but_headers())) {
        cli_message("there is not enough memory");
        code = CLI_USAGE;
    }
    if (code == CLI_GO_ON)
        code = child_start(settings->command.items, WISHES_VARIABLE, to.text, !settings->shown.output);
    if (code == CLI_GO_ON) {
        while (!child_wait(PAUSE, &ended))
            show_all(it);
        show_all(it);
        code = it->failed && ended == CLI_DONE ? it->code : ended;
        if (it->count == 0)
            cli_message("%s registered no provider of etwkit: there was nothing to show", settings->command.items[0]);
    }
    free(to.text);
    return code;
}

static void end(listening *it) {
    for (size_t i = 0; i < it->count; i++) {
        etwkit_trace_close(&it->all[i].trace);
        free(it->all[i].tail);
        free(it->all[i].path);
    }
    free(it->all);
    etwkit_filter_free(it->filter);
    if (it->folder)
        live_folder_remove(it->folder);
    free(it->folder);
}

int cli_listen(int argc, char **argv) {
    listen_settings settings = {.shown = {.limit = UINT64_MAX}};
    static listening it; /* too large for the stack of a thread, and there is one */
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON)
        code = session_check("listen", &settings.session, &settings.providers, &settings.command);
    if (code == CLI_GO_ON && !settings.command.count) {
        code = session_listen(&settings.session, &settings.providers, &settings.shown);
    } else if (code == CLI_GO_ON) {
        it.show.output.file = SYSTEM_NO_FILE;
        it.folder = live_folder_make();
        code = it.folder ? run(&settings, &it) : CLI_USAGE;
        int written = show_end(&it.show);
        code = code == CLI_DONE ? written : code;
        end(&it);
    }
    cli_list_free(&settings.command);
    cli_list_free(&settings.providers);
    session_settings_free(&settings.session);
    return code;
}
