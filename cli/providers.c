/* SPDX-License-Identifier: MIT */
/* The subcommand providers: whom the library knows. */
#include "columns.h"
#include "installed.h"
#include "json.h"
#include "known_providers.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct providers_settings {
    cli_list patterns;
    schema_options schema;
    const char *output;
    bool json, installed;
} providers_settings;

#define AT(member) offsetof(providers_settings, member)

static const cli_option options[] = {
    {"installed", 0, CLI_FLAG, NULL, AT(installed),
     "those that are installed on this Windows; of one, its\nevents too"},
    {"json", 0, CLI_FLAG, NULL, AT(json), "one JSON object a provider, each in one line"},
    {"output", 'o', CLI_TEXT, "FILE", AT(output), "write there instead of to standard output"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {
    {"Options", options, 0},
    {SCHEMA_OPTION_HEADING, schema_option_table, AT(schema)},
    {NULL, NULL, 0},
};

static const cli_command command = {
    "providers",
    "[PATTERN]... [OPTION]...",
    "Lists the providers whose events are known without any trace.",
    groups,
    "[PATTERN]",
    AT(patterns),
    "PATTERN is part of a name, a whole name with * for any text and ? for any character, or a GUID.\n"
    "Names are compared without case. One that several files know stands there once for each, the one\n"
    "that counts first.\n\n"
    "Examples:\n"
    "  etwkit providers dns\n"
    "  etwkit providers 'Microsoft-Windows-Kernel-*' --json | jq -r .provider_id\n"
    "  etwkit providers --no-pack --schema MyCompany.man\n"
    "  etwkit providers --installed Microsoft-Windows-DNS-Client\n",
};

static bool is_wanted(const providers_settings *settings, const etwkit_provider *provider) {
    bool wanted = settings->patterns.count == 0;
    for (size_t i = 0; !wanted && i < settings->patterns.count; i++)
        wanted = library_matches(provider, settings->patterns.items[i]);
    return wanted;
}

static void put_json(cli_output *output, const etwkit_provider *provider) {
    json_object json = {output, false};
    cli_output_text(output, "{");
    json_text(&json, "provider_name", etwkit_provider_name(provider));
    json_guid(&json, "provider_id", etwkit_provider_id(provider));
    json_number(&json, "events", etwkit_provider_event_count(provider));
    json_text(&json, "source", etwkit_source_name(etwkit_provider_source(provider)));
    json_text(&json, "path", etwkit_provider_path(provider));
    cli_output_text(output, "}\n");
}

static void put_line(cli_output *output, const etwkit_provider *provider, size_t width) {
    char id[ETWKIT_GUID_TEXT], count[CLI_GROUPED];
    char *source = column_printable(library_source(provider));
    char *name = column_printable(etwkit_provider_name(provider));
    etwkit_guid_format(etwkit_provider_id(provider), id);
    column_left(output, id, ETWKIT_GUID_TEXT - 1);
    column_right(output, cli_grouped(count, etwkit_provider_event_count(provider)), 6);
    column_left(output, source, width);
    cli_output_text(output, name);
    cli_output_text(output, "\n");
    free(source);
    free(name);
}

/* The width of the column of sources; 0: no provider is wanted. */
static size_t source_width(const library_state *state, const providers_settings *settings) {
    size_t width = 0;
    const etwkit_provider *provider;
    for (size_t i = 0; (provider = etwkit_library_provider_at(state->library, i)); i++) {
        if (!is_wanted(settings, provider))
            continue;
        char *source = column_printable(library_source(provider));
        width = column_wider(width ? width : 6, source);
        free(source);
    }
    return width;
}

static int list(cli_output *output, const library_state *state, const providers_settings *settings) {
    const etwkit_provider *provider;
    size_t width = source_width(state, settings);
    if (width == 0) {
        const char *pattern = settings->patterns.count ? settings->patterns.items[0] : "*";
        return library_nothing(state, pattern);
    }
    if (!settings->json) {
        column_left(output, "GUID", ETWKIT_GUID_TEXT - 1);
        column_right(output, "EVENTS", 6);
        column_left(output, "SOURCE", width);
        cli_output_text(output, "PROVIDER\n");
    }
    for (size_t i = 0; (provider = etwkit_library_provider_at(state->library, i)); i++)
        if (is_wanted(settings, provider) && settings->json)
            put_json(output, provider);
        else if (is_wanted(settings, provider))
            put_line(output, provider, width);
    return library_code(state);
}

static int run(providers_settings *settings, library_state *state, cli_output *output) {
    int code = settings->installed ? CLI_GO_ON : library_open(state, &settings->schema);
    if (code != CLI_GO_ON)
        return code;
    if (!cli_output_open(output, settings->output, &settings->schema.paths))
        code = CLI_USAGE;
    else if (settings->installed)
        code = installed_list(output, &settings->patterns, settings->json);
    else
        code = list(output, state, settings);
    int written = cli_output_close(output);
    return written > code ? written : code;
}

int cli_providers(int argc, char **argv) {
    static cli_output output; /* its buffer is large */
    providers_settings settings = {.json = false};
    library_state state = {.library = NULL};
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON && settings.installed && (settings.schema.given.count || settings.schema.no_pack))
        code = cli_usage("providers", "--installed shows what Windows knows, without --schema and --no-pack");
    if (code == CLI_GO_ON)
        code = run(&settings, &state, &output);
    library_close(&state);
    schema_options_free(&settings.schema);
    cli_list_free(&settings.patterns);
    return code;
}
