/* SPDX-License-Identifier: MIT */
/* The text of a manifest before it is parsed: its encoding, and how what is no XML is made XML. */
#ifndef EK_SCHEMA_MANIFEST_TEXT_H
#define EK_SCHEMA_MANIFEST_TEXT_H

#include "base/memory.h"

/* Appends the text as UTF-8, without byte order mark: from UTF-16 of either order, UTF-8, or, where another encoding is
 * declared and the bytes are no UTF-8, Windows-1252. */
void ek_manifest_decode(ek_buf *out, const void *data, size_t size);

/* Puts '?' for each byte of a character that XML does not allow: controls, invalid UTF-8. Returns how many. */
size_t ek_manifest_clean(uint8_t *text, size_t size);

/* A parser stopped at `at`; `reference` where it did so because of an entity that is none. Writes as an entity what
 * most likely made the text wrong: a '<' or '&' that stands for itself, or a quotation mark within a quoted text.
 * false: nothing of that kind is near, or memory ran out. */
bool ek_manifest_mend(ek_buf *text, size_t at, bool reference);

#endif
