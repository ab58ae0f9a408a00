/* SPDX-License-Identifier: MIT */
/* A TMF file, its messages, and what they read like; also while memory runs out. */
#include "../oom.h"
#include "../test.h"
#include "base/bytes.h"
#include "decode/message.h"
#include "schema/tmf.h"

static const char file[] =
    "\xEF\xBB\xBF// PDB:  a.pdb\r\n"
    "01020304-0506-0708-090a-0b0c0d0e0f10 driver // SRC=q.c MJ= MN=\r\n"
    "#typev q_c5 10 \"%0[%!FUNC!] %10!d! %11!s! %12!s! %13!s!\" //   LEVEL=ERROR FLAGS=BOTH FUNC=Go\r\n"
    "{\r\n"
    "a, ItemLong -- 10\r\n"
    "b(1, 2), ItemPWString -- 11\r\n"
    "c, ItemListLong(Off,On) -- 12\r\n"
    "d, ItemEnum(E) -- 13\r\n"
    "}\r\n"
    "#enumv E\r\n{\r\nOne, 1\r\n2 -- Two\r\n}\r\n"
    "#typev q_c9 11 \"%10!s!%0 %10!s!\" // FUNC=\r\n"
    "{\r\na, ItemString -- 10\r\n}\r\n"
    "#typev q_c5 10 \"again\" // FUNC=Not\r\n{\r\n}";

static const uint8_t payload[] = {7, 0, 0, 0, 4, 0, 'h', 0, 'i', 0, 1, 0, 0, 0, 2, 0, 0, 0};

static etwkit_record record_of(uint16_t number, const void *data, size_t size) {
    etwkit_record record = {.event_id = number,
                            .payload = data,
                            .payload_size = (uint32_t)size,
                            .pointer_size = 8,
                            .header_kind = ETWKIT_HEADER_MESSAGE,
                            .flags = ETWKIT_FLAG_TRACE_MESSAGE};
    CHECK_EQ_INT(etwkit_guid_parse(&record.provider_id, "01020304-0506-0708-090a-0b0c0d0e0f10"), ETWKIT_OK);
    return record;
}

/* The message of one event as the file has it; false: memory ran out. */
static bool read_message(const etwkit_allocator *allocator, const etwkit_record *record, char *message,
                         size_t capacity) {
    etwkit_error fault, error;
    ek_tmf tmf;
    ek_arena arena;
    ek_buf text;
    ek_tmf_init(&tmf, allocator);
    ek_arena_init(&arena, allocator);
    ek_buf_init(&text, allocator);
    etwkit_schema schema = {.known = true};
    bool good = ek_tmf_read(&tmf, "a.tmf", file, sizeof file - 1, &fault, &error) == ETWKIT_OK &&
                ek_tmf_describe(&tmf, record, &arena, &schema.is, &error) == ETWKIT_OK;
    CHECK(!good || !fault.status);
    good = good && ek_message_append(&text, &schema, record) && !text.failed;
    if (good && text.size < capacity) {
        if (text.size)
            memcpy(message, text.data, text.size);
        message[text.size] = 0;
        CHECK_EQ_STR(schema.is.provider_name, "driver");
        CHECK_EQ_INT(schema.is.source, ETWKIT_SOURCE_WPP);
    }
    ek_buf_free(&text);
    ek_arena_free(&arena);
    ek_tmf_free(&tmf);
    return good;
}

static bool reads(const etwkit_allocator *allocator, void *context) {
    char message[256] = "";
    const etwkit_record record = record_of(10, payload, sizeof payload);
    (void)context;
    if (!read_message(allocator, &record, message, sizeof message))
        return false;
    CHECK_EQ_STR(message, "[Go] 7 hi On Two");
    return true;
}

TEST(a_message_with_and_without_memory) {
    CHECK_OOM(reads, NULL);
}

TEST(a_prefix_elsewhere_keeps_its_blank) {
    char message[64] = "";
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    const etwkit_record record = record_of(11, "x", 2);
    CHECK(read_message(&allocator, &record, message, sizeof message));
    CHECK_EQ_STR(message, "x x");
}

TEST(what_is_not_known_is_absent) {
    char message[64] = "";
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    const etwkit_record record = record_of(12, "x", 2);
    CHECK(!read_message(&allocator, &record, message, sizeof message));
    const etwkit_schema none = {.known = false};
    ek_buf text;
    ek_buf_init(&text, &allocator);
    CHECK(!ek_message_append(&text, &none, &record));
    ek_buf_free(&text);
}

TEST(files_are_told_by_their_beginning) {
    CHECK(ek_tmf_is(file, sizeof file - 1));
    CHECK(ek_tmf_is("\r\n 01020304-0506-0708-090a-0b0c0d0e0f10 x", 41));
    CHECK(ek_tmf_is("01020304-0506-0708-090a-0b0c0d0e0f10", 36));
    CHECK(!ek_tmf_is("01020304-0506-0708-090a-0b0c0d0e0f1", 35));
    CHECK(!ek_tmf_is("01020304-0506-0708-090a-0b0c0d0e0f10x", 37));
    CHECK(!ek_tmf_is("{01020304-0506-0708-090a-0b0c0d0e0f10}", 38));
    CHECK(!ek_tmf_is("// a comment", 12));
    CHECK(!ek_tmf_is("", 0));
    CHECK(!ek_tmf_is("\xEF\xBB\xBF", 3));
}

/* However long its lines are, a file takes time in proportion. */
TEST(long_lines_take_no_longer) {
    static char text[1 << 20];
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    static const char *const beginnings[] = {
        "#typev a 1 \"", "#typev a 1 \"\n\"", "a, ItemLong -- ", "#enumv ", "((((", "--"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        etwkit_error fault, error;
        ek_tmf tmf;
        size_t size = strlen(beginnings[i]);
        for (size_t at = 0; at + size <= sizeof text; at += size)
            memcpy(text + at, beginnings[i], size);
        memcpy(text, file, sizeof file - 1);
        ek_tmf_init(&tmf, &allocator);
        CHECK_EQ_INT(ek_tmf_read(&tmf, "a.tmf", text, sizeof text, &fault, &error), ETWKIT_OK);
        ek_tmf_free(&tmf);
    }
}

TEST_MAIN(CASE(a_message_with_and_without_memory), CASE(a_prefix_elsewhere_keeps_its_blank),
          CASE(what_is_not_known_is_absent), CASE(files_are_told_by_their_beginning), CASE(long_lines_take_no_longer))
