/* SPDX-License-Identifier: MIT */
/* Where the properties of an event lie in its data: how long values are, what arrays and structures have. */
#include "sim_tdh.h"

#include <string.h>

enum {
    FIELDS = 256
};

/* Sizes of in types: https://learn.microsoft.com/windows/win32/api/tdh/ne-tdh-_tdh_in_type; 0: not fixed. */
static ULONG fixed_size(USHORT in_type, ULONG pointer) {
    static const BYTE sizes[] = {0, 0, 0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 4, 0, 16, 0, 8, 16, 0, 4, 8};
    switch (in_type) {
    case SIM_IN_POINTER:
    case SIM_IN_SIZET: return pointer;
    case SIM_IN_UNICODECHAR: return 2;
    case SIM_IN_ANSICHAR: return 1;
    default: return in_type < sizeof sizes ? sizes[in_type] : 0;
    }
}

static ULONG terminated_size(const BYTE *at, ULONG left, ULONG unit) {
    ULONG size = 0;
    while (size + unit <= left) {
        const bool end = at[size] == 0 && (unit == 1 || at[size + 1] == 0);
        size += unit;
        if (end)
            return size;
    }
    return left; /* the event's end is the text's */
}

static ULONG counted_size(const BYTE *at, ULONG left) {
    return left < 2 ? left + 1 : 2u + at[0] + 256u * at[1];
}

/* https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-sid: its second byte counts the 4-byte authorities. */
static ULONG sid_size(const BYTE *at, ULONG left) {
    return left < 2 ? left + 1 : 8u + 4u * at[1];
}

/* The lengths of texts count characters, those of binary data bytes; an IPv6 address has none, and 16 bytes:
 * https://learn.microsoft.com/windows/win32/api/tdh/ne-tdh-_tdh_in_type
 * https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhformatproperty */
bool sim_tdh_size(const sim_value_type *type, const BYTE *at, ULONG left, ULONG *size) {
    *size = fixed_size(type->in_type, type->pointer);
    switch (type->in_type) {
    case SIM_IN_UNICODESTRING: *size = type->has_length ? 2 * type->length : terminated_size(at, left, 2); break;
    case SIM_IN_ANSISTRING: *size = type->has_length ? type->length : terminated_size(at, left, 1); break;
    case SIM_IN_BINARY: *size = type->has_length || type->out_type != SIM_OUT_IPV6 ? type->length : 16; break;
    case SIM_IN_SID: *size = sid_size(at, left); break;
    case SIM_IN_MANIFEST_COUNTEDSTRING:
    case SIM_IN_MANIFEST_COUNTEDANSISTRING:
    case SIM_IN_MANIFEST_COUNTEDBINARY:
    case SIM_IN_COUNTEDSTRING:
    case SIM_IN_COUNTEDANSISTRING: *size = counted_size(at, left); break;
    default:
        if (!*size)
            return false;
    }
    return *size <= left;
}

/* ---- one walk through an event's data, in which a property is looked for */

typedef struct sim_wish {
    const char *name;
    ULONG index; /* MAXDWORD: all elements */
} sim_wish;

typedef struct sim_walk {
    const sim_tdh_event *event;
    const BYTE *at;
    ULONG left, pointer;
    sim_wish outer, member; /* member.name: NULL, the wish is for what is outside */
    ULONG numbers[FIELDS];
    const BYTE *found;
    ULONG found_size;
} sim_walk;

static const sim_tdh_field *field_at(const sim_tdh_event *event, unsigned index) {
    const sim_tdh_field *field = event->fields;
    while (field && index--)
        field = field->next;
    return field;
}

static ULONG index_of(const sim_tdh_event *event, const sim_tdh_field *wanted) {
    ULONG index = 0;
    for (const sim_tdh_field *field = event->fields; field != wanted; field = field->next)
        index++;
    return index;
}

static ULONG number(const sim_walk *walk, bool is_field, ULONG value) {
    return !is_field ? value : value < FIELDS ? walk->numbers[value] : 0;
}

static bool pass_value(sim_walk *walk, const sim_tdh_field *field) {
    const sim_value_type type = {field->in_type, field->out_type, field->length_is_field || field->length,
                                 number(walk, field->length_is_field, field->length), walk->pointer};
    const ULONG index = index_of(walk->event, field);
    ULONG size;
    if (!sim_tdh_size(&type, walk->at, walk->left, &size))
        return false;
    /* Counts and lengths are whole numbers that came before. */
    if (index < FIELDS)
        memcpy(&walk->numbers[index], walk->at, size < sizeof *walk->numbers ? size : sizeof *walk->numbers);
    walk->at += size;
    walk->left -= size;
    return true;
}

static bool pass(sim_walk *walk, const sim_tdh_field *field, const sim_wish *wish, bool inside);

static bool pass_members(sim_walk *walk, const sim_tdh_field *field, bool inside) {
    for (unsigned i = 0; i < field->members; i++) {
        const sim_tdh_field *member = field_at(walk->event, field->first + i);
        /* "Structures cannot contain or reference other structures." */
        if (!member || member->is_struct || !pass(walk, member, &walk->member, inside))
            return false;
    }
    return true;
}

/* A property with all its elements. `inside`: this is where a property of that name is the one. */
static bool pass(sim_walk *walk, const sim_tdh_field *field, const sim_wish *wish, bool inside) {
    const bool named = inside && wish->name && strcmp(field->name, wish->name) == 0;
    const bool last = !field->is_struct || !walk->member.name;
    const ULONG count = number(walk, field->count_is_field, field->count);
    const BYTE *begin = walk->at;
    for (ULONG i = 0; i < count; i++) {
        const BYTE *element = walk->at;
        if (!(field->is_struct ? pass_members(walk, field, named && i == wish->index) : pass_value(walk, field)))
            return false;
        if (named && last && i == wish->index) {
            walk->found = element;
            walk->found_size = (ULONG)(walk->at - element);
        }
    }
    if (named && last && wish->index == MAXDWORD) {
        walk->found = begin;
        walk->found_size = (ULONG)(walk->at - begin);
    }
    return true;
}

ULONG sim_tdh_locate(const sim_tdh_event *event, const EVENT_RECORD *record, const sim_tdh_path *path, const BYTE **at,
                     ULONG *size) {
    sim_walk walk = {.event = event,
                     .at = record->UserData,
                     .left = record->UserDataLength,
                     .pointer = record->EventHeader.Flags & EVENT_HEADER_FLAG_32_BIT_HEADER ? 4 : 8,
                     .outer = {path->name, path->index},
                     .member = {path->member, path->member_index}};
    static const BYTE nothing[1];
    if (!walk.at)
        walk.at = nothing;
    for (const sim_tdh_field *field = event->fields; field && !walk.found; field = field->next)
        if (!field->is_member && !pass(&walk, field, &walk.outer, true))
            return ERROR_EVT_INVALID_EVENT_DATA;
    *at = walk.found;
    *size = walk.found_size;
    return walk.found ? ERROR_SUCCESS : ERROR_NOT_FOUND;
}
