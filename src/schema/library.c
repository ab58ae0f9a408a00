/* SPDX-License-Identifier: MIT */
/* The library. Knows which reader a file needs, and in which order packs are asked; nothing of what readers read. */
#include "schema/library.h"

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "schema/bundled.h"
#include "schema/manifest.h"
#include "schema/pack_builder.h"
#include "schema/pack_format.h"
#include "schema/pe_providers.h"
#include "schema/tidy.h"
#include "schema/tmf.h"

#include <string.h>

#define MAX_FILE ((uint64_t)256 << 20) /* bytes of one file with schemas */

/* A pack, and the bytes that it keeps alive: NULL for the bundled one. */
typedef struct volume {
    ek_pack pack;
    void *bytes;
    const char *path; /* NULL: the bundled one */
} volume;

struct ek_library {
    etwkit_allocator allocator;
    ek_arena arena; /* paths */
    const char **paths;
    size_t path_count;
    ek_library_report *report;
    void *context;
    volume *volumes;
    size_t count;
    size_t capacity;
    ek_tmf tmf;
    bool no_bundled;
    bool is_read;
};

etwkit_status ek_library_new(ek_library **library, const ek_library_options *options, const etwkit_allocator *allocator,
                             etwkit_error *error) {
    ek_library *made = ek_new(allocator, sizeof *made);
    *library = made;
    if (!made)
        return ek_fail_memory(error);
    made->allocator = *allocator;
    ek_arena_init(&made->arena, allocator);
    ek_tmf_init(&made->tmf, allocator);
    made->report = options->report;
    made->context = options->context;
    made->no_bundled = options->no_bundled;
    made->paths = ek_arena_alloc(&made->arena, options->path_count * sizeof *made->paths);
    for (size_t i = 0; made->paths && i < options->path_count; i++) {
        made->paths[i] = ek_arena_text(&made->arena, options->paths[i], strlen(options->paths[i]));
        made->path_count += made->paths[i] != NULL;
    }
    if (made->path_count == options->path_count && made->paths)
        return ETWKIT_OK;
    ek_library_free(library);
    return ek_fail_memory(error);
}

static void drop_volumes(ek_library *library) {
    for (size_t i = 0; i < library->count; i++)
        ek_release(&library->allocator, library->volumes[i].bytes);
    ek_release(&library->allocator, library->volumes);
    library->volumes = NULL;
    library->count = library->capacity = 0;
    ek_tmf_free(&library->tmf);
    ek_tmf_init(&library->tmf, &library->allocator);
}

void ek_library_free(ek_library **library) {
    ek_library *at = *library;
    if (!at)
        return;
    etwkit_allocator allocator = at->allocator;
    drop_volumes(at);
    ek_arena_free(&at->arena);
    ek_release(&allocator, at);
    *library = NULL;
}

/* Files. */

static bool is_pack(const void *data, size_t size) {
    return size >= 8 && memcmp(data, EK_PACK_MAGIC, 8) == 0;
}

/* Text whose first character is '<', behind a byte order mark or not, in 8 or 16 bits. */
static bool is_xml(const uint8_t *data, size_t size) {
    size_t at = size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (size >= 4 && ((data[0] == 0xFF && data[1] == 0xFE) || (data[0] == 0xFE && data[1] == 0xFF)))
        return data[2] == '<' || data[3] == '<';
    while (at < size && strchr(" \t\r\n", data[at]) && data[at])
        at++;
    return at < size && data[at] == '<';
}

bool ek_library_takes(const char *path, const etwkit_allocator *allocator) {
    uint8_t head[256];
    size_t size = 0;
    ek_file *file;
    if (ek_is_folder(path))
        return true;
    if (ek_file_open(&file, path, allocator, NULL) != ETWKIT_OK)
        return false;
    bool is_read = ek_file_read(file, 0, head, sizeof head, &size, NULL) == ETWKIT_OK;
    ek_file_close(&file);
    return is_read && (is_pack(head, size) || is_xml(head, size) || (size >= 2 && memcmp(head, "MZ", 2) == 0) ||
                       ek_tmf_is(head, size));
}

/* Packs and their builder know no files: names the one that was at fault. */
static etwkit_status in_file(const char *path, etwkit_status status, etwkit_error *error) {
    if (!status || status == ETWKIT_E_NO_MEMORY || !error)
        return status;
    const etwkit_error fault = *error;
    return ek_fail(error, status, "%s: %s", path, fault.message);
}

static etwkit_status read_pack(const char *path, const void *data, size_t size, ek_providers *providers,
                               etwkit_error *error) {
    ek_pack pack;
    etwkit_status status = ek_pack_open(&pack, data, size, error);
    for (uint32_t i = 0; !status && i < ek_pack_provider_count(&pack); i++)
        status = ek_pack_read_provider(&pack, i, providers, NULL, error);
    return in_file(path, status, error);
}

static etwkit_status read_manifest(const char *path, const void *data, size_t size, ek_providers *providers,
                                   ek_library_report *report, void *context, etwkit_error *error) {
    size_t first = providers->count;
    etwkit_status status = ek_manifest_read(path, data, size, providers, report, context, error);
    for (size_t i = first; !status && i < providers->count; i++)
        if (!ek_tidy(providers, providers->list[i]))
            status = ek_fail_memory(error);
    return status;
}

static etwkit_status read_providers(const char *path, const void *data, size_t size, ek_providers *providers,
                                    ek_library_report *report, void *context, etwkit_error *error) {
    if (is_pack(data, size))
        return read_pack(path, data, size, providers, error);
    if (ek_pe_is(data, size)) {
        etwkit_status status = ek_pe_read_providers(path, data, size, providers, report, context, error);
        if (status == ETWKIT_ABSENT)
            return ek_fail(error, ETWKIT_E_UNSUPPORTED, "%s: a Windows binary that describes no events", path);
        return status;
    }
    if (is_xml(data, size))
        return read_manifest(path, data, size, providers, report, context, error);
    return ek_fail(error, ETWKIT_E_UNSUPPORTED, "%s: neither a manifest, nor a program with one, nor a pack of schemas",
                   path);
}

/* Rows that were left out are damage, as whatever a manifest has that cannot be understood. */
static etwkit_status read_tables(const char *path, const void *data, size_t size, const ek_known *known,
                                 ek_providers *providers, ek_library_report *report, void *context,
                                 etwkit_error *error) {
    etwkit_error fault = {0};
    etwkit_status status = ek_tables_read(path, data, size, known, providers, &fault);
    if (status == ETWKIT_E_DAMAGED && providers->count) {
        if (report)
            report(context, &fault);
        return ETWKIT_OK;
    }
    if (status && error)
        *error = fault;
    return status;
}

etwkit_status ek_library_read_file(const char *path, const ek_known *known, ek_providers *providers,
                                   ek_library_report *report, void *context, etwkit_error *error) {
    void *data;
    size_t size;
    etwkit_status status = ek_file_load(path, &providers->arena.allocator, MAX_FILE, &data, &size, error);
    if (!status && known && ek_tables_is_table(data, size))
        status = read_tables(path, data, size, known, providers, report, context, error);
    else if (!status)
        status = read_providers(path, data, size, providers, report, context, error);
    ek_release(&providers->arena.allocator, data);
    return status;
}

/* The pack of what a file says of providers. */
static etwkit_status compile(ek_library *library, const char *path, const void *data, size_t size, ek_buf *pack,
                             etwkit_error *error) {
    ek_providers providers;
    ek_providers_init(&providers, &library->allocator);
    etwkit_status status = read_providers(path, data, size, &providers, library->report, library->context, error);
    if (!status)
        status = in_file(path, ek_pack_of(&providers, pack, error), error);
    ek_providers_free(&providers);
    return status;
}

/* Takes over `bytes`, also where it fails; `path` lives in the arena. */
static etwkit_status add_volume(ek_library *library, const char *path, void *bytes, const void *data, size_t size,
                                etwkit_error *error) {
    void *list = library->volumes;
    ek_pack pack;
    etwkit_status status = ek_pack_open(&pack, data, size, error);
    if (!status && !ek_grow(&library->allocator, &list, &library->capacity, library->count + 1, sizeof(volume)))
        status = ek_fail_memory(error);
    if (status) {
        ek_release(&library->allocator, bytes);
        return status;
    }
    library->volumes = list;
    pack.source = path ? ETWKIT_SOURCE_MANIFEST : ETWKIT_SOURCE_PACK;
    library->volumes[library->count++] = (volume){pack, bytes, path};
    return ETWKIT_OK;
}

static void report(const ek_library *library, const etwkit_error *error) {
    if (library->report)
        library->report(library->context, error);
}

static etwkit_status add_tmf(ek_library *library, const char *path, const void *data, size_t size,
                             etwkit_error *error) {
    etwkit_error fault;
    etwkit_status status = ek_tmf_read(&library->tmf, path, data, size, &fault, error);
    if (fault.status)
        report(library, &fault);
    return status;
}

static etwkit_status add_file(ek_library *library, const char *path, etwkit_error *error) {
    void *data;
    size_t size;
    ek_buf pack;
    etwkit_status status = ek_file_load(path, &library->allocator, MAX_FILE, &data, &size, error);
    if (status)
        return status;
    if (is_pack(data, size))
        return in_file(path, add_volume(library, path, data, data, size, error), error);
    ek_buf_init(&pack, &library->allocator);
    bool is_tmf = ek_tmf_is(data, size);
    status = is_tmf ? add_tmf(library, path, data, size, error) : compile(library, path, data, size, &pack, error);
    ek_release(&library->allocator, data);
    if (!status && !is_tmf)
        return add_volume(library, path, pack.data, pack.data, pack.size, error);
    ek_buf_free(&pack);
    return status;
}

/* What is no file with schemas may lie beside them in a folder. */
static bool add_folder(ek_library *library, const char *path) {
    const char *const *files;
    size_t count;
    etwkit_error error = {0};
    etwkit_status status = ek_folder_list(path, &library->arena, &files, &count, &error);
    for (size_t i = 0; !status && i < count; i++) {
        status = add_file(library, files[i], &error);
        if (status && status != ETWKIT_E_UNSUPPORTED)
            report(library, &error);
        status = status == ETWKIT_E_NO_MEMORY ? status : ETWKIT_OK;
    }
    if (status)
        report(library, &error);
    return status != ETWKIT_E_NO_MEMORY;
}

/* false: memory ran out. What cannot be read is reported, and not there. */
static bool read_all(ek_library *library) {
    etwkit_error error = {0};
    for (size_t i = 0; i < library->path_count; i++) {
        if (ek_is_folder(library->paths[i])) {
            if (!add_folder(library, library->paths[i]))
                return false;
            continue;
        }
        etwkit_status status = add_file(library, library->paths[i], &error);
        if (status)
            report(library, &error);
        if (status == ETWKIT_E_NO_MEMORY)
            return false;
    }
    size_t size;
    const void *bundled = library->no_bundled ? NULL : ek_bundled_pack(&size);
    return !bundled || add_volume(library, NULL, NULL, bundled, size, &error) != ETWKIT_E_NO_MEMORY;
}

/* Reads all on first use; where memory ran out nothing of it stays, and the next use begins anew. */
static bool is_there(ek_library *library) {
    if (!library->is_read && !(library->is_read = read_all(library)))
        drop_volumes(library);
    return library->is_read;
}

const ek_pack *ek_library_pack_at(ek_library *library, size_t index) {
    if (!is_there(library))
        return NULL;
    return index < library->count ? &library->volumes[index].pack : NULL;
}

const char *ek_library_path_at(const ek_library *library, size_t index) {
    return index < library->count ? library->volumes[index].path : NULL;
}

etwkit_status ek_library_describe(ek_library *library, const etwkit_record *record, const ek_pack_choice *choice,
                                  ek_arena *arena, ek_description *description, etwkit_error *error) {
    etwkit_status status = ETWKIT_ABSENT;
    if (!is_there(library))
        return ek_fail_memory(error);
    for (size_t i = 0; i < library->count && status == ETWKIT_ABSENT; i++)
        status = ek_pack_describe(&library->volumes[i].pack, record, choice, arena, description, error);
    return status;
}

etwkit_status ek_library_describe_message(ek_library *library, const etwkit_record *record, ek_arena *arena,
                                          ek_description *description, etwkit_error *error) {
    if (!is_there(library))
        return ek_fail_memory(error);
    return ek_tmf_describe(&library->tmf, record, arena, description, error);
}
