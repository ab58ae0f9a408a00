/* SPDX-License-Identifier: MIT */
/* Where descriptions of events are looked for: what --schema names, then the environment, then the user's folder. */
#include "schema_options.h"

#include "system.h"

#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(schema_options, member)

const cli_option schema_option_table[] = {
    {"schema", 0, CLI_LIST, "FILE|DIR", AT(given),
     "a manifest, Windows binary, pack, folder of such, or another\n"
     "trace that lends its descriptions; repeatable. Looked at\n"
     "next: $ETWKIT_SCHEMA_PATH, then your own schemas folder"},
    {"no-pack", 0, CLI_FLAG, NULL, AT(no_pack), "without the descriptions that come with etwkit"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static void add(cli_list *list, const char *path) {
    list->items = cli_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = path;
}

/* The user's folder is there when it is named here; so it is the environment that is wrong. */
static void take(void *context, const char *path) {
    schema_options *options = context;
    if (!system_same_file(path, path)) {
        cli_message("ETWKIT_SCHEMA_PATH names %s, which is not there", path);
        return;
    }
    size_t size = strlen(path) + 1;
    char *copy = cli_resize(NULL, size, 1);
    memcpy(copy, path, size);
    options->owned = cli_resize(options->owned, options->owned_count + 1, sizeof *options->owned);
    options->owned[options->owned_count++] = copy;
    add(&options->paths, copy);
}

void schema_options_complete(schema_options *options) {
    for (size_t i = 0; i < options->given.count; i++)
        add(&options->paths, options->given.items[i]);
    etwkit_schema_path_each(take, options);
}

void schema_options_free(schema_options *options) {
    for (size_t i = 0; i < options->owned_count; i++)
        free(options->owned[i]);
    free(options->owned);
    cli_list_free(&options->given);
    cli_list_free(&options->paths);
    *options = (schema_options){.no_pack = false};
}
