/* SPDX-License-Identifier: MIT */
/* What the recipe of Arrow streams and the streams share, and what fills their columns with events. */
#ifndef EK_SINK_ARROW_INSIDE_H
#define EK_SINK_ARROW_INSIDE_H

#include "sink/arrow_column.h"
#include "sink/shown_items.h"
#include "sink/sink.h"

#define EK_ARROW_ROWS 65536u
#define EK_ARROW_BYTES ((size_t)32 << 20)
#define EK_ARROW_MOST_BYTES ((size_t)1 << 30)
#define EK_ARROW_KINDS 65536u            /* of events that are remembered at a time */
#define EK_ARROW_TEXTS ((size_t)1 << 20) /* bytes of a dictionary; then a new one begins */
#define EK_ARROW_CHUNK 128               /* events that are taken at once, column by column */

struct etwkit_arrow {
    etwkit_allocator allocator;
    unsigned owners; /* the caller and the streams; by atomic operations, as the statistics */
    ek_arena texts;  /* paths */
    const char *const *paths;
    size_t path_count;
    void *data; /* of a trace in memory; NULL: files */
    size_t data_size;
    const char *name;
    etwkit_trace_options trace; /* its filter is a share */
    etwkit_filter *filter;
    unsigned flags;
    size_t batch_rows, batch_bytes;
    bool selects;
    bool has_fields;          /* does any event of the selection? Those that have none are then left out */
    etwkit_filter *selection; /* by provider and event; NULL: all events */
    ek_arrow_plan plan;
    etwkit_arrow_stats stats;
};

/* A recipe of columns that names no trace. As etwkit_arrow_open(). */
etwkit_status ek_arrow_plan_columns(etwkit_arrow **arrow, const etwkit_arrow_options *given, etwkit_error *error);
void ek_arrow_drop_owner(etwkit_arrow *arrow);
etwkit_status ek_arrow_open_trace(const etwkit_arrow *arrow, etwkit_trace **trace, etwkit_error *error);
/* Does the selection take events of this schema? */
bool ek_arrow_selects(const etwkit_arrow *arrow, etwkit_trace *trace, const etwkit_record *record);

/* Does a typed row of such an event say anything? */
bool ek_arrow_has_fields(const etwkit_schema *schema);

static inline void ek_arrow_count(uint64_t *total, uint64_t more) { /* NOLINT(readability-non-const-parameter) */
    if (more)
        __atomic_fetch_add(total, more, __ATOMIC_RELAXED);
}

/* What a stream keeps of one kind of event. */
typedef struct ek_arrow_kind {
    const etwkit_schema *schema;
    int32_t provider, event; /* numbers of its names in the dictionaries; -1: none */
    bool selected;
    ek_arrow_column **columns; /* of a selection: by the field's place in its layout, NULL: none */
} ek_arrow_kind;

typedef struct ek_arrow_event {
    const etwkit_record *record;
    const ek_arrow_kind *kind;
    ek_shown_items items;
} ek_arrow_event;

/* What goes into columns, and what was counted on the way. */
typedef struct ek_arrow_filler {
    ek_arrow_column *columns;                    /* by the node's index; the first is the root */
    ek_arrow_column *of_header[EK_HEADER_COUNT]; /* NULL: no such column */
    etwkit_sink *json;                           /* writes properties; NULL: no such column */
    ek_buf scratch;
    bool walks; /* for properties, rest or truncated */
    bool wants_items;
    size_t bytes; /* of values of varying size in this batch, roughly */
    uint64_t times_null, values_null;
} ek_arrow_filler;

/* Header columns whose values vary in size: one event into row `row`. */
void ek_arrow_fill_varying(ek_arrow_filler *filler, const ek_arrow_event *event, size_t row);
/* The other header columns: so many events, from row `row` on. */
void ek_arrow_fill_header(ek_arrow_filler *filler, const ek_arrow_event *events, size_t count, size_t row);
/* The columns of fields. */
void ek_arrow_fill_fields(ek_arrow_filler *filler, const ek_arrow_event *event, size_t row);

/* Bytes that each row takes in a column and the structs in it, whatever is in it. */
size_t ek_arrow_row_size(const ek_arrow_column *column);

static inline void ek_arrow_swap_guid(uint8_t to[16], const uint8_t *from) {
    uint32_t first = __builtin_bswap32(ek_load32(from));
    uint16_t second = __builtin_bswap16(ek_load16(from + 4)), third = __builtin_bswap16(ek_load16(from + 6));
    memcpy(to, &first, 4);
    memcpy(to + 4, &second, 2);
    memcpy(to + 6, &third, 2);
    memcpy(to + 8, from + 8, 8);
}

/* false: it is outside what a timestamp holds, and null. */
static inline bool ek_arrow_time(ek_arrow_filler *filler, ek_arrow_column *column, int64_t filetime) {
    int64_t since;
    if (__builtin_sub_overflow(filetime, INT64_C(116444736000000000), &since) ||
        __builtin_mul_overflow(since, 100, &since)) {
        filler->times_null++;
        return false;
    }
    ek_arrow_column_fixed(column, &since, sizeof since);
    return true;
}

#endif
