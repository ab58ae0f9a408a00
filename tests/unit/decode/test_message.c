/* SPDX-License-Identifier: MIT */
/* Messages of manifests: every form of insert, every kind of value in it, and templates that mean harm. */
#include "base/utf.h"
#include "decode/made.h"
#include "decode/message.h"
#include "oom.h"

static char text[EK_MESSAGE_MOST + 1];

static const char *message_of(made *with, const etwkit_record *record, const char *template) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_buf out;
    ek_buf_init(&out, &allocator);
    ek_buf_text(&out, "before");
    with->schema.is.message = template;
    CHECK(ek_message_append(&out, &with->schema, record));
    CHECK(!out.failed && out.size >= 6 && memcmp(out.data, "before", 6) == 0);
    size_t size = out.size - 6;
    CHECK(size <= EK_MESSAGE_MOST);
    size = size < sizeof text ? size : 0;
    memcpy(text, out.data + 6, size);
    text[size] = 0;
    ek_buf_free(&out);
    return text;
}

#define CHECK_MESSAGE(template, want) CHECK_EQ_STR(message_of(&m, &record, (template)), (want))

static const ek_map_entry states[] = {{1, "stopped"}, {2, "running"}};
static const uint32_t states_by_value[] = {0, 1};
static const etwkit_map state_map = {"State", states, states_by_value, 2, false};

/* %1 Number ... %14 Pair, %15 Last; padding has no number. */
static const ek_field_spec all[] = {
    SPEC("Number", .in_type = ETWKIT_IN_INT32),
    SPEC("Small", .in_type = ETWKIT_IN_UINT8),
    SPEC("Padding", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_HIDDEN),
    SPEC("Hex", .in_type = ETWKIT_IN_HEXINT32),
    SPEC("Wide", .in_type = ETWKIT_IN_UNICODESTRING),
    SPEC("Narrow", .in_type = ETWKIT_IN_ANSISTRING),
    SPEC("Float", .in_type = ETWKIT_IN_FLOAT),
    SPEC("Yes", .in_type = ETWKIT_IN_BOOLEAN),
    SPEC("State", .in_type = ETWKIT_IN_UINT8, .map = &state_map),
    SPEC("Pointer", .in_type = ETWKIT_IN_POINTER),
    SPEC("Letter", .in_type = ETWKIT_IN_UINT32),
    SPEC("Big", .in_type = ETWKIT_IN_UINT64),
    SPEC("Count", .in_type = ETWKIT_IN_UINT16),
    SPEC("List", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_PARAM_COUNT, .count = 12),
    SPEC("Pair", .flags = EK_FIELD_STRUCT | EK_FIELD_FIXED_COUNT, .count = 2, .first_member = 16, .member_count = 2),
    SPEC("Last", .in_type = ETWKIT_IN_UINT8),
    SPEC("Name", .in_type = ETWKIT_IN_ANSISTRING),
    SPEC("Size", .in_type = ETWKIT_IN_UINT8),
};
static const char payload[] = "\xFE\xFF\xFF\xFF" /* Number */
                              "\xFF"
                              "?" /* Small, Padding */
                              "\xEF\xBE\xAD\xDE"
                              "h\0\xE9\0\0\0"
                              "a%1z\0"
                              "\0\0\xF8\x3F" /* Float */
                              "\1\0\0\0"
                              "\2"
                              "\x10\0\0\0\0\0\0\0"
                              "\x42\0\0\0"
                              "\0\0\0\0\1\0\0\0"
                              "\3\0\1\2\3"
                              "x\0\7"
                              "y\0\x08"; /* and no Last */

TEST(values_are_as_text_shows_them) {
    made m;
    REQUIRE(make(&m, all, COUNT(all), 16));
    etwkit_record record = record_of(payload, sizeof payload - 1, 8);
    CHECK_MESSAGE("no insert", "no insert");
    CHECK_MESSAGE("%1 %2 %3", "-2 255 0xdeadbeef");
    CHECK_MESSAGE("%4, %5", "h\xC3\xA9, a%1z"); /* values are no templates */
    CHECK_MESSAGE("%6 %7 %8 %9", "1.9375 true running 0x10");
    CHECK_MESSAGE("%12: %13", "3: [1, 2, 3]");
    CHECK_MESSAGE("%14", "[{Name=x Size=7}, {Name=y Size=8}]");
    CHECK_MESSAGE("%14%13%1%14", "[{Name=x Size=7}, {Name=y Size=8}][1, 2, 3]-2[{Name=x Size=7}, {Name=y Size=8}]");
    CHECK_MESSAGE("", "");
    release_record(&record);
    unmake(&m);
}

TEST(forms_of_inserts) {
    made m;
    REQUIRE(make(&m, all, COUNT(all), 16));
    etwkit_record record = record_of(payload, sizeof payload - 1, 8);
    CHECK_MESSAGE("%1!d! %1!u! %1!x! %1!08X! %1!i!", "-2 4294967294 fffffffe FFFFFFFE -2");
    CHECK_MESSAGE("%2!d!|%2!5u!|%2!-5d!|%2!05d!|%2!#x!|%2!o!", "255|  255|255  |00255|0xff|377");
    CHECK_MESSAGE("%11!I64u! %11!llx! %11!I64d! %11!lu!", "4294967296 100000000 4294967296 4294967296");
    CHECK_MESSAGE("%4!s! %4!S! %4!ws! %4!hs! %5!10s!|%5!-6s!|%5!.2s!",
                  "h\xC3\xA9 h\xC3\xA9 h\xC3\xA9 h\xC3\xA9       a%1z|a%1z  |a%");
    CHECK_MESSAGE("%10!c!%10!C!%10!lc!", "BBB");
    CHECK_MESSAGE("%6!.2f! %6!e! %6!g! %6!d!", "1.94 1.937500e+00 1.9375 1.9375");
    CHECK_MESSAGE("%8!s! %8!d! %8", "running 2 running");
    CHECK_MESSAGE("%9!p! %9!x! %9!s!", "0x0000000000000010 10 0x10");
    CHECK_MESSAGE("%4!d! %5!X!", "h\xC3\xA9 a%1z"); /* a text has no digits */
    CHECK_MESSAGE("%13!15s!|%14!.5s!", "      [1, 2, 3]|[{Nam");
    /* What is no form is text. */
    CHECK_MESSAGE("Hello %5! Number %1!", "Hello a%1z! Number -2!");
    CHECK_MESSAGE("%1!! %1!*d! %1!bad! %1!d", "-2!! -2!*d! -2!bad! -2!d");
    CHECK_MESSAGE("%1!99999999999999999999d!x", message_of(&m, &record, "%1!1024d!x"));
    CHECK_EQ_UINT(strlen(text), 1025);
    release_record(&record);
    unmake(&m);
}

TEST(signs_that_stand_for_others) {
    made m;
    REQUIRE(make(&m, all, COUNT(all), 16));
    etwkit_record record = record_of(payload, sizeof payload - 1, 8);
    CHECK_MESSAGE("100%% of%n%t[%b]%r%.%!%1% .", "100% of\n\t[ ]\r.!-2 .");
    CHECK_MESSAGE("shown%0 not shown %1", "shown");
    CHECK_MESSAGE("a line\r\n \t\r\n", "a line"); /* as message tables end them */
    CHECK_MESSAGE("ends in %", "ends in %");
    CHECK_MESSAGE("ends in %%", "ends in %");
    /* Parameter messages, and what nobody knows. */
    CHECK_MESSAGE("%%1234 and %%1!s!", "%%1234 and %%1!s!");
    CHECK_MESSAGE("%%%1", "%-2");
    CHECK_MESSAGE("%A %z %%n %{x}", "%A %z %n %{x}");
    CHECK_MESSAGE("%110", "4294967296"
                          "0"); /* two digits at most */
    release_record(&record);
    unmake(&m);
}

TEST(what_is_not_there_stays_visible) {
    made m;
    REQUIRE(make(&m, all, COUNT(all), 16));
    etwkit_record record = record_of(payload, sizeof payload - 1, 8);
    CHECK_MESSAGE("%15 %15!d! %16 %99!s! %1", "%15 %15!d! %16 %99!s! -2");
    release_record(&record);
    record = record_of(payload, 5, 8);
    CHECK_MESSAGE("%1 %2 %3 %14", "-2 255 %3 %14");
    release_record(&record);
    record = record_of("", 0, 8);
    CHECK_MESSAGE("%1 %12", "%1 %12");
    m.schema.known = false;
    CHECK_MESSAGE("%1 %%", "%1 %");
    release_record(&record);
    unmake(&m);
}

/* Templates of 64 KiB, with the longest values there are: at most 1 MiB comes of it, in whole characters. */
TEST(output_is_bounded) {
    static const ek_field_spec specs[] = {
        SPEC("Wide", .in_type = ETWKIT_IN_UNICODESTRING),
        SPEC("List", .in_type = ETWKIT_IN_UINT8, .flags = EK_FIELD_COUNT_REST),
    };
    static char template[65536], long_payload[65000];
    made m;
    REQUIRE(make(&m, specs, COUNT(specs), COUNT(specs)));
    for (size_t i = 0; i < 20000; i += 2)
        memcpy(long_payload + i, "\xAC\x20", 2); /* three bytes of UTF-8 */
    etwkit_record record = record_of(long_payload, sizeof long_payload, 8);
    static const char *const pieces[] = {"%1", "%2", "%1!1024d!", "%1!.1024s!", "%%%%", "%2!1024s!"};
    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t size = strlen(pieces[i]);
        for (size_t at = 0; at + size < sizeof template; at += size)
            memcpy(template + at, pieces[i], size + 1);
        const char *got = message_of(&m, &record, template);
        CHECK(ek_utf8_valid((const uint8_t *)got, strlen(got)) == strlen(got));
        CHECK(i == 4 || strlen(got) > EK_MESSAGE_MOST - 3);
    }
    release_record(&record);
    unmake(&m);
}

static bool append(const etwkit_allocator *allocator, void *context) {
    made *m = context;
    etwkit_record record = record_of(payload, sizeof payload - 1, 8);
    ek_buf out;
    ek_buf_init(&out, allocator);
    m->schema.is.message = "%13 and %14!4096s!, %1";
    bool any = ek_message_append(&out, &m->schema, &record), worked = any && !out.failed;
    ek_buf_free(&out);
    release_record(&record);
    return worked;
}

TEST(memory_runs_out) {
    made m;
    REQUIRE(make(&m, all, COUNT(all), 16));
    CHECK_OOM(append, &m);
    unmake(&m);
}

TEST(none_without_a_template) {
    made m;
    REQUIRE(make(&m, all, COUNT(all), 16));
    etwkit_record record = record_of(payload, sizeof payload - 1, 8);
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_buf out;
    ek_buf_init(&out, &allocator);
    CHECK(!ek_message_append(&out, &m.schema, &record));
    CHECK_EQ_UINT(out.size, 0);
    CHECK_EQ_STR(etwkit_schema_message(&m.schema), NULL);
    CHECK_EQ_STR(etwkit_schema_message(NULL), NULL);
    m.schema.is.message = "%1";
    CHECK_EQ_STR(etwkit_schema_message(&m.schema), "%1");
    ek_buf_free(&out);
    release_record(&record);
    unmake(&m);
}

TEST_MAIN(CASE(values_are_as_text_shows_them), CASE(forms_of_inserts), CASE(signs_that_stand_for_others),
          CASE(what_is_not_there_stays_visible), CASE(output_is_bounded), CASE(memory_runs_out),
          CASE(none_without_a_template))
