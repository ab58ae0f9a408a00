/* SPDX-License-Identifier: MIT */
/* What a provider wrote last, as a session of this process gives it back. */
#ifndef EK_TEST_WRITTEN_H
#define EK_TEST_WRITTEN_H

#include "test.h"

#include <etwkit/etwkit.h>

typedef struct written {
    etwkit_record record; /* what it points to lies in `bytes` */
    uint8_t bytes[1 << 16];
    const uint8_t *metadata;
    size_t metadata_size;
    etwkit_guid related;
    bool has_related;
} written;

static etwkit_session *written_session;
static etwkit_trace *written_trace;

/* Registers the provider, and has a session listen to what it writes up to this level, with these keywords. */
static inline bool written_begin(etwkit_provider *provider, uint8_t level, uint64_t keywords) {
    etwkit_enable wanted = ETWKIT_ENABLE;
    etwkit_error error = {0};
    etwkit_guid id;
    wanted.level = level;
    wanted.keywords_any = keywords;
    etwkit_provider_guid(provider, &id);
    bool good = !etwkit_provider_register(provider, &error) &&
                !etwkit_session_new(&written_session, "written", NULL, &error) &&
                !etwkit_session_enable(written_session, &id, &wanted, &error) &&
                !etwkit_session_start(written_session, &error) &&
                !etwkit_trace_open_session(&written_trace, written_session, NULL, &error);
    return good || test_fail(__FILE__, __LINE__, "%s", error.message);
}

static inline void written_end(etwkit_provider *provider) {
    etwkit_session_stop(written_session, NULL);
    etwkit_trace_close(&written_trace);
    etwkit_session_free(&written_session);
    etwkit_provider_unregister(provider);
}

/* The events since the last call: their number, and the last one. */
static inline size_t written_take(written *it) {
    const etwkit_batch *batch;
    size_t count = 0;
    etwkit_session_flush(written_session, NULL);
    while (etwkit_trace_wait(written_trace, 0) == ETWKIT_OK &&
           etwkit_trace_next(written_trace, &batch, NULL) == ETWKIT_OK && etwkit_batch_count(batch)) {
        const etwkit_record *last = etwkit_batch_record(batch, etwkit_batch_count(batch) - 1);
        const uint8_t *related;
        size_t size;
        count += etwkit_batch_count(batch);
        etwkit_record_copy(&it->record, it->bytes, last);
        if (etwkit_record_item(&it->record, ETWKIT_ITEM_EVENT_SCHEMA_TL, &it->metadata, &it->metadata_size))
            it->metadata_size = 0;
        it->has_related = !etwkit_record_item(&it->record, ETWKIT_ITEM_RELATED_ACTIVITY_ID, &related, &size);
        if (it->has_related)
            memcpy(&it->related, related, sizeof it->related);
    }
    return count;
}

/* Events that were too big. */
static inline uint64_t written_refused(void) {
    return etwkit_session_get_stats(written_session).events_lost_oversize;
}

#endif
