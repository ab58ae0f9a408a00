/* SPDX-License-Identifier: MIT */
/* The merge of runs: a heap of open runs, opened in the order of their first times. */
#include "trace/merge.h"

#include "base/error.h"
#include "trace/loader.h"

/* Where a record stands among all: compared member by member. */
typedef struct rank {
    int64_t key; /* raw time, or FILETIME where raw times cannot be compared */
    uint32_t file;
    int64_t raw;
    uint64_t place;
} rank;

/* An open run, ordered by its next record: the key stands here, so that most comparisons need not look into the run. */
typedef struct open_run {
    int64_t key;
    ek_loaded *run;
} open_run;

struct ek_merge {
    ek_merge_settings settings;
    ek_loader *loader;
    bool by_filetime;
    open_run *heap; /* earliest first */
    size_t open, heap_capacity;
    ek_loaded *retired; /* used up, but records still point into them */
    uint64_t retired_bytes;
    uint64_t open_memory;               /* bytes that runs may take */
    int64_t ahead[EK_MERGE_AHEAD_MOST]; /* the first ahead_count: keys of the runs opened last, INT64_MIN: none yet */
    size_t ahead_count, oldest;         /* when the oldest one's turn comes, another run is opened */
    size_t opened;
    int64_t opening; /* a head of this key has to wait until another run was opened */
    bool opening_is_known;
    int64_t limit; /* the first run of the heap may give records whose keys are below, then look again */
    rank last;     /* the latest record that was given when a run was opened, or used up */
    bool is_late;  /* the first run's records lie before that one, until one does not */
};

#define RETIRED_MAX ((uint64_t)4 << 20)
#define PROCESSORS_MEMORY ((uint64_t)512 << 20) /* the most that one buffer a processor may add to the memory limit */

static bool ranks_before(const rank *a, const rank *b) {
    if (a->key != b->key)
        return a->key < b->key;
    if (a->file != b->file)
        return a->file < b->file;
    if (a->raw != b->raw)
        return a->raw < b->raw;
    return a->place < b->place;
}

/* The memory limit, and what one buffer a processor takes beside it, as far as a file's word for that is believed. */
static uint64_t open_memory(ek_etl *const *files, size_t count, uint64_t memory_limit) {
    uint64_t buffers = 0;
    for (size_t i = 0; i < count; i++) {
        const etwkit_trace_info *info = ek_etl_info(files[i]);
        buffers += (uint64_t)info->processor_count * info->buffer_size;
        buffers = buffers < PROCESSORS_MEMORY ? buffers : PROCESSORS_MEMORY;
    }
    return memory_limit < UINT64_MAX - buffers ? memory_limit + buffers : UINT64_MAX;
}

static size_t ahead_count(ek_etl *const *files, size_t count) {
    size_t size = 1024;
    for (size_t i = 0; i < count; i++)
        size = ek_etl_info(files[i])->buffer_size > size ? ek_etl_info(files[i])->buffer_size : size;
    size_t fitting = EK_MERGE_AHEAD_SIZE / size;
    return fitting < EK_MERGE_AHEAD_LEAST  ? EK_MERGE_AHEAD_LEAST
           : fitting > EK_MERGE_AHEAD_MOST ? EK_MERGE_AHEAD_MOST
                                           : fitting;
}

/* The first run's turn is over, and what was known of the next opening, too. */
static void look_again(ek_merge *merge) {
    merge->limit = INT64_MIN;
    merge->opening_is_known = false;
}

static void forget_opened(ek_merge *merge) {
    merge->oldest = 0;
    for (size_t i = 0; i < merge->ahead_count; i++)
        merge->ahead[i] = INT64_MIN;
    merge->last = (rank){.key = INT64_MIN};
    look_again(merge);
}

etwkit_status ek_merge_new(ek_merge **merge, ek_etl *const *files, size_t count, const ek_merge_settings *settings,
                           etwkit_error *error) {
    ek_merge *made = *merge = ek_new(&settings->allocator, sizeof *made);
    if (!made)
        return ek_fail_memory(error);
    made->settings = *settings;
    made->ahead_count = ahead_count(files, count);
    forget_opened(made);
    made->open_memory = open_memory(files, count, settings->memory_limit);
    const ek_loader_settings loading = {settings->allocator, settings->memory_limit, settings->unordered,
                                        settings->pool};
    etwkit_status status = ek_loader_new(&made->loader, files, count, &loading, error);
    if (status != ETWKIT_OK)
        ek_merge_free(merge);
    else
        made->by_filetime = ek_loader_orders_by_filetime(made->loader);
    return status;
}

/* Gives back every run that is not retired. */
static void close_all(ek_merge *merge) {
    while (merge->open)
        ek_loader_give_back(merge->loader, merge->heap[--merge->open].run);
}

void ek_merge_free(ek_merge **merge) {
    ek_merge *ending = *merge;
    if (!ending)
        return;
    close_all(ending);
    ek_merge_release(ending);
    ek_loader_free(&ending->loader);
    etwkit_allocator allocator = ending->settings.allocator;
    ek_release(&allocator, ending->heap);
    ek_release(&allocator, ending);
    *merge = NULL;
}

void ek_merge_release(ek_merge *merge) {
    while (merge->retired) {
        ek_loaded *run = merge->retired;
        merge->retired = run->next;
        ek_loader_give_back(merge->loader, run);
    }
    merge->retired_bytes = 0;
    merge->opening_is_known = false; /* memory may have come back */
}

bool ek_merge_is_full(const ek_merge *merge) {
    return merge->retired_bytes > RETIRED_MAX;
}

void ek_merge_rewind(ek_merge *merge) {
    ek_merge_release(merge);
    close_all(merge);
    ek_loader_rewind(merge->loader);
    forget_opened(merge);
}

etwkit_status ek_merge_extend(ek_merge *merge, etwkit_error *error) {
    look_again(merge);
    return ek_loader_extend(merge->loader, error);
}

static inline int64_t key_of(const ek_merge *merge, const ek_run *run, uint32_t index) {
    int64_t raw = run->events[index].time;
    return merge->by_filetime ? ek_clock_filetime(run->clock, raw) : raw;
}

static rank rank_of(const ek_merge *merge, const ek_run *run, uint32_t index) {
    return (rank){key_of(merge, run, index), run->file, run->events[index].time, run->place};
}

/* Of runs that have records left. */
static inline bool comes_before(const ek_merge *merge, const open_run *a, const open_run *b) {
    if (a->key != b->key)
        return a->key < b->key;
    rank rank_a = rank_of(merge, &a->run->run, a->run->run.next);
    rank rank_b = rank_of(merge, &b->run->run, b->run->run.next);
    return ranks_before(&rank_a, &rank_b);
}

/* The latest record given so far is the last one of the run that had the turn, unless all that it gave was late. */
static void note_last(ek_merge *merge, const ek_run *gave) {
    if (gave->next == 0)
        return;
    rank given = rank_of(merge, gave, gave->next - 1);
    if (ranks_before(&merge->last, &given))
        merge->last = given;
}

static void sift_down(ek_merge *merge) {
    open_run *heap = merge->heap, moving = heap[0];
    size_t at = 0;
    for (size_t child; (child = at * 2 + 1) < merge->open; at = child) {
        if (child + 1 < merge->open && comes_before(merge, &heap[child + 1], &heap[child]))
            child++;
        if (!comes_before(merge, &heap[child], &moving))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

static void push(ek_merge *merge, ek_loaded *run) {
    open_run *heap = merge->heap, added = {key_of(merge, &run->run, 0), run};
    size_t at = merge->open++;
    for (; at && comes_before(merge, &added, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = added;
}

static etwkit_status open_next(ek_merge *merge, etwkit_error *error) {
    void *heap = merge->heap;
    if (!ek_grow(&merge->settings.allocator, &heap, &merge->heap_capacity, merge->open + 1, sizeof *merge->heap))
        return ek_fail_memory(error);
    merge->heap = heap;
    ek_loaded *run = NULL;
    int64_t key = 0;
    etwkit_status status = ek_loader_next(merge->loader, &run, &key, error);
    if (status != ETWKIT_OK)
        return status;
    merge->opening_is_known = false;
    merge->ahead[merge->oldest] = key;
    merge->oldest = merge->oldest + 1 < merge->ahead_count ? merge->oldest + 1 : 0;
    if (run->run.count == 0) {
        ek_loader_give_back(merge->loader, run);
        return ETWKIT_OK;
    }
    push(merge, run);
    return ETWKIT_OK;
}

/*
 * From which head on the next run has to be open: its own key, and ahead of it where memory allows. INT64_MAX: there is
 * none, or it has to wait until others are used up.
 */
static int64_t find_opening(const ek_merge *merge) {
    int64_t next;
    uint64_t memory = ek_loader_memory(merge->loader);
    if (!ek_loader_peek(merge->loader, &next) || merge->settings.unordered || memory >= merge->open_memory)
        return INT64_MAX;
    return memory < merge->settings.memory_limit ? merge->ahead[merge->oldest] : next;
}

/* Must another run be open before the first record of the heap may go? */
static bool must_open(ek_merge *merge) {
    int64_t next;
    if (merge->open == 0)
        return ek_loader_peek(merge->loader, &next);
    if (!merge->opening_is_known)
        merge->opening = find_opening(merge);
    merge->opening_is_known = true;
    return merge->opening <= merge->heap[0].key && merge->opening != INT64_MAX;
}

static bool first_is_late(const ek_merge *merge) {
    const open_run *first = &merge->heap[0];
    if (first->key != merge->last.key)
        return first->key < merge->last.key;
    rank head = rank_of(merge, &first->run->run, first->run->run.next);
    return ranks_before(&head, &merge->last);
}

/* Brings the run with the earliest record to the front, opening what must be open. How far that one may then go on its
 * own: to the next run's head, and to where another run has to be opened. */
static etwkit_status turn(ek_merge *merge, etwkit_error *error) {
    const bool goes_on = merge->open != 0;
    const ek_run *gave = goes_on ? &merge->heap[0].run->run : NULL;
    if (goes_on)
        sift_down(merge);
    while (must_open(merge)) {
        if (goes_on) /* and what is opened may begin before that */
            note_last(merge, gave);
        etwkit_status status = open_next(merge, error);
        if (status != ETWKIT_OK)
            return status;
    }
    if (merge->open == 0)
        return ETWKIT_END;
    merge->limit = merge->opening;
    for (size_t child = 1; child <= 2 && child < merge->open; child++)
        merge->limit = merge->heap[child].key < merge->limit ? merge->heap[child].key : merge->limit;
    merge->is_late = !merge->settings.unordered && first_is_late(merge);
    return ETWKIT_OK;
}

/* The first run is used up. */
static void retire(ek_merge *merge) {
    ek_loaded *run = merge->heap[0].run;
    note_last(merge, &run->run);
    merge->heap[0] = merge->heap[--merge->open];
    merge->limit = INT64_MIN;
    merge->retired_bytes += run->run.capacity;
    run->next = merge->retired;
    merge->retired = run;
}

etwkit_status ek_merge_next(ek_merge *merge, etwkit_record *record, bool *late, const char **phrase,
                            etwkit_error *error) {
    if (merge->open == 0 || merge->heap[0].key >= merge->limit) {
        etwkit_status status = turn(merge, error);
        if (status != ETWKIT_OK)
            return status;
    }
    open_run *first = &merge->heap[0];
    ek_run *run = &first->run->run;
    *late = merge->is_late && (merge->is_late = first_is_late(merge));
    etwkit_status status = ek_run_read(run, record, phrase);
    if (run->next < run->count)
        first->key = key_of(merge, run, run->next);
    else
        retire(merge);
    return status;
}

uint64_t ek_merge_bytes_read(const ek_merge *merge) {
    return ek_loader_bytes_read(merge->loader);
}

uint64_t ek_merge_buffers_read(const ek_merge *merge) {
    return ek_loader_buffers_read(merge->loader);
}
