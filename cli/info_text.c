/* SPDX-License-Identifier: MIT */
/* Shows for eyes what info found: three lines about the trace, then a table of its events. */
#include "columns.h"
#include "info.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DOT " \xC2\xB7 " /* U+00B7 between the parts of a line */
#define SECOND UINT64_C(10000000)

static void put_count(cli_output *output, uint64_t number, const char *what, const char *many) {
    char text[CLI_GROUPED];
    cli_output_printf(output, "%s %s%s", cli_grouped(text, number), what, number == 1 ? "" : many);
}

static void format_windows(const etwkit_trace_info *info, char *text, size_t capacity) {
    static const struct {
        uint32_t major, minor, build;
        const char *name;
    } versions[] = {{10, 0, 22000, "11"}, {10, 0, 0, "10"}, {6, 3, 0, "8.1"},
                    {6, 2, 0, "8"},       {6, 1, 0, "7"},   {6, 0, 0, "Vista"}};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (info->os_major == versions[i].major && info->os_minor == versions[i].minor &&
            info->os_build >= versions[i].build) {
            cli_format(text, capacity, "Windows %s build %" PRIu32, versions[i].name, info->os_build);
            return;
        }
    cli_format(text, capacity, "Windows %" PRIu32 ".%" PRIu32 " build %" PRIu32, info->os_major, info->os_minor,
               info->os_build);
}

/* "9.62 s", "12 min 5 s", "3 h 12 min", "2 d 4 h" */
static void format_duration(uint64_t ticks, char *text, size_t capacity) {
    uint64_t seconds = ticks / SECOND;
    if (seconds < 60)
        cli_format(text, capacity, "%" PRIu64 ".%02u s", seconds, (unsigned)(ticks % SECOND / (SECOND / 100)));
    else if (seconds < 3600)
        cli_format(text, capacity, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
    else if (seconds < 86400)
        cli_format(text, capacity, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600, seconds / 60 % 60);
    else
        cli_format(text, capacity, "%" PRIu64 " d %" PRIu64 " h", seconds / 86400, seconds / 3600 % 24);
}

/* "2020-10-30 05:10:54.1201 UTC" */
static void format_time(int64_t filetime, char *text, size_t capacity) {
    char iso[ETWKIT_TIME_TEXT];
    if (etwkit_time_format(filetime, iso, NULL) == ETWKIT_OK)
        cli_format(text, capacity, "%.10s %.13s UTC", iso, iso + 11);
    else
        cli_format(text, capacity, "FILETIME %s", iso);
}

static void format_clock(const etwkit_trace_info *info, char *text, size_t capacity) {
    char grouped[CLI_GROUPED];
    const char *name = info->clock == ETWKIT_CLOCK_QPC ? "QPC" : info->clock == ETWKIT_CLOCK_CPU ? "CPU cycles" : NULL;
    if (!name)
        cli_format(text, capacity, "system time");
    else if (info->frequency % 1000000 == 0)
        cli_format(text, capacity, "%s %s MHz", name, cli_grouped(grouped, info->frequency / 1000000));
    else
        cli_format(text, capacity, "%s %s Hz", name, cli_grouped(grouped, info->frequency));
}

static const char *base_name(const char *path) {
    const char *base = path;
    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            base = path + 1;
    return base;
}

static void put_system(cli_output *output, const etwkit_trace_info *info) {
    char text[64];
    format_windows(info, text, sizeof text);
    char *session = column_printable(info->session_name);
    cli_output_printf(output, "%s%s%s, %" PRIu32 "-bit, ", session, *session ? DOT : "", text, info->pointer_size * 8);
    put_count(output, info->processor_count, "processor", "s");
    cli_output_text(output, "\n");
    free(session);
}

static void put_recording(cli_output *output, const info_summary *summary) {
    enum {
        CIRCULAR = 2,
        APPENDED = 4
    }; /* bits of log_file_mode */
    const etwkit_trace_info *info = summary->info;
    char text[64], number[CLI_GROUPED];
    format_time(info->start_time, text, sizeof text);
    cli_output_text(output, text);
    format_duration(info_duration(summary), text, sizeof text);
    cli_output_printf(output, ", %s" DOT, text);
    format_clock(info, text, sizeof text);
    cli_output_printf(output, "%s" DOT, text);
    if (etwkit_trace_file_count(summary->trace) > 1)
        cli_output_printf(output, "%zu files" DOT, etwkit_trace_file_count(summary->trace));
    put_count(output, info->buffers, "buffer", "s");
    if (info->buffer_size % 1024 == 0)
        cli_output_printf(output, " of %" PRIu32 " KiB", info->buffer_size / 1024);
    else
        cli_output_printf(output, " of %s bytes", cli_grouped(number, info->buffer_size));
    /* No fault by itself, but so looks a file that was cut between two buffers. */
    if (info->closed && info->buffers < info->buffers_written)
        cli_output_printf(output, " (%s were written)", cli_grouped(number, info->buffers_written));
    cli_output_printf(output, ", %s compressed",
                      info->buffers_compressed == 0               ? "none"
                      : info->buffers_compressed == info->buffers ? "all"
                                                                  : cli_grouped(number, info->buffers_compressed));
    cli_output_text(output, info->log_file_mode & CIRCULAR ? DOT "circular" : "");
    cli_output_text(output, info->log_file_mode & APPENDED ? DOT "appended to" : "");
    cli_output_text(output, info->closed ? "\n" : DOT "never closed by its session\n");
}

static void put_events(cli_output *output, const info_summary *summary) {
    char number[CLI_GROUPED];
    cli_output_printf(output, "%s" DOT, cli_grouped(number, summary->stats.events));
    put_count(output, summary->info->events_lost, "event", "s");
    cli_output_text(output, " lost, ");
    put_count(output, summary->info->buffers_lost, "buffer", "s");
    cli_output_text(output, " lost" DOT);
    if (summary->stats.damage == 0) {
        cli_output_text(output, "no damage\n");
        return;
    }
    cli_output_text(output, "damaged: ");
    put_count(output, summary->stats.events_damaged, "place", "s");
    cli_output_text(output, " and ");
    put_count(output, summary->stats.bytes_damaged, "byte", "s");
    cli_output_text(output, " skipped\n");
}

static void put_head(cli_output *output, const info_summary *summary) {
    char *name = column_printable(base_name(summary->info->path));
    size_t width = cli_columns(name);
    if (width > 24) { /* too long to stand before the rest */
        cli_output_printf(output, "%s\n", name);
        width = 0;
    }
    size_t label = width > 8 ? width + 1 : 9;
    column_left(output, width ? name : "session", label);
    put_system(output, summary->info);
    column_left(output, "recorded", label);
    put_recording(output, summary);
    column_left(output, "events", label);
    put_events(output, summary);
    free(name);
}

/* A row of the table: one kind of event, or without --schemas all kinds that have the same names. */
typedef struct info_row {
    const etwkit_schema *schema;
    uint64_t events;
    etwkit_schema_usage usage;
    char *provider, *event; /* printable */
    const char *source;
    bool guessed; /* from a lower version of the event */
} info_row;

static info_row make_row(const info_kind *kind) {
    const etwkit_schema *schema = kind->schema;
    info_row row = {.schema = schema, .events = kind->events, .usage = kind->usage};
    const char *provider = etwkit_schema_provider_name(schema);
    char guid[ETWKIT_GUID_TEXT];
    etwkit_guid_format(etwkit_schema_provider_id(schema), guid);
    row.provider = column_printable(provider ? provider : guid);
    row.event = column_printable(etwkit_schema_event_name(schema));
    row.source = etwkit_source_name(etwkit_schema_source(schema));
    row.guessed = etwkit_schema_is_guessed(schema);
    return row;
}

static void free_rows(info_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(rows[i].provider);
        free(rows[i].event);
    }
    free(rows);
}

static int by_name(const void *a, const void *b) {
    const info_row *one = a, *other = b;
    int order = strcmp(one->provider, other->provider);
    order = order ? order : strcmp(one->event, other->event);
    order = order ? order : strcmp(one->source, other->source);
    return order ? order : (int)one->guessed - (int)other->guessed;
}

static int by_count(const void *a, const void *b) {
    const info_row *one = a, *other = b;
    if (one->events != other->events)
        return one->events > other->events ? -1 : 1;
    return by_name(a, b);
}

/* Joins the rows of equal names; returns how many are left. */
static size_t merge_rows(info_row *rows, size_t count) {
    size_t kept = 0;
    qsort(rows, count, sizeof *rows, by_name);
    for (size_t i = 0; i < count; i++) {
        if (kept && by_name(&rows[kept - 1], &rows[i]) == 0) {
            rows[kept - 1].events += rows[i].events;
            free(rows[i].provider);
            free(rows[i].event);
        } else {
            rows[kept++] = rows[i];
        }
    }
    qsort(rows, kept, sizeof *rows, by_count);
    return kept;
}

static void put_rate(cli_output *output, uint64_t events, uint64_t duration) {
    char text[CLI_GROUPED + 4], grouped[CLI_GROUPED];
    double rate = duration ? (double)events * (double)SECOND / (double)duration : 0;
    if (duration == 0 || rate >= 1e15)
        cli_format(text, sizeof text, "-");
    else if (rate < 0.05)
        cli_format(text, sizeof text, "<0.1");
    else {
        uint64_t tenths = (uint64_t)(rate * 10 + 0.5);
        cli_format(text, sizeof text, "%s.%u", cli_grouped(grouped, tenths / 10), (unsigned)(tenths % 10));
    }
    column_right(output, text, 9);
}

static void put_number(cli_output *output, uint64_t number, size_t width) {
    char text[CLI_GROUPED];
    column_right(output, cli_grouped(text, number), width);
}

static void put_table(cli_output *output, const info_summary *summary, const info_row *rows, size_t count) {
    size_t provider = 8, event = 5, number = 7;
    uint64_t duration = info_duration(summary);
    for (size_t i = 0; i < count; i++) {
        char text[CLI_GROUPED];
        provider = column_wider(provider, rows[i].provider);
        event = column_wider(event, rows[i].event);
        number = column_wider(number, cli_grouped(text, rows[i].events));
    }
    column_left(output, "PROVIDER", provider);
    column_left(output, "EVENT", event);
    column_right(output, "COUNT", number);
    cli_output_text(output, summary->walked ? "   ID  VER   OP  FIELDS  LEFT OVER  TRUNCATED  FIELDS FROM\n"
                                            : "   RATE/s  FIELDS FROM\n");
    for (size_t i = 0; i < count; i++) {
        column_left(output, rows[i].provider, provider);
        column_left(output, rows[i].event, event);
        put_number(output, rows[i].events, number);
        if (summary->walked) {
            const etwkit_schema *schema = rows[i].schema;
            cli_output_printf(output, "%5u  %3u  %3u  %6zu  ", etwkit_schema_event_id(schema),
                              etwkit_schema_version(schema), etwkit_schema_opcode(schema),
                              etwkit_schema_field_count(schema));
            put_number(output, rows[i].usage.with_rest, 9);
            put_number(output, rows[i].usage.truncated, 9);
        } else {
            put_rate(output, rows[i].events, duration);
        }
        cli_output_printf(output, "%s%s\n", rows[i].source, rows[i].guessed ? ", of an older version" : "");
    }
}

void info_print_text(cli_output *output, const info_summary *summary) {
    size_t count = summary->kind_count;
    put_head(output, summary);
    if (count) {
        info_row *rows = cli_resize(NULL, count, sizeof *rows);
        for (size_t i = 0; i < count; i++)
            rows[i] = make_row(&summary->kinds[i]);
        if (!summary->walked)
            count = merge_rows(rows, count);
        cli_output_text(output, "\n");
        put_table(output, summary, rows, count);
        free_rows(rows, count);
    }
    if (summary->others) {
        put_count(output, summary->others, "event", "s");
        cli_output_text(output, " of further kinds\n");
    }
}
