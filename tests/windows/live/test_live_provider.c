/* SPDX-License-Identifier: MIT */
/* Providers of ours that sessions of Windows enable: what they write comes out there as it was written. */
#include "live_user.h"

enum {
    COUNT = 10000
};

/* Its GUID is that of the sessions' provider. */
static etwkit_provider app = ETWKIT_PROVIDER_INIT_ID("Test.Live", &one, NULL);
static live it;
static unsigned told[3];

static void on_control(etwkit_provider *provider, etwkit_control control, uint8_t level, uint64_t any, uint64_t all,
                       void *context) {
    (void)level;
    (void)any;
    (void)all;
    (void)context;
    told[control]++;
    if (control == ETWKIT_CONTROL_CAPTURE_STATE)
        ETWKIT_WRITE(*provider, "State", ETWKIT_LEVEL_INFO, 1, ETWKIT_U64("number", 1000));
}

/* The next event of ours, with its schema; NULL: none came. */
static const etwkit_record *next(const etwkit_schema **schema) {
    const etwkit_batch *batch;
    const ULONGLONG begun = GetTickCount64();
    while (GetTickCount64() - begun < 20000 && etwkit_trace_next(it.trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            *schema = etwkit_trace_schema(it.trace, record);
            if (memcmp(&record->provider_id, &one, sizeof one) == 0)
                return record;
        }
    return NULL;
}

static void check_text(const etwkit_record *record, const etwkit_schema *schema, const char *name, const char *want) {
    const etwkit_field *field = etwkit_schema_field(schema, name);
    etwkit_text text = {0};
    if (!test_check(field && etwkit_record_text(it.trace, record, field, &text) == ETWKIT_OK, __FILE__, __LINE__, name))
        return;
    CHECK(text.length == strlen(want) && memcmp(text.utf8, want, text.length) == 0);
}

TEST(an_event_comes_as_it_was_written) {
    const etwkit_guid activity = {{1, 2, 3}}, related = {{4, 5, 6}};
    static const uint32_t list[] = {7, 8};
    const etwkit_schema *schema = NULL;
    script("");
    CHECK_EQ_INT(etwkit_provider_register(&app, NULL), ETWKIT_OK);
    REQUIRE(live_of(&it, NULL));
    CHECK(etwkit_provider_is_enabled(&app, ETWKIT_LEVEL_VERBOSE, 1));
    ETWKIT_WRITE(app, "Done", ETWKIT_LEVEL_WARNING, 0x10, ETWKIT_U32("status", 404),
                 ETWKIT_STR("url", "http://x/\xC3\xA4"), ETWKIT_U32_ARRAY("list", list, 2),
                 ETWKIT_STRUCT("inner", ETWKIT_BOOL("good", true)), ETWKIT_OPCODE(ETWKIT_OPCODE_STOP),
                 ETWKIT_ACTIVITY(&activity), ETWKIT_RELATED(&related));
    const etwkit_record *record = next(&schema);
    REQUIRE(record != NULL);
    CHECK_EQ_STR(etwkit_schema_provider_name(schema), "Test.Live");
    CHECK_EQ_STR(etwkit_schema_event_name(schema), "Done");
    CHECK_EQ_INT(etwkit_schema_source(schema), ETWKIT_SOURCE_TRACELOGGING);
    check_text(record, schema, "status", "404");
    check_text(record, schema, "url", "http://x/\xC3\xA4");
    CHECK_EQ_UINT(etwkit_schema_field_count(schema), 4);
    CHECK_EQ_UINT(record->level, ETWKIT_LEVEL_WARNING);
    CHECK_EQ_UINT(record->opcode, ETWKIT_OPCODE_STOP);
    CHECK_EQ_UINT(record->keywords, 0x10);
    CHECK_EQ_UINT(record->channel, ETWKIT_CHANNEL_TRACELOGGING);
    CHECK_EQ_UINT(record->process_id, GetCurrentProcessId());
    CHECK_EQ_UINT(record->thread_id, GetCurrentThreadId());
    CHECK_EQ_MEM(&record->activity_id, &activity, sizeof activity);
    etwkit_guid came = {{0}};
    CHECK_EQ_INT(etwkit_record_related_activity(record, &came), ETWKIT_OK);
    CHECK_EQ_MEM(&came, &related, sizeof related);
    live_end(&it);
    CHECK(!etwkit_provider_may_want(&app, ETWKIT_LEVEL_ALWAYS)); /* the session has gone */
    etwkit_provider_unregister(&app);
    CHECK_EQ_UINT(times_logged("EventRegister "), 1);
    CHECK_EQ_UINT(times_logged("EventSetInformation "), 1);
    CHECK_EQ_UINT(times_logged("EventUnregister "), 1);
}

TEST(only_what_the_session_wants) {
    etwkit_enable wanted = ETWKIT_ENABLE;
    script("");
    CHECK_EQ_INT(etwkit_provider_register(&app, NULL), ETWKIT_OK);
    wanted.level = ETWKIT_LEVEL_WARNING;
    wanted.keywords_any = 0x3;
    REQUIRE(live_of(&it, &wanted));
    CHECK(etwkit_provider_is_enabled(&app, ETWKIT_LEVEL_WARNING, 2));
    CHECK(!etwkit_provider_is_enabled(&app, ETWKIT_LEVEL_INFO, 2));
    CHECK(!etwkit_provider_is_enabled(&app, ETWKIT_LEVEL_WARNING, 4));
    ETWKIT_WRITE(app, "No", ETWKIT_LEVEL_INFO, 2, ETWKIT_U64("number", 1));
    ETWKIT_WRITE(app, "No", ETWKIT_LEVEL_ERROR, 4, ETWKIT_U64("number", 2));
    ETWKIT_WRITE(app, "Yes", ETWKIT_LEVEL_ERROR, 1, ETWKIT_U64("number", 4));
    ETWKIT_WRITE(app, "Yes", ETWKIT_LEVEL_WARNING, 0, ETWKIT_U64("number", 8));
    live_read(&it, 2);
    live_end(&it);
    CHECK_EQ_UINT(it.ours, 2);
    CHECK_EQ_UINT(it.sum, 12);
    etwkit_provider_unregister(&app);
}

TEST(a_session_that_waits_gets_the_first_event) {
    script("");
    app.callback = on_control;
    REQUIRE(live_of(&it, NULL));
    CHECK_EQ_INT(etwkit_provider_register(&app, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(told[ETWKIT_CONTROL_ENABLE], 1);
    ETWKIT_WRITE(app, "First", ETWKIT_LEVEL_INFO, 1, ETWKIT_U64("number", 5));
    CHECK_EQ_INT(etwkit_session_capture_state(it.session, &one, &it.error), ETWKIT_OK);
    live_read(&it, 2);
    CHECK_EQ_UINT(told[ETWKIT_CONTROL_CAPTURE_STATE], 1);
    live_end(&it);
    CHECK_EQ_UINT(it.sum, 1005);
    CHECK_EQ_UINT(told[ETWKIT_CONTROL_DISABLE], 1);
    etwkit_provider_unregister(&app);
    CHECK_EQ_UINT(told[ETWKIT_CONTROL_DISABLE], 1);
}

/* Both engines at once, and each event once in either. */
TEST(a_session_of_the_process_gets_the_same_events) {
    etwkit_session *own = NULL;
    script("");
    CHECK_EQ_INT(etwkit_provider_register(&app, NULL), ETWKIT_OK);
    REQUIRE(live_of(&it, NULL));
    REQUIRE(etwkit_session_new(&own, "own", NULL, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_enable(own, &one, NULL, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_start(own, NULL), ETWKIT_OK);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < COUNT; i++, sum += i)
        ETWKIT_WRITE(app, "Both", ETWKIT_LEVEL_INFO, 1, ETWKIT_U64("number", i + 1));
    live_read(&it, COUNT);
    live_end(&it);
    CHECK_EQ_UINT(it.ours + it.stats.events_lost_buffer, COUNT);
    CHECK(it.stats.events_lost_buffer || it.sum == sum);
    CHECK_EQ_INT(etwkit_session_stop(own, NULL), ETWKIT_OK);
    const etwkit_session_stats stats = etwkit_session_get_stats(own);
    CHECK_EQ_UINT(stats.events_received, COUNT);
    etwkit_session_free(&own);
    etwkit_provider_unregister(&app);
}

TEST_MAIN(CASE(an_event_comes_as_it_was_written), CASE(only_what_the_session_wants),
          CASE(a_session_that_waits_gets_the_first_event), CASE(a_session_of_the_process_gets_the_same_events))
