/* SPDX-License-Identifier: MIT */
/* Looks into Arrow arrays: each buffer where the format says it is, and whole arrays checked for what all must hold. */
#ifndef EK_TEST_ARRAYS_H
#define EK_TEST_ARRAYS_H

#include "test.h"

#include <etwkit/arrow.h>

static inline bool is_valid_at(const struct ArrowArray *array, int64_t row) {
    const uint8_t *bits = array->buffers[0];
    return !bits || (bits[row / 8] >> (row & 7) & 1);
}

static inline uint64_t number_at(const struct ArrowArray *array, int64_t row, size_t width) {
    uint64_t value = 0;
    memcpy(&value, (const uint8_t *)array->buffers[1] + (size_t)row * width, width);
    return value;
}

static inline int32_t offset_at(const struct ArrowArray *array, int64_t row) {
    return (int32_t)number_at(array, row, 4);
}

static inline bool bool_at(const struct ArrowArray *array, int64_t row) {
    return ((const uint8_t *)array->buffers[1])[row / 8] >> (row & 7) & 1;
}

/* Text, or bytes; "(null)" where there is none. Until the next call. */
static inline const char *text_at(const struct ArrowArray *array, int64_t row) {
    static char text[512];
    int32_t from = offset_at(array, row), size = offset_at(array, row + 1) - from;
    if (!is_valid_at(array, row))
        return "(null)";
    if (size < 0 || size >= (int32_t)sizeof text)
        return "(too long)";
    memcpy(text, (const char *)array->buffers[2] + from, (size_t)size);
    text[size] = 0;
    return text;
}

static inline const char *label_at(const struct ArrowArray *array, int64_t row) {
    return is_valid_at(array, row) ? text_at(array->dictionary, (int64_t)number_at(array, row, 4)) : "(null)";
}

/* The column of that name; NULL: none. */
static inline const struct ArrowArray *column_named(const struct ArrowSchema *schema, const struct ArrowArray *array,
                                                    const char *name) {
    for (int64_t i = 0; i < schema->n_children; i++)
        if (strcmp(schema->children[i]->name, name) == 0)
            return array->children[i];
    return NULL;
}

/* What every array of that schema holds, whatever is in it; every byte that it says is there is read. */
static inline bool check_array(const struct ArrowSchema *schema, const struct ArrowArray *array) {
    uint64_t sum = 0;
    int64_t nulls = 0, length = array->length;
    const char *format = schema->format;
    bool has_offsets = format[0] == 'u' || format[0] == 'z' || strcmp(format, "+l") == 0;
    if (format[0] == 'n')
        return array->n_buffers == 0 && array->null_count == length;
    for (int64_t row = 0; row < length; row++)
        nulls += !is_valid_at(array, row);
    bool good = nulls == array->null_count && array->offset == 0 && array->n_children == schema->n_children;
    good = good && (schema->dictionary != NULL) == (array->dictionary != NULL);
    for (int64_t row = 0; good && has_offsets && row < length; row++)
        good = offset_at(array, row) <= offset_at(array, row + 1) && (row || offset_at(array, 0) == 0);
    if (good && (format[0] == 'u' || format[0] == 'z'))
        for (int32_t i = 0; length && i < offset_at(array, length); i++)
            sum += ((const uint8_t *)array->buffers[2])[i];
    if (good && schema->dictionary) {
        good = check_array(schema->dictionary, array->dictionary);
        for (int64_t row = 0; good && row < length; row++)
            good = !is_valid_at(array, row) || (int64_t)number_at(array, row, 4) < array->dictionary->length;
    }
    for (int64_t i = 0; good && i < array->n_children; i++) {
        bool is_list = strcmp(format, "+l") == 0;
        good = array->children[i]->length == (is_list ? (length ? offset_at(array, length) : 0) : length) &&
               check_array(schema->children[i], array->children[i]);
    }
    return good && sum != UINT64_MAX; /* so that no read is left out */
}

#endif
