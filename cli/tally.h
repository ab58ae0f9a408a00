/* SPDX-License-Identifier: MIT */
/* Counts how often each of many pointers was met: events by their schema. Never looks at what they point to. */
#ifndef ETWKIT_CLI_TALLY_H
#define ETWKIT_CLI_TALLY_H

#include <stddef.h>
#include <stdint.h>

typedef struct tally_slot {
    const void *key; /* NULL: empty */
    uint64_t count;
} tally_slot;

/* Zero it to begin. */
typedef struct tally {
    tally_slot *slots;
    size_t mask; /* slots - 1 */
    size_t used;
    tally_slot *recent; /* many in a row are alike */
} tally;

void tally_add(tally *counts, const void *key);
/* Counts what was counted for `from` for `to` instead. */
void tally_move(tally *counts, const void *from, const void *to);
uint64_t tally_get(const tally *counts, const void *key);
void tally_free(tally *counts);

#endif
