/* SPDX-License-Identifier: MIT */
/* A stream of record batches: reads a trace of its own, and gives its events as columns. Knows no single column. */
#include "base/error.h"
#include "sink/arrow_inside.h"

#include <etwkit/session.h>

#include <errno.h>

typedef struct stream {
    etwkit_arrow *arrow; /* a share */
    etwkit_allocator allocator;
    etwkit_trace *trace;
    bool borrows; /* the trace is the caller's, who waits for its records */
    const etwkit_batch *batch;
    size_t at; /* the next record of the batch */
    bool ended;
    etwkit_error error; /* with a status: what ended the reading */
    uint64_t damage;    /* counted so far */

    ek_arrow_filler filler;
    size_t rows, row_size; /* of the record batch, of a row whatever is in it */
    bool needs_schema;

    /* The kinds of events met, by the number that their schemas are marked with. */
    ek_arrow_kind *kinds;
    size_t kind_count, kind_capacity;
    uint32_t table; /* number of this table: marks of others do not count */
    ek_arena kind_columns;
    ek_arrow_event events[EK_ARROW_CHUNK];
} stream;

static int fail(stream *s, etwkit_status status) {
    s->error.status = status;
    switch (status) {
    case ETWKIT_E_NO_MEMORY: return ENOMEM;
    case ETWKIT_E_INVALID: return EINVAL;
    case ETWKIT_E_INTERRUPTED: return EINTR;
    default: return EIO;
    }
}

static int fail_memory(stream *s) {
    (void)ek_fail_memory(&s->error);
    return fail(s, ETWKIT_E_NO_MEMORY);
}

/* --- kinds of events */

static ek_arrow_column *column_of(const stream *s, const ek_arrow_node *node) {
    return &s->filler.columns[node->index];
}

/* Which field's values go into which column; members of structs, too. */
static void bind_fields(const stream *s, ek_arrow_column **columns, const ek_arrow_node *parent,
                        const ek_layout *layout, size_t first, size_t count) {
    for (size_t i = first; i < first + count; i++) {
        const etwkit_field *field = &layout->fields[i];
        const ek_arrow_node *node = ek_arrow_node_of(&s->arrow->plan, parent, field);
        if (!node)
            continue;
        columns[i] = column_of(s, node);
        if (field->read == EK_READ_STRUCT)
            bind_fields(s, columns, ek_arrow_is_list(field) ? node->first : node, layout, field->first_member,
                        field->member_count);
    }
}

/* The number of a name in the dictionary of a column; -1: no such column, or no name. false: memory ran out. */
static bool number_of(stream *s, ek_arrow_header header, const char *name, int32_t *number) {
    ek_arrow_column *column = s->filler.of_header[header];
    *number = -1;
    if (!column || !name)
        return true;
    size_t before = column->texts.bytes.size;
    *number = ek_arrow_texts_number(&column->texts, name, strlen(name));
    s->filler.bytes += column->texts.bytes.size - before;
    return *number >= 0;
}

static bool describe(stream *s, ek_arrow_kind *kind, const etwkit_record *record) {
    const etwkit_schema *schema = kind->schema;
    kind->selected = !s->arrow->selects || ((ek_arrow_has_fields(schema) || !s->arrow->has_fields) &&
                                            ek_arrow_selects(s->arrow, s->trace, record));
    if (!kind->selected)
        return true;
    if (!number_of(s, EK_HEADER_PROVIDER_NAME, etwkit_schema_provider_name(schema), &kind->provider) ||
        !number_of(s, EK_HEADER_EVENT_NAME, etwkit_schema_event_name(schema), &kind->event))
        return false;
    if (!s->arrow->selects)
        return true;
    const ek_layout *layout = schema->is.layout;
    kind->columns = ek_arena_new(&s->kind_columns, layout->field_count * sizeof(ek_arrow_column *));
    if (kind->columns)
        bind_fields(s, kind->columns, s->arrow->plan.root, layout, 0, layout->top_count);
    return kind->columns != NULL;
}

/* The kind of a record, new or known; NULL: memory ran out. */
static const ek_arrow_kind *kind_of(stream *s, const etwkit_record *record) {
    etwkit_schema *schema = (etwkit_schema *)etwkit_trace_schema(s->trace, record); /* marks alone change in it */
    if (!schema)
        return NULL;
    if (schema->reader_kind && schema->reader_table == s->table)
        return &s->kinds[schema->reader_kind - 1];
    ek_arrow_kind *kind = &s->kinds[s->kind_count]; /* there is room: see take_chunk() */
    *kind = (ek_arrow_kind){.schema = schema};
    if (!describe(s, kind, record))
        return NULL;
    schema->reader_kind = (uint32_t)++s->kind_count;
    schema->reader_table = s->table;
    return kind;
}

/* Between record batches: where there are too many kinds or too long dictionaries, all begin anew. */
static void renew_tables(stream *s) {
    size_t most = 0, count = s->arrow->plan.node_count;
    for (size_t i = 0; i < count; i++)
        if (s->filler.columns[i].texts.bytes.size > most)
            most = s->filler.columns[i].texts.bytes.size;
    if (s->kind_count < EK_ARROW_KINDS && most < EK_ARROW_TEXTS)
        return;
    for (size_t i = 0; i < count; i++) {
        ek_arrow_texts_clear(&s->filler.columns[i].texts);
        if (s->filler.columns[i].labels)
            memset(s->filler.columns[i].labels, 0, EK_ARROW_LABEL_CACHE * sizeof(ek_arrow_label));
    }
    s->kind_count = 0;
    s->table++;
    ek_arena_reset(&s->kind_columns);
}

/* --- reading */

/* false: there is no further batch, and s->ended or s->error says why. */
static bool next_batch(stream *s) {
    s->at = 0;
    etwkit_status status = etwkit_trace_next(s->trace, &s->batch, &s->error);
    uint64_t damage = etwkit_trace_get_stats(s->trace).damage;
    ek_arrow_count(&s->arrow->stats.damage, damage - s->damage);
    s->damage = damage;
    if (status == ETWKIT_OK)
        return true;
    s->ended = status == ETWKIT_END;
    if (!s->ended)
        (void)fail(s, status);
    return false;
}

static bool is_full(const stream *s, size_t more) {
    return s->rows + more >= s->arrow->batch_rows || s->filler.bytes >= s->arrow->batch_bytes ||
           s->kind_count >= 2 * (size_t)EK_ARROW_KINDS;
}

/* Takes records of the trace's batch, up to a chunk of rows. false: memory ran out. */
static bool take_chunk(stream *s) {
    size_t count = 0, all = etwkit_batch_count(s->batch);
    if (!ek_grow(&s->allocator, (void **)&s->kinds, &s->kind_capacity, s->kind_count + EK_ARROW_CHUNK,
                 sizeof *s->kinds))
        return false;
    for (size_t looked = 0; looked < EK_ARROW_CHUNK && s->at < all && !is_full(s, count); looked++, s->at++) {
        ek_arrow_event *event = &s->events[count];
        event->record = etwkit_batch_record(s->batch, s->at);
        event->kind = s->needs_schema ? kind_of(s, event->record) : NULL;
        if (s->needs_schema && !event->kind)
            return false;
        if (event->kind && !event->kind->selected)
            continue;
        event->items = (ek_shown_items){NULL, NULL, NULL, false};
        if (s->filler.wants_items && event->record->items_size)
            event->items = ek_find_shown_items(event->record);
        s->filler.bytes += s->row_size;
        ek_arrow_fill_varying(&s->filler, event, s->rows + count);
        if (s->arrow->selects)
            ek_arrow_fill_fields(&s->filler, event, s->rows + count);
        count++;
    }
    ek_arrow_fill_header(&s->filler, s->events, count, s->rows);
    s->rows += count;
    return true;
}

/* Does the caller come back for what is not there yet? */
static bool would_wait(const stream *s) {
    return s->borrows && s->rows && etwkit_trace_wait(s->trace, 0) == ETWKIT_ABSENT;
}

/* Rows until the record batch is full, or nothing more comes. false: memory ran out. */
static bool fill(stream *s) {
    s->rows = 0;
    s->filler.bytes = 0;
    renew_tables(s);
    for (size_t i = 0; i < s->arrow->plan.node_count; i++)
        ek_arrow_column_begin(&s->filler.columns[i]);
    while (!is_full(s, 0)) {
        bool needs_more = s->at == etwkit_batch_count(s->batch);
        if (needs_more && (would_wait(s) || !next_batch(s)))
            return true;
        if (s->borrows && etwkit_batch_count(s->batch) == 0)
            return true;
        if (!take_chunk(s))
            return false;
        if (s->rows == 0) /* kinds that are not selected may be many */
            renew_tables(s);
    }
    return true;
}

static void count_batch(stream *s) {
    etwkit_arrow_stats *stats = &s->arrow->stats;
    ek_arrow_count(&stats->rows, s->rows);
    ek_arrow_count(&stats->batches, 1);
    ek_arrow_count(&stats->times_null, s->filler.times_null);
    ek_arrow_count(&stats->values_null, s->filler.values_null);
    s->filler.times_null = s->filler.values_null = 0;
}

/* --- what the consumer calls */

static int get_next(struct ArrowArrayStream *self, struct ArrowArray *out) {
    stream *s = self->private_data;
    *out = (struct ArrowArray){0};
    if (s->error.status)
        return fail(s, s->error.status);
    if (s->ended)
        return 0;
    if (!fill(s))
        return fail_memory(s);
    if (s->rows == 0 && (s->ended || s->error.status))
        return s->error.status ? fail(s, s->error.status) : 0;
    if (!ek_arrow_hand_out(s->filler.columns, s->rows, &s->allocator, out))
        return fail_memory(s);
    count_batch(s);
    return 0;
}

static int get_schema(struct ArrowArrayStream *self, struct ArrowSchema *out) {
    stream *s = self->private_data;
    return ek_arrow_write_schema(&s->arrow->plan, &s->allocator, out) ? 0 : ENOMEM;
}

static const char *get_last_error(struct ArrowArrayStream *self) {
    const stream *s = self->private_data;
    return s->error.message[0] ? s->error.message : NULL;
}

static void end(stream *s) {
    etwkit_allocator allocator = s->allocator;
    if (!s->borrows)
        etwkit_trace_close(&s->trace);
    ek_arrow_columns_free(s->filler.columns, s->arrow->plan.node_count, &allocator);
    if (s->filler.json)
        etwkit_sink_close(&s->filler.json);
    ek_buf_free(&s->filler.scratch);
    ek_arena_free(&s->kind_columns);
    ek_release(&allocator, s->kinds);
    ek_arrow_drop_owner(s->arrow);
    ek_release(&allocator, s);
}

static void release(struct ArrowArrayStream *self) {
    end(self->private_data);
    self->release = NULL;
    self->private_data = NULL;
}

/* --- making one */

/* The sink that writes properties; its output is the column's buffer, which it gets with each event. */
static bool open_json(stream *s) {
    s->filler.json = ek_sink_new(&ek_jsonl_format, &s->allocator);
    if (!s->filler.json)
        return false;
    ek_buf_free(&s->filler.json->out);
    ek_buf_init(&s->filler.json->out, &s->allocator);
    s->filler.json->flags = s->arrow->flags & ETWKIT_ARROW_NUMERIC ? ETWKIT_SINK_NUMERIC : 0;
    return true;
}

/* What is to be done for the columns that there are. */
static bool plan_work(stream *s) {
    ek_arrow_filler *filler = &s->filler;
    ek_arrow_column *const *of = filler->of_header;
    for (ek_arrow_column *column = filler->columns->first; column; column = column->next) {
        s->row_size += ek_arrow_row_size(column);
        if (column->node->header)
            filler->of_header[column->node->header] = column;
    }
    filler->walks = of[EK_HEADER_PROPERTIES] || of[EK_HEADER_REST] || of[EK_HEADER_TRUNCATED];
    filler->wants_items =
        of[EK_HEADER_RELATED_ACTIVITY_ID] || of[EK_HEADER_STACK] || of[EK_HEADER_USER_SID] || of[EK_HEADER_SESSION_ID];
    s->needs_schema = s->arrow->selects || filler->walks || of[EK_HEADER_PROVIDER_NAME] || of[EK_HEADER_EVENT_NAME] ||
                      of[EK_HEADER_MESSAGE] || of[EK_HEADER_PAYLOAD_PROCESS_ID] || of[EK_HEADER_PAYLOAD_THREAD_ID];
    return !of[EK_HEADER_PROPERTIES] || open_json(s);
}

static stream *new_stream(etwkit_arrow *arrow) {
    stream *s = ek_new(&arrow->allocator, sizeof *s);
    if (!s)
        return NULL;
    __atomic_fetch_add(&arrow->owners, 1, __ATOMIC_RELAXED);
    s->arrow = arrow;
    s->allocator = arrow->allocator;
    s->table = 1;
    ek_arena_init(&s->kind_columns, &s->allocator);
    ek_buf_init(&s->filler.scratch, &s->allocator);
    s->filler.columns = ek_arrow_columns_new(&arrow->plan, &s->allocator);
    if (s->filler.columns && plan_work(s))
        return s;
    end(s);
    return NULL;
}

static void hand_over(stream *s, struct ArrowArrayStream *out) {
    *out = (struct ArrowArrayStream){get_schema, get_next, get_last_error, release, s};
}

etwkit_status etwkit_arrow_stream(etwkit_arrow *arrow, struct ArrowArrayStream *out, etwkit_error *error) {
    *out = (struct ArrowArrayStream){0};
    stream *s = new_stream(arrow);
    if (!s)
        return ek_fail_memory(error);
    etwkit_status status = ek_arrow_open_trace(arrow, &s->trace, error);
    if (status != ETWKIT_OK) {
        end(s);
        return status;
    }
    hand_over(s, out);
    return ETWKIT_OK;
}

etwkit_status etwkit_arrow_stream_trace(etwkit_trace *trace, const etwkit_arrow_options *options,
                                        struct ArrowArrayStream *out, etwkit_error *error) {
    *out = (struct ArrowArrayStream){0};
    etwkit_arrow *columns;
    etwkit_status status = ek_arrow_plan_columns(&columns, options, error);
    if (status != ETWKIT_OK)
        return status;
    stream *s = new_stream(columns);
    etwkit_arrow_close(&columns); /* the stream has its share */
    if (!s)
        return ek_fail_memory(error);
    s->trace = trace;
    s->borrows = true;
    s->damage = etwkit_trace_get_stats(trace).damage;
    hand_over(s, out);
    return ETWKIT_OK;
}
