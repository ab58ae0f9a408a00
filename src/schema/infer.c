/* SPDX-License-Identifier: MIT */
/* The clues to what a field is, which of them counts most, and how fields that refer to others are called. */
#include "schema/infer.h"

#include "base/ascii.h"
#include "schema/tidy.h"

#include <string.h>

#define MAX_CLUES 1000000 /* of one provider; the largest of Windows has some ten thousand */

/* A field somewhere in a known layout; or, without `field`, the name at which a layout stops to be known. */
typedef struct clue {
    struct clue *next; /* of the same name */
    const char *name;
    size_t name_length;
    const ek_field_spec *field;
    const ek_template *of;
    uint16_t event_id;
    uint32_t rank; /* of its source: newer ones have higher ones */
} clue;

typedef struct clue_name {
    const char *name;
    size_t length;
} clue_name;

static bool has_clue_name(const void *value, const void *key) {
    const clue *at = value;
    const clue_name *wanted = key;
    return at->name_length == wanted->length && memcmp(at->name, wanted->name, wanted->length) == 0;
}

static uint64_t hash_of(const ek_infer *infer, const char *name, size_t length) {
    return ek_hash(name, length, ek_hash_seed(infer));
}

static bool add_clue(ek_infer *infer, const clue *what) {
    if (infer->clue_count == MAX_CLUES)
        return true;
    clue *added = ek_arena_copy(infer->arena, what, sizeof *what);
    if (!added)
        return false;
    infer->clue_count++;
    clue_name key = {added->name, added->name_length};
    uint64_t hash = hash_of(infer, added->name, added->name_length);
    clue *first = ek_table_find(&infer->names, hash, has_clue_name, &key);
    if (!first)
        return ek_table_add(&infer->names, hash, added);
    added->next = first->next;
    first->next = added;
    return true;
}

static bool add_template(ek_infer *infer, const ek_provider_event *event, uint32_t rank) {
    const ek_template *template = event->payload;
    for (size_t i = 0; template && i < template->top_count; i++) {
        const ek_field_spec *field = &template->fields[i];
        clue what = {NULL, field->name, field->name_length, field, template, event->id, rank};
        if (!add_clue(infer, &what))
            return false;
    }
    if (!template || !template->stops_at)
        return true;
    clue what = {NULL, template->stops_at, strlen(template->stops_at), NULL, template, event->id, rank};
    return add_clue(infer, &what);
}

bool ek_infer_init(ek_infer *infer, ek_arena *arena, const ek_provider *const *providers, size_t count) {
    *infer = (ek_infer){.arena = arena};
    ek_table_init(&infer->names, &arena->allocator);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < providers[i]->event_count; j++)
            if (!add_template(infer, &providers[i]->events[j], (uint32_t)i))
                return false;
    return true;
}

void ek_infer_free(ek_infer *infer) {
    ek_table_free(&infer->names);
}

/* ---- fields that tell the length or number of others ---- */

typedef struct layout_work {
    ek_infer *infer;
    uint16_t event_id;
    const ek_template *given; /* names and types */
    ek_field_spec *fields;    /* what becomes of them; members behind */
    size_t capacity, count;
    bool failed; /* memory ran out */
} layout_work;

#define NOTHING UINT16_MAX

static bool is_integer(const ek_field_spec *field) {
    return (field->in_type >= ETWKIT_IN_INT8 && field->in_type <= ETWKIT_IN_UINT64) ||
           field->in_type == ETWKIT_IN_HEXINT32 || field->in_type == ETWKIT_IN_HEXINT64;
}

static bool same_text(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (ek_ascii_lower(a[i]) != ek_ascii_lower(b[i]))
            return false;
    return true;
}

/* The integer of that name before field `end`; the last, if there are several. */
static uint16_t find_integer(const layout_work *work, size_t end, const char *name, size_t length) {
    for (size_t i = end; i-- > 0;) {
        const ek_field_spec *field = &work->given->fields[i];
        if (field->name_length == length && memcmp(field->name, name, length) == 0)
            return is_integer(field) ? (uint16_t)i : NOTHING;
    }
    return NOTHING;
}

static bool ends_with(const ek_field_spec *field, const char *end) {
    size_t length = strlen(end);
    return field->name_length >= length && same_text(field->name + field->name_length - length, end, length);
}

/* Is `field` called as `name` and one of the endings (NULL at the end of them)? */
static bool is_called(const ek_field_spec *field, const char *name, size_t length, const char *const *endings) {
    const char *text = field->name;
    size_t size = field->name_length;
    while (size && *text == '_') /* "_ReasonLength" is that of "Reason" */
        text++, size--;
    for (; *endings; endings++)
        if (size == length + strlen(*endings) && same_text(text, name, length) &&
            same_text(text + length, *endings, strlen(*endings)))
            return true;
    return false;
}

/* The nearest integer in front that is called as `name` and one of the endings. */
static uint16_t find_called(const layout_work *work, size_t at, const char *name, size_t length,
                            const char *const *endings) {
    for (size_t i = at; i-- > 0;) {
        const ek_field_spec *before = &work->given->fields[i];
        if (is_integer(before) && is_called(before, name, length, endings))
            return (uint16_t)i;
    }
    return NOTHING;
}

static const char *const string_lengths[] = {"Length", "Len", NULL};
static const char *const binary_lengths[] = {"Length", "Len", "Size", "Bytes", "ByteCount", "Count", NULL};
static const char *const counts[] = {"Count", NULL};

/* "TransportLength" right before "TransportName". */
static bool is_measured_before(const layout_work *work, size_t at) {
    const ek_field_spec *field = &work->given->fields[at], *before = at ? field - 1 : NULL;
    if (!before || !is_integer(before) || !ends_with(before, "Length"))
        return false;
    const char *stem = before->name;
    size_t length = before->name_length - strlen("Length");
    while (length && *stem == '_')
        stem++, length--;
    return length && length < field->name_length && same_text(stem, field->name, length);
}

/* "PathLength" is that of "PathBuffer" too, and there "PathBufferCount" is a length. */
static uint16_t find_string_length(const layout_work *work, size_t at) {
    static const char *const of_buffers[] = {"Length", "Len", "Count", "Size", NULL};
    const ek_field_spec *field = &work->given->fields[at];
    uint16_t found = find_called(work, at, field->name, field->name_length, string_lengths);
    size_t buffer = strlen("Buffer");
    if (found == NOTHING && is_measured_before(work, at))
        return (uint16_t)(at - 1);
    if (found != NOTHING || !ends_with(field, "Buffer"))
        return found;
    found = find_called(work, at, field->name, field->name_length, of_buffers);
    return found != NOTHING ? found : find_called(work, at, field->name, field->name_length - buffer, of_buffers);
}

/* Of bytes without such a name in front it is still most often the integer right before them. */
static uint16_t find_binary_length(const layout_work *work, size_t at) {
    static const char *const any[] = {"Length", "Len", "Size", "Bytes", "Count"};
    const ek_field_spec *field = &work->given->fields[at];
    uint16_t found = find_called(work, at, field->name, field->name_length, binary_lengths);
    const ek_field_spec *before = at ? &work->given->fields[at - 1] : NULL;
    for (size_t i = 0; found == NOTHING && before && is_integer(before) && i < sizeof any / sizeof *any; i++)
        if (ends_with(before, any[i]))
            found = (uint16_t)(at - 1);
    return found;
}

/* Also by the singular: "StateCount" counts "States". */
static uint16_t find_count(const layout_work *work, size_t at) {
    const ek_field_spec *field = &work->given->fields[at];
    size_t plural = ends_with(field, "es") ? 2 : ends_with(field, "s") ? 1 : 0;
    uint16_t found = NOTHING;
    for (size_t cut = 0; found == NOTHING && cut <= plural && cut < field->name_length; cut++)
        found = find_called(work, at, field->name, field->name_length - cut, counts);
    return found;
}

/* ---- the best clue ---- */

/* The field that a known one refers to, as the new layout has it; NOTHING where it refers to none. */
static bool resolve(const layout_work *work, size_t at, const clue *from, uint16_t *reference) {
    const ek_field_spec *field = from->field;
    *reference = NOTHING;
    if (!(field->flags & (EK_FIELD_PARAM_COUNT | EK_FIELD_PARAM_LENGTH)))
        return true;
    uint16_t index = field->flags & EK_FIELD_PARAM_COUNT ? field->count : field->length;
    if (index >= from->of->top_count)
        return false;
    const ek_field_spec *other = &from->of->fields[index];
    *reference = find_integer(work, at, other->name, other->name_length);
    return *reference != NOTHING;
}

/* The same event says most; then a clue whose reference finds its field: a plain one comes from an event without it. */
static unsigned weight(const layout_work *work, const clue *at, uint16_t reference) {
    return (at->event_id == work->event_id ? 2u : 0u) + (reference != NOTHING ? 1u : 0u);
}

typedef struct findings {
    const clue *ordinary, *structure;
    uint16_t reference;   /* of `ordinary` */
    bool stops;           /* somewhere a layout ends here */
    const clue *same_map; /* the same event's field has a map */
    const clue *any;      /* the first of this type */
    bool maps_differ;     /* among all of this type */
} findings;

static bool is_same_map(const etwkit_map *a, const etwkit_map *b) {
    return a == b || (a && b && strcmp(a->name, b->name) == 0);
}

static void look_at_map(const layout_work *work, const clue *what, findings *found) {
    if (!found->any)
        found->any = what;
    found->maps_differ |= !is_same_map(found->any->field->map, what->field->map);
    if (what->field->map && what->event_id == work->event_id &&
        (!found->same_map || what->rank > found->same_map->rank))
        found->same_map = what;
}

static void look_at_ordinary(const layout_work *work, size_t at, const clue *what, findings *found) {
    uint16_t reference;
    if (!resolve(work, at, what, &reference))
        return;
    if (found->ordinary) {
        unsigned now = weight(work, what, reference), best = weight(work, found->ordinary, found->reference);
        if (now < best || (now == best && what->rank <= found->ordinary->rank))
            return;
    }
    found->ordinary = what;
    found->reference = reference;
}

static void look_at(const layout_work *work, size_t at, const clue *what, findings *found) {
    const ek_field_spec *field = &work->given->fields[at];
    bool may_be_struct = ek_could_be_struct(work->given, field->in_type);
    if (!what->field) {
        found->stops |= may_be_struct || field->in_type == ETWKIT_IN_BINARY;
    } else if (what->field->flags & EK_FIELD_STRUCT) {
        if (may_be_struct && (!found->structure || what->event_id == work->event_id))
            found->structure = what;
    } else if (what->field->in_type == field->in_type) {
        look_at_map(work, what, found);
        look_at_ordinary(work, at, what, found);
    }
}

static findings find_clues(const layout_work *work, size_t at) {
    findings found = {.reference = NOTHING};
    const ek_field_spec *field = &work->given->fields[at];
    clue_name key = {field->name, field->name_length};
    const clue *what =
        ek_table_find(&work->infer->names, hash_of(work->infer, field->name, field->name_length), has_clue_name, &key);
    for (; what; what = what->next)
        look_at(work, at, what, &found);
    return found;
}

/* ---- the new layout ---- */

static ek_field_spec *add_field(layout_work *work, const ek_field_spec *field) {
    void *block = work->fields;
    if (!ek_grow(&work->infer->arena->allocator, &block, &work->capacity, work->count + 1, sizeof *work->fields)) {
        work->failed = true;
        return NULL;
    }
    work->fields = block;
    work->fields[work->count] = *field;
    return &work->fields[work->count++];
}

/* false: this layout cannot be completed from here on. */
static bool take_ordinary(ek_field_spec *field, const findings *found) {
    const ek_field_spec *from = found->ordinary->field;
    field->flags = from->flags;
    field->out_type = from->out_type;
    field->count = from->count;
    field->length = from->length;
    if (field->flags & EK_FIELD_PARAM_COUNT) {
        field->count = found->reference;
        /* Its own length would be a second reference, which nobody has met yet. */
        return !(field->flags & EK_FIELD_PARAM_LENGTH);
    }
    if (field->flags & EK_FIELD_PARAM_LENGTH)
        field->length = found->reference;
    return true;
}

static bool is_text(const ek_field_spec *field) {
    return field->in_type == ETWKIT_IN_UNICODESTRING || field->in_type == ETWKIT_IN_ANSISTRING;
}

static bool take_by_names(const layout_work *work, size_t at, ek_field_spec *field) {
    uint16_t reference;
    switch (field->in_type) {
    case ETWKIT_IN_NULL:
    case ETWKIT_IN_STRUCT: return false;
    case ETWKIT_IN_BINARY:
        reference = find_binary_length(work, at);
        if (reference == NOTHING) /* the last has what is left */
            return at + 1 == work->given->top_count;
        break;
    case ETWKIT_IN_UNICODESTRING:
    case ETWKIT_IN_ANSISTRING: reference = find_string_length(work, at); break;
    default:
        if (field->in_type > ETWKIT_IN_COUNTED_BINARY)
            return false;
        reference = find_count(work, at);
        if (reference == NOTHING)
            return true;
        field->flags = EK_FIELD_PARAM_COUNT;
        field->count = reference;
        return field->in_type != work->given->top_count; /* then it may as well be a struct */
    }
    if (reference != NOTHING) {
        field->flags = EK_FIELD_PARAM_LENGTH;
        field->length = reference;
    }
    return true;
}

/* Appends the members of a struct at `at`. References go to other members, or to top-level fields of the same name. */
static bool add_members(layout_work *work, size_t at, const ek_template *of, const ek_field_spec *from,
                        unsigned depth) {
    size_t first = work->count, members = from->member_count, start = from->first_member;
    if (depth == ETWKIT_WALK_DEPTH || members == 0 || start < of->top_count || start + members > of->field_count ||
        work->count + members > EK_MAX_FIELDS)
        return false;
    for (size_t i = 0; i < members; i++) {
        ek_field_spec member = of->fields[start + i];
        uint16_t *references[] = {member.flags & EK_FIELD_PARAM_COUNT ? &member.count : NULL,
                                  member.flags & EK_FIELD_PARAM_LENGTH ? &member.length : NULL};
        for (size_t j = 0; j < 2; j++) {
            size_t to = references[j] ? *references[j] : start;
            if (to >= of->field_count)
                return false;
            if (to < of->top_count)
                *references[j] = find_integer(work, at, of->fields[to].name, of->fields[to].name_length);
            else if (to < start || to >= start + members)
                return false;
            else if (references[j])
                *references[j] = (uint16_t)(first + to - start);
            if (references[j] && *references[j] == NOTHING)
                return false;
        }
        if (!add_field(work, &member))
            return false;
    }
    work->fields[at].first_member = (uint16_t)first;
    work->fields[at].member_count = (uint16_t)members;
    for (size_t i = 0; i < members; i++)
        if ((of->fields[start + i].flags & EK_FIELD_STRUCT) &&
            !add_members(work, first + i, of, &of->fields[start + i], depth + 1))
            return false;
    return true;
}

static bool take_struct(const layout_work *work, size_t at, ek_field_spec *field, const clue *from) {
    uint16_t reference;
    if (!resolve(work, at, from, &reference))
        return false;
    field->in_type = from->field->in_type;
    field->flags = from->field->flags;
    field->count = field->flags & EK_FIELD_PARAM_COUNT ? reference : from->field->count;
    return true;
}

/* Returns whether the field could be completed; its members are still to come. */
static bool complete(layout_work *work, size_t at) {
    const ek_field_spec *given = &work->given->fields[at];
    ek_field_spec field = {.name = given->name, .name_length = given->name_length, .in_type = given->in_type};
    findings found = find_clues(work, at);
    bool same_event = found.ordinary && found.ordinary->event_id == work->event_id;
    /* Other events may have a text without a length in front: there its name is the better witness. */
    bool like_others = found.ordinary && !found.stops && (found.reference != NOTHING || !is_text(given));
    bool known;
    if (found.structure)
        known = take_struct(work, at, &field, found.structure);
    else if (same_event || like_others)
        known = take_ordinary(&field, &found);
    else
        known = !found.stops && take_by_names(work, at, &field);
    if (found.same_map)
        field.map = found.same_map->field->map;
    else if (found.any && !found.maps_differ)
        field.map = found.any->field->map;
    /* What was last in its event and had the rest may have something behind it here. */
    if (field.in_type == ETWKIT_IN_BINARY && !field.flags && !field.length && at + 1 < work->given->top_count)
        known = take_by_names(work, at, &field);
    return known && add_field(work, &field);
}

static const ek_template *finish(layout_work *work, size_t top_count) {
    ek_arena *arena = work->infer->arena;
    ek_template *result = ek_arena_new(arena, sizeof *result);
    ek_field_spec *fields = ek_arena_copy(arena, work->fields, work->count * sizeof *fields);
    if (!result || (work->count && !fields) || work->failed)
        return NULL;
    *result = (ek_template){fields, (uint16_t)work->count, (uint16_t)top_count, NULL};
    if (top_count < work->given->top_count) {
        const ek_field_spec *next = &work->given->fields[top_count];
        result->stops_at = ek_arena_text(arena, next->name, next->name_length);
        if (!result->stops_at)
            return NULL;
    }
    return result;
}

static size_t take_top_level(layout_work *work, size_t limit) {
    size_t top = 0;
    work->count = 0;
    while (top < limit && complete(work, top))
        top++;
    return top;
}

/* Members stand behind all top-level fields. Returns the first field whose members could not be had, or `top`. */
static size_t take_members(layout_work *work, size_t top) {
    for (size_t at = 0; at < top; at++) {
        if (!(work->fields[at].flags & EK_FIELD_STRUCT))
            continue;
        const clue *structure = find_clues(work, at).structure;
        if (!structure || !add_members(work, at, structure->of, structure->field, 0))
            return at;
    }
    return top;
}

const ek_template *ek_infer_template(ek_infer *infer, uint16_t event_id, const ek_field_spec *fields, size_t count) {
    const ek_template given = {fields, (uint16_t)count, (uint16_t)count, NULL};
    layout_work work = {.infer = infer, .event_id = event_id, .given = &given};
    size_t limit = count, top, whole;
    while (top = take_top_level(&work, limit), whole = take_members(&work, top), whole < top)
        limit = whole;
    const ek_template *result = work.failed ? NULL : finish(&work, top);
    ek_release(&infer->arena->allocator, work.fields);
    return result;
}
