/* SPDX-License-Identifier: MIT */
/* The event of bench/live.c as an LTTng tracepoint. LTTng includes this file several times. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER etwkit_live
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./request.h"

#if !defined(ETWKIT_BENCH_REQUEST_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define ETWKIT_BENCH_REQUEST_H

#include <lttng/tracepoint.h>
#include <stdint.h>

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(etwkit_live, request_done,
    LTTNG_UST_TP_ARGS(uint32_t, status, const char *, url, double, seconds),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer(uint32_t, status, status)
        lttng_ust_field_string(url, url)
        lttng_ust_field_float(double, seconds, seconds)))
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
