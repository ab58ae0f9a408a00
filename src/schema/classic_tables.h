/* SPDX-License-Identifier: MIT */
/* The shape of the tables that tools/classic_tables.py makes of data/classic/. Knows no event. */
#ifndef EK_SCHEMA_CLASSIC_TABLES_H
#define EK_SCHEMA_CLASSIC_TABLES_H

#include <etwkit/guid.h>

#define EK_CLASSIC_MAX_FIELDS 64 /* of one layout, members of structs included; the generator checks it */
#define EK_CLASSIC_MAX_LABELS 64 /* of one map */
#define EK_CLASSIC_NO_FIELD 0xFF

/* Texts are offsets in ek_classic_texts; all else that is not a number of its own is an index into another table. */
typedef struct ek_classic_class {
    etwkit_guid id;
    uint16_t name;
    uint16_t provider;
    uint16_t first_event;
    uint16_t event_count;
} ek_classic_class;

typedef struct ek_classic_event {
    uint8_t opcode;
    uint8_t version;
    uint16_t variant; /* of an ek_classic_form: the payload's first u16; else 0 */
    uint16_t name;    /* of the opcode; "" where it says nothing */
    uint16_t layout;
    uint8_t process_field; /* field of the layout, or EK_CLASSIC_NO_FIELD */
    uint8_t thread_field;
} ek_classic_event;

typedef struct ek_classic_layout {
    uint16_t first_field;
    uint8_t field_count; /* all: top-level ones first, then the members of structs */
    uint8_t top_count;
} ek_classic_layout;

/* As ek_field_spec; `map` is the index plus 1. */
typedef struct ek_classic_field {
    uint16_t name;
    uint16_t in_type;
    uint16_t out_type;
    uint16_t flags;
    uint16_t count;
    uint16_t length;
    uint8_t map;
    uint8_t first_member;
    uint8_t member_count;
} ek_classic_field;

typedef struct ek_classic_map {
    uint16_t name;
    uint16_t first_label;
    uint8_t label_count;
    bool is_bitmap;
} ek_classic_map;

typedef struct ek_classic_label {
    uint32_t value;
    uint16_t text;
} ek_classic_label;

/* A type of event whose payload chooses between layouts, by its first u16. */
typedef struct ek_classic_form {
    uint16_t class_index;
    uint8_t opcode;
} ek_classic_form;

extern const char ek_classic_texts[];
extern const ek_classic_class ek_classic_classes[]; /* sorted by the bytes of their GUIDs */
extern const ek_classic_event ek_classic_events[];  /* of a class: sorted by opcode, version, variant */
extern const ek_classic_layout ek_classic_layouts[];
extern const ek_classic_field ek_classic_fields[];
extern const ek_classic_map ek_classic_maps[];
extern const ek_classic_label ek_classic_labels[];
extern const ek_classic_form ek_classic_forms[];
extern const uint16_t ek_classic_class_count;
extern const uint16_t ek_classic_event_count;
extern const uint16_t ek_classic_form_count;

#endif
