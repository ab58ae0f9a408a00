/* SPDX-License-Identifier: MIT */
/* Packs: what many files say of providers, compiled into one that is opened without being read. */
#ifndef ETWKIT_PACK_H
#define ETWKIT_PACK_H

#include <etwkit/allocator.h>
#include <etwkit/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct etwkit_pack_source {
    const char *path; /* a manifest, a Windows binary, a pack, or a folder of such */
    uint32_t build;   /* of Windows that it was taken from; 0: it is of none, and right for all */
} etwkit_pack_source;

typedef struct etwkit_pack_options {
    size_t struct_size;                /* sizeof(etwkit_pack_options): set by ETWKIT_PACK_OPTIONS */
    const etwkit_allocator *allocator; /* NULL: the C library's */
    bool with_messages;                /* messages of events, and texts for people, too */
    /* Called for each thing in a source that could not be understood; may be NULL. */
    void (*on_damage)(void *context, const etwkit_error *damage);
    void *on_damage_context;
} etwkit_pack_options;

#define ETWKIT_PACK_OPTIONS \
    { sizeof(etwkit_pack_options), NULL, false, NULL, NULL }

typedef struct etwkit_pack_summary {
    uint64_t files;
    uint64_t providers;
    uint64_t events;        /* versions count each */
    uint64_t disagreements; /* versions of events that sources lay out differently: all layouts are kept */
    uint64_t size;          /* bytes */
} etwkit_pack_summary;

/*
 * Builds a pack and hands its bytes to `write`. The same sources in the same order give the same bytes. Where sources
 * name a thing differently the last one counts. A source that cannot be read at all ends it (ETWKIT_E_NOT_FOUND, _IO,
 * _UNSUPPORTED ...); files of a folder that hold no schemas are passed by. `options` and `summary` may be NULL.
 */
ETWKIT_API etwkit_status etwkit_pack_build(const etwkit_pack_source *sources, size_t count,
                                           const etwkit_pack_options *options, etwkit_write_function write,
                                           void *context, etwkit_pack_summary *summary, etwkit_error *error);

#ifdef __cplusplus
}
#endif
#endif
