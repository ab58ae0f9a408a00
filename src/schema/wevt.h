/* SPDX-License-Identifier: MIT */
/* WEVT_TEMPLATE, the compiled form of manifests in Windows binaries: one resource to providers (docs/format/wevt.md).
 */
#ifndef EK_SCHEMA_WEVT_H
#define EK_SCHEMA_WEVT_H

#include "schema/message_table.h"
#include "schema/provider.h"

/* What is told of each part that was left out because it is damaged. */
typedef void ek_wevt_report(void *context, const etwkit_error *error);

typedef struct ek_wevt_source {
    const char *name; /* of the file, for reports */
    const void *data;
    size_t size;
    ek_message_table *messages; /* NULL: none; it keeps the texts that were asked for */
    ek_wevt_report *report;     /* may be NULL */
    void *context;
    size_t missing_labels; /* out: entries of maps left out because no text of theirs is there */
} ek_wevt_source;

/*
 * Adds the resource's providers. What is damaged costs itself and is reported: a provider, one of its tables, a map, an
 * event (also one whose template is damaged: it is left out, as its names come from the tables all the same).
 * ETWKIT_E_DAMAGED: it is none, or its head is damaged. ETWKIT_E_NO_MEMORY: what was added so far stays.
 */
etwkit_status ek_wevt_read(ek_wevt_source *source, ek_providers *providers, etwkit_error *error);

#endif
