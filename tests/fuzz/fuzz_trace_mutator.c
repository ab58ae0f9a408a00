/* SPDX-License-Identifier: MIT */
/* The mutations of fuzz_trace_mutator.h. Uses the library's own look at events: what that cannot see it cannot aim at.
 */
#include "fuzz_trace_mutator.h"

#include "base/bytes.h"
#include "etl/buffer.h"
#include "etl/event.h"
#include "etl/inflate.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER = EK_BUFFER_HEADER_SIZE,
    AT_SIZE = 0x00,
    AT_FILLED = 0x30,
    AT_FLAGS = 0x34,
    MOST_EVENTS = 512,
    MOST_INFLATED = 1 << 16
};

/* Where an event is, rounded up to 8. */
typedef struct place {
    size_t at, size;
} place;

static size_t find_events(const uint8_t *data, size_t size, place *events) {
    size_t count = 0;
    ek_event_head head;
    for (size_t at = 0; at < size && count < MOST_EVENTS && !ek_event_look(&head, data + at, size - at);) {
        size_t whole = ek_align8(head.size);
        events[count++] = (place){at, whole < size - at ? whole : size - at};
        at += events[count - 1].size;
    }
    return count;
}

static uint32_t interesting(uint32_t *dice, uint32_t now) {
    static const uint32_t values[] = {0,     1,      7,      8,       0x48,       0x50,      0xFF,
                                      0x100, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, UINT32_MAX};
    switch (fuzz_dice(dice, 4)) {
    case 0: return now + 8 - fuzz_dice(dice, 17);
    case 1: return now ^ 1u << fuzz_dice(dice, 32);
    case 2: return fuzz_dice(dice, UINT16_MAX);
    default: return values[fuzz_dice(dice, sizeof values / sizeof values[0])];
    }
}

/* Mutates [at, at + size) with libFuzzer; what is behind moves along. */
static size_t mutate_part(uint8_t *data, size_t size, size_t capacity, place part) {
    size_t behind = size - part.at - part.size, room = capacity - part.at - behind;
    uint8_t *copy = fuzz_block(room);
    memcpy(copy, data + part.at, part.size);
    size_t now = LLVMFuzzerMutate(copy, part.size, room);
    memmove(data + part.at + now, data + part.at + part.size, behind);
    memcpy(data + part.at, copy, now);
    free(copy);
    return part.at + now + behind;
}

static size_t repeat(uint8_t *data, size_t size, size_t capacity, place event) {
    if (event.size > capacity - size)
        return size;
    memmove(data + event.at + event.size, data + event.at, size - event.at);
    return size + event.size;
}

static size_t remove_event(uint8_t *data, size_t size, place event) {
    memmove(data + event.at, data + event.at + event.size, size - event.at - event.size);
    return size - event.size;
}

static void change_number(uint8_t *data, place event, uint32_t *dice) {
    size_t at = event.at + 2 * fuzz_dice(dice, event.size < 0x60 ? (uint32_t)event.size / 2 : 0x30);
    if (event.at + event.size - at >= 4)
        ek_store32(data + at, interesting(dice, ek_load32(data + at)));
}

static void change_size(uint8_t *data, place event, uint32_t *dice) {
    size_t at = event.at + (fuzz_dice(dice, 2) ? 4 : 0);
    ek_store16(data + at, (uint16_t)interesting(dice, ek_load16(data + at)));
}

static void change_time(uint8_t *data, place event, uint32_t *dice) {
    size_t at = event.at + (fuzz_dice(dice, 4) ? 0x10 : 8);
    if (event.size >= 0x18)
        ek_store64(data + at, ek_load64(data + at) + ((uint64_t)interesting(dice, 0) << fuzz_dice(dice, 33)));
}

static void swap(uint8_t *data, place a, place b) {
    if (a.size != b.size || a.at == b.at)
        return;
    for (size_t i = 0; i < a.size; i++) {
        uint8_t byte = data[a.at + i];
        data[a.at + i] = data[b.at + i];
        data[b.at + i] = byte;
    }
}

size_t fuzz_mutate_events(uint8_t *data, size_t size, size_t capacity, uint32_t *dice) {
    place events[MOST_EVENTS];
    size_t count = find_events(data, size, events);
    if (count == 0 || capacity < size || fuzz_dice(dice, 8) == 0)
        return LLVMFuzzerMutate(data, size, capacity);
    place event = events[fuzz_dice(dice, (uint32_t)count)], other = events[fuzz_dice(dice, (uint32_t)count)];
    switch (fuzz_dice(dice, 8)) {
    case 0: return repeat(data, size, capacity, event);
    case 1: return remove_event(data, size, event);
    case 2: change_size(data, event, dice); break;
    case 3: change_time(data, event, dice); break;
    case 4: swap(data, event, other); break;
    case 5: change_number(data, event, dice); break;
    default: { /* its bytes; mostly it stays the event that it was */
        size_t now = mutate_part(data, size, capacity, event);
        bool grown = now + event.size != size && now + event.size > size && data[event.at + 3] >= 0xC0;
        if (grown && fuzz_dice(dice, 4)) {
            size_t own = now + event.size - size,
                   at = data[event.at + 2] >= 0x0A && data[event.at + 2] != 0x10 && data[event.at + 2] != 0x11 ? 0 : 4;
            if (now >= event.at + 8)
                ek_store16(data + event.at + at, (uint16_t)own);
        }
        return now;
    }
    }
    return size;
}

static void change_header(uint8_t *data, uint32_t *dice) {
    static const struct {
        uint8_t at, size;
    } fields[] = {{0x00, 4}, {0x04, 4}, {0x08, 4}, {0x10, 8}, {0x18, 8},
                  {0x28, 2}, {0x2A, 2}, {0x30, 4}, {0x34, 2}, {0x36, 2}};
    uint32_t which = fuzz_dice(dice, sizeof fields / sizeof fields[0]);
    uint8_t *at = data + fields[which].at;
    if (fields[which].size == 2)
        ek_store16(at, (uint16_t)(fuzz_dice(dice, 2) ? fuzz_dice(dice, 0x80) : interesting(dice, ek_load16(at))));
    else
        ek_store32(at + (fields[which].size == 8 ? 4 * fuzz_dice(dice, 2) : 0), interesting(dice, ek_load32(at)));
}

static void fix_sizes(uint8_t *data, size_t size, size_t filled, uint32_t *dice) {
    if (fuzz_dice(dice, 8) == 0)
        return;
    ek_store32(data + AT_FILLED, (uint32_t)filled);
    ek_store32(data + AT_SIZE, (uint32_t)size);
}

/* Changes what a compressed buffer holds, and compresses it again. */
static size_t mutate_inflated(uint8_t *data, size_t size, size_t capacity, uint32_t *dice) {
    uint8_t *plain = fuzz_block(MOST_INFLATED);
    uint32_t *table = (uint32_t *)(void *)fuzz_block(EK_DEFLATE_TABLE * sizeof *table);
    size_t filled = ek_load32(data + AT_FILLED), wanted = filled < HEADER ? 0 : filled - HEADER;
    wanted = wanted < MOST_INFLATED ? wanted : MOST_INFLATED;
    size_t got = ek_inflate(data + HEADER, size - HEADER, plain, wanted);
    got = fuzz_mutate_events(plain, got, MOST_INFLATED, dice);
    size_t packed = ek_deflate(plain, got, data + HEADER, capacity - HEADER, table);
    free(plain);
    free(table);
    if (packed == 0)
        return size;
    fix_sizes(data, HEADER + packed, HEADER + got, dice);
    return HEADER + packed;
}

size_t fuzz_mutate_buffer(uint8_t *data, size_t size, size_t capacity, uint32_t *dice) {
    if (size <= HEADER || capacity < size)
        return LLVMFuzzerMutate(data, size, capacity);
    bool packed = ek_load16(data + AT_FLAGS) & EK_BUFFER_COMPRESSED;
    switch (fuzz_dice(dice, 8)) {
    case 0: change_header(data, dice); return size;
    case 1:
        data[AT_FLAGS] ^= (uint8_t)(fuzz_dice(dice, 2) ? EK_BUFFER_COMPRESSED : 1u << fuzz_dice(dice, 8));
        return size;
    case 2: fix_sizes(data, size, size, dice); return size;
    default: break;
    }
    if (packed && fuzz_dice(dice, 4))
        return mutate_inflated(data, size, capacity, dice);
    size = HEADER + fuzz_mutate_events(data + HEADER, size - HEADER, capacity - HEADER, dice);
    if (!packed)
        fix_sizes(data, size, size, dice);
    return size;
}
