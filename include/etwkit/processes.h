/* SPDX-License-Identifier: MIT */
/* Processes: who had which process id when, as a trace's own process events tell it. */
#ifndef ETWKIT_PROCESSES_H
#define ETWKIT_PROCESSES_H

#include <etwkit/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A table of processes, from the kernel's classic Process events and those of Microsoft-Windows-Kernel-Process: starts,
 * ends, and the rundowns that list who is there when a session begins or ends. An id that is used again is another
 * process. Used by one thread at a time, by several at once where none of them adds.
 */
typedef struct etwkit_processes etwkit_processes;

/* One process. Belongs to the table, lives until it is closed, and may be completed by what is added later; its texts
 * are UTF-8. Fields are only ever added at the end. */
typedef struct etwkit_process {
    uint32_t process_id;
    uint32_t parent_id;       /* of who made it; ETWKIT_NO_ID: not told */
    int64_t start;            /* FILETIME; 0: not told (it was there before, or the event was lost) */
    int64_t end;              /* FILETIME; 0: not told */
    int64_t boot_time;        /* of the system that it ran on, as in etwkit_trace_info */
    const char *name;         /* of its image, without folders: "cmd.exe", 255 bytes at most; NULL: not told */
    const char *command_line; /* NULL: not told */
    const char *user_sid;     /* "S-1-5-18"; NULL: not told */
    uint32_t session_id;      /* ETWKIT_NO_ID: not told */
    uint32_t exit_status;     /* where has_exit_status */
    bool has_exit_status;
} etwkit_process;

/* An empty table. *processes is NULL on failure (ETWKIT_E_NO_MEMORY). `allocator` may be NULL. */
ETWKIT_API etwkit_status etwkit_processes_open(etwkit_processes **processes, const etwkit_allocator *allocator,
                                               etwkit_error *error);
/* Releases everything and sets *processes to NULL. NULL is allowed. */
ETWKIT_API void etwkit_processes_close(etwkit_processes **processes);

/*
 * Takes in a record of the trace's current batch. ETWKIT_ABSENT: it is no process event, or tells no id, and nothing
 * changed; ETWKIT_E_NO_MEMORY; ETWKIT_E_LIMIT where the table is full (docs/limits.md): what it holds stays good, and
 * an id that belongs to a process that found no place is found no more.
 */
ETWKIT_API etwkit_status etwkit_processes_add(etwkit_processes *processes, etwkit_trace *trace,
                                              const etwkit_record *record, etwkit_error *error);
/*
 * Takes in all process events of a trace, also those that its filter keeps back and those that were not read yet: a
 * process may be named by an event long after its first one. The reading goes on where it was, but the current batch's
 * records are invalid from here on. Called again after etwkit_trace_refresh() it takes in what was added; so a table
 * collects from one trace only. Damage is left for the reading to report.
 * `go_on` (may be NULL) is asked before each buffer; where it says false the result is ETWKIT_END. This and errors
 * (ETWKIT_E_IO, _NO_MEMORY, _LIMIT) leave a table of what was found until then.
 */
ETWKIT_API etwkit_status etwkit_processes_collect(etwkit_processes *processes, etwkit_trace *trace,
                                                  bool (*go_on)(void *context), void *context, etwkit_error *error);

/*
 * The process that had the id at a time, or NULL where that is not known. It keeps the id after its end, until another
 * one is known to have it: events of a process come after its end, too. `boot_time` is that of the file in which the
 * event stands (etwkit_trace_info): traces of several systems, or from before and after a restart, do not mix. 0: of
 * the first system that the table has seen.
 */
ETWKIT_API const etwkit_process *etwkit_processes_find(const etwkit_processes *processes, int64_t boot_time,
                                                       uint32_t process_id, int64_t time);
/* All of them, in the order in which they were met: index 0, 1, ...; NULL after the last. */
ETWKIT_API const etwkit_process *etwkit_processes_at(const etwkit_processes *processes, size_t index);

#ifdef __cplusplus
}
#endif
#endif
