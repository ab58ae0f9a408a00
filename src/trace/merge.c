/* SPDX-License-Identifier: MIT */
/* The merge of runs: a heap of open runs, opened in the order of their first times. */
#include "trace/merge.h"

#include "base/error.h"
#include "trace/loader.h"

struct ek_merge {
    ek_merge_settings settings;
    ek_loader *loader;
    bool by_filetime;
    ek_loaded **heap; /* smallest head first */
    size_t open, heap_capacity;
    ek_loaded *retired; /* used up, but records still point into them */
    uint64_t retired_bytes;
    uint64_t open_memory;               /* bytes that runs may take */
    int64_t ahead[EK_MERGE_AHEAD_MOST]; /* the first ahead_count: keys of the runs opened last, INT64_MIN: none yet */
    size_t ahead_count, oldest;         /* when the oldest one's turn comes, another run is opened */
    size_t opened;
    ek_rank limit; /* the first run of the heap may give records up to here, then look again */
    bool has_limit;
    ek_rank last;      /* the latest record that was given before the first run's turn began */
    bool turn_is_late; /* the first run's records lie before that one, until one does not */
};

#define RETIRED_MAX ((uint64_t)4 << 20)
#define PROCESSORS_MEMORY ((uint64_t)512 << 20) /* the most that one buffer a processor may add to the memory limit */

static bool ranks_before(const ek_rank *a, const ek_rank *b) {
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

static void forget_opened(ek_merge *merge) {
    merge->opened = merge->oldest = 0;
    for (size_t i = 0; i < merge->ahead_count; i++)
        merge->ahead[i] = INT64_MIN;
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
    made->last.key = INT64_MIN;
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
        ek_loader_give_back(merge->loader, merge->heap[--merge->open]);
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
}

bool ek_merge_is_full(const ek_merge *merge) {
    return merge->retired_bytes > RETIRED_MAX;
}

void ek_merge_rewind(ek_merge *merge) {
    ek_merge_release(merge);
    close_all(merge);
    ek_loader_rewind(merge->loader);
    forget_opened(merge);
    merge->has_limit = false;
    merge->last = (ek_rank){.key = INT64_MIN};
}

etwkit_status ek_merge_extend(ek_merge *merge, etwkit_error *error) {
    merge->has_limit = false;
    return ek_loader_extend(merge->loader, error);
}

/* The rank of a record of a run. What is the same for the whole run is not written again. */
static inline void rank_record(const ek_merge *merge, const ek_loaded *run, uint32_t index, ek_rank *where) {
    int64_t raw = run->run.events[index].time;
    where->raw = raw;
    where->key = merge->by_filetime ? ek_clock_filetime(run->run.clock, raw) : raw;
}

static void begin_run(const ek_merge *merge, ek_loaded *run) {
    run->head = (ek_rank){.file = run->run.file, .place = run->run.place};
    rank_record(merge, run, 0, &run->head);
}

/* The first run's turn ends: what it gave last counts for those that come after. */
static void note_last(ek_merge *merge) {
    const ek_loaded *run = merge->heap[0];
    if (run->run.next == 0)
        return;
    ek_rank given = run->head;
    rank_record(merge, run, run->run.next - 1, &given);
    if (ranks_before(&merge->last, &given))
        merge->last = given;
}

static void sift_down(ek_merge *merge) {
    ek_loaded **heap = merge->heap;
    for (size_t at = 0, child; (child = at * 2 + 1) < merge->open; at = child) {
        if (child + 1 < merge->open && ranks_before(&heap[child + 1]->head, &heap[child]->head))
            child++;
        if (!ranks_before(&heap[child]->head, &heap[at]->head))
            return;
        ek_loaded *swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
}

static void push(ek_merge *merge, ek_loaded *run) {
    ek_loaded **heap = merge->heap;
    size_t at = merge->open++;
    for (heap[at] = run; at && ranks_before(&run->head, &heap[(at - 1) / 2]->head); at = (at - 1) / 2) {
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = run;
    }
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
    merge->opened++;
    merge->ahead[merge->oldest] = key;
    merge->oldest = merge->oldest + 1 < merge->ahead_count ? merge->oldest + 1 : 0;
    if (run->run.count == 0) {
        ek_loader_give_back(merge->loader, run);
        return ETWKIT_OK;
    }
    begin_run(merge, run);
    push(merge, run);
    return ETWKIT_OK;
}

/*
 * From which head on the next run, whose key is `next`, has to be open: its own, and ahead of it where memory allows.
 * false: never, it has to wait until others are used up.
 */
static bool opening_key(const ek_merge *merge, int64_t next, int64_t *key) {
    uint64_t memory = ek_loader_memory(merge->loader);
    *key = next;
    if (memory < merge->settings.memory_limit)
        *key = merge->ahead[merge->oldest];
    return !merge->settings.unordered && memory < merge->open_memory;
}

/* Must the next run be open before the first record of the heap may go? */
static bool must_open(const ek_merge *merge, int64_t next) {
    int64_t key;
    return merge->open == 0 || (opening_key(merge, next, &key) && key <= merge->heap[0]->head.key);
}

/* How far the first run may go on its own: to the next run's head, and to where another run has to be opened. */
static void set_limit(ek_merge *merge) {
    int64_t next, key;
    merge->has_limit = false;
    for (size_t child = 1; child <= 2 && child < merge->open; child++)
        if (!merge->has_limit || ranks_before(&merge->heap[child]->head, &merge->limit)) {
            merge->limit = merge->heap[child]->head;
            merge->has_limit = true;
        }
    if (!ek_loader_peek(merge->loader, &next) || !opening_key(merge, next, &key))
        return;
    ek_rank opening = {.key = key, .raw = INT64_MIN};
    if (!merge->has_limit || ranks_before(&opening, &merge->limit)) {
        merge->limit = opening;
        merge->has_limit = true;
    }
}

/* Brings the run with the earliest record to the front, opening what must be open. */
static etwkit_status turn(ek_merge *merge, etwkit_error *error) {
    if (merge->open) {
        note_last(merge);
        sift_down(merge);
    }
    int64_t next;
    while (ek_loader_peek(merge->loader, &next) && must_open(merge, next)) {
        etwkit_status status = open_next(merge, error);
        if (status != ETWKIT_OK)
            return status;
    }
    if (merge->open == 0)
        return ETWKIT_END;
    set_limit(merge);
    merge->turn_is_late = !merge->settings.unordered && ranks_before(&merge->heap[0]->head, &merge->last);
    return ETWKIT_OK;
}

static void retire(ek_merge *merge) {
    ek_loaded *run = merge->heap[0];
    note_last(merge);
    merge->heap[0] = merge->heap[--merge->open];
    merge->retired_bytes += run->run.capacity;
    run->next = merge->retired;
    merge->retired = run;
}

static etwkit_status give(ek_merge *merge, etwkit_record *record, bool *late, const char **phrase) {
    ek_loaded *run = merge->heap[0];
    *late = merge->turn_is_late && (merge->turn_is_late = ranks_before(&run->head, &merge->last));
    etwkit_status status = ek_run_read(&run->run, record, phrase);
    if (run->run.next < run->run.count) {
        rank_record(merge, run, run->run.next, &run->head);
        return status;
    }
    retire(merge);
    merge->limit = (ek_rank){.key = INT64_MIN};
    merge->has_limit = true; /* another run comes to the front: look again */
    return status;
}

etwkit_status ek_merge_next(ek_merge *merge, etwkit_record *record, bool *late, const char **phrase,
                            etwkit_error *error) {
    if (merge->open == 0 || (merge->has_limit && !ranks_before(&merge->heap[0]->head, &merge->limit)) ||
        merge->opened == 0) {
        etwkit_status status = turn(merge, error);
        if (status != ETWKIT_OK)
            return status;
    }
    return give(merge, record, late, phrase);
}

uint64_t ek_merge_bytes_read(const ek_merge *merge) {
    return ek_loader_bytes_read(merge->loader);
}

uint64_t ek_merge_buffers_read(const ek_merge *merge) {
    return ek_loader_buffers_read(merge->loader);
}
