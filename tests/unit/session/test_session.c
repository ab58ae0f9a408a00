/* SPDX-License-Identifier: MIT */
/* Sessions in the own process, from the provider's write to the reader's record. */
#include "test.h"

#include <etwkit/event_builder.h>
#include <etwkit/provider.h>
#include <etwkit/session.h>

/* An event "Done" with a u32 "number", as the builder makes it. */
static uint8_t done_metadata[64];
static uint16_t done_size;

static void make_metadata(void) {
    etwkit_event_builder *builder;
    const uint8_t *metadata, *payload;
    size_t size, payload_size;
    uint32_t number = 0;
    etwkit_event_builder_new(&builder, NULL);
    etwkit_event_builder_begin(builder, "Done", 0);
    etwkit_event_builder_scalar(builder, "number", ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, &number);
    etwkit_event_builder_finish(builder, &metadata, &size, &payload, &payload_size, NULL);
    memcpy(done_metadata, metadata, size);
    done_size = (uint16_t)size;
    etwkit_event_builder_free(&builder);
}

static etwkit_status write_done(const etwkit_provider *provider, uint8_t level, uint64_t keywords, uint32_t number) {
    if (!done_size)
        make_metadata();
    const etwkit_event event = {.metadata = done_metadata,
                                .metadata_size = done_size,
                                .channel = ETWKIT_CHANNEL_TRACELOGGING,
                                .level = level,
                                .keywords = keywords};
    const etwkit_data data = etwkit_data_value(number, sizeof number);
    return etwkit_provider_write(provider, &event, &data, 1);
}

/* A session that has one provider enabled, and runs. */
typedef struct fixture {
    etwkit_provider provider;
    etwkit_session *session;
    etwkit_trace *trace;
} fixture;

static bool set_up(fixture *f, const char *name, const etwkit_session_options *options, const etwkit_enable *wanted) {
    etwkit_guid id;
    *f = (fixture){.provider = ETWKIT_PROVIDER_INIT(name)};
    if (!test_check(etwkit_provider_register(&f->provider, NULL) == ETWKIT_OK, __FILE__, __LINE__, "register"))
        return false;
    etwkit_provider_guid(&f->provider, &id);
    return test_check(etwkit_session_new(&f->session, name, options, NULL) == ETWKIT_OK, __FILE__, __LINE__, "new") &&
           test_check(etwkit_session_enable(f->session, &id, wanted, NULL) == ETWKIT_OK, __FILE__, __LINE__,
                      "enable") &&
           test_check(etwkit_session_start(f->session, NULL) == ETWKIT_OK, __FILE__, __LINE__, "start") &&
           test_check(etwkit_trace_open_session(&f->trace, f->session, NULL, NULL) == ETWKIT_OK, __FILE__, __LINE__,
                      "open");
}

static void tear_down(fixture *f) {
    etwkit_trace_close(&f->trace);
    etwkit_session_free(&f->session);
    etwkit_provider_unregister(&f->provider);
}

static uint32_t number_of(etwkit_trace *trace, const etwkit_record *record) {
    const etwkit_schema *schema = etwkit_trace_schema(trace, record);
    etwkit_value value;
    uint64_t number = UINT32_MAX;
    if (etwkit_record_value(record, schema, etwkit_schema_field(schema, "number"), &value) == ETWKIT_OK)
        etwkit_value_u64(&value, &number);
    return (uint32_t)number;
}

/* Reads to the end; how many records there were. */
static size_t read_numbers(fixture *f, uint32_t *first, uint32_t *last) {
    const etwkit_batch *batch;
    size_t count = 0;
    *first = *last = UINT32_MAX;
    while (etwkit_trace_next(f->trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++, count++) {
            *last = number_of(f->trace, etwkit_batch_record(batch, i));
            *first = count ? *first : *last;
        }
    return count;
}

static size_t read_all(fixture *f) {
    uint32_t first, last;
    return read_numbers(f, &first, &last);
}

/* The sum holds by construction where received is computed; here it is held against what is known from outside. */
static void check_sum(const etwkit_session_stats *stats, uint64_t written) {
    CHECK_EQ_UINT(stats->events_received, written);
    CHECK_EQ_UINT(stats->events_delivered + stats->events_filtered + etwkit_session_events_lost(stats) +
                      stats->events_in_flight,
                  written);
}

TEST(an_event_arrives_as_it_was_written) {
    fixture f;
    static const etwkit_guid activity = {{1, 2, 3}}, related = {{9, 8, 7}};
    REQUIRE(set_up(&f, "Test.Arrives", NULL, NULL));
    etwkit_guid id, expected, before;
    etwkit_provider_guid(&f.provider, &id);
    etwkit_guid_from_name(&expected, "Test.Arrives");
    CHECK(etwkit_guid_equal(&id, &expected));
    make_metadata();
    const etwkit_event event = {.metadata = done_metadata,
                                .metadata_size = done_size,
                                .channel = ETWKIT_CHANNEL_TRACELOGGING,
                                .level = 4,
                                .opcode = ETWKIT_OPCODE_START,
                                .task = 7,
                                .keywords = 0x10,
                                .related = &related};
    const etwkit_data data = etwkit_data_value(4711, 4);
    etwkit_activity_set(&activity, &before);
    CHECK_EQ_INT(etwkit_provider_write(&f.provider, &event, &data, 1), ETWKIT_OK);
    etwkit_activity_set(&before, NULL);
    CHECK_EQ_INT(etwkit_session_stop(f.session, NULL), ETWKIT_OK);

    const etwkit_batch *batch;
    REQUIRE(etwkit_trace_next(f.trace, &batch, NULL) == ETWKIT_OK);
    REQUIRE(etwkit_batch_count(batch) == 1);
    const etwkit_record *record = etwkit_batch_record(batch, 0);
    const etwkit_schema *schema = etwkit_trace_schema(f.trace, record);
    etwkit_guid found;
    CHECK_EQ_STR(etwkit_schema_provider_name(schema), "Test.Arrives");
    CHECK_EQ_STR(etwkit_schema_event_name(schema), "Done");
    CHECK_EQ_UINT(number_of(f.trace, record), 4711);
    CHECK(etwkit_guid_equal(&record->provider_id, &id));
    CHECK(etwkit_guid_equal(&record->activity_id, &activity));
    CHECK(etwkit_record_related_activity(record, &found) == ETWKIT_OK && etwkit_guid_equal(&found, &related));
    CHECK_EQ_UINT(record->level, 4);
    CHECK_EQ_UINT(record->opcode, ETWKIT_OPCODE_START);
    CHECK_EQ_UINT(record->task, 7);
    CHECK_EQ_UINT(record->channel, 11);
    CHECK_EQ_UINT(record->keywords, 0x10);
    CHECK_EQ_INT(etwkit_trace_next(f.trace, &batch, NULL), ETWKIT_END);
    tear_down(&f);
}

TEST(events_keep_their_order_and_are_all_counted) {
    fixture f;
    enum {
        COUNT = 20000
    };
    REQUIRE(set_up(&f, "Test.Order", NULL, NULL));
    for (uint32_t i = 0; i < COUNT; i++)
        CHECK_EQ_INT(write_done(&f.provider, 4, 0, i), ETWKIT_OK);
    etwkit_session_stats stats = etwkit_session_get_stats(f.session);
    check_sum(&stats, COUNT);
    CHECK_EQ_INT(etwkit_session_stop(f.session, NULL), ETWKIT_OK);
    stats = etwkit_session_get_stats(f.session);
    check_sum(&stats, COUNT);
    CHECK_EQ_UINT(stats.events_in_flight, 0);

    const etwkit_batch *batch;
    uint32_t next = 0;
    int64_t time = 0;
    while (etwkit_trace_next(f.trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            CHECK_EQ_UINT(number_of(f.trace, record), next++);
            CHECK(record->raw_timestamp >= time);
            time = record->raw_timestamp;
        }
    CHECK_EQ_UINT(next, COUNT);
    stats = etwkit_session_get_stats(f.session);
    CHECK_EQ_UINT(stats.events_delivered, COUNT);
    check_sum(&stats, COUNT);
    tear_down(&f);
}

TEST(only_what_is_enabled_is_written) {
    static const struct {
        uint8_t level;
        uint64_t any, all;
        bool ignore_keyword_0;
        uint8_t event_level;
        uint64_t event_keywords;
        bool wanted;
    } cases[] = {
        {0, 0, 0, false, 5, 0, true},        {0, 0, 0, false, 255, 1, true},   {4, 0, 0, false, 4, 0, true},
        {4, 0, 0, false, 5, 0, false},       {4, 0, 0, false, 0, 0, true},     {4, 0x6, 0, false, 4, 0x2, true},
        {4, 0x6, 0, false, 4, 0x8, false},   {4, 0x6, 0, false, 4, 0, true},   {4, 0x6, 0, true, 4, 0, false},
        {4, 0x6, 0x6, false, 4, 0x2, false}, {4, 0x6, 0x6, false, 4, 7, true}, {4, 0, 0x4, false, 4, 0x4, true},
        {4, 0, 0x4, false, 4, 0x8, false},   {4, 0, 0x4, false, 4, 0, true},   {1, 0, 0, false, 2, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture f;
        etwkit_enable wanted = ETWKIT_ENABLE;
        wanted.level = cases[i].level;
        wanted.keywords_any = cases[i].any;
        wanted.keywords_all = cases[i].all;
        wanted.ignore_keyword_0 = cases[i].ignore_keyword_0;
        REQUIRE(set_up(&f, "Test.Enabled", NULL, &wanted));
        CHECK_EQ_INT(etwkit_provider_is_enabled(&f.provider, cases[i].event_level, cases[i].event_keywords),
                     cases[i].wanted);
        write_done(&f.provider, cases[i].event_level, cases[i].event_keywords, (uint32_t)i);
        etwkit_session_stop(f.session, NULL);
        CHECK_EQ_UINT(read_all(&f), cases[i].wanted);
        tear_down(&f);
    }
}

TEST(event_ids_are_filtered_and_counted) {
    fixture f;
    static const uint16_t ids[] = {9, 3};
    for (int exclude = 0; exclude < 2; exclude++) {
        etwkit_enable wanted = ETWKIT_ENABLE;
        wanted.event_ids = ids;
        wanted.event_id_count = 2;
        wanted.exclude_event_ids = exclude;
        REQUIRE(set_up(&f, "Test.Ids", NULL, &wanted));
        for (uint16_t id = 0; id < 10; id++) {
            const etwkit_event event = {.event_id = id, .level = 4};
            CHECK_EQ_INT(etwkit_provider_write(&f.provider, &event, NULL, 0), ETWKIT_OK);
        }
        etwkit_session_stop(f.session, NULL);
        CHECK_EQ_UINT(read_all(&f), exclude ? 8 : 2);
        etwkit_session_stats stats = etwkit_session_get_stats(f.session);
        CHECK_EQ_UINT(stats.events_filtered, exclude ? 2 : 8);
        check_sum(&stats, 10);
        tear_down(&f);
    }
}

TEST(too_big_an_event_is_refused_and_counted) {
    static uint8_t bytes[0x10000];
    fixture f;
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.buffer_size = 4096;
    REQUIRE(set_up(&f, "Test.Big", &options, NULL));
    const etwkit_event event = {.level = 4};
    static const size_t sizes[] = {4096, 0x10000, 3000};
    for (size_t i = 0; i < 3; i++) {
        const etwkit_data data = etwkit_data_of_kind(ETWKIT_DATA_BYTES, bytes, sizes[i], 0);
        CHECK_EQ_INT(etwkit_provider_write(&f.provider, &event, &data, 1), i == 2 ? ETWKIT_OK : ETWKIT_E_TOO_BIG);
    }
    static etwkit_data many[129];
    CHECK_EQ_INT(etwkit_provider_write(&f.provider, &event, many, 129), ETWKIT_E_TOO_BIG);
    CHECK_EQ_INT(etwkit_provider_write(&f.provider, &event, many, 128), ETWKIT_OK);
    const etwkit_data wide = {.size = 9, .kind = ETWKIT_DATA_VALUE};
    CHECK_EQ_INT(etwkit_provider_write(&f.provider, &event, &wide, 1), ETWKIT_E_TOO_BIG);
    etwkit_session_stop(f.session, NULL);
    etwkit_session_stats stats = etwkit_session_get_stats(f.session);
    CHECK_EQ_UINT(stats.events_lost_oversize, 4);
    check_sum(&stats, 6);
    CHECK_EQ_UINT(read_all(&f), 2);
    tear_down(&f);
}

/* Without a reader the channel fills: what becomes of the rest is the policy's. */
static void overflow(etwkit_overflow policy, uint64_t *in_channel, uint32_t *first, uint32_t *last) {
    fixture f;
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.buffer_size = 4096;
    options.minimum_buffers = options.maximum_buffers = 8;
    options.channel_events = 100;
    options.overflow = policy;
    enum {
        COUNT = 2000
    };
    *in_channel = 0;
    REQUIRE(set_up(&f, "Test.Overflow", &options, NULL));
    for (uint32_t i = 0; i < COUNT; i++) {
        etwkit_status status = write_done(&f.provider, 4, 0, i);
        CHECK(status == ETWKIT_OK || status == ETWKIT_E_FULL);
        if (policy != ETWKIT_OVERFLOW_BLOCK && i % 50 == 0)
            etwkit_session_flush(f.session, NULL);
    }
    if (policy == ETWKIT_OVERFLOW_BLOCK)
        CHECK_EQ_INT(etwkit_session_flush(f.session, NULL), ETWKIT_E_FULL);
    etwkit_session_stop(f.session, NULL);
    etwkit_session_stats stats = etwkit_session_get_stats(f.session);
    check_sum(&stats, COUNT);
    *in_channel = read_numbers(&f, first, last);
    CHECK_EQ_UINT(*in_channel, stats.events_delivered);
    if (policy == ETWKIT_OVERFLOW_BLOCK)
        CHECK_EQ_UINT(stats.events_lost_channel, 0);
    else
        CHECK(stats.events_lost_channel > 0);
    tear_down(&f);
}

TEST(a_full_channel_blocks_and_then_buffers_are_full) {
    uint64_t read;
    uint32_t first, last;
    overflow(ETWKIT_OVERFLOW_BLOCK, &read, &first, &last);
    CHECK(read >= 100 && read < 2000);
}

TEST(a_full_channel_drops_the_newest) {
    uint64_t read;
    uint32_t first, last;
    overflow(ETWKIT_OVERFLOW_DROP_NEWEST, &read, &first, &last);
    CHECK(read > 0 && read <= 100);
    CHECK_EQ_UINT(first, 0);
}

TEST(a_full_channel_drops_the_oldest) {
    uint64_t read;
    uint32_t first, last;
    overflow(ETWKIT_OVERFLOW_DROP_OLDEST, &read, &first, &last);
    CHECK(read > 0 && read <= 100);
    CHECK(first > 0);
    CHECK_EQ_UINT(last, 1999);
}

TEST(several_sessions_have_the_same_event) {
    fixture f;
    etwkit_session *other;
    etwkit_guid id;
    REQUIRE(set_up(&f, "Test.Several", NULL, NULL));
    etwkit_provider_guid(&f.provider, &id);
    REQUIRE(etwkit_session_new(&other, "Test.Several.Other", NULL, NULL) == ETWKIT_OK);
    etwkit_enable wanted = ETWKIT_ENABLE;
    wanted.level = 2;
    CHECK_EQ_INT(etwkit_session_start(other, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_enable(other, &id, &wanted, NULL), ETWKIT_OK);
    write_done(&f.provider, 4, 0, 1);
    write_done(&f.provider, 2, 0, 2);
    etwkit_session_stats stats = etwkit_session_get_stats(other);
    check_sum(&stats, 1);
    CHECK_EQ_INT(etwkit_session_disable(other, &id, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_disable(other, &id, NULL), ETWKIT_E_NOT_FOUND);
    write_done(&f.provider, 2, 0, 3);
    stats = etwkit_session_get_stats(other);
    check_sum(&stats, 1);
    etwkit_session_free(&other);
    write_done(&f.provider, 5, 0, 4);
    stats = etwkit_session_get_stats(f.session);
    check_sum(&stats, 4);
    tear_down(&f);
}

typedef struct calls {
    unsigned enabled, disabled, captured;
    uint8_t level;
    uint64_t any;
} calls;

static void on_enable(etwkit_provider *provider, etwkit_control control, uint8_t level, uint64_t any, uint64_t all,
                      void *context) {
    calls *seen = context;
    (void)all;
    seen->enabled += control == ETWKIT_CONTROL_ENABLE;
    seen->disabled += control == ETWKIT_CONTROL_DISABLE;
    seen->captured += control == ETWKIT_CONTROL_CAPTURE_STATE;
    seen->level = level;
    seen->any = any;
    if (control == ETWKIT_CONTROL_CAPTURE_STATE)
        write_done(provider, 0, 0, 99);
}

TEST(every_provider_can_be_enabled) {
    fixture f;
    calls seen = {0};
    etwkit_session *every;
    etwkit_guid id;
    const uint16_t ids[] = {1};
    etwkit_enable errors = ETWKIT_ENABLE, some = ETWKIT_ENABLE;
    errors.level = 2;
    some.event_ids = ids;
    some.event_id_count = 1;
    REQUIRE(set_up(&f, "Test.Every", NULL, NULL));
    REQUIRE(etwkit_session_new(&every, "Test.Every.Other", NULL, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_enable(every, NULL, &some, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_session_disable(every, NULL, NULL), ETWKIT_E_NOT_FOUND);
    CHECK_EQ_INT(etwkit_session_enable(every, NULL, &errors, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_start(every, NULL), ETWKIT_OK);

    etwkit_provider late = ETWKIT_PROVIDER_INIT("Test.Every.Late");
    late.callback = on_enable;
    late.context = &seen;
    etwkit_provider_guid(&late, &id);
    CHECK_EQ_INT(etwkit_provider_register(&late, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(seen.enabled, 1);
    CHECK_EQ_UINT(seen.level, 2);
    write_done(&f.provider, 2, 0, 1);
    write_done(&f.provider, 3, 0, 2); /* not wanted */
    write_done(&late, 2, 0, 3);
    etwkit_session_stats stats = etwkit_session_get_stats(every);
    check_sum(&stats, 2);

    /* Its own wish goes before that for all, and that comes back when it is gone. */
    CHECK_EQ_INT(etwkit_session_enable(every, &id, NULL, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(seen.level, 0);
    CHECK_EQ_INT(etwkit_session_enable(every, NULL, &errors, NULL), ETWKIT_OK);
    CHECK(etwkit_provider_is_enabled(&late, 5, 0));
    CHECK_EQ_INT(etwkit_session_disable(every, &id, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(seen.disabled, 0);
    CHECK(etwkit_provider_is_enabled(&late, 2, 0) && !etwkit_provider_is_enabled(&late, 3, 0));
    CHECK_EQ_INT(etwkit_session_capture_state(every, NULL, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(seen.captured, 1);
    CHECK_EQ_INT(etwkit_session_disable(every, NULL, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(seen.disabled, 1);
    CHECK(!etwkit_provider_is_enabled(&late, 1, 0) && etwkit_provider_is_enabled(&f.provider, 5, 0));
    etwkit_session_free(&every);
    etwkit_provider_unregister(&late);
    tear_down(&f);
}

TEST(eight_sessions_may_enable_every_provider) {
    etwkit_session *sessions[9] = {NULL};
    etwkit_provider provider = ETWKIT_PROVIDER_INIT("Test.Eight");
    etwkit_error error = {0};
    etwkit_guid id;
    etwkit_provider_guid(&provider, &id);
    for (unsigned i = 0; i < 9; i++) {
        char name[] = "Test.Eight.0";
        name[sizeof name - 2] = (char)('0' + i);
        REQUIRE(etwkit_session_new(&sessions[i], name, NULL, NULL) == ETWKIT_OK);
        REQUIRE(etwkit_session_enable(sessions[i], i == 0 ? &id : NULL, NULL, NULL) == ETWKIT_OK);
        CHECK_EQ_INT(etwkit_session_start(sessions[i], &error), i == 8 ? ETWKIT_E_LIMIT : ETWKIT_OK);
    }
    CHECK(strstr(error.message, "8 sessions"));
    CHECK_EQ_INT(etwkit_provider_register(&provider, NULL), ETWKIT_OK);
    write_done(&provider, 4, 0, 1);
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ_UINT(etwkit_session_get_stats(sessions[i]).events_received, 1);
    etwkit_provider_unregister(&provider);
    for (unsigned i = 0; i < 9; i++)
        etwkit_session_free(&sessions[i]);
}

TEST(names_are_unique_while_sessions_run) {
    etwkit_session *first, *second;
    etwkit_error error = {0};
    REQUIRE(etwkit_session_new(&first, "Test.Name", NULL, NULL) == ETWKIT_OK);
    REQUIRE(etwkit_session_new(&second, "Test.Name", NULL, NULL) == ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_start(first, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_start(second, &error), ETWKIT_E_EXISTS);
    CHECK(strstr(error.message, "Test.Name"));
    CHECK_EQ_INT(etwkit_session_start(first, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_session_stop(first, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_stop(first, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_start(second, NULL), ETWKIT_OK);
    CHECK(etwkit_session_is_running(second) && !etwkit_session_is_running(first));
    etwkit_session_free(&first);
    etwkit_session_free(&second);
}

TEST(a_provider_is_called_back) {
    calls seen = {0};
    etwkit_provider provider = ETWKIT_PROVIDER_INIT("Test.Callback");
    provider.callback = on_enable;
    provider.context = &seen;
    etwkit_session *session;
    etwkit_guid id;
    etwkit_provider_guid(&provider, &id);
    REQUIRE(etwkit_session_new(&session, "Test.Callback", NULL, NULL) == ETWKIT_OK);
    etwkit_enable wanted = ETWKIT_ENABLE;
    wanted.level = 3;
    wanted.keywords_any = 0x30;
    CHECK_EQ_INT(etwkit_session_enable(session, &id, &wanted, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_session_capture_state(session, &id, NULL), ETWKIT_E_CLOSED); /* nobody would get it */
    CHECK_EQ_INT(etwkit_session_start(session, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(seen.enabled, 0);
    CHECK_EQ_INT(etwkit_provider_register(&provider, NULL), ETWKIT_OK); /* after the session enabled it */
    CHECK_EQ_INT(etwkit_provider_register(&provider, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_UINT(seen.enabled, 1);
    CHECK_EQ_UINT(seen.level, 3);
    CHECK_EQ_UINT(seen.any, 0x30);
    wanted.level = 5;
    CHECK_EQ_INT(etwkit_session_enable(session, &id, &wanted, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(seen.enabled, 2);
    CHECK_EQ_UINT(seen.level, 5);
    CHECK_EQ_INT(etwkit_session_capture_state(session, &id, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(seen.captured, 1);
    CHECK_EQ_INT(etwkit_session_stop(session, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(seen.disabled, 1);
    etwkit_session_stats stats = etwkit_session_get_stats(session);
    check_sum(&stats, 1);
    etwkit_provider_unregister(&provider);
    CHECK_EQ_INT(write_done(&provider, 0, 0, 1), ETWKIT_OK); /* nothing happens */
    etwkit_provider_unregister(&provider);
    etwkit_session_free(&session);
}

TEST(wrong_options_are_refused) {
    etwkit_session *session;
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    CHECK_EQ_INT(etwkit_session_new(&session, "", NULL, NULL), ETWKIT_E_INVALID);
    options.buffer_size = 5000;
    CHECK_EQ_INT(etwkit_session_new(&session, "Test.Wrong", &options, NULL), ETWKIT_E_INVALID);
    options.buffer_size = 0;
    options.minimum_buffers = 9;
    options.maximum_buffers = 8;
    CHECK_EQ_INT(etwkit_session_new(&session, "Test.Wrong", &options, NULL), ETWKIT_E_INVALID);
    options.maximum_buffers = 9;
    options.clock = ETWKIT_CLOCK_CPU;
    CHECK_EQ_INT(etwkit_session_new(&session, "Test.Wrong", &options, NULL), ETWKIT_E_UNSUPPORTED);
    CHECK(session == NULL);
}

TEST(a_thousand_sessions_one_after_another) {
    etwkit_provider provider = ETWKIT_PROVIDER_INIT("Test.Thousand");
    etwkit_guid id;
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.minimum_buffers = options.maximum_buffers = 4;
    options.buffer_size = 4096;
    etwkit_provider_guid(&provider, &id);
    REQUIRE(etwkit_provider_register(&provider, NULL) == ETWKIT_OK);
    for (uint32_t i = 0; i < 1000; i++) {
        etwkit_session *session;
        REQUIRE(etwkit_session_new(&session, "Test.Thousand", &options, NULL) == ETWKIT_OK);
        etwkit_session_enable(session, &id, NULL, NULL);
        REQUIRE(etwkit_session_start(session, NULL) == ETWKIT_OK);
        write_done(&provider, 4, 0, i);
        etwkit_session_stop(session, NULL);
        etwkit_session_stats stats = etwkit_session_get_stats(session);
        check_sum(&stats, 1);
        etwkit_session_free(&session);
    }
    etwkit_provider_unregister(&provider);
}

TEST_MAIN(CASE(an_event_arrives_as_it_was_written), CASE(events_keep_their_order_and_are_all_counted),
          CASE(only_what_is_enabled_is_written), CASE(event_ids_are_filtered_and_counted),
          CASE(too_big_an_event_is_refused_and_counted), CASE(a_full_channel_blocks_and_then_buffers_are_full),
          CASE(a_full_channel_drops_the_newest), CASE(a_full_channel_drops_the_oldest),
          CASE(several_sessions_have_the_same_event), CASE(every_provider_can_be_enabled),
          CASE(eight_sessions_may_enable_every_provider), CASE(names_are_unique_while_sessions_run),
          CASE(a_provider_is_called_back), CASE(wrong_options_are_refused), CASE(a_thousand_sessions_one_after_another))
