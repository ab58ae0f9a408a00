/* SPDX-License-Identifier: MIT */
/* Maps and templates of a manifest's provider. */
#ifndef EK_SCHEMA_MANIFEST_TEMPLATE_H
#define EK_SCHEMA_MANIFEST_TEMPLATE_H

#include "schema/manifest_names.h"

/* Makes the map of a valueMap or bitMap and defines its name in the provider's scope. */
void ek_manifest_add_map(ek_manifest *manifest, const ek_manifest_node *node, ek_provider *provider);
/* The same for a template, whose maps are there already. */
void ek_manifest_add_template(ek_manifest *manifest, const ek_manifest_node *node, const ek_provider *provider);

#endif
