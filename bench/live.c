/* SPDX-License-Identifier: MIT */
/*
 * What writing and collecting events in the own process costs, for bench/live.py:
 *   etwkit-bench-live write SESSIONS THREADS EVENTS      each thread writes EVENTS; 0 sessions: nobody wants them
 *   etwkit-bench-live consume RATE SECONDS               at a rate (events/s, 0: as fast as can be) to a reader
 *   etwkit-bench-live file PATH RATE SECONDS             the same to a file
 * Prints one JSON object. Seconds of "write" are of each thread's own processor time.
 */
#include <etwkit/etwkit.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

ETWKIT_PROVIDER_DEFINE(app, "Etwkit.Bench");

enum {
    MOST_THREADS = 64,
    MOST_SESSIONS = 8,
    IN_A_ROW = 4000, /* events of a thread that "write" writes before the buffers are emptied, which is not timed */
    BURST = 200      /* events between two looks at the clock */
};

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A statement where it stands, as in programs. */
__attribute__((always_inline)) static inline void write_one(uint32_t number) {
    ETWKIT_WRITE(app, "RequestDone", ETWKIT_LEVEL_INFO, 1, ETWKIT_U32("status", number),
                 ETWKIT_STR("url", "/orders/4711/lines"), ETWKIT_F64("seconds", 0.25));
}

/* Sessions. */

static void fail(const char *what, const etwkit_error *error) {
    fprintf(stderr, "%s: %s\n", what, error->message);
    exit(1);
}

static etwkit_session *start(unsigned number, const etwkit_session_options *options) {
    char name[32];
    etwkit_session *session;
    etwkit_guid id;
    etwkit_error error = {0};
    snprintf(name, sizeof name, "bench %u", number);
    etwkit_provider_guid(&app, &id);
    if (etwkit_session_new(&session, name, options, &error) || etwkit_session_enable(session, &id, NULL, &error) ||
        etwkit_session_start(session, &error))
        fail("session", &error);
    return session;
}

/* Writing alone. */

typedef struct writer {
    pthread_t thread;
    uint64_t events;
    etwkit_session **sessions; /* to be emptied now and then */
    unsigned session_count;
    double seconds;
} writer;

static void *write_many(void *context) {
    writer *it = context;
    for (uint64_t done = 0; done < it->events;) {
        uint64_t part = it->session_count && it->events - done > IN_A_ROW ? IN_A_ROW : it->events - done;
        double begin = seconds_of(CLOCK_THREAD_CPUTIME_ID);
        for (uint64_t i = 0; i < part; i++)
            write_one((uint32_t)i);
        it->seconds += seconds_of(CLOCK_THREAD_CPUTIME_ID) - begin;
        done += part;
        for (unsigned i = 0; i < it->session_count; i++)
            (void)etwkit_session_flush(it->sessions[i], NULL);
    }
    return NULL;
}

/* What the loop itself costs. */
static double empty_loop(uint64_t events) {
    double begin = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (uint64_t i = 0; i < events; i++)
        __asm__ volatile("" ::: "memory");
    return seconds_of(CLOCK_THREAD_CPUTIME_ID) - begin;
}

static int bench_write(unsigned sessions, unsigned threads, uint64_t events) {
    static writer writers[MOST_THREADS];
    etwkit_session *running[MOST_SESSIONS];
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.minimum_buffers = options.maximum_buffers = 256;
    options.overflow = ETWKIT_OVERFLOW_DROP_OLDEST; /* nobody reads */
    options.channel_events = 100000;
    if (sessions > MOST_SESSIONS || threads == 0 || threads > MOST_THREADS)
        return 2;
    for (unsigned i = 0; i < sessions; i++)
        running[i] = start(i, &options);
    write_one(0); /* what a thread does once */
    double begin = seconds_of(CLOCK_MONOTONIC), seconds = 0;
    for (unsigned i = 0; i < threads; i++) {
        writers[i] = (writer){.events = events, .sessions = running, .session_count = sessions};
        pthread_create(&writers[i].thread, NULL, write_many, &writers[i]);
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(writers[i].thread, NULL);
        seconds += writers[i].seconds;
    }
    double clock = seconds_of(CLOCK_MONOTONIC) - begin;
    uint64_t lost = 0; /* that found no buffer: cheaper than others, so there must be none */
    for (unsigned i = 0; i < sessions; i++) {
        etwkit_session_stop(running[i], NULL);
        etwkit_session_stats stats = etwkit_session_get_stats(running[i]);
        lost += stats.events_lost_buffer;
        etwkit_session_free(&running[i]);
    }
    printf("{\"ns\": %.3f, \"loop_ns\": %.3f, \"clock\": %.6f, \"events\": %" PRIu64 ", \"lost\": %" PRIu64 "}\n",
           seconds / (double)(events * threads) * 1e9, empty_loop(events) / (double)events * 1e9, clock,
           events * threads, lost);
    return 0;
}

/* Writing at a rate, for a time. */

typedef struct load {
    pthread_t thread;
    double rate, seconds;
    uint64_t written;
} load;

static void *write_at_rate(void *context) {
    load *it = context;
    double begin = seconds_of(CLOCK_MONOTONIC), now = begin;
    while (now < begin + it->seconds) {
        for (uint32_t i = 0; i < BURST; i++)
            write_one((uint32_t)it->written++);
        double due = it->rate > 0 ? begin + (double)it->written / it->rate : 0;
        while ((now = seconds_of(CLOCK_MONOTONIC)) < due)
            if (due - now > 0.0002) {
                const struct timespec pause = {0, (long)((due - now) * 0.5e9)};
                nanosleep(&pause, NULL);
            }
    }
    it->seconds = now - begin;
    return NULL;
}

static void print_load(const load *offered, etwkit_session *session, double seconds) {
    etwkit_session_stats stats = etwkit_session_get_stats(session);
    printf("{\"written\": %" PRIu64 ", \"seconds\": %.6f, \"all_seconds\": %.6f, \"delivered\": %" PRIu64
           ", \"lost\": %" PRIu64 ", \"received\": %" PRIu64 ", \"bytes\": %" PRIu64 "}\n",
           offered->written, offered->seconds, seconds, stats.events_delivered, etwkit_session_events_lost(&stats),
           stats.events_received, stats.bytes_received);
}

static etwkit_session_options large_options(void) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    options.minimum_buffers = 512;
    options.maximum_buffers = 2048;
    return options;
}

static int bench_consume(double rate, double seconds) {
    etwkit_session_options options = large_options();
    etwkit_session *session = start(0, &options);
    etwkit_trace *trace;
    etwkit_error error = {0};
    const etwkit_batch *batch;
    uint64_t sum = 0;
    load offered = {.rate = rate, .seconds = seconds};
    if (etwkit_trace_open_session(&trace, session, NULL, &error))
        fail("trace", &error);
    double begin = seconds_of(CLOCK_MONOTONIC);
    pthread_create(&offered.thread, NULL, write_at_rate, &offered);
    bool stopped = false;
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK) {
        for (size_t i = 0; i < etwkit_batch_count(batch); i++)
            sum += etwkit_batch_record(batch, i)->payload_size;
        if (!stopped && seconds_of(CLOCK_MONOTONIC) > begin + seconds) {
            pthread_join(offered.thread, NULL);
            etwkit_session_stop(session, NULL);
            stopped = true;
        }
    }
    print_load(&offered, session, seconds_of(CLOCK_MONOTONIC) - begin);
    etwkit_trace_close(&trace);
    etwkit_session_free(&session);
    return sum == 0;
}

static int bench_file(const char *path, double rate, double seconds) {
    etwkit_session_options options = large_options();
    options.mode = ETWKIT_SESSION_FILE;
    options.path = path;
    etwkit_session *session = start(0, &options);
    etwkit_error error = {0};
    load offered = {.rate = rate, .seconds = seconds};
    double begin = seconds_of(CLOCK_MONOTONIC);
    pthread_create(&offered.thread, NULL, write_at_rate, &offered);
    pthread_join(offered.thread, NULL);
    if (etwkit_session_stop(session, &error))
        fail("stop", &error);
    print_load(&offered, session, seconds_of(CLOCK_MONOTONIC) - begin);
    etwkit_session_free(&session);
    return 0;
}

int main(int argc, char **argv) {
    etwkit_error error = {0};
    int code = 2;
    if (etwkit_provider_register(&app, &error))
        fail("provider", &error);
    if (argc == 5 && strcmp(argv[1], "write") == 0)
        code = bench_write((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]), strtoull(argv[4], NULL, 10));
    else if (argc == 4 && strcmp(argv[1], "consume") == 0)
        code = bench_consume(atof(argv[2]), atof(argv[3]));
    else if (argc == 5 && strcmp(argv[1], "file") == 0)
        code = bench_file(argv[2], atof(argv[3]), atof(argv[4]));
    etwkit_provider_unregister(&app);
    if (code == 2)
        fprintf(stderr, "usage: see the head of bench/session.c\n");
    return code;
}
