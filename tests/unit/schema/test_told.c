/* SPDX-License-Identifier: MIT */
/* EventSource manifests in a trace describe its events: also those before them, and each process by its own. */
#include "base/guid.h"
#include "oom.h"
#include "schema/catalog.h"
#include "test.h"

static const etwkit_guid source_id =
    EK_GUID(0x8e9f5090, 0x2d75, 0x4d03, 0x8a, 0x81, 0xe5, 0xaf, 0xbf, 0x85, 0xda, 0xf1);

#define MANIFEST(fields)                                                                                          \
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'><instrumentation><events>"  \
    "<provider name='My-Source' guid='{8e9f5090-2d75-4d03-8a81-e5afbf85daf1}' symbol='MySource'>"                 \
    "<tasks><task name='Request' value='65533'/></tasks>"                                                         \
    "<events><event value='1' version='0' level='win:Informational' symbol='Began' task='Request' template='T'/>" \
    "</events><templates><template tid='T'>" fields "</template></templates>"                                     \
    "</provider></events></instrumentation></instrumentationManifest>"

static const char older[] = MANIFEST("<data name='number' inType='win:UInt32'/>");
static const char newer[] =
    MANIFEST("<data name='number' inType='win:UInt32'/><data name='name' inType='win:UnicodeString'/>");

static uint8_t payload[2048];

static etwkit_record carrier(const char *manifest, uint32_t process_id) {
    static const uint8_t head[8] = {1, 1, 0, 0x5B, 1, 0, 0, 0};
    memcpy(payload, head, sizeof head);
    memcpy(payload + 8, manifest, strlen(manifest));
    return (etwkit_record){.provider_id = source_id,
                           .event_id = 0xFFFE,
                           .version = 1,
                           .opcode = 0xFE,
                           .task = 0xFFFE,
                           .process_id = process_id,
                           .header_kind = ETWKIT_HEADER_EVENT64,
                           .pointer_size = 8,
                           .payload = payload,
                           .payload_size = (uint32_t)strlen(manifest) + 8};
}

static etwkit_record began(uint32_t process_id) {
    static const uint8_t number[4] = {7, 0, 0, 0};
    return (etwkit_record){.provider_id = source_id,
                           .event_id = 1,
                           .level = 4,
                           .task = 65533,
                           .process_id = process_id,
                           .header_kind = ETWKIT_HEADER_EVENT64,
                           .pointer_size = 8,
                           .payload = number,
                           .payload_size = sizeof number};
}

static etwkit_status learn(ek_catalog *catalog, const char *manifest, uint32_t process_id) {
    etwkit_record record = carrier(manifest, process_id);
    CHECK(ek_catalog_is_metadata(&record));
    return ek_catalog_learn(catalog, &record, NULL);
}

static size_t field_count(ek_catalog *catalog, uint32_t process_id) {
    etwkit_record record = began(process_id);
    return etwkit_schema_field_count(ek_catalog_find(catalog, &record));
}

TEST(an_event_before_its_manifest_gets_a_better_schema) {
    ek_catalog *catalog = NULL;
    REQUIRE(ek_catalog_new(&catalog, NULL, NULL) == ETWKIT_OK);
    etwkit_record record = began(12);
    const etwkit_schema *before = ek_catalog_find(catalog, &record);
    CHECK(!etwkit_schema_is_known(before));
    CHECK_EQ_INT(learn(catalog, older, 12), ETWKIT_OK);
    const etwkit_schema *after = ek_catalog_find(catalog, &record);
    CHECK(after == ek_catalog_renew(catalog, before));
    CHECK_EQ_INT(etwkit_schema_source(after), ETWKIT_SOURCE_EVENTSOURCE);
    CHECK_EQ_STR(etwkit_schema_provider_name(after), "My-Source");
    CHECK_EQ_STR(etwkit_schema_event_name(after), "Began");
    CHECK_EQ_STR(etwkit_schema_task_name(after), "Request");
    CHECK_EQ_UINT(etwkit_schema_field_count(after), 1);
    ek_catalog_free(&catalog);
}

TEST(each_process_goes_by_its_own_manifest) {
    ek_catalog *catalog = NULL;
    REQUIRE(ek_catalog_new(&catalog, NULL, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(learn(catalog, older, 12), ETWKIT_OK);
    CHECK_EQ_UINT(field_count(catalog, 12), 1);
    CHECK_EQ_UINT(field_count(catalog, 13), 1);
    CHECK_EQ_INT(learn(catalog, newer, 13), ETWKIT_OK);
    CHECK_EQ_UINT(field_count(catalog, 12), 1);
    CHECK_EQ_UINT(field_count(catalog, 13), 2);
    CHECK_EQ_UINT(field_count(catalog, 14), 2); /* sent none: the newest */
    CHECK_EQ_INT(learn(catalog, older, 14), ETWKIT_OK);
    CHECK_EQ_UINT(field_count(catalog, 14), 1);
    ek_catalog_free(&catalog);
}

TEST(carriers_have_fields) {
    ek_catalog *catalog = NULL;
    REQUIRE(ek_catalog_new(&catalog, NULL, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(learn(catalog, older, 12), ETWKIT_OK);
    etwkit_record record = carrier(older, 12);
    const etwkit_schema *schema = ek_catalog_find(catalog, &record);
    CHECK_EQ_STR(etwkit_schema_event_name(schema), "ManifestData");
    CHECK_EQ_STR(etwkit_schema_provider_name(schema), "My-Source");
    CHECK_EQ_UINT(etwkit_schema_field_count(schema), 7);
    ek_catalog_free(&catalog);
}

TEST(a_manifest_that_is_none_is_damage) {
    ek_catalog *catalog = NULL;
    etwkit_error error = {0};
    REQUIRE(ek_catalog_new(&catalog, NULL, NULL) == ETWKIT_OK);
    etwkit_record record = carrier("<nothing/>", 12);
    CHECK(ek_catalog_learn(catalog, &record, &error) < 0);
    CHECK(error.message[0] != 0);
    CHECK_EQ_UINT(field_count(catalog, 12), 0);
    ek_catalog_free(&catalog);
}

static bool use_all(const etwkit_allocator *allocator, void *context) {
    (void)context;
    ek_catalog *catalog = NULL;
    etwkit_status status = ek_catalog_new(&catalog, allocator, NULL);
    etwkit_record first = carrier(older, 12), event = began(12);
    if (!status)
        status = ek_catalog_learn(catalog, &first, NULL);
    etwkit_record second = carrier(newer, 13);
    if (!status)
        status = ek_catalog_learn(catalog, &second, NULL);
    if (!status && !ek_catalog_find(catalog, &event))
        status = ETWKIT_E_NO_MEMORY;
    ek_catalog_free(&catalog);
    return status == ETWKIT_OK;
}

TEST(memory_may_run_out) {
    CHECK_OOM(use_all, NULL);
}

TEST_MAIN(CASE(an_event_before_its_manifest_gets_a_better_schema), CASE(each_process_goes_by_its_own_manifest),
          CASE(carriers_have_fields), CASE(a_manifest_that_is_none_is_damage), CASE(memory_may_run_out))
