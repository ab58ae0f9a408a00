/* SPDX-License-Identifier: MIT */
/* Sorts the events of a run whose clock stepped back. Knows times and positions only. */
#include "etl/etl_inside.h"

/* No two events have the same position, so any sort by this order is stable: buffer order where times are equal. */
static bool comes_before(const ek_run_event *a, const ek_run_event *b) {
    return a->time != b->time ? a->time < b->time : a->position < b->position;
}

/* For the usual case, a few events that are late by a little: linear in the distance they move. false: gave up, moves
 * used up; the events are then in another order than before, and none is lost. */
static bool insertion_sort(ek_run_event *events, size_t count, size_t moves) {
    for (size_t i = 1; i < count; i++) {
        ek_run_event late = events[i];
        size_t at = i;
        for (; at > 0 && comes_before(&late, &events[at - 1]) && moves > 0; at--, moves--)
            events[at] = events[at - 1];
        events[at] = late;
        if (moves == 0)
            return false;
    }
    return true;
}

static void sift_down(ek_run_event *events, size_t at, size_t count) {
    ek_run_event sinking = events[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && comes_before(&events[child], &events[child + 1]))
            child++;
        if (!comes_before(&sinking, &events[child]))
            break;
        events[at] = events[child];
    }
    events[at] = sinking;
}

/* For anything else: n log n whatever the input, without memory. */
static void heap_sort(ek_run_event *events, size_t count) {
    for (size_t i = count / 2; i-- > 0;)
        sift_down(events, i, count);
    for (size_t last = count; last-- > 1;) {
        ek_run_event largest = events[0];
        events[0] = events[last];
        events[last] = largest;
        sift_down(events, 0, last);
    }
}

void ek_run_sort(ek_run_event *events, size_t count) {
    if (!insertion_sort(events, count, 16 * count))
        heap_sort(events, count);
}
