/* SPDX-License-Identifier: MIT */
/* Opens the library and finds providers by what a user calls them. */
#include "known_providers.h"

#include "json.h"
#include "match.h"

#include <string.h>

enum {
    HINTS = 5
}; /* names that a message offers */

static void on_damage(void *context, const etwkit_error *error) {
    library_state *state = context;
    const cli_list *given = &state->options->given, *all = &state->options->paths;
    bool damaged = error->status == ETWKIT_E_DAMAGED || error->status == ETWKIT_E_LIMIT;
    bool asked_for = json_path_of(error, &given, 1) != NULL;
    /* A trace that lends its metadata to others may stand in a default place. */
    if (error->status == ETWKIT_E_UNSUPPORTED && !asked_for && json_path_of(error, &all, 1))
        return;
    state->unreadable |= !damaged && asked_for;
    cli_damage_found(&state->damage, error);
}

int library_open(library_state *state, schema_options *options) {
    etwkit_library_options how = ETWKIT_LIBRARY_OPTIONS;
    etwkit_error error;
    *state = (library_state){.options = options};
    schema_options_complete(options);
    how.paths = options->paths.items;
    how.path_count = options->paths.count;
    how.no_bundled = options->no_pack;
    how.on_damage = on_damage;
    how.on_damage_context = state;
    if (etwkit_library_open(&state->library, &how, &error) != ETWKIT_OK)
        return cli_damage_end(&state->damage, &error);
    return state->unreadable ? CLI_UNREADABLE : CLI_GO_ON;
}

void library_close(library_state *state) {
    etwkit_library_close(&state->library);
}

int library_code(const library_state *state) {
    return state->damage.reported ? CLI_DAMAGED : CLI_DONE;
}

bool library_matches(const etwkit_provider *provider, const char *name) {
    etwkit_guid id;
    if (etwkit_guid_parse(&id, name) == ETWKIT_OK)
        return memcmp(&id, etwkit_provider_id(provider), sizeof id) == 0;
    return match_name(name, etwkit_provider_name(provider));
}

const char *library_source(const etwkit_provider *provider) {
    const char *path = etwkit_provider_path(provider), *base = path;
    if (!path)
        return "pack";
    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            base = path + 1;
    return base;
}

/* "'a', 'b', 'c'"; a name that stands there already is left out. */
static void add_hint(char *hints, size_t capacity, const char *name) {
    char quoted[256];
    size_t used = strlen(hints);
    cli_format(quoted, sizeof quoted, "'%s'", name);
    if (!strstr(hints, quoted) && used + strlen(quoted) + 3 <= capacity)
        cli_format(hints + used, capacity - used, "%s%s", used ? ", " : "", quoted);
}

int library_nothing(const library_state *state, const char *name) {
    size_t count = etwkit_library_provider_count(state->library), least = SIZE_MAX, offered = 0;
    char hints[600] = "";
    for (size_t i = 0; i < count; i++) {
        size_t far = match_distance(name, etwkit_provider_name(etwkit_library_provider_at(state->library, i)));
        least = far < least ? far : least;
    }
    bool near = least <= strlen(name) / 3;
    for (size_t i = 0; near && i < count && offered < HINTS; i++) {
        const char *other = etwkit_provider_name(etwkit_library_provider_at(state->library, i));
        if (match_distance(name, other) != least)
            continue;
        add_hint(hints, sizeof hints, other);
        offered++;
    }
    if (count == 0)
        cli_message("no provider is known: give a manifest, Windows binary or pack with --schema");
    else if (*hints)
        cli_message("no known provider is called '%s'; did you mean %s?", name, hints);
    else
        cli_message("no known provider is called '%s'; 'etwkit providers' lists them, --schema adds to them", name);
    return CLI_USAGE;
}

/* Says which providers are meant by a name that is not unique. */
static int too_many(const library_state *state, const char *name, size_t found) {
    char hints[600] = "", number[CLI_GROUPED];
    size_t offered = 0;
    const etwkit_provider *provider;
    for (size_t i = 0; offered < HINTS && (provider = etwkit_library_provider_at(state->library, i)); i++)
        if (library_matches(provider, name)) {
            add_hint(hints, sizeof hints, etwkit_provider_name(provider));
            offered++;
        }
    cli_message("%s providers have '%s' in their names: %s%s", cli_grouped(number, found), name, hints,
                found > offered ? ", ..." : "");
    return CLI_USAGE;
}

int library_find(const library_state *state, const char *name, const etwkit_provider **provider) {
    const etwkit_provider *one, *first = NULL;
    size_t found = 0;
    *provider = etwkit_library_find(state->library, name);
    if (*provider)
        return CLI_GO_ON;
    for (size_t i = 0; (one = etwkit_library_provider_at(state->library, i)); i++) {
        /* One that several files know stands there several times. */
        if (!library_matches(one, name) ||
            (first && memcmp(etwkit_provider_id(one), etwkit_provider_id(first), sizeof(etwkit_guid)) == 0))
            continue;
        first = one;
        found++;
    }
    if (found == 0)
        return library_nothing(state, name);
    if (found > 1)
        return too_many(state, name, found);
    char id[ETWKIT_GUID_TEXT];
    etwkit_guid_format(etwkit_provider_id(first), id);
    *provider = etwkit_library_find(state->library, id); /* the most specific of those that know it */
    return CLI_GO_ON;
}
