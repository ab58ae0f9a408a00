/* SPDX-License-Identifier: MIT */
/* The schema object, one per kind of event (provider, descriptor, metadata), and what a source says to make one. */
#ifndef EK_SCHEMA_SCHEMA_H
#define EK_SCHEMA_SCHEMA_H

#include "schema/layout.h"

#include <etwkit/record.h>

typedef struct ek_tmf_message ek_tmf_message;

/*
 * What a schema source says of one event. Everything lives in the catalog's arena. Names may be NULL: not known.
 * Each source is one file and offers a function
 *     etwkit_status ek_SOURCE_describe(..., const etwkit_record *record, ek_arena *arena, ek_description *description)
 * that returns ETWKIT_OK, ETWKIT_ABSENT (this source does not know the event; description may hold names), or an error.
 */
typedef struct ek_description {
    const ek_layout *layout; /* NULL: the fields are not known */
    etwkit_source source;
    bool guessed; /* the layout is that of a lower version */
    const char *provider_name;
    const char *event_name; /* the event's own name; else it is made of task and opcode */
    const char *task_name;
    const char *opcode_name;
    const char *level_name;
    const char *channel_name;
    const char *const *keyword_names;  /* NULL-terminated list, or NULL */
    const etwkit_field *process_field; /* holds the process that the event is about, or NULL */
    const etwkit_field *thread_field;
    const char *message;       /* its template, with inserts (ek_message_append()); NULL: none */
    const ek_tmf_message *tmf; /* of a WPP message: how it reads (ek_message_append()); lives in the library */
} ek_description;

struct etwkit_schema {
    ek_description is; /* layout never NULL here: an empty one where the fields are not known */
    bool known;
    bool classic;
    bool lasting; /* as long as the catalog, not only to the end of the batch */
    etwkit_guid provider_id;
    uint16_t event_id;
    uint8_t version, channel, level, opcode;
    uint16_t task;
    uint64_t keywords;
    etwkit_schema_usage usage;
    /* CONTRACT.md's keys from provider_name to keywords, as JSON, with the commas around: the same for all its records.
     */
    const char *json_head;
    uint32_t json_head_size;
    /* Its keys from level_name to keyword_names, each with a comma in front; "" where none is known. */
    uint32_t json_names_size;
    const char *json_names;
    /* For who reads the trace and keeps something of each kind of event: under which number, of which of its tables.
     * Zero: nothing yet. */
    uint32_t reader_kind, reader_table;
};

/* CONTRACT.md's event_name: the event's own, else "Task/Opcode", "Task", "Event(21)". In the arena; NULL: no memory. */
const char *ek_event_name(ek_arena *arena, const ek_description *description, const etwkit_record *record);

#endif
