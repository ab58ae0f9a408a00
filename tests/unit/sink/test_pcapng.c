/* SPDX-License-Identifier: MIT */
/* Packets where memory runs out or the writing fails; what the pytest tests of packets cannot see. */
#include "base/guid.h"
#include "oom.h"
#include "sink/lines.h"
#include "sink/packet_assembly.h"
#include "sink/pcapng.h"

#define START (UINT64_C(1) << 30)
#define END (UINT64_C(1) << 31)

static const etwkit_guid ndis = EK_GUID(0x2ed6006e, 0x4729, 0x4609, 0xb4, 0x23, 0x3e, 0xe7, 0xbc, 0xd6, 0x78, 0xef);
static const etwkit_guid pktmon = EK_GUID(0x4d4f80d9, 0xc8bd, 0x4d73, 0xbb, 0x5b, 0x19, 0xc9, 0x04, 0x02, 0xc5, 0xac);
static const uint8_t fragment[] = "\5\0\0\0\5\0\0\0\4\0\0\0abcd";
static const uint8_t seen[] = "\1\0\0\0\0\0\0\0\1\0\1\0\3\0\1\0\x32\0\1\0\0\0\0\0\0\0\0\0\0\0\4\0\4\0abcd";
static const uint8_t component[] = "\x32\0\2\0n\0\0\0d\0\0\0";

static etwkit_status add(etwkit_sink *sink, const etwkit_guid *provider, uint16_t id, uint64_t keywords,
                         const uint8_t *payload, size_t size) {
    static const ek_layout no_fields;
    static const etwkit_schema nothing = {.is.layout = &no_fields};
    etwkit_record record = {.timestamp = NOON,
                            .provider_id = *provider,
                            .event_id = id,
                            .header_kind = ETWKIT_HEADER_EVENT64,
                            .keywords = keywords,
                            .payload = payload,
                            .payload_size = (uint32_t)size};
    ek_sink_event event = {.record = &record, .schema = &nothing};
    return ek_sink_append(sink, &event, NULL);
}

#define ADD(sink, provider, id, keywords, payload) \
    add((sink), &(provider), (id), (keywords), (payload), sizeof(payload) - 1)

static lines_of out;

/* All that takes memory: interfaces, their names, fragments, what was seen, comments. */
static bool write_all(const etwkit_allocator *allocator, void *context) {
    (void)context;
    if (!open_lines(&out, ETWKIT_FORMAT_PCAPNG, 0, allocator))
        return false;
    bool worked = ADD(out.sink, pktmon, 20, 0, component) == ETWKIT_OK;
    worked = ADD(out.sink, ndis, 1001, START, fragment) == ETWKIT_OK && worked;
    worked = ADD(out.sink, ndis, 1001, END, fragment) == ETWKIT_OK && worked;
    worked = ADD(out.sink, pktmon, 160, 0, seen) == ETWKIT_OK && worked;
    etwkit_packet_counts counts = etwkit_sink_get_packets(out.sink);
    CHECK_EQ_INT(etwkit_sink_flush(out.sink, NULL), ETWKIT_OK);
    CHECK(counts.packets == 2 || !worked);
    CHECK(counts.interfaces >= counts.packets || !worked);
    etwkit_sink_close(&out.sink);
    return worked;
}

TEST(memory_runs_out) {
    CHECK_OOM(write_all, NULL);
}

TEST(an_empty_file) {
    REQUIRE(open_lines(&out, ETWKIT_FORMAT_PCAPNG, 0, NULL));
    CHECK_EQ_INT(etwkit_sink_flush(out.sink, NULL), ETWKIT_OK);
    CHECK(out.size >= 28 && memcmp(out.text, "\x0A\x0D\x0D\x0A", 4) == 0);
    etwkit_packet_counts counts = etwkit_sink_get_packets(out.sink);
    CHECK_EQ_UINT(counts.packets, 0);
    etwkit_sink_close(&out.sink);
}

TEST(other_formats_have_no_packets) {
    REQUIRE(open_lines(&out, ETWKIT_FORMAT_JSONL, 0, NULL));
    etwkit_record record = {.header_kind = ETWKIT_HEADER_EVENT64};
    CHECK_EQ_INT(etwkit_sink_name_interfaces(out.sink, &record, NULL), ETWKIT_OK);
    etwkit_packet_counts counts = etwkit_sink_get_packets(out.sink);
    CHECK_EQ_UINT(counts.packets + counts.other_events, 0);
    etwkit_sink_close(&out.sink);
}

/* A classic event with the same GUID, or an event of another provider with the same number, is none of ours. */
TEST(only_packet_events) {
    static const etwkit_guid other = EK_GUID(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    ek_packet packet;
    etwkit_record record = {
        .provider_id = ndis, .event_id = 1001, .payload = fragment, .payload_size = sizeof fragment - 1};
    record.header_kind = ETWKIT_HEADER_FULL64;
    CHECK_EQ_INT(ek_packet_read(&packet, &record, NULL), EK_PACKET_NONE);
    record.header_kind = ETWKIT_HEADER_EVENT64;
    CHECK_EQ_INT(ek_packet_read(&packet, &record, NULL), EK_PACKET_PIECE);
    record.provider_id = other;
    CHECK_EQ_INT(ek_packet_read(&packet, &record, NULL), EK_PACKET_NONE);
}

/* Another layout with the names that packets have had. */
TEST(by_the_schema) {
    static const ek_field_spec specs[] = {
        SPEC("Added", .in_type = ETWKIT_IN_UINT64), SPEC("MiniportIfIndex", .in_type = ETWKIT_IN_UINT32),
        SPEC("LowerIfIndex", .in_type = ETWKIT_IN_UINT32),
        SPEC("Fragment", .in_type = ETWKIT_IN_COUNTED_BINARY, .out_type = ETWKIT_OUT_HEXBINARY)};
    static const uint8_t payload[] = "\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\7\0\0\0\3\0abc";
    made m;
    REQUIRE(make(&m, specs, 4, 4));
    ek_packet packet;
    etwkit_record record = {.provider_id = ndis,
                            .event_id = 1001,
                            .version = 1,
                            .header_kind = ETWKIT_HEADER_EVENT64,
                            .pointer_size = 8,
                            .payload = payload,
                            .payload_size = sizeof payload - 1};
    CHECK_EQ_INT(ek_packet_read(&packet, &record, &m.schema), EK_PACKET_PIECE);
    CHECK_EQ_UINT(packet.lower, 7);
    CHECK_EQ_UINT(packet.size, 3);
    CHECK(packet.size == 3 && memcmp(packet.data, "abc", 3) == 0);
    unmake(&m);
}

/* Why a packet was dropped, in the words of the trace's own description. */
TEST(a_drop_in_words) {
    static const ek_map_entry reasons[] = {{9, "Filtered VLAN"}};
    static const uint8_t dropped[] = "\1\0\0\0\0\0\0\0\1\0\1\0\3\0\1\0\x32\0\1\0\0\0\x09\0\0\0\7\0\0\0\4\0\4\0abcd";
    static const char comment[] = "dropped: Filtered VLAN (9), location 7";
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena arena;
    ek_arena_init(&arena, &allocator);
    ek_field_spec specs[] = {
        SPEC("Before", .in_type = ETWKIT_IN_BINARY, .length = 22),
        SPEC("DropReason", .in_type = ETWKIT_IN_UINT32, .map = ek_map_build(&arena, "r", false, reasons, 1))};
    made m;
    REQUIRE(make(&m, specs, 2, 2) && name_schema(&m, "P", "E") && open_lines(&out, ETWKIT_FORMAT_PCAPNG, 0, NULL));
    etwkit_record record = {.timestamp = NOON,
                            .provider_id = pktmon,
                            .event_id = 170,
                            .header_kind = ETWKIT_HEADER_EVENT64,
                            .pointer_size = 8,
                            .process_id = ETWKIT_NO_ID,
                            .payload = dropped,
                            .payload_size = sizeof dropped - 1};
    (void)line_of(&out, &m, &record);
    bool found = false;
    for (size_t i = 0; i + sizeof comment - 1 <= out.size; i++)
        found |= memcmp(out.text + i, comment, sizeof comment - 1) == 0;
    CHECK(found);
    etwkit_sink_close(&out.sink);
    unmake(&m);
    ek_arena_free(&arena);
}

TEST_MAIN(CASE(memory_runs_out), CASE(an_empty_file), CASE(other_formats_have_no_packets), CASE(only_packet_events),
          CASE(by_the_schema), CASE(a_drop_in_words))
