/* SPDX-License-Identifier: MIT */
/* Random layouts and payloads, seeded: whatever a builder accepts must be walked without harm. */
#ifndef EK_TEST_RANDOM_MADE_H
#define EK_TEST_RANDOM_MADE_H

#include "decode/made.h"

static inline uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline ek_field_spec random_spec(uint64_t *random, size_t at, size_t top, size_t count) {
    static const char *const names[] = {"a", "b\"", "c\\", "d\x1B", "e\xC3\xA4"};
    static const uint32_t flags[] = {0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     EK_FIELD_PARAM_LENGTH,
                                     EK_FIELD_PARAM_COUNT,
                                     EK_FIELD_FIXED_LENGTH,
                                     EK_FIELD_FIXED_COUNT,
                                     EK_FIELD_COUNT_U16,
                                     EK_FIELD_COUNT_REST,
                                     EK_FIELD_OPTIONAL,
                                     EK_FIELD_HIDDEN,
                                     EK_FIELD_ALIGN8};
    uint64_t dice = next_random(random);
    ek_field_spec spec = {.name = names[dice % 5], .flags = flags[dice / 5 % COUNT(flags)]};
    spec.name_length = strlen(spec.name);
    spec.in_type = (uint16_t)(dice >> 16 & 3 ? (dice >> 20) % 26 : 300 + (dice >> 20) % 11);
    if (dice >> 18 & 1)
        spec.in_type = (uint16_t)(4 + (dice >> 20) % 5); /* something to refer to */
    spec.out_type = (uint16_t)(dice >> 32 & 1 ? (dice >> 36) % 40 : 0);
    spec.count = (uint16_t)(spec.flags & EK_FIELD_PARAM_COUNT ? (dice >> 44) % (at + 1) : (dice >> 44) % 4);
    spec.length = (uint16_t)(spec.flags & EK_FIELD_PARAM_LENGTH ? (dice >> 50) % (at + 1)
                             : dice >> 48 & 3                   ? 0
                                                                : (dice >> 50) % 9);
    if (spec.in_type == ETWKIT_IN_STRUCT || dice >> 60 == 0) {
        spec.flags |= EK_FIELD_STRUCT;
        spec.first_member = (uint16_t)((at < top ? top : at + 1) + (dice >> 56) % 3);
        spec.member_count = (uint16_t)((dice >> 58) % 4);
        if (spec.first_member + spec.member_count > count)
            spec.member_count = 0;
    }
    return spec;
}

/* A layout of up to 12 fields; false: these fields make none. */
static inline bool make_random(made *to, uint64_t *random) {
    ek_field_spec specs[12];
    size_t count = 1 + next_random(random) % COUNT(specs), top = 1 + next_random(random) % count;
    for (size_t i = 0; i < count; i++)
        specs[i] = random_spec(random, i, top, count);
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    *to = (made){.schema = {.known = true}};
    ek_arena_init(&to->arena, &allocator);
    if (ek_layout_build(&to->schema.is.layout, &to->arena, specs, count, top, &to->error) == ETWKIT_OK)
        return true;
    ek_arena_free(&to->arena);
    return false;
}

/* Small numbers, some text, now and then anything. */
static inline etwkit_record random_record(uint64_t *random) {
    uint8_t payload[96];
    size_t size = next_random(random) % sizeof payload;
    for (size_t i = 0; i < size; i++) {
        uint64_t dice = next_random(random);
        payload[i] = (uint8_t)(dice & 7 ? dice >> 8 & 3 : dice & 8 ? dice >> 8 : ' ' + (dice >> 8) % 95);
    }
    return record_of(payload, size, next_random(random) & 1 ? 8 : 4);
}

#endif
