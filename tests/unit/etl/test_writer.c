/* SPDX-License-Identifier: MIT */
/* The writer: events byte for byte, buffers, what it refuses, faults of memory and of the disk. Reads nothing back with
 * the library: tests/writer holds whole files against what real ones show. */
#include "oom.h"
#include "test.h"

#include <etwkit/writer.h>

#include <stdio.h>
#include <stdlib.h>

enum {
    BUFFER = 1024,
    HEAD = 0x48
};

static const etwkit_guid process_class = {
    {0xd0, 0xa8, 0x6f, 0x3d, 0x05, 0xfe, 0xd0, 0x11, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}};
static const etwkit_guid some_guid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

static uint32_t u32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}
static uint64_t u64(const uint8_t *at) {
    return u32(at) | (uint64_t)u32(at + 4) << 32;
}

static etwkit_writer_options options(void) {
    return (etwkit_writer_options){.struct_size = sizeof(etwkit_writer_options),
                                   .buffer_size = BUFFER,
                                   .processor_count = 2,
                                   .start_time = INT64_C(0x01D000000000000),
                                   .start_ticks = 100,
                                   .session_name = "s",
                                   .log_file_name = "f"};
}

static etwkit_record record(etwkit_header_kind kind) {
    return (etwkit_record){.header_kind = (uint8_t)kind,
                           .raw_timestamp = INT64_C(0x0123456789ABCDEF),
                           .provider_id = process_class,
                           .process_id = ETWKIT_NO_ID,
                           .thread_id = ETWKIT_NO_ID,
                           .payload = (const uint8_t *)"payload",
                           .payload_size = 7};
}

static etwkit_writer *open_memory(const etwkit_writer_options *options) {
    etwkit_writer *writer = NULL;
    etwkit_error error = {0};
    CHECK_EQ_INT(etwkit_writer_open_memory(&writer, options, &error), ETWKIT_OK);
    CHECK_EQ_STR(error.message, "");
    return writer;
}

/* Where the n-th buffer of an uncompressed file begins, NULL where there is none. */
static const uint8_t *buffer(const etwkit_writer *writer, size_t number) {
    size_t size = 0;
    const uint8_t *bytes = etwkit_writer_memory(writer, &size);
    return (number + 1) * BUFFER <= size ? bytes + number * BUFFER : NULL;
}

static void check_event(const etwkit_record *record, const etwkit_item *items, size_t item_count, const char *wanted,
                        size_t size) {
    etwkit_writer_options how = options();
    etwkit_writer *writer = open_memory(&how);
    etwkit_error error = {0};
    CHECK_EQ_INT(etwkit_writer_record(writer, record, items, item_count, &error), ETWKIT_OK);
    CHECK_EQ_STR(error.message, "");
    CHECK_EQ_INT(etwkit_writer_finish(writer, INT64_MAX, &error), ETWKIT_OK);
    const uint8_t *data = buffer(writer, 1);
    CHECK(data != NULL);
    if (data) {
        CHECK_EQ_UINT(u32(data + 0x30), HEAD + ((size + 7) & ~(size_t)7));
        CHECK_EQ_MEM(data + HEAD, wanted, size);
    }
    etwkit_writer_close(&writer);
    CHECK(writer == NULL);
}
#define CHECK_EVENT(record, items, item_count, wanted) \
    check_event((record), (items), (item_count), (wanted), sizeof(wanted) - 1)

static void check_refused(const etwkit_record *record, const etwkit_item *items, size_t item_count,
                          etwkit_status status) {
    etwkit_writer_options how = options();
    etwkit_writer *writer = open_memory(&how);
    etwkit_error error = {0};
    CHECK_EQ_INT(etwkit_writer_record(writer, record, items, item_count, &error), status);
    CHECK_EQ_INT(error.status, status);
    CHECK(strncmp(error.message, "writer: ", 8) == 0);
    CHECK_EQ_INT(etwkit_writer_finish(writer, 1000, &error), ETWKIT_OK);
    CHECK(buffer(writer, 1) == NULL); /* nothing of it was written */
    etwkit_writer_close(&writer);
}

#define TIME "\xEF\xCD\xAB\x89\x67\x45\x23\x01"
#define PROCESS_CLASS "\xd0\xa8\x6f\x3d\x05\xfe\xd0\x11\x9d\xda\x00\xc0\x4f\xd7\xba\x7c"
#define SOME_GUID "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"

TEST(kernel_headers) {
    for (int wide = 0; wide < 2; wide++) {
        etwkit_record it = record(wide ? ETWKIT_HEADER_SYSTEM64 : ETWKIT_HEADER_SYSTEM32);
        it.version = 4;
        it.opcode = 39;
        it.process_id = 0x11223344;
        it.thread_id = 0x55667788;
        it.kernel_time = 5;
        it.user_time = 6;
        if (wide)
            CHECK_EVENT(&it, NULL, 0,
                        "\4\0\2\xC0\x27\0\x27\3\x88\x77\x66\x55\x44\x33\x22\x11" TIME "\5\0\0\0\6\0\0\0payload");
        else
            CHECK_EVENT(&it, NULL, 0,
                        "\4\0\1\xC0\x27\0\x27\3\x88\x77\x66\x55\x44\x33\x22\x11" TIME "\5\0\0\0\6\0\0\0payload");
    }
    etwkit_record compact = record(ETWKIT_HEADER_COMPACT64);
    compact.opcode = 1;
    compact.process_id = 0;
    CHECK_EVENT(&compact, NULL, 0, "\0\0\4\xC0\x1F\0\1\3\xFF\xFF\xFF\xFF\0\0\0\0" TIME "payload");
    compact.header_kind = ETWKIT_HEADER_COMPACT32;
    CHECK_EVENT(&compact, NULL, 0, "\0\0\3\xC0\x1F\0\1\3\xFF\xFF\xFF\xFF\0\0\0\0" TIME "payload");
    etwkit_record info = record(ETWKIT_HEADER_PERFINFO64);
    info.payload_size = 0;
    CHECK_EVENT(&info, NULL, 0, "\0\0\x11\xC0\x10\0\0\3" TIME);
    info.header_kind = ETWKIT_HEADER_PERFINFO32;
    CHECK_EVENT(&info, NULL, 0, "\0\0\x10\xC0\x10\0\0\3" TIME);
}

/* Group 3, opcode 10 is an image's load, and nothing else is. */
TEST(image_loads_stand_in_the_process_group) {
    etwkit_record it = record(ETWKIT_HEADER_PERFINFO64);
    it.payload_size = 0;
    it.opcode = 10;
    check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_guid_parse(&it.provider_id, "2cb15d1d-5fc1-11d2-abe1-00a0c911f518"), ETWKIT_OK);
    CHECK_EVENT(&it, NULL, 0, "\0\0\x11\xC0\x10\0\x0A\3" TIME);
    it.opcode = 2;
    CHECK_EVENT(&it, NULL, 0, "\0\0\x11\xC0\x10\0\2\x14" TIME);
}

TEST(classic_headers) {
    etwkit_record it = record(ETWKIT_HEADER_FULL64);
    it.provider_id = some_guid;
    it.version = 2;
    it.opcode = 10;
    it.level = 3;
    it.process_id = 1;
    it.thread_id = 2;
    it.kernel_time = 7;
    it.user_time = 8;
    CHECK_EVENT(&it, NULL, 0, "\x37\0\x14\xC0\x0A\3\2\0\2\0\0\0\1\0\0\0" TIME SOME_GUID "\7\0\0\0\10\0\0\0payload");
    it.header_kind = ETWKIT_HEADER_FULL32;
    CHECK_EVENT(&it, NULL, 0, "\x37\0\x0A\xC0\x0A\3\2\0\2\0\0\0\1\0\0\0" TIME SOME_GUID "\7\0\0\0\10\0\0\0payload");
    const etwkit_item instance = {ETWKIT_ITEM_INSTANCE_INFO, 24, "\x0B\0\0\0\x0C\0\0\0" PROCESS_CLASS};
    it.header_kind = ETWKIT_HEADER_INSTANCE64;
    CHECK_EVENT(&it, &instance, 1,
                "\x4F\0\x15\xC0\x0A\3\2\0\2\0\0\0\1\0\0\0" TIME SOME_GUID
                "\7\0\0\0\10\0\0\0\x0B\0\0\0\x0C\0\0\0" PROCESS_CLASS "payload");
    it.header_kind = ETWKIT_HEADER_INSTANCE32;
    CHECK_EVENT(&it, &instance, 1,
                "\x4F\0\x0B\xC0\x0A\3\2\0\2\0\0\0\1\0\0\0" TIME SOME_GUID
                "\7\0\0\0\10\0\0\0\x0B\0\0\0\x0C\0\0\0" PROCESS_CLASS "payload");
}

TEST(event_headers) {
    etwkit_record it = record(ETWKIT_HEADER_EVENT64);
    it.provider_id = some_guid;
    it.activity_id = process_class;
    it.event_id = 0x1234;
    it.version = 1;
    it.channel = 11;
    it.level = 5;
    it.opcode = 2;
    it.task = 0x4321;
    it.keywords = UINT64_C(0x8000000000000010);
    it.process_id = 1;
    it.thread_id = 2;
    it.flags = ETWKIT_FLAG_STRING_ONLY | ETWKIT_FLAG_64_BIT | ETWKIT_FLAG_PROCESSOR_INDEX;
    it.event_property = 9;
    CHECK_EVENT(&it, NULL, 0,
                "\x57\0\x13\xC0\4\0\x09\0\2\0\0\0\1\0\0\0" TIME SOME_GUID
                "\x34\x12\1\x0B\5\2\x21\x43\x10\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\0" PROCESS_CLASS "payload");
    it.header_kind = ETWKIT_HEADER_EVENT32;
    it.flags = 0;
    const etwkit_item items[] = {{ETWKIT_ITEM_SID, 3, "abc"}, {ETWKIT_ITEM_EVENT_KEY, 8, "12345678"}, {0x99, 0, NULL}};
    CHECK_EVENT(&it, items, 3,
                "\x7F\0\x12\xC0\1\0\x09\0\2\0\0\0\1\0\0\0" TIME SOME_GUID
                "\x34\x12\1\x0B\5\2\x21\x43\x10\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\0" PROCESS_CLASS
                "\x10\0\2\0\1\0\3\0abc\0\0\0\0\0"
                "\x10\0\x0A\0\1\0\x08\0"
                "12345678"
                "\x08\0\x99\0\0\0\0\0payload");
}

TEST(messages) {
    etwkit_record it = record(ETWKIT_HEADER_MESSAGE);
    it.provider_id = some_guid;
    it.event_id = 43;
    it.pointer_size = 8;
    CHECK_EVENT(&it, NULL, 0, "\x27\0\0\x90\x2B\0\x8A\0" SOME_GUID TIME "payload");
    it.pointer_size = 4;
    it.process_id = 1;
    it.thread_id = 2;
    CHECK_EVENT(&it, NULL, 0, "\x2F\0\0\x90\x2B\0\x6A\0" SOME_GUID TIME "\2\0\0\0\1\0\0\0payload");
}

TEST(nothing_is_dropped_silently) {
    static const etwkit_header_kind kinds[] = {ETWKIT_HEADER_SYSTEM64, ETWKIT_HEADER_COMPACT32,
                                               ETWKIT_HEADER_PERFINFO64, ETWKIT_HEADER_FULL64, ETWKIT_HEADER_MESSAGE};
    const etwkit_item item = {ETWKIT_ITEM_EVENT_KEY, 8, "12345678"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        etwkit_record it = record(kinds[i]);
        it.task = 1;
        check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
        it = record(kinds[i]);
        it.keywords = 1;
        check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
        it = record(kinds[i]);
        it.channel = 1;
        check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
        it = record(kinds[i]);
        it.activity_id = some_guid;
        check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
        it = record(kinds[i]);
        check_refused(&it, &item, 1, ETWKIT_E_INVALID);
        it.counters_size = 8;
        check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
        it = record(kinds[i]);
        it.event_id = 1;
        if (kinds[i] != ETWKIT_HEADER_MESSAGE)
            check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
        it = record(kinds[i]);
        it.level = 1;
        if (kinds[i] != ETWKIT_HEADER_FULL64)
            check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
        it = record(kinds[i]);
        it.kernel_time = 1;
        if (kinds[i] != ETWKIT_HEADER_FULL64 && kinds[i] != ETWKIT_HEADER_SYSTEM64)
            check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
        it = record(kinds[i]);
        it.provider_id = some_guid;
        if (i < 3)
            check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
    }
    etwkit_record it = record(ETWKIT_HEADER_PERFINFO64);
    it.process_id = 0;
    check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
    it = record(ETWKIT_HEADER_MESSAGE);
    it.opcode = 1;
    check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
    static const etwkit_header_kind never[] = {ETWKIT_HEADER_TIMED, ETWKIT_HEADER_ERROR, ETWKIT_HEADER_WNODE};
    for (size_t i = 0; i < 3; i++) {
        it = record(never[i]);
        check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
    }
    it = record(ETWKIT_HEADER_INSTANCE64);
    check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
    check_refused(&it, &item, 1, ETWKIT_E_INVALID);
    it = record(ETWKIT_HEADER_EVENT64);
    it.processor = 2;
    check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
    it = record(ETWKIT_HEADER_EVENT64);
    it.raw_timestamp = 99;
    check_refused(&it, NULL, 0, ETWKIT_E_INVALID);
}

TEST(time_never_steps_back_on_a_processor) {
    etwkit_writer_options how = options();
    etwkit_writer *writer = open_memory(&how);
    etwkit_record it = record(ETWKIT_HEADER_EVENT64);
    it.raw_timestamp = 500;
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_OK); /* the same time is good */
    it.raw_timestamp = 499;
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_writer_flush(writer, 0, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_E_INVALID); /* nor over buffers */
    it.processor = 1;
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_OK); /* another processor's clock */
    etwkit_writer_close(&writer);
}

TEST(sizes) {
    static uint8_t payload[65536];
    etwkit_writer_options how = options();
    etwkit_record it = record(ETWKIT_HEADER_EVENT64);
    it.payload = payload;
    it.payload_size = BUFFER - HEAD - 0x50 + 1;
    check_refused(&it, NULL, 0, ETWKIT_E_TOO_BIG);
    it.payload_size = UINT32_MAX;
    check_refused(&it, NULL, 0, ETWKIT_E_TOO_BIG);
    etwkit_writer *writer = open_memory(&how);
    it.payload_size = BUFFER - HEAD - 0x50; /* exactly a buffer */
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_OK);
    etwkit_writer_close(&writer);

    how.buffer_size = 1 << 20;
    writer = open_memory(&how);
    it.payload_size = 65535 - 0x50;
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_OK);
    it.payload_size++;
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_E_TOO_BIG);
    const etwkit_item items[] = {{0x99, 65535, payload}, {0x99, 65535, payload}};
    it.payload_size = 0;
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, items, 2, NULL), ETWKIT_E_TOO_BIG);
    etwkit_writer_close(&writer);
}

TEST(buffers) {
    etwkit_writer_options how = options();
    etwkit_writer *writer = open_memory(&how);
    etwkit_record it = record(ETWKIT_HEADER_EVENT64);
    it.payload_size = 1;
    size_t fit = (BUFFER - HEAD) / 0x58, left = (BUFFER - HEAD) % 0x58;
    for (size_t i = 0; i < fit; i++) {
        it.raw_timestamp = 200 + (int64_t)i;
        CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_OK);
    }
    CHECK(buffer(writer, 1) == NULL);
    it.raw_timestamp = 777;
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_OK);
    const uint8_t *full = buffer(writer, 1);
    REQUIRE(full != NULL);
    CHECK_EQ_UINT(u32(full), BUFFER);
    CHECK_EQ_UINT(u32(full + 0x30), BUFFER - left);
    CHECK_EQ_UINT(u32(full + 0x04), BUFFER - left);
    CHECK_EQ_UINT(u32(full + 0x08), BUFFER - left + 0x58); /* the event that was too much */
    CHECK_EQ_UINT(u64(full + 0x10), 777);
    CHECK_EQ_UINT(u64(full + 0x18), 1);
    CHECK_EQ_UINT(u32(full + 0x34), 0x20);
    for (size_t i = 0; i < left; i++)
        CHECK_EQ_UINT(full[BUFFER - left + i], 0xFF);
    it.processor = 1;
    it.raw_timestamp = 300;
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_writer_finish(writer, 1000, NULL), ETWKIT_OK);
    const uint8_t *second = buffer(writer, 2), *third = buffer(writer, 3);
    REQUIRE(second && third && !buffer(writer, 4));
    CHECK_EQ_UINT(u64(second + 0x10), 1000);
    CHECK_EQ_UINT(u64(second + 0x18), 2);
    CHECK_EQ_UINT(u32(second + 0x08), HEAD + 0x58 + BUFFER); /* a flush claims a whole buffer */
    CHECK_EQ_UINT(u32(second + 0x34), 0x20);
    CHECK_EQ_UINT(u32(third + 0x28), 0x00200001); /* processor 1, logger 32 */
    CHECK_EQ_UINT(u64(third + 0x18), 3);
    CHECK_EQ_UINT(u32(third + 0x34), 0x21);
    etwkit_writer_close(&writer);
}

TEST(the_last_buffer_is_marked_though_it_is_written_already) {
    etwkit_writer_options how = options();
    etwkit_writer *writer = open_memory(&how);
    etwkit_record it = record(ETWKIT_HEADER_EVENT64);
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_writer_flush(writer, 0, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_writer_flush(writer, 0, NULL), ETWKIT_OK); /* nothing to write: no empty buffer */
    CHECK_EQ_INT(etwkit_writer_flush(writer, 2, NULL), ETWKIT_E_INVALID);
    const uint8_t *data = buffer(writer, 1);
    REQUIRE(data && !buffer(writer, 2));
    CHECK_EQ_UINT(u32(data + 0x34), 0x20);
    CHECK_EQ_INT(etwkit_writer_finish(writer, INT64_MAX, NULL), ETWKIT_OK);
    CHECK_EQ_UINT(u32(buffer(writer, 1) + 0x34), 0x21);
    etwkit_writer_close(&writer);
}

TEST(finish_completes_the_header) {
    etwkit_writer_options how = options();
    how.frequency = 1818300;
    etwkit_writer *writer = open_memory(&how);
    etwkit_record it = record(ETWKIT_HEADER_EVENT64);
    it.raw_timestamp = 150;
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_OK);
    const uint8_t *event = buffer(writer, 0) + HEAD + 0x20;
    CHECK_EQ_UINT(u64(event + 0x10), 0); /* EndTime */
    CHECK_EQ_UINT(u32(event + 0x24), 1); /* BuffersWritten */
    etwkit_writer_set_lost(writer, 7, 8);
    CHECK_EQ_INT(etwkit_writer_finish(writer, 99, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_writer_finish(writer, 100 + 1818300 * 3 + 1, NULL), ETWKIT_OK);
    event = buffer(writer, 0) + HEAD + 0x20;
    CHECK_EQ_UINT(u64(event + 0x10), UINT64_C(0x01D000000000000) + 30000000 + 5); /* 5.4996, rounded down */
    CHECK_EQ_UINT(u32(event + 0x24), 2);
    CHECK_EQ_UINT(u32(event + 0x30), 7);
    CHECK_EQ_UINT(u32(event + 0x114), 8);
    CHECK_EQ_INT(etwkit_writer_finish(writer, 200, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_writer_record(writer, &it, NULL, 0, NULL), ETWKIT_E_INVALID);
    etwkit_writer_close(&writer);
}

TEST(raw_events) {
    etwkit_writer_options how = options();
    etwkit_writer *writer = open_memory(&how);
    static const uint8_t event[] = "\x32\0\x14\xC0\x0A\3\2\0\2\0\0\0\1\0\0\0" TIME SOME_GUID "\7\0\0\0\10\0\0\0pl";
    static const uint8_t perf[] = "\0\0\x11\xC0\x10\0\0\3" TIME;
    static const uint8_t error_event[] = "\x09\0\x0D\xC0xxxxx";
    CHECK_EQ_INT(etwkit_writer_raw(writer, 0, event, 0x32, 200, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_writer_raw(writer, 0, event, 0x31, 200, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_writer_raw(writer, 0, event, 7, 200, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_writer_raw(writer, 0, event, 0, 200, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_writer_raw(writer, 0, perf, 0x10, 200, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_writer_raw(writer, 0, error_event, 9, 200, NULL), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_writer_raw(writer, 0, perf, 0x10, 199, NULL), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_writer_finish(writer, 300, NULL), ETWKIT_OK);
    const uint8_t *data = buffer(writer, 1);
    REQUIRE(data != NULL);
    CHECK_EQ_UINT(u32(data + 0x30), HEAD + 0x38 + 0x10 + 0x10);
    CHECK_EQ_MEM(data + HEAD, event, 0x32);
    CHECK_EQ_MEM(data + HEAD + 0x32, "\0\0\0\0\0\0", 6);
    CHECK_EQ_MEM(data + HEAD + 0x38, perf, 0x10);
    etwkit_writer_close(&writer);
}

TEST(options_that_make_no_sense) {
    struct {
        const char *what;
        etwkit_writer_options options;
    } cases[24];
    size_t count = 0;
#define BAD(change)                          \
    do {                                     \
        etwkit_writer_options o = options(); \
        change;                              \
        cases[count].what = #change;         \
        cases[count++].options = o;          \
    } while (0)
    BAD(o.struct_size = 0);
    BAD(o.buffer_size = 1000);
    BAD(o.buffer_size = 512);
    BAD(o.buffer_size = (16 << 20) + 1024);
    BAD(o.processor_count = 2049);
    BAD((o.os_major = 6, o.os_minor = 1, o.processor_count = 257));
    BAD(o.pointer_size = 2);
    BAD(o.clock = (etwkit_clock)4);
    BAD(o.frequency = UINT64_C(1000000000001));
    BAD((o.clock = ETWKIT_CLOCK_SYSTEM, o.frequency = 1000));
    BAD((o.clock = ETWKIT_CLOCK_CPU, o.frequency = 1000001));
    BAD((o.clock = ETWKIT_CLOCK_CPU, o.frequency = 2000000, o.cpu_mhz = 3));
    BAD((o.os_major = 5, o.os_minor = 1));
    BAD((o.os_major = 6, o.os_minor = 1, o.compress = true));
    BAD(o.time_zone_bias = 24 * 60 + 1);
    for (size_t i = 0; i < count; i++) {
        etwkit_error error = {0};
        etwkit_writer *writer = (etwkit_writer *)&error;
        etwkit_status status = etwkit_writer_open_memory(&writer, &cases[i].options, &error);
        if (status != ETWKIT_E_INVALID || writer != NULL || strncmp(error.message, "writer: ", 8) != 0)
            test_fail(__FILE__, __LINE__, "%s: %s, \"%s\"", cases[i].what, etwkit_status_name(status), error.message);
    }
    etwkit_writer_options long_name = options();
    char name[600];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    long_name.session_name = name;
    etwkit_writer *writer = NULL;
    CHECK_EQ_INT(etwkit_writer_open_memory(&writer, &long_name, NULL), ETWKIT_E_TOO_BIG);
    CHECK(writer == NULL);
    CHECK_EQ_INT(etwkit_writer_open_memory(&writer, NULL, NULL), ETWKIT_OK); /* all defaults */
    etwkit_writer_close(&writer);
    etwkit_writer_close(&writer);
    etwkit_writer_close(NULL);
}

TEST(a_disk_that_is_full) {
    FILE *probe = fopen("/dev/full", "wb");
    if (!probe)
        SKIP("no /dev/full here");
    fclose(probe);
    etwkit_writer_options how = options();
    etwkit_writer *writer = NULL;
    etwkit_error error = {0};
    CHECK_EQ_INT(etwkit_writer_open(&writer, "/dev/full", &how, &error), ETWKIT_E_IO);
    CHECK(writer == NULL);
    CHECK(error.system_error != 0);
    CHECK_EQ_INT(etwkit_writer_open(&writer, "/no/such/folder/x.etl", &how, &error), ETWKIT_E_NOT_FOUND);
    CHECK(writer == NULL);
}

static bool write_all(const etwkit_allocator *allocator, void *context) {
    etwkit_writer_options how = options();
    how.allocator = allocator;
    how.compress = context != NULL;
    etwkit_writer *writer = NULL;
    etwkit_status status = etwkit_writer_open_memory(&writer, &how, NULL);
    etwkit_record it = record(ETWKIT_HEADER_EVENT64);
    for (int i = 0; i < 40 && !status; i++) {
        it.raw_timestamp = 1000 + i;
        it.processor = (uint16_t)(i % 2);
        status = etwkit_writer_record(writer, &it, NULL, 0, NULL);
    }
    if (!status)
        status = etwkit_writer_finish(writer, 2000, NULL);
    CHECK(status == ETWKIT_OK || status == ETWKIT_E_NO_MEMORY);
    etwkit_writer_close(&writer);
    return status == ETWKIT_OK;
}

TEST(out_of_memory) {
    CHECK_OOM(write_all, NULL);
    CHECK_OOM(write_all, (void *)"compressed");
}

/* A call that failed for want of memory may be repeated: nothing is lost, nothing comes twice. */
typedef struct mood {
    bool moody; /* every other call fails */
    int calls;
} mood;

static void *moody_resize(void *context, void *block, size_t size) {
    mood *state = context;
    return state->moody && ++state->calls % 2 ? NULL : realloc(block, size);
}
static void moody_release(void *context, void *block) {
    (void)context;
    free(block);
}

TEST(failed_calls_may_be_repeated) {
    mood state = {0};
    const etwkit_allocator allocator = {moody_resize, moody_release, &state};
    etwkit_writer_options how = options();
    etwkit_writer *good = open_memory(&how);
    how.allocator = &allocator;
    etwkit_writer *writer = open_memory(&how);
    state.moody = true;
    etwkit_record it = record(ETWKIT_HEADER_EVENT64);
    for (int i = 0; i < 40; i++) {
        it.raw_timestamp = 1000 + i;
        it.processor = (uint16_t)(i % 2);
        CHECK_EQ_INT(etwkit_writer_record(good, &it, NULL, 0, NULL), ETWKIT_OK);
        int tries = 0;
        while (etwkit_writer_record(writer, &it, NULL, 0, NULL) && tries < 5)
            tries++;
        CHECK(tries < 5);
    }
    CHECK(state.calls > 4);
    CHECK_EQ_INT(etwkit_writer_finish(good, 2000, NULL), ETWKIT_OK);
    int tries = 0;
    while (etwkit_writer_finish(writer, 2000, NULL) && tries < 5)
        tries++;
    size_t size = 0, good_size = 0;
    const void *bytes = etwkit_writer_memory(writer, &size), *good_bytes = etwkit_writer_memory(good, &good_size);
    CHECK_EQ_UINT(size, good_size);
    if (size == good_size)
        CHECK_EQ_MEM(bytes, good_bytes, size);
    etwkit_writer_close(&good);
    etwkit_writer_close(&writer);
}

TEST_MAIN(CASE(kernel_headers), CASE(image_loads_stand_in_the_process_group), CASE(classic_headers),
          CASE(event_headers), CASE(messages), CASE(nothing_is_dropped_silently),
          CASE(time_never_steps_back_on_a_processor), CASE(sizes), CASE(buffers),
          CASE(the_last_buffer_is_marked_though_it_is_written_already), CASE(finish_completes_the_header),
          CASE(raw_events), CASE(options_that_make_no_sense), CASE(a_disk_that_is_full), CASE(out_of_memory),
          CASE(failed_calls_may_be_repeated))
