/* SPDX-License-Identifier: MIT */
/* Fuzz target: Windows binaries, and the resources in them alone.
 *
 * Input: u8 (0: a binary; 1: event templates with a message table of u16 size in front, 2: a message table), u8 the
 * allocation that fails (0: none; times 4), bytes.
 */
#include "base/bytes.h"
#include "fuzz.h"
#include "fuzz_provider.h"
#include "schema/pe_providers.h"

#include <stdlib.h>
#include <string.h>

enum {
    INPUT_HEAD = 2,
    MOST_TIMES = 1024 /* of its own size, that one input may take in memory */
};

static void report(void *context, const etwkit_error *error) {
    (void)context;
    FUZZ_CHECK(error->status < 0 && error->message[0]);
}

/* Of these resources each name has letters, and each template fields. */
static void check_provider(const ek_provider *provider) {
    fuzz_show_provider(provider);
    for (size_t kind = 0; kind < EK_TABLE_KINDS; kind++)
        for (size_t i = 0; i < provider->tables[kind].count; i++)
            FUZZ_CHECK(provider->tables[kind].values[i].name[0] != 0);
    for (size_t i = 0; i < provider->event_count; i++)
        FUZZ_CHECK(!provider->events[i].payload || provider->events[i].payload->field_count > 0);
}

static void read_texts(const uint8_t *data, size_t size, const etwkit_allocator *allocator) {
    ek_message_table table;
    const char *text;
    ek_message_table_init(&table, allocator);
    etwkit_status status = ek_message_table_add(&table, data, size, NULL);
    FUZZ_CHECK(status == ETWKIT_OK || status == ETWKIT_E_DAMAGED || status == ETWKIT_E_NO_MEMORY);
    for (size_t i = 0; i < table.count; i++) {
        status = ek_message_table_find(&table, table.list[i].id, &text, NULL);
        FUZZ_CHECK(status == ETWKIT_E_NO_MEMORY || text != NULL || table.list[i].id == EK_NO_MESSAGE);
        if (!status)
            fuzz_check_text(text);
    }
    ek_message_table_free(&table);
}

static etwkit_status read_templates(ek_providers *providers, fuzz_input *input) {
    size_t text_size = fuzz_u16(input);
    const uint8_t *at = fuzz_bytes(input, &text_size);
    uint8_t *texts = fuzz_copy(at, text_size), *data = fuzz_copy(input->at, input->left);
    ek_message_table table;
    ek_message_table_init(&table, &providers->arena.allocator);
    etwkit_status status = ek_message_table_add(&table, texts, text_size, NULL);
    ek_wevt_source source = {
        .name = "fuzz.dll", .data = data, .size = input->left, .messages = &table, .report = report};
    if (status != ETWKIT_E_NO_MEMORY)
        status = ek_wevt_read(&source, providers, NULL);
    ek_message_table_free(&table);
    free(texts);
    free(data);
    return status;
}

static etwkit_status read_binary(ek_providers *providers, const fuzz_input *input) {
    uint8_t *data = fuzz_copy(input->at, input->left);
    etwkit_status status = ek_pe_read_providers("/nowhere/fuzz.dll", data, input->left, providers, report, NULL, NULL);
    FUZZ_CHECK(status != ETWKIT_OK || ek_pe_is(data, input->left));
    free(data);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    fuzz_memory memory = {0};
    unsigned kind = fuzz_u8(&input) % 3;
    memory.fail_at = fuzz_u8(&input) * 4ul;
    etwkit_allocator allocator = fuzz_allocator(&memory);
    ek_providers providers;
    etwkit_status status = ETWKIT_OK;
    ek_providers_init(&providers, &allocator);
    if (kind == 0)
        status = read_binary(&providers, &input);
    else if (kind == 1)
        status = read_templates(&providers, &input);
    else {
        uint8_t *copy = fuzz_copy(input.at, input.left);
        read_texts(copy, input.left, &allocator);
        free(copy);
    }
    FUZZ_CHECK((status == ETWKIT_E_NO_MEMORY) <= fuzz_memory_failed(&memory));
    FUZZ_CHECK(providers.arena.total <= MOST_TIMES * (size + 4096));
    for (size_t i = 0; i < providers.count; i++)
        check_provider(providers.list[i]);
    ek_providers_free(&providers);
    FUZZ_CHECK(memory.live == 0);
    return 0;
}

/* Where the event templates begin, from where their offsets count. */
static size_t find_templates(const uint8_t *data, size_t size) {
    for (size_t at = 0; at + 4 <= size; at++)
        if (memcmp(data + at, "CRIM", 4) == 0)
            return at;
    return size < INPUT_HEAD ? 0 : INPUT_HEAD;
}

/* Is it the signature of a block? */
static bool is_block(const uint8_t *at) {
    for (size_t i = 0; i < 4; i++)
        if (at[i] < 'A' || at[i] > 'Z')
            return false;
    return true;
}

/* The offset of some block behind a place, or some offset. */
static uint32_t some_offset(const uint8_t *data, size_t size, uint32_t *dice) {
    size_t start = fuzz_dice(dice, (uint32_t)(size / 4)) * (size_t)4;
    for (size_t at = start; at + 4 <= size && at < start + 2048; at += 4)
        if (is_block(data + at))
            return (uint32_t)at;
    return (uint32_t)start;
}

/* Everything in these resources is numbers of 4 bytes: counts, offsets, values. */
static void mutate_number(uint8_t *data, size_t size, uint32_t *dice) {
    uint8_t *at = data + fuzz_dice(dice, (uint32_t)(size / 4)) * (size_t)4;
    uint32_t value = ek_load32(at);
    switch (fuzz_dice(dice, 6)) {
    case 0: value = some_offset(data, size, dice); break;
    case 1: value = fuzz_dice(dice, 40); break;
    case 2: value += fuzz_dice(dice, 9) - 4; break;
    case 3: value ^= 1u << fuzz_dice(dice, 32); break;
    case 4: value = ek_load32(data + fuzz_dice(dice, (uint32_t)(size / 4)) * (size_t)4); break;
    default: value = (uint32_t)size - fuzz_dice(dice, 64); break;
    }
    ek_store32(at, value);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
    uint32_t dice = seed;
    size_t front = find_templates(data, size);
    if (size < front + 16 || capacity < size || fuzz_dice(&dice, 4) == 0)
        return LLVMFuzzerMutate(data, size, capacity);
    for (uint32_t times = 1 + fuzz_dice(&dice, 4); times; times--)
        mutate_number(data + front, size - front, &dice);
    return size;
}
