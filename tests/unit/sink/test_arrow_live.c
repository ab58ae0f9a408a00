/* SPDX-License-Identifier: MIT */
/* The Arrow stream of a live session: what it gives when, and what outlives it. */
#include "sink/arrays.h"

#include <etwkit/session.h>
#include <etwkit/write.h>

ETWKIT_PROVIDER_DEFINE(app, "Test.ArrowLive");

typedef struct live {
    etwkit_session *session;
    etwkit_trace *trace;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray array;
} live;

static bool set_up(live *l, const etwkit_arrow_options *options) {
    etwkit_guid id;
    *l = (live){NULL};
    if (etwkit_provider_register(&app, NULL))
        return false;
    etwkit_provider_guid(&app, &id);
    return !etwkit_session_new(&l->session, "arrow", NULL, NULL) &&
           !etwkit_session_enable(l->session, &id, NULL, NULL) && !etwkit_session_start(l->session, NULL) &&
           !etwkit_trace_open_session(&l->trace, l->session, NULL, NULL) &&
           !etwkit_arrow_stream_trace(l->trace, options, &l->stream, NULL) &&
           l->stream.get_schema(&l->stream, &l->schema) == 0;
}

static void tear_down(live *l) {
    if (l->array.release)
        l->array.release(&l->array);
    if (l->schema.release)
        l->schema.release(&l->schema);
    if (l->stream.release)
        l->stream.release(&l->stream);
    etwkit_trace_close(&l->trace);
    etwkit_session_free(&l->session);
    etwkit_provider_unregister(&app);
}

/* Written, and handed on. */
static void write_events(const live *l, uint32_t first, uint32_t count) {
    for (uint32_t number = first; number < first + count; number++)
        ETWKIT_WRITE(app, "Step", ETWKIT_LEVEL_INFO, 1, ETWKIT_U32("number", number));
    CHECK_EQ_INT(etwkit_session_flush(l->session, NULL), ETWKIT_OK);
}

/* Rows of the next batch, which is kept; -1: the end. */
static int64_t take(live *l) {
    if (l->array.release)
        l->array.release(&l->array);
    CHECK_EQ_INT(l->stream.get_next(&l->stream, &l->array), 0);
    if (!l->array.release)
        return -1;
    CHECK(check_array(&l->schema, &l->array));
    return l->array.length;
}

static const char *properties_at(const live *l, int64_t row) {
    const struct ArrowArray *column = column_named(&l->schema, &l->array, "properties");
    return column ? text_at(column, row) : "(no such column)";
}

TEST(batches_end_where_it_would_wait) {
    live l;
    REQUIRE(set_up(&l, NULL));
    write_events(&l, 0, 10);
    CHECK_EQ_INT(take(&l), 10);
    CHECK_EQ_STR(properties_at(&l, 0), "{\"number\":0}");
    CHECK_EQ_STR(properties_at(&l, 9), "{\"number\":9}");
    CHECK_EQ_STR(label_at(column_named(&l.schema, &l.array, "event_name"), 9), "Step");
    CHECK_EQ_INT(take(&l), 0); /* nothing came for a while, and it goes on */
    write_events(&l, 10, 3);
    CHECK_EQ_INT(etwkit_session_stop(l.session, NULL), ETWKIT_OK);
    CHECK_EQ_INT(take(&l), 3);
    CHECK_EQ_STR(properties_at(&l, 2), "{\"number\":12}");
    CHECK_EQ_INT(take(&l), -1);
    CHECK_EQ_INT(take(&l), -1);
    etwkit_session_stats stats = etwkit_session_get_stats(l.session);
    CHECK_EQ_UINT(stats.events_delivered, 13);
    CHECK_EQ_UINT(stats.events_in_flight, 0);
    tear_down(&l);
}

TEST(batches_have_the_size_asked_for) {
    live l;
    static const char *const columns[] = {"event_name", "process_id"};
    const etwkit_arrow_options options = {
        .struct_size = sizeof options, .columns = columns, .column_count = 2, .batch_rows = 64};
    REQUIRE(set_up(&l, &options));
    CHECK_EQ_INT(l.schema.n_children, 2);
    write_events(&l, 0, 1000);
    CHECK_EQ_INT(etwkit_session_stop(l.session, NULL), ETWKIT_OK);
    int64_t rows, all = 0;
    while ((rows = take(&l)) >= 0) {
        CHECK(rows == 64 || all + rows == 1000);
        all += rows;
    }
    CHECK_EQ_INT(all, 1000);
    tear_down(&l);
}

TEST(batches_outlive_the_session) {
    live l;
    REQUIRE(set_up(&l, NULL));
    write_events(&l, 0, 5);
    CHECK_EQ_INT(take(&l), 5);
    live kept = {.schema = l.schema, .array = l.array};
    l.schema.release = NULL;
    l.array.release = NULL;
    tear_down(&l);
    CHECK(check_array(&kept.schema, &kept.array));
    CHECK_EQ_STR(properties_at(&kept, 4), "{\"number\":4}");
    kept.array.release(&kept.array);
    kept.schema.release(&kept.schema);
}

/* The trace is the caller's again, from the first event on that the stream did not give. */
TEST(the_trace_goes_on_after_the_stream) {
    live l;
    const etwkit_batch *batch;
    REQUIRE(set_up(&l, NULL));
    write_events(&l, 0, 5);
    CHECK_EQ_INT(take(&l), 5);
    l.stream.release(&l.stream);
    CHECK(l.stream.release == NULL);
    write_events(&l, 5, 2);
    REQUIRE(etwkit_trace_next(l.trace, &batch, NULL) == ETWKIT_OK);
    CHECK_EQ_UINT(etwkit_batch_count(batch), 2);
    tear_down(&l);
}

TEST(what_is_refused) {
    live l;
    REQUIRE(set_up(&l, NULL));
    static const char *const columns[] = {"timestamp", "nothing"};
    const etwkit_arrow_options refused[] = {
        {.struct_size = sizeof *refused, .columns = columns, .column_count = 2},
        {.struct_size = sizeof *refused, .event = "Step"},
        {.struct_size = sizeof *refused, .provider = "*"},
    };
    l.stream.release(&l.stream); /* a trace has one */
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        etwkit_error error = {.status = ETWKIT_OK};
        CHECK_EQ_INT(etwkit_arrow_stream_trace(l.trace, &refused[i], &l.stream, &error), ETWKIT_E_INVALID);
        CHECK(l.stream.release == NULL && error.message[0]);
    }
    tear_down(&l);
}

TEST_MAIN(CASE(batches_end_where_it_would_wait), CASE(batches_have_the_size_asked_for),
          CASE(batches_outlive_the_session), CASE(the_trace_goes_on_after_the_stream), CASE(what_is_refused))
