/* SPDX-License-Identifier: MIT */
/* EventSource manifests in chunks: orders, gaps, repetitions, versions, and who sent them. */
#include "base/guid.h"
#include "oom.h"
#include "schema/eventsource.h"
#include "test.h"

static const etwkit_guid source_id = EK_GUID(0x11111111, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 8);

#define MANIFEST(event)                                                                                        \
    "<instrumentationManifest><instrumentation><events><provider name=\"My-Source\" "                          \
    "guid=\"{99999999-2222-3333-0102-030405060708}\" symbol=\"My\"><events><event value=\"1\" symbol=\"" event \
    "\"/></events></provider></events></instrumentation></instrumentationManifest>"

static const char first[] = MANIFEST("Began"), second[] = MANIFEST("Begun");

typedef struct told {
    unsigned reports;
    char last[512];
} told;

/* The state of one test. */
typedef struct bench {
    ek_eventsources *sources;
    ek_providers providers;
    ek_eventsource_manifest manifest;
    etwkit_error error;
    told told;
    etwkit_record record;
    uint8_t payload[4096];
} bench;

static bench b;

static void note(void *context, const etwkit_error *error) {
    told *t = context;
    t->reports++;
    snprintf(t->last, sizeof t->last, "%s", error->message);
}

static void begin(void) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    b = (bench){.record = {.provider_id = source_id,
                           .event_id = EK_EVENTSOURCE_ID,
                           .process_id = 12,
                           .thread_id = 34,
                           .header_kind = ETWKIT_HEADER_EVENT64}};
    CHECK_EQ_INT(ek_eventsources_new(&b.sources, &allocator), ETWKIT_OK);
    ek_providers_init(&b.providers, &allocator);
}

static void end(void) {
    ek_eventsources_free(&b.sources);
    CHECK(b.sources == NULL);
    ek_providers_free(&b.providers);
}

static const etwkit_record *carry(const char *text, size_t size, unsigned number, unsigned total) {
    uint8_t head[8] = {1, 1, 0, 0x5B, (uint8_t)total, (uint8_t)(total >> 8), (uint8_t)number, (uint8_t)(number >> 8)};
    memcpy(b.payload, head, sizeof head);
    memcpy(b.payload + 8, text, size);
    b.record.payload = b.payload;
    b.record.payload_size = (uint32_t)size + 8;
    return &b.record;
}

/* Chunk `number` of a text that is cut into `total`. */
static etwkit_status send(const char *text, unsigned number, unsigned total) {
    size_t size = strlen(text), from = size * number / total, to = size * (number + 1) / total;
    const etwkit_record *record = carry(text + from, to - from, number, total);
    CHECK(ek_eventsource_is_metadata(record));
    b.error.message[0] = 0;
    return ek_eventsources_learn(b.sources, record, &b.providers, &b.manifest, note, &b.told, &b.error);
}

TEST(one_chunk_is_a_manifest) {
    begin();
    CHECK_EQ_INT(send(first, 0, 1), ETWKIT_OK);
    REQUIRE(b.providers.count == 1 && b.providers.list[0]->event_count == 1);
    CHECK_EQ_STR(b.providers.list[0]->name, "My-Source");
    CHECK_EQ_MEM(&b.providers.list[0]->id, &source_id, sizeof source_id); /* who sends, not who it says */
    CHECK_EQ_STR(b.providers.list[0]->events[0].name, "Began");
    CHECK_EQ_UINT(b.manifest.process_id, 12);
    CHECK_EQ_UINT(b.manifest.number, 0);
    CHECK_EQ_UINT(b.told.reports, 0);
    end();
}

TEST(only_carriers_are_metadata) {
    begin();
    carry(first, 100, 0, 1);
    CHECK(ek_eventsource_is_metadata(&b.record));
    b.payload[3] = 0x5A;
    CHECK(!ek_eventsource_is_metadata(&b.record));
    carry(first, 100, 0, 1);
    b.payload[0] = 2;
    CHECK(!ek_eventsource_is_metadata(&b.record));
    carry(first, 100, 0, 1);
    b.record.payload_size = 7;
    CHECK(!ek_eventsource_is_metadata(&b.record));
    carry(first, 100, 0, 1);
    b.record.event_id = 0xFFFD;
    CHECK(!ek_eventsource_is_metadata(&b.record));
    b.record.event_id = 0xFFFE;
    b.record.flags = ETWKIT_FLAG_CLASSIC;
    CHECK(!ek_eventsource_is_metadata(&b.record));
    end();
}

TEST(chunks_are_joined_in_any_order) {
    static const unsigned orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 3, 2}, {2, 3, 0, 1}};
    for (size_t i = 0; i < 4; i++) {
        begin();
        for (size_t j = 0; j < 4; j++)
            CHECK_EQ_INT(send(first, orders[i][j], 4), j < 3 ? ETWKIT_ABSENT : ETWKIT_OK);
        CHECK_EQ_UINT(b.providers.count, 1);
        ek_eventsources_finish(b.sources, note, &b.told);
        CHECK_EQ_UINT(b.told.reports, 0);
        end();
    }
}

TEST(repetitions_are_known_and_versions_kept) {
    begin();
    CHECK_EQ_INT(send(first, 0, 1), ETWKIT_OK);
    b.record.process_id = 13;
    CHECK_EQ_INT(send(second, 0, 1), ETWKIT_OK);
    CHECK_EQ_UINT(b.manifest.number, 1);
    CHECK_EQ_UINT(b.manifest.process_id, 13);
    b.record.process_id = 14;
    CHECK_EQ_INT(send(first, 0, 1), ETWKIT_END);
    CHECK_EQ_UINT(b.manifest.number, 0);
    CHECK_EQ_UINT(b.manifest.process_id, 14);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ_INT(send(first, i, 3), i < 2 ? ETWKIT_ABSENT : ETWKIT_END); /* however it is cut */
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ_INT(send(first, i, 3), i < 2 ? ETWKIT_ABSENT : ETWKIT_END);
    CHECK_EQ_INT(send(first, 1, 3), ETWKIT_ABSENT); /* known */
    for (unsigned i = 0; i < 2; i++)
        CHECK_EQ_INT(send(second, i, 2), i < 1 ? ETWKIT_ABSENT : ETWKIT_END);
    CHECK_EQ_UINT(b.providers.count, 2);
    CHECK_EQ_STR(b.providers.list[1]->events[0].name, "Begun");
    end();
}

TEST(senders_are_apart) {
    begin();
    CHECK_EQ_INT(send(first, 0, 2), ETWKIT_ABSENT);
    b.record.thread_id = 35;
    CHECK_EQ_INT(send(second, 1, 2), ETWKIT_ABSENT);
    b.record.process_id = 13;
    CHECK_EQ_INT(send(second, 0, 2), ETWKIT_ABSENT);
    b.record.process_id = 12;
    CHECK_EQ_INT(send(second, 0, 2), ETWKIT_OK);
    b.record.thread_id = 34;
    CHECK_EQ_INT(send(first, 1, 2), ETWKIT_OK);
    CHECK_EQ_STR(b.providers.list[1]->events[0].name, "Began");
    ek_eventsources_finish(b.sources, note, &b.told);
    CHECK_EQ_UINT(b.told.reports, 1);
    CHECK_EQ_STR(b.told.last,
                 "EventSource manifest of 11111111-2222-3333-0102-030405060708: 1 of its 2 chunks are missing");
    end();
}

TEST(another_manifest_may_begin_with_any_chunk) {
    begin();
    CHECK_EQ_INT(send(first, 0, 3), ETWKIT_ABSENT);
    CHECK_EQ_INT(send(first, 1, 3), ETWKIT_ABSENT);
    CHECK_EQ_INT(send(first, 2, 3), ETWKIT_OK);
    CHECK_EQ_INT(send(second, 2, 3), ETWKIT_ABSENT); /* which differ in this one; nothing is lost */
    CHECK_EQ_INT(send(second, 0, 3), ETWKIT_ABSENT);
    CHECK_EQ_INT(send(second, 1, 3), ETWKIT_OK);
    CHECK_EQ_STR(b.providers.list[1]->events[0].name, "Begun");
    CHECK_EQ_INT(send(first, 2, 3), ETWKIT_ABSENT);
    CHECK_EQ_INT(send(second, 2, 3), ETWKIT_E_DAMAGED); /* the chunk before is lost, this one is not */
    CHECK_EQ_INT(send(second, 0, 3), ETWKIT_ABSENT);
    CHECK_EQ_INT(send(second, 1, 3), ETWKIT_END);
    end();
}

TEST(what_is_broken_is_told) {
    begin();
    CHECK_EQ_INT(send(first, 0, 3), ETWKIT_ABSENT);
    CHECK_EQ_INT(send(first, 2, 3), ETWKIT_ABSENT); /* one is lost */
    CHECK_EQ_INT(send(second, 0, 2), ETWKIT_E_DAMAGED);
    CHECK_EQ_STR(b.error.message, "EventSource manifest of 11111111-2222-3333-0102-030405060708: chunk 0 of 2 begins "
                                  "another one before this one was complete");
    CHECK_EQ_INT(send(second, 1, 2), ETWKIT_OK); /* which is good */
    carry(first, 100, 3, 3);
    CHECK_EQ_INT(ek_eventsources_learn(b.sources, &b.record, &b.providers, &b.manifest, note, &b.told, &b.error),
                 ETWKIT_E_DAMAGED);
    CHECK_EQ_STR(b.error.message,
                 "EventSource manifest of 11111111-2222-3333-0102-030405060708: chunk 3 of 3 is none of them");
    carry(first, 100, 0, 0);
    CHECK_EQ_INT(ek_eventsources_learn(b.sources, &b.record, &b.providers, &b.manifest, note, &b.told, &b.error),
                 ETWKIT_E_DAMAGED);
    CHECK_EQ_INT(send(first, 1, 3), ETWKIT_ABSENT);
    CHECK_EQ_INT(send("something else of that many chunks", 1, 3), ETWKIT_E_DAMAGED);
    CHECK(strstr(b.error.message, "chunk 1 of 3 came twice, and differs") != NULL);
    CHECK_EQ_INT(send("no XML", 0, 1), ETWKIT_E_DAMAGED);
    CHECK(strstr(b.error.message, "EventSource manifest of 11111111-2222-3333-0102-030405060708: line 1, column 0: ") ==
          b.error.message);
    CHECK_EQ_INT(send("no XML", 0, 1), ETWKIT_END); /* said once */
    end();
}

TEST(memory_of_chunks_is_bounded) {
    begin();
    etwkit_status status = ETWKIT_ABSENT;
    for (unsigned i = 0; i < EK_EVENTSOURCE_SENDERS && status == ETWKIT_ABSENT; i++) {
        b.record.thread_id = i;
        status = send(first, 0, 65535);
    }
    CHECK_EQ_INT(status, ETWKIT_E_LIMIT);
    end();
    begin();
    for (unsigned i = 0; i <= EK_EVENTSOURCE_SENDERS; i++) {
        b.record.thread_id = i;
        CHECK_EQ_INT(send(first, 0, 2), i < EK_EVENTSOURCE_SENDERS ? ETWKIT_ABSENT : ETWKIT_E_LIMIT);
    }
    b.record.thread_id = 7;
    CHECK_EQ_INT(send(first, 1, 2), ETWKIT_OK);
    b.record.thread_id = EK_EVENTSOURCE_SENDERS;
    CHECK_EQ_INT(send(first, 0, 2), ETWKIT_ABSENT); /* in the place of one that is done */
    CHECK_EQ_INT(send(first, 1, 2), ETWKIT_END);
    end();
    begin();
    char text[sizeof first + 16];
    for (unsigned i = 0; i <= EK_EVENTSOURCE_MANIFESTS; i++) {
        snprintf(text, sizeof text, "%s<!--%u-->", first, i);
        CHECK_EQ_INT(send(text, 0, 1), i < EK_EVENTSOURCE_MANIFESTS ? ETWKIT_OK : ETWKIT_E_LIMIT);
    }
    end();
}

static bool learns(const etwkit_allocator *allocator, void *context) {
    (void)context;
    ek_eventsources *sources;
    ek_providers providers;
    if (ek_eventsources_new(&sources, allocator) != ETWKIT_OK)
        return false;
    ek_providers_init(&providers, allocator);
    etwkit_status status = ETWKIT_ABSENT;
    for (unsigned i = 0; i < 2 && status == ETWKIT_ABSENT; i++) {
        size_t half = sizeof first / 2;
        const etwkit_record *record = carry(first + i * half, i ? strlen(first) - half : half, i, 2);
        status = ek_eventsources_learn(sources, record, &providers, &b.manifest, NULL, NULL, NULL);
    }
    bool good = status == ETWKIT_OK && providers.count == 1;
    if (!good)
        CHECK_EQ_INT(status, ETWKIT_E_NO_MEMORY);
    ek_eventsources_free(&sources);
    ek_providers_free(&providers);
    return good;
}

TEST(memory_may_run_out) {
    begin();
    end();
    CHECK_OOM(learns, NULL);
}

TEST_MAIN(CASE(one_chunk_is_a_manifest), CASE(only_carriers_are_metadata), CASE(chunks_are_joined_in_any_order),
          CASE(repetitions_are_known_and_versions_kept), CASE(senders_are_apart),
          CASE(another_manifest_may_begin_with_any_chunk), CASE(what_is_broken_is_told),
          CASE(memory_of_chunks_is_bounded), CASE(memory_may_run_out))
