/* SPDX-License-Identifier: MIT */
/* Cleans what PerfView prints of registered providers (`PerfView userCommand DumpRegisteredManifest`, and all the
 * public collections made with it): names that it invented go, what it lost is put back where the rest of the provider
 * tells it, and a layout ends where nobody can tell. docs/format/perfview-manifests.md has the evidence. */
#ifndef EK_SCHEMA_TIDY_H
#define EK_SCHEMA_TIDY_H

#include "schema/provider.h"

/* Does nothing unless provider->is_dump, which it clears. false: memory ran out; the provider is then partly clean. */
bool ek_tidy(ek_providers *providers, ek_provider *provider);

/*
 * The in-type that PerfView printed for a struct is the index of its first member. Members stand behind all top-level
 * fields: could this number, printed in a template of top_count fields, be such an index? Types without a name always
 * are.
 */
bool ek_could_be_struct(const ek_template *template, uint16_t in_type);

#endif
