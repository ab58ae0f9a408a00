/* SPDX-License-Identifier: MIT */
/* What the files that read WEVT_TEMPLATE share: the read resource, its limits, names, and reports of damage. */
#ifndef EK_SCHEMA_WEVT_INSIDE_H
#define EK_SCHEMA_WEVT_INSIDE_H

#include "base/hash.h"
#include "schema/wevt.h"

/* Offsets count from the resource's start. */
typedef struct ek_wevt_reader {
    ek_wevt_source *source;
    ek_providers *providers;
    const uint8_t *data;
    size_t size;
    size_t table_bytes; /* of all tables read so far: overlapping ones must not multiply */
    size_t text_bytes;  /* of all texts taken so far, the same */
    ek_table templates; /* those read, by offset */
    ek_table maps;
    ek_arena scratch;    /* reset after each template */
    etwkit_error *error; /* of what ends the reading: memory that ran out */
} ek_wevt_reader;

/* Reports what is left out; returns ETWKIT_E_DAMAGED. Who gets that from the functions below reports it no more. */
etwkit_status ek_wevt_damaged(const ek_wevt_reader *reader, size_t at, const char *what);

/* The head of a block: `size` bytes that begin with a signature. NULL: damage, which was reported. */
const uint8_t *ek_wevt_head(const ek_wevt_reader *reader, size_t at, const char *signature, size_t size);
/* The `count` entries at an offset, behind a head that was read. NULL: as above. */
const uint8_t *ek_wevt_entries(ek_wevt_reader *reader, size_t at, size_t count, size_t entry_size);
/* The name at an offset, in the providers' arena; *name NULL where the offset is 0. ETWKIT_E_DAMAGED */
etwkit_status ek_wevt_name(ek_wevt_reader *reader, size_t at, const char **name);
/* The text of a message; *text NULL: there is none. It lives as long as the message table. ETWKIT_E_DAMAGED */
etwkit_status ek_wevt_message(ek_wevt_reader *reader, uint32_t id, const char **text);

/* A map by its offset, read once. ETWKIT_E_DAMAGED: it is reported once. */
etwkit_status ek_wevt_map(ek_wevt_reader *reader, size_t at, const etwkit_map **map);
/* The same of a template; *found NULL where it has no fields. */
etwkit_status ek_wevt_template(ek_wevt_reader *reader, size_t at, const ek_template **found);

#endif
