/* SPDX-License-Identifier: MIT */
/* A manifest as a tree of the elements and attributes that mean something here, whatever their order; the state that
 * the files reading it share. */
#ifndef EK_SCHEMA_MANIFEST_TREE_H
#define EK_SCHEMA_MANIFEST_TREE_H

#include "base/hash.h"
#include "schema/manifest.h"

typedef enum ek_manifest_element {
    EK_ELEMENT_ROOT,
    EK_ELEMENT_PROVIDER,
    EK_ELEMENT_CHANNEL,
    EK_ELEMENT_IMPORT_CHANNEL,
    EK_ELEMENT_LEVEL,
    EK_ELEMENT_TASK,
    EK_ELEMENT_OPCODE,
    EK_ELEMENT_KEYWORD,
    EK_ELEMENT_VALUE_MAP,
    EK_ELEMENT_BIT_MAP,
    EK_ELEMENT_MAP, /* an entry of one */
    EK_ELEMENT_TEMPLATE,
    EK_ELEMENT_DATA,
    EK_ELEMENT_STRUCT,
    EK_ELEMENT_EVENT,
    EK_ELEMENT_RESOURCES,
    EK_ELEMENT_STRING,
    EK_ELEMENT_MESSAGE
} ek_manifest_element;

typedef enum ek_manifest_attribute {
    EK_ATTRIBUTE_CHANNEL,
    EK_ATTRIBUTE_CHID,
    EK_ATTRIBUTE_COUNT,
    EK_ATTRIBUTE_CULTURE,
    EK_ATTRIBUTE_GUID,
    EK_ATTRIBUTE_ID,
    EK_ATTRIBUTE_IN_TYPE,
    EK_ATTRIBUTE_KEYWORDS,
    EK_ATTRIBUTE_LENGTH,
    EK_ATTRIBUTE_LEVEL,
    EK_ATTRIBUTE_MAP,
    EK_ATTRIBUTE_MASK,
    EK_ATTRIBUTE_MESSAGE,
    EK_ATTRIBUTE_MID,
    EK_ATTRIBUTE_NAME,
    EK_ATTRIBUTE_OPCODE,
    EK_ATTRIBUTE_OUT_TYPE,
    EK_ATTRIBUTE_SOURCE,
    EK_ATTRIBUTE_SYMBOL,
    EK_ATTRIBUTE_TASK,
    EK_ATTRIBUTE_TEMPLATE,
    EK_ATTRIBUTE_TID,
    EK_ATTRIBUTE_VALUE,
    EK_ATTRIBUTE_VERSION,
    EK_ATTRIBUTES
} ek_manifest_attribute;

typedef struct ek_manifest_text {
    ek_manifest_attribute attribute;
    const char *text;
} ek_manifest_text;

typedef struct ek_manifest_node {
    struct ek_manifest_node *parent, *next, *first, *last; /* next sibling, first and last child */
    const ek_manifest_text *texts;
    uint32_t text_count;
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 0, as Expat counts */
    uint8_t element; /* ek_manifest_element */
} ek_manifest_node;

/* A manifest being read. */
typedef struct ek_manifest {
    const char *name;
    ek_providers *providers;
    ek_manifest_report *report;
    void *context;
    etwkit_error *error;
    ek_arena arena; /* the tree and what finds names in it: gone when the manifest is read */
    ek_table names; /* see manifest_names.h */
    uint64_t seed;
    size_t told; /* sentences */
    bool failed; /* memory ran out */
} ek_manifest;

/* Tells the caller: "NAME: line 47, column 212: WHAT", and: ": "DETAIL"" where there is one. */
void ek_manifest_tell(ek_manifest *manifest, const ek_manifest_node *at, const char *what, const char *detail);

/*
 * Parses. The tree holds what stands before the first fault that could not be mended, which has been told. NULL: memory
 * ran out, or (then error says so) it is no XML at all.
 */
const ek_manifest_node *ek_manifest_parse(ek_manifest *manifest, const void *data, size_t size);

/* NULL: it has none. */
const char *ek_manifest_attribute_of(const ek_manifest_node *node, ek_manifest_attribute attribute);

#define EK_MANIFEST_DEPTH 64
#define EK_MANIFEST_ELEMENTS 1048576
#define EK_MANIFEST_REPAIRS 256
#define EK_MANIFEST_REPARSED ((size_t)256 << 20) /* bytes parsed again for them */

#endif
