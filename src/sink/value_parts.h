/* SPDX-License-Identifier: MIT */
/* The parts of values that need more room than a scalar, for any format: texts, bytes, labels, with the escaping that
 * the format wants. Knows no keys and no columns. */
#ifndef EK_SINK_VALUE_PARTS_H
#define EK_SINK_VALUE_PARTS_H

#include "base/escape.h"
#include "decode/text.h"
#include "sink/sink.h"

/* What every value may need beyond its own size, and what comes between values. Each function here leaves that much. */
#define EK_VALUE_ROOM (EK_SCALAR_ROOM + 16)

/* Text as UTF-8, between quotation marks. */
static inline uint8_t *ek_put_text8(etwkit_sink *sink, uint8_t *at, const uint8_t *text, size_t size, bool utf8,
                                    ek_escape how) {
    if (!(at = ek_sink_room(sink, at, EK_ESCAPE_ROOM(size) + EK_VALUE_ROOM)))
        return NULL;
    *at++ = '"';
    at = ek_escape_ansi(at, text, size, utf8, how);
    *at++ = '"';
    return at;
}

static inline uint8_t *ek_put_text16(etwkit_sink *sink, uint8_t *at, const uint8_t *text, size_t size, ek_escape how) {
    if (!(at = ek_sink_room(sink, at, EK_ESCAPE_ROOM(size / 2) + EK_VALUE_ROOM)))
        return NULL;
    *at++ = '"';
    at = ek_escape_utf16(at, text, size, how);
    *at++ = '"';
    return at;
}

/* Bytes as upper-case hex. */
static inline uint8_t *ek_put_bytes(etwkit_sink *sink, uint8_t *at, const uint8_t *data, size_t size) {
    at = ek_sink_room(sink, at, size * 2 + EK_VALUE_ROOM);
    return at ? ek_write_bytes(at, data, size) : NULL;
}

/* label|label|0x10 without quotation marks; *any false: none fits, and nothing was written. */
static inline uint8_t *ek_put_labels(etwkit_sink *sink, uint8_t *at, const etwkit_map *map, const etwkit_value *value,
                                     ek_escape how, bool *any) {
    ek_labels labels = ek_labels_of(map, value);
    const char *label;
    *any = false;
    while (ek_labels_next(&labels, &label)) {
        size_t size = label ? strlen(label) : 0;
        if (!(at = ek_sink_room(sink, at, EK_ESCAPE_ROOM(size) + EK_VALUE_ROOM)))
            return NULL;
        if (*any)
            *at++ = '|';
        at = label ? ek_escape_ansi(at, (const uint8_t *)label, size, true, how) : ek_write_hex(at, labels.unknown);
        *any = true;
    }
    return at;
}

#endif
