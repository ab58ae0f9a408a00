/* SPDX-License-Identifier: MIT */
/* Fuzz target: a TMF file, and a payload read and formatted by each of its messages.
 *
 * Input: u8 the allocation that fails (0: none; times 4), u8 (bit 0: 8-byte pointers; bits 1-2: the format; bits 4-5:
 * flags of the sink), u16 size of the payload, payload, the file.
 */
#include "base/hash.h"
#include "base/utf.h"
#include "decode/message.h"
#include "fuzz.h"
#include "fuzz_show.h"
#include "fuzz_text.h"
#include "schema/tmf.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_MESSAGES = 16, /* that are shown */
    MOST_TIMES = 64,    /* of its own size that one input may take in memory that stays */
    BASE = 65536
};

static void show_in_sink(const ek_sink_event *event, etwkit_format format, unsigned flags) {
    fuzz_sink to;
    FUZZ_CHECK(fuzz_sink_open(&to, format, flags | ETWKIT_SINK_MESSAGE, NULL) == ETWKIT_OK);
    FUZZ_CHECK(ek_sink_append(to.sink, event, NULL) == ETWKIT_OK);
    FUZZ_CHECK(etwkit_sink_flush(to.sink, NULL) == ETWKIT_OK);
    FUZZ_CHECK(!to.is_jsonl || to.lines == 1);
    etwkit_sink_close(&to.sink);
}

/* The message as text, with memory that may run out. */
static void show_message(const etwkit_schema *schema, const etwkit_record *record, fuzz_memory *memory) {
    etwkit_allocator allocator = fuzz_allocator(memory);
    ek_buf text;
    ek_buf_init(&text, &allocator);
    FUZZ_CHECK(ek_message_append(&text, schema, record));
    FUZZ_CHECK(!text.failed || fuzz_memory_failed(memory));
    FUZZ_CHECK(text.failed || text.size == 0 || fuzz_is_utf8((const char *)text.data, text.size));
    FUZZ_CHECK(text.size <= EK_MESSAGE_MOST + 4 * (size_t)record->payload_size + EK_TMF_PARAMETERS * 4096u + 65536);
    ek_buf_free(&text);
}

static void show(const ek_tmf *tmf, const ek_tmf_message *message, etwkit_record *record, unsigned how,
                 fuzz_memory *memory) {
    etwkit_allocator allocator = fuzz_allocator(memory);
    etwkit_error error = {0};
    static const etwkit_format formats[] = {ETWKIT_FORMAT_JSONL, ETWKIT_FORMAT_TEXT, ETWKIT_FORMAT_CSV,
                                            ETWKIT_FORMAT_JSONL};
    ek_arena arena;
    ek_arena_init(&arena, &allocator);
    etwkit_schema schema = {.known = true, .json_head = ",\"a\":1", .json_head_size = 6, .json_names = ""};
    record->provider_id = message->id;
    record->event_id = message->number;
    FUZZ_CHECK(ek_tmf_find(tmf, &message->id, message->number) == message);
    etwkit_status status = ek_tmf_describe(tmf, record, &arena, &schema.is, &error);
    FUZZ_CHECK(status == ETWKIT_OK || (status == ETWKIT_E_NO_MEMORY && fuzz_memory_failed(memory)));
    if (status == ETWKIT_OK) {
        if (!schema.is.event_name) /* the catalog makes one */
            schema.is.event_name = "";
        ek_sink_event event = {.record = record, .schema = &schema};
        fuzz_show_schema(&schema);
        fuzz_show_values(record, &schema);
        show_message(&schema, record, memory);
        show_in_sink(&event, formats[how >> 1 & 3], how >> 4 & 3);
    }
    ek_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_memory memory = {0};
    memory.fail_at = fuzz_u8(&input) * 4ul;
    unsigned how = fuzz_u8(&input), shown = 0;
    size_t payload_size = fuzz_u16(&input);
    const uint8_t *bytes = fuzz_bytes(&input, &payload_size);
    uint8_t *payload = fuzz_copy(bytes, payload_size), *text = fuzz_copy(input.at, input.left);
    etwkit_allocator allocator = fuzz_allocator(&memory);
    etwkit_error error = {0}, fault = {0};
    ek_tmf tmf;
    ek_tmf_init(&tmf, &allocator);
    (void)ek_tmf_is(text, input.left);
    etwkit_status status = ek_tmf_read(&tmf, "fuzz.tmf", text, input.left, &fault, &error);
    FUZZ_CHECK(status == ETWKIT_OK || (status == ETWKIT_E_NO_MEMORY && fuzz_memory_failed(&memory)));
    FUZZ_CHECK(!fault.status || fault.message[0]);
    FUZZ_CHECK(tmf.arena.total <= MOST_TIMES * size + BASE);
    free(text); /* nothing of it may be needed any more */
    etwkit_record record = {.payload = payload,
                            .payload_size = (uint32_t)payload_size,
                            .pointer_size = how & 1 ? 8 : 4,
                            .data = payload,
                            .data_size = (uint32_t)payload_size,
                            .header_kind = ETWKIT_HEADER_MESSAGE};
    for (const ek_tmf_message *at = tmf.newest; at && shown < MOST_MESSAGES; at = at->older, shown++)
        show(&tmf, at, &record, how, &memory);
    free(payload);
    ek_tmf_free(&tmf);
    FUZZ_CHECK(memory.live == 0);
    return 0;
}
