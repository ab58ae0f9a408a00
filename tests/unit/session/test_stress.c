/* SPDX-License-Identifier: MIT */
/* Writers, sessions, readers and providers that come and go, all at once: what arrives is whole and in order, and what
 * does not is counted. test_stress [SECONDS [SEED]] */
#include "base/atomic.h"
#include "base/machine.h"
#include "base/thread.h"
#include "test.h"

#include <etwkit/provider.h>
#include <etwkit/session.h>

#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    WRITERS = 8,
    KEEPERS = 2, /* of sessions that come and go; a third session sees everything */
    PROVIDERS = 4,
    THREADS = WRITERS + KEEPERS + 2, /* that write: callbacks do, too */
    FILLER = 300,
    WATCHED = 120 /* seconds without progress: something hangs */
};

typedef struct payload {
    uint32_t thread, size; /* of the filler */
    uint64_t number;       /* of the thread's events */
    uint64_t sum;
} payload;

static etwkit_provider providers[PROVIDERS] = {ETWKIT_PROVIDER_INIT("Stress.Stays"), ETWKIT_PROVIDER_INIT("Stress.One"),
                                               ETWKIT_PROVIDER_INIT("Stress.Two"),
                                               ETWKIT_PROVIDER_INIT("Stress.Three")};
static ek_atomic32 faults, ended;
static ek_atomic64 progress;
static uint64_t seed;

/* What a thread has of its own. */
static _Thread_local uint32_t me;
static _Thread_local uint64_t random_state, number;
static uint64_t written[THREADS]; /* to the provider that stays */

static void wrong(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "# seed %llu: ", (unsigned long long)seed);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    ek_add(&faults, 1);
}

static uint32_t pick(uint32_t count) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % count;
}

static void begin(uint32_t thread) {
    me = thread;
    number = 0;
    random_state = seed * 1000 + thread;
    (void)pick(2);
}

static uint64_t sum_of(const payload *it, const uint8_t *filler) {
    uint64_t sum = it->number * UINT64_C(0x9E3779B97F4A7C15) ^ it->thread ^ (uint64_t)it->size << 32;
    for (uint32_t i = 0; i < it->size; i++)
        sum = (sum ^ filler[i]) * UINT64_C(0x100000001B3);
    return sum;
}

static void write_one(unsigned provider, uint8_t level) {
    uint8_t filler[FILLER];
    payload it = {.thread = me, .size = pick(FILLER), .number = ++number};
    memset(filler, (int)(it.number & 0xFF), it.size);
    it.sum = sum_of(&it, filler);
    const etwkit_event event = {.event_id = 1, .level = level, .keywords = 1};
    const etwkit_data data[] = {etwkit_data_of_kind(ETWKIT_DATA_BYTES, &it, sizeof it, 0),
                                etwkit_data_of_kind(ETWKIT_DATA_BYTES, filler, it.size, 0)};
    written[me] += provider == 0;
    (void)etwkit_provider_write(&providers[provider], &event, data, 2);
}

static void on_enable(etwkit_provider *provider, etwkit_control control, uint8_t level, uint64_t any, uint64_t all,
                      void *context) {
    (void)level;
    (void)any;
    (void)all;
    (void)context;
    if (control == ETWKIT_CONTROL_CAPTURE_STATE)
        write_one((unsigned)(provider - providers), 1);
}

/* Reading. */

typedef struct reader {
    ek_thread thread;
    etwkit_trace *trace;
    uint32_t pause; /* microseconds at most after each batch */
    uint32_t number;
    uint64_t count;
    uint64_t last[THREADS];
    int64_t time;
} reader;

static void see(reader *it, const etwkit_record *record) {
    payload head;
    if (record->payload_size < sizeof head) {
        wrong("an event of %u bytes", (unsigned)record->payload_size);
        return;
    }
    memcpy(&head, record->payload, sizeof head);
    if (head.thread >= THREADS || record->payload_size != sizeof head + head.size ||
        sum_of(&head, record->payload + sizeof head) != head.sum) {
        wrong("a torn event");
        return;
    }
    if (head.number <= it->last[head.thread])
        wrong("thread %u: event %llu after %llu", head.thread, (unsigned long long)head.number,
              (unsigned long long)it->last[head.thread]);
    if (record->raw_timestamp < it->time)
        wrong("a time goes back");
    it->time = record->raw_timestamp;
    it->last[head.thread] = head.number;
    it->count++;
    ek_add(&progress, 1);
}

static void read_all(void *context) {
    reader *it = context;
    const etwkit_batch *batch;
    random_state = seed + it->number;
    while (etwkit_trace_next(it->trace, &batch, NULL) == ETWKIT_OK) {
        for (size_t i = 0; i < etwkit_batch_count(batch); i++)
            see(it, etwkit_batch_record(batch, i));
        if (it->pause)
            usleep(pick(it->pause));
    }
}

/* Sessions. */

static void check_forward(const etwkit_session_stats *before, const etwkit_session_stats *now) {
    if (now->events_received < before->events_received || now->events_delivered < before->events_delivered ||
        now->events_lost_buffer < before->events_lost_buffer ||
        now->events_lost_channel < before->events_lost_channel ||
        now->events_lost_oversize < before->events_lost_oversize || now->bytes_received < before->bytes_received)
        wrong("statistics go back");
}

static bool open_session(etwkit_session **session, reader *it, const char *name) {
    static const uint32_t sizes[] = {4096, 8192, 65536, 1 << 20};
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_error error = {0};
    options.buffer_size = sizes[pick(4)];
    options.minimum_buffers = 1 + pick(8);
    options.maximum_buffers = options.minimum_buffers + pick(8);
    options.flush_ms = 1 + pick(20);
    options.channel_events = 1 + pick(5000);
    options.overflow = (etwkit_overflow)pick(3);
    options.clock = pick(3) ? ETWKIT_CLOCK_QPC : ETWKIT_CLOCK_SYSTEM;
    *it = (reader){.pause = pick(2) ? 3000 : 0, .number = pick(1000)};
    if (etwkit_session_new(session, name, &options, &error) || etwkit_session_start(*session, &error) ||
        etwkit_trace_open_session(&it->trace, *session, NULL, &error) || !ek_thread_start(&it->thread, read_all, it)) {
        wrong("%s", error.message);
        return false;
    }
    return true;
}

/* Stops it, and holds what was read against its statistics. */
static etwkit_session_stats close_session(etwkit_session **session, reader *it) {
    etwkit_session_stop(*session, NULL);
    ek_thread_join(&it->thread);
    etwkit_session_stats stats = etwkit_session_get_stats(*session);
    /* A thread that was kept from finishing an event for long may have lost it: the machine may be busy. */
    if (stats.events_delivered != it->count || stats.events_in_flight)
        wrong("%llu read, %llu delivered, %llu in flight", (unsigned long long)it->count,
              (unsigned long long)stats.events_delivered, (unsigned long long)stats.events_in_flight);
    etwkit_trace_close(&it->trace);
    etwkit_session_free(session);
    return stats;
}

static void do_something(etwkit_session *session) {
    etwkit_guid id;
    etwkit_enable wanted = ETWKIT_ENABLE;
    etwkit_provider_guid(&providers[pick(PROVIDERS)], &id);
    wanted.level = (uint8_t)pick(6);
    switch (pick(8)) {
    case 0: (void)etwkit_session_disable(session, &id, NULL); break;
    case 1: (void)etwkit_session_capture_state(session, &id, NULL); break;
    case 2: (void)etwkit_session_flush(session, NULL); break;
    case 3:
    case 4:
    case 5: (void)etwkit_session_enable(session, &id, &wanted, NULL); break;
    default: usleep(pick(2000)); break;
    }
}

static void keep_sessions(void *context) {
    char name[32];
    uint32_t keeper = *(const uint32_t *)context;
    begin(WRITERS + keeper);
    snprintf(name, sizeof name, "Stress.%u", keeper);
    while (!ek_load(&ended)) {
        etwkit_session *session;
        reader it;
        if (!open_session(&session, &it, name))
            return;
        etwkit_session_stats before = etwkit_session_get_stats(session);
        for (uint32_t i = pick(100); i-- > 0;) {
            do_something(session);
            etwkit_session_stats now = etwkit_session_get_stats(session);
            check_forward(&before, &now);
            before = now;
        }
        close_session(&session, &it);
    }
}

/* The others. */

static void write_all(void *context) {
    begin(*(const uint32_t *)context);
    while (!ek_load(&ended)) {
        for (uint32_t i = pick(200); i-- > 0;)
            write_one(pick(PROVIDERS), (uint8_t)(1 + pick(5)));
        if (pick(4) == 0)
            usleep(pick(1000));
        ek_add(&progress, 1);
    }
}

static void change_providers(void *context) {
    begin(*(const uint32_t *)context);
    while (!ek_load(&ended)) {
        etwkit_provider *provider = &providers[1 + pick(PROVIDERS - 1)];
        etwkit_provider_unregister(provider);
        usleep(pick(500));
        if (etwkit_provider_register(provider, NULL))
            wrong("a provider cannot be registered");
    }
}

/* Ends the program, with the stacks of its threads, when nothing moves any more. */
static void watch(void *context) {
    (void)context;
    uint64_t before = UINT64_MAX;
    unsigned still = 0;
    while (ek_load(&ended) < 2) {
        uint64_t now = ek_load(&progress);
        still = now == before ? still + 1 : 0;
        before = now;
        if (still > WATCHED * 10) {
            char command[80];
            wrong("it hangs");
            snprintf(command, sizeof command, "gdb -p %d -batch -ex 'thread apply all bt' >&2", (int)getpid());
            (void)!system(command);
            abort();
        }
        usleep(100000);
    }
}

static void check_whole(const etwkit_session_stats *stats) {
    uint64_t all = 0;
    for (unsigned i = 0; i < THREADS; i++)
        all += written[i];
    uint64_t told = stats->events_delivered + etwkit_session_events_lost(stats);
    if (all != told || all != stats->events_received)
        wrong("%llu written, %llu delivered or lost, %llu received", (unsigned long long)all, (unsigned long long)told,
              (unsigned long long)stats->events_received);
    printf("# seed %llu: %llu events written, %llu of them delivered\n", (unsigned long long)seed,
           (unsigned long long)all, (unsigned long long)stats->events_delivered);
}

static void run_round(unsigned seconds) {
    static uint32_t names[THREADS];
    ek_thread threads[THREADS], watcher;
    etwkit_session *session;
    etwkit_guid id;
    reader it;
    begin(THREADS - 1);
    memset(written, 0, sizeof written);
    ek_store(&ended, 0);
    for (unsigned i = 0; i < PROVIDERS; i++)
        etwkit_provider_register(&providers[i], NULL);
    if (!open_session(&session, &it, "Stress.All"))
        return;
    etwkit_provider_guid(&providers[0], &id);
    etwkit_session_enable(session, &id, NULL, NULL);
    (void)ek_thread_start(&watcher, watch, NULL);
    for (uint32_t i = 0; i < THREADS - 1; i++) {
        names[i] = i;
        if (i >= WRITERS && i < WRITERS + KEEPERS)
            names[i] = i - WRITERS;
        (void)ek_thread_start(&threads[i],
                              i < WRITERS             ? write_all
                              : i < WRITERS + KEEPERS ? keep_sessions
                                                      : change_providers,
                              &names[i]);
    }
    etwkit_session_stats before = etwkit_session_get_stats(session);
    for (time_t end = time(NULL) + (time_t)seconds; time(NULL) < end;) {
        etwkit_session_stats now = etwkit_session_get_stats(session);
        check_forward(&before, &now);
        before = now;
        usleep(100);
    }
    ek_store(&ended, 1);
    for (unsigned i = 0; i < THREADS - 1; i++)
        ek_thread_join(&threads[i]);
    etwkit_session_stats stats = close_session(&session, &it);
    check_whole(&stats);
    ek_store(&ended, 2);
    ek_thread_join(&watcher);
    for (unsigned i = 0; i < PROVIDERS; i++)
        etwkit_provider_unregister(&providers[i]);
}

int main(int argc, char **argv) {
    unsigned seconds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 4, round = 2;
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (unsigned i = 0; i < PROVIDERS; i++)
        providers[i].callback = on_enable;
    for (unsigned past = 0; past < seconds && !ek_load(&faults); past += round, seed++)
        run_round(round);
    printf("%sok 1 - everything_at_once\n1..1\n", ek_load(&faults) ? "not " : "");
    return ek_load(&faults) != 0;
}
