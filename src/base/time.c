/* SPDX-License-Identifier: MIT */
/* FILETIME to text and back. Dates by the proleptic Gregorian calendar, in integers. */
#include "base/calendar.h"
#include "base/error.h"

#include <etwkit/time.h>

#include <stdbool.h>
#include <string.h>

#define SECOND INT64_C(10000000)
#define DAY (86400 * SECOND)
#define LAST_DAY 3067670 /* 9999-12-31, in days since 1601-01-01 */

/* Days of 1601-01-01 and back; years start in March inside, so that the leap day comes last. */
int64_t ek_days_from_date(int year, unsigned month, unsigned day) {
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400, of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 584694;
}

ek_date ek_date_from_days(int64_t days) {
    days += 584694;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    ek_date date = {(int)(year + era * 400), (unsigned)(month < 10 ? month + 3 : month - 9),
                    (unsigned)(of_year - (153 * month + 2) / 5 + 1)};
    if (date.month <= 2)
        date.year++;
    return date;
}

bool ek_time_split(int64_t filetime, ek_date *date, ek_clock_time *time) {
    if (filetime < 0 || filetime / DAY > LAST_DAY)
        return false;
    int64_t of_day = filetime % DAY;
    *date = ek_date_from_days(filetime / DAY);
    *time = (ek_clock_time){(unsigned)(of_day / (3600 * SECOND)), (unsigned)(of_day / (60 * SECOND) % 60),
                            (unsigned)(of_day / SECOND % 60), (unsigned)(of_day % SECOND)};
    return true;
}

etwkit_status etwkit_time_format(int64_t filetime, char text[ETWKIT_TIME_TEXT], size_t *length) {
    ek_date date;
    ek_clock_time time;
    bool good = ek_time_split(filetime, &date, &time);
    int size = good ? ek_format(text, ETWKIT_TIME_TEXT, "%04d-%02u-%02uT%02u:%02u:%02u.%07uZ", date.year, date.month,
                                date.day, time.hour, time.minute, time.second, time.fraction)
                    : ek_format(text, ETWKIT_TIME_TEXT, "%lld", (long long)filetime);
    if (length)
        *length = (size_t)size;
    return good ? ETWKIT_OK : ETWKIT_E_RANGE;
}

/* `digits` decimal digits, at most `most`; false where they are no digits or too large. */
static bool take(const char **text, unsigned digits, unsigned most, unsigned *value) {
    for (*value = 0; digits--; (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *value = *value * 10 + (unsigned)(**text - '0');
    }
    return *value <= most;
}

static bool take_fraction(const char **text, int64_t *fraction) {
    int64_t unit = SECOND;
    if (**text < '0' || **text > '9')
        return false;
    for (*fraction = 0; **text >= '0' && **text <= '9'; (*text)++) {
        unit /= 10;
        *fraction += unit * (**text - '0');
    }
    return true;
}

static bool take_zone(const char **text, int64_t *offset) {
    unsigned hours, minutes;
    bool west = **text == '-';
    *offset = 0;
    if (**text == 'Z' || **text == 'z')
        return (*text)++, true;
    if (**text != '+' && **text != '-')
        return true;
    (*text)++;
    if (!take(text, 2, 23, &hours))
        return false;
    if (**text == ':')
        (*text)++;
    if (!take(text, 2, 59, &minutes))
        return false;
    *offset = (west ? -1 : 1) * ((int64_t)hours * 60 + minutes) * 60 * SECOND;
    return true;
}

static bool take_clock(const char **text, int64_t *of_day) {
    unsigned hour, minute, second = 0;
    int64_t fraction = 0;
    if (!take(text, 2, 23, &hour) || *(*text)++ != ':' || !take(text, 2, 59, &minute))
        return false;
    if (**text == ':') {
        (*text)++;
        if (!take(text, 2, 59, &second))
            return false;
        if (**text == '.') {
            (*text)++;
            if (!take_fraction(text, &fraction))
                return false;
        }
    }
    *of_day = ((int64_t)hour * 3600 + (int64_t)minute * 60 + second) * SECOND + fraction;
    return true;
}

etwkit_status etwkit_time_parse(int64_t *filetime, const char *text) {
    unsigned year, month, day;
    int64_t of_day = 0, offset = 0;
    if (!take(&text, 4, 9999, &year) || *text++ != '-' || !take(&text, 2, 12, &month) || *text++ != '-' ||
        !take(&text, 2, 31, &day) || month == 0 || day == 0)
        return ETWKIT_E_INVALID;
    int64_t days = ek_days_from_date((int)year, month, day);
    ek_date back = ek_date_from_days(days);
    if (days < 0 || back.month != month || back.day != day)
        return ETWKIT_E_INVALID;
    if (*text == 'T' || *text == 't' || *text == ' ') {
        text++;
        if (!take_clock(&text, &of_day) || !take_zone(&text, &offset))
            return ETWKIT_E_INVALID;
    }
    if (*text)
        return ETWKIT_E_INVALID;
    *filetime = days * DAY + of_day - offset;
    return ETWKIT_OK;
}

etwkit_status etwkit_time_unix_ns(int64_t filetime, int64_t *nanoseconds) {
    int64_t since;
    if (__builtin_sub_overflow(filetime, ETWKIT_FILETIME_UNIX_EPOCH, &since) ||
        __builtin_mul_overflow(since, 100, &since))
        return ETWKIT_E_RANGE;
    *nanoseconds = since;
    return ETWKIT_OK;
}
