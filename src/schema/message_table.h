/* SPDX-License-Identifier: MIT */
/* Message tables of Windows binaries (RT_MESSAGETABLE): texts by number, as UTF-8. */
#ifndef EK_SCHEMA_MESSAGE_TABLE_H
#define EK_SCHEMA_MESSAGE_TABLE_H

#include "base/memory.h"

#include <etwkit/status.h>

#define EK_MAX_MESSAGES 1048576 /* in one table, and of what is added to it */
#define EK_NO_MESSAGE UINT32_MAX

typedef struct ek_message {
    const uint8_t *text; /* as it stands in the resource */
    const char *utf8;    /* once it was asked for */
    uint32_t id;
    uint16_t size;
    bool is_utf16;
} ek_message;

/* What several resources say together; of one number the first added counts. */
typedef struct ek_message_table {
    ek_arena arena; /* texts */
    ek_message *list;
    uint32_t *order; /* indexes by number; NULL: not made since the last addition */
    size_t count;
    size_t capacity;
    size_t bytes; /* of all texts in the list */
} ek_message_table;

void ek_message_table_init(ek_message_table *table, const etwkit_allocator *allocator);
void ek_message_table_free(ek_message_table *table);

/* Adds a resource, whose bytes must live as long as the table. ETWKIT_E_DAMAGED: some of it could not be read, the rest
 * was added. */
etwkit_status ek_message_table_add(ek_message_table *table, const void *data, size_t size, etwkit_error *error);

/* The text of a number, without line ends and blanks at its end; *text NULL: there is none. It lives as long as the
 * table. ETWKIT_E_NO_MEMORY. */
etwkit_status ek_message_table_find(ek_message_table *table, uint32_t id, const char **text, etwkit_error *error);

#endif
