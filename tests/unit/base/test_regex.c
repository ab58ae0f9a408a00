/* SPDX-License-Identifier: MIT */
/* Regular expressions find what they say, and refuse what they are not. */
#include "base/regex.h"
#include "test.h"

#include <string.h>

/* 1: matches, 0: does not, -1: is no regular expression. */
static int found(const char *pattern, const char *text, bool ignore_case) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_regex *regex = ek_regex_new(&allocator, pattern, strlen(pattern), ignore_case);
    int result = regex ? ek_regex_matches(regex, (const uint8_t *)text, strlen(text)) : -1;
    ek_regex_free(regex, &allocator);
    return result;
}

TEST(finds) {
    static const struct {
        const char *pattern, *text;
        int expected;
    } cases[] = {
        {"", "", 1},
        {"abc", "xabcx", 1},
        {"abc", "xab", 0},
        {"^abc$", "abc", 1},
        {"^abc$", "abcd", 0},
        {"a.c",
         "a\xC3\xA4"
         "c",
         1},
        {"a*b", "aaab", 1},
        {"^a*$", "", 1},
        {"^a+$", "", 0},
        {"^(ab|cd|ef)+$", "abefcd", 1},
        {"^(ab|cd|ef)+$", "abefc", 0},
        {"^(?:a|b)?c$", "c", 1},
        {"^a{2,3}$", "a", 0},
        {"^a{2,3}$", "aaa", 1},
        {"^a{2,3}$", "aaaa", 0},
        {"^a{2}$", "aa", 1},
        {"^a{0}$", "", 1},
        {"^a{0}$", "a", 0},
        {"^(ab){2,}$", "ababab", 1},
        {"^(ab){2,}$", "ab", 0},
        {"[a-c]x", "bx", 1},
        {"[^a-c]x", "bx", 0},
        {"[^a-c]x", "dx", 1},
        {"[]]", "]", 1},
        {"[a-]", "-", 1},
        {"[\\]]", "]", 1},
        {"\\d+\\.\\d+", "v10.25", 1},
        {"^\\D+$", "ab1", 0},
        {"^\\S+$", "a b", 0},
        {"^[\\w.]+$", "cmd_1.exe", 1},
        {"\\x41", "A", 1},
        {"\\\\windows\\\\", "c:\\windows\\system32", 1},
        {"(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", 0},
        {"(a|a)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", 0},
        {"a|", "x", 1},
        {"(|a)b", "b", 1},
        {"a.b", "a\nb", 0},
        {"(", "", -1},
        {")", "", -1},
        {"[", "", -1},
        {"*a", "", -1},
        {"a{", "", -1},
        {"a{3,2}", "", -1},
        {"\\1", "", -1},
        {"\\", "", -1},
        {"[b-a]", "", -1},
        {"(?=a)", "", -1},
        {"((a{100}){100}){100}", "", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ_INT(found(cases[i].pattern, cases[i].text, false), cases[i].expected);
}

TEST(ignores_case) {
    CHECK_EQ_INT(found("CMD\\.exe", "cmd.EXE", true), 1);
    CHECK_EQ_INT(found("^[A-C]+$", "abc", true), 1);
    CHECK_EQ_INT(found("^[a-c]+$", "ABC", true), 1);
    CHECK_EQ_INT(found("^[^a]+$", "A", true), 0);
    CHECK_EQ_INT(found("CMD", "cmd", false), 0);
}

TEST_MAIN(CASE(finds), CASE(ignores_case))
