/* SPDX-License-Identifier: MIT */
/* Names of error codes. Knows the tables that tools/status_tables.py makes of data/status, and no values. */
#ifndef EK_DECODE_STATUS_NAME_H
#define EK_DECODE_STATUS_NAME_H

#include <stdint.h>

/* NULL: the code has no name that is known. */
const char *ek_ntstatus_name(uint32_t code);
const char *ek_win32_name(uint32_t code);
/* Also of Win32 errors in an HRESULT (0x8007....). */
const char *ek_hresult_name(uint32_t code);

/* The tables, by code. */
typedef struct ek_status_row {
    uint32_t code;
    uint32_t name; /* offset in ek_status_texts */
} ek_status_row;

extern const ek_status_row ek_status_ntstatus[], ek_status_win32[], ek_status_hresult[];
extern const uint32_t ek_status_ntstatus_count, ek_status_win32_count, ek_status_hresult_count;
extern const char ek_status_texts[];

#endif
