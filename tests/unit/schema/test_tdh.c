/* SPDX-License-Identifier: MIT */
/* TDH as the last schema source, on Windows: this program stands in for TDH, each answer as its page has it
 * (learn.microsoft.com/windows/win32/api/tdh/). Its functions are defined here, so nobody else is asked. */
#include "base/guid.h"
#include "blob.h"
#include "schema/sources.h"
#include "test.h"

#include <windows.h>
/* What follows builds on it. */
#include <evntcons.h>
#include <tdh.h>

static const etwkit_guid dns = EK_GUID(0x1c95126e, 0x7eea, 0x49a9, 0xa3, 0xfe, 0xa3, 0x78, 0xb0, 0x3d, 0xdb, 0x4d);
static const etwkit_guid class_id = EK_GUID(0x11111111, 0x2222, 0x3333, 1, 2, 3, 4, 5, 6, 7, 8);

static blob info, map;

/* What TDH was asked, and what it answers. */
static struct {
    unsigned events, maps;
    ULONG code, map_code;
    unsigned growing; /* questions that find the answer grown */
    EVENT_RECORD record;
} tdh;

static ULONG answer(const blob *with, size_t head, void *buffer, ULONG *size) {
    const ULONG there = *size, needed = (ULONG)(with->size - head);
    *size = needed;
    if (there < needed)
        return ERROR_INSUFFICIENT_BUFFER;
    memcpy(buffer, with->bytes + head, needed);
    return ERROR_SUCCESS;
}

ULONG WINAPI TdhGetEventInformation(PEVENT_RECORD event, ULONG contexts, PTDH_CONTEXT context, PTRACE_EVENT_INFO buffer,
                                    ULONG *size) {
    tdh.events++;
    tdh.record = *event;
    CHECK(contexts == 0 && context == NULL);
    if (tdh.growing) {
        tdh.growing--;
        *size += 1000;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    return tdh.code ? tdh.code : answer(&info, 0, buffer, size);
}

ULONG WINAPI TdhGetEventMapInformation(PEVENT_RECORD event, LPWSTR name, PEVENT_MAP_INFO buffer, ULONG *size) {
    tdh.maps++;
    CHECK(memcmp(&event->EventHeader.ProviderId, &dns, sizeof dns) == 0);
    if (wcscmp(name, L"DnsIpTypeMap") != 0)
        return ERROR_NOT_FOUND;
    return tdh.map_code ? tdh.map_code : answer(&map, 0, buffer, size);
}

/* Where the import leads to, by which Wine is told. */
extern const void *const __imp_TdhGetEventInformation;
const void *const __imp_TdhGetEventInformation = (const void *)TdhGetEventInformation;

/* The sources of one trace, and one description. */

static ek_sources sources;
static ek_arena arena;
static ek_description told;

static void begin(void) {
    const etwkit_allocator allocator = ek_allocator_or_default(NULL);
    memset(&tdh, 0, sizeof tdh);
    ek_arena_init(&arena, &allocator);
    CHECK_EQ_INT(ek_sources_init(&sources, &allocator), ETWKIT_OK);
}

static void end(void) {
    ek_sources_free(&sources);
    ek_arena_free(&arena);
}

static etwkit_status tell(const etwkit_record *record) {
    static const ek_carried nothing;
    told = (ek_description){.provider_name = NULL};
    return ek_sources_describe(&sources, record, &nothing, &arena, &told, NULL);
}

static etwkit_record event_of(unsigned id, unsigned version) {
    static const uint8_t payload[] = {1, 2, 3, 4};
    return (etwkit_record){.provider_id = dns,
                           .event_id = (uint16_t)id,
                           .version = (uint8_t)version,
                           .level = 4,
                           .opcode = 9,
                           .task = 77,
                           .keywords = 0x8000000000000001,
                           .process_id = 11,
                           .thread_id = 12,
                           .timestamp = 13,
                           .flags = ETWKIT_FLAG_64_BIT | ETWKIT_FLAG_EXTENDED_INFO,
                           .header_kind = ETWKIT_HEADER_EVENT64,
                           .pointer_size = 8,
                           .payload = payload,
                           .payload_size = sizeof payload};
}

/* An answer with two fields, of which one has a map. */
static void make_info(unsigned id, unsigned version) {
    ei_begin(&info, &dns, id, version, 2, 2);
    ei_property(&info, 0, "Interface", 0, 1, 1, 1, 0);
    ei_property(&info, 1, "DynamicAddress", 0, 4, 4, 1, 1);
    ei_name(&info, 0x70 + 24 + 12, "DnsIpTypeMap");
    ei_name(&info, 0x34, "Microsoft-Windows-DNS-Client");
    ei_name(&info, 0x44, "Server list");
}

static void make_map(void) {
    map.size = 0;
    for (size_t i = 0; i < 8; i++)
        put32(&map, 0);
    set32(&map, 4, 1); /* a value map of a manifest */
    set32(&map, 8, 2);
    set32(&map, 0x14, 0);
    set32(&map, 0x1C, 1);
    set32(&map, 0, put_wide(&map, "DnsIpTypeMap"));
    set32(&map, 0x10, put_wide(&map, "static "));
    set32(&map, 0x18, put_wide(&map, "dynamic "));
}

static const etwkit_field *field_of(const char *name) {
    for (size_t i = 0; told.layout && i < told.layout->field_count; i++)
        if (strcmp(told.layout->fields[i].name, name) == 0)
            return &told.layout->fields[i];
    return NULL;
}

TEST(an_answer_is_read_with_its_map) {
    const etwkit_record event = event_of(1001, 0);
    begin();
    make_info(1001, 0);
    make_map();
    REQUIRE(tell(&event) == ETWKIT_OK);
    CHECK_EQ_INT(told.source, ETWKIT_SOURCE_TDH);
    CHECK_EQ_STR(told.provider_name, "Microsoft-Windows-DNS-Client");
    CHECK_EQ_STR(told.task_name, "Server list");
    REQUIRE(told.layout && told.layout->field_count == 2);
    CHECK(field_of("Interface") != NULL && field_of("DynamicAddress") != NULL);
    const etwkit_map *labels = field_of("DynamicAddress")->map;
    REQUIRE(labels != NULL);
    uint64_t value = 0;
    const char *label = NULL;
    REQUIRE(etwkit_map_entry(labels, 1, &value, &label) == ETWKIT_OK);
    CHECK_EQ_UINT(value, 1);
    CHECK_EQ_STR(label, "dynamic"); /* "the string will contain a space at the end" */
    end();
}

TEST(the_event_is_as_windows_would_give_it) {
    const etwkit_record event = event_of(1001, 3);
    begin();
    make_info(1001, 3);
    make_map();
    REQUIRE(tell(&event) == ETWKIT_OK);
    const EVENT_HEADER *header = &tdh.record.EventHeader;
    CHECK_EQ_UINT(header->Flags, EVENT_HEADER_FLAG_64_BIT_HEADER); /* it has no items */
    CHECK_EQ_UINT(tdh.record.ExtendedDataCount, 0);
    CHECK_EQ_UINT(header->EventDescriptor.Id, 1001);
    CHECK_EQ_UINT(header->EventDescriptor.Version, 3);
    CHECK_EQ_UINT(header->EventDescriptor.Level, 4);
    CHECK_EQ_UINT(header->EventDescriptor.Opcode, 9);
    CHECK_EQ_UINT(header->EventDescriptor.Task, 77);
    CHECK_EQ_UINT(header->EventDescriptor.Keyword, 0x8000000000000001);
    CHECK_EQ_UINT(header->ProcessId, 11);
    CHECK_EQ_UINT(header->ThreadId, 12);
    CHECK_EQ_UINT(tdh.record.UserDataLength, 4);
    CHECK(tdh.record.UserData == event.payload);
    end();
}

TEST(answers_are_asked_for_once) {
    const etwkit_record first = event_of(1001, 0), second = event_of(1002, 0), newer = event_of(1001, 1);
    begin();
    make_map();
    make_info(1001, 0);
    REQUIRE(tell(&first) == ETWKIT_OK);
    REQUIRE(tell(&first) == ETWKIT_OK);
    CHECK_EQ_UINT(tdh.events, 1);
    make_info(1002, 0);
    REQUIRE(tell(&second) == ETWKIT_OK);
    make_info(1001, 1);
    REQUIRE(tell(&newer) == ETWKIT_OK);
    CHECK_EQ_UINT(tdh.events, 3);
    CHECK_EQ_UINT(tdh.maps, 1); /* they share it */
    REQUIRE(field_of("DynamicAddress") != NULL);
    CHECK(field_of("DynamicAddress")->map != NULL);
    end();
}

static void ask_twice(ULONG code, uint16_t id, unsigned times) {
    const etwkit_record event = event_of(id, 0), newer = event_of(id, 1);
    tdh.code = code;
    tdh.events = 0;
    CHECK_EQ_INT(tell(&event), ETWKIT_ABSENT);
    CHECK_EQ_INT(tell(&event), ETWKIT_ABSENT);
    CHECK_EQ_UINT(tdh.events, times);
    CHECK_EQ_INT(tell(&newer), ETWKIT_ABSENT);
    CHECK_EQ_UINT(tdh.events, times + 1);
}

/* The codes of learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhgeteventinformation. */
TEST(what_tdh_does_not_know_is_asked_for_once) {
    static const ULONG codes[] = {ERROR_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_FILE_NOT_FOUND,
                                  ERROR_RESOURCE_TYPE_NOT_FOUND};
    begin();
    for (uint16_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        ask_twice(codes[i], i, 1);
    end();
}

/* One that is on its page, and three that are not. */
TEST(what_tdh_cannot_say_now_is_asked_for_again) {
    static const ULONG codes[] = {ERROR_WMI_SERVER_UNAVAILABLE, ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY,
                                  ERROR_GEN_FAILURE};
    const etwkit_record event = event_of(1001, 0);
    begin();
    for (uint16_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        ask_twice(codes[i], i, 2);
    make_info(1001, 0);
    tdh.code = ERROR_WMI_SERVER_UNAVAILABLE;
    CHECK_EQ_INT(tell(&event), ETWKIT_ABSENT);
    tdh.code = ERROR_SUCCESS;
    tdh.map_code = ERROR_WMI_SERVER_UNAVAILABLE; /* else its labels would be missing for ever */
    CHECK_EQ_INT(tell(&event), ETWKIT_ABSENT);
    tdh.map_code = ERROR_SUCCESS;
    REQUIRE(tell(&event) == ETWKIT_OK);
    REQUIRE(field_of("DynamicAddress") != NULL);
    CHECK(field_of("DynamicAddress")->map != NULL);
    end();
}

TEST(without_its_map_a_field_is_a_number) {
    const etwkit_record event = event_of(1001, 0);
    begin();
    make_info(1001, 0);
    tdh.map_code = ERROR_NOT_FOUND;
    REQUIRE(tell(&event) == ETWKIT_OK);
    REQUIRE(field_of("DynamicAddress") != NULL);
    CHECK(field_of("DynamicAddress")->map == NULL);
    end();
}

TEST(large_answers_and_growing_ones_have_room) {
    const etwkit_record event = event_of(1001, 0), other = event_of(1002, 0);
    begin();
    make_info(1001, 0);
    make_map();
    while (info.size < 20000)
        put8(&info, 0);
    REQUIRE(tell(&event) == ETWKIT_OK);
    CHECK_EQ_UINT(tdh.events, 2);
    make_info(1002, 0);
    tdh.growing = 3;
    CHECK_EQ_INT(tell(&other), ETWKIT_OK);
    end();
}

TEST(an_answer_that_never_fits_is_none) {
    const etwkit_record event = event_of(1001, 0);
    begin();
    tdh.growing = 1000000;
    CHECK_EQ_INT(tell(&event), ETWKIT_ABSENT);
    CHECK(tdh.events < 100);
    end();
}

/* TDH reads files of others: what it makes of them is checked like any input. */
TEST(damaged_answers_are_none) {
    begin();
    make_info(1001, 0);
    const size_t size = info.size;
    for (unsigned cut = 0; cut < size; cut += 7) {
        const etwkit_record event = event_of(cut, 0);
        make_info(cut, 0);
        info.size = cut;
        (void)tell(&event);
        tdh.events = 0;
        (void)tell(&event);
        CHECK_EQ_UINT(tdh.events, 0);
    }
    make_info(2000, 0);
    set32(&info, 0x64, 0xFFFFFFFF); /* properties */
    const etwkit_record event = event_of(2000, 0);
    CHECK_EQ_INT(tell(&event), ETWKIT_ABSENT);
    end();
}

TEST(classic_events_are_found_by_class_type_and_version) {
    etwkit_record event = event_of(0, 2), other;
    event.provider_id = class_id;
    event.flags = ETWKIT_FLAG_64_BIT | ETWKIT_FLAG_CLASSIC;
    event.header_kind = ETWKIT_HEADER_FULL64;
    begin();
    make_info(0, 2);
    set32(&info, 0x70 + 24 + 12, 0); /* without the map */
    memcpy(info.bytes + 0x10, &class_id, sizeof class_id);
    set32(&info, 0x30, 1); /* WBEM */
    REQUIRE(tell(&event) == ETWKIT_OK);
    CHECK_EQ_INT(told.source, ETWKIT_SOURCE_TDH);
    CHECK(tdh.record.EventHeader.Flags & EVENT_HEADER_FLAG_CLASSIC_HEADER);
    other = event;
    other.opcode = 10;
    tdh.code = ERROR_NOT_FOUND;
    CHECK_EQ_INT(tell(&other), ETWKIT_ABSENT);
    CHECK_EQ_INT(tell(&event), ETWKIT_OK);
    CHECK_EQ_UINT(tdh.events, 2);
    end();
}

TEST(others_come_first_and_messages_are_not_asked_for) {
    static const etwkit_guid process =
        EK_GUID(0x3d6fa8d0, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c);
    etwkit_record event = event_of(1001, 0);
    begin();
    tdh.code = ERROR_NOT_FOUND;
    event.flags = ETWKIT_FLAG_TRACE_MESSAGE;
    CHECK_EQ_INT(tell(&event), ETWKIT_ABSENT);
    event.flags = ETWKIT_FLAG_STRING_ONLY;
    CHECK_EQ_INT(tell(&event), ETWKIT_OK);
    event = event_of(0, 4);
    event.provider_id = process;
    event.opcode = 1;
    event.flags = ETWKIT_FLAG_CLASSIC | ETWKIT_FLAG_64_BIT;
    event.header_kind = ETWKIT_HEADER_SYSTEM64;
    CHECK_EQ_INT(tell(&event), ETWKIT_OK);
    CHECK_EQ_INT(told.source, ETWKIT_SOURCE_CLASSIC);
    CHECK_EQ_UINT(tdh.events, 0);
    end();
}

TEST_MAIN(CASE(an_answer_is_read_with_its_map), CASE(the_event_is_as_windows_would_give_it),
          CASE(answers_are_asked_for_once), CASE(what_tdh_does_not_know_is_asked_for_once),
          CASE(what_tdh_cannot_say_now_is_asked_for_again), CASE(without_its_map_a_field_is_a_number),
          CASE(large_answers_and_growing_ones_have_room), CASE(an_answer_that_never_fits_is_none),
          CASE(damaged_answers_are_none), CASE(classic_events_are_found_by_class_type_and_version),
          CASE(others_come_first_and_messages_are_not_asked_for))
