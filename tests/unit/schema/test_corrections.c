/* SPDX-License-Identifier: MIT */
/* Corrections that change how many fields there are: the padding of C structs in the runtime's events. */
#include "base/guid.h"
#include "made_provider.h"
#include "schema/corrections.h"

static const etwkit_guid clr = EK_GUID(0xe13c0d23, 0xccbc, 0x4e12, 0x93, 0x1b, 0xd9, 0xcc, 0x2e, 0xee, 0x27, 0xe4);

/* Sizes of the first struct for pointers of 4 and of 8 bytes. */
static void check_sizes(const ek_field_spec *specs, size_t count, size_t top_count, unsigned narrow, unsigned wide) {
    ek_arena arena;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    etwkit_error error = {0};
    const ek_layout *layout;
    ek_arena_init(&arena, &allocator);
    CHECK_EQ_INT(ek_layout_build(&layout, &arena, specs, count, top_count, &error), ETWKIT_OK);
    for (size_t i = 0; !error.status && i < top_count; i++)
        if (layout->fields[i].read == EK_READ_STRUCT) {
            CHECK_EQ_UINT(layout->fields[i].fixed_size[0], narrow);
            CHECK_EQ_UINT(layout->fields[i].fixed_size[1], wide);
        }
    ek_arena_free(&arena);
}

TEST(large_object_compaction_is_padded_between_32_and_64_bits) {
    ek_field_spec specs[8 + EK_CORRECTION_ROOM] = {
        PLAIN("ClrInstanceID", ETWKIT_IN_UINT16),
        PLAIN("Count", ETWKIT_IN_UINT16),
        {.name = "Values",
         .name_length = 6,
         .flags = EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT,
         .count = 1,
         .first_member = 3,
         .member_count = 5},
        PLAIN("TimePlan", ETWKIT_IN_UINT32),
        PLAIN("TimeCompact", ETWKIT_IN_UINT32),
        PLAIN("TimeRelocate", ETWKIT_IN_UINT32),
        PLAIN("TotalRefs", ETWKIT_IN_POINTER),
        PLAIN("ZeroRefs", ETWKIT_IN_POINTER),
    };
    CHECK_EQ_UINT(ek_correct_fields(&clr, 208, specs, 8), 9);
    CHECK_EQ_UINT(specs[2].member_count, 6);
    CHECK_EQ_UINT(specs[6].flags, EK_FIELD_HIDDEN | EK_FIELD_WIDE_ONLY);
    CHECK_EQ_STR(specs[8].name, "ZeroRefs");
    check_sizes(specs, 9, 3, 20, 32);
    CHECK_EQ_UINT(ek_correct_fields(&clr, 208, specs, 9), 9);
    CHECK_EQ_UINT(ek_correct_fields(&made_id, 208, specs, 9), 9);
}

TEST(fit_buckets_are_padded_behind_16_bits) {
    ek_field_spec specs[8 + EK_CORRECTION_ROOM] = {
        PLAIN("ClrInstanceID", ETWKIT_IN_UINT16),
        PLAIN("BucketKind", ETWKIT_IN_UINT16),
        PLAIN("TotalSize", ETWKIT_IN_UINT64),
        PLAIN("Count", ETWKIT_IN_UINT16),
        {.name = "Values",
         .name_length = 6,
         .flags = EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT,
         .count = 3,
         .first_member = 5,
         .member_count = 3},
        PLAIN("Index", ETWKIT_IN_UINT16),
        PLAIN("Count", ETWKIT_IN_UINT32),
        PLAIN("Size", ETWKIT_IN_POINTER),
    };
    CHECK_EQ_UINT(ek_correct_fields(&clr, 209, specs, 8), 9);
    CHECK_EQ_STR(specs[3].name, "Count");
    check_sizes(specs, 9, 5, 12, 16);
}

TEST(other_forms_of_these_events_stay) {
    ek_field_spec plain[2 + EK_CORRECTION_ROOM] = {PLAIN("Values", ETWKIT_IN_UINT16), PLAIN("Count", ETWKIT_IN_UINT32)};
    ek_field_spec broken[2 + EK_CORRECTION_ROOM] = {
        PLAIN("Count", ETWKIT_IN_UINT32),
        {.name = "Values", .name_length = 6, .flags = EK_FIELD_STRUCT, .first_member = 7, .member_count = 9}};
    CHECK_EQ_UINT(ek_correct_fields(&clr, 209, plain, 2), 2);
    CHECK_EQ_UINT(ek_correct_fields(&clr, 209, broken, 2), 2);
}

/* What stands behind the padding moves on with all that refers to it. */
TEST(references_follow) {
    ek_field_spec specs[6 + EK_CORRECTION_ROOM] = {
        {.name = "Values", .name_length = 6, .flags = EK_FIELD_STRUCT, .first_member = 2, .member_count = 2},
        {.name = "More", .name_length = 4, .flags = EK_FIELD_STRUCT, .first_member = 4, .member_count = 2},
        PLAIN("Index", ETWKIT_IN_UINT16),
        PLAIN("Count", ETWKIT_IN_UINT32),
        PLAIN("Size", ETWKIT_IN_UINT32),
        MEASURED("Data", ETWKIT_IN_BINARY, 4),
    };
    CHECK_EQ_UINT(ek_correct_fields(&clr, 209, specs, 6), 7);
    CHECK_EQ_UINT(specs[1].first_member, 5);
    CHECK_EQ_UINT(specs[6].length, 5);
    check_sizes(specs, 7, 1, 8, 8);
}

TEST_MAIN(CASE(large_object_compaction_is_padded_between_32_and_64_bits), CASE(fit_buckets_are_padded_behind_16_bits),
          CASE(other_forms_of_these_events_stay), CASE(references_follow))
