/* SPDX-License-Identifier: MIT */
/* Starts a session of Windows, waits while it runs, and says in the end what was lost. */
#include "session_run.h"

#include "system.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAUSE = 100 /* milliseconds */
};

typedef struct session_run {
    const char *command;
    session_plan plan;
    etwkit_session *session;
    etwkit_trace *trace;   /* NULL: it writes a file */
    etwkit_filter *filter; /* of the trace */
    uint64_t begun;
    size_t told; /* bytes of the session's notes */
} session_run;

/* What a session says of itself in front of its events is none of these. */
static etwkit_filter *all_but_the_header(void) {
    static const etwkit_guid event_trace =
        ETWKIT_GUID_INIT(0x68fdd900, 0x4a3e, 0x11d1, 0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3);
    static const uint8_t header = 0;
    etwkit_filter *both[] = {etwkit_filter_provider_id(NULL, &event_trace), etwkit_filter_opcodes(NULL, &header, 1)};
    return etwkit_filter_not(NULL, etwkit_filter_all(NULL, both, 2));
}

static etwkit_status open_trace(session_run *run, etwkit_error *error) {
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.filter = run->filter = all_but_the_header(); /* NULL where memory ran out: then the header is seen */
    return etwkit_trace_open_session(&run->trace, run->session, &options, error);
}

/* What this system cannot do, or Windows refuses. */
static int fail(const etwkit_error *error) {
    cli_message("%s", error->message);
    return CLI_USAGE;
}

/* What Windows does otherwise than it was asked, and was not told before. */
static void tell_notes(session_run *run) {
    size_t size = etwkit_session_notes(run->session, NULL, 0) + 1;
    char *notes = cli_resize(NULL, size, 1);
    notes[0] = 0;
    (void)etwkit_session_notes(run->session, notes, size);
    for (char *line = notes + run->told; *line;) {
        size_t length = strcspn(line, "\n");
        bool is_last = line[length] == 0;
        line[length] = 0;
        cli_message("%s", line);
        line += length + !is_last;
    }
    run->told = size - 1;
    free(notes);
}

static etwkit_status enable_all(session_run *run, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    for (size_t i = 0; i < run->plan.provider_count && !status; i++)
        status = etwkit_session_enable(run->session, &run->plan.providers[i], &run->plan.wishes[i], error);
    return status;
}

static int start(session_run *run, const session_settings *settings) {
    etwkit_error error;
    etwkit_status status = etwkit_session_new(&run->session, run->plan.name, &run->plan.options, &error);
    if (!status)
        status = enable_all(run, &error);
    if (!status && run->plan.options.mode == ETWKIT_SESSION_REAL_TIME)
        status = open_trace(run, &error);
    if (!status)
        status = etwkit_session_start(run->session, &error);
    for (size_t i = 0; i < run->plan.provider_count && settings->capture_state && !status; i++)
        status = etwkit_session_capture_state(run->session, &run->plan.providers[i], &error);
    if (status)
        return fail(&error);
    tell_notes(run);
    run->begun = system_milliseconds();
    return CLI_GO_ON;
}

static bool goes_on(const session_run *run) {
    return !system_interrupted() && system_milliseconds() - run->begun < run->plan.milliseconds;
}

/* The loss is said, never an error: what was written is intact. */
static void tell_loss(const etwkit_session *session) {
    const etwkit_session_stats stats = etwkit_session_get_stats(session);
    uint64_t events = etwkit_session_events_lost(&stats);
    char number[CLI_GROUPED];
    if (!events && !stats.buffers_lost && !stats.windows_real_time_buffers_lost && !stats.windows_log_buffers_lost)
        return;
    cli_message("%s%s were lost (Windows says: EventsLost %llu, LogBuffersLost %llu, RealTimeBuffersLost %llu); "
                "more buffers (--buffers), or larger ones (--buffer-size), lose less",
                events ? cli_grouped(number, events) : "buffers", events ? " events" : " with events in them",
                (unsigned long long)stats.windows_events_lost, (unsigned long long)stats.windows_log_buffers_lost,
                (unsigned long long)stats.windows_real_time_buffers_lost);
}

static int end(session_run *run, int code) {
    etwkit_error error;
    if (run->session) {
        etwkit_status status = etwkit_session_stop(run->session, &error);
        if (status && code == CLI_DONE)
            code = fail(&error);
        if (run->begun) {
            tell_notes(run);
            tell_loss(run->session);
        }
    }
    etwkit_trace_close(&run->trace);
    etwkit_filter_free(run->filter);
    etwkit_session_free(&run->session);
    session_plan_free(&run->plan);
    return code == CLI_DONE && system_interrupted() ? CLI_INTERRUPTED + system_interrupted() : code;
}

/* Shows what comes; after the stop, what is still there, and what the kernel writes at its end. */
static int show_events(session_run *run, show *it) {
    const etwkit_batch *batch = NULL;
    etwkit_error error;
    etwkit_status status = ETWKIT_OK;
    bool stopped = false;
    while (status == ETWKIT_OK && show_goes_on(it)) {
        if (!stopped && !goes_on(run)) {
            status = etwkit_session_stop(run->session, &error);
            stopped = true;
        }
        if (status == ETWKIT_OK)
            status = etwkit_trace_next(run->trace, &batch, &error);
        if (status == ETWKIT_OK)
            status = show_batch(it, run->trace, batch, &error);
        show_flush(it);
    }
    return status < 0 ? fail(&error) : CLI_DONE;
}

int session_listen(const session_settings *settings, const cli_list *providers, const show_options *shown) {
    static show it; /* too large for the stack of a thread, and there is one */
    session_run run = {.command = "listen"};
    it.output.file = SYSTEM_NO_FILE;
    int code = session_plan_make(&run.plan, run.command, settings, providers);
    if (code == CLI_GO_ON)
        code = start(&run, settings);
    if (code == CLI_GO_ON)
        code = show_begin(&it, run.command, shown);
    if (code == CLI_GO_ON)
        code = show_events(&run, &it);
    int written = show_end(&it);
    return end(&run, code == CLI_DONE ? written : code);
}

int session_record(const session_settings *settings, const cli_list *providers, const char *path, uint64_t ring) {
    session_run run = {.command = "record"};
    int code = session_plan_make(&run.plan, run.command, settings, providers);
    if (code == CLI_GO_ON && settings->attach)
        code =
            cli_usage(run.command, "--attach reads a session; its file is its own. 'etwkit listen --attach' shows it");
    run.plan.options.mode = ring ? ETWKIT_SESSION_CIRCULAR : ETWKIT_SESSION_FILE;
    run.plan.options.path = path;
    run.plan.options.maximum_file_size = ring;
    if (code == CLI_GO_ON)
        code = start(&run, settings);
    while (code == CLI_GO_ON && goes_on(&run) && etwkit_session_is_running(run.session))
        (void)system_wait(PAUSE, SYSTEM_NO_FILE);
    return end(&run, code == CLI_GO_ON ? CLI_DONE : code);
}
