/* SPDX-License-Identifier: MIT */
/* The subcommand info: reads a trace once and counts its events by kind. How that is shown: info_text.c, info_json.c.
 */
#include "info.h"

#include "inputs.h"
#include "json_reports.h"
#include "schema_options.h"
#include "system.h"

#include <stdlib.h>
#include <string.h>

typedef struct info_settings {
    cli_list traces;
    schema_options schema;
    input_options inputs;
    const char *output;
    bool json, json_errors, schemas, strict;
} info_settings;

#define AT(member) offsetof(info_settings, member)

static const cli_option options[] = {
    {"json", 0, CLI_FLAG, NULL, AT(json), "one JSON object a trace, each in one line"},
    {"schemas", 0, CLI_FLAG, NULL, AT(schemas),
     "reads every payload to its end, and tells for each kind\nof event how many left bytes over or ended early"},
    {"output", 'o', CLI_TEXT, "FILE", AT(output), "write there instead of to standard output"},
    {"tmf", 0, CLI_LIST, "FILE|DIR", AT(schema.given),
     "describes WPP messages: a .tmf file or a folder of them;\nrepeatable"},
    {"strict", 0, CLI_FLAG, NULL, AT(strict), "stop at the first damage"},
    {"json-errors", 0, CLI_FLAG, NULL, AT(json_errors), "damage and errors as JSON lines on standard error"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {
    {"Options", options, 0},
    {SCHEMA_OPTION_HEADING, schema_option_table, AT(schema)},
    {INPUT_OPTION_HEADING, input_option_table, AT(inputs)},
    {NULL, NULL, 0},
};

static const cli_command command = {
    "info",
    "TRACE... [OPTION]...",
    "Tells what each trace is, and counts its events by kind.",
    groups,
    "TRACE",
    AT(traces),
    "Examples:\n"
    "  etwkit info boot.etl\n"
    "  etwkit info boot.etl --schemas\n"
    "  etwkit info *.etl --json | jq '[.path, .events, .events_lost]'\n\n"
    "FIELDS FROM says what describes the fields: tracelogging (the event itself), embedded, eventsource (the\n"
    "trace), manifest (a file of yours), pack, built in (etwkit knows the event), unknown (nothing does: only\n"
    "the header is shown); \"of an older version\" where a lower version of the event had to serve.\n"
    "The exit code is 1 where damage was found (it is reported on standard error and skipped), 3 where\n"
    "a trace cannot be read at all.\n",
};

int64_t info_end(const info_summary *summary) {
    if (summary->info->closed && summary->info->end_time)
        return summary->info->end_time;
    return summary->last > summary->info->start_time ? summary->last : summary->info->start_time;
}

uint64_t info_duration(const info_summary *summary) {
    int64_t end = info_end(summary);
    return end > summary->info->start_time ? (uint64_t)end - (uint64_t)summary->info->start_time : 0;
}

static void walk(const etwkit_schema *schema, const etwkit_record *record) {
    etwkit_walk walk;
    etwkit_step step;
    etwkit_walk_begin(&walk, schema, record);
    while (etwkit_walk_next(&walk, &step) == ETWKIT_OK)
        continue;
}

/* false: memory ran out. */
static bool count_batch(info_summary *summary, const etwkit_batch *batch) {
    size_t count = etwkit_batch_count(batch);
    for (size_t i = 0; i < count; i++) {
        const etwkit_record *record = etwkit_batch_record(batch, i);
        const etwkit_schema *schema = etwkit_trace_schema(summary->trace, record);
        if (!schema)
            return false;
        tally_add(&summary->events, schema);
        if (summary->walked)
            walk(schema, record);
        if (record->timestamp < summary->first)
            summary->first = record->timestamp;
        if (record->timestamp > summary->last)
            summary->last = record->timestamp;
    }
    return true;
}

/* The exit code of an error that was reported, or CLI_GO_ON. */
static int read_all(info_summary *summary, cli_damage *damage) {
    cli_progress progress;
    damage->progress = &progress;
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status = ETWKIT_OK;
    const etwkit_batch *batch = NULL;
    cli_progress_begin(&progress, true);
    while (!system_interrupted() && (status = etwkit_trace_next(summary->trace, &batch, &error)) == ETWKIT_OK) {
        if (!count_batch(summary, batch)) {
            status = error.status = ETWKIT_E_NO_MEMORY;
            cli_format(error.message, sizeof error.message, "there is not enough memory for the schemas");
            break;
        }
        etwkit_trace_stats stats = etwkit_trace_get_stats(summary->trace);
        cli_progress_update(&progress, stats.bytes_read, stats.bytes_total);
    }
    cli_progress_clear(&progress);
    damage->progress = NULL;
    if (status < 0)
        return cli_damage_end(damage, &error);
    return system_interrupted() ? CLI_INTERRUPTED + system_interrupted() : CLI_GO_ON;
}

/* Most frequent first; then by provider, id, version, so that the order is always the same. */
static int by_events(const void *a, const void *b) {
    const info_kind *kind = a, *other_kind = b;
    const etwkit_schema *one = kind->schema, *other = other_kind->schema;
    if (kind->events != other_kind->events)
        return kind->events > other_kind->events ? -1 : 1;
    int names = strcmp(etwkit_schema_event_name(one), etwkit_schema_event_name(other));
    if (names)
        return names;
    int providers = memcmp(etwkit_schema_provider_id(one), etwkit_schema_provider_id(other), sizeof(etwkit_guid));
    if (providers)
        return providers;
    if (etwkit_schema_event_id(one) != etwkit_schema_event_id(other))
        return etwkit_schema_event_id(one) < etwkit_schema_event_id(other) ? -1 : 1;
    if (etwkit_schema_opcode(one) != etwkit_schema_opcode(other))
        return etwkit_schema_opcode(one) < etwkit_schema_opcode(other) ? -1 : 1;
    return (int)etwkit_schema_version(one) - (int)etwkit_schema_version(other);
}

/* Events in front of what describes them were counted under a schema that knows nothing: the known one takes them. */
static void join_kinds(info_summary *summary) {
    const etwkit_schema *schema = NULL;
    for (size_t i = 0; (schema = etwkit_trace_schema_at(summary->trace, i)); i++) {
        const etwkit_schema *now = etwkit_trace_renew_schema(summary->trace, schema);
        if (now && now != schema)
            tally_move(&summary->events, schema, now);
    }
}

static void collect_kinds(info_summary *summary) {
    uint64_t events = 0;
    const etwkit_schema *schema = NULL;
    join_kinds(summary);
    for (size_t i = 0; (schema = etwkit_trace_schema_at(summary->trace, i)); i++) {
        info_kind kind = {schema, tally_get(&summary->events, schema), etwkit_schema_get_usage(schema)};
        if (kind.events == 0)
            continue;
        summary->kinds = cli_resize(summary->kinds, summary->kind_count + 1, sizeof *summary->kinds);
        summary->kinds[summary->kind_count++] = kind;
        events += kind.events;
    }
    if (summary->kind_count)
        qsort(summary->kinds, summary->kind_count, sizeof *summary->kinds, by_events);
    summary->stats = etwkit_trace_get_stats(summary->trace);
    summary->others = summary->stats.events > events ? summary->stats.events - events : 0;
}

/* One recording in several files: an archive has them side by side. */
static void join_files(info_summary *summary, const char *path) {
    etwkit_trace_info *all = &summary->together;
    size_t count = etwkit_trace_file_count(summary->trace);
    summary->info = etwkit_trace_get_info(summary->trace, 0);
    if (count < 2)
        return;
    *all = *summary->info;
    for (size_t i = 1; i < count; i++) {
        const etwkit_trace_info *one = etwkit_trace_get_info(summary->trace, i);
        all->file_size += one->file_size;
        all->buffers += one->buffers;
        all->buffers_compressed += one->buffers_compressed;
        all->buffers_written += one->buffers_written;
        all->buffers_lost += one->buffers_lost;
        all->events_lost += one->events_lost;
        all->closed &= one->closed;
        if (one->start_time < all->start_time)
            all->start_time = one->start_time;
        if (one->end_time > all->end_time)
            all->end_time = one->end_time;
    }
    all->path = path;
    summary->info = all;
}

static int open_trace(info_summary *summary, const info_settings *settings, const inputs *traces, const char *path,
                      cli_damage *damage) {
    etwkit_trace_options trace_options = ETWKIT_TRACE_OPTIONS;
    trace_options.unordered = true; /* counting needs no order, and names at the end only */
    trace_options.no_look_ahead = !settings->schemas;
    trace_options.strict = settings->strict;
    trace_options.schema_paths = settings->schema.paths.items;
    trace_options.schema_path_count = settings->schema.paths.count;
    trace_options.no_bundled_schemas = settings->schema.no_pack;
    trace_options.on_damage = cli_damage_found;
    trace_options.on_damage_context = damage;
    etwkit_error error;
    etwkit_status status =
        etwkit_trace_open_inputs(&summary->trace, traces->items, traces->count, &trace_options, &error);
    if (status != ETWKIT_OK)
        return cli_damage_end(damage, &error);
    join_files(summary, path);
    return CLI_GO_ON;
}

static int show(cli_output *output, const info_settings *settings, const char *path) {
    inputs traces = {.damage = NULL};
    info_summary summary = {.first = INT64_MAX,
                            .last = INT64_MIN,
                            .walked = settings->schemas,
                            .paths = {&traces.names, &settings->schema.paths}};
    cli_damage damage = {.strict = settings->strict};
    const cli_list operand = {&path, 1};
    json_reports_about(&traces.names);
    int code = inputs_open(&traces, &operand, &settings->inputs, &damage);
    if (code == CLI_GO_ON)
        code = open_trace(&summary, settings, &traces, path, &damage);
    if (code == CLI_GO_ON)
        code = read_all(&summary, &damage);
    if (code == CLI_GO_ON) {
        collect_kinds(&summary);
        (settings->json ? info_print_json : info_print_text)(output, &summary);
        code = summary.stats.damage || damage.reported ? CLI_DAMAGED : CLI_DONE;
    }
    if (summary.trace)
        cli_damage_summary(&damage, summary.trace);
    free(summary.kinds);
    tally_free(&summary.events);
    etwkit_trace_close(&summary.trace);
    json_reports_about(&settings->traces);
    inputs_close(&traces);
    return code;
}

/* Each trace on its own: one that cannot be read does not keep the others back. The worst code is the command's. */
static int show_all(cli_output *output, const info_settings *settings) {
    int worst = CLI_DONE;
    for (size_t i = 0; i < settings->traces.count && !output->failed && !system_interrupted(); i++) {
        if (i && !settings->json)
            cli_output_text(output, "\n");
        int code = show(output, settings, settings->traces.items[i]);
        if (code > worst)
            worst = code;
    }
    return worst;
}

int cli_info(int argc, char **argv) {
    info_settings settings = {.json = false};
    static cli_output output; /* its buffer is large */
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON)
        code = input_options_check(command.name, &settings.inputs);
    if (code == CLI_GO_ON) {
        if (settings.json_errors)
            json_reports_begin(&settings.traces, &settings.schema.paths);
        schema_options_complete(&settings.schema);
        code = cli_output_open(&output, settings.output, &settings.traces) ? show_all(&output, &settings) : CLI_USAGE;
        int written = cli_output_close(&output);
        if (written > code)
            code = written;
        json_reports_end(code);
    }
    cli_list_free(&settings.traces);
    schema_options_free(&settings.schema);
    return code;
}
