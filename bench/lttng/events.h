/* SPDX-License-Identifier: MIT */
/* The tracepoints of writer.c: alike in kind to what ETW providers write, numbers and a text or two. LTTng includes
 * this file several times and makes something else of it each time. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER etwkit_bench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./events.h"

#if !defined(ETWKIT_BENCH_EVENTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define ETWKIT_BENCH_EVENTS_H

#include <lttng/tracepoint.h>
#include <stdint.h>

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(etwkit_bench, file_read,
    LTTNG_UST_TP_ARGS(uint64_t, file, uint64_t, offset, uint32_t, size, uint32_t, flags),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(uint64_t, file, file)
        lttng_ust_field_integer(uint64_t, offset, offset)
        lttng_ust_field_integer(uint32_t, size, size)
        lttng_ust_field_integer_hex(uint32_t, flags, flags)))

LTTNG_UST_TRACEPOINT_EVENT(etwkit_bench, sample,
    LTTNG_UST_TP_ARGS(uint64_t, address, uint32_t, thread, uint16_t, count),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer_hex(uint64_t, address, address)
        lttng_ust_field_integer(uint32_t, thread, thread)
        lttng_ust_field_integer(uint16_t, count, count)))

LTTNG_UST_TRACEPOINT_EVENT(etwkit_bench, process_start,
    LTTNG_UST_TP_ARGS(uint32_t, process, uint32_t, parent, int32_t, status, const char *, image, const char *, command),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer(uint32_t, process, process)
        lttng_ust_field_integer(uint32_t, parent, parent)
        lttng_ust_field_integer(int32_t, status, status)
        lttng_ust_field_string(image, image)
        lttng_ust_field_string(command, command)))
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
