/* SPDX-License-Identifier: MIT */
/* The subcommand schema: what is known of a provider's events, without any trace. How it is shown: schema_text.c,
 * schema_json.c, schema_man.c. */
#include "known_providers.h"
#include "match.h"
#include "schema.h"

#include <stdlib.h>
#include <string.h>

typedef struct schema_settings {
    cli_list operands;
    schema_options schema;
    const char *output;
    uint64_t version;
    bool json, man;
} schema_settings;

#define AT(member) offsetof(schema_settings, member)
#define ANY_VERSION UINT64_MAX

static const cli_option options[] = {
    {"version", 0, CLI_NUMBER, "N", AT(version), "this version of EVENT alone (also EVENT.N)"},
    {"json", 0, CLI_FLAG, NULL, AT(json), "everything, as one JSON object in one line"},
    {"man", 0, CLI_FLAG, NULL, AT(man), "everything, as an instrumentation manifest"},
    {"output", 'o', CLI_TEXT, "FILE", AT(output), "write there instead of to standard output"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static const cli_group groups[] = {
    {"Options", options, 0},
    {SCHEMA_OPTION_HEADING, schema_option_table, AT(schema)},
    {NULL, NULL, 0},
};

static const cli_command command = {
    "schema",
    "PROVIDER [EVENT] [OPTION]...",
    "Shows what is known of a provider's events, without any trace.",
    groups,
    "PROVIDER",
    AT(operands),
    "PROVIDER is a name, a part that no other name has, or a GUID. Without EVENT its events are listed;\n"
    "EVENT is an id, id.version, or a name (with * and ?), and shows all that is known of it.\n\n"
    "Examples:\n"
    "  etwkit schema Microsoft-Windows-DNS-Client\n"
    "  etwkit schema Microsoft-Windows-DNS-Client 3008\n"
    "  etwkit schema dns-client 3008.0 --json | jq .events[0].fields\n"
    "  etwkit schema MyCompany-App --schema app.dll --man -o app.man\n\n"
    "'etwkit schema pack --help' tells how files are compiled into a pack of schemas.\n",
};

uint32_t schema_build(const schema_view *view, const schema_event *event, size_t number) {
    return view->library ? etwkit_library_event_build(view->library, view->provider, event->index, number) : 0;
}

const char *schema_stops_at(const schema_view *view, const schema_event *event) {
    return view->library ? etwkit_library_event_stops_at(view->library, view->provider, event->index) : NULL;
}

bool schema_same_map(const etwkit_map *map, const etwkit_map *other) {
    size_t count = etwkit_map_count(map);
    bool same = strcmp(etwkit_map_name(map), etwkit_map_name(other)) == 0 && etwkit_map_count(other) == count &&
                etwkit_map_is_bitmap(map) == etwkit_map_is_bitmap(other);
    for (size_t i = 0; same && i < count; i++) {
        uint64_t value = 0, other_value = 0;
        const char *label = "", *other_label = "";
        (void)etwkit_map_entry(map, i, &value, &label);
        (void)etwkit_map_entry(other, i, &other_value, &other_label);
        same = value == other_value && strcmp(label, other_label) == 0;
    }
    return same;
}

static bool names(const etwkit_schema *schema, etwkit_name_kind kind, uint64_t value) {
    uint64_t opcode = etwkit_schema_opcode(schema), task = etwkit_schema_task(schema);
    switch (kind) {
    case ETWKIT_NAME_LEVEL: return value == etwkit_schema_level(schema);
    case ETWKIT_NAME_OPCODE: return value == opcode || value == (task << 16 | opcode);
    case ETWKIT_NAME_TASK: return value == task;
    case ETWKIT_NAME_KEYWORD: return value && (value & etwkit_schema_keywords(schema)) == value;
    case ETWKIT_NAME_CHANNEL: return value == etwkit_schema_channel(schema);
    }
    return false;
}

bool schema_uses_name(const schema_view *view, etwkit_name_kind kind, uint64_t value) {
    bool used = view->whole;
    for (size_t i = 0; !used && i < view->count; i++)
        used = names(view->events[i].schema, kind, value);
    return used;
}

static bool field_uses_map(const etwkit_field *field, const etwkit_map *map) {
    const etwkit_map *own = etwkit_field_map(field);
    bool used = own && schema_same_map(own, map);
    for (size_t i = 0; !used && i < etwkit_field_member_count(field); i++)
        used = field_uses_map(etwkit_field_member_at(field, i), map);
    return used;
}

static bool uses_map(const schema_view *view, const etwkit_map *map) {
    bool used = view->whole;
    for (size_t e = 0; !used && e < view->count; e++)
        for (size_t i = 0; !used && i < etwkit_schema_field_count(view->events[e].schema); i++)
            used = field_uses_map(etwkit_schema_field_at(view->events[e].schema, i), map);
    return used;
}

static int by_name(const void *a, const void *b) {
    const etwkit_map *const *one = a, *const *other = b;
    int names = strcmp(etwkit_map_name(*one), etwkit_map_name(*other));
    if (names || *one == *other)
        return names;
    return etwkit_map_count(*one) < etwkit_map_count(*other) ? -1 : etwkit_map_count(*one) > etwkit_map_count(*other);
}

static void collect_maps(schema_view *view) {
    const etwkit_map *map;
    for (size_t i = 0; (map = etwkit_library_map(view->library, view->provider, i)); i++) {
        if (!uses_map(view, map))
            continue;
        view->maps = cli_resize(view->maps, view->map_count + 1, sizeof *view->maps);
        view->maps[view->map_count++] = map;
    }
    if (view->map_count)
        qsort(view->maps, view->map_count, sizeof *view->maps, by_name);
}

/* "3008", "3008.1"; false: it is no number, but a name. */
static bool parse_event(const char *text, uint64_t *id, uint64_t *version) {
    char digits[24];
    uint64_t behind = *version;
    const char *dot = strchr(text, '.');
    size_t length = dot ? (size_t)(dot - text) : strlen(text);
    if (length >= sizeof digits || (dot && !cli_number(dot + 1, &behind)))
        return false;
    memcpy(digits, text, length);
    digits[length] = 0;
    if (!cli_number(digits, id))
        return false;
    *version = behind;
    return true;
}

typedef struct wanted_event {
    const char *text; /* NULL: every event */
    bool by_id;
    uint64_t id, version;
} wanted_event;

static bool is_wanted(const wanted_event *wanted, const etwkit_schema *schema) {
    if (wanted->version != ANY_VERSION && wanted->version != etwkit_schema_version(schema))
        return false;
    if (wanted->by_id)
        return wanted->id == etwkit_schema_event_id(schema);
    if (!wanted->text)
        return true;
    const char *name = etwkit_schema_event_name(schema);
    return match_is_pattern(wanted->text) ? match_name(wanted->text, name) : match_same(wanted->text, name);
}

static void collect(schema_view *view, const wanted_event *wanted) {
    size_t all = etwkit_provider_event_count(view->provider);
    view->count = 0;
    view->whole = !wanted->text && wanted->version == ANY_VERSION;
    for (size_t i = 0; i < all; i++) {
        const etwkit_schema *schema = etwkit_library_event(view->library, view->provider, i);
        if (!schema)
            break; /* damage, which was told */
        if (!is_wanted(wanted, schema))
            continue;
        view->events = cli_resize(view->events, view->count + 1, sizeof *view->events);
        view->events[view->count++] = (schema_event){schema, i};
    }
}

/* Of several files that know the provider the most specific one counts that knows the event. */
static void find_events(schema_view *view, const wanted_event *wanted) {
    const etwkit_provider *first = view->provider, *other;
    collect(view, wanted);
    for (size_t i = 0; view->count == 0 && (other = etwkit_library_provider_at(view->library, i)); i++) {
        if (other == first || memcmp(etwkit_provider_id(other), etwkit_provider_id(first), sizeof(etwkit_guid)) != 0)
            continue;
        view->provider = other;
        collect(view, wanted);
    }
    if (view->count == 0)
        view->provider = first;
}

static int no_event(const schema_view *view, const wanted_event *wanted) {
    char version[32] = "";
    if (wanted->version != ANY_VERSION)
        cli_format(version, sizeof version, " of version %llu", (unsigned long long)wanted->version);
    cli_message("%s has no event %s%s that is known; 'etwkit schema %s' lists its events",
                etwkit_provider_name(view->provider), wanted->text ? wanted->text : "", version,
                etwkit_provider_name(view->provider));
    return CLI_USAGE;
}

static void show(cli_output *output, const schema_settings *settings, const schema_view *view, bool in_detail) {
    if (settings->json)
        schema_print_json(output, view);
    else if (settings->man)
        schema_print_man(output, view);
    else if (in_detail)
        schema_print_events(output, view);
    else
        schema_print_list(output, view);
}

static int run(cli_output *output, const schema_settings *settings, const library_state *state) {
    wanted_event wanted = {.version = settings->version};
    schema_view view = {.library = state->library};
    int code = library_find(state, settings->operands.items[0], &view.provider);
    if (code != CLI_GO_ON)
        return code;
    wanted.text = settings->operands.count > 1 ? settings->operands.items[1] : NULL;
    wanted.by_id = wanted.text && parse_event(wanted.text, &wanted.id, &wanted.version);
    find_events(&view, &wanted);
    collect_maps(&view);
    if (view.count == 0 && (wanted.text || wanted.version != ANY_VERSION) && !state->damage.reported)
        code = no_event(&view, &wanted);
    else
        show(output, settings, &view, wanted.text != NULL || wanted.version != ANY_VERSION);
    free(view.events);
    free(view.maps);
    return code == CLI_GO_ON ? library_code(state) : code;
}

static int check(const schema_settings *settings) {
    if (settings->operands.count > 2)
        return cli_usage(command.name, "'%s' is one argument too many", settings->operands.items[2]);
    if (settings->json && settings->man)
        return cli_usage(command.name, "--json or --man, one of them");
    return CLI_GO_ON;
}

int cli_schema(int argc, char **argv) {
    static cli_output output; /* its buffer is large */
    schema_settings settings = {.version = ANY_VERSION};
    library_state state = {.library = NULL};
    if (argc > 1 && strcmp(argv[1], "pack") == 0)
        return cli_schema_pack(argc - 1, argv + 1);
    int code = cli_parse(&command, &settings, argc, argv);
    if (code == CLI_GO_ON)
        code = check(&settings);
    if (code == CLI_GO_ON)
        code = library_open(&state, &settings.schema);
    if (code == CLI_GO_ON) {
        code = cli_output_open(&output, settings.output, &settings.schema.paths) ? run(&output, &settings, &state)
                                                                                 : CLI_USAGE;
        int written = cli_output_close(&output);
        code = written > code ? written : code;
    }
    library_close(&state);
    schema_options_free(&settings.schema);
    cli_list_free(&settings.operands);
    return code;
}
