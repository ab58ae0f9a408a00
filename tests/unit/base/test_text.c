/* SPDX-License-Identifier: MIT */
/* The formatter and the encodings: any bytes give valid UTF-8. */
#include "base/bytes.h"
#include "base/error.h"
#include "base/utf.h"
#include "test.h"

static etwkit_allocator library;
static char result[256];

static const char *from_utf16(const void *units, size_t size) {
    ek_buf buf;
    library = ek_allocator_or_default(NULL);
    ek_buf_init(&buf, &library);
    ek_utf16_append(&buf, units, size);
    ek_format(result, sizeof result, "%.*s", (int)buf.size, buf.data ? (const char *)buf.data : "");
    ek_buf_free(&buf);
    return result;
}

static const char *from_ansi(const char *text, bool utf8) {
    ek_buf buf;
    library = ek_allocator_or_default(NULL);
    ek_buf_init(&buf, &library);
    ek_ansi_append(&buf, (const uint8_t *)text, strlen(text), utf8);
    ek_format(result, sizeof result, "%.*s", (int)buf.size, buf.data ? (const char *)buf.data : "");
    ek_buf_free(&buf);
    return result;
}

TEST(formats_without_locale) {
    char text[64];
    int length = ek_format(text, sizeof text, "%s|%5d|%-4u|%08x|%X|%c|%%|%.*s|%llu|%zu", "a", -42, 7u, 0xBEEFu, 255u,
                           'z', 2, "abc", 18446744073709551615ULL, (size_t)9);
    CHECK_EQ_STR(text, "a|  -42|7   |0000beef|FF|z|%|ab|18446744073709551615|9");
    CHECK_EQ_INT(length, strlen(text));
    CHECK_EQ_INT(ek_format(text, 4, "%s", "longer"), 6);
    CHECK_EQ_STR(text, "lon");
}

TEST(errors_are_cut_never_overrun) {
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = 0;
    etwkit_error error = {0};
    CHECK(ek_fail(&error, ETWKIT_E_IO, "%s", long_text) == ETWKIT_E_IO);
    CHECK_EQ_INT(strlen(error.message), sizeof error.message - 1);
    CHECK(error.offset == ETWKIT_NO_OFFSET && error.buffer == ETWKIT_NO_NUMBER);
    CHECK(ek_fail(NULL, ETWKIT_E_IO, "nobody listens") == ETWKIT_E_IO);
}

TEST(utf16_becomes_utf8) {
    static const uint16_t mixed[] = {'a', 'b', 'c', 'd', 'e', 0xE9, 0x20AC, 0xD83D, 0xDE00, 'f', 'g', 'h', 'i', 'j'};
    CHECK_EQ_STR(from_utf16(mixed, sizeof mixed), "abcde\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"
                                                  "fghij");
}

TEST(unpaired_surrogates_are_replaced) {
    static const uint16_t high_alone[] = {0xD83D, 'a'}, low_first[] = {0xDE00, 0xD83D};
    CHECK_EQ_STR(from_utf16(high_alone, sizeof high_alone), "\xEF\xBF\xBD"
                                                            "a");
    CHECK_EQ_STR(from_utf16(low_first, sizeof low_first), "\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK_EQ_STR(from_utf16(high_alone, 3), "\xEF\xBF\xBD");
}

TEST(ansi_is_utf8_or_windows_1252) {
    CHECK_EQ_STR(from_ansi("caf\xC3\xA9", false), "caf\xC3\xA9");
    CHECK_EQ_STR(from_ansi("caf\xE9 \x80\x81", false), "caf\xC3\xA9 \xE2\x82\xAC\xEF\xBF\xBD");
    CHECK_EQ_STR(from_ansi("caf\xE9!", true), "caf\xEF\xBF\xBD!");
}

TEST(only_valid_utf8_counts) {
    static const struct {
        const char *text;
        size_t valid;
    } cases[] = {{"", 0},
                 {"plain ascii text", 16},
                 {"\xC3\xA9", 2},
                 {"a\xC0\x80", 1},
                 {"\xED\xA0\x80", 0},
                 {"\xF4\x90\x80\x80", 0},
                 {"\xF0\x9F\x98\x80", 4},
                 {"\xE2\x82", 0},
                 {"\xE0\x80\x80", 0},
                 {"\xFF", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_EQ_UINT(ek_utf8_valid((const uint8_t *)cases[i].text, strlen(cases[i].text)), cases[i].valid);
}

TEST(utf16_length_finds_every_nul) {
    uint8_t text[64];
    for (size_t nul = 0; nul < 32; nul++) {
        memset(text, 'x', sizeof text);
        text[nul * 2] = text[nul * 2 + 1] = 0;
        bool terminated = false;
        CHECK_EQ_UINT(ek_utf16_length(text, sizeof text, &terminated), nul * 2);
        CHECK(terminated);
    }
    static const uint16_t high_bytes[] = {0x0100, 0x8000, 0x0001, 0x0080, 0x0100};
    bool terminated = true;
    CHECK_EQ_UINT(ek_utf16_length((const uint8_t *)high_bytes, sizeof high_bytes, &terminated), sizeof high_bytes);
    CHECK(!terminated);
}

TEST(utf8_goes_to_utf16_and_back) {
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
    ek_buf wide;
    library = ek_allocator_or_default(NULL);
    ek_buf_init(&wide, &library);
    ek_utf8_to_utf16(&wide, text, sizeof text - 1);
    CHECK_EQ_UINT(wide.size, 12);
    CHECK_EQ_STR(from_utf16(wide.data, wide.size), text);
    ek_buf_free(&wide);
}

TEST_MAIN(CASE(formats_without_locale), CASE(errors_are_cut_never_overrun), CASE(utf16_becomes_utf8),
          CASE(unpaired_surrogates_are_replaced), CASE(ansi_is_utf8_or_windows_1252), CASE(only_valid_utf8_counts),
          CASE(utf16_length_finds_every_nul), CASE(utf8_goes_to_utf16_and_back))
