/* SPDX-License-Identifier: MIT */
/* Values: typed views into a record's payload, and the walk that finds them one after another. */
#ifndef ETWKIT_VALUE_H
#define ETWKIT_VALUE_H

#include <etwkit/record.h>
#include <etwkit/schema.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One value as it stands in the payload: a view, valid as long as its record. `data` and `size` are the value's own
 * bytes: of a string its characters without length word or terminator, ended at the first embedded NUL.
 */
typedef struct etwkit_value {
    const etwkit_field *field;
    const uint8_t *data;
    uint32_t size;
    uint16_t in_type;  /* etwkit_in_type; where lengths were counted by other means, the type of the bare bytes */
    uint16_t out_type; /* etwkit_out_type */
} etwkit_value;

/* UTF-8, not NUL-terminated. */
typedef struct etwkit_text {
    const char *utf8;
    size_t length;
} etwkit_text;

/* What a value is once decoded: which getter fits without conversion. */
typedef enum etwkit_value_type {
    ETWKIT_VALUE_NULL,
    ETWKIT_VALUE_INT,   /* etwkit_value_i64 */
    ETWKIT_VALUE_UINT,  /* etwkit_value_u64; also pointers, ports, mapped values */
    ETWKIT_VALUE_FLOAT, /* etwkit_value_f64 */
    ETWKIT_VALUE_BOOL,
    ETWKIT_VALUE_TEXT,
    ETWKIT_VALUE_BYTES,
    ETWKIT_VALUE_GUID,
    ETWKIT_VALUE_TIME,    /* FILETIME or SYSTEMTIME: etwkit_value_time */
    ETWKIT_VALUE_SID,     /* text by etwkit_value_text */
    ETWKIT_VALUE_ADDRESS, /* IPv4, IPv6 or socket address: bytes, or text by etwkit_value_text */
    ETWKIT_VALUE_STRUCT   /* only in the walk */
} etwkit_value_type;

ETWKIT_API etwkit_value_type etwkit_value_get_type(const etwkit_value *value);

/* Getters: ETWKIT_E_TYPE where the value is of another type, ETWKIT_E_RANGE where it does not fit; never a guess. */
ETWKIT_API etwkit_status etwkit_value_i64(const etwkit_value *value, int64_t *result);
ETWKIT_API etwkit_status etwkit_value_u64(const etwkit_value *value, uint64_t *result);
ETWKIT_API etwkit_status etwkit_value_f64(const etwkit_value *value, double *result);
ETWKIT_API etwkit_status etwkit_value_bool(const etwkit_value *value, bool *result);
ETWKIT_API etwkit_status etwkit_value_guid(const etwkit_value *value, etwkit_guid *result);
ETWKIT_API etwkit_status etwkit_value_time(const etwkit_value *value, int64_t *filetime);
/* The label of a mapped value; ETWKIT_ABSENT where there is no map or no entry of a value map fits. */
ETWKIT_API etwkit_status etwkit_value_label(const etwkit_value *value, const char **label);

enum {
    ETWKIT_TEXT_NUMERIC = 1, /* mapped values as numbers */
};

/*
 * Any value as text, as CONTRACT.md's "Values" says. Writes at most `capacity` bytes (no NUL) and the whole length to
 * *length; ETWKIT_E_RANGE when it did not fit (the bytes written are then unspecified).
 */
ETWKIT_API etwkit_status etwkit_value_text(const etwkit_value *value, unsigned options, char *text, size_t capacity,
                                           size_t *length);

typedef enum etwkit_step_kind {
    ETWKIT_STEP_VALUE,
    ETWKIT_STEP_ARRAY_BEGIN, /* then `count` values or structs, then ETWKIT_STEP_ARRAY_END */
    ETWKIT_STEP_ARRAY_END,
    ETWKIT_STEP_STRUCT_BEGIN, /* then its members, then ETWKIT_STEP_STRUCT_END */
    ETWKIT_STEP_STRUCT_END
} etwkit_step_kind;

typedef struct etwkit_step {
    etwkit_step_kind kind;
    uint32_t count; /* ARRAY_BEGIN: elements announced, if the payload holds them; 0: until its end */
    const etwkit_field *field;
    etwkit_value value; /* ETWKIT_STEP_VALUE only */
} etwkit_step;

#define ETWKIT_WALK_DEPTH 16 /* levels of structs; deeper schemas are refused */
#define ETWKIT_WALK_SLOTS 32 /* fields that others refer to for a count or a length; more are refused */

/*
 * A walk over one payload, field by field, each value once. Lives on the caller's stack, needs no release; its members
 * are private. It ends early where the payload does: every open struct and array is closed first.
 */
typedef struct etwkit_walk {
    const etwkit_schema *schema;
    const etwkit_field *fields;
    const uint8_t *start; /* of the payload */
    const uint8_t *cursor;
    const uint8_t *end;
    uint32_t idle; /* steps that may still take no byte: docs/limits.md */
    uint8_t wide;  /* 1 where pointers have 8 bytes */
    uint8_t depth;
    bool truncated;
    bool ended;
    bool hidden;          /* within a field that is not shown */
    uint8_t hidden_depth; /* at which it stands */
    struct {
        uint16_t field;    /* index of the next field at this level; while its array is open, that of the array */
        uint16_t last;     /* index after the last */
        uint32_t elements; /* of the open array, still to come */
        uint32_t start;    /* offset at which this struct begins */
        bool in_array;     /* is the array at `field` open? */
    } level[ETWKIT_WALK_DEPTH + 1];
    uint32_t slots[ETWKIT_WALK_SLOTS];
} etwkit_walk;

ETWKIT_API void etwkit_walk_begin(etwkit_walk *walk, const etwkit_schema *schema, const etwkit_record *record);
/* ETWKIT_OK with the next step, or ETWKIT_END. */
ETWKIT_API etwkit_status etwkit_walk_next(etwkit_walk *walk, etwkit_step *step);
/* After ETWKIT_END: the bytes behind the last field (whole payload where the schema is unknown). */
ETWKIT_API size_t etwkit_walk_rest(const etwkit_walk *walk, const uint8_t **rest);
/* After ETWKIT_END: did the payload end before the last field that is not optional? */
ETWKIT_API bool etwkit_walk_truncated(const etwkit_walk *walk);

/*
 * One top-level, scalar field of one record. ETWKIT_ABSENT where the payload ended before it; ETWKIT_E_TYPE for arrays
 * and structs (use the walk). Fields at a fixed offset are found without a walk.
 */
ETWKIT_API etwkit_status etwkit_record_value(const etwkit_record *record, const etwkit_schema *schema,
                                             const etwkit_field *field, etwkit_value *value);

#ifdef __cplusplus
}
#endif
#endif
