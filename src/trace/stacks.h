/* SPDX-License-Identifier: MIT */
/* Joins StackWalk events to the events that they belong to, and addresses to modules (docs/format/stacks.md). */
#ifndef EK_TRACE_STACKS_H
#define EK_TRACE_STACKS_H

#include "etl/etl.h"
#include "trace/images.h"

#include <etwkit/trace.h>

/* Bytes of stacks that were read ahead and wait for their events: how far a stack may come behind its event. */
#define EK_STACKS_MEMORY ((size_t)32 << 20)

typedef struct ek_stacks ek_stacks;

/* What was joined to a record of the current batch: the kernel's half and the user's, each NULL where there is none. */
typedef struct ek_joined {
    const uint64_t *frames[2];
    uint32_t count[2];
    uint32_t process_id; /* to whom the addresses belong */
} ek_joined;

etwkit_status ek_stacks_new(ek_stacks **stacks, etwkit_trace *trace, etwkit_error *error);
void ek_stacks_free(ek_stacks **stacks);
/* Joins begin anew; keys and images stay known. */
void ek_stacks_rewind(ek_stacks *stacks);

/* The look-ahead, by who reads all buffers in file order: from which of a file's entries on they are to be looked at,
 * before each of them, and with each event that is wanted. false: memory ran out. */
size_t ek_stacks_looked(const ek_stacks *stacks, uint32_t file);
void ek_stacks_begin_look(ek_stacks *stacks, uint32_t file, size_t entry);
bool ek_stacks_wants(const etwkit_guid *provider, uint16_t event_id);
bool ek_stacks_look(ek_stacks *stacks, const etwkit_record *record);
/* After it: what was found may be used. */
bool ek_stacks_end_look(ek_stacks *stacks);

/* Before each batch: lets go of what the last one used, and reads ahead as far as there is room. */
etwkit_status ek_stacks_advance(ek_stacks *stacks, etwkit_error *error);
/* The next record in the order of the reading: *joined is what belongs to it. false: the record is itself a part of
 * the stack of another one, which has it, and so is not to be delivered. */
__attribute__((noinline)) /* into loops that mostly do without */
bool ek_stacks_join(ek_stacks *stacks, const etwkit_record *record, ek_joined *joined);

/* Where the addresses of a record's stack are looked for. */
typedef struct ek_stack_modules {
    const ek_images *images;
    const ek_image_list *process, *kernel, *system;
    int64_t time;
    bool divided; /* addresses with the highest bit are the kernel's, others never */
} ek_stack_modules;

ek_stack_modules ek_stacks_modules(const ek_stacks *stacks, const etwkit_record *record, const ek_joined *joined);
/* The module of an address; NULL: not known. */
const char *ek_stacks_module(const ek_stack_modules *of, uint64_t address, uint64_t *offset);
/* The frames that a key in an item of the record names. */
bool ek_stacks_key(const ek_stacks *stacks, const etwkit_record *record, uint64_t key, const uint64_t **frames,
                   uint32_t *count);
etwkit_stack_stats ek_stacks_stats(const ek_stacks *stacks);

#endif
