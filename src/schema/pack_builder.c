/* SPDX-License-Identifier: MIT */
/* Joins what sources say of providers, and writes it as a pack. Knows no source. */
#include "schema/pack_builder.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/sort.h"
#include "schema/names.h"
#include "schema/pack_compare.h"

#include <string.h>

/* Elements of one section while they are collected, each once where it is interned. */
typedef struct pool {
    ek_buf bytes;
    ek_table known;
    uint32_t element_size;
} pool;

/* What an interned run of bytes is found by. */
typedef struct interned {
    uint32_t first; /* byte in the pool */
    uint32_t size;
} interned;

typedef struct wanted {
    const pool *in;
    const void *data;
    uint32_t size;
} wanted;

typedef struct name_list {
    ek_packed_name *list;
    size_t count;
} name_list;

/* One provider, joined from all its sources. */
typedef struct joined {
    ek_packed_provider head;
    const char *name;
    ek_packed_event *events; /* by id, version; of one version in the order in which they were added */
    size_t event_count;
    name_list tables[EK_TABLE_KINDS];
    uint32_t *maps;
    size_t map_count;
} joined;

struct ek_pack_builder {
    etwkit_allocator allocator;
    ek_pack_builder_options options;
    ek_arena arena; /* of what `known` tables point to, and of joined providers */
    pool pools[EK_PACK_SECTIONS];
    joined **providers;
    size_t provider_count;
    size_t provider_capacity;
    ek_table by_id;
    uint32_t builds[EK_PACK_MAX_BUILDS];
    uint32_t build_count;
    bool failed; /* memory ran out */
};

etwkit_status ek_pack_builder_new(ek_pack_builder **builder, const ek_pack_builder_options *options,
                                  const etwkit_allocator *allocator, etwkit_error *error) {
    ek_pack_builder *made = ek_new(allocator, sizeof *made);
    *builder = made;
    if (!made)
        return ek_fail_memory(error);
    made->allocator = *allocator;
    if (options)
        made->options = *options;
    ek_arena_init(&made->arena, allocator);
    ek_table_init(&made->by_id, allocator);
    for (size_t i = 0; i < EK_PACK_SECTIONS; i++) {
        ek_buf_init(&made->pools[i].bytes, allocator);
        ek_table_init(&made->pools[i].known, allocator);
        made->pools[i].element_size = ek_pack_element_size[i];
    }
    ek_buf_byte(&made->pools[EK_PACK_STRINGS].bytes, 0);
    return ETWKIT_OK;
}

void ek_pack_builder_free(ek_pack_builder **builder) {
    ek_pack_builder *at = *builder;
    if (!at)
        return;
    etwkit_allocator allocator = at->allocator;
    for (size_t i = 0; i < EK_PACK_SECTIONS; i++) {
        ek_buf_free(&at->pools[i].bytes);
        ek_table_free(&at->pools[i].known);
    }
    for (size_t i = 0; i < at->provider_count; i++) {
        ek_release(&allocator, at->providers[i]->events);
        ek_release(&allocator, at->providers[i]->maps);
        for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
            ek_release(&allocator, at->providers[i]->tables[kind].list);
    }
    ek_release(&allocator, at->providers);
    ek_table_free(&at->by_id);
    ek_arena_free(&at->arena);
    ek_release(&allocator, at);
    *builder = NULL;
}

/* Pools. */

static bool is_interned(const void *value, const void *key) {
    const interned *known = value;
    const wanted *want = key;
    return known->size == want->size && memcmp(want->in->bytes.data + known->first, want->data, want->size) == 0;
}

/* The index of the first of these elements, which stand in the pool once. */
static uint32_t intern(ek_pack_builder *builder, ek_pack_section section, const void *data, size_t size) {
    pool *to = &builder->pools[section];
    uint64_t hash = ek_hash(data, size, 0);
    wanted want = {to, data, (uint32_t)size};
    const interned *known = ek_table_find(&to->known, hash, is_interned, &want);
    if (known)
        return known->first / to->element_size;
    interned *added = ek_arena_alloc(&builder->arena, sizeof *added);
    if (!added || to->bytes.size + size > EK_PACK_MAX_SIZE) {
        builder->failed = true;
        return 0;
    }
    *added = (interned){(uint32_t)to->bytes.size, (uint32_t)size};
    ek_buf_append(&to->bytes, data, size);
    builder->failed |= to->bytes.failed || !ek_table_add(&to->known, hash, added);
    return added->first / to->element_size;
}

/* NULL and "" are none. */
static uint32_t intern_text(ek_pack_builder *builder, const char *text) {
    return text && *text ? intern(builder, EK_PACK_STRINGS, text, strlen(text) + 1) : 0;
}

static uint32_t intern_message(ek_pack_builder *builder, const char *text) {
    return builder->options.with_messages ? intern_text(builder, text) : 0;
}

static uint32_t intern_map(ek_pack_builder *builder, const etwkit_map *map) {
    ek_packed_entry *entries = ek_resize(&builder->allocator, NULL, map->count, sizeof *entries);
    if (!entries) {
        builder->failed = true;
        return 0;
    }
    for (uint32_t i = 0; i < map->count; i++)
        entries[i] = (ek_packed_entry){map->entries[i].value, intern_text(builder, map->entries[i].label), 0};
    ek_packed_map packed = {.name = intern_text(builder, map->name), .count = map->count, .is_bitmap = map->is_bitmap};
    if (map->count)
        packed.first = intern(builder, EK_PACK_MAP_ENTRIES, entries, map->count * sizeof *entries);
    ek_release(&builder->allocator, entries);
    return intern(builder, EK_PACK_MAPS, &packed, sizeof packed);
}

static uint32_t intern_field(ek_pack_builder *builder, const ek_field_spec *field) {
    ek_packed_field packed = {.map = field->map ? intern_map(builder, field->map) + 1 : 0,
                              .flags = field->flags,
                              .in_type = field->in_type,
                              .out_type = field->out_type,
                              .count = field->count,
                              .length = field->length,
                              .first_member = field->first_member,
                              .member_count = field->member_count};
    char *name = ek_resize(&builder->allocator, NULL, field->name_length + 1, 1);
    if (name) {
        memcpy(name, field->name, field->name_length);
        name[field->name_length] = 0;
        packed.name = intern_text(builder, name);
    } else {
        builder->failed = true;
    }
    ek_release(&builder->allocator, name);
    return intern(builder, EK_PACK_FIELDS, &packed, sizeof packed);
}

/* `payload` of a packed event. */
static uint32_t intern_payload(ek_pack_builder *builder, const ek_provider_event *event) {
    const ek_template *payload = event->payload;
    if (event->payload_unknown)
        return EK_PACK_UNKNOWN_PAYLOAD;
    if (!payload || (!payload->field_count && !payload->stops_at))
        return EK_PACK_NO_PAYLOAD;
    uint32_t *list = ek_resize(&builder->allocator, NULL, payload->field_count, sizeof *list);
    if (!list) {
        builder->failed = true;
        return EK_PACK_NO_PAYLOAD;
    }
    for (uint16_t i = 0; i < payload->field_count; i++)
        list[i] = intern_field(builder, &payload->fields[i]);
    ek_packed_template packed = {.field_count = payload->field_count,
                                 .top_count = payload->top_count,
                                 .stops_at = intern_text(builder, payload->stops_at)};
    if (payload->field_count)
        packed.first = intern(builder, EK_PACK_FIELD_LISTS, list, payload->field_count * sizeof *list);
    ek_release(&builder->allocator, list);
    return intern(builder, EK_PACK_TEMPLATES, &packed, sizeof packed) + 1;
}

/* Joining. */

static bool has_id(const void *value, const void *key) {
    return memcmp(((const joined *)value)->head.id, key, 16) == 0;
}

static joined *join(ek_pack_builder *builder, const ek_provider *provider) {
    uint64_t hash = ek_hash(&provider->id, sizeof provider->id, 0);
    joined *known = ek_table_find(&builder->by_id, hash, has_id, &provider->id);
    if (known)
        return known;
    void *list = builder->providers;
    known = ek_arena_new(&builder->arena, sizeof *known);
    if (!known || !ek_grow(&builder->allocator, &list, &builder->provider_capacity, builder->provider_count + 1,
                           sizeof *builder->providers))
        return NULL;
    builder->providers = list;
    builder->providers[builder->provider_count++] = known;
    memcpy(known->head.id, &provider->id, 16);
    return ek_table_add(&builder->by_id, hash, known) ? known : NULL;
}

static uint32_t version_key(const ek_packed_event *event) {
    return (uint32_t)event->id << 8 | event->version;
}

static bool event_is_before(const void *context, uint32_t a, uint32_t b) {
    const ek_provider_event *events = context;
    uint32_t first = (uint32_t)events[a].id << 8 | events[a].version;
    uint32_t second = (uint32_t)events[b].id << 8 | events[b].version;
    return first != second ? first < second : a < b;
}

/* The provider's events packed and sorted; of two with one version the last alone. */
static ek_packed_event *pack_events(ek_pack_builder *builder, const ek_provider *provider, uint32_t builds,
                                    size_t *count) {
    size_t all = provider->event_count, kept = 0;
    uint32_t *order = ek_resize(&builder->allocator, NULL, all, sizeof *order);
    ek_packed_event *packed = ek_resize(&builder->allocator, NULL, all, sizeof *packed);
    for (uint32_t i = 0; order && i < all; i++)
        order[i] = i;
    if (order && packed)
        ek_sort_indexes(order, all, event_is_before, provider->events);
    for (size_t i = 0; order && packed && i < all; i++) {
        const ek_provider_event *event = &provider->events[order[i]];
        ek_packed_event one = {.id = event->id,
                               .version = event->version,
                               .channel = event->channel,
                               .level = event->level,
                               .opcode = event->opcode,
                               .task = event->task,
                               .keywords = event->keywords,
                               .name = intern_text(builder, event->name),
                               .symbol = intern_text(builder, event->symbol),
                               .message = intern_message(builder, event->message),
                               .payload = intern_payload(builder, event),
                               .builds = builds};
        if (kept && version_key(&packed[kept - 1]) == version_key(&one))
            kept--;
        packed[kept++] = one;
    }
    ek_release(&builder->allocator, order);
    *count = kept;
    builder->failed |= !packed;
    return packed;
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

/* Adds one event to those of its version, which begin at `from`: to those whose layout is alike, else as one more. */
static void join_event(const ek_pack_builder *builder, ek_packed_event *events, size_t from, size_t *count,
                       const ek_packed_event *event) {
    const ek_packed_layouts layouts = {(const void *)builder->pools[EK_PACK_TEMPLATES].bytes.data,
                                       (const void *)builder->pools[EK_PACK_FIELD_LISTS].bytes.data,
                                       (const void *)builder->pools[EK_PACK_FIELDS].bytes.data};
    ek_packed_event merged = *event;
    size_t kept = from;
    /* One layout may stand for several that each went less far. */
    for (size_t i = from; i < *count; i++) {
        ek_comparison which = ek_compare_layouts(&layouts, events[i].payload, merged.payload);
        if (which == EK_LAYOUTS_DIFFER)
            events[kept++] = events[i];
        else
            merged = merge_events(&events[i], &merged, which == EK_FIRST_SAYS_MORE);
    }
    events[kept++] = merged;
    *count = kept;
}

static bool join_events(ek_pack_builder *builder, joined *to, const ek_packed_event *added, size_t added_count) {
    ek_packed_event *all = ek_resize(&builder->allocator, NULL, to->event_count + added_count, sizeof *all);
    if (!all)
        return false;
    size_t count = 0, old = 0;
    for (size_t i = 0; i < added_count || old < to->event_count;) {
        uint32_t key = i < added_count ? version_key(&added[i]) : UINT32_MAX;
        uint32_t old_key = old < to->event_count ? version_key(&to->events[old]) : UINT32_MAX;
        size_t from = count;
        for (uint32_t lower = key < old_key ? key : old_key;
             old < to->event_count && version_key(&to->events[old]) == lower; old++)
            all[count++] = to->events[old];
        if (key <= old_key)
            join_event(builder, all, from, &count, &added[i++]);
    }
    ek_release(&builder->allocator, to->events);
    to->events = all;
    to->event_count = count;
    return true;
}

static bool name_is_before(const void *context, uint32_t a, uint32_t b) {
    const ek_packed_name *names = context;
    return names[a].value != names[b].value ? names[a].value < names[b].value : a < b;
}

/* Of two names of one value the last counts. */
static bool join_names(ek_pack_builder *builder, name_list *to, const ek_name_table *table) {
    size_t all = to->count + table->count, kept = 0;
    ek_packed_name *list = ek_resize(&builder->allocator, NULL, all, sizeof *list);
    ek_packed_name *sorted = ek_resize(&builder->allocator, NULL, all, sizeof *sorted);
    uint32_t *order = ek_resize(&builder->allocator, NULL, all, sizeof *order);
    bool good = list && sorted && order;
    for (uint32_t i = 0; good && i < all; i++) {
        const ek_named_value *added = i < to->count ? NULL : &table->values[i - to->count];
        list[i] = added ? (ek_packed_name){added->value, intern_text(builder, added->name),
                                           intern_message(builder, added->message)}
                        : to->list[i];
        order[i] = i;
    }
    if (good)
        ek_sort_indexes(order, all, name_is_before, list);
    for (size_t i = 0; good && i < all; i++) {
        kept -= kept && sorted[kept - 1].value == list[order[i]].value;
        sorted[kept++] = list[order[i]];
    }
    ek_release(&builder->allocator, order);
    ek_release(&builder->allocator, list);
    if (!good) {
        ek_release(&builder->allocator, sorted);
        return false;
    }
    ek_release(&builder->allocator, to->list);
    *to = (name_list){sorted, kept};
    return true;
}

static bool join_maps(ek_pack_builder *builder, joined *to, const ek_provider *provider) {
    uint32_t *maps = ek_resize(&builder->allocator, to->maps, to->map_count + provider->map_count, sizeof *maps);
    if (!maps)
        return false;
    to->maps = maps;
    for (size_t i = 0; i < provider->map_count; i++) {
        uint32_t map = intern_map(builder, provider->maps[i]);
        size_t at = 0;
        while (at < to->map_count && maps[at] != map)
            at++;
        if (at == to->map_count)
            maps[to->map_count++] = map;
    }
    return true;
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
        return ek_fail(error, ETWKIT_E_LIMIT, "a pack holds at most %d builds of Windows", EK_PACK_MAX_BUILDS);
    if (at == builder->build_count)
        builder->builds[builder->build_count++] = build;
    *bit = (uint32_t)1 << at;
    return ETWKIT_OK;
}

etwkit_status ek_pack_builder_add(ek_pack_builder *builder, const ek_provider *provider, uint32_t build,
                                  etwkit_error *error) {
    uint32_t bit;
    size_t count;
    etwkit_status status = bit_of_build(builder, build, &bit, error);
    if (status)
        return status;
    joined *to = join(builder, provider);
    if (!to)
        return ek_fail_memory(error);
    if (*provider->name || !to->name) {
        to->name = ek_arena_text(&builder->arena, provider->name, strlen(provider->name));
        to->head.name = intern_text(builder, provider->name);
    }
    if (provider->message)
        to->head.message = intern_message(builder, provider->message);
    ek_packed_event *events = pack_events(builder, provider, bit, &count);
    bool good = to->name && events && join_events(builder, to, events, count) && join_maps(builder, to, provider);
    ek_release(&builder->allocator, events);
    for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
        good = good && join_names(builder, &to->tables[kind], &provider->tables[kind]);
    return good && !builder->failed ? ETWKIT_OK : ek_fail_memory(error);
}

size_t ek_pack_builder_disagreements(const ek_pack_builder *builder) {
    size_t found = 0;
    for (size_t i = 0; i < builder->provider_count; i++) {
        const joined *provider = builder->providers[i];
        for (size_t e = 1; e < provider->event_count; e++) {
            bool again = version_key(&provider->events[e]) == version_key(&provider->events[e - 1]);
            bool counted = again && e > 1 && version_key(&provider->events[e]) == version_key(&provider->events[e - 2]);
            found += again && !counted;
        }
    }
    return found;
}

/* Writing. */

static bool provider_is_before(const void *context, uint32_t a, uint32_t b) {
    joined *const *providers = context;
    int names = ek_compare_names(providers[a]->name, providers[b]->name);
    if (names)
        return names < 0;
    return memcmp(providers[a]->head.id, providers[b]->head.id, 16) < 0;
}

static ek_pack_range append(ek_pack_builder *builder, ek_pack_section section, const void *data, size_t count) {
    pool *to = &builder->pools[section];
    ek_pack_range range = {(uint32_t)(to->bytes.size / to->element_size), (uint32_t)count};
    ek_buf_append(&to->bytes, data, count * to->element_size);
    builder->failed |= to->bytes.failed || to->bytes.size > EK_PACK_MAX_SIZE;
    return range;
}

static void append_provider(ek_pack_builder *builder, const joined *provider) {
    ek_packed_provider head = provider->head;
    head.events = append(builder, EK_PACK_EVENTS, provider->events, provider->event_count);
    for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
        head.tables[kind] = append(builder, EK_PACK_NAMES, provider->tables[kind].list, provider->tables[kind].count);
    head.maps = append(builder, EK_PACK_MAP_LISTS, provider->maps, provider->map_count);
    append(builder, EK_PACK_PROVIDERS, &head, 1);
}

static bool append_hash(ek_pack_builder *builder) {
    uint32_t places = 4;
    while (places < builder->provider_count * 2)
        places *= 2;
    uint32_t *table = ek_new(&builder->allocator, places * sizeof *table);
    if (!table)
        return false;
    const ek_packed_provider *providers = (const void *)builder->pools[EK_PACK_PROVIDERS].bytes.data;
    for (uint32_t i = 0; i < builder->provider_count; i++) {
        uint32_t at = ek_pack_hash(providers[i].id) & (places - 1);
        while (table[at])
            at = (at + 1) & (places - 1);
        table[at] = i + 1;
    }
    append(builder, EK_PACK_HASH, table, places);
    ek_release(&builder->allocator, table);
    return true;
}

static void align8(ek_buf *buf, size_t start) {
    while ((buf->size - start) % 8 && !buf->failed)
        ek_buf_byte(buf, 0);
}

static void store32(uint8_t *at, size_t value) {
    uint32_t number = (uint32_t)value;
    memcpy(at, &number, sizeof number);
}

static void write_sections(const ek_pack_builder *builder, ek_buf *out) {
    size_t start = out->size;
    uint8_t head[EK_PACK_HEAD_SIZE] = EK_PACK_MAGIC;
    store32(head + EK_PACK_AT_VERSION, EK_PACK_VERSION);
    ek_buf_append(out, head, sizeof head);
    for (size_t i = 0; i < EK_PACK_SECTIONS; i++) {
        const pool *section = &builder->pools[i];
        align8(out, start);
        store32(head + EK_PACK_AT_SECTIONS + 8 * i, out->size - start);
        store32(head + EK_PACK_AT_SECTIONS + 8 * i + 4, section->bytes.size / section->element_size);
        ek_buf_append(out, section->bytes.data, section->bytes.size);
    }
    align8(out, start);
    store32(head + EK_PACK_AT_SIZE, out->size - start);
    if (!out->failed)
        memcpy(out->data + start, head, sizeof head);
}

etwkit_status ek_pack_builder_finish(ek_pack_builder *builder, ek_buf *out, etwkit_error *error) {
    uint32_t *order = ek_resize(&builder->allocator, NULL, builder->provider_count, sizeof *order);
    if (!order)
        return ek_fail_memory(error);
    for (uint32_t i = 0; i < builder->provider_count; i++)
        order[i] = i;
    ek_sort_indexes(order, builder->provider_count, provider_is_before, builder->providers);
    append(builder, EK_PACK_BUILDS, builder->builds, builder->build_count);
    for (size_t i = 0; i < builder->provider_count; i++)
        append_provider(builder, builder->providers[order[i]]);
    ek_release(&builder->allocator, order);
    size_t total = 0;
    for (size_t i = 0; i < EK_PACK_SECTIONS; i++)
        total += builder->pools[i].bytes.size;
    if (total > EK_PACK_MAX_SIZE - 4096)
        return ek_fail(error, ETWKIT_E_LIMIT, "a pack has at most %u MiB", EK_PACK_MAX_SIZE >> 20);
    if (builder->failed || !append_hash(builder) || builder->failed)
        return ek_fail_memory(error);
    write_sections(builder, out);
    return out->failed ? ek_fail_memory(error) : ETWKIT_OK;
}
