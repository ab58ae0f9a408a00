/* SPDX-License-Identifier: MIT */
/* The bytes of an opened pack, each access checked. Shared by what finds events in it and what reads it all. */
#ifndef EK_SCHEMA_PACK_INSIDE_H
#define EK_SCHEMA_PACK_INSIDE_H

#include "base/bytes.h"
#include "base/hash.h"
#include "schema/pack.h"
#include "schema/pack_format.h"

/* The elements of a section; its bounds were checked when the pack was opened. */
static inline const void *ek_pack_elements(const ek_pack *pack, ek_pack_section which, uint32_t *count) {
    const uint8_t *at = pack->bytes + EK_PACK_AT_SECTIONS + 8 * (size_t)which;
    *count = ek_load32(at + 4);
    return pack->bytes + ek_load32(at);
}

/* One element, NULL where there are not so many. */
static inline const void *ek_pack_element(const ek_pack *pack, ek_pack_section which, uint32_t index) {
    uint32_t count;
    const uint8_t *first = ek_pack_elements(pack, which, &count);
    return index < count ? first + (size_t)index * ek_pack_element_size[which] : NULL;
}

/* `range.count` elements, NULL where they are not all there. */
static inline const void *ek_pack_slice(const ek_pack *pack, ek_pack_section which, ek_pack_range range) {
    uint32_t count;
    const uint8_t *first = ek_pack_elements(pack, which, &count);
    bool inside = range.first <= count && range.count <= count - range.first;
    return inside ? first + (size_t)range.first * ek_pack_element_size[which] : NULL;
}

/* Never NULL: what points nowhere, is no UTF-8 or longer than EK_PACK_MAX_TEXT is "". */
const char *ek_pack_string(const ek_pack *pack, uint32_t offset);
/* The same, NULL where it is empty. */
const char *ek_pack_text(const ek_pack *pack, uint32_t offset);

/* ETWKIT_E_DAMAGED with "schema pack: <what>". */
etwkit_status ek_pack_damaged(etwkit_error *error, const char *what);

/* NULL: the pack does not know it. */
const ek_packed_provider *ek_pack_find(const ek_pack *pack, const etwkit_guid *id, uint32_t *index);

/*
 * Reads templates and the maps that they name. Elements may be named again and again, so what is made of them is
 * counted: beyond `left` bytes the pack is damaged. Each map is made once.
 */
typedef struct ek_pack_reader {
    const ek_pack *pack;
    ek_arena *arena; /* of all that is made */
    ek_table maps;   /* those made already */
    size_t left;
    bool without_maps; /* fields only, for a trial */
    bool copies;       /* texts are copied too, so that nothing points into the pack */
} ek_pack_reader;

void ek_pack_reader_init(ek_pack_reader *reader, const ek_pack *pack, ek_arena *arena, size_t left);
void ek_pack_reader_free(ek_pack_reader *reader);
/* The descriptions of a template's fields, as the source gave them. */
etwkit_status ek_pack_read_fields(ek_pack_reader *reader, const ek_packed_template *packed, ek_field_spec **specs,
                                  etwkit_error *error);

#endif
