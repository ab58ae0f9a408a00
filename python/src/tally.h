/* SPDX-License-Identifier: MIT */
/* Counts events by kind. Filled without the GIL. */
#ifndef PYETWKIT_TALLY_H
#define PYETWKIT_TALLY_H

#include "core.h"

struct source;

typedef struct tally_slot {
    const etwkit_schema *schema; /* NULL: the events of a provider whose schemas do not last */
    etwkit_guid provider;
    uint64_t events; /* 0: an empty slot */
} tally_slot;

/* Zeroed before use. */
typedef struct tally {
    tally_slot *slots; /* open addressing, a power of two */
    size_t mask, used;
    bool failed; /* memory ran out */
} tally;

void tally_add(tally *kinds, const etwkit_schema *schema);
void tally_free(tally *kinds);
/* dict of Schema to number of events; list of ProviderCount. The most frequent come first. */
PyObject *tally_schemas(const tally *kinds, struct source *from);
PyObject *tally_providers(const tally *kinds, core_state *state);

#endif
