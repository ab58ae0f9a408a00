/* SPDX-License-Identifier: MIT */
/* A first look at traces: do the events that a filter leaves share their names and fields, so that these can be
 * columns?
 */
#include "one_kind.h"

#include "system.h"

#include <string.h>

/* One provider, one event name, and known fields of the same names in the same order: versions may differ. */
static bool is_alike(const etwkit_schema *one, const etwkit_schema *other) {
    size_t count = etwkit_schema_field_count(one);
    if (!etwkit_schema_is_known(one) || !etwkit_schema_is_known(other) || etwkit_schema_field_count(other) != count ||
        memcmp(etwkit_schema_provider_id(one), etwkit_schema_provider_id(other), sizeof(etwkit_guid)) != 0 ||
        strcmp(etwkit_schema_event_name(one), etwkit_schema_event_name(other)) != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(etwkit_field_name(etwkit_schema_field_at(one, i)),
                   etwkit_field_name(etwkit_schema_field_at(other, i))) != 0)
            return false;
    return true;
}

/* The look: `last` is the schema of the last event that was seen, NULL before the first. */
static bool goes_on(etwkit_trace *trace, const etwkit_batch *batch, const etwkit_schema **last) {
    size_t count = etwkit_batch_count(batch);
    for (size_t i = 0; i < count; i++) {
        const etwkit_schema *schema = etwkit_trace_schema(trace, etwkit_batch_record(batch, i));
        if (!schema || (schema != *last && !is_alike(*last ? *last : schema, schema)))
            return false;
        *last = schema;
    }
    return true;
}

bool cli_is_one_kind(const inputs *traces, const etwkit_trace_options *given) {
    etwkit_trace_options options = *given;
    options.unordered = true;
    options.strict = false;
    options.on_damage = NULL; /* the reading itself tells of it */
    etwkit_trace *trace = NULL;
    const etwkit_batch *batch;
    const etwkit_schema *last = NULL;
    bool one = etwkit_trace_open_inputs(&trace, traces->items, traces->count, &options, NULL) == ETWKIT_OK;
    while (one && !system_interrupted() && etwkit_trace_next(trace, &batch, NULL) == ETWKIT_OK)
        one = goes_on(trace, batch, &last);
    etwkit_trace_close(&trace);
    return one && last;
}
