/* SPDX-License-Identifier: MIT */
/* The subcommand processes: the process tree of traces. How it is made: process_tree.c, process_images.c. */
#include "filter_options.h"
#include "inputs.h"
#include "json_reports.h"
#include "match.h"
#include "process_tree.h"
#include "schema_options.h"
#include "system.h"

#include <stdlib.h>
#include <string.h>

typedef struct process_settings {
    cli_list traces, names, ids;
    schema_options schemas;
    input_options inputs;
    const char *output;
    bool json, images, strict, json_errors;
} process_settings;

#define AT(member) offsetof(process_settings, member)

static const cli_option options[] = {
    {"name", 0, CLI_LIST, "NAME|PATTERN", AT(names), "only processes with this in their name; repeatable"},
    {"pid", 0, CLI_LIST, "LIST", AT(ids), "only processes with these ids: 4,700-799; repeatable"},
    {"images", 0, CLI_FLAG, NULL, AT(images), "text: also the modules that each of them loaded"},
    {"json", 0, CLI_FLAG, NULL, AT(json), "one JSON object a process, each in one line"},
    {"output", 'o', CLI_TEXT, "FILE", AT(output), "write there instead of to standard output"},
    {"strict", 0, CLI_FLAG, NULL, AT(strict), "stop at the first damage"},
    {"json-errors", 0, CLI_FLAG, NULL, AT(json_errors), "damage and errors as JSON lines on standard error"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {
    {"Options", options, 0},
    {SCHEMA_OPTION_HEADING, schema_option_table, AT(schemas)},
    {INPUT_OPTION_HEADING, input_option_table, AT(inputs)},
    {NULL, NULL, 0},
};

static const cli_command command = {
    "processes",
    "TRACE... [OPTION]...",
    "Shows the processes of one or more traces as a tree: who made whom, when each began and ended.",
    groups,
    "TRACE",
    AT(traces),
    "Taken from the events of the kernel and of Microsoft-Windows-Kernel-Process, whichever are there. What they\n"
    "do not tell is left blank: the start of a process that was there before. Names are compared without case.\n\n"
    "Examples:\n"
    "  etwkit processes boot.etl\n"
    "  etwkit processes boot.etl --name 'svchost*' --images\n"
    "  etwkit processes boot.etl --json | jq -r 'select(.exit_status != 0) | [.name, .exit_status]'\n\n"
    "The exit code is 1 where damage was found (it is reported on standard error and skipped), 3 where\n"
    "a trace cannot be read at all.\n",
};

typedef struct process_run {
    const process_settings *settings;
    number_list ids;
    inputs traces;
    etwkit_trace *trace;
    process_tree tree;
    cli_output output;
    cli_progress progress;
    cli_damage damage;
    uint64_t searched, buffers;
} process_run;

static int open_trace(process_run *run, const etwkit_filter *filter) {
    const process_settings *settings = run->settings;
    etwkit_trace_options options_of = ETWKIT_TRACE_OPTIONS;
    options_of.filter = filter;
    options_of.strict = settings->strict;
    options_of.schema_paths = settings->schemas.paths.items;
    options_of.schema_path_count = settings->schemas.paths.count;
    options_of.no_bundled_schemas = settings->schemas.no_pack;
    options_of.on_damage = cli_damage_found;
    options_of.on_damage_context = &run->damage;
    int code = inputs_open(&run->traces, &settings->traces, &settings->inputs, &run->damage);
    if (code != CLI_GO_ON)
        return code;
    etwkit_error error;
    etwkit_status status =
        etwkit_trace_open_inputs(&run->trace, run->traces.items, run->traces.count, &options_of, &error);
    return status == ETWKIT_OK ? CLI_GO_ON : cli_damage_end(&run->damage, &error);
}

/* Before each buffer that is searched. */
static bool goes_on(void *context) {
    process_run *run = context;
    uint64_t total = etwkit_trace_get_stats(run->trace).bytes_total;
    if (run->buffers)
        cli_progress_update(&run->progress, total / run->buffers / 2 * run->searched++, total);
    return !system_interrupted();
}

/* The exit code of what ended it, or CLI_GO_ON. */
static int find_processes(process_run *run) {
    etwkit_processes *table = NULL;
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status = etwkit_processes_open(&table, NULL, &error);
    for (size_t i = 0; i < etwkit_trace_file_count(run->trace); i++)
        run->buffers += etwkit_trace_get_info(run->trace, i)->buffers;
    if (status == ETWKIT_OK)
        status = etwkit_processes_collect(table, run->trace, goes_on, run, &error);
    if (status == ETWKIT_E_LIMIT) { /* what was found until then is good */
        cli_progress_clear(&run->progress);
        cli_message("%s", error.message);
        status = ETWKIT_OK;
    }
    if (status == ETWKIT_E_NO_MEMORY)
        etwkit_processes_close(&table);
    if (table)
        process_tree_begin(&run->tree, table);
    if (status == ETWKIT_E_NO_MEMORY)
        return cli_damage_end(&run->damage, &error);
    return CLI_GO_ON; /* what else is wrong the reading tells */
}

/* Reads all of it, so that damage is told, and takes in what is said of images. */
static int find_images(process_run *run) {
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status = ETWKIT_OK;
    const etwkit_batch *batch = NULL;
    while (!system_interrupted() && (status = etwkit_trace_next(run->trace, &batch, &error)) == ETWKIT_OK) {
        bool good = true;
        for (size_t i = 0; good && i < etwkit_batch_count(batch); i++)
            good = process_image_add(&run->tree, run->trace, etwkit_batch_record(batch, i));
        if (!good) {
            status = error.status = ETWKIT_E_NO_MEMORY;
            cli_format(error.message, sizeof error.message, "there is not enough memory for the images of processes");
            break;
        }
        etwkit_trace_stats stats = etwkit_trace_get_stats(run->trace);
        cli_progress_update(&run->progress, stats.bytes_total / 2 + stats.bytes_read / 2, stats.bytes_total);
    }
    cli_progress_clear(&run->progress);
    if (run->tree.full)
        cli_message("more images than there is room for: the last ones are left out");
    return status < 0 ? cli_damage_end(&run->damage, &error) : CLI_GO_ON;
}

static bool is_wanted(const process_run *run, const etwkit_process *is) {
    const cli_list *names = &run->settings->names;
    bool named = names->count == 0, numbered = run->ids.count == 0;
    for (size_t i = 0; is->name && i < names->count && !named; i++)
        named = match_name(names->items[i], is->name);
    for (size_t i = 0; i < run->ids.count && !numbered; i++)
        numbered = run->ids.items[i] == is->process_id;
    return named && numbered;
}

static void show(process_run *run) {
    process_tree *tree = &run->tree;
    for (size_t i = 0; i < tree->count; i++)
        tree->nodes[i].wanted = is_wanted(run, tree->nodes[i].is);
    process_tree_arrange(tree);
    if (tree->count == 0)
        cli_message("no event tells of a process");
    else if (tree->shown == 0)
        cli_message("none of the %zu processes is such a one", tree->count);
    else if (run->settings->json)
        process_print_json(&run->output, tree);
    else
        process_print_text(&run->output, tree, run->settings->images);
}

static int start(process_run *run) {
    const process_settings *settings = run->settings;
    etwkit_filter *filter = process_image_filter();
    int code = open_trace(run, filter);
    if (code == CLI_GO_ON && !cli_output_open(&run->output, settings->output, &settings->traces))
        code = CLI_USAGE;
    cli_progress_begin(&run->progress, code == CLI_GO_ON);
    if (code == CLI_GO_ON)
        code = find_processes(run);
    if (code == CLI_GO_ON)
        code = find_images(run);
    if (run->tree.table && !system_interrupted())
        show(run);
    if (run->trace)
        cli_damage_summary(&run->damage, run->trace);
    if (code == CLI_GO_ON)
        code = etwkit_trace_get_stats(run->trace).damage || run->damage.reported ? CLI_DAMAGED : CLI_DONE;
    etwkit_trace_close(&run->trace);
    inputs_close(&run->traces);
    etwkit_filter_free(filter);
    return code;
}

static int parse_ids(process_run *run) {
    const cli_list *lists = &run->settings->ids;
    for (size_t i = 0; i < lists->count; i++)
        if (!number_list_add(&run->ids, lists->items[i], UINT32_MAX))
            return cli_usage(command.name, "--pid wants numbers or ranges up to %u, as in 1,2,5-9, not '%s'",
                             (unsigned)UINT32_MAX, lists->items[i]);
    return CLI_GO_ON;
}

int cli_processes(int argc, char **argv) {
    process_settings settings = {.json = false};
    static process_run run; /* too large for the stack of a thread, and there is one */
    int code = cli_parse(&command, &settings, argc, argv);
    run.settings = &settings;
    if (code == CLI_GO_ON)
        code = parse_ids(&run);
    if (code == CLI_GO_ON)
        code = input_options_check(command.name, &settings.inputs);
    if (code == CLI_GO_ON) {
        run.damage = (cli_damage){.progress = &run.progress, .strict = settings.strict};
        run.output.file = SYSTEM_NO_FILE;
        if (settings.json_errors)
            json_reports_begin(&run.traces.names, &settings.schemas.paths);
        schema_options_complete(&settings.schemas);
        code = start(&run);
        int written = cli_output_close(&run.output);
        if (written != CLI_DONE)
            code = written;
        if (system_interrupted())
            code = CLI_INTERRUPTED + system_interrupted();
        json_reports_end(code);
    }
    process_tree_free(&run.tree);
    free(run.ids.items);
    cli_list_free(&settings.traces);
    cli_list_free(&settings.names);
    cli_list_free(&settings.ids);
    schema_options_free(&settings.schemas);
    return code;
}
