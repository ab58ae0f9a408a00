/* SPDX-License-Identifier: MIT */
/* The recipe of Arrow streams: copies what was asked for, and plans the columns. Knows no arrays. */
#include "base/error.h"
#include "sink/arrow_inside.h"
#include "trace/filter.h"

/* Only the members that the caller's version of the struct has. */
static etwkit_arrow_options known_options(const etwkit_arrow_options *given) {
    etwkit_arrow_options options = {0};
    size_t size = given ? given->struct_size : 0;
    if (size)
        memcpy(&options, given, size < sizeof options ? size : sizeof options);
    return options;
}

/* A copy of a list of texts; NULL: memory ran out. */
static const char *const *copy_texts(ek_arena *arena, const char *const *texts, size_t count) {
    if (count > SIZE_MAX / sizeof(char *))
        return NULL;
    const char **copy = ek_arena_alloc(arena, count * sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        if (!(copy[i] = ek_arena_text(arena, texts[i], strlen(texts[i]))))
            return NULL;
    return copy;
}

/* How the trace is read, without what is the caller's own. */
static bool copy_trace_options(etwkit_arrow *made, const etwkit_trace_options *given) {
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    size_t size = given ? given->struct_size : 0;
    if (size)
        memcpy(&options, given, size < sizeof options ? size : sizeof options);
    options.struct_size = sizeof options;
    options.allocator = &made->allocator;
    options.filter = made->filter = etwkit_filter_share(options.filter);
    options.follow = false;
    options.on_damage = NULL;
    options.on_damage_context = NULL;
    options.schema_paths = copy_texts(&made->texts, options.schema_paths, options.schema_path_count);
    made->trace = options;
    return options.schema_paths != NULL;
}

static etwkit_arrow *new_arrow(const etwkit_arrow_options *options) {
    etwkit_allocator allocator = ek_allocator_or_default(options->trace ? options->trace->allocator : NULL);
    etwkit_arrow *made = ek_new(&allocator, sizeof *made);
    if (!made)
        return NULL;
    made->allocator = allocator;
    made->owners = 1;
    made->flags = options->flags;
    made->batch_rows = options->batch_rows ? options->batch_rows : EK_ARROW_ROWS;
    made->batch_bytes = options->batch_bytes ? options->batch_bytes : EK_ARROW_BYTES;
    if (made->batch_bytes > EK_ARROW_MOST_BYTES)
        made->batch_bytes = EK_ARROW_MOST_BYTES;
    if (made->batch_rows > EK_ARROW_MOST_BYTES)
        made->batch_rows = EK_ARROW_MOST_BYTES;
    made->selects = options->provider || options->event;
    ek_arena_init(&made->texts, &allocator);
    bool planned = ek_arrow_plan_init(&made->plan, &allocator, (options->flags & ETWKIT_ARROW_NUMERIC) != 0);
    if (!copy_trace_options(made, options->trace) || !planned)
        etwkit_arrow_close(&made);
    return made;
}

void ek_arrow_drop_owner(etwkit_arrow *arrow) {
    if (__atomic_sub_fetch(&arrow->owners, 1, __ATOMIC_ACQ_REL))
        return;
    etwkit_allocator allocator = arrow->allocator;
    etwkit_filter_free(arrow->filter);
    etwkit_filter_free(arrow->selection);
    ek_arrow_plan_free(&arrow->plan);
    ek_arena_free(&arrow->texts);
    ek_release(&allocator, arrow->data);
    ek_release(&allocator, arrow);
}

void etwkit_arrow_close(etwkit_arrow **arrow) {
    if (*arrow)
        ek_arrow_drop_owner(*arrow);
    *arrow = NULL;
}

static etwkit_status add_header(etwkit_arrow *made, const char *name, etwkit_error *error) {
    bool known;
    if (ek_arrow_add_header(&made->plan, name, &known))
        return ETWKIT_OK;
    return known ? ek_fail_memory(error)
                 : ek_fail(error, ETWKIT_E_INVALID,
                           "there is no header column named %s; a field is a column of a "
                           "selection (provider, event)",
                           name);
}

/* What stands there without being named. */
static bool is_default(const etwkit_arrow *made, unsigned header) {
    switch (header) {
    case EK_HEADER_PAYLOAD: return made->flags & ETWKIT_ARROW_PAYLOAD;
    case EK_HEADER_MESSAGE: return made->flags & ETWKIT_ARROW_MESSAGE;
    case EK_HEADER_REST: return made->flags & ETWKIT_ARROW_REST;
    case EK_HEADER_TRUNCATED: return made->flags & ETWKIT_ARROW_TRUNCATED;
    case EK_HEADER_TIMESTAMP:
    case EK_HEADER_PROCESS_ID:
    case EK_HEADER_THREAD_ID: return true;
    default: return !made->selects;
    }
}

static etwkit_status add_headers(etwkit_arrow *made, const etwkit_arrow_options *options, etwkit_error *error) {
    etwkit_status status = ETWKIT_OK;
    if (options->columns) {
        for (size_t i = 0; i < options->column_count && status == ETWKIT_OK; i++)
            status = add_header(made, options->columns[i], error);
        return status;
    }
    for (unsigned header = EK_HEADER_TIMESTAMP; header < EK_HEADER_COUNT && status == ETWKIT_OK; header++)
        if (is_default(made, header))
            status = add_header(made, ek_arrow_header_name(header), error);
    return status;
}

/* Which events are selected, as a filter. NULL: memory ran out. */
static etwkit_filter *make_selection(const etwkit_arrow *made, const char *provider, const char *event) {
    etwkit_filter *both[2];
    etwkit_guid id;
    size_t count = 0;
    if (provider)
        both[count++] = etwkit_guid_parse(&id, provider) == ETWKIT_OK
                            ? etwkit_filter_provider_id(&made->allocator, &id)
                            : etwkit_filter_provider_name(&made->allocator, provider);
    if (event)
        both[count++] = etwkit_filter_event_name(&made->allocator, event);
    return etwkit_filter_all(&made->allocator, both, count);
}

etwkit_status ek_arrow_open_trace(const etwkit_arrow *arrow, etwkit_trace **trace, etwkit_error *error) {
    if (arrow->data)
        return etwkit_trace_open_memory(trace, arrow->data, arrow->data_size, arrow->name, &arrow->trace, error);
    return etwkit_trace_open_paths(trace, arrow->paths, arrow->path_count, &arrow->trace, error);
}

static const etwkit_schema *schema_of(void *context, const etwkit_record *record) {
    return etwkit_trace_schema(context, record);
}

bool ek_arrow_selects(const etwkit_arrow *arrow, etwkit_trace *trace, const etwkit_record *record) {
    ek_filter_names names = {schema_of, trace};
    return ek_filter_match(arrow->selection, record, &names);
}

bool ek_arrow_has_fields(const etwkit_schema *schema) {
    const ek_layout *layout = schema->is.layout;
    bool any = false;
    for (size_t i = 0; schema->known && i < layout->top_count && !any; i++)
        any = ek_arrow_shows(&layout->fields[i]);
    return any;
}

/* What a pass for kinds of events marks their schemas with, and counts of them. */
enum {
    NEW,
    OTHER,
    WITHOUT_FIELDS,
    WITH_FIELDS,
    MARKS
};

static etwkit_status look_at(etwkit_arrow *made, etwkit_trace *trace, const etwkit_record *record,
                             uint64_t events[MARKS], etwkit_error *error) {
    etwkit_schema *schema = (etwkit_schema *)etwkit_trace_schema(trace, record); /* marks alone change in it */
    etwkit_status status = ETWKIT_OK;
    if (!schema)
        return ek_fail_memory(error);
    if (schema->reader_kind == NEW) {
        bool selected = ek_arrow_selects(made, trace, record);
        schema->reader_kind = !selected ? OTHER : ek_arrow_has_fields(schema) ? WITH_FIELDS : WITHOUT_FIELDS;
        if (schema->reader_kind == WITH_FIELDS)
            status = ek_arrow_plan_schema(&made->plan, schema, error);
    }
    events[schema->reader_kind]++;
    return status;
}

/* Reads the trace for the kinds of events that it holds. */
static etwkit_status plan_fields(etwkit_arrow *made, etwkit_error *error) {
    etwkit_trace *trace;
    const etwkit_batch *batch;
    uint64_t events[MARKS] = {0};
    etwkit_status status = ek_arrow_open_trace(made, &trace, error);
    while (status == ETWKIT_OK && (status = etwkit_trace_next(trace, &batch, error)) == ETWKIT_OK)
        for (size_t i = 0; i < etwkit_batch_count(batch) && status == ETWKIT_OK; i++)
            status = look_at(made, trace, etwkit_batch_record(batch, i), events, error);
    etwkit_trace_close(&trace);
    made->has_fields = events[WITH_FIELDS] != 0;
    made->stats.selected = made->has_fields ? events[WITH_FIELDS] : events[WITHOUT_FIELDS];
    return status == ETWKIT_END ? ETWKIT_OK : status;
}

/* With its source in place: the rest. What was made is closed where that fails. */
static etwkit_status finish_open(etwkit_arrow **arrow, etwkit_arrow *made, const etwkit_arrow_options *options,
                                 etwkit_error *error) {
    etwkit_status status = add_headers(made, options, error);
    if (status == ETWKIT_OK && made->selects) {
        made->selection = make_selection(made, options->provider, options->event);
        status = made->selection ? plan_fields(made, error) : ek_fail_memory(error);
    }
    if (status == ETWKIT_OK)
        *arrow = made;
    else
        etwkit_arrow_close(&made);
    return status;
}

etwkit_status etwkit_arrow_open(etwkit_arrow **arrow, const char *const *paths, size_t count,
                                const etwkit_arrow_options *given, etwkit_error *error) {
    *arrow = NULL;
    if (count == 0)
        return ek_fail(error, ETWKIT_E_INVALID, "no trace was named");
    etwkit_arrow_options options = known_options(given);
    etwkit_arrow *made = new_arrow(&options);
    if (!made)
        return ek_fail_memory(error);
    made->path_count = count;
    made->paths = copy_texts(&made->texts, paths, count);
    if (made->paths)
        return finish_open(arrow, made, &options, error);
    etwkit_arrow_close(&made);
    return ek_fail_memory(error);
}

etwkit_status etwkit_arrow_open_memory(etwkit_arrow **arrow, const void *data, size_t size, const char *name,
                                       const etwkit_arrow_options *given, etwkit_error *error) {
    *arrow = NULL;
    etwkit_arrow_options options = known_options(given);
    etwkit_arrow *made = new_arrow(&options);
    if (!made)
        return ek_fail_memory(error);
    made->name = ek_arena_text(&made->texts, name ? name : "(memory)", strlen(name ? name : "(memory)"));
    made->data = ek_alloc(&made->allocator, size);
    made->data_size = size;
    if (made->name && made->data) {
        if (size)
            memcpy(made->data, data, size);
        return finish_open(arrow, made, &options, error);
    }
    etwkit_arrow_close(&made);
    return ek_fail_memory(error);
}

etwkit_status ek_arrow_plan_columns(etwkit_arrow **arrow, const etwkit_arrow_options *given, etwkit_error *error) {
    *arrow = NULL;
    etwkit_arrow_options options = known_options(given);
    if (options.provider || options.event)
        return ek_fail(error, ETWKIT_E_INVALID, "a live trace cannot be selected from: its events are not known yet");
    etwkit_arrow *made = new_arrow(&options);
    return made ? finish_open(arrow, made, &options, error) : ek_fail_memory(error);
}

etwkit_status etwkit_arrow_schema(const etwkit_arrow *arrow, struct ArrowSchema *out, etwkit_error *error) {
    return ek_arrow_write_schema(&arrow->plan, &arrow->allocator, out) ? ETWKIT_OK : ek_fail_memory(error);
}

etwkit_arrow_stats etwkit_arrow_get_stats(const etwkit_arrow *arrow) {
    const etwkit_arrow_stats *now = &arrow->stats;
    return (etwkit_arrow_stats){
        .selected = now->selected,
        .rows = __atomic_load_n(&now->rows, __ATOMIC_RELAXED),
        .batches = __atomic_load_n(&now->batches, __ATOMIC_RELAXED),
        .times_null = __atomic_load_n(&now->times_null, __ATOMIC_RELAXED),
        .values_null = __atomic_load_n(&now->values_null, __ATOMIC_RELAXED),
        .damage = __atomic_load_n(&now->damage, __ATOMIC_RELAXED),
    };
}
