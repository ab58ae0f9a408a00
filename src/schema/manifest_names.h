/* SPDX-License-Identifier: MIT */
/* What is named in a manifest and referred to from elsewhere in it: found by scope, kind and name. */
#ifndef EK_SCHEMA_MANIFEST_NAMES_H
#define EK_SCHEMA_MANIFEST_NAMES_H

#include "schema/manifest_tree.h"

typedef struct ek_manifest_named {
    const ek_manifest_node *scope; /* within which the name is valid; NULL: in the whole manifest */
    ek_manifest_element kind;
    const char *name;
    uint64_t value;
    const void *object; /* what was made of it, NULL: nothing could be */
} ek_manifest_named;

/* The first definition of a name stays, a further one is told. NULL: that, or memory ran out. */
ek_manifest_named *ek_manifest_define(ek_manifest *manifest, const ek_manifest_node *scope, ek_manifest_element kind,
                                      const char *name, const ek_manifest_node *at);
const ek_manifest_named *ek_manifest_find(const ek_manifest *manifest, const ek_manifest_node *scope,
                                          ek_manifest_element kind, const char *name);

/* Defines the strings and messages of the whole manifest. Of several cultures en-US comes first, then as they stand. */
void ek_manifest_define_texts(ek_manifest *manifest, const ek_manifest_node *root);
/* The text that an element's `message` stands for. NULL: it has none, or (told) none that is known. */
const char *ek_manifest_message(ek_manifest *manifest, const ek_manifest_node *node);

#endif
