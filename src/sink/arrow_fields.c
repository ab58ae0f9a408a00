/* SPDX-License-Identifier: MIT */
/* Fills the typed columns of a selection: a walk over each payload, each value into its column. Knows no headers. */
#include "base/escape.h"
#include "base/utf.h"
#include "decode/text.h"
#include "decode/walk.h"
#include "sink/arrow_inside.h"

/* The value that the column holds of an integer of another size. */
static bool fill_converted(ek_arrow_column *column, const etwkit_value *value) {
    int64_t number;
    uint64_t bits;
    bool truth;
    if (etwkit_value_u64(value, &bits) != ETWKIT_OK) {
        if (etwkit_value_i64(value, &number) == ETWKIT_OK)
            bits = (uint64_t)number;
        else if (etwkit_value_bool(value, &truth) == ETWKIT_OK)
            bits = truth;
        else
            return false;
    }
    ek_arrow_column_fixed(column, &bits, column->width);
    return true;
}

static inline bool fill_integer(ek_arrow_column *column, const etwkit_value *value) {
    if (value->size != column->width || !ek_shape_is_integer(ek_shape_asked(value)))
        return fill_converted(column, value);
    ek_arrow_column_fixed(column, value->data, value->size);
    return true;
}

static bool fill_float(ek_arrow_column *column, const etwkit_value *value) {
    double number;
    int64_t integer;
    if (etwkit_value_f64(value, &number) != ETWKIT_OK) {
        if (etwkit_value_i64(value, &integer) != ETWKIT_OK)
            return false;
        number = (double)integer; /* of 32 bits: exact */
    }
    float narrow = (float)number;
    if (column->width == sizeof narrow)
        ek_arrow_column_fixed(column, &narrow, sizeof narrow);
    else
        ek_arrow_column_fixed(column, &number, sizeof number);
    return true;
}

/* Any value as text, behind what the buffer holds. */
static bool append_text(ek_buf *to, const etwkit_value *value) {
    size_t room = 64 + (size_t)value->size * 3, length = 0;
    uint8_t *at = ek_buf_reserve(to, room);
    etwkit_status status = at ? etwkit_value_text(value, 0, (char *)at, room, &length) : ETWKIT_OK;
    if (status == ETWKIT_E_RANGE && (at = ek_buf_reserve(to, length)))
        status = etwkit_value_text(value, 0, (char *)at, length, &length);
    if (at && status == ETWKIT_OK)
        to->size += length;
    return status == ETWKIT_OK;
}

static bool fill_text(ek_arrow_column *column, const etwkit_value *value) {
    ek_buf *to = &column->values;
    switch (ek_shape_of(value)) {
    case EK_SHAPE_TEXT16: ek_utf16_append(to, value->data, value->size); break;
    case EK_SHAPE_TEXT8: ek_ansi_append(to, value->data, value->size, false); break;
    case EK_SHAPE_UTF8: ek_ansi_append(to, value->data, value->size, true); break;
    case EK_SHAPE_NULL: return true;
    default:
        if (!append_text(to, value))
            return false;
    }
    ek_arrow_column_end(column, to->size);
    return true;
}

static bool fill_label(ek_arrow_filler *filler, ek_arrow_column *column, const etwkit_value *value) {
    uint64_t bits = ek_value_bits(value), shape = (uint64_t)ek_shape_asked(value) << 32 | value->size;
    uint64_t mixed = (bits ^ (uintptr_t)value->field->map >> 4) * 0x9E3779B97F4A7C15u;
    if (!column->labels &&
        !(column->labels = ek_new(&column->values.allocator, EK_ARROW_LABEL_CACHE * sizeof *column->labels))) {
        column->values.failed = true;
        return true;
    }
    ek_arrow_label *cached = &column->labels[mixed >> 56];
    if (!cached->shape || cached->bits != bits || cached->map != value->field->map || cached->shape != shape) {
        ek_buf *text = &filler->scratch;
        text->size = 0;
        bool good = append_text(text, value);
        size_t before = column->texts.bytes.size;
        int32_t number =
            good && !text->failed ? ek_arrow_texts_number(&column->texts, (const char *)text->data, text->size) : -1;
        column->values.failed |= text->failed;
        text->failed = false;
        if (number < 0)
            return good; /* memory ran out, which is known by now */
        filler->bytes += column->texts.bytes.size - before;
        *cached = (ek_arrow_label){value->field->map, bits, shape, number};
    }
    ek_arrow_column_fixed(column, &cached->number, sizeof cached->number);
    return true;
}

static bool fill_guid(ek_arrow_column *column, const etwkit_value *value) {
    uint8_t id[16];
    if (ek_shape_of(value) != EK_SHAPE_GUID)
        return false;
    ek_arrow_swap_guid(id, value->data);
    ek_arrow_column_fixed(column, id, sizeof id);
    return true;
}

static bool fill_time(ek_arrow_filler *filler, ek_arrow_column *column, const etwkit_value *value) {
    int64_t filetime;
    if (etwkit_value_time(value, &filetime) == ETWKIT_OK)
        (void)ek_arrow_time(filler, column, filetime); /* which counts, if it is none */
    else if (etwkit_value_get_type(value) == ETWKIT_VALUE_BYTES)
        return false;
    else
        filler->times_null++;
    return true;
}

static bool fill_bool(ek_arrow_column *column, const etwkit_value *value) {
    bool truth;
    if (etwkit_value_bool(value, &truth) != ETWKIT_OK)
        return false;
    ek_arrow_column_bool(column, truth);
    return true;
}

/* false: the value's bytes do not hold what its type says. The row then stays out, and becomes null. */
static bool fill_value(ek_arrow_filler *filler, ek_arrow_column *column, const etwkit_value *value) {
    switch (column->type) {
    case EK_ARROW_INT8:
    case EK_ARROW_INT16:
    case EK_ARROW_INT32:
    case EK_ARROW_INT64:
    case EK_ARROW_UINT8:
    case EK_ARROW_UINT16:
    case EK_ARROW_UINT32:
    case EK_ARROW_UINT64: return fill_integer(column, value);
    case EK_ARROW_BOOL: return fill_bool(column, value);
    case EK_ARROW_FLOAT:
    case EK_ARROW_DOUBLE: return fill_float(column, value);
    case EK_ARROW_TIME: return fill_time(filler, column, value);
    case EK_ARROW_UUID: return fill_guid(column, value);
    case EK_ARROW_TEXT: return fill_text(column, value);
    case EK_ARROW_LABELS: return fill_label(filler, column, value);
    case EK_ARROW_BINARY: ek_arrow_column_bytes(column, value->data, value->size); return true;
    default: return true; /* null has no values */
    }
}

static void take_value(ek_arrow_filler *filler, ek_arrow_column *column, const etwkit_value *value, size_t row) {
    if (!ek_arrow_column_at(column, row))
        return;
    filler->bytes += value->size;
    filler->values_null += !fill_value(filler, column, value);
    if (column->length == row)
        ek_arrow_column_pad(column, row + 1);
}

size_t ek_arrow_row_size(const ek_arrow_column *column) {
    size_t size = column->width + (column->has_offsets ? 4u : 0u) + 1;
    if (column->type == EK_ARROW_STRUCT)
        for (const ek_arrow_column *child = column->first; child; child = child->next)
            size += ek_arrow_row_size(child);
    return size;
}

/* Ends a walk whose elements would take more than any event may. */
static void bound(const ek_arrow_filler *filler, size_t before, etwkit_walk *walk) {
    if (filler->bytes - before > EK_EVENT_OUTPUT + (size_t)(walk->end - walk->start) * EK_OUTPUT_PER_BYTE)
        walk->truncated = true;
}

void ek_arrow_fill_fields(ek_arrow_filler *filler, const ek_arrow_event *event, size_t row) {
    size_t rows[ETWKIT_WALK_DEPTH + 1] = {row}; /* of the structs that are open */
    size_t before = filler->bytes;
    etwkit_walk walk;
    etwkit_step step;
    etwkit_walk_begin(&walk, event->kind->schema, event->record);
    while (ek_walk_next(&walk, &step)) {
        ek_arrow_column *column = event->kind->columns[step.field - walk.fields];
        if (!column)
            continue;
        switch (step.kind) {
        case ETWKIT_STEP_VALUE:
            if (ek_walk_in_array(&walk))
                take_value(filler, column->first, &step.value, column->first->length);
            else
                take_value(filler, column, &step.value, rows[walk.depth]);
            break;
        case ETWKIT_STEP_ARRAY_BEGIN: (void)ek_arrow_column_at(column, rows[walk.depth]); break;
        case ETWKIT_STEP_ARRAY_END:
            if (column->length == rows[walk.depth])
                ek_arrow_column_end(column, column->first->length);
            break;
        case ETWKIT_STEP_STRUCT_BEGIN:
            if (ek_walk_struct_in_array(&walk)) {
                rows[walk.depth] = column->first->length++;
                filler->bytes += ek_arrow_row_size(column->first);
                bound(filler, before, &walk);
            } else if (ek_arrow_column_at(column, rows[walk.depth - 1]))
                rows[walk.depth] = column->length++;
            break;
        case ETWKIT_STEP_STRUCT_END: break;
        }
    }
}
