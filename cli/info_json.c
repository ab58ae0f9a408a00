/* SPDX-License-Identifier: MIT */
/* Shows for programs what info found: one JSON object in one line. docs/command.md has its keys; they are only added.
 */
#include "info.h"
#include "json.h"

#include <inttypes.h>

static void put_trace(json_object *json, const etwkit_trace_info *info) {
    static const char *const clocks[] = {"unknown", "qpc", "system", "cpu"};
    unsigned clock = (unsigned)info->clock;
    json_text(json, "path", info->path);
    json_number(json, "file_size", info->file_size);
    json_text(json, "session_name", info->session_name);
    json_text(json, "log_file_name", info->log_file_name);
    json_number(json, "os_major", info->os_major);
    json_number(json, "os_minor", info->os_minor);
    json_number(json, "os_build", info->os_build);
    json_number(json, "pointer_size", info->pointer_size);
    json_number(json, "processor_count", info->processor_count);
    json_number(json, "cpu_mhz", info->cpu_mhz);
    json_text(json, "clock", clocks[clock < 4 ? clock : 0]);
    json_number(json, "frequency", info->frequency);
    json_number(json, "timer_resolution", info->timer_resolution);
    json_time(json, "boot_time", info->boot_time, info->boot_time != 0);
    json_key(json, "time_zone_bias");
    cli_output_printf(json->output, "%" PRId32, info->time_zone_bias);
    json_number(json, "log_file_mode", info->log_file_mode);
    json_number(json, "maximum_file_size", info->maximum_file_size);
    json_number(json, "buffer_size", info->buffer_size);
    json_number(json, "buffers", info->buffers);
    json_number(json, "buffers_compressed", info->buffers_compressed);
    json_number(json, "buffers_written", info->buffers_written);
    json_number(json, "buffers_lost", info->buffers_lost);
    json_number(json, "events_lost", info->events_lost);
    json_bool(json, "closed", info->closed);
    json_time(json, "start_time", info->start_time, true);
    json_time(json, "end_time", info->end_time, info->end_time != 0);
}

/* Each of several files; of one alone all has been said. */
static void put_files(json_object *json, const info_summary *summary) {
    size_t count = etwkit_trace_file_count(summary->trace);
    if (count < 2)
        return;
    json_key(json, "files");
    for (size_t i = 0; i < count; i++) {
        json_object one = {json->output, false};
        cli_output_text(json->output, i ? ",{" : "[{");
        put_trace(&one, etwkit_trace_get_info(summary->trace, i));
        cli_output_text(json->output, "}");
    }
    cli_output_text(json->output, "]");
}

static void put_counts(json_object *json, const info_summary *summary) {
    const etwkit_trace_stats *stats = &summary->stats;
    bool any = summary->first <= summary->last;
    uint64_t duration = info_duration(summary);
    json_time(json, "first_event", summary->first, any);
    json_time(json, "last_event", summary->last, any);
    json_key(json, "duration");
    cli_output_printf(json->output, "%" PRIu64 ".%07" PRIu64, duration / 10000000, duration % 10000000);
    json_number(json, "events", stats->events);
    json_number(json, "events_damaged", stats->events_damaged);
    json_number(json, "bytes_damaged", stats->bytes_damaged);
    json_number(json, "buffers_read", stats->buffers_read);
    json_number(json, "bytes_read", stats->bytes_read);
    json_number(json, "damage", stats->damage);
}

static void put_schema(cli_output *output, const info_kind *kind, bool walked) {
    const etwkit_schema *schema = kind->schema;
    json_object json = {output, false};
    cli_output_text(output, "{");
    json_text(&json, "provider_name", etwkit_schema_provider_name(schema));
    json_guid(&json, "provider_id", etwkit_schema_provider_id(schema));
    json_text(&json, "event_name", etwkit_schema_event_name(schema));
    json_number(&json, "event_id", etwkit_schema_event_id(schema));
    json_number(&json, "version", etwkit_schema_version(schema));
    json_number(&json, "level", etwkit_schema_level(schema));
    json_number(&json, "opcode", etwkit_schema_opcode(schema));
    json_number(&json, "task", etwkit_schema_task(schema));
    json_number(&json, "channel", etwkit_schema_channel(schema));
    json_key(&json, "keywords");
    cli_output_printf(output, "\"0x%" PRIx64 "\"", etwkit_schema_keywords(schema));
    json_bool(&json, "classic", etwkit_schema_is_classic(schema));
    json_text(&json, "source", etwkit_source_name(etwkit_schema_source(schema)));
    json_bool(&json, "known", etwkit_schema_is_known(schema));
    json_bool(&json, "guessed", etwkit_schema_is_guessed(schema));
    json_number(&json, "fields", etwkit_schema_field_count(schema));
    json_number(&json, "events", kind->events);
    if (walked) {
        json_number(&json, "walked", kind->usage.walked);
        json_number(&json, "with_rest", kind->usage.with_rest);
        json_number(&json, "truncated", kind->usage.truncated);
    }
    cli_output_text(output, "}");
}

void info_print_json(cli_output *output, const info_summary *summary) {
    json_object json = {output, false};
    cli_output_text(output, "{");
    put_trace(&json, summary->info);
    put_files(&json, summary);
    put_counts(&json, summary);
    json_key(&json, "damages");
    const etwkit_error *damage = NULL;
    for (size_t i = 0; (damage = etwkit_trace_damage(summary->trace, i)); i++) {
        json_object one = {output, false};
        cli_output_text(output, i ? ",{" : "[{");
        json_error(&one, damage, json_path_of(damage, summary->paths, 2));
        cli_output_text(output, "}");
    }
    cli_output_text(output, etwkit_trace_damage(summary->trace, 0) ? "]" : "[]");
    json_number(&json, "events_of_further_kinds", summary->others);
    json_key(&json, "schemas");
    cli_output_text(output, "[");
    for (size_t i = 0; i < summary->kind_count; i++) {
        cli_output_text(output, i ? "," : "");
        put_schema(output, &summary->kinds[i], summary->walked);
    }
    cli_output_text(output, "]}\n");
}
