/* SPDX-License-Identifier: MIT */
/* Reads packs back into the form that they are made of. Knows the format, and bounds what it costs. */
#include "base/error.h"
#include "schema/corrections.h"
#include "schema/pack_inside.h"

#include <string.h>

#define MAX_MAP_ENTRIES 65536u
#define MAX_READ ((size_t)512 << 20) /* bytes made of one pack: elements may be named again and again */

static const etwkit_map *read_map(const ek_pack *pack, uint32_t index, ek_arena *arena, etwkit_error *error) {
    const ek_packed_map *packed = ek_pack_element(pack, EK_PACK_MAPS, index);
    const ek_packed_entry *from =
        packed ? ek_pack_slice(pack, EK_PACK_MAP_ENTRIES, (ek_pack_range){packed->first, packed->count}) : NULL;
    if (!from || packed->count > MAX_MAP_ENTRIES || arena->total > MAX_READ) {
        ek_pack_damaged(error, "a map lies outside of it");
        return NULL;
    }
    ek_map_entry *entries = ek_arena_alloc(arena, packed->count * sizeof *entries);
    for (uint32_t i = 0; entries && i < packed->count; i++)
        entries[i] = (ek_map_entry){from[i].value, ek_pack_string(pack, from[i].label)};
    const etwkit_map *map = entries ? ek_map_build(arena, ek_pack_string(pack, packed->name), packed->is_bitmap != 0,
                                                   entries, packed->count)
                                    : NULL;
    if (!map)
        ek_fail_memory(error);
    return map;
}

etwkit_status ek_pack_read_fields(const ek_pack *pack, const ek_packed_template *packed, ek_arena *arena,
                                  ek_field_spec **specs, etwkit_error *error) {
    const uint32_t *list =
        ek_pack_slice(pack, EK_PACK_FIELD_LISTS, (ek_pack_range){packed->first, packed->field_count});
    if (!list || packed->top_count > packed->field_count || packed->field_count > EK_MAX_FIELDS ||
        arena->total > MAX_READ)
        return ek_pack_damaged(error, "fields lie outside of it");
    ek_field_spec *fields = *specs = ek_arena_new(arena, packed->field_count * sizeof *fields);
    if (!fields)
        return ek_fail_memory(error);
    for (uint16_t i = 0; i < packed->field_count; i++) {
        etwkit_error fault = {0};
        const ek_packed_field *field = ek_pack_element(pack, EK_PACK_FIELDS, list[i]);
        if (!field)
            return ek_pack_damaged(error, "a field lies outside of it");
        fields[i] = (ek_field_spec){.name = ek_pack_string(pack, field->name),
                                    .flags = field->flags,
                                    .in_type = field->in_type,
                                    .out_type = field->out_type,
                                    .count = field->count,
                                    .length = field->length,
                                    .first_member = field->first_member,
                                    .member_count = field->member_count};
        fields[i].name_length = strlen(fields[i].name);
        if (field->map && !(fields[i].map = read_map(pack, field->map - 1, arena, &fault))) {
            if (error)
                *error = fault;
            return fault.status;
        }
    }
    return ETWKIT_OK;
}

uint32_t ek_pack_build_at(const ek_pack *pack, uint32_t index) {
    const uint32_t *build = ek_pack_element(pack, EK_PACK_BUILDS, index);
    return build && index < EK_PACK_MAX_BUILDS ? *build : 0;
}

uint32_t ek_pack_provider_count(const ek_pack *pack) {
    uint32_t count;
    ek_pack_elements(pack, EK_PACK_PROVIDERS, &count);
    return count;
}

static void show_provider(const ek_pack *pack, const ek_packed_provider *packed, uint32_t index,
                          ek_pack_provider *provider) {
    *provider = (ek_pack_provider){
        .name = ek_pack_string(pack, packed->name), .index = index, .event_count = packed->events.count};
    memcpy(&provider->id, packed->id, sizeof provider->id);
}

bool ek_pack_provider_at(const ek_pack *pack, uint32_t index, ek_pack_provider *provider) {
    const ek_packed_provider *packed = ek_pack_element(pack, EK_PACK_PROVIDERS, index);
    if (packed)
        show_provider(pack, packed, index, provider);
    return packed != NULL;
}

bool ek_pack_find_provider(const ek_pack *pack, const etwkit_guid *id, ek_pack_provider *provider) {
    uint32_t index;
    const ek_packed_provider *packed = ek_pack_find(pack, id, &index);
    if (packed)
        show_provider(pack, packed, index, provider);
    return packed != NULL;
}

static etwkit_status read_event(const ek_pack *pack, const ek_packed_event *packed, ek_providers *providers,
                                ek_provider *provider, etwkit_error *error) {
    const ek_packed_template *fields = packed->payload && packed->payload != EK_PACK_UNKNOWN_PAYLOAD
                                           ? ek_pack_element(pack, EK_PACK_TEMPLATES, packed->payload - 1)
                                           : NULL;
    ek_provider_event *event = ek_provider_add_event(providers, provider);
    if (!event)
        return ek_fail_memory(error);
    *event = (ek_provider_event){.id = packed->id,
                                 .version = packed->version,
                                 .channel = packed->channel,
                                 .level = packed->level,
                                 .opcode = packed->opcode,
                                 .task = packed->task,
                                 .keywords = packed->keywords,
                                 .name = ek_pack_text(pack, packed->name),
                                 .symbol = ek_pack_text(pack, packed->symbol),
                                 .message = ek_pack_text(pack, packed->message),
                                 .payload_unknown = packed->payload == EK_PACK_UNKNOWN_PAYLOAD};
    if (!fields)
        return ETWKIT_OK;
    ek_field_spec *specs;
    etwkit_status status = ek_pack_read_fields(pack, fields, &providers->arena, &specs, error);
    ek_template *payload = ek_arena_alloc(&providers->arena, sizeof *payload);
    if (status || !payload)
        return status ? status : ek_fail_memory(error);
    ek_correct_fields(&provider->id, packed->id, specs, fields->field_count);
    *payload = (ek_template){specs, fields->field_count, fields->top_count, ek_pack_text(pack, fields->stops_at)};
    event->payload = payload;
    return ETWKIT_OK;
}

static bool read_names(const ek_pack *pack, const ek_packed_provider *packed, ek_providers *providers,
                       ek_provider *provider) {
    for (int kind = 0; kind < EK_TABLE_KINDS; kind++) {
        const ek_packed_name *names = ek_pack_slice(pack, EK_PACK_NAMES, packed->tables[kind]);
        for (uint32_t i = 0; names && i < packed->tables[kind].count; i++)
            if (!ek_provider_add_name(providers, provider, (ek_table_kind)kind, names[i].value,
                                      ek_pack_string(pack, names[i].name), ek_pack_text(pack, names[i].message)))
                return false;
    }
    return true;
}

static etwkit_status read_maps(const ek_pack *pack, const ek_packed_provider *packed, ek_providers *providers,
                               ek_provider *provider, etwkit_error *error) {
    const uint32_t *maps = ek_pack_slice(pack, EK_PACK_MAP_LISTS, packed->maps);
    for (uint32_t i = 0; maps && i < packed->maps.count; i++) {
        etwkit_error fault = {0};
        const etwkit_map *map = read_map(pack, maps[i], &providers->arena, &fault);
        if (!map || !ek_provider_add_map(providers, provider, map)) {
            if (error)
                *error = fault;
            return fault.status ? fault.status : ek_fail_memory(error);
        }
    }
    return ETWKIT_OK;
}

etwkit_status ek_pack_read_provider(const ek_pack *pack, uint32_t index, ek_providers *providers,
                                    const uint32_t **builds, etwkit_error *error) {
    const ek_packed_provider *packed = ek_pack_element(pack, EK_PACK_PROVIDERS, index);
    const ek_packed_event *events = packed ? ek_pack_slice(pack, EK_PACK_EVENTS, packed->events) : NULL;
    if (!events)
        return ek_pack_damaged(error, "a provider lies outside of it");
    etwkit_guid id;
    memcpy(&id, packed->id, sizeof id);
    ek_provider *provider = ek_providers_add(providers, &id, ek_pack_string(pack, packed->name));
    uint32_t *sets = ek_arena_alloc(&providers->arena, packed->events.count * sizeof *sets);
    if (!provider || !sets || !read_names(pack, packed, providers, provider))
        return ek_fail_memory(error);
    provider->message = ek_pack_text(pack, packed->message);
    etwkit_status status = read_maps(pack, packed, providers, provider, error);
    for (uint32_t i = 0; !status && i < packed->events.count; i++) {
        sets[i] = events[i].builds;
        status = read_event(pack, &events[i], providers, provider, error);
    }
    if (builds)
        *builds = sets;
    return status;
}
