/* SPDX-License-Identifier: MIT */
/* The look-ahead: one pass over all records' headers for the metadata among them, begun by the first event in need. */
#include "trace/trace.h"

static void report(etwkit_trace *trace, ek_etl *etl, const etwkit_record *record, const char *fault) {
    trace->quiet = false;
    ek_trace_report_record(trace, etl, record, fault, "not used: events that it describes are delivered raw");
    trace->quiet = true;
}

static void learn_buffer(etwkit_trace *trace, ek_etl *etl, const ek_etl_entry *entry, ek_run *run) {
    etwkit_record record;
    const char *phrase;
    if (ek_etl_load(etl, entry, run, NULL) != ETWKIT_OK)
        return; /* the reading itself comes by here again and says so */
    while (ek_run_read(run, &record, &phrase) == ETWKIT_OK) {
        etwkit_error error;
        if (ek_catalog_is_metadata(&record) && ek_catalog_learn(trace->catalog, &record, &error) == ETWKIT_E_DAMAGED)
            report(trace, etl, &record, error.message);
    }
}

static void learn_file(etwkit_trace *trace, ek_etl *etl) {
    ek_run run = {0};
    for (size_t i = 0; i < ek_etl_count(etl); i++)
        learn_buffer(trace, etl, &ek_etl_entries(etl)[i], &run);
    ek_run_free(&run, &trace->allocator);
}

void ek_trace_learn(void *context) {
    etwkit_trace *trace = context;
    if (trace->learned)
        return;
    trace->learned = trace->quiet = true;
    for (size_t i = 0; i < trace->lender_count; i++)
        learn_file(trace, trace->lenders[i]);
    for (size_t i = 0; i < trace->file_count; i++)
        learn_file(trace, trace->files[i]);
    trace->quiet = false;
}
