/* SPDX-License-Identifier: MIT */
/* The merge of runs: a heap of open runs, opened in the order of their first times. */
#include "trace/merge.h"

#include "base/error.h"
#include "trace/order.h"

/* Where a record stands among all: compared member by member. */
typedef struct rank {
    int64_t key; /* raw time, or FILETIME where raw times cannot be compared */
    uint32_t file;
    int64_t raw;
    uint64_t place;
} rank;

typedef struct open_run {
    ek_run run;
    rank head; /* of its next record */
    struct open_run *next_free;
} open_run;

#define READY_MAX 32
#define READY_PER_THREAD 4 /* so that threads that are done early find more */

/* A run that is loaded, alone or with others at the same time, and waits to be opened. */
typedef struct ready_run {
    open_run *run;
    ek_etl *etl;
    const ek_etl_entry *entry;
    int64_t key;
    etwkit_status status;
    etwkit_error error;
} ready_run;

struct ek_merge {
    ek_merge_settings settings;
    ek_order *files;
    size_t file_count;
    open_run **heap; /* smallest head first */
    size_t open, heap_capacity;
    open_run *free;    /* loaded once, to be loaded again */
    open_run *retired; /* used up, but records still point into them */
    size_t open_limit; /* runs */
    uint64_t retired_bytes;
    int64_t ahead[EK_MERGE_AHEAD]; /* keys of the runs opened last: the oldest one's turn opens the next */
    size_t opened;
    rank limit; /* the first run of the heap may give records up to here, then look again */
    bool has_limit;
    rank last;           /* the latest record that was given before the first run's turn began */
    bool turn_is_late;   /* the first run's records lie before that one, until one does not */
    ek_order *next_file; /* whose buffer is opened next; NULL: none left, or not known where next_is_known is false */
    int64_t next_key;
    bool next_is_known;
    uint8_t *packed; /* one scratch for all loads of a single thread */
    size_t packed_capacity;
    ready_run ready[READY_MAX];
    size_t ready_first, ready_count;
    uint64_t bytes_read, buffers_read;
};

#define RETIRED_MAX ((uint64_t)4 << 20)

static bool ranks_before(const rank *a, const rank *b) {
    if (a->key != b->key)
        return a->key < b->key;
    if (a->file != b->file)
        return a->file < b->file;
    if (a->raw != b->raw)
        return a->raw < b->raw;
    return a->place < b->place;
}

etwkit_status ek_merge_new(ek_merge **merge, ek_etl *const *files, size_t count, const ek_merge_settings *settings,
                           etwkit_error *error) {
    *merge = ek_new(&settings->allocator, sizeof **merge);
    if (!*merge)
        return ek_fail_memory(error);
    ek_merge *m = *merge;
    m->settings = *settings;
    m->files = ek_new(&settings->allocator, count * sizeof *m->files);
    if (!m->files) {
        ek_merge_free(merge);
        return ek_fail_memory(error);
    }
    m->file_count = count;
    bool by_filetime = count > 1;
    for (size_t i = 0; i < count; i++)
        by_filetime |= ek_etl_has_clocks(files[i]);
    uint64_t processors = 0, buffer_size = 4096;
    for (size_t i = 0; i < count; i++) {
        const etwkit_trace_info *info = ek_etl_info(files[i]);
        m->files[i] = (ek_order){.etl = files[i], .by_filetime = by_filetime, .by_place = settings->unordered};
        processors += info->processor_count < 2048 ? info->processor_count : 2048;
        buffer_size = info->buffer_size > buffer_size ? info->buffer_size : buffer_size;
    }
    uint64_t fitting = settings->memory_limit / buffer_size;
    m->open_limit = (size_t)(fitting > processors + 1 ? fitting : processors + 1);
    etwkit_status status = ek_merge_extend(m, error);
    if (status != ETWKIT_OK)
        ek_merge_free(merge);
    return status;
}

static void put_aside(open_run **list, open_run *run) {
    run->next_free = *list;
    *list = run;
}

static bool has_ready(const ek_merge *merge) {
    return merge->ready_first < merge->ready_count;
}

/* Every run that is not retired goes back to those to be loaded again. */
static void take_all_back(ek_merge *merge) {
    while (merge->open)
        put_aside(&merge->free, merge->heap[--merge->open]);
    while (has_ready(merge))
        put_aside(&merge->free, merge->ready[merge->ready_first++].run);
}

static void free_runs(ek_merge *merge, open_run *run) {
    while (run) {
        open_run *next = run->next_free;
        ek_run_free(&run->run, &merge->settings.allocator);
        ek_release(&merge->settings.allocator, run);
        run = next;
    }
}

void ek_merge_free(ek_merge **merge) {
    ek_merge *m = *merge;
    if (!m)
        return;
    take_all_back(m);
    free_runs(m, m->free);
    free_runs(m, m->retired);
    for (size_t i = 0; i < m->file_count; i++)
        ek_order_free(&m->files[i], &m->settings.allocator);
    etwkit_allocator allocator = m->settings.allocator;
    ek_release(&allocator, m->files);
    ek_release(&allocator, m->heap);
    ek_release(&allocator, m->packed);
    ek_release(&allocator, m);
    *merge = NULL;
}

void ek_merge_release(ek_merge *merge) {
    while (merge->retired) {
        open_run *run = merge->retired;
        merge->retired = run->next_free;
        put_aside(&merge->free, run);
    }
    merge->retired_bytes = 0;
}

bool ek_merge_is_full(const ek_merge *merge) {
    return merge->retired_bytes > RETIRED_MAX;
}

void ek_merge_rewind(ek_merge *merge) {
    ek_merge_release(merge);
    take_all_back(merge);
    for (size_t i = 0; i < merge->file_count; i++)
        merge->files[i].next = 0;
    merge->opened = 0;
    merge->has_limit = merge->next_is_known = false;
    merge->last = (rank){.key = INT64_MIN};
    merge->bytes_read = merge->buffers_read = 0;
}

etwkit_status ek_merge_extend(ek_merge *merge, etwkit_error *error) {
    for (size_t i = 0; i < merge->file_count; i++) {
        etwkit_status status = ek_order_extend(&merge->files[i], &merge->settings.allocator, error);
        if (status != ETWKIT_OK)
            return status;
    }
    merge->has_limit = merge->next_is_known = false;
    if (!merge->buffers_read)
        merge->last.key = INT64_MIN;
    return ETWKIT_OK;
}

/* Finds the file whose next buffer comes first. */
static ek_order *next_file(ek_merge *merge) {
    if (merge->next_is_known)
        return merge->next_file;
    merge->next_file = NULL;
    merge->next_is_known = true;
    for (size_t i = 0; i < merge->file_count; i++) {
        const ek_etl_entry *entry = ek_order_peek(&merge->files[i]);
        if (!entry)
            continue;
        int64_t key = ek_order_key(&merge->files[i], entry);
        if (!merge->next_file || (key < merge->next_key && !merge->settings.unordered)) {
            merge->next_file = &merge->files[i];
            merge->next_key = key;
        }
    }
    return merge->next_file;
}

/* The rank of a record of a run. What is the same for the whole run is not written again. */
static inline void rank_record(const ek_merge *merge, const open_run *run, uint32_t index, rank *where) {
    int64_t raw = run->run.events[index].time;
    where->raw = raw;
    where->key = merge->files[0].by_filetime ? ek_clock_filetime(run->run.clock, raw) : raw;
}

static void begin_run(const ek_merge *merge, open_run *run) {
    run->head = (rank){.file = run->run.file, .place = run->run.place};
    rank_record(merge, run, 0, &run->head);
}

/* The first run's turn ends: what it gave last counts for those that come after. */
static void note_last(ek_merge *merge) {
    const open_run *run = merge->heap[0];
    if (run->run.next == 0)
        return;
    rank given = run->head;
    rank_record(merge, run, run->run.next - 1, &given);
    if (ranks_before(&merge->last, &given))
        merge->last = given;
}

static void sift_down(ek_merge *merge) {
    open_run **heap = merge->heap;
    for (size_t at = 0, child; (child = at * 2 + 1) < merge->open; at = child) {
        if (child + 1 < merge->open && ranks_before(&heap[child + 1]->head, &heap[child]->head))
            child++;
        if (!ranks_before(&heap[child]->head, &heap[at]->head))
            return;
        open_run *swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
}

static void push(ek_merge *merge, open_run *run) {
    open_run **heap = merge->heap;
    size_t at = merge->open++;
    for (heap[at] = run; at && ranks_before(&run->head, &heap[(at - 1) / 2]->head); at = (at - 1) / 2) {
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = run;
    }
}

static open_run *take_free(ek_merge *merge) {
    open_run *run = merge->free;
    if (run)
        merge->free = run->next_free;
    return run ? run : ek_new(&merge->settings.allocator, sizeof *run);
}

/* How many runs are loaded at a time: several for several threads, as far as the memory limit allows. */
static size_t load_count(const ek_merge *merge) {
    size_t wanted = merge->settings.pool ? ek_pool_threads(merge->settings.pool) * (size_t)READY_PER_THREAD : 1;
    size_t allowed = merge->open_limit > merge->open ? merge->open_limit - merge->open : 1;
    wanted = wanted < READY_MAX ? wanted : READY_MAX;
    return wanted < allowed ? wanted : allowed;
}

static void load_one(void *context, unsigned index) {
    ek_merge *merge = context;
    ready_run *ready = &merge->ready[index];
    ready->run->run.keeps_damage = merge->settings.pool != NULL;
    ready->status = ek_etl_load(ready->etl, ready->entry, &ready->run->run, &ready->error);
}

static void load_alone(ek_merge *merge) {
    ek_run *run = &merge->ready[0].run->run;
    run->packed = merge->packed;
    run->packed_capacity = merge->packed_capacity;
    load_one(merge, 0);
    merge->packed = run->packed;
    merge->packed_capacity = run->packed_capacity;
    run->packed = NULL;
    run->packed_capacity = 0;
}

/* Loads the next buffers, in their order. There is one at least. */
static etwkit_status load_next(ek_merge *merge, etwkit_error *error) {
    size_t count = load_count(merge);
    merge->ready_first = merge->ready_count = 0;
    while (merge->ready_count < count && next_file(merge)) {
        ek_order *file = merge->next_file;
        open_run *run = take_free(merge);
        if (!run && merge->ready_count == 0)
            return ek_fail_memory(error);
        if (!run)
            break;
        ready_run *ready = &merge->ready[merge->ready_count++];
        ready->run = run;
        ready->etl = file->etl;
        ready->entry = ek_order_peek(file);
        ready->key = merge->next_key;
        file->next++;
        merge->next_is_known = false;
    }
    if (merge->settings.pool)
        ek_pool_run(merge->settings.pool, load_one, merge, (unsigned)merge->ready_count);
    else
        load_alone(merge);
    return ETWKIT_OK;
}

static etwkit_status open_next(ek_merge *merge, etwkit_error *error) {
    void *heap = merge->heap;
    if (!ek_grow(&merge->settings.allocator, &heap, &merge->heap_capacity, merge->open + 1, sizeof *merge->heap))
        return ek_fail_memory(error);
    merge->heap = heap;
    etwkit_status status = has_ready(merge) ? ETWKIT_OK : load_next(merge, error);
    if (status != ETWKIT_OK)
        return status;
    ready_run *ready = &merge->ready[merge->ready_first++];
    open_run *run = ready->run;
    if (ready->status != ETWKIT_OK && error)
        *error = ready->error;
    status = ek_run_report(ready->etl, &run->run, error);
    if (status == ETWKIT_OK)
        status = ready->status;
    if (status != ETWKIT_OK) {
        put_aside(&merge->free, run);
        return status;
    }
    merge->ahead[merge->opened++ % EK_MERGE_AHEAD] = ready->key;
    merge->bytes_read += run->run.stored_size;
    merge->buffers_read++;
    if (run->run.count == 0) {
        put_aside(&merge->free, run);
        return ETWKIT_OK;
    }
    begin_run(merge, run);
    push(merge, run);
    return ETWKIT_OK;
}

/* Must the next run be open before the first record of the heap may go? */
static bool must_open(const ek_merge *merge) {
    if (merge->open == 0)
        return true;
    if (merge->settings.unordered || merge->open >= merge->open_limit)
        return false;
    return merge->opened < EK_MERGE_AHEAD || merge->ahead[merge->opened % EK_MERGE_AHEAD] <= merge->heap[0]->head.key;
}

/* How far the first run may go on its own: to the next run's head, and to where another run has to be opened. */
static void set_limit(ek_merge *merge, bool more) {
    merge->has_limit = false;
    for (size_t child = 1; child <= 2 && child < merge->open; child++)
        if (!merge->has_limit || ranks_before(&merge->heap[child]->head, &merge->limit)) {
            merge->limit = merge->heap[child]->head;
            merge->has_limit = true;
        }
    if (!more || merge->settings.unordered || merge->open >= merge->open_limit)
        return;
    rank opening = {.key = merge->ahead[merge->opened % EK_MERGE_AHEAD], .raw = INT64_MIN};
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
    while ((has_ready(merge) || next_file(merge)) && must_open(merge)) {
        etwkit_status status = open_next(merge, error);
        if (status != ETWKIT_OK)
            return status;
    }
    if (merge->open == 0)
        return ETWKIT_END;
    set_limit(merge, has_ready(merge) || next_file(merge));
    merge->turn_is_late = !merge->settings.unordered && ranks_before(&merge->heap[0]->head, &merge->last);
    return ETWKIT_OK;
}

static void retire(ek_merge *merge) {
    open_run *run = merge->heap[0];
    note_last(merge);
    merge->heap[0] = merge->heap[--merge->open];
    merge->retired_bytes += run->run.capacity;
    put_aside(&merge->retired, run);
}

static etwkit_status give(ek_merge *merge, etwkit_record *record, bool *late, const char **phrase) {
    open_run *run = merge->heap[0];
    *late = merge->turn_is_late && (merge->turn_is_late = ranks_before(&run->head, &merge->last));
    etwkit_status status = ek_run_read(&run->run, record, phrase);
    if (run->run.next < run->run.count) {
        rank_record(merge, run, run->run.next, &run->head);
        return status;
    }
    retire(merge);
    merge->limit = (rank){.key = INT64_MIN};
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
    return merge->bytes_read;
}

uint64_t ek_merge_buffers_read(const ek_merge *merge) {
    return merge->buffers_read;
}
