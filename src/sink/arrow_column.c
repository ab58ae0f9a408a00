/* SPDX-License-Identifier: MIT */
/* Fills the buffers of Arrow columns. Knows no events, and nothing of the structs that arrays leave in. */
#include "sink/arrow_column.h"

static void init(ek_arrow_column *column, const ek_arrow_node *node, const etwkit_allocator *allocator) {
    const ek_arrow_form *form = &ek_arrow_forms[node->type];
    column->node = node;
    column->type = node->type;
    column->width = form->width;
    column->has_offsets = form->has_offsets;
    ek_buf_init(&column->values, allocator);
    ek_buf_init(&column->offsets, allocator);
    ek_buf_init(&column->validity, allocator);
    ek_arrow_texts_init(&column->texts, allocator);
}

/* Nodes in their tree's order, without recursion: each knows its parent. */
static const ek_arrow_node *next_node(const ek_arrow_node *node) {
    if (node->first)
        return node->first;
    while (node && !node->next)
        node = node->parent;
    return node ? node->next : NULL;
}

ek_arrow_column *ek_arrow_columns_new(const ek_arrow_plan *plan, const etwkit_allocator *allocator) {
    ek_arrow_column *columns = ek_new(allocator, plan->node_count * sizeof *columns);
    if (!columns)
        return NULL;
    for (const ek_arrow_node *node = plan->root; node; node = next_node(node)) {
        ek_arrow_column *column = &columns[node->index];
        init(column, node, allocator);
        column->first = node->first ? &columns[node->first->index] : NULL;
        column->next = node->next ? &columns[node->next->index] : NULL;
    }
    return columns;
}

void ek_arrow_columns_free(ek_arrow_column *columns, size_t count, const etwkit_allocator *allocator) {
    for (size_t i = 0; columns && i < count; i++) {
        ek_buf_free(&columns[i].values);
        ek_buf_free(&columns[i].offsets);
        ek_buf_free(&columns[i].validity);
        ek_arrow_texts_free(&columns[i].texts);
        ek_release(allocator, columns[i].labels);
    }
    ek_release(allocator, columns);
}

void ek_arrow_column_begin(ek_arrow_column *column) {
    (void)ek_buf_reserve(&column->values, column->sizes[0]);
    (void)ek_buf_reserve(&column->offsets, column->sizes[1]);
}

void ek_arrow_column_drop(ek_arrow_column *column) {
    column->values.size = column->offsets.size = column->validity.size = 0;
    column->values.failed = column->offsets.failed = column->validity.failed = false;
    column->length = column->null_count = 0;
}

bool ek_arrow_column_failed(const ek_arrow_column *column) {
    return column->values.failed || column->offsets.failed || column->validity.failed || column->texts.bytes.failed ||
           column->texts.offsets.failed;
}

/* Bits for so many rows, the new ones as `filled` has them. NULL: memory ran out. */
static uint8_t *bits_for(ek_buf *bits, size_t rows, uint8_t filled) {
    size_t size = (rows + 7) / 8;
    if (bits->size < size) {
        uint8_t *at = ek_buf_reserve(bits, size - bits->size);
        if (!at)
            return NULL;
        memset(at, filled, size - bits->size);
        bits->size = size;
    }
    return bits->data;
}

void ek_arrow_column_null(ek_arrow_column *column, size_t row) {
    uint8_t *bits = bits_for(&column->validity, row + 1, 0xFF);
    if (bits)
        bits[row / 8] &= (uint8_t) ~(1u << (row & 7));
    column->null_count++;
}

static void nulls(ek_arrow_column *column, size_t from, size_t to) {
    uint8_t *bits = bits_for(&column->validity, to, 0xFF);
    column->null_count += to - from;
    if (!bits)
        return;
    for (; from < to && from & 7; from++)
        bits[from / 8] &= (uint8_t) ~(1u << (from & 7));
    memset(bits + from / 8, 0, (to - from) / 8);
    for (from += (to - from) & ~(size_t)7; from < to; from++)
        bits[from / 8] &= (uint8_t) ~(1u << (from & 7));
}

void ek_arrow_column_end(ek_arrow_column *column, size_t end) {
    uint8_t *at = ek_buf_reserve(&column->offsets, 8);
    if (!at)
        return;
    if (column->offsets.size == 0) {
        ek_store32(at, 0);
        at += 4;
        column->offsets.size = 4;
    }
    ek_store32(at, (uint32_t)end); /* batches end long before 2 GiB */
    column->offsets.size += 4;
    column->length++;
}

static size_t last_end(const ek_arrow_column *column) {
    return column->offsets.size ? ek_load32(column->offsets.data + column->offsets.size - 4) : 0;
}

void ek_arrow_column_pad(ek_arrow_column *column, size_t length) {
    size_t more = length - column->length;
    if (column->type != EK_ARROW_NULL) /* whose rows are null without being said so */
        nulls(column, column->length, length);
    if (column->has_offsets) {
        for (size_t end = last_end(column); more && !column->offsets.failed; more--)
            ek_arrow_column_end(column, end);
    } else if (column->width) {
        uint8_t *at = ek_buf_reserve(&column->values, more * column->width);
        if (at) {
            memset(at, 0, more * column->width);
            column->values.size += more * column->width;
        }
    }
    column->length = length;
}

void ek_arrow_column_bool(ek_arrow_column *column, bool value) {
    size_t row = column->length++;
    uint8_t *bits = bits_for(&column->values, row + 1, 0);
    if (bits && value)
        bits[row / 8] |= (uint8_t)(1u << (row & 7));
}

/* Lists in structs in lists: no deeper than a layout. */
void ek_arrow_column_finish(ek_arrow_column *column, size_t length) {
    if (column->length < length)
        ek_arrow_column_pad(column, length);
    size_t below = column->type == EK_ARROW_LIST ? last_end(column) : length;
    for (ek_arrow_column *child = column->first; child; child = child->next)
        ek_arrow_column_finish(child, below);
    if (column->null_count)
        (void)bits_for(&column->validity, length, 0xFF);
    if (column->type == EK_ARROW_BOOL)
        (void)bits_for(&column->values, length, 0);
    column->sizes[0] = column->values.size;
    column->sizes[1] = column->offsets.size;
}
