/* SPDX-License-Identifier: MIT */
/* A heap sort: without the memory that the C library's qsort may take, n log n whatever the input. */
#include "base/sort.h"

typedef struct sorting {
    uint32_t *heap;
    bool (*before)(const void *context, uint32_t a, uint32_t b);
    const void *context;
} sorting;

static void sift_down(const sorting *sort, size_t at, size_t count) {
    uint32_t *heap = sort->heap, sinking = heap[at];
    for (size_t child; (child = at * 2 + 1) < count; at = child) {
        if (child + 1 < count && sort->before(sort->context, heap[child], heap[child + 1]))
            child++;
        if (!sort->before(sort->context, sinking, heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = sinking;
}

void ek_sort_indexes(uint32_t *indexes, size_t count, bool (*before)(const void *context, uint32_t a, uint32_t b),
                     const void *context) {
    const sorting sort = {indexes, before, context};
    for (size_t at = count / 2; at-- > 0;)
        sift_down(&sort, at, count);
    for (size_t last = count; last-- > 1;) {
        uint32_t largest = indexes[0];
        indexes[0] = indexes[last];
        indexes[last] = largest;
        sift_down(&sort, 0, last);
    }
}
