/* SPDX-License-Identifier: MIT */
/* Shows a provider's events for eyes: one line each, or all that is known of them. */
#include "columns.h"
#include "known_providers.h"
#include "schema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DOT " \xC2\xB7 " /* U+00B7 between the parts of a line */

static void put_name(cli_output *output, const char *name) {
    char *text = column_printable(name);
    cli_output_text(output, text);
    free(text);
}

/* "Microsoft-Windows-DNS-Client · 1c95126e-... · pack · 60 events" */
static void put_head(cli_output *output, const schema_view *view) {
    char id[ETWKIT_GUID_TEXT], count[CLI_GROUPED];
    size_t events = etwkit_provider_event_count(view->provider);
    etwkit_guid_format(etwkit_provider_id(view->provider), id);
    put_name(output, etwkit_provider_name(view->provider));
    cli_output_printf(output, "%s%s" DOT, *etwkit_provider_name(view->provider) ? DOT : "", id);
    put_name(output, library_source(view->provider));
    cli_output_printf(output, DOT "%s event%s\n", cli_grouped(count, events), events == 1 ? "" : "s");
}

/* The list. */

/* A name, or the number where there is none; free() it. */
static char *name_or_number(const char *name, unsigned number) {
    char digits[16];
    cli_format(digits, sizeof digits, "%u", number);
    return column_printable(name ? name : digits);
}

static void put_keywords(cli_output *output, const etwkit_schema *schema, const char *between) {
    const char *name;
    uint64_t keywords = etwkit_schema_keywords(schema);
    size_t i = 0;
    for (; (name = etwkit_schema_keyword_name(schema, i)); i++) {
        cli_output_text(output, i ? between : "");
        put_name(output, name);
    }
    if (i == 0 && keywords)
        cli_output_printf(output, "0x%" PRIx64, keywords);
}

static void put_event_line(cli_output *output, const etwkit_schema *schema, size_t level_width, size_t event_width) {
    char *level = name_or_number(etwkit_schema_level_name(schema), etwkit_schema_level(schema));
    char *event = column_printable(etwkit_schema_event_name(schema));
    char fields[16] = "?"; /* they are not known */
    if (etwkit_schema_is_known(schema))
        cli_format(fields, sizeof fields, "%zu", etwkit_schema_field_count(schema));
    cli_output_printf(output, "%5u  %3u  ", etwkit_schema_event_id(schema), etwkit_schema_version(schema));
    column_left(output, level, level_width);
    column_left(output, event, event_width);
    column_pad(output, strlen(fields), 6);
    cli_output_text(output, fields);
    if (etwkit_schema_keywords(schema))
        cli_output_text(output, "  ");
    put_keywords(output, schema, "|");
    cli_output_text(output, "\n");
    free(level);
    free(event);
}

void schema_print_lines(cli_output *output, const schema_view *view) {
    size_t level_width = 5, event_width = 5;
    for (size_t i = 0; i < view->count; i++) {
        const etwkit_schema *schema = view->events[i].schema;
        char *level = name_or_number(etwkit_schema_level_name(schema), etwkit_schema_level(schema));
        char *event = column_printable(etwkit_schema_event_name(schema));
        level_width = column_wider(level_width, level);
        event_width = column_wider(event_width, event);
        free(level);
        free(event);
    }
    cli_output_text(output, "\n   ID  VER  ");
    column_left(output, "LEVEL", level_width);
    column_left(output, "EVENT", event_width);
    cli_output_text(output, "FIELDS  KEYWORDS\n");
    for (size_t i = 0; i < view->count; i++)
        put_event_line(output, view->events[i].schema, level_width, event_width);
}

void schema_print_list(cli_output *output, const schema_view *view) {
    put_head(output, view);
    if (view->count)
        schema_print_lines(output, view);
}

/* Events in detail. */

/* "task      DnsQuery (3)"; a 0 without a name says nothing. */
static void put_named(cli_output *output, const char *label, const char *name, unsigned number) {
    if (!name && !number)
        return;
    cli_output_printf(output, "%-9s ", label);
    if (name)
        put_name(output, name);
    cli_output_printf(output, name ? " (%u)\n" : "%u\n", number);
}

static void put_builds(cli_output *output, const schema_view *view, const schema_event *event) {
    uint32_t build;
    for (size_t i = 0; (build = schema_build(view, event, i)); i++)
        cli_output_printf(output, "%s%" PRIu32, i ? ", " : "windows   build ", build);
    if (schema_build(view, event, 0))
        cli_output_text(output, "\n");
}

/* The columns of fields. */
typedef struct field_widths {
    size_t name, in_type, out_type;
} field_widths;

static const char *in_type_of(const etwkit_field *field) {
    const char *name = etwkit_in_type_name(etwkit_field_in_type(field));
    return name ? name : "?";
}

static const char *out_type_of(const etwkit_field *field) {
    const char *name = etwkit_out_type_name(etwkit_field_out_type(field));
    return name ? name : "";
}

static void measure(field_widths *widths, const etwkit_field *field, size_t indent) {
    char *name = column_printable(etwkit_field_name(field));
    size_t columns = column_wider(0, name);
    if (columns && columns + indent > widths->name)
        widths->name = columns + indent;
    widths->in_type = column_wider(widths->in_type, in_type_of(field));
    widths->out_type = column_wider(widths->out_type, out_type_of(field));
    free(name);
    for (size_t i = 0; i < etwkit_field_member_count(field); i++)
        measure(widths, etwkit_field_member_at(field, i), indent + 2);
}

/* "length = 16", "count = ItemCount" */
static size_t put_amount(cli_output *output, const char *label, uint16_t number, const etwkit_field *by) {
    if (!number && !by)
        return 0;
    cli_output_printf(output, "  %s = ", label);
    if (by)
        put_name(output, etwkit_field_name(by));
    else
        cli_output_printf(output, "%u", number);
    return 1;
}

static void put_field(cli_output *output, const etwkit_field *field, const field_widths *widths, size_t indent) {
    const etwkit_field *counted_by = etwkit_field_counted_by(field), *measured_by = etwkit_field_measured_by(field);
    uint16_t count = etwkit_field_fixed_count(field), length = etwkit_field_fixed_length(field);
    const char *out_type = out_type_of(field);
    bool more = count || length || counted_by || measured_by || etwkit_field_map(field) || etwkit_field_is_array(field);
    char *name = column_printable(etwkit_field_name(field));
    column_pad(output, 0, indent);
    cli_output_text(output, name);
    column_pad(output, cli_columns(name) + indent, widths->name);
    cli_output_printf(output, "  %s", in_type_of(field));
    if (*out_type || more)
        column_pad(output, strlen(in_type_of(field)), widths->in_type + 2);
    cli_output_text(output, out_type);
    if (more && widths->out_type)
        column_pad(output, strlen(out_type), widths->out_type);
    size_t told = put_amount(output, "count", count, counted_by);
    if (!told && etwkit_field_is_array(field))
        cli_output_text(output, "  count in the payload");
    put_amount(output, "length", length, measured_by);
    if (etwkit_field_map(field)) {
        cli_output_text(output, "  map = ");
        put_name(output, etwkit_map_name(etwkit_field_map(field)));
    }
    cli_output_text(output, "\n");
    free(name);
    for (size_t i = 0; i < etwkit_field_member_count(field); i++)
        put_field(output, etwkit_field_member_at(field, i), widths, indent + 2);
}

static void put_fields(cli_output *output, const schema_view *view, const schema_event *event) {
    field_widths widths = {0};
    size_t count = etwkit_schema_field_count(event->schema);
    const char *stops_at = schema_stops_at(view, event);
    if (!etwkit_schema_is_known(event->schema) || (count == 0 && !stops_at)) {
        cli_output_printf(output, "fields    %s\n", etwkit_schema_is_known(event->schema) ? "none" : "not known");
        return;
    }
    cli_output_text(output, "fields\n");
    for (size_t i = 0; i < count; i++)
        measure(&widths, etwkit_schema_field_at(event->schema, i), 2);
    for (size_t i = 0; i < count; i++)
        put_field(output, etwkit_schema_field_at(event->schema, i), &widths, 2);
    if (stops_at) {
        cli_output_text(output, "  from ");
        put_name(output, stops_at);
        cli_output_text(output, " on the payload is not known\n");
    }
}

static void put_event(cli_output *output, const schema_view *view, const schema_event *event) {
    const etwkit_schema *schema = event->schema;
    cli_output_printf(output, "\nevent %u, version %u   ", etwkit_schema_event_id(schema),
                      etwkit_schema_version(schema));
    put_name(output, etwkit_schema_event_name(schema));
    cli_output_text(output, "\n");
    put_named(output, "level", etwkit_schema_level_name(schema), etwkit_schema_level(schema));
    put_named(output, "task", etwkit_schema_task_name(schema), etwkit_schema_task(schema));
    put_named(output, "opcode", etwkit_schema_opcode_name(schema), etwkit_schema_opcode(schema));
    put_named(output, "channel", etwkit_schema_channel_name(schema), etwkit_schema_channel(schema));
    if (etwkit_schema_keywords(schema)) {
        cli_output_text(output, "keywords  ");
        put_keywords(output, schema, " | ");
        if (etwkit_schema_keyword_name(schema, 0))
            cli_output_printf(output, " (0x%" PRIx64 ")", etwkit_schema_keywords(schema));
        cli_output_text(output, "\n");
    }
    put_builds(output, view, event);
    if (etwkit_schema_message(schema)) {
        cli_output_text(output, "message   ");
        put_name(output, etwkit_schema_message(schema));
        cli_output_text(output, "\n");
    }
    put_fields(output, view, event);
}

static void put_map(cli_output *output, const etwkit_map *map) {
    uint64_t value = 0;
    const char *label = "";
    bool bits = etwkit_map_is_bitmap(map);
    cli_output_text(output, "\nmap ");
    put_name(output, etwkit_map_name(map));
    cli_output_text(output, bits ? "   bits\n" : "   values\n");
    for (size_t i = 0; etwkit_map_entry(map, i, &value, &label) == ETWKIT_OK; i++) {
        char number[32];
        cli_format(number, sizeof number, bits ? "0x%" PRIx64 : "%" PRIu64, value);
        cli_output_printf(output, "  %10s  ", number);
        put_name(output, label);
        cli_output_text(output, "\n");
    }
}

void schema_print_events(cli_output *output, const schema_view *view) {
    put_head(output, view);
    for (size_t i = 0; i < view->count; i++)
        put_event(output, view, &view->events[i]);
    for (size_t i = 0; i < view->map_count; i++)
        put_map(output, view->maps[i]);
}
