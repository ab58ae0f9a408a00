/* SPDX-License-Identifier: MIT */
/* The double's TDH: TRACE_EVENT_INFO, properties, maps, lists, and payload filters, of a table in the script. */
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

static void look_up(const char *name, void *function) {
    const FARPROC found = GetProcAddress(LoadLibraryW(L"tdh.dll"), name);
    CHECK(found != NULL);
    memcpy(function, &found, sizeof found);
}

/* An event with an array whose length another property tells, and structures whose number another tells. */
#define SHAPES                                        \
    "tdh-provider " SOME_PROVIDER " Some-Provider\n"  \
    "tdh-event 5 0\n"                                 \
    "tdh-field number 6\n"                            \
    "tdh-field list 8 count =0\n"                     \
    "tdh-field point 0 struct 6 members 2 count =0\n" \
    "tdh-field size 6\n"                              \
    "tdh-field words 1 length =3\n"                   \
    "tdh-field address 16\n"                          \
    "tdh-field x 4 member yes\ntdh-field label 2 member yes\n"

static const BYTE shaped[] = {2,   0,                            /* number */
                              1,   0,   0,   0,  2,   0,   0, 0, /* list */
                              10,  'a', 0,   20, 'b', 'c', 0,    /* point: x, label */
                              3,   0,                            /* size */
                              'x', 0,   'y', 0,  'z', 0, /* words: characters are counted, and there is no NUL */
                              1,   2,   3,   4,  5,   6,   7, 8}; /* address */

static EVENT_RECORD shaped_record(USHORT size) {
    EVENT_RECORD record = record_of(5, 0);
    record.UserData = (void *)(ULONG_PTR)shaped;
    record.UserDataLength = size;
    return record;
}

/* The property's bytes; their number, or the error as a number below zero. */
static int bytes_of(EVENT_RECORD *record, const WCHAR *name, ULONG index, const WCHAR *member, BYTE *bytes,
                    ULONG room) {
    PROPERTY_DATA_DESCRIPTOR descriptors[2] = {{(ULONG_PTR)name, index, 0}, {(ULONG_PTR)member, MAXDWORD, 0}};
    ULONG size = 0;
    const ULONG error = TdhGetPropertySize(record, 0, NULL, member ? 2 : 1, descriptors, &size);
    if (error)
        return -(int)error;
    const ULONG second = TdhGetProperty(record, 0, NULL, member ? 2 : 1, descriptors, room, bytes);
    return second ? -(int)second : (int)size;
}

TEST(properties_are_found) {
    script(SHAPES);
    EVENT_RECORD record = shaped_record(sizeof shaped);
    BYTE bytes[64];
    CHECK_EQ_INT(bytes_of(&record, L"number", MAXDWORD, NULL, bytes, 64), 2);
    CHECK_EQ_INT(bytes_of(&record, L"list", MAXDWORD, NULL, bytes, 64), 8);
    CHECK_EQ_MEM(bytes, shaped + 2, 8);
    CHECK_EQ_INT(bytes_of(&record, L"list", 1, NULL, bytes, 64), 4);
    CHECK_EQ_UINT(bytes[0], 2);
    CHECK_EQ_INT(bytes_of(&record, L"words", MAXDWORD, NULL, bytes, 64), 6);
    CHECK_EQ_MEM(bytes, shaped + 19, 6);
    CHECK_EQ_INT(bytes_of(&record, L"point", MAXDWORD, NULL, bytes, 64), 7);
    CHECK_EQ_INT(bytes_of(&record, L"point", 0, L"x", bytes, 64), 1);
    CHECK_EQ_UINT(bytes[0], 10);
    CHECK_EQ_INT(bytes_of(&record, L"point", 1, L"label", bytes, 64), 3);
    CHECK_EQ_MEM(bytes, "bc", 3);
    CHECK_EQ_INT(bytes_of(&record, L"address", MAXDWORD, NULL, bytes, 64), 8);
}

TEST(pointers_are_as_long_as_the_event_says) {
    script(SHAPES);
    EVENT_RECORD record = shaped_record(sizeof shaped);
    BYTE bytes[64];
    record.EventHeader.Flags = EVENT_HEADER_FLAG_32_BIT_HEADER;
    CHECK_EQ_INT(bytes_of(&record, L"address", MAXDWORD, NULL, bytes, 64), 4);
}

TEST(what_is_no_property_is_refused) {
    script(SHAPES);
    EVENT_RECORD record = shaped_record(sizeof shaped), cut = shaped_record(20), other = record_of(6, 0);
    BYTE bytes[64];
    PROPERTY_DATA_DESCRIPTOR nameless = {0, MAXDWORD, 0};
    ULONG size;
    CHECK_EQ_INT(bytes_of(&record, L"Number", MAXDWORD, NULL, bytes, 64), -ERROR_NOT_FOUND);
    CHECK_EQ_INT(bytes_of(&record, L"x", MAXDWORD, NULL, bytes, 64), -ERROR_NOT_FOUND);
    CHECK_EQ_INT(bytes_of(&record, L"list", 2, NULL, bytes, 64), -ERROR_NOT_FOUND);
    CHECK_EQ_INT(bytes_of(&record, L"point", 0, L"z", bytes, 64), -ERROR_NOT_FOUND);
    CHECK_EQ_INT(bytes_of(&other, L"number", MAXDWORD, NULL, bytes, 64), -ERROR_NOT_FOUND);
    CHECK_EQ_INT(bytes_of(&record, L"list", MAXDWORD, NULL, bytes, 7), -ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ_INT(bytes_of(&cut, L"words", MAXDWORD, NULL, bytes, 64), -ERROR_EVT_INVALID_EVENT_DATA);
    CHECK_EQ_UINT(TdhGetPropertySize(&record, 0, NULL, 1, &nameless, &size), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(TdhGetPropertySize(&record, 0, NULL, 3, &nameless, &size), ERROR_INVALID_PARAMETER);
}

/* Not in mingw-w64's tdh.h: https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhformatproperty */
typedef ULONG(WINAPI *format_function)(TRACE_EVENT_INFO *, EVENT_MAP_INFO *, ULONG, USHORT, USHORT, USHORT, USHORT,
                                       BYTE *, ULONG *, WCHAR *, USHORT *);

static format_function format_property;
static WCHAR formatted[256];
static USHORT consumed;

/* Formats into `formatted`, as the page says one does it: the size is asked first. */
static ULONG format(EVENT_MAP_INFO *map, USHORT in_type, USHORT out_type, USHORT length, const void *data,
                    USHORT size) {
    TRACE_EVENT_INFO info;
    ULONG room = 0;
    memset(&info, 0, sizeof info);
    consumed = 0;
    if (!format_property)
        look_up("TdhFormatProperty", &format_property);
    BYTE *bytes = (BYTE *)(ULONG_PTR)data;
    const ULONG asked = format_property(&info, map, 8, in_type, out_type, length, size, bytes, &room, NULL, &consumed);
    if (asked != ERROR_INSUFFICIENT_BUFFER)
        return asked;
    CHECK(room <= sizeof formatted);
    return format_property(&info, map, 8, in_type, out_type, length, size, bytes, &room, formatted, &consumed);
}

TEST(values_are_formatted) {
    script("");
    static const struct {
        USHORT in_type, out_type, length, size, used;
        const char *data;
        const WCHAR *text;
    } values[] = {
        {1, 0, 0, 8, 6, "o\0k\0\0\0x", L"ok"},
        {1, 0, 1, 8, 2, "o\0k\0\0\0x", L"o"},
        {2, 0, 0, 3, 3, "abc", L"abc"},
        {3, 0, 0, 2, 1, "\xFFx", L"-1"},
        {4, 0, 0, 2, 1, "\xFFx", L"255"},
        {6, 22, 0, 2, 2, "\x01\xBB", L"443"},
        {7, 0, 0, 4, 4, "\xFE\xFF\xFF\xFF", L"-2"},
        {8, 23, 0, 4, 4, "\x7F\0\0\1", L"127.0.0.1"},
        {8, 18, 0, 4, 4, "\x1F\0\0\0", L"0x1F"},
        {10, 0, 0, 8, 8, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", L"18446744073709551615"},
        {12, 0, 0, 8, 8, "\0\0\0\0\0\0\xD0\x3F", L"0.25"},
        {13, 0, 0, 4, 4, "\1\0\0\0", L"true"},
        {14, 0, 3, 4, 3, "\1\2\xAB\4", L"0x0102AB"},
        {16, 0, 0, 8, 8, "\0\x10\0\0\0\0\0\0", L"0x1000"},
        {19, 0, 0, 12, 12, "\1\1\0\0\0\0\0\5\x12\0\0\0", L"S-1-5-18"},
        {22, 0, 0, 6, 6, "\4\0h\0i\0", L"hi"},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CHECK_EQ_UINT(
            format(NULL, values[i].in_type, values[i].out_type, values[i].length, values[i].data, values[i].size),
            ERROR_SUCCESS);
        CHECK(wcscmp(formatted, values[i].text) == 0);
        CHECK_EQ_UINT(consumed, values[i].used);
    }
    CHECK_EQ_UINT(format(NULL, 8, 0, 0, "abc", 3), ERROR_EVT_INVALID_EVENT_DATA);
    CHECK_EQ_UINT(format(NULL, 8, 0, 0, NULL, 0), ERROR_INVALID_PARAMETER);
}

TEST(mapped_values_are_formatted) {
    script(TABLE);
    static union {
        EVENT_MAP_INFO info;
        BYTE bytes[1024];
    } map;
    WCHAR colours[] = L"Colours";
    EVENT_RECORD record = record_of(1, 0);
    ULONG size = sizeof map;
    REQUIRE(TdhGetEventMapInformation(&record, colours, &map.info, &size) == ERROR_SUCCESS);
    CHECK_EQ_UINT(format(&map.info, 8, 0, 0, "\2\0\0\0", 4), ERROR_SUCCESS);
    CHECK(wcscmp(formatted, L"Green") == 0);
    CHECK_EQ_UINT(format(&map.info, 8, 0, 0, "\7\0\0\0", 4), ERROR_SUCCESS);
    CHECK(wcscmp(formatted, L"7") == 0);
    map.info.Flag = EVENTMAP_INFO_FLAG_MANIFEST_BITMAP;
    CHECK_EQ_UINT(format(&map.info, 8, 0, 0, "\3\0\0\0", 4), ERROR_SUCCESS);
    CHECK(wcscmp(formatted, L"Red|Green") == 0);
}

TEST(events_that_describe_themselves) {
    script("");
    static BYTE schema[] = "\x17\0\0Done\0status\0\x08url\0\x02";
    static BYTE traits[] = "\x07\0Shop";
    EVENT_HEADER_EXTENDED_DATA_ITEM items[2];
    memset(items, 0, sizeof items);
    items[0].ExtType = SIM_ITEM_EVENT_SCHEMA_TL;
    items[0].DataSize = sizeof schema - 1;
    items[0].DataPtr = (ULONG_PTR)schema;
    items[1].ExtType = SIM_ITEM_PROV_TRAITS;
    items[1].DataSize = sizeof traits;
    items[1].DataPtr = (ULONG_PTR)traits;
    static BYTE data[] = "\x2A\0\0\0/orders";
    EVENT_RECORD record = record_of(0, 0);
    record.ExtendedData = items;
    record.ExtendedDataCount = 2;
    record.UserData = data;
    record.UserDataLength = sizeof data;
    static union {
        TRACE_EVENT_INFO info;
        BYTE bytes[1024];
    } answer;
    BYTE bytes[64];
    ULONG size = sizeof answer;
    REQUIRE(TdhGetEventInformation(&record, 0, NULL, &answer.info, &size) == ERROR_SUCCESS);
    CHECK_EQ_UINT(answer.info.DecodingSource, 3);
    CHECK_EQ_UINT(answer.info.PropertyCount, 2);
    CHECK(wcscmp(text_at(&answer, answer.info.ProviderNameOffset), L"Shop") == 0);
    CHECK(wcscmp(text_at(&answer, answer.info.ActivityIDNameOffset), L"Done") == 0);
    CHECK(wcscmp(text_at(&answer, answer.info.EventPropertyInfoArray[1].NameOffset), L"url") == 0);
    CHECK_EQ_INT(bytes_of(&record, L"url", MAXDWORD, NULL, bytes, 64), 8);
    CHECK_EQ_MEM(bytes, "/orders", 8);
}

/* Not in mingw-w64's tdh.h: https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhopendecodinghandle */
typedef ULONG(WINAPI *open_handle_function)(void **);
typedef ULONG(WINAPI *close_handle_function)(void *);
typedef ULONG(WINAPI *message_function)(void *, EVENT_RECORD *, ULONG *, BYTE *);

TEST(messages_are_not_known) {
    script("");
    open_handle_function open_handle;
    close_handle_function close_handle;
    message_function message;
    look_up("TdhOpenDecodingHandle", &open_handle);
    look_up("TdhCloseDecodingHandle", &close_handle);
    look_up("TdhGetWppMessage", &message);
    EVENT_RECORD record = record_of(1, 0);
    void *handle = NULL;
    ULONG size = 0;
    CHECK_EQ_UINT(open_handle(NULL), ERROR_INVALID_PARAMETER);
    REQUIRE(open_handle(&handle) == ERROR_SUCCESS);
    CHECK_EQ_UINT(message(handle, &record, &size, NULL), ERROR_NOT_FOUND);
    CHECK_EQ_UINT(message(NULL, &record, &size, NULL), ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(close_handle(handle), ERROR_SUCCESS);
}

/* Not in mingw-w64's tdh.h: https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhcreatepayloadfilter */
typedef struct predicate {
    WCHAR *field;
    USHORT operation;
    WCHAR *value;
} predicate;
typedef ULONG(WINAPI *create_function)(const GUID *, const EVENT_DESCRIPTOR *, BOOLEAN, ULONG, predicate *, void **);
typedef ULONG(WINAPI *aggregate_function)(ULONG, void **, BOOLEAN *, EVENT_FILTER_DESCRIPTOR *);

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
          CASE(providers_are_listed), CASE(properties_are_found), CASE(pointers_are_as_long_as_the_event_says),
          CASE(what_is_no_property_is_refused), CASE(values_are_formatted), CASE(mapped_values_are_formatted),
          CASE(events_that_describe_themselves), CASE(messages_are_not_known), CASE(payloads_are_filtered))
