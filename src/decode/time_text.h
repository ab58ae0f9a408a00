/* SPDX-License-Identifier: MIT */
/* Times as text, written straight to memory: CONTRACT.md's form with 7 digits. Knows no fields and no output format. */
#ifndef EK_DECODE_TIME_TEXT_H
#define EK_DECODE_TIME_TEXT_H

#include "decode/number.h"

#define EK_TIME_LENGTH 28 /* "2011-01-23T22:07:27.2257591Z" */

/* A FILETIME from 1601 to 9999: check first. */
uint8_t *ek_write_time(uint8_t *at, int64_t filetime);

/* The text of a time, and of which second it is: neighbours mostly share it, and then only the fraction is written.
 * Zeroed: holds none. */
typedef struct ek_time_text {
    uint64_t second; /* FILETIME at which it begins */
    uint8_t text[EK_TIME_LENGTH];
} ek_time_text;

bool ek_time_text_renew(ek_time_text *cache, int64_t filetime); /* the slow way of the next one */

/* Makes cache->text that of a FILETIME; false where that is before 1601 or after 9999. */
static inline bool ek_time_text_set(ek_time_text *cache, int64_t filetime) {
    uint64_t fraction = (uint64_t)filetime - cache->second;
    if (fraction >= 10000000 || !cache->text[0])
        return ek_time_text_renew(cache, filetime);
    ek_write_fraction(cache->text + 20, (uint32_t)fraction);
    return true;
}

/* A SYSTEMTIME (16 bytes) as it stands, whatever its time zone. Does it hold a date and a time at all? */
bool ek_systemtime_is_date(const uint8_t *systemtime);
uint8_t *ek_write_systemtime(uint8_t *at, const uint8_t *systemtime);
/* false: no date, or before 1601. */
bool ek_systemtime_to_filetime(const uint8_t *systemtime, int64_t *filetime);

#endif
