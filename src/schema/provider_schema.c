/* SPDX-License-Identifier: MIT */
/* Schema objects of a provider's events. Knows the plain form alone. */
#include "schema/provider_schema.h"

#include "schema/names.h"

/* The name of a value, NULL where it has none. */
static const char *name_of(const ek_provider *provider, ek_table_kind kind, uint64_t value) {
    const ek_name_table *table = &provider->tables[kind];
    for (size_t i = table->count; i-- > 0;)
        if (table->values[i].value == value && *table->values[i].name)
            return table->values[i].name;
    return NULL;
}

static const char *opcode_name(const ek_provider *provider, uint16_t task, uint8_t opcode) {
    const char *name = name_of(provider, EK_TABLE_OPCODES, (uint64_t)task << 16 | opcode);
    if (!name)
        name = name_of(provider, EK_TABLE_OPCODES, opcode);
    return name ? ek_plain_opcode_name(name) : ek_builtin_opcode_name(opcode);
}

static const char *level_name(const ek_provider *provider, uint8_t level) {
    const char *name = name_of(provider, EK_TABLE_LEVELS, level);
    return name ? ek_plain_level_name(name) : ek_builtin_level_name(level);
}

/* false: memory ran out. */
static bool list_keywords(ek_arena *arena, const ek_provider *provider, uint64_t keywords,
                          ek_description *description) {
    const ek_name_table *table = &provider->tables[EK_TABLE_KEYWORDS];
    const char **list = ek_arena_new(arena, (table->count + 1) * sizeof *list);
    size_t count = 0;
    for (size_t i = 0; list && i < table->count; i++)
        if (table->values[i].value && (table->values[i].value & keywords) == table->values[i].value)
            list[count++] = table->values[i].name;
    description->keyword_names = list;
    return list != NULL;
}

const etwkit_schema *ek_provider_schema(ek_arena *arena, const ek_provider *provider, const ek_provider_event *event,
                                        etwkit_source source) {
    static const ek_layout nothing = {0};
    ek_description is = {.source = source,
                         .provider_name = *provider->name ? provider->name : NULL,
                         .event_name = event->name,
                         .message = event->message,
                         .task_name = name_of(provider, EK_TABLE_TASKS, event->task),
                         .opcode_name = opcode_name(provider, event->task, event->opcode),
                         .level_name = level_name(provider, event->level),
                         .channel_name = name_of(provider, EK_TABLE_CHANNELS, event->channel)};
    const ek_template none = {0}, *payload = event->payload ? event->payload : &none;
    const etwkit_record like = {.event_id = event->id};
    etwkit_schema *schema = ek_arena_new(arena, sizeof *schema);
    etwkit_status status = ETWKIT_ABSENT;
    if (!schema || !list_keywords(arena, provider, event->keywords, &is))
        return NULL;
    if (!is.event_name && !is.task_name)
        is.event_name = event->symbol;
    if (!event->payload_unknown)
        status = ek_layout_build(&is.layout, arena, payload->fields, payload->field_count, payload->top_count, NULL);
    if (status == ETWKIT_E_NO_MEMORY || !(is.event_name = ek_event_name(arena, &is, &like)))
        return NULL;
    *schema = (etwkit_schema){.is = is,
                              .known = status == ETWKIT_OK,
                              .provider_id = provider->id,
                              .event_id = event->id,
                              .version = event->version,
                              .channel = event->channel,
                              .level = event->level,
                              .opcode = event->opcode,
                              .task = event->task,
                              .keywords = event->keywords};
    if (!schema->known)
        schema->is.layout = &nothing;
    return ek_schema_write_head(arena, schema) ? schema : NULL;
}
