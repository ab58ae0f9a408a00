/* SPDX-License-Identifier: MIT */
/* The double's TDH: TRACE_EVENT_INFO, maps, lists, and payload filters, of a table in the script. */
#include "sim_user.h"

static consumer c;

#define TABLE                                                                                             \
    "tdh-provider " SOME_PROVIDER " Some-Provider\n"                                                      \
    "tdh-event 1 0 level Information task Tasked opcode Doing keywords First,Second message \"%1 did\"\n" \
    "tdh-field number 10 map Colours\n"                                                                   \
    "tdh-field name 1\n"                                                                                  \
    "tdh-field list 8 count =0\n"                                                                         \
    "tdh-event 2 1\n"                                                                                     \
    "tdh-map Colours value\ntdh-entry 1 Red\ntdh-entry 2 Green\n"                                         \
    "tdh-provider 99999999-2222-3333-4444-555555555555 Classic source 1\n"                                \
    "tdh-event 0 2 type 10 opcode Load\n"

static EVENT_RECORD record_of(USHORT id, UCHAR version) {
    EVENT_RECORD record;
    memset(&record, 0, sizeof record);
    record.EventHeader.ProviderId = some_provider;
    record.EventHeader.EventDescriptor.Id = id;
    record.EventHeader.EventDescriptor.Version = version;
    return record;
}

static const WCHAR *text_at(const void *info, ULONG offset) {
    return (const WCHAR *)(const void *)((const BYTE *)info + offset);
}

TEST(events_are_described) {
    script(TABLE);
    static union {
        TRACE_EVENT_INFO info;
        BYTE bytes[4096];
    } answer;
    EVENT_RECORD record = record_of(1, 0);
    ULONG size = 0;
    CHECK_EQ_UINT(TdhGetEventInformation(&record, 0, NULL, NULL, &size), ERROR_INSUFFICIENT_BUFFER);
    REQUIRE(size > sizeof(TRACE_EVENT_INFO) && size <= sizeof answer);
    CHECK_EQ_UINT(TdhGetEventInformation(&record, 0, NULL, &answer.info, &size), ERROR_SUCCESS);
    CHECK_EQ_UINT(answer.info.PropertyCount, 3);
    CHECK_EQ_UINT(answer.info.TopLevelPropertyCount, 3);
    CHECK_EQ_UINT(answer.info.DecodingSource, DecodingSourceXMLFile);
    CHECK(wcscmp(text_at(&answer, answer.info.ProviderNameOffset), L"Some-Provider") == 0);
    CHECK(wcscmp(text_at(&answer, answer.info.OpcodeNameOffset), L"Doing ") == 0);
    CHECK(wcscmp(text_at(&answer, answer.info.EventMessageOffset), L"%1 did") == 0);
    CHECK_EQ_MEM(text_at(&answer, answer.info.KeywordsNameOffset), L"First \0Second \0", 2 * 16);
    const EVENT_PROPERTY_INFO *list = &answer.info.EventPropertyInfoArray[2];
    CHECK(wcscmp(text_at(&answer, list->NameOffset), L"list") == 0);
    CHECK_EQ_UINT(list->Flags, PropertyParamCount);
    CHECK_EQ_UINT(list->nonStructType.InType, 8);
    CHECK(wcscmp(text_at(&answer, answer.info.EventPropertyInfoArray[0].nonStructType.MapNameOffset), L"Colours") == 0);
    record = record_of(3, 0);
    CHECK_EQ_UINT(TdhGetEventInformation(&record, 0, NULL, &answer.info, &size), ERROR_NOT_FOUND);
    CHECK_EQ_UINT(TdhGetEventInformation(NULL, 0, NULL, &answer.info, &size), ERROR_INVALID_PARAMETER);
}

TEST(maps_are_described) {
    script(TABLE);
    static union {
        EVENT_MAP_INFO info;
        BYTE bytes[1024];
    } answer;
    WCHAR name[] = L"Colours", unknown[] = L"Sounds";
    EVENT_RECORD record = record_of(1, 0);
    ULONG size = sizeof answer;
    CHECK_EQ_UINT(TdhGetEventMapInformation(&record, name, &answer.info, &size), ERROR_SUCCESS);
    CHECK_EQ_UINT(answer.info.EntryCount, 2);
    CHECK_EQ_UINT(answer.info.MapEntryArray[1].Value, 2);
    CHECK(wcscmp(text_at(&answer, answer.info.MapEntryArray[1].OutputOffset), L"Green ") == 0);
    CHECK_EQ_UINT(TdhGetEventMapInformation(&record, unknown, &answer.info, &size), ERROR_NOT_FOUND);
}

TEST(names_of_a_provider_are_listed) {
    script(TABLE "tdh-provider 99999999-2222-3333-4444-555555555556 More\n"
                 "tdh-value keyword 0x2 Second\ntdh-value level 4 Information text \"Tells something\"\n");
    static union {
        PROVIDER_FIELD_INFOARRAY info;
        BYTE bytes[1024];
    } answer;
    GUID more = {0x99999999, 0x2222, 0x3333, {0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x56}};
    ULONG size = sizeof answer;
    CHECK_EQ_UINT(TdhEnumerateProviderFieldInformation(&more, EventLevelInformation, &answer.info, &size),
                  ERROR_SUCCESS);
    REQUIRE(answer.info.NumberOfElements == 1);
    CHECK_EQ_UINT(answer.info.FieldInfoArray[0].Value, 4);
    CHECK(wcscmp(text_at(&answer, answer.info.FieldInfoArray[0].DescriptionOffset), L"Tells something") == 0);
    CHECK_EQ_UINT(TdhEnumerateProviderFieldInformation(&more, EventTaskInformation, &answer.info, &size),
                  ERROR_NOT_FOUND);
    CHECK_EQ_UINT(TdhEnumerateProviderFieldInformation(&more, EventInformationMax, &answer.info, &size),
                  ERROR_NOT_SUPPORTED);
}

TEST(providers_are_listed) {
    script(TABLE);
    static union {
        PROVIDER_ENUMERATION_INFO info;
        BYTE bytes[1024];
    } answer;
    ULONG size = sizeof answer;
    CHECK_EQ_UINT(TdhEnumerateProviders(&answer.info, &size), ERROR_SUCCESS);
    REQUIRE(answer.info.NumberOfProviders == 2);
    CHECK(wcscmp(text_at(&answer, answer.info.TraceProviderInfoArray[1].ProviderNameOffset), L"Classic") == 0);
    CHECK_EQ_UINT(answer.info.TraceProviderInfoArray[1].SchemaSource, 1);
    size = 10;
    CHECK_EQ_UINT(TdhEnumerateProviders(&answer.info, &size), ERROR_INSUFFICIENT_BUFFER);
}

/* Not in mingw-w64's tdh.h: https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhcreatepayloadfilter */
typedef struct predicate {
    WCHAR *field;
    USHORT operation;
    WCHAR *value;
} predicate;
typedef ULONG(WINAPI *create_function)(const GUID *, const EVENT_DESCRIPTOR *, BOOLEAN, ULONG, predicate *, void **);
typedef ULONG(WINAPI *aggregate_function)(ULONG, void **, BOOLEAN *, EVENT_FILTER_DESCRIPTOR *);

static void look_up(const char *name, void *function) {
    const FARPROC found = GetProcAddress(LoadLibraryW(L"tdh.dll"), name);
    CHECK(found != NULL);
    memcpy(function, &found, sizeof found);
}

TEST(payloads_are_filtered) {
    script(TABLE "begin processing\nflush-ms 20\nfeed events 100 provider " SOME_PROVIDER " id 1 payload 2\n"
                 "feed events 10 provider " SOME_PROVIDER " id 2 version 1\nfeed stop *\n");
    WCHAR number[] = L"number", range[] = L"90,94", sound[] = L"sound";
    predicate between = {number, 6, range}, wrong = {sound, 6, range};
    EVENT_DESCRIPTOR descriptor = {1, 0, 0, 4, 0, 0, 0}, unknown = {9, 0, 0, 4, 0, 0, 0};
    EVENT_FILTER_DESCRIPTOR filter;
    create_function create;
    aggregate_function aggregate;
    void *one = NULL;
    look_up("TdhCreatePayloadFilter", &create);
    look_up("TdhAggregatePayloadFilters", &aggregate);
    CHECK_EQ_UINT(create(&some_provider, &unknown, FALSE, 1, &between, &one), ERROR_NOT_FOUND);
    CHECK_EQ_UINT(create(&some_provider, &descriptor, FALSE, 1, &wrong, &one), ERROR_INVALID_PARAMETER);
    REQUIRE(create(&some_provider, &descriptor, FALSE, 1, &between, &one) == ERROR_SUCCESS);
    REQUIRE(aggregate(1, &one, NULL, &filter) == ERROR_SUCCESS);
    const TRACEHANDLE handle = start(L"one");
    open_consumer(&c, L"one", 0);
    CHECK_EQ_UINT(enable(handle, 5, 0, 0, 0, &filter, 1), ERROR_SUCCESS);
    REQUIRE(join(&c));
    CHECK_EQ_INT(c.events, 5 + 10);
}

TEST_MAIN(CASE(events_are_described), CASE(maps_are_described), CASE(names_of_a_provider_are_listed),
          CASE(providers_are_listed), CASE(payloads_are_filtered))
