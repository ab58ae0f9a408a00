/* SPDX-License-Identifier: MIT */
/* Looks up names of error codes. Knows no values and no text around the names. */
#include "decode/status_name.h"

#include <stddef.h>

static const char *find(const ek_status_row *rows, uint32_t count, uint32_t code) {
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rows[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && rows[low].code == code ? ek_status_texts + rows[low].name : NULL;
}

const char *ek_ntstatus_name(uint32_t code) {
    return find(ek_status_ntstatus, ek_status_ntstatus_count, code);
}

const char *ek_win32_name(uint32_t code) {
    return find(ek_status_win32, ek_status_win32_count, code);
}

const char *ek_hresult_name(uint32_t code) {
    const char *name = code >> 16 == 0x8007 ? ek_win32_name(code & 0xFFFF) : NULL;
    return name ? name : find(ek_status_hresult, ek_status_hresult_count, code);
}
