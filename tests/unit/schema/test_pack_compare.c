/* SPDX-License-Identifier: MIT */
/* Layouts of one version side by side: which read alike, and which says more. */
#include "schema/pack_compare.h"
#include "schema/provider.h"
#include "test.h"

/* Names are numbers here, as in a pack. */
static const ek_packed_field fields[] = {
    {.name = 1, .in_type = ETWKIT_IN_UINT32},                                    /* 0 */
    {.name = 2, .in_type = ETWKIT_IN_UINT32},                                    /* 1 */
    {.name = 2, .in_type = ETWKIT_IN_UINT32, .out_type = ETWKIT_OUT_HEXINT32},   /* 2 */
    {.name = 1, .in_type = ETWKIT_IN_UINT32, .map = 1},                          /* 3 */
    {.name = 1, .in_type = ETWKIT_IN_UINT32, .map = 2},                          /* 4 */
    {.name = 2, .in_type = ETWKIT_IN_UINT64},                                    /* 5 */
    {.name = 3, .flags = EK_FIELD_STRUCT, .first_member = 3, .member_count = 1}, /* 6 */
    {.name = 4, .in_type = ETWKIT_IN_UINT8},                                     /* 7 */
};
enum {
    PLAIN = 1,
    HEX,
    MAP,
    OTHER_MAP,
    WIDE,
    STOPPED,
    WHOLE,
    STOPPED_ELSEWHERE,
    SHORT,
    STOPPED_HEX
};
static const uint32_t lists[] = {0, 1, 0, 2, 3, 1, 4, 1, 0, 5, 0, 2, 6, 7};
static const ek_packed_template templates[] = {
    {0, 2, 2, 0}, {2, 2, 2, 0},  {4, 2, 2, 0}, {6, 2, 2, 0}, {8, 2, 2, 0},
    {0, 2, 2, 3}, {10, 4, 3, 0}, {0, 2, 2, 9}, {0, 1, 1, 0}, {2, 2, 2, 3},
};
static const ek_packed_layouts layouts = {templates, lists, fields};

static void check(uint32_t first, uint32_t second, ek_comparison want) {
    ek_comparison turned = want == EK_LAYOUTS_DIFFER ? want : EK_FIRST_SAYS_MORE + EK_SECOND_SAYS_MORE - want;
    CHECK_EQ_INT(ek_compare_layouts(&layouts, first, second), want);
    CHECK_EQ_INT(ek_compare_layouts(&layouts, second, first), turned);
}

TEST(who_shows_values_better_says_more) {
    CHECK_EQ_INT(ek_compare_layouts(&layouts, PLAIN, PLAIN), EK_FIRST_SAYS_MORE);
    check(HEX, PLAIN, EK_FIRST_SAYS_MORE);
    check(MAP, PLAIN, EK_FIRST_SAYS_MORE);
    check(MAP, HEX, EK_LAYOUTS_DIFFER); /* each has something */
    check(MAP, OTHER_MAP, EK_LAYOUTS_DIFFER);
}

TEST(other_types_and_other_lengths_differ) {
    check(PLAIN, WIDE, EK_LAYOUTS_DIFFER);
    check(PLAIN, SHORT, EK_LAYOUTS_DIFFER);
    check(PLAIN, STOPPED, EK_LAYOUTS_DIFFER);
    check(PLAIN, EK_PACK_NO_PAYLOAD, EK_LAYOUTS_DIFFER);
}

TEST(who_goes_on_where_another_stops_says_more) {
    check(WHOLE, STOPPED, EK_FIRST_SAYS_MORE);
    check(WHOLE, STOPPED_HEX, EK_FIRST_SAYS_MORE);
    check(WHOLE, STOPPED_ELSEWHERE, EK_LAYOUTS_DIFFER);
    check(STOPPED_HEX, STOPPED, EK_FIRST_SAYS_MORE);
    check(PLAIN, EK_PACK_UNKNOWN_PAYLOAD, EK_FIRST_SAYS_MORE);
    CHECK_EQ_INT(ek_compare_layouts(&layouts, EK_PACK_UNKNOWN_PAYLOAD, EK_PACK_UNKNOWN_PAYLOAD), EK_FIRST_SAYS_MORE);
}

TEST_MAIN(CASE(who_shows_values_better_says_more), CASE(other_types_and_other_lengths_differ),
          CASE(who_goes_on_where_another_stops_says_more))
