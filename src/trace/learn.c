/* SPDX-License-Identifier: MIT */
/* The look-ahead: one pass over all records' headers for the metadata among them, begun by the first event in need. */
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

static void learn_buffer(etwkit_trace *trace, ek_etl *etl, const ek_etl_entry *entry, ek_run *run) {
    etwkit_error error;
    etwkit_status status = ek_etl_load(etl, entry, run, &error);
    if (status != ETWKIT_OK) {
        /* It may be gone when the reading comes by here, and the descriptions would be missing silently. */
        trace->fatal = error;
        trace->fatal.status = status;
        return;
    }
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

static void learn_file(etwkit_trace *trace, ek_etl *etl) {
    ek_run run = {0};
    for (size_t i = 0; i < ek_etl_count(etl) && !trace->fatal.status; i++)
        learn_buffer(trace, etl, &ek_etl_entries(etl)[i], &run);
    ek_run_free(&run, &trace->allocator);
}

static void report_incomplete(void *context, const etwkit_error *error) {
    ek_trace_damage(context, error, 0);
}

void ek_trace_learn(void *context) {
    etwkit_trace *trace = context;
    if (trace->learned)
        return;
    trace->learned = trace->quiet = true;
    for (size_t i = 0; i < trace->file_count && trace->looks_ahead; i++)
        learn_file(trace, trace->files[i]);
    for (size_t i = 0; i < trace->lender_count; i++) /* last: what the trace itself says counts first */
        learn_file(trace, trace->lenders[i]);
    trace->quiet = false;
    if (trace->looks_ahead)
        ek_catalog_finish_learning(trace->catalog, report_incomplete, trace);
}
