/* SPDX-License-Identifier: MIT */
/* The search for process events: one pass over all records' headers, and what was found taken in by time. */
#include "base/error.h"
#include "base/sort.h"
#include "trace/processes.h"
#include "trace/trace.h"

#include <string.h>

typedef struct search {
    etwkit_processes *processes;
    etwkit_trace *trace;
    ek_process_fact *facts;
    size_t count, capacity;
    bool full;
} search;

static etwkit_status add_fact(search *in, const etwkit_record *record, etwkit_error *error) {
    ek_process_fact fact;
    void *grown = in->facts;
    in->full |= in->count == EK_PROCESSES_MOST;
    if (in->full)
        return ETWKIT_OK;
    etwkit_status status = ek_process_fact_read(&fact, in->trace, record, ek_processes_arena(in->processes));
    if (status == ETWKIT_ABSENT)
        return ETWKIT_OK;
    if (status || !ek_grow(&in->trace->allocator, &grown, &in->capacity, in->count + 1, sizeof *in->facts))
        return ek_fail_memory(error);
    in->facts = grown;
    in->facts[in->count++] = fact;
    return ETWKIT_OK;
}

static etwkit_status search_buffer(search *in, ek_etl *etl, const ek_etl_entry *entry, ek_run *run,
                                   etwkit_error *error) {
    etwkit_status status = ek_etl_load(etl, entry, run, error);
    while (status == ETWKIT_OK && run->next < run->count) {
        etwkit_record record;
        const char *phrase;
        uint16_t event_id;
        const etwkit_guid *provider = ek_run_provider(run, &event_id);
        if (!provider || !ek_process_may_be_fact(provider, event_id)) {
            ek_run_skip(run);
            continue;
        }
        if (ek_run_read(run, &record, &phrase))
            continue;
        if (record.header_kind == ETWKIT_HEADER_FULL32)
            ek_trace_fit_pointer_size(in->trace, &record);
        status = add_fact(in, &record, error);
    }
    /* As between two batches: nobody has a view into this buffer. */
    ek_arena_reset(&in->trace->texts);
    ek_catalog_end_batch(in->trace->catalog);
    return status;
}

static etwkit_status search_file(search *in, size_t file, ek_run *run, bool (*go_on)(void *context), void *context,
                                 etwkit_error *error) {
    ek_etl *etl = in->trace->files[file];
    size_t *next = ek_processes_collected(in->processes, file);
    if (!next)
        return ek_fail_memory(error);
    etwkit_status status = ETWKIT_OK;
    while (*next < ek_etl_count(etl) && status == ETWKIT_OK && !in->full) {
        if (go_on && !go_on(context))
            return ETWKIT_END;
        status = search_buffer(in, etl, &ek_etl_entries(etl)[*next], run, error);
        ++*next;
    }
    return status;
}

static bool comes_before(const void *context, uint32_t a, uint32_t b) {
    const ek_process_fact *facts = context;
    return facts[a].time != facts[b].time ? facts[a].time < facts[b].time : a < b;
}

/* What was found, by time. ETWKIT_E_LIMIT where some of it found no place. */
static etwkit_status take_facts(const search *in, etwkit_error *error) {
    uint32_t *order = ek_resize(&in->trace->allocator, NULL, in->count, sizeof *order);
    if (!order)
        return ek_fail_memory(error);
    for (size_t i = 0; i < in->count; i++)
        order[i] = (uint32_t)i;
    ek_sort_indexes(order, in->count, comes_before, in->facts);
    etwkit_status status = in->full ? ek_processes_fail_full(error) : ETWKIT_OK;
    for (size_t i = 0; i < in->count && status != ETWKIT_E_NO_MEMORY; i++) {
        etwkit_status taken = ek_processes_take(in->processes, &in->facts[order[i]], error);
        if (taken)
            status = taken;
    }
    ek_release(&in->trace->allocator, order);
    return status;
}

etwkit_status etwkit_processes_collect(etwkit_processes *processes, etwkit_trace *trace, bool (*go_on)(void *context),
                                       void *context, etwkit_error *error) {
    search in = {.processes = processes, .trace = trace};
    ek_run run = {0};
    bool quiet = trace->quiet;
    etwkit_status status = ETWKIT_OK;
    trace->quiet = true; /* these buffers are read again anyway */
    trace->batch.count = 0;
    for (size_t i = 0; i < trace->file_count && status == ETWKIT_OK; i++)
        status = search_file(&in, i, &run, go_on, context, error);
    trace->quiet = quiet;
    ek_run_free(&run, &trace->allocator);
    etwkit_status taken = status == ETWKIT_E_NO_MEMORY ? status : take_facts(&in, status ? NULL : error);
    ek_release(&trace->allocator, in.facts);
    return status ? status : taken;
}
