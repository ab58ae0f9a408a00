/* SPDX-License-Identifier: MIT */
/* The library: the packs that stand behind a catalog, most specific first: files that the user gave, then the bundled
 * one; and the formats of WPP messages. Knows which reader a file needs; files are read when the first event asks for
 * them. */
#ifndef EK_SCHEMA_LIBRARY_H
#define EK_SCHEMA_LIBRARY_H

#include "schema/pack.h"
#include "schema/tables.h"

typedef struct ek_library ek_library;

/* What is told of files that were not wholly understood. `error` names the file. */
typedef void ek_library_report(void *context, const etwkit_error *error);

typedef struct ek_library_options {
    const char *const *paths; /* files and folders; copied */
    size_t path_count;
    bool no_bundled;
    ek_library_report *report; /* may be NULL */
    void *context;
} ek_library_options;

/* Opens no file yet. */
etwkit_status ek_library_new(ek_library **library, const ek_library_options *options, const etwkit_allocator *allocator,
                             etwkit_error *error);
void ek_library_free(ek_library **library);

/* Is it a folder, or does it begin as a file with schemas does (and not as a trace)? Opens it. */
bool ek_library_takes(const char *path, const etwkit_allocator *allocator);

/* Asks each pack in turn; see ek_pack_describe(). */
etwkit_status ek_library_describe(ek_library *library, const etwkit_record *record, const ek_pack_choice *choice,
                                  ek_arena *arena, ek_description *description, etwkit_error *error);

/* The same of a WPP message, from the TMF files. */
etwkit_status ek_library_describe_message(ek_library *library, const etwkit_record *record, ek_arena *arena,
                                          ek_description *description, etwkit_error *error);

/* Its packs, most specific first; reads the files where that was not done yet. NULL after the last. */
const ek_pack *ek_library_pack_at(ek_library *library, size_t index);
/* The file that such a pack was read from; NULL: the bundled one. Lives as long as the library. */
const char *ek_library_path_at(const ek_library *library, size_t index);

/* Reads one file of any kind (manifest XML, PE, pack) into providers; also tables, where `known` is not NULL: what they
 * are completed by. ETWKIT_E_NOT_FOUND, _DENIED, _IO; ETWKIT_E_UNSUPPORTED: it is none of these. */
etwkit_status ek_library_read_file(const char *path, const ek_known *known, ek_providers *providers,
                                   ek_library_report *report, void *context, etwkit_error *error);

#endif
