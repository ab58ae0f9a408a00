/* SPDX-License-Identifier: MIT */
/* Numbers to digits, written straight to memory and returning the end. Knows no types of traces, checks no room. */
#ifndef EK_DECODE_NUMBER_H
#define EK_DECODE_NUMBER_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>

/* What each function may write at most, scratch behind the returned end included. */
#define EK_INTEGER_ROOM 24
#define EK_FLOAT_ROOM 32

/* A string literal without its NUL. */
#define EK_PUT(at, literal) (memcpy((at), (literal), sizeof(literal) - 1), (at) + sizeof(literal) - 1)

/* "00" to "99", one after another. */
extern const char ek_digit_pairs[200];
extern const uint64_t ek_powers_of_10[20];

static inline uint8_t *ek_write_pair(uint8_t *at, unsigned value) {
    memcpy(at, ek_digit_pairs + (size_t)value * 2, 2);
    return at + 2;
}

/* Digits from the last to the first, in front of `end`; returns the first. */
static inline uint8_t *ek_write_backwards(uint8_t *end, uint64_t value) {
    while (value >= 100) {
        uint64_t rest = value / 100;
        end -= 2;
        memcpy(end, ek_digit_pairs + (value - rest * 100) * 2, 2);
        value = rest;
    }
    if (value >= 10) {
        end -= 2;
        memcpy(end, ek_digit_pairs + value * 2, 2);
    } else
        *--end = (uint8_t)('0' + value);
    return end;
}

/* How many decimal digits value has. */
static inline unsigned ek_digit_count(uint64_t value) {
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1), guess = bits * 1233 >> 12; /* log10(2) = 1233 / 4096 */
    return guess + (value >= ek_powers_of_10[guess]) + (value == 0);
}

static inline uint8_t *ek_write_u64(uint8_t *at, uint64_t value) {
    if (value < 10) { /* most numbers in traces are small */
        *at = (uint8_t)('0' + value);
        return at + 1;
    }
    uint8_t *end = at + ek_digit_count(value);
    if (value <= UINT32_MAX) { /* cheaper divisions */
        uint8_t *to = end;
        uint32_t left = (uint32_t)value;
        while (left >= 100) {
            uint32_t rest = left / 100;
            to -= 2;
            memcpy(to, ek_digit_pairs + (size_t)(left - rest * 100) * 2, 2);
            left = rest;
        }
        if (left >= 10)
            memcpy(to - 2, ek_digit_pairs + (size_t)left * 2, 2);
        else
            to[-1] = (uint8_t)('0' + left);
    } else
        ek_write_backwards(end, value);
    return end;
}

static inline uint8_t *ek_write_i64(uint8_t *at, int64_t value) {
    *at = '-';
    return ek_write_u64(at + (value < 0), value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* Exactly 7 digits: the fraction of a second in 100 ns. */
static inline uint8_t *ek_write_fraction(uint8_t *at, uint32_t value) {
    uint32_t high = value / 1000, low = value - high * 1000; /* 4 + 3 digits */
    ek_write_pair(at, high / 100);
    ek_write_pair(at + 2, high % 100);
    at[4] = (uint8_t)('0' + low / 100);
    return ek_write_pair(at + 5, low % 100);
}

/*
 * The eight hex digits of a number, first digit in the lowest byte, computed in one register: each nibble gets a byte,
 * and those above 9 get what lies between '9' and 'a' (39) or 'A' (7) on top.
 */
static inline uint64_t ek_hex_digits(uint32_t value, unsigned letters) {
    uint64_t x = value >> 16 | (uint64_t)(value & 0xFFFF) << 32;
    x = (x >> 8 & 0x000000FF000000FFu) | (x & 0x000000FF000000FFu) << 16;
    x = (x >> 4 & 0x000F000F000F000Fu) | (x & 0x000F000F000F000Fu) << 8;
    uint64_t above_9 = (x + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
    return x + 0x3030303030303030u + above_9 * letters;
}

#define EK_LOWER 39u
#define EK_UPPER 7u

static inline uint8_t *ek_write_hex8(uint8_t *at, uint32_t value) {
    ek_store64(at, ek_hex_digits(value, EK_LOWER));
    return at + 8;
}

/* "0x2f", lower case, no leading zeros. */
static inline uint8_t *ek_write_hex(uint8_t *at, uint64_t value) {
    unsigned digits = (67 - (unsigned)__builtin_clzll(value | 1)) / 4;
    uint64_t aligned = value << (64 - digits * 4);
    ek_store16(at, 'x' << 8 | '0');
    ek_store64(at + 2, ek_hex_digits((uint32_t)(aligned >> 32), EK_LOWER));
    ek_store64(at + 10, ek_hex_digits((uint32_t)aligned, EK_LOWER));
    return at + 2 + digits;
}

/* Upper-case hex of bytes: exactly 2 * size bytes. */
uint8_t *ek_write_bytes(uint8_t *at, const uint8_t *data, size_t size);

/*
 * The shortest decimal that reads back as the same number, in the form of Python's repr: "0.1", "1e-07", "1.0", "-0.0".
 * Not finite ones are "NaN", "Infinity", "-Infinity".
 */
uint8_t *ek_write_double(uint8_t *at, double value);
uint8_t *ek_write_float(uint8_t *at, float value);

#endif
