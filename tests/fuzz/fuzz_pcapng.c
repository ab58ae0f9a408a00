/* SPDX-License-Identifier: MIT */
/* Fuzz target: packet events, one after another, into a pcapng file that is always whole.
 *
 * Input: u8 the allocation that fails (0: none), u8 flags of the sink; then for each event u8 (bits 0-1: the provider;
 * bits 2-4: which event; bits 5-7: the thread), u8 processor, u8 keywords, u16 size, payload.
 */
#include "base/bytes.h"
#include "base/guid.h"
#include "fuzz.h"
#include "fuzz_text.h"
#include "schema/layout.h"
#include "sink/packet_assembly.h"
#include "sink/pcapng.h"
#include "sink/pcapng_interfaces.h"

#include <stdlib.h>

static const etwkit_guid providers[] = {
    EK_GUID(0x2ed6006e, 0x4729, 0x4609, 0xb4, 0x23, 0x3e, 0xe7, 0xbc, 0xd6, 0x78, 0xef),
    EK_GUID(0x4d4f80d9, 0xc8bd, 0x4d73, 0xbb, 0x5b, 0x19, 0xc9, 0x04, 0x02, 0xc5, 0xac),
    EK_GUID(0x2ed6006e, 0x4729, 0x4609, 0xb4, 0x23, 0x3e, 0xe7, 0xbc, 0xd6, 0x78, 0xef),
    EK_GUID(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
};
static const uint16_t events[][8] = {
    {1001, 1001, 1001, 1001, 1002, 1003, 5101, 1},
    {160, 160, 160, 170, 170, 20, 20, 30},
    {1001, 1002, 1003, 1003, 1003, 5101, 1001, 2},
    {1001, 160, 1, 2, 3, 4, 5, 6},
};

/* Blocks may be handed over in any pieces; they are looked at whole. */
typedef struct output {
    uint8_t *data;
    size_t size, capacity;
    uint64_t interfaces, packets;
} output;

static etwkit_status take(void *context, const void *data, size_t size, etwkit_error *error) {
    output *to = context;
    (void)error;
    if (to->capacity - to->size < size) {
        to->capacity = (to->size + size) * 2;
        to->data = realloc(to->data, to->capacity);
        FUZZ_CHECK(to->data != NULL);
    }
    memcpy(to->data + to->size, data, size);
    to->size += size;
    return ETWKIT_OK;
}

static void check_options(const uint8_t *at, size_t left) {
    for (;;) {
        FUZZ_CHECK(left >= 4);
        size_t code = ek_load16(at), size = ek_load16(at + 2), whole = (size + 7) & ~(size_t)3;
        FUZZ_CHECK(whole <= left);
        if (code == 1) /* a comment; names in interfaces have codes of their own */
            FUZZ_CHECK(fuzz_is_utf8((const char *)at + 4, size));
        at += whole;
        left -= whole;
        if (code == 0)
            break;
    }
    FUZZ_CHECK(left == 0);
}

/* Returns its length. */
static size_t check_block(output *to, size_t from) {
    const uint8_t *at = to->data + from;
    FUZZ_CHECK(to->size - from >= 12);
    uint32_t type = ek_load32(at), size = ek_load32(at + 4);
    FUZZ_CHECK(size % 4 == 0 && size >= 12 && size <= to->size - from && ek_load32(at + size - 4) == size);
    if (type == 0x0A0D0D0A) {
        FUZZ_CHECK(from == 0);
        check_options(at + 24, size - 28);
    } else if (type == 1) {
        to->interfaces++;
        check_options(at + 16, size - 20);
    } else {
        FUZZ_CHECK(type == 6 && size >= 36);
        uint32_t kept = ek_load32(at + 20);
        FUZZ_CHECK(kept <= EK_PACKET_MOST && kept <= ek_load32(at + 24) && kept <= size - 36);
        FUZZ_CHECK(ek_load32(at + 8) < to->interfaces);
        to->packets++;
        size_t data = (kept + 3u) & ~3u;
        check_options(at + 28 + data, size - 32 - data);
    }
    return size;
}

static uint64_t spread(uint32_t keywords) {
    return (uint64_t)(keywords & 0x3) << 32 | (uint64_t)(keywords >> 2 & 0x3) << 30 | (keywords >> 4 & 1) << 25 |
           (keywords >> 5 & 1) << 16 | (keywords >> 6 & 1) << 15 | (keywords >> 7 & 1) << 9;
}

static etwkit_status write_event(etwkit_sink *sink, fuzz_input *input, const etwkit_schema *schema, int64_t number) {
    unsigned what = fuzz_u8(input), processor = fuzz_u8(input);
    uint64_t keywords = spread(fuzz_u8(input));
    size_t size = fuzz_u16(input);
    const uint8_t *bytes = fuzz_bytes(input, &size);
    uint8_t *payload = fuzz_copy(bytes, size);
    etwkit_record record = {.timestamp = number * 1000,
                            .provider_id = providers[what & 3],
                            .event_id = events[what & 3][what >> 2 & 7],
                            .header_kind = ETWKIT_HEADER_EVENT64,
                            .pointer_size = 8,
                            .keywords = keywords,
                            .process_id = processor & 3 ? processor : ETWKIT_NO_ID,
                            .thread_id = what >> 5,
                            .processor = (uint16_t)processor,
                            .payload = payload,
                            .payload_size = (uint32_t)size,
                            .file = processor >> 7};
    ek_sink_event event = {.record = &record, .schema = schema};
    etwkit_status status =
        processor & 0x40 && !ek_pcapng_learn(sink, &record) ? ETWKIT_E_NO_MEMORY : ek_sink_append(sink, &event, NULL);
    free(payload); /* nothing of it may be needed any more */
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_memory memory = {0};
    memory.fail_at = fuzz_u8(&input);
    unsigned flags = fuzz_u8(&input);
    etwkit_allocator allocator = fuzz_allocator(&memory);
    output out = {0};
    static const ek_layout nothing;
    etwkit_schema schema = {.is.layout = &nothing};
    etwkit_sink_options options = {.struct_size = sizeof options,
                                   .allocator = &allocator,
                                   .format = ETWKIT_FORMAT_PCAPNG,
                                   .flags = (flags & 1 ? ETWKIT_SINK_PACKETS_ALL : 0u) |
                                            (flags & 2 ? ETWKIT_SINK_PACKETS_DROPPED : 0u),
                                   .write = take,
                                   .context = &out};
    etwkit_sink *sink = NULL;
    etwkit_status status = etwkit_sink_open(&sink, &options, NULL);
    FUZZ_CHECK(status == ETWKIT_OK || fuzz_memory_failed(&memory));
    for (int64_t i = 0; sink && input.left; i++) {
        status = write_event(sink, &input, &schema, i);
        FUZZ_CHECK(status == ETWKIT_OK || (status == ETWKIT_E_NO_MEMORY && fuzz_memory_failed(&memory)));
    }
    if (sink) {
        etwkit_packet_counts counts = etwkit_sink_get_packets(sink);
        FUZZ_CHECK(etwkit_sink_flush(sink, NULL) == ETWKIT_OK);
        for (size_t at = 0; at < out.size;)
            at += check_block(&out, at);
        FUZZ_CHECK(out.size >= 28 && counts.packets == out.packets && counts.interfaces == out.interfaces);
        FUZZ_CHECK(counts.truncated <= counts.packets);
    }
    etwkit_sink_close(&sink);
    FUZZ_CHECK(memory.live == 0);
    free(out.data);
    return 0;
}
