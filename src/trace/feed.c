/* SPDX-License-Identifier: MIT */
/* Reading a live source batch by batch: the counterpart of the merge over files. */
#include "trace/feed.h"

#include "trace/trace.h"

#include <etwkit/session.h>

static bool is_wanted(etwkit_trace *trace, const etwkit_record *record) {
    const ek_filter_names names = ek_trace_names(trace);
    return !trace->feed.wants || trace->feed.wants(trace->feed.context, record, &names);
}

etwkit_status ek_trace_fill_from_feed(etwkit_trace *trace) {
    etwkit_batch *batch = &trace->batch;
    bool waits = true; /* for the first record only: no batch is late because it could be larger */
    for (size_t seen = 0; seen < batch->capacity; seen++) {
        etwkit_record *record = &batch->records[batch->count];
        etwkit_status status = trace->feed.next(trace->feed.context, record, waits);
        if (status == ETWKIT_END)
            return batch->count ? ETWKIT_OK : ETWKIT_END;
        if (status != ETWKIT_OK)
            return ETWKIT_OK;
        waits = false;
        if (trace->learns_on_the_way && ek_catalog_may_be_metadata(&record->provider_id, record->event_id))
            ek_trace_learn_record(trace, NULL, record);
        if (is_wanted(trace, record) && ek_trace_passes(trace, record))
            batch->count++;
        else
            trace->stats.events_filtered++;
    }
    return ETWKIT_OK;
}

void ek_trace_release_feed(etwkit_trace *trace) {
    uint64_t filtered = trace->stats.events_filtered - trace->feed_filtered;
    uint64_t delivered = trace->stats.events - trace->feed_delivered;
    trace->feed_filtered = trace->stats.events_filtered;
    trace->feed_delivered = trace->stats.events;
    trace->feed.release(trace->feed.context, delivered, filtered);
}

void ek_trace_close_feed(etwkit_trace *trace) {
    if (!trace->feed.next)
        return;
    ek_trace_release_feed(trace);
    trace->feed.close(trace->feed.context);
    trace->feed = (ek_feed){.name = "(a session)"}; /* its own name goes with it */
}

etwkit_status etwkit_trace_wait(etwkit_trace *trace, uint32_t milliseconds) {
    return trace->feed.wait ? trace->feed.wait(trace->feed.context, milliseconds) : ETWKIT_OK;
}
