/* SPDX-License-Identifier: MIT */
/* Makes a pack of what sources say of providers. The same input in the same order gives the same bytes. */
#ifndef EK_SCHEMA_PACK_BUILDER_H
#define EK_SCHEMA_PACK_BUILDER_H

#include "schema/provider.h"

typedef struct ek_pack_builder ek_pack_builder;

typedef struct ek_pack_builder_options {
    bool with_messages; /* texts for people too; the bundled pack has none */
} ek_pack_builder_options;

etwkit_status ek_pack_builder_new(ek_pack_builder **builder, const ek_pack_builder_options *options,
                                  const etwkit_allocator *allocator, etwkit_error *error);
void ek_pack_builder_free(ek_pack_builder **builder);

/*
 * Adds a provider as Windows `build` has it; 0: it is of no build of Windows, and right in all. Copies what it needs.
 * Several sources of one provider (by GUID) are joined: an event that they describe alike is one with several builds,
 * where they disagree every layout is kept. Of names, the one added last counts.
 * ETWKIT_E_LIMIT: more than 31 builds or EK_MAX_PROVIDERS providers, or sizes that the form cannot hold. After a
 * failure all that can be done is to free it.
 */
etwkit_status ek_pack_builder_add(ek_pack_builder *builder, const ek_provider *provider, uint32_t build,
                                  etwkit_error *error);
/* Appends the pack's bytes. To be called once, in the end. */
etwkit_status ek_pack_builder_finish(ek_pack_builder *builder, ek_buf *out, etwkit_error *error);
/* Versions of events that several sources laid out differently, once it is finished. */
size_t ek_pack_builder_disagreements(const ek_pack_builder *builder);

/* All of that for the providers of one source, with their messages. */
etwkit_status ek_pack_of(const ek_providers *providers, ek_buf *out, etwkit_error *error);

#endif
