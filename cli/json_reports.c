/* SPDX-License-Identifier: MIT */
/* Reports on standard error as JSON, one object a line. docs/command.md has its keys; they are only added. */
#include "json_reports.h"

#include "json.h"
#include "system.h"

static struct {
    bool wanted;
    const cli_list *paths[2];
    etwkit_trace_stats sums;
    cli_output output;
} reports; /* there is one standard error */

static json_object begin(const char *kind) {
    json_object json = {&reports.output, false};
    cli_output_text(&reports.output, "{");
    json_text(&json, "report", kind);
    return json;
}

static void end(void) {
    cli_output_text(&reports.output, "}\n");
    cli_output_flush(&reports.output); /* at once, as all that is said there */
}

static void take_message(const char *text) {
    json_object json = begin("message");
    json_text(&json, "message", text);
    end();
}

void json_reports_begin(const cli_list *traces, const cli_list *lenders) {
    reports.wanted = true;
    reports.paths[0] = traces;
    reports.paths[1] = lenders;
    reports.output.file = system_stderr();
    cli_messages_to(take_message);
}

void json_reports_about(const cli_list *traces) {
    reports.paths[0] = traces;
}

bool json_reports_wanted(void) {
    return reports.wanted;
}

void json_report(const char *kind, const etwkit_error *error) {
    json_object json = begin(kind);
    json_error(&json, error, json_path_of(error, reports.paths, 2));
    end();
}

void json_reports_add(const etwkit_trace_stats *stats) {
    reports.sums.events += stats->events;
    reports.sums.damage += stats->damage;
    reports.sums.events_damaged += stats->events_damaged;
    reports.sums.bytes_damaged += stats->bytes_damaged;
    reports.sums.events_late += stats->events_late;
}

void json_reports_end(int code) {
    if (!reports.wanted)
        return;
    json_object json = begin("summary");
    json_number(&json, "exit_code", (uint64_t)code);
    json_number(&json, "events", reports.sums.events);
    json_number(&json, "events_late", reports.sums.events_late);
    json_number(&json, "damage", reports.sums.damage);
    json_number(&json, "events_damaged", reports.sums.events_damaged);
    json_number(&json, "bytes_damaged", reports.sums.bytes_damaged);
    end();
    cli_messages_to(NULL);
    reports.wanted = false;
}
