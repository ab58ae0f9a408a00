/* SPDX-License-Identifier: MIT */
/* The subcommand tile: a trace repeated, with its times moved on, until it has a wanted size. For measuring: real
 * events in any amount. Knows the public reader and writer, no formats. */
#include "inputs.h"
#include "system.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 64 /* extended items of an event; more than any real one has */

typedef struct tile_settings {
    cli_list traces;
    input_options inputs;
    const char *output, *size;
    bool compress;
} tile_settings;

#define AT(member) offsetof(tile_settings, member)

static const cli_option options[] = {
    {"output", 'o', CLI_TEXT, "FILE", AT(output), "the trace to write"},
    {"size", 0, CLI_TEXT, "SIZE", AT(size),
     "stop at the first whole repetition that reaches this size\nbefore compression: 64M, 1G (default 1G)"},
    {"compress", 0, CLI_FLAG, NULL, AT(compress), "store compressed buffers"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {
    {"Options", options, 0}, {INPUT_OPTION_HEADING, input_option_table, AT(inputs)}, {NULL, NULL, 0}};

static const cli_command command = {
    "tile",
    "TRACE -o FILE [OPTION]...",
    "Repeats a trace, its times moved on, until it has the wanted size.",
    groups,
    "TRACE",
    AT(traces),
    "Examples:\n"
    "  etwkit tile boot.etl -o big.etl --size 1G\n"
    "  etwkit tile boot.etl -o packed.etl --size 1G --compress\n\n"
    "The events are those of the trace, header by header and payload by payload, but for three things: stacks\n"
    "name their events by time, which moves on; counter values in front of kernel payloads, and events of\n"
    "obsolete header kinds, are left out (and counted).\n",
};

typedef struct tiling {
    etwkit_trace *trace;
    etwkit_writer *writer;
    etwkit_error error;
    int64_t first, last; /* raw times of the trace */
    int64_t shift;       /* of the running repetition */
    uint64_t size;       /* bytes of events written */
    uint64_t wanted;
    uint64_t left_out;
    uint8_t payload[UINT16_MAX]; /* of an event that is changed */
} tiling;

/* Finds the first and the last time; the pass costs little beside those that follow. */
static etwkit_status measure(tiling *tile) {
    const etwkit_batch *batch;
    etwkit_status status;
    tile->first = INT64_MAX;
    tile->last = INT64_MIN;
    while ((status = etwkit_trace_next(tile->trace, &batch, &tile->error)) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            int64_t time = etwkit_batch_record(batch, i)->raw_timestamp;
            tile->first = time < tile->first ? time : tile->first;
            tile->last = time > tile->last ? time : tile->last;
        }
    return status == ETWKIT_END ? ETWKIT_OK : status;
}

static etwkit_status open_writer(tiling *tile, const tile_settings *settings) {
    const etwkit_trace_info *info = etwkit_trace_get_info(tile->trace, 0);
    const etwkit_writer_options how = {
        .struct_size = sizeof how,
        .buffer_size = info->buffer_size,
        .processor_count = (uint16_t)info->processor_count,
        .pointer_size = (uint8_t)info->pointer_size,
        .compress = settings->compress,
        .clock = info->clock,
        .frequency = info->frequency,
        .start_time = info->start_time,
        .start_ticks = tile->first,
        .boot_time = info->boot_time,
        .os_major = info->os_major,
        .os_minor = info->os_minor,
        .os_build = info->os_build,
        .time_zone_bias = info->time_zone_bias,
        .timer_resolution = info->timer_resolution,
        .cpu_mhz = info->cpu_mhz,
        .session_name = info->session_name,
        .log_file_name = info->log_file_name,
    };
    return etwkit_writer_open(&tile->writer, settings->output, &how, &tile->error);
}

/* StackWalk events name the event that they belong to by its raw time, with which their payload begins. */
static void move_payload(tiling *tile, etwkit_record *record) {
    static const uint8_t stack_walk[] = {0x46, 0xfe, 0xf2, 0xde, 0xd6, 0x7b, 0x80, 0x4b,
                                         0xbd, 0x94, 0xf5, 0x7f, 0xe2, 0x0d, 0x0c, 0xe3};
    int64_t time;
    bool refers = record->opcode == 32 || record->opcode == 37 || record->opcode == 38;
    if (!refers || memcmp(record->provider_id.bytes, stack_walk, sizeof stack_walk) != 0 ||
        record->payload_size < sizeof time || record->payload_size > sizeof tile->payload)
        return;
    memcpy(tile->payload, record->payload, record->payload_size);
    memcpy(&time, tile->payload, sizeof time);
    if (!__builtin_add_overflow(time, tile->shift, &time))
        memcpy(tile->payload, &time, sizeof time);
    record->payload = tile->payload;
}

static etwkit_status copy(tiling *tile, const etwkit_record *record) {
    etwkit_item items[ITEMS_MAX];
    size_t count = 0;
    const uint8_t *data;
    size_t size;
    while (count < ITEMS_MAX && etwkit_record_item_at(record, count, &items[count].type, &data, &size) == ETWKIT_OK) {
        items[count].data = data;
        items[count++].size = (uint16_t)size;
    }
    bool events = record->header_kind == ETWKIT_HEADER_EVENT32 || record->header_kind == ETWKIT_HEADER_EVENT64;
    etwkit_record moved = *record;
    moved.raw_timestamp += tile->shift;
    move_payload(tile, &moved);
    etwkit_status status = etwkit_writer_record(tile->writer, &moved, items, events ? count : 0, &tile->error);
    if (status == ETWKIT_E_INVALID || status == ETWKIT_E_TOO_BIG) {
        tile->left_out++;
        return ETWKIT_OK;
    }
    tile->size += record->data_size;
    return status;
}

/* One repetition. Only the first one tells of the log itself: its header event is the writer's own. */
static etwkit_status repeat(tiling *tile) {
    const etwkit_batch *batch;
    bool header = true;
    etwkit_status status = etwkit_trace_rewind(tile->trace, &tile->error);
    while (!status && (status = etwkit_trace_next(tile->trace, &batch, &tile->error)) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch) && !status; i++, header = false)
            if (!header)
                status = copy(tile, etwkit_batch_record(batch, i));
    return status == ETWKIT_END ? ETWKIT_OK : status;
}

static etwkit_status tile_all(tiling *tile, const tile_settings *settings) {
    etwkit_status status = measure(tile);
    if (!status)
        status = open_writer(tile, settings);
    cli_progress progress;
    cli_progress_begin(&progress, true);
    int64_t length = tile->last - tile->first + 1;
    while (!status && tile->size < tile->wanted && !system_interrupted()) {
        uint64_t before = tile->size;
        status = repeat(tile);
        if (tile->size == before)
            break; /* a trace without events */
        tile->shift += length;
        cli_progress_update(&progress, tile->size, tile->wanted);
    }
    cli_progress_clear(&progress);
    return status ? status : etwkit_writer_finish(tile->writer, tile->first + tile->shift, &tile->error);
}

static int check(const tile_settings *settings, uint64_t *wanted) {
    if (!settings->output)
        return cli_usage(command.name, "where to? Give the trace to write with -o FILE");
    if (settings->traces.count != 1)
        return cli_usage(command.name, "one trace at a time");
    if (!cli_size(settings->size, wanted))
        return cli_usage(command.name, "--size takes a number with K, M or G, not '%s'", settings->size);
    return input_options_check(command.name, &settings->inputs);
}

/* Messages begin with the file's name. */
static bool is_about(const etwkit_error *error, const char *path) {
    size_t length = strlen(path);
    return strncmp(error->message, path, length) == 0 && error->message[length] == ':';
}

int cli_tile(int argc, char **argv) {
    tile_settings settings = {.size = "1G"};
    tiling tile = {.wanted = 0};
    inputs traces = {.damage = NULL};
    cli_damage damage = {.progress = NULL};
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON)
        code = check(&settings, &tile.wanted);
    if (code == CLI_GO_ON)
        code = inputs_open(&traces, &settings.traces, &settings.inputs, &damage);
    if (code == CLI_GO_ON && traces.count != 1)
        code =
            cli_usage(command.name, "one trace at a time: there are %zu in %s", traces.count, settings.traces.items[0]);
    if (code == CLI_GO_ON) {
        etwkit_status status = etwkit_trace_open_inputs(&tile.trace, traces.items, 1, NULL, &tile.error);
        if (!status)
            status = tile_all(&tile, &settings);
        code = status ? cli_damage_end(&damage, &tile.error) : damage.reported ? CLI_DAMAGED : CLI_DONE;
        if (status == ETWKIT_E_IO && is_about(&tile.error, settings.output))
            code = CLI_USAGE; /* not the input: a full disk */
        if (tile.left_out)
            cli_message("%llu events could not be copied and were left out", (unsigned long long)tile.left_out);
        if (system_interrupted())
            code = CLI_INTERRUPTED + system_interrupted();
    }
    etwkit_writer_close(&tile.writer);
    etwkit_trace_close(&tile.trace);
    inputs_close(&traces);
    cli_list_free(&settings.traces);
    return code;
}
