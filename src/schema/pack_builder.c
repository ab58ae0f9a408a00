/* SPDX-License-Identifier: MIT */
/* Joins what sources say of providers into one. Knows no source, and not how a pack is written. */
#include "schema/pack_builder.h"

#include "base/error.h"
#include "base/sort.h"
#include "schema/pack_compare.h"
#include "schema/pack_joined.h"

#include <string.h>

etwkit_status ek_pack_builder_new(ek_pack_builder **builder, const ek_pack_builder_options *options,
                                  const etwkit_allocator *allocator, etwkit_error *error) {
    ek_pack_builder *made = ek_new(allocator, sizeof *made);
    *builder = made;
    if (!made)
        return ek_fail_memory(error);
    made->allocator = *allocator;
    ek_table_init(&made->by_id, allocator);
    ek_pack_pools_init(&made->pools, allocator);
    made->pools.with_messages = options && options->with_messages;
    etwkit_status status = ek_pack_pools_status(&made->pools, error);
    if (status)
        ek_pack_builder_free(builder);
    return status;
}

void ek_pack_builder_free(ek_pack_builder **builder) {
    ek_pack_builder *at = *builder;
    if (!at)
        return;
    etwkit_allocator allocator = at->allocator;
    for (size_t i = 0; i < at->provider_count; i++) {
        ek_release(&allocator, at->providers[i]->events);
        ek_release(&allocator, at->providers[i]->maps);
        for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
            ek_release(&allocator, at->providers[i]->tables[kind].list);
    }
    ek_release(&allocator, at->providers);
    ek_table_free(&at->by_id);
    ek_pack_pools_free(&at->pools);
    ek_release(&allocator, at);
    *builder = NULL;
}

/* Adding: what a source says is packed and put behind what others said. */

static bool grow(const ek_pack_builder *builder, void *list, size_t *capacity, size_t needed, size_t size) {
    void *block;
    memcpy(&block, list, sizeof block);
    bool grown = ek_grow(&builder->allocator, &block, capacity, needed, size);
    memcpy(list, &block, sizeof block);
    return grown;
}

static bool has_id(const void *value, const void *key) {
    return memcmp(((const ek_joined *)value)->head.id, key, 16) == 0;
}

/* The one of that GUID, a new one where there is none. NULL: memory ran out. */
static ek_joined *find_joined(ek_pack_builder *builder, const etwkit_guid *id) {
    uint64_t hash = ek_hash(id, sizeof *id, builder->pools.seed);
    ek_joined *known = ek_table_find(&builder->by_id, hash, has_id, id);
    if (known)
        return known;
    known = ek_arena_new(&builder->pools.arena, sizeof *known);
    if (!known || !grow(builder, &builder->providers, &builder->provider_capacity, builder->provider_count + 1,
                        sizeof *builder->providers))
        return NULL;
    builder->providers[builder->provider_count++] = known;
    memcpy(known->head.id, id, 16);
    return ek_table_add(&builder->by_id, hash, known) ? known : NULL;
}

/* The bit of a build, which is remembered; 0 is in no set. */
static etwkit_status bit_of_build(ek_pack_builder *builder, uint32_t build, uint32_t *bit, etwkit_error *error) {
    uint32_t at = 0;
    *bit = 0;
    if (!build)
        return ETWKIT_OK;
    while (at < builder->build_count && builder->builds[at] != build)
        at++;
    if (at == EK_PACK_MAX_BUILDS)
        return ek_fail(error, ETWKIT_E_LIMIT, "a pack holds at most %u builds of Windows",
                       (unsigned)EK_PACK_MAX_BUILDS);
    if (at == builder->build_count)
        builder->builds[builder->build_count++] = build;
    *bit = (uint32_t)1 << at;
    return ETWKIT_OK;
}

/* The builds of an event that tells them itself, else those of the source. */
static etwkit_status builds_of(ek_pack_builder *builder, const ek_provider *provider, size_t event, uint32_t *builds,
                               etwkit_error *error) {
    uint32_t own = provider->event_builds ? provider->event_builds[event] : 0, bit, bits = 0;
    etwkit_status status = ETWKIT_OK;
    for (uint32_t i = 0; own && !status && i < EK_PACK_MAX_BUILDS && provider->build_numbers[i]; i++)
        if (own >> i & 1) {
            status = bit_of_build(builder, provider->build_numbers[i], &bit, error);
            bits |= bit;
        }
    if (bits)
        *builds = bits;
    return status;
}

static etwkit_status add_events(ek_pack_builder *builder, ek_joined *to, const ek_provider *provider,
                                uint32_t source_builds, etwkit_error *error) {
    ek_pack_pools *pools = &builder->pools;
    if (!grow(builder, &to->events, &to->event_capacity, to->event_count + provider->event_count, sizeof *to->events))
        return ek_fail_memory(error);
    for (size_t i = 0; i < provider->event_count; i++) {
        const ek_provider_event *event = &provider->events[i];
        uint32_t builds = source_builds;
        etwkit_status status = builds_of(builder, provider, i, &builds, error);
        if (status)
            return status;
        builder->source_count += provider->event_builds != NULL; /* each is a source of its own */
        to->events[to->event_count++] = (ek_packed_event){.id = event->id,
                                                          .version = event->version,
                                                          .channel = event->channel,
                                                          .level = event->level,
                                                          .opcode = event->opcode,
                                                          .task = event->task,
                                                          .keywords = event->keywords,
                                                          .name = ek_pack_intern_text(pools, event->name),
                                                          .symbol = ek_pack_intern_text(pools, event->symbol),
                                                          .message = ek_pack_intern_message(pools, event->message),
                                                          .payload = ek_pack_intern_payload(pools, event),
                                                          .builds = builds,
                                                          .zero = builder->source_count};
    }
    return ETWKIT_OK;
}

static bool add_names(ek_pack_builder *builder, struct ek_joined_names *to, const ek_name_table *table) {
    if (!grow(builder, &to->list, &to->capacity, to->count + table->count, sizeof *to->list))
        return false;
    for (size_t i = 0; i < table->count; i++) {
        const ek_named_value *added = &table->values[i];
        to->list[to->count++] = (ek_packed_name){added->value, ek_pack_intern_text(&builder->pools, added->name),
                                                 ek_pack_intern_message(&builder->pools, added->message)};
    }
    return true;
}

static bool add_maps(ek_pack_builder *builder, ek_joined *to, const ek_provider *provider) {
    if (!grow(builder, &to->maps, &to->map_capacity, to->map_count + provider->map_count, sizeof *to->maps))
        return false;
    for (size_t i = 0; i < provider->map_count; i++)
        to->maps[to->map_count++] = ek_pack_intern_map(&builder->pools, provider->maps[i]);
    return true;
}

static etwkit_status add_provider(ek_pack_builder *builder, ek_joined *to, const ek_provider *provider, uint32_t builds,
                                  etwkit_error *error) {
    if (*provider->name || !to->name) {
        to->name = ek_arena_text(&builder->pools.arena, provider->name, strlen(provider->name));
        to->head.name = ek_pack_intern_text(&builder->pools, provider->name);
    }
    if (provider->message)
        to->head.message = ek_pack_intern_message(&builder->pools, provider->message);
    bool good = to->name && add_maps(builder, to, provider);
    for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
        good = good && add_names(builder, &to->tables[kind], &provider->tables[kind]);
    return good ? add_events(builder, to, provider, builds, error) : ek_fail_memory(error);
}

etwkit_status ek_pack_builder_add(ek_pack_builder *builder, const ek_provider *provider, uint32_t build,
                                  etwkit_error *error) {
    uint32_t bit;
    etwkit_status status = bit_of_build(builder, build, &bit, error);
    if (status)
        return status;
    builder->source_count++;
    ek_joined *to = find_joined(builder, &provider->id);
    if (builder->provider_count > EK_MAX_PROVIDERS)
        return ek_fail(error, ETWKIT_E_LIMIT, "a pack holds at most %u providers", (unsigned)EK_MAX_PROVIDERS);
    if (!to)
        return ek_fail_memory(error);
    status = add_provider(builder, to, provider, bit, error);
    ek_pack_pools_forget(&builder->pools);
    return status ? status : ek_pack_pools_status(&builder->pools, error);
}

/* Joining: done once, when all is there, so that it costs no more where one provider has many sources. */

static uint32_t version_key(const ek_packed_event *event) {
    return (uint32_t)event->id << 8 | event->version;
}

static bool event_is_before(const void *context, uint32_t a, uint32_t b) {
    const ek_packed_event *events = context;
    uint32_t first = version_key(&events[a]), second = version_key(&events[b]);
    return first != second ? first < second : a < b;
}

static bool name_is_before(const void *context, uint32_t a, uint32_t b) {
    const ek_packed_name *names = context;
    return names[a].value != names[b].value ? names[a].value < names[b].value : a < b;
}

static bool map_is_before(const void *context, uint32_t a, uint32_t b) {
    (void)context;
    return a < b;
}

/* The elements of a list in order, as indexes; NULL: memory ran out. */
static uint32_t *sort(const ek_pack_builder *builder, const void *list, size_t count,
                      bool (*before)(const void *context, uint32_t a, uint32_t b)) {
    uint32_t *order = ek_resize(&builder->allocator, NULL, count, sizeof *order);
    for (uint32_t i = 0; order && i < count; i++)
        order[i] = i;
    if (order)
        ek_sort_indexes(order, count, before, list);
    return order;
}

/* The later source's event, with what it alone does not say: dumps and tables know no channels, symbols and messages.
 */
static ek_packed_event merge_events(const ek_packed_event *old, const ek_packed_event *added, bool keeps_layout) {
    ek_packed_event merged = *added;
    if (!merged.name)
        merged.name = old->name;
    if (!merged.symbol)
        merged.symbol = old->symbol;
    if (!merged.message)
        merged.message = old->message;
    if (!merged.channel)
        merged.channel = old->channel;
    if (keeps_layout)
        merged.payload = old->payload;
    merged.builds = old->builds && added->builds ? old->builds | added->builds : 0;
    return merged;
}

/* Adds one event to the *count of its version: to those whose layout is alike, else as one more. false: there would be
 * too many. */
static bool join_event(const ek_pack_builder *builder, ek_packed_event *same, size_t *count,
                       const ek_packed_event *event) {
    const ek_pack_pool *pools = builder->pools.pools;
    const ek_packed_layouts layouts = {(const void *)pools[EK_PACK_TEMPLATES].bytes.data,
                                       (const void *)pools[EK_PACK_FIELD_LISTS].bytes.data,
                                       (const void *)pools[EK_PACK_FIELDS].bytes.data};
    ek_packed_event merged = *event;
    size_t kept = 0;
    /* One layout may stand for several that each went less far. */
    for (size_t i = 0; i < *count; i++) {
        ek_comparison which = ek_compare_layouts(&layouts, same[i].payload, merged.payload);
        if (which == EK_LAYOUTS_DIFFER)
            same[kept++] = same[i];
        else
            merged = merge_events(&same[i], &merged, which == EK_FIRST_SAYS_MORE);
    }
    *count = kept;
    if (kept == EK_PACK_MAX_LAYOUTS)
        return false;
    same[(*count)++] = merged;
    return true;
}

/* Sorts the events by id and version, each layout of a version once; of two with one version in one source the last. */
static etwkit_status join_events(ek_pack_builder *builder, ek_joined *provider, etwkit_error *error) {
    size_t all = provider->event_count, done = 0, same = 0;
    const ek_packed_event *events = provider->events;
    uint32_t *order = sort(builder, events, all, event_is_before);
    ek_packed_event *joined = ek_resize(&builder->allocator, NULL, all, sizeof *joined);
    bool fits = true;
    for (size_t i = 0; order && joined && i < all; i++) {
        const ek_packed_event *event = &events[order[i]];
        const ek_packed_event *next = i + 1 < all ? &events[order[i + 1]] : event;
        bool goes_on = next != event && version_key(next) == version_key(event);
        if (!goes_on || next->zero != event->zero)
            fits = join_event(builder, joined + done, &same, event) && fits;
        if (goes_on)
            continue;
        builder->disagreements += same > 1;
        done += same;
        same = 0;
    }
    for (size_t i = 0; i < done; i++)
        joined[i].zero = 0;
    ek_release(&builder->allocator, order);
    if (!order || !joined) {
        ek_release(&builder->allocator, joined);
        return ek_fail_memory(error);
    }
    ek_release(&builder->allocator, provider->events);
    provider->events = joined;
    provider->event_count = done;
    return fits ? ETWKIT_OK
                : ek_fail(error, ETWKIT_E_LIMIT, "provider %s: more than %u layouts of one version of an event",
                          provider->name, (unsigned)EK_PACK_MAX_LAYOUTS);
}

/* Sorts the names by value; of two of one value the last. */
static bool join_names(const ek_pack_builder *builder, struct ek_joined_names *names) {
    uint32_t *order = sort(builder, names->list, names->count, name_is_before);
    ek_packed_name *joined = ek_resize(&builder->allocator, NULL, names->count, sizeof *joined);
    size_t kept = 0;
    bool good = order && joined;
    for (size_t i = 0; good && i < names->count; i++) {
        const ek_packed_name *name = &names->list[order[i]];
        kept -= kept && joined[kept - 1].value == name->value;
        joined[kept++] = *name;
    }
    ek_release(&builder->allocator, order);
    ek_release(&builder->allocator, good ? names->list : joined);
    if (good) {
        names->list = joined;
        names->count = kept;
    }
    return good;
}

static void join_maps(ek_joined *provider) {
    size_t kept = 0;
    ek_sort_indexes(provider->maps, provider->map_count, map_is_before, NULL);
    for (size_t i = 0; i < provider->map_count; i++)
        if (!kept || provider->maps[kept - 1] != provider->maps[i])
            provider->maps[kept++] = provider->maps[i];
    provider->map_count = kept;
}

static etwkit_status join(ek_pack_builder *builder, ek_joined *provider, etwkit_error *error) {
    for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
        if (!join_names(builder, &provider->tables[kind]))
            return ek_fail_memory(error);
    join_maps(provider);
    return join_events(builder, provider, error);
}

size_t ek_pack_builder_disagreements(const ek_pack_builder *builder) {
    return builder->disagreements;
}

etwkit_status ek_pack_builder_finish(ek_pack_builder *builder, ek_buf *out, etwkit_error *error) {
    etwkit_status status = ek_pack_pools_status(&builder->pools, error);
    for (size_t i = 0; !status && i < builder->provider_count; i++)
        status = join(builder, builder->providers[i], error);
    if (status)
        return status;
    return ek_pack_write(builder, out, error);
}

etwkit_status ek_pack_of(const ek_providers *providers, ek_buf *out, etwkit_error *error) {
    const ek_pack_builder_options options = {.with_messages = true};
    ek_pack_builder *builder;
    etwkit_status status = ek_pack_builder_new(&builder, &options, &out->allocator, error);
    for (size_t i = 0; !status && i < providers->count; i++)
        status = ek_pack_builder_add(builder, providers->list[i], 0, error);
    if (!status)
        status = ek_pack_builder_finish(builder, out, error);
    ek_pack_builder_free(&builder);
    return status;
}
