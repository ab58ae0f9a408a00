/* SPDX-License-Identifier: MIT */
/* The library alone, on one core: reads a trace in one of several ways and prints what it saw. Knows the public API
 * only. Whoever runs it measures the time: bench/run.py, valgrind, perf.
 *
 *   etwkit-bench count|fields|decode|jsonl|stacks|text|csv|arrow|arrow-header TRACE
 *   etwkit-bench arrow-select TRACE PROVIDER EVENT
 */
#include <etwkit/etwkit.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct bench {
    etwkit_trace *trace;
    etwkit_sink *sink;
    uint64_t events, fields, bytes; /* records, values of theirs, bytes handed out by the sink */
    uint64_t sum;                   /* of everything that was decoded, so that none of it can be left out */
    bool texts;                     /* texts, SIDs and addresses as UTF-8; else their bytes as they stand */
    etwkit_error error;
} bench;

typedef etwkit_status (*read_batch)(bench *, const etwkit_batch *);

/* Only looks at every header. */
static etwkit_status count(bench *b, const etwkit_batch *batch) {
    for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
        const etwkit_record *record = etwkit_batch_record(batch, i);
        b->sum += (uint64_t)record->timestamp + record->event_id + record->opcode;
    }
    return ETWKIT_OK;
}

static uint64_t ends_of(const uint8_t *data, size_t size) {
    return size ? size + data[0] + data[size - 1] : 0;
}

static uint64_t text_of(const etwkit_value *value) {
    char room[1024];
    size_t length = 0;
    char *text = room;
    etwkit_status status = etwkit_value_text(value, 0, room, sizeof room, &length);
    if (status == ETWKIT_E_RANGE && (text = malloc(length)))
        status = etwkit_value_text(value, 0, text, length, &length);
    uint64_t sum = status || !text ? 0 : ends_of((const uint8_t *)text, length);
    if (text != room)
        free(text);
    return sum;
}

/* A value through the getter that fits it. */
static uint64_t value_of(const bench *b, const etwkit_value *value) {
    union {
        int64_t i64;
        uint64_t u64;
        double f64;
        bool truth;
        etwkit_guid guid;
    } is = {0};
    switch (etwkit_value_get_type(value)) {
    case ETWKIT_VALUE_INT: (void)etwkit_value_i64(value, &is.i64); break;
    case ETWKIT_VALUE_UINT: (void)etwkit_value_u64(value, &is.u64); break;
    case ETWKIT_VALUE_FLOAT: (void)etwkit_value_f64(value, &is.f64); break;
    case ETWKIT_VALUE_BOOL: (void)etwkit_value_bool(value, &is.truth); break;
    case ETWKIT_VALUE_GUID: (void)etwkit_value_guid(value, &is.guid); break;
    case ETWKIT_VALUE_TIME: (void)etwkit_value_time(value, &is.i64); break;
    case ETWKIT_VALUE_TEXT:
    case ETWKIT_VALUE_SID:
    case ETWKIT_VALUE_ADDRESS: return b->texts ? text_of(value) : ends_of(value->data, value->size);
    case ETWKIT_VALUE_BYTES: return ends_of(value->data, value->size);
    case ETWKIT_VALUE_NULL:
    case ETWKIT_VALUE_STRUCT: break;
    }
    return is.u64;
}

static etwkit_status decode(bench *b, const etwkit_batch *batch) {
    for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
        const etwkit_record *record = etwkit_batch_record(batch, i);
        const etwkit_schema *schema = etwkit_trace_schema(b->trace, record);
        if (!schema)
            return ETWKIT_E_NO_MEMORY;
        etwkit_walk walk;
        etwkit_step step;
        etwkit_walk_begin(&walk, schema, record);
        while (etwkit_walk_next(&walk, &step) == ETWKIT_OK)
            if (step.kind == ETWKIT_STEP_VALUE) {
                b->sum += value_of(b, &step.value);
                b->fields++;
            }
    }
    return ETWKIT_OK;
}

static etwkit_status sink(bench *b, const etwkit_batch *batch) {
    etwkit_status status = ETWKIT_OK;
    for (size_t i = 0; i < etwkit_batch_count(batch) && !status; i++)
        status = etwkit_sink_record(b->sink, b->trace, etwkit_batch_record(batch, i), &b->error);
    return status;
}

static etwkit_status discard(void *context, const void *data, size_t size, etwkit_error *error) {
    bench *b = context;
    (void)error;
    b->bytes += size;
    b->sum += ends_of(data, size);
    return ETWKIT_OK;
}

/* The columns of an event's header, all but properties. */
static const char *const header[] = {
    "timestamp",
    "provider_name",
    "provider_id",
    "event_name",
    "event_id",
    "version",
    "level",
    "opcode",
    "task",
    "channel",
    "keywords",
    "process_id",
    "thread_id",
    "processor",
    "activity_id",
    "related_activity_id",
    "payload_process_id",
    "payload_thread_id",
    "stack",
    "user_sid",
    "session_id",
};

/* A stream of record batches to its end, as who imports it would take them. */
static etwkit_status read_stream(bench *b, const char *path, const etwkit_arrow_options *options) {
    struct ArrowArrayStream stream;
    struct ArrowArray array = {0};
    etwkit_arrow *arrow;
    etwkit_status status = etwkit_arrow_open(&arrow, &path, 1, options, &b->error);
    if (!status && !(status = etwkit_arrow_stream(arrow, &stream, &b->error))) {
        while (!stream.get_next(&stream, &array) && array.release) {
            b->events += (uint64_t)array.length;
            for (int64_t i = 0; i < array.n_children; i++)
                b->fields += (uint64_t)(array.length - array.children[i]->null_count);
            array.release(&array);
        }
        if (stream.get_last_error(&stream)) {
            status = ETWKIT_E_IO;
            snprintf(b->error.message, sizeof b->error.message, "%s", stream.get_last_error(&stream));
        }
        stream.release(&stream);
    }
    etwkit_arrow_close(&arrow);
    return status;
}

static const struct mode {
    const char *name;
    read_batch read;
    int format; /* of the sink, 0: none */
    bool texts;
    bool arrow;
    size_t columns; /* of the header alone; 0: all */
    bool stacks;    /* joined */
} modes[] = {
    {"count", count, 0, false, false, 0, false},
    {"fields", decode, 0, false, false, 0, false},
    {"decode", decode, 0, true, false, 0, false},
    {"jsonl", sink, ETWKIT_FORMAT_JSONL, false, false, 0, false},
    {"stacks", sink, ETWKIT_FORMAT_JSONL, false, false, 0, true}, /* jsonl with them */
    {"text", sink, ETWKIT_FORMAT_TEXT, false, false, 0, false},
    {"csv", sink, ETWKIT_FORMAT_CSV, false, false, 0, false},
    {"arrow", NULL, 0, false, true, 0, false},
    {"arrow-header", NULL, 0, false, true, sizeof header / sizeof header[0], false},
    {"arrow-select", NULL, 0, false, true, 0, false},
};

static const struct mode *mode_named(const char *name) {
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, name) == 0)
            return &modes[i];
    return NULL;
}

static etwkit_status read_all(bench *b, const struct mode *mode, const char *path) {
    const etwkit_batch *batch;
    etwkit_sink_options options = {.struct_size = sizeof options, .write = discard, .context = b};
    options.format = (etwkit_format)mode->format;
    options.flags = mode->stacks ? ETWKIT_SINK_STACKS : 0;
    etwkit_trace_options how = ETWKIT_TRACE_OPTIONS;
    how.stacks = mode->stacks;
    etwkit_status status = etwkit_trace_open(&b->trace, path, &how, &b->error);
    if (!status && mode->format)
        status = etwkit_sink_open(&b->sink, &options, &b->error);
    while (!status && (status = etwkit_trace_next(b->trace, &batch, &b->error)) == ETWKIT_OK) {
        b->events += etwkit_batch_count(batch);
        status = mode->read(b, batch);
    }
    if (status == ETWKIT_END)
        status = mode->format ? etwkit_sink_flush(b->sink, &b->error) : ETWKIT_OK;
    etwkit_sink_close(&b->sink);
    if (b->trace) /* what others have taken in was read, too */
        b->events += etwkit_trace_get_stats(b->trace).events_joined;
    etwkit_trace_close(&b->trace);
    return status;
}

int main(int argc, char **argv) {
    const struct mode *mode = argc >= 3 ? mode_named(argv[1]) : NULL;
    bool selects = mode && strcmp(mode->name, "arrow-select") == 0;
    if (!mode || argc != (selects ? 5 : 3)) {
        fprintf(stderr, "Usage: etwkit-bench MODE TRACE, where MODE is one of");
        for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
            fprintf(stderr, " %s", modes[i].name);
        fprintf(stderr, "\n");
        return 2;
    }
    bench b = {.texts = mode->texts};
    etwkit_arrow_options options = {.struct_size = sizeof options};
    if (mode->columns) {
        options.columns = header;
        options.column_count = mode->columns;
    }
    if (selects) {
        options.provider = argv[3];
        options.event = argv[4];
    }
    if (mode->arrow ? read_stream(&b, argv[2], &options) : read_all(&b, mode, argv[2])) {
        fprintf(stderr, "etwkit-bench: %s\n", b.error.message);
        return 1;
    }
    printf("{\"events\": %" PRIu64 ", \"fields\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"sum\": \"%" PRIx64 "\"}\n",
           b.events, b.fields, b.bytes, b.sum);
    return 0;
}
