/* SPDX-License-Identifier: MIT */
/* Shows a provider and its events for programs: one JSON object in one line. docs/command.md has its keys; they are
 * only added. */
#include "json.h"
#include "schema_man.h"

#include <inttypes.h>
#include <string.h>

/* Elements of an array: all but the first have a comma in front. */
static json_object begin_element(cli_output *output, bool *any) {
    cli_output_text(output, *any ? ",{" : "{");
    *any = true;
    return (json_object){output, false};
}

static void put_hex(json_object *json, const char *key, uint64_t number) {
    json_key(json, key);
    cli_output_printf(json->output, "\"0x%" PRIx64 "\"", number);
}

static void put_names(json_object *json, const char *key, const schema_view *view, etwkit_name_kind kind) {
    uint64_t value = 0;
    const char *name = "";
    bool any = false;
    json_key(json, key);
    cli_output_text(json->output, "[");
    for (size_t i = 0; etwkit_library_name(view->library, view->provider, kind, i, &value, &name) == ETWKIT_OK; i++) {
        const char *built_in = kind == ETWKIT_NAME_KEYWORD ? NULL : man_built_in(kind, value);
        if (!schema_uses_name(view, kind, value) || (built_in && strcmp(built_in, name) == 0))
            continue; /* some sources repeat what all providers have, others do not */
        json_object one = begin_element(json->output, &any);
        if (kind == ETWKIT_NAME_OPCODE)
            json_number(&one, "task", value >> 16);
        if (kind == ETWKIT_NAME_KEYWORD)
            put_hex(&one, "mask", value);
        else
            json_number(&one, "value", kind == ETWKIT_NAME_OPCODE ? value & 0xFFFF : value);
        json_text(&one, "name", name);
        cli_output_text(json->output, "}");
    }
    cli_output_text(json->output, "]");
}

/* A number, or the name of the field that holds it; left out where neither is so. */
static void put_amount(json_object *json, const char *key, uint16_t number, const etwkit_field *by) {
    if (by)
        json_text(json, key, etwkit_field_name(by));
    else if (number)
        json_number(json, key, number);
}

static void put_field(cli_output *output, const etwkit_field *field, bool *any) {
    json_object json = begin_element(output, any);
    json_text(&json, "name", etwkit_field_name(field));
    json_text(&json, "in_type", etwkit_in_type_name(etwkit_field_in_type(field)));
    json_text(&json, "out_type", etwkit_out_type_name(etwkit_field_out_type(field)));
    if (etwkit_field_is_array(field))
        json_bool(&json, "array", true);
    put_amount(&json, "count", etwkit_field_fixed_count(field), etwkit_field_counted_by(field));
    put_amount(&json, "length", etwkit_field_fixed_length(field), etwkit_field_measured_by(field));
    if (etwkit_field_map(field))
        json_text(&json, "map", etwkit_map_name(etwkit_field_map(field)));
    if (etwkit_field_in_type(field) == ETWKIT_IN_STRUCT) {
        bool any_member = false;
        json_key(&json, "fields");
        cli_output_text(output, "[");
        for (size_t i = 0; i < etwkit_field_member_count(field); i++)
            put_field(output, etwkit_field_member_at(field, i), &any_member);
        cli_output_text(output, "]");
    }
    cli_output_text(output, "}");
}

static void put_keyword_names(json_object *json, const etwkit_schema *schema) {
    const char *name;
    json_key(json, "keyword_names");
    cli_output_text(json->output, "[");
    for (size_t i = 0; (name = etwkit_schema_keyword_name(schema, i)); i++) {
        cli_output_text(json->output, i ? "," : "");
        json_string(json->output, name);
    }
    cli_output_text(json->output, "]");
}

static void put_builds(json_object *json, const schema_view *view, const schema_event *event) {
    uint32_t build;
    json_key(json, "builds");
    cli_output_text(json->output, "[");
    for (size_t i = 0; (build = schema_build(view, event, i)); i++)
        cli_output_printf(json->output, "%s%" PRIu32, i ? "," : "", build);
    cli_output_text(json->output, "]");
}

static void put_fields(json_object *json, const etwkit_schema *schema) {
    bool any = false;
    json_key(json, "fields");
    if (!etwkit_schema_is_known(schema)) {
        cli_output_text(json->output, "null");
        return;
    }
    cli_output_text(json->output, "[");
    for (size_t i = 0; i < etwkit_schema_field_count(schema); i++)
        put_field(json->output, etwkit_schema_field_at(schema, i), &any);
    cli_output_text(json->output, "]");
}

static void put_event(cli_output *output, const schema_view *view, const schema_event *event, bool *any) {
    const etwkit_schema *schema = event->schema;
    json_object json = begin_element(output, any);
    json_number(&json, "event_id", etwkit_schema_event_id(schema));
    json_number(&json, "version", etwkit_schema_version(schema));
    json_text(&json, "event_name", etwkit_schema_event_name(schema));
    json_number(&json, "level", etwkit_schema_level(schema));
    json_number(&json, "opcode", etwkit_schema_opcode(schema));
    json_number(&json, "task", etwkit_schema_task(schema));
    json_number(&json, "channel", etwkit_schema_channel(schema));
    put_hex(&json, "keywords", etwkit_schema_keywords(schema));
    json_text(&json, "level_name", etwkit_schema_level_name(schema));
    json_text(&json, "opcode_name", etwkit_schema_opcode_name(schema));
    json_text(&json, "task_name", etwkit_schema_task_name(schema));
    json_text(&json, "channel_name", etwkit_schema_channel_name(schema));
    put_keyword_names(&json, schema);
    put_builds(&json, view, event);
    json_text(&json, "message", etwkit_schema_message(schema));
    if (schema_stops_at(view, event))
        json_text(&json, "stops_at", schema_stops_at(view, event));
    put_fields(&json, schema);
    cli_output_text(output, "}");
}

static void put_map(cli_output *output, const etwkit_map *map, bool *any) {
    json_object json = begin_element(output, any);
    uint64_t value = 0;
    const char *label = "";
    bool any_value = false;
    json_text(&json, "name", etwkit_map_name(map));
    json_bool(&json, "bits", etwkit_map_is_bitmap(map));
    json_key(&json, "values");
    cli_output_text(output, "[");
    for (size_t i = 0; etwkit_map_entry(map, i, &value, &label) == ETWKIT_OK; i++) {
        json_object entry = begin_element(output, &any_value);
        json_number(&entry, "value", value);
        json_text(&entry, "label", label);
        cli_output_text(output, "}");
    }
    cli_output_text(output, "]}");
}

void schema_json_events(json_object *json, const schema_view *view) {
    bool any = false;
    json_key(json, "events");
    cli_output_text(json->output, "[");
    for (size_t i = 0; i < view->count; i++)
        put_event(json->output, view, &view->events[i], &any);
    cli_output_text(json->output, "]");
}

void schema_print_json(cli_output *output, const schema_view *view) {
    json_object json = {output, false};
    bool any = false;
    cli_output_text(output, "{");
    json_text(&json, "provider_name", etwkit_provider_name(view->provider));
    json_guid(&json, "provider_id", etwkit_provider_id(view->provider));
    json_text(&json, "source", etwkit_source_name(etwkit_provider_source(view->provider)));
    json_text(&json, "path", etwkit_provider_path(view->provider));
    put_names(&json, "levels", view, ETWKIT_NAME_LEVEL);
    put_names(&json, "opcodes", view, ETWKIT_NAME_OPCODE);
    put_names(&json, "tasks", view, ETWKIT_NAME_TASK);
    put_names(&json, "keywords", view, ETWKIT_NAME_KEYWORD);
    put_names(&json, "channels", view, ETWKIT_NAME_CHANNEL);
    schema_json_events(&json, view);
    json_key(&json, "maps");
    cli_output_text(output, "[");
    for (size_t i = 0; i < view->map_count; i++)
        put_map(output, view->maps[i], &any);
    cli_output_text(output, "]}\n");
}
