/* SPDX-License-Identifier: MIT */
/* Cuts a batch into parts, lets each be written into a buffer of its own, and hands these over in order. */
#include "sink/parallel.h"

#include "base/error.h"
#include "base/pool.h"

#define PARTS_PER_THREAD 2 /* so that threads that are done early find more */
#define EVENTS_LEAST 32    /* of a part: less is not worth waking a thread */

struct ek_sink_parallel {
    etwkit_allocator allocator;
    ek_pool *pool;
    const ek_sink_event *events; /* of the running batch */
    size_t count;
    size_t parts; /* in use */
    size_t part_count;
    etwkit_sink *part[];
};

etwkit_status ek_sink_parallel_new(ek_sink_parallel **parallel, const etwkit_sink *like, unsigned threads,
                                   etwkit_error *error) {
    size_t count = (size_t)threads * PARTS_PER_THREAD;
    ek_sink_parallel *made = *parallel = ek_new(&like->allocator, sizeof *made + count * sizeof(etwkit_sink *));
    if (!made)
        return ek_fail_memory(error);
    made->allocator = like->allocator;
    etwkit_status status = ek_pool_new(&made->pool, threads, &like->allocator, error);
    while (status == ETWKIT_OK && made->part_count < count) {
        etwkit_sink *part = ek_sink_new(like->format, &like->allocator);
        if (part) {
            part->flags = like->flags;
            part->counts_elsewhere = true;
            made->part[made->part_count++] = part;
        } else
            status = ek_fail_memory(error);
    }
    if (status != ETWKIT_OK)
        ek_sink_parallel_free(parallel);
    return status;
}

void ek_sink_parallel_free(ek_sink_parallel **parallel) {
    ek_sink_parallel *ending = *parallel;
    if (!ending)
        return;
    for (size_t i = 0; i < ending->part_count; i++)
        etwkit_sink_close(&ending->part[i]);
    ek_pool_free(&ending->pool);
    etwkit_allocator allocator = ending->allocator;
    ek_release(&allocator, ending);
    *parallel = NULL;
}

/* Stops at the first event that cannot be written; the part's out.failed says so. */
static void write_part(void *context, unsigned index) {
    ek_sink_parallel *parallel = context;
    etwkit_sink *part = parallel->part[index];
    size_t from = parallel->count * index / parallel->parts, to = parallel->count * (index + 1) / parallel->parts;
    part->out.size = 0;
    part->out.failed = false;
    for (size_t i = from; i < to && !part->out.failed; i++)
        part->format->append(part, &parallel->events[i]);
}

etwkit_status ek_sink_parallel_append(ek_sink_parallel *parallel, etwkit_sink *sink, const ek_sink_event *events,
                                      size_t count, etwkit_error *error) {
    size_t parts = count / EVENTS_LEAST + 1;
    parallel->events = events;
    parallel->count = count;
    parallel->parts = parts < parallel->part_count ? parts : parallel->part_count;
    ek_pool_run(parallel->pool, write_part, parallel, (unsigned)parallel->parts);
    etwkit_status status = etwkit_sink_flush(sink, error);
    for (size_t i = 0; i < parallel->parts && status == ETWKIT_OK; i++) {
        const ek_buf *out = &parallel->part[i]->out;
        if (out->size)
            status = sink->write(sink->context, out->data, out->size, error);
        if (status == ETWKIT_OK && out->failed)
            status = ek_fail_memory(error);
    }
    return status;
}
