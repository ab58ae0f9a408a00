/* SPDX-License-Identifier: MIT */
/* MS-XCA plain LZ77, the direction that packs. Knows no buffers; inflate.c is its other half. */
#include "base/bytes.h"
#include "etl/inflate.h"

#include <stdbool.h>

enum {
    MIN_MATCH = 3,
    WINDOW = 8192,    /* what 13 bits of distance reach */
    SHORT_LENGTH = 7, /* a length (from 3) of this and more continues behind the match */
    NIBBLE_LENGTH = 15,
    BYTE_LENGTH = 255,
    FLAGS = 32 /* tokens that one word of flags is for */
};

/* The stream being written. Every put checks for room; `full` sticks. */
typedef struct packer {
    uint8_t *out;
    size_t size;
    size_t capacity;
    size_t flags_at; /* where the word of flags for the next tokens stands */
    uint32_t flags;  /* the first token is the highest bit */
    unsigned flag_count;
    size_t half_at; /* the byte whose high nibble is still free, */
    bool has_half;  /* if there is one */
    bool full;
} packer;

static uint8_t *reserve(packer *to, size_t size) {
    if (to->capacity - to->size < size) {
        to->full = true;
        return NULL;
    }
    uint8_t *at = to->out + to->size;
    to->size += size;
    return at;
}

static void put8(packer *to, uint32_t value) {
    uint8_t *at = reserve(to, 1);
    if (at)
        *at = (uint8_t)value;
}

static void put16(packer *to, uint32_t value) {
    uint8_t *at = reserve(to, 2);
    if (at)
        ek_store16(at, (uint16_t)value);
}

static void put32(packer *to, uint32_t value) {
    uint8_t *at = reserve(to, 4);
    if (at)
        ek_store32(at, value);
}

/* The word stands in front of its tokens, so it is reserved before they are known. */
static void begin_flags(packer *to) {
    to->flags_at = to->size;
    to->flags = 0;
    to->flag_count = 0;
    put32(to, UINT32_MAX);
}

/* Windows reserves the next word as soon as one is full; a stream may thus end in one that is for nothing. */
static void flag(packer *to, uint32_t is_match) {
    to->flags = to->flags << 1 | is_match;
    if (++to->flag_count < FLAGS || to->full)
        return;
    ek_store32(to->out + to->flags_at, to->flags);
    begin_flags(to);
}

/* Unused flags are ones. */
static void end_flags(packer *to) {
    unsigned unused = FLAGS - to->flag_count;
    if (to->full || unused == FLAGS)
        return;
    ek_store32(to->out + to->flags_at, to->flags << unused | ((UINT32_C(1) << unused) - 1));
}

/* Two lengths share a byte: the first takes its low nibble, the next one its high nibble. */
static void put_nibble(packer *to, uint32_t value) {
    if (to->has_half) {
        to->out[to->half_at] |= (uint8_t)(value << 4);
        to->has_half = false;
        return;
    }
    to->half_at = to->size;
    put8(to, value);
    to->has_half = !to->full;
}

static void put_match(packer *to, size_t distance, size_t size) {
    uint32_t length = (uint32_t)(size - MIN_MATCH);
    uint32_t place = (uint32_t)(distance - 1) << 3;
    if (length < SHORT_LENGTH) {
        put16(to, place | length);
        return;
    }
    put16(to, place | SHORT_LENGTH);
    uint32_t rest = length - SHORT_LENGTH;
    if (rest < NIBBLE_LENGTH) {
        put_nibble(to, rest);
        return;
    }
    put_nibble(to, NIBBLE_LENGTH);
    rest -= NIBBLE_LENGTH;
    if (rest < BYTE_LENGTH) {
        put8(to, rest);
        return;
    }
    /* Here, and only here, the whole length is written. */
    put8(to, BYTE_LENGTH);
    if (length <= UINT16_MAX) {
        put16(to, length);
    } else {
        put16(to, 0);
        put32(to, length);
    }
}

static uint32_t hash3(const uint8_t *data) {
    uint32_t three = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16;
    return three * UINT32_C(2654435761) >> 20;
}

static size_t match_size(const uint8_t *a, const uint8_t *b, const uint8_t *end) {
    const uint8_t *start = b;
    while (end - b >= 8 && ek_load64(a) == ek_load64(b)) {
        a += 8;
        b += 8;
    }
    while (b < end && *a == *b) {
        a++;
        b++;
    }
    return (size_t)(b - start);
}

/* Greedy, and one candidate for each hash of three bytes: the simplest search that still finds what events repeat. */
size_t ek_deflate(const uint8_t *data, size_t size, uint8_t *stream, size_t capacity, uint32_t *table) {
    packer to = {.capacity = capacity};
    to.out = stream;
    if (size > UINT32_MAX / 2)
        return 0;
    memset(table, 0, EK_DEFLATE_TABLE * sizeof *table); /* positions from 1: 0 is none */
    begin_flags(&to);
    size_t at = 0;
    while (at < size && !to.full) {
        size_t found = 0;
        size_t distance = 0;
        if (size - at >= MIN_MATCH) {
            uint32_t *entry = &table[hash3(data + at)];
            size_t before = *entry;
            *entry = (uint32_t)at + 1;
            distance = at + 1 - before;
            if (before > 0 && distance <= WINDOW)
                found = match_size(data + before - 1, data + at, data + size);
        }
        if (found < MIN_MATCH) {
            put8(&to, data[at++]);
            flag(&to, 0);
            continue;
        }
        put_match(&to, distance, found);
        flag(&to, 1);
        /* Every position is entered, so that repetitions inside a match are found too. */
        for (size_t last = at + found; ++at < last;)
            if (size - at >= MIN_MATCH)
                table[hash3(data + at)] = (uint32_t)at + 1;
    }
    end_flags(&to);
    return to.full ? 0 : to.size;
}
