/* SPDX-License-Identifier: MIT */
/* Records events of its own: several threads write numbered ones, and a line of JSON tells what became of them. */
#include <etwkit/etwkit.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

ETWKIT_PROVIDER_DEFINE(app, "EtwkitTest.Recorder");

enum {
    THREADS_MOST = 16,
    SNAPSHOTS_MOST = 3
};

/* name=value arguments. */
static int argument_count;
static char **argument_list;

static const char *text_of(const char *name, const char *otherwise) {
    size_t length = strlen(name);
    for (int i = 1; i < argument_count; i++)
        if (strncmp(argument_list[i], name, length) == 0 && argument_list[i][length] == '=')
            return argument_list[i] + length + 1;
    return otherwise;
}

static uint64_t number_of(const char *name, uint64_t otherwise) {
    const char *text = text_of(name, NULL);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static etwkit_session_mode mode_of(const char *name) {
    static const char *const names[] = {"real-time", "file", "circular", "series", "flight"};
    for (int i = 0; i < 5; i++)
        if (strcmp(name, names[i]) == 0)
            return (etwkit_session_mode)i;
    exit(2);
}

typedef struct writer {
    pthread_t thread;
    etwkit_session *session;
    uint32_t number;
    uint64_t events, flush_every, pause_every;
} writer;

static void pause_a_millisecond(void) {
    const struct timespec millisecond = {0, 1000000};
    (void)nanosleep(&millisecond, NULL);
}

static void *write_events(void *context) {
    const writer *it = context;
    static const char text[] = "all work and no play makes Jack a dull boy";
    for (uint64_t number = 0; number < it->events; number++) {
        ETWKIT_WRITE(app, "Numbered", ETWKIT_LEVEL_INFO, 0x1, ETWKIT_ID((uint16_t)(number % 4), 0),
                     ETWKIT_U32("thread", it->number), ETWKIT_U64("number", number),
                     ETWKIT_STRN("text", text, (uint16_t)(number * 7 % sizeof text)));
        if (it->pause_every && number % it->pause_every == 0)
            pause_a_millisecond();
        if (!it->flush_every || (number + 1) % it->flush_every)
            continue;
        etwkit_session_flush(it->session, NULL);
        printf("flushed %u %" PRIu64 "\n", it->number, number + 1); /* so many are safe */
        fflush(stdout);
    }
    return NULL;
}

static void print_text(const char *text) {
    for (; *text; text++)
        printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

static void print_stats(const etwkit_session *session, etwkit_status status, const etwkit_error *error) {
    const etwkit_session_stats stats = etwkit_session_get_stats(session);
    printf("{\"status\": %d, \"message\": \"", (int)status);
    print_text(status ? error->message : "");
    printf("\", \"received\": %" PRIu64 ", \"delivered\": %" PRIu64 ", \"filtered\": %" PRIu64, stats.events_received,
           stats.events_delivered, stats.events_filtered);
    printf(", \"lost\": %" PRIu64 ", \"lost_channel\": %" PRIu64 ", \"in_flight\": %" PRIu64,
           etwkit_session_events_lost(&stats), stats.events_lost_channel, stats.events_in_flight);
    printf(", \"overwritten\": %" PRIu64 ", \"buffers_lost\": %" PRIu64 "}\n", stats.events_overwritten,
           stats.buffers_lost);
}

static etwkit_status begin(etwkit_session **session, etwkit_error *error) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_enable wanted = ETWKIT_ENABLE;
    static const uint16_t unwanted[] = {1};
    etwkit_guid id;
    options.mode = mode_of(text_of("mode", "file"));
    options.path = text_of("path", NULL);
    options.maximum_file_size = number_of("maximum", 0);
    options.buffer_size = (uint32_t)number_of("buffer-size", 0);
    options.minimum_buffers = options.maximum_buffers = (uint32_t)number_of("buffers", 0);
    options.flush_ms = (uint32_t)number_of("flush-ms", 0);
    options.clock = (etwkit_clock)number_of("clock", 0);
    wanted.event_ids = unwanted;
    wanted.event_id_count = number_of("filter", 0);
    wanted.exclude_event_ids = true;
    etwkit_provider_guid(&app, &id);
    etwkit_status status = etwkit_provider_register(&app, error);
    if (!status)
        status = etwkit_session_new(session, "recorder", &options, error);
    if (!status)
        status = etwkit_session_enable(*session, &id, &wanted, error);
    return status ? status : etwkit_session_start(*session, error);
}

/* path-1, path-2, ... while the others write. */
static etwkit_status take_snapshots(etwkit_session *session, etwkit_error *error) {
    const char *path = text_of("snapshots", NULL);
    etwkit_status status = ETWKIT_OK;
    for (int i = 1; path && i <= SNAPSHOTS_MOST && !status; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s-%d", path, i);
        for (int wait = 0; wait < 20; wait++)
            pause_a_millisecond();
        status = etwkit_session_snapshot(session, name, error);
    }
    return status;
}

int main(int argc, char **argv) {
    argument_count = argc;
    argument_list = argv;
    writer writers[THREADS_MOST];
    etwkit_session *session = NULL;
    etwkit_error error = {0};
    uint32_t threads = (uint32_t)number_of("threads", 1);
    etwkit_status status = begin(&session, &error);
    if (status) {
        printf("{\"status\": %d, \"message\": \"", (int)status);
        print_text(error.message);
        printf("\"}\n");
        etwkit_session_free(&session);
        etwkit_provider_unregister(&app);
        return 1;
    }
    printf("started\n");
    fflush(stdout);
    for (uint32_t i = 0; i < threads && i < THREADS_MOST; i++) {
        writers[i] = (writer){.session = session,
                              .number = i,
                              .events = number_of("events", 1000),
                              .flush_every = number_of("flush-every", 0),
                              .pause_every = number_of("pause-every", 0)};
        if (pthread_create(&writers[i].thread, NULL, write_events, &writers[i]))
            return 1;
    }
    status = take_snapshots(session, &error);
    for (uint32_t i = 0; i < threads && i < THREADS_MOST; i++)
        pthread_join(writers[i].thread, NULL);
    if (!status)
        status = etwkit_session_stop(session, &error);
    print_stats(session, status, &error);
    etwkit_session_free(&session);
    etwkit_provider_unregister(&app);
    return 0;
}
