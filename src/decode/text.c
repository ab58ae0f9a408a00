/* SPDX-License-Identifier: MIT */
/* Any value as plain text: CONTRACT.md's "Values". Knows no output format and escapes nothing. */
#include "decode/text.h"

#include "base/utf.h"

static uint8_t *write_float(uint8_t *at, const etwkit_value *value) {
    double wide;
    float narrow;
    if (value->size == sizeof narrow) {
        memcpy(&narrow, value->data, sizeof narrow);
        return ek_write_float(at, narrow);
    }
    memcpy(&wide, value->data, sizeof wide);
    return ek_write_double(at, wide);
}

uint8_t *ek_write_rare(uint8_t *at, ek_shape shape, const etwkit_value *value) {
    switch (shape) {
    case EK_SHAPE_BOOL: return ek_value_bits(value) ? EK_PUT(at, "true") : EK_PUT(at, "false");
    case EK_SHAPE_FLOAT:
    case EK_SHAPE_INFINITE: return write_float(at, value);
    case EK_SHAPE_PORT: return ek_write_u64(at, ek_load16_be(value->data));
    case EK_SHAPE_GUID: return ek_write_guid(at, value->data);
    case EK_SHAPE_FILETIME: return ek_write_time(at, ek_load_i64(value->data));
    case EK_SHAPE_SYSTEMTIME: return ek_write_systemtime(at, value->data);
    case EK_SHAPE_SID: return ek_write_sid(at, value->data);
    case EK_SHAPE_IPV4: return ek_write_ipv4(at, value->data);
    case EK_SHAPE_IPV6: return ek_write_ipv6(at, value->data);
    case EK_SHAPE_SOCKET: return ek_write_socket(at, value->data);
    default: return EK_PUT(at, "null");
    }
}

bool ek_labels_next(ek_labels *labels, const char **label) {
    const etwkit_map *map = labels->map;
    *label = NULL;
    if (!map->is_bitmap) {
        *label = labels->next++ == 0 ? ek_map_label(map, labels->value) : NULL;
        return *label != NULL;
    }
    uint32_t count = map->count < EK_MAX_BITS ? map->count : EK_MAX_BITS;
    while (labels->next < count && labels->given < EK_MAX_LABELS) {
        const ek_map_entry *entry = &map->entries[labels->next++];
        if ((labels->value & entry->value) != entry->value || (entry->value == 0 && labels->value != 0))
            continue;
        labels->unknown &= ~entry->value;
        labels->any = true;
        labels->given++;
        *label = entry->label;
        return true;
    }
    bool last = labels->any && labels->unknown != 0;
    labels->any = false;
    return last;
}

/* Text on its way into the caller's memory; what does not fit is only counted. */
typedef struct out {
    char *text;
    size_t capacity;
    size_t length;
} out;

static void put(out *to, const void *data, size_t size) {
    if (to->length <= to->capacity && size <= to->capacity - to->length && size)
        memcpy(to->text + to->length, data, size);
    to->length += size;
}

static void put_bytes(out *to, const uint8_t *data, size_t size) {
    uint8_t hex[128];
    while (size) {
        size_t some = size < sizeof hex / 2 ? size : sizeof hex / 2;
        put(to, hex, (size_t)(ek_write_bytes(hex, data, some) - hex));
        data += some;
        size -= some;
    }
}

static void put_utf16(out *to, const uint8_t *text, size_t size) {
    uint8_t code[4];
    size &= ~(size_t)1;
    /* Is there room for the worst? (Of no text none is needed, and perhaps there is no memory at all.) */
    if (size && to->length <= to->capacity && size / 2 <= (to->capacity - to->length) / 3) {
        ek_buf direct = {.data = (uint8_t *)to->text, .size = to->length, .capacity = to->capacity};
        ek_utf16_append(&direct, text, size);
        to->length = direct.size;
        return;
    }
    for (const uint8_t *end = text + size; text < end;)
        put(to, code, (size_t)(ek_utf8_put(code, ek_utf16_next(&text, end)) - code));
}

static void put_ansi(out *to, const uint8_t *text, size_t size, bool utf8) {
    uint8_t code[4];
    if (ek_utf8_valid(text, size) == size) {
        put(to, text, size);
        return;
    }
    for (const uint8_t *end = text + size; text < end;)
        put(to, code, (size_t)(ek_utf8_put(code, ek_ansi_next(&text, end, utf8)) - code));
}

/* false: none of its labels fits. */
static bool put_labels(out *to, const etwkit_map *map, const etwkit_value *value) {
    ek_labels labels = ek_labels_of(map, value);
    const char *label;
    bool any = false;
    for (; ek_labels_next(&labels, &label); any = true) {
        uint8_t hex[EK_INTEGER_ROOM];
        if (any)
            put(to, "|", 1);
        if (label)
            put(to, label, strlen(label));
        else
            put(to, hex, (size_t)(ek_write_hex(hex, labels.unknown) - hex));
    }
    return any;
}

static void put_value(out *to, const etwkit_value *value, unsigned options) {
    uint8_t scalar[EK_SCALAR_ROOM];
    ek_shape shape = ek_shape_of(value);
    const etwkit_map *map = value->field ? ek_value_map(value, shape, (options & ETWKIT_TEXT_NUMERIC) != 0) : NULL;
    if (map && put_labels(to, map, value))
        return;
    bool is_nul = (shape == EK_SHAPE_CHAR16 || shape == EK_SHAPE_CHAR8) && ek_value_bits(value) == 0;
    switch (shape) {
    case EK_SHAPE_BYTES: put_bytes(to, value->data, value->size); break;
    case EK_SHAPE_CHAR16:
    case EK_SHAPE_TEXT16: put_utf16(to, value->data, is_nul ? 0 : value->size); break;
    case EK_SHAPE_CHAR8:
    case EK_SHAPE_TEXT8:
    case EK_SHAPE_UTF8: put_ansi(to, value->data, is_nul ? 0 : value->size, shape == EK_SHAPE_UTF8); break;
    default: put(to, scalar, (size_t)(ek_write_scalar(scalar, shape, value, 0) - scalar)); break;
    }
}

etwkit_status etwkit_value_text(const etwkit_value *value, unsigned options, char *text, size_t capacity,
                                size_t *length) {
    out to = {.capacity = capacity};
    to.text = text;
    put_value(&to, value, options);
    *length = to.length;
    return to.length <= capacity ? ETWKIT_OK : ETWKIT_E_RANGE;
}
