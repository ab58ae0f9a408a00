/* SPDX-License-Identifier: MIT */
/* The join of stacks: what is read ahead, which event gets which of it, and which events are used up by that. */
#include "trace/stacks.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/guid.h"
#include "decode/walk.h"
#include "trace/order.h"
#include "trace/processes.h"
#include "trace/stack_keys.h"
#include "trace/stack_window.h"
#include "trace/trace.h"

static const etwkit_guid stack_class =
    EK_GUID(0xdef2fe46, 0x7bd6, 0x4b80, 0xbd, 0x94, 0xf5, 0x7f, 0xe2, 0x0d, 0x0c, 0xe3);

enum {
    STACK = 32,
    KEY_CREATE = 34,
    KEY_DELETE = 35,
    KEY_RUNDOWN = 36,
    KEY_KERNEL = 37,
    KEY_USER = 38
};
enum {
    HEAD = 16, /* EventTimeStamp:u8 StackProcess:u4 StackThread:u4 */
    SYSTEM_PROCESS = 4
};

/*
 * A stack comes behind its event, the user's half sometimes much later: when its thread returns from the kernel. So
 * stacks are read ahead instead of holding events back: events go out without delay and in their order, and what is
 * bounded is the memory of the stacks that wait, not a time.
 *
 * The look-ahead for metadata, which goes through the whole file first, fills half of that memory with the stacks of
 * the first buffers, which is all there are in most traces. Where it is not, buffers are read by a scout, in the order
 * in which the reading will open them.
 */
typedef struct file_state {
    ek_order order;  /* of the scout */
    size_t looked;   /* entries whose keys and images are known */
    size_t gathered; /* and the first of them, whose stacks are in the window */
    bool gathers;    /* are those of the buffer that is being looked at taken? */
} file_state;

struct ek_stacks {
    etwkit_trace *trace;
    ek_stack_keys keys;
    ek_images *images;
    ek_stack_window window;
    file_state *files;
    ek_run run; /* the scout's */
    etwkit_stack_stats stats;
    uint64_t refused; /* keys and images: found once, not with each reading */
};

etwkit_status ek_stacks_new(ek_stacks **stacks, etwkit_trace *trace, etwkit_error *error) {
    ek_stacks *made = *stacks = ek_new(&trace->allocator, sizeof *made);
    if (!made)
        return ek_fail_memory(error);
    made->trace = trace;
    ek_stack_keys_init(&made->keys, &trace->allocator);
    ek_stack_window_init(&made->window, &trace->allocator, ek_etl_info(trace->files[0])->frequency);
    made->images = ek_images_new(&trace->allocator);
    made->files = ek_new(&trace->allocator, trace->file_count * sizeof *made->files);
    if (!made->images || !made->files) {
        ek_stacks_free(stacks);
        return ek_fail_memory(error);
    }
    bool by_filetime = trace->file_count > 1 || ek_etl_has_clocks(trace->files[0]);
    for (size_t i = 0; i < trace->file_count; i++)
        made->files[i].order =
            (ek_order){.etl = trace->files[i], .by_filetime = by_filetime, .by_place = trace->unordered};
    return ETWKIT_OK;
}

void ek_stacks_free(ek_stacks **stacks) {
    ek_stacks *ending = *stacks;
    if (!ending)
        return;
    const etwkit_allocator *allocator = &ending->trace->allocator;
    ek_stack_keys_free(&ending->keys);
    ek_stack_window_free(&ending->window);
    ek_images_free(&ending->images);
    for (size_t i = 0; ending->files && i < ending->trace->file_count; i++)
        ek_order_free(&ending->files[i].order, allocator);
    ek_release(allocator, ending->files);
    ek_run_free(&ending->run, allocator);
    ek_release(allocator, ending);
    *stacks = NULL;
}

void ek_stacks_rewind(ek_stacks *stacks) {
    ek_stack_window_clear(&stacks->window);
    stacks->stats = (etwkit_stack_stats){0};
    for (size_t i = 0; i < stacks->trace->file_count; i++)
        stacks->files[i].order.next = stacks->files[i].gathered = 0;
}

/* Windows writes stacks of the kernel's events and of those with a modern header; the others were made by programs, and
 * some of them (ImageID) repeat time and thread of a kernel event. */
static bool may_own(const etwkit_record *record) {
    switch (record->header_kind) {
    case ETWKIT_HEADER_SYSTEM32:
    case ETWKIT_HEADER_SYSTEM64:
    case ETWKIT_HEADER_COMPACT32:
    case ETWKIT_HEADER_COMPACT64:
    case ETWKIT_HEADER_PERFINFO32:
    case ETWKIT_HEADER_PERFINFO64:
    case ETWKIT_HEADER_EVENT32:
    case ETWKIT_HEADER_EVENT64: return true;
    default: return false;
    }
}

static inline bool is_of_stacks(const etwkit_record *record) {
    return ek_guid_equal(&record->provider_id, &stack_class) && record->flags & ETWKIT_FLAG_CLASSIC;
}

static bool is_definition(const etwkit_record *record) {
    return record->opcode == KEY_CREATE || record->opcode == KEY_DELETE || record->opcode == KEY_RUNDOWN;
}

static bool is_part(const etwkit_record *record) {
    return record->opcode == STACK || record->opcode == KEY_KERNEL || record->opcode == KEY_USER;
}

static bool is_kernel_address(const etwkit_record *record, uint64_t address) {
    return record->pointer_size == 8 ? address >= EK_IMAGES_ADDRESS_KERNEL : address >= UINT32_C(1) << 31;
}

/* ETWKIT_ABSENT: too short to be a part. */
static etwkit_status add_part(ek_stacks *stacks, const etwkit_record *record) {
    unsigned width = record->pointer_size;
    bool is_key = record->opcode != STACK;
    if (record->payload_size < HEAD + (is_key ? width : 0u))
        return ETWKIT_ABSENT;
    const uint8_t *at = record->payload + HEAD;
    ek_stack_part part = {.time = ek_load_i64(record->payload),
                          .own_time = record->raw_timestamp,
                          .file = record->file,
                          .buffer = record->buffer,
                          .position = record->buffer_position,
                          .process_id = ek_load32(record->payload + 8),
                          .thread_id = ek_load32(record->payload + 12),
                          .processor = record->processor,
                          .is_key = is_key,
                          .count = is_key ? 1 : (record->payload_size - HEAD) / width};
    part.is_kernel =
        is_key ? record->opcode == KEY_KERNEL : part.count && is_kernel_address(record, ek_load_pointer(at, width));
    ek_stack_part *added;
    etwkit_status status = ek_stack_window_add(&stacks->window, &part, &added);
    for (uint32_t i = 0; status == ETWKIT_OK && i < part.count; i++)
        added->frames[i] = ek_load_pointer(at + (size_t)i * width, width);
    return status;
}

/* false: memory ran out. What finds no room is counted, and stays an event of its own. */
static bool count_refused(uint64_t *refused, etwkit_status status) {
    *refused += status == ETWKIT_E_LIMIT;
    return status != ETWKIT_E_NO_MEMORY;
}

bool ek_stacks_wants(const etwkit_guid *provider, uint16_t event_id) {
    return ek_guid_equal(provider, &stack_class) || ek_image_may_be_fact(provider, event_id);
}

size_t ek_stacks_looked(const ek_stacks *stacks, uint32_t file) {
    return stacks->files[file].looked;
}

void ek_stacks_begin_look(ek_stacks *stacks, uint32_t file, size_t entry) {
    file_state *state = &stacks->files[file];
    state->gathers = state->gathered == entry && state->order.next == 0 &&
                     stacks->window.bytes < EK_STACKS_MEMORY / 2; /* the other half is the scout's */
    state->gathered += state->gathers;
    state->looked = entry + 1;
}

static bool look_at_image(ek_stacks *stacks, const etwkit_record *record) {
    ek_image_fact fact;
    if (!ek_image_fact_read(&fact, record))
        return true;
    fact.boot_time = ek_etl_info(stacks->trace->files[record->file])->boot_time;
    return count_refused(&stacks->refused, ek_images_add(stacks->images, &fact));
}

bool ek_stacks_look(ek_stacks *stacks, const etwkit_record *record) {
    if (!is_of_stacks(record))
        return look_at_image(stacks, record);
    if (is_definition(record))
        return count_refused(&stacks->refused, ek_stack_keys_add(&stacks->keys, record));
    if (!is_part(record) || !stacks->files[record->file].gathers)
        return true;
    return count_refused(&stacks->stats.refused, add_part(stacks, record));
}

bool ek_stacks_end_look(ek_stacks *stacks) {
    return ek_stack_keys_sort(&stacks->keys) && ek_images_sort(stacks->images);
}

/* The scout's next buffer: the first in the order of all files that was not gathered from. NULL: none is left. */
static file_state *next_to_scout(ek_stacks *stacks) {
    file_state *first = NULL;
    for (size_t i = 0; i < stacks->trace->file_count; i++) {
        file_state *state = &stacks->files[i];
        const ek_etl_entry *entry;
        while ((entry = ek_order_peek(&state->order)) &&
               (size_t)(entry - ek_etl_entries(state->order.etl)) < state->gathered)
            state->order.next++;
        if (!entry)
            continue;
        if (!first || (!state->order.by_place &&
                       ek_order_key(&state->order, entry) < ek_order_key(&first->order, ek_order_peek(&first->order))))
            first = state;
    }
    return first;
}

static etwkit_status scout(ek_stacks *stacks, file_state *state, etwkit_error *error) {
    ek_run *run = &stacks->run;
    etwkit_status status = ek_etl_load(state->order.etl, ek_order_peek(&state->order), run, error);
    state->order.next++;
    while (status == ETWKIT_OK && run->next < run->count) {
        etwkit_record record;
        const char *phrase;
        uint16_t event_id;
        const etwkit_guid *provider = ek_run_provider(run, &event_id);
        if (!provider || !ek_guid_equal(provider, &stack_class)) {
            ek_run_skip(run);
            continue;
        }
        if (ek_run_read(run, &record, &phrase) || !is_of_stacks(&record) || !is_part(&record))
            continue;
        if (!count_refused(&stacks->stats.refused, add_part(stacks, &record)))
            status = ek_fail_memory(error);
    }
    return status;
}

etwkit_status ek_stacks_advance(ek_stacks *stacks, etwkit_error *error) {
    etwkit_trace *trace = stacks->trace;
    etwkit_status status = ETWKIT_OK;
    ek_stack_window_sweep(&stacks->window);
    for (size_t i = 0; i < trace->file_count && status == ETWKIT_OK; i++)
        if (stacks->files[i].order.count < ek_etl_count(trace->files[i]))
            status = ek_order_extend(&stacks->files[i].order, &trace->allocator, error);
    bool quiet = trace->quiet;
    trace->quiet = true; /* these buffers are read again anyway */
    file_state *next;
    while (status == ETWKIT_OK && stacks->window.bytes < EK_STACKS_MEMORY && (next = next_to_scout(stacks)))
        status = scout(stacks, next, error);
    trace->quiet = quiet;
    return status;
}

/* The thread that the event is about, in its header or (most kernel events of hot paths) its payload. */
static uint32_t thread_of(const ek_stacks *stacks, const etwkit_record *record) {
    uint32_t id = record->thread_id;
    if (id == ETWKIT_NO_ID)
        (void)etwkit_record_payload_thread_id(stacks->trace, record, &id);
    return id;
}

/* Threads 0 are one for each processor. */
static bool is_for(const ek_stack_part *part, const etwkit_record *record, uint32_t thread_id) {
    return !part->taken && part->thread_id == thread_id && (thread_id || part->processor == record->processor);
}

/* Gives a part's frames to the event. false: its key is not known. */
static bool take_part(ek_stacks *stacks, ek_stack_part *part, ek_joined *joined) {
    int half = part->is_kernel ? 0 : 1;
    joined->frames[half] = part->frames;
    joined->count[half] = part->count;
    if (part->is_key && !ek_stack_keys_find(&stacks->keys, part->file, part->frames[0], part->own_time,
                                            &joined->frames[half], &joined->count[half])) {
        joined->frames[half] = NULL;
        joined->count[half] = 0;
        stacks->stats.keys_unknown += !part->unknown;
        part->unknown = true;
        return false;
    }
    joined->process_id = part->process_id;
    part->taken = true;
    stacks->stats.joined++;
    stacks->stats.joined_by_key += part->is_key;
    return true;
}

/* The first part of each half: where several events have one time and thread, their stacks come in their order. */
static void take_parts(ek_stacks *stacks, const etwkit_record *record, ek_stack_part *first, ek_joined *joined) {
    ek_stack_part *halves[2] = {NULL, NULL};
    uint32_t thread_id = thread_of(stacks, record), own_id = ETWKIT_NO_ID;
    if (thread_id == record->thread_id) /* then the payload may name another one, for whom the event was written */
        (void)etwkit_record_payload_thread_id(stacks->trace, record, &own_id);
    for (ek_stack_part *part = first; part; part = ek_stack_window_next(part)) {
        ek_stack_part **half = &halves[part->is_kernel ? 0 : 1];
        bool fits = is_for(part, record, thread_id) || (own_id != ETWKIT_NO_ID && is_for(part, record, own_id));
        if (fits && (!*half || part->own_time < (*half)->own_time))
            *half = part;
    }
    bool any = halves[0] && take_part(stacks, halves[0], joined);
    any |= halves[1] && take_part(stacks, halves[1], joined);
    stacks->stats.events += any;
}

/* A part itself comes by. */
static bool pass_part(ek_stacks *stacks, const etwkit_record *record) {
    bool long_enough = record->payload_size >= HEAD;
    ek_stack_part *part =
        long_enough ? ek_stack_window_find(&stacks->window, record->file, ek_load_i64(record->payload)) : NULL;
    while (part && (part->buffer != record->buffer || part->position != record->buffer_position))
        part = ek_stack_window_next(part);
    bool taken = part && part->taken;
    if (part)
        ek_stack_window_remove(&stacks->window, part);
    stacks->stats.unmatched += !taken;
    return !taken;
}

bool ek_stacks_join(ek_stacks *stacks, const etwkit_record *record, ek_joined *joined) {
    *joined = (ek_joined){{NULL, NULL}, {0, 0}, ETWKIT_NO_ID};
    if (is_of_stacks(record)) {
        if (is_part(record))
            return pass_part(stacks, record);
        bool held = is_definition(record) && ek_stack_keys_holds(&stacks->keys, record);
        stacks->stats.definitions += held;
        return !held;
    }
    if (!ek_stack_window_may_have(&stacks->window, record->file, record->raw_timestamp) || !may_own(record))
        return true;
    ek_stack_part *part = ek_stack_window_find(&stacks->window, record->file, record->raw_timestamp);
    if (part)
        take_parts(stacks, record, part, joined);
    return true;
}

bool ek_stacks_key(const ek_stacks *stacks, const etwkit_record *record, uint64_t key, const uint64_t **frames,
                   uint32_t *count) {
    return ek_stack_keys_find(&stacks->keys, record->file, key, record->raw_timestamp, frames, count);
}

/* In which process the stack's addresses lie. */
static uint32_t process_of(const ek_stacks *stacks, const etwkit_record *record, const ek_joined *joined) {
    uint32_t id = joined && joined->process_id != ETWKIT_NO_ID ? joined->process_id : record->process_id;
    if (id == ETWKIT_NO_ID)
        (void)etwkit_record_payload_process_id(stacks->trace, record, &id);
    return id;
}

ek_stack_modules ek_stacks_modules(const ek_stacks *stacks, const etwkit_record *record, const ek_joined *joined) {
    const etwkit_trace_info *info = ek_etl_info(stacks->trace->files[record->file]);
    const ek_images *images = stacks->images;
    return (ek_stack_modules){images,
                              ek_images_list(images, info->boot_time, process_of(stacks, record, joined)),
                              ek_images_list(images, info->boot_time, 0),
                              ek_images_list(images, info->boot_time, SYSTEM_PROCESS),
                              record->timestamp,
                              info->pointer_size == 8};
}

const char *ek_stacks_module(const ek_stack_modules *of, uint64_t address, uint64_t *offset) {
    const char *name = NULL;
    bool high = address >= EK_IMAGES_ADDRESS_KERNEL;
    if (!high)
        name = ek_images_find(of->images, of->process, address, of->time, offset);
    if (!name && (high || !of->divided))
        name = ek_images_find(of->images, of->kernel, address, of->time, offset);
    if (!name && (high || !of->divided))
        name = ek_images_find(of->images, of->system, address, of->time, offset);
    return name;
}

etwkit_stack_stats ek_stacks_stats(const ek_stacks *stacks) {
    etwkit_stack_stats stats = stacks->stats;
    stats.refused += stacks->refused;
    return stats;
}
