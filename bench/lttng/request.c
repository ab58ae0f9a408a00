/* SPDX-License-Identifier: MIT */
/* Writes the event of bench/live.c through LTTng, and times it alike: request THREADS EVENTS PAUSE_MS */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "request.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    IN_A_ROW = 4000,
    MOST_THREADS = 64
};

typedef struct writer {
    pthread_t thread;
    unsigned long events;
    long pause; /* milliseconds after each IN_A_ROW, in which the buffers are emptied; not timed */
    double seconds;
} writer;

static double processor_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *write_many(void *context) {
    writer *it = context;
    const struct timespec pause = {it->pause / 1000, it->pause % 1000 * 1000000};
    for (unsigned long done = 0; done < it->events; done += IN_A_ROW) {
        double begin = processor_seconds();
        for (uint32_t i = 0; i < IN_A_ROW; i++)
            lttng_ust_tracepoint(etwkit_live, request_done, i, "/orders/4711/lines", 0.25);
        it->seconds += processor_seconds() - begin;
        nanosleep(&pause, NULL);
    }
    return NULL;
}

int main(int argc, char **argv) {
    static writer writers[MOST_THREADS];
    unsigned threads = argc == 4 ? (unsigned)atoi(argv[1]) : 0;
    double seconds = 0;
    if (threads == 0 || threads > MOST_THREADS)
        return 2;
    for (unsigned i = 0; i < threads; i++) {
        writers[i].events = strtoul(argv[2], NULL, 10);
        writers[i].pause = atol(argv[3]);
        pthread_create(&writers[i].thread, NULL, write_many, &writers[i]);
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(writers[i].thread, NULL);
        seconds += writers[i].seconds;
    }
    printf("{\"ns\": %.3f}\n", seconds / ((double)writers[0].events * threads) * 1e9);
    return 0;
}
