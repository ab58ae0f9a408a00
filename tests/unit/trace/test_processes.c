/* SPDX-License-Identifier: MIT */
/* The table of processes: lifetimes made of what events say, and the events of both kinds in traces. */
#include "base/guid.h"
#include "oom.h"
#include "test.h"
#include "trace/processes.h"

#include <etwkit/event_builder.h>
#include <etwkit/writer.h>

#define SECOND INT64_C(10000000)
#define ZERO INT64_C(133604118000000000)
#define AT(seconds) (ZERO + (int64_t)((seconds)*10) * (SECOND / 10))

static const etwkit_guid classic = EK_GUID(0x3d6fa8d0, 0xfe05, 0x11d0, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c);
static const etwkit_guid kernel_process =
    EK_GUID(0x22fb2cd6, 0x0e7b, 0x422b, 0xa0, 0xc7, 0x2f, 0xad, 0x1f, 0xd0, 0xe7, 0x16);

static etwkit_processes *open_table(void) {
    etwkit_processes *table = NULL;
    CHECK_EQ_INT(etwkit_processes_open(&table, NULL, NULL), ETWKIT_OK);
    return table;
}

static void tell(etwkit_processes *table, ek_process_fact_kind kind, uint32_t id, int64_t time, const char *name) {
    ek_process_fact fact = {kind, id, 4,     time, kind == EK_PROCESS_START ? time : 0, 0, 7, name, NULL, NULL,
                            0,    0,  false, false};
    CHECK_EQ_INT(ek_processes_take(table, &fact, NULL), ETWKIT_OK);
}

/* The same with the start that the payload tells. */
static void tell_start(etwkit_processes *table, ek_process_fact_kind kind, uint32_t id, int64_t time, int64_t start,
                       const char *name) {
    ek_process_fact fact = {kind, id, 4, time, start, 0, 7, name, NULL, NULL, 0, 0, false, false};
    CHECK_EQ_INT(ek_processes_take(table, &fact, NULL), ETWKIT_OK);
}

static const char *name_at(const etwkit_processes *table, uint32_t id, int64_t time) {
    const etwkit_process *process = etwkit_processes_find(table, 7, id, time);
    return process ? process->name ? process->name : "?" : "-";
}

static size_t count_of(const etwkit_processes *table) {
    size_t count = 0;
    while (etwkit_processes_at(table, count))
        count++;
    return count;
}

TEST(an_id_that_is_used_again_is_another_process) {
    etwkit_processes *table = open_table();
    tell(table, EK_PROCESS_START, 100, AT(1), "a.exe");
    tell(table, EK_PROCESS_END, 100, AT(2), "a.exe");
    tell(table, EK_PROCESS_START, 100, AT(4), "b.exe");
    CHECK_EQ_STR(name_at(table, 100, AT(0.9)), "-");
    CHECK_EQ_STR(name_at(table, 100, AT(1)), "a.exe");
    CHECK_EQ_STR(name_at(table, 100, AT(3)), "a.exe"); /* what comes after its end is still its own */
    CHECK_EQ_STR(name_at(table, 100, AT(4) - 1), "a.exe");
    CHECK_EQ_STR(name_at(table, 100, AT(4)), "b.exe");
    CHECK_EQ_STR(name_at(table, 100, AT(99)), "b.exe");
    CHECK_EQ_STR(name_at(table, 101, AT(4)), "-");
    const etwkit_process *first = etwkit_processes_at(table, 0);
    CHECK(first->start == AT(1) && first->end == AT(2) && first->parent_id == 4 && first->boot_time == 7);
    CHECK(etwkit_processes_at(table, 1)->end == 0 && etwkit_processes_at(table, 2) == NULL);
    tell(table, EK_PROCESS_END, 100, AT(4.1), "b.exe");
    tell(table, EK_PROCESS_START, 100, AT(4.2), "b.exe"); /* at once, and with the same name */
    CHECK(etwkit_processes_find(table, 7, 100, AT(4.2))->start == AT(4.2));
    etwkit_processes_close(&table);
    CHECK(table == NULL);
    etwkit_processes_close(&table);
}

TEST(a_rundown_names_what_was_there_before) {
    etwkit_processes *table = open_table();
    tell(table, EK_PROCESS_ALIVE, 4, AT(9), "System");
    tell(table, EK_PROCESS_END, 8, AT(3), "gone.exe");
    tell(table, EK_PROCESS_ALIVE, 8, AT(9), "new.exe");
    CHECK_EQ_STR(name_at(table, 4, AT(0)), "System");
    CHECK_EQ_STR(name_at(table, 8, AT(1)), "gone.exe");
    CHECK_EQ_STR(name_at(table, 8, AT(3)), "gone.exe");
    CHECK_EQ_STR(name_at(table, 8, AT(4)), "new.exe");
    CHECK_EQ_INT(etwkit_processes_at(table, 0)->start, 0);
    CHECK_EQ_UINT(count_of(table), 3);
    etwkit_processes_close(&table);
}

TEST(one_process_told_of_often_is_one) {
    etwkit_processes *table = open_table();
    tell(table, EK_PROCESS_ALIVE, 8, AT(1), NULL);
    tell(table, EK_PROCESS_ALIVE, 8, AT(1), "a.exe");
    tell_start(table, EK_PROCESS_ALIVE, 8, AT(2), AT(-5), "A.EXE");
    tell(table, EK_PROCESS_END, 8, AT(5), "a.exe");
    tell(table, EK_PROCESS_END, 8, AT(5.2), "a.exe"); /* by another provider */
    tell(table, EK_PROCESS_GONE, 8, AT(7), "a.exe");
    CHECK_EQ_UINT(count_of(table), 1);
    CHECK(etwkit_processes_at(table, 0)->start == AT(-5) && etwkit_processes_at(table, 0)->end == AT(5));
    CHECK_EQ_STR(name_at(table, 8, AT(-6)), "-");
    CHECK_EQ_STR(name_at(table, 8, AT(-5)), "a.exe");
    tell(table, EK_PROCESS_START, 12, AT(1), "a-name-that-is.cut");
    tell(table, EK_PROCESS_START, 12, AT(1.1), "a-name-that-is.cut.exe");
    tell(table, EK_PROCESS_END, 12, AT(3), "a-name-that-is");
    CHECK_EQ_UINT(count_of(table), 2);
    CHECK_EQ_STR(name_at(table, 12, AT(2)), "a-name-that-is.cut.exe");
    etwkit_processes_close(&table);
}

TEST(events_that_were_lost) {
    etwkit_processes *table = open_table();
    tell(table, EK_PROCESS_START, 8, AT(1), "a.exe"); /* its end is lost */
    tell(table, EK_PROCESS_START, 8, AT(5), "b.exe"); /* and so this one's */
    tell(table, EK_PROCESS_ALIVE, 8, AT(9), "c.exe"); /* and its start */
    CHECK_EQ_STR(name_at(table, 8, AT(4)), "a.exe");
    CHECK_EQ_STR(name_at(table, 8, AT(5)), "b.exe");
    CHECK_EQ_STR(name_at(table, 8, AT(9)), "c.exe");
    tell(table, EK_PROCESS_END, 8, AT(10), "c.exe");
    tell(table, EK_PROCESS_END, 8, AT(20), "d.exe"); /* start lost */
    CHECK_EQ_STR(name_at(table, 8, AT(10)), "c.exe");
    CHECK_EQ_STR(name_at(table, 8, AT(11)), "d.exe");
    tell(table, EK_PROCESS_GONE, 8, AT(30), "e.exe");
    CHECK_EQ_STR(name_at(table, 8, AT(30)), "e.exe");
    CHECK_EQ_UINT(count_of(table), 5);
    etwkit_processes_close(&table);
}

/* A live session's buffers do not come in order. */
TEST(what_comes_late_finds_its_place) {
    etwkit_processes *table = open_table();
    tell(table, EK_PROCESS_END, 8, AT(5), "a.exe");
    tell(table, EK_PROCESS_START, 8, AT(7), "b.exe");
    tell(table, EK_PROCESS_START, 8, AT(2), "a.exe");
    CHECK_EQ_UINT(count_of(table), 2);
    CHECK_EQ_STR(name_at(table, 8, AT(1)), "-");
    CHECK_EQ_STR(name_at(table, 8, AT(2)), "a.exe");
    CHECK_EQ_STR(name_at(table, 8, AT(7)), "b.exe");
    tell(table, EK_PROCESS_START, 8, AT(-3), "z.exe");
    tell(table, EK_PROCESS_END, 8, AT(-2), "z.exe");
    CHECK_EQ_STR(name_at(table, 8, AT(-1)), "z.exe");
    CHECK_EQ_STR(name_at(table, 8, AT(3)), "a.exe");
    CHECK_EQ_UINT(count_of(table), 3);
    etwkit_processes_close(&table);
}

TEST(systems_do_not_mix) {
    etwkit_processes *table = open_table();
    ek_process_fact here = {EK_PROCESS_ALIVE, 8,    ETWKIT_NO_ID, AT(1), 0, 0,     AT(-1000),
                            "here.exe",       NULL, NULL,         0,     0, false, false};
    ek_process_fact there = {EK_PROCESS_ALIVE, 8,    ETWKIT_NO_ID, AT(1), 0, 0,     AT(-5000),
                             "there.exe",      NULL, NULL,         0,     0, false, false};
    CHECK_EQ_INT(ek_processes_take(table, &here, NULL), ETWKIT_OK);
    CHECK_EQ_INT(ek_processes_take(table, &there, NULL), ETWKIT_OK);
    CHECK_EQ_STR(etwkit_processes_find(table, AT(-1000), 8, AT(1))->name, "here.exe");
    CHECK_EQ_STR(etwkit_processes_find(table, AT(-1030), 8, AT(1))->name, "here.exe");
    CHECK_EQ_STR(etwkit_processes_find(table, AT(-5000), 8, AT(1))->name, "there.exe");
    CHECK_EQ_STR(etwkit_processes_find(table, 0, 8, AT(1))->name, "here.exe");
    CHECK(etwkit_processes_find(table, AT(-3000), 8, AT(1)) == NULL);
    CHECK(etwkit_processes_find(table, INT64_MIN, 8, AT(1)) == NULL);
    CHECK(etwkit_processes_find(NULL, 0, 8, AT(1)) == NULL && etwkit_processes_at(NULL, 0) == NULL);
    etwkit_processes_close(&table);
}

/* Facts without sense or order: lifetimes stay sorted, and every time finds at most one. */
TEST(any_facts) {
    static const char *const names[] = {NULL, "a.exe", "b.exe", "a-name-that-is.cut", "a-name-that-is.cut.exe"};
    static const int64_t ends[] = {INT64_MIN, INT64_MAX, 0, -1};
    uint64_t state = 3;
    etwkit_processes *table = open_table();
    for (size_t i = 0; i < 20000; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        uint32_t dice = (uint32_t)(state >> 33);
        int64_t time = dice % 16 ? (int64_t)(dice % 1000) * SECOND / 3 : ends[dice / 16 % 4];
        int64_t start = dice % 3 ? 0 : time < INT64_MIN + 5 * SECOND ? 0 : time - (dice % 5) * SECOND;
        ek_process_fact fact = {(ek_process_fact_kind)(1 + dice / 7 % 4),
                                dice / 29 % 3,
                                ETWKIT_NO_ID,
                                time,
                                start,
                                dice % 5 ? 0 : time,
                                7,
                                names[dice / 31 % 5],
                                NULL,
                                NULL,
                                0,
                                0,
                                false,
                                false};
        CHECK_EQ_INT(ek_processes_take(table, &fact, NULL), ETWKIT_OK);
        const etwkit_process *found = etwkit_processes_find(table, 7, fact.process_id, time);
        CHECK(found && found->process_id == fact.process_id);
    }
    etwkit_processes_close(&table);
}

/* A trace with process events, in memory. */
typedef struct made_trace {
    etwkit_writer *writer;
    int64_t ticks;
    uint8_t payload[2048];
    size_t size;
} made_trace;

static bool begin_trace(made_trace *to, uint32_t buffer_size, const etwkit_allocator *allocator) {
    etwkit_writer_options options = {.struct_size = sizeof options,
                                     .allocator = allocator,
                                     .buffer_size = buffer_size,
                                     .start_time = ZERO,
                                     .start_ticks = 1000};
    memset(to, 0, sizeof *to);
    to->ticks = 1000;
    return etwkit_writer_open_memory(&to->writer, &options, NULL) == ETWKIT_OK;
}

static void put(made_trace *to, const void *data, size_t size) {
    memcpy(to->payload + to->size, data, size);
    to->size += size;
}

static void put_u32(made_trace *to, uint32_t value) {
    put(to, &value, sizeof value);
}

/* UTF-16 of ASCII, NUL-terminated. */
static void put_wide(made_trace *to, const char *text) {
    do {
        char unit[2] = {*text, 0};
        put(to, unit, 2);
    } while (*text++);
}

static bool write_event(made_trace *to, etwkit_record *record) {
    record->raw_timestamp = to->ticks += SECOND;
    record->payload = to->payload;
    record->payload_size = (uint32_t)to->size;
    etwkit_status status = etwkit_writer_record(to->writer, record, NULL, 0, NULL);
    to->size = 0;
    return status == ETWKIT_OK;
}

/* A classic Process event of version 2, in a header of either kind. */
static bool write_classic(made_trace *to, bool kernel, uint8_t opcode, uint32_t id, const char *name,
                          const char *command_line) {
    uint64_t key = 0;
    put(to, &key, sizeof key);
    put_u32(to, id);
    put_u32(to, 77);
    put_u32(to, 0);
    put_u32(to, 0);
    put_u32(to, 0); /* no SID */
    put(to, name, strlen(name) + 1);
    put_wide(to, command_line);
    etwkit_record record = {.header_kind = kernel ? ETWKIT_HEADER_SYSTEM64 : ETWKIT_HEADER_FULL64,
                            .provider_id = classic,
                            .opcode = opcode,
                            .version = 2,
                            .process_id = 4,
                            .thread_id = 8};
    return write_event(to, &record);
}

static bool write_other(made_trace *to, uint32_t id) {
    etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64,
                            .provider_id = {{1, 2, 3}},
                            .event_id = 7,
                            .process_id = id,
                            .thread_id = 8};
    return write_event(to, &record);
}

static etwkit_trace *read_made(made_trace *from, const etwkit_trace_options *options) {
    size_t size = 0;
    etwkit_trace *trace = NULL;
    if (etwkit_writer_finish(from->writer, from->ticks + SECOND, NULL) == ETWKIT_OK) {
        const void *file = etwkit_writer_memory(from->writer, &size);
        (void)etwkit_trace_open_memory(&trace, file, size, "made", options, NULL);
    }
    return trace;
}

/* An event with the fields of Microsoft-Windows-Kernel-Process, which here describes itself. Times: 0, left out. */
static bool write_manifest(made_trace *to, uint16_t event_id, uint32_t id, int64_t created, int64_t exited,
                           const char *name, bool ansi) {
    etwkit_event_builder *builder = NULL;
    uint32_t parent = 55;
    uint8_t wide[256] = {0};
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        wide[2 * i] = (uint8_t)name[i];
    if (etwkit_event_builder_new(&builder, NULL))
        return false;
    etwkit_event_builder_begin(builder, "Process", 0);
    etwkit_event_builder_scalar(builder, "ProcessID", ETWKIT_IN_UINT32, ETWKIT_OUT_PID, &id);
    if (created)
        etwkit_event_builder_scalar(builder, "CreateTime", ETWKIT_IN_FILETIME, ETWKIT_OUT_NULL, &created);
    if (exited)
        etwkit_event_builder_scalar(builder, "ExitTime", ETWKIT_IN_FILETIME, ETWKIT_OUT_NULL, &exited);
    else
        etwkit_event_builder_scalar(builder, "ParentProcessID", ETWKIT_IN_UINT32, ETWKIT_OUT_PID, &parent);
    if (ansi)
        etwkit_event_builder_bytes(builder, "ImageName", ETWKIT_IN_ANSISTRING, ETWKIT_OUT_NULL, name, length);
    else
        etwkit_event_builder_bytes(builder, "ImageName", ETWKIT_IN_UNICODESTRING, ETWKIT_OUT_NULL, wide, 2 * length);
    const uint8_t *metadata, *payload;
    size_t metadata_size, payload_size;
    bool done = etwkit_event_builder_finish(builder, &metadata, &metadata_size, &payload, &payload_size, NULL) == 0;
    if (done) {
        etwkit_item item = {ETWKIT_ITEM_EVENT_SCHEMA_TL, (uint16_t)metadata_size, metadata};
        etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64,
                                .provider_id = kernel_process,
                                .event_id = event_id,
                                .channel = 11,
                                .raw_timestamp = to->ticks += SECOND,
                                .payload = payload,
                                .payload_size = (uint32_t)payload_size};
        done = etwkit_writer_record(to->writer, &record, &item, 1, NULL) == ETWKIT_OK;
    }
    etwkit_event_builder_free(&builder);
    return done;
}

static bool stop_at(void *context) {
    size_t *left = context;
    return (*left)-- > 0;
}

TEST(a_trace_is_searched_before_it_is_read) {
    made_trace made;
    etwkit_error error;
    etwkit_filter *none = etwkit_filter_provider_name(NULL, "nobody");
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.filter = none; /* what it keeps back is found nevertheless */
    REQUIRE(begin_trace(&made, 1024, NULL));
    for (uint32_t i = 0; i < 40; i++)
        REQUIRE(write_other(&made, 100 + i % 3));
    REQUIRE(write_classic(&made, true, 4, 100, "C:\\x\\last.exe", "last -v"));
    REQUIRE(write_classic(&made, false, 1, 101, "started.exe", ""));
    REQUIRE(write_classic(&made, true, 32, 102, "no.exe", ""));
    etwkit_trace *trace = read_made(&made, &options);
    REQUIRE(trace != NULL);
    etwkit_processes *table = open_table();
    size_t left = 2;
    CHECK_EQ_INT(etwkit_processes_collect(table, trace, stop_at, &left, &error), ETWKIT_END);
    CHECK_EQ_UINT(count_of(table), 0);
    CHECK_EQ_INT(etwkit_processes_collect(table, trace, NULL, NULL, &error), ETWKIT_OK);
    CHECK_EQ_UINT(count_of(table), 2);
    CHECK_EQ_INT(etwkit_processes_collect(table, trace, NULL, NULL, &error), ETWKIT_OK);
    CHECK_EQ_UINT(count_of(table), 2);
    int64_t boot = etwkit_trace_get_info(trace, 0)->boot_time;
    const etwkit_process *last = etwkit_processes_find(table, boot, 100, ZERO);
    REQUIRE(last != NULL);
    CHECK_EQ_STR(last->name, "last.exe");
    CHECK_EQ_STR(last->command_line, "last -v");
    CHECK(last->parent_id == 77 && last->start == 0);
    const etwkit_process *started = etwkit_processes_at(table, 1);
    CHECK(started->start == ZERO + 42 * SECOND && started->command_line == NULL);
    CHECK(etwkit_processes_find(table, boot, 101, started->start - 1) == NULL);
    const etwkit_batch *batch;
    CHECK_EQ_INT(etwkit_trace_next(trace, &batch, NULL), ETWKIT_END);
    CHECK_EQ_UINT(etwkit_trace_get_stats(trace).events_filtered, 44);
    etwkit_processes_close(&table);
    etwkit_trace_close(&trace);
    etwkit_writer_close(&made.writer);
    etwkit_filter_free(none);
}

/* Event n stands at ZERO + n seconds. */
TEST(events_of_the_manifest_provider) {
    made_trace made;
    REQUIRE(begin_trace(&made, 0, NULL));
    REQUIRE(
        write_manifest(&made, 1, 100, AT(0.5), 0, "\\Device\\HarddiskVolume3\\Windows\\a-rather-long-name.exe", false));
    REQUIRE(write_other(&made, 100));
    REQUIRE(write_manifest(&made, 2, 100, AT(0.5), AT(2.9), "a-rather-long-", true));
    REQUIRE(write_manifest(&made, 15, 200, AT(-7000), 0, "there.exe", false));
    REQUIRE(write_manifest(&made, 1, 100, AT(99), 0, "second.exe", false)); /* a time that has not come: not believed */
    REQUIRE(write_manifest(&made, 2, 300, AT(-9), AT(1), "only-its-end", true));
    REQUIRE(write_manifest(&made, 5, 400, 0, 0, "an-image.dll", false));
    etwkit_trace *trace = read_made(&made, NULL);
    REQUIRE(trace != NULL);
    etwkit_processes *table = open_table();
    CHECK_EQ_INT(etwkit_processes_collect(table, trace, NULL, NULL, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(count_of(table), 4);
    const etwkit_process *first = etwkit_processes_find(table, 0, 100, AT(1));
    REQUIRE(first != NULL);
    CHECK_EQ_STR(first->name, "a-rather-long-name.exe");
    CHECK(first->start == AT(0.5) && first->end == AT(2.9) && first->parent_id == 55);
    const etwkit_process *there = etwkit_processes_find(table, 0, 200, AT(0));
    CHECK(there && there->start == AT(-7000) && there->end == 0 && strcmp(there->name, "there.exe") == 0);
    const etwkit_process *second = etwkit_processes_find(table, 0, 100, AT(5));
    CHECK(second && second->start == AT(5) && strcmp(second->name, "second.exe") == 0);
    const etwkit_process *ended = etwkit_processes_find(table, 0, 300, AT(0));
    CHECK(ended && ended->start == AT(-9) && ended->end == AT(1) && strcmp(ended->name, "only-its-end") == 0);
    CHECK(etwkit_processes_find(table, 0, 400, AT(99)) == NULL);
    etwkit_processes_close(&table);
    etwkit_trace_close(&trace);
    etwkit_writer_close(&made.writer);
}

TEST(records_are_added_on_the_way) {
    made_trace made;
    REQUIRE(begin_trace(&made, 0, NULL));
    REQUIRE(write_classic(&made, true, 1, 100, "a.exe", "a"));
    REQUIRE(write_other(&made, 100));
    etwkit_record unknown = {.header_kind = ETWKIT_HEADER_EVENT64, .provider_id = kernel_process, .event_id = 1};
    REQUIRE(write_event(&made, &unknown));                             /* nothing describes it */
    REQUIRE(write_classic(&made, true, 2, 0xFFFFFFFFu, "b.exe", "b")); /* no id */
    etwkit_trace *trace = read_made(&made, NULL);
    REQUIRE(trace != NULL);
    etwkit_processes *table = open_table();
    const etwkit_batch *batch;
    REQUIRE(etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK && etwkit_batch_count(batch) == 5);
    for (size_t i = 0; i < 5; i++)
        CHECK_EQ_INT(etwkit_processes_add(table, trace, etwkit_batch_record(batch, i), NULL),
                     i == 1 ? ETWKIT_OK : ETWKIT_ABSENT);
    CHECK_EQ_UINT(count_of(table), 1);
    etwkit_processes_close(&table);
    etwkit_trace_close(&trace);
    etwkit_writer_close(&made.writer);
}

static bool collect_all(const etwkit_allocator *allocator, void *context) {
    made_trace made;
    (void)context;
    bool done = begin_trace(&made, 1024, NULL);
    for (uint32_t i = 0; i < 12 && done; i++)
        done = write_classic(&made, i % 2, (uint8_t)(1 + i % 4), 100 + i % 5, "a.exe", "a -b");
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    options.allocator = allocator;
    etwkit_trace *trace = done ? read_made(&made, &options) : NULL;
    etwkit_processes *table = NULL;
    etwkit_error error;
    done = trace && etwkit_processes_open(&table, allocator, &error) == ETWKIT_OK;
    if (done) {
        etwkit_status status = etwkit_processes_collect(table, trace, NULL, NULL, &error);
        done = status == ETWKIT_OK;
        CHECK(done || (status == ETWKIT_E_NO_MEMORY && error.status == status));
        (void)etwkit_processes_find(table, 0, 100, INT64_MAX);
    }
    etwkit_processes_close(&table);
    etwkit_trace_close(&trace);
    etwkit_writer_close(&made.writer);
    return done;
}

TEST(without_memory) {
    CHECK_OOM(collect_all, NULL);
}

TEST_MAIN(CASE(an_id_that_is_used_again_is_another_process), CASE(a_rundown_names_what_was_there_before),
          CASE(one_process_told_of_often_is_one), CASE(events_that_were_lost), CASE(what_comes_late_finds_its_place),
          CASE(systems_do_not_mix), CASE(any_facts), CASE(a_trace_is_searched_before_it_is_read),
          CASE(events_of_the_manifest_provider), CASE(records_are_added_on_the_way), CASE(without_memory))
