/* SPDX-License-Identifier: MIT */
/* Finds the built-in layout of a classic event and compiles it. Knows the tables' shape, but none of their content. */
#include "schema/classic.h"

#include "base/bytes.h"
#include "base/error.h"
#include "schema/classic_tables.h"

static const char *text_at(uint16_t offset) {
    return ek_classic_texts + offset;
}

static const ek_classic_class *find_class(const etwkit_guid *id) {
    size_t low = 0, high = ek_classic_class_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(id, &ek_classic_classes[middle].id, sizeof *id);
        if (order == 0)
            return &ek_classic_classes[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

uint16_t ek_classic_variant(const etwkit_record *record) {
    for (size_t i = 0; i < ek_classic_form_count; i++) {
        const ek_classic_form *form = &ek_classic_forms[i];
        if (record->opcode == form->opcode && record->payload_size >= 2 &&
            memcmp(&record->provider_id, &ek_classic_classes[form->class_index].id, sizeof record->provider_id) == 0)
            return ek_load16(record->payload);
    }
    return 0;
}

/*
 * The event to read the record by: that of its version and variant, else of the highest lower ones; NULL where all are
 * higher. *named is an event of the same opcode, for its name, or NULL.
 */
static const ek_classic_event *find_event(const ek_classic_class *class, const etwkit_record *record,
                                          const ek_classic_event **named) {
    const ek_classic_event *event = &ek_classic_events[class->first_event], *end = event + class->event_count;
    const ek_classic_event *best = NULL;
    uint16_t variant = ek_classic_variant(record);
    *named = NULL;
    while (event < end && event->opcode < record->opcode)
        event++;
    for (; event < end && event->opcode == record->opcode; event++) {
        if (!*named)
            *named = event;
        if (event->version <= record->version && event->variant <= variant)
            best = event;
    }
    if (best)
        *named = best;
    return best;
}

static const etwkit_map *build_map(ek_arena *arena, const ek_classic_map *map) {
    ek_map_entry entries[EK_CLASSIC_MAX_LABELS];
    for (size_t i = 0; i < map->label_count; i++) {
        const ek_classic_label *label = &ek_classic_labels[map->first_label + i];
        entries[i] = (ek_map_entry){.value = label->value, .label = text_at(label->text)};
    }
    return ek_map_build(arena, text_at(map->name), map->is_bitmap, entries, map->label_count);
}

static etwkit_status build_layout(const ek_layout **layout, ek_arena *arena, const ek_classic_layout *from,
                                  etwkit_error *error) {
    ek_field_spec specs[EK_CLASSIC_MAX_FIELDS];
    for (size_t i = 0; i < from->field_count; i++) {
        const ek_classic_field *field = &ek_classic_fields[from->first_field + i];
        const etwkit_map *map = field->map ? build_map(arena, &ek_classic_maps[field->map - 1]) : NULL;
        if (field->map && !map)
            return ek_fail_memory(error);
        specs[i] = (ek_field_spec){
            .name = text_at(field->name),
            .name_length = strlen(text_at(field->name)),
            .map = map,
            .flags = field->flags,
            .in_type = field->in_type,
            .out_type = field->out_type,
            .count = field->count,
            .length = field->length,
            .first_member = field->first_member,
            .member_count = field->member_count,
        };
    }
    return ek_layout_build(layout, arena, specs, from->field_count, from->top_count, error);
}

/* The name of an opcode that no event has: its number. */
static const char *name_of_number(ek_arena *arena, uint8_t opcode) {
    char digits[3];
    size_t length = 0;
    for (unsigned scale = 100; scale; scale /= 10)
        if (opcode >= scale || scale == 1)
            digits[length++] = (char)('0' + opcode / scale % 10);
    return ek_arena_text(arena, digits, length);
}

static const etwkit_field *field_at(const ek_layout *layout, uint8_t index) {
    return index == EK_CLASSIC_NO_FIELD ? NULL : &layout->fields[index];
}

etwkit_status ek_classic_describe(const etwkit_record *record, ek_arena *arena, ek_description *description,
                                  etwkit_error *error) {
    const ek_classic_class *class = record->flags & ETWKIT_FLAG_CLASSIC ? find_class(&record->provider_id) : NULL;
    if (!class)
        return ETWKIT_ABSENT;

    const ek_classic_event *named;
    const ek_classic_event *event = find_event(class, record, &named);
    *description = (ek_description){
        .source = ETWKIT_SOURCE_CLASSIC,
        .provider_name = text_at(class->provider),
        .task_name = text_at(class->name),
    };
    if (!named) {
        description->opcode_name = name_of_number(arena, record->opcode);
        if (!description->opcode_name)
            return ek_fail_memory(error);
    } else if (*text_at(named->name)) {
        description->opcode_name = text_at(named->name);
    }
    if (!event)
        return ETWKIT_ABSENT;

    etwkit_status status = build_layout(&description->layout, arena, &ek_classic_layouts[event->layout], error);
    if (status)
        return status;
    description->guessed = event->version != record->version || event->variant != ek_classic_variant(record);
    description->process_field = field_at(description->layout, event->process_field);
    description->thread_field = field_at(description->layout, event->thread_field);
    return ETWKIT_OK;
}
