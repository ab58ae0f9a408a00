/* SPDX-License-Identifier: MIT */
/* The look-ahead: one pass over all records' headers for the metadata among them, begun by the first event in need. */
#include "base/error.h"
#include "trace/trace.h"

static void report(etwkit_trace *trace, ek_etl *etl, const etwkit_record *record, const char *fault) {
    bool quiet = trace->quiet;
    trace->quiet = false;
    ek_trace_report_record(trace, etl, record, fault, "not used: events that it describes are delivered raw");
    trace->quiet = quiet;
}

void ek_trace_learn_record(etwkit_trace *trace, ek_etl *etl, const etwkit_record *record) {
    etwkit_error error;
    if (!ek_catalog_is_metadata(record))
        return;
    etwkit_status status = ek_catalog_learn(trace->catalog, record, &error);
    bool told = status == ETWKIT_E_LIMIT && trace->limit_was_reported; /* once: it stays so for all that follow */
    if (status == ETWKIT_OK || told)
        return;
    trace->limit_was_reported |= status == ETWKIT_E_LIMIT;
    report(trace, etl, record, error.message);
}

static void learn_schemas(etwkit_trace *trace, ek_etl *etl, ek_run *run) {
    while (run->next < run->count) {
        const etwkit_guid *provider;
        uint16_t event_id;
        etwkit_record record;
        const char *phrase;
        if (!ek_run_glance(run, &provider, &event_id) || !ek_catalog_may_be_metadata(provider, event_id))
            ek_run_skip(run);
        else if (ek_run_read(run, &record, &phrase) == ETWKIT_OK)
            ek_trace_learn_record(trace, etl, &record);
    }
}

/* The same with what explains stacks, which needs the classes of kernel events. false: memory ran out. */
static bool learn_stacks(etwkit_trace *trace, ek_etl *etl, ek_run *run, bool schemas, ek_stacks *stacks) {
    while (run->next < run->count) {
        uint16_t event_id;
        etwkit_record record;
        const char *phrase;
        const etwkit_guid *provider = ek_run_provider(run, &event_id);
        bool metadata = schemas && provider && ek_catalog_may_be_metadata(provider, event_id);
        if (!metadata && !(provider && ek_stacks_wants(provider, event_id)))
            ek_run_skip(run);
        else if (ek_run_read(run, &record, &phrase))
            continue;
        else if (metadata)
            ek_trace_learn_record(trace, etl, &record);
        else if (!ek_stacks_look(stacks, &record))
            return false;
    }
    return true;
}

/* `stacks`: what explains them, too; NULL: not wanted. */
static void learn_buffer(etwkit_trace *trace, ek_etl *etl, const ek_etl_entry *entry, ek_run *run, bool schemas,
                         ek_stacks *stacks) {
    etwkit_error error;
    etwkit_status status = ek_etl_load(etl, entry, run, &error);
    if (status == ETWKIT_OK && !stacks)
        learn_schemas(trace, etl, run);
    else if (status == ETWKIT_OK && !learn_stacks(trace, etl, run, schemas, stacks))
        status = ek_fail_memory(&error);
    if (status != ETWKIT_OK) {
        /* It may be gone when the reading comes by here, and the descriptions would be missing silently. */
        trace->fatal = error;
        trace->fatal.status = status;
    }
}

static void learn_file(etwkit_trace *trace, ek_etl *etl, bool schemas, ek_stacks *stacks, uint32_t file) {
    ek_run run = {0};
    for (size_t i = stacks ? ek_stacks_looked(stacks, file) : 0; i < ek_etl_count(etl) && !trace->fatal.status; i++) {
        if (stacks)
            ek_stacks_begin_look(stacks, file, i);
        learn_buffer(trace, etl, &ek_etl_entries(etl)[i], &run, schemas, stacks);
        ek_trace_ask(trace, ek_etl_info(etl)->buffer_size);
    }
    ek_run_free(&run, &trace->allocator);
}

static void report_incomplete(void *context, const etwkit_error *error) {
    ek_trace_damage(context, error, 0);
}

static void end_look(etwkit_trace *trace) {
    if (!trace->stacks || trace->fatal.status || ek_stacks_end_look(trace->stacks))
        return;
    trace->fatal.status = ek_fail_memory(&trace->fatal);
}

void ek_trace_learn(void *context) {
    etwkit_trace *trace = context;
    if (trace->learned)
        return;
    bool quiet = trace->quiet;
    trace->learned = trace->quiet = true;
    for (size_t i = 0; i < trace->file_count && (trace->looks_ahead || trace->stacks); i++)
        learn_file(trace, trace->files[i], trace->looks_ahead, trace->stacks, (uint32_t)i);
    for (size_t i = 0; i < trace->lender_count; i++) /* last: what the trace itself says counts first */
        learn_file(trace, trace->lenders[i], true, NULL, 0);
    end_look(trace);
    trace->quiet = false;
    if (trace->looks_ahead)
        ek_catalog_finish_learning(trace->catalog, report_incomplete, trace);
    trace->quiet = quiet;
}

void ek_trace_learn_more(etwkit_trace *trace) {
    bool quiet = trace->quiet, more = false;
    trace->quiet = true;
    for (size_t i = 0; i < trace->file_count; i++) {
        if (ek_stacks_looked(trace->stacks, (uint32_t)i) == ek_etl_count(trace->files[i]))
            continue;
        more = true;
        learn_file(trace, trace->files[i], false, trace->stacks, (uint32_t)i); /* schemas are learned on the way */
    }
    if (more)
        end_look(trace);
    trace->quiet = quiet;
}
