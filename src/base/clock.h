/* SPDX-License-Identifier: MIT */
/* Raw ticks of a trace's clock to FILETIME, exact to 100 ns, in integers only. */
#ifndef EK_BASE_CLOCK_H
#define EK_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* FILETIME = start_time + floor((ticks - start_ticks) * 10^7 / frequency); frequency 0: ticks are FILETIMEs. */
typedef struct ek_clock {
    int64_t start_ticks;
    int64_t start_time;
    uint64_t frequency;
} ek_clock;

/* Saturates at INT64_MIN and INT64_MAX. */
int64_t ek_clock_filetime(const ek_clock *clock, int64_t ticks);
/* The smallest ticks whose FILETIME is not before `filetime`. */
int64_t ek_clock_ticks(const ek_clock *clock, int64_t filetime);

#endif
