/* SPDX-License-Identifier: MIT */
/* Reads the templates and maps of WEVT_TEMPLATE, each once. Knows no providers and no events. */
#include "base/bytes.h"
#include "base/error.h"
#include "schema/wevt_inside.h"

enum {
    TEMPLATE_HEAD = 24,
    TEMPLATE_TOP = 8,
    TEMPLATE_COUNT = 12,
    TEMPLATE_ITEMS = 16,
    ITEM_SIZE = 20,
    ITEM_TYPE = 4, /* u8 in, u8 out; of a struct u16 first member, u16 members */
    ITEM_MAP = 8,
    ITEM_COUNT = 12,
    ITEM_LENGTH = 14,
    ITEM_NAME = 16,
    MAP_HEAD = 20,
    MAP_NAME = 8,
    MAP_COUNT = 16,
    MAP_ENTRY = 8 /* value, message */
};
/* Flags of items. */
enum {
    ITEM_STRUCT = 0x01,
    ITEM_FIXED_LENGTH = 0x02,
    ITEM_PARAM_LENGTH = 0x04,
    ITEM_FIXED_COUNT = 0x08,
    ITEM_PARAM_COUNT = 0x10
};

/* A template or a map that was read, or found damaged. */
typedef struct known {
    size_t at;
    bool is_damaged;
    const etwkit_map *map;
    ek_template fields;
} known;

static bool stands_at(const void *value, const void *key) {
    const known *one = value;
    const size_t *at = key;
    return one->at == *at;
}

/* The one that was found there before, or a new one that is damaged until it has been read. */
static known *find_or_add(ek_wevt_reader *reader, ek_table *among, size_t at, bool *is_new) {
    uint64_t hash = ek_hash(&at, sizeof at, ek_hash_seed(reader));
    known *one = ek_table_find(among, hash, stands_at, &at);
    *is_new = !one;
    if (one)
        return one;
    one = ek_arena_new(&reader->providers->arena, sizeof *one);
    if (!one || !ek_table_add(among, hash, one))
        return NULL;
    one->at = at;
    one->is_damaged = true;
    return one;
}

/* Entries whose text is not there are left out: their numbers are shown. */
static etwkit_status read_labels(ek_wevt_reader *reader, const uint8_t *entries, size_t count, ek_map_entry *labels,
                                 size_t *labelled) {
    *labelled = 0;
    for (size_t i = 0; i < count; i++) {
        const char *label;
        etwkit_status status = ek_wevt_message(reader, ek_load32(entries + i * MAP_ENTRY + 4), &label);
        if (status)
            return status;
        if (label)
            labels[(*labelled)++] = (ek_map_entry){ek_load32(entries + i * MAP_ENTRY), label};
        else
            reader->source->missing_labels++;
    }
    return ETWKIT_OK;
}

static etwkit_status build_map(ek_wevt_reader *reader, const char *name, bool is_bitmap, const uint8_t *entries,
                               size_t count, const etwkit_map **map) {
    ek_map_entry *labels = ek_alloc(&reader->providers->arena.allocator, count * sizeof *labels);
    if (!labels)
        return ek_fail_memory(reader->error);
    size_t labelled;
    etwkit_status status = read_labels(reader, entries, count, labels, &labelled);
    if (!status && !(*map = ek_map_build(&reader->providers->arena, name ? name : "", is_bitmap, labels, labelled)))
        status = ek_fail_memory(reader->error);
    ek_release(&reader->providers->arena.allocator, labels);
    return status;
}

static etwkit_status read_map(ek_wevt_reader *reader, known *one) {
    const char *name;
    bool is_bitmap = one->at < reader->size && reader->data[one->at] == 'B';
    const uint8_t *head = ek_wevt_head(reader, one->at, is_bitmap ? "BMAP" : "VMAP", MAP_HEAD);
    size_t count = head ? ek_load32(head + MAP_COUNT) : 0;
    const uint8_t *entries = head ? ek_wevt_entries(reader, one->at + MAP_HEAD, count, MAP_ENTRY) : NULL;
    if (!entries)
        return ETWKIT_E_DAMAGED;
    etwkit_status status = ek_wevt_name(reader, ek_load32(head + MAP_NAME), &name);
    return status ? status : build_map(reader, name, is_bitmap, entries, count, &one->map);
}

etwkit_status ek_wevt_map(ek_wevt_reader *reader, size_t at, const etwkit_map **map) {
    bool is_new;
    known *one = find_or_add(reader, &reader->maps, at, &is_new);
    if (!one)
        return ek_fail_memory(reader->error);
    if (is_new) {
        etwkit_status status = read_map(reader, one);
        if (status)
            return status;
        one->is_damaged = false;
    }
    *map = one->map;
    return one->is_damaged ? ETWKIT_E_DAMAGED : ETWKIT_OK;
}

/* The same meanings as in TRACE_EVENT_INFO, other bits. */
static uint32_t flags_of(uint32_t item) {
    static const struct {
        uint32_t item, field;
    } pairs[] = {{ITEM_STRUCT, EK_FIELD_STRUCT},
                 {ITEM_FIXED_LENGTH, EK_FIELD_FIXED_LENGTH},
                 {ITEM_PARAM_LENGTH, EK_FIELD_PARAM_LENGTH},
                 {ITEM_FIXED_COUNT, EK_FIELD_FIXED_COUNT},
                 {ITEM_PARAM_COUNT, EK_FIELD_PARAM_COUNT}};
    uint32_t flags = 0;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        flags |= item & pairs[i].item ? pairs[i].field : 0;
    return flags;
}

static etwkit_status read_item(ek_wevt_reader *reader, const uint8_t *item, ek_field_spec *spec) {
    const uint8_t *type = item + ITEM_TYPE;
    size_t map_at = ek_load32(item + ITEM_MAP);
    *spec = (ek_field_spec){.flags = flags_of(ek_load32(item)),
                            .count = ek_load16(item + ITEM_COUNT),
                            .length = ek_load16(item + ITEM_LENGTH)};
    etwkit_status status = ek_wevt_name(reader, ek_load32(item + ITEM_NAME), &spec->name);
    if (status)
        return status;
    if (!spec->name)
        spec->name = "";
    spec->name_length = strlen(spec->name);
    if (spec->flags & EK_FIELD_STRUCT) {
        spec->first_member = ek_load16(type);
        spec->member_count = ek_load16(type + 2);
        return ETWKIT_OK;
    }
    spec->in_type = type[0];
    spec->out_type = type[1];
    /* A damaged map costs the labels, not the field. */
    status = map_at ? ek_wevt_map(reader, map_at, &spec->map) : ETWKIT_OK;
    return status == ETWKIT_E_DAMAGED ? ETWKIT_OK : status;
}

/* Would a layout be made of these fields? */
static etwkit_status check_layout(ek_wevt_reader *reader, size_t at, const ek_field_spec *specs, size_t count,
                                  size_t top_count) {
    const ek_layout *layout;
    etwkit_error error = {0};
    etwkit_status status = ek_layout_build(&layout, &reader->scratch, specs, count, top_count, &error);
    ek_arena_reset(&reader->scratch);
    if (status == ETWKIT_E_DAMAGED)
        return ek_wevt_damaged(reader, at, error.message);
    return status ? ek_fail_memory(reader->error) : ETWKIT_OK;
}

static etwkit_status read_template(ek_wevt_reader *reader, known *one) {
    const uint8_t *head = ek_wevt_head(reader, one->at, "TEMP", TEMPLATE_HEAD);
    if (!head)
        return ETWKIT_E_DAMAGED;
    size_t count = ek_load32(head + TEMPLATE_COUNT), top_count = ek_load32(head + TEMPLATE_TOP);
    if (!count)
        return ETWKIT_OK;
    const uint8_t *items = ek_wevt_entries(reader, ek_load32(head + TEMPLATE_ITEMS), count, ITEM_SIZE);
    if (!items)
        return ETWKIT_E_DAMAGED;
    ek_field_spec *specs = ek_arena_alloc(&reader->providers->arena, count * sizeof *specs);
    if (!specs)
        return ek_fail_memory(reader->error);
    etwkit_status status = ETWKIT_OK;
    for (size_t i = 0; !status && i < count; i++)
        status = read_item(reader, items + i * ITEM_SIZE, &specs[i]);
    if (!status)
        status = check_layout(reader, one->at, specs, count, top_count);
    if (!status)
        one->fields = (ek_template){.fields = specs, .field_count = (uint16_t)count, .top_count = (uint16_t)top_count};
    return status;
}

etwkit_status ek_wevt_template(ek_wevt_reader *reader, size_t at, const ek_template **found) {
    bool is_new;
    known *one = find_or_add(reader, &reader->templates, at, &is_new);
    if (!one)
        return ek_fail_memory(reader->error);
    if (is_new) {
        etwkit_status status = read_template(reader, one);
        if (status)
            return status;
        one->is_damaged = false;
    }
    *found = one->fields.field_count ? &one->fields : NULL;
    return one->is_damaged ? ETWKIT_E_DAMAGED : ETWKIT_OK;
}
