/* SPDX-License-Identifier: MIT */
/* Builders of Arrow columns: values go in row by row, arrays come out batch by batch. Knows nodes, no events. */
#ifndef EK_SINK_ARROW_COLUMN_H
#define EK_SINK_ARROW_COLUMN_H

#include "base/bytes.h"
#include "sink/arrow_type.h"

/* Different texts, numbered as they come. They are kept over batches, so that each dictionary begins with the one
 * before it: files of Arrow can then hold what was added. */
typedef struct ek_arrow_texts {
    ek_table numbers; /* of texts, from 1 */
    ek_buf bytes;
    ek_buf offsets; /* i32: 0, and where each text ends */
} ek_arrow_texts;

void ek_arrow_texts_init(ek_arrow_texts *texts, const etwkit_allocator *allocator);
void ek_arrow_texts_free(ek_arrow_texts *texts);
void ek_arrow_texts_clear(ek_arrow_texts *texts);
/* The number of a text; -1: memory ran out. */
int32_t ek_arrow_texts_number(ek_arrow_texts *texts, const char *text, size_t size);

/* Labels of values that came lately. */
#define EK_ARROW_LABEL_CACHE 256u
typedef struct ek_arrow_label {
    const etwkit_map *map; /* NULL: free */
    uint64_t bits;
    uint64_t shape; /* and size: values of the same bits may be shown in different ways */
    int32_t number;
} ek_arrow_label;

/*
 * A column that is being filled. Rows may be left out: they become null when a later one, or the end of the batch,
 * comes. Where memory runs out a buffer's `failed` is set, and ek_arrow_column_failed() tells so before anything is
 * handed out.
 */
typedef struct ek_arrow_column {
    const ek_arrow_node *node;
    struct ek_arrow_column *first, *next; /* children, as the node's */
    ek_arrow_type type;
    uint8_t width; /* bytes of a value in `values`, 0 where that varies */
    bool has_offsets;
    size_t length, null_count;
    ek_buf values;          /* of bools bits */
    ek_buf offsets;         /* i32: where each value ends; the 0 in front of the first is put there with it */
    ek_buf validity;        /* bits; none before the first null */
    ek_arrow_texts texts;   /* of labels */
    ek_arrow_label *labels; /* EK_ARROW_LABEL_CACHE of them; NULL: none yet */
    size_t sizes[2];        /* of values and offsets in the batch before: what the next one will need */
} ek_arrow_column;

/* The columns of all nodes of a plan, by their index. NULL: memory ran out. */
ek_arrow_column *ek_arrow_columns_new(const ek_arrow_plan *plan, const etwkit_allocator *allocator);
void ek_arrow_columns_free(ek_arrow_column *columns, size_t count, const etwkit_allocator *allocator);
/* Room for about so many rows as the batch before had. */
void ek_arrow_column_begin(ek_arrow_column *column);
/* Throws away what was filled in. */
void ek_arrow_column_drop(ek_arrow_column *column);
bool ek_arrow_column_failed(const ek_arrow_column *column);

/* Makes the column so long, the new rows null. */
void ek_arrow_column_pad(ek_arrow_column *column, size_t length);
/* The same with all that is in it, at the end of a batch. */
void ek_arrow_column_finish(ek_arrow_column *column, size_t length);

/* The row, which is there, becomes null. */
void ek_arrow_column_null(ek_arrow_column *column, size_t row);

/* Appends `row`, which nulls go in front of where it is not the next one. false: it is there already. */
static inline bool ek_arrow_column_at(ek_arrow_column *column, size_t row) {
    if (column->length < row)
        ek_arrow_column_pad(column, row);
    return column->length == row;
}

/* One value of fixed width. */
static inline void ek_arrow_column_fixed(ek_arrow_column *column, const void *value, size_t width) {
    uint8_t *at = ek_buf_reserve(&column->values, width);
    if (!at)
        return;
    memcpy(at, value, width);
    column->values.size += width;
    column->length++;
}

void ek_arrow_column_bool(ek_arrow_column *column, bool value);

/* One value that ends at the end of `values` as it is now (of lists: at so many elements). */
void ek_arrow_column_end(ek_arrow_column *column, size_t end);

/* One value of text or bytes, copied. */
static inline void ek_arrow_column_bytes(ek_arrow_column *column, const void *data, size_t size) {
    if (size)
        ek_buf_append(&column->values, data, size);
    ek_arrow_column_end(column, column->values.size);
}

/*
 * Hands the columns out as one struct array of `rows` rows, and leaves them empty. false: memory ran out; they are
 * empty then, too, and out->release is NULL.
 */
bool ek_arrow_hand_out(ek_arrow_column *root, size_t rows, const etwkit_allocator *allocator, struct ArrowArray *out);

/* The plan as an Arrow schema. false: memory ran out, and out->release is NULL. */
bool ek_arrow_write_schema(const ek_arrow_plan *plan, const etwkit_allocator *allocator, struct ArrowSchema *out);

#endif
