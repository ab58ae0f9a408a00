/* SPDX-License-Identifier: MIT */
/* Loading a buffer: its records, their order, and what damage in it costs. */
#include "reading.h"

#define BUFFER ((size_t)4096)
#define EVENT ((size_t)96) /* bytes of an event of the traces made here */
#define FIRST ((size_t)HAND_BUFFER_HEADER)

static hand_trace trace;
static reading r;

/* Header buffer and one buffer of events with the ids 1, 2, ... and times 10 apart. */
static uint8_t *make(unsigned events) {
    hand_free(&trace);
    hand_begin(&trace, BUFFER);
    hand_buffer(&trace, 0, 0x20, 5);
    for (unsigned i = 1; i <= events; i++)
        hand_event64(&trace, HAND_START_TICKS + 10 * i, i, EVENT - 80);
    return trace.data + BUFFER;
}

static uint8_t *event(unsigned number) {
    return trace.data + BUFFER + FIRST + (number - 1) * EVENT;
}

static void open_it(void) {
    reading_close(&r);
    CHECK_EQ_INT(reading_open(&r, trace.data, trace.size), ETWKIT_OK);
}

static void check_reading(const char *ids, unsigned damages, uint64_t bytes) {
    open_it();
    CHECK_EQ_STR(reading_ids(&r), ids);
    CHECK_EQ_UINT(r.damages, damages);
    CHECK_EQ_UINT(r.bytes, bytes);
}

TEST(a_record_has_its_place) {
    etwkit_record record;
    const char *phrase;
    make(2);
    open_it();
    CHECK_EQ_INT(reading_load(&r, 1), ETWKIT_OK);
    CHECK_EQ_UINT(r.run.count, 2);
    CHECK_EQ_INT(ek_run_read(&r.run, &record, &phrase), ETWKIT_OK);
    CHECK_EQ_INT(ek_run_read(&r.run, &record, &phrase), ETWKIT_OK);
    CHECK(phrase == NULL);
    CHECK_EQ_UINT(record.event_id, 2);
    CHECK_EQ_INT(record.raw_timestamp, HAND_START_TICKS + 20);
    CHECK_EQ_INT(record.timestamp, HAND_START_TIME + INT64_C(200000));
    CHECK_EQ_UINT(record.processor, 5);
    CHECK_EQ_UINT(record.flags, ETWKIT_FLAG_64_BIT | ETWKIT_FLAG_PROCESSOR_INDEX);
    CHECK_EQ_UINT(record.file, 7);
    CHECK_EQ_UINT(record.buffer, 1);
    CHECK_EQ_UINT(record.buffer_offset, BUFFER);
    CHECK_EQ_UINT(record.buffer_position, FIRST + EVENT);
    CHECK_EQ_UINT(record.data_size, EVENT);
    CHECK_EQ_UINT(record.payload_size, EVENT - 80);
    CHECK_EQ_UINT(record.payload[3], 2);
    CHECK_EQ_INT(ek_run_read(&r.run, &record, &phrase), ETWKIT_END);
    CHECK_EQ_INT(ek_run_read(&r.run, &record, &phrase), ETWKIT_END);
    const ek_etl_entry nowhere = {0, BUFFER + 8};
    CHECK_EQ_INT(ek_etl_load(r.etl, &nowhere, &r.run, &r.error), ETWKIT_E_INVALID);
}

TEST(one_run_loads_any_buffer) {
    hand_free(&trace);
    hand_begin(&trace, BUFFER);
    for (unsigned i = 0; i < 6; i++) {
        hand_buffer(&trace, 0, 0x20, 0);
        for (unsigned k = 0; k < 1 + 7 * (i % 3); k++)
            hand_event64(&trace, HAND_START_TICKS + 100 * i + k, 100 * i + k, EVENT - 80);
        if (i % 2)
            hand_compress(&trace);
    }
    open_it();
    for (unsigned round = 0; round < 12; round++) {
        unsigned i = round * 5 % 6;
        CHECK_EQ_INT(reading_load(&r, 1 + i), ETWKIT_OK);
        CHECK_EQ_UINT(r.run.count, 1 + 7 * (i % 3));
        CHECK_EQ_INT(r.run.events[0].time, HAND_START_TICKS + 100 * i);
    }
    CHECK_EQ_UINT(r.damages, 0);
}

TEST(events_come_in_the_order_of_their_times) {
    make(8);
    hand64(event(2) + 16, HAND_START_TICKS + 65); /* late by a little */
    hand64(event(5) + 16, HAND_START_TICKS + 40); /* as early as event 4: it stays behind it */
    hand64(event(8) + 16, 3);
    check_reading("8 1 3 4 5 6 2 7", 0, 0);
}

TEST(any_disorder_is_put_in_order) {
    enum {
        MANY = 2500
    };
    hand_free(&trace);
    hand_begin(&trace, 1 << 18);
    hand_buffer(&trace, 0, 0x20, 0);
    uint64_t state = 5;
    for (unsigned i = 0; i < MANY; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        hand_event64(&trace, HAND_START_TICKS + (int64_t)(state >> 33) % 700, i, EVENT - 80);
    }
    open_it();
    CHECK_EQ_INT(reading_load(&r, 1), ETWKIT_OK);
    CHECK_EQ_UINT(r.run.count, MANY);
    for (unsigned i = 1; i < r.run.count; i++) {
        const ek_run_event *a = &r.run.events[i - 1], *b = &r.run.events[i];
        CHECK(a->time < b->time || (a->time == b->time && a->position < b->position));
    }
}

/* Turns an event into a WPP message without a time, of the same size. */
static void make_untimed(uint8_t *at, unsigned number) {
    hand16(at, EVENT);
    hand16(at + 2, 0x9000);
    hand16(at + 4, number);
    hand16(at + 6, 0);
}

TEST(events_without_a_time_take_the_one_before) {
    make(4);
    make_untimed(event(2), 200);
    make_untimed(event(3), 201);
    hand64(event(4) + 16, HAND_START_TICKS + 5); /* earlier than the first */
    check_reading("4 1 200 201", 0, 0);
}

TEST(in_front_of_all_others_they_take_the_buffers_time) {
    make(3);
    make_untimed(event(1), 200);
    make_untimed(event(2), 201);
    check_reading("200 201 3", 0, 0);
    CHECK_EQ_INT(r.run.events[0].time, HAND_START_TICKS + 30); /* no later than what follows */
    make_untimed(event(3), 202);
    check_reading("200 201 202", 0, 0);
    CHECK_EQ_INT(r.run.events[2].time, HAND_START_TICKS + 500); /* when it was flushed */
}

TEST(a_damaged_event_costs_itself) {
    make(20);
    hand16(event(12), 9);
    check_reading("1 2 3 4 5 6 7 8 9 10 11 13 14 15 16 17 18 19 20", 1, EVENT);
    CHECK_EQ_STR(r.first.message, "t.etl: buffer 1 at offset 0x1000: event at 0x468: event size 9 is smaller than its "
                                  "header (skipped 96 bytes; use --strict to stop)");
    CHECK_EQ_INT(r.first.status, ETWKIT_E_DAMAGED);
    CHECK_EQ_UINT(r.first.buffer, 1);
    CHECK_EQ_UINT(r.first.record, FIRST + 11 * EVENT);
    CHECK_EQ_UINT(r.first.offset, BUFFER + FIRST + 11 * EVENT);

    make(20);
    event(1)[3] = 0x80; /* the first, and the last */
    event(20)[2] = 0xEE;
    check_reading("2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19", 2, 2 * EVENT);
    CHECK_EQ_STR(r.last.message,
                 "t.etl: buffer 1 at offset 0x1000: event at 0x768: event has a header of no known kind "
                 "(skipped 96 bytes; use --strict to stop)");
}

TEST(every_byte_of_an_event_may_be_damaged) {
    /* In the size and the marks it may cost the event; anywhere else it costs nothing. */
    for (unsigned byte = 0; byte < EVENT; byte++)
        for (unsigned bit = 0; bit < 8; bit++) {
            make(9);
            event(4)[byte] ^= (uint8_t)(1u << bit);
            open_it();
            CHECK_EQ_INT(reading_load(&r, 1), ETWKIT_OK);
            CHECK(r.run.count >= (byte < 4 ? 8 : 9) || (byte == 1 && r.run.count >= 4));
            if (byte >= 6)
                CHECK_EQ_UINT(r.damages, 0);
        }
}

TEST(an_event_that_says_too_large_a_size_gives_back_what_it_took) {
    make(12);
    hand16(event(5), 200); /* into the second event behind it */
    check_reading("1 2 3 4 6 7 8 9 10 11 12", 1, EVENT);
    CHECK_EQ_STR(r.first.message,
                 "t.etl: buffer 1 at offset 0x1000: event at 0x1C8: event size 200 runs over the events "
                 "behind it (skipped 96 bytes; use --strict to stop)");
    make(12);
    hand16(event(5), 60000);
    check_reading("1 2 3 4 6 7 8 9 10 11 12", 1, EVENT);
}

TEST(damage_upon_damage) {
    make(30);
    for (unsigned i = 3; i <= 30; i += 6)
        hand16(event(i), 1);
    check_reading("1 2 4 5 6 7 8 10 11 12 13 14 16 17 18 19 20 22 23 24 25 26 28 29 30", 5, 5 * EVENT);
    make(30);
    memset(event(10), 0x77, 15 * EVENT + 8);
    check_reading("1 2 3 4 5 6 7 8 9 26 27 28 29 30", 1, 16 * EVENT);
    make(30);
    memset(event(10), 0, 21 * EVENT); /* to the end */
    check_reading("1 2 3 4 5 6 7 8 9", 1, 21 * EVENT);
}

TEST(strict_stops_at_the_first) {
    make(20);
    hand16(event(12), 9);
    open_it();
    r.strict = true;
    CHECK_EQ_INT(reading_load(&r, 1), ETWKIT_E_DAMAGED);
    CHECK_EQ_INT(r.error.status, ETWKIT_E_DAMAGED);
    CHECK_EQ_UINT(r.error.record, FIRST + 11 * EVENT);
    r.strict = false;
}

TEST(bad_items_are_told_with_the_event) {
    etwkit_record record;
    const char *phrase;
    make(2);
    hand16(event(1) + 4, 1);
    hand16(event(1) + 86, 5000);
    open_it();
    CHECK_EQ_INT(reading_load(&r, 1), ETWKIT_OK);
    CHECK_EQ_INT(ek_run_read(&r.run, &record, &phrase), ETWKIT_OK);
    CHECK_EQ_STR(phrase, "its extended items run past its end");
    CHECK_EQ_UINT(record.payload_size, EVENT - 80);
    CHECK_EQ_INT(ek_run_read(&r.run, &record, &phrase), ETWKIT_OK);
    CHECK(phrase == NULL);
}

TEST(filled_sizes_that_make_no_sense) {
    uint8_t *header = make(4);
    for (uint32_t filled = 0; filled < FIRST; filled++) {
        hand32(header + 48, filled);
        check_reading("", 1, BUFFER - FIRST);
    }
    hand32(header + 48, FIRST); /* nothing in it */
    check_reading("", 0, 0);
    hand32(header + 48, FIRST + 2 * EVENT);
    check_reading("1 2", 0, 0);
    hand32(header + 48, BUFFER - 8); /* into the unused bytes */
    check_reading("1 2 3 4", 0, 0);
    hand32(header + 48, BUFFER + 8);
    check_reading("1 2 3 4", 1, 0);
    CHECK_EQ_STR(r.first.message, "t.etl: buffer 1 at offset 0x1000: filled size 4104 is larger than itself (4096) "
                                  "(nothing is skipped; use --strict to stop)");
    hand32(header + 48, 0xFFFFFFFF);
    check_reading("1 2 3 4", 1, 0);
    hand32(header + 48, FIRST + EVENT + 90); /* in the middle of an event */
    check_reading("1", 1, 90);
    hand32(header + 48, FIRST + EVENT + 3);
    check_reading("1", 1, 3);
    CHECK_EQ_STR(r.first.message,
                 "t.etl: buffer 1 at offset 0x1000: event at 0xA8: event begins in the last bytes of its "
                 "buffer (skipped 3 bytes; use --strict to stop)");
}

TEST(buffer_types) {
    for (unsigned type = 0; type < 8; type++) {
        uint8_t *header = make(2);
        hand16(header + 54, type);
        check_reading(type == 6 ? "" : "1 2", 0, 0); /* 6: a marker that nothing is in it */
    }
}

TEST(processors_of_one_byte) {
    uint8_t *header = make(1);
    hand16(header + 40, 0x080F);
    hand16(header + 52, 0);
    etwkit_record record;
    const char *phrase;
    open_it();
    CHECK_EQ_INT(reading_load(&r, 1), ETWKIT_OK);
    CHECK_EQ_INT(ek_run_read(&r.run, &record, &phrase), ETWKIT_OK);
    CHECK_EQ_UINT(record.processor, 15);
    CHECK_EQ_UINT(record.flags, ETWKIT_FLAG_64_BIT);
}

TEST(compressed_data_that_ends_early) {
    make(4);
    hand_compress(&trace);
    uint8_t *header = trace.data + trace.buffer;
    hand32(header + 48, FIRST + 4 * EVENT + 1000); /* more than the stream gives */
    check_reading("1 2 3 4", 1, 1000);
    CHECK_EQ_STR(r.first.message, "t.etl: buffer 1 at offset 0x1000: its compressed data is damaged or cut off (456 of "
                                  "1456 bytes came out) (skipped 1000 bytes; use --strict to stop)");
    hand32(header + 48, FIRST + 4 * EVENT);
    memset(header + FIRST + 4 + 32 + 4 + 32 + 4 + 32, 0xFF, 60); /* nonsense behind the first event */
    check_reading("1", 1, 3 * EVENT);
    hand32(header + 48, (16 << 20) + 8);
    open_it();
    CHECK_EQ_INT(reading_load(&r, 1), ETWKIT_OK);
    CHECK_EQ_UINT(r.run.count, 0);
    CHECK_EQ_UINT(r.damages, 1);
    hand_free(&trace);
    reading_close(&r);
}

TEST_MAIN(CASE(a_record_has_its_place), CASE(one_run_loads_any_buffer), CASE(events_come_in_the_order_of_their_times),
          CASE(any_disorder_is_put_in_order), CASE(events_without_a_time_take_the_one_before),
          CASE(in_front_of_all_others_they_take_the_buffers_time), CASE(a_damaged_event_costs_itself),
          CASE(every_byte_of_an_event_may_be_damaged),
          CASE(an_event_that_says_too_large_a_size_gives_back_what_it_took), CASE(damage_upon_damage),
          CASE(strict_stops_at_the_first), CASE(bad_items_are_told_with_the_event),
          CASE(filled_sizes_that_make_no_sense), CASE(buffer_types), CASE(processors_of_one_byte),
          CASE(compressed_data_that_ends_early))
