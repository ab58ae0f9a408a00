/* SPDX-License-Identifier: MIT */
/* What comes and goes while a session runs: libraries with providers in them, and threads. Public headers alone. */
#include "test.h"

#include <etwkit/etwkit.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    ROUNDS = 50,
    EACH = 100,
    THREADS = 200
};

ETWKIT_PROVIDER_DEFINE(host, "Test.Host");

static const char *plugin_path;
static atomic_bool done;

static etwkit_session *start(void) {
    static const char *const names[] = {"Test.Host", "Test.Plugin"};
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_session *session = NULL;
    etwkit_guid id;
    options.minimum_buffers = 512; /* none is lost, so that each must arrive */
    if (etwkit_session_new(&session, "Test.Unload", &options, NULL))
        return NULL;
    for (size_t i = 0; i < 2; i++) {
        etwkit_guid_from_name(&id, names[i]);
        (void)etwkit_session_enable(session, &id, NULL, NULL);
    }
    (void)etwkit_session_start(session, NULL);
    return session;
}

/* How many events of a name the session has; it is stopped before. */
static void count(etwkit_session *session, const char *name, uint64_t *named, uint64_t *all) {
    etwkit_trace *trace;
    const etwkit_batch *batch;
    (void)etwkit_session_stop(session, NULL);
    REQUIRE(etwkit_trace_open_session(&trace, session, NULL, NULL) == ETWKIT_OK);
    while (etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++, ++*all) {
            const etwkit_schema *schema = etwkit_trace_schema(trace, etwkit_batch_record(batch, i));
            *named += strcmp(etwkit_schema_event_name(schema), name) == 0;
        }
    etwkit_trace_close(&trace);
}

static void *write_on(void *context) {
    uint32_t *written = context;
    const struct timespec pause = {0, 20000};
    while (!atomic_load(&done)) {
        ETWKIT_WRITE(host, "FromHost", ETWKIT_LEVEL_INFO, 1, ETWKIT_U32("number", *written));
        ++*written;
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static bool use_plugin(void) {
    void *library = dlopen(plugin_path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return false;
    int (*begin)(void);
    void (*write)(uint32_t);
    void (*end)(void);
    *(void **)&begin = dlsym(library, "plugin_begin");
    *(void **)&write = dlsym(library, "plugin_write");
    *(void **)&end = dlsym(library, "plugin_end");
    bool good = begin && write && end && begin() == 0;
    for (uint32_t i = 0; good && i < EACH; i++)
        write(i);
    if (good)
        end();
    return dlclose(library) == 0 && good;
}

TEST(a_library_is_loaded_writes_and_is_unloaded_while_others_write) {
    uint32_t written = 0;
    uint64_t named = 0, all = 0;
    pthread_t writer;
    etwkit_session *session = start();
    REQUIRE(session);
    atomic_store(&done, false);
    pthread_create(&writer, NULL, write_on, &written);
    for (unsigned i = 0; i < ROUNDS; i++)
        CHECK(use_plugin());
    CHECK(!dlopen(plugin_path, RTLD_NOW | RTLD_NOLOAD)); /* it was gone indeed */
    atomic_store(&done, true);
    pthread_join(writer, NULL);
    count(session, "FromPlugin", &named, &all);
    CHECK_EQ_UINT(named, ROUNDS * EACH);
    CHECK_EQ_UINT(all, ROUNDS * EACH + written);
    etwkit_session_free(&session);
}

static void *write_and_end(void *context) {
    for (uint32_t i = 0; i < EACH; i++)
        ETWKIT_WRITE(host, "FromThread", ETWKIT_LEVEL_INFO, 1, ETWKIT_U32("number", i));
    return context;
}

TEST(threads_end_while_a_session_runs) {
    uint64_t named = 0, all = 0;
    etwkit_session *session = start();
    REQUIRE(session);
    for (unsigned i = 0; i < THREADS; i += 2) {
        pthread_t two[2];
        pthread_create(&two[0], NULL, write_and_end, NULL);
        pthread_create(&two[1], NULL, write_and_end, NULL);
        pthread_join(two[0], NULL);
        pthread_join(two[1], NULL);
    }
    count(session, "FromThread", &named, &all);
    CHECK_EQ_UINT(named, THREADS * EACH);
    CHECK_EQ_UINT(all, THREADS * EACH);
    etwkit_session_free(&session);
}

/* test_unload PLUGIN [TEST] */
int main(int argc, char **argv) {
    static const test_case cases[] = {CASE(a_library_is_loaded_writes_and_is_unloaded_while_others_write),
                                      CASE(threads_end_while_a_session_runs)};
    plugin_path = argc > 1 ? argv[1] : "";
    if (etwkit_provider_register(&host, NULL))
        return 1;
    int code = test_run(cases, sizeof cases / sizeof cases[0], argc > 2 ? argv[2] : NULL);
    etwkit_provider_unregister(&host);
    return code;
}
