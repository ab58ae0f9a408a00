/* SPDX-License-Identifier: MIT */
/* The header event in both layouts, and the clocks that its numbers make. */
#include "etl/logfile.h"
#include "handmade.h"
#include "test.h"

static hand_trace trace;
static ek_logfile logfile;

static uint8_t *begin(void) {
    hand_free(&trace);
    hand_begin(&trace, 4096);
    return trace.data + HAND_BUFFER_HEADER;
}

/* The same event in the layout of 32-bit systems: the two name pointers are 4 bytes shorter each. */
static uint8_t *begin32(void) {
    uint8_t *event = begin();
    event[2] = 1;
    memmove(event + 32 + 0x3C, event + 32 + 0x40, 0x120); /* LoggerName */
    memmove(event + 32 + 0x40, event + 32 + 0x44, 0x120); /* LogFileName */
    hand16(event + 4, HAND_LOGFILE_EVENT - 8);
    hand32(event + 32 + 44, 4);
    return event;
}

static void check_numbers(unsigned pointer_size) {
    CHECK_EQ_UINT(logfile.buffer_size, 4096);
    CHECK_EQ_UINT(logfile.major, 10);
    CHECK_EQ_UINT(logfile.minor, 0);
    CHECK_EQ_UINT(logfile.build, 19041);
    CHECK_EQ_UINT(logfile.processors, 4);
    CHECK_EQ_INT(logfile.end_time, HAND_START_TIME + 10000000);
    CHECK_EQ_UINT(logfile.timer_resolution, 156250);
    CHECK_EQ_UINT(logfile.maximum_file_size, 64);
    CHECK_EQ_UINT(logfile.mode, 1);
    CHECK_EQ_UINT(logfile.buffers_written, 2);
    CHECK_EQ_UINT(logfile.pointer_size, pointer_size);
    CHECK_EQ_UINT(logfile.events_lost, 5);
    CHECK_EQ_UINT(logfile.cpu_mhz, 2400);
    CHECK_EQ_INT(logfile.time_zone_bias, -60);
    CHECK_EQ_INT(logfile.boot_time, HAND_START_TIME - 77);
    CHECK_EQ_INT(logfile.frequency, HAND_FREQUENCY);
    CHECK_EQ_INT(logfile.start_time, HAND_START_TIME);
    CHECK_EQ_UINT(logfile.clock_type, 1);
    CHECK_EQ_UINT(logfile.buffers_lost, 6);
    CHECK_EQ_INT(logfile.ticks, HAND_START_TICKS);
}

static void check_info(const uint8_t *event, size_t size) {
    ek_arena arena;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    etwkit_trace_info info = {0};
    ek_arena_init(&arena, &allocator);
    CHECK(ek_logfile_read(&logfile, event, size));
    CHECK(ek_logfile_info(&logfile, &info, &arena));
    CHECK_EQ_STR(info.session_name, "t");
    CHECK_EQ_STR(info.log_file_name, "f");
    CHECK_EQ_UINT(info.frequency, HAND_FREQUENCY);
    CHECK_EQ_INT(info.clock, ETWKIT_CLOCK_QPC);
    CHECK(info.closed);
    ek_arena_free(&arena);
}

TEST(both_layouts) {
    const uint8_t *event = begin();
    CHECK(ek_logfile_is(event, 8));
    check_info(event, HAND_LOGFILE_EVENT);
    check_numbers(8);
    event = begin32();
    CHECK(ek_logfile_is(event, 8));
    check_info(event, HAND_LOGFILE_EVENT - 8);
    check_numbers(4);
}

TEST(what_is_not_the_header_event) {
    uint8_t *event = begin();
    CHECK(!ek_logfile_is(event, 7));
    event[6] = 80;
    CHECK(!ek_logfile_is(event, 8));
    event = begin();
    event[7] = 3;
    CHECK(!ek_logfile_is(event, 8));
    event = begin();
    event[2] = 0x13;
    CHECK(!ek_logfile_is(event, 8));
}

TEST(cut_off_it_needs_its_numbers_but_not_its_names) {
    uint8_t *event = begin();
    for (size_t have = 0; have < HAND_LOGFILE_EVENT; have++) {
        uint8_t *exact = malloc(have + !have);
        memcpy(exact, event, have);
        CHECK_EQ_INT(ek_logfile_read(&logfile, exact, have), have >= EK_LOGFILE_FIXED);
        free(exact);
    }
}

TEST(a_damaged_size_does_not_cost_the_names) {
    uint8_t *event = begin();
    hand16(event + 4, 3);
    check_info(event, HAND_LOGFILE_EVENT);
    hand16(event + 4, 0xFFFF);
    check_info(event, HAND_LOGFILE_EVENT);
    CHECK_EQ_UINT(logfile.names_size, HAND_LOGFILE_EVENT - EK_LOGFILE_FIXED);
}

static const char *clock_of(unsigned type, int64_t frequency, unsigned mhz, unsigned major, uint64_t *result,
                            etwkit_clock *kind) {
    uint8_t *body = begin() + 32;
    body[4] = (uint8_t)major;
    hand32(body + 52, mhz);
    hand64(body + 256, (uint64_t)frequency);
    hand32(body + 272, type);
    ek_clock clock;
    CHECK(ek_logfile_read(&logfile, body - 32, HAND_LOGFILE_EVENT));
    const char *phrase = ek_logfile_clock(&logfile, &clock, kind);
    CHECK_EQ_INT(clock.start_ticks, HAND_START_TICKS);
    CHECK_EQ_INT(clock.start_time, HAND_START_TIME);
    *result = clock.frequency;
    return phrase;
}

TEST(clock_types) {
    uint64_t frequency;
    etwkit_clock kind;
    CHECK_EQ_STR(clock_of(1, 2337949, 2400, 6, &frequency, &kind), NULL);
    CHECK(frequency == 2337949 && kind == ETWKIT_CLOCK_QPC);
    CHECK_EQ_STR(clock_of(2, 2337949, 2400, 6, &frequency, &kind), NULL);
    CHECK(frequency == 0 && kind == ETWKIT_CLOCK_SYSTEM);
    CHECK_EQ_STR(clock_of(3, 2337949, 2400, 6, &frequency, &kind), NULL);
    CHECK(frequency == 2400000000u && kind == ETWKIT_CLOCK_CPU);
    CHECK_EQ_STR(clock_of(3, 1, UINT32_MAX, 6, &frequency, &kind), NULL);
    CHECK(frequency == UINT32_MAX * UINT64_C(1000000));
    /* not set: by the frequency, but never before Vista */
    CHECK_EQ_STR(clock_of(0, 1000, 2400, 6, &frequency, &kind), NULL);
    CHECK(frequency == 1000 && kind == ETWKIT_CLOCK_QPC);
    CHECK_EQ_STR(clock_of(0, 0, 2400, 6, &frequency, &kind), NULL);
    CHECK(frequency == 0 && kind == ETWKIT_CLOCK_SYSTEM);
    CHECK_EQ_STR(clock_of(0, 1000, 2400, 5, &frequency, &kind), NULL);
    CHECK(frequency == 0 && kind == ETWKIT_CLOCK_SYSTEM);
}

TEST(clocks_that_make_no_sense_are_reported) {
    uint64_t frequency;
    etwkit_clock kind;
    CHECK(clock_of(1, 0, 2400, 6, &frequency, &kind) != NULL);
    CHECK_EQ_UINT(frequency, 0);
    CHECK(clock_of(1, -5, 2400, 6, &frequency, &kind) != NULL);
    CHECK_EQ_UINT(frequency, 0);
    CHECK(clock_of(3, 5, 0, 6, &frequency, &kind) != NULL);
    CHECK_EQ_UINT(frequency, 0);
    CHECK(clock_of(9, 5, 0, 6, &frequency, &kind) != NULL);
    CHECK(frequency == 5 && kind == ETWKIT_CLOCK_QPC);
    hand_free(&trace);
}

TEST_MAIN(CASE(both_layouts), CASE(what_is_not_the_header_event), CASE(cut_off_it_needs_its_numbers_but_not_its_names),
          CASE(a_damaged_size_does_not_cost_the_names), CASE(clock_types), CASE(clocks_that_make_no_sense_are_reported))
