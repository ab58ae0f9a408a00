/* SPDX-License-Identifier: MIT */
/* Inflates MS-XCA plain LZ77 (docs/format/compression.md). Knows no buffers and no events. */
#include "etl/inflate.h"

#include "base/bytes.h"

#include <stdbool.h>

/*
 * The stream is a row of tokens: a literal byte, or a match of two bytes and more. 32 flag bits in front of each 32
 * tokens tell which, most significant first. The flags not used up yet stand at the top of a 64-bit word with a 1
 * behind the last: so one count of leading zeros gives a whole run of literals, and the bare 1 says that the word is
 * used up.
 */
#define NO_FLAGS (UINT64_C(1) << 63)

/* Bytes that one turn of the fast loop may touch past its positions: 32 literals and the longest match token. */
#define IN_SLACK 48
#define OUT_SLACK 64
#define CHUNK 16

typedef struct lz {
    const uint8_t *in;
    const uint8_t *in_end;
    const uint8_t *start; /* of the output */
    uint8_t *out;
    uint8_t *end;
    const uint8_t *half; /* a byte whose high nibble is still to be used as a length, or NULL */
    uint64_t flags;
} lz;

static inline uint64_t flags_at(const uint8_t *in) {
    return (uint64_t)ek_load32(in) << 32 | UINT64_C(1) << 31;
}

static inline uint32_t literal_run(uint64_t flags) {
    return (uint32_t)__builtin_clzll(flags);
}

static inline size_t in_left(const lz *s) {
    return (size_t)(s->in_end - s->in);
}

static inline size_t out_left(const lz *s) {
    return (size_t)(s->end - s->out);
}

/*
 * The length of a match whose three bits were all ones: a nibble (two matches share a byte), then 8, 16 and 32 bits,
 * each longer form only where the shorter is full. The 16- and 32-bit forms count the whole length. 0: cut off or
 * impossible.
 */
static size_t long_length(lz *s) {
    uint32_t nibble;
    if (s->half) {
        nibble = *s->half >> 4;
        s->half = NULL;
    } else {
        if (in_left(s) < 1)
            return 0;
        s->half = s->in;
        nibble = *s->in++ & 15;
    }
    if (nibble < 15)
        return nibble + 7 + 3;
    if (in_left(s) < 1)
        return 0;
    uint32_t length = *s->in++;
    if (length < 255)
        return length + 15 + 7 + 3;
    if (in_left(s) < 2)
        return 0;
    length = ek_load16(s->in);
    s->in += 2;
    if (length == 0) {
        if (in_left(s) < 4)
            return 0;
        length = ek_load32(s->in);
        s->in += 4;
    }
    return length < 15 + 7 ? 0 : (size_t)length + 3;
}

/* A match that has OUT_SLACK bytes behind its end to spill into. Source and target overlap where distance < length. */
static inline void copy_fast(uint8_t *out, size_t distance, size_t length) {
    const uint8_t *from = out - distance;
    uint8_t *end = out + length;
    /* A chunk gives `distance` right bytes and doubles the distance at which the pattern repeats. */
    while (distance < CHUNK && out < end) {
        uint8_t chunk[CHUNK];
        memcpy(chunk, from, CHUNK);
        memcpy(out, chunk, CHUNK);
        out += distance;
        distance *= 2;
    }
    while (out < end) {
        memcpy(out, from, CHUNK);
        out += CHUNK;
        from += CHUNK;
    }
}

static void copy_careful(lz *s, size_t distance, size_t length) {
    if (length > out_left(s))
        length = out_left(s);
    for (const uint8_t *from = s->out - distance; length > 0; length--)
        *s->out++ = *from++;
}

/* The match token at s->in, of which two bytes are there. false: it is damaged or cut off. */
static inline bool match(lz *s) {
    uint32_t token = ek_load16(s->in);
    s->in += 2;
    size_t distance = (token >> 3) + 1, length = (token & 7) + 3;
    if (length == 7 + 3 && (length = long_length(s)) == 0)
        return false;
    if (distance > (size_t)(s->out - s->start))
        return false;
    if (length + OUT_SLACK <= out_left(s)) {
        copy_fast(s->out, distance, length);
        s->out += length;
    } else {
        copy_careful(s, distance, length);
    }
    return true;
}

/* As long as the slack is there on both sides: nothing is checked but the matches. false: damaged. */
static bool inflate_fast(lz *state) {
    lz s = *state;
    bool good = true;
    while (good && in_left(&s) >= IN_SLACK && out_left(&s) >= OUT_SLACK) {
        uint32_t run = literal_run(s.flags);
        memcpy(s.out, s.in, CHUNK);
        if (run > CHUNK)
            memcpy(s.out + CHUNK, s.in + CHUNK, CHUNK);
        s.in += run;
        s.out += run;
        s.flags <<= run;
        if (s.flags == NO_FLAGS) {
            s.flags = flags_at(s.in);
            s.in += 4;
        } else {
            s.flags <<= 1;
            good = match(&s);
        }
    }
    *state = s;
    return good;
}

/* One token, everything checked. false: the stream is damaged or ends. */
static bool inflate_token(lz *s) {
    if (s->flags == NO_FLAGS) {
        if (in_left(s) < 4)
            return false;
        s->flags = flags_at(s->in);
        s->in += 4;
    }
    bool is_match = s->flags & NO_FLAGS;
    s->flags <<= 1;
    if (is_match)
        return in_left(s) >= 2 && match(s);
    if (in_left(s) < 1)
        return false;
    *s->out++ = *s->in++;
    return true;
}

size_t ek_inflate(const uint8_t *stream, size_t size, uint8_t *out, size_t capacity) {
    lz s = {.in = stream, .in_end = stream + size, .start = out, .out = out, .end = out + capacity, .flags = NO_FLAGS};
    if (inflate_fast(&s))
        while (s.out < s.end && inflate_token(&s)) {
        }
    return (size_t)(s.out - s.start);
}
