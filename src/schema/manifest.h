/* SPDX-License-Identifier: MIT */
/* Schema source: instrumentation manifests, also those that EventSources send. XML in memory to providers. */
#ifndef EK_SCHEMA_MANIFEST_H
#define EK_SCHEMA_MANIFEST_H

#include "schema/provider.h"

/* Is told what in a manifest could not be understood, or was mended. `error` names manifest, line and column. */
typedef void ek_manifest_report(void *context, const etwkit_error *error);

/*
 * Adds the providers of a manifest; docs/format/manifest.md tells what is understood. `name` is for messages. What is
 * wrong is told to `report` (which may be NULL; EK_MANIFEST_REPORTS sentences, then how many more), left out, and the
 * rest is read: the status is ETWKIT_OK as soon as there is one provider. Else ETWKIT_E_DAMAGED (no XML, or no provider
 * that has an id), ETWKIT_E_UNSUPPORTED (XML, but no manifest), ETWKIT_E_LIMIT (larger than EK_MANIFEST_SIZE) or
 * ETWKIT_E_NO_MEMORY, then `providers` may have got some of them.
 */
etwkit_status ek_manifest_read(const char *name, const void *data, size_t size, ek_providers *providers,
                               ek_manifest_report *report, void *context, etwkit_error *error);

#define EK_MANIFEST_SIZE ((size_t)32 << 20)
#define EK_MANIFEST_REPORTS 20

#endif
