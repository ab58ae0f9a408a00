/* SPDX-License-Identifier: MIT */
/* The TRACE_EVENT_INFO and EVENT_MAP_INFO blobs of a trace: keeps them, finds the one that an event needs. Knows what
 * identifies an event, but of a blob's bytes those of maps alone. */
#include "schema/event_info.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/guid.h"
#include "base/hash.h"
#include "base/utf.h"
#include "schema/event_blob.h"

#define MAX_KEPT ((size_t)256 << 20) /* bytes of metadata of one trace */

/* KernelTraceControl's events that carry metadata. */
static const etwkit_guid metadata_class =
    EK_GUID(0xbbccf6c1, 0x6cd1, 0x48c4, 0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71);

/* EVENT_MAP_INFO, behind the GUID of its provider. */
enum {
    MAP_NAME = 0x00,
    MAP_FLAGS = 0x04,
    MAP_COUNT = 0x08,
    MAP_VALUE_TYPE = 0x0C,
    MAP_ENTRIES = 0x10,
    MAP_ENTRY_SIZE = 8
};
enum {
    MAP_VALUES = 0x01,
    MAP_BITS = 0x02,
    MAP_WBEM_VALUES = 0x08,
    MAP_WBEM_BITS = 0x10,
    MAP_WBEM_FLAGS = 0x20,
    MAP_WBEM_COUNTED = 0x40 /* values are indexes; of a bit map, bit numbers */
};

/* What identifies an event: of a manifest event provider, id and version; of a WBEM event class, opcode and version; of
 * a TraceLogging event, whose id says nothing, everything. */
typedef struct info_key {
    etwkit_guid guid;
    uint64_t source;
    uint64_t descriptor[2];
} info_key;

typedef struct kept_event {
    info_key key;
    const uint8_t *data;
    size_t size;
} kept_event;

typedef struct map_key {
    const etwkit_guid *provider;
    const uint8_t *name; /* UTF-16 as it stands */
    size_t size;
} map_key;

typedef struct known_map {
    etwkit_guid provider;
    const uint8_t *name;
    size_t size;
    const etwkit_map *map;
} known_map;

typedef struct known_provider {
    etwkit_guid id;
    const char *name;
} known_provider;

struct ek_event_infos {
    etwkit_allocator allocator;
    ek_arena arena;
    ek_table events;
    ek_table maps;
    ek_table providers;
    size_t kept;
};

etwkit_status ek_event_infos_new(ek_event_infos **infos, const etwkit_allocator *allocator) {
    *infos = ek_new(allocator, sizeof **infos);
    if (!*infos)
        return ETWKIT_E_NO_MEMORY;
    (*infos)->allocator = *allocator;
    ek_arena_init(&(*infos)->arena, allocator);
    ek_table_init(&(*infos)->events, allocator);
    ek_table_init(&(*infos)->maps, allocator);
    ek_table_init(&(*infos)->providers, allocator);
    return ETWKIT_OK;
}

void ek_event_infos_free(ek_event_infos **infos) {
    if (!*infos)
        return;
    etwkit_allocator allocator = (*infos)->allocator;
    ek_table_free(&(*infos)->events);
    ek_table_free(&(*infos)->maps);
    ek_table_free(&(*infos)->providers);
    ek_arena_free(&(*infos)->arena);
    ek_release(&allocator, *infos);
    *infos = NULL;
}

static bool has_map_name(const void *value, const void *key) {
    const known_map *known = value;
    const map_key *wanted = key;
    return known->size == wanted->size && memcmp(known->name, wanted->name, wanted->size) == 0 &&
           ek_guid_equal(&known->provider, wanted->provider);
}

static uint64_t hash_of_map(const ek_event_infos *infos, const map_key *key) {
    return ek_hash(key->name, key->size, ek_hash(key->provider, sizeof *key->provider, ek_hash_seed(infos)));
}

static const etwkit_map *find_map(const void *context, const etwkit_guid *provider, const uint8_t *name, size_t size) {
    const ek_event_infos *infos = context;
    map_key key = {provider, name, size};
    const known_map *known = ek_table_find(&infos->maps, hash_of_map(infos, &key), has_map_name, &key);
    return known ? known->map : NULL;
}

bool ek_event_infos_has_map(const ek_event_infos *infos, const etwkit_guid *provider, const uint8_t *name,
                            size_t size) {
    return find_map(infos, provider, name, size) != NULL;
}

/* `descriptor`: 16 bytes, id u16, version, channel, level, opcode u8, task u16, keyword u64. */
static info_key make_key(const etwkit_guid *guid, uint32_t source, const uint8_t *descriptor) {
    info_key key = {*guid, source, {ek_load64(descriptor), 0}};
    if (source == EK_EVENT_BLOB_MANIFEST)
        key.descriptor[0] &= 0xFFFFFF; /* id, version */
    else if (source == EK_EVENT_BLOB_WBEM)
        key.descriptor[0] &= 0xFF0000FF0000; /* opcode, version */
    else
        key.descriptor[1] = ek_load64(descriptor + 8);
    return key;
}

static bool has_key(const void *value, const void *key) {
    return memcmp(&((const kept_event *)value)->key, key, sizeof(info_key)) == 0;
}

static const kept_event *find_event(const ek_event_infos *infos, const info_key *key) {
    return ek_table_find(&infos->events, ek_hash(key, sizeof *key, ek_hash_seed(infos)), has_key, key);
}

static bool has_provider_id(const void *value, const void *key) {
    return ek_guid_equal(&((const known_provider *)value)->id, key);
}

static const char *find_provider(const ek_event_infos *infos, const etwkit_guid *id) {
    const known_provider *known =
        ek_table_find(&infos->providers, ek_hash(id, sizeof *id, ek_hash_seed(infos)), has_provider_id, id);
    return known ? known->name : NULL;
}

/* Room for `size` more bytes? */
static etwkit_status check_kept(const ek_event_infos *infos, size_t size, etwkit_error *error) {
    if (size <= MAX_KEPT - infos->kept)
        return ETWKIT_OK;
    return ek_fail(error, ETWKIT_E_LIMIT, "embedded event metadata: more than %u MiB of it are not kept",
                   (unsigned)(MAX_KEPT >> 20));
}

/* The provider's name serves its other events too. */
static etwkit_status learn_provider(ek_event_infos *infos, ek_event_blob *blob) {
    const etwkit_guid *id = ek_event_blob_provider(blob);
    if (find_provider(infos, id))
        return ETWKIT_OK;
    const char *name;
    blob->arena = &infos->arena;
    etwkit_status status = ek_event_blob_provider_name(blob, &name);
    if (status || !name)
        return status;
    known_provider *known = ek_arena_alloc(&infos->arena, sizeof *known);
    if (!known)
        return ek_fail_memory(blob->error);
    *known = (known_provider){*id, name};
    return ek_table_add(&infos->providers, ek_hash(id, sizeof *id, ek_hash_seed(infos)), known)
               ? ETWKIT_OK
               : ek_fail_memory(blob->error);
}

static etwkit_status keep_event(ek_event_infos *infos, const ek_event_blob *blob, const info_key *key) {
    etwkit_status status = check_kept(infos, blob->size + sizeof(kept_event), blob->error);
    if (status)
        return status;
    kept_event *event = ek_arena_alloc(&infos->arena, sizeof *event);
    const uint8_t *data = ek_arena_copy(&infos->arena, blob->data, blob->size);
    if (!event || !data)
        return ek_fail_memory(blob->error);
    *event = (kept_event){*key, data, blob->size};
    if (!ek_table_add(&infos->events, ek_hash(key, sizeof *key, ek_hash_seed(infos)), event))
        return ek_fail_memory(blob->error);
    infos->kept += blob->size + sizeof *event;
    return ETWKIT_OK;
}

/* Reads it all once, to refuse what is damaged here, where its place is known. */
static etwkit_status try_event(const ek_event_infos *infos, ek_event_blob *blob) {
    ek_arena scratch;
    ek_description description = {0};
    ek_arena_init(&scratch, &infos->allocator);
    blob->arena = &scratch;
    etwkit_status status = ek_event_blob_describe(blob, find_map, infos, &description);
    ek_arena_free(&scratch);
    return status;
}

static etwkit_status learn_event(ek_event_infos *infos, const etwkit_record *record, etwkit_error *error) {
    ek_event_blob blob = {.data = record->payload, .size = record->payload_size, .error = error};
    etwkit_status status = ek_event_blob_check(&blob);
    if (status)
        return status;
    uint32_t source = ek_event_blob_source(&blob);
    info_key key = make_key(ek_event_blob_record_id(&blob), source, ek_event_blob_descriptor(&blob));
    if (source == EK_EVENT_BLOB_WPP || find_event(infos, &key))
        return ETWKIT_OK;
    status = try_event(infos, &blob);
    if (!status)
        status = learn_provider(infos, &blob);
    return status ? status : keep_event(infos, &blob, &key);
}

static bool is_bitmap(uint32_t flags) {
    return (flags & (MAP_BITS | MAP_WBEM_BITS | MAP_WBEM_FLAGS)) != 0;
}

static etwkit_status read_entries(ek_event_blob *blob, uint32_t flags, ek_map_entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = blob->data + MAP_ENTRIES + i * MAP_ENTRY_SIZE;
        etwkit_status status = ek_event_blob_name(blob, ek_load32(at), &entries[i].label);
        if (status)
            return status;
        if (!entries[i].label)
            entries[i].label = "";
        entries[i].value = ek_load32(at + 4);
        if (flags & MAP_WBEM_COUNTED)
            entries[i].value = !is_bitmap(flags) ? i : i < 64 ? (uint64_t)1 << i : 0;
    }
    return ETWKIT_OK;
}

static etwkit_status keep_map(ek_event_infos *infos, const ek_event_blob *blob, const map_key *key,
                              const ek_map_entry *entries, size_t count) {
    size_t size = sizeof(known_map) + count * (sizeof *entries + 16) + 2 * blob->text; /* more or less */
    etwkit_status status = check_kept(infos, size, blob->error);
    if (status)
        return status;
    known_map *known = ek_arena_new(&infos->arena, sizeof *known);
    const char *name = ek_utf16_copy(blob->arena, key->name, key->size);
    if (!known || !name)
        return ek_fail_memory(blob->error);
    known->provider = *key->provider;
    known->name = ek_arena_copy(&infos->arena, key->name, key->size);
    known->size = key->size;
    known->map = ek_map_build(&infos->arena, name, is_bitmap(ek_load32(blob->data + MAP_FLAGS)), entries, count);
    if (!known->name || !known->map || !ek_table_add(&infos->maps, hash_of_map(infos, key), known))
        return ek_fail_memory(blob->error);
    infos->kept += size;
    return ETWKIT_OK;
}

/* `blob`: the EVENT_MAP_INFO. */
static etwkit_status read_map(ek_event_infos *infos, ek_event_blob *blob, const etwkit_guid *provider) {
    if (blob->size < MAP_ENTRIES)
        return ek_event_blob_damaged(blob, "a map is shorter than its head");
    uint32_t flags = ek_load32(blob->data + MAP_FLAGS), count = ek_load32(blob->data + MAP_COUNT);
    if (!(flags & (MAP_VALUES | MAP_BITS | MAP_WBEM_VALUES | MAP_WBEM_BITS)) || ek_load32(blob->data + MAP_VALUE_TYPE))
        return ETWKIT_OK; /* a pattern map, or one of texts: no number has a label in it */
    if (count > (blob->size - MAP_ENTRIES) / MAP_ENTRY_SIZE)
        return ek_event_blob_damaged(blob, "a map announces more entries than it holds");
    map_key key = {.provider = provider};
    etwkit_status status = ek_event_blob_text(blob, ek_load32(blob->data + MAP_NAME), &key.name, &key.size);
    if (status || !key.name || find_map(infos, provider, key.name, key.size))
        return status;
    ek_map_entry *entries = ek_arena_alloc(blob->arena, count * sizeof *entries);
    if (!entries)
        return ek_fail_memory(blob->error);
    status = read_entries(blob, flags, entries, count);
    return status ? status : keep_map(infos, blob, &key, entries, count);
}

static etwkit_status learn_map(ek_event_infos *infos, const etwkit_record *record, etwkit_error *error) {
    ek_cursor cursor = ek_cursor_of(record->payload, record->payload_size);
    etwkit_guid provider = ek_cursor_guid(&cursor);
    ek_arena scratch;
    ek_arena_init(&scratch, &infos->allocator);
    ek_event_blob blob = {cursor.at, cursor.failed ? 0 : ek_cursor_left(&cursor), 0, &scratch, error};
    etwkit_status status = read_map(infos, &blob, &provider);
    ek_arena_free(&scratch);
    return status;
}

bool ek_event_infos_is_provider(const etwkit_guid *provider) {
    return ek_guid_equal(provider, &metadata_class);
}

bool ek_event_infos_is_metadata(const etwkit_record *record) {
    return (record->opcode == EK_EVENT_INFO_EVENT || record->opcode == EK_EVENT_INFO_MAP) &&
           (record->flags & ETWKIT_FLAG_CLASSIC) && ek_guid_equal(&record->provider_id, &metadata_class);
}

etwkit_status ek_event_infos_learn(ek_event_infos *infos, const etwkit_record *record, etwkit_error *error) {
    return record->opcode == EK_EVENT_INFO_EVENT ? learn_event(infos, record, error) : learn_map(infos, record, error);
}

static const kept_event *find_event_of(const ek_event_infos *infos, const etwkit_record *record, uint32_t source) {
    _Static_assert(offsetof(etwkit_record, keywords) == offsetof(etwkit_record, event_id) + 8,
                   "a record holds the descriptor as it is in the format");
    const uint8_t *descriptor = (const uint8_t *)record + offsetof(etwkit_record, event_id);
    info_key key = make_key(&record->provider_id, source, descriptor);
    return find_event(infos, &key);
}

etwkit_status ek_event_infos_describe(const ek_event_infos *infos, const etwkit_record *record, ek_arena *arena,
                                      ek_description *description, etwkit_error *error) {
    bool classic = (record->flags & ETWKIT_FLAG_CLASSIC) != 0;
    const kept_event *event = find_event_of(infos, record, classic ? EK_EVENT_BLOB_WBEM : EK_EVENT_BLOB_MANIFEST);
    if (!event && !classic)
        event = find_event_of(infos, record, EK_EVENT_BLOB_TRACELOGGING);
    etwkit_status status = ETWKIT_ABSENT;
    if (event) {
        ek_event_blob blob = {event->data, event->size, 0, arena, error};
        description->source = ETWKIT_SOURCE_EVENT_INFO;
        status = ek_event_blob_describe(&blob, find_map, infos, description);
    }
    if (!description->provider_name)
        description->provider_name = find_provider(infos, &record->provider_id);
    return status;
}
