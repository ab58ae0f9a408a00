/* SPDX-License-Identifier: MIT */
/* etwkit_pack_build(): files to one pack, in their order. Knows no reader. */
#include "base/error.h"
#include "base/folder.h"
#include "schema/library.h"
#include "schema/pack_builder.h"
#include "schema/pack_inside.h"

#include <etwkit/pack.h>

#include <string.h>

typedef struct pack_build {
    etwkit_allocator allocator;
    etwkit_pack_options options;
    ek_pack_builder *builder;
    ek_arena arena; /* paths, and the sources themselves */
    ek_providers **sources;
    size_t source_count, source_capacity;
    etwkit_pack_summary summary;
} pack_build;

static void report(void *context, const etwkit_error *error) {
    const pack_build *build = context;
    if (build->options.on_damage)
        build->options.on_damage(build->options.on_damage_context, error);
}

/* Sources are kept to the end: later ones may be tables, which earlier ones complete. */
static ek_providers *new_source(pack_build *build) {
    void *list = build->sources;
    ek_providers *source = ek_arena_new(&build->arena, sizeof *source);
    if (!source || !ek_grow(&build->allocator, &list, &build->source_capacity, build->source_count + 1, sizeof source))
        return NULL;
    build->sources = list;
    build->sources[build->source_count++] = source;
    ek_providers_init(source, &build->allocator);
    return source;
}

static etwkit_status add_file(pack_build *build, const char *path, uint32_t number, etwkit_error *error) {
    ek_providers *source = new_source(build);
    if (!source)
        return ek_fail_memory(error);
    const ek_known known = {(const ek_providers *const *)build->sources, build->source_count - 1};
    etwkit_status status = ek_library_read_file(path, &known, source, report, build, error);
    for (size_t i = 0; !status && i < source->count; i++)
        status = ek_pack_builder_add(build->builder, source->list[i], number, error);
    build->summary.files += status == ETWKIT_OK;
    return status;
}

static etwkit_status add_folder(pack_build *build, const char *path, uint32_t number, etwkit_error *error) {
    const char *const *files;
    size_t count;
    etwkit_status status = ek_folder_list(path, &build->arena, &files, &count, error);
    for (size_t i = 0; !status && i < count; i++) {
        status = add_file(build, files[i], number, error);
        if (status == ETWKIT_E_UNSUPPORTED || status == ETWKIT_ABSENT)
            status = ETWKIT_OK;
        if (status == ETWKIT_E_DAMAGED) {
            report(build, error);
            status = ETWKIT_OK;
        }
    }
    return status;
}

/* Counts what the finished pack holds. */
static void count(pack_build *build, const ek_buf *bytes) {
    ek_pack pack;
    build->summary.size = bytes->size;
    build->summary.disagreements = ek_pack_builder_disagreements(build->builder);
    if (ek_pack_open(&pack, bytes->data, bytes->size, NULL))
        return;
    uint32_t events;
    ek_pack_elements(&pack, EK_PACK_EVENTS, &events);
    build->summary.events = events;
    build->summary.providers = ek_pack_provider_count(&pack);
}

static etwkit_status run(pack_build *build, const etwkit_pack_source *sources, size_t source_count, ek_buf *bytes,
                         etwkit_error *error) {
    const ek_pack_builder_options how = {.with_messages = build->options.with_messages};
    etwkit_status status = ek_pack_builder_new(&build->builder, &how, &build->allocator, error);
    for (size_t i = 0; !status && i < source_count; i++)
        status =
            (ek_is_folder(sources[i].path) ? add_folder : add_file)(build, sources[i].path, sources[i].build, error);
    if (!status)
        status = ek_pack_builder_finish(build->builder, bytes, error);
    if (!status)
        count(build, bytes);
    return status;
}

etwkit_status etwkit_pack_build(const etwkit_pack_source *sources, size_t count, const etwkit_pack_options *given,
                                etwkit_write_function write, void *context, etwkit_pack_summary *summary,
                                etwkit_error *error) {
    pack_build build = {.options = ETWKIT_PACK_OPTIONS};
    size_t size = given && given->struct_size < sizeof build.options ? given->struct_size : sizeof build.options;
    if (given)
        memcpy(&build.options, given, size);
    build.allocator = ek_allocator_or_default(build.options.allocator);
    ek_arena_init(&build.arena, &build.allocator);
    ek_buf bytes;
    ek_buf_init(&bytes, &build.allocator);
    etwkit_status status = run(&build, sources, count, &bytes, error);
    if (!status)
        status = write(context, bytes.data, bytes.size, error);
    if (!status && summary)
        *summary = build.summary;
    ek_buf_free(&bytes);
    for (size_t i = 0; i < build.source_count; i++)
        ek_providers_free(build.sources[i]);
    ek_release(&build.allocator, build.sources);
    ek_arena_free(&build.arena);
    ek_pack_builder_free(&build.builder);
    return status;
}
