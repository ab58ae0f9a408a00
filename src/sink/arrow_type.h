/* SPDX-License-Identifier: MIT */
/* The columns of Arrow streams as a tree of nodes: names and types. Knows fields, not records and not values. */
#ifndef EK_SINK_ARROW_TYPE_H
#define EK_SINK_ARROW_TYPE_H

#include "base/hash.h"
#include "schema/schema.h"

#include <etwkit/arrow.h>

/* Order counts: integers in one row, unsigned behind signed, each of twice the size of the one before. */
typedef enum ek_arrow_type {
    EK_ARROW_NULL,
    EK_ARROW_BOOL,
    EK_ARROW_INT8,
    EK_ARROW_INT16,
    EK_ARROW_INT32,
    EK_ARROW_INT64,
    EK_ARROW_UINT8,
    EK_ARROW_UINT16,
    EK_ARROW_UINT32,
    EK_ARROW_UINT64,
    EK_ARROW_FLOAT,
    EK_ARROW_DOUBLE,
    EK_ARROW_TIME, /* nanoseconds since 1970, UTC */
    EK_ARROW_UUID, /* 16 bytes, big-endian */
    EK_ARROW_TEXT,
    EK_ARROW_LABELS, /* text, by numbers into a dictionary of it */
    EK_ARROW_JSON,
    EK_ARROW_BINARY,
    EK_ARROW_LIST,
    EK_ARROW_STRUCT,
    EK_ARROW_TYPES
} ek_arrow_type;

/* What Arrow calls a type, and what it looks like in memory. */
typedef struct ek_arrow_form {
    const char *name;
    const char *format;
    const char *extension; /* NULL: none */
    uint8_t width;         /* bytes of a value of fixed size, else 0 */
    bool has_offsets;
} ek_arrow_form;

extern const ek_arrow_form ek_arrow_forms[EK_ARROW_TYPES];

/* Header columns, in CONTRACT.md's order. */
typedef enum ek_arrow_header {
    EK_HEADER_NONE, /* a column of a field */
    EK_HEADER_TIMESTAMP,
    EK_HEADER_PROVIDER_NAME,
    EK_HEADER_PROVIDER_ID,
    EK_HEADER_EVENT_NAME,
    EK_HEADER_EVENT_ID,
    EK_HEADER_VERSION,
    EK_HEADER_LEVEL,
    EK_HEADER_OPCODE,
    EK_HEADER_TASK,
    EK_HEADER_CHANNEL,
    EK_HEADER_KEYWORDS,
    EK_HEADER_PROCESS_ID,
    EK_HEADER_THREAD_ID,
    EK_HEADER_PROCESSOR,
    EK_HEADER_ACTIVITY_ID,
    EK_HEADER_RELATED_ACTIVITY_ID,
    EK_HEADER_PAYLOAD_PROCESS_ID,
    EK_HEADER_PAYLOAD_THREAD_ID,
    EK_HEADER_STACK,
    EK_HEADER_USER_SID,
    EK_HEADER_SESSION_ID,
    EK_HEADER_MESSAGE,
    EK_HEADER_PROPERTIES,
    EK_HEADER_PAYLOAD,
    EK_HEADER_REST,
    EK_HEADER_TRUNCATED,
    EK_HEADER_COUNT
} ek_arrow_header;

/* A column, or a part of one: the elements of a list are its one child, the members of a struct its children. */
typedef struct ek_arrow_node {
    const char *name;   /* as the stream shows it, unique among its siblings */
    const char *field;  /* of the field that it is of; NULL: header columns, elements */
    const char *origin; /* the event that the type comes from, for sentences */
    ek_arrow_type type;
    uint8_t header; /* ek_arrow_header */
    uint8_t version;
    bool required;  /* never null */
    uint32_t index; /* among all nodes */
    uint32_t child_count;
    struct ek_arrow_node *parent, *first, *last, *next;
} ek_arrow_node;

/* All columns: the children of a root that is a struct. */
typedef struct ek_arrow_plan {
    ek_arena arena;
    ek_table by_field; /* nodes by parent and field */
    ek_arrow_node *root;
    uint32_t node_count;
    bool numeric;
} ek_arrow_plan;

#define EK_ARROW_NODES 8192u /* of one stream: columns, elements, members */

/* false: memory ran out. Either way ek_arrow_plan_free() is due. */
bool ek_arrow_plan_init(ek_arrow_plan *plan, const etwkit_allocator *allocator, bool numeric);
void ek_arrow_plan_free(ek_arrow_plan *plan);

/* A new last child. `name` is copied, and changed where a sibling has it already. NULL: memory ran out. */
ek_arrow_node *ek_arrow_add(ek_arrow_plan *plan, ek_arrow_node *parent, const char *name, ek_arrow_type type);
/* The header column of that name; false: memory ran out, or (*known false) there is none. */
bool ek_arrow_add_header(ek_arrow_plan *plan, const char *name, bool *known);
/* The name of a header column; NULL behind the last. */
const char *ek_arrow_header_name(unsigned header);

/* Adds what the fields of a schema need to the columns. ETWKIT_E_TYPE, ETWKIT_E_LIMIT, ETWKIT_E_NO_MEMORY. */
etwkit_status ek_arrow_plan_schema(ek_arrow_plan *plan, const etwkit_schema *schema, etwkit_error *error);
/* The column of a field below a node, NULL where there is none that holds its values. */
const ek_arrow_node *ek_arrow_node_of(const ek_arrow_plan *plan, const ek_arrow_node *parent,
                                      const etwkit_field *field);

/* The type that a field's values, or the elements of an array, ask for. */
ek_arrow_type ek_arrow_type_of(const etwkit_field *field, bool numeric);
/* Is it shown at all, and as a list? */
static inline bool ek_arrow_shows(const etwkit_field *field) {
    return !(field->flags & EK_FIELD_HIDDEN) && field->read != EK_READ_ALIGN8;
}
static inline bool ek_arrow_is_list(const etwkit_field *field) {
    return field->is_array && !field->is_text;
}
/* The type that holds the values of both, at worst text; false: there is none, one is a list or a struct. */
bool ek_arrow_widen(ek_arrow_type a, ek_arrow_type b, ek_arrow_type *both);

#endif
