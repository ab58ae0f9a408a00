/* SPDX-License-Identifier: MIT */
/* Keeps the manifests of a trace, and finds the one that an event goes by. Knows neither chunks nor XML. */
#include "schema/told.h"

#include "base/error.h"
#include "base/guid.h"
#include "schema/pack_builder.h"

typedef struct manifest {
    etwkit_guid provider_id;
    ek_pack pack;
    uint8_t *bytes;
} manifest;

/* Who goes by which. */
typedef struct sender {
    etwkit_guid provider_id;
    uint32_t process_id;
    uint32_t manifest;
} sender;

struct ek_told {
    etwkit_allocator allocator;
    ek_eventsources *sources;
    manifest *manifests;
    size_t manifest_count, manifest_capacity;
    sender *senders; /* of a provider and process the last one counts */
    size_t sender_count, sender_capacity;
    bool varies;
};

etwkit_status ek_told_new(ek_told **told, const etwkit_allocator *allocator) {
    ek_told *made = *told = ek_new(allocator, sizeof *made);
    if (!made)
        return ETWKIT_E_NO_MEMORY;
    made->allocator = *allocator;
    etwkit_status status = ek_eventsources_new(&made->sources, allocator);
    if (status)
        ek_told_free(told);
    return status;
}

void ek_told_free(ek_told **told) {
    ek_told *at = *told;
    if (!at)
        return;
    etwkit_allocator allocator = at->allocator;
    for (size_t i = 0; i < at->manifest_count; i++)
        ek_release(&allocator, at->manifests[i].bytes);
    ek_release(&allocator, at->manifests);
    ek_release(&allocator, at->senders);
    ek_eventsources_free(&at->sources);
    ek_release(&allocator, at);
    *told = NULL;
}

static bool is_told_of(const ek_told *told, const etwkit_guid *provider_id) {
    for (size_t i = 0; i < told->manifest_count; i++)
        if (ek_guid_equal(&told->manifests[i].provider_id, provider_id))
            return true;
    return false;
}

static etwkit_status add_manifest(ek_told *told, const etwkit_guid *provider_id, const ek_providers *providers,
                                  etwkit_error *error) {
    void *list = told->manifests;
    manifest added = {.provider_id = *provider_id};
    ek_buf bytes;
    ek_buf_init(&bytes, &told->allocator);
    etwkit_status status = ek_pack_of(providers, &bytes, error);
    if (!status)
        status = ek_pack_open(&added.pack, bytes.data, bytes.size, error);
    if (!status && !ek_grow(&told->allocator, &list, &told->manifest_capacity, told->manifest_count + 1, sizeof added))
        status = ek_fail_memory(error);
    else
        told->manifests = list;
    if (status) {
        ek_buf_free(&bytes);
        return status;
    }
    told->varies |= is_told_of(told, provider_id);
    added.bytes = bytes.data;
    added.pack.source = ETWKIT_SOURCE_EVENTSOURCE;
    told->manifests[told->manifest_count++] = added;
    return ETWKIT_OK;
}

static sender *find_sender(const ek_told *told, const etwkit_guid *provider_id, uint32_t process_id) {
    for (size_t i = 0; i < told->sender_count; i++)
        if (told->senders[i].process_id == process_id && ek_guid_equal(&told->senders[i].provider_id, provider_id))
            return &told->senders[i];
    return NULL;
}

/* ETWKIT_OK where the process went by another one, or by none, before. */
static etwkit_status set_sender(ek_told *told, const etwkit_record *record, uint32_t number, etwkit_error *error) {
    sender *known = find_sender(told, &record->provider_id, record->process_id);
    if (known) {
        bool same = known->manifest == number;
        known->manifest = number;
        return same ? ETWKIT_ABSENT : ETWKIT_OK;
    }
    void *list = told->senders;
    if (told->sender_count == EK_TOLD_SENDERS) /* the others go by the newest */
        return ETWKIT_OK;
    if (!ek_grow(&told->allocator, &list, &told->sender_capacity, told->sender_count + 1, sizeof *known))
        return ek_fail_memory(error);
    told->senders = list;
    told->senders[told->sender_count++] = (sender){record->provider_id, record->process_id, number};
    return ETWKIT_OK;
}

etwkit_status ek_told_learn(ek_told *told, const etwkit_record *record, ek_manifest_report *report, void *context,
                            etwkit_error *error) {
    ek_providers providers;
    ek_eventsource_manifest complete;
    ek_providers_init(&providers, &told->allocator);
    etwkit_status status = ek_eventsources_learn(told->sources, record, &providers, &complete, report, context, error);
    bool is_new = status == ETWKIT_OK;
    if (is_new)
        status = add_manifest(told, &record->provider_id, &providers, error);
    ek_providers_free(&providers);
    if (status == ETWKIT_OK || status == ETWKIT_END)
        status = set_sender(told, record, complete.number, error);
    return is_new && status == ETWKIT_ABSENT ? ETWKIT_OK : status;
}

void ek_told_finish(const ek_told *told, ek_manifest_report *report, void *context) {
    ek_eventsources_finish(told->sources, report, context);
}

bool ek_told_varies(const ek_told *told) {
    return told->varies;
}

/* The manifest that a record goes by, NULL: none tells of its provider. */
static const manifest *manifest_of(const ek_told *told, const etwkit_record *record) {
    const sender *by = find_sender(told, &record->provider_id, record->process_id);
    if (by && by->manifest < told->manifest_count)
        return &told->manifests[by->manifest];
    for (size_t i = told->manifest_count; i-- > 0;)
        if (ek_guid_equal(&told->manifests[i].provider_id, &record->provider_id))
            return &told->manifests[i];
    return NULL;
}

uint16_t ek_told_variant(const ek_told *told, const etwkit_record *record) {
    const manifest *by = told->varies ? manifest_of(told, record) : NULL;
    return by ? (uint16_t)(by - told->manifests + 1) : 0;
}

etwkit_status ek_told_describe_carrier(ek_arena *arena, ek_description *description, etwkit_error *error) {
#define FIELD(text, type, out) \
    { .name = (text), .name_length = sizeof(text) - 1, .in_type = (type), .out_type = (out) }
    static const ek_field_spec fields[] = {
        FIELD("Format", ETWKIT_IN_UINT8, 0),
        FIELD("MajorVersion", ETWKIT_IN_UINT8, 0),
        FIELD("MinorVersion", ETWKIT_IN_UINT8, 0),
        FIELD("Magic", ETWKIT_IN_UINT8, ETWKIT_OUT_HEXINT8),
        FIELD("TotalChunks", ETWKIT_IN_UINT16, 0),
        FIELD("ChunkNumber", ETWKIT_IN_UINT16, 0),
        FIELD("Manifest", ETWKIT_IN_NONNULLTERMINATEDANSISTRING, ETWKIT_OUT_UTF8),
    };
#undef FIELD
    size_t count = sizeof fields / sizeof fields[0];
    description->source = ETWKIT_SOURCE_EVENTSOURCE;
    description->event_name = "ManifestData";
    return ek_layout_build(&description->layout, arena, fields, count, count, error);
}

etwkit_status ek_told_describe(const ek_told *told, const etwkit_record *record, const ek_pack_choice *choice,
                               ek_arena *arena, ek_description *description, etwkit_error *error) {
    const manifest *by = manifest_of(told, record);
    return by ? ek_pack_describe(&by->pack, record, choice, arena, description, error) : ETWKIT_ABSENT;
}
