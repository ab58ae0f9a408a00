/* SPDX-License-Identifier: MIT */
/* The stack of a record as a whole: its own items, the keys in them, and what was joined to it. */
#include "base/bytes.h"
#include "etl/items.h"
#include "trace/trace.h"

#define MATCH_ID 8u /* bytes in front of a stack item's addresses or key */

/* Addresses where they stand: u32 or u64, or frames that are known already. */
typedef struct piece {
    const uint8_t *stored;
    const uint64_t *frames; /* where stored is NULL */
    size_t count;
    unsigned width;
} piece;

static const ek_joined *joined_of(const etwkit_trace *trace, const etwkit_record *record) {
    uintptr_t first = (uintptr_t)trace->batch.records, at = (uintptr_t)record;
    size_t index = (at - first) / sizeof *record; /* of a record elsewhere: too large, or not exact */
    return trace->joined && at >= first && index < trace->batch.count && &trace->batch.records[index] == record
               ? &trace->joined[index]
               : NULL;
}

/* false: the item holds no stack, or a key that nothing explains. */
static bool piece_of_item(const etwkit_trace *trace, const etwkit_record *record, const ek_item *item, piece *found) {
    uint32_t count;
    *found = (piece){NULL, NULL, 0, 0};
    if (item->size < MATCH_ID)
        return false;
    size_t size = item->size - MATCH_ID;
    switch (item->type) {
    case ETWKIT_ITEM_STACK_TRACE32: found->width = 4; break;
    case ETWKIT_ITEM_STACK_TRACE64: found->width = 8; break;
    case ETWKIT_ITEM_STACK_KEY32:
    case ETWKIT_ITEM_STACK_KEY64:
        found->width = item->type == ETWKIT_ITEM_STACK_KEY64 ? 8 : 4;
        if (!trace->stacks || size < found->width ||
            !ek_stacks_key(trace->stacks, record, ek_load_pointer(item->data + MATCH_ID, found->width), &found->frames,
                           &count))
            return false;
        found->count = count;
        return true;
    default: return false;
    }
    found->stored = item->data + MATCH_ID;
    found->count = size / found->width;
    return true;
}

static uint64_t *copy_piece(uint64_t *to, const piece *from) {
    if (from->stored)
        for (size_t i = 0; i < from->count; i++)
            to[i] = ek_load_pointer(from->stored + i * from->width, from->width);
    else if (from->frames)
        memcpy(to, from->frames, from->count * sizeof *to);
    return to + from->count;
}

/* How many addresses the record's items have, and, where `to` is not NULL, these. */
static size_t walk_items(const etwkit_trace *trace, const etwkit_record *record, uint64_t *to, bool *any) {
    ek_items items = {record, 0, 0};
    ek_item item;
    piece found;
    size_t count = 0;
    while (record->items_size && ek_items_next(&items, &item)) {
        if (!piece_of_item(trace, record, &item, &found))
            continue;
        *any = true;
        count += found.count;
        if (to)
            to = copy_piece(to, &found);
    }
    return count;
}

etwkit_status etwkit_trace_stack(etwkit_trace *trace, const etwkit_record *record, const uint64_t **frames,
                                 size_t *count) {
    const ek_joined *joined = joined_of(trace, record);
    bool any = false;
    size_t own = walk_items(trace, record, NULL, &any);
    size_t halves = joined ? (size_t)joined->count[0] + joined->count[1] : 0;
    *frames = NULL;
    *count = own + halves;
    if (!any && !(joined && (joined->frames[0] || joined->frames[1])))
        return ETWKIT_ABSENT;
    uint64_t *whole = ek_arena_alloc(&trace->texts, *count * sizeof *whole);
    if (!whole)
        return ETWKIT_E_NO_MEMORY;
    *frames = whole;
    (void)walk_items(trace, record, whole, &any);
    whole += own;
    for (int half = 0; halves && half < 2; half++) {
        const piece known = {NULL, joined->frames[half], joined->count[half], 8};
        whole = copy_piece(whole, &known);
    }
    return ETWKIT_OK;
}

ek_stack_modules ek_trace_modules(const etwkit_trace *trace, const etwkit_record *record) {
    if (!trace->stacks)
        return (ek_stack_modules){0};
    return ek_stacks_modules(trace->stacks, record, joined_of(trace, record));
}

etwkit_status etwkit_trace_frame(const etwkit_trace *trace, const etwkit_record *record, uint64_t address,
                                 const char **module, uint64_t *offset) {
    ek_stack_modules modules = ek_trace_modules(trace, record);
    *module = ek_stacks_module(&modules, address, offset);
    return *module ? ETWKIT_OK : ETWKIT_ABSENT;
}

etwkit_stack_stats etwkit_trace_get_stack_stats(const etwkit_trace *trace) {
    return trace->stacks ? ek_stacks_stats(trace->stacks) : trace->stack_stats;
}
