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
#define CHUNK ((size_t)16)
#define WORD 8

/* Through a register: the two may overlap. */
static inline void copy_chunk(uint8_t *out, const uint8_t *from) {
    uint8_t chunk[CHUNK];
    memcpy(chunk, from, CHUNK);
    memcpy(out, chunk, CHUNK);
}

typedef struct lz {
    const uint8_t *in;
    const uint8_t *in_end;
    const uint8_t *start; /* of the output */
    uint8_t *out;
    uint8_t *end;
    uint64_t flags;
    uint32_t halves;   /* the byte that the last long length took a nibble from */
    uint32_t has_half; /* 1: its high nibble is still to be used */
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

/* The rest of a length whose nibble was full: 8, 16, then 32 bits, which count the whole length. 0: it is impossible.
 */
static size_t longest_length(lz *s) {
    uint32_t length = *s->in++;
    if (length < 255)
        return length + 15 + 7 + 3;
    length = ek_load16(s->in);
    s->in += 2;
    if (length == 0) {
        length = ek_load32(s->in);
        s->in += 4;
    }
    return length < 15 + 7 ? 0 : (size_t)length + 3;
}

/*
 * The length of a match whose three bits were all ones: a nibble more, of a byte that two such matches share. No branch
 * asks which half it is, since nobody could predict it.
 */
static inline size_t long_length(lz *s) {
    uint32_t byte = s->has_half ? s->halves : *s->in;
    uint32_t nibble = byte >> (4 * s->has_half) & 15;
    s->halves = byte;
    s->in += 1 - s->has_half;
    s->has_half ^= 1;
    return nibble < 15 ? nibble + 7 + 3 : longest_length(s);
}

/*
 * A match that repeats a few bytes: they are repeated in a register, by a multiplication, and stored as often as need
 * be. To read them again from where they were just written would wait for each write to be done.
 */
static inline void repeat_few(uint8_t *out, size_t distance, size_t length) {
    static const uint64_t ones[WORD] = {0,
                                        0x0101010101010101,
                                        0x0001000100010001,
                                        0x0001000001000001,
                                        0x0000000100000001,
                                        0x0000010000000001,
                                        0x0001000000000001,
                                        0x0100000000000001};
    static const uint8_t whole[WORD] = {0, 8, 8, 6, 8, 5, 6, 7}; /* bytes that hold whole repetitions */
    uint64_t bytes = ek_load64(out - distance) & ((UINT64_C(1) << 8 * distance) - 1);
    uint64_t repeated = bytes * ones[distance];
    size_t step = whole[distance];
    for (size_t done = 0; done < length; done += step)
        ek_store64(out + done, repeated);
}

/* A match that has OUT_SLACK bytes behind its end to spill into. Source and target overlap where distance < length. */
static inline void copy_fast(uint8_t *out, size_t distance, size_t length) {
    const uint8_t *from = out - distance;
    if (distance >= CHUNK) {
        copy_chunk(out, from);
        copy_chunk(out + CHUNK, from + CHUNK);
        for (size_t done = 2 * CHUNK; done < length; done += CHUNK)
            copy_chunk(out + done, from + done);
        return;
    }
    if (distance < WORD) {
        repeat_few(out, distance, length);
        return;
    }
    uint8_t *end = out + length;
    while (distance < CHUNK && out < end) {
        copy_chunk(out, from);
        out += distance;
        distance *= 2;
    }
    for (; out < end; out += CHUNK, from += CHUNK)
        copy_chunk(out, from);
}

static void copy_careful(lz *s, size_t distance, size_t length) {
    if (length > out_left(s))
        length = out_left(s);
    for (const uint8_t *from = s->out - distance; length > 0; length--)
        *s->out++ = *from++;
}

/* The match token at s->in, all of which can be read. false: it is damaged. */
static inline bool match(lz *s) {
    uint32_t token = ek_load16(s->in);
    s->in += 2;
    size_t distance = (token >> 3) + 1, length = (token & 7) + 3;
    if (length == 7 + 3)
        length = long_length(s);
    if (length == 0 || distance > (size_t)(s->out - s->start))
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
        copy_chunk(s.out, s.in);
        if (run > CHUNK)
            copy_chunk(s.out + CHUNK, s.in + CHUNK);
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

/* How many bytes the match token at s->in has; the stream may end before they do. */
static size_t token_size(const lz *s) {
    size_t left = in_left(s), size = 2 + 1 - s->has_half;
    if (left < 2 || (s->in[0] & 7) < 7)
        return 2;
    if (left < size || (s->has_half ? s->halves >> 4 : s->in[2] & 15u) < 15)
        return size;
    if (left < size + 1 || s->in[size] < 255)
        return size + 1;
    if (left < size + 3 || ek_load16(s->in + size + 1) != 0)
        return size + 3;
    return size + 7;
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
    if (in_left(s) < (is_match ? token_size(s) : 1))
        return false;
    if (is_match)
        return match(s);
    *s->out++ = *s->in++;
    return true;
}

size_t ek_inflate(const uint8_t *stream, size_t size, uint8_t *out, size_t capacity) {
    lz s = {.in = stream, .in_end = stream + size, .start = out, .flags = NO_FLAGS};
    s.out = out;
    s.end = out + capacity;
    if (inflate_fast(&s))
        while (s.out < s.end && inflate_token(&s)) {
        }
    return (size_t)(s.out - s.start);
}
