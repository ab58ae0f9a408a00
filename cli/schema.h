/* SPDX-License-Identifier: MIT */
/* What the files of the subcommand schema share: a provider, and those of its events that are to be shown. */
#ifndef ETWKIT_CLI_SCHEMA_H
#define ETWKIT_CLI_SCHEMA_H

#include "cli.h"
#include "json.h"

typedef struct schema_event {
    const etwkit_schema *schema;
    size_t index; /* in the library */
} schema_event;

typedef struct schema_view {
    etwkit_library *library; /* NULL: the events are of no library; then there is no provider, and only the functions
                                that say so are of use */
    const etwkit_provider *provider;
    schema_event *events; /* by id, version */
    size_t count;
    bool whole;              /* all events of the provider */
    const etwkit_map **maps; /* those that the events use, or all of them; by name */
    size_t map_count;
} schema_view;

/* argv[0] is "pack". */
int cli_schema_pack(int argc, char **argv);

/* The table of events alone. Also without a library. */
void schema_print_lines(cli_output *output, const schema_view *view);
/* The member "events" of a JSON object. Also without a library. */
void schema_json_events(json_object *json, const schema_view *view);
/* One line an event. */
void schema_print_list(cli_output *output, const schema_view *view);
/* Everything that is known of each event. */
void schema_print_events(cli_output *output, const schema_view *view);
/* One JSON object in one line. docs/command.md has its keys; they are only added. */
void schema_print_json(cli_output *output, const schema_view *view);
/* An instrumentation manifest. */
void schema_print_man(cli_output *output, const schema_view *view);

/* The builds of Windows that an event was seen in: number 0, 1, ..., 0 after the last. */
uint32_t schema_build(const schema_view *view, const schema_event *event, size_t number);
const char *schema_stops_at(const schema_view *view, const schema_event *event);
/* Is the name one that the view's events use? All names of a whole provider count as such. */
bool schema_uses_name(const schema_view *view, etwkit_name_kind kind, uint64_t value);
/* Do they say the same, under one name? The same map is another object for each field. */
bool schema_same_map(const etwkit_map *map, const etwkit_map *other);

#endif
