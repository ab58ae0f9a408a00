/* SPDX-License-Identifier: MIT */
/* What the tests of live sessions share: a session of Windows' double, read to its end, and its sums. */
#ifndef LIVE_USER_H
#define LIVE_USER_H

#include "../etwsim/sim_user.h"

#include <etwkit/etwkit.h>

#define ONE "11111111-2222-3333-4444-555555555555"
#define TWO "22222222-2222-3333-4444-555555555555"

static const etwkit_guid one =
    ETWKIT_GUID_INIT(0x11111111, 0x2222, 0x3333, 0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55);
static const etwkit_guid two =
    ETWKIT_GUID_INIT(0x22222222, 0x2222, 0x3333, 0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55);

/* What was read: of `one` and `two`, and all else (the header, the kernel's, losses). */
typedef struct live {
    etwkit_session *session;
    etwkit_trace *trace;
    etwkit_error error;
    uint64_t ours, others, sum;
    uint64_t ids[8];
    int64_t first_time, last_time;
    bool steps_back;
    etwkit_session_stats stats;
} live;

static inline bool live_new(live *it, etwkit_session_options *options, const etwkit_system_options *system) {
    static const etwkit_session_options usual = ETWKIT_SESSION_OPTIONS;
    etwkit_session_options used = options ? *options : usual;
    used.scope = ETWKIT_SCOPE_SYSTEM;
    used.system = system;
    *it = (live){0};
    return etwkit_session_new(&it->session, "etwkit-test", &used, &it->error) == ETWKIT_OK;
}

static inline bool live_start(live *it) {
    return etwkit_session_start(it->session, &it->error) == ETWKIT_OK &&
           etwkit_trace_open_session(&it->trace, it->session, NULL, &it->error) == ETWKIT_OK;
}

/* One provider's events, of a session of the usual kind. */
static inline bool live_of(live *it, const etwkit_enable *enable) {
    return live_new(it, NULL, NULL) && etwkit_session_enable(it->session, &one, enable, &it->error) == ETWKIT_OK &&
           live_start(it);
}

static inline void live_take(live *it, const etwkit_record *record) {
    if (it->last_time && record->timestamp < it->last_time)
        it->steps_back = true;
    it->first_time = it->first_time ? it->first_time : record->timestamp;
    it->last_time = record->timestamp;
    if (memcmp(&record->provider_id, &one, sizeof one) != 0 && memcmp(&record->provider_id, &two, sizeof two) != 0) {
        it->others++;
        return;
    }
    uint64_t number = 0;
    if (record->payload_size >= sizeof number)
        memcpy(&number, record->payload, sizeof number);
    it->ours++;
    it->sum += number;
    it->ids[record->event_id % 8]++;
}

/* Reads until there were so many events of ours, the end, or 30 s without one. */
static inline void live_read(live *it, uint64_t count) {
    const etwkit_batch *batch;
    ULONGLONG last = GetTickCount64();
    while (it->ours < count && GetTickCount64() - last < 30000) {
        if (etwkit_trace_next(it->trace, &batch, &it->error) != ETWKIT_OK)
            break;
        for (size_t i = 0; i < etwkit_batch_count(batch); i++)
            live_take(it, etwkit_batch_record(batch, i));
        if (etwkit_batch_count(batch))
            last = GetTickCount64();
    }
}

/* Until so many events were handed on, read or not; 30 s at most. */
static inline void live_await(const live *it, uint64_t count) {
    const ULONGLONG begun = GetTickCount64();
    while (etwkit_session_get_stats(it->session).events_received < count && GetTickCount64() - begun < 30000)
        Sleep(5);
}

static inline void live_check_sum(const etwkit_session_stats *s) {
    CHECK_EQ_UINT(s->events_received, s->events_delivered + s->events_filtered + s->events_lost_buffer +
                                          s->events_lost_channel + s->events_lost_oversize + s->events_lost_abandoned +
                                          s->events_in_flight);
}

static inline bool live_notes(const live *it, const char *words) {
    char notes[4096];
    (void)etwkit_session_notes(it->session, notes, sizeof notes);
    return strstr(notes, words) != NULL;
}

/* Reads what is left, and frees all. The statistics stay. */
static inline void live_close(live *it) {
    if (it->trace)
        live_read(it, UINT64_MAX);
    etwkit_trace_close(&it->trace);
    it->stats = etwkit_session_get_stats(it->session);
    live_check_sum(&it->stats);
    CHECK_EQ_UINT(it->stats.events_in_flight, 0);
    etwkit_session_free(&it->session);
}

/* Stops it first. That takes less than a second, which is shown: what it must not wait for would take ten. */
static inline void live_end(live *it) {
    const ULONGLONG before = GetTickCount64();
    CHECK_EQ_INT(etwkit_session_stop(it->session, &it->error), ETWKIT_OK);
    printf("# stopped within %llu ms\n", GetTickCount64() - before);
    CHECK(!live_notes(it, "did not return"));
    live_close(it);
}

/* How often the log has these words. */
static inline unsigned times_logged(const char *words) {
    char path[512], line[4096];
    unsigned count = 0;
    (void)snprintf(path, sizeof path, "%s/log", getenv("ETWSIM_FOLDER"));
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        count += strstr(line, words) != NULL;
    if (file)
        (void)fclose(file);
    return count;
}

#endif
