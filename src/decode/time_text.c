/* SPDX-License-Identifier: MIT */
/* Times as text. Knows no fields and no output format; the calendar is base's. */
#include "decode/time_text.h"

#include "base/calendar.h"

static uint8_t *write_parts(uint8_t *at, const ek_date *date, const ek_clock_time *time) {
    unsigned year = (unsigned)date->year;
    ek_write_pair(at, year / 100);
    ek_write_pair(at + 2, year % 100);
    ek_write_pair(at + 5, date->month);
    ek_write_pair(at + 8, date->day);
    ek_write_pair(at + 11, time->hour);
    ek_write_pair(at + 14, time->minute);
    ek_write_pair(at + 17, time->second);
    ek_write_fraction(at + 20, time->fraction);
    at[4] = at[7] = '-';
    at[10] = 'T';
    at[13] = at[16] = ':';
    at[19] = '.';
    at[27] = 'Z';
    return at + EK_TIME_LENGTH;
}

uint8_t *ek_write_time(uint8_t *at, int64_t filetime) {
    ek_date date = {1601, 1, 1};
    ek_clock_time time = {0};
    ek_time_split(filetime, &date, &time);
    return write_parts(at, &date, &time);
}

bool ek_time_text_renew(ek_time_text *cache, int64_t filetime) {
    ek_date date;
    ek_clock_time time;
    if (!ek_time_split(filetime, &date, &time))
        return false;
    write_parts(cache->text, &date, &time);
    cache->second = (uint64_t)filetime - time.fraction;
    return true;
}

static bool is_date(const ek_date *date) {
    if (date->year < 1 || date->year > 9999 || date->month < 1 || date->month > 12)
        return false;
    unsigned day = date->day;
    if (day > 28) /* the 31st of a shorter month comes back as a day of the next */
        day = ek_date_from_days(ek_days_from_date(date->year, date->month, day)).day;
    return day >= 1 && day == date->day;
}

/* SYSTEMTIME: u16 year, month, day of the week, day, hour, minute, second, millisecond. */
static bool read_systemtime(const uint8_t *from, ek_date *date, ek_clock_time *time) {
    *date = (ek_date){ek_load16(from), ek_load16(from + 2), ek_load16(from + 6)};
    *time =
        (ek_clock_time){ek_load16(from + 8), ek_load16(from + 10), ek_load16(from + 12), ek_load16(from + 14) * 10000u};
    return is_date(date) && time->hour <= 23 && time->minute <= 59 && time->second <= 59 && time->fraction < 10000000;
}

bool ek_systemtime_is_date(const uint8_t *systemtime) {
    ek_date date;
    ek_clock_time time;
    return read_systemtime(systemtime, &date, &time);
}

uint8_t *ek_write_systemtime(uint8_t *at, const uint8_t *systemtime) {
    ek_date date;
    ek_clock_time time;
    return read_systemtime(systemtime, &date, &time) ? write_parts(at, &date, &time) : at;
}

bool ek_systemtime_to_filetime(const uint8_t *systemtime, int64_t *filetime) {
    ek_date date;
    ek_clock_time time;
    if (!read_systemtime(systemtime, &date, &time) || date.year < 1601)
        return false;
    int64_t days = ek_days_from_date(date.year, date.month, date.day);
    *filetime = (((days * 24 + time.hour) * 60 + time.minute) * 60 + time.second) * 10000000 + time.fraction;
    return true;
}
