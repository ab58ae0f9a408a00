/* SPDX-License-Identifier: MIT */
/* A pack: what is known of many providers in one block of bytes, used as it lies there (docs/format/pack.md). Every
 * source of whole providers becomes one. Bytes are not trusted: each offset is checked when it is followed. */
#ifndef EK_SCHEMA_PACK_H
#define EK_SCHEMA_PACK_H

#include "schema/provider.h"
#include "schema/schema.h"

/* A view; the bytes are borrowed and must be 8-byte aligned. */
typedef struct ek_pack {
    const uint8_t *bytes;
    size_t size;
    etwkit_source source; /* what schemas out of it say of their source; set by the owner */
} ek_pack;

/* Looks at the head alone, whatever the size. ETWKIT_E_DAMAGED or ETWKIT_E_UNSUPPORTED (a later version), with a
 * message. */
etwkit_status ek_pack_open(ek_pack *pack, const void *bytes, size_t size, etwkit_error *error);

/* How the layout is chosen where builds of Windows disagree about one version of an event. */
typedef struct ek_pack_choice {
    uint32_t os_build; /* of the trace; 0: not known */
    /* Would this layout read the record's payload exactly to its end? May be NULL. */
    bool (*fits)(const ek_layout *layout, const etwkit_record *record);
} ek_pack_choice;

/* By (provider, id, version); an unknown version gives the highest lower one, marked as guessed. ETWKIT_ABSENT, with
 * names filled in, where the provider is known and the event is not. */
etwkit_status ek_pack_describe(const ek_pack *pack, const etwkit_record *record, const ek_pack_choice *choice,
                               ek_arena *arena, ek_description *description, etwkit_error *error);

/* Reading it all: providers by name, ignoring case; each with its events by id and version. */
typedef struct ek_pack_provider {
    etwkit_guid id;
    const char *name;
    uint32_t index;
    uint32_t event_count; /* layouts that differ between builds count each */
} ek_pack_provider;

uint32_t ek_pack_provider_count(const ek_pack *pack);
/* false: there is none, or it is damaged. */
bool ek_pack_provider_at(const ek_pack *pack, uint32_t index, ek_pack_provider *provider);
bool ek_pack_find_provider(const ek_pack *pack, const etwkit_guid *id, ek_pack_provider *provider);
/* Everything of one provider, in the form that packs are made of; builds that each event is of in *builds (arrays of
 * event_count bit sets, in providers' arena). */
etwkit_status ek_pack_read_provider(const ek_pack *pack, uint32_t index, ek_providers *providers,
                                    const uint32_t **builds, etwkit_error *error);
/* The Windows builds that its sources are of: bit 0, 1, ... of the sets; 0 after the last. */
uint32_t ek_pack_build_at(const ek_pack *pack, uint32_t index);

#endif
