/* SPDX-License-Identifier: MIT */
/* Traces and events made by hand, byte by byte, for the reader's tests. Shares no code with reader or writer. */
#ifndef EK_TEST_HANDMADE_H
#define EK_TEST_HANDMADE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    HAND_BUFFER_HEADER = 72,
    HAND_LOGFILE_EVENT = 344, /* of the header event: numbers, "t" and "f", padding */
    HAND_START_TICKS = 1000,
    HAND_FREQUENCY = 1000 /* ticks a second */
};
#define HAND_START_TIME INT64_C(130000000000000000)

static inline void hand16(uint8_t *at, unsigned value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void hand32(uint8_t *at, uint32_t value) {
    hand16(at, value & 0xFFFF);
    hand16(at + 2, value >> 16);
}

static inline void hand64(uint8_t *at, uint64_t value) {
    hand32(at, (uint32_t)value);
    hand32(at + 4, (uint32_t)(value >> 32));
}

/* A trace that grows at its end. `buffer_size` is that of plain buffers. */
typedef struct hand_trace {
    uint8_t *data;
    size_t size;
    uint32_t buffer_size;
    size_t buffer; /* offset of the last buffer */
    uint32_t filled;
} hand_trace;

static inline uint8_t *hand_room(hand_trace *trace, size_t more, int fill) {
    trace->data = realloc(trace->data, trace->size + more + 1);
    memset(trace->data + trace->size, fill, more);
    trace->size += more;
    return trace->data + trace->size - more;
}

static inline void hand_free(hand_trace *trace) {
    free(trace->data);
    *trace = (hand_trace){0};
}

/* Begins a plain buffer: empty, all its bytes there. `flags` 0x20: the processor has two bytes. */
static inline void hand_buffer(hand_trace *trace, unsigned type, unsigned flags, unsigned processor) {
    trace->buffer = trace->size;
    trace->filled = HAND_BUFFER_HEADER;
    uint8_t *at = hand_room(trace, trace->buffer_size, 0xFF);
    memset(at, 0, HAND_BUFFER_HEADER);
    hand32(at, trace->buffer_size);
    hand32(at + 8, trace->buffer_size + 13); /* CurrentOffset is garbage in real files too */
    hand64(at + 16, HAND_START_TICKS + 500);
    if (flags & 0x20)
        hand16(at + 40, processor);
    else
        hand16(at + 40, processor | 8 << 8);
    hand16(at + 42, 3);
    hand32(at + 44, 3);
    hand32(at + 48, trace->filled);
    hand16(at + 52, flags);
    hand16(at + 54, type);
}

/* Room for an event at the end of the last buffer, rounded up to 8; returns where it is. */
static inline uint8_t *hand_event(hand_trace *trace, uint32_t size) {
    uint8_t *at = trace->data + trace->buffer + trace->filled;
    memset(at, 0, size);
    trace->filled += (size + 7) / 8 * 8;
    hand32(trace->data + trace->buffer + 48, trace->filled);
    return at;
}

/* An EVENT64 header of 80 bytes and a payload of its id, repeated. */
static inline uint8_t *hand_event64(hand_trace *trace, int64_t time, unsigned id, uint32_t payload) {
    uint8_t *at = hand_event(trace, 80 + payload);
    hand16(at, 80 + payload);
    hand16(at + 2, 0xC013);
    hand32(at + 8, 22);
    hand32(at + 12, 11);
    hand64(at + 16, (uint64_t)time);
    memset(at + 24, 0xAB, 16);
    hand16(at + 40, id);
    memset(at + 80, (int)(id & 0xFF), payload);
    return at;
}

/* The header event, SYSTEM64, clock type 1. Its numbers can be changed afterwards: they begin 32 bytes behind `at`. */
static inline uint8_t *hand_logfile(hand_trace *trace) {
    uint8_t *at = hand_event(trace, HAND_LOGFILE_EVENT), *body = at + 32;
    hand16(at, 2);
    hand16(at + 2, 0xC002);
    hand16(at + 4, HAND_LOGFILE_EVENT);
    hand32(at + 8, 2);
    hand32(at + 12, 1);
    hand64(at + 16, HAND_START_TICKS);
    hand32(body, trace->buffer_size);
    hand32(body + 4, 0x0501000A);
    hand32(body + 8, 19041);
    hand32(body + 12, 4);
    hand64(body + 16, (uint64_t)HAND_START_TIME + 10000000);
    hand32(body + 24, 156250);
    hand32(body + 28, 64);
    hand32(body + 32, 1);
    hand32(body + 36, 2);
    hand32(body + 40, 1);
    hand32(body + 44, 8);
    hand32(body + 48, 5);
    hand32(body + 52, 2400);
    hand32(body + 72, (uint32_t)-60);
    hand64(body + 248, (uint64_t)HAND_START_TIME - 77);
    hand64(body + 256, HAND_FREQUENCY);
    hand64(body + 264, (uint64_t)HAND_START_TIME);
    hand32(body + 272, 1);
    hand32(body + 276, 6);
    hand16(body + 280, 't');
    hand16(body + 284, 'f');
    return at;
}

/* Begins a trace with its header buffer. */
static inline void hand_begin(hand_trace *trace, uint32_t buffer_size) {
    *trace = (hand_trace){.buffer_size = buffer_size};
    hand_buffer(trace, 4, 0x21, 0);
    hand_logfile(trace);
}

/* Replaces the last buffer, plain so far, by a compressed one of literals only. */
static inline void hand_compress(hand_trace *trace) {
    uint8_t *plain = malloc(trace->buffer_size);
    memcpy(plain, trace->data + trace->buffer, trace->buffer_size);
    trace->size = trace->buffer;
    memcpy(hand_room(trace, HAND_BUFFER_HEADER, 0), plain, HAND_BUFFER_HEADER);
    for (uint32_t at = HAND_BUFFER_HEADER; at < trace->filled; at++) {
        if ((at - HAND_BUFFER_HEADER) % 32 == 0)
            hand_room(trace, 4, 0);
        *hand_room(trace, 1, 0) = plain[at];
    }
    uint8_t *header = trace->data + trace->buffer;
    hand32(header, (uint32_t)(trace->size - trace->buffer));
    header[52] |= 0x40;
    free(plain);
}

#endif
