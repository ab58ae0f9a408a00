/* SPDX-License-Identifier: MIT */
/* Images of processes from the kernel's Image events and those of Microsoft-Windows-Kernel-Process. Knows their fields,
 * and joins what several of them tell of one image. */
#include "process_tree.h"

#include <string.h>

static const char *const image_class = "2cb15d1d-5fc1-11d2-abe1-00a0c911f518";
static const char *const process_provider = "22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716";

/* Opcodes of the one, event ids of the other. */
enum {
    CLASSIC_UNLOAD = 2,
    CLASSIC_DC_START = 3,
    CLASSIC_DC_END = 4,
    CLASSIC_LOAD = 10
};
enum {
    MANIFEST_LOAD = 5,
    MANIFEST_UNLOAD = 6
};

typedef enum image_kind {
    IMAGE_NOTHING,
    IMAGE_LOAD,
    IMAGE_UNLOAD,
    IMAGE_THERE
} image_kind;

static etwkit_filter *of_provider(const char *text) {
    etwkit_guid id;
    return etwkit_guid_parse(&id, text) == ETWKIT_OK ? etwkit_filter_provider_id(NULL, &id) : NULL;
}

etwkit_filter *process_image_filter(void) {
    const uint8_t opcodes[] = {CLASSIC_UNLOAD, CLASSIC_DC_START, CLASSIC_DC_END, CLASSIC_LOAD};
    const uint16_t ids[] = {MANIFEST_LOAD, MANIFEST_UNLOAD};
    etwkit_filter *classic[] = {of_provider(image_class), etwkit_filter_opcodes(NULL, opcodes, sizeof opcodes)};
    etwkit_filter *manifest[] = {of_provider(process_provider), etwkit_filter_ids(NULL, ids, 2)};
    etwkit_filter *both[] = {etwkit_filter_all(NULL, classic, 2), etwkit_filter_all(NULL, manifest, 2)};
    return etwkit_filter_any(NULL, both, 2);
}

static image_kind kind_of(const etwkit_record *record) {
    if (!(record->flags & ETWKIT_FLAG_CLASSIC))
        return record->event_id == MANIFEST_LOAD     ? IMAGE_LOAD
               : record->event_id == MANIFEST_UNLOAD ? IMAGE_UNLOAD
                                                     : IMAGE_NOTHING;
    switch (record->opcode) {
    case CLASSIC_LOAD: return IMAGE_LOAD;
    case CLASSIC_UNLOAD: return IMAGE_UNLOAD;
    case CLASSIC_DC_START:
    case CLASSIC_DC_END: return IMAGE_THERE;
    default: return IMAGE_NOTHING;
    }
}

/* The first of two fields that is there. */
static const etwkit_field *field_of(const etwkit_schema *schema, const char *name, const char *other) {
    const etwkit_field *field = etwkit_schema_field(schema, name);
    return field ? field : etwkit_schema_field(schema, other);
}

static bool number_of(const etwkit_record *record, const etwkit_schema *schema, const etwkit_field *field,
                      uint64_t *number) {
    etwkit_value value;
    return field && etwkit_record_value(record, schema, field, &value) == ETWKIT_OK &&
           etwkit_value_u64(&value, number) == ETWKIT_OK;
}

/* Open addressing by process and base; the newest image of both counts. */
static size_t slot_of(const process_tree *tree, size_t process, uint64_t base) {
    uint64_t hash = (base >> 12 ^ (uint64_t)process << 40) * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(hash >> 32) & tree->slot_mask;
    while (tree->slots[at] != PROCESS_NONE &&
           (tree->images[tree->slots[at]].process != process || tree->images[tree->slots[at]].base != base))
        at = (at + 1) & tree->slot_mask;
    return at;
}

static void grow_slots(process_tree *tree) {
    if (tree->slots && tree->image_count * 2 < tree->slot_mask)
        return;
    size_t count = tree->slots ? (tree->slot_mask + 1) * 2 : 1024;
    tree->slots = cli_resize(tree->slots, count, sizeof *tree->slots);
    tree->slot_mask = count - 1;
    for (size_t i = 0; i < count; i++)
        tree->slots[i] = PROCESS_NONE;
    for (size_t i = 0; tree->images && i < tree->image_count; i++)
        tree->slots[slot_of(tree, tree->images[i].process, tree->images[i].base)] = i;
}

/* NULL: there is no room. */
static process_image *add_image(process_tree *tree, size_t process, uint64_t base, const etwkit_text *path) {
    if (tree->image_count >= PROCESS_IMAGES_MOST || path->length > PROCESS_IMAGE_BYTES - tree->image_bytes) {
        tree->full = true;
        return NULL;
    }
    if (!tree->images || tree->image_count == tree->image_capacity) {
        tree->image_capacity = tree->image_capacity ? tree->image_capacity * 2 : 256;
        tree->images = cli_resize(tree->images, tree->image_capacity, sizeof *tree->images);
    }
    grow_slots(tree);
    size_t at = tree->image_count, slot = slot_of(tree, process, base);
    process_image *image = &tree->images[tree->image_count++];
    *image = (process_image){.base = base, .process = process, .next = PROCESS_NONE};
    if (path->length) {
        image->path = cli_resize(NULL, path->length + 1, 1);
        memcpy(image->path, path->utf8, path->length);
        image->path[path->length] = 0;
        tree->image_bytes += path->length;
    }
    tree->slots[slot] = at;
    process_node *node = &tree->nodes[process];
    if (node->last_image == PROCESS_NONE)
        node->first_image = at;
    else
        tree->images[node->last_image].next = at;
    node->last_image = at;
    return image;
}

/* The image that lies there last, as far as is known. NULL: none does. */
static process_image *last_at(process_tree *tree, size_t process, uint64_t base) {
    size_t at = tree->slots ? tree->slots[slot_of(tree, process, base)] : PROCESS_NONE;
    return at == PROCESS_NONE ? NULL : &tree->images[at];
}

/* Several providers, or sessions, may tell of one load or unload. */
static void take(process_tree *tree, image_kind kind, size_t process, uint64_t base, uint64_t size, int64_t time,
                 const etwkit_text *path) {
    const int64_t near = 10000000; /* one second */
    process_image *image = last_at(tree, process, base);
    bool gone = image && image->unload && (kind != IMAGE_UNLOAD || time - image->unload > near);
    bool again = image && kind == IMAGE_LOAD && image->load && time - image->load > near; /* the unload was lost */
    if (!image || gone || again)
        image = add_image(tree, process, base, path);
    if (!image)
        return;
    if (!image->size)
        image->size = size;
    if (kind == IMAGE_LOAD && !image->load)
        image->load = time;
    if (kind == IMAGE_UNLOAD && !image->unload)
        image->unload = time;
}

bool process_image_add(process_tree *tree, etwkit_trace *trace, const etwkit_record *record) {
    const etwkit_schema *schema = etwkit_trace_schema(trace, record);
    image_kind kind = kind_of(record);
    uint64_t base, size = 0, id = record->process_id;
    etwkit_text path = {NULL, 0};
    if (!schema)
        return false;
    if (kind == IMAGE_NOTHING || !number_of(record, schema, field_of(schema, "ImageBase", "BaseAddress"), &base))
        return true;
    (void)number_of(record, schema, field_of(schema, "ImageSize", "ModuleSize"), &size);
    (void)number_of(record, schema, field_of(schema, "ProcessId", "ProcessID"), &id);
    const etwkit_field *name = field_of(schema, "FileName", "ImageName");
    name = name ? name : etwkit_schema_field(schema, "ImageFileName");
    if (name && etwkit_record_text(trace, record, name, &path) == ETWKIT_E_NO_MEMORY)
        return false;
    if (id >= ETWKIT_NO_ID)
        return true;
    const etwkit_trace_info *info = etwkit_trace_get_info(trace, record->file);
    size_t process = process_tree_find(tree, info ? info->boot_time : 0, (uint32_t)id, record->timestamp);
    if (process != PROCESS_NONE)
        take(tree, kind, process, base, size, record->timestamp, &path);
    return true;
}
