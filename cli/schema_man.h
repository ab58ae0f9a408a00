/* SPDX-License-Identifier: MIT */
/* What the files share that write a manifest: names by which its elements refer to each other, and XML. */
#ifndef ETWKIT_CLI_SCHEMA_MAN_H
#define ETWKIT_CLI_SCHEMA_MAN_H

#include "schema.h"

enum {
    MAN_TABLES = ETWKIT_NAME_CHANNEL + 1
};

typedef struct man_name {
    uint64_t value; /* as etwkit_library_name() gives it */
    char *name;     /* no other of its scope has it */
    bool built_in;  /* every manifest has it, so it may not be declared again */
} man_name;

typedef struct man_table {
    man_name *names;
    size_t count;
} man_table;

typedef struct man_map {
    const etwkit_map *map;
    char *name;
} man_map;

typedef struct schema_man {
    cli_output *output;
    const schema_view *view;
    man_table tables[MAN_TABLES]; /* by etwkit_name_kind; names that events use */
    man_map *maps;
    size_t map_count;
    schema_event *kept; /* the events that it describes */
    size_t kept_count;
    size_t left_out; /* events that a manifest cannot describe */
} schema_man;

/* schema_man_names.c */
void man_collect(schema_man *man);
void man_free(schema_man *man);
/* The name of a value; NULL: it has none. */
const man_name *man_find(const schema_man *man, etwkit_name_kind kind, uint64_t value);
/* "win:Start"; NULL: no manifest has a name for it by itself. */
const char *man_built_in(etwkit_name_kind kind, uint64_t value);
/* The name that the manifest gives a field's map. */
const char *man_map_name(const schema_man *man, const etwkit_map *map);

/* XML. Attributes are written with a blank in front. */
void man_attribute(cli_output *output, const char *name, const char *value);
void man_attribute_number(cli_output *output, const char *name, uint64_t value);
void man_attribute_hex(cli_output *output, const char *name, uint64_t value);
/* The text within an attribute's quotation marks. */
void man_text(cli_output *output, const char *text);
/* The text within a comment. */
void man_comment_text(cli_output *output, const char *text);

/* schema_man_payload.c */
/* NULL, or why a manifest cannot say what the event's payload is. */
const char *man_obstacle(const etwkit_schema *schema);
#define MAN_MESSAGE_ID 32
/* What an event's message is called in the string table. */
void man_message_id(const etwkit_schema *schema, char name[MAN_MESSAGE_ID]);
void man_put_maps(const schema_man *man);
/* The texts that events and maps refer to. */
void man_put_strings(const schema_man *man);
/* "Event_3008_0" */
void man_template_name(const etwkit_schema *schema, char *text, size_t capacity);
void man_put_template(const schema_man *man, const schema_event *event);

#endif
