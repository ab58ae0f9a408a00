/* SPDX-License-Identifier: MIT */
/* Writes a pack. Knows the format, and nothing of how its content came together. */
#include "base/error.h"
#include "base/sort.h"
#include "schema/names.h"
#include "schema/pack_joined.h"

#include <string.h>

static bool provider_is_before(const void *context, uint32_t a, uint32_t b) {
    ek_joined *const *providers = context;
    int names = ek_compare_names(providers[a]->name, providers[b]->name);
    return names ? names < 0 : memcmp(providers[a]->head.id, providers[b]->head.id, 16) < 0;
}

static void append_provider(ek_pack_pools *pools, const ek_joined *provider) {
    ek_packed_provider head = provider->head;
    head.events = ek_pack_append(pools, EK_PACK_EVENTS, provider->events, provider->event_count);
    for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
        head.tables[kind] =
            ek_pack_append(pools, EK_PACK_NAMES, provider->tables[kind].list, provider->tables[kind].count);
    head.maps = ek_pack_append(pools, EK_PACK_MAP_LISTS, provider->maps, provider->map_count);
    ek_pack_append(pools, EK_PACK_PROVIDERS, &head, 1);
}

static bool append_providers(ek_pack_builder *builder) {
    uint32_t *order = ek_resize(&builder->allocator, NULL, builder->provider_count, sizeof *order);
    if (!order)
        return false;
    for (uint32_t i = 0; i < builder->provider_count; i++)
        order[i] = i;
    ek_sort_indexes(order, builder->provider_count, provider_is_before, builder->providers);
    for (size_t i = 0; i < builder->provider_count; i++)
        append_provider(&builder->pools, builder->providers[order[i]]);
    ek_release(&builder->allocator, order);
    return true;
}

/* At most half of the places are taken. */
static bool append_hash(ek_pack_builder *builder) {
    uint32_t count = (uint32_t)builder->provider_count, places = 4;
    while (places < count * 2)
        places *= 2;
    uint32_t *table = ek_new(&builder->allocator, places * sizeof *table);
    const ek_buf *providers = &builder->pools.pools[EK_PACK_PROVIDERS].bytes;
    if (!table || providers->size < count * sizeof(ek_packed_provider)) {
        ek_release(&builder->allocator, table);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const ek_packed_provider *provider = (const ek_packed_provider *)(const void *)providers->data + i;
        uint32_t at = ek_pack_hash(provider->id) & (places - 1);
        while (table[at])
            at = (at + 1) & (places - 1);
        table[at] = i + 1;
    }
    ek_pack_append(&builder->pools, EK_PACK_HASH, table, places);
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

static void write_sections(const ek_pack_pools *pools, ek_buf *out) {
    size_t start = out->size;
    uint8_t head[EK_PACK_HEAD_SIZE] = EK_PACK_MAGIC;
    store32(head + EK_PACK_AT_VERSION, EK_PACK_VERSION);
    ek_buf_append(out, head, sizeof head);
    for (size_t i = 0; i < EK_PACK_SECTIONS; i++) {
        const ek_buf *section = &pools->pools[i].bytes;
        align8(out, start);
        store32(head + EK_PACK_AT_SECTIONS + 8 * i, out->size - start);
        store32(head + EK_PACK_AT_SECTIONS + 8 * i + 4, section->size / ek_pack_element_size[i]);
        ek_buf_append(out, section->data, section->size);
    }
    align8(out, start);
    store32(head + EK_PACK_AT_SIZE, out->size - start);
    if (!out->failed)
        memcpy(out->data + start, head, sizeof head);
}

static bool is_too_big(const ek_pack_pools *pools) {
    size_t total = EK_PACK_HEAD_SIZE;
    for (size_t i = 0; i < EK_PACK_SECTIONS; i++)
        total += pools->pools[i].bytes.size + 8;
    return total > EK_PACK_MAX_SIZE;
}

etwkit_status ek_pack_write(ek_pack_builder *builder, ek_buf *out, etwkit_error *error) {
    ek_pack_pools *pools = &builder->pools;
    ek_pack_append(pools, EK_PACK_BUILDS, builder->builds, builder->build_count);
    bool good = append_providers(builder) && append_hash(builder);
    pools->too_big |= is_too_big(pools);
    etwkit_status status = ek_pack_pools_status(pools, error);
    if (status)
        return status;
    if (good)
        write_sections(pools, out);
    return good && !out->failed ? ETWKIT_OK : ek_fail_memory(error);
}
