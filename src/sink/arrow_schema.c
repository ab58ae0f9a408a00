/* SPDX-License-Identifier: MIT */
/* Writes the plan of a stream's columns as an Arrow schema. Knows the C data interface, no values. */
#include "sink/arrow_column.h"

typedef struct owned {
    etwkit_allocator allocator;
    struct ArrowSchema *children;
    struct ArrowSchema **child_pointers;
    struct ArrowSchema dictionary;
    char *texts; /* name and metadata */
} owned;

static void release(struct ArrowSchema *schema) {
    owned *own = schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    if (schema->dictionary && schema->dictionary->release)
        schema->dictionary->release(schema->dictionary);
    etwkit_allocator allocator = own->allocator;
    ek_release(&allocator, own->children);
    ek_release(&allocator, own->child_pointers);
    ek_release(&allocator, own->texts);
    ek_release(&allocator, own);
    schema->release = NULL;
}

static char *put(char *at, const void *data, size_t size) {
    if (size)
        memcpy(at, data, size);
    return at + size;
}

static char *put_counted(char *at, const char *text) {
    int32_t size = (int32_t)strlen(text);
    return put(put(at, &size, sizeof size), text, (size_t)size);
}

/* Name and, for extension types, metadata: a count of pairs, then each with its length in front. */
static bool write_texts(struct ArrowSchema *schema, owned *own, const char *name, const char *extension) {
    static const char key[] = "ARROW:extension:name", more[] = "ARROW:extension:metadata";
    size_t room = strlen(name) + 1 + (extension ? strlen(extension) + sizeof key + sizeof more + 32 : 0);
    char *at = own->texts = ek_alloc(&own->allocator, room);
    if (!at)
        return false;
    schema->name = at;
    at = put(at, name, strlen(name) + 1);
    if (extension) {
        static const int32_t pairs = 2;
        schema->metadata = at;
        at = put_counted(put_counted(put(at, &pairs, sizeof pairs), key), extension);
        (void)put_counted(put_counted(at, more), "");
    }
    return true;
}

static bool begin(struct ArrowSchema *schema, const etwkit_allocator *allocator, const char *name,
                  const ek_arrow_form *form, size_t child_count) {
    owned *own = ek_new(allocator, sizeof *own);
    *schema = (struct ArrowSchema){0};
    if (!own)
        return false;
    own->allocator = *allocator;
    schema->private_data = own;
    schema->release = release;
    schema->format = form->format;
    if (child_count) {
        own->children = ek_new(allocator, child_count * sizeof *own->children);
        own->child_pointers = ek_resize(allocator, NULL, child_count, sizeof(struct ArrowSchema *));
        if (!own->children || !own->child_pointers)
            return false;
        for (size_t i = 0; i < child_count; i++)
            own->child_pointers[i] = &own->children[i];
        schema->children = own->child_pointers;
        schema->n_children = (int64_t)child_count;
    }
    return write_texts(schema, own, name, form->extension);
}

static bool write_node(const ek_arrow_node *node, const etwkit_allocator *allocator, struct ArrowSchema *out) {
    bool good = begin(out, allocator, node->name, &ek_arrow_forms[node->type], node->child_count);
    if (!good)
        return false;
    owned *own = out->private_data;
    out->flags = node->required ? 0 : ARROW_FLAG_NULLABLE;
    if (node->type == EK_ARROW_LABELS) {
        good = begin(&own->dictionary, allocator, "", &ek_arrow_forms[EK_ARROW_TEXT], 0);
        out->dictionary = &own->dictionary;
    }
    struct ArrowSchema *to = own->children;
    for (const ek_arrow_node *child = node->first; child && good; child = child->next)
        good = write_node(child, allocator, to++);
    return good;
}

bool ek_arrow_write_schema(const ek_arrow_plan *plan, const etwkit_allocator *allocator, struct ArrowSchema *out) {
    bool good = write_node(plan->root, allocator, out);
    if (!good && out->release)
        out->release(out);
    return good;
}
