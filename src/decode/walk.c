/* SPDX-License-Identifier: MIT */
/* Finds the values of a payload one after another: the rules of docs/format/values.md. Knows no text and no output. */
#include "decode/walk.h"

#include "base/bytes.h"
#include "base/utf.h"
#include "decode/address.h"

#define UNKNOWN_COUNT UINT32_MAX /* an array to the payload's end whose elements vary in size */
#define MOST_COUNT (UNKNOWN_COUNT - 1)

static size_t left(const etwkit_walk *walk) {
    return (size_t)(walk->end - walk->cursor);
}

/* A step that takes no byte: a payload may have so many, and then it is damaged. */
static void pay_idle_step(etwkit_walk *walk) {
    if (walk->idle)
        walk->idle--;
    else
        walk->truncated = true;
}

/* Takes `took` bytes, of which `size` bytes `skip` bytes in are the value. They must be there. */
static void take(etwkit_walk *walk, etwkit_value *value, size_t skip, size_t size, size_t took) {
    value->data = walk->cursor + skip;
    value->size = (uint32_t)size;
    walk->cursor += took;
    if (took == 0)
        pay_idle_step(walk);
}

/* Text is shown up to an embedded NUL, but taken whole; an odd byte of UTF-16 is dropped. */
static void end_at_nul(etwkit_value *value) {
    if (value->in_type == ETWKIT_IN_UNICODESTRING) {
        bool terminated;
        value->size = (uint32_t)ek_utf16_length(value->data, value->size, &terminated);
    } else if (value->in_type == ETWKIT_IN_ANSISTRING && value->size) {
        const uint8_t *nul = memchr(value->data, 0, value->size);
        value->size = nul ? (uint32_t)(nul - value->data) : value->size;
    }
}

/* Text whose length was told by other means than a terminator, or bytes. false: not all of it is there. */
static bool take_counted(etwkit_walk *walk, etwkit_value *value, size_t head, size_t size) {
    if (left(walk) < head || left(walk) - head < size)
        return false;
    take(walk, value, head, size, head + size);
    end_at_nul(value);
    return true;
}

/* To the NUL, which is taken too, or to the payload's end. Where that comes before the first character, the string is
 * not empty: it is not there. */
static bool take_utf16(etwkit_walk *walk, etwkit_value *value) {
    size_t rest = left(walk);
    bool terminated;
    if (rest < 2)
        return false;
    size_t size = ek_utf16_length(walk->cursor, rest, &terminated);
    take(walk, value, 0, size, terminated ? size + 2 : rest);
    return true;
}

static bool take_ansi(etwkit_walk *walk, etwkit_value *value) {
    size_t rest = left(walk);
    if (rest == 0)
        return false;
    const uint8_t *nul = memchr(walk->cursor, 0, rest);
    size_t size = nul ? (size_t)(nul - walk->cursor) : rest;
    take(walk, value, 0, size, nul ? size + 1 : rest);
    return true;
}

static bool take_length(etwkit_walk *walk, const etwkit_field *field, etwkit_value *value) {
    bool by_field = (field->flags & EK_FIELD_PARAM_LENGTH) != 0;
    uint64_t size = by_field ? walk->slots[walk->fields[field->length].slot] : field->length;
    if (value->in_type == ETWKIT_IN_UNICODESTRING)
        size *= 2;
    return size <= left(walk) && take_counted(walk, value, 0, (size_t)size);
}

static bool take_sid(etwkit_walk *walk, etwkit_value *value, size_t head) {
    size_t size = left(walk) < head ? 0 : ek_sid_size(walk->cursor + head, left(walk) - head);
    if (size == 0)
        return false;
    take(walk, value, head, size, head + size);
    return true;
}

/* Revision 1, some sub-authorities, and an authority below 2^16, as all known ones are. */
static bool is_plain_sid(const uint8_t *sid) {
    return sid[0] == 1 && sid[1] >= 1 && ek_load32(sid + 2) == 0;
}

/*
 * WBEM's SID: TOKEN_USER, whose first word is never 0, and a SID behind it; or just a 0 of 4 bytes: no SID. Synthetic
 * traces have a TOKEN_USER of zeros with a SID behind it: where something stands there that can only be a SID, it is
 * one.
 */
static bool take_wbem_sid(etwkit_walk *walk, etwkit_value *value) {
    size_t token_user = walk->wide ? 16 : 8;
    if (left(walk) < 4)
        return false;
    if (ek_load32(walk->cursor) != 0)
        return take_sid(walk, value, token_user);
    if (left(walk) >= token_user + 8 && is_plain_sid(walk->cursor + token_user) && take_sid(walk, value, token_user))
        return true;
    take(walk, value, 0, 0, 4);
    return true;
}

static void take_padding(etwkit_walk *walk, etwkit_value *value) {
    size_t gap = walk->wide ? (size_t)(0 - (uintptr_t)(walk->cursor - walk->start)) & 7 : 0;
    gap = gap < left(walk) ? gap : left(walk);
    take(walk, value, 0, gap, gap);
}

/* Takes one element of a field that is no struct. false: it is not (wholly) there, and nothing was taken. */
static bool take_element(etwkit_walk *walk, const etwkit_field *field, etwkit_value *value) {
    size_t rest = left(walk), size = field->fixed_size[walk->wide];
    *value = (etwkit_value){field, walk->cursor, 0, field->value_type, field->out_type};
    switch ((ek_read)field->read) {
    case EK_READ_FIXED:
        if (rest < size)
            return false;
        take(walk, value, 0, size, size);
        return true;
    case EK_READ_UTF16: return take_utf16(walk, value);
    case EK_READ_ANSI: return take_ansi(walk, value);
    case EK_READ_LENGTH: return take_length(walk, field, value);
    case EK_READ_COUNTED: return rest >= 2 && take_counted(walk, value, 2, ek_load16(walk->cursor));
    case EK_READ_COUNTED_BE: return rest >= 2 && take_counted(walk, value, 2, ek_load16_be(walk->cursor));
    case EK_READ_COUNTED32: return rest >= 4 && take_counted(walk, value, 4, ek_load32(walk->cursor));
    case EK_READ_REST: return take_counted(walk, value, 0, rest);
    case EK_READ_SID: return take_sid(walk, value, 0);
    case EK_READ_WBEM_SID: return take_wbem_sid(walk, value);
    case EK_READ_ALIGN8: take_padding(walk, value); return true;
    case EK_READ_NOTHING: take(walk, value, 0, 0, 0); return true;
    case EK_READ_STRUCT: break;
    }
    return false;
}

/* Keeps an integer that counts or measures a later field. What is too large for the payload stays too large. */
static void keep_slot(etwkit_walk *walk, const etwkit_field *field, const etwkit_value *value) {
    uint64_t number = value->size == 8   ? ek_load64(value->data)
                      : value->size == 4 ? ek_load32(value->data)
                      : value->size == 2 ? ek_load16(value->data)
                      : value->size == 1 ? value->data[0]
                                         : 0;
    walk->slots[field->slot] = number < MOST_COUNT ? (uint32_t)number : MOST_COUNT;
}

/* How many elements the payload announces; takes the count where it stands in front. false: that is not there. */
static bool take_count(etwkit_walk *walk, const etwkit_field *field, uint32_t *count) {
    if (field->flags & EK_FIELD_COUNT_U16) {
        if (left(walk) < 2)
            return false;
        *count = ek_load16(walk->cursor);
        walk->cursor += 2;
    } else if (field->flags & EK_FIELD_PARAM_COUNT)
        *count = walk->slots[walk->fields[field->count].slot];
    else if (field->flags & EK_FIELD_COUNT_REST) {
        size_t size = field->fixed_size[walk->wide];
        *count = size ? (uint32_t)(left(walk) / size) : UNKNOWN_COUNT;
    } else
        *count = field->count;
    return true;
}

/*
 * The payload ended before the next field. At its very end optional fields may be missing, and padding always may;
 * anything else means that the event was cut.
 */
static void end_early(etwkit_walk *walk) {
    uint16_t at = walk->level[0].field, last = walk->level[0].last;
    while (walk->depth == 0 && left(walk) == 0 && at < last &&
           (walk->fields[at].flags & EK_FIELD_OPTIONAL || walk->fields[at].read == EK_READ_ALIGN8))
        at++;
    if (walk->depth == 0 && at == last)
        walk->level[0].field = last;
    else
        walk->truncated = true;
}

static bool give(etwkit_step *step, etwkit_step_kind kind, const etwkit_field *field, uint32_t count) {
    step->kind = kind;
    step->field = field;
    step->count = count;
    return true;
}

static bool begin_struct(etwkit_walk *walk, const etwkit_field *field, etwkit_step *step) {
    walk->depth++;
    walk->level[walk->depth].field = field->first_member;
    walk->level[walk->depth].last = (uint16_t)(field->first_member + field->member_count);
    walk->level[walk->depth].start = (uint32_t)(walk->cursor - walk->start);
    walk->level[walk->depth].in_array = false;
    return give(step, ETWKIT_STEP_STRUCT_BEGIN, field, 0);
}

static bool end_struct(etwkit_walk *walk, etwkit_step *step) {
    if (walk->level[walk->depth].start == (uint32_t)(walk->cursor - walk->start))
        pay_idle_step(walk);
    walk->depth--;
    const etwkit_field *field = &walk->fields[walk->level[walk->depth].field];
    if (!walk->level[walk->depth].in_array)
        walk->level[walk->depth].field++;
    return give(step, ETWKIT_STEP_STRUCT_END, field, 0);
}

/* An array of characters is one value: its text, as far as it is there. */
static bool take_text_array(etwkit_walk *walk, const etwkit_field *field, uint32_t count, etwkit_step *step) {
    size_t unit = field->fixed_size[walk->wide];
    uint64_t size = (uint64_t)count * unit;
    if (size > left(walk)) {
        walk->truncated = true;
        size = left(walk) / unit * unit;
        if (size == 0)
            return false;
    }
    step->value = (etwkit_value){field, walk->cursor, 0, field->value_type, field->out_type};
    take_counted(walk, &step->value, 0, (size_t)size);
    walk->level[walk->depth].field++;
    return give(step, ETWKIT_STEP_VALUE, field, 0);
}

/* The array at the level's field. false: it gave no step. */
static bool begin_array(etwkit_walk *walk, const etwkit_field *field, etwkit_step *step) {
    uint32_t count;
    if (!take_count(walk, field, &count)) {
        end_early(walk);
        return false;
    }
    if (field->is_text)
        return take_text_array(walk, field, count, step);
    if (count == 0)
        pay_idle_step(walk);
    walk->level[walk->depth].elements = count;
    walk->level[walk->depth].in_array = true;
    return give(step, ETWKIT_STEP_ARRAY_BEGIN, field, count == UNKNOWN_COUNT ? 0 : count);
}

/* The next element of the open array, or its end. */
static bool next_element(etwkit_walk *walk, const etwkit_field *field, etwkit_step *step) {
    uint32_t *elements = &walk->level[walk->depth].elements;
    if (field->flags & EK_FIELD_COUNT_REST && left(walk) == 0)
        *elements = 0;
    if (*elements && !walk->truncated) {
        *elements -= *elements != UNKNOWN_COUNT;
        if (field->read == EK_READ_STRUCT)
            return begin_struct(walk, field, step);
        if (take_element(walk, field, &step->value))
            return give(step, ETWKIT_STEP_VALUE, field, 0);
        walk->truncated = true;
    }
    walk->level[walk->depth].in_array = false;
    walk->level[walk->depth].field++;
    return give(step, ETWKIT_STEP_ARRAY_END, field, 0);
}

/* A field that is no array. false: it gave no step. */
static bool next_field(etwkit_walk *walk, const etwkit_field *field, etwkit_step *step) {
    if (field->read == EK_READ_STRUCT)
        return begin_struct(walk, field, step);
    if (!take_element(walk, field, &step->value)) {
        end_early(walk);
        return false;
    }
    if (field->slot != EK_NO_SLOT)
        keep_slot(walk, field, &step->value);
    walk->level[walk->depth].field++;
    return give(step, ETWKIT_STEP_VALUE, field, 0);
}

/* Counts the walk where its schema is used: once, at its end. */
static void note_usage(etwkit_walk *walk) {
    walk->ended = true;
    if (!etwkit_schema_is_known(walk->schema))
        return;
    etwkit_schema_usage *usage = &((etwkit_schema *)walk->schema)->usage; /* counts alone change in a schema */
    usage->walked++;
    usage->truncated += walk->truncated;
    usage->with_rest += !walk->truncated && left(walk) != 0;
}

/* The next step, of shown and hidden fields alike; false at the end. */
static bool take_step(etwkit_walk *walk, etwkit_step *step) {
    for (;;) {
        uint16_t at = walk->level[walk->depth].field;
        if (walk->level[walk->depth].in_array)
            return next_element(walk, &walk->fields[at], step);
        if (walk->truncated || at == walk->level[walk->depth].last) {
            if (walk->depth)
                return end_struct(walk, step);
            if (!walk->ended)
                note_usage(walk);
            return false;
        }
        const etwkit_field *field = &walk->fields[at];
        if (field->flags & EK_FIELD_HIDDEN && !walk->hidden) {
            walk->hidden = true;
            walk->hidden_depth = walk->depth;
        }
        if (field->flags & EK_FIELD_OPTIONAL && left(walk) == 0)
            end_early(walk);
        else if (field->is_array ? begin_array(walk, field, step) : next_field(walk, field, step))
            return true;
    }
}

/* Steps of a hidden field, and of all within it, are taken here and given to nobody. */
bool ek_walk_next_rule(etwkit_walk *walk, etwkit_step *step) {
    while (take_step(walk, step)) {
        if (!walk->hidden)
            return true;
        bool above = walk->depth < walk->hidden_depth; /* the payload ended at it, and what is around it closes */
        walk->hidden = walk->depth > walk->hidden_depth || (!above && walk->level[walk->depth].in_array);
        if (above)
            return true;
    }
    return false;
}

/* At the first of the top-level fields, with the payload as it is. */
static void begin(etwkit_walk *walk, const etwkit_schema *schema, const etwkit_record *record) {
    static const uint8_t nothing[1];
    const ek_layout *layout = schema ? schema->is.layout : NULL;
    walk->schema = schema;
    walk->fields = layout ? layout->fields : NULL;
    walk->start = walk->cursor = record->payload ? record->payload : nothing;
    walk->end = walk->start + (record->payload ? record->payload_size : 0);
    walk->idle = EK_IDLE_STEPS + (uint32_t)(walk->end - walk->start) + (layout ? layout->field_count : 0u);
    walk->wide = record->pointer_size == 8;
    walk->depth = 0;
    walk->truncated = walk->ended = walk->hidden = false;
    walk->level[0].field = 0;
    walk->level[0].last = layout ? layout->top_count : 0;
    walk->level[0].start = 0;
    walk->level[0].in_array = false;
    for (unsigned i = 0; layout && i < layout->slot_count; i++)
        walk->slots[i] = 0; /* what a missing referent counts as */
}

void etwkit_walk_begin(etwkit_walk *walk, const etwkit_schema *schema, const etwkit_record *record) {
    begin(walk, schema, record);
}

etwkit_status etwkit_walk_next(etwkit_walk *walk, etwkit_step *step) {
    return ek_walk_next(walk, step) ? ETWKIT_OK : ETWKIT_END;
}

size_t etwkit_walk_rest(const etwkit_walk *walk, const uint8_t **rest) {
    *rest = walk->cursor;
    return left(walk);
}

bool etwkit_walk_truncated(const etwkit_walk *walk) {
    return walk->truncated;
}

/* The last field up to `wanted` at a fixed offset: a walk may begin there, unless fields refer to others. */
static uint16_t last_fixed(const ek_layout *layout, uint16_t wanted, unsigned wide) {
    uint16_t at = layout->slot_count ? 0 : wanted;
    while (at > 0 && layout->fields[at].fixed_offset[wide] < 0)
        at--;
    return at;
}

static etwkit_status walk_to(const etwkit_record *record, const etwkit_schema *schema, const etwkit_field *field,
                             etwkit_value *value) {
    etwkit_walk walk;
    etwkit_step step;
    begin(&walk, schema, record);
    uint16_t first = last_fixed(field->layout, (uint16_t)(field - field->layout->fields), walk.wide);
    size_t offset = (size_t)field->layout->fields[first].fixed_offset[walk.wide];
    if (offset <= left(&walk)) {
        walk.cursor += offset;
        walk.level[0].field = first;
    }
    walk.ended = true; /* not a walk that counts */
    while (ek_walk_next(&walk, &step))
        if (step.field == field) {
            *value = step.value;
            return ETWKIT_OK;
        }
    return ETWKIT_ABSENT;
}

etwkit_status etwkit_record_value(const etwkit_record *record, const etwkit_schema *schema, const etwkit_field *field,
                                  etwkit_value *value) {
    if (!schema || !field || field->layout != schema->is.layout)
        return ETWKIT_E_INVALID;
    if (field->read == EK_READ_STRUCT || (field->is_array && !field->is_text))
        return ETWKIT_E_TYPE;
    if (field >= field->layout->fields + field->layout->top_count)
        return ETWKIT_E_TYPE; /* a member: which element's? */
    unsigned wide = record->pointer_size == 8;
    int32_t offset = field->fixed_offset[wide];
    if (offset >= 0 && field->read == EK_READ_FIXED && !field->is_array && record->payload &&
        (uint64_t)offset + field->fixed_size[wide] <= record->payload_size) {
        *value =
            (etwkit_value){field, record->payload + offset, field->fixed_size[wide], field->in_type, field->out_type};
        return ETWKIT_OK;
    }
    return walk_to(record, schema, field, value);
}

bool ek_layout_fits(const ek_layout *layout, const etwkit_record *record) {
    const etwkit_schema tried = {.is.layout = layout, .known = true};
    etwkit_walk walk;
    etwkit_step step;
    const uint8_t *rest;
    etwkit_walk_begin(&walk, &tried, record);
    walk.ended = true; /* not to be counted */
    while (ek_walk_next(&walk, &step))
        continue;
    return !etwkit_walk_truncated(&walk) && etwkit_walk_rest(&walk, &rest) == 0;
}
