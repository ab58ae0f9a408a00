/* SPDX-License-Identifier: MIT */
/* The subcommand schema pack: files that describe providers, compiled into one pack. Knows the public builder alone. */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

typedef struct pack_settings {
    cli_list sources;
    const char *output;
    bool messages;
} pack_settings;

#define AT(member) offsetof(pack_settings, member)

static const cli_option options[] = {
    {"output", 'o', CLI_TEXT, "FILE", AT(output), "the pack to write"},
    {"messages", 0, CLI_FLAG, NULL, AT(messages), "with the messages of events and other texts for people"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {{"Options", options, 0}, {NULL, NULL, 0}};

static const cli_command command = {
    "schema pack",
    "[BUILD=]FILE|DIR... -o FILE [OPTION]...",
    "Compiles manifests, Windows binaries with manifests in them, and packs into one pack.",
    groups,
    "FILE",
    AT(sources),
    "Examples:\n"
    "  etwkit schema pack MyCompany.man -o mycompany.pack\n"
    "  etwkit schema pack 7600=win7/ 19041=win10/ -o windows.pack\n"
    "  etwkit dump app.etl --schema mycompany.pack\n\n"
    "BUILD= in front of a source is the build of Windows that it was taken from. Where builds lay one version of\n"
    "an event out differently, every layout is kept; the build that wrote the trace, and the payload itself,\n"
    "choose. Of names that differ the last source's count. The same sources give the same bytes.\n",
};

/* "7600=folder", or a path alone. */
static etwkit_pack_source parse_source(const char *text) {
    char digits[8];
    size_t length = strspn(text, "0123456789");
    uint64_t build = 0;
    if (!length || length >= sizeof digits || text[length] != '=')
        return (etwkit_pack_source){.path = text};
    memcpy(digits, text, length);
    digits[length] = 0;
    (void)cli_number(digits, &build); /* digits alone are a number */
    return (etwkit_pack_source){.path = text + length + 1, .build = (uint32_t)build};
}

static void show(const etwkit_pack_summary *summary) {
    char files[CLI_GROUPED], providers[CLI_GROUPED], events[CLI_GROUPED], disagreements[CLI_GROUPED], size[CLI_GROUPED];
    cli_stderr("%s files, %s providers, %s events, %s versions laid out differently; %s bytes\n",
               cli_grouped(files, summary->files), cli_grouped(providers, summary->providers),
               cli_grouped(events, summary->events), cli_grouped(disagreements, summary->disagreements),
               cli_grouped(size, summary->size));
}

static int build(const pack_settings *settings, cli_output *output) {
    cli_damage damage = {.progress = NULL};
    etwkit_pack_options how = ETWKIT_PACK_OPTIONS;
    etwkit_pack_summary summary;
    etwkit_error error;
    etwkit_pack_source *sources = cli_resize(NULL, settings->sources.count, sizeof *sources);
    for (size_t i = 0; i < settings->sources.count; i++)
        sources[i] = parse_source(settings->sources.items[i]);
    how.with_messages = settings->messages;
    how.on_damage = cli_damage_found;
    how.on_damage_context = &damage;
    etwkit_status status =
        etwkit_pack_build(sources, settings->sources.count, &how, cli_output_write, output, &summary, &error);
    free(sources);
    if (status)
        return cli_damage_end(&damage, &error);
    show(&summary);
    return damage.reported ? CLI_DAMAGED : CLI_DONE;
}

int cli_schema_pack(int argc, char **argv) {
    static cli_output output; /* its buffer is large */
    pack_settings settings = {.output = NULL};
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON && !settings.output)
        code = cli_usage(command.name, "where to? Give the pack to write with -o FILE");
    if (code == CLI_GO_ON) {
        code = cli_output_open(&output, settings.output, &settings.sources) ? build(&settings, &output) : CLI_USAGE;
        int written = cli_output_close(&output);
        code = written > code ? written : code;
    }
    cli_list_free(&settings.sources);
    return code;
}
