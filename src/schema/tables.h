/* SPDX-License-Identifier: MIT */
/* Schema source: tables of events as the project Windows10EtwEvents publishes them for each build of Windows: one event
 * a row, with its fields' names and types, but without ids of providers, lengths, counts, members and maps. */
#ifndef EK_SCHEMA_TABLES_H
#define EK_SCHEMA_TABLES_H

#include "schema/provider.h"

/* Sources that are known already; the later ones are newer. They must be tidy. */
typedef struct ek_known {
    const ek_providers *const *list;
    size_t count;
} ek_known;

/* Does it begin with such a table's head? */
bool ek_tables_is_table(const void *data, size_t size);

/*
 * Adds the providers of a table. What a table does not say comes from the sources that are known already (the later
 * ones are newer; they must be tidy): a provider's id by its name, numbers of tasks, opcodes and keywords by theirs,
 * the rest of a layout by infer.h. `name` is for messages. ETWKIT_E_UNSUPPORTED: it is no such table. ETWKIT_E_DAMAGED:
 * rows were left out, which could not be understood or whose provider nobody knows; the message tells of the first.
 * ETWKIT_E_NO_MEMORY: `providers` may have got some.
 */
etwkit_status ek_tables_read(const char *name, const void *data, size_t size, const ek_known *known,
                             ek_providers *providers, etwkit_error *error);

#endif
