/* SPDX-License-Identifier: MIT */
/* Payload filters compare as Microsoft's page of PAYLOAD_FILTER_PREDICATE says. */
#include "decode/made.h"
#include "oom.h"
#include "session/payload.h"

static const ek_field_spec specs[] = {
    SPEC("State", .in_type = ETWKIT_IN_UINT32),      SPEC("Change", .in_type = ETWKIT_IN_INT16),
    SPEC("Size", .in_type = ETWKIT_IN_UINT64),       SPEC("On", .in_type = ETWKIT_IN_BOOLEAN),
    SPEC("At", .in_type = ETWKIT_IN_FILETIME),       SPEC("Id", .in_type = ETWKIT_IN_GUID),
    SPEC("File", .in_type = ETWKIT_IN_UNICODESTRING)};
static const char payload[] = "\x07\0\0\0"                       /* 7 */
                              "\xFE\xFF"                         /* -2 */
                              "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF" /* the largest */
                              "\x01\0\0\0"                       /* true */
                              "\x00\x40\x00\x00\x00\x00\x00\x01" /* 0x0100000000004000 */
                              "\x33\x22\x11\0\x55\x44\x77\x66\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF"
                              "C\0:\0\\\0A\0p\0p\0.\0e\0x\0e\0\0\0";

static bool holds_of(const char *field, etwkit_payload_operator comparison, const char *value, size_t size) {
    made m;
    const etwkit_payload_predicate predicate = {field, comparison, value};
    const etwkit_payload_filter filter = {.predicates = &predicate, .predicate_count = 1};
    CHECK(ek_payload_is_good(&predicate));
    if (!make(&m, specs, COUNT(specs), COUNT(specs)))
        return false;
    etwkit_record record = record_of(payload, size, 8);
    bool held = ek_payload_holds(&filter, &record, &m.schema);
    release_record(&record);
    unmake(&m);
    return held;
}

static bool holds(const char *field, etwkit_payload_operator comparison, const char *value) {
    return holds_of(field, comparison, value, sizeof payload - 2);
}

TEST(integers) {
    CHECK(holds("State", ETWKIT_PAYLOAD_EQUAL, "7"));
    CHECK(holds("State", ETWKIT_PAYLOAD_EQUAL, "0x7"));
    CHECK(!holds("State", ETWKIT_PAYLOAD_EQUAL, "8"));
    CHECK(holds("State", ETWKIT_PAYLOAD_NOT_EQUAL, "8"));
    CHECK(!holds("State", ETWKIT_PAYLOAD_NOT_EQUAL, "7"));
    CHECK(holds("State", ETWKIT_PAYLOAD_AT_MOST, "7"));
    CHECK(!holds("State", ETWKIT_PAYLOAD_AT_MOST, "6"));
    CHECK(holds("State", ETWKIT_PAYLOAD_GREATER, "6"));
    CHECK(!holds("State", ETWKIT_PAYLOAD_GREATER, "7"));
    CHECK(holds("State", ETWKIT_PAYLOAD_LESS, "8"));
    CHECK(!holds("State", ETWKIT_PAYLOAD_LESS, "7"));
    CHECK(holds("State", ETWKIT_PAYLOAD_AT_LEAST, "7"));
    CHECK(!holds("State", ETWKIT_PAYLOAD_AT_LEAST, "8"));
    CHECK(holds("Change", ETWKIT_PAYLOAD_EQUAL, "-2"));
    CHECK(holds("Change", ETWKIT_PAYLOAD_LESS, "1"));
    CHECK(holds("State", ETWKIT_PAYLOAD_GREATER, "-9223372036854775808"));
    CHECK(holds("Size", ETWKIT_PAYLOAD_EQUAL, "0xFFFFffffFFFFffff"));
    CHECK(holds("Size", ETWKIT_PAYLOAD_GREATER, "-1"));
    CHECK(holds("On", ETWKIT_PAYLOAD_EQUAL, "1"));
    CHECK(holds("At", ETWKIT_PAYLOAD_EQUAL, "0x0100000000004000"));
}

TEST(both_ends_belong_to_a_range) {
    CHECK(holds("State", ETWKIT_PAYLOAD_BETWEEN, "7,9"));
    CHECK(holds("State", ETWKIT_PAYLOAD_BETWEEN, "-1,7"));
    CHECK(!holds("State", ETWKIT_PAYLOAD_BETWEEN, "8,9"));
    CHECK(!holds("State", ETWKIT_PAYLOAD_OUTSIDE, "7,9"));
    CHECK(!holds("State", ETWKIT_PAYLOAD_OUTSIDE, "5,7"));
    CHECK(holds("State", ETWKIT_PAYLOAD_OUTSIDE, "8,9"));
    CHECK(holds("State", ETWKIT_PAYLOAD_OUTSIDE, "5,6"));
}

TEST(texts_without_case) {
    CHECK(holds("File", ETWKIT_PAYLOAD_CONTAINS, "app"));
    CHECK(!holds("File", ETWKIT_PAYLOAD_CONTAINS, "apps"));
    CHECK(holds("File", ETWKIT_PAYLOAD_LACKS, "apps"));
    CHECK(!holds("File", ETWKIT_PAYLOAD_LACKS, "APP"));
    CHECK(holds("File", ETWKIT_PAYLOAD_IS, "c:\\app.EXE"));
    CHECK(!holds("File", ETWKIT_PAYLOAD_IS, "app.exe"));
    CHECK(holds("File", ETWKIT_PAYLOAD_IS_NOT, "app.exe"));
    CHECK(!holds("File", ETWKIT_PAYLOAD_IS_NOT, "C:\\App.exe"));
    CHECK(!holds("File", ETWKIT_PAYLOAD_EQUAL, "7")); /* no number */
}

TEST(guids_in_braces) {
    CHECK(holds("Id", ETWKIT_PAYLOAD_IS, "{00112233-4455-6677-8899-AABBCCDDEEFF}"));
    CHECK(!holds("Id", ETWKIT_PAYLOAD_IS, "{00112233-4455-6677-8899-AABBCCDDEEF0}"));
    CHECK(!holds("Id", ETWKIT_PAYLOAD_IS_NOT, "{00112233-4455-6677-8899-AABBCCDDEEFF}"));
    CHECK(holds("Id", ETWKIT_PAYLOAD_IS_NOT, "{00112233-4455-6677-8899-AABBCCDDEEF0}"));
}

/* Not even those that say no. */
TEST(nothing_holds_of_what_is_not_there) {
    static const etwkit_payload_operator each[] = {ETWKIT_PAYLOAD_NOT_EQUAL, ETWKIT_PAYLOAD_OUTSIDE,
                                                   ETWKIT_PAYLOAD_LACKS, ETWKIT_PAYLOAD_IS_NOT};
    for (size_t i = 0; i < COUNT(each); i++) {
        const char *const value = each[i] == ETWKIT_PAYLOAD_OUTSIDE ? "1,2" : "1";
        CHECK(!holds("Nothing", each[i], value));
        CHECK(!holds_of("Change", each[i], value, 5)); /* the payload ends in it */
    }
}

TEST(any_or_all) {
    made m;
    const etwkit_payload_predicate both[] = {{"State", ETWKIT_PAYLOAD_EQUAL, "7"}, {"File", ETWKIT_PAYLOAD_IS, "x"}};
    etwkit_payload_filter filter = {.event_id = 3, .version = 1, .predicates = both, .predicate_count = 2};
    REQUIRE(make(&m, specs, COUNT(specs), COUNT(specs)));
    etwkit_record record = record_of(payload, sizeof payload - 2, 8);
    CHECK(!ek_payload_holds(&filter, &record, &m.schema));
    filter.match_any = true;
    CHECK(ek_payload_holds(&filter, &record, &m.schema));
    filter.predicates++;
    filter.predicate_count--;
    CHECK(!ek_payload_holds(&filter, &record, &m.schema));
    record.event_id = 3;
    CHECK(!ek_payload_names(&filter, &record));
    record.version = 1;
    CHECK(ek_payload_names(&filter, &record));
    release_record(&record);
    unmake(&m);
}

TEST(what_cannot_be_asked) {
    static const etwkit_payload_predicate wrong[] = {{NULL, ETWKIT_PAYLOAD_IS, "x"},
                                                     {"", ETWKIT_PAYLOAD_IS, "x"},
                                                     {"A", ETWKIT_PAYLOAD_IS, NULL},
                                                     {"A", (etwkit_payload_operator)8, "1"},
                                                     {"A", (etwkit_payload_operator)32, "1"},
                                                     {"A", ETWKIT_PAYLOAD_EQUAL, ""},
                                                     {"A", ETWKIT_PAYLOAD_EQUAL, "-"},
                                                     {"A", ETWKIT_PAYLOAD_EQUAL, "0x"},
                                                     {"A", ETWKIT_PAYLOAD_EQUAL, "seven"},
                                                     {"A", ETWKIT_PAYLOAD_EQUAL, "7a"},
                                                     {"A", ETWKIT_PAYLOAD_EQUAL, "1,2"},
                                                     {"A", ETWKIT_PAYLOAD_EQUAL, "18446744073709551616"},
                                                     {"A", ETWKIT_PAYLOAD_EQUAL, "-9223372036854775809"},
                                                     {"A", ETWKIT_PAYLOAD_BETWEEN, "1"},
                                                     {"A", ETWKIT_PAYLOAD_BETWEEN, "1,"},
                                                     {"A", ETWKIT_PAYLOAD_OUTSIDE, "1,2,3"}};
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (ek_payload_is_good(&wrong[i]))
            test_fail(__FILE__, __LINE__, "%zu is taken for good", i);
}

static bool copies(const etwkit_allocator *allocator, void *context) {
    char field[] = "State", value[] = "7";
    const etwkit_payload_predicate predicates[] = {{field, ETWKIT_PAYLOAD_EQUAL, value},
                                                   {field, ETWKIT_PAYLOAD_LESS, value}};
    const etwkit_payload_filter two[] = {{.event_id = 1, .predicates = predicates, .predicate_count = 2},
                                         {.event_id = 2, .predicates = predicates, .predicate_count = 1}};
    const etwkit_payload_filter *copy = two;
    ek_arena arena;
    (void)context;
    ek_arena_init(&arena, allocator);
    bool copied = ek_payload_copy(&arena, &copy, 2);
    field[0] = value[0] = 'x';
    CHECK(!copied || (strcmp(copy[0].predicates[1].field, "State") == 0 && copy[1].event_id == 2 &&
                      strcmp(copy[1].predicates[0].value, "7") == 0));
    ek_arena_free(&arena);
    return copied;
}

TEST(copies_are_independent) {
    CHECK_OOM(copies, NULL);
}

TEST_MAIN(CASE(integers), CASE(both_ends_belong_to_a_range), CASE(texts_without_case), CASE(guids_in_braces),
          CASE(nothing_holds_of_what_is_not_there), CASE(any_or_all), CASE(what_cannot_be_asked),
          CASE(copies_are_independent))
