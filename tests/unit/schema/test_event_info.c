/* SPDX-License-Identifier: MIT */
/* Embedded metadata: names, properties, maps that come late, corrections, and every kind of damage survived. */
#include "base/guid.h"
#include "blob.h"
#include "oom.h"
#include "schema/corrections.h"
#include "schema/event_info.h"
#include "test.h"

static const etwkit_guid carrier = EK_GUID(0xbbccf6c1, 0x6cd1, 0x48c4, 0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71);
static const etwkit_guid dns = EK_GUID(0x1c95126e, 0x7eea, 0x49a9, 0xa3, 0xfe, 0xa3, 0x78, 0xb0, 0x3d, 0xdb, 0x4d);
static const etwkit_guid clr = EK_GUID(0xe13c0d23, 0xccbc, 0x4e12, 0x93, 0x1b, 0xd9, 0xcc, 0x2e, 0xee, 0x27, 0xe4);
static const etwkit_guid network = EK_GUID(0x7dd42a49, 0x5329, 0x4832, 0x8d, 0xfd, 0x43, 0xd9, 0x79, 0x15, 0x3a, 0x88);
static const etwkit_guid class_id = EK_GUID(0x11111111, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 8);

static blob info, map; /* one test at a time */

static ek_event_infos *new_infos(void) {
    ek_event_infos *infos = NULL;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    CHECK_EQ_INT(ek_event_infos_new(&infos, &allocator), ETWKIT_OK);
    return infos;
}

static etwkit_record carry(const blob *b, unsigned opcode) {
    return (etwkit_record){.provider_id = carrier,
                           .opcode = (uint8_t)opcode,
                           .flags = ETWKIT_FLAG_CLASSIC,
                           .header_kind = ETWKIT_HEADER_FULL32,
                           .payload = b->bytes,
                           .payload_size = (uint32_t)b->size};
}

static etwkit_status learn(ek_event_infos *infos, const blob *b, unsigned opcode) {
    etwkit_record record = carry(b, opcode);
    CHECK(ek_event_infos_is_metadata(&record));
    return ek_event_infos_learn(infos, &record, NULL);
}

/* One description, with its memory. */
typedef struct told {
    ek_arena arena;
    ek_description is;
    etwkit_status status;
} told;

static told tell(const ek_event_infos *infos, const etwkit_record *record) {
    told t = {.is = {0}};
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&t.arena, &allocator);
    t.status = ek_event_infos_describe(infos, record, &t.arena, &t.is, NULL);
    return t;
}

static told tell_event(const ek_event_infos *infos, const etwkit_guid *provider, unsigned id, unsigned version) {
    etwkit_record record = {.provider_id = *provider, .event_id = (uint16_t)id, .version = (uint8_t)version};
    return tell(infos, &record);
}

/* DNS-Client 1001, as the trace net.4.5.2 has it, but for the BinXML. */
static void make_dns(void) {
    ei_begin(&info, &dns, 1001, 0, 6, 6);
    ei_property(&info, 0, "Interface", 0, 1, 1, 1, 0);
    ei_property(&info, 1, "TotalServerCount", 0, 8, 8, 1, 4);
    ei_property(&info, 2, "Index", 0, 8, 8, 1, 4);
    ei_property(&info, 3, "DynamicAddress", 0, 4, 4, 1, 1);
    ei_name(&info, 0x70 + 24 * 3 + 12, "DnsIpTypeMap");
    ei_property(&info, 4, "AddressLength", 0, 8, 8, 1, 4);
    ei_property(&info, 5, "Address", 2, 14, 25, 1, 4);
    ei_name(&info, 0x34, "Microsoft-Windows-DNS-Client");
    ei_name(&info, 0x38, "win:Informational");
    ei_name(&info, 0x3C, "Operational ");
    ei_name(&info, 0x44, "Server list\r\n");
    ei_name(&info, 0x48, "win:Start");
    ei_name(&info, 0x40, "Keyword1 ");
    put_wide(&info, "Keyword2");
    put_wide(&info, "");
}

static void make_map(const etwkit_guid *provider, const char *name, uint32_t flags, size_t count) {
    map.size = 0;
    put_bytes(&map, provider, 16);
    for (size_t i = 0; i < 4; i++)
        put32(&map, 0);
    set32(&map, 0x10 + 4, flags);
    set32(&map, 0x10 + 8, (uint32_t)count);
    for (size_t i = 0; i < 2 * count; i++)
        put32(&map, 0);
    set32(&map, 0x10, put_wide(&map, name) - 0x10);
}

static void set_entry(size_t index, const char *label, uint32_t value) {
    size_t at = 0x20 + 8 * index;
    set32(&map, at, put_wide(&map, label) - 0x10);
    set32(&map, at + 4, value);
}

static void make_dns_map(void) {
    make_map(&dns, "DnsIpTypeMap", 1, 2);
    set_entry(0, "static ", 0);
    set_entry(1, "dynamic ", 1);
}

TEST(a_real_blob_is_read) {
    ek_event_infos *infos = new_infos();
    make_dns();
    CHECK_EQ_INT(learn(infos, &info, 32), ETWKIT_OK);
    make_dns_map();
    CHECK_EQ_INT(learn(infos, &map, 33), ETWKIT_OK); /* maps may come after the events that name them */
    told t = tell_event(infos, &dns, 1001, 0);
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_INT(t.is.source, ETWKIT_SOURCE_EVENT_INFO);
    CHECK_EQ_STR(t.is.provider_name, "Microsoft-Windows-DNS-Client");
    CHECK_EQ_STR(t.is.level_name, "Information");
    CHECK_EQ_STR(t.is.channel_name, "Operational");
    CHECK_EQ_STR(t.is.task_name, "Server list");
    CHECK_EQ_STR(t.is.opcode_name, "Start");
    CHECK(t.is.event_name == NULL);
    REQUIRE(t.is.keyword_names != NULL);
    CHECK_EQ_STR(t.is.keyword_names[0], "Keyword1");
    CHECK_EQ_STR(t.is.keyword_names[1], "Keyword2");
    CHECK(t.is.keyword_names[2] == NULL);
    const etwkit_field *fields = t.is.layout->fields;
    CHECK_EQ_UINT(t.is.layout->top_count, 6);
    CHECK_EQ_STR(fields[3].name, "DynamicAddress");
    REQUIRE(fields[3].map != NULL);
    CHECK_EQ_STR(ek_map_label(fields[3].map, 1), "dynamic");
    CHECK_EQ_UINT(fields[5].read, EK_READ_LENGTH);
    CHECK_EQ_UINT(fields[4].slot, 0);
    CHECK_EQ_UINT(fields[5].out_type, ETWKIT_OUT_SOCKETADDRESS);
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
    CHECK(infos == NULL);
}

TEST(others_of_a_known_provider_have_its_name) {
    ek_event_infos *infos = new_infos();
    make_dns();
    learn(infos, &info, 32);
    told t = tell_event(infos, &dns, 1001, 1);
    CHECK_EQ_INT(t.status, ETWKIT_ABSENT);
    CHECK(t.is.layout == NULL);
    CHECK_EQ_STR(t.is.provider_name, "Microsoft-Windows-DNS-Client");
    ek_arena_free(&t.arena);
    t = tell_event(infos, &clr, 1001, 0);
    CHECK_EQ_INT(t.status, ETWKIT_ABSENT);
    CHECK(t.is.provider_name == NULL);
    ek_arena_free(&t.arena);
    ei_begin(&info, &dns, 7, 0, 0, 0); /* a blob without names */
    learn(infos, &info, 32);
    t = tell_event(infos, &dns, 7, 0);
    CHECK_EQ_INT(t.status, ETWKIT_OK);
    CHECK_EQ_STR(t.is.provider_name, "Microsoft-Windows-DNS-Client");
    CHECK_EQ_UINT(t.is.layout->field_count, 0);
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
}

TEST(the_first_of_an_event_stays) {
    ek_event_infos *infos = new_infos();
    make_dns();
    CHECK_EQ_INT(learn(infos, &info, 32), ETWKIT_OK);
    CHECK_EQ_INT(learn(infos, &info, 32), ETWKIT_OK);
    ei_begin(&info, &dns, 1001, 0, 0, 0);
    CHECK_EQ_INT(learn(infos, &info, 32), ETWKIT_OK);
    make_dns_map();
    CHECK_EQ_INT(learn(infos, &map, 33), ETWKIT_OK);
    make_map(&dns, "DnsIpTypeMap ", 1, 0); /* the same name but for the blank */
    CHECK_EQ_INT(learn(infos, &map, 33), ETWKIT_OK);
    told t = tell_event(infos, &dns, 1001, 0);
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(t.is.layout->field_count, 6);
    CHECK_EQ_UINT(etwkit_map_count(t.is.layout->fields[3].map), 2);
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
}

TEST(structs_and_arrays_are_read) { /* CLR Type/BulkType */
    ek_event_infos *infos = new_infos();
    ei_begin(&info, &clr, 15, 0, 6, 3);
    ei_property(&info, 0, "Count", 0, 8, 0, 1, 4);
    ei_property(&info, 1, "ClrInstanceID", 0, 6, 0, 1, 2);
    ei_property(&info, 2, "Values", 5, 3, 3, 0, 0);
    ei_property(&info, 3, "TypeID", 0, 10, 19, 1, 8);
    ei_property(&info, 4, "TypeParameterCount", 0, 8, 0, 1, 4);
    ei_property(&info, 5, "TypeParameters", 4, 10, 0, 4, 8);
    CHECK_EQ_INT(learn(infos, &info, 32), ETWKIT_OK);
    told t = tell_event(infos, &clr, 15, 0);
    REQUIRE(t.status == ETWKIT_OK);
    const etwkit_field *fields = t.is.layout->fields;
    CHECK_EQ_UINT(t.is.layout->top_count, 3);
    CHECK_EQ_UINT(fields[2].member_count, 3);
    CHECK_EQ_UINT(fields[2].first_member, 3);
    CHECK(fields[2].is_array && fields[5].is_array);
    CHECK_EQ_UINT(t.is.layout->slot_count, 2);
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
}

TEST(scalars_may_have_a_count_of_zero) {
    ek_event_infos *infos = new_infos();
    ei_begin(&info, &dns, 1, 0, 2, 2);
    ei_property(&info, 0, "a", 0, 8, 0, 0, 0);
    ei_property(&info, 1, "b", 0x40 | 0x80, 8, 0, 1, 0); /* tags, and a custom schema where a map's name would stand */
    set32(&info, 0x70 + 24 + 12, 0xFFFFFFFF);
    set32(&info, 0x70 + 24 + 20, 0xF1234567);
    CHECK_EQ_INT(learn(infos, &info, 32), ETWKIT_OK);
    told t = tell_event(infos, &dns, 1, 0);
    REQUIRE(t.status == ETWKIT_OK);
    CHECK(!t.is.layout->fields[0].is_array);
    CHECK_EQ_UINT(t.is.layout->fields[1].tags, 0x01234567);
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
}

TEST(classic_events_are_found_by_class_and_type) {
    ek_event_infos *infos = new_infos();
    ei_begin(&info, &dns, 0, 2, 1, 1);
    memcpy(info.bytes + 0x10, &class_id, 16);
    info.bytes[0x25] = 33; /* opcode */
    set32(&info, 0x30, 1);
    ei_property(&info, 0, "a", 0, 8, 0, 1, 0);
    ei_name(&info, 0x44, "MyClass");
    ei_name(&info, 0x5C, "ActivityID"); /* not the event's name */
    CHECK_EQ_INT(learn(infos, &info, 32), ETWKIT_OK);
    etwkit_record record = {
        .provider_id = class_id, .opcode = 33, .version = 2, .level = 4, .flags = ETWKIT_FLAG_CLASSIC};
    told t = tell(infos, &record);
    CHECK_EQ_INT(t.status, ETWKIT_OK);
    CHECK_EQ_STR(t.is.task_name, "MyClass");
    CHECK(t.is.event_name == NULL);
    ek_arena_free(&t.arena);
    record.flags = 0;
    t = tell(infos, &record);
    CHECK_EQ_INT(t.status, ETWKIT_ABSENT);
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
}

TEST(events_that_describe_themselves_need_all_of_their_descriptor) {
    ek_event_infos *infos = new_infos();
    ei_begin(&info, &dns, 0, 0, 0, 0);
    info.bytes[0x23] = 11;
    info.bytes[0x28] = 0x40; /* keyword */
    set32(&info, 0x30, 3);
    ei_name(&info, 0x5C, "Named");
    CHECK_EQ_INT(learn(infos, &info, 32), ETWKIT_OK);
    etwkit_record record = {.provider_id = dns, .channel = 11, .keywords = 0x40};
    told t = tell(infos, &record);
    CHECK_EQ_INT(t.status, ETWKIT_OK);
    CHECK_EQ_STR(t.is.event_name, "Named");
    ek_arena_free(&t.arena);
    record.keywords = 0x80;
    t = tell(infos, &record);
    CHECK_EQ_INT(t.status, ETWKIT_ABSENT);
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
}

TEST(maps_of_every_kind) {
    static const struct {
        uint32_t flags;
        bool is_bitmap;
        uint64_t second; /* value of the entry that says 16 */
    } cases[] = {{1, false, 16},   {2, true, 16},          {8, false, 16},      {8 | 0x40, false, 1},
                 {0x10, true, 16}, {0x10 | 0x40, true, 2}, {8 | 0x20, true, 16}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ek_event_infos *infos = new_infos();
        make_dns();
        learn(infos, &info, 32);
        make_map(&dns, "DnsIpTypeMap", cases[i].flags, 2);
        set_entry(0, "zero", 0);
        set_entry(1, "one", 16);
        CHECK_EQ_INT(learn(infos, &map, 33), ETWKIT_OK);
        told t = tell_event(infos, &dns, 1001, 0);
        const etwkit_map *found = etwkit_field_map(&t.is.layout->fields[3]);
        uint64_t value = 0;
        const char *label = NULL;
        CHECK_EQ_INT(etwkit_map_entry(found, 1, &value, &label), ETWKIT_OK);
        CHECK_EQ_UINT(value, cases[i].second);
        CHECK_EQ_STR(label, "one");
        CHECK(etwkit_map_is_bitmap(found) == cases[i].is_bitmap);
        ek_arena_free(&t.arena);
        ek_event_infos_free(&infos);
    }
}

TEST(maps_without_numbers_are_left_alone) {
    ek_event_infos *infos = new_infos();
    make_dns_map();
    set32(&map, 0x14, 4); /* a pattern map */
    set32(&map, 0x18, 0xFFFFFFFF);
    CHECK_EQ_INT(learn(infos, &map, 33), ETWKIT_OK);
    set32(&map, 0x14, 1);
    set32(&map, 0x1C, 1); /* of texts */
    CHECK_EQ_INT(learn(infos, &map, 33), ETWKIT_OK);
    ek_event_infos_free(&infos);
}

TEST(clr_stacks_have_as_many_frames_as_they_say) {
    ek_event_infos *infos = new_infos();
    ei_begin(&info, &clr, 82, 0, 5, 5);
    ei_property(&info, 0, "ClrInstanceID", 0, 6, 0, 1, 2);
    ei_property(&info, 1, "Reserved1", 0, 4, 0, 1, 1);
    ei_property(&info, 2, "Reserved2", 0, 4, 0, 1, 1);
    ei_property(&info, 3, "FrameCount", 0, 8, 0, 1, 4);
    ei_property(&info, 4, "Stack", 0, 16, 0, 2, 4);
    CHECK_EQ_INT(learn(infos, &info, 32), ETWKIT_OK);
    told t = tell_event(infos, &clr, 82, 0);
    REQUIRE(t.status == ETWKIT_OK);
    CHECK_EQ_UINT(t.is.layout->fields[4].flags, EK_FIELD_PARAM_COUNT);
    CHECK_EQ_UINT(t.is.layout->fields[4].count, 3);
    CHECK_EQ_UINT(t.is.layout->fields[3].slot, 0);
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
}

TEST(connection_numbers_are_pointers) {
    ek_field_spec specs[] = {
        {.name = "PID", .name_length = 3, .in_type = ETWKIT_IN_UINT32},
        {.name = "connid", .name_length = 6, .in_type = ETWKIT_IN_UINT32},
    };
    ek_correct_fields(&dns, 10, specs, 2);
    CHECK_EQ_UINT(specs[1].in_type, ETWKIT_IN_UINT32);
    ek_correct_fields(&network, 10, specs, 2);
    CHECK_EQ_UINT(specs[0].in_type, ETWKIT_IN_UINT32);
    CHECK_EQ_UINT(specs[1].in_type, ETWKIT_IN_POINTER);
    CHECK_EQ_UINT(specs[1].out_type, ETWKIT_OUT_UNSIGNEDLONG);
    specs[1].in_type = ETWKIT_IN_UINT64; /* a schema that knows better */
    ek_correct_fields(&network, 10, specs, 2);
    CHECK_EQ_UINT(specs[1].in_type, ETWKIT_IN_UINT64);
}

static void refused(const blob *b, unsigned opcode, const char *what) {
    ek_event_infos *infos = new_infos();
    etwkit_record record = carry(b, opcode);
    etwkit_error error = {0};
    CHECK_EQ_INT(ek_event_infos_learn(infos, &record, &error), ETWKIT_E_DAMAGED);
    if (!strstr(error.message, what))
        test_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", error.message, what);
    told t = tell_event(infos, &dns, 1001, 0);
    CHECK_EQ_INT(t.status, ETWKIT_ABSENT); /* nothing of it is kept */
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
}

TEST(contradictions_are_refused) {
    make_dns();
    size_t whole = info.size;
    info.size = 0x6F;
    refused(&info, 32, "shorter than its head");
    info.size = whole;
    set32(&info, 0x64, 0x0AAAAAAB); /* times 24 overflows 32 bits */
    refused(&info, 32, "more properties");
    set32(&info, 0x64, 6);
    set32(&info, 0x68, 7);
    refused(&info, 32, "more properties");
    make_dns();
    set32(&info, 0x30, 9);
    refused(&info, 32, "unknown");
    make_dns();
    set32(&info, 0x44, (uint32_t)info.size);
    refused(&info, 32, "outside");
    set32(&info, 0x44, 0xFFFFFFFF);
    refused(&info, 32, "outside");
    make_dns();
    info.size -= 2;
    refused(&info, 32, "keywords has no end");
    make_dns();
    ei_property(&info, 5, "Address", 2, 14, 25, 1, 5);
    refused(&info, 32, "before");
    make_dns_map();
    set32(&map, 0x18, 0x20000001);
    refused(&map, 33, "more entries");
    map.size = 0x1F;
    refused(&map, 33, "shorter");
    map.size = 7;
    refused(&map, 33, "shorter");
}

TEST(overlapping_texts_do_not_multiply) {
    ei_begin(&info, &dns, 1, 0, 1000, 1000);
    uint32_t at = (uint32_t)info.size;
    for (size_t i = 0; i < 4000; i++)
        put16(&info, 'x');
    put16(&info, 0);
    for (size_t i = 0; i < 1000; i++) {
        set32(&info, 0x70 + 24 * i + 4, at);
        set16(&info, 0x70 + 24 * i + 8, 8);
    }
    refused(&info, 32, "overlap");
    make_map(&dns, "m", 1, 1000);
    at = put_wide(&map, "a label that all entries share, which is no crime while it does not multiply");
    for (size_t i = 0; i < 1000; i++)
        set32(&map, 0x20 + 8 * i, at - 0x10);
    refused(&map, 33, "overlap");
}

TEST(what_is_kept_is_limited) {
    ek_event_infos *infos = new_infos();
    make_dns();
    info.size = 60000;
    etwkit_status status = ETWKIT_OK;
    unsigned kept = 0;
    for (; kept < 10000 && !status; kept++) {
        set16(&info, 0x20, kept);
        status = learn(infos, &info, 32);
    }
    CHECK_EQ_INT(status, ETWKIT_E_LIMIT);
    CHECK(kept > 4000 && kept < 5000);
    told t = tell_event(infos, &dns, 1, 0);
    CHECK_EQ_INT(t.status, ETWKIT_OK);
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
}

/* Learns an exact copy and asks for what it describes. */
static void survives(const blob *b, unsigned opcode) {
    ek_event_infos *infos = new_infos();
    uint8_t *copy = exact(b->bytes, b->size);
    etwkit_record record = carry(b, opcode);
    record.payload = copy;
    etwkit_status status = ek_event_infos_learn(infos, &record, NULL);
    CHECK(status == ETWKIT_OK || status == ETWKIT_E_DAMAGED);
    free(copy); /* what is kept is a copy */
    told t = tell_event(infos, &dns, 1001, 0);
    CHECK(t.status == ETWKIT_OK || t.status == ETWKIT_ABSENT);
    ek_arena_free(&t.arena);
    ek_event_infos_free(&infos);
}

static void flip_everything(blob *b, unsigned opcode) {
    for (size_t at = 0; at < b->size; at++)
        for (unsigned flip = 1; flip < 256; flip = flip < 128 ? flip * 2 : flip + 127) {
            b->bytes[at] ^= (uint8_t)flip;
            survives(b, opcode);
            b->bytes[at] ^= (uint8_t)flip;
        }
}

static void cut_everywhere(blob *b, unsigned opcode) {
    size_t whole = b->size;
    for (b->size = 0; b->size < whole; b->size++)
        survives(b, opcode);
}

TEST(cut_anywhere_it_survives) {
    make_dns();
    cut_everywhere(&info, 32);
    make_dns_map();
    cut_everywhere(&map, 33);
}

TEST(with_any_byte_flipped_it_survives) {
    make_dns();
    flip_everything(&info, 32);
    make_dns_map();
    flip_everything(&map, 33);
}

static bool scenario(const etwkit_allocator *allocator, void *context) {
    (void)context;
    ek_event_infos *infos = NULL;
    ek_arena arena;
    ek_description description = {0};
    etwkit_record record = {.provider_id = dns, .event_id = 1001};
    etwkit_record carried = carry(&info, 32), carried_map = carry(&map, 33);
    ek_arena_init(&arena, allocator);
    etwkit_status status = ek_event_infos_new(&infos, allocator);
    if (!status)
        status = ek_event_infos_learn(infos, &carried_map, NULL);
    if (!status)
        status = ek_event_infos_learn(infos, &carried, NULL);
    if (!status)
        status = ek_event_infos_describe(infos, &record, &arena, &description, NULL);
    CHECK(status == ETWKIT_OK || status == ETWKIT_E_NO_MEMORY);
    ek_arena_free(&arena);
    ek_event_infos_free(&infos);
    return status == ETWKIT_OK;
}

TEST(memory_may_run_out) {
    make_dns();
    make_dns_map();
    CHECK_OOM(scenario, NULL);
}

TEST_MAIN(CASE(a_real_blob_is_read), CASE(others_of_a_known_provider_have_its_name), CASE(the_first_of_an_event_stays),
          CASE(structs_and_arrays_are_read), CASE(scalars_may_have_a_count_of_zero),
          CASE(classic_events_are_found_by_class_and_type),
          CASE(events_that_describe_themselves_need_all_of_their_descriptor), CASE(maps_of_every_kind),
          CASE(maps_without_numbers_are_left_alone), CASE(clr_stacks_have_as_many_frames_as_they_say),
          CASE(connection_numbers_are_pointers), CASE(contradictions_are_refused),
          CASE(overlapping_texts_do_not_multiply), CASE(what_is_kept_is_limited), CASE(cut_anywhere_it_survives),
          CASE(with_any_byte_flipped_it_survives), CASE(memory_may_run_out))
