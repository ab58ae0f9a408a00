/* SPDX-License-Identifier: MIT */
/* Loads buffers in their order, one by one or several at the same time. Knows no records. */
#include "trace/loader.h"

#include "base/error.h"
#include "trace/order.h"

#define READY_MAX 32
#define READY_PER_THREAD 4 /* so that threads that are done early find more */

/* A run that is loaded and waits for its turn. */
typedef struct ready_run {
    ek_loaded *run;
    ek_etl *etl;
    const ek_etl_entry *entry;
    int64_t key;
    etwkit_status status;
    etwkit_error error;
} ready_run;

struct ek_loader {
    ek_loader_settings settings;
    ek_order *files;
    size_t file_count;
    ek_order *next_file; /* whose buffer is loaded next; NULL: none left, or not known where next_is_known is false */
    int64_t next_key;
    bool next_is_known;
    ek_loaded *free; /* to be loaded again */
    uint8_t *packed; /* one scratch for all loads of a single thread */
    size_t packed_capacity;
    ready_run ready[READY_MAX];
    size_t ready_first, ready_count;
    uint64_t memory;  /* bytes of all runs */
    uint64_t largest; /* bytes of one */
    uint64_t bytes_read, buffers_read;
};

etwkit_status ek_loader_new(ek_loader **loader, ek_etl *const *files, size_t count, const ek_loader_settings *settings,
                            etwkit_error *error) {
    ek_loader *made = *loader = ek_new(&settings->allocator, sizeof *made);
    if (!made)
        return ek_fail_memory(error);
    made->settings = *settings;
    made->files = ek_new(&settings->allocator, count * sizeof *made->files);
    made->file_count = made->files ? count : 0;
    if (!made->files) {
        ek_loader_free(loader);
        return ek_fail_memory(error);
    }
    bool by_filetime = count > 1;
    for (size_t i = 0; i < count; i++)
        by_filetime |= ek_etl_has_clocks(files[i]);
    for (size_t i = 0; i < count; i++)
        made->files[i] = (ek_order){.etl = files[i], .by_filetime = by_filetime, .by_place = settings->unordered};
    etwkit_status status = ek_loader_extend(made, error);
    if (status != ETWKIT_OK)
        ek_loader_free(loader);
    return status;
}

static uint64_t memory_of(const ek_loaded *run) {
    return run->run.capacity + run->run.packed_capacity + run->run.event_capacity * sizeof *run->run.events;
}

static void free_run(ek_loader *loader, ek_loaded *run) {
    loader->memory -= memory_of(run);
    ek_run_free(&run->run, &loader->settings.allocator);
    ek_release(&loader->settings.allocator, run);
}

void ek_loader_free(ek_loader **loader) {
    ek_loader *ending = *loader;
    if (!ending)
        return;
    etwkit_allocator allocator = ending->settings.allocator;
    ek_loader_rewind(ending);
    while (ending->free) {
        ek_loaded *run = ending->free;
        ending->free = run->next;
        free_run(ending, run);
    }
    for (size_t i = 0; i < ending->file_count; i++)
        ek_order_free(&ending->files[i], &allocator);
    ek_release(&allocator, ending->files);
    ek_release(&allocator, ending->packed);
    ek_release(&allocator, ending);
    *loader = NULL;
}

static bool has_ready(const ek_loader *loader) {
    return loader->ready_first < loader->ready_count;
}

void ek_loader_rewind(ek_loader *loader) {
    while (has_ready(loader))
        ek_loader_give_back(loader, loader->ready[loader->ready_first++].run);
    for (size_t i = 0; i < loader->file_count; i++)
        loader->files[i].next = 0;
    loader->next_is_known = false;
    loader->bytes_read = loader->buffers_read = 0;
}

etwkit_status ek_loader_extend(ek_loader *loader, etwkit_error *error) {
    loader->next_is_known = false;
    for (size_t i = 0; i < loader->file_count; i++) {
        etwkit_status status = ek_order_extend(&loader->files[i], &loader->settings.allocator, error);
        if (status != ETWKIT_OK)
            return status;
    }
    return ETWKIT_OK;
}

/* Finds the file whose next buffer comes first. */
static ek_order *next_file(ek_loader *loader) {
    if (loader->next_is_known)
        return loader->next_file;
    loader->next_file = NULL;
    loader->next_is_known = true;
    for (size_t i = 0; i < loader->file_count; i++) {
        const ek_etl_entry *entry = ek_order_peek(&loader->files[i]);
        if (!entry)
            continue;
        int64_t key = ek_order_key(&loader->files[i], entry);
        if (!loader->next_file || (key < loader->next_key && !loader->settings.unordered)) {
            loader->next_file = &loader->files[i];
            loader->next_key = key;
        }
    }
    return loader->next_file;
}

bool ek_loader_peek(ek_loader *loader, int64_t *key) {
    if (has_ready(loader))
        *key = loader->ready[loader->ready_first].key;
    else if (next_file(loader))
        *key = loader->next_key;
    else
        return false;
    return true;
}

static ek_loaded *take_free(ek_loader *loader) {
    ek_loaded *run = loader->free;
    if (run)
        loader->free = run->next;
    return run ? run : ek_new(&loader->settings.allocator, sizeof *run);
}

void ek_loader_give_back(ek_loader *loader, ek_loaded *run) {
    if (loader->memory > loader->settings.memory_limit) {
        free_run(loader, run);
        return;
    }
    run->next = loader->free;
    loader->free = run;
}

static void load_one(void *context, unsigned index) {
    ek_loader *loader = context;
    ready_run *ready = &loader->ready[index];
    ready->run->run.keeps_damage = loader->settings.pool != NULL;
    ready->status = ek_etl_load(ready->etl, ready->entry, &ready->run->run, &ready->error);
}

static void load_alone(ek_loader *loader) {
    ek_run *run = &loader->ready[0].run->run;
    run->packed = loader->packed;
    run->packed_capacity = loader->packed_capacity;
    load_one(loader, 0);
    loader->packed = run->packed;
    loader->packed_capacity = run->packed_capacity;
    run->packed = NULL;
    run->packed_capacity = 0;
}

/* Several runs for several threads, as long as runs like those so far fit into the memory limit. */
static size_t load_count(const ek_loader *loader) {
    if (!loader->settings.pool || loader->memory >= loader->settings.memory_limit)
        return 1;
    size_t wanted = ek_pool_threads(loader->settings.pool) * (size_t)READY_PER_THREAD;
    uint64_t fitting = (loader->settings.memory_limit - loader->memory) / (loader->largest + 1) + 1;
    wanted = wanted < READY_MAX ? wanted : READY_MAX;
    return wanted < fitting ? wanted : (size_t)fitting;
}

/* Loads the next buffers, in their order. There is one at least. */
static etwkit_status load(ek_loader *loader, etwkit_error *error) {
    size_t count = load_count(loader);
    loader->ready_first = loader->ready_count = 0;
    while (loader->ready_count < count && next_file(loader)) {
        ek_order *file = loader->next_file;
        ek_loaded *run = take_free(loader);
        if (!run && loader->ready_count == 0)
            return ek_fail_memory(error);
        if (!run)
            break;
        ready_run *ready = &loader->ready[loader->ready_count++];
        loader->memory -= memory_of(run);
        ready->run = run;
        ready->etl = file->etl;
        ready->entry = ek_order_peek(file);
        ready->key = loader->next_key;
        file->next++;
        loader->next_is_known = false;
    }
    if (loader->settings.pool)
        ek_pool_run(loader->settings.pool, load_one, loader, (unsigned)loader->ready_count);
    else
        load_alone(loader);
    for (size_t i = 0; i < loader->ready_count; i++) {
        uint64_t memory = memory_of(loader->ready[i].run);
        loader->memory += memory;
        loader->largest = memory > loader->largest ? memory : loader->largest;
    }
    return ETWKIT_OK;
}

etwkit_status ek_loader_next(ek_loader *loader, ek_loaded **run, int64_t *key, etwkit_error *error) {
    etwkit_status status = has_ready(loader) ? ETWKIT_OK : load(loader, error);
    if (status != ETWKIT_OK)
        return status;
    ready_run *ready = &loader->ready[loader->ready_first++];
    if (ready->status != ETWKIT_OK && error)
        *error = ready->error;
    status = ek_run_report(ready->etl, &ready->run->run, error);
    if (status == ETWKIT_OK)
        status = ready->status;
    if (status != ETWKIT_OK) {
        ek_loader_give_back(loader, ready->run);
        return status;
    }
    loader->bytes_read += ready->run->run.stored_size;
    loader->buffers_read++;
    *run = ready->run;
    *key = ready->key;
    return ETWKIT_OK;
}

uint64_t ek_loader_memory(const ek_loader *loader) {
    return loader->memory;
}

bool ek_loader_orders_by_filetime(const ek_loader *loader) {
    return loader->files[0].by_filetime;
}

uint64_t ek_loader_bytes_read(const ek_loader *loader) {
    return loader->bytes_read;
}

uint64_t ek_loader_buffers_read(const ek_loader *loader) {
    return loader->buffers_read;
}
