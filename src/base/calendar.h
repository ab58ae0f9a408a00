/* SPDX-License-Identifier: MIT */
/* Dates and times of day of a FILETIME, in integers. */
#ifndef EK_BASE_CALENDAR_H
#define EK_BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ek_date {
    int year;
    unsigned month, day; /* from 1 */
} ek_date;

typedef struct ek_clock_time {
    unsigned hour, minute, second;
    unsigned fraction; /* 100 ns */
} ek_clock_time;

/* Days since 1601-01-01. */
int64_t ek_days_from_date(int year, unsigned month, unsigned day);
ek_date ek_date_from_days(int64_t days);
/* false: before 1601 or after 9999. */
bool ek_time_split(int64_t filetime, ek_date *date, ek_clock_time *time);

#endif
