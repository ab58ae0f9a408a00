/* SPDX-License-Identifier: MIT */
/* Providers as ETW sees them, on Windows: this program stands in for evntprov.h's functions, each as its page has it
 * (learn.microsoft.com/windows/win32/api/evntprov/). The symbols by which they are imported are defined here, so that
 * the library asks nobody else. */
#include "session/etw_windows.h"
#include "session/process.h"
#include "test.h"

#include <etwkit/etwkit.h>

enum {
    GIVEN = 0x1234, /* handle */
    WRITTEN_MOST = 1 << 16
};

/* What was asked of ETW, and what it answers. */
static struct {
    unsigned registered, unregistered, written;
    REGHANDLE handle, left, used;
    GUID id;
    PENABLECALLBACK callback;
    PVOID context;
    bool enabled_already; /* a session waits for the provider: the callback comes before EventRegister() returns */
    ULONG refuse_register, refuse_traits, answer;
    unsigned classes[4], class_count;
    uint8_t traits[256];
    ULONG traits_size;
    EVENT_DESCRIPTOR descriptor;
    bool has_activity, has_related;
    GUID activity, related;
    ULONG pieces;
    uint8_t types[MAX_EVENT_DATA_DESCRIPTORS];
    uint8_t metadata[4096], payload[WRITTEN_MOST];
    size_t metadata_size, payload_size;
} etw;

static void tell(ULONG control, UCHAR level, ULONGLONG any, ULONGLONG all) {
    etw.callback(&etw.id, control, level, any, all, NULL, etw.context);
}

static ULONG WINAPI sim_register(LPCGUID id, PENABLECALLBACK callback, PVOID context, PREGHANDLE handle) {
    if (etw.refuse_register)
        return etw.refuse_register;
    etw.registered++;
    etw.id = *id;
    etw.callback = callback;
    etw.context = context;
    if (etw.enabled_already)
        tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 4, 0, 0);
    *handle = etw.handle = GIVEN;
    return ERROR_SUCCESS;
}

/* A session may disable the provider while it leaves: "SourceId will be set to GUID_NULL ... when the provider is
 * stopping" is said of the callback. */
static ULONG WINAPI sim_unregister(REGHANDLE handle) {
    etw.unregistered++;
    etw.left = handle;
    tell(EVENT_CONTROL_CODE_DISABLE_PROVIDER, 0, 0, 0);
    etw.handle = 0;
    return ERROR_SUCCESS;
}

static ULONG WINAPI sim_set_information(REGHANDLE handle, EVENT_INFO_CLASS what, PVOID data, ULONG size) {
    CHECK_EQ_UINT(handle, GIVEN);
    etw.classes[etw.class_count++] = (unsigned)what;
    if (what == EK_PROVIDER_SET_TRAITS) {
        etw.traits_size = size;
        memcpy(etw.traits, data, size);
        return etw.refuse_traits;
    }
    return ERROR_SUCCESS;
}

static ULONG WINAPI sim_write(REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor, LPCGUID activity, LPCGUID related,
                              ULONG count, PEVENT_DATA_DESCRIPTOR data) {
    if (handle == 0)
        return ERROR_SUCCESS; /* "safely accept a zero-valued RegHandle value, do nothing" */
    if (count > MAX_EVENT_DATA_DESCRIPTORS)
        return ERROR_INVALID_PARAMETER;
    etw.written++;
    etw.used = handle;
    etw.descriptor = *descriptor;
    etw.has_activity = activity != NULL;
    etw.has_related = related != NULL;
    if (activity)
        etw.activity = *activity;
    if (related)
        etw.related = *related;
    etw.pieces = count;
    etw.metadata_size = etw.payload_size = 0;
    for (ULONG i = 0; i < count; i++) {
        const void *from = (const void *)(ULONG_PTR)data[i].Ptr;
        etw.types[i] = (uint8_t)data[i].Reserved;
        CHECK_EQ_UINT(data[i].Reserved >> 8, 0); /* Reserved1, Reserved2 */
        if (etw.types[i] == EK_DATA_TYPE_EVENT_METADATA) {
            memcpy(etw.metadata, from, data[i].Size);
            etw.metadata_size = data[i].Size;
        } else if (etw.types[i] == 0) {
            memcpy(etw.payload + etw.payload_size, from, data[i].Size);
            etw.payload_size += data[i].Size;
        }
    }
    return etw.answer;
}

/* By these names the functions are imported. */
extern ULONG(WINAPI *const __imp_EventRegister)(LPCGUID, PENABLECALLBACK, PVOID, PREGHANDLE);
extern ULONG(WINAPI *const __imp_EventUnregister)(REGHANDLE);
extern ULONG(WINAPI *const __imp_EventSetInformation)(REGHANDLE, EVENT_INFO_CLASS, PVOID, ULONG);
extern ULONG(WINAPI *const __imp_EventWriteTransfer)(REGHANDLE, PCEVENT_DESCRIPTOR, LPCGUID, LPCGUID, ULONG,
                                                     PEVENT_DATA_DESCRIPTOR);
ULONG(WINAPI *const __imp_EventRegister)(LPCGUID, PENABLECALLBACK, PVOID, PREGHANDLE) = sim_register;
ULONG(WINAPI *const __imp_EventUnregister)(REGHANDLE) = sim_unregister;
ULONG(WINAPI *const __imp_EventSetInformation)(REGHANDLE, EVENT_INFO_CLASS, PVOID, ULONG) = sim_set_information;
ULONG(WINAPI *const __imp_EventWriteTransfer)
(REGHANDLE, PCEVENT_DESCRIPTOR, LPCGUID, LPCGUID, ULONG, PEVENT_DATA_DESCRIPTOR) = sim_write;

/* The provider under test, whose callback counts and can be told to do something. */

static struct {
    unsigned calls[3];
    uint8_t level;
    uint64_t any, all;
    bool writes, unregisters;
} heard;

static void on_control(etwkit_provider *provider, etwkit_control control, uint8_t level, uint64_t any, uint64_t all,
                       void *context) {
    (void)context;
    heard.calls[control]++;
    heard.level = level;
    heard.any = any;
    heard.all = all;
    if (heard.writes)
        ETWKIT_WRITE(*provider, "State", ETWKIT_LEVEL_INFO, 0, ETWKIT_U32("calls", heard.calls[control]));
    if (heard.unregisters)
        etwkit_provider_unregister(provider);
}

static etwkit_provider app = ETWKIT_PROVIDER_INIT("Test.Etw");

static void begin(void) {
    memset(&etw, 0, sizeof etw);
    memset(&heard, 0, sizeof heard);
    app.callback = on_control;
}

static etwkit_status write_one(uint8_t level, uint64_t keywords) {
    const etwkit_data data = etwkit_data_value(7, 4);
    static const uint8_t metadata[] = {9, 0, 0, 'E', 0, 'n', 0, 8, 0};
    etwkit_event event = {.metadata = metadata,
                          .metadata_size = sizeof metadata - 1,
                          .channel = ETWKIT_CHANNEL_TRACELOGGING,
                          .level = level,
                          .keywords = keywords};
    return etwkit_provider_write(&app, &event, &data, 1);
}

TEST(registers_by_guid_and_sets_the_traits) {
    static const uint8_t traits[] = {11, 0, 'T', 'e', 's', 't', '.', 'E', 't', 'w', 0};
    etwkit_guid id;
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    etwkit_guid_from_name(&id, "Test.Etw");
    CHECK_EQ_MEM(&etw.id, &id, sizeof id);
    CHECK_EQ_UINT(etw.class_count, 1);
    CHECK_EQ_UINT(etw.classes[0], EK_PROVIDER_SET_TRAITS);
    CHECK_EQ_UINT(etw.traits_size, sizeof traits);
    CHECK_EQ_MEM(etw.traits, traits, sizeof traits);
    etwkit_provider_unregister(&app);
    CHECK_EQ_UINT(etw.unregistered, 1);
    CHECK_EQ_UINT(etw.left, GIVEN);
}

TEST(refused_traits_leave_the_types_respected) {
    begin();
    etw.refuse_traits = ERROR_NOT_SUPPORTED;
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    CHECK_EQ_UINT(etw.class_count, 2);
    CHECK_EQ_UINT(etw.classes[1], EK_PROVIDER_USE_DESCRIPTOR_TYPE);
    etwkit_provider_unregister(&app);
}

TEST(is_enabled_as_etw_says) {
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    CHECK(!etwkit_provider_is_enabled(&app, ETWKIT_LEVEL_CRITICAL, 0));
    CHECK_EQ_INT(write_one(ETWKIT_LEVEL_CRITICAL, 0), ETWKIT_OK);
    CHECK_EQ_UINT(etw.written, 0);
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 4, 3, 2);
    CHECK_EQ_UINT(heard.calls[ETWKIT_CONTROL_ENABLE], 1);
    CHECK_EQ_UINT(heard.level, 4);
    CHECK_EQ_UINT(heard.any, 3);
    CHECK_EQ_UINT(heard.all, 2);
    CHECK(etwkit_provider_is_enabled(&app, 4, 2));
    CHECK(etwkit_provider_is_enabled(&app, 4, 0));
    CHECK(!etwkit_provider_is_enabled(&app, 4, 1)); /* not all of `all` */
    CHECK(!etwkit_provider_is_enabled(&app, 4, 4));
    CHECK(!etwkit_provider_is_enabled(&app, 5, 2));
    (void)write_one(5, 2);
    (void)write_one(4, 1);
    CHECK_EQ_UINT(etw.written, 0);
    (void)write_one(4, 2);
    CHECK_EQ_UINT(etw.written, 1);
    CHECK_EQ_UINT(etw.used, GIVEN);
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 0, 0, 0); /* every level, any keyword */
    CHECK(etwkit_provider_is_enabled(&app, 255, 0x8000));
    tell(EVENT_CONTROL_CODE_DISABLE_PROVIDER, 0, 0, 0);
    CHECK_EQ_UINT(heard.calls[ETWKIT_CONTROL_DISABLE], 1);
    CHECK(!etwkit_provider_may_want(&app, 0));
    (void)write_one(4, 2);
    CHECK_EQ_UINT(etw.written, 1);
    etwkit_provider_unregister(&app);
}

TEST(state_is_captured_and_other_codes_are_ignored) {
    begin();
    heard.writes = true;
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 4, 0, 0);
    CHECK_EQ_UINT(etw.written, 1);
    tell(EVENT_CONTROL_CODE_CAPTURE_STATE, 4, 0, 0);
    CHECK_EQ_UINT(heard.calls[ETWKIT_CONTROL_CAPTURE_STATE], 1);
    CHECK_EQ_UINT(etw.written, 2);
    CHECK(etwkit_provider_is_enabled(&app, 4, 0));
    tell(3, 5, 0, 0);
    CHECK_EQ_UINT(etw.written, 2);
    CHECK(!etwkit_provider_is_enabled(&app, 5, 0));
    etwkit_provider_unregister(&app);
}

/* A session of the process beside ETW: one payload for both. */
static etwkit_session *local_session(etwkit_trace **trace) {
    etwkit_session *session = NULL;
    etwkit_guid id;
    etwkit_provider_guid(&app, &id);
    *trace = NULL;
    if (etwkit_session_new(&session, "Test.Beside", NULL, NULL) || etwkit_session_enable(session, &id, NULL, NULL) ||
        etwkit_session_start(session, NULL) || etwkit_trace_open_session(trace, session, NULL, NULL))
        etwkit_session_free(&session);
    return session;
}

/* The payload of the only event of a session that was stopped. */
static size_t only_payload(etwkit_session *session, etwkit_trace *trace, uint8_t *payload) {
    const etwkit_batch *batch;
    size_t size = 0, events = 0;
    (void)etwkit_session_stop(session, NULL);
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++, events++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            size = record->payload_size;
            memcpy(payload, record->payload, size);
        }
    CHECK_EQ_UINT(events, 1);
    return size;
}

static void same_bytes_for_both(const etwkit_data *data, size_t count) {
    static uint8_t payload[WRITTEN_MOST];
    static const uint8_t metadata[] = {5, 0, 0, 'E', 0};
    const etwkit_event event = {.metadata = metadata,
                                .metadata_size = sizeof metadata,
                                .event_id = 0x0102,
                                .version = 3,
                                .channel = ETWKIT_CHANNEL_TRACELOGGING,
                                .level = 4,
                                .opcode = 5,
                                .task = 0x0607,
                                .keywords = 0x1000000000000001};
    etwkit_trace *trace;
    etwkit_session *session = local_session(&trace);
    REQUIRE(session);
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 5, 0, 0);
    CHECK_EQ_INT(etwkit_provider_write(&app, &event, data, count), ETWKIT_OK);
    const size_t size = only_payload(session, trace, payload);
    CHECK_EQ_UINT(etw.payload_size, size);
    CHECK_EQ_MEM(etw.payload, payload, size);
    CHECK_EQ_UINT(etw.metadata_size, sizeof metadata);
    CHECK_EQ_MEM(etw.metadata, metadata, sizeof metadata);
    CHECK_EQ_UINT(etw.types[0], EK_DATA_TYPE_PROVIDER_METADATA);
    CHECK_EQ_UINT(etw.types[1], EK_DATA_TYPE_EVENT_METADATA);
    CHECK_EQ_UINT(etw.descriptor.Id, 0x0102);
    CHECK_EQ_UINT(etw.descriptor.Version, 3);
    CHECK_EQ_UINT(etw.descriptor.Channel, 11);
    CHECK_EQ_UINT(etw.descriptor.Level, 4);
    CHECK_EQ_UINT(etw.descriptor.Opcode, 5);
    CHECK_EQ_UINT(etw.descriptor.Task, 0x0607);
    CHECK_EQ_UINT(etw.descriptor.Keyword, 0x1000000000000001);
    etwkit_trace_close(&trace);
    etwkit_session_free(&session);
}

TEST(both_get_the_same_bytes) {
    static const uint32_t numbers[] = {1, 2, 3};
    const etwkit_data data[] = {
        etwkit_data_value(0x1122334455667788, 8),
        etwkit_data_value(0xAB, 1),
        etwkit_data_of_kind(ETWKIT_DATA_BYTES, "bytes", 5, 0),
        etwkit_data_of_kind(ETWKIT_DATA_COUNTED, "counted", 7, 0),
        etwkit_data_of_kind(ETWKIT_DATA_COUNTED, NULL, 0, 0),
        etwkit_data_of_kind(ETWKIT_DATA_ARRAY, numbers, sizeof numbers, 3),
    };
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    same_bytes_for_both(data, sizeof data / sizeof data[0]);
    CHECK_EQ_UINT(etw.pieces, 2 + 3 + 2 + 1 + 2);
    etwkit_provider_unregister(&app);
}

/* ETW takes 128 pieces, two of which are metadata; each of these fields would be two. */
TEST(more_pieces_than_etw_takes_become_one) {
    etwkit_data data[128];
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    for (size_t i = 0; i < 128; i++)
        data[i] = etwkit_data_of_kind(ETWKIT_DATA_COUNTED, "abcdefghij", i % 11, 0);
    same_bytes_for_both(data, 128);
    CHECK_EQ_UINT(etw.pieces, 3);
    for (size_t i = 0; i < 126; i++)
        data[i] = etwkit_data_value(i, 8);
    same_bytes_for_both(data, 126);
    CHECK_EQ_UINT(etw.pieces, 128);
    etwkit_provider_unregister(&app);
}

TEST(who_wants_it_gets_it) {
    static uint8_t payload[WRITTEN_MOST];
    etwkit_trace *trace;
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    etwkit_session *session = local_session(&trace);
    REQUIRE(session);
    CHECK(etwkit_provider_is_enabled(&app, 5, 1));
    (void)write_one(5, 1); /* the process's session alone */
    CHECK_EQ_UINT(etw.written, 0);
    CHECK_EQ_UINT(only_payload(session, trace, payload), 4);
    etwkit_trace_close(&trace);
    etwkit_session_free(&session);
    CHECK(!etwkit_provider_is_enabled(&app, 5, 1));
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 5, 0, 0);
    session = local_session(&trace);
    REQUIRE(session);
    etwkit_guid id;
    etwkit_provider_guid(&app, &id);
    CHECK_EQ_INT(etwkit_session_disable(session, &id, NULL), ETWKIT_OK);
    CHECK(etwkit_provider_is_enabled(&app, 5, 1)); /* ETW still wants it */
    (void)write_one(5, 1);
    CHECK_EQ_UINT(etw.written, 1);
    (void)etwkit_session_stop(session, NULL);
    CHECK_EQ_UINT(etwkit_session_get_stats(session).events_received, 0);
    etwkit_trace_close(&trace);
    etwkit_session_free(&session);
    etwkit_provider_unregister(&app);
}

/* learn.microsoft.com/windows/win32/api/evntprov/nf-evntprov-eventwritetransfer */
TEST(return_codes_become_ours) {
    static const struct {
        ULONG code;
        etwkit_status status;
    } each[] = {
        {ERROR_SUCCESS, ETWKIT_OK},           {ERROR_INVALID_PARAMETER, ETWKIT_E_INVALID},
        {ERROR_INVALID_HANDLE, ETWKIT_OK},    {ERROR_ARITHMETIC_OVERFLOW, ETWKIT_E_TOO_BIG},
        {ERROR_MORE_DATA, ETWKIT_E_TOO_BIG},  {ERROR_NOT_ENOUGH_MEMORY, ETWKIT_E_FULL},
        {ERROR_LOG_FILE_FULL, ETWKIT_E_FULL}, {0xC0000188, ETWKIT_E_FULL}, /* STATUS_LOG_FILE_FULL */
    };
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 5, 0, 0);
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
        etw.answer = each[i].code;
        CHECK_EQ_INT(write_one(4, 0), each[i].status);
    }
    etwkit_provider_unregister(&app);
}

TEST(what_is_too_big_never_reaches_etw) {
    static uint8_t bytes[0x10000];
    const etwkit_event event = {.level = 4};
    etwkit_data data[129];
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 5, 0, 0);
    data[0] = etwkit_data_of_kind(ETWKIT_DATA_BYTES, bytes, sizeof bytes, 0);
    CHECK_EQ_INT(etwkit_provider_write(&app, &event, data, 1), ETWKIT_E_TOO_BIG);
    data[0] = etwkit_data_value(0, 9);
    CHECK_EQ_INT(etwkit_provider_write(&app, &event, data, 1), ETWKIT_E_TOO_BIG);
    for (size_t i = 0; i < 129; i++)
        data[i] = etwkit_data_value(i, 1);
    CHECK_EQ_INT(etwkit_provider_write(&app, &event, data, 129), ETWKIT_E_TOO_BIG);
    CHECK_EQ_UINT(etw.written, 0);
    CHECK_EQ_INT(etwkit_provider_write(&app, &event, data, 128), ETWKIT_OK); /* no metadata: every piece is data */
    CHECK_EQ_UINT(etw.pieces, 128);
    etwkit_provider_unregister(&app);
}

TEST(activities_are_the_events_or_the_threads) {
    const etwkit_guid given = {{1}}, of_thread = {{2}}, related = {{3}};
    etwkit_event event = {.level = 4, .activity = &given, .related = &related};
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 5, 0, 0);
    (void)etwkit_provider_write(&app, &event, NULL, 0);
    CHECK(etw.has_activity && etw.has_related);
    CHECK_EQ_MEM(&etw.activity, &given, sizeof given);
    CHECK_EQ_MEM(&etw.related, &related, sizeof related);
    event.activity = event.related = NULL;
    etwkit_activity_set(&of_thread, NULL);
    (void)etwkit_provider_write(&app, &event, NULL, 0);
    CHECK(etw.has_activity && !etw.has_related);
    CHECK_EQ_MEM(&etw.activity, &of_thread, sizeof of_thread);
    etwkit_activity_set(NULL, NULL);
    (void)etwkit_provider_write(&app, &event, NULL, 0);
    CHECK(!etw.has_activity); /* "If NULL, ETW gets the identifier from the thread local storage" */
    etwkit_provider_unregister(&app);
}

/* The callback may be called before there is a handle to write with. */
TEST(a_session_that_waits_is_told_of_once_events_can_be_written) {
    begin();
    etw.enabled_already = true;
    heard.writes = true;
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    CHECK_EQ_UINT(heard.calls[ETWKIT_CONTROL_ENABLE], 1);
    CHECK_EQ_UINT(heard.level, 4);
    CHECK_EQ_UINT(etw.written, 1);
    CHECK_EQ_UINT(etw.used, GIVEN);
    CHECK(etwkit_provider_is_enabled(&app, 4, 0));
    etwkit_provider_unregister(&app);
}

TEST(nobody_is_called_after_unregistering) {
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 5, 0, 0);
    etwkit_provider_unregister(&app);
    CHECK_EQ_UINT(etw.unregistered, 1);
    CHECK_EQ_UINT(heard.calls[ETWKIT_CONTROL_DISABLE], 0); /* it came while it was unregistered */
    CHECK(!etwkit_provider_is_enabled(&app, 0, 0));
    CHECK_EQ_INT(write_one(1, 0), ETWKIT_OK);
    CHECK_EQ_UINT(etw.written, 0);
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK); /* again, and nobody wants it now */
    CHECK_EQ_UINT(etw.registered, 2);
    CHECK(!etwkit_provider_is_enabled(&app, 0, 0));
    etwkit_provider_unregister(&app);
}

/* No page says that EventUnregister() may be called from the callback: it is not. */
TEST(unregistering_in_the_callback_keeps_the_handle_for_the_next) {
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    heard.unregisters = true;
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 3, 1, 0);
    heard.unregisters = false;
    CHECK_EQ_UINT(etw.unregistered, 0);
    CHECK(!etwkit_provider_is_enabled(&app, 1, 1));
    tell(EVENT_CONTROL_CODE_ENABLE_PROVIDER, 4, 1, 0); /* nobody is there to be told */
    CHECK_EQ_UINT(heard.calls[ETWKIT_CONTROL_ENABLE], 1);
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    CHECK_EQ_UINT(etw.registered, 1);
    CHECK_EQ_UINT(heard.calls[ETWKIT_CONTROL_ENABLE], 2);
    CHECK_EQ_UINT(heard.level, 4);
    CHECK(etwkit_provider_is_enabled(&app, 4, 1));
    etwkit_provider_unregister(&app);
    CHECK_EQ_UINT(etw.unregistered, 1);
}

/* What the library does when it is unloaded: learn.microsoft.com/windows/win32/api/evntprov/nf-evntprov-eventunregister
 */
TEST(unloading_leaves_nothing_registered) {
    begin();
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    ek_process_unload();
    CHECK_EQ_UINT(etw.unregistered, 1);
    CHECK_EQ_UINT(etw.left, GIVEN);
    etwkit_provider_unregister(&app);
    CHECK_EQ_UINT(etw.unregistered, 1);
}

TEST(a_refusal_leaves_the_process_its_own_sessions) {
    static uint8_t payload[WRITTEN_MOST];
    etwkit_trace *trace;
    begin();
    etw.refuse_register = ERROR_NOT_ENOUGH_MEMORY;
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    etwkit_session *session = local_session(&trace);
    REQUIRE(session);
    CHECK_EQ_INT(write_one(4, 0), ETWKIT_OK);
    CHECK_EQ_UINT(only_payload(session, trace, payload), 4);
    etwkit_trace_close(&trace);
    etwkit_session_free(&session);
    etwkit_provider_unregister(&app);
    CHECK_EQ_UINT(etw.unregistered, 0);
}

TEST_MAIN(CASE(registers_by_guid_and_sets_the_traits), CASE(refused_traits_leave_the_types_respected),
          CASE(is_enabled_as_etw_says), CASE(state_is_captured_and_other_codes_are_ignored),
          CASE(both_get_the_same_bytes), CASE(more_pieces_than_etw_takes_become_one), CASE(who_wants_it_gets_it),
          CASE(return_codes_become_ours), CASE(what_is_too_big_never_reaches_etw),
          CASE(activities_are_the_events_or_the_threads),
          CASE(a_session_that_waits_is_told_of_once_events_can_be_written), CASE(nobody_is_called_after_unregistering),
          CASE(unregistering_in_the_callback_keeps_the_handle_for_the_next), CASE(unloading_leaves_nothing_registered),
          CASE(a_refusal_leaves_the_process_its_own_sessions))
