/* SPDX-License-Identifier: MIT */
/* Makes up providers: names, maps, events of several builds with fields of every type, mostly sensible ones. */
#include "fuzz_pack_model.h"

#include "fuzz.h"
#include "schema/pack_builder.h"

#include <string.h>

typedef struct model {
    ek_providers *providers;
    ek_provider *provider;
    uint32_t *dice;
} model;

static uint32_t dice(const model *m, uint32_t sides) {
    return fuzz_dice(m->dice, sides);
}

static const char *any_name(const model *m) {
    static const char *const names[] = {"Count", "Size",     "Name",   "Id",          "win:Start", "\xC3\xA9t\xC3\xA9",
                                        "a b",   "Connect",  "Stack",  "FrameCount",  "connid",    "win:Error",
                                        "",      "MapOfAll", "Result", "%1 happened."};
    return names[dice(m, sizeof names / sizeof *names)];
}

static const etwkit_map *any_map(const model *m) {
    ek_map_entry entries[6];
    size_t count = dice(m, 7);
    for (size_t i = 0; i < count; i++)
        entries[i] = (ek_map_entry){dice(m, 3) ? i : (uint64_t)1 << dice(m, 64), any_name(m)};
    const etwkit_map *map = ek_map_build(&m->providers->arena, any_name(m), dice(m, 2), entries, count);
    FUZZ_CHECK(map && ek_provider_add_map(m->providers, m->provider, map));
    return map;
}

static ek_field_spec any_field(const model *m, uint32_t index) {
    static const uint32_t flags[] = {0,
                                     0,
                                     0,
                                     0,
                                     EK_FIELD_FIXED_COUNT,
                                     EK_FIELD_FIXED_LENGTH,
                                     EK_FIELD_PARAM_COUNT,
                                     EK_FIELD_PARAM_LENGTH,
                                     EK_FIELD_OPTIONAL};
    const char *name = any_name(m);
    ek_field_spec field = {.name = name,
                           .name_length = strlen(name),
                           .flags = flags[dice(m, sizeof flags / sizeof *flags)],
                           .in_type = (uint16_t)dice(m, 24),
                           .out_type = (uint16_t)(dice(m, 2) ? 0 : dice(m, 40)),
                           .count = (uint16_t)dice(m, index + 2),
                           .length = (uint16_t)(dice(m, 2) ? 0 : dice(m, index + 2))};
    if (m->provider->map_count && dice(m, 3) == 0)
        field.map = m->provider->maps[dice(m, (uint32_t)m->provider->map_count)];
    return field;
}

static const ek_template *any_template(const model *m) {
    uint32_t count = dice(m, 8), top = count;
    ek_field_spec *fields = ek_arena_new(&m->providers->arena, 8 * sizeof *fields);
    ek_template *made = ek_arena_new(&m->providers->arena, sizeof *made);
    FUZZ_CHECK(fields && made);
    for (uint32_t i = 0; i < count; i++)
        fields[i] = any_field(m, i);
    if (count > 3 && dice(m, 2)) { /* the last two are members */
        top = count - 2;
        fields[top - 1].flags = EK_FIELD_STRUCT | (dice(m, 2) ? EK_FIELD_PARAM_COUNT : 0);
        fields[top - 1].first_member = (uint16_t)top;
        fields[top - 1].member_count = 2;
    }
    *made = (ek_template){.fields = fields,
                          .field_count = (uint16_t)count,
                          .top_count = (uint16_t)top,
                          .stops_at = dice(m, 8) ? NULL : any_name(m)};
    return made;
}

static void add_events(const model *m) {
    for (uint32_t i = dice(m, 8); i > 0; i--) {
        ek_provider_event *event = ek_provider_add_event(m->providers, m->provider);
        FUZZ_CHECK(event);
        *event = (ek_provider_event){.id = (uint16_t)dice(m, 4),
                                     .version = (uint8_t)dice(m, 3),
                                     .channel = (uint8_t)dice(m, 3),
                                     .level = (uint8_t)dice(m, 6),
                                     .opcode = (uint8_t)dice(m, 3),
                                     .task = (uint16_t)dice(m, 3),
                                     .keywords = dice(m, 16),
                                     .name = dice(m, 3) ? NULL : any_name(m),
                                     .symbol = dice(m, 3) ? NULL : any_name(m),
                                     .message = dice(m, 3) ? NULL : any_name(m),
                                     .payload_unknown = dice(m, 10) == 0};
        event->payload = dice(m, 6) ? any_template(m) : NULL;
    }
}

static void add_names(const model *m) {
    for (uint32_t i = dice(m, 10); i > 0; i--) {
        uint64_t value = dice(m, 4);
        ek_table_kind kind = (ek_table_kind)dice(m, EK_TABLE_KINDS);
        if (kind == EK_TABLE_OPCODES && dice(m, 2))
            value |= (uint64_t)dice(m, 3) << 16;
        FUZZ_CHECK(
            ek_provider_add_name(m->providers, m->provider, kind, value, any_name(m), dice(m, 2) ? NULL : any_name(m)));
    }
}

static void add_provider(model *m) {
    etwkit_guid id = {{(uint8_t)dice(m, 4)}};
    if (dice(m, 4) == 0) { /* one that is corrected */
        static const etwkit_guid network = {
            {0x49, 0x2a, 0xd4, 0x7d, 0x29, 0x53, 0x32, 0x48, 0x8d, 0xfd, 0x43, 0xd9, 0x79, 0x15, 0x3a, 0x88}};
        id = network;
    }
    m->provider = ek_providers_add(m->providers, &id, any_name(m));
    FUZZ_CHECK(m->provider);
    for (uint32_t i = dice(m, 3); i > 0; i--)
        any_map(m);
    add_names(m);
    add_events(m);
}

size_t fuzz_make_pack(uint8_t *pack, size_t capacity, uint32_t *state) {
    const ek_pack_builder_options options = {.with_messages = fuzz_dice(state, 2) != 0};
    const etwkit_allocator memory = ek_allocator_or_default(NULL);
    ek_providers providers;
    ek_pack_builder *builder;
    ek_buf bytes;
    ek_providers_init(&providers, &memory);
    ek_buf_init(&bytes, &memory);
    FUZZ_CHECK(ek_pack_builder_new(&builder, &options, &memory, NULL) == ETWKIT_OK);
    model m = {&providers, NULL, state};
    for (uint32_t i = 1 + fuzz_dice(state, 5); i > 0; i--) {
        add_provider(&m);
        FUZZ_CHECK(ek_pack_builder_add(builder, m.provider, fuzz_dice(state, 3) * 9000, NULL) == ETWKIT_OK);
    }
    FUZZ_CHECK(ek_pack_builder_finish(builder, &bytes, NULL) == ETWKIT_OK);
    size_t size = bytes.size <= capacity ? bytes.size : 0;
    if (size)
        memcpy(pack, bytes.data, size);
    ek_pack_builder_free(&builder);
    ek_providers_free(&providers);
    ek_buf_free(&bytes);
    return size;
}
