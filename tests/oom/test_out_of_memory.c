/* SPDX-License-Identifier: MIT */
/* The whole library at work while memory runs out, at every single allocation: no crash, no leak, a status each time.
 */
#include "../unit/oom.h"

#include <etwkit/etwkit.h>

/* A builder and a writer that end together, whatever failed. */
typedef struct writing {
    const etwkit_allocator *allocator;
    etwkit_event_builder *builder;
    etwkit_writer *writer;
} writing;

static bool write_tracelogging(const writing *to, const char *name, uint16_t processor, int64_t ticks) {
    static const uint16_t numbers[] = {1, 2, 3};
    const uint8_t *metadata, *payload;
    size_t metadata_size, payload_size, traits_size;
    uint8_t traits[64];
    uint32_t status = 200;
    etwkit_event_builder_begin(to->builder, name, 0);
    etwkit_event_builder_scalar(to->builder, "status", ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, &status);
    etwkit_event_builder_bytes(to->builder, "url", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8, "/index", 6);
    etwkit_event_builder_array(to->builder, "numbers", ETWKIT_IN_UINT16, ETWKIT_OUT_NULL, numbers, 3, false);
    etwkit_event_builder_struct(to->builder, "inner", 1);
    etwkit_event_builder_scalar(to->builder, "again", ETWKIT_IN_UINT32, ETWKIT_OUT_HEXINT32, &status);
    if (etwkit_event_builder_finish(to->builder, &metadata, &metadata_size, &payload, &payload_size, NULL) ||
        etwkit_provider_traits("MyCompany.MyApp", NULL, traits, sizeof traits, &traits_size))
        return false;
    etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64,
                            .raw_timestamp = ticks,
                            .channel = 11,
                            .level = 4,
                            .process_id = 4,
                            .thread_id = 8,
                            .processor = processor,
                            .payload = payload,
                            .payload_size = (uint32_t)payload_size};
    etwkit_guid_from_name(&record.provider_id, "MyCompany.MyApp");
    const etwkit_item items[] = {{ETWKIT_ITEM_EVENT_SCHEMA_TL, (uint16_t)metadata_size, metadata},
                                 {ETWKIT_ITEM_PROV_TRAITS, (uint16_t)traits_size, traits}};
    return etwkit_writer_record(to->writer, &record, items, 2, NULL) == ETWKIT_OK;
}

/* Thread/Start of the classic kernel classes, and one that nothing describes. */
static bool write_classic(const writing *to, const char *class_id, uint8_t kind, uint8_t opcode, int64_t ticks) {
    static const uint8_t payload[64] = {4, 0, 0, 0, 8};
    etwkit_record record = {.header_kind = kind,
                            .raw_timestamp = ticks,
                            .version = 3,
                            .opcode = opcode,
                            .process_id = 4,
                            .thread_id = 8,
                            .payload = payload,
                            .payload_size = sizeof payload};
    return etwkit_guid_parse(&record.provider_id, class_id) == ETWKIT_OK &&
           etwkit_writer_record(to->writer, &record, NULL, 0, NULL) == ETWKIT_OK;
}

static bool write_events(const writing *to) {
    char name[] = "Event0";
    for (int64_t i = 0; i < 30; i++) {
        name[5] = (char)('0' + i % 3);
        if (!write_tracelogging(to, name, (uint16_t)(i % 2), 1000 + i * 10 + (i % 2) * 35))
            return false;
    }
    return write_classic(to, "3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c", ETWKIT_HEADER_SYSTEM64, 1, 2000) &&
           write_classic(to, "11111111-2222-3333-4444-555555555555", ETWKIT_HEADER_FULL64, 7, 2001) &&
           etwkit_writer_finish(to->writer, 3000, NULL) == ETWKIT_OK;
}

/* Writes the trace into memory; it lives as long as the writer. */
static bool begin_writing(writing *to, bool compress) {
    etwkit_writer_options options = {.struct_size = sizeof options,
                                     .allocator = to->allocator,
                                     .buffer_size = 4096,
                                     .processor_count = 2,
                                     .compress = compress,
                                     .start_time = INT64_C(132500000000000000),
                                     .start_ticks = 1000};
    return etwkit_event_builder_new(&to->builder, to->allocator) == ETWKIT_OK &&
           etwkit_writer_open_memory(&to->writer, &options, NULL) == ETWKIT_OK && write_events(to);
}

static void end_writing(writing *to) {
    etwkit_event_builder_free(&to->builder);
    etwkit_writer_close(&to->writer);
}

static bool writes(const etwkit_allocator *allocator, void *context) {
    writing to = {.allocator = allocator};
    bool worked = begin_writing(&to, *(const bool *)context);
    end_writing(&to);
    return worked;
}

typedef struct bytes {
    const void *data;
    size_t size;
    etwkit_format format;
    uint64_t events, damage; /* that were met when it worked */
} bytes;

static etwkit_filter *make_filter(const etwkit_allocator *allocator) {
    static const uint16_t ids[] = {77};
    static const uint32_t processes[] = {4, 5, 6};
    etwkit_filter *names[] = {etwkit_filter_event_name(allocator, "event*"),
                              etwkit_filter_provider_name(allocator, "*kernel"),
                              etwkit_filter_event_name(allocator, "Event(*")};
    etwkit_filter *both[] = {etwkit_filter_any(allocator, names, 3),
                             etwkit_filter_not(allocator, etwkit_filter_ids(allocator, ids, 1)),
                             etwkit_filter_processes(allocator, processes, 3),
                             etwkit_filter_keywords(allocator, 0, 0),
                             etwkit_filter_level_at_most(allocator, 5),
                             etwkit_filter_time(allocator, INT64_MIN, INT64_MAX)};
    return etwkit_filter_all(allocator, both, 6);
}

static etwkit_status count_bytes(void *context, const void *data, size_t size, etwkit_error *error) {
    (void)data;
    (void)error;
    *(size_t *)context += size;
    return ETWKIT_OK;
}

/* Every field by a walk, and each top-level one by itself. */
static bool decode(etwkit_trace *trace, const etwkit_record *record) {
    const etwkit_schema *schema = etwkit_trace_schema(trace, record);
    etwkit_walk walk;
    etwkit_step step;
    if (!schema)
        return false;
    etwkit_walk_begin(&walk, schema, record);
    while (etwkit_walk_next(&walk, &step) == ETWKIT_OK)
        continue;
    for (size_t i = 0; i < etwkit_schema_field_count(schema); i++) {
        etwkit_text text;
        if (etwkit_record_text(trace, record, etwkit_schema_field_at(schema, i), &text) == ETWKIT_E_NO_MEMORY)
            return false;
    }
    return true;
}

static bool read_all(etwkit_trace *trace, etwkit_sink *sink) {
    etwkit_error error;
    const etwkit_batch *batch;
    etwkit_status status;
    while ((status = etwkit_trace_next(trace, &batch, &error)) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            if (!decode(trace, record) || etwkit_sink_record(sink, trace, record, &error) != ETWKIT_OK)
                return false;
        }
    return status == ETWKIT_END && etwkit_sink_flush(sink, &error) == ETWKIT_OK;
}

static bool reads(const etwkit_allocator *allocator, void *context) {
    bytes *input = context;
    size_t written = 0;
    etwkit_trace *trace = NULL;
    etwkit_sink *sink = NULL;
    etwkit_processes *processes = NULL;
    etwkit_filter *filter = make_filter(allocator);
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.allocator = allocator;
    options.filter = filter;
    etwkit_sink_options sink_options = {.struct_size = sizeof sink_options,
                                        .allocator = allocator,
                                        .format = input->format,
                                        .flags = ETWKIT_SINK_PAYLOAD,
                                        .write = count_bytes,
                                        .context = &written};
    bool worked = filter &&
                  etwkit_trace_open_memory(&trace, input->data, input->size, NULL, &options, NULL) == ETWKIT_OK &&
                  etwkit_sink_open(&sink, &sink_options, NULL) == ETWKIT_OK;
    worked = worked && etwkit_processes_open(&processes, allocator, NULL) == ETWKIT_OK &&
             etwkit_processes_collect(processes, trace, NULL, NULL, NULL) == ETWKIT_OK;
    worked = worked && read_all(trace, sink) && etwkit_trace_rewind(trace, NULL) == ETWKIT_OK && read_all(trace, sink);
    if (worked) {
        input->events = etwkit_trace_get_stats(trace).events;
        input->damage = etwkit_trace_get_stats(trace).damage;
    }
    etwkit_sink_close(&sink);
    etwkit_processes_close(&processes);
    etwkit_trace_close(&trace);
    etwkit_filter_free(filter);
    return worked && written > 0;
}

TEST(writing_ends_cleanly) {
    bool compress = false;
    CHECK_OOM(writes, &compress);
    compress = true;
    CHECK_OOM(writes, &compress);
}

/* `damage`: the first event of the second buffer is overwritten, so that reports are made as well. */
static void check_reading(bool compress, bool damage, etwkit_format format) {
    static uint8_t copy[1 << 18];
    writing to = {.allocator = NULL};
    size_t size = 0;
    bool written = begin_writing(&to, compress);
    const void *data = written ? etwkit_writer_memory(to.writer, &size) : NULL;
    CHECK(data != NULL && size <= sizeof copy);
    if (data && size <= sizeof copy) {
        memcpy(copy, data, size);
        if (damage)
            memset(copy + 4096 + 72, 0xFF, 8);
        bytes input = {.data = copy, .size = size, .format = format};
        CHECK_OOM(reads, &input);
        CHECK(damage ? input.events > 10 && input.damage > 0 : input.events > 30 && input.damage == 0);
    }
    end_writing(&to);
}

TEST(reading_ends_cleanly) {
    check_reading(false, false, ETWKIT_FORMAT_JSONL);
}

TEST(reading_compressed_ends_cleanly) {
    check_reading(true, false, ETWKIT_FORMAT_TEXT);
}

TEST(reading_damaged_ends_cleanly) {
    check_reading(false, true, ETWKIT_FORMAT_JSONL);
}

/* A session whose events are read with little memory; its own threads have enough. */

ETWKIT_PROVIDER_DEFINE(app, "Test.OutOfMemory");

static bool begin_session(etwkit_session **session) {
    etwkit_guid id;
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.buffer_size = 4096;
    options.minimum_buffers = options.maximum_buffers = 4;
    etwkit_provider_guid(&app, &id);
    if (etwkit_session_new(session, "out of memory", &options, NULL) ||
        etwkit_session_enable(*session, &id, NULL, NULL) || etwkit_session_start(*session, NULL))
        return false;
    for (uint32_t number = 0; number < 20; number++)
        ETWKIT_WRITE(app, "Step", ETWKIT_LEVEL_INFO, 1, ETWKIT_U32("number", number), ETWKIT_STR("text", "of it"));
    return etwkit_session_stop(*session, NULL) == ETWKIT_OK;
}

static bool read_stream(struct ArrowArrayStream *stream, int64_t *rows) {
    struct ArrowArray array;
    int failed;
    while ((failed = stream->get_next(stream, &array)) == 0 && array.release) {
        *rows += array.length;
        array.release(&array);
    }
    CHECK(!failed || stream->get_last_error(stream));
    return !failed;
}

static bool reads_a_session(const etwkit_allocator *allocator, void *context) {
    etwkit_session *session = NULL;
    etwkit_trace *trace = NULL;
    struct ArrowArrayStream stream = {.release = NULL};
    int64_t rows = 0;
    (void)context;
    CHECK(begin_session(&session));
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.allocator = allocator;
    const etwkit_arrow_options columns = {.struct_size = sizeof columns, .trace = &options, .batch_rows = 8};
    bool worked = etwkit_trace_open_session(&trace, session, &options, NULL) == ETWKIT_OK &&
                  etwkit_arrow_stream_trace(trace, &columns, &stream, NULL) == ETWKIT_OK && read_stream(&stream, &rows);
    CHECK(!worked || rows == 20);
    if (stream.release)
        stream.release(&stream);
    etwkit_trace_close(&trace);
    etwkit_session_free(&session);
    return worked;
}

TEST(reading_a_session_ends_cleanly) {
    REQUIRE(etwkit_provider_register(&app, NULL) == ETWKIT_OK);
    CHECK_OOM(reads_a_session, NULL);
    etwkit_provider_unregister(&app);
}

TEST_MAIN(CASE(writing_ends_cleanly), CASE(reading_ends_cleanly), CASE(reading_compressed_ends_cleanly),
          CASE(reading_damaged_ends_cleanly), CASE(reading_a_session_ends_cleanly))
