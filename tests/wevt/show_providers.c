/* SPDX-License-Identifier: MIT */
/* Prints what a Windows binary says of providers, a JSON object a line: show_providers FILE. For the tests. */
#include "base/escape.h"
#include "schema/pe_providers.h"

#include <etwkit/guid.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void text(const char *key, const char *value) {
    ek_buf quoted;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    if (!value)
        return;
    ek_buf_init(&quoted, &allocator);
    ek_json_quote(&quoted, value, strlen(value));
    printf(", \"%s\": %.*s", key, (int)quoted.size, (const char *)quoted.data);
    ek_buf_free(&quoted);
}

static void show_tables(const ek_provider *provider) {
    static const char *const kinds[] = {"level", "opcode", "task", "keyword", "channel"};
    for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
        for (size_t i = 0; i < provider->tables[kind].count; i++) {
            const ek_named_value *one = &provider->tables[kind].values[i];
            printf("{\"kind\": \"%s\", \"value\": %llu", kinds[kind], (unsigned long long)one->value);
            text("name", one->name);
            text("message", one->message);
            puts("}");
        }
}

static void show_maps(const ek_provider *provider) {
    for (size_t i = 0; i < provider->map_count; i++) {
        const etwkit_map *map = provider->maps[i];
        printf("{\"kind\": \"map\", \"bits\": %s", map->is_bitmap ? "true" : "false");
        text("name", map->name);
        printf(", \"entries\": [");
        for (uint32_t j = 0; j < map->count; j++) {
            printf("%s{\"value\": %llu", j ? ", " : "", (unsigned long long)map->entries[j].value);
            text("label", map->entries[j].label);
            printf("}");
        }
        puts("]}");
    }
}

static void show_fields(const ek_template *payload) {
    for (size_t i = 0; payload && i < payload->field_count; i++) {
        const ek_field_spec *field = &payload->fields[i];
        printf(
            "%s{\"flags\": %u, \"in\": %u, \"out\": %u, \"count\": %u, \"length\": %u, \"first\": %u, \"members\": %u",
            i ? ", " : "", field->flags, field->in_type, field->out_type, field->count, field->length,
            field->first_member, field->member_count);
        text("name", field->name);
        text("map", field->map ? field->map->name : NULL);
        printf("}");
    }
}

static void show_events(const ek_provider *provider) {
    for (size_t i = 0; i < provider->event_count; i++) {
        const ek_provider_event *event = &provider->events[i];
        printf("{\"kind\": \"event\", \"id\": %u, \"version\": %u, \"channel\": %u, \"level\": %u, \"opcode\": %u, "
               "\"task\": %u, \"keywords\": %llu, \"top\": %u",
               event->id, event->version, event->channel, event->level, event->opcode, event->task,
               (unsigned long long)event->keywords, event->payload ? event->payload->top_count : 0);
        text("message", event->message);
        printf(", \"fields\": [");
        show_fields(event->payload);
        puts("]}");
    }
}

static void show(const ek_providers *providers) {
    for (size_t i = 0; i < providers->count; i++) {
        const ek_provider *provider = providers->list[i];
        char id[ETWKIT_GUID_TEXT];
        etwkit_guid_format(&provider->id, id);
        printf("{\"kind\": \"provider\", \"guid\": \"%s\"", id);
        text("name", provider->name);
        text("message", provider->message);
        puts("}");
        show_tables(provider);
        show_maps(provider);
        show_events(provider);
    }
}

static void report(void *context, const etwkit_error *error) {
    (void)context;
    printf("{\"kind\": \"report\", \"status\": \"%s\"", etwkit_status_name(error->status));
    text("message", error->message);
    puts("}");
}

static void *load(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    long length = ftell(file);
    void *data = length >= 0 ? malloc((size_t)length + 1) : NULL;
    rewind(file);
    *size = data ? fread(data, 1, (size_t)length, file) : 0;
    fclose(file);
    return data;
}

int main(int argc, char **argv) {
    size_t size = 0;
    void *data = argc == 2 ? load(argv[1], &size) : NULL;
    if (!data)
        return 2;
    ek_providers providers;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    etwkit_error error = {0};
    ek_providers_init(&providers, &allocator);
    etwkit_status status = ek_pe_read_providers(argv[1], data, size, &providers, report, NULL, &error);
    show(&providers);
    printf("{\"kind\": \"end\", \"status\": \"%s\"", etwkit_status_name(status));
    text("message", status < 0 ? error.message : NULL);
    puts("}");
    ek_providers_free(&providers);
    free(data);
    return 0;
}
