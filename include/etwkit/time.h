/* SPDX-License-Identifier: MIT */
/* Times: FILETIME is 100 ns since 1601-01-01 UTC, as a signed 64-bit number; no floating point anywhere. */
#ifndef ETWKIT_TIME_H
#define ETWKIT_TIME_H

#include <etwkit/status.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ETWKIT_FILETIME_UNIX_EPOCH INT64_C(116444736000000000)
#define ETWKIT_TIME_TEXT 32 /* bytes that any of the texts below needs, with its NUL */

/*
 * "2011-01-23T22:07:27.2257591Z". Times before 1601 or after year 9999 are ETWKIT_E_RANGE, and text then holds the
 * plain number. Returns the length through *length where not NULL.
 */
ETWKIT_API etwkit_status etwkit_time_format(int64_t filetime, char text[ETWKIT_TIME_TEXT], size_t *length);

/* ISO 8601 date, or date and time with up to 7 fractional digits, 'T' or blank between, 'Z' or "+hh:mm" or nothing
 * (UTC). */
ETWKIT_API etwkit_status etwkit_time_parse(int64_t *filetime, const char *text);

/* Nanoseconds since 1970; ETWKIT_E_RANGE outside 1677-09-21 to 2262-04-11. */
ETWKIT_API etwkit_status etwkit_time_unix_ns(int64_t filetime, int64_t *nanoseconds);

#ifdef __cplusplus
}
#endif
#endif
