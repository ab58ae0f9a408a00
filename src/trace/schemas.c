/* SPDX-License-Identifier: MIT */
/* Gives the catalog of a trace what the caller says of schemas: traces that lend theirs, and the library. */
#include "base/error.h"
#include "decode/walk.h"
#include "trace/trace.h"

/* A file that was given for its schemas, or that lies where those are looked for, is not wholly understood. */
static void report(void *context, const etwkit_error *error) {
    etwkit_trace *trace = context;
    bool quiet = trace->quiet;
    trace->quiet = false;
    if (ek_trace_damage(trace, error, 0) != ETWKIT_OK && !trace->fatal.status)
        trace->fatal = *error;
    trace->quiet = quiet;
}

static etwkit_status open_library(etwkit_trace *trace, const char *const *paths, size_t count,
                                  const etwkit_trace_options *options, etwkit_error *error) {
    const ek_library_options library = {.paths = paths,
                                        .path_count = count,
                                        .no_bundled = options->no_bundled_schemas,
                                        .report = report,
                                        .context = trace};
    const etwkit_trace_info *info = etwkit_trace_get_info(trace, 0);
    const ek_pack_choice choice = {.os_build = info ? info->os_build : 0, .fits = ek_layout_fits};
    etwkit_status status = ek_library_new(&trace->library, &library, &trace->allocator, error);
    if (status == ETWKIT_OK)
        ek_catalog_set_library(trace->catalog, trace->library, &choice);
    return status;
}

etwkit_status ek_trace_open_schemas(etwkit_trace *trace, const etwkit_trace_options *options, etwkit_error *error) {
    size_t count = options->schema_path_count, lenders = 0, others = 0;
    const char **sorted = ek_resize(&trace->allocator, NULL, count, sizeof *sorted);
    if (!sorted)
        return ek_fail_memory(error);
    for (size_t i = 0; i < count; i++) { /* traces from the front, the others from the back, and these backwards */
        bool other = ek_library_takes(options->schema_paths[i], &trace->allocator);
        sorted[other ? count - ++others : lenders++] = options->schema_paths[i];
    }
    for (size_t i = lenders, last = count; i + 1 < last; i++) {
        const char *path = sorted[i];
        sorted[i] = sorted[--last];
        sorted[last] = path;
    }
    trace->quiet = true; /* damage of a lender costs its metadata only */
    etwkit_status status = ek_trace_open_paths(trace, &trace->lenders, &trace->lender_count, sorted, lenders, error);
    trace->quiet = false;
    if (status == ETWKIT_OK)
        status = open_library(trace, sorted + lenders, others, options, error);
    ek_release(&trace->allocator, sorted);
    return status;
}
