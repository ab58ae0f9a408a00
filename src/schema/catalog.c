/* SPDX-License-Identifier: MIT */
/* The catalog. Knows what makes two events one kind, and remembers what the sources said of each. */
#include "schema/catalog.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "schema/classic.h"
#include "schema/names.h"
#include "schema/sources.h"
#include "schema/tracelogging.h"

#define MAX_KEPT ((size_t)256 << 20)    /* bytes of kinds that are kept to the end */
#define MAX_OVERFLOW ((size_t)64 << 20) /* bytes of those that are kept for one batch */
#define RECENT_BITS 8

/* Flags of a record that change what its payload means, and one of ours in the same word. */
#define CLASS_FLAGS (ETWKIT_FLAG_CLASSIC | ETWKIT_FLAG_TRACE_MESSAGE | ETWKIT_FLAG_STRING_ONLY)
#define CLASS_DESCRIBES_ITSELF 0x8000u
#define CLASS_VARIANT_SHIFT 16 /* ek_classic_variant() or ek_told_variant() stands above */

/* What makes two events one kind. */
typedef struct kind_key {
    uint64_t words[4]; /* provider and descriptor, as they stand in a record */
    uint32_t class;
    uint32_t metadata_size;
    uint32_t traits_size;    /* compared where there is metadata: elsewhere a provider has one name */
    const uint8_t *metadata; /* NULL unless CLASS_DESCRIBES_ITSELF */
    const uint8_t *traits;
} kind_key;

_Static_assert(offsetof(etwkit_record, event_id) == offsetof(etwkit_record, provider_id) + 16 &&
                   offsetof(etwkit_record, keywords) == offsetof(etwkit_record, provider_id) + 24,
               "provider and descriptor of a record are 32 bytes without a gap");

typedef struct kind {
    kind_key key;
    etwkit_schema *schema;
    uint32_t knowledge; /* the catalog's, when the schema was made */
    bool may_improve;   /* metadata that is still to come may describe the event, or describe it better */
} kind;

/* Kinds that live and die together. */
typedef struct shelf {
    ek_arena arena;
    ek_table kinds;
} shelf;

struct ek_catalog {
    etwkit_allocator allocator;
    ek_sources sources;
    shelf kept;     /* to the end */
    shelf overflow; /* to the end of the batch */
    kind *recent[1 << RECENT_BITS];
    etwkit_schema **schemas;
    size_t schema_count;
    size_t schema_capacity;
    uint32_t knowledge;  /* grows with what is learned */
    bool varies;         /* ek_told_varies() */
    etwkit_error damage; /* status ETWKIT_OK: none */
};

etwkit_status ek_catalog_new(ek_catalog **catalog, const etwkit_allocator *allocator, etwkit_error *error) {
    etwkit_allocator memory = ek_allocator_or_default(allocator);
    ek_catalog *made = ek_new(&memory, sizeof *made);
    if (!made)
        return ek_fail_memory(error);
    made->allocator = memory;
    ek_arena_init(&made->kept.arena, &memory);
    ek_table_init(&made->kept.kinds, &memory);
    ek_arena_init(&made->overflow.arena, &memory);
    ek_table_init(&made->overflow.kinds, &memory);
    if (ek_sources_init(&made->sources, &memory)) {
        ek_catalog_free(&made);
        return ek_fail_memory(error);
    }
    *catalog = made;
    return ETWKIT_OK;
}

void ek_catalog_free(ek_catalog **catalog) {
    ek_catalog *at = *catalog;
    if (!at)
        return;
    etwkit_allocator allocator = at->allocator;
    ek_sources_free(&at->sources);
    ek_arena_free(&at->kept.arena);
    ek_table_free(&at->kept.kinds);
    ek_arena_free(&at->overflow.arena);
    ek_table_free(&at->overflow.kinds);
    ek_release(&allocator, at->schemas);
    ek_release(&allocator, at);
    *catalog = NULL;
}

void ek_catalog_on_need(ek_catalog *catalog, void (*learn)(void *context), void *context) {
    catalog->sources.look_ahead = learn;
    catalog->sources.context = context;
}

void ek_catalog_set_library(ek_catalog *catalog, ek_library *library, const ek_pack_choice *choice) {
    catalog->sources.library = library;
    catalog->sources.choice = *choice;
}

bool ek_catalog_may_be_metadata(const etwkit_guid *provider, uint16_t event_id) {
    return event_id == EK_EVENTSOURCE_ID || ek_event_infos_is_provider(provider);
}

bool ek_catalog_is_metadata(const etwkit_record *record) {
    return ek_sources_is_metadata(record);
}

static void set_place(etwkit_error *error, const etwkit_record *record) {
    error->buffer = record->buffer;
    error->record = record->buffer_position;
    error->offset = record->buffer_offset;
}

/* What is partly wrong with metadata is told like damage found by its first event. */
typedef struct partly {
    ek_catalog *catalog;
    const etwkit_record *record;
} partly;

static void take_report(void *context, const etwkit_error *error) {
    const partly *at = context;
    at->catalog->damage = *error;
    set_place(&at->catalog->damage, at->record);
}

etwkit_status ek_catalog_learn(ek_catalog *catalog, const etwkit_record *record, etwkit_error *error) {
    partly context = {catalog, record};
    etwkit_status status = ek_sources_learn(&catalog->sources, record, take_report, &context, error);
    catalog->knowledge += status == ETWKIT_OK;
    catalog->varies = ek_told_varies(catalog->sources.told);
    if (status < 0 && error)
        set_place(error, record);
    return status < 0 ? status : ETWKIT_OK;
}

void ek_catalog_finish_learning(ek_catalog *catalog, ek_manifest_report *report, void *context) {
    ek_told_finish(catalog->sources.told, report, context);
}

/* Finds the two extended items that matter here. They were checked when the record was made; what is no chain ends it.
 */
static void read_items(kind_key *key, const etwkit_record *record) {
    const uint8_t *at = record->data + record->items_offset;
    size_t left = record->items_size;
    while (left >= 8) {
        size_t size = ek_load16(at + 6), whole = (8 + size + 7) & ~(size_t)7;
        if (size > left - 8)
            return;
        unsigned type = ek_load16(at + 2);
        if (type == ETWKIT_ITEM_EVENT_SCHEMA_TL) {
            key->class |= CLASS_DESCRIBES_ITSELF;
            key->metadata = at + 8;
            key->metadata_size = (uint32_t)size;
        } else if (type == ETWKIT_ITEM_PROV_TRAITS) {
            key->traits = at + 8;
            key->traits_size = (uint32_t)size;
        }
        if (!(ek_load16(at + 4) & 1) || whole >= left)
            return;
        at += whole;
        left -= whole;
    }
}

/* What a record's class is, but for what its items say. */
static inline uint32_t class_of(const ek_catalog *catalog, const etwkit_record *record) {
    uint32_t class = record->flags & CLASS_FLAGS;
    if (class & ETWKIT_FLAG_CLASSIC)
        return class | (uint32_t)ek_classic_variant(record) << CLASS_VARIANT_SHIFT;
    return catalog->varies ? class | (uint32_t)ek_told_variant(catalog->sources.told, record) << CLASS_VARIANT_SHIFT
                           : class;
}

static inline void read_key(const ek_catalog *catalog, kind_key *key, const etwkit_record *record) {
    memcpy(key->words, (const uint8_t *)record + offsetof(etwkit_record, provider_id), sizeof key->words);
    key->class = class_of(catalog, record);
    key->metadata = key->traits = NULL;
    key->metadata_size = key->traits_size = 0;
    if (record->items_size)
        read_items(key, record);
}

/* Not 0 where provider, descriptor or class differ; `words` as they stand in a record or in a key. */
static inline uint64_t difference(const kind_key *key, const void *words, uint32_t class) {
    const uint8_t *at = words;
    return (key->words[0] ^ ek_load64(at)) | (key->words[1] ^ ek_load64(at + 8)) |
           (key->words[2] ^ ek_load64(at + 16)) | (key->words[3] ^ ek_load64(at + 24)) | (key->class ^ class);
}

static inline bool is_same(const kind_key *a, const kind_key *b) {
    uint64_t differs = difference(a, b->words, b->class);
    if (differs || !a->metadata || !b->metadata)
        return !differs;
    return a->metadata_size == b->metadata_size && a->traits_size == b->traits_size &&
           memcmp(a->metadata, b->metadata, a->metadata_size) == 0 &&
           (!a->traits || !b->traits || memcmp(a->traits, b->traits, a->traits_size) == 0);
}

static bool is_kind(const void *value, const void *key) {
    return is_same(&((const kind *)value)->key, key);
}

static uint64_t hash_key(const ek_catalog *catalog, const kind_key *key) {
    uint64_t hash = ek_hash(key->words, sizeof key->words, ek_hash_seed(catalog) ^ key->class);
    return key->class & CLASS_DESCRIBES_ITSELF ? ek_hash(key->metadata, key->metadata_size, hash) : hash;
}

/* A place among the recent kinds: cheaper than the hash, and good enough to keep the kinds of a moment apart. */
static inline size_t recent_place(const kind_key *key) {
    uint64_t mixed = key->words[0] ^ key->words[2] ^ key->class;
    if (key->metadata_size >= 8)
        mixed ^= ek_load64(key->metadata + key->metadata_size - 8) + key->metadata_size;
    return (size_t)(mixed * 0x9E3779B97F4A7C15u >> (64 - RECENT_BITS));
}

/* What is known of an event; damaged metadata is remembered, and then as good as none. false: memory ran out. */
static bool describe(ek_catalog *catalog, ek_arena *arena, const kind_key *key, const etwkit_record *record,
                     ek_description *description) {
    etwkit_error error = {0};
    *description = (ek_description){0};
    const ek_carried carried = {key->metadata, key->metadata_size, key->traits, key->traits_size};
    etwkit_status status = ek_sources_describe(&catalog->sources, record, &carried, arena, description, &error);
    if (status == ETWKIT_E_NO_MEMORY)
        return false;
    if (status < 0) {
        catalog->damage = error;
        set_place(&catalog->damage, record);
    }
    if (status) {
        description->layout = NULL;
        description->source = ETWKIT_SOURCE_UNKNOWN;
    }
    return true;
}

/* The names that no source gave but that can be found nevertheless. false: memory ran out. */
static bool complete_names(ek_arena *arena, const kind_key *key, const etwkit_record *record,
                           ek_description *description) {
    size_t length = 0;
    const char *provider = NULL;
    if (!description->provider_name && key->traits)
        provider = ek_traits_name(key->traits, key->traits_size, &length);
    if (provider && !(description->provider_name = ek_name_copy(arena, provider, length)))
        return false;
    bool message = (key->class & ETWKIT_FLAG_TRACE_MESSAGE) != 0;
    if (!description->level_name && !message)
        description->level_name = ek_builtin_level_name(record->level);
    if (!description->opcode_name && !message && !(key->class & ETWKIT_FLAG_CLASSIC))
        description->opcode_name = ek_builtin_opcode_name(record->opcode);
    return (description->event_name = ek_event_name(arena, description, record)) != NULL;
}

static etwkit_schema *make_schema(ek_arena *arena, const kind_key *key, const etwkit_record *record,
                                  ek_description *description) {
    static const ek_layout nothing = {0};
    etwkit_schema *schema = ek_arena_new(arena, sizeof *schema);
    if (!schema || !complete_names(arena, key, record, description))
        return NULL;
    *schema = (etwkit_schema){
        .is = *description,
        .known = description->layout != NULL,
        .classic = (record->flags & ETWKIT_FLAG_CLASSIC) != 0,
        .provider_id = record->provider_id,
        .event_id = record->event_id,
        .version = record->version,
        .channel = record->channel,
        .level = record->level,
        .opcode = record->opcode,
        .task = record->task,
        .keywords = record->keywords,
    };
    if (!schema->known)
        schema->is.layout = &nothing;
    return ek_schema_write_head(arena, schema) ? schema : NULL;
}

/* Puts a schema of the kept kinds into the list. */
static bool list_schema(ek_catalog *catalog, etwkit_schema *schema) {
    void *list = catalog->schemas;
    if (!ek_grow(&catalog->allocator, &list, &catalog->schema_capacity, catalog->schema_count + 1,
                 sizeof *catalog->schemas))
        return false;
    catalog->schemas = list;
    catalog->schemas[catalog->schema_count++] = schema;
    return true;
}

/* A key that outlives the record. */
static bool keep_key(ek_arena *arena, kind_key *key) {
    if (!(key->class & CLASS_DESCRIBES_ITSELF)) {
        key->traits = NULL;
        key->traits_size = 0;
        return true;
    }
    key->metadata = ek_arena_copy(arena, key->metadata, key->metadata_size);
    if (key->traits)
        key->traits = ek_arena_copy(arena, key->traits, key->traits_size);
    return key->metadata && (key->traits || !key->traits_size);
}

static kind *add_kind(ek_catalog *catalog, const kind_key *key, uint64_t hash, const etwkit_record *record) {
    bool full = catalog->kept.kinds.count >= EK_MAX_KINDS || catalog->kept.arena.total > MAX_KEPT;
    shelf *place = full ? &catalog->overflow : &catalog->kept;
    ek_arena *arena = &place->arena;
    ek_description description = {0};
    /* A batch of nothing but ever new metadata gets names alone in the end, so that its memory stays bounded. */
    bool asks = !full || arena->total <= MAX_OVERFLOW;
    if (asks && !describe(catalog, arena, key, record, &description))
        return NULL;
    kind *added = ek_arena_new(arena, sizeof *added);
    if (!added)
        return NULL;
    added->key = *key;
    added->knowledge = catalog->knowledge;
    added->may_improve = !(key->class & CLASS_DESCRIBES_ITSELF) && ek_sources_may_improve(record, &description);
    added->schema = make_schema(arena, key, record, &description);
    if (!added->schema || !keep_key(arena, &added->key) || (!full && !list_schema(catalog, added->schema)))
        return NULL;
    added->schema->lasting = !full;
    return ek_table_add(&place->kinds, hash, added) ? added : NULL;
}

static kind *find_kind(ek_catalog *catalog, const kind_key *key, const etwkit_record *record) {
    uint64_t hash = hash_key(catalog, key);
    kind *found = ek_table_find(&catalog->kept.kinds, hash, is_kind, key);
    if (!found && catalog->overflow.kinds.count)
        found = ek_table_find(&catalog->overflow.kinds, hash, is_kind, key);
    return found ? found : add_kind(catalog, key, hash, record);
}

/* What came since of a kind that the trace itself did not describe when it was met first. Of one that nothing described
 * the provider's name alone is worth a new schema, with what the other sources give. *better: something did. false:
 * memory ran out. */
static bool ask_again(ek_catalog *catalog, const kind *known, const kind_key *key, const etwkit_record *record,
                      ek_description *description, bool *better) {
    etwkit_error error = {0};
    ek_arena *arena = &catalog->kept.arena;
    *description = (ek_description){0};
    *better = false;
    if (arena->total > MAX_KEPT) /* it is asked as often as something is learned */
        return true;
    etwkit_status status = ek_sources_describe_embedded(&catalog->sources, record, arena, description, &error);
    if (status == ETWKIT_E_NO_MEMORY)
        return false;
    bool names_provider = description->provider_name && !known->schema->is.provider_name;
    *better = status == ETWKIT_OK || (!known->schema->known && names_provider);
    if (status == ETWKIT_OK)
        return true;
    if (*better)
        return describe(catalog, arena, key, record, description);
    if (status < 0) {
        catalog->damage = error;
        set_place(&catalog->damage, record);
    }
    return true;
}

/* The old schema stays as it is: whoever remembers something by its address must not be misled. */
static bool improve(ek_catalog *catalog, kind *known, const kind_key *key, const etwkit_record *record) {
    ek_description description;
    bool better;
    if (!ask_again(catalog, known, key, record, &description, &better))
        return false;
    known->knowledge = catalog->knowledge;
    if (!better)
        return true;
    etwkit_schema *schema = make_schema(&catalog->kept.arena, key, record, &description);
    if (!schema || !list_schema(catalog, schema))
        return false;
    known->schema = schema;
    known->may_improve = ek_sources_may_improve(record, &description);
    return true;
}

/* The schema of a record without extended items, if its kind was met lately: without making a key of it. */
static inline etwkit_schema *find_recent(const ek_catalog *catalog, const etwkit_record *record) {
    const uint8_t *words = (const uint8_t *)record + offsetof(etwkit_record, provider_id);
    kind_key key = {.class = class_of(catalog, record)};
    key.words[0] = ek_load64(words);
    key.words[2] = ek_load64(words + 16);
    const kind *found = catalog->recent[recent_place(&key)];
    if (!found || (found->may_improve && found->knowledge != catalog->knowledge))
        return NULL;
    return difference(&found->key, words, key.class) ? NULL : found->schema;
}

etwkit_schema *ek_catalog_find(ek_catalog *catalog, const etwkit_record *record) {
    etwkit_schema *recent_schema = record->items_size ? NULL : find_recent(catalog, record);
    if (recent_schema)
        return recent_schema;
    kind_key key;
    read_key(catalog, &key, record);
    kind **recent = &catalog->recent[recent_place(&key)], *found = *recent;
    if (!found || !is_same(&found->key, &key)) {
        found = find_kind(catalog, &key, record);
        if (!found)
            return NULL;
        *recent = found;
    }
    if (found->may_improve && found->knowledge != catalog->knowledge && !improve(catalog, found, &key, record))
        return NULL;
    return found->schema;
}

const etwkit_schema *ek_catalog_renew(ek_catalog *catalog, const etwkit_schema *schema) {
    if (schema->known && schema->is.source != ETWKIT_SOURCE_MANIFEST && schema->is.source != ETWKIT_SOURCE_PACK &&
        schema->is.source != ETWKIT_SOURCE_TDH)
        return schema;
    /* A kind whose schema may improve is told from others by its descriptor alone. */
    const etwkit_record like = {
        .provider_id = schema->provider_id,
        .event_id = schema->event_id,
        .version = schema->version,
        .channel = schema->channel,
        .level = schema->level,
        .opcode = schema->opcode,
        .task = schema->task,
        .keywords = schema->keywords,
        .header_kind = schema->classic ? ETWKIT_HEADER_FULL64 : ETWKIT_HEADER_EVENT64,
        .pointer_size = 8,
        .flags = schema->classic ? ETWKIT_FLAG_CLASSIC : 0,
    };
    return ek_catalog_find(catalog, &like);
}

etwkit_schema *ek_catalog_at(const ek_catalog *catalog, size_t index) {
    return index < catalog->schema_count ? catalog->schemas[index] : NULL;
}

void ek_catalog_end_batch(ek_catalog *catalog) {
    if (!catalog->overflow.kinds.count)
        return;
    memset(catalog->recent, 0, sizeof catalog->recent);
    ek_table_clear(&catalog->overflow.kinds);
    ek_arena_reset(&catalog->overflow.arena);
}

etwkit_status ek_catalog_take_damage(ek_catalog *catalog, etwkit_error *error) {
    etwkit_status status = catalog->damage.status;
    if (status && error)
        *error = catalog->damage;
    catalog->damage.status = ETWKIT_OK;
    return status;
}

void ek_catalog_reset_usage(ek_catalog *catalog) {
    for (size_t i = 0; i < catalog->schema_count; i++)
        catalog->schemas[i]->usage = (etwkit_schema_usage){0};
}
