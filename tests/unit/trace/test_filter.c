/* SPDX-License-Identifier: MIT */
/* Filters mean what logic says, and names match by pattern. */
#include "schema/schema.h"
#include "test.h"
#include "trace/filter.h"

static const etwkit_schema *give_schema(void *context, const etwkit_record *record) {
    (void)record;
    return context;
}

static bool matches(const etwkit_filter *filter, const etwkit_record *record) {
    static const ek_layout empty = {0};
    static const etwkit_schema schema = {
        .is = {.layout = &empty, .provider_name = "Microsoft-Windows-DNS-Client", .event_name = "Query/Stärt"}};
    const ek_filter_names names = {give_schema, (void *)(uintptr_t)&schema};
    return ek_filter_match(filter, record, &names);
}

/* Asks and frees. */
static bool once(etwkit_filter *filter, const etwkit_record *record) {
    bool answer = filter && matches(filter, record);
    etwkit_filter_free(filter);
    return answer;
}

TEST(headers) {
    const etwkit_record record = {.event_id = 3008,
                                  .opcode = 1,
                                  .level = 4,
                                  .keywords = 0x12,
                                  .process_id = 77,
                                  .thread_id = ETWKIT_NO_ID,
                                  .timestamp = 1000,
                                  .provider_id = {{9}}};
    static const uint16_t ids[] = {1, 3008}, other_ids[] = {1};
    static const uint8_t opcodes[] = {1};
    static const uint32_t pids[] = {77}, none[] = {ETWKIT_NO_ID};
    const etwkit_guid guid = {{9}}, other = {{8}};
    CHECK(once(etwkit_filter_ids(NULL, ids, 2), &record));
    CHECK(!once(etwkit_filter_ids(NULL, other_ids, 1), &record));
    CHECK(!once(etwkit_filter_ids(NULL, ids, 0), &record));
    CHECK(once(etwkit_filter_opcodes(NULL, opcodes, 1), &record));
    CHECK(once(etwkit_filter_level_at_most(NULL, 4), &record));
    CHECK(!once(etwkit_filter_level_at_most(NULL, 3), &record));
    CHECK(once(etwkit_filter_processes(NULL, pids, 1), &record));
    CHECK(!once(etwkit_filter_threads(NULL, none, 1), &record));
    CHECK(once(etwkit_filter_provider_id(NULL, &guid), &record));
    CHECK(!once(etwkit_filter_provider_id(NULL, &other), &record));
    CHECK(once(etwkit_filter_time(NULL, 1000, 1000), &record));
    CHECK(!once(etwkit_filter_time(NULL, 1001, 2000), &record));
}

TEST(keywords_follow_the_predicate) {
    const etwkit_record none = {.keywords = 0}, some = {.keywords = 0x6};
    CHECK(once(etwkit_filter_keywords(NULL, 0x8, 0x8), &none));
    CHECK(once(etwkit_filter_keywords(NULL, 0, 0), &some));
    CHECK(once(etwkit_filter_keywords(NULL, 0x2, 0), &some));
    CHECK(!once(etwkit_filter_keywords(NULL, 0x8, 0), &some));
    CHECK(once(etwkit_filter_keywords(NULL, 0x2, 0x6), &some));
    CHECK(!once(etwkit_filter_keywords(NULL, 0x2, 0xE), &some));
}

TEST(names_match_by_pattern) {
    static const struct {
        const char *pattern;
        bool good;
    } cases[] = {{"microsoft-windows-dns-client", true},
                 {"Microsoft-Windows-DNS", false},
                 {"*DNS*", true},
                 {"*", true},
                 {"M*-*-*-C*t", true},
                 {"?icrosoft*", true},
                 {"*x*", false},
                 {"", false},
                 {"*client?", false},
                 {"**Client**", true}};
    const etwkit_record record = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(once(etwkit_filter_provider_name(NULL, cases[i].pattern), &record) == cases[i].good);
    CHECK(once(etwkit_filter_event_name(NULL, "query/st?rt"), &record)); /* ? is a character, not a byte */
}

TEST(logic) {
    const etwkit_record record = {.level = 4};
    for (unsigned bits = 0; bits < 8; bits++) {
        bool a = bits & 1, b = bits & 2, c = bits & 4; /* (a and b) or not c */
        etwkit_filter *both[] = {etwkit_filter_level_at_most(NULL, a ? 4 : 3),
                                 etwkit_filter_level_at_most(NULL, b ? 4 : 3)};
        etwkit_filter *either[] = {etwkit_filter_all(NULL, both, 2),
                                   etwkit_filter_not(NULL, etwkit_filter_level_at_most(NULL, c ? 4 : 3))};
        CHECK(once(etwkit_filter_any(NULL, either, 2), &record) == ((a && b) || !c));
    }
    CHECK(once(etwkit_filter_all(NULL, NULL, 0), &record));
    CHECK(!once(etwkit_filter_any(NULL, NULL, 0), &record));
}

TEST(nesting_has_no_limit_and_failures_pass_on) {
    const etwkit_record record = {.level = 4};
    etwkit_filter *deep = etwkit_filter_level_at_most(NULL, 4);
    for (unsigned i = 0; i < 2000; i++) {
        etwkit_filter *both[] = {deep, etwkit_filter_level_at_most(NULL, i % 3 ? 4 : 3)};
        deep = i % 2 ? etwkit_filter_not(NULL, etwkit_filter_all(NULL, both, 2)) : etwkit_filter_any(NULL, both, 2);
        CHECK(deep != NULL);
    }
    bool expected = true;
    for (unsigned i = 0; i < 2000; i++)
        expected = i % 2 ? !(expected && i % 3) : expected || i % 3;
    etwkit_filter *copy = etwkit_filter_copy(NULL, deep);
    CHECK(once(deep, &record) == expected);
    CHECK(once(copy, &record) == expected);
    etwkit_filter *broken[] = {etwkit_filter_level_at_most(NULL, 1), NULL};
    CHECK(etwkit_filter_all(NULL, broken, 2) == NULL);
    CHECK(etwkit_filter_not(NULL, NULL) == NULL);
}

TEST(constants_decide_or_make_no_difference) {
    const etwkit_record record = {.level = 4};
    for (unsigned bits = 0; bits < 16; bits++) {
        bool always = bits & 1, condition = bits & 2, all = bits & 4, first = bits & 8;
        etwkit_filter *constant = always ? etwkit_filter_all(NULL, NULL, 0) : etwkit_filter_any(NULL, NULL, 0);
        etwkit_filter *asked = etwkit_filter_level_at_most(NULL, condition ? 4 : 3);
        etwkit_filter *both[] = {first ? constant : asked, first ? asked : constant};
        etwkit_filter *made = all ? etwkit_filter_all(NULL, both, 2) : etwkit_filter_any(NULL, both, 2);
        CHECK(once(made, &record) == (all ? always && condition : always || condition));
    }
    CHECK(!once(etwkit_filter_not(NULL, etwkit_filter_all(NULL, NULL, 0)), &record));
}

TEST(what_is_shared_stays_as_it_is) {
    const etwkit_record record = {.level = 4};
    const uint16_t ids[] = {7};
    etwkit_filter *low = etwkit_filter_level_at_most(NULL, 3), *id = etwkit_filter_ids(NULL, ids, 1);
    etwkit_filter *both[] = {etwkit_filter_share(low), etwkit_filter_not(NULL, etwkit_filter_share(id))};
    etwkit_filter *neither[] = {etwkit_filter_not(NULL, etwkit_filter_any(NULL, both, 2)), etwkit_filter_share(id)};
    CHECK(!once(etwkit_filter_all(NULL, neither, 2), &record));
    CHECK(!once(low, &record));
    CHECK(!once(id, &record));
}

TEST(properties_want_an_operand_that_makes_sense) {
    CHECK(etwkit_filter_property_i64(NULL, "x", ETWKIT_CONTAINS, 1) == NULL);
    CHECK(etwkit_filter_property_text(NULL, "x", ETWKIT_EQUAL, NULL, 0, false) == NULL);
    CHECK(etwkit_filter_property_text(NULL, "x", ETWKIT_MATCHES, "(", 1, false) == NULL);
    CHECK(etwkit_filter_property_i64(NULL, NULL, ETWKIT_EQUAL, 1) == NULL);
    const etwkit_record record = {0};
    CHECK(!once(etwkit_filter_property_i64(NULL, "x", ETWKIT_EQUAL, 1), &record));
    CHECK(once(etwkit_filter_not(NULL, etwkit_filter_property_i64(NULL, "x", ETWKIT_PRESENT, 1)), &record));
}

TEST_MAIN(CASE(headers), CASE(keywords_follow_the_predicate), CASE(names_match_by_pattern), CASE(logic),
          CASE(nesting_has_no_limit_and_failures_pass_on), CASE(constants_decide_or_make_no_difference),
          CASE(what_is_shared_stays_as_it_is), CASE(properties_want_an_operand_that_makes_sense))
