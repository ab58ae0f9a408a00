/* SPDX-License-Identifier: MIT */
/* Checks providers. Knows no source. */
#include "fuzz_provider.h"

#include "base/utf.h"
#include "fuzz.h"

#include <string.h>

enum {
    MOST_TEMPLATES = 64 /* for which a layout is made */
};

void fuzz_check_text(const char *text) {
    size_t size = text ? strlen(text) : 0;
    FUZZ_CHECK(ek_utf8_valid((const uint8_t *)text, size) == size);
}

static void check_map(const etwkit_map *map) {
    fuzz_check_text(map->name);
    for (uint32_t i = 0; i < map->count; i++) {
        fuzz_check_text(map->entries[i].label);
        FUZZ_CHECK(map->is_bitmap || ek_map_label(map, map->entries[i].value) != NULL);
    }
}

static void check_template(const ek_template *payload) {
    const ek_layout *layout;
    ek_arena arena;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&arena, &allocator);
    FUZZ_CHECK(ek_layout_build(&layout, &arena, payload->fields, payload->field_count, payload->top_count, NULL) ==
               ETWKIT_OK);
    ek_arena_free(&arena);
}

void fuzz_show_provider(const ek_provider *provider) {
    FUZZ_CHECK(provider->name != NULL);
    fuzz_check_text(provider->name);
    fuzz_check_text(provider->message);
    for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
        for (size_t i = 0; i < provider->tables[kind].count; i++) {
            FUZZ_CHECK(provider->tables[kind].values[i].name != NULL);
            fuzz_check_text(provider->tables[kind].values[i].name);
            fuzz_check_text(provider->tables[kind].values[i].message);
        }
    for (size_t i = 0; i < provider->map_count; i++)
        check_map(provider->maps[i]);
    for (size_t i = 0; i < provider->event_count; i++) {
        const ek_provider_event *event = &provider->events[i];
        fuzz_check_text(event->name);
        fuzz_check_text(event->symbol);
        fuzz_check_text(event->message);
        FUZZ_CHECK(!event->payload || !event->payload_unknown);
        if (event->payload && !provider->is_dump && i < MOST_TEMPLATES)
            check_template(event->payload);
    }
}

void fuzz_report(void *context, const etwkit_error *error) {
    unsigned *count = context;
    FUZZ_CHECK(error->status < 0 && error->message[0]);
    ++*count;
}
