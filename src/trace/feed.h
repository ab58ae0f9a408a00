/* SPDX-License-Identifier: MIT */
/* Where the records of a trace come from when it is no file: a live source that is asked for one after another. */
#ifndef EK_TRACE_FEED_H
#define EK_TRACE_FEED_H

#include "trace/filter.h"

#include <etwkit/trace.h>

typedef struct ek_feed {
    void *context;
    const char *name; /* stands in messages; as long as the trace */
    /* Traces that its records come from: what they hold of schemas is known of the records, too. */
    const char *const *origins;
    size_t origin_count;
    /*
     * The next record, whose bytes stay until release(). ETWKIT_ABSENT: there is none right now; where `wait` is set,
     * only after a while. ETWKIT_END: there will be none.
     */
    etwkit_status (*next)(void *context, etwkit_record *record, bool wait);
    /* Is the record one that was asked for? Else it counts as filtered, too. May be NULL. */
    bool (*wants)(void *context, const etwkit_record *record, const ek_filter_names *names);
    /* Records that were given since the last call are needed no more: so many were delivered, so many kept back. */
    void (*release)(void *context, uint64_t delivered, uint64_t filtered);
    /* As etwkit_trace_wait(). */
    etwkit_status (*wait)(void *context, uint32_t milliseconds);
    /* The trace is closed, or its reading is ended. */
    void (*close)(void *context);
} ek_feed;

/* A trace that reads a feed, which it closes; also when opening fails. */
etwkit_status ek_trace_open_feed(etwkit_trace **trace, const ek_feed *feed, const etwkit_trace_options *given,
                                 etwkit_error *error);

#endif
