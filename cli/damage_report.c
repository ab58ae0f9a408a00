/* SPDX-License-Identifier: MIT */
/* Tells of damage on standard error: the first ones line by line as they are found, all of them in a last sentence. */
#include "cli.h"

enum {
    SHOWN = 20
};

void cli_damage_found(void *context, const etwkit_error *error) {
    cli_damage *damage = context;
    if (damage->reported++ >= SHOWN)
        return;
    if (damage->progress)
        cli_progress_clear(damage->progress);
    cli_message("%s", error->message);
}

void cli_damage_summary(const cli_damage *damage, const etwkit_trace *trace) {
    char count[CLI_GROUPED], hidden[CLI_GROUPED], places[CLI_GROUPED], bytes[CLI_GROUPED];
    if (damage->reported == 0)
        return;
    etwkit_trace_stats stats = etwkit_trace_get_stats(trace);
    if (damage->reported > SHOWN)
        cli_message("%s more like these", cli_grouped(hidden, damage->reported - SHOWN));
    cli_message("damage was found %s time%s: %s place%s skipped, %s byte%s in all; the other events are not touched",
                cli_grouped(count, damage->reported), damage->reported == 1 ? "" : "s",
                cli_grouped(places, stats.events_damaged), stats.events_damaged == 1 ? "" : "s",
                cli_grouped(bytes, stats.bytes_damaged), stats.bytes_damaged == 1 ? "" : "s");
}
