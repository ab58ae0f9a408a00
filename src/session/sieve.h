/* SPDX-License-Identifier: MIT */
/* What a session of the system enabled, provider by provider, and whether an event is one of that. */
#ifndef EK_SESSION_SIEVE_H
#define EK_SESSION_SIEVE_H

#include "base/clock.h"
#include "base/memory.h"
#include "trace/filter.h"

#include <etwkit/session.h>

/* What is wanted of a provider. Its arrays and texts lie in the sieve's arena. */
typedef struct ek_wanted {
    etwkit_guid provider;
    etwkit_enable enable;
    const uint8_t *ids; /* a bit for each of the 65,536 ids; NULL: every id */
    /* Windows asked before; so what nobody can ask here any more passes: */
    bool takes_unknown_programs; /* events of processes that are gone */
    bool takes_unknown_payloads; /* events without a schema */
} ek_wanted;

enum {
    EK_SIEVES_MOST = 8 /* changes that may wait for events from before them */
};

/* Never changed once it is made: each change makes a new one, so that the reader needs no lock for its own. What was
 * written before the change is the older one's. */
typedef struct ek_sieve {
    ek_arena arena;
    size_t count;
    ek_wanted *list;
    struct ek_sieve *older;          /* NULL: it holds from the start on */
    int64_t since_ticks, since_time; /* when it was made: of the performance counter, and a FILETIME */
} ek_sieve;

/* Whether the event's process runs one of the programs. UNKNOWN: nobody can tell any more. */
typedef enum ek_verdict {
    EK_NO,
    EK_YES,
    EK_UNKNOWN
} ek_verdict;
typedef ek_verdict ek_runs(void *context, const etwkit_record *record, const ek_wanted *wanted);

/* A copy of `old` (NULL: empty) with the provider's entry set, or left out where `enable` is NULL. NULL: memory ran
 * out.
 */
ek_sieve *ek_sieve_with(const ek_sieve *old, const etwkit_allocator *allocator, const etwkit_guid *provider,
                        const etwkit_enable *enable);
/* With those that are older. */
void ek_sieve_free(ek_sieve **sieve);
/* Puts a new one in front. Of more than EK_SIEVES_MOST those in between are given up: the new one holds since then, and
 * the one to free is returned. `seen`: what a reader may have in hand. */
ek_sieve *ek_sieve_follow(ek_sieve *sieve, ek_sieve *newest, const ek_sieve *seen);
/* Takes off those that no event needs which comes after this one, and what is too many; returns the first of them. */
ek_sieve *ek_sieve_cut(ek_sieve *newest, const etwkit_record *record, const ek_clock *clock);
/* The one that an event of a session with such a clock belongs to. */
ek_sieve *ek_sieve_at(ek_sieve *newest, const etwkit_record *record, const ek_clock *clock);
/* NULL: it is not enabled. */
ek_wanted *ek_sieve_find(const ek_sieve *sieve, const etwkit_guid *provider);

/* Events of providers that the sieve does not know pass: those of the kernel, and of a session that was adopted. */
bool ek_sieve_passes(const ek_sieve *sieve, const etwkit_record *record, const ek_filter_names *names, ek_runs *runs,
                     void *context);

/* Is the last part of a path this name, in any case of A to Z? Either may use / or \\. */
bool ek_is_program(const char *path, const char *name);

#endif
