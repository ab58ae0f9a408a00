/* SPDX-License-Identifier: MIT */
/* Event headers of every kind, made by hand, and the records that they give. */
#include "etl/event.h"
#include "handmade.h"
#include "test.h"

static uint8_t event[256];
static ek_event_head head;
static etwkit_record record;

/* An event of `size` bytes: each byte its own offset, then size and marks at their places. */
static void make(unsigned kind, unsigned size) {
    for (unsigned i = 0; i < sizeof event; i++)
        event[i] = (uint8_t)i;
    bool kernel = (kind >= 1 && kind <= 4) || kind == 0x10 || kind == 0x11;
    if (kernel) {
        hand16(event, 2);
        hand16(event + 4, size);
        event[7] = 3; /* group */
    } else {
        hand16(event, size);
    }
    event[2] = (uint8_t)kind;
    event[3] = 0xC0;
}

static const char *read_event(unsigned size) {
    const char *phrase = ek_event_look(&head, event, size);
    if (phrase)
        return phrase;
    memset(&record, 0x55, sizeof record);
    return ek_event_read(&record, &head, event, 8);
}

static void check_place(unsigned header, unsigned size) {
    CHECK(record.data == event);
    CHECK_EQ_UINT(record.data_size, size);
    CHECK(record.payload == event + header);
    CHECK_EQ_UINT(record.payload_size, size - header);
    CHECK_EQ_UINT(record.raw_timestamp, head.time);
}

static void check_bits(unsigned flags, bool wide) {
    CHECK_EQ_UINT(record.flags, flags | (wide ? ETWKIT_FLAG_64_BIT : ETWKIT_FLAG_32_BIT));
    CHECK_EQ_UINT(record.pointer_size, wide ? 8 : 4);
}

TEST(kernel_headers) {
    const struct {
        unsigned kind, header;
        bool wide, ids, times;
    } kinds[] = {
        {1, 0x20, false, true, true}, {2, 0x20, true, true, true},       {3, 0x18, false, true, false},
        {4, 0x18, true, true, false}, {0x10, 0x10, false, false, false}, {0x11, 0x10, true, false, false},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        unsigned header = kinds[i].header;
        make(kinds[i].kind, header + 5);
        CHECK_EQ_STR(read_event(header + 5), NULL);
        check_place(header, header + 5);
        check_bits(ETWKIT_FLAG_CLASSIC, kinds[i].wide);
        CHECK_EQ_UINT(record.header_kind, kinds[i].kind);
        CHECK_EQ_UINT(record.raw_timestamp, kinds[i].ids ? UINT64_C(0x1716151413121110) : UINT64_C(0x0F0E0D0C0B0A0908));
        CHECK_EQ_UINT(record.thread_id, kinds[i].ids ? 0x0B0A0908 : ETWKIT_NO_ID);
        CHECK_EQ_UINT(record.process_id, kinds[i].ids ? 0x0F0E0D0C : ETWKIT_NO_ID);
        CHECK_EQ_UINT(record.kernel_time, kinds[i].times ? 0x1B1A1918 : 0);
        CHECK_EQ_UINT(record.user_time, kinds[i].times ? 0x1F1E1D1C : 0);
        CHECK_EQ_UINT(record.version, 2);
        CHECK_EQ_UINT(record.opcode, 6);
        CHECK_EQ_UINT(record.event_id, 0);
        char guid[ETWKIT_GUID_TEXT];
        etwkit_guid_format(&record.provider_id, guid);
        CHECK_EQ_STR(guid, "3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c");
    }
}

TEST(counters_stand_between_header_and_payload) {
    const uint8_t *data;
    size_t size;
    make(0x11, 0x10 + 3 * 8 + 4);
    hand16(event, 0x8202); /* PEBS index, 2 counters, version 2 */
    CHECK_EQ_STR(read_event(0x10 + 28), NULL);
    CHECK_EQ_UINT(record.version, 2);
    CHECK_EQ_UINT(record.counters_offset, 0x10);
    CHECK_EQ_UINT(record.counters_size, 24);
    CHECK(record.payload == event + 0x28);
    CHECK_EQ_UINT(record.payload_size, 4);
    CHECK_EQ_INT(etwkit_record_item(&record, ETWKIT_ITEM_PEBS_INDEX, &data, &size), ETWKIT_OK);
    CHECK(data == event + 0x10 && size == 8);
    CHECK_EQ_INT(etwkit_record_item(&record, ETWKIT_ITEM_PMC_COUNTERS, &data, &size), ETWKIT_OK);
    CHECK(data == event + 0x18 && size == 16);
    hand16(event, 0x0302); /* three counters, nothing else */
    CHECK_EQ_STR(read_event(0x10 + 28), NULL);
    CHECK_EQ_INT(etwkit_record_item(&record, ETWKIT_ITEM_PEBS_INDEX, &data, &size), ETWKIT_ABSENT);
    CHECK_EQ_INT(etwkit_record_item(&record, ETWKIT_ITEM_PMC_COUNTERS, &data, &size), ETWKIT_OK);
    CHECK(data == event + 0x10 && size == 24);
    hand16(event, 0x0402); /* more than there are bytes */
    CHECK_EQ_STR(read_event(0x10 + 28), "its version announces more performance counters than it has bytes for");
    CHECK_EQ_UINT(record.counters_size, 0);
    CHECK_EQ_UINT(record.payload_size, 28);
}

TEST(classic_headers) {
    for (int wide = 0; wide < 2; wide++)
        for (int instance = 0; instance < 2; instance++) {
            unsigned header = instance ? 0x48 : 0x30;
            make(wide ? 0x14u + (unsigned)instance : 0x0Au + (unsigned)instance, header + 8);
            CHECK_EQ_STR(read_event(header + 8), NULL);
            check_place(header, header + 8);
            check_bits(ETWKIT_FLAG_CLASSIC, wide);
            CHECK_EQ_UINT(record.opcode, 4);
            CHECK_EQ_UINT(record.level, 5);
            CHECK_EQ_UINT(record.version, 6); /* its low 8 bits */
            CHECK_EQ_UINT(record.thread_id, 0x0B0A0908);
            CHECK_EQ_UINT(record.process_id, 0x0F0E0D0C);
            CHECK_EQ_MEM(record.provider_id.bytes, event + 0x18, 16);
            CHECK_EQ_UINT(record.kernel_time, 0x2B2A2928);
            CHECK_EQ_UINT(record.user_time, 0x2F2E2D2C);
            const uint8_t *data;
            size_t size;
            etwkit_status found = etwkit_record_item(&record, ETWKIT_ITEM_INSTANCE_INFO, &data, &size);
            CHECK_EQ_INT(found, instance ? ETWKIT_OK : ETWKIT_ABSENT);
            if (instance)
                CHECK(data == event + 0x30 && size == 24);
        }
}

TEST(event_headers) {
    for (int wide = 0; wide < 2; wide++) {
        make(wide ? 0x13 : 0x12, 0x50 + 3);
        hand16(event + 4, 0xFFFF & ~1u); /* no items; bits that are not its own */
        CHECK_EQ_STR(read_event(0x53), NULL);
        check_place(0x50, 0x53);
        CHECK_EQ_UINT(record.flags & ETWKIT_FLAG_64_BIT, wide ? ETWKIT_FLAG_64_BIT : 0);
        CHECK_EQ_UINT(record.flags & ETWKIT_FLAG_32_BIT, wide ? 0 : ETWKIT_FLAG_32_BIT);
        CHECK_EQ_UINT(record.flags & ETWKIT_FLAG_PROCESSOR_INDEX, 0);
        CHECK_EQ_UINT(record.flags & ETWKIT_FLAG_PRIVATE_SESSION, ETWKIT_FLAG_PRIVATE_SESSION);
        CHECK_EQ_UINT(record.event_property, 0x0706);
        CHECK_EQ_UINT(record.event_id, 0x2928);
        CHECK_EQ_UINT(record.version, 0x2A);
        CHECK_EQ_UINT(record.channel, 0x2B);
        CHECK_EQ_UINT(record.level, 0x2C);
        CHECK_EQ_UINT(record.opcode, 0x2D);
        CHECK_EQ_UINT(record.task, 0x2F2E);
        CHECK_EQ_UINT(record.keywords, UINT64_C(0x3736353433323130));
        CHECK_EQ_UINT(record.kernel_time, 0x3B3A3938);
        CHECK_EQ_UINT(record.user_time, 0x3F3E3D3C);
        CHECK_EQ_MEM(record.provider_id.bytes, event + 0x18, 16);
        CHECK_EQ_MEM(record.activity_id.bytes, event + 0x40, 16);
        CHECK_EQ_UINT(record.items_size, 0);
    }
}

/* An item at an offset; returns where the next begins. */
static unsigned put_item(unsigned at, unsigned type, unsigned size, bool another) {
    unsigned padded = (8 + size + 7) / 8 * 8;
    memset(event + at, 0, padded);
    hand16(event + at, padded);
    hand16(event + at + 2, type);
    hand16(event + at + 4, another ? 1 : 0);
    hand16(event + at + 6, size);
    for (unsigned i = 0; i < size; i++)
        event[at + 8 + i] = (uint8_t)(type + i);
    return at + padded;
}

static unsigned make_items(void) {
    make(0x13, 0);
    hand16(event + 4, 1);
    unsigned at = put_item(0x50, ETWKIT_ITEM_RELATED_ACTIVITY_ID, 16, true);
    at = put_item(at, ETWKIT_ITEM_STACK_TRACE64, 24, true);
    at = put_item(at, ETWKIT_ITEM_SID, 12, true);
    at = put_item(at, ETWKIT_ITEM_STACK_TRACE32, 15, true); /* an address and three bytes */
    at = put_item(at, 0x77, 0, false);
    hand16(event, at + 4);
    return at;
}

TEST(items) {
    unsigned end = make_items();
    CHECK_EQ_STR(read_event(end + 4), NULL);
    CHECK_EQ_UINT(record.items_offset, 0x50);
    CHECK_EQ_UINT(record.items_size, end - 0x50);
    CHECK(record.payload == event + end);
    CHECK_EQ_UINT(record.payload_size, 4);
    CHECK_EQ_UINT(record.flags & ETWKIT_FLAG_EXTENDED_INFO, ETWKIT_FLAG_EXTENDED_INFO);

    const unsigned types[] = {1, 6, 2, 5, 0x77}, sizes[] = {16, 24, 12, 15, 0};
    const uint8_t *data;
    size_t size;
    uint16_t type;
    for (size_t i = 0; i < 5; i++) {
        CHECK_EQ_INT(etwkit_record_item_at(&record, i, &type, &data, &size), ETWKIT_OK);
        CHECK_EQ_UINT(type, types[i]);
        CHECK_EQ_UINT(size, sizes[i]);
    }
    CHECK_EQ_INT(etwkit_record_item_at(&record, 5, &type, &data, &size), ETWKIT_END);
    CHECK_EQ_INT(etwkit_record_item(&record, ETWKIT_ITEM_SID, &data, &size), ETWKIT_OK);
    CHECK_EQ_UINT(size, 12);
    CHECK_EQ_UINT(data[0], 2);
    CHECK_EQ_INT(etwkit_record_item(&record, ETWKIT_ITEM_TS_ID, &data, &size), ETWKIT_ABSENT);

    etwkit_guid related;
    CHECK_EQ_INT(etwkit_record_related_activity(&record, &related), ETWKIT_OK);
    CHECK_EQ_UINT(related.bytes[15], 16);
    memset(event + 0x58, 0, 16);
    CHECK_EQ_INT(etwkit_record_related_activity(&record, &related), ETWKIT_ABSENT);

    uint64_t frames[4] = {0};
    size_t count;
    CHECK_EQ_INT(etwkit_record_stack(&record, frames, 2, &count), ETWKIT_OK);
    CHECK_EQ_UINT(count, 3);
    CHECK_EQ_UINT(frames[0], UINT64_C(0x1514131211100F0E));
    CHECK_EQ_UINT(frames[2], 0);
    CHECK_EQ_INT(etwkit_record_stack(&record, frames, 4, &count), ETWKIT_OK);
    CHECK_EQ_UINT(frames[2], 0x100F0E0D);
}

TEST(an_event_without_items_has_none) {
    const uint8_t *data;
    size_t size, count;
    uint16_t type;
    etwkit_guid related;
    make(0x13, 0x50);
    hand16(event + 4, 0);
    CHECK_EQ_STR(read_event(0x50), NULL);
    CHECK_EQ_INT(etwkit_record_item_at(&record, 0, &type, &data, &size), ETWKIT_END);
    CHECK_EQ_INT(etwkit_record_item(&record, ETWKIT_ITEM_SID, &data, &size), ETWKIT_ABSENT);
    CHECK_EQ_INT(etwkit_record_related_activity(&record, &related), ETWKIT_ABSENT);
    CHECK_EQ_INT(etwkit_record_stack(&record, NULL, 0, &count), ETWKIT_ABSENT);
}

TEST(items_that_run_past_the_event_cost_the_items_only) {
    unsigned end = make_items();
    for (unsigned size = 0x50; size < end; size++) {
        hand16(event, size);
        CHECK_EQ_STR(read_event(size), "its extended items run past its end");
        CHECK_EQ_UINT(record.items_size, 0);
        CHECK_EQ_UINT(record.payload_size, size - 0x50);
        CHECK_EQ_UINT(record.event_id, 0x2928);
    }
}

TEST(messages_have_the_parts_that_their_options_say) {
    for (unsigned options = 0; options < 256; options++) {
        unsigned at = 8, id = 0, time = 0, ids = 0;
        at += options & 1 ? 4 : 0;
        id = options & 6 ? at : 0;
        at += options & 4 ? 4 : options & 2 ? 16 : 0;
        time = options & 8 ? at : 0;
        at += options & 8 ? 8 : 0;
        ids = options & 0x20 ? at : 0;
        at += options & 0x20 ? 8 : 0;
        make(0, at + 6);
        event[3] = options & 1 ? 0x90 : 0xC0; /* both marks */
        event[2] = options & 1 ? 0 : 0x0F;
        hand16(event + 6, options);
        CHECK_EQ_STR(read_event(at + 6), NULL);
        check_place(at, at + 6);
        CHECK_EQ_UINT(record.header_kind, ETWKIT_HEADER_MESSAGE);
        CHECK_EQ_UINT(record.event_id, 0x0504);
        CHECK_EQ_UINT(record.provider_id.bytes[0], id);
        CHECK_EQ_UINT(record.provider_id.bytes[15], id && !(options & 4) ? id + 15 : 0);
        CHECK_EQ_UINT(head.has_time, time != 0);
        CHECK_EQ_UINT(record.raw_timestamp & 0xFF, time);
        CHECK_EQ_UINT(record.thread_id, ids ? ids * 0x01010101u + 0x03020100u : ETWKIT_NO_ID);
        CHECK_EQ_UINT(record.process_id, ids ? ids * 0x01010101u + 0x07060504u : ETWKIT_NO_ID);
        check_bits(ETWKIT_FLAG_TRACE_MESSAGE, options & 0x80 || !(options & 0x40));
        hand16(event, at - 1);
        CHECK_EQ_STR(read_event(at + 6), "is smaller than its header");
    }
}

TEST(obsolete_kinds_are_delivered_as_they_are) {
    for (unsigned kind = 0x0C; kind <= 0x0D; kind++) { /* TIMED, ERROR */
        make(kind, 24);
        CHECK_EQ_STR(read_event(24), NULL);
        check_place(8, 24);
        CHECK_EQ_UINT(record.header_kind, kind);
        CHECK_EQ_UINT(record.flags, 0);
        CHECK(!head.has_time);
        CHECK(etwkit_guid_is_zero(&record.provider_id));
        CHECK_EQ_UINT(record.process_id, ETWKIT_NO_ID);
    }
    make(0, 24);
    event[3] = 0xB0; /* size, mark, a word, a time */
    CHECK_EQ_STR(read_event(24), NULL);
    CHECK_EQ_UINT(record.header_kind, ETWKIT_HEADER_TIMED);
    CHECK(head.has_time);
    CHECK_EQ_UINT(record.raw_timestamp, UINT64_C(0x0F0E0D0C0B0A0908));
    hand16(event, 15);
    CHECK_EQ_STR(read_event(24), "is smaller than its header");
}

TEST(wnodes_need_something_sensible_behind_them) {
    make(0, 0);
    hand32(event, 0x40);
    CHECK_EQ_STR(read_event(0x40), NULL);
    check_place(8, 0x40);
    CHECK_EQ_UINT(record.header_kind, ETWKIT_HEADER_WNODE);
    CHECK_EQ_UINT(record.flags, 0);
    hand32(event + 0x40, 0xC0130058); /* an event */
    CHECK_EQ_STR(read_event(0x60), NULL);
    hand32(event + 0x40, 0x30); /* another one */
    CHECK_EQ_STR(read_event(0x60), NULL);
    hand32(event + 0x40, 7);
    CHECK_EQ_STR(read_event(0x60), "has a header of no known kind");
    hand32(event, 0x2F); /* too small for one */
    CHECK_EQ_STR(read_event(0x60), "has a header of no known kind");
    hand32(event, 0x100000);
    CHECK_EQ_STR(read_event(0x60), "has a header of no known kind");
    CHECK_EQ_UINT(head.size, 0);
}

TEST(what_is_no_event) {
    make(0x13, 0x50);
    for (size_t left = 0; left < 8; left++)
        CHECK_EQ_STR(ek_event_look(&head, event, left), "begins in the last bytes of its buffer");
    for (size_t left = 8; left < 0x50; left++)
        CHECK_EQ_STR(ek_event_look(&head, event, left), "runs past the filled end of its buffer");
    CHECK_EQ_UINT(head.size, 0x50);
    hand16(event, 9);
    CHECK_EQ_STR(ek_event_look(&head, event, 0x50), "is smaller than its header");
    CHECK_EQ_UINT(head.size, 9);
    for (unsigned kind = 0; kind < 256; kind++) {
        bool known = (kind >= 1 && kind <= 4) || (kind >= 0x0A && kind <= 0x15 && kind != 0x0E);
        make(kind, 0x80);
        hand16(event + 6, 0);
        CHECK_EQ_INT(ek_event_look(&head, event, 0x80) == NULL, known);
    }
    for (unsigned mark = 0x80; mark < 0x90; mark++) {
        make(0x13, 0x50);
        event[3] = (uint8_t)mark;
        CHECK_EQ_STR(ek_event_look(&head, event, 0x50), "has a header of no known kind");
    }
}

TEST(peeking_reads_no_more_than_there_is) {
    uint8_t *exact = malloc(EK_EVENT_PEEK);
    for (unsigned kind = 0; kind < 0x16; kind++) {
        make(kind, 0xF0);
        hand16(event + 6, 0x00AB);
        memcpy(exact, event, EK_EVENT_PEEK);
        ek_event_head whole;
        const char *phrase = ek_event_look(&whole, event, 0xF0);
        CHECK_EQ_STR(ek_event_peek(&head, exact, 0xF0, EK_EVENT_PEEK), phrase);
        if (!phrase)
            CHECK(head.time == whole.time && head.size == whole.size && head.has_time == whole.has_time);
        for (unsigned have = 0; have < EK_EVENT_PEEK; have++) {
            uint8_t *less = malloc(have + !have);
            memcpy(less, event, have);
            (void)ek_event_peek(&head, less, 0xF0, have); /* the sanitizer watches */
            free(less);
        }
    }
    free(exact);
}

TEST_MAIN(CASE(kernel_headers), CASE(counters_stand_between_header_and_payload), CASE(classic_headers),
          CASE(event_headers), CASE(items), CASE(an_event_without_items_has_none),
          CASE(items_that_run_past_the_event_cost_the_items_only), CASE(messages_have_the_parts_that_their_options_say),
          CASE(obsolete_kinds_are_delivered_as_they_are), CASE(wnodes_need_something_sensible_behind_them),
          CASE(what_is_no_event), CASE(peeking_reads_no_more_than_there_is))
