/* SPDX-License-Identifier: MIT */
/* Fuzz target: one event's header, items and counters.
 *
 * Input: u8 (bit 0: the trace's pointers have 8 bytes), u8 how many bytes a peek may read, then the event.
 */
#include "etl/event.h"
#include "fuzz.h"
#include "fuzz_show.h"
#include "fuzz_trace_mutator.h"

#include <stdlib.h>
#include <string.h>

/* What a peek tells of fewer bytes is what the whole tells. */
static void check_peek(const uint8_t *event, size_t left, size_t have, const ek_event_head *whole, const char *phrase) {
    ek_event_head head = {0};
    have = have < left ? have : left;
    uint8_t *front = fuzz_copy(event, have);
    const char *peeked = ek_event_peek(&head, front, left, have);
    free(front);
    if (!peeked && !phrase)
        FUZZ_CHECK(head.size == whole->size && head.kind == whole->kind && head.time == whole->time);
    if (have >= EK_EVENT_PEEK && whole->kind != ETWKIT_HEADER_WNODE)
        FUZZ_CHECK(!peeked == !phrase);
}

static void check_record(const etwkit_record *record, const ek_event_head *head) {
    FUZZ_CHECK(record->data_size == head->size && record->raw_timestamp == head->time);
    FUZZ_CHECK(record->header_kind == head->kind);
    FUZZ_CHECK(record->pointer_size == 4 || record->pointer_size == 8);
    FUZZ_CHECK(record->payload >= record->data + 8);
    fuzz_show_record(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    uint8_t pointer_size = fuzz_u8(&input) & 1 ? 8 : 4;
    size_t have = fuzz_u8(&input);
    uint8_t *event = fuzz_copy(input.at, input.left);
    ek_event_head head = {0};
    const char *phrase = ek_event_look(&head, event, input.left);
    FUZZ_CHECK(phrase || (head.size >= 8 && head.size <= input.left));
    check_peek(event, input.left, have, &head, phrase);
    if (!phrase) {
        uint8_t *exact = fuzz_copy(event, head.size); /* the event alone, nothing behind it */
        etwkit_record record;
        (void)ek_event_read(&record, &head, exact, pointer_size);
        check_record(&record, &head);
        free(exact);
    }
    free(event);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed) {
    uint32_t dice = seed;
    if (size < 3 || capacity < size || fuzz_dice(&dice, 3) == 0)
        return LLVMFuzzerMutate(data, size, capacity);
    return 2 + fuzz_mutate_events(data + 2, size - 2, capacity - 2, &dice);
}
