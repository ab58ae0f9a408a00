/* SPDX-License-Identifier: MIT */
/* All decimal digits of a double, and the forms that printf gives them. Knows no types of traces. */
#include "decode/decimal.h"

#include "base/error.h"

#include <string.h>

#define BASE 1000000000u /* nine digits a limb */
#define LIMBS 40         /* 2^1024 has 309 digits */
#define WORDS 36         /* the smallest double has its last bit at 2^-1074 */

/* The exact value: 0.d1d2d3... * 10^point, without zeros in front. */
typedef struct digits {
    uint8_t digit[1100]; /* 767 significant ones at most, and zeros */
    int count;
    int point;
} digits;

static void add_limb(digits *to, uint32_t limb) {
    uint32_t power = BASE / 10;
    for (; power; power /= 10) {
        uint8_t digit = (uint8_t)(limb / power % 10);
        if (to->count == 0 && digit == 0)
            continue;
        if (to->count < (int)sizeof to->digit)
            to->digit[to->count++] = digit;
    }
}

/* mantissa << shift, for what lies in front of the point. */
static void add_whole(digits *to, uint64_t mantissa, unsigned shift) {
    uint32_t limb[LIMBS] = {0};
    unsigned count = 0;
    for (; mantissa; mantissa /= BASE)
        limb[count++] = (uint32_t)(mantissa % BASE);
    while (shift) {
        unsigned step = shift < 29 ? shift : 29;
        uint64_t carry = 0;
        for (unsigned i = 0; i < count; i++) {
            carry += (uint64_t)limb[i] << step;
            limb[i] = (uint32_t)(carry % BASE);
            carry /= BASE;
        }
        if (carry)
            limb[count++] = (uint32_t)carry;
        shift -= step;
    }
    while (count)
        add_limb(to, limb[--count]);
    to->point = to->count;
}

/* Turns the bits of a fraction, fraction / 2^(32 * WORDS), into digits, nine at a time. */
static void add_fraction(digits *to, uint32_t fraction[WORDS]) {
    unsigned low = 0;
    while (low < WORDS && !fraction[low])
        low++;
    while (low < WORDS) {
        uint64_t carry = 0;
        for (unsigned i = low; i < WORDS; i++) {
            carry += (uint64_t)fraction[i] * BASE;
            fraction[i] = (uint32_t)carry;
            carry >>= 32;
        }
        int before = to->count;
        add_limb(to, (uint32_t)carry);
        if (before == 0) /* zeros in front of the first digit */
            to->point -= 9 - to->count;
        while (low < WORDS && !fraction[low])
            low++;
    }
}

static void take_digits(digits *to, double value) {
    uint64_t raw;
    memcpy(&raw, &value, sizeof raw);
    uint64_t mantissa = raw & 0xFFFFFFFFFFFFFu;
    int exponent = (int)(raw >> 52 & 0x7FF);
    to->count = to->point = 0;
    mantissa |= exponent ? UINT64_C(1) << 52 : 0;
    exponent = (exponent ? exponent : 1) - 1075; /* value = mantissa * 2^exponent */
    if (exponent >= 0) {
        add_whole(to, mantissa, (unsigned)exponent);
        return;
    }
    unsigned below = (unsigned)-exponent; /* bits behind the point, 1074 at most */
    if (below < 64)
        add_whole(to, mantissa >> below, 0);
    uint32_t fraction[WORDS] = {0};
    uint64_t bits = below < 64 ? mantissa & ((UINT64_C(1) << below) - 1) : mantissa;
    unsigned lowest = WORDS * 32 - below, word = lowest / 32, shift = lowest % 32; /* where its last bit stands */
    for (unsigned i = 0; i < 3 && word + i < WORDS; i++) {
        uint64_t part = i == 0 ? bits << shift : i == 1 ? bits >> (32 - shift) : shift ? bits >> (64 - shift) : 0;
        fraction[word + i] = (uint32_t)part;
    }
    add_fraction(to, fraction);
}

/* Keeps `kept` digits, which may be less than none; a tie goes to the even digit. */
static void round_digits(digits *of, int kept) {
    if (kept >= of->count)
        return;
    bool up = false;
    if (kept >= 0) {
        int rest = kept + 1;
        while (rest < of->count && of->digit[rest] == 0)
            rest++;
        bool tie = of->digit[kept] == 5 && rest == of->count;
        up = tie ? kept > 0 && (of->digit[kept - 1] & 1) : of->digit[kept] >= 5;
    }
    of->count = kept > 0 ? kept : 0;
    int at = of->count;
    while (up && at > 0 && of->digit[at - 1] == 9)
        of->digit[--at] = 0;
    if (up && at > 0)
        of->digit[at - 1]++;
    else if (up) {
        of->digit[0] = 1; /* 9.99 became 10.0 */
        of->count = of->count ? of->count : 1;
        of->point++;
    }
}

static char digit_at(const digits *of, int place) {
    return (char)('0' + (place >= 0 && place < of->count ? of->digit[place] : 0));
}

static void append_digits(ek_buf *out, const digits *of, int from, int count) {
    for (int i = 0; i < count; i++)
        ek_buf_byte(out, (uint8_t)digit_at(of, from + i));
}

/* `behind`: digits behind the point. */
static void append_fixed(ek_buf *out, const digits *of, int behind, bool point) {
    if (of->point > 0)
        append_digits(out, of, 0, of->point);
    else
        ek_buf_byte(out, '0');
    if (behind || point)
        ek_buf_byte(out, '.');
    append_digits(out, of, of->point, behind);
}

static void append_exponent(ek_buf *out, const digits *of, int behind, bool point, char letter) {
    char text[16];
    int exponent = of->count ? of->point - 1 : 0;
    ek_buf_byte(out, (uint8_t)digit_at(of, 0));
    if (behind || point)
        ek_buf_byte(out, '.');
    append_digits(out, of, 1, behind);
    int length =
        ek_format(text, sizeof text, "%c%c%02d", letter, exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
    ek_buf_append(out, text, (size_t)length);
}

/* The shorter of both, without the zeros at the end. */
static void append_general(ek_buf *out, digits *of, int significant, bool alternate, char letter) {
    round_digits(of, significant);
    int exponent = of->count ? of->point - 1 : 0, shown = significant;
    if (!alternate) {
        shown = of->count;
        while (shown > 1 && of->digit[shown - 1] == 0)
            shown--;
    }
    if (exponent < -4 || exponent >= significant) {
        append_exponent(out, of, shown > 1 ? shown - 1 : 0, alternate, letter);
        return;
    }
    int behind = shown - 1 - exponent;
    append_fixed(out, of, behind > 0 ? behind : 0, alternate);
}

void ek_decimal_append(ek_buf *out, double value, char conversion, unsigned precision, bool alternate) {
    digits of;
    int wanted = (int)(precision < EK_DECIMAL_PRECISION ? precision : EK_DECIMAL_PRECISION);
    bool upper = conversion >= 'A' && conversion <= 'Z';
    take_digits(&of, value);
    switch (conversion | 0x20) {
    case 'f':
        round_digits(&of, of.point + wanted);
        append_fixed(out, &of, wanted, alternate);
        break;
    case 'e':
        round_digits(&of, wanted + 1);
        append_exponent(out, &of, wanted, alternate, upper ? 'E' : 'e');
        break;
    default: append_general(out, &of, wanted ? wanted : 1, alternate, upper ? 'E' : 'e'); break;
    }
}
