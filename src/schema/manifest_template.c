/* SPDX-License-Identifier: MIT */
/* Makes maps and templates of their elements. Knows fields, not the events that have them. */
#include "schema/manifest_template.h"

#include "schema/manifest_types.h"

#include <string.h>

/* Adds the entries that can be read, and returns their number. */
static size_t read_entries(ek_manifest *manifest, const ek_manifest_node *node, ek_map_entry *entries) {
    size_t count = 0;
    for (const ek_manifest_node *child = node->first; child; child = child->next) {
        const char *text = ek_manifest_attribute_of(child, EK_ATTRIBUTE_VALUE);
        const char *label = ek_manifest_message(manifest, child);
        if (!text || !ek_manifest_number(text, &entries[count].value))
            ek_manifest_tell(manifest, child, "the value of this map's entry is no number", text);
        else if (label)
            entries[count++].label = label;
    }
    return count;
}

static const etwkit_map *make_map(ek_manifest *manifest, const ek_manifest_node *node, const char *name) {
    size_t count = 0;
    for (const ek_manifest_node *child = node->first; child; child = child->next)
        count++;
    ek_map_entry *entries = ek_arena_alloc(&manifest->arena, count * sizeof *entries);
    if (!entries)
        return NULL;
    count = read_entries(manifest, node, entries);
    return ek_map_build(&manifest->providers->arena, name, node->element == EK_ELEMENT_BIT_MAP, entries, count);
}

void ek_manifest_add_map(ek_manifest *manifest, const ek_manifest_node *node, ek_provider *provider) {
    const char *name = ek_manifest_attribute_of(node, EK_ATTRIBUTE_NAME);
    ek_manifest_named *named =
        name ? ek_manifest_define(manifest, node->parent, EK_ELEMENT_VALUE_MAP, name, node) : NULL;
    if (!name)
        ek_manifest_tell(manifest, node, "this map has no name", NULL);
    if (!named)
        return;
    const etwkit_map *map = make_map(manifest, node, name);
    if (!map || !ek_provider_add_map(manifest->providers, provider, map))
        manifest->failed = true;
    named->object = map;
}

/* A template being made: the elements in the order of the fields, then the fields. */
typedef struct maker {
    ek_manifest *manifest;
    const ek_manifest_node *node;
    const ek_manifest_node **elements;
    ek_field_spec *specs;
    size_t count;
    size_t top_count;
    bool is_dump; /* ek_tidy() will find the structs, and where the layout ends */
} maker;

static size_t count_elements(const ek_manifest_node *node) {
    size_t count = 0;
    for (const ek_manifest_node *child = node->first; child; child = child->next)
        count += 1 + count_elements(child); /* not deep: EK_MANIFEST_DEPTH */
    return count;
}

/* The children of a template or struct become neighbours, and known by name within it. */
static void place_children(maker *m, const ek_manifest_node *of) {
    for (const ek_manifest_node *child = of->first; child; child = child->next) {
        const char *name = ek_manifest_attribute_of(child, EK_ATTRIBUTE_NAME);
        ek_manifest_named *named = name ? ek_manifest_define(m->manifest, of, EK_ELEMENT_DATA, name, NULL) : NULL;
        if (named)
            named->value = m->count; /* of two of one name the first is meant */
        m->elements[m->count++] = child;
    }
}

static bool place_elements(maker *m) {
    place_children(m, m->node);
    m->top_count = m->count;
    for (size_t i = 0; i < m->count; i++) {
        const ek_manifest_node *element = m->elements[i];
        if (element->element != EK_ELEMENT_STRUCT)
            continue;
        if (i >= m->top_count) {
            ek_manifest_tell(m->manifest, element, "structs in structs are not allowed", NULL);
            return false;
        }
        m->specs[i].flags = EK_FIELD_STRUCT;
        m->specs[i].first_member = (uint16_t)m->count;
        place_children(m, element);
        m->specs[i].member_count = (uint16_t)(m->count - m->specs[i].first_member);
    }
    return true;
}

/* Tools that write manifests of what Windows tells leave out the blanks of names, but not of references to them. */
static const char *without_blanks(ek_manifest *manifest, const char *name) {
    size_t length = 0;
    char *text = ek_arena_text(&manifest->arena, name, strlen(name));
    manifest->failed |= !text;
    for (size_t i = 0; text && name[i]; i++)
        if (name[i] != ' ')
            text[length++] = name[i];
    if (text)
        text[length] = 0;
    return text ? text : "";
}

static const ek_manifest_named *find_field(const maker *m, const ek_manifest_node *element, const char *name) {
    const ek_manifest_named *named = ek_manifest_find(m->manifest, element->parent, EK_ELEMENT_DATA, name);
    if (!named && element->parent != m->node)
        named = ek_manifest_find(m->manifest, m->node, EK_ELEMENT_DATA, name);
    if (!named && strchr(name, ' '))
        named = find_field(m, element, without_blanks(m->manifest, name));
    return named;
}

/* Reads `count` or `length`: a number, or the name of an earlier field in the same struct or the template. */
static bool read_amount(maker *m, size_t at, ek_manifest_attribute attribute, uint16_t *amount, uint32_t fixed,
                        uint32_t referred) {
    const ek_manifest_node *element = m->elements[at];
    const char *text = ek_manifest_attribute_of(element, attribute);
    uint64_t number;
    if (!text || !*text)
        return true;
    if (ek_manifest_number(text, &number)) {
        *amount = (uint16_t)number;
        m->specs[at].flags |= fixed;
        if (number > UINT16_MAX)
            ek_manifest_tell(m->manifest, element, "this number is too large", text);
        return number <= UINT16_MAX;
    }
    const ek_manifest_named *named = find_field(m, element, text);
    if (!named || named->value == at) {
        ek_manifest_tell(m->manifest, element, "there is no such field to hold a count or length", text);
        return false;
    }
    *amount = (uint16_t)named->value;
    m->specs[at].flags |= referred;
    return true;
}

static bool read_types(maker *m, const ek_manifest_node *element, ek_field_spec *spec) {
    const char *in = ek_manifest_attribute_of(element, EK_ATTRIBUTE_IN_TYPE);
    const char *out = ek_manifest_attribute_of(element, EK_ATTRIBUTE_OUT_TYPE);
    const char *map = ek_manifest_attribute_of(element, EK_ATTRIBUTE_MAP);
    if (!in || !ek_manifest_in_type(in, &spec->in_type)) {
        ek_manifest_tell(m->manifest, element, "there is no such in-type", in ? in : "");
        return false;
    }
    if (ek_manifest_in_type_is_vague(spec->in_type) && !m->is_dump)
        ek_manifest_tell(m->manifest, element, "what this struct holds is not told", in);
    if (out && *out && !ek_manifest_out_type(out, &spec->out_type))
        ek_manifest_tell(m->manifest, element, "there is no such out-type", out);
    const ek_manifest_named *named =
        map ? ek_manifest_find(m->manifest, m->node->parent, EK_ELEMENT_VALUE_MAP, map) : NULL;
    if (named)
        spec->map = named->object;
    else if (map && *map)
        ek_manifest_tell(m->manifest, element, "there is no such map", map);
    return true;
}

static bool read_field(maker *m, size_t at) {
    const ek_manifest_node *element = m->elements[at];
    ek_field_spec *spec = &m->specs[at];
    const char *name = ek_manifest_attribute_of(element, EK_ATTRIBUTE_NAME);
    if (!name)
        name = "";
    spec->name_length = strlen(name);
    if (!(spec->name = ek_arena_text(&m->manifest->providers->arena, name, spec->name_length))) {
        m->manifest->failed = true;
        return false;
    }
    if (!read_amount(m, at, EK_ATTRIBUTE_COUNT, &spec->count, EK_FIELD_FIXED_COUNT, EK_FIELD_PARAM_COUNT))
        return false;
    if (element->element == EK_ELEMENT_STRUCT)
        return true;
    return read_types(m, element, spec) &&
           read_amount(m, at, EK_ATTRIBUTE_LENGTH, &spec->length, EK_FIELD_FIXED_LENGTH, EK_FIELD_PARAM_LENGTH);
}

/* What the layout's builder refuses is of no use, and its place is known here. */
static bool is_sound(maker *m) {
    const ek_layout *layout;
    etwkit_error error;
    ek_arena scratch;
    ek_arena_init(&scratch, &m->manifest->arena.allocator);
    etwkit_status status = ek_layout_build(&layout, &scratch, m->specs, m->count, m->top_count, &error);
    ek_arena_free(&scratch);
    if (status == ETWKIT_E_NO_MEMORY)
        m->manifest->failed = true;
    else if (status)
        ek_manifest_tell(m->manifest, m->node, error.message, NULL);
    return status == ETWKIT_OK;
}

/* NULL: it cannot be understood, which has been told, or memory ran out. */
static const ek_template *make_template(ek_manifest *manifest, const ek_manifest_node *node, bool is_dump) {
    maker m = {.manifest = manifest, .node = node, .is_dump = is_dump};
    size_t count = count_elements(node);
    if (count > EK_MAX_FIELDS) {
        ek_manifest_tell(manifest, node, "this template has too many fields", NULL);
        return NULL;
    }
    ek_template *made = ek_arena_new(&manifest->providers->arena, sizeof *made);
    m.specs = ek_arena_new(&manifest->providers->arena, count * sizeof *m.specs);
    m.elements = ek_arena_alloc(&manifest->arena, count * sizeof *m.elements);
    if (!made || !m.specs || !m.elements) {
        manifest->failed = true;
        return NULL;
    }
    bool good = place_elements(&m);
    for (size_t i = 0; good && i < m.count; i++)
        good = read_field(&m, i);
    good = good && (is_dump || is_sound(&m));
    *made = (ek_template){.fields = m.specs, .field_count = (uint16_t)m.count, .top_count = (uint16_t)m.top_count};
    return good ? made : NULL;
}

void ek_manifest_add_template(ek_manifest *manifest, const ek_manifest_node *node, const ek_provider *provider) {
    const char *name = ek_manifest_attribute_of(node, EK_ATTRIBUTE_TID);
    ek_manifest_named *named =
        name ? ek_manifest_define(manifest, node->parent, EK_ELEMENT_TEMPLATE, name, node) : NULL;
    if (!name)
        ek_manifest_tell(manifest, node, "this template has no tid", NULL);
    if (named)
        named->object = make_template(manifest, node, provider->is_dump);
}
