/* SPDX-License-Identifier: MIT */
/* Finds what manifests refer to by name, and the texts that stand in their string tables. */
#include "schema/manifest_names.h"

#include "base/error.h"
#include "schema/manifest_types.h"

#include <string.h>

static bool is_named(const void *value, const void *key) {
    const ek_manifest_named *a = value, *b = key;
    return a->scope == b->scope && a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

static uint64_t hash_of(const ek_manifest *manifest, const ek_manifest_named *key) {
    uint64_t scope = (uint64_t)(uintptr_t)key->scope * 0x9E3779B97F4A7C15u;
    return ek_hash(key->name, strlen(key->name), manifest->seed ^ scope ^ (uint64_t)key->kind);
}

ek_manifest_named *ek_manifest_define(ek_manifest *manifest, const ek_manifest_node *scope, ek_manifest_element kind,
                                      const char *name, const ek_manifest_node *at) {
    ek_manifest_named key = {.scope = scope, .kind = kind, .name = name};
    uint64_t hash = hash_of(manifest, &key);
    if (ek_table_find(&manifest->names, hash, is_named, &key)) {
        if (at)
            ek_manifest_tell(manifest, at, "this name is there already", name);
        return NULL;
    }
    ek_manifest_named *named = ek_arena_copy(&manifest->arena, &key, sizeof key);
    if (named && ek_table_add(&manifest->names, hash, named))
        return named;
    manifest->failed = true;
    return NULL;
}

const ek_manifest_named *ek_manifest_find(const ek_manifest *manifest, const ek_manifest_node *scope,
                                          ek_manifest_element kind, const char *name) {
    ek_manifest_named key = {.scope = scope, .kind = kind, .name = name};
    return ek_table_find(&manifest->names, hash_of(manifest, &key), is_named, &key);
}

static void define_text(ek_manifest *manifest, ek_manifest_element kind, const char *name, const char *text) {
    ek_manifest_named *named = name && text ? ek_manifest_define(manifest, NULL, kind, name, NULL) : NULL;
    if (named)
        named->object = text;
}

/* A message is known by its number as well, however that is written. */
static const char *message_key(ek_manifest *manifest, const char *name) {
    char text[24];
    uint64_t number;
    if (!name || !ek_manifest_number(name, &number))
        return name;
    int length = ek_format(text, sizeof text, "%llu", (unsigned long long)number);
    const char *key = ek_arena_text(&manifest->arena, text, (size_t)length);
    manifest->failed |= !key;
    return key;
}

static void define_messages(ek_manifest *manifest, const ek_manifest_node *within) {
    for (const ek_manifest_node *node = within->first; node; node = node->next) {
        if (node->element != EK_ELEMENT_MESSAGE)
            continue;
        const char *text = ek_manifest_attribute_of(node, EK_ATTRIBUTE_MESSAGE);
        const char *number = ek_manifest_attribute_of(node, EK_ATTRIBUTE_VALUE);
        define_text(manifest, EK_ELEMENT_MESSAGE, ek_manifest_attribute_of(node, EK_ATTRIBUTE_MID), text);
        define_text(manifest, EK_ELEMENT_MESSAGE, message_key(manifest, number), text);
    }
}

static bool is_english(const ek_manifest_node *resources) {
    const char *culture = ek_manifest_attribute_of(resources, EK_ATTRIBUTE_CULTURE);
    return culture && (strcmp(culture, "en-US") == 0 || strcmp(culture, "en-us") == 0);
}

static void define_strings(ek_manifest *manifest, const ek_manifest_node *root, bool english) {
    for (const ek_manifest_node *resources = root->first; resources; resources = resources->next) {
        if (resources->element != EK_ELEMENT_RESOURCES || is_english(resources) != english)
            continue;
        for (const ek_manifest_node *node = resources->first; node; node = node->next)
            if (node->element == EK_ELEMENT_STRING)
                define_text(manifest, EK_ELEMENT_STRING, ek_manifest_attribute_of(node, EK_ATTRIBUTE_ID),
                            ek_manifest_attribute_of(node, EK_ATTRIBUTE_VALUE));
        define_messages(manifest, resources);
    }
}

void ek_manifest_define_texts(ek_manifest *manifest, const ek_manifest_node *root) {
    define_strings(manifest, root, true);
    define_strings(manifest, root, false);
    define_messages(manifest, root);
    for (const ek_manifest_node *node = root->first; node; node = node->next)
        if (node->element == EK_ELEMENT_PROVIDER)
            define_messages(manifest, node);
}

/* The name in "$(string.NAME)", which becomes the whole of a scratch copy; NULL: it is no such reference. */
static const char *reference(ek_manifest *manifest, const char *text, const char *opening) {
    size_t length = strlen(text), head = strlen(opening);
    if (length <= head || strncmp(text, opening, head) != 0 || text[length - 1] != ')')
        return NULL;
    const char *name = ek_arena_text(&manifest->arena, text + head, length - head - 1);
    manifest->failed |= !name;
    return name;
}

const char *ek_manifest_message(ek_manifest *manifest, const ek_manifest_node *node) {
    const char *text = ek_manifest_attribute_of(node, EK_ATTRIBUTE_MESSAGE), *name;
    const ek_manifest_named *found;
    if (text && (name = reference(manifest, text, "$(mc.")) && (name = message_key(manifest, name))) {
        found = ek_manifest_find(manifest, NULL, EK_ELEMENT_MESSAGE, name);
        text = found ? found->object : NULL;
        if (!found)
            ek_manifest_tell(manifest, node, "there is no such message", name);
    }
    if (text && (name = reference(manifest, text, "$(string."))) {
        found = ek_manifest_find(manifest, NULL, EK_ELEMENT_STRING, name);
        text = found ? found->object : NULL;
        if (!found)
            ek_manifest_tell(manifest, node, "there is no such string", name);
    }
    return text;
}
