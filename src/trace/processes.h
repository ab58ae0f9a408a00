/* SPDX-License-Identifier: MIT */
/* What one process event says, between the reading of events and the table of processes. */
#ifndef EK_TRACE_PROCESSES_H
#define EK_TRACE_PROCESSES_H

#include "base/memory.h"

#include <etwkit/processes.h>

#define EK_PROCESSES_MOST 1048576                /* processes of a table, and events of one collecting */
#define EK_PROCESSES_MEMORY ((size_t)128 << 20)  /* bytes of them and of their texts */
#define EK_PROCESS_NAME 255                      /* bytes of a name */
#define EK_PROCESS_SECOND INT64_C(10000000)      /* 100 ns */
#define EK_PROCESS_BOOT (60 * EK_PROCESS_SECOND) /* boot times that differ by less are one */

/* Boot times of one run of a system differ a little where its clock was set in between. 0: any system. */
static inline bool ek_is_same_system(int64_t one, int64_t other) {
    int64_t apart;
    if (one == 0 || other == 0)
        return true;
    return !__builtin_sub_overflow(one, other, &apart) && apart < EK_PROCESS_BOOT && apart > -EK_PROCESS_BOOT;
}

typedef enum ek_process_fact_kind {
    EK_PROCESS_NOTHING,
    EK_PROCESS_START,
    EK_PROCESS_END,
    EK_PROCESS_ALIVE, /* a rundown found it */
    EK_PROCESS_GONE   /* it has ended, but not all have let go of it: its id is not used again yet */
} ek_process_fact_kind;

/* Texts live in the table's arena. */
typedef struct ek_process_fact {
    ek_process_fact_kind kind;
    uint32_t process_id, parent_id; /* parent: ETWKIT_NO_ID where not told */
    int64_t time;                   /* of the event */
    int64_t start, end;             /* as the payload tells; 0: it does not */
    int64_t boot_time;
    const char *name, *command_line; /* NULL: not told */
    const char *user_sid;            /* the same */
    uint32_t session, exit_status;   /* where told: */
    bool has_session, has_exit_status;
} ek_process_fact;

/* Its kind by the header alone; EK_PROCESS_NOTHING for records that are no process events. */
ek_process_fact_kind ek_process_fact_kind_of(const etwkit_record *record);
/* Can an event of this provider and id be one? Cheaper still, for the search among many. */
bool ek_process_may_be_fact(const etwkit_guid *provider, uint16_t event_id);
/* ETWKIT_ABSENT where the record is no process event or tells no id; ETWKIT_E_NO_MEMORY. Texts go to the arena. */
etwkit_status ek_process_fact_read(ek_process_fact *fact, etwkit_trace *trace, const etwkit_record *record,
                                   ek_arena *arena);
/* The ids alone: whom the event is about, and (ETWKIT_NO_ID where not told) who made it. false: not told. */
bool ek_process_fact_ids(const etwkit_record *record, const etwkit_schema *schema, uint32_t *process_id,
                         uint32_t *parent_id);

/* Takes a fact in. In any order; in that of time the result is the best. ETWKIT_E_NO_MEMORY, ETWKIT_E_LIMIT. */
etwkit_status ek_processes_take(etwkit_processes *processes, const ek_process_fact *fact, etwkit_error *error);
/* Where texts for it go, and whether there is room for more of them. */
ek_arena *ek_processes_arena(etwkit_processes *processes);
bool ek_processes_full(const etwkit_processes *processes);
/* For ek_processes_take() and who stands in front of it: the sentence of ETWKIT_E_LIMIT. */
etwkit_status ek_processes_fail_full(etwkit_error *error);
/* How many buffers of a file were collected from; NULL: memory ran out. */
size_t *ek_processes_collected(etwkit_processes *processes, size_t file);

#endif
