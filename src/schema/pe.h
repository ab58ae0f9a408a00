/* SPDX-License-Identifier: MIT */
/* Windows binaries (.dll, .exe, .sys, .mui, 32 and 64 bit): finds resources in a block of memory. Knows nothing of
 * what is in them (docs/format/wevt.md). */
#ifndef EK_SCHEMA_PE_H
#define EK_SCHEMA_PE_H

#include <etwkit/status.h>

#include <stdbool.h>
#include <stddef.h>

/* A view; the bytes are borrowed. */
typedef struct ek_pe {
    const uint8_t *data;
    size_t size;
    const uint8_t *sections; /* their table, section_count headers, all of them there */
    size_t section_count;
    const uint8_t *resources; /* the root directory and all of its section behind it; NULL: there are none */
    size_t resources_size;
} ek_pe;

typedef struct ek_pe_resource {
    const uint8_t *data;
    size_t size;
} ek_pe_resource;

#define EK_PE_MESSAGE_TABLE 11u              /* RT_MESSAGETABLE */
#define EK_PE_EVENT_TEMPLATE "WEVT_TEMPLATE" /* a type with a name */

/* Does it begin like one? Looks at a few bytes. */
bool ek_pe_is(const void *data, size_t size);

/* ETWKIT_E_UNSUPPORTED: it is none; ETWKIT_E_DAMAGED: one whose headers lead out of it. */
etwkit_status ek_pe_open(ek_pe *pe, const void *data, size_t size, etwkit_error *error);

/*
 * The index-th resource of a type, given by name (NULL: by number). Of one that is there in several languages it is the
 * one in American English, else that of no language, else the first. ETWKIT_ABSENT: there are not that many.
 * ETWKIT_E_DAMAGED: what leads to this one is damaged; others may be whole.
 */
etwkit_status ek_pe_resource_at(const ek_pe *pe, const char *type, uint32_t type_id, size_t index,
                                ek_pe_resource *resource, etwkit_error *error);

#endif
