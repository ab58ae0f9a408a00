/* SPDX-License-Identifier: MIT */
/* Collects chunks of EventSource manifests (docs/format/eventsource.md). Knows the eight bytes in front of a chunk; XML
 * is the manifest reader's. */
#include "schema/eventsource.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/guid.h"
#include "base/hash.h"

enum {
    CHUNK_FORMAT = 0,
    CHUNK_MAGIC = 3,
    CHUNK_TOTAL = 4,
    CHUNK_NUMBER = 6,
    CHUNK_BYTES = 8,
    FORMAT_XML = 1,
    MAGIC = 0x5B
};

typedef struct chunk {
    uint8_t *bytes; /* NULL: not there, or used already */
    uint32_t size;
    uint64_t hash; /* 0: never came; stays when the manifest is complete */
} chunk;

/* Who sends a manifest in several chunks. */
typedef struct sender {
    etwkit_guid provider_id;
    uint32_t process_id, thread_id;
    chunk *chunks;
    uint32_t total;
    uint32_t count; /* chunks that are there */
    size_t size;    /* bytes of those */
    bool once;      /* was it complete once? */
} sender;

/* A manifest that was read, by what it holds. */
typedef struct seen {
    etwkit_guid provider_id;
    uint64_t hash[2];
    size_t size;
    uint32_t number;
} seen;

struct ek_eventsources {
    etwkit_allocator allocator;
    uint64_t seed;
    sender *senders;
    size_t sender_count;
    size_t sender_capacity;
    size_t waiting; /* bytes of chunks */
    ek_arena arena; /* of seen ones */
    ek_table seen;
    size_t seen_size;
};

etwkit_status ek_eventsources_new(ek_eventsources **sources, const etwkit_allocator *allocator) {
    ek_eventsources *made = ek_new(allocator, sizeof *made);
    *sources = made;
    if (!made)
        return ETWKIT_E_NO_MEMORY;
    made->allocator = *allocator;
    made->seed = ek_hash_seed(made);
    ek_arena_init(&made->arena, allocator);
    ek_table_init(&made->seen, allocator);
    return ETWKIT_OK;
}

static void drop_bytes(ek_eventsources *sources, sender *from) {
    for (uint32_t i = 0; i < from->total; i++) {
        ek_release(&sources->allocator, from->chunks[i].bytes);
        from->chunks[i].bytes = NULL;
    }
    sources->waiting -= from->size;
    from->size = 0;
}

static void forget_chunks(ek_eventsources *sources, sender *from) {
    drop_bytes(sources, from);
    sources->waiting -= from->total * sizeof *from->chunks;
    ek_release(&sources->allocator, from->chunks);
    from->chunks = NULL;
    from->total = from->count = 0;
}

void ek_eventsources_free(ek_eventsources **sources) {
    ek_eventsources *at = *sources;
    if (!at)
        return;
    etwkit_allocator allocator = at->allocator;
    for (size_t i = 0; i < at->sender_count; i++)
        forget_chunks(at, &at->senders[i]);
    ek_release(&allocator, at->senders);
    ek_table_free(&at->seen);
    ek_arena_free(&at->arena);
    ek_release(&allocator, at);
    *sources = NULL;
}

bool ek_eventsource_is_metadata(const etwkit_record *record) {
    const uint8_t *metadata;
    size_t size;
    if (record->event_id != EK_EVENTSOURCE_ID || record->payload_size < CHUNK_BYTES ||
        record->flags & ETWKIT_FLAG_CLASSIC)
        return false;
    if (record->payload[CHUNK_FORMAT] != FORMAT_XML || record->payload[CHUNK_MAGIC] != MAGIC)
        return false;
    return etwkit_record_item(record, ETWKIT_ITEM_EVENT_SCHEMA_TL, &metadata, &size) != ETWKIT_OK;
}

/* A whole manifest, and who sent it. */
typedef struct block {
    const etwkit_record *record;
    const uint8_t *bytes;
    size_t size;
} block;

static etwkit_status too_many(etwkit_error *error) {
    return ek_fail(error, ETWKIT_E_LIMIT, "too many manifests of EventSources: further ones are not read");
}

static bool is_same(const void *value, const void *key) {
    const seen *a = value, *b = key;
    return a->hash[0] == b->hash[0] && a->hash[1] == b->hash[1] && a->size == b->size &&
           ek_guid_equal(&a->provider_id, &b->provider_id);
}

/* Takes the providers behind `first` for those of the sender, and gives their events the names that they have. */
static void adopt(ek_providers *providers, size_t first, const etwkit_guid *provider_id) {
    for (size_t i = first; i < providers->count; i++) {
        ek_provider *provider = providers->list[i];
        provider->id = *provider_id;
        for (size_t j = 0; j < provider->event_count; j++)
            if (!provider->events[j].name)
                provider->events[j].name = provider->events[j].symbol;
    }
}

static etwkit_status read_block(ek_eventsources *sources, const block *whole, ek_providers *providers,
                                ek_eventsource_manifest *manifest, ek_manifest_report *report, void *context,
                                etwkit_error *error) {
    char name[96], id[ETWKIT_GUID_TEXT];
    uint64_t hash = ek_hash(whole->bytes, whole->size, sources->seed);
    seen key = {.provider_id = whole->record->provider_id,
                .hash = {hash, ek_hash(whole->bytes, whole->size, ~sources->seed)},
                .size = whole->size,
                .number = (uint32_t)sources->seen.count};
    const seen *known = ek_table_find(&sources->seen, hash, is_same, &key);
    *manifest = (ek_eventsource_manifest){known ? known->number : key.number, whole->record->process_id};
    if (known)
        return ETWKIT_END;
    if (sources->seen.count == EK_EVENTSOURCE_MANIFESTS || whole->size > EK_EVENTSOURCE_SIZE - sources->seen_size)
        return too_many(error);
    seen *kept = ek_arena_copy(&sources->arena, &key, sizeof key);
    if (!kept || !ek_table_add(&sources->seen, hash, kept))
        return ek_fail_memory(error);
    sources->seen_size += whole->size;
    etwkit_guid_format(&key.provider_id, id);
    ek_format(name, sizeof name, "EventSource manifest of %s", id);
    size_t first = providers->count;
    etwkit_status status = ek_manifest_read(name, whole->bytes, whole->size, providers, report, context, error);
    adopt(providers, first, &key.provider_id);
    return status;
}

static etwkit_status damaged(const etwkit_record *record, etwkit_error *error, const char *what, unsigned number,
                             unsigned total) {
    char id[ETWKIT_GUID_TEXT];
    etwkit_guid_format(&record->provider_id, id);
    return ek_fail(error, ETWKIT_E_DAMAGED, "EventSource manifest of %s: chunk %u of %u %s", id, number, total, what);
}

static sender *find_sender(ek_eventsources *sources, const etwkit_record *record) {
    for (size_t i = 0; i < sources->sender_count; i++) {
        sender *at = &sources->senders[i];
        if (at->process_id == record->process_id && at->thread_id == record->thread_id &&
            ek_guid_equal(&at->provider_id, &record->provider_id))
            return at;
    }
    return NULL;
}

/* One who has nothing that waits, and so can be forgotten. */
static sender *find_idle(ek_eventsources *sources) {
    for (size_t i = 0; i < sources->sender_count; i++)
        if (sources->senders[i].count == sources->senders[i].total)
            return &sources->senders[i];
    return NULL;
}

static sender *add_sender(ek_eventsources *sources) {
    void *list = sources->senders;
    if (!ek_grow(&sources->allocator, &list, &sources->sender_capacity, sources->sender_count + 1, sizeof(sender)))
        return NULL;
    sources->senders = list;
    return &sources->senders[sources->sender_count++];
}

/* NULL: memory ran out, or (*full) there are too many. */
static sender *take_sender(ek_eventsources *sources, const etwkit_record *record, bool *full) {
    sender *at = find_sender(sources, record);
    *full = false;
    if (at)
        return at;
    if (sources->sender_count < EK_EVENTSOURCE_SENDERS)
        at = add_sender(sources);
    else if ((at = find_idle(sources)))
        forget_chunks(sources, at);
    else
        *full = true;
    if (at)
        *at = (sender){
            .provider_id = record->provider_id, .process_id = record->process_id, .thread_id = record->thread_id};
    return at;
}

static etwkit_status keep_chunk(ek_eventsources *sources, sender *from, uint32_t number, const block *part,
                                etwkit_error *error) {
    chunk *at = &from->chunks[number];
    if (part->size > EK_EVENTSOURCE_SIZE - sources->waiting)
        return too_many(error);
    if (!(at->bytes = ek_alloc(&sources->allocator, part->size)))
        return ek_fail_memory(error);
    memcpy(at->bytes, part->bytes, part->size);
    at->size = (uint32_t)part->size;
    at->hash = ek_hash(part->bytes, part->size, sources->seed) | 1;
    from->count++;
    from->size += part->size;
    sources->waiting += part->size;
    return ETWKIT_OK;
}

static etwkit_status join(ek_eventsources *sources, sender *from, const block *last, ek_providers *providers,
                          ek_eventsource_manifest *manifest, ek_manifest_report *report, void *context,
                          etwkit_error *error) {
    ek_buf whole;
    ek_buf_init(&whole, &sources->allocator);
    for (uint32_t i = 0; i < from->total; i++)
        ek_buf_append(&whole, from->chunks[i].bytes, from->chunks[i].size);
    drop_bytes(sources, from);
    from->once = true;
    etwkit_status status = ek_fail_memory(error);
    if (!whole.failed)
        status = read_block(sources, &(block){last->record, whole.data, whole.size}, providers, manifest, report,
                            context, error);
    ek_buf_free(&whole);
    return status;
}

/* One of several chunks. A first chunk begins anew where there is one already, and so does one that differs from that
 * of the same number. */
static etwkit_status take_chunk(ek_eventsources *sources, sender *from, uint32_t number, uint32_t total,
                                const block *part, etwkit_error *error) {
    bool same_total = from->total == total, lost = false;
    uint64_t known = same_total ? from->chunks[number].hash : 0;
    bool differs = known && known != (ek_hash(part->bytes, part->size, sources->seed) | 1);
    if (known && !differs && number > 0)
        return ETWKIT_ABSENT;
    if (known || !same_total) {
        lost = from->count && from->count < from->total;
        forget_chunks(sources, from);
        if (total * sizeof *from->chunks > EK_EVENTSOURCE_SIZE - sources->waiting)
            return too_many(error);
        if (!(from->chunks = ek_new(&sources->allocator, total * sizeof *from->chunks)))
            return ek_fail_memory(error);
        from->total = total;
        sources->waiting += total * sizeof *from->chunks;
    }
    etwkit_status status = keep_chunk(sources, from, number, part, error);
    if (status || !lost)
        return status;
    const char *what =
        differs && number > 0 ? "came twice, and differs" : "begins another one before this one was complete";
    return damaged(part->record, error, what, number, total);
}

etwkit_status ek_eventsources_learn(ek_eventsources *sources, const etwkit_record *record, ek_providers *providers,
                                    ek_eventsource_manifest *manifest, ek_manifest_report *report, void *context,
                                    etwkit_error *error) {
    uint32_t total = ek_load16(record->payload + CHUNK_TOTAL), number = ek_load16(record->payload + CHUNK_NUMBER);
    block part = {record, record->payload + CHUNK_BYTES, record->payload_size - CHUNK_BYTES};
    bool full;
    *manifest = (ek_eventsource_manifest){0, record->process_id};
    if (number >= total)
        return damaged(record, error, "is none of them", number, total);
    if (total == 1)
        return read_block(sources, &part, providers, manifest, report, context, error);
    sender *from = take_sender(sources, record, &full);
    if (!from && full)
        return too_many(error);
    if (!from)
        return ek_fail_memory(error);
    etwkit_status status = take_chunk(sources, from, number, total, &part, error);
    if (status)
        return status;
    if (from->count < from->total)
        return ETWKIT_ABSENT;
    return join(sources, from, &part, providers, manifest, report, context, error);
}

void ek_eventsources_finish(const ek_eventsources *sources, ek_manifest_report *report, void *context) {
    for (size_t i = 0; report && i < sources->sender_count; i++) {
        const sender *at = &sources->senders[i];
        char id[ETWKIT_GUID_TEXT];
        etwkit_error error;
        if (at->once || at->count == at->total)
            continue;
        etwkit_guid_format(&at->provider_id, id);
        ek_fail(&error, ETWKIT_E_DAMAGED, "EventSource manifest of %s: %u of its %u chunks are missing", id,
                (unsigned)(at->total - at->count), (unsigned)at->total);
        report(context, &error);
    }
}
