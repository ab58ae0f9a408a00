/* SPDX-License-Identifier: MIT */
/* Fuzz target: TraceLogging metadata and provider traits to a layout, and a payload read by it.
 *
 * Input: u8 (bit 0: 8-byte pointers), u16 size of the traits, u16 size of the payload, traits, payload, metadata.
 */
#include "base/bytes.h"
#include "fuzz.h"
#include "fuzz_show.h"
#include "schema/tracelogging.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEAD = 5,
    MOST_FIELDS = 256
};

static void show(const ek_description *description, const uint8_t *payload, size_t size, unsigned pointer_size) {
    etwkit_schema schema = {.is = *description, .known = true, .json_head = ""};
    etwkit_record record = {.payload = payload,
                            .payload_size = (uint32_t)size,
                            .pointer_size = (uint8_t)pointer_size,
                            .data = payload,
                            .data_size = (uint32_t)size};
    FUZZ_CHECK(description->layout && description->source == ETWKIT_SOURCE_TRACELOGGING);
    fuzz_show_schema(&schema);
    fuzz_show_values(&record, &schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    unsigned pointer_size = fuzz_u8(&input) & 1 ? 8 : 4;
    size_t traits_size = fuzz_u16(&input), payload_size = fuzz_u16(&input);
    const uint8_t *at = fuzz_bytes(&input, &traits_size);
    uint8_t *traits = fuzz_copy(at, traits_size);
    at = fuzz_bytes(&input, &payload_size);
    uint8_t *payload = fuzz_copy(at, payload_size), *metadata = fuzz_copy(input.at, input.left);
    fuzz_memory memory = {0};
    etwkit_allocator allocator = fuzz_allocator(&memory);
    etwkit_error error = {0};
    ek_description description = {0};
    ek_arena arena;
    ek_arena_init(&arena, &allocator);
    etwkit_status status = ek_tracelogging_describe(metadata, input.left, traits_size ? traits : NULL, traits_size,
                                                    &arena, &description, &error);
    FUZZ_CHECK(status == ETWKIT_OK || (status == ETWKIT_E_DAMAGED && error.message[0]));
    if (status == ETWKIT_OK)
        show(&description, payload, payload_size, pointer_size);
    ek_arena_free(&arena);
    FUZZ_CHECK(memory.live == 0);
    free(traits);
    free(payload);
    free(metadata);
    return 0;
}

/* Behind the text at `at`, NUL and all. */
static size_t after_text(const uint8_t *data, size_t size, size_t at) {
    const uint8_t *nul = at < size ? memchr(data + at, 0, size - at) : NULL;
    return nul ? (size_t)(nul - data) + 1 : size;
}

/* Bytes of tags: 7 bits each, while bit 7 is set. */
static size_t after_tags(const uint8_t *data, size_t size, size_t at) {
    while (at < size && data[at] & 0x80)
        at++;
    return at < size ? at + 1 : size;
}

static size_t after_field(const uint8_t *data, size_t size, size_t at) {
    at = after_text(data, size, at);
    if (at >= size)
        return size;
    uint8_t in = data[at++], out = 0;
    if (in & 0x80 && at < size)
        out = data[at++];
    if (out & 0x80)
        at = after_tags(data, size, at);
    if (in & 0x20)
        at += 2;
    return at < size ? at : size;
}

/* A field from nothing: a name, a type, and what the type announces. */
static size_t make_field(uint8_t *field, uint32_t *dice) {
    size_t size = fuzz_dice(dice, 4);
    memset(field, 'a' + (int)fuzz_dice(dice, 3), size);
    field[size++] = 0;
    uint8_t in = (uint8_t)fuzz_dice(dice, 28), out = (uint8_t)fuzz_dice(dice, 40);
    in |= (uint8_t)(fuzz_dice(dice, 4) ? 0 : 0x20u << fuzz_dice(dice, 2));
    bool has_out = (in & 31) == 24 || fuzz_dice(dice, 3) == 0;
    field[size++] = (uint8_t)(in | (has_out ? 0x80 : 0));
    if (has_out)
        field[size++] = (in & 31) == 24 ? (uint8_t)fuzz_dice(dice, 5) : out;
    if (in & 0x20) {
        field[size++] = (uint8_t)fuzz_dice(dice, 9);
        field[size++] = 0;
    }
    return size;
}

/* Puts `size` bytes in the place of `gone` bytes; returns the new size of all. */
static size_t splice(uint8_t *data, size_t all, size_t capacity, size_t at, size_t gone, const uint8_t *bytes,
                     size_t size) {
    if (all - gone + size > capacity)
        return all;
    memmove(data + at + size, data + at + gone, all - at - gone);
    memcpy(data + at, bytes, size);
    return all - gone + size;
}

static size_t mutate_metadata(uint8_t *data, size_t size, size_t capacity, uint32_t *dice) {
    size_t fields[MOST_FIELDS + 1], count = 0;
    size_t at = after_text(data, size, after_tags(data, size, 2));
    for (; at < size && count < MOST_FIELDS; at = after_field(data, size, at))
        fields[count++] = at;
    fields[count] = at;
    size_t chosen = fuzz_dice(dice, (uint32_t)count + 1), other = count ? fuzz_dice(dice, (uint32_t)count) : 0;
    uint8_t made[16];
    size_t place = fields[chosen], length = chosen < count ? fields[chosen + 1] - place : 0;
    switch (fuzz_dice(dice, 5)) {
    case 0: size = splice(data, size, capacity, place, length, made, 0); break;
    case 1:
        size = splice(data, size, capacity, place, fuzz_dice(dice, 2) ? length : 0, made, make_field(made, dice));
        break;
    case 2:
        if (count) {
            size_t own = fields[other + 1] - fields[other];
            uint8_t *copy = fuzz_copy(data + fields[other], own);
            size = splice(data, size, capacity, place, 0, copy, own);
            free(copy);
        }
        break;
    case 3: /* the bytes behind a field's name */
        at = after_text(data, size, place);
        if (at < size)
            data[at + fuzz_dice(dice, size - at > 2 ? 2 : 1)] ^= (uint8_t)(1u << fuzz_dice(dice, 8));
        break;
    default: size = LLVMFuzzerMutate(data, size, capacity); break;
    }
    if (size >= 2 && fuzz_dice(dice, 8))
        ek_store16(data, (uint16_t)size);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
    uint32_t dice = seed;
    size_t front = HEAD;
    if (size > HEAD)
        front += (size_t)ek_load16(data + 1) + ek_load16(data + 3);
    if (size < front + 4 || capacity < size || fuzz_dice(&dice, 4) == 0)
        return LLVMFuzzerMutate(data, size, capacity);
    return front + mutate_metadata(data + front, size - front, capacity - front, &dice);
}
