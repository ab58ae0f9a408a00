/* SPDX-License-Identifier: MIT */
/* etwkit_library: the providers of all packs as one list. Providers are read when something of them is asked for. */
#include "base/error.h"
#include "base/folder.h"
#include "base/guid.h"
#include "base/sort.h"
#include "schema/library.h"
#include "schema/names.h"
#include "schema/provider_schema.h"

#include <etwkit/library.h>

#include <string.h>

struct etwkit_provider {
    ek_pack_provider is;
    const ek_pack *pack;
    const char *path;        /* NULL: the bundled pack */
    size_t volume;           /* lower ones are more specific */
    bool is_damaged;         /* it could not be read, which was told */
    const ek_provider *read; /* NULL: not yet */
    const uint32_t *builds;  /* of each event, once it was read */
    const etwkit_schema **schemas;
};

struct etwkit_library {
    etwkit_allocator allocator;
    ek_library *packs;
    ek_arena arena;         /* schemas */
    ek_providers providers; /* that were read */
    etwkit_provider *list;  /* by name */
    size_t count;
    void (*on_damage)(void *context, const etwkit_error *damage);
    void *on_damage_context;
};

static void report(void *context, const etwkit_error *error) {
    const etwkit_library *library = context;
    if (library->on_damage)
        library->on_damage(library->on_damage_context, error);
}

static bool is_before(const void *context, uint32_t a, uint32_t b) {
    const etwkit_provider *list = context;
    int names = ek_compare_names(list[a].is.name, list[b].is.name);
    if (names)
        return names < 0;
    int ids = memcmp(&list[a].is.id, &list[b].is.id, sizeof list[a].is.id);
    return ids ? ids < 0 : a < b;
}

static size_t count_all(const etwkit_library *library) {
    size_t count = 0;
    const ek_pack *pack;
    for (size_t i = 0; (pack = ek_library_pack_at(library->packs, i)); i++)
        count += ek_pack_provider_count(pack);
    return count;
}

static bool list_providers(etwkit_library *library) {
    size_t all = count_all(library), count = 0;
    const ek_pack *pack;
    etwkit_provider *found = ek_arena_new(&library->arena, (all + 1) * sizeof *found);
    uint32_t *order = ek_arena_alloc(&library->arena, all * sizeof *order);
    library->list = ek_arena_alloc(&library->arena, (all + 1) * sizeof *found);
    if (!found || !order || !library->list)
        return false;
    for (size_t i = 0; (pack = ek_library_pack_at(library->packs, i)); i++)
        for (uint32_t p = 0; count < all && ek_pack_provider_at(pack, p, &found[count].is); p++, count++) {
            found[count].pack = pack;
            found[count].path = ek_library_path_at(library->packs, i);
            found[count].volume = i;
            order[count] = (uint32_t)count;
        }
    ek_sort_indexes(order, count, is_before, found);
    for (size_t i = 0; i < count; i++)
        library->list[i] = found[order[i]];
    library->count = count;
    return true;
}

etwkit_status etwkit_library_open(etwkit_library **library, const etwkit_library_options *given, etwkit_error *error) {
    etwkit_library_options options = ETWKIT_LIBRARY_OPTIONS;
    if (given)
        memcpy(&options, given, given->struct_size < sizeof options ? given->struct_size : sizeof options);
    etwkit_allocator allocator = ek_allocator_or_default(options.allocator);
    etwkit_library *made = *library = ek_new(&allocator, sizeof *made);
    if (!made)
        return ek_fail_memory(error);
    made->allocator = allocator;
    made->on_damage = options.on_damage;
    made->on_damage_context = options.on_damage_context;
    ek_arena_init(&made->arena, &allocator);
    ek_providers_init(&made->providers, &allocator);
    const ek_library_options how = {.paths = options.paths,
                                    .path_count = options.path_count,
                                    .no_bundled = options.no_bundled,
                                    .report = report,
                                    .context = made};
    if (ek_library_new(&made->packs, &how, &allocator, error) == ETWKIT_OK && list_providers(made))
        return ETWKIT_OK;
    etwkit_library_close(library);
    return ek_fail_memory(error);
}

void etwkit_library_close(etwkit_library **library) {
    etwkit_library *at = *library;
    if (!at)
        return;
    etwkit_allocator allocator = at->allocator;
    ek_library_free(&at->packs);
    ek_providers_free(&at->providers);
    ek_arena_free(&at->arena);
    ek_release(&allocator, at);
    *library = NULL;
}

size_t etwkit_library_provider_count(const etwkit_library *library) {
    return library->count;
}

const etwkit_provider *etwkit_library_provider_at(const etwkit_library *library, size_t index) {
    return index < library->count ? &library->list[index] : NULL;
}

const etwkit_provider *etwkit_library_find(const etwkit_library *library, const char *name) {
    etwkit_guid id;
    bool by_id = etwkit_guid_parse(&id, name) == ETWKIT_OK;
    const etwkit_provider *best = NULL;
    for (size_t i = 0; i < library->count; i++) {
        const etwkit_provider *provider = &library->list[i];
        bool same = by_id ? ek_guid_equal(&provider->is.id, &id) : ek_compare_names(provider->is.name, name) == 0;
        if (same && (!best || provider->volume < best->volume))
            best = provider;
    }
    return best;
}

const etwkit_guid *etwkit_provider_id(const etwkit_provider *provider) {
    return &provider->is.id;
}

const char *etwkit_provider_name(const etwkit_provider *provider) {
    return provider->is.name;
}

etwkit_source etwkit_provider_source(const etwkit_provider *provider) {
    return provider->pack->source;
}

const char *etwkit_provider_path(const etwkit_provider *provider) {
    return provider->path;
}

size_t etwkit_provider_event_count(const etwkit_provider *provider) {
    return provider->is.event_count;
}

/* Says once that a provider cannot be read, and where. */
static void tell_damage(etwkit_library *library, etwkit_provider *provider, const etwkit_error *fault) {
    etwkit_error error;
    provider->is_damaged = true;
    ek_fail(&error, fault->status, "%s: %s: %s", provider->path ? provider->path : "bundled pack", provider->is.name,
            fault->message);
    report(library, &error);
}

/* Reads the provider, once; NULL where that failed. */
static etwkit_provider *open_provider(etwkit_library *library, const etwkit_provider *provider) {
    etwkit_provider *at = &library->list[provider - library->list];
    etwkit_error error = {0};
    if (at->read || at->is_damaged)
        return at->read ? at : NULL;
    size_t before = library->providers.count;
    if (ek_pack_read_provider(at->pack, at->is.index, &library->providers, &at->builds, &error) != ETWKIT_OK) {
        tell_damage(library, at, &error);
        return NULL;
    }
    at->schemas = ek_arena_new(&library->arena, (at->is.event_count + 1) * sizeof *at->schemas);
    at->read = at->schemas ? library->providers.list[before] : NULL;
    return at->read ? at : NULL;
}

const etwkit_schema *etwkit_library_event(etwkit_library *library, const etwkit_provider *provider, size_t index) {
    etwkit_provider *at = index < provider->is.event_count ? open_provider(library, provider) : NULL;
    if (!at || index >= at->read->event_count)
        return NULL;
    if (!at->schemas[index])
        at->schemas[index] = ek_provider_schema(&library->arena, at->read, &at->read->events[index], at->pack->source);
    return at->schemas[index];
}

uint32_t etwkit_library_event_build(etwkit_library *library, const etwkit_provider *provider, size_t index,
                                    size_t number) {
    const etwkit_provider *at = index < provider->is.event_count ? open_provider(library, provider) : NULL;
    uint32_t set = at ? at->builds[index] : 0;
    for (uint32_t bit = 0; set >> bit; bit++)
        if ((set >> bit & 1) && number-- == 0)
            return ek_pack_build_at(at->pack, bit);
    return 0;
}

const char *etwkit_library_event_stops_at(etwkit_library *library, const etwkit_provider *provider, size_t index) {
    const etwkit_provider *at = index < provider->is.event_count ? open_provider(library, provider) : NULL;
    const ek_template *payload = at && index < at->read->event_count ? at->read->events[index].payload : NULL;
    return payload ? payload->stops_at : NULL;
}

etwkit_status etwkit_library_name(etwkit_library *library, const etwkit_provider *provider, etwkit_name_kind kind,
                                  size_t index, uint64_t *value, const char **name) {
    const etwkit_provider *at = open_provider(library, provider);
    if (!at)
        return ETWKIT_E_DAMAGED;
    const ek_name_table *table = &at->read->tables[kind];
    if (index >= table->count)
        return ETWKIT_END;
    *value = table->values[index].value;
    *name = table->values[index].name;
    return ETWKIT_OK;
}

const etwkit_map *etwkit_library_map(etwkit_library *library, const etwkit_provider *provider, size_t index) {
    const etwkit_provider *at = open_provider(library, provider);
    return at && index < at->read->map_count ? at->read->maps[index] : NULL;
}
