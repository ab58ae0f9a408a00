/* SPDX-License-Identifier: MIT */
/* Reads a trace: prints process id and image of every event that has a field ImageFileName, and counts them all. */
#include <etwkit/etwkit.h>

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv) {
    if (argc != 2)
        return fprintf(stderr, "Usage: consume TRACE.etl\n"), 2;

    etwkit_error err = {0};
    etwkit_trace *trace = NULL;
    if (etwkit_trace_open(&trace, argv[1], NULL, &err))
        return fprintf(stderr, "%s\n", err.message), 1;

    const etwkit_batch *batch;
    while (etwkit_trace_next(trace, &batch, &err) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch); i++) {
            const etwkit_record *record = etwkit_batch_record(batch, i);
            const etwkit_schema *schema = etwkit_trace_schema(trace, record);
            const etwkit_field *field = etwkit_schema_field(schema, "ImageFileName"); /* cached in the schema */
            etwkit_text image;
            if (field && etwkit_record_text(trace, record, field, &image) == ETWKIT_OK)
                printf("%" PRIu32 " %.*s\n", etwkit_record_process_id(record), (int)image.length, image.utf8);
        }

    etwkit_trace_stats stats = etwkit_trace_get_stats(trace);
    fprintf(stderr, "%" PRIu64 " events, %" PRIu64 " places damaged\n", stats.events, stats.damage);
    if (err.status < 0)
        fprintf(stderr, "%s\n", err.message);
    etwkit_trace_close(&trace);
    return err.status < 0;
}
