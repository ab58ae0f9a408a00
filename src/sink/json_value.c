/* SPDX-License-Identifier: MIT */
/* Writes values as JSON, in one pass over the walk's steps. Knows no lines and no other format. */
#include "sink/json_value.h"

#include "etl/items.h"
#include "sink/shown_items.h"

/* "label|label|0x10"; *any false: none fits, and nothing was written. */
static uint8_t *write_labels(etwkit_sink *sink, uint8_t *at, const etwkit_map *map, const etwkit_value *value,
                             bool *any) {
    *at++ = '"';
    if (!(at = ek_put_labels(sink, at, map, value, EK_ESCAPE_JSON, any)))
        return NULL;
    if (!*any)
        return at - 1;
    *at++ = '"';
    return at;
}

static uint8_t *write_bytes(etwkit_sink *sink, uint8_t *at, const uint8_t *data, size_t size) {
    *at++ = '"';
    if ((at = ek_put_bytes(sink, at, data, size)))
        *at++ = '"';
    return at;
}

static uint8_t *write_text16(etwkit_sink *sink, uint8_t *at, const uint8_t *text, size_t size) {
    return ek_put_text16(sink, at, text, size, EK_ESCAPE_JSON);
}

static uint8_t *write_text8(etwkit_sink *sink, uint8_t *at, const uint8_t *text, size_t size, bool utf8) {
    return ek_put_text8(sink, at, text, size, utf8, EK_ESCAPE_JSON);
}

static inline uint8_t *write_value(etwkit_sink *sink, uint8_t *at, const etwkit_value *value) {
    ek_shape shape = ek_shape_of(value);
    const etwkit_map *map = ek_value_map(value, shape, (sink->flags & ETWKIT_SINK_NUMERIC) != 0);
    if (map) {
        bool any;
        at = write_labels(sink, at, map, value, &any);
        if (any || !at)
            return at;
    }
    switch (shape) {
    case EK_SHAPE_BYTES: return write_bytes(sink, at, value->data, value->size);
    case EK_SHAPE_TEXT16: return write_text16(sink, at, value->data, value->size);
    case EK_SHAPE_CHAR16: return write_text16(sink, at, value->data, ek_value_bits(value) ? value->size : 0);
    case EK_SHAPE_TEXT8:
    case EK_SHAPE_UTF8: return write_text8(sink, at, value->data, value->size, shape == EK_SHAPE_UTF8);
    case EK_SHAPE_CHAR8: return write_text8(sink, at, value->data, ek_value_bits(value) ? value->size : 0, false);
    default: return ek_write_scalar(at, shape, value, '"');
    }
}

/* Every value and every container ends with a comma, which the end of its container takes back. */
static inline uint8_t *write_end(uint8_t *at, char bracket) {
    at -= at[-1] == ',';
    *at++ = (uint8_t)bracket;
    *at++ = ',';
    return at;
}

/* Steps with their names and the comma behind each, until `open` containers have ended, or the walk. */
static uint8_t *write_steps(etwkit_sink *sink, uint8_t *at, etwkit_walk *walk, unsigned open) {
    etwkit_step step;
    while (open && ek_walk_next(walk, &step)) {
        const etwkit_field *field = step.field;
        if (!(at = ek_sink_room(sink, at, field->json_key_size + EK_VALUE_ROOM)))
            return NULL;
        ek_sink_bound(sink, at, walk);
        switch (step.kind) {
        case ETWKIT_STEP_VALUE:
            if (!ek_walk_in_array(walk))
                at = ek_copy(at, field->json_key, field->json_key_size);
            if (!(at = write_value(sink, at, &step.value)))
                return NULL;
            *at++ = ',';
            break;
        case ETWKIT_STEP_ARRAY_BEGIN:
            at = ek_copy(at, field->json_key, field->json_key_size);
            *at++ = '[';
            open++;
            break;
        case ETWKIT_STEP_STRUCT_BEGIN:
            if (!ek_walk_struct_in_array(walk))
                at = ek_copy(at, field->json_key, field->json_key_size);
            *at++ = '{';
            open++;
            break;
        case ETWKIT_STEP_ARRAY_END:
            at = write_end(at, ']');
            open--;
            break;
        case ETWKIT_STEP_STRUCT_END:
            at = write_end(at, '}');
            open--;
            break;
        }
    }
    return at;
}

uint8_t *ek_json_properties(etwkit_sink *sink, uint8_t *at, etwkit_walk *walk) {
    *at++ = '{';
    at = write_steps(sink, at, walk, 1); /* the object itself is no step */
    return at ? write_end(at, '}') - 1 : NULL;
}

uint8_t *ek_json_container(etwkit_sink *sink, uint8_t *at, etwkit_walk *walk, const etwkit_step *begin) {
    *at++ = begin->kind == ETWKIT_STEP_ARRAY_BEGIN ? '[' : '{';
    at = write_steps(sink, at, walk, 1);
    return at ? at - 1 : NULL; /* the comma */
}

uint8_t *ek_json_stack(etwkit_sink *sink, uint8_t *at, const etwkit_record *record) {
    ek_items items = {record, 0, 0};
    ek_item item;
    *at++ = '[';
    while (ek_items_next(&items, &item)) {
        size_t width = ek_stack_width(&item);
        if (!width)
            continue;
        size_t frames = (item.size - EK_STACK_MATCH_ID) / width;
        if (!(at = ek_sink_room(sink, at, frames * (EK_INTEGER_ROOM + 3) + EK_VALUE_ROOM)))
            return NULL;
        for (size_t frame = 0; frame < frames; frame++) {
            *at++ = '"';
            at = ek_write_hex(at, ek_load_pointer(item.data + EK_STACK_MATCH_ID + frame * width, (unsigned)width));
            at = EK_PUT(at, "\",");
        }
    }
    return write_end(at, ']') - 1;
}
