/* SPDX-License-Identifier: MIT */
/* Collects what sources say of providers. Knows no source. */
#include "schema/provider.h"

#include "base/error.h"

#include <string.h>

void ek_providers_init(ek_providers *providers, const etwkit_allocator *allocator) {
    *providers = (ek_providers){0};
    ek_arena_init(&providers->arena, allocator);
}

size_t ek_providers_left(const ek_providers *providers) {
    size_t taken = providers->arena.total + providers->list_bytes;
    return taken < EK_MAX_PROVIDERS_SIZE ? EK_MAX_PROVIDERS_SIZE - taken : 0;
}

etwkit_status ek_providers_failure(const ek_providers *providers, etwkit_error *error) {
    if (!providers->at_limit)
        return ek_fail_memory(error);
    return ek_fail(
        error, ETWKIT_E_LIMIT, "more than %u providers, %u events or names of one, or %u MiB of what they say",
        (unsigned)EK_MAX_PROVIDERS, (unsigned)EK_MAX_PROVIDER_EVENTS, (unsigned)(EK_MAX_PROVIDERS_SIZE >> 20));
}

/* Lists grow outside of the arena, where they can be given back. */
static bool grow(ek_providers *providers, void *list, size_t *capacity, size_t count, size_t size, size_t limit) {
    void *block;
    size_t before = *capacity;
    memcpy(&block, list, sizeof block);
    if (count >= limit || !ek_providers_left(providers)) {
        providers->at_limit = true;
        return false;
    }
    if (!ek_grow(&providers->arena.allocator, &block, capacity, count + 1, size))
        return false;
    providers->list_bytes += (*capacity - before) * size;
    memcpy(list, &block, sizeof block);
    return true;
}

static void free_provider(const etwkit_allocator *allocator, ek_provider *provider) {
    for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
        ek_release(allocator, provider->tables[kind].values);
    ek_release(allocator, provider->events);
    ek_release(allocator, provider->maps);
}

void ek_providers_free(ek_providers *providers) {
    etwkit_allocator allocator = providers->arena.allocator;
    for (size_t i = 0; i < providers->count; i++)
        free_provider(&allocator, providers->list[i]);
    ek_release(&allocator, providers->list);
    ek_arena_free(&providers->arena);
    *providers = (ek_providers){0};
    ek_arena_init(&providers->arena, &allocator);
}

ek_provider *ek_providers_add(ek_providers *providers, const etwkit_guid *id, const char *name) {
    ek_provider *provider = ek_arena_new(&providers->arena, sizeof *provider);
    if (!provider || !(provider->name = ek_arena_text(&providers->arena, name, strlen(name))))
        return NULL;
    provider->id = *id;
    if (!grow(providers, &providers->list, &providers->capacity, providers->count, sizeof *providers->list,
              EK_MAX_PROVIDERS))
        return NULL;
    return providers->list[providers->count++] = provider;
}

ek_provider_event *ek_provider_add_event(ek_providers *providers, ek_provider *provider) {
    if (!grow(providers, &provider->events, &provider->event_capacity, provider->event_count, sizeof *provider->events,
              EK_MAX_PROVIDER_EVENTS))
        return NULL;
    ek_provider_event *event = &provider->events[provider->event_count++];
    *event = (ek_provider_event){0};
    provider->event_builds = NULL; /* they are of fewer events */
    return event;
}

bool ek_provider_add_name(ek_providers *providers, ek_provider *provider, ek_table_kind kind, uint64_t value,
                          const char *name, const char *message) {
    ek_name_table *table = &provider->tables[kind];
    ek_named_value added = {value, ek_arena_text(&providers->arena, name, strlen(name)), NULL};
    if (message)
        added.message = ek_arena_text(&providers->arena, message, strlen(message));
    if (!added.name || (message && !added.message) ||
        !grow(providers, &table->values, &table->capacity, table->count, sizeof *table->values, EK_MAX_PROVIDER_EVENTS))
        return false;
    table->values[table->count++] = added;
    return true;
}

bool ek_provider_add_map(ek_providers *providers, ek_provider *provider, const etwkit_map *map) {
    if (!grow(providers, &provider->maps, &provider->map_capacity, provider->map_count, sizeof *provider->maps,
              EK_MAX_PROVIDER_EVENTS))
        return false;
    provider->maps[provider->map_count++] = map;
    return true;
}
