/* SPDX-License-Identifier: MIT */
/* etwkit sample: writes a varied trace with the library's writer. Knows the story, not how its parts are told. */
#include "sample.h"

#include "cli.h"

#include <stdlib.h>
#include <string.h>

typedef struct sample_settings {
    const char *output;
    uint64_t seed;
    uint64_t events;
    uint64_t processors;
    uint64_t buffer_size; /* KiB */
    uint64_t pointer_size;
    uint64_t frequency;
    const char *clock;
    const char *windows;
    bool compress;
    bool unfinished;
} sample_settings;

static const cli_option options[] = {
    {"output", 'o', CLI_TEXT, "FILE", offsetof(sample_settings, output), "the trace to write (needed)"},
    {"seed", 0, CLI_NUMBER, "N", offsetof(sample_settings, seed),
     "another seed, another trace; the same seed, the same bytes (1)"},
    {"events", 0, CLI_NUMBER, "N", offsetof(sample_settings, events), "about so many events (5000)"},
    {"processors", 0, CLI_NUMBER, "N", offsetof(sample_settings, processors), "of the pretended machine, 1 to 64 (4)"},
    {"buffer-size", 0, CLI_NUMBER, "KIB", offsetof(sample_settings, buffer_size), "of each buffer, 8 to 16384 (64)"},
    {"pointer-size", 0, CLI_NUMBER, "4|8", offsetof(sample_settings, pointer_size), "a 32-bit or a 64-bit machine (8)"},
    {"clock", 0, CLI_CHOICE, "qpc|system|cpu", offsetof(sample_settings, clock), "what the time stamps count (qpc)"},
    {"frequency", 0, CLI_NUMBER, "HZ", offsetof(sample_settings, frequency),
     "of the clock: qpc to 10000000000 (3579545),\ncpu in whole MHz (2400000000)"},
    {"windows", 0, CLI_CHOICE, "7|10", offsetof(sample_settings, windows),
     "which one pretends to have written the trace (10)"},
    {"compress", 0, CLI_FLAG, NULL, offsetof(sample_settings, compress),
     "compressed buffers, as merging tools write them"},
    {"unfinished", 0, CLI_FLAG, NULL, offsetof(sample_settings, unfinished), "as a session leaves it that crashed"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {{"Options", options, 0}, {NULL, NULL, 0}};

static const cli_command command = {
    .name = "sample",
    .synopsis = "-o FILE [OPTION]...",
    .about = "Writes a sample trace: an invented machine with processes, files, connections and\n"
             "programs that trace themselves. Nothing in it is real.",
    .groups = groups,
    .examples = "Examples:\n"
                "  etwkit sample -o demo.etl\n"
                "  etwkit sample -o small.etl --seed 7 --events 200 --compress\n"
                "  etwkit sample -o old.etl --pointer-size 4 --clock system\n",
};

/* Seconds since the machine was started. */
#define UPTIME INT64_C(13207)

static int check(const sample_settings *settings) {
    static const struct {
        const char *name;
        size_t offset;
        uint64_t least, most;
    } ranges[] = {
        {"--events", offsetof(sample_settings, events), 1, UINT64_C(100000000)},
        {"--processors", offsetof(sample_settings, processors), 1, 64},
        {"--buffer-size", offsetof(sample_settings, buffer_size), 8, 16384},
        {"--frequency", offsetof(sample_settings, frequency), 0, UINT64_C(10000000000)},
    };
    if (!settings->output)
        return cli_usage(command.name, "where to? Give the trace to write with -o FILE");
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        uint64_t value;
        memcpy(&value, (const char *)settings + ranges[i].offset, sizeof value);
        if (value < ranges[i].least || value > ranges[i].most)
            return cli_usage(command.name, "%s goes from %llu to %llu", ranges[i].name,
                             (unsigned long long)ranges[i].least, (unsigned long long)ranges[i].most);
    }
    if (settings->pointer_size != 4 && settings->pointer_size != 8)
        return cli_usage(command.name, "--pointer-size is 4 or 8");
    return CLI_GO_ON;
}

static etwkit_status open_writer(sample_trace *sample, const sample_settings *settings) {
    etwkit_clock clock = strcmp(settings->clock, "qpc") == 0      ? ETWKIT_CLOCK_QPC
                         : strcmp(settings->clock, "system") == 0 ? ETWKIT_CLOCK_SYSTEM
                                                                  : ETWKIT_CLOCK_CPU;
    static const uint64_t usual[] = {
        [ETWKIT_CLOCK_QPC] = 3579545, [ETWKIT_CLOCK_SYSTEM] = 10000000, [ETWKIT_CLOCK_CPU] = UINT64_C(2400000000)};
    sample->frequency = settings->frequency ? settings->frequency : usual[clock];
    sample->start_ticks = clock == ETWKIT_CLOCK_SYSTEM ? SAMPLE_START_TIME : UPTIME * (int64_t)sample->frequency;
    bool seven = strcmp(settings->windows, "7") == 0;
    const etwkit_writer_options how = {
        .struct_size = sizeof how,
        .buffer_size = (uint32_t)settings->buffer_size * 1024,
        .processor_count = sample->processor_count,
        .pointer_size = sample->pointer_size,
        .compress = settings->compress,
        .clock = clock,
        .frequency = sample->frequency,
        .start_time = SAMPLE_START_TIME,
        .start_ticks = sample->start_ticks,
        .boot_time = SAMPLE_START_TIME - (UPTIME + 5) * 10000000,
        .os_major = seven ? 6 : 10,
        .os_minor = seven ? 1 : 0,
        .os_build = seven ? 7601 : 19041,
        .time_zone_bias = -120,
        .cpu_mhz = clock == ETWKIT_CLOCK_CPU ? 0 : 2400,
        .process_id = 4,
        .thread_id = 88,
        .session_name = "etwkit sample",
        .log_file_name = "C:\\Traces\\sample.etl", /* not the path: the same seed gives the same bytes */
    };
    return etwkit_writer_open(&sample->writer, settings->output, &how, &sample->error);
}

/* One thing that happens. The common ones come often. */
static void happen(sample_trace *sample, unsigned turn) {
    static void (*const things[])(sample_trace *) = {
        sample_profile,       sample_profile, sample_profile, sample_profile,     sample_schedule,
        sample_schedule,      sample_disk,    sample_disk,    sample_file,        sample_file,
        sample_network,       sample_fault,   sample_cache,   sample_cache,       sample_cache,
        sample_shop,          sample_shop,    sample_sensors, sample_sensors,     sample_orders,
        sample_process_start, sample_orders,  sample_profile, sample_process_end, sample_image_come_and_go,
    };
    sample->processor = (uint16_t)sample_dice(sample, sample->processor_count);
    sample_wait(sample, 4000);
    if (turn % 10 == 3)
        sample_types(sample, turn / 10);
    else if (turn % 40 == 17)
        sample_legacy(sample);
    else
        things[sample_dice(sample, sizeof things / sizeof things[0])](sample);
}

/* The last words of a kernel session: the groups that were on, and that all is told. */
static void say_goodbye(sample_trace *sample) {
    sample_world_end(sample);
    sample_files(sample, 36);
    sample_begin(sample);
    for (uint32_t i = 0; i < 9; i++)
        sample_u32(sample, i == 8 ? 0x46 : 0);
    etwkit_record groups_off = sample_kernel(sample, SAMPLE_EVENT_TRACE, 32, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &groups_off, NULL, 0);
    sample_begin(sample);
    etwkit_record complete = sample_kernel(sample, SAMPLE_EVENT_TRACE, 8, 2, ETWKIT_NO_ID, ETWKIT_NO_ID);
    sample_write(sample, &complete, NULL, 0);
}

static etwkit_status tell(sample_trace *sample, const sample_settings *settings) {
    sample_wait(sample, 500);
    sample_world_begin(sample);
    sample_config(sample);
    sample_files(sample, 0);
    sample_orders(sample); /* before anything describes it */
    for (unsigned turn = 0; sample->events < settings->events && !sample->status; turn++) {
        happen(sample, turn);
        if (sample->events > settings->events / 2)
            sample_orders_describe(sample);
    }
    sample_orders_describe(sample);
    sample_wait(sample, 5000);
    say_goodbye(sample);
    sample_wait(sample, 5000);
    if (!sample->status && !settings->unfinished)
        sample->status = etwkit_writer_finish(sample->writer, sample_ticks(sample), &sample->error);
    return sample->status;
}

int cli_sample(int argc, char **argv) {
    sample_settings settings = {.seed = 1,
                                .events = 5000,
                                .processors = 4,
                                .buffer_size = 64,
                                .pointer_size = 8,
                                .clock = "qpc",
                                .windows = "10"};
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON)
        code = check(&settings);
    if (code != CLI_GO_ON)
        return code;
    sample_trace *sample = cli_resize(NULL, 1, sizeof *sample);
    memset(sample, 0, sizeof *sample);
    sample->random = settings.seed;
    sample->processor_count = (uint16_t)settings.processors;
    sample->pointer_size = (uint8_t)settings.pointer_size;
    etwkit_status status = etwkit_event_builder_new(&sample->builder, NULL);
    if (!status)
        status = open_writer(sample, &settings);
    if (!status)
        status = tell(sample, &settings);
    if (status)
        cli_message("%s", *sample->error.message ? sample->error.message : "out of memory");
    etwkit_writer_close(&sample->writer);
    etwkit_event_builder_free(&sample->builder);
    free(sample);
    return status ? CLI_USAGE : CLI_DONE;
}
