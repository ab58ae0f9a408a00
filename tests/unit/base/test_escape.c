/* SPDX-License-Identifier: MIT */
/* Escaping: the fast ways against a plain one, on texts of every length and kind. */
#include "base/escape.h"
#include "base/utf.h"
#include "test.h"

#include <stdlib.h>

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* The rule, told once more and plainly: one character of valid UTF-8. */
static void want_character(ek_buf *out, const uint8_t *text, size_t size, ek_escape how) {
    char escape[8];
    bool high = size == 2 && text[0] == 0xC2 && text[1] < 0xA0;
    uint8_t code = text[high];
    if (code == '"')
        ek_buf_text(out, how == EK_ESCAPE_CSV ? "\"\"" : "\\\"");
    else if (code == '\\')
        ek_buf_text(out, how == EK_ESCAPE_JSON ? "\\\\" : "\\");
    else if (code == '\n' || code == '\r' || code == '\t')
        ek_buf_text(out, code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t");
    else if (code < 0x20 || code == 0x7F || high) {
        (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)code);
        ek_buf_text(out, escape);
    } else
        ek_buf_append(out, text, size);
}

/* Valid UTF-8, character by character. */
static void want(ek_buf *out, const ek_buf *utf8, ek_escape how) {
    out->size = 0;
    for (size_t i = 0, size; i < utf8->size; i += size) {
        for (size = 1; i + size < utf8->size && (utf8->data[i + size] & 0xC0) == 0x80; size++)
            continue;
        want_character(out, utf8->data + i, size, how);
    }
}

/* The three buffers of a comparison. */
typedef struct bench {
    ek_buf utf8, wanted, got;
} bench;

static void bench_init(bench *on) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_buf_init(&on->utf8, &allocator);
    ek_buf_init(&on->wanted, &allocator);
    ek_buf_init(&on->got, &allocator);
}

static void bench_free(bench *on) {
    ek_buf_free(&on->utf8);
    ek_buf_free(&on->wanted);
    ek_buf_free(&on->got);
}

static void compare(bench *on) {
    CHECK_EQ_UINT(on->got.size, on->wanted.size);
    if (on->got.size == on->wanted.size && on->got.size)
        CHECK_EQ_MEM(on->got.data, on->wanted.data, on->got.size);
}

static void check_utf16(bench *on, const uint16_t *text, size_t units) {
    uint8_t *exact = malloc(units * 2 + 1); /* so that a read past it is seen; and unaligned */
    if (!exact)
        return;
    memcpy(exact + 1, text, units * 2);
    on->utf8.size = 0;
    ek_utf16_append(&on->utf8, exact + 1, units * 2);
    for (ek_escape how = EK_ESCAPE_JSON; how <= EK_ESCAPE_CSV; how++) {
        want(&on->wanted, &on->utf8, how);
        on->got.size = 0;
        uint8_t *at = ek_buf_reserve(&on->got, EK_ESCAPE_ROOM(units));
        on->got.size = (size_t)(ek_escape_utf16(at, exact + 1, units * 2, how) - at);
        compare(on);
    }
    free(exact);
}

static void check_ansi(bench *on, const uint8_t *text, size_t size, bool utf8) {
    uint8_t *exact = malloc(size + 1);
    if (!exact)
        return;
    memcpy(exact + 1, text, size);
    on->utf8.size = 0;
    ek_ansi_append(&on->utf8, exact + 1, size, utf8);
    for (ek_escape how = EK_ESCAPE_JSON; how <= EK_ESCAPE_CSV; how++) {
        want(&on->wanted, &on->utf8, how);
        on->got.size = 0;
        uint8_t *at = ek_buf_reserve(&on->got, EK_ESCAPE_ROOM(size));
        on->got.size = (size_t)(ek_escape_ansi(at, exact + 1, size, utf8, how) - at);
        compare(on);
    }
    free(exact);
}

/* A character of which `rare` of 256 are none that stand for themselves. */
static uint16_t any_unit(uint64_t *state, unsigned rare) {
    static const uint16_t odd[] = {0,      1,      9,      10,     13,     0x1F,   '"',    '\\',  0x7E,
                                   0x7F,   0x80,   0x9F,   0xA0,   0xFF,   0x100,  0x7FF,  0x800, 0xD7FF,
                                   0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0xFFFE, 0xFFFF, 0x8020};
    uint64_t random = next_random(state);
    if ((random & 0xFF) >= rare)
        return (uint16_t)(' ' + (random >> 8) % 0x5F);
    return odd[(random >> 8) % (sizeof odd / sizeof *odd)];
}

TEST(every_unit_in_every_place) {
    bench on;
    bench_init(&on);
    for (uint32_t unit = 0; unit < 0x10000; unit += unit < 0x180 ? 1 : 61)
        for (size_t units = 1; units <= 40; units += 3)
            for (size_t place = 0; place < units && test_failures == 0; place += 5) {
                uint16_t text[40];
                for (size_t i = 0; i < units; i++)
                    text[i] = (uint16_t)('a' + i % 26);
                text[place] = (uint16_t)unit;
                check_utf16(&on, text, units);
            }
    bench_free(&on);
}

TEST(utf16_of_every_length_and_kind) {
    uint64_t state = 7;
    bench on;
    bench_init(&on);
    for (unsigned rare = 0; rare <= 256; rare += 16)
        for (size_t units = 0; units < 100 && test_failures == 0; units++)
            for (int times = 0; times < 8; times++) {
                uint16_t text[100];
                for (size_t i = 0; i < units; i++)
                    text[i] = any_unit(&state, rare);
                check_utf16(&on, text, units);
            }
    bench_free(&on);
}

TEST(every_byte_in_every_place) {
    bench on;
    bench_init(&on);
    for (unsigned byte = 0; byte < 256; byte++)
        for (size_t size = 1; size <= 40; size++)
            for (size_t place = 0; place < size && test_failures == 0; place += 3) {
                uint8_t text[40];
                for (size_t i = 0; i < size; i++)
                    text[i] = (uint8_t)('a' + i % 26);
                text[place] = (uint8_t)byte;
                check_ansi(&on, text, size, false);
                check_ansi(&on, text, size, true);
            }
    bench_free(&on);
}

TEST(bytes_of_every_length_and_kind) {
    uint64_t state = 9;
    bench on;
    bench_init(&on);
    for (unsigned rare = 0; rare <= 256; rare += 32)
        for (size_t size = 0; size < 100 && test_failures == 0; size++)
            for (int times = 0; times < 8; times++) {
                uint8_t text[100], whole[320], *end = whole;
                for (size_t i = 0; i < size; i++) {
                    uint16_t unit = any_unit(&state, rare);
                    text[i] = (uint8_t)unit;
                    end = ek_utf8_put(end, (unit & 0xF800) == 0xD800 ? 0x1F600u : unit);
                }
                check_ansi(&on, text, size, times & 1);
                check_ansi(&on, whole, (size_t)(end - whole), times & 1);          /* valid */
                check_ansi(&on, whole, (size_t)(end - whole) * 9 / 10, times & 1); /* cut somewhere */
            }
    bench_free(&on);
}

TEST(what_turns_the_reading_direction_is_shown_to_eyes) {
    static const char *const texts[] = {"\xD8\x9C", "\xE2\x80\x8E", "\xE2\x80\xA8", "\xE2\x80\xAE", "\xE2\x81\xA9"};
    static const char *const shown[] = {"\\u061c", "\\u200e", "\\u2028", "\\u202e", "\\u2069"};
    static const uint8_t utf16[] = {0x2E, 0x20, 'x', 0, 0x2F, 0x20}; /* U+202E, x, U+202F (a narrow blank) */
    uint8_t out[EK_ESCAPE_ROOM(8)];
    for (size_t i = 0; i < 5; i++) {
        size_t size = strlen(texts[i]);
        uint8_t *end = ek_escape_ansi(out, (const uint8_t *)texts[i], size, true, EK_ESCAPE_TEXT);
        CHECK_EQ_UINT((size_t)(end - out), 6);
        CHECK_EQ_MEM(out, shown[i], 6);
        end = ek_escape_ansi(out, (const uint8_t *)texts[i], size, true, EK_ESCAPE_JSON);
        CHECK_EQ_UINT((size_t)(end - out), size);
        CHECK_EQ_MEM(out, texts[i], size);
    }
    uint8_t *end = ek_escape_utf16(out, utf16, sizeof utf16, EK_ESCAPE_TEXT);
    CHECK_EQ_UINT((size_t)(end - out), 10);
    CHECK_EQ_MEM(out, "\\u202ex\xE2\x80\xAF", 10);
}

TEST(json_strings) {
    static const struct {
        const char *text, *quoted;
    } cases[] = {
        {"", "\"\""}, {"a\"b\\c\n\x1B", "\"a\\\"b\\\\c\\n\\u001b\""}, {"\xFF\xC3(", "\"\xEF\xBF\xBD\xEF\xBF\xBD(\""}};
    bench on;
    bench_init(&on);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        on.got.size = 0;
        ek_json_quote(&on.got, cases[i].text, strlen(cases[i].text));
        ek_buf_byte(&on.got, 0);
        CHECK_EQ_STR((const char *)on.got.data, cases[i].quoted);
    }
    bench_free(&on);
}

TEST_MAIN(CASE(every_unit_in_every_place), CASE(utf16_of_every_length_and_kind), CASE(every_byte_in_every_place),
          CASE(bytes_of_every_length_and_kind), CASE(what_turns_the_reading_direction_is_shown_to_eyes),
          CASE(json_strings))
