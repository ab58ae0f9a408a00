/* SPDX-License-Identifier: MIT */
/* Templates and maps of a manifest, and what a manifest has no words for. */
#include "schema_man.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where a reference stands: among a struct's members, or among the fields of the payload. */
typedef struct scope {
    const etwkit_schema *schema;
    const etwkit_field *of; /* the struct; NULL: the payload */
} scope;

static size_t count_of(const scope *at) {
    return at->of ? etwkit_field_member_count(at->of) : etwkit_schema_field_count(at->schema);
}

static const etwkit_field *field_of(const scope *at, size_t index) {
    return at->of ? etwkit_field_member_at(at->of, index) : etwkit_schema_field_at(at->schema, index);
}

static const etwkit_field *find(const scope *at, const char *name) {
    for (size_t i = 0; i < count_of(at); i++)
        if (strcmp(etwkit_field_name(field_of(at, i)), name) == 0)
            return field_of(at, i);
    return NULL;
}

/* Does the name of the field, where it is referred to, mean that field? */
static bool is_meant(const scope *at, const etwkit_field *referred) {
    const scope outer = {at->schema, NULL};
    uint64_t number;
    const char *name = etwkit_field_name(referred);
    if (!*name || cli_number(name, &number))
        return false;
    const etwkit_field *found = find(at, name);
    return (found ? found : find(&outer, name)) == referred;
}

static const char *obstacle_in(const scope *at) {
    for (size_t i = 0; i < count_of(at); i++) {
        const etwkit_field *field = field_of(at, i);
        const etwkit_field *counted_by = etwkit_field_counted_by(field), *measured_by = etwkit_field_measured_by(field);
        if ((counted_by && !is_meant(at, counted_by)) || (measured_by && !is_meant(at, measured_by)))
            return "it refers to a field that cannot be named there";
        if (etwkit_field_is_array(field) && !counted_by && !etwkit_field_fixed_count(field))
            return "the payload itself says how many elements an array has";
        if (etwkit_field_in_type(field) != ETWKIT_IN_STRUCT)
            continue;
        if (at->of)
            return "it has structs in structs";
        const scope inner = {at->schema, field};
        const char *obstacle = obstacle_in(&inner);
        if (obstacle)
            return obstacle;
    }
    return NULL;
}

const char *man_obstacle(const etwkit_schema *schema) {
    const scope whole = {schema, NULL};
    return etwkit_schema_is_known(schema) ? obstacle_in(&whole) : "its fields are not known";
}

/* Templates. */

/* Characters are declared as numbers that are shown as text; what has no name in manifests stands as its number, which
 * etwkit alone understands. */
static void put_in_type(cli_output *output, const etwkit_field *field) {
    etwkit_in_type type = etwkit_field_in_type(field);
    bool text = etwkit_field_out_type(field) == ETWKIT_OUT_STRING;
    if (type == ETWKIT_IN_UNICODECHAR && text)
        type = ETWKIT_IN_UINT16;
    else if (type == ETWKIT_IN_ANSICHAR && text)
        type = ETWKIT_IN_UINT8;
    const char *name = etwkit_in_type_name(type);
    if (name && type != ETWKIT_IN_NULL && type < ETWKIT_IN_COUNTEDSTRING)
        cli_output_printf(output, " inType=\"win:%s\"", name);
    else
        cli_output_printf(output, " inType=\"win:%u\"", (unsigned)type);
}

static void put_out_type(cli_output *output, const etwkit_field *field) {
    etwkit_out_type type = etwkit_field_out_type(field);
    const char *name = etwkit_out_type_name(type);
    if (name)
        cli_output_printf(output, " outType=\"%s:%s\"", type <= ETWKIT_OUT_HEXBINARY ? "xs" : "win", name);
    else if (type != ETWKIT_OUT_NULL)
        cli_output_printf(output, " outType=\"win:%u\"", (unsigned)type);
}

static void put_amount(cli_output *output, const char *name, uint16_t number, const etwkit_field *by) {
    if (by)
        man_attribute(output, name, etwkit_field_name(by));
    else if (number)
        man_attribute_number(output, name, number);
}

static void put_field(const schema_man *man, const etwkit_field *field, const char *indent) {
    cli_output *output = man->output;
    bool is_struct = etwkit_field_in_type(field) == ETWKIT_IN_STRUCT;
    cli_output_printf(output, "            %s<%s", indent, is_struct ? "struct" : "data");
    man_attribute(output, "name", etwkit_field_name(field));
    put_amount(output, "count", etwkit_field_fixed_count(field), etwkit_field_counted_by(field));
    if (is_struct) {
        cli_output_text(output, ">\n");
        for (size_t i = 0; i < etwkit_field_member_count(field); i++)
            put_field(man, etwkit_field_member_at(field, i), "  "); /* no deeper: man_obstacle() */
        cli_output_text(output, "            </struct>\n");
        return;
    }
    put_in_type(output, field);
    put_out_type(output, field);
    put_amount(output, "length", etwkit_field_fixed_length(field), etwkit_field_measured_by(field));
    if (etwkit_field_map(field))
        man_attribute(output, "map", man_map_name(man, etwkit_field_map(field)));
    cli_output_text(output, "/>\n");
}

void man_template_name(const etwkit_schema *schema, char *text, size_t capacity) {
    cli_format(text, capacity, "Event_%u_%u", etwkit_schema_event_id(schema), etwkit_schema_version(schema));
}

void man_put_template(const schema_man *man, const schema_event *event) {
    char name[32];
    const char *stops_at = schema_stops_at(man->view, event);
    man_template_name(event->schema, name, sizeof name);
    cli_output_printf(man->output, "          <template tid=\"%s\">\n", name);
    for (size_t i = 0; i < etwkit_schema_field_count(event->schema); i++)
        put_field(man, etwkit_schema_field_at(event->schema, i), "");
    if (stops_at) {
        cli_output_text(man->output, "            <!-- from ");
        man_comment_text(man->output, stops_at);
        cli_output_text(man->output, " on the payload is not known -->\n");
    }
    cli_output_text(man->output, "          </template>\n");
}

/* Maps. Their labels stand in the string table: "map.NAME.INDEX". */

static void put_string_id(cli_output *output, const man_map *map, size_t index) {
    cli_output_text(output, "map.");
    man_text(output, map->name);
    cli_output_printf(output, ".%zu", index);
}

static void put_map(cli_output *output, const man_map *map) {
    const char *element = etwkit_map_is_bitmap(map->map) ? "bitMap" : "valueMap", *label = "";
    uint64_t value = 0;
    cli_output_printf(output, "          <%s", element);
    man_attribute(output, "name", map->name);
    cli_output_text(output, ">\n");
    for (size_t i = 0; etwkit_map_entry(map->map, i, &value, &label) == ETWKIT_OK; i++) {
        cli_output_text(output, "            <map");
        man_attribute_hex(output, "value", value);
        cli_output_text(output, " message=\"$(string.");
        put_string_id(output, map, i);
        cli_output_text(output, ")\"/>\n");
    }
    cli_output_printf(output, "          </%s>\n", element);
}

void man_put_maps(const schema_man *man) {
    if (man->map_count == 0)
        return;
    cli_output_text(man->output, "        <maps>\n");
    for (size_t i = 0; i < man->map_count; i++)
        put_map(man->output, &man->maps[i]);
    cli_output_text(man->output, "        </maps>\n");
}

void man_message_id(const etwkit_schema *schema, char name[MAN_MESSAGE_ID]) {
    cli_format(name, MAN_MESSAGE_ID, "event.%u.%u", etwkit_schema_event_id(schema), etwkit_schema_version(schema));
}

static void put_messages(const schema_man *man) {
    for (size_t i = 0; i < man->kept_count; i++) {
        const etwkit_schema *schema = man->kept[i].schema;
        char name[MAN_MESSAGE_ID];
        if (!etwkit_schema_message(schema))
            continue;
        man_message_id(schema, name);
        cli_output_printf(man->output, "        <string id=\"%s\"", name);
        man_attribute(man->output, "value", etwkit_schema_message(schema));
        cli_output_text(man->output, "/>\n");
    }
}

void man_put_strings(const schema_man *man) {
    uint64_t value = 0;
    const char *label = "";
    put_messages(man);
    for (size_t m = 0; m < man->map_count; m++)
        for (size_t i = 0; etwkit_map_entry(man->maps[m].map, i, &value, &label) == ETWKIT_OK; i++) {
            cli_output_text(man->output, "        <string id=\"");
            put_string_id(man->output, &man->maps[m], i);
            cli_output_text(man->output, "\"");
            man_attribute(man->output, "value", label);
            cli_output_text(man->output, "/>\n");
        }
}
