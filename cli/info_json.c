/* SPDX-License-Identifier: MIT */
/* Shows for programs what info found: one JSON object in one line. docs/command.md has its keys; they are only added.
 */
#include "info.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One object or array being written: knows whether a comma is due. */
typedef struct json_object {
    cli_output *output;
    bool has_member;
} json_object;

static void put_key(json_object *json, const char *key) {
    cli_output_printf(json->output, "%s\"%s\":", json->has_member ? "," : "", key);
    json->has_member = true;
}

static void put_string(cli_output *output, const char *text) {
    size_t length = strlen(text);
    char *inside = cli_resize(NULL, CLI_PRINTABLE(length) + 1, 1);
    inside[cli_json_text(inside, text, length)] = 0;
    cli_output_text(output, "\"");
    cli_output_text(output, inside);
    cli_output_text(output, "\"");
    free(inside);
}

/* NULL is null. */
static void text_member(json_object *json, const char *key, const char *text) {
    put_key(json, key);
    if (text)
        put_string(json->output, text);
    else
        cli_output_text(json->output, "null");
}

static void number_member(json_object *json, const char *key, uint64_t number) {
    put_key(json, key);
    cli_output_printf(json->output, "%" PRIu64, number);
}

static void bool_member(json_object *json, const char *key, bool value) {
    put_key(json, key);
    cli_output_text(json->output, value ? "true" : "false");
}

static void time_member(json_object *json, const char *key, int64_t filetime, bool known) {
    char text[ETWKIT_TIME_TEXT];
    (void)etwkit_time_format(filetime, text, NULL); /* a time out of range is its plain number */
    text_member(json, key, known ? text : NULL);
}

static void guid_member(json_object *json, const char *key, const etwkit_guid *guid) {
    char text[ETWKIT_GUID_TEXT];
    etwkit_guid_format(guid, text);
    text_member(json, key, text);
}

static void put_trace(json_object *json, const etwkit_trace_info *info) {
    static const char *const clocks[] = {"unknown", "qpc", "system", "cpu"};
    unsigned clock = (unsigned)info->clock;
    text_member(json, "path", info->path);
    number_member(json, "file_size", info->file_size);
    text_member(json, "session_name", info->session_name);
    text_member(json, "log_file_name", info->log_file_name);
    number_member(json, "os_major", info->os_major);
    number_member(json, "os_minor", info->os_minor);
    number_member(json, "os_build", info->os_build);
    number_member(json, "pointer_size", info->pointer_size);
    number_member(json, "processor_count", info->processor_count);
    number_member(json, "cpu_mhz", info->cpu_mhz);
    text_member(json, "clock", clocks[clock < 4 ? clock : 0]);
    number_member(json, "frequency", info->frequency);
    number_member(json, "timer_resolution", info->timer_resolution);
    time_member(json, "boot_time", info->boot_time, info->boot_time != 0);
    put_key(json, "time_zone_bias");
    cli_output_printf(json->output, "%" PRId32, info->time_zone_bias);
    number_member(json, "log_file_mode", info->log_file_mode);
    number_member(json, "maximum_file_size", info->maximum_file_size);
    number_member(json, "buffer_size", info->buffer_size);
    number_member(json, "buffers", info->buffers);
    number_member(json, "buffers_compressed", info->buffers_compressed);
    number_member(json, "buffers_written", info->buffers_written);
    number_member(json, "buffers_lost", info->buffers_lost);
    number_member(json, "events_lost", info->events_lost);
    bool_member(json, "closed", info->closed);
    time_member(json, "start_time", info->start_time, true);
    time_member(json, "end_time", info->end_time, info->end_time != 0);
}

static void put_counts(json_object *json, const info_summary *summary) {
    const etwkit_trace_stats *stats = &summary->stats;
    bool any = summary->first <= summary->last;
    uint64_t duration = info_duration(summary);
    time_member(json, "first_event", summary->first, any);
    time_member(json, "last_event", summary->last, any);
    put_key(json, "duration");
    cli_output_printf(json->output, "%" PRIu64 ".%07" PRIu64, duration / 10000000, duration % 10000000);
    number_member(json, "events", stats->events);
    number_member(json, "events_damaged", stats->events_damaged);
    number_member(json, "bytes_damaged", stats->bytes_damaged);
    number_member(json, "buffers_read", stats->buffers_read);
    number_member(json, "bytes_read", stats->bytes_read);
    number_member(json, "damage", stats->damage);
}

static void put_damage(cli_output *output, const etwkit_error *damage) {
    json_object json = {output, false};
    cli_output_text(output, "{");
    text_member(&json, "status", etwkit_status_name(damage->status));
    if (damage->offset != ETWKIT_NO_OFFSET)
        number_member(&json, "offset", damage->offset);
    if (damage->buffer != ETWKIT_NO_NUMBER)
        number_member(&json, "buffer", damage->buffer);
    if (damage->record != ETWKIT_NO_NUMBER)
        number_member(&json, "record", damage->record);
    text_member(&json, "message", damage->message);
    cli_output_text(output, "}");
}

static void put_schema(cli_output *output, const info_kind *kind, bool walked) {
    const etwkit_schema *schema = kind->schema;
    json_object json = {output, false};
    cli_output_text(output, "{");
    text_member(&json, "provider_name", etwkit_schema_provider_name(schema));
    guid_member(&json, "provider_id", etwkit_schema_provider_id(schema));
    text_member(&json, "event_name", etwkit_schema_event_name(schema));
    number_member(&json, "event_id", etwkit_schema_event_id(schema));
    number_member(&json, "version", etwkit_schema_version(schema));
    number_member(&json, "level", etwkit_schema_level(schema));
    number_member(&json, "opcode", etwkit_schema_opcode(schema));
    number_member(&json, "task", etwkit_schema_task(schema));
    number_member(&json, "channel", etwkit_schema_channel(schema));
    put_key(&json, "keywords");
    cli_output_printf(output, "\"0x%" PRIx64 "\"", etwkit_schema_keywords(schema));
    bool_member(&json, "classic", etwkit_schema_is_classic(schema));
    text_member(&json, "source", etwkit_source_name(etwkit_schema_source(schema)));
    bool_member(&json, "known", etwkit_schema_is_known(schema));
    bool_member(&json, "guessed", etwkit_schema_is_guessed(schema));
    number_member(&json, "fields", etwkit_schema_field_count(schema));
    number_member(&json, "events", kind->events);
    if (walked) {
        number_member(&json, "walked", kind->usage.walked);
        number_member(&json, "with_rest", kind->usage.with_rest);
        number_member(&json, "truncated", kind->usage.truncated);
    }
    cli_output_text(output, "}");
}

void info_print_json(cli_output *output, const info_summary *summary) {
    json_object json = {output, false};
    cli_output_text(output, "{");
    put_trace(&json, summary->info);
    put_counts(&json, summary);
    put_key(&json, "damages");
    const etwkit_error *damage = NULL;
    for (size_t i = 0; (damage = etwkit_trace_damage(summary->trace, i)); i++) {
        cli_output_text(output, i ? "," : "[");
        put_damage(output, damage);
    }
    cli_output_text(output, etwkit_trace_damage(summary->trace, 0) ? "]" : "[]");
    number_member(&json, "events_of_further_kinds", summary->others);
    put_key(&json, "schemas");
    cli_output_text(output, "[");
    for (size_t i = 0; i < summary->kind_count; i++) {
        cli_output_text(output, i ? "," : "");
        put_schema(output, &summary->kinds[i], summary->walked);
    }
    cli_output_text(output, "]}\n");
}
