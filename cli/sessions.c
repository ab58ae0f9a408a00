/* SPDX-License-Identifier: MIT */
/* The subcommand sessions: those of Windows that run, and their end; where a system has none, what works instead. */
#include "columns.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

typedef struct sessions_settings {
    cli_list words;
    const char *output;
    bool json, ours;
} sessions_settings;

#define AT(member) offsetof(sessions_settings, member)

static const cli_option options[] = {
    {"ours", 0, CLI_FLAG, NULL, AT(ours), "only those that etwkit started, by their names: etwkit-..."},
    {"json", 0, CLI_FLAG, NULL, AT(json), "list: one JSON object a session, each in one line"},
    {"output", 'o', CLI_TEXT, "FILE", AT(output), "list: write there instead of to standard output"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {
    {"Options", options, 0},
    {NULL, NULL, 0},
};

static const cli_command command = {
    .name = "sessions",
    .synopsis = "[list] [OPTION]... | stop NAME... | stop --ours",
    .about =
        "Lists the sessions of Windows that run, or stops some. Elsewhere there are none: a session belongs to the\n"
        "process that runs it.",
    .groups = groups,
    .operand = "[WORD]",
    .operands = AT(words),
    .examples = "A session of Windows outlives the program that started it, where that is killed. 'etwkit sessions "
                "stop --ours'\n"
                "stops what etwkit left behind, and what it runs now.\n\n"
                "Examples:\n"
                "  etwkit sessions\n"
                "  etwkit sessions stop etwkit-listen-4711\n\n"
                "The exit code is 2 where there are no such sessions, or the rights are missing.\n",
};

static int fail(const etwkit_error *error) {
    if (error->status == ETWKIT_E_UNSUPPORTED)
        return cli_usage("sessions",
                         "there are no sessions of the system here: one belongs to the process that runs it, "
                         "and is seen by 'etwkit record' and 'etwkit listen'");
    cli_message("%s", error->message);
    return CLI_USAGE;
}

/* list */

static const char *mode_of(const etwkit_system_session *session) {
    enum {
        REAL_TIME = 0x100,
        BUFFERING = 0x400,
        CIRCULAR = 0x2
    };
    return session->log_file_mode & BUFFERING   ? "memory"
           : session->log_file_mode & REAL_TIME ? "real time"
           : session->log_file_mode & CIRCULAR  ? "circular"
                                                : "file";
}

static void put_json(cli_output *output, const etwkit_system_session *session) {
    json_object json = {output, false};
    cli_output_text(output, "{");
    json_text(&json, "name", session->name);
    json_guid(&json, "id", &session->id);
    json_bool(&json, "ours", session->is_ours);
    json_text(&json, "path", session->path && session->path[0] ? session->path : NULL);
    json_number(&json, "log_file_mode", session->log_file_mode);
    json_number(&json, "buffer_size_kb", session->buffer_size_kb);
    json_number(&json, "minimum_buffers", session->minimum_buffers);
    json_number(&json, "maximum_buffers", session->maximum_buffers);
    json_number(&json, "buffers", session->buffers);
    json_number(&json, "free_buffers", session->free_buffers);
    json_number(&json, "buffers_written", session->buffers_written);
    json_number(&json, "events_lost", session->events_lost);
    json_number(&json, "log_buffers_lost", session->log_buffers_lost);
    json_number(&json, "real_time_buffers_lost", session->real_time_buffers_lost);
    cli_output_text(output, "}\n");
}

static void put_line(cli_output *output, const etwkit_system_session *session, size_t width) {
    char number[CLI_GROUPED], buffers[CLI_GROUPED + 32];
    char *name = column_printable(session->name), *path = column_printable(session->path ? session->path : "");
    cli_format(buffers, sizeof buffers, "%lu x %lu KB", (unsigned long)session->buffers,
               (unsigned long)session->buffer_size_kb);
    column_left(output, name, width);
    column_left(output, mode_of(session), 9);
    column_right(output, buffers, 14);
    column_right(output, cli_grouped(number, session->events_lost), 11);
    column_right(output, cli_grouped(number, (uint64_t)session->log_buffers_lost + session->real_time_buffers_lost),
                 12);
    cli_output_text(output, path);
    cli_output_text(output, "\n");
    free(name);
    free(path);
}

static void put_head(cli_output *output, size_t width) {
    column_left(output, "NAME", width);
    column_left(output, "MODE", 9);
    column_right(output, "BUFFERS", 14);
    column_right(output, "EVENTS LOST", 11);
    column_right(output, "BUFFERS LOST", 12);
    cli_output_text(output, "FILE\n");
}

static void put_all(cli_output *output, const sessions_settings *settings, const etwkit_system_sessions *list) {
    size_t width = 4;
    const etwkit_system_session *session;
    for (size_t i = 0; (session = etwkit_system_sessions_at(list, i)); i++) {
        char *name = column_printable(session->name);
        width = column_wider(width, name);
        free(name);
    }
    if (!settings->json)
        put_head(output, width);
    for (size_t i = 0; (session = etwkit_system_sessions_at(list, i)); i++)
        if (settings->ours && !session->is_ours)
            continue;
        else if (settings->json)
            put_json(output, session);
        else
            put_line(output, session, width);
}

static int list_sessions(const sessions_settings *settings) {
    static cli_output output; /* its buffer is large */
    etwkit_system_sessions *list;
    etwkit_error error;
    if (etwkit_system_sessions_open(&list, &error))
        return fail(&error);
    int code = CLI_USAGE;
    if (cli_output_open(&output, settings->output, NULL)) {
        put_all(&output, settings, list);
        code = cli_output_close(&output);
    }
    etwkit_system_sessions_close(&list);
    return code;
}

/* stop */

static int stop_one(const char *name) {
    etwkit_error error;
    return etwkit_system_session_stop(name, &error) ? fail(&error) : CLI_DONE;
}

static int stop_ours(void) {
    etwkit_system_sessions *list;
    etwkit_error error;
    int code = CLI_DONE;
    if (etwkit_system_sessions_open(&list, &error))
        return fail(&error);
    const etwkit_system_session *session;
    for (size_t i = 0; (session = etwkit_system_sessions_at(list, i)); i++)
        if (session->is_ours) {
            int one = stop_one(session->name);
            code = one ? one : code;
        }
    etwkit_system_sessions_close(&list);
    return code;
}

static int stop_sessions(const sessions_settings *settings) {
    int code = CLI_DONE;
    if (settings->json || settings->output)
        return cli_usage("sessions", "--json and --output are for list");
    if (settings->ours && settings->words.count > 1)
        return cli_usage("sessions", "stop: either names, or --ours");
    if (settings->ours)
        return stop_ours();
    if (settings->words.count == 1)
        return cli_usage("sessions", "stop which? Give names, or --ours");
    for (size_t i = 1; i < settings->words.count; i++) {
        int one = stop_one(settings->words.items[i]);
        code = one ? one : code;
    }
    return code;
}

static int run(const sessions_settings *settings) {
    const char *word = settings->words.count ? settings->words.items[0] : "list";
    if (strcmp(word, "stop") == 0)
        return stop_sessions(settings);
    if (strcmp(word, "list") != 0 || settings->words.count > 1)
        return cli_usage("sessions", "sessions can be listed (list) and stopped (stop NAME), not '%s'",
                         settings->words.items[settings->words.count - 1]);
    return list_sessions(settings);
}

int cli_sessions(int argc, char **argv) {
    sessions_settings settings = {.json = false};
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON)
        code = run(&settings);
    cli_list_free(&settings.words);
    return code;
}
