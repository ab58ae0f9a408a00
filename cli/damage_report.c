/* SPDX-License-Identifier: MIT */
/* Tells of damage on standard error: the first ones line by line as they are found, all of them in a last sentence. */
#include "cli.h"
#include "json_reports.h"

enum {
    SHOWN = 20
};

void cli_damage_found(void *context, const etwkit_error *error) {
    cli_damage *damage = context;
    damage->reported++;
    if (json_reports_wanted()) {
        json_report("damage", error);
        return;
    }
    if (damage->reported > SHOWN)
        return;
    if (damage->progress)
        cli_progress_clear(damage->progress);
    cli_message("%s", error->message);
}

static int exit_code(etwkit_status status) {
    switch (status) {
    case ETWKIT_E_NO_MEMORY:
    case ETWKIT_E_INVALID:
    case ETWKIT_E_TYPE: return CLI_USAGE; /* csv: an event that fits no column */
    case ETWKIT_E_DAMAGED: return CLI_DAMAGED;
    default: return CLI_UNREADABLE;
    }
}

int cli_damage_end(const cli_damage *damage, const etwkit_error *error) {
    bool was_told = error->status == ETWKIT_E_DAMAGED && damage->reported > 0;
    if (!was_told && json_reports_wanted())
        json_report("error", error);
    else if (!was_told)
        cli_message("%s", error->message);
    return exit_code(error->status);
}

void cli_damage_summary(const cli_damage *damage, const etwkit_trace *trace) {
    char count[CLI_GROUPED], hidden[CLI_GROUPED], places[CLI_GROUPED], bytes[CLI_GROUPED];
    etwkit_trace_stats stats = etwkit_trace_get_stats(trace);
    if (damage->reported > stats.damage)
        stats.damage = damage->reported; /* of an archive: the trace knows nothing of it */
    if (json_reports_wanted())
        json_reports_add(&stats);
    if (damage->reported == 0 || json_reports_wanted())
        return;
    if (damage->strict) {
        cli_message("reading stopped at the first damage, as --strict asks");
        return;
    }
    if (damage->reported > SHOWN)
        cli_message("%s more like these", cli_grouped(hidden, damage->reported - SHOWN));
    cli_message("damage was found %s time%s: %s place%s skipped, %s byte%s in all; the other events are not touched",
                cli_grouped(count, damage->reported), damage->reported == 1 ? "" : "s",
                cli_grouped(places, stats.events_damaged), stats.events_damaged == 1 ? "" : "s",
                cli_grouped(bytes, stats.bytes_damaged), stats.bytes_damaged == 1 ? "" : "s");
}
