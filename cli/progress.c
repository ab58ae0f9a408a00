/* SPDX-License-Identifier: MIT */
/* The progress bar on standard error: share, rate and time left, drawn at most ten times a second. */
#include "cli.h"
#include "system.h"

#include <string.h>

enum {
    PATIENCE = 1000,
    PAUSE = 100,
    BAR = 30
}; /* milliseconds; columns */

void cli_progress_begin(cli_progress *progress, bool wanted) {
    *progress = (cli_progress){.wanted = wanted && system_stderr_is_terminal()};
    if (progress->wanted)
        progress->begun = progress->drawn = system_milliseconds();
}

/* "4.2 GiB", "512 KiB" */
static void format_size(char text[16], double bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    for (; bytes >= 1024 && unit < 4; unit++)
        bytes /= 1024;
    cli_format(text, 16, bytes < 10 && unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

static void draw(const cli_progress *progress, uint64_t now, uint64_t done, uint64_t total) {
    double share = done < total ? (double)done / (double)total : 1;
    double seconds = (double)(now - progress->begun) / 1000, rate = (double)done / seconds;
    uint64_t left = rate > 0 ? (uint64_t)((double)(total - (done < total ? done : total)) / rate + 0.5) : 0;
    char bar[BAR + 1], of[16], a_second[16], line[128];
    int filled = (int)(share * BAR);
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)filled);
    bar[BAR] = 0;
    format_size(of, (double)total);
    format_size(a_second, rate);
    int length = snprintf(line, sizeof line, "[%s] %3d %% of %s, %s/s, %llu:%02llu left", bar, (int)(share * 100), of,
                          a_second, (unsigned long long)(left / 60), (unsigned long long)(left % 60));
    unsigned columns = system_stderr_columns();
    if (length >= 0 && (unsigned)length < columns) /* a line that wraps could not be taken back */
        cli_stderr("\r%s\x1b[K", line);
    else
        cli_stderr("\r%3d %%\x1b[K", (int)(share * 100));
}

void cli_progress_update(cli_progress *progress, uint64_t done, uint64_t total) {
    if (!progress->wanted || total == 0)
        return;
    uint64_t now = system_milliseconds();
    if (now - progress->begun < PATIENCE || now - progress->drawn < PAUSE)
        return;
    draw(progress, now, done, total);
    progress->drawn = now;
    progress->shown = true;
}

void cli_progress_clear(cli_progress *progress) {
    if (!progress->shown)
        return;
    cli_stderr("\r\x1b[K");
    progress->shown = false;
}
