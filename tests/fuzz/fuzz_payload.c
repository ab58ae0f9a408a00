/* SPDX-License-Identifier: MIT */
/* Fuzz target: a payload read by any schema: the layout is made of the input, too.
 *
 * Input: u8 how (bit 0: 8-byte pointers, bits 4-7: flags of the sinks), u8 fields, u8 top-level fields, u8 entries of
 * the map (bit 7: bits); per entry u8 value, u8 label; per field u16 flags, u8 in-type, u8 out-type, u8 count, u8
 * length, u8 first member, u8 members and, in the bits above, whether it has the map and which name; then the payload.
 */
#include "fuzz.h"
#include "fuzz_show.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_FIELDS = 64,
    MOST_ENTRIES = 32,
    MEMBERS = 0x0F,
    HAS_MAP = 0x10,
    FLAGS = EK_FIELD_STRUCT | EK_FIELD_PARAM_LENGTH | EK_FIELD_PARAM_COUNT | EK_FIELD_FIXED_LENGTH |
            EK_FIELD_FIXED_COUNT | EK_FIELD_COUNT_U16 | EK_FIELD_COUNT_REST | EK_FIELD_OPTIONAL | EK_FIELD_HIDDEN |
            EK_FIELD_ALIGN8
};

static const char *const names[] = {"",         "a",           "a_2",  "\"quoted\\", "\xC3\xA9t\xC3\xA9",
                                    "\xFF\x80", "tab\tbell\a", "value"};
#define NAMES (sizeof names / sizeof names[0])

/* The out-types above 100 are the ones from 300 on, so that a byte names all; the in-types above 30 likewise. */
static uint16_t type_of(uint8_t byte, uint8_t from) {
    return (uint16_t)(byte < from ? byte : 300 + byte - from);
}

static void take_field(fuzz_input *input, ek_field_spec *spec, const etwkit_map *map) {
    uint16_t flags = fuzz_u16(input);
    uint8_t in = fuzz_u8(input), out = fuzz_u8(input);
    *spec = (ek_field_spec){.flags = flags & FLAGS, .in_type = type_of(in, 30), .out_type = type_of(out, 100)};
    spec->count = fuzz_u8(input);
    spec->length = fuzz_u8(input);
    spec->first_member = fuzz_u8(input);
    uint8_t more = fuzz_u8(input);
    spec->member_count = spec->flags & EK_FIELD_STRUCT ? more & MEMBERS : 0;
    spec->map = more & HAS_MAP ? map : NULL;
    spec->name = names[more >> 5 & (NAMES - 1)];
    spec->name_length = strlen(spec->name);
}

static const etwkit_map *take_map(fuzz_input *input, unsigned count, ek_arena *arena) {
    ek_map_entry entries[MOST_ENTRIES];
    bool is_bitmap = (count & 0x80) != 0;
    count %= MOST_ENTRIES;
    for (unsigned i = 0; i < count; i++) {
        uint8_t value = fuzz_u8(input);
        entries[i].value = value & 0x80 ? UINT64_C(1) << (value & 63) : value;
        entries[i].label = names[fuzz_u8(input) & (NAMES - 1)];
    }
    for (unsigned i = 0; i < count; i++) /* labels are UTF-8: their sources see to that */
        if (entries[i].label[0] == '\xFF')
            entries[i].label = "";
    return ek_map_build(arena, "map", is_bitmap, entries, count);
}

/* One event through a sink: whole output, or a refusal for want of memory, and nothing of the event. */
static void show_in_sink(const ek_sink_event *event, etwkit_format format, unsigned flags) {
    fuzz_sink to;
    FUZZ_CHECK(fuzz_sink_open(&to, format, flags, NULL) == ETWKIT_OK);
    FUZZ_CHECK(ek_sink_append(to.sink, event, NULL) == ETWKIT_OK);
    FUZZ_CHECK(ek_sink_append(to.sink, event, NULL) == ETWKIT_OK);
    FUZZ_CHECK(etwkit_sink_flush(to.sink, NULL) == ETWKIT_OK);
    FUZZ_CHECK(!to.is_jsonl || to.lines == 2);
    etwkit_sink_close(&to.sink);
}

static void show(const ek_layout *layout, const uint8_t *payload, size_t size, unsigned how) {
    etwkit_schema schema = {.is = {.layout = layout, .source = ETWKIT_SOURCE_MANIFEST, .event_name = "fuzz"},
                            .known = true,
                            .json_head = ",\"event_name\":\"fuzz\"",
                            .json_head_size = 20};
    etwkit_record record = {.payload = payload,
                            .payload_size = (uint32_t)size,
                            .pointer_size = how & 1 ? 8 : 4,
                            .data = payload,
                            .data_size = (uint32_t)size};
    ek_sink_event event = {&record, &schema, (int32_t)how, 0, NULL, 0};
    fuzz_show_schema(&schema);
    fuzz_show_values(&record, &schema);
    show_in_sink(&event, ETWKIT_FORMAT_JSONL, how >> 4);
    show_in_sink(&event, ETWKIT_FORMAT_TEXT, how >> 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_memory memory = {0};
    etwkit_allocator allocator = fuzz_allocator(&memory);
    etwkit_error error = {0};
    ek_field_spec specs[MOST_FIELDS];
    ek_arena arena;
    ek_arena_init(&arena, &allocator);
    unsigned how = fuzz_u8(&input);
    size_t count = fuzz_u8(&input) % MOST_FIELDS, top = fuzz_u8(&input);
    top = top < count ? top : count;
    unsigned entries = fuzz_u8(&input);
    const etwkit_map *map = take_map(&input, entries, &arena);
    FUZZ_CHECK(map != NULL);
    for (size_t i = 0; i < count; i++)
        take_field(&input, &specs[i], map);
    uint8_t *payload = fuzz_copy(input.at, input.left);
    const ek_layout *layout = NULL;
    etwkit_status status = ek_layout_build(&layout, &arena, specs, count, top, &error);
    FUZZ_CHECK(status == ETWKIT_OK || (status == ETWKIT_E_DAMAGED && error.message[0]));
    if (status == ETWKIT_OK)
        show(layout, payload, input.left, how);
    free(payload);
    ek_arena_free(&arena);
    FUZZ_CHECK(memory.live == 0);
    return 0;
}
