/* SPDX-License-Identifier: MIT */
/* The shortest decimal of a binary floating-point number, found exactly in whole numbers. Knows no types of traces. */
#include "decode/number.h"

/*
 * The method is Steele and White's: a number v and half of the gaps to its neighbours are held as whole numbers over
 * one denominator, v = r / s, and digits are taken from r / s until what is left lies within the gap: then every
 * further digit would read back as the same v. Exact, hence large numbers: up to 2^1131 for the smallest doubles. For
 * those of usual size s is a power of two and 128 bits are enough.
 */
#define LIMBS 40
#define USUAL_BITS 122 /* ten times a number of these and two more bits fits into 128 */

typedef struct big {
    uint32_t limb[LIMBS]; /* lowest first; those from count on are zero up to where they are looked at */
    unsigned count;
} big;

static void big_set(big *to, uint64_t value) {
    to->limb[0] = (uint32_t)value;
    to->limb[1] = (uint32_t)(value >> 32);
    to->count = value >> 32 ? 2 : value ? 1 : 0;
}

static void big_multiply(big *to, uint32_t factor) {
    uint64_t carry = 0;
    for (unsigned i = 0; i < to->count; i++) {
        carry += (uint64_t)to->limb[i] * factor;
        to->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        to->limb[to->count++] = (uint32_t)carry;
}

static void big_multiply_power_of_10(big *to, unsigned power) {
    for (; power >= 9; power -= 9)
        big_multiply(to, 1000000000);
    if (power)
        big_multiply(to, (uint32_t)ek_powers_of_10[power]);
}

static void big_shift(big *to, unsigned bits) {
    unsigned limbs = bits / 32;
    if (to->count == 0)
        return;
    big_multiply(to, (uint32_t)1 << bits % 32);
    if (limbs == 0)
        return;
    for (unsigned i = to->count; i-- > 0;)
        to->limb[i + limbs] = to->limb[i];
    memset(to->limb, 0, limbs * sizeof to->limb[0]);
    to->count += limbs;
}

static int big_compare(const big *a, const big *b) {
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (unsigned i = a->count; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* a + b against c. */
static int big_compare_sum(const big *a, const big *b, const big *c) {
    big sum = {.count = 0};
    uint64_t carry = 0;
    unsigned count = a->count > b->count ? a->count : b->count;
    for (unsigned i = 0; i < count; i++) {
        carry += (uint64_t)(i < a->count ? a->limb[i] : 0) + (i < b->count ? b->limb[i] : 0);
        sum.limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        sum.limb[count++] = (uint32_t)carry;
    sum.count = count;
    return big_compare(&sum, c);
}

static void big_subtract_multiple(big *from, const big *what, uint32_t times) {
    uint64_t carry = 0, borrow = 0;
    for (unsigned i = 0; i < what->count; i++) {
        carry += (uint64_t)what->limb[i] * times;
        uint64_t left = (uint64_t)from->limb[i] - (uint32_t)carry - borrow;
        from->limb[i] = (uint32_t)left;
        borrow = left >> 32 & 1;
        carry >>= 32;
    }
    while (from->count && from->limb[from->count - 1] == 0)
        from->count--;
}

/*
 * The next digit, r / s, with r becoming the rest. The highest limb of s lies between 8 and UINT32_MAX / 10 and r < 10
 * s, so both have the same number of limbs, or r fewer; the quotient of the highest limbs is at most one too small.
 */
static uint32_t next_digit(big *r, const big *s) {
    if (r->count < s->count)
        return 0;
    uint32_t digit = r->limb[s->count - 1] / (s->limb[s->count - 1] + 1);
    if (digit)
        big_subtract_multiple(r, s, digit);
    if (big_compare(r, s) >= 0) {
        big_subtract_multiple(r, s, 1);
        digit++;
    }
    return digit;
}

typedef struct decimal {
    char digits[20];
    unsigned count;
    int point; /* the value is 0.DIGITS times 10 to this power */
} decimal;

/* The gaps on both sides of v, halved, over s: the lower one is half as wide where v is a power of two. */
typedef struct fraction {
    big r, s, up, down;
} fraction;

static void set_fraction(fraction *v, uint64_t mantissa, int exponent, bool lower_gap_is_narrow) {
    unsigned more = lower_gap_is_narrow ? 2 : 1; /* bits, so that the halves are whole */
    big_set(&v->r, mantissa);
    big_set(&v->s, 1);
    big_set(&v->up, 1);
    big_set(&v->down, 1);
    big_shift(&v->r, more + (exponent > 0 ? (unsigned)exponent : 0));
    big_shift(&v->s, more + (exponent < 0 ? (unsigned)-exponent : 0));
    big_shift(&v->down, exponent > 0 ? (unsigned)exponent : 0);
    big_shift(&v->up, more - 1 + (exponent > 0 ? (unsigned)exponent : 0));
}

static void multiply_by_10(fraction *v) {
    big_multiply(&v->r, 10);
    big_multiply(&v->up, 10);
    big_multiply(&v->down, 10);
}

/* Brings v below 1 and above 1/10, and s into the form that next_digit() wants; returns the power of ten taken out. */
static int scale(fraction *v, int highest_bit, bool even) {
    /* log10(v) from its highest bit, rounded up: right or one too small. The factor is log10(2) * 2^32. */
    int power = (int)((highest_bit * INT64_C(1292913986) + UINT32_MAX) >> 32);
    if (power > 0)
        big_multiply_power_of_10(&v->s, (unsigned)power);
    else if (power < 0) {
        big_multiply_power_of_10(&v->r, (unsigned)-power);
        big_multiply_power_of_10(&v->up, (unsigned)-power);
        big_multiply_power_of_10(&v->down, (unsigned)-power);
    }
    unsigned top = 31 - (unsigned)__builtin_clz(v->s.limb[v->s.count - 1]); /* is to become 27: 2^27 <= limb < 2^28 */
    unsigned shift = (27 + 32 - top) % 32;
    big_shift(&v->r, shift);
    big_shift(&v->s, shift);
    big_shift(&v->up, shift);
    big_shift(&v->down, shift);
    if (big_compare_sum(&v->r, &v->up, &v->s) >= (even ? 0 : 1))
        return power + 1; /* it was one too small */
    multiply_by_10(v);
    return power;
}

/* What is left lies within the gap below, above, or both: is this the last digit, and is it to be one more? */
static bool ends(bool low, bool high, int half, unsigned *digit) {
    if (low && high) /* both neighbours would do: the nearer one, the even one of equals */
        high = half > 0 || (half == 0 && *digit % 2);
    *digit += high;
    return low || high;
}

/*
 * mantissa / 2^bits, below 2^53. Before the point no digit is cut short but zeros, and none is rounded: the gap is
 * smaller than 1, and from v to any whole number it is a whole gap at least.
 */
static void shortest_usual(decimal *out, uint64_t mantissa, unsigned bits, bool lower_gap_is_narrow) {
    typedef unsigned __int128 wide;
    bool even = (mantissa & 1) == 0;
    unsigned more = lower_gap_is_narrow ? 2 : 1;
    wide one = (wide)1 << (bits + more), rest = (wide)mantissa << more & (one - 1), up = lower_gap_is_narrow ? 2 : 1,
         down = 1;
    uint64_t whole = bits < 64 ? mantissa >> bits : 0;
    out->count = whole ? (unsigned)(ek_write_u64((uint8_t *)out->digits, whole) - (uint8_t *)out->digits) : 0;
    out->point = (int)out->count;
    for (bool last = rest == 0; !last;) {
        rest *= 10;
        up *= 10;
        down *= 10;
        unsigned digit = (unsigned)(rest >> (bits + more));
        rest &= one - 1;
        int half = rest * 2 > one ? 1 : rest * 2 == one ? 0 : -1;
        bool low = rest < down + even, high = one < rest + up + even;
        last = ends(low, high, half, &digit);
        if (digit || out->count)
            out->digits[out->count++] = (char)('0' + digit);
        else
            out->point--;
    }
    while (out->count > 1 && out->digits[out->count - 1] == '0')
        out->count--;
}

/* mantissa * 2^exponent, not zero. */
static void shortest(decimal *out, uint64_t mantissa, int exponent, bool lower_gap_is_narrow) {
    if (exponent < 0 && exponent >= -USUAL_BITS) {
        shortest_usual(out, mantissa, (unsigned)-exponent, lower_gap_is_narrow);
        return;
    }
    fraction v;
    bool even = (mantissa & 1) == 0; /* then the ends of the gap still read back as v */
    set_fraction(&v, mantissa, exponent, lower_gap_is_narrow);
    out->point = scale(&v, exponent + 63 - __builtin_clzll(mantissa), even);
    out->count = 0;
    for (bool last = false; !last; multiply_by_10(&v)) {
        unsigned digit = next_digit(&v.r, &v.s);
        bool low = big_compare(&v.r, &v.down) < (even ? 1 : 0);
        bool high = big_compare_sum(&v.r, &v.up, &v.s) >= (even ? 0 : 1);
        last = ends(low, high, low && high ? big_compare_sum(&v.r, &v.r, &v.s) : 0, &digit);
        out->digits[out->count++] = (char)('0' + digit);
    }
}

static uint8_t *write_plain(uint8_t *at, const decimal *number) {
    unsigned before = number->point > 0 ? (unsigned)number->point : 0, count = number->count;
    if (number->point <= 0) {
        unsigned zeros = (unsigned)-number->point;
        memset(at, '0', 5);
        at[1] = '.';
        memcpy(at + 2 + zeros, number->digits, count);
        return at + 2 + zeros + count;
    }
    memset(at, '0', 20);
    memcpy(at, number->digits, before < count ? before : count);
    at[before] = '.';
    if (before >= count) {
        at[before + 1] = '0';
        return at + before + 2;
    }
    memcpy(at + before + 1, number->digits + before, count - before);
    return at + count + 1;
}

static uint8_t *write_exponent(uint8_t *at, const decimal *number) {
    int exponent = number->point - 1;
    *at++ = (uint8_t)number->digits[0];
    if (number->count > 1) {
        *at++ = '.';
        memcpy(at, number->digits + 1, number->count - 1);
        at += number->count - 1;
    }
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    return size < 100 ? ek_write_pair(at, size) : ek_write_u64(at, size);
}

/* The three parts of an IEEE number: `bits` of the mantissa are stored, and `bias` belongs to the exponent. */
static uint8_t *write_number(uint8_t *at, bool negative, uint64_t mantissa, int exponent, unsigned bits, int bias) {
    int all_ones = bias * 2 + 1;
    if (exponent == all_ones && mantissa != 0)
        return EK_PUT(at, "NaN");
    if (negative)
        *at++ = '-';
    if (exponent == all_ones)
        return EK_PUT(at, "Infinity");
    if (exponent == 0 && mantissa == 0)
        return EK_PUT(at, "0.0");
    decimal number;
    bool narrow = mantissa == 0 && exponent > 1;
    if (exponent == 0)
        exponent = 1; /* subnormal: no hidden bit */
    else
        mantissa |= UINT64_C(1) << bits;
    shortest(&number, mantissa, exponent - bias - (int)bits, narrow);
    return number.point > -4 && number.point <= 16 ? write_plain(at, &number) : write_exponent(at, &number);
}

uint8_t *ek_write_double(uint8_t *at, double value) {
    uint64_t raw;
    memcpy(&raw, &value, sizeof raw);
    return write_number(at, raw >> 63, raw & 0xFFFFFFFFFFFFFu, (int)(raw >> 52 & 0x7FF), 52, 1023);
}

uint8_t *ek_write_float(uint8_t *at, float value) {
    uint32_t raw;
    memcpy(&raw, &value, sizeof raw);
    return write_number(at, raw >> 31, raw & 0x7FFFFFu, (int)(raw >> 23 & 0xFF), 23, 127);
}
