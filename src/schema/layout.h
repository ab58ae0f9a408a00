/* SPDX-License-Identifier: MIT */
/* A layout: the fields of one payload, compiled to be read fast. Knows types, not where they came from. */
#ifndef EK_SCHEMA_LAYOUT_H
#define EK_SCHEMA_LAYOUT_H

#include "base/memory.h"

#include <etwkit/schema.h>
#include <etwkit/value.h>

typedef struct ek_layout ek_layout;

/* Property flags as TRACE_EVENT_INFO has them (docs/format/schemas.md), and ours above. */
enum {
    EK_FIELD_STRUCT = 0x01,
    EK_FIELD_PARAM_LENGTH = 0x02, /* `length` is the index of the field that holds it */
    EK_FIELD_PARAM_COUNT = 0x04,  /* `count` is the index of the field that holds it */
    EK_FIELD_FIXED_LENGTH = 0x10,
    EK_FIELD_FIXED_COUNT = 0x20,
    EK_FIELD_COUNT_U16 = 0x100,  /* the payload has a u16 element count in front (TraceLogging's counted arrays) */
    EK_FIELD_COUNT_REST = 0x200, /* elements until the end of the payload (StackWalk) */
    EK_FIELD_OPTIONAL = 0x400,   /* its absence at the end of the payload is no truncation */
    EK_FIELD_HIDDEN = 0x800,     /* padding: read, never shown */
    EK_FIELD_ALIGN8 = 0x1000,    /* hidden: pads to a multiple of 8 of the payload, only where pointers have 8 bytes */
    EK_FIELD_WIDE_ONLY = 0x2000  /* bytes of fixed length that are there only where pointers have 8 bytes */
};

#define EK_NO_SLOT 0xFF

/* How one element is read; found when the layout is finished. */
typedef enum ek_read {
    EK_READ_FIXED, /* fixed_size[] bytes */
    EK_READ_UTF16, /* to its NUL, or to the end */
    EK_READ_ANSI,
    EK_READ_LENGTH,     /* as many bytes (or UTF-16 units) as `length` or, with EK_FIELD_PARAM_LENGTH, a field says */
    EK_READ_COUNTED,    /* u16 byte length in front */
    EK_READ_COUNTED_BE, /* the same, big-endian */
    EK_READ_COUNTED32,  /* u32 byte length in front */
    EK_READ_REST,       /* everything left */
    EK_READ_SID,
    EK_READ_WBEM_SID,
    EK_READ_STRUCT,
    EK_READ_ALIGN8,
    EK_READ_NOTHING
} ek_read;

struct etwkit_field {
    const char *name;        /* unique within its level */
    const char *json_key;    /* "\"name\":", escaped, ready to write */
    const etwkit_map *map;   /* NULL: none */
    const ek_layout *layout; /* to which it belongs */
    uint32_t tags;
    uint32_t flags;   /* EK_FIELD_* */
    uint16_t in_type; /* etwkit_in_type, TDH numbers whatever the source */
    uint16_t out_type;
    uint16_t value_type;   /* in-type of its values: where lengths are counted by other means, that of the bare bytes */
    uint16_t count;        /* elements, or index of the field that holds their number */
    uint16_t length;       /* bytes (UTF-16: units), or index of the field that holds it; 0: not given */
    uint16_t first_member; /* of a struct: index of its first member in the layout */
    uint16_t member_count; /* its direct members; those of nested structs stand elsewhere */
    uint16_t name_size;
    uint16_t json_key_size;
    uint16_t fixed_size[2];  /* of one element, by pointer size (0: 4 bytes, 1: 8 bytes); 0 where it varies */
    int32_t fixed_offset[2]; /* from the payload's start, where all before it is fixed; else -1 */
    uint8_t read;            /* ek_read */
    uint8_t shape;           /* ek_shape that its values' types ask for */
    uint8_t slot;            /* where its value is kept because others refer to it, or EK_NO_SLOT */
    bool is_array;
    bool is_text;  /* an array of characters that is one string */
    bool is_plain; /* one value of a fixed size that is shown and that no other field refers to */
};

struct ek_layout {
    etwkit_field *fields; /* top-level ones first, then the members of structs, by struct */
    uint16_t field_count; /* all */
    uint16_t top_count;
    uint8_t slot_count;
    int32_t fixed_total[2]; /* the whole payload's size where every field is fixed, else -1 */
};

typedef struct ek_map_entry {
    uint64_t value;
    const char *label;
} ek_map_entry;

struct etwkit_map {
    const char *name;
    const ek_map_entry *entries; /* in source order */
    const uint32_t *by_value;    /* of value maps: indexes of entries by value, the first of equal ones first */
    uint32_t count;
    bool is_bitmap;
};

/*
 * Building: describe every field, then finish. Strings are copied into the arena. Indexes in `count`, `length` and
 * `first_member` are those of the descriptions. A wrong description is refused as a whole with ETWKIT_E_DAMAGED: struct
 * members out of range or shared or nested deeper than ETWKIT_WALK_DEPTH, references to fields that come later or are
 * no integers, more than ETWKIT_WALK_SLOTS referred-to fields, more than EK_MAX_FIELDS fields.
 */
#define EK_MAX_FIELDS 4096

typedef struct ek_field_spec {
    const char *name; /* UTF-8 */
    size_t name_length;
    const etwkit_map *map;
    uint32_t flags;
    uint32_t tags;
    uint16_t in_type;
    uint16_t out_type;
    uint16_t count; /* 0 and 1 both mean a scalar, unless EK_FIELD_FIXED_COUNT */
    uint16_t length;
    uint16_t first_member;
    uint16_t member_count;
} ek_field_spec;

/* On success *layout lives in the arena. ETWKIT_E_NO_MEMORY or ETWKIT_E_DAMAGED (with a message) otherwise. */
etwkit_status ek_layout_build(const ek_layout **layout, ek_arena *arena, const ek_field_spec *specs, size_t count,
                              size_t top_count, etwkit_error *error);

/* Copies labels and builds the index; labels lose trailing blanks, CR and LF. NULL: memory ran out. */
const etwkit_map *ek_map_build(ek_arena *arena, const char *name, bool is_bitmap, const ek_map_entry *entries,
                               size_t count);
/* The label of a value of a value map, or NULL. */
const char *ek_map_label(const etwkit_map *map, uint64_t value);

#endif
