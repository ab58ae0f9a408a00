/* SPDX-License-Identifier: MIT */
/* What the double writes to files and feeds from them, read with the library. */
#include "sim_user.h"

#include <etwkit/etwkit.h>

static consumer c;

static void file_of(const char *name, char path[512], properties *p) {
    (void)snprintf(path, 512, "%s/%s", getenv("ETWSIM_FOLDER"), name);
    p->head.LogFileNameOffset = offsetof(properties, file);
    (void)MultiByteToWideChar(CP_UTF8, 0, path, -1, p->file, 512);
}

/* Events of some_provider in a file, and the highest number in them. */
static unsigned read_back(const char *path, ULONGLONG *lowest, ULONGLONG *highest) {
    etwkit_trace *trace = NULL;
    etwkit_error error;
    const etwkit_batch *batch;
    unsigned count = 0;
    *lowest = ~0ull;
    *highest = 0;
    if (!test_check(etwkit_trace_open(&trace, path, NULL, &error) == ETWKIT_OK, __FILE__, __LINE__, "opens"))
        return 0;
    while (etwkit_trace_next(trace, &batch, &error) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            ULONGLONG number;
            if (memcmp(&record->provider_id, &some_provider, sizeof some_provider) != 0 || record->payload_size < 8)
                continue;
            memcpy(&number, record->payload, sizeof number);
            *lowest = number < *lowest ? number : *lowest;
            *highest = number > *highest ? number : *highest;
            count++;
        }
    CHECK_EQ_UINT(etwkit_trace_get_stats(trace).damage, 0);
    CHECK(etwkit_trace_get_info(trace, 0)->closed);
    etwkit_trace_close(&trace);
    return count;
}

static TRACEHANDLE record(const char *name, ULONG mode, ULONG size, char path[512]) {
    properties p;
    TRACEHANDLE handle = 0;
    fill(&p);
    p.head.LogFileMode = mode;
    p.head.MaximumFileSize = size;
    p.head.BufferSize = 16;
    file_of(name, path, &p);
    CHECK_EQ_UINT(StartTraceW(&handle, L"recording", &p.head), ERROR_SUCCESS);
    CHECK_EQ_UINT(enable(handle, 5, 0, 0, 0, NULL, 0), ERROR_SUCCESS);
    while (!logged("everything is fed"))
        Sleep(10);
    return handle;
}

TEST(sequential_files_have_all) {
    script("feed events 5000 provider " SOME_PROVIDER "\n");
    properties p;
    char path[512];
    ULONGLONG lowest, highest;
    const TRACEHANDLE handle = record("one.etl", EVENT_TRACE_FILE_MODE_SEQUENTIAL, 0, path);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    CHECK(p.head.BuffersWritten > 1);
    CHECK_EQ_UINT(read_back(path, &lowest, &highest), 5000);
    CHECK_EQ_UINT(highest, 4999);
}

TEST(sequential_files_end_at_their_size) {
    script("feed events 20000 provider " SOME_PROVIDER "\n");
    properties p;
    char path[512];
    ULONGLONG lowest, highest;
    const TRACEHANDLE handle =
        record("one.etl", EVENT_TRACE_FILE_MODE_SEQUENTIAL | EVENT_TRACE_USE_KBYTES_FOR_SIZE, 256, path);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    const unsigned count = read_back(path, &lowest, &highest);
    CHECK(count > 100 && count < 10000);
    CHECK_EQ_UINT(lowest, 0);
}

TEST(circular_files_have_the_last) {
    script("feed events 20000 provider " SOME_PROVIDER "\n");
    properties p;
    char path[512];
    ULONGLONG lowest, highest;
    const TRACEHANDLE handle =
        record("one.etl", EVENT_TRACE_FILE_MODE_CIRCULAR | EVENT_TRACE_USE_KBYTES_FOR_SIZE, 256, path);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    const unsigned count = read_back(path, &lowest, &highest);
    CHECK_EQ_UINT(highest, 19999);
    CHECK_EQ_UINT(lowest, 20000 - count);
}

TEST(rings_are_written_on_demand) {
    script("feed events 20000 provider " SOME_PROVIDER "\n");
    properties p;
    char path[512];
    ULONGLONG lowest, highest;
    const TRACEHANDLE handle = record("one.etl", EVENT_TRACE_BUFFERING_MODE, 0, path);
    fill(&p);
    p.head.LogFileMode = 0;
    file_of("snapshot.etl", path, &p);
    CHECK_EQ_UINT(ControlTraceW(handle, NULL, &p.head, EVENT_TRACE_CONTROL_FLUSH), ERROR_SUCCESS);
    const unsigned count = read_back(path, &lowest, &highest);
    CHECK(count > 10);
    CHECK_EQ_UINT(highest, 19999);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
}

TEST(new_files_follow_full_ones) {
    script("feed events 6000 provider " SOME_PROVIDER "\n");
    properties p;
    char path[512], first[512], second[512];
    ULONGLONG lowest, highest, next;
    const TRACEHANDLE handle =
        record("part%d.etl", EVENT_TRACE_FILE_MODE_NEWFILE | EVENT_TRACE_USE_KBYTES_FOR_SIZE, 512, path);
    CHECK_EQ_UINT(control(handle, EVENT_TRACE_CONTROL_STOP, &p), ERROR_SUCCESS);
    CHECK_EQ_UINT(p.head.LogBuffersLost, 0);
    (void)snprintf(first, sizeof first, "%s/part1.etl", getenv("ETWSIM_FOLDER"));
    (void)snprintf(second, sizeof second, "%s/part2.etl", getenv("ETWSIM_FOLDER"));
    const unsigned count = read_back(first, &lowest, &highest);
    CHECK_EQ_UINT(lowest, 0);
    CHECK(count > 100 && count < 6000);
    CHECK(read_back(second, &next, &highest) > 100);
    CHECK_EQ_UINT(next, count);
}

TEST(folders_are_not_made) {
    script("");
    properties p;
    char path[512];
    TRACEHANDLE handle;
    fill(&p);
    p.head.LogFileMode = EVENT_TRACE_FILE_MODE_SEQUENTIAL;
    file_of("no/such/one.etl", path, &p);
    CHECK_EQ_UINT(StartTraceW(&handle, L"one", &p.head), ERROR_PATH_NOT_FOUND);
}

/* A trace with a kernel event, its stack, and two of a provider. */
static void write_trace(const char *path) {
    etwkit_writer *writer = NULL;
    etwkit_error error;
    const etwkit_writer_options options = {.struct_size = sizeof options,
                                           .frequency = 3000000,
                                           .start_time = 133000000000000000,
                                           .start_ticks = 5000,
                                           .session_name = "recorded"};
    BYTE payload[40] = {0};
    const LONGLONG stamp = 6000;
    etwkit_record record = {.header_kind = ETWKIT_HEADER_SYSTEM64, .pointer_size = 8, .raw_timestamp = stamp};
    const GUID process = {0x3d6fa8d0, 0xfe05, 0x11d0, {0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}};
    const GUID stack = {0xdef2fe46, 0x7bd6, 0x4b80, {0xbd, 0x94, 0xf5, 0x7f, 0xe2, 0x0d, 0x0c, 0xe3}};
    CHECK_EQ_INT(etwkit_writer_open(&writer, path, &options, &error), ETWKIT_OK);
    record.payload = payload;
    record.payload_size = sizeof payload;
    record.opcode = 1;
    record.version = 4;
    memcpy(&record.provider_id, &process, sizeof process);
    CHECK_EQ_INT(etwkit_writer_record(writer, &record, NULL, 0, &error), ETWKIT_OK);
    memcpy(payload, &stamp, sizeof stamp);
    memcpy(&record.provider_id, &stack, sizeof stack);
    record.opcode = 32;
    record.version = 2;
    record.raw_timestamp = 6003;
    CHECK_EQ_INT(etwkit_writer_record(writer, &record, NULL, 0, &error), ETWKIT_OK);
    record.header_kind = ETWKIT_HEADER_EVENT64;
    memcpy(&record.provider_id, &some_provider, sizeof some_provider);
    record.opcode = 0;
    record.event_id = 5;
    record.level = 4;
    record.raw_timestamp = 9000;
    CHECK_EQ_INT(etwkit_writer_record(writer, &record, NULL, 0, &error), ETWKIT_OK);
    record.header_kind = ETWKIT_HEADER_FULL64; /* of a class that belongs to the provider */
    record.event_id = 0;
    record.provider_id.bytes[0] = 0xCC;
    CHECK_EQ_INT(etwkit_writer_record(writer, &record, NULL, 0, &error), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_writer_finish(writer, 9001, &error), ETWKIT_OK);
    etwkit_writer_close(&writer);
}

static LONGLONG process_stamp, stack_stamp, stack_names, event_stamp;

static void on_fed(consumer *unused, EVENT_RECORD *record) {
    (void)unused;
    const LONGLONG stamp = record->EventHeader.TimeStamp.QuadPart;
    if (record->EventHeader.EventDescriptor.Id == 5)
        event_stamp = stamp;
    else if (record->EventHeader.EventDescriptor.Opcode == 1)
        process_stamp = stamp;
    else if (record->EventHeader.EventDescriptor.Opcode == 32) {
        stack_stamp = stamp;
        memcpy(&stack_names, record->UserData, sizeof stack_names);
    }
}

static void feed_with(const char *stamps) {
    char path[512], text[1500];
    properties p;
    TRACEHANDLE handle = 0;
    CLASSIC_EVENT_ID events[] = {
        {{0x3d6fa8d0, 0xfe05, 0x11d0, {0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}}, 1, {0}}};
    (void)snprintf(path, sizeof path, "%s/fed.etl", getenv("ETWSIM_FOLDER"));
    write_trace(path);
    (void)snprintf(
        text, sizeof text,
        "begin processing\nbegin enables 2\nflush-ms 20\nowner 111111cc-2222-3333-4444-555555555555 " SOME_PROVIDER
        "\nfeed trace \"%s\" stamps %s\nfeed stop *\n",
        path, stamps);
    script(text);
    fill(&p);
    p.head.LogFileMode |= EVENT_TRACE_SYSTEM_LOGGER_MODE;
    p.head.EnableFlags = EVENT_TRACE_FLAG_PROCESS;
    CHECK_EQ_UINT(StartTraceW(&handle, L"kernel", &p.head), ERROR_SUCCESS);
    CHECK_EQ_UINT(TraceSetInformation(handle, TraceStackTracingInfo, events, sizeof events), ERROR_SUCCESS);
    c.on_event = on_fed;
    open_consumer(&c, L"kernel", PROCESS_TRACE_MODE_RAW_TIMESTAMP);
    CHECK_EQ_UINT(enable(handle, 5, 0, 0, 0, NULL, 0), ERROR_SUCCESS);
    CHECK(join(&c));
    CHECK_EQ_INT(c.events, 4);
}

TEST(a_trace_is_fed_with_its_own_clock) {
    feed_with("keep");
    CHECK_EQ_INT(process_stamp, 6000);
    CHECK_EQ_INT(stack_names, 6000);
    CHECK_EQ_INT(event_stamp, 9000);
    CHECK_EQ_INT(c.first_stamp, 5000);
    CHECK_EQ_INT(c.header.PerfFreq.QuadPart, 3000000);
    CHECK_EQ_INT(c.header.StartTime.QuadPart, 133000000000000000);
}

TEST(a_trace_is_fed_now_with_its_distances) {
    LARGE_INTEGER before;
    QueryPerformanceCounter(&before);
    feed_with("shift");
    CHECK(process_stamp > before.QuadPart);
    CHECK_EQ_INT(stack_stamp - process_stamp, 3);
    CHECK_EQ_INT(event_stamp - process_stamp, 3000);
    CHECK_EQ_INT(stack_names, process_stamp);
}

TEST_MAIN(CASE(sequential_files_have_all), CASE(sequential_files_end_at_their_size), CASE(circular_files_have_the_last),
          CASE(rings_are_written_on_demand), CASE(new_files_follow_full_ones), CASE(folders_are_not_made),
          CASE(a_trace_is_fed_with_its_own_clock), CASE(a_trace_is_fed_now_with_its_distances))
