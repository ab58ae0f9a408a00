/* SPDX-License-Identifier: MIT */
/* What Windows says of the providers that are installed there. */
#include "installed.h"

#include "columns.h"
#include "json.h"
#include "match.h"
#include "schema.h"

#include <stdlib.h>
#include <string.h>

static bool is_wanted(const cli_list *patterns, const etwkit_installed_provider *provider) {
    bool wanted = patterns->count == 0;
    for (size_t i = 0; !wanted && i < patterns->count; i++) {
        etwkit_guid id;
        wanted = etwkit_guid_parse(&id, patterns->items[i]) == ETWKIT_OK
                     ? memcmp(&id, &provider->id, sizeof id) == 0
                     : match_name(patterns->items[i], provider->name);
    }
    return wanted;
}

static int fail(const etwkit_error *error) {
    if (error->status == ETWKIT_E_UNSUPPORTED)
        return cli_usage("providers", "--installed: %s; 'etwkit providers' lists those that the pack and --schema know",
                         error->message);
    cli_message("%s", error->message);
    return CLI_USAGE;
}

static const char *kind_of(const etwkit_installed_provider *provider) {
    return provider->is_classic ? "MOF" : "manifest";
}

static void put_line(cli_output *output, const etwkit_installed_provider *provider) {
    char id[ETWKIT_GUID_TEXT];
    char *name = column_printable(provider->name);
    etwkit_guid_format(&provider->id, id);
    column_left(output, id, ETWKIT_GUID_TEXT - 1);
    column_left(output, kind_of(provider), 8);
    cli_output_text(output, name);
    cli_output_text(output, "\n");
    free(name);
}

/* `view`: its events; NULL: they were not asked for. */
static void put_json(cli_output *output, const etwkit_installed_provider *provider, const schema_view *view) {
    json_object json = {output, false};
    cli_output_text(output, "{");
    json_text(&json, "provider_name", provider->name);
    json_guid(&json, "provider_id", &provider->id);
    json_text(&json, "kind", kind_of(provider));
    if (view)
        schema_json_events(&json, view);
    cli_output_text(output, "}\n");
}

static int put_one(cli_output *output, etwkit_installed *list, const etwkit_installed_provider *provider, bool json) {
    schema_view view = {.library = NULL};
    etwkit_error error;
    if (etwkit_installed_read(list, provider, &view.count, &error))
        return fail(&error);
    view.events = cli_resize(NULL, view.count + 1, sizeof *view.events);
    for (size_t i = 0; i < view.count; i++)
        view.events[i] = (schema_event){etwkit_installed_event(list, i), i};
    if (json) {
        put_json(output, provider, &view);
    } else {
        put_line(output, provider);
        if (view.count)
            schema_print_lines(output, &view);
    }
    free(view.events);
    return CLI_DONE;
}

static int put_wanted(cli_output *output, etwkit_installed *list, const cli_list *patterns, bool json) {
    const etwkit_installed_provider *provider, *only = NULL;
    size_t count = 0;
    for (size_t i = 0; (provider = etwkit_installed_at(list, i)); i++)
        if (is_wanted(patterns, provider)) {
            only = provider;
            count++;
        }
    if (count == 0) {
        cli_message("no provider of that name is installed; 'etwkit providers --installed' lists those that are");
        return CLI_USAGE;
    }
    if (!json) {
        column_left(output, "GUID", ETWKIT_GUID_TEXT - 1);
        column_left(output, "KIND", 8);
        cli_output_text(output, "PROVIDER\n");
    }
    if (count == 1)
        return put_one(output, list, only, json);
    for (size_t i = 0; (provider = etwkit_installed_at(list, i)); i++)
        if (is_wanted(patterns, provider) && json)
            put_json(output, provider, NULL);
        else if (is_wanted(patterns, provider))
            put_line(output, provider);
    return CLI_DONE;
}

int installed_list(cli_output *output, const cli_list *patterns, bool json) {
    etwkit_installed *list;
    etwkit_error error;
    if (etwkit_installed_open(&list, &error))
        return fail(&error);
    int code = put_wanted(output, list, patterns, json);
    etwkit_installed_close(&list);
    return code;
}

bool installed_id(const char *name, etwkit_guid *id) {
    etwkit_installed *list;
    if (etwkit_installed_open(&list, NULL))
        return false;
    const etwkit_installed_provider *provider = etwkit_installed_find(list, name);
    if (provider)
        *id = provider->id;
    etwkit_installed_close(&list);
    return provider != NULL;
}
