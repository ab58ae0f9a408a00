/* SPDX-License-Identifier: MIT */
/* Layouts: unique names and their JSON, how each type is read, offsets by pointer size, and descriptions refused. */
#include "oom.h"
#include "schema/layout.h"
#include "test.h"

/* One build, with its memory. */
typedef struct built {
    ek_arena arena;
    const ek_layout *layout;
    etwkit_status status;
    etwkit_error error;
} built;

static built build(const ek_field_spec *specs, size_t count, size_t top) {
    built b = {.layout = NULL};
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&b.arena, &allocator);
    b.status = ek_layout_build(&b.layout, &b.arena, specs, count, top, &b.error);
    return b;
}

#define SPEC(text, ...) \
    { .name = (text), .name_length = sizeof(text) - 1, __VA_ARGS__ }

TEST(equal_names_are_numbered) {
    static const ek_field_spec specs[] = {
        SPEC("x", .in_type = ETWKIT_IN_UINT8),   SPEC("x", .in_type = ETWKIT_IN_UINT8),
        SPEC("x_2", .in_type = ETWKIT_IN_UINT8), SPEC("x", .in_type = ETWKIT_IN_UINT8),
        SPEC("x_2", .in_type = ETWKIT_IN_UINT8), SPEC("", .in_type = ETWKIT_IN_UINT8),
        SPEC("", .in_type = ETWKIT_IN_UINT8),    SPEC("X", .in_type = ETWKIT_IN_UINT8),
    };
    static const char *const names[] = {"x", "x_2", "x_2_2", "x_3", "x_2_3", "", "_2", "X"};
    built b = build(specs, 8, 8);
    REQUIRE(b.status == ETWKIT_OK);
    for (size_t i = 0; i < 8; i++) {
        CHECK_EQ_STR(b.layout->fields[i].name, names[i]);
        CHECK_EQ_UINT(b.layout->fields[i].name_size, strlen(names[i]));
    }
    ek_arena_free(&b.arena);
}

TEST(names_are_unique_within_their_level_only) {
    static const ek_field_spec specs[] = {
        SPEC("a", .flags = EK_FIELD_STRUCT, .first_member = 2, .member_count = 2),
        SPEC("a", .flags = EK_FIELD_STRUCT, .first_member = 4, .member_count = 2),
        SPEC("a", .in_type = ETWKIT_IN_UINT8),
        SPEC("b", .in_type = ETWKIT_IN_UINT8),
        SPEC("a", .in_type = ETWKIT_IN_UINT8),
        SPEC("a", .in_type = ETWKIT_IN_UINT8),
    };
    static const char *const names[] = {"a", "a_2", "a", "b", "a", "a_2"};
    built b = build(specs, 6, 2);
    REQUIRE(b.status == ETWKIT_OK);
    for (size_t i = 0; i < 6; i++)
        CHECK_EQ_STR(b.layout->fields[i].name, names[i]);
    ek_arena_free(&b.arena);
}

TEST(padding_takes_no_name_away) {
    static const ek_field_spec specs[] = {
        SPEC("pad", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_HIDDEN),
        SPEC("pad", .flags = EK_FIELD_ALIGN8),
        SPEC("pad", .in_type = ETWKIT_IN_UINT8),
    };
    built b = build(specs, 3, 3);
    REQUIRE(b.status == ETWKIT_OK);
    CHECK_EQ_STR(b.layout->fields[2].name, "pad");
    CHECK(b.layout->fields[1].flags & EK_FIELD_HIDDEN);
    ek_arena_free(&b.arena);
}

TEST(json_keys_are_escaped) {
    static const struct {
        const char *name;
        size_t length;
        const char *key;
    } cases[] = {
        {"plain", 5, "\"plain\":"},
        {"q\"b\\", 4, "\"q\\\"b\\\\\":"},
        {"\n\t\x01\x7F", 4, "\"\\n\\t\\u0001\\u007f\":"},
        {"\xC2\x9B", 2, "\"\\u009b\":"},
        {"a\xFF\xC3", 3, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\":"},
        {"\xE2\x82\xAC", 3, "\"\xE2\x82\xAC\":"},
        {"n\0l", 3, "\"n\\u0000l\":"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ek_field_spec spec = {.name = cases[i].name, .name_length = cases[i].length, .in_type = ETWKIT_IN_UINT8};
        built b = build(&spec, 1, 1);
        REQUIRE(b.status == ETWKIT_OK);
        CHECK_EQ_STR(b.layout->fields[0].json_key, cases[i].key);
        CHECK_EQ_UINT(b.layout->fields[0].json_key_size, strlen(cases[i].key));
        ek_arena_free(&b.arena);
    }
}

TEST(every_type_is_read_in_its_way) {
    static const struct {
        uint16_t in_type, out_type, length;
        uint32_t flags;
        ek_read read;
        uint16_t size_4, size_8;
    } cases[] = {
        {ETWKIT_IN_NULL, 0, 0, 0, EK_READ_NOTHING, 0, 0},
        {ETWKIT_IN_UNICODESTRING, 0, 0, 0, EK_READ_UTF16, 0, 0},
        {ETWKIT_IN_UNICODESTRING, 0, 5, 0, EK_READ_LENGTH, 10, 10},
        {ETWKIT_IN_UNICODESTRING, 0, 0, EK_FIELD_FIXED_LENGTH, EK_READ_LENGTH, 0, 0},
        {ETWKIT_IN_UNICODESTRING, 0, 60000, 0, EK_READ_LENGTH, 0, 0}, /* more than fixed_size can say */
        {ETWKIT_IN_ANSISTRING, 0, 0, 0, EK_READ_ANSI, 0, 0},
        {ETWKIT_IN_ANSISTRING, 0, 60000, 0, EK_READ_LENGTH, 60000, 60000},
        {ETWKIT_IN_INT8, 0, 0, 0, EK_READ_FIXED, 1, 1},
        {ETWKIT_IN_UINT16, 0, 4, 0, EK_READ_FIXED, 2, 2}, /* lengths of integers say nothing */
        {ETWKIT_IN_INT32, 0, 0, 0, EK_READ_FIXED, 4, 4},
        {ETWKIT_IN_UINT64, 0, 0, 0, EK_READ_FIXED, 8, 8},
        {ETWKIT_IN_FLOAT, 0, 0, 0, EK_READ_FIXED, 4, 4},
        {ETWKIT_IN_DOUBLE, 0, 0, 0, EK_READ_FIXED, 8, 8},
        {ETWKIT_IN_BOOLEAN, 0, 0, 0, EK_READ_FIXED, 4, 4},
        {ETWKIT_IN_BINARY, 0, 0, 0, EK_READ_REST, 0, 0},
        {ETWKIT_IN_BINARY, 0, 12, 0, EK_READ_FIXED, 12, 12},
        {ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, 0, 0, EK_READ_FIXED, 16, 16},
        {ETWKIT_IN_GUID, 0, 0, 0, EK_READ_FIXED, 16, 16},
        {ETWKIT_IN_POINTER, 0, 4, 0, EK_READ_FIXED, 4, 8},
        {ETWKIT_IN_FILETIME, 0, 0, 0, EK_READ_FIXED, 8, 8},
        {ETWKIT_IN_SYSTEMTIME, 0, 0, 0, EK_READ_FIXED, 16, 16},
        {ETWKIT_IN_SID, 0, 0, 0, EK_READ_SID, 0, 0},
        {ETWKIT_IN_HEXINT32, 0, 0, 0, EK_READ_FIXED, 4, 4},
        {ETWKIT_IN_HEXINT64, 0, 0, 0, EK_READ_FIXED, 8, 8},
        {ETWKIT_IN_COUNTED_UTF16, 0, 0, 0, EK_READ_COUNTED, 0, 0},
        {ETWKIT_IN_COUNTED_ANSI, 0, 0, 0, EK_READ_COUNTED, 0, 0},
        {ETWKIT_IN_COUNTED_BINARY, 0, 0, 0, EK_READ_COUNTED, 0, 0},
        {ETWKIT_IN_COUNTEDSTRING, 0, 0, 0, EK_READ_COUNTED, 0, 0},
        {ETWKIT_IN_REVERSEDCOUNTEDSTRING, 0, 0, 0, EK_READ_COUNTED_BE, 0, 0},
        {ETWKIT_IN_REVERSEDCOUNTEDANSISTRING, 0, 0, 0, EK_READ_COUNTED_BE, 0, 0},
        {ETWKIT_IN_NONNULLTERMINATEDSTRING, 0, 0, 0, EK_READ_REST, 0, 0},
        {ETWKIT_IN_NONNULLTERMINATEDANSISTRING, 0, 3, 0, EK_READ_LENGTH, 3, 3},
        {ETWKIT_IN_UNICODECHAR, 0, 0, 0, EK_READ_FIXED, 2, 2},
        {ETWKIT_IN_ANSICHAR, 0, 0, 0, EK_READ_FIXED, 1, 1},
        {ETWKIT_IN_SIZET, 0, 0, 0, EK_READ_FIXED, 4, 8},
        {ETWKIT_IN_HEXDUMP, 0, 0, 0, EK_READ_COUNTED32, 0, 0},
        {ETWKIT_IN_WBEMSID, 0, 0, 0, EK_READ_WBEM_SID, 0, 0},
        {999, 0, 0, EK_FIELD_FIXED_COUNT, EK_READ_REST, 0, 0}, /* a type of the future */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ek_field_spec spec = {.in_type = cases[i].in_type,
                              .out_type = cases[i].out_type,
                              .length = cases[i].length,
                              .flags = cases[i].flags};
        built b = build(&spec, 1, 1);
        REQUIRE(b.status == ETWKIT_OK);
        const etwkit_field *field = &b.layout->fields[0];
        if (field->read != cases[i].read || field->fixed_size[0] != cases[i].size_4 ||
            field->fixed_size[1] != cases[i].size_8)
            test_fail(__FILE__, __LINE__, "case %zu: read %u, sizes %u %u", i, field->read, field->fixed_size[0],
                      field->fixed_size[1]);
        CHECK_EQ_INT(field->fixed_offset[0], 0);
        CHECK(field->layout == b.layout);
        ek_arena_free(&b.arena);
    }
}

TEST(small_integers_shown_as_text_are_characters) {
    static const ek_field_spec specs[] = {
        SPEC("a", .in_type = ETWKIT_IN_UINT16, .out_type = ETWKIT_OUT_STRING),
        SPEC("b", .in_type = ETWKIT_IN_INT8, .out_type = ETWKIT_OUT_STRING, .flags = EK_FIELD_COUNT_U16),
        SPEC("c", .in_type = ETWKIT_IN_UINT32, .out_type = ETWKIT_OUT_STRING, .count = 3),
        SPEC("d", .in_type = ETWKIT_IN_UNICODECHAR, .flags = EK_FIELD_FIXED_COUNT, .count = 1),
    };
    built b = build(specs, 4, 4);
    REQUIRE(b.status == ETWKIT_OK);
    const etwkit_field *fields = b.layout->fields;
    CHECK_EQ_UINT(fields[0].in_type, ETWKIT_IN_UNICODECHAR);
    CHECK(!fields[0].is_text && !fields[0].is_array);
    CHECK_EQ_UINT(fields[1].in_type, ETWKIT_IN_ANSICHAR);
    CHECK(fields[1].is_text && fields[1].is_array && !etwkit_field_is_array(&fields[1]));
    CHECK_EQ_UINT(fields[2].in_type, ETWKIT_IN_UINT32);
    CHECK(!fields[2].is_text && fields[2].is_array);
    CHECK(fields[3].is_text);
    ek_arena_free(&b.arena);
}

TEST(offsets_follow_the_pointer_size) {
    static const ek_field_spec specs[] = {
        SPEC("u16", .in_type = ETWKIT_IN_UINT16),
        SPEC("pad", .flags = EK_FIELD_ALIGN8),
        SPEC("pointers", .in_type = ETWKIT_IN_POINTER, .count = 3),
        SPEC("pair", .flags = EK_FIELD_STRUCT, .first_member = 6, .member_count = 2),
        SPEC("pairs", .flags = EK_FIELD_STRUCT | EK_FIELD_FIXED_COUNT, .count = 2, .first_member = 8,
             .member_count = 1),
        SPEC("last", .in_type = ETWKIT_IN_UINT8),
        SPEC("low", .in_type = ETWKIT_IN_SIZET),
        SPEC("high", .in_type = ETWKIT_IN_UINT32),
        SPEC("inner", .in_type = ETWKIT_IN_UINT32),
    };
    static const int32_t offsets[][2] = {{0, 0},   {2, 2},   {2, 8},   {14, 32}, {22, 44},
                                         {30, 52}, {14, 32}, {18, 40}, {-1, -1}};
    built b = build(specs, 9, 6);
    REQUIRE(b.status == ETWKIT_OK);
    for (size_t i = 0; i < 9; i++)
        for (int wide = 0; wide < 2; wide++)
            if (b.layout->fields[i].fixed_offset[wide] != offsets[i][wide])
                test_fail(__FILE__, __LINE__, "field %zu wide %d: %d", i, wide, b.layout->fields[i].fixed_offset[wide]);
    CHECK_EQ_INT(b.layout->fixed_total[0], 31);
    CHECK_EQ_INT(b.layout->fixed_total[1], 53);
    CHECK_EQ_UINT(b.layout->fields[3].fixed_size[0], 8);
    CHECK_EQ_UINT(b.layout->fields[3].fixed_size[1], 12);
    ek_arena_free(&b.arena);
}

TEST(nothing_is_fixed_behind_what_varies) {
    static const ek_field_spec specs[] = {
        SPEC("count", .in_type = ETWKIT_IN_UINT32),
        SPEC("text", .in_type = ETWKIT_IN_UNICODESTRING),
        SPEC("number", .in_type = ETWKIT_IN_UINT32),
    };
    built b = build(specs, 3, 3);
    REQUIRE(b.status == ETWKIT_OK);
    CHECK_EQ_INT(b.layout->fields[1].fixed_offset[1], 4);
    CHECK_EQ_INT(b.layout->fields[2].fixed_offset[0], -1);
    CHECK_EQ_INT(b.layout->fixed_total[0], -1);
    ek_arena_free(&b.arena);
}

TEST(sizes_do_not_overflow) {
    static const ek_field_spec specs[] = {
        SPEC("huge", .in_type = ETWKIT_IN_GUID, .flags = EK_FIELD_FIXED_COUNT, .count = 65535),
        SPEC("huger", .flags = EK_FIELD_STRUCT | EK_FIELD_FIXED_COUNT, .count = 65535, .first_member = 3,
             .member_count = 1),
        SPEC("last", .in_type = ETWKIT_IN_UINT8),
        SPEC("member", .in_type = ETWKIT_IN_GUID, .flags = EK_FIELD_FIXED_COUNT, .count = 65535),
    };
    built b = build(specs, 4, 3);
    REQUIRE(b.status == ETWKIT_OK);
    CHECK_EQ_INT(b.layout->fields[1].fixed_offset[0], 65535 * 16);
    CHECK_EQ_UINT(b.layout->fields[1].fixed_size[0], 0);
    CHECK_EQ_INT(b.layout->fields[2].fixed_offset[0], -1);
    ek_arena_free(&b.arena);
}

TEST(counts_and_lengths_have_slots) {
    static const ek_field_spec specs[] = {
        SPEC("n", .in_type = ETWKIT_IN_UINT16),
        SPEC("list", .flags = EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT, .count = 0, .first_member = 3, .member_count = 2),
        SPEC("again", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_PARAM_COUNT, .count = 0),
        SPEC("size", .in_type = ETWKIT_IN_HEXINT32),
        SPEC("data", .in_type = ETWKIT_IN_BINARY, .flags = EK_FIELD_PARAM_LENGTH, .length = 3),
    };
    built b = build(specs, 5, 3);
    REQUIRE(b.status == ETWKIT_OK);
    CHECK_EQ_UINT(b.layout->slot_count, 2);
    CHECK_EQ_UINT(b.layout->fields[0].slot, 0);
    CHECK_EQ_UINT(b.layout->fields[3].slot, 1);
    CHECK_EQ_UINT(b.layout->fields[4].slot, EK_NO_SLOT);
    CHECK_EQ_UINT(b.layout->fields[4].read, EK_READ_LENGTH);
    CHECK(b.layout->fields[2].is_array);
    ek_arena_free(&b.arena);
}

static void refused(const ek_field_spec *specs, size_t count, size_t top, const char *what) {
    built b = build(specs, count, top);
    CHECK_EQ_INT(b.status, ETWKIT_E_DAMAGED);
    CHECK_EQ_INT(b.error.status, ETWKIT_E_DAMAGED);
    if (!strstr(b.error.message, what))
        test_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", b.error.message, what);
    CHECK(b.layout == NULL);
    ek_arena_free(&b.arena);
}

TEST(wrong_references_are_refused) {
    static const ek_field_spec later[] = {
        SPEC("list", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_PARAM_COUNT, .count = 1),
        SPEC("n", .in_type = ETWKIT_IN_UINT16),
    };
    refused(later, 2, 2, "before");
    static const ek_field_spec itself[] = {SPEC("n", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_PARAM_COUNT)};
    refused(itself, 1, 1, "before");
    static const ek_field_spec beyond[] = {
        SPEC("text", .in_type = ETWKIT_IN_ANSISTRING, .flags = EK_FIELD_PARAM_LENGTH, .length = 9)};
    refused(beyond, 1, 1, "before");
    static const ek_field_spec text[] = {
        SPEC("n", .in_type = ETWKIT_IN_UNICODESTRING),
        SPEC("list", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_PARAM_COUNT, .count = 0),
    };
    refused(text, 2, 2, "integer");
    static const ek_field_spec member[] = {
        /* the members come after their struct's count was needed */
        SPEC("list", .flags = EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT, .count = 1, .first_member = 1, .member_count = 1),
        SPEC("n", .in_type = ETWKIT_IN_UINT8),
    };
    refused(member, 2, 1, "before");
    ek_field_spec many[2 * (ETWKIT_WALK_SLOTS + 1)] = {0};
    for (uint16_t i = 0; i <= ETWKIT_WALK_SLOTS; i++) {
        many[2 * i] = (ek_field_spec){.in_type = ETWKIT_IN_UINT8};
        many[2 * i + 1] =
            (ek_field_spec){.in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_PARAM_COUNT, .count = (uint16_t)(2 * i)};
    }
    refused(many, 2 * (ETWKIT_WALK_SLOTS + 1), 2 * (ETWKIT_WALK_SLOTS + 1), "too many");
}

TEST(wrong_structs_are_refused) {
    static const ek_field_spec outside[] = {
        SPEC("s", .flags = EK_FIELD_STRUCT, .first_member = 1, .member_count = 2),
        SPEC("m", .in_type = ETWKIT_IN_UINT8),
    };
    refused(outside, 2, 1, "not there");
    static const ek_field_spec top[] = {
        SPEC("s", .flags = EK_FIELD_STRUCT, .first_member = 1, .member_count = 1),
        SPEC("m", .in_type = ETWKIT_IN_UINT8),
    };
    refused(top, 2, 2, "not there");
    static const ek_field_spec shared[] = {
        SPEC("s", .flags = EK_FIELD_STRUCT, .first_member = 2, .member_count = 1),
        SPEC("t", .flags = EK_FIELD_STRUCT, .first_member = 2, .member_count = 1),
        SPEC("m", .in_type = ETWKIT_IN_UINT8),
    };
    refused(shared, 3, 2, "two structs");
    ek_field_spec nested[ETWKIT_WALK_DEPTH + 1] = {0};
    for (uint16_t i = 0; i <= ETWKIT_WALK_DEPTH; i++)
        nested[i] = (ek_field_spec){.flags = EK_FIELD_STRUCT, .first_member = (uint16_t)(i + 1), .member_count = 1};
    nested[ETWKIT_WALK_DEPTH].member_count = 0;
    refused(nested, ETWKIT_WALK_DEPTH + 1, 1, "too deep");
    nested[ETWKIT_WALK_DEPTH] = (ek_field_spec){.in_type = ETWKIT_IN_UINT8};
    built b = build(nested, ETWKIT_WALK_DEPTH + 1, 1);
    CHECK_EQ_INT(b.status, ETWKIT_OK);
    ek_arena_free(&b.arena);
}

TEST(structs_that_contain_each_other_are_never_met) {
    static const ek_field_spec specs[] = {
        SPEC("n", .in_type = ETWKIT_IN_UINT8),
        SPEC("s", .flags = EK_FIELD_STRUCT, .first_member = 2, .member_count = 1),
        SPEC("t", .flags = EK_FIELD_STRUCT, .first_member = 1, .member_count = 1),
    };
    built b = build(specs, 3, 1);
    REQUIRE(b.status == ETWKIT_OK);
    CHECK_EQ_INT(b.layout->fixed_total[0], 1);
    ek_arena_free(&b.arena);
}

TEST(limits_hold) {
    static ek_field_spec many[EK_MAX_FIELDS + 1];
    for (size_t i = 0; i <= EK_MAX_FIELDS; i++)
        many[i] = (ek_field_spec){.name = "x", .name_length = 1, .in_type = ETWKIT_IN_UINT8};
    refused(many, EK_MAX_FIELDS + 1, 1, "more than");
    refused(many, 1, 2, "more than");
    built b = build(many, EK_MAX_FIELDS, EK_MAX_FIELDS);
    REQUIRE(b.status == ETWKIT_OK);
    CHECK_EQ_STR(b.layout->fields[EK_MAX_FIELDS - 1].name, "x_4096");
    ek_arena_free(&b.arena);

    static char name[8193];
    memset(name, 1, sizeof name); /* escaped, each takes six bytes */
    ek_field_spec spec = {.name = name, .name_length = 8192, .in_type = ETWKIT_IN_UINT8};
    b = build(&spec, 1, 1);
    REQUIRE(b.status == ETWKIT_OK);
    CHECK_EQ_UINT(b.layout->fields[0].json_key_size, 8192 * 6 + 3);
    ek_arena_free(&b.arena);
    spec.name_length++;
    refused(&spec, 1, 1, "too long");
}

TEST(an_empty_layout_is_one) {
    built b = build(NULL, 0, 0);
    REQUIRE(b.status == ETWKIT_OK);
    CHECK_EQ_INT(b.layout->fixed_total[0], 0);
    CHECK_EQ_UINT(b.layout->field_count, 0);
    ek_arena_free(&b.arena);
}

static bool scenario(const etwkit_allocator *allocator, void *context) {
    static const ek_field_spec specs[] = {
        SPEC("x", .in_type = ETWKIT_IN_UINT16),
        SPEC("x", .in_type = ETWKIT_IN_UINT16, .flags = EK_FIELD_PARAM_COUNT),
        SPEC("s", .flags = EK_FIELD_STRUCT, .first_member = 3, .member_count = 1),
        SPEC("m\xFF", .in_type = ETWKIT_IN_UNICODESTRING),
    };
    (void)context;
    ek_arena arena;
    const ek_layout *layout = NULL;
    ek_arena_init(&arena, allocator);
    etwkit_status status = ek_layout_build(&layout, &arena, specs, 4, 3, NULL);
    CHECK((status == ETWKIT_OK) == (layout != NULL));
    CHECK(status == ETWKIT_OK || status == ETWKIT_E_NO_MEMORY);
    ek_arena_free(&arena);
    return status == ETWKIT_OK;
}

TEST(memory_may_run_out) {
    CHECK_OOM(scenario, NULL);
}

TEST_MAIN(CASE(equal_names_are_numbered), CASE(names_are_unique_within_their_level_only),
          CASE(padding_takes_no_name_away), CASE(json_keys_are_escaped), CASE(every_type_is_read_in_its_way),
          CASE(small_integers_shown_as_text_are_characters), CASE(offsets_follow_the_pointer_size),
          CASE(nothing_is_fixed_behind_what_varies), CASE(sizes_do_not_overflow), CASE(counts_and_lengths_have_slots),
          CASE(wrong_references_are_refused), CASE(wrong_structs_are_refused),
          CASE(structs_that_contain_each_other_are_never_met), CASE(limits_hold), CASE(an_empty_layout_is_one),
          CASE(memory_may_run_out))
