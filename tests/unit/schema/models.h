/* SPDX-License-Identifier: MIT */
/* Providers made up for tests, and packs of them. */
#ifndef EK_TEST_MODELS_H
#define EK_TEST_MODELS_H

#include "base/guid.h"
#include "schema/pack_builder.h"

#include <string.h>

static const etwkit_guid alpha_id = EK_GUID(0x11111111, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 8);
static const etwkit_guid beta_id = EK_GUID(0x99999999, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 9);
static const etwkit_guid gamma_id = EK_GUID(0x55555555, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 10);

static inline ek_field_spec spec(const char *name, uint16_t in_type, const etwkit_map *map) {
    return (ek_field_spec){.name = name, .name_length = strlen(name), .in_type = in_type, .count = 1, .map = map};
}

/* A payload of `count` numbers of that type: n0, n1, ...; the last one has the map. NULL: memory ran out. */
static inline ek_template *numbers(ek_providers *providers, uint16_t in_type, size_t count, const etwkit_map *map) {
    static const char *const names[] = {"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"};
    ek_field_spec *fields = ek_arena_new(&providers->arena, (count + 1) * sizeof *fields);
    ek_template *made = ek_arena_new(&providers->arena, sizeof *made);
    if (!fields || !made)
        return NULL;
    for (size_t i = 0; i < count; i++)
        fields[i] = spec(names[i % 8], in_type, i + 1 == count ? map : NULL);
    *made = (ek_template){.fields = fields, .field_count = (uint16_t)count, .top_count = (uint16_t)count};
    return made;
}

static inline ek_provider_event *add_event(ek_providers *providers, ek_provider *provider, unsigned id,
                                           unsigned version, const ek_template *payload) {
    ek_provider_event *event = ek_provider_add_event(providers, provider);
    if (event)
        *event = (ek_provider_event){
            .id = (uint16_t)id, .version = (uint8_t)version, .level = 4, .payload = payload, .message = "%1 happened"};
    return event;
}

static inline const etwkit_map *add_map(ek_providers *providers, ek_provider *provider, bool is_bitmap) {
    static const ek_map_entry entries[] = {{1, "one"}, {2, "two"}, {4, "four"}};
    const etwkit_map *map = ek_map_build(&providers->arena, is_bitmap ? "Bits" : "Values", is_bitmap, entries, 3);
    return map && ek_provider_add_map(providers, provider, map) ? map : NULL;
}

/* A provider with names of every kind, two versions of event 7 (two and three numbers), one of event 8 without payload,
 * one of event 9 that is not known, one of event 10 that is known up to a field, structs and arrays in event 11. false:
 * memory ran out. */
static inline bool make_alpha(ek_providers *providers) {
    ek_provider *alpha = ek_providers_add(providers, &alpha_id, "Alpha-Provider");
    if (!alpha)
        return false;
    alpha->message = "Alpha for people";
    const etwkit_map *values = add_map(providers, alpha, false), *bits = add_map(providers, alpha, true);
    ek_template *two = numbers(providers, ETWKIT_IN_UINT32, 2, values);
    ek_template *three = numbers(providers, ETWKIT_IN_UINT32, 3, bits);
    ek_template *stops = numbers(providers, ETWKIT_IN_UINT16, 1, NULL);
    ek_template *nested = numbers(providers, ETWKIT_IN_UINT8, 5, NULL);
    if (!values || !bits || !two || !three || !stops || !nested)
        return false;
    stops->stops_at = "Strange";
    ek_field_spec *fields = (ek_field_spec *)nested->fields;
    fields[1] = (ek_field_spec){.name = "Items",
                                .name_length = 5,
                                .flags = EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT,
                                .count = 0,
                                .first_member = 2,
                                .member_count = 2};
    fields[2].name = "a", fields[2].name_length = 1;
    fields[3] = spec("b", ETWKIT_IN_UNICODESTRING, NULL);
    nested->field_count = 4;
    nested->top_count = 2;
    bool good = true;
    const struct {
        ek_table_kind kind;
        uint64_t value;
        const char *name;
    } names[] = {{EK_TABLE_KEYWORDS, 8, "Eight"},       {EK_TABLE_KEYWORDS, 1, "One"},
                 {EK_TABLE_KEYWORDS, 6, "TwoAndFour"},  {EK_TABLE_TASKS, 3, "Connect"},
                 {EK_TABLE_OPCODES, 20, "Everywhere"},  {EK_TABLE_OPCODES, 3 << 16 | 20, "OfConnect"},
                 {EK_TABLE_OPCODES, 1, "win:Start"},    {EK_TABLE_LEVELS, 4, "win:Informational"},
                 {EK_TABLE_LEVELS, 17, "ExtraVerbose"}, {EK_TABLE_CHANNELS, 16, "Alpha/Debug"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        good = good && ek_provider_add_name(providers, alpha, names[i].kind, names[i].value, names[i].name,
                                            i % 2 ? "for people" : NULL);
    ek_provider_event *unknown;
    good = good && add_event(providers, alpha, 7, 2, three) && add_event(providers, alpha, 7, 0, two) &&
           add_event(providers, alpha, 8, 0, NULL) && (unknown = add_event(providers, alpha, 9, 0, NULL)) != NULL;
    if (!good)
        return false;
    unknown->payload_unknown = true;
    unknown->symbol = "EVENT_NINE";
    ek_provider_event *named = add_event(providers, alpha, 10, 0, stops);
    if (named)
        named->name = "TenthEvent";
    return named && add_event(providers, alpha, 11, 0, nested);
}

/* A provider with one event of `count` numbers. */
static inline bool make_small(ek_providers *providers, const etwkit_guid *id, const char *name, unsigned event,
                              size_t count) {
    ek_provider *small = ek_providers_add(providers, id, name);
    const etwkit_map *map = small ? add_map(providers, small, false) : NULL;
    ek_template *payload = numbers(providers, ETWKIT_IN_UINT32, count, map);
    return map && payload && ek_provider_add_name(providers, small, EK_TABLE_TASKS, 1, name, NULL) &&
           add_event(providers, small, event, 0, payload);
}

static inline etwkit_status add_all(ek_pack_builder *builder, const ek_providers *providers, uint32_t build) {
    etwkit_status status = ETWKIT_OK;
    for (size_t i = 0; !status && i < providers->count; i++)
        status = ek_pack_builder_add(builder, providers->list[i], build, NULL);
    return status;
}

#endif
