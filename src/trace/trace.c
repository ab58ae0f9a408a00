/* SPDX-License-Identifier: MIT */
/* Opens files as one trace and closes it: joins the files, the merge and the catalog. */
#include "trace/trace.h"

#include "base/error.h"

#include <string.h>

static etwkit_status take_damage(void *context, const etwkit_error *damage, uint64_t bytes) {
    etwkit_trace *trace = context;
    return trace->quiet ? ETWKIT_OK : ek_trace_damage(trace, damage, bytes);
}

/* Only the members that the caller's version of the struct has. */
static etwkit_trace_options known_options(const etwkit_trace_options *given) {
    etwkit_trace_options options = ETWKIT_TRACE_OPTIONS;
    size_t size = given ? given->struct_size : 0;
    if (size > sizeof options)
        size = sizeof options;
    if (size)
        memcpy(&options, given, size);
    return options;
}

static etwkit_trace *new_trace(const etwkit_trace_options *options) {
    etwkit_allocator allocator = ek_allocator_or_default(options->allocator);
    etwkit_trace *trace = ek_new(&allocator, sizeof *trace);
    if (!trace)
        return NULL;
    trace->allocator = allocator;
    trace->filter = options->filter;
    trace->unordered = options->unordered;
    trace->strict = options->strict;
    trace->follow = options->follow;
    trace->looks_ahead = !options->no_look_ahead;
    trace->learns_on_the_way = options->follow || options->no_look_ahead;
    trace->on_damage = options->on_damage;
    trace->on_damage_context = options->on_damage_context;
    trace->interrupted = options->interrupted;
    trace->interrupted_context = options->interrupted_context;
    ek_arena_init(&trace->texts, &allocator);
    trace->batch.capacity = options->threads > 1 ? EK_BATCH_SIZE_THREADS : EK_BATCH_SIZE;
    trace->batch.records = ek_resize(&allocator, NULL, trace->batch.capacity, sizeof *trace->batch.records);
    /* Room for the first damages: what is told of them does not depend on memory that may have run out. */
    trace->damage_capacity = EK_DAMAGE_ROOM;
    trace->damage = ek_resize(&allocator, NULL, EK_DAMAGE_ROOM, sizeof *trace->damage);
    if (options->stacks)
        trace->joined = ek_resize(&allocator, NULL, trace->batch.capacity, sizeof *trace->joined);
    if (!trace->batch.records || !trace->damage || (options->stacks && !trace->joined))
        etwkit_trace_close(&trace);
    return trace;
}

static etwkit_status open_input(etwkit_trace *trace, ek_etl **etl, const ek_etl_input *input, etwkit_error *error) {
    ek_etl_settings settings = {
        .allocator = trace->allocator, .damage = take_damage, .context = trace, .growing = trace->follow};
    return ek_etl_open(etl, input, &settings, error);
}

static etwkit_status open_path(etwkit_trace *trace, ek_etl **etl, const char *path, size_t number,
                               etwkit_error *error) {
    ek_etl_input input = {.name = path, .number = (uint32_t)number};
    etwkit_status status = ek_file_open(&input.file, path, &trace->allocator, error);
    return status == ETWKIT_OK ? open_input(trace, etl, &input, error) : status;
}

etwkit_status ek_trace_open_paths(etwkit_trace *trace, ek_etl ***files, size_t *count, const char *const *paths,
                                  size_t path_count, etwkit_error *error) {
    if (path_count == 0)
        return ETWKIT_OK;
    *files = ek_new(&trace->allocator, path_count * sizeof **files);
    if (!*files)
        return ek_fail_memory(error);
    for (size_t i = 0; i < path_count; i++) {
        etwkit_status status = open_path(trace, &(*files)[i], paths[i], i, error);
        if (status != ETWKIT_OK)
            return status;
        ++*count;
    }
    return ETWKIT_OK;
}

static etwkit_status finish_open(etwkit_trace *trace, const etwkit_trace_options *options, etwkit_error *error) {
    etwkit_status status = ek_catalog_new(&trace->catalog, &trace->allocator, error);
    if (status != ETWKIT_OK)
        return status;
    ek_catalog_on_need(trace->catalog, ek_trace_learn, trace);
    status = ek_trace_open_schemas(trace, options, error);
    if (status != ETWKIT_OK)
        return status;
    if (trace->feed.next)
        return ETWKIT_OK;
    if (options->threads > 1)
        status = ek_pool_new(&trace->pool, options->threads, &trace->allocator, error);
    if (status != ETWKIT_OK)
        return status;
    ek_merge_settings settings = {.allocator = trace->allocator,
                                  .memory_limit = options->memory_limit ? options->memory_limit : EK_MEMORY_LIMIT,
                                  .unordered = options->unordered,
                                  .pool = trace->pool};
    status = ek_merge_new(&trace->merge, trace->files, trace->file_count, &settings, error);
    if (status == ETWKIT_OK && options->stacks)
        status = ek_stacks_new(&trace->stacks, trace, error);
    for (size_t i = 0; i < trace->file_count; i++)
        trace->stats.bytes_total += ek_etl_bytes(trace->files[i]);
    trace->opening = trace->stats;
    trace->opening_damage_count = trace->damage_count;
    return status;
}

/* The caller's array, whose members may be smaller than ours; what is set twice or half is a mistake. */
static etwkit_status open_inputs(etwkit_trace *trace, const etwkit_input *inputs, size_t count, etwkit_error *error) {
    const size_t stride = inputs->struct_size;
    trace->files = ek_new(&trace->allocator, count * sizeof *trace->files);
    if (!trace->files)
        return ek_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        etwkit_input input;
        memcpy(&input, (const char *)inputs + i * stride, sizeof input);
        if (input.struct_size != stride || !input.name || !input.read_at != !input.size)
            return ek_fail(error, ETWKIT_E_INVALID, "input %zu has no name, or not both of its functions", i);
        ek_etl_input known = {.given = &input, .name = input.name, .number = (uint32_t)i};
        etwkit_status status = input.read_at ? open_input(trace, &trace->files[i], &known, error)
                                             : open_path(trace, &trace->files[i], input.name, i, error);
        if (status != ETWKIT_OK)
            return status;
        trace->file_count++;
    }
    return ETWKIT_OK;
}

/* The end of each way to open a trace, whose files were opened with `status`: it becomes the caller's, or is closed. */
static etwkit_status hand_over(etwkit_trace **trace, etwkit_trace *opened, etwkit_status status,
                               const etwkit_trace_options *options, etwkit_error *error) {
    if (status == ETWKIT_OK)
        status = finish_open(opened, options, error);
    if (status == ETWKIT_OK)
        *trace = opened;
    else
        etwkit_trace_close(&opened);
    return status;
}

etwkit_status etwkit_trace_open_paths(etwkit_trace **trace, const char *const *paths, size_t count,
                                      const etwkit_trace_options *given, etwkit_error *error) {
    *trace = NULL;
    if (count == 0)
        return ek_fail(error, ETWKIT_E_INVALID, "no trace was named");
    etwkit_trace_options options = known_options(given);
    etwkit_trace *opened = new_trace(&options);
    if (!opened)
        return ek_fail_memory(error);
    etwkit_status status = ek_trace_open_paths(opened, &opened->files, &opened->file_count, paths, count, error);
    return hand_over(trace, opened, status, &options, error);
}

etwkit_status etwkit_trace_open_inputs(etwkit_trace **trace, const etwkit_input *inputs, size_t count,
                                       const etwkit_trace_options *given, etwkit_error *error) {
    *trace = NULL;
    if (count == 0 || inputs->struct_size < sizeof *inputs)
        return ek_fail(error, ETWKIT_E_INVALID, count ? "the inputs have no struct_size" : "no trace was named");
    etwkit_trace_options options = known_options(given);
    etwkit_trace *opened = new_trace(&options);
    if (!opened)
        return ek_fail_memory(error);
    etwkit_status status = open_inputs(opened, inputs, count, error);
    return hand_over(trace, opened, status, &options, error);
}

etwkit_status etwkit_trace_open(etwkit_trace **trace, const char *path, const etwkit_trace_options *options,
                                etwkit_error *error) {
    return etwkit_trace_open_paths(trace, &path, 1, options, error);
}

etwkit_status etwkit_trace_open_memory(etwkit_trace **trace, const void *data, size_t size, const char *name,
                                       const etwkit_trace_options *given, etwkit_error *error) {
    *trace = NULL;
    etwkit_trace_options options = known_options(given);
    etwkit_trace *opened = new_trace(&options);
    if (!opened)
        return ek_fail_memory(error);
    ek_etl_input input = {.data = data, .size = size, .name = name ? name : "(memory)"};
    opened->files = ek_new(&opened->allocator, sizeof *opened->files);
    etwkit_status status = opened->files ? open_input(opened, &opened->files[0], &input, error) : ek_fail_memory(error);
    opened->file_count = status == ETWKIT_OK;
    return hand_over(trace, opened, status, &options, error);
}

etwkit_status ek_trace_open_feed(etwkit_trace **trace, const ek_feed *feed, const etwkit_trace_options *given,
                                 etwkit_error *error) {
    *trace = NULL;
    etwkit_trace_options options = known_options(given);
    options.follow = feed->origin_count == 0; /* there is nothing to look ahead into */
    options.stacks = false;
    options.threads = 0;
    etwkit_trace *opened = new_trace(&options);
    if (!opened) {
        feed->close(feed->context);
        return ek_fail_memory(error);
    }
    opened->feed = *feed;
    etwkit_status status =
        ek_trace_open_paths(opened, &opened->files, &opened->file_count, feed->origins, feed->origin_count, error);
    return hand_over(trace, opened, status, &options, error);
}

static void close_all(const etwkit_allocator *allocator, ek_etl **files, size_t count) {
    for (size_t i = 0; i < count; i++)
        ek_etl_close(&files[i]);
    ek_release(allocator, files);
}

void etwkit_trace_end(etwkit_trace *trace) {
    if (trace)
        ek_trace_close_feed(trace);
    if (!trace || !trace->merge)
        return;
    trace->stats = etwkit_trace_get_stats(trace);
    trace->stack_stats = etwkit_trace_get_stack_stats(trace);
    ek_stacks_free(&trace->stacks);
    ek_merge_free(&trace->merge);
    ek_pool_free(&trace->pool);
    close_all(&trace->allocator, trace->files, trace->file_count);
    close_all(&trace->allocator, trace->lenders, trace->lender_count);
    trace->files = trace->lenders = NULL;
    trace->file_count = trace->lender_count = 0;
    trace->batch.count = 0;
    trace->learned = true; /* no file is left to look into */
}

void etwkit_trace_close(etwkit_trace **trace) {
    etwkit_trace *closing = *trace;
    if (!closing)
        return;
    ek_trace_close_feed(closing);
    ek_stacks_free(&closing->stacks);
    ek_merge_free(&closing->merge);
    ek_pool_free(&closing->pool);
    ek_catalog_free(&closing->catalog);
    ek_library_free(&closing->library);
    close_all(&closing->allocator, closing->files, closing->file_count);
    close_all(&closing->allocator, closing->lenders, closing->lender_count);
    ek_release(&closing->allocator, closing->damage);
    ek_arena_free(&closing->texts);
    ek_release(&closing->allocator, closing->batch.records);
    ek_release(&closing->allocator, closing->joined);
    etwkit_allocator allocator = closing->allocator;
    ek_release(&allocator, closing);
    *trace = NULL;
}

size_t etwkit_trace_file_count(const etwkit_trace *trace) {
    return trace->file_count;
}

const etwkit_trace_info *etwkit_trace_get_info(const etwkit_trace *trace, size_t file) {
    return file < trace->file_count ? ek_etl_info(trace->files[file]) : NULL;
}

etwkit_trace_stats etwkit_trace_get_stats(const etwkit_trace *trace) {
    etwkit_trace_stats stats = trace->stats;
    if (!trace->merge)
        return stats;
    stats.buffers_read = ek_merge_buffers_read(trace->merge);
    stats.bytes_read = ek_merge_bytes_read(trace->merge);
    return stats;
}
