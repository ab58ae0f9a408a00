/* SPDX-License-Identifier: MIT */
/* The elements of a pack in the making: texts, maps, fields and templates, each kept once. Knows no providers. */
#include "base/error.h"
#include "schema/pack_joined.h"

#include <string.h>

/* What an interned run of bytes is found by. */
typedef struct interned {
    uint32_t first; /* byte in the pool */
    uint32_t size;
} interned;

typedef struct wanted {
    const ek_pack_pool *in;
    const void *data;
    size_t size;
} wanted;

/* An object that was interned, and what came of it. */
typedef struct sight {
    const void *object;
    uint32_t index;
} sight;

void ek_pack_pools_init(ek_pack_pools *pools, const etwkit_allocator *allocator) {
    ek_arena_init(&pools->arena, allocator);
    ek_table_init(&pools->seen, allocator);
    pools->seed = ek_hash_seed(pools);
    for (size_t i = 0; i < EK_PACK_SECTIONS; i++) {
        ek_buf_init(&pools->pools[i].bytes, allocator);
        ek_table_init(&pools->pools[i].known, allocator);
    }
    ek_buf_byte(&pools->pools[EK_PACK_STRINGS].bytes, 0);
    pools->no_memory = pools->pools[EK_PACK_STRINGS].bytes.failed;
}

void ek_pack_pools_free(ek_pack_pools *pools) {
    for (size_t i = 0; i < EK_PACK_SECTIONS; i++) {
        ek_buf_free(&pools->pools[i].bytes);
        ek_table_free(&pools->pools[i].known);
    }
    ek_table_free(&pools->seen);
    ek_arena_free(&pools->arena);
}

void ek_pack_pools_forget(ek_pack_pools *pools) {
    ek_table_free(&pools->seen);
}

etwkit_status ek_pack_pools_status(const ek_pack_pools *pools, etwkit_error *error) {
    if (pools->too_big)
        return ek_fail(error, ETWKIT_E_LIMIT, "a pack of schemas has at most %u MiB", EK_PACK_MAX_SIZE >> 20);
    return pools->no_memory ? ek_fail_memory(error) : ETWKIT_OK;
}

/* Puts bytes behind the others of the section; false: a failure is noted. */
static bool put(ek_pack_pools *pools, ek_pack_section section, const void *data, size_t size) {
    ek_buf *to = &pools->pools[section].bytes;
    if (size > EK_PACK_MAX_SIZE || to->size > EK_PACK_MAX_SIZE - size) {
        pools->too_big = true;
        return false;
    }
    ek_buf_append(to, data, size);
    pools->no_memory |= to->failed;
    return !to->failed;
}

ek_pack_range ek_pack_append(ek_pack_pools *pools, ek_pack_section section, const void *data, size_t count) {
    size_t size = ek_pack_element_size[section];
    ek_pack_range range = {(uint32_t)(pools->pools[section].bytes.size / size), (uint32_t)count};
    put(pools, section, data, count * size);
    return range;
}

static bool is_interned(const void *value, const void *key) {
    const interned *known = value;
    const wanted *want = key;
    return known->size == want->size && memcmp(want->in->bytes.data + known->first, want->data, want->size) == 0;
}

/* The index of the first of these elements, which stand in the pool once. */
static uint32_t intern(ek_pack_pools *pools, ek_pack_section section, const void *data, size_t size) {
    ek_pack_pool *to = &pools->pools[section];
    uint64_t hash = ek_hash(data, size, pools->seed);
    wanted want = {to, data, size};
    const interned *known = ek_table_find(&to->known, hash, is_interned, &want);
    if (known)
        return known->first / ek_pack_element_size[section];
    interned is = {(uint32_t)to->bytes.size, (uint32_t)size};
    if (!put(pools, section, data, size))
        return 0;
    interned *added = ek_arena_copy(&pools->arena, &is, sizeof is);
    pools->no_memory |= !added || !ek_table_add(&to->known, hash, added);
    return is.first / ek_pack_element_size[section];
}

static bool is_object(const void *value, const void *key) {
    return ((const sight *)value)->object == key;
}

static const sight *find_seen(const ek_pack_pools *pools, const void *object) {
    return ek_table_find(&pools->seen, ek_hash(&object, sizeof object, pools->seed), is_object, object);
}

static uint32_t remember(ek_pack_pools *pools, const void *object, uint32_t index) {
    const sight seen = {object, index};
    sight *kept = ek_arena_copy(&pools->arena, &seen, sizeof seen);
    pools->no_memory |= !kept || !ek_table_add(&pools->seen, ek_hash(&object, sizeof object, pools->seed), kept);
    return index;
}

/* Room for a list that is needed for a moment; NULL: a failure is noted. */
static void *borrow(ek_pack_pools *pools, size_t count, size_t size) {
    void *list = ek_resize(&pools->arena.allocator, NULL, count, size);
    pools->no_memory |= !list;
    return list;
}

static void give_back(const ek_pack_pools *pools, void *list) {
    ek_release(&pools->arena.allocator, list);
}

uint32_t ek_pack_intern_text(ek_pack_pools *pools, const char *text) {
    size_t length = text ? strlen(text) : 0;
    return length && length <= EK_PACK_MAX_TEXT ? intern(pools, EK_PACK_STRINGS, text, length + 1) : 0;
}

uint32_t ek_pack_intern_message(ek_pack_pools *pools, const char *text) {
    return pools->with_messages ? ek_pack_intern_text(pools, text) : 0;
}

static uint32_t intern_map(ek_pack_pools *pools, const etwkit_map *map) {
    ek_packed_entry *entries = borrow(pools, map->count, sizeof *entries);
    if (!entries)
        return 0;
    for (uint32_t i = 0; i < map->count; i++)
        entries[i] = (ek_packed_entry){map->entries[i].value, ek_pack_intern_text(pools, map->entries[i].label), 0};
    ek_packed_map packed = {
        .name = ek_pack_intern_text(pools, map->name), .count = map->count, .is_bitmap = map->is_bitmap};
    if (map->count)
        packed.first = intern(pools, EK_PACK_MAP_ENTRIES, entries, map->count * sizeof *entries);
    give_back(pools, entries);
    return intern(pools, EK_PACK_MAPS, &packed, sizeof packed);
}

uint32_t ek_pack_intern_map(ek_pack_pools *pools, const etwkit_map *map) {
    const sight *seen = find_seen(pools, map);
    return seen ? seen->index : remember(pools, map, intern_map(pools, map));
}

static uint32_t intern_field(ek_pack_pools *pools, const ek_field_spec *field) {
    ek_packed_field packed = {.map = field->map ? ek_pack_intern_map(pools, field->map) + 1 : 0,
                              .flags = field->flags,
                              .in_type = field->in_type,
                              .out_type = field->out_type,
                              .count = field->count,
                              .length = field->length,
                              .first_member = field->first_member,
                              .member_count = field->member_count};
    char *name = borrow(pools, field->name_length + 1, 1); /* with a NUL at its end */
    if (!name)
        return 0;
    if (field->name_length)
        memcpy(name, field->name, field->name_length);
    name[field->name_length] = 0;
    packed.name = ek_pack_intern_text(pools, name);
    give_back(pools, name);
    return intern(pools, EK_PACK_FIELDS, &packed, sizeof packed);
}

static uint32_t intern_template(ek_pack_pools *pools, const ek_template *payload) {
    uint32_t *list = borrow(pools, payload->field_count, sizeof *list);
    if (!list)
        return 0;
    for (uint16_t i = 0; i < payload->field_count; i++)
        list[i] = intern_field(pools, &payload->fields[i]);
    ek_packed_template packed = {.field_count = payload->field_count,
                                 .top_count = payload->top_count,
                                 .stops_at = ek_pack_intern_text(pools, payload->stops_at)};
    if (payload->field_count)
        packed.first = intern(pools, EK_PACK_FIELD_LISTS, list, payload->field_count * sizeof *list);
    give_back(pools, list);
    return intern(pools, EK_PACK_TEMPLATES, &packed, sizeof packed);
}

uint32_t ek_pack_intern_payload(ek_pack_pools *pools, const ek_provider_event *event) {
    const ek_template *payload = event->payload;
    if (event->payload_unknown)
        return EK_PACK_UNKNOWN_PAYLOAD;
    if (!payload || (!payload->field_count && !payload->stops_at))
        return EK_PACK_NO_PAYLOAD;
    const sight *seen = find_seen(pools, payload);
    return 1 + (seen ? seen->index : remember(pools, payload, intern_template(pools, payload)));
}
