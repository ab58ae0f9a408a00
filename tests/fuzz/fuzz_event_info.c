/* SPDX-License-Identifier: MIT */
/* Fuzz target: TRACE_EVENT_INFO and EVENT_MAP_INFO blobs, learned, found again, and payloads read by them.
 *
 * Input: u8 (bit 0: 8-byte pointers, bit 1: maps are given first, bit 2: payloads are shown by the sinks, too), then
 * parts: u8 kind (0: event, 1: map, 2: payload), u16 size, bytes.
 */
#include "base/bytes.h"
#include "fuzz.h"
#include "fuzz_show.h"
#include "schema/catalog.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_PARTS = 24,
    OPCODE_EVENT = 32,
    OPCODE_MAP = 33,
    DESCRIPTOR = 0x20,
    BLOB_HEAD = 0x70
};

typedef struct part {
    unsigned kind;
    uint8_t *data; /* its own block */
    size_t size;
} part;

static size_t take_parts(fuzz_input *input, part *parts) {
    size_t count = 0;
    while (input->left > 3 && count < MOST_PARTS) {
        part *next = &parts[count++];
        next->kind = fuzz_u8(input) % 3;
        next->size = fuzz_u16(input);
        const uint8_t *at = fuzz_bytes(input, &next->size);
        next->data = fuzz_copy(at, next->size);
    }
    return count;
}

static void learn(ek_catalog *catalog, const part *from) {
    static const etwkit_guid metadata_class = {
        {0xc1, 0xf6, 0xcc, 0xbb, 0xd1, 0x6c, 0xc4, 0x48, 0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71}};
    etwkit_error error = {0};
    etwkit_record record = {.provider_id = metadata_class,
                            .opcode = from->kind ? OPCODE_MAP : OPCODE_EVENT,
                            .flags = ETWKIT_FLAG_CLASSIC,
                            .header_kind = ETWKIT_HEADER_FULL64,
                            .payload = from->data,
                            .payload_size = (uint32_t)from->size};
    FUZZ_CHECK(ek_catalog_is_metadata(&record));
    etwkit_status status = ek_catalog_learn(catalog, &record, &error);
    FUZZ_CHECK(status == ETWKIT_OK || (status == ETWKIT_E_DAMAGED && error.message[0]));
}

/* The record that a blob describes, as manifest event or as classic one. */
static etwkit_record record_of(const part *blob, const part *payload, unsigned how, bool classic) {
    etwkit_record record = {.header_kind = classic ? ETWKIT_HEADER_FULL64 : ETWKIT_HEADER_EVENT64,
                            .flags = classic ? ETWKIT_FLAG_CLASSIC : 0,
                            .pointer_size = how & 1 ? 8 : 4,
                            .payload = payload->data,
                            .payload_size = (uint32_t)payload->size,
                            .data = payload->data,
                            .data_size = (uint32_t)payload->size};
    memcpy(&record.provider_id, blob->data + (classic ? 0x10 : 0), sizeof record.provider_id);
    memcpy((uint8_t *)&record + offsetof(etwkit_record, event_id), blob->data + DESCRIPTOR, 16);
    return record;
}

static void show(ek_catalog *catalog, const etwkit_record *record, fuzz_sink *sinks) {
    const etwkit_schema *schema = ek_catalog_find(catalog, record);
    FUZZ_CHECK(schema != NULL);
    fuzz_show_schema(schema);
    fuzz_show_values(record, schema);
    ek_sink_event event = {record, schema, 0, 0, NULL, 0};
    for (int i = 0; sinks && i < 2; i++)
        FUZZ_CHECK(ek_sink_append(sinks[i].sink, &event, NULL) == ETWKIT_OK);
}

static void show_all(ek_catalog *catalog, const part *parts, size_t count, unsigned how, fuzz_sink *sinks) {
    part payload = {0, NULL, 0};
    for (size_t i = 0; i < count; i++)
        if (parts[i].kind == 2)
            payload = parts[i];
    for (size_t i = 0; i < count; i++) {
        if (parts[i].kind != 0 || parts[i].size < BLOB_HEAD)
            continue;
        etwkit_record manifest = record_of(&parts[i], &payload, how, false);
        etwkit_record classic = record_of(&parts[i], &payload, how, true);
        show(catalog, &manifest, sinks);
        show(catalog, &classic, sinks);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_memory memory = {0};
    etwkit_allocator allocator = fuzz_allocator(&memory);
    unsigned how = fuzz_u8(&input);
    part parts[MOST_PARTS];
    size_t count = take_parts(&input, parts);
    ek_catalog *catalog;
    fuzz_sink sinks[2];
    FUZZ_CHECK(ek_catalog_new(&catalog, &allocator, NULL) == ETWKIT_OK);
    FUZZ_CHECK(fuzz_sink_open(&sinks[0], ETWKIT_FORMAT_JSONL, how >> 4, &allocator) == ETWKIT_OK);
    FUZZ_CHECK(fuzz_sink_open(&sinks[1], ETWKIT_FORMAT_TEXT, how >> 4, &allocator) == ETWKIT_OK);
    for (size_t i = 0; how & 2 && i < count; i++)
        if (parts[i].kind == 1)
            learn(catalog, &parts[i]);
    for (size_t i = 0; i < count; i++)
        if (parts[i].kind < 2)
            learn(catalog, &parts[i]);
    show_all(catalog, parts, count, how, how & 4 ? sinks : NULL);
    FUZZ_CHECK(etwkit_sink_flush(sinks[0].sink, NULL) == ETWKIT_OK);
    FUZZ_CHECK(etwkit_sink_flush(sinks[1].sink, NULL) == ETWKIT_OK);
    etwkit_sink_close(&sinks[0].sink);
    etwkit_sink_close(&sinks[1].sink);
    ek_catalog_free(&catalog);
    FUZZ_CHECK(memory.live == 0);
    for (size_t i = 0; i < count; i++)
        free(parts[i].data);
    return 0;
}
