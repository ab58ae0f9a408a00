/* SPDX-License-Identifier: MIT */
/* The table of processes: makes lifetimes of what process events say, and finds them by id and time. Reads no payload.
 */
#include "trace/processes.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/hash.h"

#include <string.h>

/* A process, and the time from which on its id is taken to be its own. */
typedef struct lifetime {
    etwkit_process is;
    int64_t since;
    int64_t first, last; /* facts about it */
    bool ended;
} lifetime;

/* An id of a system: its lifetimes, `since` rising. */
typedef struct owner {
    uint32_t process_id;
    uint32_t system;
    int64_t until; /* from here on another process has the id, for which there was no room; INT64_MAX: none */
    lifetime **lives;
    size_t count, capacity;
    struct owner *next; /* of all, to be freed */
} owner;

struct etwkit_processes {
    etwkit_allocator allocator;
    ek_arena arena;
    ek_table table; /* owners */
    owner *owners;
    int64_t *systems; /* their boot times */
    size_t system_count, system_capacity;
    lifetime **all; /* in the order they were met */
    size_t count, capacity;
    size_t *collected; /* buffers of each file */
    size_t file_count, file_capacity;
};

etwkit_status etwkit_processes_open(etwkit_processes **processes, const etwkit_allocator *given, etwkit_error *error) {
    etwkit_allocator allocator = ek_allocator_or_default(given);
    etwkit_processes *made = *processes = ek_new(&allocator, sizeof *made);
    if (!made)
        return ek_fail_memory(error);
    made->allocator = allocator;
    ek_arena_init(&made->arena, &allocator);
    ek_table_init(&made->table, &allocator);
    return ETWKIT_OK;
}

void etwkit_processes_close(etwkit_processes **processes) {
    etwkit_processes *closing = *processes;
    if (!closing)
        return;
    for (const owner *at = closing->owners; at; at = at->next)
        ek_release(&closing->allocator, at->lives);
    ek_release(&closing->allocator, closing->systems);
    ek_release(&closing->allocator, closing->all);
    ek_release(&closing->allocator, closing->collected);
    ek_table_free(&closing->table);
    ek_arena_free(&closing->arena);
    etwkit_allocator allocator = closing->allocator;
    ek_release(&allocator, closing);
    *processes = NULL;
}

ek_arena *ek_processes_arena(etwkit_processes *processes) {
    return &processes->arena;
}

bool ek_processes_full(const etwkit_processes *processes) {
    return processes->count >= EK_PROCESSES_MOST || processes->arena.total > EK_PROCESSES_MEMORY;
}

etwkit_status ek_processes_fail_full(etwkit_error *error) {
    return ek_fail(error, ETWKIT_E_LIMIT, "more processes than there is room for: further ones have no names");
}

size_t *ek_processes_collected(etwkit_processes *processes, size_t file) {
    void *grown = processes->collected;
    if (!ek_grow(&processes->allocator, &grown, &processes->file_capacity, file + 1, sizeof *processes->collected))
        return NULL;
    processes->collected = grown;
    while (processes->file_count <= file)
        processes->collected[processes->file_count++] = 0;
    return &processes->collected[file];
}

static size_t find_system(const etwkit_processes *processes, int64_t boot_time) {
    size_t at = 0;
    while (at < processes->system_count && !ek_is_same_system(processes->systems[at], boot_time))
        at++;
    return at;
}

typedef struct owner_key {
    uint32_t process_id, system;
} owner_key;

static bool is_owner(const void *value, const void *key) {
    const owner *one = value;
    const owner_key *other = key;
    return one->process_id == other->process_id && one->system == other->system;
}

static owner *find_owner(const etwkit_processes *processes, int64_t boot_time, uint32_t process_id) {
    owner_key key = {process_id, (uint32_t)find_system(processes, boot_time)};
    return ek_table_find(&processes->table, ek_hash(&key, sizeof key, ek_hash_seed(processes)), is_owner, &key);
}

static bool add_system(etwkit_processes *processes, int64_t boot_time) {
    void *grown = processes->systems;
    if (!ek_grow(&processes->allocator, &grown, &processes->system_capacity, processes->system_count + 1,
                 sizeof *processes->systems))
        return false;
    processes->systems = grown;
    processes->systems[processes->system_count++] = boot_time;
    return true;
}

static owner *add_owner(etwkit_processes *processes, const ek_process_fact *fact) {
    size_t system = find_system(processes, fact->boot_time);
    if (system == processes->system_count && !add_system(processes, fact->boot_time))
        return NULL;
    owner_key key = {fact->process_id, (uint32_t)system};
    owner *added = ek_arena_new(&processes->arena, sizeof *added);
    if (!added || !ek_table_add(&processes->table, ek_hash(&key, sizeof key, ek_hash_seed(processes)), added))
        return NULL;
    *added = (owner){key.process_id, key.system, INT64_MAX, NULL, 0, 0, processes->owners};
    processes->owners = added;
    return added;
}

/* How many lifetimes began until then: the last of them had the id, if any had. */
static size_t count_until(const owner *of, int64_t time) {
    size_t from = 0, to = of->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (of->lives[middle]->since <= time)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The last of the first `place` ones; NULL: there is none. */
static lifetime *life_before(const owner *of, size_t place) {
    return place && of->lives ? of->lives[place - 1] : NULL;
}

/* Can both be names of one process? Some events cut them: the kernel keeps 14 or 15 characters. */
static bool may_be_same(const char *one, const char *other) {
    enum {
        CUT = 14
    };
    size_t size = 0;
    if (!one || !other)
        return true;
    while (one[size] && ek_ascii_lower(one[size]) == ek_ascii_lower(other[size]))
        size++;
    return one[size] == other[size] || (size >= CUT && (!one[size] || !other[size]));
}

/* Is a start that is told the one that is known already? A process is told of by several providers, or sessions. */
static bool is_near(int64_t one, int64_t other) {
    int64_t apart;
    return !__builtin_sub_overflow(one, other, &apart) && apart < EK_PROCESS_SECOND && apart > -EK_PROCESS_SECOND;
}

/* What is known of a process grows; the longer one of two names is the whole one. */
static void complete(lifetime *life, const ek_process_fact *fact) {
    etwkit_process *is = &life->is;
    if (fact->name && (!is->name || strlen(fact->name) > strlen(is->name)) && may_be_same(is->name, fact->name))
        is->name = fact->name;
    if (fact->command_line && !is->command_line)
        is->command_line = fact->command_line;
    if (fact->user_sid && !is->user_sid)
        is->user_sid = fact->user_sid;
    if (is->parent_id == ETWKIT_NO_ID)
        is->parent_id = fact->parent_id;
    if (fact->has_session && is->session_id == ETWKIT_NO_ID)
        is->session_id = fact->session;
    if (fact->has_exit_status && !is->has_exit_status) {
        is->has_exit_status = true;
        is->exit_status = fact->exit_status;
    }
    if (!is->start)
        is->start = fact->start;
    if (fact->time < life->first)
        life->first = fact->time;
    if (fact->time > life->last)
        life->last = fact->time;
}

static void end_life(lifetime *life, const ek_process_fact *fact) {
    life->ended = true;
    bool told = fact->end && fact->end > life->since && fact->end <= fact->time;
    life->is.end = told ? fact->end : fact->time;
}

/* A new lifetime behind the first `place` ones. NULL: memory ran out. */
static lifetime *insert(etwkit_processes *processes, owner *of, size_t place, const ek_process_fact *fact) {
    void *lives = of->lives, *all = processes->all;
    if (!ek_grow(&processes->allocator, &lives, &of->capacity, of->count + 1, sizeof *of->lives))
        return NULL;
    of->lives = lives;
    if (!ek_grow(&processes->allocator, &all, &processes->capacity, processes->count + 1, sizeof *processes->all))
        return NULL;
    processes->all = all;
    lifetime *made = ek_arena_new(&processes->arena, sizeof *made);
    if (!made)
        return NULL;
    memmove(of->lives + place + 1, of->lives + place, (of->count - place) * sizeof *of->lives);
    of->lives[place] = processes->all[processes->count++] = made;
    of->count++;
    made->is = (etwkit_process){.process_id = fact->process_id, .parent_id = ETWKIT_NO_ID, .start = fact->start};
    made->is.session_id = ETWKIT_NO_ID;
    made->is.boot_time = processes->systems[of->system];
    made->first = made->last = fact->time;
    return made;
}

/* From when on a process that is met now may have the id: not before its start, and not while another one had it. */
static int64_t since_of(const ek_process_fact *fact, const lifetime *before) {
    int64_t since = fact->start ? fact->start : INT64_MIN;
    if (!before)
        return since;
    int64_t taken = before->ended ? before->is.end : before->last;
    if (since <= taken)
        since = taken < INT64_MAX ? taken + 1 : taken;
    return since > fact->time ? fact->time : since;
}

static etwkit_status add_life(etwkit_processes *processes, owner *of, size_t place, const ek_process_fact *fact,
                              etwkit_error *error) {
    const lifetime *before = life_before(of, place);
    int64_t since = since_of(fact, before);
    if (before && since < before->since)
        since = before->since;
    if (ek_processes_full(processes)) {
        of->until = since < of->until ? since : of->until;
        return ek_processes_fail_full(error);
    }
    lifetime *made = insert(processes, of, place, fact);
    if (!made)
        return ek_fail_memory(error);
    made->since = since;
    complete(made, fact);
    if (fact->kind == EK_PROCESS_END || fact->kind == EK_PROCESS_GONE)
        end_life(made, fact);
    return ETWKIT_OK;
}

/* Is the fact about the process that had the id last, as far as is known? */
static bool is_about(const lifetime *life, const ek_process_fact *fact) {
    if (fact->start && life->ended && fact->start > life->is.end)
        return false;
    if (fact->start && life->is.start)
        return is_near(fact->start, life->is.start);
    switch (fact->kind) {
    case EK_PROCESS_START: /* a start that is told late, of a process of which other events told before */
        return !life->is.start && fact->time <= life->first;
    case EK_PROCESS_END: return !life->ended || is_near(fact->time, life->is.end);
    case EK_PROCESS_ALIVE:
        return (!life->ended || fact->time <= life->is.end) && may_be_same(life->is.name, fact->name);
    case EK_PROCESS_GONE: return may_be_same(life->is.name, fact->name);
    case EK_PROCESS_NOTHING: break;
    }
    return true;
}

/* A start that is told later than other events of the process ends what was taken to be its time before. */
static void raise_since(const owner *of, size_t place, lifetime *life) {
    int64_t start = life->is.start;
    if (start > life->since && start <= life->first && (place == of->count || start <= of->lives[place]->since))
        life->since = start;
}

etwkit_status ek_processes_take(etwkit_processes *processes, const ek_process_fact *fact, etwkit_error *error) {
    owner *of = find_owner(processes, fact->boot_time, fact->process_id);
    if (!of && ek_processes_full(processes))
        return ek_processes_fail_full(error);
    if (!of && !(of = add_owner(processes, fact)))
        return ek_fail_memory(error);
    size_t place = count_until(of, fact->time);
    lifetime *life = life_before(of, place);
    if (!life || !is_about(life, fact))
        return add_life(processes, of, place, fact, error);
    complete(life, fact);
    raise_since(of, place, life);
    if (!life->ended && (fact->kind == EK_PROCESS_END || fact->kind == EK_PROCESS_GONE))
        end_life(life, fact);
    return ETWKIT_OK;
}

const etwkit_process *etwkit_processes_find(const etwkit_processes *processes, int64_t boot_time, uint32_t process_id,
                                            int64_t time) {
    const owner *of = processes ? find_owner(processes, boot_time, process_id) : NULL;
    size_t count = of && (time < of->until || of->until == INT64_MAX) ? count_until(of, time) : 0;
    const lifetime *life = count ? life_before(of, count) : NULL;
    return life ? &life->is : NULL;
}

const etwkit_process *etwkit_processes_at(const etwkit_processes *processes, size_t index) {
    return processes && index < processes->count ? &processes->all[index]->is : NULL;
}
