/* SPDX-License-Identifier: MIT */
/* Reading a trace batch by batch, and what can be asked of the records of a batch. */
#include "base/error.h"
#include "decode/message.h"
#include "decode/walk.h"
#include "trace/filter.h"
#include "trace/trace.h"

#include <string.h>

/* Metadata that contradicts itself is found when a schema is made of it: report it where it was found. */
static void report_metadata(etwkit_trace *trace, const etwkit_record *record) {
    etwkit_error error;
    bool of_feed = trace->feed.next != NULL;
    if (ek_catalog_take_damage(trace->catalog, &error) == ETWKIT_E_DAMAGED &&
        (of_feed || record->file < trace->file_count))
        (void)ek_trace_report_record(trace, of_feed ? NULL : trace->files[record->file], record, error.message,
                                     "its fields are not known, it is delivered raw");
}

etwkit_schema *ek_trace_find_schema(etwkit_trace *trace, const etwkit_record *record) {
    etwkit_schema *schema = ek_catalog_find(trace->catalog, record);
    report_metadata(trace, record);
    return schema;
}

static const etwkit_schema *schema_for_filter(void *context, const etwkit_record *record) {
    return ek_trace_find_schema(context, record);
}

ek_filter_names ek_trace_names(etwkit_trace *trace) {
    return (ek_filter_names){schema_for_filter, trace};
}

bool ek_trace_passes(etwkit_trace *trace, const etwkit_record *record) {
    const ek_filter_names names = ek_trace_names(trace);
    return !trace->filter || ek_filter_match(trace->filter, record, &names);
}

static etwkit_status report_late(etwkit_trace *trace, const etwkit_record *record) {
    trace->stats.events_late++;
    /* While a file grows, it is no damage that one processor's buffer is there before an older one of another's. */
    if (trace->late_was_reported || trace->follow)
        return ETWKIT_OK;
    trace->late_was_reported = true;
    return ek_trace_report_record(trace, trace->files[record->file], record,
                                  "its time lies before events that were given already, and outside the sorting window",
                                  "delivered late, as all others of its kind from here on");
}

/* What a record needs beside being read: reports about it. */
static etwkit_status look_after(etwkit_trace *trace, const etwkit_record *record, bool late, const char *phrase) {
    etwkit_status status = ETWKIT_OK;
    if (late)
        status = report_late(trace, record);
    if (phrase && status == ETWKIT_OK)
        status = ek_trace_report_record(trace, trace->files[record->file], record, phrase,
                                        "delivered without them; use --strict to stop");
    return status;
}

static etwkit_status fill(etwkit_trace *trace, etwkit_error *error) {
    etwkit_batch *batch = &trace->batch;
    while (batch->count < batch->capacity) {
        etwkit_record *record = &batch->records[batch->count];
        bool late = false;
        const char *phrase = NULL;
        etwkit_status status = ek_merge_next(trace->merge, record, &late, &phrase, error);
        if (status != ETWKIT_OK)
            return status;
        if (late || phrase)
            status = look_after(trace, record, late, phrase);
        if (status != ETWKIT_OK)
            return status;
        if (record->header_kind == ETWKIT_HEADER_FULL32)
            ek_trace_fit_pointer_size(trace, record);
        if (trace->learns_on_the_way && ek_catalog_may_be_metadata(&record->provider_id, record->event_id))
            ek_trace_learn_record(trace, trace->files[record->file], record);
        if (trace->stacks && !ek_stacks_join(trace->stacks, record, &trace->joined[batch->count]))
            trace->stats.events_joined++;
        else if (ek_trace_passes(trace, record))
            batch->count++;
        else
            trace->stats.events_filtered++;
        if (ek_merge_is_full(trace->merge))
            return ETWKIT_OK; /* also without a record: the filter kept all back, and the caller may want to stop */
    }
    return ETWKIT_OK;
}

void ek_trace_ask(etwkit_trace *trace, uint64_t bytes) {
    trace->unasked += bytes;
    if (!trace->interrupted || trace->unasked < EK_ASK_EACH || trace->fatal.status)
        return;
    trace->unasked = 0;
    if (trace->interrupted(trace->interrupted_context))
        trace->fatal.status = ek_fail(&trace->fatal, ETWKIT_E_INTERRUPTED, "the reading was interrupted");
}

/* Before the records of a batch: what has to be known of those that come later. */
static etwkit_status look_ahead(etwkit_trace *trace, etwkit_error *error) {
    if (!trace->stacks)
        return ETWKIT_OK;
    if (trace->learned)
        ek_trace_learn_more(trace);
    else
        ek_trace_learn(trace);
    return trace->fatal.status ? trace->fatal.status : ek_stacks_advance(trace->stacks, error);
}

/* Remembers what ends the reading, so that the records in front of it are given first. */
static void end_with(etwkit_trace *trace, etwkit_status status, const etwkit_error *error) {
    if (trace->fatal.status)
        return; /* strict: the damage itself */
    trace->fatal = *error;
    trace->fatal.status = status;
}

/* Of files; a feed comes back to the caller often enough, who need not be asked. */
static void release_batch(etwkit_trace *trace) {
    ek_merge_release(trace->merge);
    const uint64_t seen = ek_merge_bytes_read(trace->merge);
    ek_trace_ask(trace, seen - trace->seen);
    trace->seen = seen;
}

etwkit_status etwkit_trace_next(etwkit_trace *trace, const etwkit_batch **batch, etwkit_error *error) {
    *batch = NULL;
    trace->batch.count = 0;
    if (!trace->merge && !trace->feed.next)
        return ETWKIT_END;
    if (trace->merge)
        release_batch(trace);
    else
        ek_trace_release_feed(trace);
    ek_arena_reset(&trace->texts);
    ek_catalog_end_batch(trace->catalog);
    etwkit_status status = ETWKIT_END;
    if (!trace->fatal.status) {
        etwkit_error fault = {0};
        status = look_ahead(trace, &fault);
        if (status == ETWKIT_OK)
            status = trace->merge ? fill(trace, &fault) : ek_trace_fill_from_feed(trace);
        if (status < 0)
            end_with(trace, status, &fault);
    }
    if (trace->batch.count || status == ETWKIT_OK) {
        trace->stats.events += trace->batch.count;
        *batch = &trace->batch;
        return ETWKIT_OK;
    }
    if (trace->fatal.status && error)
        *error = trace->fatal;
    return trace->fatal.status ? trace->fatal.status : ETWKIT_END;
}

etwkit_status etwkit_trace_rewind(etwkit_trace *trace, etwkit_error *error) {
    if (!trace->merge)
        return ek_fail(error, ETWKIT_E_INVALID, "etwkit_trace_rewind: the trace's reading was ended, or it is live");
    uint64_t total = trace->stats.bytes_total; /* a file may have grown since */
    ek_merge_rewind(trace->merge);
    ek_arena_reset(&trace->texts);
    ek_catalog_end_batch(trace->catalog);
    ek_catalog_reset_usage(trace->catalog);
    if (trace->stacks)
        ek_stacks_rewind(trace->stacks);
    trace->stats = trace->opening;
    trace->stats.bytes_total = total;
    trace->damage_count = trace->opening_damage_count;
    trace->late_was_reported = false;
    trace->seen = 0;
    trace->fatal.status = ETWKIT_OK;
    trace->batch.count = 0;
    return ETWKIT_OK;
}

etwkit_status etwkit_trace_refresh(etwkit_trace *trace, etwkit_error *error) {
    size_t added = 0;
    if (!trace->merge)
        return ETWKIT_END;
    trace->stats.bytes_total = 0;
    for (size_t i = 0; i < trace->file_count; i++) {
        size_t more = 0;
        etwkit_status status = ek_etl_extend(trace->files[i], &more, error);
        if (status != ETWKIT_OK)
            return status;
        added += more;
        trace->stats.bytes_total += ek_etl_bytes(trace->files[i]);
    }
    etwkit_status status = ek_merge_extend(trace->merge, error);
    if (status != ETWKIT_OK)
        return status;
    return added ? ETWKIT_OK : ETWKIT_END;
}

size_t etwkit_batch_count(const etwkit_batch *batch) {
    return batch ? batch->count : 0;
}

const etwkit_record *etwkit_batch_record(const etwkit_batch *batch, size_t index) {
    return batch && index < batch->count ? &batch->records[index] : NULL;
}

const etwkit_schema *etwkit_trace_schema(etwkit_trace *trace, const etwkit_record *record) {
    return ek_trace_find_schema(trace, record);
}

const etwkit_schema *etwkit_trace_renew_schema(etwkit_trace *trace, const etwkit_schema *schema) {
    return schema ? ek_catalog_renew(trace->catalog, schema) : NULL;
}

const etwkit_schema *etwkit_trace_schema_at(const etwkit_trace *trace, size_t index) {
    return ek_catalog_at(trace->catalog, index);
}

etwkit_status etwkit_record_text(etwkit_trace *trace, const etwkit_record *record, const etwkit_field *field,
                                 etwkit_text *text) {
    etwkit_value value;
    etwkit_status status = etwkit_record_value(record, ek_trace_find_schema(trace, record), field, &value);
    if (status != ETWKIT_OK)
        return status;
    size_t capacity = 64 + (size_t)value.size * 3, length = 0; /* no text is longer, but for bit maps' labels */
    for (;;) {
        char *room = ek_arena_alloc(&trace->texts, capacity);
        if (!room)
            return ETWKIT_E_NO_MEMORY;
        status = etwkit_value_text(&value, 0, room, capacity, &length);
        if (status != ETWKIT_E_RANGE) {
            *text = (etwkit_text){room, length};
            return status;
        }
        capacity = length;
    }
}

etwkit_status etwkit_record_message(etwkit_trace *trace, const etwkit_record *record, etwkit_text *text) {
    const etwkit_schema *schema = ek_trace_find_schema(trace, record);
    ek_buf out;
    *text = (etwkit_text){NULL, 0};
    if (!schema)
        return ETWKIT_E_NO_MEMORY;
    ek_buf_init(&out, &trace->allocator);
    etwkit_status status = ek_message_append(&out, schema, record) ? ETWKIT_OK : ETWKIT_ABSENT;
    if (out.failed)
        status = ETWKIT_E_NO_MEMORY;
    if (status == ETWKIT_OK) {
        text->utf8 = ek_arena_text(&trace->texts, out.size ? (const char *)out.data : "", out.size);
        text->length = text->utf8 ? out.size : 0;
        status = text->utf8 ? ETWKIT_OK : ETWKIT_E_NO_MEMORY;
    }
    ek_buf_free(&out);
    return status;
}

etwkit_status etwkit_schema_format_message(const etwkit_schema *schema, const etwkit_record *record, char *text,
                                           size_t capacity, size_t *length) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_buf out;
    ek_buf_init(&out, &allocator);
    etwkit_status status = schema && ek_message_append(&out, schema, record) ? ETWKIT_OK : ETWKIT_ABSENT;
    if (out.failed)
        status = ETWKIT_E_NO_MEMORY;
    *length = status == ETWKIT_OK ? out.size : 0;
    if (*length > capacity)
        status = ETWKIT_E_RANGE;
    else if (*length)
        memcpy(text, out.data, *length);
    ek_buf_free(&out);
    return status;
}

etwkit_status etwkit_record_payload_process_id(etwkit_trace *trace, const etwkit_record *record, uint32_t *id) {
    const etwkit_schema *schema = ek_trace_find_schema(trace, record);
    if (!schema)
        return ETWKIT_E_NO_MEMORY;
    return ek_record_id(record, schema, schema->is.process_field, id) ? ETWKIT_OK : ETWKIT_ABSENT;
}

etwkit_status etwkit_record_payload_thread_id(etwkit_trace *trace, const etwkit_record *record, uint32_t *id) {
    const etwkit_schema *schema = ek_trace_find_schema(trace, record);
    if (!schema)
        return ETWKIT_E_NO_MEMORY;
    return ek_record_id(record, schema, schema->is.thread_field, id) ? ETWKIT_OK : ETWKIT_ABSENT;
}
