/* SPDX-License-Identifier: MIT */
/* The catalog: one schema a kind, the order of the sources, late metadata, limits, and records that lie. */
#include "base/guid.h"
#include "blob.h"
#include "oom.h"
#include "schema/catalog.h"
#include "test.h"

static const etwkit_guid carrier = EK_GUID(0xbbccf6c1, 0x6cd1, 0x48c4, 0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71);
static const etwkit_guid dns = EK_GUID(0x1c95126e, 0x7eea, 0x49a9, 0xa3, 0xfe, 0xa3, 0x78, 0xb0, 0x3d, 0xdb, 0x4d);
static const etwkit_guid process = EK_GUID(0x3d6fa8d0, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c);

static blob info, metadata; /* one test at a time */

static ek_catalog *new_catalog(void) {
    ek_catalog *catalog = NULL;
    CHECK_EQ_INT(ek_catalog_new(&catalog, NULL, NULL), ETWKIT_OK);
    return catalog;
}

static etwkit_record event_of(const etwkit_guid *provider, unsigned id) {
    return (etwkit_record){.provider_id = *provider,
                           .event_id = (uint16_t)id,
                           .header_kind = ETWKIT_HEADER_EVENT64,
                           .flags = ETWKIT_FLAG_64_BIT,
                           .pointer_size = 8};
}

static etwkit_record classic_of(const etwkit_guid *class_id, unsigned opcode, unsigned version, unsigned header_kind) {
    etwkit_record record = event_of(class_id, 0);
    record.opcode = (uint8_t)opcode;
    record.version = (uint8_t)version;
    record.header_kind = (uint8_t)header_kind;
    record.flags |= ETWKIT_FLAG_CLASSIC;
    return record;
}

/* Describes event 1001 with one field. */
static etwkit_record carry_info(void) {
    ei_begin(&info, &dns, 1001, 0, 1, 1);
    ei_property(&info, 0, "Field", 0, 8, 0, 1, 4);
    ei_name(&info, 0x34, "Microsoft-Windows-DNS-Client");
    ei_name(&info, 0x44, "Lookup");
    etwkit_record record = classic_of(&carrier, 32, 0, ETWKIT_HEADER_FULL32);
    record.payload = info.bytes;
    record.payload_size = (uint32_t)info.size;
    record.buffer = 3;
    record.buffer_position = 72;
    record.buffer_offset = 0x30000;
    return record;
}

/* The record's extended items, in bytes that the caller keeps. */
static void give_items(etwkit_record *record, blob *items, const blob *schema, const char *provider) {
    items->size = 0;
    put32(items, 0); /* something stands in front of them */
    if (provider) {
        size_t size = strlen(provider) + 3, padded = (size + 8 + 7) & ~(size_t)7;
        put16(items, (unsigned)padded);
        put16(items, ETWKIT_ITEM_PROV_TRAITS);
        put16(items, schema != NULL);
        put16(items, (unsigned)size);
        put16(items, (unsigned)size);
        put_text(items, provider);
        while (items->size % 8 != 4)
            put8(items, 0);
    }
    if (schema) {
        put16(items, (unsigned)((schema->size + 8 + 7) & ~(size_t)7));
        put16(items, ETWKIT_ITEM_EVENT_SCHEMA_TL);
        put16(items, 0);
        put16(items, (unsigned)schema->size);
        put_bytes(items, schema->bytes, schema->size);
    }
    record->data = items->bytes;
    record->data_size = (uint32_t)items->size;
    record->items_offset = 4;
    record->items_size = (uint32_t)items->size - 4;
}

static void make_metadata(const char *event, const char *field) {
    tl_begin(&metadata, event);
    tl_field(&metadata, field, 8, -1);
    tl_end(&metadata);
}

TEST(a_kind_has_one_schema) {
    ek_catalog *catalog = new_catalog();
    etwkit_record record = event_of(&dns, 21);
    etwkit_schema *schema = ek_catalog_find(catalog, &record);
    REQUIRE(schema != NULL);
    CHECK(!etwkit_schema_is_known(schema));
    CHECK_EQ_STR(etwkit_schema_event_name(schema), "Event(21)");
    CHECK_EQ_INT(etwkit_schema_source(schema), ETWKIT_SOURCE_UNKNOWN);
    CHECK_EQ_UINT(etwkit_schema_field_count(schema), 0);
    CHECK_EQ_STR(etwkit_schema_level_name(schema), "LogAlways");
    CHECK(ek_catalog_find(catalog, &record) == schema);
    /* All of the descriptor counts, and the class of the header; times and processes do not. */
    etwkit_record others[8];
    for (size_t i = 0; i < 8; i++)
        others[i] = record;
    others[0].event_id++;
    others[1].version++;
    others[2].channel++;
    others[3].level++;
    others[4].opcode++;
    others[5].task++;
    others[6].keywords++;
    others[7].flags |= ETWKIT_FLAG_CLASSIC;
    for (size_t i = 0; i < 8; i++) {
        CHECK(ek_catalog_find(catalog, &others[i]) != schema);
        CHECK(ek_catalog_at(catalog, i + 1) == ek_catalog_find(catalog, &others[i]));
    }
    CHECK(ek_catalog_at(catalog, 9) == NULL);
    record.process_id = 7;
    record.timestamp = 9;
    record.flags = ETWKIT_FLAG_32_BIT;
    record.header_kind = ETWKIT_HEADER_EVENT32;
    CHECK(ek_catalog_find(catalog, &record) == schema);
    ek_catalog_free(&catalog);
    CHECK(catalog == NULL);
}

TEST(events_describe_themselves_by_all_of_their_metadata) {
    static blob items;
    ek_catalog *catalog = new_catalog();
    etwkit_record record = event_of(&dns, 0);
    record.channel = 11;
    record.opcode = 1;
    make_metadata("Same", "a");
    give_items(&record, &items, &metadata, "Provider");
    etwkit_schema *a = ek_catalog_find(catalog, &record);
    REQUIRE(a != NULL);
    CHECK_EQ_STR(etwkit_schema_event_name(a), "Same");
    CHECK_EQ_STR(etwkit_schema_provider_name(a), "Provider");
    CHECK_EQ_STR(etwkit_schema_opcode_name(a), "Start");
    CHECK_EQ_INT(etwkit_schema_source(a), ETWKIT_SOURCE_TRACELOGGING);
    CHECK(etwkit_schema_field(a, "a") != NULL);
    make_metadata("Same", "b"); /* one name, another list of fields */
    give_items(&record, &items, &metadata, "Provider");
    etwkit_schema *b = ek_catalog_find(catalog, &record);
    CHECK(b != a && etwkit_schema_field(b, "b") != NULL);
    give_items(&record, &items, &metadata, "Another");
    etwkit_schema *c = ek_catalog_find(catalog, &record);
    CHECK(c != b);
    CHECK_EQ_STR(etwkit_schema_provider_name(c), "Another");
    give_items(&record, &items, &metadata, NULL);
    CHECK(etwkit_schema_provider_name(ek_catalog_find(catalog, &record)) == NULL);
    make_metadata("Same", "a");
    static blob elsewhere; /* the same bytes in another record */
    give_items(&record, &elsewhere, &metadata, "Provider");
    CHECK(ek_catalog_find(catalog, &record) == a);
    make_metadata("One of a long name", "a");
    give_items(&record, &items, &metadata, "Provider");
    etwkit_schema *one = ek_catalog_find(catalog, &record);
    make_metadata("Two of a long name", "a"); /* as long, and alike at its end */
    give_items(&record, &items, &metadata, "Provider");
    CHECK(ek_catalog_find(catalog, &record) != one);
    CHECK_EQ_STR(etwkit_schema_event_name(ek_catalog_find(catalog, &record)), "Two of a long name");
    ek_catalog_free(&catalog);
}

TEST(damaged_metadata_is_told_once) {
    static blob items;
    ek_catalog *catalog = new_catalog();
    etwkit_record record = event_of(&dns, 0);
    record.buffer = 5;
    record.buffer_position = 88;
    make_metadata("Named", "a");
    set16(&metadata, 0, 999);
    give_items(&record, &items, &metadata, "Provider");
    etwkit_schema *schema = ek_catalog_find(catalog, &record);
    REQUIRE(schema != NULL);
    CHECK(!etwkit_schema_is_known(schema));
    CHECK_EQ_STR(etwkit_schema_provider_name(schema), "Provider");
    etwkit_error error = {0};
    CHECK_EQ_INT(ek_catalog_take_damage(catalog, &error), ETWKIT_E_DAMAGED);
    CHECK_EQ_UINT(error.buffer, 5);
    CHECK_EQ_UINT(error.record, 88);
    CHECK(strstr(error.message, "TraceLogging") != NULL);
    CHECK_EQ_INT(ek_catalog_take_damage(catalog, &error), ETWKIT_OK);
    CHECK(ek_catalog_find(catalog, &record) == schema);
    CHECK_EQ_INT(ek_catalog_take_damage(catalog, NULL), ETWKIT_OK);
    ek_catalog_free(&catalog);
}

TEST(items_that_lie_are_not_followed) {
    ek_catalog *catalog = new_catalog();
    static blob items;
    make_metadata("e", "a");
    for (size_t cut = 0; cut < 40; cut++) {
        etwkit_record record = event_of(&dns, 0);
        give_items(&record, &items, &metadata, "P");
        size_t size = cut < items.size - 4 ? items.size - 4 - cut : 0;
        uint8_t *copy = exact(items.bytes + 4, size);
        record.data = copy;
        record.items_offset = 0;
        record.items_size = (uint32_t)size;
        CHECK(ek_catalog_find(catalog, &record) != NULL);
        free(copy);
    }
    ek_catalog_free(&catalog);
}

TEST(traits_name_the_provider_where_nothing_else_does) {
    static blob items;
    ek_catalog *catalog = new_catalog();
    etwkit_record record = event_of(&dns, 1);
    give_items(&record, &items, NULL, "From traits");
    CHECK_EQ_STR(etwkit_schema_provider_name(ek_catalog_find(catalog, &record)), "From traits");
    etwkit_record carried = carry_info();
    CHECK_EQ_INT(ek_catalog_learn(catalog, &carried, NULL), ETWKIT_OK);
    record.event_id = 1001;
    CHECK_EQ_STR(etwkit_schema_provider_name(ek_catalog_find(catalog, &record)), "Microsoft-Windows-DNS-Client");
    ek_catalog_free(&catalog);
}

TEST(texts_alone_are_one_field) {
    ek_catalog *catalog = new_catalog();
    etwkit_record record = event_of(&dns, 0);
    record.flags |= ETWKIT_FLAG_STRING_ONLY;
    etwkit_schema *schema = ek_catalog_find(catalog, &record);
    REQUIRE(schema != NULL);
    CHECK(etwkit_schema_is_known(schema));
    CHECK_EQ_UINT(etwkit_schema_field_count(schema), 1);
    CHECK_EQ_INT(etwkit_field_in_type(etwkit_schema_field_at(schema, 0)), ETWKIT_IN_NONNULLTERMINATEDSTRING);
    ek_catalog_free(&catalog);
}

TEST(classic_events_are_built_in) {
    ek_catalog *catalog = new_catalog();
    etwkit_record record = classic_of(&process, 1, 4, ETWKIT_HEADER_SYSTEM64);
    etwkit_schema *schema = ek_catalog_find(catalog, &record);
    REQUIRE(schema != NULL);
    CHECK_EQ_INT(etwkit_schema_source(schema), ETWKIT_SOURCE_CLASSIC);
    CHECK_EQ_STR(etwkit_schema_event_name(schema), "Process/Start");
    CHECK_EQ_STR(etwkit_schema_provider_name(schema), "Windows Kernel");
    CHECK(etwkit_schema_is_classic(schema) && !etwkit_schema_is_guessed(schema));
    CHECK(schema->is.process_field != NULL);
    record.version = 9;
    schema = ek_catalog_find(catalog, &record);
    CHECK(etwkit_schema_is_known(schema) && etwkit_schema_is_guessed(schema));
    record.opcode = 200; /* a type that nobody knows: no built-in name of manifest opcodes */
    schema = ek_catalog_find(catalog, &record);
    CHECK(!etwkit_schema_is_known(schema));
    CHECK_EQ_STR(etwkit_schema_provider_name(schema), "Windows Kernel");
    CHECK_EQ_INT(etwkit_schema_source(schema), ETWKIT_SOURCE_UNKNOWN);
    record = classic_of(&dns, 1, 0, ETWKIT_HEADER_FULL64);
    schema = ek_catalog_find(catalog, &record);
    CHECK_EQ_STR(etwkit_schema_event_name(schema), "Event(1)");
    CHECK(etwkit_schema_opcode_name(schema) == NULL);
    ek_catalog_free(&catalog);
}

TEST(messages_wait_for_their_own_source) {
    ek_catalog *catalog = new_catalog();
    etwkit_record record = event_of(&dns, 43);
    record.flags |= ETWKIT_FLAG_TRACE_MESSAGE;
    record.header_kind = ETWKIT_HEADER_MESSAGE;
    etwkit_schema *schema = ek_catalog_find(catalog, &record);
    REQUIRE(schema != NULL);
    CHECK_EQ_STR(etwkit_schema_event_name(schema), "Event(43)");
    CHECK(etwkit_schema_level_name(schema) == NULL && etwkit_schema_opcode_name(schema) == NULL);
    ek_catalog_free(&catalog);
}

/* A look-ahead that finds the metadata of event 1001, and counts how often it was asked for. */
typedef struct ahead {
    ek_catalog *catalog;
    unsigned calls;
} ahead;

static void look_ahead(void *context) {
    ahead *a = context;
    a->calls++;
    etwkit_record carried = carry_info();
    CHECK_EQ_INT(ek_catalog_learn(a->catalog, &carried, NULL), ETWKIT_OK);
}

TEST(late_metadata_is_asked_for_once_and_when_needed) {
    static blob items;
    ek_catalog *catalog = new_catalog();
    ahead a = {catalog, 0};
    ek_catalog_on_need(catalog, look_ahead, &a);
    /* Nothing of this needs metadata from elsewhere. */
    etwkit_record kernel = classic_of(&process, 1, 4, ETWKIT_HEADER_SYSTEM64);
    etwkit_record strange = classic_of(&dns, 1, 4, ETWKIT_HEADER_PERFINFO64), carried = carry_info();
    etwkit_record full = classic_of(&process, 200, 4, ETWKIT_HEADER_FULL64), self = event_of(&dns, 0);
    make_metadata("e", "a");
    give_items(&self, &items, &metadata, NULL);
    ek_catalog_find(catalog, &kernel);
    ek_catalog_find(catalog, &strange);
    ek_catalog_find(catalog, &carried);
    ek_catalog_find(catalog, &full);
    ek_catalog_find(catalog, &self);
    CHECK_EQ_UINT(a.calls, 0);
    etwkit_record record = event_of(&dns, 1001);
    etwkit_schema *schema = ek_catalog_find(catalog, &record);
    CHECK_EQ_UINT(a.calls, 1);
    REQUIRE(schema != NULL);
    CHECK_EQ_STR(etwkit_schema_event_name(schema), "Lookup");
    CHECK_EQ_INT(etwkit_schema_source(schema), ETWKIT_SOURCE_EVENT_INFO);
    record.event_id = 9;
    schema = ek_catalog_find(catalog, &record);
    CHECK_EQ_STR(etwkit_schema_provider_name(schema), "Microsoft-Windows-DNS-Client");
    CHECK_EQ_UINT(a.calls, 1);
    ek_catalog_free(&catalog);

    catalog = new_catalog(); /* a classic event of a class that nobody knows */
    a = (ahead){catalog, 0};
    ek_catalog_on_need(catalog, look_ahead, &a);
    full = classic_of(&dns, 1, 0, ETWKIT_HEADER_FULL32);
    ek_catalog_find(catalog, &full);
    CHECK_EQ_UINT(a.calls, 1);
    ek_catalog_free(&catalog);

    catalog = new_catalog(); /* metadata that stood in front of its event */
    a = (ahead){catalog, 0};
    ek_catalog_on_need(catalog, look_ahead, &a);
    CHECK_EQ_INT(ek_catalog_learn(catalog, &carried, NULL), ETWKIT_OK);
    record.event_id = 1001;
    CHECK(etwkit_schema_is_known(ek_catalog_find(catalog, &record)));
    CHECK_EQ_UINT(a.calls, 0);
    ek_catalog_free(&catalog);
}

TEST(what_is_learned_later_improves_what_was_unknown) {
    ek_catalog *catalog = new_catalog();
    etwkit_record record = event_of(&dns, 1001), other = event_of(&dns, 9);
    etwkit_schema *unknown = ek_catalog_find(catalog, &record), *still = ek_catalog_find(catalog, &other);
    CHECK(!etwkit_schema_is_known(unknown));
    etwkit_record carried = carry_info();
    CHECK(ek_catalog_is_metadata(&carried));
    CHECK_EQ_INT(ek_catalog_learn(catalog, &carried, NULL), ETWKIT_OK);
    etwkit_schema *known = ek_catalog_find(catalog, &record);
    CHECK(known != unknown);
    CHECK(etwkit_schema_is_known(known));
    CHECK(!etwkit_schema_is_known(unknown)); /* whoever holds the old one is not surprised */
    CHECK(ek_catalog_find(catalog, &record) == known);
    etwkit_schema *named = ek_catalog_find(catalog, &other); /* its fields are not known, but its provider's name is */
    CHECK(named != still);
    CHECK(!etwkit_schema_is_known(named));
    CHECK_EQ_STR(etwkit_schema_provider_name(named), "Microsoft-Windows-DNS-Client");
    CHECK(etwkit_schema_provider_name(still) == NULL);
    CHECK(ek_catalog_renew(catalog, still) == named);
    CHECK(ek_catalog_renew(catalog, unknown) == known);
    CHECK(ek_catalog_at(catalog, 2) == known);
    CHECK(ek_catalog_at(catalog, 3) == named);
    CHECK(ek_catalog_at(catalog, 4) == NULL);
    ek_catalog_free(&catalog);
}

TEST(wrong_metadata_is_told_with_its_place) {
    ek_catalog *catalog = new_catalog();
    etwkit_record carried = carry_info();
    etwkit_error error = {0};
    carried.payload_size = 50;
    CHECK_EQ_INT(ek_catalog_learn(catalog, &carried, &error), ETWKIT_E_DAMAGED);
    CHECK_EQ_UINT(error.buffer, 3);
    CHECK_EQ_UINT(error.record, 72);
    CHECK_EQ_UINT(error.offset, 0x30000);
    CHECK_EQ_INT(ek_catalog_learn(catalog, &carried, NULL), ETWKIT_E_DAMAGED);
    carried.opcode = 34;
    CHECK(!ek_catalog_is_metadata(&carried));
    ek_catalog_free(&catalog);
}

TEST(too_many_kinds_last_for_a_batch) {
    ek_catalog *catalog = new_catalog();
    etwkit_record record = event_of(&dns, 0);
    for (uint32_t i = 0; i < EK_MAX_KINDS; i++) {
        record.keywords = i;
        REQUIRE(ek_catalog_find(catalog, &record) != NULL);
    }
    etwkit_schema *kept = ek_catalog_find(catalog, &record);
    for (int batch = 0; batch < 3; batch++) {
        for (uint32_t i = 0; i < 100; i++) {
            record.keywords = EK_MAX_KINDS + i;
            etwkit_schema *schema = ek_catalog_find(catalog, &record);
            REQUIRE(schema != NULL);
            CHECK_EQ_UINT(etwkit_schema_keywords(schema), EK_MAX_KINDS + i);
            CHECK(ek_catalog_find(catalog, &record) == schema);
        }
        ek_catalog_end_batch(catalog);
    }
    CHECK(ek_catalog_at(catalog, EK_MAX_KINDS - 1) == kept);
    CHECK(ek_catalog_at(catalog, EK_MAX_KINDS) == NULL);
    record.keywords = EK_MAX_KINDS - 1;
    CHECK(ek_catalog_find(catalog, &record) == kept);
    ek_catalog_free(&catalog);
}

TEST(hostile_metadata_fills_no_memory) {
    static blob items;
    ek_catalog *catalog = new_catalog();
    tl_begin(&metadata, "e");
    for (int i = 0; i < 4000; i++)
        tl_field(&metadata, "", 4, -1);
    tl_end(&metadata);
    unsigned known = 0, count = 2000;
    for (unsigned i = 0; i < count; i++) {
        etwkit_record record = event_of(&dns, i);
        give_items(&record, &items, &metadata, NULL);
        etwkit_schema *schema = ek_catalog_find(catalog, &record);
        REQUIRE(schema != NULL);
        known += etwkit_schema_is_known(schema);
        if (!etwkit_schema_is_known(schema))
            break; /* 256 MiB are kept, 64 MiB for a batch: then there are names alone */
    }
    CHECK(known > 300 && known < 1000);
    ek_catalog_end_batch(catalog);
    etwkit_record record = event_of(&dns, 60000);
    give_items(&record, &items, &metadata, NULL);
    CHECK(etwkit_schema_is_known(ek_catalog_find(catalog, &record)));
    ek_catalog_free(&catalog);
}

TEST(usage_is_reset) {
    ek_catalog *catalog = new_catalog();
    etwkit_record record = event_of(&dns, 1);
    etwkit_schema *schema = ek_catalog_find(catalog, &record);
    schema->usage.walked = 7;
    CHECK_EQ_UINT(etwkit_schema_get_usage(schema).walked, 7);
    ek_catalog_reset_usage(catalog);
    CHECK_EQ_UINT(etwkit_schema_get_usage(schema).walked, 0);
    ek_catalog_free(&catalog);
}

static bool scenario(const etwkit_allocator *allocator, void *context) {
    static blob items;
    (void)context;
    ek_catalog *catalog = NULL;
    if (ek_catalog_new(&catalog, allocator, NULL))
        return false;
    etwkit_record records[] = {event_of(&dns, 0), event_of(&dns, 1001), event_of(&dns, 1),
                               classic_of(&process, 1, 4, ETWKIT_HEADER_SYSTEM64),
                               classic_of(&process, 99, 4, ETWKIT_HEADER_SYSTEM64)};
    make_metadata("e", "a");
    give_items(&records[0], &items, &metadata, "Provider");
    bool worked = true;
    for (int turn = 0; turn < 2; turn++) { /* unknown first, then described */
        for (size_t i = 0; i < sizeof records / sizeof *records; i++)
            worked = ek_catalog_find(catalog, &records[i]) != NULL && worked;
        etwkit_record carried = carry_info();
        worked = ek_catalog_learn(catalog, &carried, NULL) == ETWKIT_OK && worked;
    }
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        worked = ek_catalog_find(catalog, &records[i]) != NULL && worked;
    ek_catalog_free(&catalog);
    return worked;
}

TEST(memory_may_run_out) {
    CHECK_OOM(scenario, NULL);
}

TEST_MAIN(CASE(a_kind_has_one_schema), CASE(events_describe_themselves_by_all_of_their_metadata),
          CASE(damaged_metadata_is_told_once), CASE(items_that_lie_are_not_followed),
          CASE(traits_name_the_provider_where_nothing_else_does), CASE(texts_alone_are_one_field),
          CASE(classic_events_are_built_in), CASE(messages_wait_for_their_own_source),
          CASE(late_metadata_is_asked_for_once_and_when_needed), CASE(what_is_learned_later_improves_what_was_unknown),
          CASE(wrong_metadata_is_told_with_its_place), CASE(too_many_kinds_last_for_a_batch),
          CASE(hostile_metadata_fills_no_memory), CASE(usage_is_reset), CASE(memory_may_run_out))
