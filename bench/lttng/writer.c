/* SPDX-License-Identifier: MIT */
/* Writes events through LTTng, for babeltrace2 to print: writer EVENTS */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "events.h"

#include <stdlib.h>

int main(int argc, char **argv) {
    unsigned long count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i % 10 == 0)
            lttng_ust_tracepoint(etwkit_bench, process_start, 4000 + i % 977, 4, (int32_t)(i % 3),
                                 "C:\\Windows\\System32\\svchost.exe", "svchost.exe -k netsvcs -p -s Schedule");
        else if (i % 2)
            lttng_ust_tracepoint(etwkit_bench, file_read, UINT64_C(0xFFFFA80012345678) + i, (uint64_t)i * 4096, 4096,
                                 0x60900);
        else
            lttng_ust_tracepoint(etwkit_bench, sample, UINT64_C(0xFFFFF80712345678) + i, 1000 + i % 64, 1);
    }
    return count ? 0 : 2;
}
