/* SPDX-License-Identifier: MIT */
/* The corrections. Knows providers and field names, not the form in which a source describes them. */
#include "schema/corrections.h"

#include "base/guid.h"

#define ANY_EVENT (-1)

typedef enum correction_kind {
    COUNTED_BY,  /* an array declared with a fixed count holds as many elements as the field `other` says */
    POINTER_SIZE /* an unsigned integer declared with 4 bytes is as wide as the writer's pointers */
} correction_kind;

typedef struct correction {
    etwkit_guid provider_id;
    int32_t event_id;
    correction_kind kind;
    const char *field;
    const char *other;
} correction;

static const correction corrections[] = {
    /* Microsoft-Windows-DotNETRuntime, its rundown, stress and private providers: CLRStackWalk declares two frames. Its
     * id differs: 82, 0, 1, 151. */
    {EK_GUID(0xe13c0d23, 0xccbc, 0x4e12, 0x93, 0x1b, 0xd9, 0xcc, 0x2e, 0xee, 0x27, 0xe4), ANY_EVENT, COUNTED_BY,
     "Stack", "FrameCount"},
    {EK_GUID(0xa669021c, 0xc450, 0x4609, 0xa0, 0x35, 0x5a, 0xf5, 0x9a, 0xf4, 0xdf, 0x18), ANY_EVENT, COUNTED_BY,
     "Stack", "FrameCount"},
    {EK_GUID(0xcc2bcbba, 0x16b6, 0x4cf3, 0x89, 0x90, 0xd7, 0x4c, 0x2e, 0x8a, 0xf5, 0x00), ANY_EVENT, COUNTED_BY,
     "Stack", "FrameCount"},
    {EK_GUID(0x763fd754, 0x7086, 0x4dfe, 0x95, 0xeb, 0xc0, 0x1a, 0x46, 0xfa, 0xf4, 0xca), ANY_EVENT, COUNTED_BY,
     "Stack", "FrameCount"},
    /* Microsoft-Windows-Kernel-Network: every event ends in a connection's number. */
    {EK_GUID(0x7dd42a49, 0x5329, 0x4832, 0x8d, 0xfd, 0x43, 0xd9, 0x79, 0x15, 0x3a, 0x88), ANY_EVENT, POINTER_SIZE,
     "connid", NULL},
};

static size_t find_field(const ek_field_spec *specs, size_t count, const char *name) {
    size_t length = strlen(name), at = 0;
    while (at < count && (specs[at].name_length != length || memcmp(specs[at].name, name, length) != 0))
        at++;
    return at;
}

static void correct(const correction *by, ek_field_spec *specs, size_t count) {
    size_t at = find_field(specs, count, by->field);
    if (at == count)
        return;
    ek_field_spec *field = &specs[at];
    switch (by->kind) {
    case COUNTED_BY: {
        size_t counter = find_field(specs, at, by->other);
        if (counter == at || field->flags & EK_FIELD_PARAM_COUNT)
            return;
        field->flags = (field->flags & ~(uint32_t)EK_FIELD_FIXED_COUNT) | EK_FIELD_PARAM_COUNT;
        field->count = (uint16_t)counter;
        return;
    }
    case POINTER_SIZE:
        if (field->in_type != ETWKIT_IN_UINT32)
            return;
        field->in_type = ETWKIT_IN_POINTER;
        field->out_type = ETWKIT_OUT_UNSIGNEDLONG;
        return;
    }
}

void ek_correct_fields(const etwkit_guid *provider_id, uint16_t event_id, ek_field_spec *specs, size_t count) {
    for (size_t i = 0; i < sizeof corrections / sizeof *corrections; i++) {
        const correction *by = &corrections[i];
        if (ek_guid_equal(&by->provider_id, provider_id) && (by->event_id == ANY_EVENT || by->event_id == event_id))
            correct(by, specs, count);
    }
}
