/* SPDX-License-Identifier: MIT */
/* Reads packs back into the form that they are made of. Knows the format, and bounds what it costs. */
#include "base/error.h"
#include "schema/corrections.h"
#include "schema/pack_inside.h"

#include <string.h>

/* A map that was made, and of which element. */
typedef struct made_map {
    uint32_t index;
    const etwkit_map *map;
} made_map;

void ek_pack_reader_init(ek_pack_reader *reader, const ek_pack *pack, ek_arena *arena, size_t left) {
    *reader = (ek_pack_reader){.pack = pack, .arena = arena, .left = left};
    ek_table_init(&reader->maps, &arena->allocator);
}

void ek_pack_reader_free(ek_pack_reader *reader) {
    ek_table_free(&reader->maps);
}

static etwkit_status take(ek_pack_reader *reader, size_t bytes, etwkit_error *error) {
    if (bytes > reader->left) {
        reader->left = 0;
        return ek_pack_damaged(error, "it names the same again and again");
    }
    reader->left -= bytes;
    return ETWKIT_OK;
}

/* A text in the pack; looking at it costs as much as it is long. */
static etwkit_status look_at(ek_pack_reader *reader, uint32_t offset, const char **text, etwkit_error *error) {
    *text = ek_pack_string(reader->pack, offset);
    return take(reader, strlen(*text) + 1, error);
}

static etwkit_status read_string(ek_pack_reader *reader, uint32_t offset, const char **text, etwkit_error *error) {
    etwkit_status status = look_at(reader, offset, text, error);
    if (!status && reader->copies && !(*text = ek_arena_text(reader->arena, *text, strlen(*text))))
        status = ek_fail_memory(error);
    return status;
}

static etwkit_status make_map(ek_pack_reader *reader, const ek_packed_map *packed, const ek_packed_entry *from,
                              const etwkit_map **map, etwkit_error *error) {
    const char *name = NULL;
    etwkit_status status = look_at(reader, packed->name, &name, error);
    ek_map_entry *entries = ek_resize(&reader->arena->allocator, NULL, packed->count, sizeof *entries);
    if (!entries)
        return ek_fail_memory(error);
    for (uint32_t i = 0; !status && i < packed->count; i++) {
        entries[i].value = from[i].value;
        status = look_at(reader, from[i].label, &entries[i].label, error);
    }
    if (!status && !(*map = ek_map_build(reader->arena, name, packed->is_bitmap != 0, entries, packed->count)))
        status = ek_fail_memory(error);
    ek_release(&reader->arena->allocator, entries);
    return status;
}

static bool is_made(const void *value, const void *key) {
    return ((const made_map *)value)->index == *(const uint32_t *)key;
}

static etwkit_status read_map(ek_pack_reader *reader, uint32_t index, const etwkit_map **map, etwkit_error *error) {
    uint64_t hash = ek_hash(&index, sizeof index, ek_hash_seed(reader));
    const made_map *known = ek_table_find(&reader->maps, hash, is_made, &index);
    if (known) {
        *map = known->map;
        return ETWKIT_OK;
    }
    const ek_packed_map *packed = ek_pack_element(reader->pack, EK_PACK_MAPS, index);
    const ek_packed_entry *from =
        packed ? ek_pack_slice(reader->pack, EK_PACK_MAP_ENTRIES, (ek_pack_range){packed->first, packed->count}) : NULL;
    if (!from)
        return ek_pack_damaged(error, "a map lies outside of it");
    etwkit_status status = take(reader, packed->count * sizeof *from, error);
    if (!status)
        status = make_map(reader, packed, from, map, error);
    if (status)
        return status;
    const made_map made = {index, *map};
    made_map *kept = ek_arena_copy(reader->arena, &made, sizeof made);
    return kept && ek_table_add(&reader->maps, hash, kept) ? ETWKIT_OK : ek_fail_memory(error);
}

static etwkit_status read_field(ek_pack_reader *reader, uint32_t index, ek_field_spec *spec, etwkit_error *error) {
    const ek_packed_field *field = ek_pack_element(reader->pack, EK_PACK_FIELDS, index);
    if (!field)
        return ek_pack_damaged(error, "a field lies outside of it");
    *spec = (ek_field_spec){.flags = field->flags,
                            .in_type = field->in_type,
                            .out_type = field->out_type,
                            .count = field->count,
                            .length = field->length,
                            .first_member = field->first_member,
                            .member_count = field->member_count};
    etwkit_status status = read_string(reader, field->name, &spec->name, error);
    if (status)
        return status;
    spec->name_length = strlen(spec->name);
    return field->map && !reader->without_maps ? read_map(reader, field->map - 1, &spec->map, error) : ETWKIT_OK;
}

etwkit_status ek_pack_read_fields(ek_pack_reader *reader, const ek_packed_template *packed, ek_field_spec **specs,
                                  etwkit_error *error) {
    const uint32_t *list =
        ek_pack_slice(reader->pack, EK_PACK_FIELD_LISTS, (ek_pack_range){packed->first, packed->field_count});
    if (!list || packed->top_count > packed->field_count || packed->field_count > EK_MAX_FIELDS)
        return ek_pack_damaged(error, "fields lie outside of it");
    etwkit_status status = take(reader, packed->field_count * sizeof **specs, error);
    if (status)
        return status;
    *specs = ek_arena_alloc(reader->arena, ((size_t)packed->field_count + EK_CORRECTION_ROOM) * sizeof **specs);
    if (!*specs)
        return ek_fail_memory(error);
    for (uint16_t i = 0; !status && i < packed->field_count; i++)
        status = read_field(reader, list[i], &(*specs)[i], error);
    return status;
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

/* A text that may be missing. */
static etwkit_status read_text(ek_pack_reader *reader, uint32_t offset, const char **text, etwkit_error *error) {
    etwkit_status status = read_string(reader, offset, text, error);
    if (status)
        return status;
    if (*text && !**text)
        *text = NULL;
    return ETWKIT_OK;
}

static etwkit_status read_template(ek_pack_reader *reader, const ek_provider *provider, const ek_packed_event *event,
                                   const ek_template **made, etwkit_error *error) {
    const ek_packed_template *packed = ek_pack_element(reader->pack, EK_PACK_TEMPLATES, event->payload - 1);
    if (!packed)
        return ek_pack_damaged(error, "a template lies outside of it");
    ek_field_spec *specs = NULL;
    ek_template *payload = ek_arena_new(reader->arena, sizeof *payload);
    if (!payload)
        return ek_fail_memory(error);
    etwkit_status status = ek_pack_read_fields(reader, packed, &specs, error);
    if (!status)
        status = read_text(reader, packed->stops_at, &payload->stops_at, error);
    if (status)
        return status;
    payload->field_count = (uint16_t)ek_correct_fields(&provider->id, event->id, specs, packed->field_count);
    if (packed->top_count > payload->field_count)
        return ek_pack_damaged(error, "fields lie outside of it");
    payload->fields = specs;
    payload->top_count = packed->top_count;
    *made = payload;
    return ETWKIT_OK;
}

static etwkit_status read_event(ek_pack_reader *reader, ek_providers *providers, ek_provider *provider,
                                const ek_packed_event *packed, etwkit_error *error) {
    ek_provider_event *event = ek_provider_add_event(providers, provider);
    if (!event)
        return ek_providers_failure(providers, error);
    *event = (ek_provider_event){.id = packed->id,
                                 .version = packed->version,
                                 .channel = packed->channel,
                                 .level = packed->level,
                                 .opcode = packed->opcode,
                                 .task = packed->task,
                                 .keywords = packed->keywords,
                                 .payload_unknown = packed->payload == EK_PACK_UNKNOWN_PAYLOAD};
    etwkit_status status = take(reader, sizeof *event, error);
    if (!status)
        status = read_text(reader, packed->name, &event->name, error);
    if (!status)
        status = read_text(reader, packed->symbol, &event->symbol, error);
    if (!status)
        status = read_text(reader, packed->message, &event->message, error);
    if (!status && packed->payload != EK_PACK_NO_PAYLOAD && !event->payload_unknown)
        status = read_template(reader, provider, packed, &event->payload, error);
    return status;
}

static etwkit_status read_names(ek_pack_reader *reader, const ek_packed_provider *packed, ek_providers *providers,
                                ek_provider *provider, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    for (int kind = 0; !status && kind < EK_TABLE_KINDS; kind++) {
        const ek_packed_name *names = ek_pack_slice(reader->pack, EK_PACK_NAMES, packed->tables[kind]);
        for (uint32_t i = 0; !status && names && i < packed->tables[kind].count; i++) {
            const char *name = ek_pack_string(reader->pack, names[i].name);
            const char *message = ek_pack_text(reader->pack, names[i].message);
            status = take(reader, 2 * sizeof *names + strlen(name) + (message ? strlen(message) : 0), error);
            if (!status &&
                !ek_provider_add_name(providers, provider, (ek_table_kind)kind, names[i].value, name, message))
                status = ek_providers_failure(providers, error);
        }
    }
    return status;
}

static etwkit_status read_maps(ek_pack_reader *reader, const ek_packed_provider *packed, ek_providers *providers,
                               ek_provider *provider, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    const uint32_t *maps = ek_pack_slice(reader->pack, EK_PACK_MAP_LISTS, packed->maps);
    for (uint32_t i = 0; !status && maps && i < packed->maps.count; i++) {
        const etwkit_map *map = NULL;
        status = read_map(reader, maps[i], &map, error);
        if (!status && !ek_provider_add_map(providers, provider, map))
            status = ek_providers_failure(providers, error);
    }
    return status;
}

static etwkit_status read_all(ek_pack_reader *reader, const ek_packed_provider *packed, const ek_packed_event *events,
                              ek_providers *providers, const uint32_t **builds, etwkit_error *error) {
    etwkit_guid id;
    memcpy(&id, packed->id, sizeof id);
    ek_provider *provider = ek_providers_add(providers, &id, ek_pack_string(reader->pack, packed->name));
    uint32_t *sets = ek_arena_alloc(&providers->arena, packed->events.count * sizeof *sets);
    uint32_t *numbers = ek_arena_new(&providers->arena, (EK_PACK_MAX_BUILDS + 1) * sizeof *numbers);
    if (!provider || !sets || !numbers)
        return ek_providers_failure(providers, error);
    for (uint32_t i = 0; ek_pack_build_at(reader->pack, i); i++)
        numbers[i] = ek_pack_build_at(reader->pack, i);
    etwkit_status status = read_text(reader, packed->message, &provider->message, error);
    if (!status)
        status = read_names(reader, packed, providers, provider, error);
    if (!status)
        status = read_maps(reader, packed, providers, provider, error);
    for (uint32_t i = 0; !status && i < packed->events.count; i++) {
        sets[i] = events[i].builds;
        status = read_event(reader, providers, provider, &events[i], error);
    }
    if (builds)
        *builds = sets;
    if (!status) {
        provider->event_builds = sets;
        provider->build_numbers = numbers;
    }
    return status;
}

etwkit_status ek_pack_read_provider(const ek_pack *pack, uint32_t index, ek_providers *providers,
                                    const uint32_t **builds, etwkit_error *error) {
    const ek_packed_provider *packed = ek_pack_element(pack, EK_PACK_PROVIDERS, index);
    const ek_packed_event *events = packed ? ek_pack_slice(pack, EK_PACK_EVENTS, packed->events) : NULL;
    if (!events || packed->events.count > EK_MAX_PROVIDER_EVENTS)
        return ek_pack_damaged(error, "a provider's events lie outside of it");
    ek_pack_reader reader;
    ek_pack_reader_init(&reader, pack, &providers->arena, ek_providers_left(providers));
    reader.copies = true;
    etwkit_status status = read_all(&reader, packed, events, providers, builds, error);
    ek_pack_reader_free(&reader);
    return status;
}
