/* SPDX-License-Identifier: MIT */
/* The decompressor alone: inflates every compressed buffer of a trace that is already in memory, and prints how much
 * came out and how long it took. Knows buffer headers; links the library's inside, as unit tests do.
 *
 *   etwkit-bench-inflate TRACE
 */
#include "etl/inflate.h"

#include "etl/buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    MIB = 1 << 20,
    PASSES = 5
};

typedef struct totals {
    uint64_t buffers, packed, plain, damaged;
    double seconds; /* of this thread's processor time, the fastest pass */
} totals;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* One pass over all buffers; the target is the same memory for each, as it is in the reader. */
static totals inflate_all(const uint8_t *data, size_t size, uint8_t *out) {
    totals sum = {0};
    double start = now();
    for (size_t at = 0; size - at >= EK_BUFFER_HEADER_SIZE;) {
        ek_buffer_header header;
        ek_buffer_header_read(&header, data + at);
        if (header.size < EK_BUFFER_HEADER_SIZE || header.size > size - at)
            break;
        if (header.flags & EK_BUFFER_COMPRESSED && header.filled > EK_BUFFER_HEADER_SIZE &&
            header.filled <= EK_BUFFER_MAX) {
            size_t want = header.filled - EK_BUFFER_HEADER_SIZE;
            size_t got = ek_inflate(data + at + EK_BUFFER_HEADER_SIZE, header.size - EK_BUFFER_HEADER_SIZE, out, want);
            sum.buffers++;
            sum.packed += header.size;
            sum.plain += got;
            sum.damaged += got != want;
        }
        at += header.size;
    }
    sum.seconds = now() - start;
    return sum;
}

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t capacity = 0, got = 1;
    *size = 0;
    while (file && got) {
        if (capacity - *size < MIB) {
            capacity = capacity * 2 + 4 * (size_t)MIB;
            uint8_t *larger = realloc(data, capacity);
            if (!larger)
                break;
            data = larger;
        }
        got = fread(data + *size, 1, MIB, file);
        *size += got;
    }
    if (file)
        fclose(file);
    return data;
}

int main(int argc, char **argv) {
    size_t size = 0;
    uint8_t *data = argc == 2 ? read_file(argv[1], &size) : NULL, *out = malloc(EK_BUFFER_MAX);
    totals best = {.seconds = 1e9};
    for (int pass = 0; data && out && pass < PASSES; pass++) {
        totals one = inflate_all(data, size, out);
        if (one.seconds < best.seconds)
            best = one;
    }
    free(data);
    free(out);
    if (!best.plain) {
        fprintf(stderr, "Usage: etwkit-bench-inflate TRACE, where TRACE has compressed buffers\n");
        return 2;
    }
    printf("{\"buffers\": %" PRIu64 ", \"packed\": %" PRIu64 ", \"plain\": %" PRIu64 ", \"damaged\": %" PRIu64
           ", \"seconds\": %.6f}\n",
           best.buffers, best.packed, best.plain, best.damaged, best.seconds);
    return 0;
}
