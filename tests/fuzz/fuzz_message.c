/* SPDX-License-Identifier: MIT */
/* Fuzz target: any template of a message with any fields and payload, as a manifest has it and as a TMF file has it.
 *
 * Input: u8 how (bit 0: 8-byte pointers, bit 1: of a TMF file, bit 2: with a map), u8 the allocation that fails (0:
 * none), u8 fields, u8 top-level fields; per field u16 flags, u8 in-type, u8 out-type, u8 count, u8 length, u8 first
 * member, u8 members (low half) and kind of a TMF parameter (high half); the template, to a NUL; then the payload.
 */
#include "base/utf.h"
#include "decode/message.h"
#include "fuzz.h"
#include "schema/tmf.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_FIELDS = 64,
    FLAGS = EK_FIELD_STRUCT | EK_FIELD_PARAM_LENGTH | EK_FIELD_PARAM_COUNT | EK_FIELD_FIXED_LENGTH |
            EK_FIELD_FIXED_COUNT | EK_FIELD_COUNT_U16 | EK_FIELD_COUNT_REST | EK_FIELD_OPTIONAL | EK_FIELD_HIDDEN
};

static const ek_map_entry entries[] = {{1, "one"}, {2, "%1"}, {4, "\xE2\x82\xAC"}};
static const etwkit_map bits = {"map", entries, NULL, 3, true};

static void take_field(fuzz_input *input, ek_field_spec *spec, ek_tmf_parameter *parameter, unsigned how) {
    static const char *const names[] = {"a", "b", "\xC3\xA9"};
    uint16_t flags = fuzz_u16(input);
    uint8_t in = fuzz_u8(input), out = fuzz_u8(input);
    *spec = (ek_field_spec){.flags = flags & FLAGS, .out_type = out, .map = how & 4 ? &bits : NULL};
    spec->in_type = (uint16_t)(in < 30 ? in : 300 + in - 30);
    spec->count = fuzz_u8(input);
    spec->length = fuzz_u8(input);
    spec->first_member = fuzz_u8(input);
    uint8_t more = fuzz_u8(input);
    spec->member_count = spec->flags & EK_FIELD_STRUCT ? more & 15 : 0;
    spec->name = names[more % 3];
    spec->name_length = strlen(spec->name);
    parameter->kind = (uint8_t)((more >> 4) % (EK_TMF_FLAGS + 1));
}

/* The text up to a NUL, on the heap; sources of templates see to it that they are UTF-8. */
static char *take_template(fuzz_input *input) {
    const uint8_t *nul = input->left ? memchr(input->at, 0, input->left) : NULL;
    size_t size = nul ? (size_t)(nul - input->at) : input->left;
    char *text = (char *)fuzz_block(size + 1);
    if (size)
        memcpy(text, input->at, size);
    text[size] = 0;
    for (size_t at = 0; (at += ek_utf8_valid((uint8_t *)text + at, size - at)) < size;)
        text[at] = '?';
    input->at += nul ? size + 1 : size;
    input->left -= nul ? size + 1 : size;
    return text;
}

static void show(const etwkit_schema *schema, const etwkit_record *record, unsigned long fail_at) {
    fuzz_memory memory = {.fail_at = fail_at};
    etwkit_allocator allocator = fuzz_allocator(&memory);
    ek_buf out, again;
    ek_buf_init(&out, &allocator);
    bool any = ek_message_append(&out, schema, record);
    FUZZ_CHECK(any);
    FUZZ_CHECK(out.failed <= fuzz_memory_failed(&memory));
    FUZZ_CHECK(out.size <= EK_MESSAGE_MOST);
    FUZZ_CHECK(!out.size || out.failed || ek_utf8_valid(out.data, out.size) == out.size);
    if (!out.failed) {
        memory.fail_at = 0;
        ek_buf_init(&again, &allocator);
        FUZZ_CHECK(ek_message_append(&again, schema, record) && again.size == out.size);
        FUZZ_CHECK(!out.size || memcmp(again.data, out.data, out.size) == 0);
        ek_buf_free(&again);
    }
    ek_buf_free(&out);
    FUZZ_CHECK(memory.live == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_memory memory = {0};
    etwkit_allocator allocator = fuzz_allocator(&memory);
    ek_field_spec specs[MOST_FIELDS];
    ek_tmf_parameter parameters[MOST_FIELDS];
    ek_arena arena;
    ek_arena_init(&arena, &allocator);
    unsigned how = fuzz_u8(&input), fail_at = fuzz_u8(&input);
    size_t count = fuzz_u8(&input) % MOST_FIELDS, top = fuzz_u8(&input);
    top = top < count ? top : count;
    for (size_t i = 0; i < count; i++) {
        parameters[i] = (ek_tmf_parameter){.type = "type", .number = (uint16_t)(10 + i)};
        take_field(&input, &specs[i], &parameters[i], how);
    }
    char *template = take_template(&input);
    uint8_t *payload = fuzz_copy(input.at, input.left);
    const ek_tmf_message tmf = {.parameter_count = (uint16_t)top,
                                .provider = "driver",
                                .source = "a.c",
                                .symbol = "a_c12",
                                .format = template,
                                .comment = "LEVEL=Error FUNC=f",
                                .parameters = parameters};
    etwkit_schema schema = {.is = {.message = template, .tmf = how & 2 ? &tmf : NULL}, .known = true};
    etwkit_record record = {.payload = payload,
                            .payload_size = (uint32_t)input.left,
                            .pointer_size = how & 1 ? 8 : 4,
                            .data = payload,
                            .data_size = (uint32_t)input.left};
    if (ek_layout_build(&schema.is.layout, &arena, specs, count, top, NULL) == ETWKIT_OK)
        show(&schema, &record, fail_at);
    free(template);
    free(payload);
    ek_arena_free(&arena);
    FUZZ_CHECK(memory.live == 0);
    return 0;
}
