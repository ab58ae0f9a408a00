/* SPDX-License-Identifier: MIT */
/* Trace message formats: the text files (.tmf) that say what WPP messages hold and how they read. Knows their lines and
 * their types of parameters (docs/format/wpp.md), no payload and no output. */
#ifndef EK_SCHEMA_TMF_H
#define EK_SCHEMA_TMF_H

#include "base/hash.h"
#include "schema/schema.h"

#define EK_TMF_PARAMETERS 128 /* of one message */

/* How a message shows a parameter that its format wants as text (!s!). */
typedef enum ek_tmf_kind {
    EK_TMF_PLAIN, /* as CONTRACT.md's "Values" has it */
    EK_TMF_NTSTATUS,
    EK_TMF_WIN32,
    EK_TMF_HRESULT,
    EK_TMF_TIME_DELTA,
    EK_TMF_WAIT_TIME,
    EK_TMF_HEX_DUMP,
    EK_TMF_MAC,
    EK_TMF_SET,  /* bits by position */
    EK_TMF_FLAGS /* bits by value */
} ek_tmf_kind;

typedef struct ek_tmf_parameter {
    const char *type;  /* "ItemListByte(Low,APC,DPC)"; "": the line could not be understood */
    uint16_t number;   /* by which the format names it: %10 is 10 */
    uint8_t kind;      /* ek_tmf_kind */
    uint8_t is_listed; /* its map stands in the type itself */
} ek_tmf_parameter;

/* One message. Texts are UTF-8, "" where the file does not say. */
struct ek_tmf_message {
    etwkit_guid id;
    uint16_t number;
    uint16_t parameter_count;
    uint32_t file;        /* in which it stands, from 0: enumerations hold for one file */
    const char *provider; /* behind the GUID: module or component */
    const char *source;   /* SRC= */
    const char *symbol;   /* "Queue_c174": file and line */
    const char *format;
    const char *comment; /* " LEVEL=... FLAGS=... FUNC=..." as it stands */
    const ek_tmf_parameter *parameters;
    const ek_tmf_message *older; /* the one that was read before it, or NULL */
};

/* All messages of the files that were read. */
typedef struct ek_tmf {
    ek_arena arena;
    ek_table messages;
    ek_table enums;
    const ek_tmf_message *newest;
    uint32_t file_count;
} ek_tmf;

void ek_tmf_init(ek_tmf *tmf, const etwkit_allocator *allocator);
void ek_tmf_free(ek_tmf *tmf);

/* Does text begin as a TMF file does? `size` may be that of the first 64 bytes or more. */
bool ek_tmf_is(const void *data, size_t size);
/*
 * Adds a file's messages; of two with one GUID and number the first counts. *fault (status ETWKIT_OK where there is
 * none) is the first line that was not understood. ETWKIT_E_NO_MEMORY; ETWKIT_E_LIMIT: there is too much, what was
 * read stays.
 */
etwkit_status ek_tmf_read(ek_tmf *tmf, const char *path, const void *data, size_t size, etwkit_error *fault,
                          etwkit_error *error);

/* NULL: not known. */
const ek_tmf_message *ek_tmf_find(const ek_tmf *tmf, const etwkit_guid *id, uint16_t number);
/* ETWKIT_ABSENT: no file knows the message. Its fields are Arg1, Arg2, ... */
etwkit_status ek_tmf_describe(const ek_tmf *tmf, const etwkit_record *record, ek_arena *arena,
                              ek_description *description, etwkit_error *error);

/* The value of KEY=... in a message's comment, which ends in front of the next key; NULL: it is not there. */
const char *ek_tmf_attribute(const ek_tmf_message *message, const char *key, size_t key_length, size_t *length);
/* The line in a message's symbol: its last digits. NULL: there are none. */
const char *ek_tmf_line(const ek_tmf_message *message);

/* Inside: the labels of an enumeration that a file defines (NULL: it does not), and a parameter's field. */
typedef struct ek_tmf_enum {
    const char *name;
    const etwkit_map *values;
    const etwkit_map *bits; /* the same labels, of a parameter that joins them */
    uint32_t file;
} ek_tmf_enum;

const ek_tmf_enum *ek_tmf_find_enum(const ek_tmf *tmf, uint32_t file, const char *name, size_t length);
/* What a type says alone. */
void ek_tmf_kind_of(ek_tmf_parameter *parameter);
/* Everything but the name. false: memory ran out. */
bool ek_tmf_field_of(const ek_tmf *tmf, const ek_tmf_message *message, const ek_tmf_parameter *parameter,
                     ek_arena *arena, ek_field_spec *spec);

#endif
