/* SPDX-License-Identifier: MIT */
/* Values as text: those of bounded length inline, for any output format; any value through one function. Knows
 * CONTRACT.md's "Values", not the formats that they stand in. */
#ifndef EK_DECODE_TEXT_H
#define EK_DECODE_TEXT_H

#include "base/memory.h"
#include "decode/address.h"
#include "decode/number.h"
#include "decode/shape.h"
#include "decode/time_text.h"
#include "schema/schema.h"

/* The bytes of an integer value, without its sign extended; 0 where no integer has that size. */
static inline uint64_t ek_value_bits(const etwkit_value *value) {
    switch (value->size) {
    case 4: return ek_load32(value->data);
    case 8: return ek_load64(value->data);
    case 2: return ek_load16(value->data);
    case 1: return value->data[0];
    default: return 0;
    }
}

static inline int64_t ek_value_signed(const etwkit_value *value) {
    unsigned above = value->size < 8 ? 64 - value->size * 8 : 0;
    return above < 64 ? (int64_t)(ek_value_bits(value) << above) >> above : 0;
}

/* What ek_write_scalar() needs at most, quotes included. */
#define EK_SCALAR_ROOM (EK_SID_ROOM + 2)

/* The rarer shapes of ek_write_scalar(), without quotes. */
uint8_t *ek_write_rare(uint8_t *at, ek_shape shape, const etwkit_value *value);

/*
 * Writes a value of any (checked) shape but bytes, texts and characters; ASCII that no format need escape. `quote` is
 * written around those that are no numbers, 0 writes none. Returns the end.
 */
static inline uint8_t *ek_write_scalar(uint8_t *at, ek_shape shape, const etwkit_value *value, char quote) {
    switch (shape) {
    case EK_SHAPE_INT: return ek_write_i64(at, ek_value_signed(value));
    case EK_SHAPE_UINT: return ek_write_u64(at, ek_value_bits(value));
    default: break;
    }
    uint8_t mark = ek_shape_is_quoted(shape) ? (uint8_t)quote : 0;
    *at = mark;
    at += mark != 0;
    at = shape == EK_SHAPE_HEX ? ek_write_hex(at, ek_value_bits(value)) : ek_write_rare(at, shape, value);
    *at = mark;
    return at + (mark != 0);
}

/* The map of an integer value that is to be shown by its labels, or NULL. */
static inline const etwkit_map *ek_value_map(const etwkit_value *value, ek_shape shape, bool numeric) {
    return value->field->map && !numeric && ek_shape_is_integer(shape) ? value->field->map : NULL;
}

/*
 * The parts of a mapped value's text, one after another, to be joined by "|". Where there is not even a first one, the
 * number is to be shown.
 */
typedef struct ek_labels {
    const etwkit_map *map;
    uint64_t value;
    uint64_t unknown; /* bits that no label stood for so far */
    uint32_t next;
    uint32_t given;
    bool any;
} ek_labels;

/* A value's labels, and the entries of a bit map that are looked at for them. More than any real map has: what is left
 * over is shown as unknown bits. */
#define EK_MAX_LABELS 64u
#define EK_MAX_BITS 1024u

static inline ek_labels ek_labels_of(const etwkit_map *map, const etwkit_value *value) {
    uint64_t bits = ek_value_bits(value);
    return (ek_labels){map, bits, bits, 0, 0, false};
}
/* The next part: a label, or (*label NULL) the unknown bits, to be shown in hex. false: no more. */
bool ek_labels_next(ek_labels *labels, const char **label);

#endif
