/* SPDX-License-Identifier: MIT */
/* An event's message: the sentence that its source has for it, with the values put in. Knows no output format; each
 * kind of source has a file of its own behind this. */
#ifndef EK_DECODE_MESSAGE_H
#define EK_DECODE_MESSAGE_H

#include "base/memory.h"
#include "schema/schema.h"

/* Bytes of one message; what would go beyond is left out. */
#define EK_MESSAGE_MOST ((size_t)1 << 20)

/* Can events of this schema have a message? */
static inline bool ek_schema_has_message(const etwkit_schema *schema) {
    return schema->is.tmf || schema->is.message;
}

/* Appends the event's message as UTF-8. false: its source has none, and nothing was appended. Where memory ran out
 * out->failed says so. Inserts that cannot be filled stay as they are written. */
bool ek_message_append(ek_buf *out, const etwkit_schema *schema, const etwkit_record *record);

/* For the files behind: a value as CONTRACT.md has it, with labels, without quotation marks. */
void ek_message_value(ek_buf *out, const etwkit_value *value);
/* The values of the top-level scalars of a payload by field; data is NULL where it ended before. */
void ek_message_values(const etwkit_schema *schema, const etwkit_record *record, etwkit_value *values, size_t count);

/* Of a WPP message, with schema->is.tmf. */
void ek_wpp_message(ek_buf *out, const etwkit_schema *schema, const etwkit_record *record);
/* Of an event with a template, schema->is.message. */
void ek_template_message(ek_buf *out, const etwkit_schema *schema, const etwkit_record *record);

#endif
