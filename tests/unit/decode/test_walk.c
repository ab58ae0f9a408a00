/* SPDX-License-Identifier: MIT */
/* The walk: every way to read an element, arrays, structs, references, and payloads that end early. */
#include "decode/made.h"
#include "decode/walk.h"

TEST(scalars_come_in_order) {
    static const ek_field_spec specs[] = {SPEC("A", .in_type = ETWKIT_IN_UINT8), SPEC("B", .in_type = ETWKIT_IN_INT16),
                                          SPEC("C", .in_type = ETWKIT_IN_POINTER),
                                          SPEC("D", .in_type = ETWKIT_IN_UINT32)};
    made m;
    REQUIRE(make(&m, specs, 4, 4));
    CHECK_WALK(&m, 4, "\x07\xFE\xFF\x10\x20\x00\x00\x2A\0\0\0", "A=7 B=-2 C=0x2010 D=42");
    CHECK_WALK(&m, 8, "\x07\xFE\xFF\x10\x20\x00\x00\0\0\0\0\x2A\0\0\0", "A=7 B=-2 C=0x2010 D=42");
    CHECK_WALK(&m, 8, "\x07\xFE\xFF\x10\x20\x00\x00\0\0\0\0\x2A\0\0\0zz", "A=7 B=-2 C=0x2010 D=42 +2");
    CHECK_WALK(&m, 8, "\x07\xFE\xFF\x10\x20\x00\x00\0\0\0\0\x2A\0\0", "A=7 B=-2 C=0x2010 +3 !");
    CHECK_WALK(&m, 8, "", " !");
    unmake(&m);
}

TEST(no_fields_and_no_schema) {
    made m;
    etwkit_walk walk;
    etwkit_step step;
    const uint8_t *rest;
    REQUIRE(make(&m, NULL, 0, 0));
    CHECK_WALK(&m, 8, "", "");
    CHECK_WALK(&m, 8, "abc", " +3");
    etwkit_record record = record_of("abc", 3, 8);
    etwkit_walk_begin(&walk, NULL, &record);
    CHECK_EQ_INT(etwkit_walk_next(&walk, &step), ETWKIT_END);
    CHECK_EQ_INT(etwkit_walk_next(&walk, &step), ETWKIT_END);
    CHECK_EQ_UINT(etwkit_walk_rest(&walk, &rest), 3);
    CHECK(rest == record.payload && !etwkit_walk_truncated(&walk));
    release_record(&record);
    etwkit_walk_begin(&walk, &m.schema, &(etwkit_record){.payload_size = 0});
    CHECK_EQ_INT(etwkit_walk_next(&walk, &step), ETWKIT_END);
    CHECK_EQ_UINT(etwkit_walk_rest(&walk, &rest), 0);
    unmake(&m);
}

TEST(strings_end_at_their_nul_or_with_the_payload) {
    static const ek_field_spec specs[] = {SPEC("W", .in_type = ETWKIT_IN_UNICODESTRING),
                                          SPEC("S", .in_type = ETWKIT_IN_ANSISTRING),
                                          SPEC("X", .in_type = ETWKIT_IN_UNICODESTRING)};
    made m;
    REQUIRE(make(&m, specs, 3, 3));
    CHECK_WALK(&m, 8, "a\0b\0\0\0cd\0e\0\0\0", "W=ab S=cd X=e");
    CHECK_WALK(&m, 8, "a\0b\0\0\0cd\0e\0f\0", "W=ab S=cd X=ef");  /* no terminator: legal */
    CHECK_WALK(&m, 8, "a\0b\0\0\0cd\0e\0f\0g", "W=ab S=cd X=ef"); /* an odd byte is dropped */
    CHECK_WALK(&m, 8, "a\0b\0\0\0cd\0", "W=ab S=cd !");           /* X would begin at the end: it is absent */
    CHECK_WALK(&m, 8, "a\0b\0\0\0cd\0g", "W=ab S=cd +1 !");       /* half a character is none */
    CHECK_WALK(&m, 8, "a\0b\0\0\0cd", "W=ab S=cd !");
    CHECK_WALK(&m, 8, "a\0b\0\0\0", "W=ab !");
    CHECK_WALK(&m, 8, "\0\0\0\0\0", "W= S= X=");
    unmake(&m);
}

TEST(a_last_string_without_terminator_is_whole) {
    static const ek_field_spec specs[] = {SPEC("N", .in_type = ETWKIT_IN_UINT32),
                                          SPEC("Url", .in_type = ETWKIT_IN_UNICODESTRING)};
    made m;
    REQUIRE(make(&m, specs, 2, 2));
    CHECK_WALK(&m, 8, "\1\0\0\0h\0t\0", "N=1 Url=ht");
    CHECK_WALK(&m, 8, "\1\0\0\0", "N=1 !");
    unmake(&m);
}

TEST(fixed_lengths_are_taken_whole_and_shown_to_the_nul) {
    static const ek_field_spec specs[] = {SPEC("W", .in_type = ETWKIT_IN_UNICODESTRING, .length = 4),
                                          SPEC("S", .in_type = ETWKIT_IN_ANSISTRING, .length = 3),
                                          SPEC("Z", .in_type = ETWKIT_IN_ANSISTRING, .flags = EK_FIELD_FIXED_LENGTH),
                                          SPEC("B", .in_type = ETWKIT_IN_BINARY, .length = 2),
                                          SPEC("N", .in_type = ETWKIT_IN_UINT8)};
    made m;
    REQUIRE(make(&m, specs, 5, 5));
    CHECK_WALK(&m, 8, "a\0\0\0b\0c\0xyz\x01\x00\x05", "W=a S=xyz Z= B=0100 N=5");
    CHECK_WALK(&m, 8, "a\0b\0c\0d\0x\0z\xAB\xCD\x05", "W=abcd S=x Z= B=ABCD N=5");
    CHECK_WALK(&m, 8, "a\0b\0c\0d", " +7 !");
    CHECK_WALK(&m, 8, "a\0b\0c\0d\0xy", "W=abcd +2 !");
    unmake(&m);
}

TEST(lengths_by_reference_count_characters_or_bytes) {
    static const ek_field_spec specs[] = {
        SPEC("n", .in_type = ETWKIT_IN_UINT8),
        SPEC("m", .in_type = ETWKIT_IN_UINT16),
        SPEC("k", .in_type = ETWKIT_IN_INT64),
        SPEC("W", .in_type = ETWKIT_IN_UNICODESTRING, .flags = EK_FIELD_PARAM_LENGTH, .length = 0),
        SPEC("S", .in_type = ETWKIT_IN_ANSISTRING, .flags = EK_FIELD_PARAM_LENGTH, .length = 1),
        SPEC("B", .in_type = ETWKIT_IN_BINARY, .flags = EK_FIELD_PARAM_LENGTH, .length = 2)};
    made m;
    REQUIRE(make(&m, specs, 6, 6));
    CHECK_WALK(&m, 8, "\2\3\0\1\0\0\0\0\0\0\0a\0b\0xyz\xFF!", "n=2 m=3 k=1 W=ab S=xyz B=FF +1");
    CHECK_WALK(&m, 8, "\0\0\0\0\0\0\0\0\0\0\0", "n=0 m=0 k=0 W= S= B=");
    CHECK_WALK(&m, 8, "\3\3\0\1\0\0\0\0\0\0\0a\0b\0", "n=3 m=3 k=1 +4 !");
    CHECK_WALK(&m, 8, "\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF!!", "n=0 m=0 k=-1 W= S= +2 !");
    unmake(&m);
}

TEST(counted_strings_and_bytes) {
    static const ek_field_spec specs[] = {
        SPEC("W", .in_type = ETWKIT_IN_COUNTED_UTF16),  SPEC("S", .in_type = ETWKIT_IN_COUNTED_ANSI),
        SPEC("B", .in_type = ETWKIT_IN_COUNTED_BINARY), SPEC("R", .in_type = ETWKIT_IN_REVERSEDCOUNTEDSTRING),
        SPEC("H", .in_type = ETWKIT_IN_HEXDUMP),        SPEC("U", .in_type = ETWKIT_IN_NONNULLTERMINATEDSTRING)};
    made m;
    REQUIRE(make(&m, specs, 6, 6));
    CHECK_WALK(&m, 8, "\4\0a\0b\0\3\0cde\2\0\1\2\0\2z\0\1\0\0\0\x0Ag\0h\0", "W=ab S=cde B=0102 R=z H=0A U=gh");
    CHECK_WALK(&m, 8, "\0\0\0\0\0\0\0\0\0\0\0\0", "W= S= B= R= H= U=");
    CHECK_WALK(&m, 8, "\5\0a\0b\0c\4\0c\0de\0\0\0\0\0\0\0\0h", "W=ab S=c B= R= H= U="); /* odd bytes dropped */
    CHECK_WALK(&m, 8, "\5\0a\0b\0", " +6 !");
    CHECK_WALK(&m, 8, "\5", " +1 !");
    CHECK_WALK(&m, 8, "\0\0\0\0\0\0\0\0\xFF\xFF\xFF\xFF", "W= S= B= R= +4 !");
    unmake(&m);
}

TEST(binary_without_length_is_the_rest) {
    static const ek_field_spec specs[] = {SPEC("A", .in_type = ETWKIT_IN_BINARY, .out_type = ETWKIT_OUT_IPV6),
                                          SPEC("B", .in_type = ETWKIT_IN_BINARY)};
    made m;
    REQUIRE(make(&m, specs, 2, 2));
    CHECK_WALK(&m, 8, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\xAB\xCD", "A=::1 B=ABCD");
    CHECK_WALK(&m, 8, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", "A=::1 B=");
    CHECK_WALK(&m, 8, "\0\0\0\0", " +4 !");
    unmake(&m);
}

TEST(sids_measure_themselves) {
    static const ek_field_spec specs[] = {SPEC("S", .in_type = ETWKIT_IN_SID), SPEC("N", .in_type = ETWKIT_IN_UINT8)};
    made m;
    REQUIRE(make(&m, specs, 2, 2));
    CHECK_WALK(&m, 8, "\1\1\0\0\0\0\0\5\x12\0\0\0\7", "S=S-1-5-18 N=7");
    CHECK_WALK(&m, 8, "\1\0\0\0\0\0\0\5\7", "S=S-1-5 N=7");
    CHECK_WALK(&m, 8, "\1\2\0\0\0\0\0\5\x12\0\0\0\7", " +13 !");
    CHECK_WALK(&m, 8, "\1\x10\0\0\0\0\0\5", " +8 !"); /* 16 sub-authorities: none has so many */
    CHECK_WALK(&m, 8, "\1\1\0\0\0", " +5 !");
    unmake(&m);
}

TEST(wbem_sids) {
    static const ek_field_spec specs[] = {SPEC("S", .in_type = ETWKIT_IN_WBEMSID),
                                          SPEC("N", .in_type = ETWKIT_IN_ANSISTRING)};
#define SYSTEM_SID "\1\1\0\0\0\0\0\5\x12\0\0\0"
    made m;
    REQUIRE(make(&m, specs, 2, 2));
    CHECK_WALK(&m, 8, "\0\0\0\0cmd.exe", "S=null N=cmd.exe");
    CHECK_WALK(&m, 8, "\0\0\0\0cmd.exe with a long name, not a SID at 16",
               "S=null N=cmd.exe with a long name, not a SID at 16");
    CHECK_WALK(&m, 4, "\1\2\3\4\0\0\0\0" SYSTEM_SID "x", "S=S-1-5-18 N=x");
    CHECK_WALK(&m, 8, "\1\2\3\4\0\0\0\0\0\0\0\0\0\0\0\0" SYSTEM_SID "x", "S=S-1-5-18 N=x");
    CHECK_WALK(&m, 4, "\0\0\0\0\0\0\0\0" SYSTEM_SID "x", "S=S-1-5-18 N=x"); /* the synthetic form */
    CHECK_WALK(&m, 8, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" SYSTEM_SID "x", "S=S-1-5-18 N=x");
    CHECK_WALK(&m, 8, "\1\2\3\4\0\0\0\0" SYSTEM_SID, " +20 !");
    CHECK_WALK(&m, 8, "\0\0\0", " +3 !");
    CHECK_WALK(&m, 8, "\0\0\0\0", "S=null !");
    unmake(&m);
}

TEST(arrays_of_every_count) {
    static const ek_field_spec specs[] = {
        SPEC("n", .in_type = ETWKIT_IN_UINT8),
        SPEC("F", .in_type = ETWKIT_IN_UINT8, .count = 3),
        SPEC("P", .in_type = ETWKIT_IN_UINT16, .flags = EK_FIELD_PARAM_COUNT, .count = 0),
        SPEC("C", .in_type = ETWKIT_IN_ANSISTRING, .flags = EK_FIELD_COUNT_U16),
        SPEC("O", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_FIXED_COUNT, .count = 1),
        SPEC("R", .in_type = ETWKIT_IN_POINTER, .flags = EK_FIELD_COUNT_REST)};
    made m;
    REQUIRE(make(&m, specs, 6, 6));
    CHECK_WALK(&m, 4, "\2\1\2\3\4\0\5\0\2\0a\0b\0\7\1\0\0\0\2\0\0\0",
               "n=2 F=[1 2 3] P=[4 5] C=[a b] O=[7] R=[0x1 0x2]");
    CHECK_WALK(&m, 4, "\0\1\2\3\0\0\7", "n=0 F=[1 2 3] P=[] C=[] O=[7] R=[]");
    CHECK_WALK(&m, 4, "\0\1\2\3\0\0\7\1\0\0\0\2\0", "n=0 F=[1 2 3] P=[] C=[] O=[7] R=[0x1] +2");
    CHECK_WALK(&m, 4, "\xFF\1\2\3\4\0\5\0\6", "n=255 F=[1 2 3] P=[4 5] +1 !"); /* those that fit */
    CHECK_WALK(&m, 4, "\0\1\2\3\3\0a\0b", "n=0 F=[1 2 3] P=[] C=[a b] !");
    CHECK_WALK(&m, 4, "\0\1\2\3\3", "n=0 F=[1 2 3] P=[] +1 !");
    CHECK_WALK(&m, 4, "\0\1\2", "n=0 F=[1 2] !");
    unmake(&m);
}

TEST(the_announced_count_is_told) {
    static const ek_field_spec specs[] = {SPEC("C", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_COUNT_U16),
                                          SPEC("R", .in_type = ETWKIT_IN_ANSISTRING, .flags = EK_FIELD_COUNT_REST)};
    made m;
    etwkit_walk walk;
    etwkit_step step;
    REQUIRE(make(&m, specs, 2, 2));
    etwkit_record record = record_of("\2\0\7\7a\0b\0c", 9, 8);
    etwkit_walk_begin(&walk, &m.schema, &record);
    CHECK_EQ_INT(etwkit_walk_next(&walk, &step), ETWKIT_OK);
    CHECK_EQ_INT(step.kind, ETWKIT_STEP_ARRAY_BEGIN);
    CHECK_EQ_UINT(step.count, 2);
    for (int i = 0; i < 4; i++)
        CHECK_EQ_INT(etwkit_walk_next(&walk, &step), ETWKIT_OK);
    CHECK_EQ_INT(step.kind, ETWKIT_STEP_ARRAY_BEGIN);
    CHECK_EQ_UINT(step.count, 0); /* nobody knows yet */
    release_record(&record);
    CHECK_WALK(&m, 8, "\0\0a\0b\0c", "C=[] R=[a b c]");
    CHECK_WALK(&m, 8, "\0\0", "C=[] R=[]");
    unmake(&m);
}

TEST(arrays_of_characters_are_one_text) {
    static const ek_field_spec specs[] = {
        SPEC("W", .in_type = ETWKIT_IN_UINT16, .out_type = ETWKIT_OUT_STRING, .flags = EK_FIELD_COUNT_U16),
        SPEC("S", .in_type = ETWKIT_IN_UINT8, .out_type = ETWKIT_OUT_STRING, .count = 3),
        SPEC("C", .in_type = ETWKIT_IN_UINT16, .out_type = ETWKIT_OUT_STRING)};
    made m;
    REQUIRE(make(&m, specs, 3, 3));
    CHECK_WALK(&m, 8, "\2\0h\0i\0abcX\0", "W=hi S=abc C=X");
    CHECK_WALK(&m, 8, "\0\0a\0cX\0", "W= S=a C=X");
    CHECK_WALK(&m, 8, "\5\0h\0i\0j", "W=hi +1 !");
    CHECK_WALK(&m, 8, "\5\0", " !");
    CHECK_WALK(&m, 8, "\0\0ab", "W= S=ab !");
    unmake(&m);
}

TEST(structs_and_arrays_of_them) {
    static const ek_field_spec specs[] = {
        SPEC("S", .flags = EK_FIELD_STRUCT, .first_member = 3, .member_count = 2),
        SPEC("n", .in_type = ETWKIT_IN_UINT8),
        SPEC("L", .flags = EK_FIELD_STRUCT | EK_FIELD_PARAM_COUNT, .count = 1, .first_member = 5, .member_count = 3),
        SPEC("a", .in_type = ETWKIT_IN_UINT8),
        SPEC("b", .in_type = ETWKIT_IN_ANSISTRING),
        SPEC("k", .in_type = ETWKIT_IN_UINT8),
        SPEC("v", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_PARAM_COUNT, .count = 5), /* of the current element */
        SPEC("T", .flags = EK_FIELD_STRUCT, .first_member = 8, .member_count = 1),
        SPEC("x", .in_type = ETWKIT_IN_INT8)};
    made m;
    REQUIRE(make(&m, specs, 9, 3));
    CHECK_WALK(&m, 8, "\1hi\0\2\2\1\2\xFF\0\5", "S={a=1 b=hi} n=2 L=[{k=2 v=[1 2] T={x=-1}} {k=0 v=[] T={x=5}}]");
    CHECK_WALK(&m, 8, "\1hi\0\0", "S={a=1 b=hi} n=0 L=[]");
    CHECK_WALK(&m, 8, "\1hi\0\2\2\1\2\xFF\3\5", "S={a=1 b=hi} n=2 L=[{k=2 v=[1 2] T={x=-1}} {k=3 v=[5]}] !");
    CHECK_WALK(&m, 8, "\1hi\0\2\2\1\2", "S={a=1 b=hi} n=2 L=[{k=2 v=[1 2] T={}}] !");
    CHECK_WALK(&m, 8, "\1", "S={a=1} !");
    CHECK_WALK(&m, 8, "", "S={} !");
    unmake(&m);
}

TEST(structs_until_the_end) {
    static const ek_field_spec specs[] = {
        SPEC("R", .flags = EK_FIELD_STRUCT | EK_FIELD_COUNT_REST, .first_member = 1, .member_count = 2),
        SPEC("a", .in_type = ETWKIT_IN_UINT8), SPEC("b", .in_type = ETWKIT_IN_ANSISTRING)};
    made m;
    REQUIRE(make(&m, specs, 3, 1));
    CHECK_WALK(&m, 8, "\1x\0\2y", "R=[{a=1 b=x} {a=2 b=y}]");
    CHECK_WALK(&m, 8, "\1x\0\2", "R=[{a=1 b=x} {a=2}] !");
    CHECK_WALK(&m, 8, "", "R=[]");
    unmake(&m);
}

TEST(structs_as_deep_as_may_be) {
    ek_field_spec specs[ETWKIT_WALK_DEPTH + 1];
    char want[256];
    size_t at = 0;
    for (uint16_t i = 0; i < ETWKIT_WALK_DEPTH; i++) {
        specs[i] = (ek_field_spec){"s", 1, NULL, EK_FIELD_STRUCT, 0, 0, 0, 1, 0, (uint16_t)(i + 1), 1};
        at += (size_t)snprintf(want + at, sizeof want - at, "s={");
    }
    specs[ETWKIT_WALK_DEPTH] = (ek_field_spec){"v", 1, NULL, 0, 0, ETWKIT_IN_UINT8, 0, 1, 0, 0, 0};
    at += (size_t)snprintf(want + at, sizeof want - at, "v=9");
    memset(want + at, '}', ETWKIT_WALK_DEPTH);
    want[at + ETWKIT_WALK_DEPTH] = 0;
    made m;
    REQUIRE(make(&m, specs, ETWKIT_WALK_DEPTH + 1, 1));
    CHECK_WALK(&m, 8, "\x09", want);
    unmake(&m);
}

TEST(optional_fields_may_be_missing_at_the_end) {
    static const ek_field_spec specs[] = {SPEC("A", .in_type = ETWKIT_IN_UINT8),
                                          SPEC("N", .in_type = ETWKIT_IN_UNICODESTRING, .flags = EK_FIELD_OPTIONAL),
                                          SPEC("T", .in_type = ETWKIT_IN_UINT16, .flags = EK_FIELD_OPTIONAL)};
    made m;
    REQUIRE(make(&m, specs, 3, 3));
    CHECK_WALK(&m, 8, "\1x\0\0\0\2\0", "A=1 N=x T=2");
    CHECK_WALK(&m, 8, "\1x\0\0\0", "A=1 N=x");
    CHECK_WALK(&m, 8, "\1", "A=1");
    CHECK_WALK(&m, 8, "\1x\0\0\0\2", "A=1 N=x +1 !"); /* half of it is there */
    CHECK_WALK(&m, 8, "", " !");
    unmake(&m);
    static const ek_field_spec then_more[] = {SPEC("N", .in_type = ETWKIT_IN_ANSISTRING, .flags = EK_FIELD_OPTIONAL),
                                              SPEC("A", .in_type = ETWKIT_IN_UINT8)};
    REQUIRE(make(&m, then_more, 2, 2));
    CHECK_WALK(&m, 8, "", " !");
    unmake(&m);
}

TEST(hidden_fields_are_read_and_not_shown) {
    static const ek_field_spec specs[] = {
        SPEC("A", .in_type = ETWKIT_IN_UINT8),
        SPEC("pad", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_HIDDEN, .count = 3),
        SPEC("n", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_HIDDEN),
        SPEC("B", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_PARAM_COUNT, .count = 2)};
    made m;
    REQUIRE(make(&m, specs, 4, 4));
    CHECK_WALK(&m, 8, "\1zzz\2\5\6", "A=1 B=[5 6]");
    CHECK_WALK(&m, 8, "\1zz", "A=1 !");
    unmake(&m);
}

TEST(padding_only_beside_wide_pointers) {
    static const ek_field_spec specs[] = {SPEC("A", .in_type = ETWKIT_IN_ANSISTRING),
                                          SPEC("", .flags = EK_FIELD_ALIGN8), SPEC("B", .in_type = ETWKIT_IN_UINT8)};
    made m;
    REQUIRE(make(&m, specs, 3, 3));
    CHECK_WALK(&m, 8, "abc\0zzzz\7", "A=abc B=7");
    CHECK_WALK(&m, 4, "abc\0\7", "A=abc B=7");
    CHECK_WALK(&m, 8, "abcdefg\0\7", "A=abcdefg B=7");
    CHECK_WALK(&m, 8, "abc\0zz", "A=abc !");
    unmake(&m);
    REQUIRE(make(&m, specs, 2, 2));
    CHECK_WALK(&m, 8, "abc\0", "A=abc"); /* the end needs no padding */
    unmake(&m);
}

TEST(usage_is_counted_once_per_walk) {
    static const ek_field_spec specs[] = {SPEC("A", .in_type = ETWKIT_IN_UINT16)};
    made m;
    etwkit_value value;
    etwkit_walk walk;
    etwkit_step step;
    REQUIRE(make(&m, specs, 1, 1));
    CHECK_WALK(&m, 8, "\1\0", "A=1");
    CHECK_WALK(&m, 8, "\1\0\2", "A=1 +1");
    CHECK_WALK(&m, 8, "\1", " +1 !");
    etwkit_record record = record_of("\1\0", 2, 8);
    CHECK_EQ_INT(etwkit_record_value(&record, &m.schema, field_of(&m, 0), &value), ETWKIT_OK);
    etwkit_walk_begin(&walk, &m.schema, &record);
    for (int i = 0; i < 4; i++)
        etwkit_walk_next(&walk, &step);
    release_record(&record);
    etwkit_schema_usage usage = etwkit_schema_get_usage(&m.schema);
    CHECK_EQ_UINT(usage.walked, 4);
    CHECK_EQ_UINT(usage.with_rest, 1);
    CHECK_EQ_UINT(usage.truncated, 1);
    unmake(&m);
}

TEST(nothing_without_size_goes_on_for_ever) {
    static const ek_field_spec nothing[] = {
        SPEC("n", .in_type = ETWKIT_IN_UINT32),
        SPEC("Z", .in_type = ETWKIT_IN_NULL, .flags = EK_FIELD_PARAM_COUNT, .count = 0)};
    ek_field_spec nested[ETWKIT_WALK_DEPTH + 1];
    etwkit_walk walk;
    etwkit_step step;
    size_t steps = 0;
    made m;
    REQUIRE(make(&m, nothing, 2, 2));
    const uint32_t most = EK_IDLE_STEPS + 4 + 2; /* and one for each byte and each field */
    for (uint32_t count = most - 2; count <= most + 2; count++) {
        etwkit_record record = record_of(&count, 4, 8);
        etwkit_walk_begin(&walk, &m.schema, &record);
        for (steps = 0; etwkit_walk_next(&walk, &step) == ETWKIT_OK;)
            steps++;
        CHECK_EQ_INT(etwkit_walk_truncated(&walk), count > most);
        CHECK(steps <= most + 8u);
        release_record(&record);
    }
    unmake(&m);
    for (uint16_t i = 0; i < ETWKIT_WALK_DEPTH; i++)
        nested[i] = (ek_field_spec){
            "s", 1, NULL, EK_FIELD_STRUCT | EK_FIELD_FIXED_COUNT, 0, 0, 0, UINT16_MAX, 0, (uint16_t)(i + 1), 1};
    nested[ETWKIT_WALK_DEPTH] = (ek_field_spec){"v", 1, NULL, EK_FIELD_FIXED_COUNT, 0, 0, 0, UINT16_MAX, 0, 0, 0};
    REQUIRE(make(&m, nested, ETWKIT_WALK_DEPTH + 1, 1));
    etwkit_record record = record_of("", 0, 8);
    etwkit_walk_begin(&walk, &m.schema, &record);
    for (steps = 0; etwkit_walk_next(&walk, &step) == ETWKIT_OK && steps < 1000000;)
        steps++;
    CHECK(etwkit_walk_truncated(&walk));
    CHECK(steps < 4 * most);
    release_record(&record);
    unmake(&m);
}

TEST(one_field_of_one_record) {
    static const ek_field_spec specs[] = {SPEC("A", .in_type = ETWKIT_IN_UINT32),
                                          SPEC("B", .in_type = ETWKIT_IN_POINTER),
                                          SPEC("S", .in_type = ETWKIT_IN_ANSISTRING),
                                          SPEC("C", .in_type = ETWKIT_IN_UINT8),
                                          SPEC("L", .in_type = ETWKIT_IN_UINT8, .count = 2),
                                          SPEC("T", .flags = EK_FIELD_STRUCT, .first_member = 7, .member_count = 1),
                                          SPEC("O", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_OPTIONAL),
                                          SPEC("m", .in_type = ETWKIT_IN_UINT8)};
    made m, other;
    etwkit_value value;
    REQUIRE(make(&m, specs, 8, 7));
    REQUIRE(make(&other, specs, 8, 7));
    etwkit_record record = record_of("\1\0\0\0\2\0\0\0hi\0\3\4\5\6", 15, 4);
#define VALUE(index) etwkit_record_value(&record, &m.schema, field_of(&m, index), &value)
    CHECK_EQ_INT(VALUE(0), ETWKIT_OK);
    CHECK(value.data == record.payload && value.size == 4 && value.field == field_of(&m, 0));
    CHECK_EQ_INT(VALUE(1), ETWKIT_OK);
    CHECK(value.data == record.payload + 4 && value.size == 4);
    CHECK_EQ_INT(VALUE(2), ETWKIT_OK);
    CHECK(value.data == record.payload + 8 && value.size == 2);
    CHECK_EQ_INT(VALUE(3), ETWKIT_OK);
    CHECK(value.data == record.payload + 11 && value.data[0] == 3);
    CHECK_EQ_INT(VALUE(4), ETWKIT_E_TYPE);
    CHECK_EQ_INT(VALUE(5), ETWKIT_E_TYPE);
    CHECK_EQ_INT(VALUE(6), ETWKIT_ABSENT);
    CHECK_EQ_INT(VALUE(7), ETWKIT_E_TYPE);
    CHECK_EQ_INT(etwkit_record_value(&record, &m.schema, field_of(&other, 0), &value), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_record_value(&record, &m.schema, NULL, &value), ETWKIT_E_INVALID);
    CHECK_EQ_INT(etwkit_record_value(&record, NULL, field_of(&m, 0), &value), ETWKIT_E_INVALID);
    record.payload_size = 6;
    CHECK_EQ_INT(VALUE(0), ETWKIT_OK);
    CHECK_EQ_INT(VALUE(1), ETWKIT_ABSENT);
    CHECK_EQ_INT(VALUE(2), ETWKIT_ABSENT);
    CHECK_EQ_INT(VALUE(3), ETWKIT_ABSENT);
    record.payload_size = 8;
    CHECK_EQ_INT(VALUE(2), ETWKIT_ABSENT);
    release_record(&record);
    unmake(&m);
    unmake(&other);
}

TEST(one_field_behind_a_reference) {
    static const ek_field_spec specs[] = {
        SPEC("n", .in_type = ETWKIT_IN_UINT8),
        SPEC("S", .in_type = ETWKIT_IN_ANSISTRING, .flags = EK_FIELD_PARAM_LENGTH, .length = 0),
        SPEC("X", .in_type = ETWKIT_IN_UINT8, .out_type = ETWKIT_OUT_STRING, .flags = EK_FIELD_COUNT_U16),
        SPEC("C", .in_type = ETWKIT_IN_UINT8)};
    made m;
    etwkit_value value;
    uint64_t number;
    REQUIRE(make(&m, specs, 4, 4));
    etwkit_record record = record_of("\3abc\2\0hi\7", 9, 8);
    CHECK_EQ_INT(VALUE(3), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_value_u64(&value, &number), ETWKIT_OK);
    CHECK_EQ_UINT(number, 7);
    CHECK_EQ_INT(VALUE(1), ETWKIT_OK);
    CHECK(value.size == 3);
    CHECK_EQ_INT(VALUE(2), ETWKIT_OK); /* an array of characters is one value */
    CHECK(value.size == 2);
    release_record(&record);
    unmake(&m);
}

TEST_MAIN(CASE(scalars_come_in_order), CASE(no_fields_and_no_schema),
          CASE(strings_end_at_their_nul_or_with_the_payload), CASE(a_last_string_without_terminator_is_whole),
          CASE(fixed_lengths_are_taken_whole_and_shown_to_the_nul),
          CASE(lengths_by_reference_count_characters_or_bytes), CASE(counted_strings_and_bytes),
          CASE(binary_without_length_is_the_rest), CASE(sids_measure_themselves), CASE(wbem_sids),
          CASE(arrays_of_every_count), CASE(the_announced_count_is_told), CASE(arrays_of_characters_are_one_text),
          CASE(structs_and_arrays_of_them), CASE(structs_until_the_end), CASE(structs_as_deep_as_may_be),
          CASE(optional_fields_may_be_missing_at_the_end), CASE(hidden_fields_are_read_and_not_shown),
          CASE(padding_only_beside_wide_pointers), CASE(usage_is_counted_once_per_walk),
          CASE(nothing_without_size_goes_on_for_ever), CASE(one_field_of_one_record),
          CASE(one_field_behind_a_reference))
