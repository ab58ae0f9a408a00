/* SPDX-License-Identifier: MIT */
/* The corrections. Knows providers and field names, not the form in which a source describes them. */
#include "schema/corrections.h"

#include "base/guid.h"

#define ANY_EVENT (-1)

typedef enum correction_kind {
    COUNTED_BY,   /* an array declared with a fixed count holds as many elements as the field `other` says */
    POINTER_SIZE, /* an unsigned integer declared with 4 bytes is as wide as the writer's pointers */
    PADDING       /* of the struct `field`, `bytes` of padding stand before the member `other` */
} correction_kind;

typedef enum padding {
    NO_PADDING,
    ALWAYS_2,
    WIDE_4 /* where pointers have 8 bytes */
} padding;

typedef struct correction {
    etwkit_guid provider_id;
    int32_t event_id;
    correction_kind kind;
    const char *field;
    const char *other;
    padding padding;
} correction;

#define CLR EK_GUID(0xe13c0d23, 0xccbc, 0x4e12, 0x93, 0x1b, 0xd9, 0xcc, 0x2e, 0xee, 0x27, 0xe4)

static const correction corrections[] = {
    /* Microsoft-Windows-DotNETRuntime, its rundown, stress and private providers: CLRStackWalk declares two frames. Its
     * id differs: 82, 0, 1, 151. */
    {CLR, ANY_EVENT, COUNTED_BY, "Stack", "FrameCount", NO_PADDING},
    {EK_GUID(0xa669021c, 0xc450, 0x4609, 0xa0, 0x35, 0x5a, 0xf5, 0x9a, 0xf4, 0xdf, 0x18), ANY_EVENT, COUNTED_BY,
     "Stack", "FrameCount", NO_PADDING},
    {EK_GUID(0xcc2bcbba, 0x16b6, 0x4cf3, 0x89, 0x90, 0xd7, 0x4c, 0x2e, 0x8a, 0xf5, 0x00), ANY_EVENT, COUNTED_BY,
     "Stack", "FrameCount", NO_PADDING},
    {EK_GUID(0x763fd754, 0x7086, 0x4dfe, 0x95, 0xeb, 0xc0, 0x1a, 0x46, 0xfa, 0xf4, 0xca), ANY_EVENT, COUNTED_BY,
     "Stack", "FrameCount", NO_PADDING},
    /* Microsoft-Windows-Kernel-Network: every event ends in a connection's number. */
    {EK_GUID(0x7dd42a49, 0x5329, 0x4832, 0x8d, 0xfd, 0x43, 0xd9, 0x79, 0x15, 0x3a, 0x88), ANY_EVENT, POINTER_SIZE,
     "connid", NULL, NO_PADDING},
    /* GCLOHCompact and GCFitBucketInfo hold arrays of C structs, padded as the compiler does. */
    {CLR, 208, PADDING, "Values", "TotalRefs", WIDE_4},
    {CLR, 209, PADDING, "Values", "Count", ALWAYS_2},
};

static size_t find_field(const ek_field_spec *specs, size_t count, const char *name) {
    size_t length = strlen(name), at = 0;
    while (at < count && (specs[at].name_length != length || memcmp(specs[at].name, name, length) != 0))
        at++;
    return at;
}

/* Makes room at `at`: who refers to what stands from there on refers one further. */
static void insert_field(ek_field_spec *specs, size_t count, size_t at) {
    memmove(&specs[at + 1], &specs[at], (count - at) * sizeof *specs);
    for (size_t i = 0; i < count + 1; i++) {
        ek_field_spec *field = &specs[i];
        if (i == at)
            continue;
        field->count = (uint16_t)(field->count + ((field->flags & EK_FIELD_PARAM_COUNT) && field->count >= at));
        field->length = (uint16_t)(field->length + ((field->flags & EK_FIELD_PARAM_LENGTH) && field->length >= at));
        field->first_member = (uint16_t)(field->first_member + (field->first_member > at));
    }
}

static size_t pad(const correction *by, ek_field_spec *specs, size_t count) {
    size_t structure = find_field(specs, count, by->field);
    if (structure == count || !(specs[structure].flags & EK_FIELD_STRUCT))
        return count;
    size_t first = specs[structure].first_member, members = specs[structure].member_count;
    if (first > count || members > count - first)
        return count;
    size_t at = first + find_field(specs + first, members, by->other);
    if (at == first + members || at == first || (specs[at - 1].flags & EK_FIELD_HIDDEN))
        return count;
    insert_field(specs, count, at);
    specs[structure].member_count++;
    specs[at] = (ek_field_spec){.name = "",
                                .flags = EK_FIELD_HIDDEN | (by->padding == WIDE_4 ? EK_FIELD_WIDE_ONLY : 0u),
                                .in_type = ETWKIT_IN_BINARY,
                                .length = by->padding == WIDE_4 ? 4 : 2};
    return count + 1;
}

/* Returns the number of fields afterwards. */
static size_t correct(const correction *by, ek_field_spec *specs, size_t count) {
    if (by->kind == PADDING)
        return pad(by, specs, count);
    size_t at = find_field(specs, count, by->field);
    if (at == count)
        return count;
    ek_field_spec *field = &specs[at];
    switch (by->kind) {
    case COUNTED_BY: {
        size_t counter = find_field(specs, at, by->other);
        if (counter == at || field->flags & EK_FIELD_PARAM_COUNT)
            return count;
        field->flags = (field->flags & ~(uint32_t)EK_FIELD_FIXED_COUNT) | EK_FIELD_PARAM_COUNT;
        field->count = (uint16_t)counter;
        break;
    }
    case POINTER_SIZE:
        if (field->in_type != ETWKIT_IN_UINT32)
            break;
        field->in_type = ETWKIT_IN_POINTER;
        field->out_type = ETWKIT_OUT_UNSIGNEDLONG;
        break;
    case PADDING: break;
    }
    return count;
}

size_t ek_correct_fields(const etwkit_guid *provider_id, uint16_t event_id, ek_field_spec *specs, size_t count) {
    for (size_t i = 0; i < sizeof corrections / sizeof *corrections; i++) {
        const correction *by = &corrections[i];
        if (ek_guid_equal(&by->provider_id, provider_id) && (by->event_id == ANY_EVENT || by->event_id == event_id))
            count = correct(by, specs, count);
    }
    return count;
}
