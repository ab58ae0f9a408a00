/* SPDX-License-Identifier: MIT */
/* Raw ticks to FILETIME and back, exact, in integers (docs/format/clock.md). */
#include "base/clock.h"

#define SECOND 10000000 /* FILETIME units */

/* a * b / c, rounded down or up, where the result is known to fit. Real clocks stay within 64 bits on the way; 128 are
 * for frequencies above 10^12. */
static uint64_t multiply_divide(uint64_t a, uint64_t b, uint64_t c, bool up) {
    uint64_t product, round = up ? c - 1 : 0;
    if (!__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(product, round, &product))
        return product / c;
#ifdef __SIZEOF_INT128__
    return (uint64_t)(((unsigned __int128)a * b + round) / c);
#else
#error "a compiler with 128-bit integers is needed (gcc or clang on a 64-bit target)"
#endif
}

static int64_t saturating_add(int64_t a, int64_t b) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

/* Splits a signed distance into whole periods (rounded down) and a rest that is never negative. */
static int64_t floor_divide(int64_t distance, uint64_t period, uint64_t *rest) {
    if (distance >= 0) {
        *rest = (uint64_t)distance % period;
        return (int64_t)((uint64_t)distance / period);
    }
    uint64_t size = 0 - (uint64_t)distance, whole = size / period, over = size % period;
    *rest = over ? period - over : 0;
    return -(int64_t)whole - (over != 0);
}

static int64_t convert(int64_t origin, int64_t distance, uint64_t from, uint64_t to, bool up) {
    uint64_t rest;
    int64_t whole = floor_divide(distance, from, &rest), scaled;
    if (__builtin_mul_overflow(whole, (int64_t)to, &scaled))
        return distance < 0 ? INT64_MIN : INT64_MAX;
    return saturating_add(saturating_add(origin, scaled), (int64_t)multiply_divide(rest, to, from, up));
}

/* a - b, or the nearest that fits. */
static int64_t difference(int64_t a, int64_t b) {
    int64_t result;
    if (__builtin_sub_overflow(a, b, &result))
        return a < b ? INT64_MIN : INT64_MAX;
    return result;
}

int64_t ek_clock_filetime(const ek_clock *clock, int64_t ticks) {
    if (clock->frequency == 0)
        return ticks;
    int64_t distance = difference(ticks, clock->start_ticks);
    if (clock->frequency == SECOND)
        return saturating_add(clock->start_time, distance);
    if (clock->frequency > INT64_MAX)
        return clock->start_time;
    int64_t product; /* one division does where this fits: for days, but with the fastest clocks */
    if (distance >= 0 && !__builtin_mul_overflow(distance, (int64_t)SECOND, &product))
        return saturating_add(clock->start_time, (int64_t)((uint64_t)product / clock->frequency));
    return convert(clock->start_time, distance, clock->frequency, SECOND, false);
}

int64_t ek_clock_ticks(const ek_clock *clock, int64_t filetime) {
    if (clock->frequency == 0)
        return filetime;
    if (clock->frequency > INT64_MAX)
        return clock->start_ticks;
    return convert(clock->start_ticks, difference(filetime, clock->start_time), SECOND, clock->frequency, true);
}
