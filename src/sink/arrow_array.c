/* SPDX-License-Identifier: MIT */
/* Hands filled columns out as Arrow arrays, which own their buffers. Knows the C data interface, no events. */
#include "sink/arrow_column.h"

enum {
    BUFFERS = 3
};

/* Of one array, in its private_data: children and dictionary have their own, since they may be moved away alone. */
typedef struct owned {
    etwkit_allocator allocator;
    const void *buffers[BUFFERS]; /* as the consumer sees them */
    void *blocks[BUFFERS];        /* to be released */
    struct ArrowArray *children;  /* storage of what child_pointers and dictionary point to */
    struct ArrowArray **child_pointers;
    struct ArrowArray dictionary;
} owned;

/* Buffers of size 0 have an address, too: not all consumers take NULL. Also the offsets of no rows. */
static const uint64_t nothing[8];

static void release(struct ArrowArray *array) {
    owned *own = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    etwkit_allocator allocator = own->allocator;
    for (int i = 0; i < BUFFERS; i++)
        ek_release(&allocator, own->blocks[i]);
    ek_release(&allocator, own->children);
    ek_release(&allocator, own->child_pointers);
    ek_release(&allocator, own);
    array->release = NULL;
}

/* An array with nothing in it, which can be released. */
static owned *begin(struct ArrowArray *array, const etwkit_allocator *allocator, size_t child_count) {
    owned *own = ek_new(allocator, sizeof *own);
    *array = (struct ArrowArray){0};
    if (!own)
        return NULL;
    own->allocator = *allocator;
    if (child_count) {
        own->children = ek_new(allocator, child_count * sizeof *own->children);
        own->child_pointers = ek_resize(allocator, NULL, child_count, sizeof(struct ArrowArray *));
    }
    if (child_count && (!own->children || !own->child_pointers)) {
        ek_release(allocator, own->children);
        ek_release(allocator, own->child_pointers);
        ek_release(allocator, own);
        return NULL;
    }
    for (size_t i = 0; i < child_count; i++)
        own->child_pointers[i] = &own->children[i];
    array->buffers = own->buffers;
    array->children = own->child_pointers;
    array->n_children = (int64_t)child_count;
    array->private_data = own;
    array->release = release;
    return own;
}

/* The bytes leave the buffer, which is empty then. */
static void give(owned *own, struct ArrowArray *array, ek_buf *from) {
    int64_t at = array->n_buffers++;
    own->buffers[at] = from->size ? from->data : (const void *)nothing;
    own->blocks[at] = from->data;
    from->data = NULL;
    from->size = from->capacity = 0;
}

static void give_validity(owned *own, struct ArrowArray *array, ek_arrow_column *column) {
    if (column->null_count)
        give(own, array, &column->validity);
    else
        own->buffers[array->n_buffers++] = NULL;
    column->validity.size = 0;
}

static bool copy(ek_buf *to, const ek_buf *from) {
    *to = (ek_buf){.allocator = from->allocator};
    ek_buf_append(to, from->data, from->size);
    return !to->failed;
}

/* The dictionary as it is now; the column goes on with its own. */
static bool give_dictionary(struct ArrowArray *array, const ek_arrow_texts *texts) {
    owned *above = array->private_data, *own = begin(&above->dictionary, &above->allocator, 0);
    if (!own)
        return false;
    array->dictionary = &above->dictionary;
    array->dictionary->length = texts->offsets.size ? (int64_t)texts->offsets.size / 4 - 1 : 0;
    own->buffers[array->dictionary->n_buffers++] = NULL;
    ek_buf offsets, bytes;
    bool good = copy(&offsets, &texts->offsets);
    good = copy(&bytes, &texts->bytes) && good;
    give(own, array->dictionary, &offsets);
    give(own, array->dictionary, &bytes);
    return good;
}

static bool hand_out(ek_arrow_column *column, const etwkit_allocator *allocator, struct ArrowArray *out) {
    owned *own = begin(out, allocator, column->node->child_count);
    if (!own)
        return false;
    out->length = (int64_t)column->length;
    out->null_count = column->type == EK_ARROW_NULL ? out->length : (int64_t)column->null_count;
    if (column->type != EK_ARROW_NULL)
        give_validity(own, out, column);
    if (column->has_offsets)
        give(own, out, &column->offsets);
    if (column->type != EK_ARROW_NULL && column->type != EK_ARROW_STRUCT && column->type != EK_ARROW_LIST)
        give(own, out, &column->values);
    bool good = column->type != EK_ARROW_LABELS || give_dictionary(out, &column->texts);
    struct ArrowArray *to = own->children;
    for (ek_arrow_column *child = column->first; child && good; child = child->next)
        good = hand_out(child, allocator, to++);
    return good;
}

static bool any_failed(const ek_arrow_column *column) {
    bool failed = ek_arrow_column_failed(column);
    for (const ek_arrow_column *child = column->first; child && !failed; child = child->next)
        failed = any_failed(child);
    return failed;
}

static void drop(ek_arrow_column *column) {
    ek_arrow_column_drop(column);
    for (ek_arrow_column *child = column->first; child; child = child->next)
        drop(child);
}

bool ek_arrow_hand_out(ek_arrow_column *root, size_t rows, const etwkit_allocator *allocator, struct ArrowArray *out) {
    *out = (struct ArrowArray){0};
    ek_arrow_column_finish(root, rows);
    root->null_count = 0; /* a row of the whole is never null */
    bool good = !any_failed(root) && hand_out(root, allocator, out);
    if (!good && out->release)
        out->release(out);
    drop(root);
    return good;
}
