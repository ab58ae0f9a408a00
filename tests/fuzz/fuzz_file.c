/* SPDX-License-Identifier: MIT */
/* Fuzz target: a whole trace from memory, read to its end: records, schemas, values, both sinks.
 *
 * Input: u8 options of the trace, u8 flags of the sinks, u16 number of the allocation that fails (0: none), then the
 * file.
 */
#include "base/bytes.h"
#include "etl/buffer.h"
#include "fuzz.h"
#include "fuzz_show.h"
#include "fuzz_text.h"
#include "fuzz_trace_mutator.h"

#include <etwkit/trace.h>

#include <stdlib.h>
#include <string.h>

enum {
    OPTIONS = 4, /* bytes in front of the file */
    UNORDERED = 0x01,
    STRICT = 0x02,
    FILTER = 0x04,
    AGAIN = 0x08, /* rewinds and reads once more */
    FOLLOW = 0x10,
    SMALL = 0x20,     /* a memory limit that nothing fits */
    THREADS = 0x40,   /* two of them */
    STACKS = 0x80,    /* joined */
    MOST_VALUES = 512 /* records whose values are asked for all they could be */
};

/* One reading. */
typedef struct reading {
    etwkit_trace *trace;
    fuzz_sink jsonl, text;
    size_t records, steps_back;
    int64_t time;
    bool strict, sinks;
} reading;

static bool failed(etwkit_status status) {
    FUZZ_CHECK(status == ETWKIT_OK || status == ETWKIT_E_NO_MEMORY);
    return status != ETWKIT_OK;
}

/* Any address has a module or none, and its name is text. false: memory ran out. */
static bool show_stack(reading *r, const etwkit_record *record) {
    const uint64_t *frames;
    size_t count, own = 0;
    etwkit_status status = etwkit_trace_stack(r->trace, record, &frames, &count);
    if (status == ETWKIT_OK)
        FUZZ_CHECK(etwkit_record_stack(record, NULL, 0, &own) != ETWKIT_OK || own <= count);
    for (size_t i = 0; status == ETWKIT_OK && i < count; i++) {
        const char *module;
        uint64_t offset;
        if (etwkit_trace_frame(r->trace, record, frames[i], &module, &offset) == ETWKIT_OK)
            FUZZ_CHECK(offset <= frames[i] && fuzz_is_utf8(module, strlen(module)));
    }
    return status != ETWKIT_E_NO_MEMORY;
}

/* false: memory ran out. */
static bool show(reading *r, const etwkit_record *record) {
    r->steps_back += r->records > 0 && record->timestamp < r->time;
    r->time = record->timestamp;
    r->records++;
    FUZZ_CHECK(record->data != NULL);
    fuzz_show_record(record);
    const etwkit_schema *schema = etwkit_trace_schema(r->trace, record);
    if (!schema)
        return false;
    if (r->records <= MOST_VALUES) {
        uint32_t id;
        etwkit_text text;
        fuzz_show_values(record, schema);
        const etwkit_field *field = etwkit_schema_field_at(schema, 0);
        if (field && etwkit_record_text(r->trace, record, field, &text) == ETWKIT_E_NO_MEMORY)
            return false;
        (void)etwkit_record_payload_process_id(r->trace, record, &id);
        (void)etwkit_record_payload_thread_id(r->trace, record, &id);
        if (!show_stack(r, record))
            return false;
    }
    if (!r->sinks)
        return true;
    return !failed(etwkit_sink_record(r->jsonl.sink, r->trace, record, NULL)) &&
           !failed(etwkit_sink_record(r->text.sink, r->trace, record, NULL));
}

/* To the end. false: memory ran out. */
static bool read_all(reading *r) {
    const etwkit_batch *batch;
    etwkit_error error = {0};
    etwkit_status status;
    r->records = r->steps_back = 0;
    while ((status = etwkit_trace_next(r->trace, &batch, &error)) == ETWKIT_OK) {
        size_t count = etwkit_batch_count(batch);
        FUZZ_CHECK(etwkit_batch_record(batch, count) == NULL);
        for (size_t i = 0; i < count; i++)
            if (!show(r, etwkit_batch_record(batch, i)))
                return false;
    }
    FUZZ_CHECK(status == ETWKIT_END || error.status == status);
    FUZZ_CHECK(status == ETWKIT_END || (status == ETWKIT_E_DAMAGED && r->strict) || status == ETWKIT_E_NO_MEMORY);
    return status != ETWKIT_E_NO_MEMORY;
}

static void check_end(reading *r, size_t file_size) {
    etwkit_trace_stats stats = etwkit_trace_get_stats(r->trace);
    FUZZ_CHECK(stats.events == r->records);
    FUZZ_CHECK(stats.events_late >= r->steps_back || r->strict);
    FUZZ_CHECK(stats.bytes_read <= file_size && stats.bytes_total <= file_size);
    for (size_t i = 0; etwkit_trace_damage(r->trace, i); i++)
        FUZZ_CHECK(etwkit_trace_damage(r->trace, i)->message[0] != 0);
    FUZZ_CHECK(r->strict || (stats.damage == 0) == (etwkit_trace_damage(r->trace, 0) == NULL));
    for (size_t i = 0; i < 512 && etwkit_trace_schema_at(r->trace, i); i++)
        fuzz_show_schema(etwkit_trace_schema_at(r->trace, i));
}

static void read_trace(reading *r, unsigned options, size_t file_size) {
    if (!read_all(r))
        return;
    if (!(options & UNORDERED))
        check_end(r, file_size);
    if (r->sinks && !etwkit_sink_flush(r->jsonl.sink, NULL))
        FUZZ_CHECK(r->jsonl.lines == r->records);
    if (r->sinks)
        (void)etwkit_sink_flush(r->text.sink, NULL);
    if (options & FOLLOW)
        FUZZ_CHECK(etwkit_trace_refresh(r->trace, NULL) != ETWKIT_OK);
    if (!(options & AGAIN) || etwkit_trace_rewind(r->trace, NULL))
        return;
    size_t before = r->records;
    r->sinks = false;
    /* Which stacks find no room depends on the order in which they are found, and that on how much is known already. */
    if (read_all(r))
        FUZZ_CHECK(r->records == before || etwkit_trace_get_stack_stats(r->trace).refused);
}

static etwkit_filter *make_filter(const etwkit_allocator *allocator) {
    etwkit_filter *some[] = {etwkit_filter_level_at_most(allocator, 4),
                             etwkit_filter_not(allocator, etwkit_filter_event_name(allocator, "*/*t*"))};
    return etwkit_filter_any(allocator, some, 2);
}

/* The table of processes, which the text sink then shows: what any bytes say must be found, and do no harm. */
static etwkit_processes *find_processes(etwkit_trace *trace, const etwkit_allocator *allocator) {
    etwkit_processes *table = NULL;
    etwkit_error error;
    if (etwkit_processes_open(&table, allocator, &error))
        return NULL;
    etwkit_status status = etwkit_processes_collect(table, trace, NULL, NULL, &error);
    FUZZ_CHECK(status <= ETWKIT_OK && (!status || (error.status == status && error.message[0])));
    const etwkit_process *process;
    for (size_t i = 0; (process = etwkit_processes_at(table, i)); i++) {
        FUZZ_CHECK(!process->name || fuzz_is_utf8(process->name, strlen(process->name)));
        FUZZ_CHECK(!process->command_line || fuzz_is_utf8(process->command_line, strlen(process->command_line)));
        (void)etwkit_processes_find(table, process->boot_time, process->process_id, process->start);
    }
    return table;
}

static void run(const uint8_t *file, size_t size, unsigned options, unsigned flags, fuzz_memory *memory) {
    etwkit_allocator allocator = fuzz_allocator(memory);
    etwkit_error error;
    reading r = {.strict = (options & STRICT) != 0, .sinks = true};
    etwkit_trace_options how = ETWKIT_TRACE_OPTIONS;
    how.allocator = &allocator;
    how.unordered = options & UNORDERED;
    how.strict = r.strict;
    how.follow = options & FOLLOW;
    how.memory_limit = options & SMALL ? 1 : 0;
    how.threads = options & THREADS ? 2 : 1;
    how.stacks = options & STACKS;
    etwkit_processes *processes = NULL;
    etwkit_filter *filter = options & FILTER ? make_filter(&allocator) : NULL;
    how.filter = filter;
    etwkit_status status = etwkit_trace_open_memory(&r.trace, file, size, "fuzz", &how, &error);
    FUZZ_CHECK((status == ETWKIT_OK) == (r.trace != NULL));
    if (status)
        FUZZ_CHECK(error.status == status && error.message[0]);
    if (!status) {
        FUZZ_CHECK(etwkit_trace_get_info(r.trace, 0) && !etwkit_trace_get_info(r.trace, 1));
        if (fuzz_sink_open(&r.jsonl, ETWKIT_FORMAT_JSONL, flags, &allocator) == ETWKIT_OK &&
            fuzz_sink_open(&r.text, ETWKIT_FORMAT_TEXT, flags, &allocator) == ETWKIT_OK) {
            processes = find_processes(r.trace, &allocator);
            r.text.sink->processes = processes;
            read_trace(&r, options, size);
        }
        etwkit_sink_close(&r.jsonl.sink);
        etwkit_sink_close(&r.text.sink);
        etwkit_processes_close(&processes);
    }
    etwkit_trace_close(&r.trace);
    etwkit_filter_free(filter);
    FUZZ_CHECK(memory->live == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    unsigned options = fuzz_u8(&input), flags = fuzz_u8(&input);
    fuzz_memory memory = {.fail_at = fuzz_u16(&input)};
    uint8_t *file = fuzz_copy(input.at, input.left);
    run(file, input.left, options, flags, &memory);
    free(file);
    return 0;
}

/* The buffer that begins at `at`, as far as it is there. */
static size_t buffer_size(const uint8_t *data, size_t size, size_t at) {
    size_t own = ek_load32(data + at);
    return own >= EK_BUFFER_HEADER_SIZE && own < size - at ? own : size - at;
}

/* Changes the options, or one buffer. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
    uint32_t dice = seed;
    size_t at = OPTIONS, own = 0;
    if (size <= OPTIONS + EK_BUFFER_HEADER_SIZE || capacity < size || fuzz_dice(&dice, 8) == 0)
        return LLVMFuzzerMutate(data, size, capacity);
    if (fuzz_dice(&dice, 8) == 0) {
        data[fuzz_dice(&dice, 2)] ^= (uint8_t)(1u << fuzz_dice(&dice, 8));
        ek_store16(data + 2, (uint16_t)(fuzz_dice(&dice, 4) ? 0 : fuzz_dice(&dice, 1u << fuzz_dice(&dice, 12))));
        return size;
    }
    for (uint32_t skip = fuzz_dice(&dice, 8); size - at > EK_BUFFER_HEADER_SIZE; skip--) {
        own = buffer_size(data, size, at);
        if (skip == 0 || size - at - own <= EK_BUFFER_HEADER_SIZE)
            break;
        at += own;
    }
    size_t behind = size - at - own, room = capacity - at - behind;
    uint8_t *buffer = fuzz_block(room);
    memcpy(buffer, data + at, own);
    size_t now = fuzz_mutate_buffer(buffer, own, room, &dice);
    memmove(data + at + now, data + at + own, behind);
    memcpy(data + at, buffer, now);
    free(buffer);
    return at + now + behind;
}
