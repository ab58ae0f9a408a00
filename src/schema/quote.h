/* SPDX-License-Identifier: MIT */
/* Text as a JSON string: the one rule of what is escaped. Knows nothing of schemas. */
#ifndef EK_SCHEMA_QUOTE_H
#define EK_SCHEMA_QUOTE_H

#include "base/memory.h"

/* Appends "text" with its quotes. Always valid JSON and UTF-8: each invalid byte becomes U+FFFD. Control characters,
 * also DEL and those above it, are escaped, so that a line that reaches a terminal cannot command it. */
void ek_json_quote(ek_buf *out, const char *text, size_t size);

#endif
