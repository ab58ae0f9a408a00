/* SPDX-License-Identifier: MIT */
/* StackWalk events that wait: read ahead of the events that they belong to, until the reading comes by them itself. */
#ifndef EK_TRACE_STACK_WINDOW_H
#define EK_TRACE_STACK_WINDOW_H

#include "base/memory.h"

#include <etwkit/record.h>

/* How many of them may refer to one raw time: more only make the search long. */
#define EK_STACKS_AT_ONE_TIME 256

/* One StackWalk event: a stack, or one half of it, for an event that it names by time and thread. */
typedef struct ek_stack_part {
    struct ek_stack_part *next; /* in its slot */
    struct ek_stack_chunk *chunk;
    int64_t time;                    /* raw, of the event that it belongs to */
    int64_t own_time;                /* raw */
    uint32_t file, buffer, position; /* where it stands itself */
    uint32_t process_id, thread_id;
    uint16_t processor;
    bool is_key;    /* frames[0] is the key of the stack */
    bool is_kernel; /* its frames are the kernel's */
    bool taken;     /* its event has it */
    bool unknown;   /* its key is not known, and was counted so */
    uint32_t count; /* frames */
    uint64_t frames[];
} ek_stack_part;

typedef struct ek_stack_window {
    etwkit_allocator allocator;
    struct ek_stack_filter *filter; /* answers most questions in the cache; NULL: nothing was added yet */
    unsigned shift;                 /* ticks as a power of two: what times share a line of the filter */
    struct ek_stack_chunk *chunks;  /* newest first: what is added goes there */
    ek_stack_part **slots;
    size_t mask;  /* slots - 1; 0: there are none yet */
    size_t count; /* parts that wait */
    size_t bytes; /* of the chunks */
    size_t ended; /* chunks in which no part waits any more */
} ek_stack_window;

/* `frequency`: ticks a second of the times. */
void ek_stack_window_init(ek_stack_window *window, const etwkit_allocator *allocator, uint64_t frequency);
void ek_stack_window_free(ek_stack_window *window);
/* Forgets all parts. */
void ek_stack_window_clear(ek_stack_window *window);

/* ETWKIT_E_LIMIT: there are too many for this time already. The part is copied with `count` frames, which are the
 * caller's to fill in: *added. */
etwkit_status ek_stack_window_add(ek_stack_window *window, const ek_stack_part *part, ek_stack_part **added);
/* A cheap question: false where no part is for an event of that time. */
static inline bool ek_stack_window_may_have(const ek_stack_window *window, uint32_t file, int64_t time);
/* The first part for an event of that time, and the next one; NULL: no more. */
ek_stack_part *ek_stack_window_find(const ek_stack_window *window, uint32_t file, int64_t time);
ek_stack_part *ek_stack_window_next(const ek_stack_part *part);
/* The reading has come by the part itself: it is found no more, but lives until ek_stack_window_sweep(). */
void ek_stack_window_remove(ek_stack_window *window, ek_stack_part *part);
void ek_stack_window_sweep(ek_stack_window *window);

/*
 * Most events have no stack, and to look each up in a table that is larger than the cache takes longer than all else
 * that is done with it. So there is a bit for each time with a part, in lines of the cache that neighbours in time
 * share.
 */
#define EK_STACK_FILTER_LINES 16384u
typedef struct ek_stack_filter {
    size_t added; /* since it was made: parts that are gone leave their bits behind, until it is made anew */
    uint64_t bits[EK_STACK_FILTER_LINES][8];
} ek_stack_filter;

static inline uint64_t *ek_stack_filter_word(ek_stack_filter *filter, unsigned shift, uint32_t file, int64_t time,
                                             uint64_t *bit) {
    uint64_t line = ((uint64_t)time >> shift) * 0x9E3779B97F4A7C15u + file;
    uint64_t mixed = (uint64_t)time * 0xD6E8FEB86659FD93u;
    *bit = UINT64_C(1) << (mixed >> 58);
    return &filter->bits[line >> 32 & (EK_STACK_FILTER_LINES - 1)][mixed >> 55 & 7];
}

static inline bool ek_stack_window_may_have(const ek_stack_window *window, uint32_t file, int64_t time) {
    uint64_t bit;
    return window->count && *ek_stack_filter_word(window->filter, window->shift, file, time, &bit) & bit;
}

#endif
