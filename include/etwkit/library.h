/* SPDX-License-Identifier: MIT */
/* The library: all that is known of providers without any trace, from the bundled pack and from files of the user's. */
#ifndef ETWKIT_LIBRARY_H
#define ETWKIT_LIBRARY_H

#include <etwkit/allocator.h>
#include <etwkit/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Used by one thread at a time; different libraries run in parallel. All that it gives lives until it is closed. */
typedef struct etwkit_library etwkit_library;
typedef struct etwkit_provider etwkit_provider;

typedef struct etwkit_library_options {
    size_t struct_size;                /* sizeof(etwkit_library_options): set by ETWKIT_LIBRARY_OPTIONS */
    const etwkit_allocator *allocator; /* NULL: the C library's */
    const char *const *paths;          /* manifests, Windows binaries, packs, folders of such; most specific first */
    size_t path_count;
    bool no_bundled; /* without the pack that comes with the library */
    /* Called for each thing in a file that could not be understood; the message names file and place. May be NULL. */
    void (*on_damage)(void *context, const etwkit_error *damage);
    void *on_damage_context;
} etwkit_library_options;

#define ETWKIT_LIBRARY_OPTIONS \
    { sizeof(etwkit_library_options), NULL, NULL, 0, false, NULL, NULL }

/* Reads all the files. What cannot be read is told to on_damage and left out. `options` may be NULL. On failure
 * *library is NULL (ETWKIT_E_NO_MEMORY). */
ETWKIT_API etwkit_status etwkit_library_open(etwkit_library **library, const etwkit_library_options *options,
                                             etwkit_error *error);
/* Releases everything and sets *library to NULL. NULL is allowed. */
ETWKIT_API void etwkit_library_close(etwkit_library **library);

/* Providers by name, ignoring the case of ASCII letters. One that several files know stands there once for each, most
 * specific first: schemas of traces are taken from the first that knows the event. NULL after the last. */
ETWKIT_API size_t etwkit_library_provider_count(const etwkit_library *library);
ETWKIT_API const etwkit_provider *etwkit_library_provider_at(const etwkit_library *library, size_t index);
/* The most specific one of that name (ignoring case) or GUID (with braces or without); NULL: not known. */
ETWKIT_API const etwkit_provider *etwkit_library_find(const etwkit_library *library, const char *name);

ETWKIT_API const etwkit_guid *etwkit_provider_id(const etwkit_provider *provider);
ETWKIT_API const char *etwkit_provider_name(const etwkit_provider *provider); /* may be "" */
ETWKIT_API etwkit_source etwkit_provider_source(const etwkit_provider *provider);
/* The file that it was read from; NULL: the bundled pack. */
ETWKIT_API const char *etwkit_provider_path(const etwkit_provider *provider);
/* Events, each version for itself; layouts of one version that differ between builds of Windows count each. */
ETWKIT_API size_t etwkit_provider_event_count(const etwkit_provider *provider);

/* One of them, by id, version. NULL after the last, and where memory ran out or the pack is damaged, which is told to
 * on_damage. etwkit_schema_is_known() is false for events whose names alone are known. */
ETWKIT_API const etwkit_schema *etwkit_library_event(etwkit_library *library, const etwkit_provider *provider,
                                                     size_t index);
/* The builds of Windows that this event was seen in: the number-th of them, 0 after the last. An event of no build (the
 * provider is no part of Windows) has none. */
ETWKIT_API uint32_t etwkit_library_event_build(etwkit_library *library, const etwkit_provider *provider, size_t index,
                                               size_t number);

/* The name of the field from which on the payload is not known; NULL where it is known whole, or not at all. */
ETWKIT_API const char *etwkit_library_event_stops_at(etwkit_library *library, const etwkit_provider *provider,
                                                     size_t index);

typedef enum etwkit_name_kind {
    ETWKIT_NAME_LEVEL = 0,
    ETWKIT_NAME_OPCODE = 1, /* value: task << 16 | opcode; task 0: of all tasks */
    ETWKIT_NAME_TASK = 2,
    ETWKIT_NAME_KEYWORD = 3, /* value: mask */
    ETWKIT_NAME_CHANNEL = 4
} etwkit_name_kind;

/* A provider's names of one kind, by value. ETWKIT_END after the last; ETWKIT_E_NO_MEMORY, ETWKIT_E_DAMAGED. */
ETWKIT_API etwkit_status etwkit_library_name(etwkit_library *library, const etwkit_provider *provider,
                                             etwkit_name_kind kind, size_t index, uint64_t *value, const char **name);
/* A provider's value and bit maps; NULL after the last. */
ETWKIT_API const etwkit_map *etwkit_library_map(etwkit_library *library, const etwkit_provider *provider, size_t index);

/*
 * Where schemas are looked for beside what the caller names: the entries of ETWKIT_SCHEMA_PATH, then the user's folder
 * by the platform's convention where it is there. Calls `take` with each; the path (UTF-8) lives during the call.
 */
ETWKIT_API void etwkit_schema_path_each(void (*take)(void *context, const char *path), void *context);

#ifdef __cplusplus
}
#endif
#endif
