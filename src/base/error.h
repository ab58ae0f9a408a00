/* SPDX-License-Identifier: MIT */
/* Writes an etwkit_error, once, where the fault is found. Knows no formats and no files. */
#ifndef EK_BASE_ERROR_H
#define EK_BASE_ERROR_H

#include <etwkit/status.h>

#include <stddef.h>

#if defined(__MINGW32__)
#define EK_PRINTF(format_index, first) __attribute__((format(gnu_printf, format_index, first)))
#elif defined(__GNUC__)
#define EK_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define EK_PRINTF(format_index, first)
#endif

/* Fills *error (NULL is allowed) with status and message, no place; returns status: `return ek_fail(error, ...)`. */
etwkit_status ek_fail(etwkit_error *error, etwkit_status status, const char *format, ...) EK_PRINTF(3, 4);

/* ETWKIT_E_NO_MEMORY with the standard sentence. */
etwkit_status ek_fail_memory(etwkit_error *error);

/* snprintf without locale, for %s %d %u %x %X %c %% %zu, PRIu64-like (ll) and widths; always NUL-terminates. Returns
 * the length that the whole text needs. The one formatter of src/. */
int ek_format(char *text, size_t capacity, const char *format, ...) EK_PRINTF(3, 4);

#endif
