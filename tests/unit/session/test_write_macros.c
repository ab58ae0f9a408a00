/* SPDX-License-Identifier: MIT */
/* ETWKIT_WRITE: what it writes is byte for byte what the event builder makes; what nobody wants is not evaluated. */
#include "session/written.h"
#include "test.h"

#include <etwkit/write.h>

enum {
    LEVEL = ETWKIT_LEVEL_INFO,
    KEYWORD = 1
};

static const etwkit_guid some_id =
    ETWKIT_GUID_INIT(0x9e814aad, 0x3204, 0x11d2, 0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39);
static const etwkit_guid group_id =
    ETWKIT_GUID_INIT(0x01234567, 0x89ab, 0xcdef, 0xf0, 0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96, 0x87);
ETWKIT_PROVIDER_DEFINE(app, "MyCompany.MyApp");
static etwkit_provider app_of_group = ETWKIT_PROVIDER_INIT_ID("MyCompany.MyApp", &some_id, &group_id);
static written got;

static etwkit_event_builder *new_builder(void) {
    etwkit_event_builder *builder = NULL;
    CHECK_EQ_INT(etwkit_event_builder_new(&builder, NULL), ETWKIT_OK);
    return builder;
}

/* Is the one event that was written the one that the builder has? */
static void check_same(etwkit_event_builder *builder, int line) {
    const uint8_t *metadata, *payload;
    size_t metadata_size, payload_size;
    etwkit_error error = {0};
    size_t count = written_take(&got);
    if (count != 1)
        test_fail(__FILE__, line, "%zu events came, not 1", count);
    else if (etwkit_event_builder_finish(builder, &metadata, &metadata_size, &payload, &payload_size, &error))
        test_fail(__FILE__, line, "%s", error.message);
    else if (test_eq_uint(got.metadata_size, metadata_size, __FILE__, line, "the metadata's size") &&
             test_eq_uint(got.record.payload_size, payload_size, __FILE__, line, "the payload's size")) {
        test_eq_mem(got.metadata, metadata, metadata_size, __FILE__, line, "the metadata");
        test_eq_mem(got.record.payload, payload, payload_size, __FILE__, line, "the payload");
    }
}

/* A field beside what the builder makes of the same name, "f", types and value. */
#define CHECK_SCALAR(field, in, out, c_type, value)                                           \
    do {                                                                                      \
        const c_type wanted = (value);                                                        \
        ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, field);                                        \
        etwkit_event_builder_begin(builder, "E", 0);                                          \
        etwkit_event_builder_scalar(builder, "f", ETWKIT_IN_##in, ETWKIT_OUT_##out, &wanted); \
        check_same(builder, __LINE__);                                                        \
    } while (0)
#define CHECK_BYTES(field, in, out, data, size)                                                 \
    do {                                                                                        \
        ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, field);                                          \
        etwkit_event_builder_begin(builder, "E", 0);                                            \
        etwkit_event_builder_bytes(builder, "f", ETWKIT_IN_##in, ETWKIT_OUT_##out, data, size); \
        check_same(builder, __LINE__);                                                          \
    } while (0)
#define CHECK_ARRAY(field, in, out, values, count)                                                        \
    do {                                                                                                  \
        ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, field);                                                    \
        etwkit_event_builder_begin(builder, "E", 0);                                                      \
        etwkit_event_builder_array(builder, "f", ETWKIT_IN_##in, ETWKIT_OUT_##out, values, count, false); \
        check_same(builder, __LINE__);                                                                    \
    } while (0)

TEST(scalars) {
    REQUIRE(written_begin(&app, LEVEL, KEYWORD));
    etwkit_event_builder *builder = new_builder();
    CHECK_SCALAR(ETWKIT_I8("f", -5), INT8, NULL, int8_t, -5);
    CHECK_SCALAR(ETWKIT_U8("f", 0xFE), UINT8, NULL, uint8_t, 0xFE);
    CHECK_SCALAR(ETWKIT_I16("f", -12345), INT16, NULL, int16_t, -12345);
    CHECK_SCALAR(ETWKIT_U16("f", 0xFEDC), UINT16, NULL, uint16_t, 0xFEDC);
    CHECK_SCALAR(ETWKIT_I32("f", INT32_MIN), INT32, NULL, int32_t, INT32_MIN);
    CHECK_SCALAR(ETWKIT_U32("f", 0xFEDCBA98), UINT32, NULL, uint32_t, 0xFEDCBA98);
    CHECK_SCALAR(ETWKIT_I64("f", INT64_MIN), INT64, NULL, int64_t, INT64_MIN);
    CHECK_SCALAR(ETWKIT_U64("f", 0xFEDCBA9876543210), UINT64, NULL, uint64_t, 0xFEDCBA9876543210);
    CHECK_SCALAR(ETWKIT_HEX8("f", 0xAB), UINT8, HEXINT8, uint8_t, 0xAB);
    CHECK_SCALAR(ETWKIT_HEX16("f", 0xABCD), UINT16, HEXINT16, uint16_t, 0xABCD);
    CHECK_SCALAR(ETWKIT_HEX32("f", 0xABCDEF01), HEXINT32, NULL, uint32_t, 0xABCDEF01);
    CHECK_SCALAR(ETWKIT_HEX64("f", 0xABCDEF0123456789), HEXINT64, NULL, uint64_t, 0xABCDEF0123456789);
#if UINTPTR_MAX > 0xFFFFFFFF
    CHECK_SCALAR(ETWKIT_POINTER("f", &app), HEXINT64, NULL, uintptr_t, (uintptr_t)&app);
#else
    CHECK_SCALAR(ETWKIT_POINTER("f", &app), HEXINT32, NULL, uintptr_t, (uintptr_t)&app);
#endif
    CHECK_SCALAR(ETWKIT_F32("f", -0.1F), FLOAT, NULL, float, -0.1F);
    CHECK_SCALAR(ETWKIT_F64("f", 1e300), DOUBLE, NULL, double, 1e300);
    CHECK_SCALAR(ETWKIT_BOOL("f", 256), UINT8, BOOLEAN, uint8_t, 1);
    CHECK_SCALAR(ETWKIT_BOOL32("f", true), BOOLEAN, NULL, uint32_t, 1);
    CHECK_SCALAR(ETWKIT_CHAR("f", '\xE9'), UINT8, STRING, uint8_t, 0xE9);
    CHECK_SCALAR(ETWKIT_CHAR16("f", 0x20AC), UINT16, STRING, uint16_t, 0x20AC);
    CHECK_SCALAR(ETWKIT_GUID("f", &some_id), GUID, NULL, etwkit_guid, some_id);
    CHECK_SCALAR(ETWKIT_FILETIME("f", 133604118000000000), FILETIME, NULL, int64_t, 133604118000000000);
    CHECK_SCALAR(ETWKIT_IPV4("f", 0x0100007F), UINT32, IPV4, uint32_t, 0x0100007F);
    CHECK_SCALAR(ETWKIT_PORT("f", 0x5000), UINT16, PORT, uint16_t, 0x5000);
    CHECK_SCALAR(ETWKIT_PID("f", 4242), UINT32, PID, uint32_t, 4242);
    CHECK_SCALAR(ETWKIT_TID("f", 4243), UINT32, TID, uint32_t, 4243);
    CHECK_SCALAR(ETWKIT_WIN32_ERROR("f", 5), UINT32, WIN32ERROR, uint32_t, 5);
    CHECK_SCALAR(ETWKIT_NTSTATUS("f", -1073741790), INT32, NTSTATUS, int32_t, -1073741790);
    CHECK_SCALAR(ETWKIT_HRESULT("f", -2147467259), INT32, HRESULT, int32_t, -2147467259);
    const uint16_t time[8] = {2026, 11, 1, 23, 12, 30, 59, 999};
    ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, ETWKIT_SYSTEMTIME("f", time));
    etwkit_event_builder_begin(builder, "E", 0);
    etwkit_event_builder_scalar(builder, "f", ETWKIT_IN_SYSTEMTIME, ETWKIT_OUT_NULL, time);
    check_same(builder, __LINE__);
    etwkit_event_builder_free(&builder);
    written_end(&app);
}

TEST(texts_and_bytes) {
    REQUIRE(written_begin(&app, LEVEL, KEYWORD));
    etwkit_event_builder *builder = new_builder();
    static const etwkit_char16 wide[] = {'c', 'a', 'f', 0xE9, 0};
    static const uint8_t sid[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};
    static const uint8_t bytes[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
    const char *none = NULL;
    CHECK_BYTES(ETWKIT_STR("f", "caf\xC3\xA9"), ANSISTRING, UTF8, "caf\xC3\xA9", 5);
    CHECK_BYTES(ETWKIT_STR("f", ""), ANSISTRING, UTF8, "", 0);
    CHECK_BYTES(ETWKIT_STR("f", none), ANSISTRING, UTF8, "", 0);
    CHECK_BYTES(ETWKIT_STRN("f", "a\0b", 3), COUNTED_ANSI, UTF8, "a\0b", 3);
    CHECK_BYTES(ETWKIT_STRN("f", none, 0), COUNTED_ANSI, UTF8, "", 0);
    CHECK_BYTES(ETWKIT_U16STR("f", wide), UNICODESTRING, NULL, wide, 8);
    CHECK_BYTES(ETWKIT_U16STR("f", wide + 4), UNICODESTRING, NULL, "", 0);
    CHECK_BYTES(ETWKIT_U16STR("f", NULL), UNICODESTRING, NULL, "", 0);
    CHECK_BYTES(ETWKIT_U16STRN("f", wide, 3), COUNTED_UTF16, NULL, wide, 6);
    CHECK_BYTES(ETWKIT_U16STRN("f", NULL, 0), COUNTED_UTF16, NULL, "", 0);
    CHECK_BYTES(ETWKIT_JSON("f", "{}"), ANSISTRING, JSON, "{}", 2);
    CHECK_BYTES(ETWKIT_XML("f", "<a/>"), ANSISTRING, XML, "<a/>", 4);
    CHECK_BYTES(ETWKIT_BINARY("f", bytes, sizeof bytes), BINARY, NULL, bytes, sizeof bytes);
    CHECK_BYTES(ETWKIT_BINARY("f", NULL, 0), BINARY, NULL, "", 0);
    CHECK_BYTES(ETWKIT_IPV6("f", bytes), BINARY, IPV6, bytes, 16);
    CHECK_BYTES(ETWKIT_SOCKADDR("f", bytes, 16), BINARY, SOCKETADDRESS, bytes, 16);
    CHECK_BYTES(ETWKIT_SID("f", sid), SID, NULL, sid, sizeof sid);
    etwkit_event_builder_free(&builder);
    written_end(&app);
}

TEST(arrays) {
    REQUIRE(written_begin(&app, LEVEL, KEYWORD));
    etwkit_event_builder *builder = new_builder();
    static const int8_t i8[] = {-1, 2};
    static const uint8_t u8[] = {1, 255, 3};
    static const int16_t i16[] = {-1, 2};
    static const uint16_t u16[] = {1, 65535};
    static const int32_t i32[] = {-1, 2};
    static const uint32_t u32[] = {1, UINT32_MAX};
    static const int64_t i64[] = {-1, 2};
    static const uint64_t u64[] = {1, UINT64_MAX};
    static const float f32[] = {0.5F, -2};
    static const double f64[] = {0.5, -2};
    static const bool flags[] = {true, false, true};
    const etwkit_guid ids[] = {some_id, group_id};
    CHECK_ARRAY(ETWKIT_I8_ARRAY("f", i8, 2), INT8, NULL, i8, 2);
    CHECK_ARRAY(ETWKIT_U8_ARRAY("f", u8, 3), UINT8, NULL, u8, 3);
    CHECK_ARRAY(ETWKIT_I16_ARRAY("f", i16, 2), INT16, NULL, i16, 2);
    CHECK_ARRAY(ETWKIT_U16_ARRAY("f", u16, 2), UINT16, NULL, u16, 2);
    CHECK_ARRAY(ETWKIT_I32_ARRAY("f", i32, 2), INT32, NULL, i32, 2);
    CHECK_ARRAY(ETWKIT_U32_ARRAY("f", u32, 1), UINT32, NULL, u32, 1);
    CHECK_ARRAY(ETWKIT_U32_ARRAY("f", NULL, 0), UINT32, NULL, u32, 0);
    CHECK_ARRAY(ETWKIT_I64_ARRAY("f", i64, 2), INT64, NULL, i64, 2);
    CHECK_ARRAY(ETWKIT_U64_ARRAY("f", u64, 2), UINT64, NULL, u64, 2);
    CHECK_ARRAY(ETWKIT_HEX32_ARRAY("f", u32, 2), HEXINT32, NULL, u32, 2);
    CHECK_ARRAY(ETWKIT_HEX64_ARRAY("f", u64, 2), HEXINT64, NULL, u64, 2);
    CHECK_ARRAY(ETWKIT_F32_ARRAY("f", f32, 2), FLOAT, NULL, f32, 2);
    CHECK_ARRAY(ETWKIT_F64_ARRAY("f", f64, 2), DOUBLE, NULL, f64, 2);
    CHECK_ARRAY(ETWKIT_BOOL_ARRAY("f", flags, 3), UINT8, BOOLEAN, flags, 3);
    CHECK_ARRAY(ETWKIT_GUID_ARRAY("f", ids, 2), GUID, NULL, ids, 2);
    CHECK_ARRAY(ETWKIT_FILETIME_ARRAY("f", i64, 2), FILETIME, NULL, i64, 2);
    etwkit_event_builder_free(&builder);
    written_end(&app);
}

TEST(structs_in_structs) {
    REQUIRE(written_begin(&app, LEVEL, KEYWORD));
    etwkit_event_builder *builder = new_builder();
    static const uint32_t codes[] = {1, 2, 3};
    const uint8_t one = 1, two = 2;
    ETWKIT_WRITE(
        app, "Outer", LEVEL, KEYWORD,
        ETWKIT_STRUCT("a", ETWKIT_U8("b", one),
                      ETWKIT_STRUCT("c", ETWKIT_U32_ARRAY("d", codes, 3), ETWKIT_STRUCT("e", ETWKIT_STR("f", "deep"))),
                      ETWKIT_U8("g", two)),
        ETWKIT_U8("h", two));
    etwkit_event_builder_begin(builder, "Outer", 0);
    etwkit_event_builder_struct(builder, "a", 3);
    etwkit_event_builder_scalar(builder, "b", ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, &one);
    etwkit_event_builder_struct(builder, "c", 2);
    etwkit_event_builder_array(builder, "d", ETWKIT_IN_UINT32, ETWKIT_OUT_NULL, codes, 3, false);
    etwkit_event_builder_struct(builder, "e", 1);
    etwkit_event_builder_bytes(builder, "f", ETWKIT_IN_ANSISTRING, ETWKIT_OUT_UTF8, "deep", 4);
    etwkit_event_builder_scalar(builder, "g", ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, &two);
    etwkit_event_builder_scalar(builder, "h", ETWKIT_IN_UINT8, ETWKIT_OUT_NULL, &two);
    check_same(builder, __LINE__);
    etwkit_event_builder_free(&builder);
    written_end(&app);
}

#define FOUR(n) ETWKIT_U16("x", n), ETWKIT_U16("x", n + 1), ETWKIT_U16("x", n + 2), ETWKIT_U16("x", n + 3)
#define THIRTY_TWO FOUR(0), FOUR(4), FOUR(8), FOUR(12), FOUR(16), FOUR(20), FOUR(24), FOUR(28)

static void build_numbers(etwkit_event_builder *builder, uint16_t from, uint16_t end) {
    for (uint16_t i = from; i < end; i++)
        etwkit_event_builder_scalar(builder, "x", ETWKIT_IN_UINT16, ETWKIT_OUT_NULL, &i);
}

TEST(none_one_and_many_fields) {
    REQUIRE(written_begin(&app, LEVEL, KEYWORD));
    etwkit_event_builder *builder = new_builder();
    ETWKIT_WRITE(app, "Fields", LEVEL, KEYWORD);
    etwkit_event_builder_begin(builder, "Fields", 0);
    check_same(builder, __LINE__);
    ETWKIT_WRITE(app, "Fields", LEVEL, KEYWORD, ETWKIT_U16("x", 0));
    etwkit_event_builder_begin(builder, "Fields", 0);
    build_numbers(builder, 0, 1);
    check_same(builder, __LINE__);
    ETWKIT_WRITE(app, "Fields", LEVEL, KEYWORD, THIRTY_TWO);
    etwkit_event_builder_begin(builder, "Fields", 0);
    build_numbers(builder, 0, 32);
    check_same(builder, __LINE__);
    /* As many data as an event may have, in structs. */
    ETWKIT_WRITE(app, "Fields", LEVEL, KEYWORD, ETWKIT_STRUCT("a", THIRTY_TWO), ETWKIT_STRUCT("b", THIRTY_TWO),
                 ETWKIT_STRUCT("c", THIRTY_TWO), ETWKIT_STRUCT("d", THIRTY_TWO));
    etwkit_event_builder_begin(builder, "Fields", 0);
    for (const char *name = "a\0b\0c\0d\0"; *name; name += 2) {
        etwkit_event_builder_struct(builder, name, 32);
        build_numbers(builder, 0, 32);
    }
    check_same(builder, __LINE__);
    etwkit_event_builder_free(&builder);
    written_end(&app);
}

TEST(the_header_and_its_settings) {
    REQUIRE(written_begin(&app_of_group, ETWKIT_LEVEL_VERBOSE, 0));
    etwkit_guid current;
    etwkit_activity_create(&current);
    etwkit_activity_set(&current, NULL);
    ETWKIT_WRITE(app_of_group, "Plain", ETWKIT_LEVEL_WARNING, 0x8000000000000001);
    CHECK_EQ_UINT(written_take(&got), 1);
    CHECK(etwkit_guid_equal(&got.record.provider_id, &some_id));
    CHECK_EQ_UINT(got.record.level, ETWKIT_LEVEL_WARNING);
    CHECK_EQ_UINT(got.record.keywords, 0x8000000000000001);
    CHECK_EQ_UINT(got.record.channel, ETWKIT_CHANNEL_TRACELOGGING);
    CHECK_EQ_UINT(got.record.opcode + got.record.task + got.record.event_id + got.record.version, 0);
    CHECK(etwkit_guid_equal(&got.record.activity_id, &current));
    CHECK(!got.has_related);

    ETWKIT_WRITE(app_of_group, "Start", ETWKIT_LEVEL_INFO, 2, ETWKIT_OPCODE(ETWKIT_OPCODE_START), ETWKIT_TASK(0x1234),
                 ETWKIT_U8("x", 7), ETWKIT_ID(99, 3), ETWKIT_ACTIVITY(&some_id), ETWKIT_RELATED(&current));
    CHECK_EQ_UINT(written_take(&got), 1);
    CHECK_EQ_UINT(got.record.opcode, ETWKIT_OPCODE_START);
    CHECK_EQ_UINT(got.record.task, 0x1234);
    CHECK_EQ_UINT(got.record.event_id, 99);
    CHECK_EQ_UINT(got.record.version, 3);
    CHECK(etwkit_guid_equal(&got.record.activity_id, &some_id));
    CHECK(got.has_related && etwkit_guid_equal(&got.related, &current));
    CHECK_EQ_UINT(got.metadata_size, 2 + 1 + sizeof "Start" + sizeof "x" + 1); /* settings are not in it */
    CHECK(got.record.payload_size == 1 && got.record.payload[0] == 7);
    etwkit_activity_set(NULL, NULL);
    written_end(&app_of_group);
}

static unsigned evaluated;
static uint8_t count_u8(uint8_t value) {
    evaluated++;
    return value;
}
static const char *count_text(const char *text) {
    evaluated++;
    return text;
}

TEST(what_nobody_wants_is_not_evaluated) {
    unsigned levels = 0, keywords = 0;
    evaluated = 0;
    ETWKIT_WRITE(app, "NotRegistered", (levels++, (uint8_t)ETWKIT_LEVEL_ALWAYS), (keywords++, 0u),
                 ETWKIT_U8("x", count_u8(1)));
    CHECK_EQ_UINT(levels, 1);
    CHECK_EQ_UINT(keywords + evaluated, 0);
    REQUIRE(written_begin(&app, LEVEL, KEYWORD));
    ETWKIT_WRITE(app, "LevelTooHigh", ETWKIT_LEVEL_VERBOSE, (keywords++, 1u), ETWKIT_U8("x", count_u8(1)),
                 ETWKIT_OPCODE(count_u8(1)));
    CHECK_EQ_UINT(keywords + evaluated, 0);
    ETWKIT_WRITE(app, "OtherKeyword", LEVEL, (keywords++, 2u), ETWKIT_U8("x", count_u8(1)),
                 ETWKIT_STR("y", count_text("")));
    CHECK_EQ_UINT(keywords, 1);
    CHECK_EQ_UINT(evaluated, 0);
    CHECK_EQ_UINT(written_take(&got), 0);
    ETWKIT_WRITE(app, "Wanted", (levels++, (uint8_t)LEVEL), (keywords++, 1u), ETWKIT_U8("x", count_u8(1)),
                 ETWKIT_STR("y", count_text("")), ETWKIT_OPCODE(count_u8(1)));
    CHECK_EQ_UINT(levels, 2);
    CHECK_EQ_UINT(keywords, 2);
    CHECK_EQ_UINT(evaluated, 3); /* once each */
    CHECK_EQ_UINT(written_take(&got), 1);
    written_end(&app);
}

TEST(an_event_known_at_run_time) {
    REQUIRE(written_begin(&app, LEVEL, KEYWORD));
    etwkit_event_builder *builder = new_builder();
    etwkit_event event = etwkit_event_of(LEVEL, KEYWORD);
    event.opcode = ETWKIT_OPCODE_STOP;
    etwkit_event_builder_begin(builder, "Made", 0);
    etwkit_event_builder_bytes(builder, "text", ETWKIT_IN_COUNTED_ANSI, ETWKIT_OUT_UTF8, "here", 4);
    build_numbers(builder, 0, 300); /* more than 128: all of the payload is one of them */
    CHECK_EQ_INT(etwkit_provider_write_built(&app, &event, builder, NULL), ETWKIT_OK);
    check_same(builder, __LINE__);
    CHECK_EQ_UINT(got.record.opcode, ETWKIT_OPCODE_STOP);

    etwkit_error error = {0};
    etwkit_event_builder_begin(builder, "Torn", 0);
    etwkit_event_builder_struct(builder, "s", 1);
    CHECK_EQ_INT(etwkit_provider_write_built(&app, &event, builder, &error), ETWKIT_E_INVALID);
    CHECK(strstr(error.message, "lacks members") != NULL);
    CHECK_EQ_UINT(written_take(&got), 0);
    etwkit_event_builder_free(&builder);
    written_end(&app);
}

TEST(what_is_too_big_is_refused) {
    static const uint8_t bytes[1 << 16];
    REQUIRE(written_begin(&app, LEVEL, KEYWORD));
    ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, ETWKIT_BINARY("f", bytes, sizeof bytes));
    ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, ETWKIT_U8_ARRAY("f", bytes, sizeof bytes));
    /* Sizes that do not fit into what they are added up in. */
    ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, ETWKIT_BINARY("f", bytes, SIZE_MAX));
    ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, ETWKIT_U64_ARRAY("f", NULL, SIZE_MAX / 8 + 2));
    ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, ETWKIT_U16STRN("f", NULL, SIZE_MAX / 2 + 2));
    ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, ETWKIT_STRN("a", "", UINT32_MAX), ETWKIT_STRN("b", "", UINT32_MAX));
    ETWKIT_WRITE(app, "E", LEVEL, KEYWORD, ETWKIT_STRUCT("a", THIRTY_TWO), ETWKIT_STRUCT("b", THIRTY_TWO),
                 ETWKIT_STRUCT("c", THIRTY_TWO), ETWKIT_STRUCT("d", THIRTY_TWO), ETWKIT_U8("e", 1));
    CHECK_EQ_UINT(written_take(&got), 0);
    CHECK_EQ_UINT(written_refused(), 7);
    written_end(&app);
}

TEST(a_guid_of_its_parts) {
    char text[ETWKIT_GUID_TEXT];
    etwkit_guid_format(&some_id, text);
    CHECK_EQ_STR(text, "9e814aad-3204-11d2-9a82-006008a86939");
    etwkit_guid_format(&group_id, text);
    CHECK_EQ_STR(text, "01234567-89ab-cdef-f0e1-d2c3b4a59687");
}

TEST_MAIN(CASE(scalars), CASE(texts_and_bytes), CASE(arrays), CASE(structs_in_structs), CASE(none_one_and_many_fields),
          CASE(the_header_and_its_settings), CASE(what_nobody_wants_is_not_evaluated), CASE(an_event_known_at_run_time),
          CASE(what_is_too_big_is_refused), CASE(a_guid_of_its_parts))
