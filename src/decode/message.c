/* SPDX-License-Identifier: MIT */
/* The front of all messages, and values as they stand in them. Knows no template. */
#include "decode/message.h"

#include "base/utf.h"
#include "decode/text.h"
#include "decode/walk.h"

bool ek_message_append(ek_buf *out, const etwkit_schema *schema, const etwkit_record *record) {
    size_t begin = out->size;
    if (!ek_schema_has_message(schema))
        return false;
    if (schema->is.tmf)
        ek_wpp_message(out, schema, record);
    else
        ek_template_message(out, schema, record);
    if (out->size - begin > EK_MESSAGE_MOST) {
        out->size = begin + EK_MESSAGE_MOST;
        while (out->size > begin && (out->data[out->size] & 0xC0) == 0x80) /* whole characters */
            out->size--;
    }
    return true;
}

/* "label|label|0x10"; false: none fits, and nothing was written. */
static bool append_labels(ek_buf *out, const etwkit_map *map, const etwkit_value *value) {
    ek_labels labels = ek_labels_of(map, value);
    const char *label;
    bool any = false;
    for (; ek_labels_next(&labels, &label); any = true) {
        uint8_t hex[EK_INTEGER_ROOM];
        if (any)
            ek_buf_byte(out, '|');
        if (label)
            ek_buf_text(out, label);
        else
            ek_buf_append(out, hex, (size_t)(ek_write_hex(hex, labels.unknown) - hex));
    }
    return any;
}

static void append_bytes(ek_buf *out, const etwkit_value *value) {
    uint8_t *at = ek_buf_reserve(out, (size_t)value->size * 2);
    if (at)
        out->size += (size_t)(ek_write_bytes(at, value->data, value->size) - at);
}

void ek_message_value(ek_buf *out, const etwkit_value *value) {
    ek_shape shape = ek_shape_of(value);
    const etwkit_map *map = ek_value_map(value, shape, false);
    uint32_t size = (shape == EK_SHAPE_CHAR16 || shape == EK_SHAPE_CHAR8) && !ek_value_bits(value) ? 0 : value->size;
    uint8_t *at;
    if (map && append_labels(out, map, value))
        return;
    switch (shape) {
    case EK_SHAPE_NULL: break;
    case EK_SHAPE_BYTES: append_bytes(out, value); break;
    case EK_SHAPE_TEXT16:
    case EK_SHAPE_CHAR16: ek_utf16_append(out, value->data, size); break;
    case EK_SHAPE_TEXT8:
    case EK_SHAPE_UTF8:
    case EK_SHAPE_CHAR8: ek_ansi_append(out, value->data, size, shape == EK_SHAPE_UTF8); break;
    default:
        if ((at = ek_buf_reserve(out, EK_SCALAR_ROOM)))
            out->size += (size_t)(ek_write_scalar(at, shape, value, 0) - at);
        break;
    }
}

void ek_message_values(const etwkit_schema *schema, const etwkit_record *record, etwkit_value *values, size_t count) {
    etwkit_walk walk;
    etwkit_step step;
    memset(values, 0, count * sizeof *values);
    etwkit_walk_begin(&walk, schema, record);
    walk.ended = true; /* whoever shows the fields counts the event */
    while (ek_walk_next(&walk, &step)) {
        if (step.kind != ETWKIT_STEP_VALUE || walk.depth || ek_walk_in_array(&walk))
            continue;
        size_t index = (size_t)(step.field - schema->is.layout->fields);
        if (index < count)
            values[index] = step.value;
    }
}
