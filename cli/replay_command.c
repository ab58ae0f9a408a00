/* SPDX-License-Identifier: MIT */
/* The subcommand replay: the events of traces as if they happened now, at the speed at which they did, or another. */
#include "schema_options.h"
#include "show.h"
#include "system.h"

#include <stdlib.h>
#include <string.h>

typedef struct replay_settings {
    cli_list traces;
    const char *speed;
    schema_options schemas;
    show_options shown;
} replay_settings;

#define AT(member) offsetof(replay_settings, member)

static const cli_option speed_options[] = {
    {"speed", 0, CLI_TEXT, "N|max", AT(speed),
     "1 as they were recorded (default), 10 ten times as fast,\n0.5 half as fast, max without waiting"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {
    {"When", speed_options, 0},
    {"What is written", show_option_table, AT(shown)},
    {SCHEMA_OPTION_HEADING, schema_option_table, AT(schemas)},
    {NULL, NULL, 0},
};

static const cli_command command = {
    .name = "replay",
    .synopsis = "FILE... [OPTION]...",
    .about = "Shows the events of one or more traces when they happened: with the pauses that were between them.",
    .groups = groups,
    .operand = "FILE",
    .operands = AT(traces),
    .examples = "The times that are shown are those of the recording.\n\n"
                "Examples:\n"
                "  etwkit replay app.etl --format text\n"
                "  etwkit replay boot.etl --speed 10 | ./my-consumer\n\n"
                "The exit code is 3 where a trace cannot be read, 130 after Ctrl-C.\n",
};

/* false: it is none. 0 stands for max. */
static bool read_speed(const char *text, double *speed) {
    char *end;
    *speed = text ? 0 : 1;
    if (!text || strcmp(text, "max") == 0)
        return true;
    *speed = strtod(text, &end);
    return *end == 0 && end != text && *speed > 0 && *speed <= 1e9;
}

static int fail(const etwkit_error *error) {
    const cli_damage none = {.progress = NULL};
    return cli_damage_end(&none, error);
}

static int show_events(show *it, etwkit_trace *trace) {
    const etwkit_batch *batch = NULL;
    etwkit_error error;
    etwkit_status status = ETWKIT_OK;
    while (status == ETWKIT_OK && show_goes_on(it) && !system_interrupted()) {
        status = etwkit_trace_next(trace, &batch, &error);
        if (status == ETWKIT_OK)
            status = show_batch(it, trace, batch, &error);
        show_flush(it);
    }
    return status < 0 ? fail(&error) : CLI_DONE;
}

static int run(const replay_settings *settings, double speed, show *it, etwkit_session *session) {
    etwkit_replay replay = ETWKIT_REPLAY;
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    etwkit_trace *trace = NULL;
    etwkit_error error;
    replay.paths = settings->traces.items;
    replay.path_count = settings->traces.count;
    replay.speed = speed;
    replay.everything = true;
    options.schema_paths = settings->schemas.paths.items;
    options.schema_path_count = settings->schemas.paths.count;
    options.no_bundled_schemas = settings->schemas.no_pack;
    if (etwkit_session_replay(session, &replay, &error) ||
        etwkit_trace_open_session(&trace, session, &options, &error) || etwkit_session_start(session, &error)) {
        etwkit_trace_close(&trace);
        return fail(&error);
    }
    int code = show_begin(it, "replay", &settings->shown);
    if (code == CLI_GO_ON)
        code = show_events(it, trace);
    (void)etwkit_session_stop(session, NULL);
    etwkit_trace_close(&trace);
    return code;
}

int cli_replay(int argc, char **argv) {
    replay_settings settings = {.shown = {.limit = UINT64_MAX}};
    static show it; /* too large for the stack of a thread, and there is one */
    etwkit_session *session = NULL;
    etwkit_error error;
    double speed = 1;
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON && !read_speed(settings.speed, &speed))
        code =
            cli_usage("replay", "--speed is a number above 0, such as 1, 10 or 0.5, or max, not '%s'", settings.speed);
    if (code == CLI_GO_ON) {
        schema_options_complete(&settings.schemas);
        it.output.file = SYSTEM_NO_FILE;
        code = etwkit_session_new(&session, "etwkit replay", NULL, &error) ? fail(&error)
                                                                           : run(&settings, speed, &it, session);
        int written = show_end(&it);
        code = code == CLI_DONE ? written : code;
        if (system_interrupted())
            code = CLI_INTERRUPTED + system_interrupted();
    }
    etwkit_session_free(&session);
    schema_options_free(&settings.schemas);
    cli_list_free(&settings.traces);
    return code;
}
