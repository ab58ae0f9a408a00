/* SPDX-License-Identifier: MIT */
/* Opening: what is a trace and what is not, the index, and the way past damaged buffer headers. */
#include "oom.h"
#include "reading.h"

#include <unistd.h>

#define BUFFER ((size_t)1024)

static hand_trace trace;
static reading r;

/* Header buffer, then buffers of two events each, on processors 0, 1, 2 ...: ids 10 11, 20 21, ... */
static void make(unsigned buffers) {
    hand_free(&trace);
    hand_begin(&trace, BUFFER);
    for (unsigned i = 1; i <= buffers; i++) {
        hand_buffer(&trace, 0, 0x20, i - 1);
        hand_event64(&trace, HAND_START_TICKS + 100 * i, 10 * i, 16);
        hand_event64(&trace, HAND_START_TICKS + 100 * i + 50, 10 * i + 1, 20);
    }
    hand32(trace.data + HAND_BUFFER_HEADER + 32 + 36, buffers + 1); /* BuffersWritten */
}

/* The same, compressed: the header buffer is shorter than the others would be. */
static void make_compressed(unsigned buffers) {
    hand_free(&trace);
    hand_begin(&trace, BUFFER);
    hand32(trace.data, 512);
    trace.size = 512;
    for (unsigned i = 1; i <= buffers; i++) {
        hand_buffer(&trace, 0, 0x20, i - 1);
        hand_event64(&trace, HAND_START_TICKS + 100 * i, 10 * i, 16);
        hand_event64(&trace, HAND_START_TICKS + 100 * i + 50, 10 * i + 1, 20);
        hand_compress(&trace);
    }
    hand32(trace.data + HAND_BUFFER_HEADER + 32 + 36, buffers + 1);
}

static uint8_t *buffer(unsigned number) {
    return trace.data + (size_t)number * BUFFER;
}

static uint8_t *logfile(void) {
    return trace.data + HAND_BUFFER_HEADER + 32;
}

static void open_it(void) {
    reading_close(&r);
    CHECK_EQ_INT(reading_open(&r, trace.data, trace.size), ETWKIT_OK);
}

/* Opens, reads all, and holds ids and damages against what is wanted. */
static void check_reading(const char *ids, unsigned damages, uint64_t bytes) {
    open_it();
    CHECK_EQ_STR(reading_ids(&r), ids);
    CHECK_EQ_UINT(r.damages, damages);
    CHECK_EQ_UINT(r.bytes, bytes);
}

TEST(a_good_trace) {
    make(2);
    check_reading("10 11|20 21", 0, 0);
    const etwkit_trace_info *info = ek_etl_info(r.etl);
    CHECK_EQ_STR(info->path, "t.etl");
    CHECK_EQ_STR(info->session_name, "t");
    CHECK_EQ_UINT(info->file_size, 3 * BUFFER);
    CHECK_EQ_UINT(info->buffers, 3);
    CHECK_EQ_UINT(info->buffers_compressed, 0);
    CHECK_EQ_UINT(info->buffers_written, 3);
    CHECK(info->closed);
    CHECK_EQ_UINT(ek_etl_count(r.etl), 3);
    CHECK_EQ_UINT(ek_etl_bytes(r.etl), 3 * BUFFER);
    CHECK_EQ_INT(ek_etl_entries(r.etl)[0].time, HAND_START_TICKS);
    CHECK_EQ_INT(ek_etl_entries(r.etl)[2].time, HAND_START_TICKS + 200);
    CHECK_EQ_UINT(ek_etl_entries(r.etl)[2].place, 2 * BUFFER);
    CHECK(!ek_etl_has_clocks(r.etl));
    CHECK_EQ_UINT(ek_etl_clock(r.etl, 2 * BUFFER)->frequency, HAND_FREQUENCY);
}

TEST(a_good_compressed_trace) {
    make_compressed(3);
    check_reading("10 11|20 21|30 31", 0, 0);
    CHECK_EQ_UINT(ek_etl_info(r.etl)->buffers_compressed, 3);
    CHECK_EQ_INT(ek_etl_entries(r.etl)[3].time, HAND_START_TICKS + 300); /* inflated just that far */
    CHECK_EQ_UINT(ek_etl_bytes(r.etl), trace.size);
}

static void check_refusal(const void *data, size_t size, etwkit_status status, const char *message) {
    reading_close(&r);
    CHECK_EQ_INT(reading_open(&r, data, size), status);
    CHECK(r.etl == NULL);
    CHECK_EQ_INT(r.error.status, status);
    CHECK_EQ_STR(r.error.message, message);
}

TEST(what_is_no_trace) {
    static const uint8_t zeros[4096];
    const char lfs[] = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    static const struct {
        char bytes[100];
        const char *said;
    } archives[] = {{"PK\x03\x04", "t.etl is not an ETW trace: it is a zip archive (unpack it first)"},
                    {"\x1F\x8B\x08", "t.etl is not an ETW trace: it is a gzip file (unpack it first)"},
                    {"7z\xBC\xAF\x27\x1C", "t.etl is not an ETW trace: it is a 7z archive (unpack it first)"},
                    {"MSCF", "t.etl is not an ETW trace: it is a cabinet archive (unpack it first)"}};
    const char text[] = "These are the events of the day: none, and nothing else. Nothing at all happened.";
    const char binary[100] = {1, 2, 3, 4, 5};
    check_refusal(zeros, 0, ETWKIT_E_NOT_A_TRACE, "t.etl is not an ETW trace: it is empty");
    check_refusal(zeros, 4096, ETWKIT_E_NOT_A_TRACE,
                  "t.etl is not an ETW trace: its first buffer says size 0 (expected at least 72)");
    check_refusal(zeros, 50, ETWKIT_E_NOT_A_TRACE,
                  "t.etl is not an ETW trace: it has only 50 bytes (its first buffer's header alone takes 72)");
    check_refusal(lfs, sizeof lfs - 1, ETWKIT_E_NOT_A_TRACE,
                  "t.etl is not an ETW trace: it is a Git LFS pointer (get the file itself with `git lfs pull`)");
    for (size_t i = 0; i < sizeof archives / sizeof archives[0]; i++)
        check_refusal(archives[i].bytes, sizeof archives[i].bytes, ETWKIT_E_NOT_A_TRACE, archives[i].said);
    check_refusal(text, sizeof text - 1, ETWKIT_E_NOT_A_TRACE, "t.etl is not an ETW trace: it is a text");
    check_refusal(binary, sizeof binary, ETWKIT_E_NOT_A_TRACE,
                  "t.etl is not an ETW trace: its first buffer does not begin with the header event");
}

TEST(a_trace_without_its_header_event_is_none) {
    make(1);
    trace.data[HAND_BUFFER_HEADER + 6] = 32;
    check_refusal(trace.data, trace.size, ETWKIT_E_NOT_A_TRACE,
                  "t.etl is not an ETW trace: its first buffer does not begin with the header event");
    make(1);
    check_refusal(trace.data, 200, ETWKIT_E_NOT_A_TRACE,
                  "t.etl is not a whole ETW trace: it ends after 200 bytes, inside its header event");
}

TEST(layouts_before_vista_are_refused) {
    const char *message = "t.etl was written by Windows 5.1: layouts before Windows Vista are not supported";
    make(1);
    logfile()[4] = 5;
    logfile()[5] = 1;
    check_reading("10 11", 0, 0); /* the form is today's all the same */
    hand16(trace.data + 54, 0);   /* no buffer type: it was not there */
    check_refusal(trace.data, trace.size, ETWKIT_E_UNSUPPORTED, message);
    hand16(trace.data + 54, 4);
    hand16(trace.data + HAND_BUFFER_HEADER + 4, 9); /* events do not follow each other */
    check_refusal(trace.data, trace.size, ETWKIT_E_UNSUPPORTED, message);
}

TEST(a_session_that_never_closed_its_file) {
    make(2);
    hand64(logfile() + 16, 0); /* EndTime */
    hand32(logfile() + 36, 1); /* BuffersWritten is stale */
    hand_room(&trace, 5 * BUFFER + 300, 0);
    check_reading("10 11|20 21", 0, 0);
    CHECK(!ek_etl_info(r.etl)->closed);
    CHECK_EQ_UINT(ek_etl_bytes(r.etl), 3 * BUFFER);
}

TEST(a_hole_in_such_a_file) {
    make(4);
    hand64(logfile() + 16, 0);
    memset(buffer(2), 0, 2 * BUFFER);
    check_reading("10 11|40 41", 1, 2 * BUFFER);
    CHECK_EQ_UINT(r.first.offset, 2 * BUFFER);
    CHECK_EQ_UINT(r.first.buffer, 2);
    CHECK_EQ_UINT(r.first.record, ETWKIT_NO_NUMBER);
}

TEST(space_that_was_allocated_in_advance) {
    make(2);
    hand_room(&trace, 3 * BUFFER, 0);
    check_reading("10 11|20 21", 0, 0);
    hand32(logfile() + 36, 5); /* but not where buffers are missing */
    check_reading("10 11|20 21", 1, 3 * BUFFER);
    CHECK_EQ_STR(r.first.message, "t.etl: buffer 3 at offset 0xC00: size 0 leads to no other buffer, 3072 bytes to the "
                                  "end of the file are left unread (skipped 3072 bytes; use --strict to stop)");
}

TEST(garbage_behind_the_last_buffer) {
    make(1);
    hand_room(&trace, 500, 0x5A);
    check_reading("10 11", 1, 500);
    make(1);
    hand_room(&trace, 50, 0x5A);
    check_reading("10 11", 1, 50);
    CHECK_EQ_STR(r.first.message, "t.etl: buffer 2 at offset 0x800: the file ends inside its header (skipped 50 bytes; "
                                  "use --strict to stop)");
}

TEST(a_file_cut_off_anywhere) {
    make(2);
    for (size_t size = 2 * BUFFER; size < 3 * BUFFER; size++) {
        uint8_t *exact = malloc(size);
        memcpy(exact, trace.data, size);
        reading_close(&r);
        CHECK_EQ_INT(reading_open(&r, exact, size), ETWKIT_OK);
        size_t there = size - 2 * BUFFER;
        const char *ids = there < 72 + 96 ? "10 11|" : there < 72 + 96 + 100 ? "10 11|20" : "10 11|20 21";
        if (there < 72)
            ids = "10 11";
        CHECK_EQ_STR(reading_ids(&r), ids);
        CHECK_EQ_UINT(r.damages, 1); /* also where it ends between two buffers: more were written */
        CHECK_EQ_UINT(r.bytes, there < 72 ? there : there < 72 + 96 ? 200 : there < 72 + 96 + 100 ? 104 : 0);
        free(exact);
    }
}

TEST(a_compressed_file_cut_off_anywhere) {
    make_compressed(2);
    size_t whole = trace.size;
    for (size_t size = 512; size < whole; size++) {
        uint8_t *exact = malloc(size);
        memcpy(exact, trace.data, size);
        reading_close(&r);
        CHECK_EQ_INT(reading_open(&r, exact, size), ETWKIT_OK);
        reading_ids(&r);
        CHECK_EQ_UINT(r.damages, 1);
        free(exact);
    }
}

TEST(a_wrong_size_of_a_plain_buffer) {
    const uint32_t sizes[] = {0, 71, 72, 1000, 1025, 2048, 5000, 0x7FFFFFFF, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (unsigned number = 1; number <= 3; number++) {
            make(3);
            hand32(buffer(number), sizes[i]);
            open_it();
            CHECK_EQ_STR(reading_ids(&r), "10 11|20 21|30 31");
            CHECK_EQ_UINT(r.damages, 1);
            CHECK_EQ_UINT(r.bytes, 0);
        }
}

TEST(a_wrong_size_of_a_compressed_buffer) {
    make_compressed(3);
    size_t place = 512, step = (trace.size - 512) / 3;
    const uint32_t sizes[] = {0, 71, 72, 100, (uint32_t)step - 1, (uint32_t)step + 1, 700, 0x7FFFFFFF};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (unsigned number = 0; number < 2; number++) {
            make_compressed(3);
            hand32(trace.data + place + number * step, sizes[i]);
            open_it();
            CHECK_EQ_STR(reading_ids(&r), "10 11|20 21|30 31");
            CHECK_EQ_UINT(r.damages, 1);
        }
}

TEST(zeros_that_others_follow_are_a_hole) {
    for (uint32_t written = 2; written <= 4; written++) { /* of 4, and the header may know of fewer */
        make(3);
        hand32(trace.data + HAND_BUFFER_HEADER + 32 + 0x24, written);
        memset(buffer(2), 0, BUFFER);
        check_reading("10 11|30 31", 1, BUFFER);
        memset(buffer(3), 0, BUFFER); /* and those at the end are not, if nothing is missing */
        check_reading("10 11", written > 2, written > 2 ? 2 * BUFFER : 0);
    }
}

TEST(a_header_that_makes_no_sense_costs_its_buffer) {
    make(3);
    memset(buffer(2), 0x99, 100);
    check_reading("10 11|30 31", 1, BUFFER);
    CHECK_EQ_STR(r.first.message,
                 "t.etl: buffer 2 at offset 0x800: size 2576980377 makes no sense, the buffer is taken to end at "
                 "0xC00 (skipped 1024 bytes; use --strict to stop)");
    make_compressed(3);
    size_t step = (trace.size - 512) / 3;
    memset(trace.data + 512 + step, 0x99, 100);
    check_reading("10 11|30 31", 1, step);
    make(1);
    hand32(trace.data, 3); /* of the header buffer itself: its event was read, so it is kept */
    check_reading("10 11", 1, 0);
}

TEST(an_appended_file_has_two_clocks) {
    make(1);
    uint8_t *first = malloc(trace.size);
    size_t size = trace.size;
    memcpy(first, trace.data, size);
    hand64(logfile() + 264, (uint64_t)HAND_START_TIME + 50000000); /* StartTime */
    hand64(trace.data + HAND_BUFFER_HEADER + 16, 9);               /* its ticks */
    uint8_t *second = hand_room(&trace, size, 0);
    memcpy(second, trace.data, size);
    memcpy(trace.data, first, size);
    free(first);
    open_it();
    CHECK_EQ_STR(reading_ids(&r), "10 11|0|10 11");
    CHECK(ek_etl_has_clocks(r.etl));
    CHECK_EQ_INT(ek_etl_clock(r.etl, 0)->start_ticks, HAND_START_TICKS);
    CHECK_EQ_INT(ek_etl_clock(r.etl, 2 * BUFFER - 1)->start_ticks, HAND_START_TICKS);
    CHECK_EQ_INT(ek_etl_clock(r.etl, 2 * BUFFER)->start_ticks, 9);
    CHECK_EQ_INT(ek_etl_clock(r.etl, 3 * BUFFER)->start_time, HAND_START_TIME + 50000000);
    etwkit_record record;
    const char *phrase;
    CHECK_EQ_INT(reading_load(&r, 3), ETWKIT_OK);
    CHECK_EQ_INT(ek_run_read(&r.run, &record, &phrase), ETWKIT_OK);
    CHECK_EQ_INT(record.timestamp, HAND_START_TIME + 50000000 + INT64_C(10000) * (HAND_START_TICKS + 100 - 9));
}

TEST(a_clock_without_frequency_is_reported) {
    make(1);
    hand64(logfile() + 256, 0);
    open_it();
    CHECK_EQ_UINT(r.damages, 1);
    CHECK_EQ_UINT(r.first.buffer, ETWKIT_NO_NUMBER);
    CHECK_EQ_STR(r.first.message, "t.etl: the header event gives its clock no frequency (its ticks are taken as 100 ns "
                                  "since 1601) (nothing is skipped; use --strict to stop)");
    r.strict = true;
    reading_close(&r);
    CHECK_EQ_INT(reading_open(&r, trace.data, trace.size), ETWKIT_E_DAMAGED);
    CHECK_EQ_INT(r.error.status, ETWKIT_E_DAMAGED);
    CHECK(r.etl == NULL);
    r.strict = false;
    reading_close(&r);
}

TEST(the_index_has_a_time_for_every_buffer) {
    make(4);
    buffer(1)[HAND_BUFFER_HEADER + 3] = 0;              /* the first event is damaged: the time of the buffer before */
    hand16(buffer(2) + 54, 6);                          /* an empty marker */
    hand32(buffer(3) + HAND_BUFFER_HEADER, 0x90000010); /* a message without a time: the next event's */
    hand16(buffer(3) + HAND_BUFFER_HEADER + 6, 0);
    open_it();
    CHECK_EQ_INT(ek_etl_entries(r.etl)[1].time, HAND_START_TICKS);
    CHECK_EQ_INT(ek_etl_entries(r.etl)[2].time, HAND_START_TICKS);
    CHECK_EQ_INT(ek_etl_entries(r.etl)[3].time, HAND_START_TICKS + 350);
    hand64(buffer(3) + 16, (uint64_t)HAND_START_TIME); /* a FILETIME, as merging writes it, is no raw time */
    open_it();
    CHECK_EQ_INT(ek_etl_entries(r.etl)[3].time, HAND_START_TICKS);
}

static FILE *begin_file(char path[64]) {
    (void)snprintf(path, 64, "/tmp/etwkit-test-etl-%ld", (long)getpid());
    return fopen(path, "w+b");
}

static void end_file(FILE *file, const char *path) {
    CHECK_EQ_INT(fclose(file), 0);
    CHECK_EQ_INT(remove(path), 0);
}

static void append(FILE *file, const uint8_t *data, size_t size) {
    CHECK_EQ_UINT(fwrite(data, 1, size, file), size);
    CHECK_EQ_INT(fflush(file), 0);
}

TEST(files_read_as_memory_does) {
    char path[64];
    for (int compressed = 0; compressed < 2; compressed++) {
        if (compressed)
            make_compressed(3);
        else
            make(3);
        FILE *file = begin_file(path);
        REQUIRE(file);
        append(file, trace.data, trace.size);
        reading_close(&r);
        CHECK_EQ_INT(reading_open_file(&r, path), ETWKIT_OK);
        CHECK_EQ_STR(reading_ids(&r), "10 11|20 21|30 31");
        CHECK_EQ_UINT(r.damages, 0);
        /* It becomes shorter while it is read. */
        CHECK_EQ_INT(ftruncate(fileno(file), (off_t)(trace.size - BUFFER / 16 * (compressed ? 1 : 12))), 0);
        CHECK_EQ_STR(reading_ids(&r), "10 11|20 21|30");
        CHECK_EQ_UINT(r.damages, 1);
        CHECK_EQ_INT(ftruncate(fileno(file), 0), 0);
        CHECK_EQ_STR(reading_ids(&r), "||");
        CHECK_EQ_UINT(r.damages, 4);
        reading_close(&r);
        end_file(file, path);
    }
}

TEST(a_file_that_grows) {
    char path[64];
    size_t added;
    make(3);
    hand64(logfile() + 16, 0);
    FILE *file = begin_file(path);
    REQUIRE(file);
    append(file, trace.data, BUFFER + 100); /* half a buffer */
    reading_close(&r);
    r.growing = true;
    CHECK_EQ_INT(reading_open_file(&r, path), ETWKIT_OK);
    CHECK_EQ_UINT(ek_etl_count(r.etl), 1);
    CHECK_EQ_INT(ek_etl_extend(r.etl, &added, &r.error), ETWKIT_OK);
    CHECK_EQ_UINT(added, 0);
    append(file, buffer(1) + 100, BUFFER - 100);
    CHECK_EQ_INT(ek_etl_extend(r.etl, &added, &r.error), ETWKIT_OK);
    CHECK_EQ_UINT(added, 1);
    CHECK_EQ_STR(reading_ids(&r), "10 11");
    CHECK_EQ_INT(ftruncate(fileno(file), 4 * BUFFER), 0); /* zeros, then what is written over them */
    CHECK_EQ_INT(ek_etl_extend(r.etl, &added, &r.error), ETWKIT_OK);
    CHECK_EQ_UINT(added, 0);
    CHECK_EQ_INT(fseek(file, 2 * BUFFER, SEEK_SET), 0);
    append(file, buffer(2), 2 * BUFFER);
    CHECK_EQ_INT(ek_etl_extend(r.etl, &added, &r.error), ETWKIT_OK);
    CHECK_EQ_UINT(added, 2);
    CHECK_EQ_STR(reading_ids(&r), "10 11|20 21|30 31");
    CHECK_EQ_UINT(r.damages, 0);
    CHECK_EQ_UINT(ek_etl_info(r.etl)->file_size, 4 * BUFFER);
    r.growing = false;
    reading_close(&r);
    end_file(file, path);
}

static bool read_all(const etwkit_allocator *allocator, void *context) {
    bool good = true;
    const hand_trace *what = context;
    reading_allocator = allocator;
    reading_close(&r);
    if (reading_open(&r, what->data, what->size) != ETWKIT_OK)
        good = false;
    for (size_t i = 0; good && i < ek_etl_count(r.etl); i++)
        good = reading_load(&r, i) == ETWKIT_OK;
    if (!good)
        CHECK_EQ_INT(r.error.status, ETWKIT_E_NO_MEMORY);
    reading_close(&r);
    reading_allocator = NULL;
    return good;
}

TEST(out_of_memory) {
    make(3);
    CHECK_OOM(read_all, &trace);
    hand16(buffer(2) + HAND_BUFFER_HEADER, 9); /* a damaged event needs memory too */
    CHECK_OOM(read_all, &trace);
    make_compressed(3);
    CHECK_OOM(read_all, &trace);
    hand_free(&trace);
}

TEST_MAIN(CASE(a_good_trace), CASE(a_good_compressed_trace), CASE(what_is_no_trace),
          CASE(a_trace_without_its_header_event_is_none), CASE(layouts_before_vista_are_refused),
          CASE(a_session_that_never_closed_its_file), CASE(a_hole_in_such_a_file),
          CASE(space_that_was_allocated_in_advance), CASE(garbage_behind_the_last_buffer),
          CASE(a_file_cut_off_anywhere), CASE(a_compressed_file_cut_off_anywhere), CASE(a_wrong_size_of_a_plain_buffer),
          CASE(a_wrong_size_of_a_compressed_buffer), CASE(zeros_that_others_follow_are_a_hole),
          CASE(a_header_that_makes_no_sense_costs_its_buffer), CASE(an_appended_file_has_two_clocks),
          CASE(a_clock_without_frequency_is_reported), CASE(the_index_has_a_time_for_every_buffer),
          CASE(files_read_as_memory_does), CASE(a_file_that_grows), CASE(out_of_memory))
