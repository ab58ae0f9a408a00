/* SPDX-License-Identifier: MIT */
/* The subcommands dump and grep: events of traces through a filter, and by what they say, into a sink. */
#include "cli.h"
#include "filter_options.h"
#include "grep_match.h"
#include "inputs.h"
#include "json_reports.h"
#include "one_kind.h"
#include "packets.h"
#include "schema_options.h"
#include "system.h"

#include <inttypes.h>
#include <string.h>

typedef struct dump_settings {
    cli_list traces;
    filter_options filter;
    schema_options schemas;
    input_options inputs;
    grep_options grep;
    const char *pattern; /* of grep; NULL: it is dump */
    const char *format, *packets, *output;
    uint64_t limit, threads;
    bool local, numeric, names, message, stacks, payload, unordered, strict, follow, json_errors;
} dump_settings;

#define AT(member) offsetof(dump_settings, member)

enum {
    THREADS_MOST = 256
};

static const cli_option output_options[] = {
    {"format", 'f', CLI_CHOICE, "text|jsonl|csv|pcapng", AT(format),
     "text is for eyes, jsonl (one JSON object a line) and csv\nfor programs, pcapng (the packets alone) for "
     "Wireshark;\n"
     "default: text to a terminal, else jsonl"},
    {"packets", 0, CLI_CHOICE, "first|all|dropped", AT(packets),
     "pcapng: packets of pktmon where each appears first\n(default), at all components, or those that were dropped"},
    {"output", 'o', CLI_TEXT, "FILE", AT(output), "write there instead of to standard output"},
    {"limit", 'n', CLI_NUMBER, "N", AT(limit), "stop after N events (pcapng: N packets)"},
    {"numeric", 0, CLI_FLAG, NULL, AT(numeric), "mapped values as numbers, not as labels"},
    {"names", 0, CLI_FLAG, NULL, AT(names),
     "the names of level, opcode, task, channel and keywords,\nwhere they are known"},
    {"message", 0, CLI_FLAG, NULL, AT(message), "the event's message with its values in it, where there is\none"},
    {"stacks", 0, CLI_FLAG, NULL, AT(stacks),
     "call stacks, joined to the events that they belong to,\nwith the modules of their addresses"},
    {"payload", 0, CLI_FLAG, NULL, AT(payload), "the bytes of the payload in hex, too"},
    {"local", 0, CLI_FLAG, NULL, AT(local), "text: times in the recording computer's time zone\n(default: UTC)"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_option reading_options[] = {
    {"unordered", 0, CLI_FLAG, NULL, AT(unordered), "as the events stand in the files, not by time; faster"},
    {"strict", 0, CLI_FLAG, NULL, AT(strict), "stop at the first damage"},
    {"json-errors", 0, CLI_FLAG, NULL, AT(json_errors), "damage and errors as JSON lines on standard error"},
    {"threads", 0, CLI_NUMBER, "N", AT(threads),
     "read, inflate and write with N threads (1 to 256, default 1);\nwhat comes out is the same"},
    {"follow", 0, CLI_FLAG, NULL, AT(follow), "wait for more events at the end, until Ctrl-C"},
    {"tmf", 0, CLI_LIST, "FILE|DIR", AT(schemas.given),
     "describes WPP messages: a .tmf file or a folder of them;\nrepeatable"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group grep_groups[] = {
    {"What is looked for", grep_option_table, AT(grep)},
    {"Which events", filter_option_table, AT(filter)},
    {"What is written", output_options, 0},
    {"How it is read", reading_options, 0},
    {SCHEMA_OPTION_HEADING, schema_option_table, AT(schemas)},
    {INPUT_OPTION_HEADING, input_option_table, AT(inputs)},
    {NULL, NULL, 0},
};

static const cli_command dump_command = {
    "dump",
    "TRACE... [OPTION]...",
    "Prints the events of one or more traces. Several traces become one, in time order.",
    grep_groups + 1, /* all but what is looked for */
    "TRACE",
    AT(traces),
    "Options of different kinds must all hold. Names are compared without case.\n\n"
    "Examples:\n"
    "  etwkit dump boot.etl --provider 'Windows Kernel' --event 'Process/Start' --limit 2\n"
    "  etwkit dump boot.etl --since +1.5s --until +2s --pid 4,700-799\n"
    "  etwkit dump *.etl --format jsonl | jq -r 'select(.event_name==\"Process/Start\").properties.CommandLine'\n"
    "  etwkit dump app.etl --level warning -o warnings.jsonl\n"
    "  etwkit dump boot.etl --format csv --event 'Process/Start' -o starts.csv\n"
    "  etwkit dump netsh.etl --format pcapng | tshark -r - -Y dns\n"
    "  etwkit dump session.etl --follow\n"
    "  etwkit dump boot.etl.zip --limit 5\n"
    "  ssh server cat boot.etl.gz | etwkit dump -\n\n"
    "A trace may also be an archive of traces (zip, cab, 7z, tar) or compressed (gz, zst, xz), and - is\n"
    "standard input.\n"
    "The exit code is 1 where damage was found (it is reported on standard error and skipped), 3 where\n"
    "a trace cannot be read at all, 130 after Ctrl-C.\n",
};

static const cli_command grep_command = {
    "grep",
    "PATTERN TRACE... [OPTION]...",
    "Prints the events that have PATTERN in one of their strings.",
    grep_groups,
    "PATTERN",
    AT(traces), /* the first of them is the pattern */
    "Strings are the values of fields that are texts, labels of numbers, GUIDs, SIDs and addresses, in arrays and\n"
    "structs, too; with --message also the event's message. Of an event that nothing describes the payload's bytes\n"
    "are searched, as UTF-8 and as UTF-16.\n\n"
    "Examples:\n"
    "  etwkit grep cmd.exe boot.etl\n"
    "  etwkit grep -i 'error|fail' -E app.etl --provider 'MyCompany-*' --format jsonl\n"
    "  etwkit grep -c 10.0.0.7 *.etl\n\n"
    "The exit code is 0 whether something was found or not, 1 where damage was found, 3 where a trace cannot be\n"
    "read at all, 130 after Ctrl-C.\n",
};

/* A dump that runs. */
typedef struct dump_state {
    const cli_command *command;
    grep_matcher *grep; /* NULL: all events */
    uint64_t found;
    const dump_settings *settings;
    inputs traces;
    etwkit_trace *trace;
    etwkit_sink *sink;
    etwkit_processes *processes; /* whose names text shows; NULL: of none */
    uint64_t searched, buffers;  /* for them: how many of how many */
    uint64_t left;               /* events still wanted */
    cli_output output;
    cli_progress progress;
    cli_damage damage;
} dump_state;

/* The default depends on where the output goes, so that a pipe gets what programs read. */
static etwkit_format format_of(const dump_state *dump) {
    const char *format = dump->settings->format;
    if (dump->settings->grep.count)
        return ETWKIT_FORMAT_JSONL; /* none is written */
    if (!format)
        return dump->output.terminal ? ETWKIT_FORMAT_TEXT : ETWKIT_FORMAT_JSONL;
    return strcmp(format, "text") == 0     ? ETWKIT_FORMAT_TEXT
           : strcmp(format, "csv") == 0    ? ETWKIT_FORMAT_CSV
           : strcmp(format, "pcapng") == 0 ? ETWKIT_FORMAT_PCAPNG
                                           : ETWKIT_FORMAT_JSONL;
}

static etwkit_trace_options trace_options(dump_state *dump, const etwkit_filter *filter) {
    const dump_settings *settings = dump->settings;
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.filter = filter;
    options.unordered = settings->unordered;
    options.strict = settings->strict;
    options.follow = settings->follow;
    options.schema_paths = settings->schemas.paths.items;
    options.schema_path_count = settings->schemas.paths.count;
    options.no_bundled_schemas = settings->schemas.no_pack;
    options.threads = (unsigned)settings->threads;
    options.stacks = settings->stacks;
    options.on_damage = cli_damage_found;
    options.on_damage_context = &dump->damage;
    return options;
}

static int open_trace(dump_state *dump, const etwkit_filter *filter) {
    const inputs *traces = &dump->traces;
    etwkit_trace_options options = trace_options(dump, filter);
    etwkit_error error;
    etwkit_status status = etwkit_trace_open_inputs(&dump->trace, traces->items, traces->count, &options, &error);
    return status == ETWKIT_OK ? CLI_GO_ON : cli_damage_end(&dump->damage, &error);
}

/* When the earliest of the traces began: what +1.5s counts from. */
static int find_start(const dump_state *dump, int64_t *start) {
    etwkit_trace *trace = NULL;
    etwkit_error error;
    etwkit_status status = etwkit_trace_open_inputs(&trace, dump->traces.items, dump->traces.count, NULL, &error);
    if (status != ETWKIT_OK)
        return cli_damage_end(&dump->damage, &error);
    *start = INT64_MAX;
    for (size_t i = 0; i < etwkit_trace_file_count(trace); i++) {
        const etwkit_trace_info *info = etwkit_trace_get_info(trace, i);
        if (info->start_time < *start)
            *start = info->start_time;
    }
    etwkit_trace_close(&trace);
    return CLI_GO_ON;
}

/* What comes by a pipe is all there, and so is what was unpacked: nothing will be added. */
static int open_inputs(dump_state *dump) {
    const dump_settings *settings = dump->settings;
    int code = inputs_open(&dump->traces, &settings->traces, &settings->inputs, &dump->damage);
    if (code == CLI_GO_ON && settings->follow && dump->traces.spooled)
        return cli_usage(dump->command->name, "--follow waits for a file to grow: %s is a pipe or an archive",
                         dump->traces.spooled);
    return code;
}

/* The filter, in two steps where times are relative: they need the traces, and mistakes are to be found before. */
static int make_filter(dump_state *dump, etwkit_filter **filter) {
    const dump_settings *settings = dump->settings;
    int code = filter_build(&settings->filter, dump->command->name, 0, filter);
    if (code == CLI_GO_ON)
        code = open_inputs(dump);
    if (code != CLI_GO_ON || !filter_is_relative(&settings->filter))
        return code;
    etwkit_filter_free(*filter);
    *filter = NULL;
    int64_t start = 0;
    code = find_start(dump, &start);
    return code == CLI_GO_ON ? filter_build(&settings->filter, dump->command->name, start, filter) : code;
}

/* A column for each field: for what a filter chooses, and only where it is sure that all of it fits. */
static bool wants_fields(dump_state *dump, const etwkit_filter *filter) {
    const dump_settings *settings = dump->settings;
    if (format_of(dump) != ETWKIT_FORMAT_CSV || !filter || settings->follow || settings->limit == 0)
        return false;
    etwkit_trace_options options = trace_options(dump, filter);
    return cli_is_one_kind(&dump->traces, &options);
}

static int open_sink(dump_state *dump, const etwkit_filter *filter) {
    const dump_settings *settings = dump->settings;
    etwkit_format format = format_of(dump);
    bool text = format == ETWKIT_FORMAT_TEXT;
    unsigned flags = 0;
    if (settings->local && !text)
        return cli_usage(dump->command->name, "--local is for --format text: the times of %s are always UTC",
                         format == ETWKIT_FORMAT_PCAPNG ? "pcapng"
                         : format == ETWKIT_FORMAT_CSV  ? "csv"
                                                        : "jsonl");
    if (settings->packets && format != ETWKIT_FORMAT_PCAPNG)
        return cli_usage(dump->command->name, "--packets is for --format pcapng");
    if (format == ETWKIT_FORMAT_PCAPNG && dump->output.terminal)
        return cli_usage(dump->command->name, "pcapng is no text: give --output FILE, or pipe it into 'tshark -r -'");
    if (format == ETWKIT_FORMAT_PCAPNG && dump->grep)
        return cli_usage(dump->command->name, "a packet may stand in several events: 'etwkit dump' writes pcapng");
    flags |= settings->numeric ? ETWKIT_SINK_NUMERIC : 0u;
    flags |= settings->names ? ETWKIT_SINK_NAMES : 0u;
    flags |= settings->message ? ETWKIT_SINK_MESSAGE : 0u;
    flags |= settings->stacks ? ETWKIT_SINK_STACKS : 0u;
    flags |= settings->payload ? ETWKIT_SINK_PAYLOAD : 0u;
    flags |= packets_flags(settings->packets);
    flags |= settings->local ? ETWKIT_SINK_LOCAL : 0u;
    flags |= text && dump->output.terminal && system_wants_color() ? ETWKIT_SINK_COLOR : 0u;
    flags |= wants_fields(dump, filter) ? ETWKIT_SINK_FIELDS : 0u;
    etwkit_sink_options options = {.struct_size = sizeof options,
                                   .format = format,
                                   .flags = flags,
                                   .write = cli_output_write,
                                   .context = &dump->output,
                                   .threads = (unsigned)settings->threads,
                                   .processes = dump->processes};
    etwkit_error error;
    etwkit_status status = etwkit_sink_open(&dump->sink, &options, &error);
    if (status == ETWKIT_OK && format == ETWKIT_FORMAT_PCAPNG && !settings->follow)
        status = packets_name_interfaces(dump->sink, dump->traces.items, dump->traces.count, &error);
    return status == ETWKIT_OK ? CLI_GO_ON : cli_damage_end(&dump->damage, &error);
}

/* Before each buffer that is searched for processes. */
static bool goes_on(void *context) {
    dump_state *dump = context;
    uint64_t total = etwkit_trace_get_stats(dump->trace).bytes_total;
    if (dump->buffers)
        cli_progress_update(&dump->progress, total / dump->buffers * dump->searched++, total);
    return !system_interrupted();
}

/*
 * Text and pcapng name processes: a look through the whole trace, since they may be named at its end. What is wrong
 * with the trace the reading itself tells, and without memory there are just fewer names.
 */
static void find_processes(dump_state *dump) {
    etwkit_format format = format_of(dump);
    if ((format != ETWKIT_FORMAT_TEXT && format != ETWKIT_FORMAT_PCAPNG) || dump->left == 0)
        return;
    if (!dump->processes && etwkit_processes_open(&dump->processes, NULL, NULL))
        return;
    dump->searched = dump->buffers = 0;
    for (size_t i = 0; i < etwkit_trace_file_count(dump->trace); i++)
        dump->buffers += etwkit_trace_get_info(dump->trace, i)->buffers;
    cli_progress_begin(&dump->progress, !dump->settings->follow);
    (void)etwkit_processes_collect(dump->processes, dump->trace, goes_on, dump, NULL);
    cli_progress_clear(&dump->progress);
}

/* ETWKIT_OK, ETWKIT_END when enough was written, or an error: the output's own has been said. */
static etwkit_status write_matches(dump_state *dump, const etwkit_batch *batch, etwkit_error *error) {
    size_t count = etwkit_batch_count(batch);
    etwkit_status status = ETWKIT_OK;
    grep_begin_batch(dump->grep, dump->trace);
    for (size_t i = 0; i < count && dump->left && status == ETWKIT_OK; i++) {
        const etwkit_record *record = etwkit_batch_record(batch, i);
        etwkit_status match = grep_record(dump->grep, dump->trace, record);
        if (match == ETWKIT_ABSENT)
            continue;
        dump->left--;
        dump->found++;
        if (match < 0) {
            *error = (etwkit_error){.status = match, .message = "there is not enough memory for what an event says"};
            return match;
        }
        if (!dump->settings->grep.count)
            status = etwkit_sink_record(dump->sink, dump->trace, record, error);
    }
    return status || dump->left ? status : ETWKIT_END;
}

/* The same of all events of the batch. */
static etwkit_status write_batch(dump_state *dump, const etwkit_batch *batch, etwkit_error *error) {
    if (dump->grep)
        return write_matches(dump, batch, error);
    size_t count = etwkit_batch_count(batch);
    if (format_of(dump) == ETWKIT_FORMAT_PCAPNG) {
        etwkit_status status = ETWKIT_OK;
        for (size_t i = 0; i < count && dump->left && status == ETWKIT_OK; i++) {
            status = etwkit_sink_record(dump->sink, dump->trace, etwkit_batch_record(batch, i), error);
            dump->left = dump->settings->limit - etwkit_sink_get_packets(dump->sink).packets;
        }
        return status || dump->left ? status : ETWKIT_END;
    }
    if (count > dump->left)
        count = (size_t)dump->left;
    etwkit_status status = etwkit_sink_batch(dump->sink, dump->trace, batch, count, error);
    dump->left -= count;
    return status || dump->left ? status : ETWKIT_END;
}

/* Shows all that was written so far: to a watching person, or before a pause. */
static void flush(dump_state *dump) {
    (void)etwkit_sink_flush(dump->sink, NULL);
    cli_output_flush(&dump->output);
}

/* The next batch; with --follow waits for it. ETWKIT_END: no more, or nobody to read it. */
static etwkit_status next_batch(dump_state *dump, const etwkit_batch **batch, etwkit_error *error) {
    enum {
        PAUSE = 250
    };
    etwkit_status status = etwkit_trace_next(dump->trace, batch, error);
    while (status == ETWKIT_END && dump->settings->follow && !system_interrupted()) {
        flush(dump);
        if (dump->output.failed || !system_wait(PAUSE, dump->output.file))
            return ETWKIT_END;
        status = etwkit_trace_refresh(dump->trace, error);
        if (status != ETWKIT_OK)
            continue;
        find_processes(dump); /* those that began since */
        status = etwkit_trace_next(dump->trace, batch, error);
    }
    return status;
}

static int run(dump_state *dump) {
    etwkit_error error = {.status = ETWKIT_OK};
    etwkit_status status = ETWKIT_OK;
    const etwkit_batch *batch = NULL;
    while (dump->left && status == ETWKIT_OK && !system_interrupted()) {
        status = next_batch(dump, &batch, &error);
        if (status == ETWKIT_OK)
            status = write_batch(dump, batch, &error);
        if (dump->output.terminal)
            flush(dump);
        etwkit_trace_stats stats = etwkit_trace_get_stats(dump->trace);
        cli_progress_update(&dump->progress, stats.bytes_read, stats.bytes_total);
    }
    cli_progress_clear(&dump->progress);
    flush(dump);
    if (dump->settings->grep.count)
        cli_output_printf(&dump->output, "%" PRIu64 "\n", dump->found);
    return status < 0 && !dump->output.failed ? cli_damage_end(&dump->damage, &error) : CLI_DONE;
}

/* Everything but the settings' end: what is open is left open. */
static int start(dump_state *dump, etwkit_filter **filter) {
    const dump_settings *settings = dump->settings;
    int code = make_filter(dump, filter);
    if (code == CLI_GO_ON)
        code = open_trace(dump, *filter);
    /* Only now, so that a trace that cannot be read does not cost a file that was there. */
    if (code == CLI_GO_ON && !cli_output_open(&dump->output, settings->output, &settings->traces))
        code = CLI_USAGE;
    if (code == CLI_GO_ON)
        find_processes(dump);
    if (code == CLI_GO_ON)
        code = open_sink(dump, *filter);
    if (code != CLI_GO_ON)
        return code;
    cli_progress_begin(&dump->progress, !settings->follow && !dump->output.terminal);
    code = run(dump);
    cli_damage_summary(&dump->damage, dump->trace);
    if (format_of(dump) == ETWKIT_FORMAT_PCAPNG && code == CLI_DONE && !dump->output.failed)
        packets_report(dump->sink, settings->packets);
    if (code == CLI_DONE && (etwkit_trace_get_stats(dump->trace).damage || dump->damage.reported))
        code = CLI_DAMAGED;
    return code;
}

/* The pattern is the first operand. */
static int take_pattern(dump_settings *settings) {
    cli_list *operands = &settings->traces;
    if (operands->count < 2)
        return cli_usage("grep", "no TRACE was given: PATTERN comes first, then the traces");
    settings->pattern = operands->items[0];
    memmove(operands->items, operands->items + 1, --operands->count * sizeof *operands->items);
    return CLI_GO_ON;
}

static int run_command(const cli_command *command, int argc, char **argv) {
    dump_settings settings = {.limit = UINT64_MAX, .threads = 1};
    static dump_state dump; /* too large for the stack of a thread, and there is one */
    etwkit_filter *filter = NULL;
    int code = cli_parse(command, &settings, argc, argv);
    if (code == CLI_GO_ON && command == &grep_command)
        code = take_pattern(&settings);
    if (code == CLI_GO_ON && (settings.threads < 1 || settings.threads > THREADS_MOST))
        code = cli_usage(command->name, "--threads goes from 1 to %d", THREADS_MOST);
    if (code == CLI_GO_ON)
        code = input_options_check(command->name, &settings.inputs);
    if (code == CLI_GO_ON && settings.pattern)
        code = grep_compile(&dump.grep, settings.pattern, &settings.grep, settings.message);
    if (code == CLI_GO_ON) {
        dump.command = command;
        dump.settings = &settings;
        dump.left = settings.limit;
        dump.damage = (cli_damage){.progress = &dump.progress, .strict = settings.strict};
        dump.output.file = SYSTEM_NO_FILE;
        if (settings.json_errors)
            json_reports_begin(&dump.traces.names, &settings.schemas.paths);
        schema_options_complete(&settings.schemas);
        code = start(&dump, &filter);
        int written = cli_output_close(&dump.output);
        if (written != CLI_DONE)
            code = written;
        if (system_interrupted())
            code = CLI_INTERRUPTED + system_interrupted();
        json_reports_end(code);
    }
    grep_free(&dump.grep);
    etwkit_sink_close(&dump.sink);
    etwkit_processes_close(&dump.processes);
    etwkit_trace_close(&dump.trace);
    inputs_close(&dump.traces);
    etwkit_filter_free(filter);
    filter_options_free(&settings.filter);
    cli_list_free(&settings.traces);
    schema_options_free(&settings.schemas);
    return code;
}

int cli_dump(int argc, char **argv) {
    return run_command(&dump_command, argc, argv);
}

int cli_grep(int argc, char **argv) {
    return run_command(&grep_command, argc, argv);
}
