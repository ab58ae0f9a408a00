/* SPDX-License-Identifier: MIT */
/* Values: what each pair of types shows, and the getters, which never guess. */
#include "decode/made.h"
#include "decode/text.h"

#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

typedef struct shown {
    uint16_t in, out;
    const uint8_t *data;
    uint32_t size;
    const char *text;
} shown;

static etwkit_value value_of(uint16_t in, uint16_t out, const uint8_t *data, uint32_t size) {
    return (etwkit_value){NULL, data, size, in, out};
}

static const char *text_of(const etwkit_value *value, unsigned options) {
    static char text[512];
    size_t length = 0, again = 0;
    etwkit_status status = etwkit_value_text(value, options, text, sizeof text - 1, &length);
    CHECK_EQ_INT(status, ETWKIT_OK);
    char *exact = malloc(length + 1); /* it fits to the byte, and says so when it does not */
    if (exact && length) {
        CHECK_EQ_INT(etwkit_value_text(value, options, exact, length, &again), ETWKIT_OK);
        CHECK_EQ_UINT(again, length);
        CHECK_EQ_MEM(exact, text, length);
        CHECK_EQ_INT(etwkit_value_text(value, options, exact, length - 1, &again), ETWKIT_E_RANGE);
        CHECK_EQ_UINT(again, length);
    }
    free(exact);
    text[length] = 0;
    return text;
}

static const shown all[] = {
    {ETWKIT_IN_NULL, 0, BYTES(""), "null"},
    {ETWKIT_IN_INT8, 0, BYTES("\xFF"), "-1"},
    {ETWKIT_IN_INT8, ETWKIT_OUT_STRING, BYTES("A"), "A"},
    {ETWKIT_IN_INT8, ETWKIT_OUT_HEXINT8, BYTES("\xFF"), "0xff"},
    {ETWKIT_IN_UINT8, 0, BYTES("\xFF"), "255"},
    {ETWKIT_IN_UINT8, ETWKIT_OUT_HEXINT8, BYTES("\x0A"), "0xa"},
    {ETWKIT_IN_UINT8, ETWKIT_OUT_STRING, BYTES("\xE9"), "\xC3\xA9"}, /* Windows-1252 */
    {ETWKIT_IN_UINT8, ETWKIT_OUT_STRING, BYTES("\0"), ""},
    {ETWKIT_IN_UINT8, ETWKIT_OUT_BOOLEAN, BYTES("\x02"), "true"},
    {ETWKIT_IN_UINT8, ETWKIT_OUT_BOOLEAN, BYTES("\0"), "false"},
    {ETWKIT_IN_UINT8, ETWKIT_OUT_IPV4, BYTES("\x07"), "7"}, /* makes no sense: the default */
    {ETWKIT_IN_INT16, 0, BYTES("\x00\x80"), "-32768"},
    {ETWKIT_IN_UINT16, 0, BYTES("\xFF\xFF"), "65535"},
    {ETWKIT_IN_UINT16, ETWKIT_OUT_HEXINT16, BYTES("\x34\x12"), "0x1234"},
    {ETWKIT_IN_UINT16, ETWKIT_OUT_PORT, BYTES("\x00\x50"), "80"},
    {ETWKIT_IN_UINT16, ETWKIT_OUT_STRING, BYTES("\xAC\x20"), "\xE2\x82\xAC"},
    {ETWKIT_IN_INT32, 0, BYTES("\xFE\xFF\xFF\xFF"), "-2"},
    {ETWKIT_IN_INT32, ETWKIT_OUT_HRESULT, BYTES("\x05\x00\x07\x80"), "0x80070005"},
    {ETWKIT_IN_INT32, ETWKIT_OUT_UNSIGNEDINT, BYTES("\xFE\xFF\xFF\xFF"), "-2"},
    {ETWKIT_IN_UINT32, 0, BYTES("\xFE\xFF\xFF\xFF"), "4294967294"},
    {ETWKIT_IN_UINT32, ETWKIT_OUT_HEXINT32, BYTES("\xFE\xFF\x00\x00"), "0xfffe"},
    {ETWKIT_IN_UINT32, ETWKIT_OUT_PID, BYTES("\x10\x00\x00\x00"), "16"},
    {ETWKIT_IN_UINT32, ETWKIT_OUT_IPV4, BYTES("\x7F\x00\x00\x01"), "127.0.0.1"},
    {ETWKIT_IN_UINT32, ETWKIT_OUT_WIN32ERROR, BYTES("\x05\x00\x00\x00"), "0x5"},
    {ETWKIT_IN_UINT32, ETWKIT_OUT_NTSTATUS, BYTES("\x05\x00\x00\xC0"), "0xc0000005"},
    {ETWKIT_IN_UINT32, ETWKIT_OUT_ERRORCODE, BYTES("\x00\x00\x00\x00"), "0x0"},
    {ETWKIT_IN_UINT32, ETWKIT_OUT_CODE_POINTER, BYTES("\x10\x00\x00\x00"), "0x10"},
    {ETWKIT_IN_UINT32, 999, BYTES("\x10\x00\x00\x00"), "16"},
    {ETWKIT_IN_INT64, 0, BYTES("\0\0\0\0\0\0\0\x80"), "-9223372036854775808"},
    {ETWKIT_IN_UINT64, 0, BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "18446744073709551615"},
    {ETWKIT_IN_UINT64, ETWKIT_OUT_HEXINT64, BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "0xffffffffffffffff"},
    {ETWKIT_IN_UINT64, ETWKIT_OUT_CODE_POINTER, BYTES("\1\0\0\0\1\0\0\0"), "0x100000001"},
    {ETWKIT_IN_FLOAT, 0, BYTES("\xCD\xCC\xCC\x3D"), "0.1"},
    {ETWKIT_IN_DOUBLE, 0, BYTES("\x9A\x99\x99\x99\x99\x99\xB9\x3F"), "0.1"},
    {ETWKIT_IN_FLOAT, 0, BYTES("\x00\x00\x80\x7F"), "Infinity"},
    {ETWKIT_IN_DOUBLE, 0, BYTES("\0\0\0\0\0\0\xF8\xFF"), "NaN"},
    {ETWKIT_IN_BOOLEAN, 0, BYTES("\0\1\0\0"), "true"},
    {ETWKIT_IN_BOOLEAN, 0, BYTES("\0\0\0\0"), "false"},
    {ETWKIT_IN_BINARY, 0, BYTES("\x01\xAB"), "01AB"},
    {ETWKIT_IN_BINARY, 0, BYTES(""), ""},
    {ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, BYTES("\x01\xAB"), "01AB"},
    {ETWKIT_IN_BINARY, ETWKIT_OUT_PKCS7, BYTES("\x01\xAB"), "01AB"},
    {ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), "::1"},
    {ETWKIT_IN_BINARY, ETWKIT_OUT_SOCKETADDRESS, BYTES("\x02\0\x00\x50\1\2\3\4\0\0\0\0\0\0\0\0"), "1.2.3.4:80"},
    {ETWKIT_IN_BINARY, ETWKIT_OUT_SOCKETADDRESS,
     BYTES("\x17\0\x01\xBB\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0"), "[::1]:443"},
    {ETWKIT_IN_BINARY, ETWKIT_OUT_SOCKETADDRESS, BYTES("\x17\0\x01\xBB\0\0\0\0"), "170001BB00000000"},
    {ETWKIT_IN_BINARY, ETWKIT_OUT_SOCKETADDRESS, BYTES("\x05\0\x01\xBB\0\0\0\0"), "050001BB00000000"},
    {ETWKIT_IN_BINARY, ETWKIT_OUT_SOCKETADDRESS, BYTES("\x02"), "02"},
    {ETWKIT_IN_GUID, 0, BYTES("\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF"),
     "00112233-4455-6677-8899-aabbccddeeff"},
    {ETWKIT_IN_POINTER, 0, BYTES("\x00\xF0\xFF\xFF"), "0xfffff000"},
    {ETWKIT_IN_POINTER, ETWKIT_OUT_HEXINT64, BYTES("\x10\0\0\0\0\0\0\0"), "0x10"},
    {ETWKIT_IN_POINTER, ETWKIT_OUT_UNSIGNEDLONG, BYTES("\x10\0\0\0\0\0\0\0"), "16"},
    {ETWKIT_IN_POINTER, ETWKIT_OUT_LONG, BYTES("\xFF\xFF\xFF\xFF"), "-1"},
    {ETWKIT_IN_FILETIME, 0, BYTES("\x37\x6C\xBD\xEB\x49\xBB\xCB\x01"), "2011-01-23T22:07:27.2257591Z"},
    {ETWKIT_IN_FILETIME, 0, BYTES("\0\0\0\0\0\0\0\0"), "0"},
    {ETWKIT_IN_FILETIME, 0, BYTES("\1\0\0\0\0\0\0\0"), "1601-01-01T00:00:00.0000001Z"},
    {ETWKIT_IN_FILETIME, 0, BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"), "9223372036854775807"},
    {ETWKIT_IN_FILETIME, 0, BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "18446744073709551615"},
    {ETWKIT_IN_INT64, ETWKIT_OUT_DATETIME, BYTES("\1\0\0\0\0\0\0\0"), "1601-01-01T00:00:00.0000001Z"},
    {ETWKIT_IN_SYSTEMTIME, 0, BYTES("\xDB\x07\x01\0\0\0\x17\0\x16\0\x07\0\x1B\0\xE7\x03"),
     "2011-01-23T22:07:27.9990000Z"},
    {ETWKIT_IN_SYSTEMTIME, 0, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "00000000000000000000000000000000"},
    {ETWKIT_IN_SYSTEMTIME, 0, BYTES("\xE8\x07\x02\0\0\0\x1D\0\0\0\0\0\0\0\0\0"), "2024-02-29T00:00:00.0000000Z"},
    {ETWKIT_IN_SYSTEMTIME, 0, BYTES("\xE7\x07\x02\0\0\0\x1D\0\0\0\0\0\0\0\0\0"), "E707020000001D000000000000000000"},
    {ETWKIT_IN_SID, 0, BYTES("\1\5\0\0\0\0\0\5\x15\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\xF4\1\0\0"), "S-1-5-21-1-2-3-500"},
    {ETWKIT_IN_SID, 0, BYTES("\1\1\x01\2\3\4\5\6\xFF\xFF\xFF\xFF"), "S-1-0x010203040506-4294967295"},
    {ETWKIT_IN_SID, 0, BYTES(""), "null"},
    {ETWKIT_IN_SID, 0, BYTES("\1\5\0\0"), "01050000"},
    {ETWKIT_IN_HEXINT32, 0, BYTES("\xFF\0\0\0"), "0xff"},
    {ETWKIT_IN_HEXINT32, ETWKIT_OUT_INT, BYTES("\xFF\xFF\xFF\xFF"), "0xffffffff"},
    {ETWKIT_IN_HEXINT64, 0, BYTES("\0\0\0\0\0\0\0\x80"), "0x8000000000000000"},
    {ETWKIT_IN_HEXINT64, ETWKIT_OUT_UNSIGNEDLONG, BYTES("\1\0\0\0\0\0\0\0"), "0x1"},
    {ETWKIT_IN_UNICODECHAR, 0, BYTES("x\0"), "x"},
    {ETWKIT_IN_ANSICHAR, 0, BYTES("x"), "x"},
    {ETWKIT_IN_SIZET, 0, BYTES("\x10\0\0\0"), "16"},
    {ETWKIT_IN_SIZET, ETWKIT_OUT_HEXINT64, BYTES("\x10\0\0\0"), "0x10"},
    {ETWKIT_IN_UNICODESTRING, 0, BYTES("h\0\xE9\0\xAC\x20\x3D\xD8\0\xDE"), "h\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {ETWKIT_IN_UNICODESTRING, 0, BYTES("\x3D\xD8x\0\0\xDE"), "\xEF\xBF\xBDx\xEF\xBF\xBD"},
    {ETWKIT_IN_UNICODESTRING, 0, BYTES("a\0b"), "a"},
    {ETWKIT_IN_ANSISTRING, 0, BYTES("h\xC3\xA9"), "h\xC3\xA9"},
    {ETWKIT_IN_ANSISTRING, 0, BYTES("h\xE9\x80"), "h\xC3\xA9\xE2\x82\xAC"},
    {ETWKIT_IN_ANSISTRING, ETWKIT_OUT_UTF8, BYTES("h\xE9z"), "h\xEF\xBF\xBDz"},
    {1000, 0, BYTES("\1\2"), "0102"},
};

TEST(each_type_has_its_text) {
    for (size_t i = 0; i < COUNT(all); i++) {
        etwkit_value value = value_of(all[i].in, all[i].out, all[i].data, all[i].size);
        unsigned failures = test_failures;
        CHECK_EQ_STR(text_of(&value, 0), all[i].text);
        if (test_failures != failures)
            fprintf(stderr, "# in type %u, out type %u\n", all[i].in, all[i].out);
    }
}

TEST(any_types_and_any_size_stay_within_the_bytes) {
    uint8_t *data = calloc(1, 28);
    REQUIRE(data != NULL);
    for (uint16_t in = 0; in < 320; in++)
        for (uint16_t out = 0; out < 45; out++)
            for (uint32_t size = 0; size <= 28; size++) {
                char text[256];
                size_t length;
                etwkit_value value = value_of(in, out, data + 28 - size, size);
                CHECK_EQ_INT(etwkit_value_text(&value, 0, text, sizeof text, &length), ETWKIT_OK);
                etwkit_value_get_type(&value);
            }
    free(data);
}

TEST(ipv6_as_rfc_5952_asks) {
    static const struct {
        const char *address, *text;
    } addresses[] = {
        {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "::"},
        {"\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\2\0\1", "2001:db8::2:1"},
        {"\x20\1\x0d\xb8\0\0\0\1\0\1\0\1\0\1\0\1", "2001:db8:0:1:1:1:1:1"}, /* one group alone stays */
        {"\x20\1\0\0\0\0\0\1\0\0\0\0\0\0\0\1", "2001:0:0:1::1"},            /* the longest */
        {"\x20\1\x0d\xb8\0\0\0\0\0\1\0\0\0\0\0\1", "2001:db8::1:0:0:1"},    /* the first of equals */
        {"\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "fe80::"},
        {"\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", "::ffff:10.0.0.1"},
        {"\xAB\xCD\xEF\x01\x23\x45\x67\x89\xAB\xCD\xEF\x01\x23\x45\x67\x89", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"},
    };
    for (size_t i = 0; i < COUNT(addresses); i++) {
        etwkit_value value = value_of(ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, (const uint8_t *)addresses[i].address, 16);
        CHECK_EQ_STR(text_of(&value, 0), addresses[i].text);
        CHECK_EQ_INT(etwkit_value_get_type(&value), ETWKIT_VALUE_ADDRESS);
    }
}

TEST(long_texts_come_whole_or_not_at_all) {
    uint8_t wide[600], bytes[300];
    char text[2048];
    size_t length;
    for (size_t i = 0; i < sizeof wide; i += 2) {
        wide[i] = (uint8_t)('a' + i / 2 % 26);
        wide[i + 1] = i % 50 == 48 ? 4 : 0; /* a letter of two bytes now and then */
        bytes[i / 2] = i % 50 == 48 ? 0xE4 : 'x';
    }
    etwkit_value value = value_of(ETWKIT_IN_UNICODESTRING, 0, wide, sizeof wide);
    CHECK_EQ_INT(etwkit_value_text(&value, 0, text, sizeof text, &length), ETWKIT_OK);
    CHECK_EQ_UINT(length, 312);
    CHECK_EQ_INT(etwkit_value_text(&value, 0, text, 311, &length), ETWKIT_E_RANGE);
    CHECK_EQ_UINT(length, 312);
    CHECK_EQ_INT(etwkit_value_text(&value, 0, NULL, 0, &length), ETWKIT_E_RANGE);
    CHECK_EQ_UINT(length, 312);
    value = value_of(ETWKIT_IN_UNICODESTRING, 0, wide, 0); /* nothing fits into nothing */
    CHECK_EQ_INT(etwkit_value_text(&value, 0, NULL, 0, &length), ETWKIT_OK);
    CHECK_EQ_UINT(length, 0);
    value = value_of(ETWKIT_IN_ANSISTRING, 0, bytes, sizeof bytes);
    CHECK_EQ_INT(etwkit_value_text(&value, 0, text, 312, &length), ETWKIT_OK);
    CHECK_EQ_UINT(length, 312);
    value = value_of(ETWKIT_IN_BINARY, 0, bytes, sizeof bytes);
    CHECK_EQ_INT(etwkit_value_text(&value, 0, text, sizeof text, &length), ETWKIT_OK);
    CHECK_EQ_UINT(length, 600);
}

static const ek_map_entry words[] = {{0, "none"}, {1, "one "}, {2, "two"}, {4, "four\r\n"}, {0xFFFFFFFF, "all"}};

static etwkit_value mapped(const made *m, const uint8_t *data, uint32_t size) {
    const etwkit_field *field = field_of(m, 0);
    return (etwkit_value){field, data, size, field->in_type, field->out_type};
}

#define CHECK_MAPPED(bits, options, want)                           \
    do {                                                            \
        uint32_t number = (bits);                                   \
        etwkit_value one = mapped(&m, (const uint8_t *)&number, 4); \
        CHECK_EQ_STR(text_of(&one, (options)), (want));             \
    } while (0)

TEST(value_maps) {
    made m = {0};
    ek_arena arena;
    const char *label = NULL;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&arena, &allocator);
    ek_field_spec spec = SPEC("M", .in_type = ETWKIT_IN_INT32, .map = ek_map_build(&arena, "w", false, words, 5));
    REQUIRE(make(&m, &spec, 1, 1));
    CHECK_MAPPED(0, 0, "none");
    CHECK_MAPPED(1, 0, "one");
    CHECK_MAPPED(4, 0, "four");
    CHECK_MAPPED(3, 0, "3");
    CHECK_MAPPED(UINT32_MAX, 0, "all"); /* signed types by their bits */
    CHECK_MAPPED(1, ETWKIT_TEXT_NUMERIC, "1");
    etwkit_value value = mapped(&m, (const uint8_t *)"\2\0\0\0", 4);
    CHECK_EQ_INT(etwkit_value_label(&value, &label), ETWKIT_OK);
    CHECK_EQ_STR(label, "two");
    value = mapped(&m, (const uint8_t *)"\3\0\0\0", 4);
    CHECK_EQ_INT(etwkit_value_label(&value, &label), ETWKIT_ABSENT);
    unmake(&m);
    ek_arena_free(&arena);
}

TEST(bit_maps) {
    made m;
    ek_arena arena;
    const char *label = NULL;
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_arena_init(&arena, &allocator);
    ek_field_spec spec = SPEC("M", .in_type = ETWKIT_IN_HEXINT32, .map = ek_map_build(&arena, "w", true, words, 4));
    REQUIRE(make(&m, &spec, 1, 1));
    CHECK_MAPPED(0, 0, "none");
    CHECK_MAPPED(1, 0, "one");
    CHECK_MAPPED(7, 0, "one|two|four");
    CHECK_MAPPED(0x15, 0, "one|four|0x10");
    CHECK_MAPPED(0x10, 0, "0x10"); /* nothing fits: the number, as its type shows it */
    CHECK_MAPPED(7, ETWKIT_TEXT_NUMERIC, "0x7");
    etwkit_value value = mapped(&m, (const uint8_t *)"\4\0\0\0", 4);
    CHECK_EQ_INT(etwkit_value_label(&value, &label), ETWKIT_OK);
    CHECK_EQ_STR(label, "four");
    value = mapped(&m, (const uint8_t *)"\5\0\0\0", 4);
    CHECK_EQ_INT(etwkit_value_label(&value, &label), ETWKIT_ABSENT);
    unmake(&m);
    spec = (ek_field_spec)SPEC("M", .in_type = ETWKIT_IN_UINT32, .map = ek_map_build(&arena, "w", true, words + 1, 3));
    REQUIRE(make(&m, &spec, 1, 1));
    CHECK_MAPPED(0, 0, "0");
    CHECK_MAPPED(8, 0, "8");
    unmake(&m);
    ek_arena_free(&arena);
}

TEST(integers_are_checked) {
    int64_t i = 0;
    uint64_t u = 0;
    etwkit_value value = value_of(ETWKIT_IN_INT32, 0, (const uint8_t *)"\xFF\xFF\xFF\xFF", 4);
    CHECK_EQ_INT(etwkit_value_get_type(&value), ETWKIT_VALUE_INT);
    CHECK_EQ_INT(etwkit_value_i64(&value, &i), ETWKIT_OK);
    CHECK_EQ_INT(i, -1);
    CHECK_EQ_INT(etwkit_value_u64(&value, &u), ETWKIT_E_RANGE);
    value.out_type = ETWKIT_OUT_HRESULT; /* shown in hex, still signed */
    CHECK_EQ_INT(etwkit_value_get_type(&value), ETWKIT_VALUE_INT);
    CHECK_EQ_INT(etwkit_value_i64(&value, &i), ETWKIT_OK);
    value = value_of(ETWKIT_IN_UINT64, 0, (const uint8_t *)"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8);
    CHECK_EQ_INT(etwkit_value_get_type(&value), ETWKIT_VALUE_UINT);
    CHECK_EQ_INT(etwkit_value_i64(&value, &i), ETWKIT_E_RANGE);
    CHECK_EQ_INT(etwkit_value_u64(&value, &u), ETWKIT_OK);
    CHECK_EQ_UINT(u, UINT64_MAX);
    value = value_of(ETWKIT_IN_UINT16, ETWKIT_OUT_PORT, (const uint8_t *)"\x01\xBB", 2);
    CHECK_EQ_INT(etwkit_value_u64(&value, &u), ETWKIT_OK);
    CHECK_EQ_UINT(u, 443);
    value = value_of(ETWKIT_IN_POINTER, 0, (const uint8_t *)"\0\0\0\x80", 4);
    CHECK_EQ_INT(etwkit_value_i64(&value, &i), ETWKIT_OK);
    CHECK_EQ_INT(i, INT64_C(0x80000000));
    value = value_of(ETWKIT_IN_BOOLEAN, 0, (const uint8_t *)"\1\0\0\0", 4);
    CHECK_EQ_INT(etwkit_value_u64(&value, &u), ETWKIT_E_TYPE);
    CHECK_EQ_INT(etwkit_value_i64(&value, &i), ETWKIT_E_TYPE);
}

TEST(the_other_getters_are_checked) {
    double d = 0;
    bool b = false;
    etwkit_guid guid;
    int64_t time = 0;
    const uint8_t *zeros = (const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    etwkit_value value = value_of(ETWKIT_IN_FLOAT, 0, (const uint8_t *)"\0\0\0\x3F", 4);
    CHECK_EQ_INT(etwkit_value_f64(&value, &d), ETWKIT_OK);
    CHECK(d == 0.5);
    CHECK_EQ_INT(etwkit_value_bool(&value, &b), ETWKIT_E_TYPE);
    value = value_of(ETWKIT_IN_DOUBLE, 0, (const uint8_t *)"\0\0\0\0\0\0\xF0\x7F", 8);
    CHECK_EQ_INT(etwkit_value_f64(&value, &d), ETWKIT_OK);
    CHECK_EQ_INT(etwkit_value_get_type(&value), ETWKIT_VALUE_FLOAT);
    value = value_of(ETWKIT_IN_UINT32, 0, zeros, 4);
    CHECK_EQ_INT(etwkit_value_f64(&value, &d), ETWKIT_E_TYPE);
    CHECK_EQ_INT(etwkit_value_guid(&value, &guid), ETWKIT_E_TYPE);
    CHECK_EQ_INT(etwkit_value_time(&value, &time), ETWKIT_E_TYPE);
    value = value_of(ETWKIT_IN_UINT8, ETWKIT_OUT_BOOLEAN, (const uint8_t *)"\1", 1);
    CHECK_EQ_INT(etwkit_value_bool(&value, &b), ETWKIT_OK);
    CHECK(b);
    value = value_of(ETWKIT_IN_GUID, 0, zeros, 16);
    CHECK_EQ_INT(etwkit_value_guid(&value, &guid), ETWKIT_OK);
    CHECK(etwkit_guid_is_zero(&guid));
    value = value_of(ETWKIT_IN_FILETIME, 0, zeros, 8);
    CHECK_EQ_INT(etwkit_value_get_type(&value), ETWKIT_VALUE_TIME);
    CHECK_EQ_INT(etwkit_value_time(&value, &time), ETWKIT_OK);
    value = value_of(ETWKIT_IN_FILETIME, 0, (const uint8_t *)"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8);
    CHECK_EQ_INT(etwkit_value_time(&value, &time), ETWKIT_E_RANGE);
    value =
        value_of(ETWKIT_IN_SYSTEMTIME, 0, (const uint8_t *)"\xDB\x07\x01\0\0\0\x17\0\x16\0\x07\0\x1B\0\xE7\x03", 16);
    CHECK_EQ_INT(etwkit_value_time(&value, &time), ETWKIT_OK);
    CHECK_EQ_INT(time, INT64_C(129402940479990000));
    value = value_of(ETWKIT_IN_SYSTEMTIME, 0, (const uint8_t *)"\xDB\x07\x02\0\0\0\x1F\0\0\0\0\0\0\0\0\0", 16);
    CHECK_EQ_INT(etwkit_value_time(&value, &time), ETWKIT_E_RANGE); /* 31 February */
    value = value_of(ETWKIT_IN_SYSTEMTIME, 0, zeros, 16);
    CHECK_EQ_INT(etwkit_value_time(&value, &time), ETWKIT_E_RANGE);
    value = value_of(ETWKIT_IN_SID, 0, zeros, 0);
    CHECK_EQ_INT(etwkit_value_get_type(&value), ETWKIT_VALUE_NULL);
    value = value_of(ETWKIT_IN_UNICODESTRING, 0, zeros, 0);
    CHECK_EQ_INT(etwkit_value_get_type(&value), ETWKIT_VALUE_TEXT);
    value = value_of(ETWKIT_IN_BINARY, ETWKIT_OUT_IPV6, zeros, 4);
    CHECK_EQ_INT(etwkit_value_get_type(&value), ETWKIT_VALUE_BYTES);
}

TEST_MAIN(CASE(each_type_has_its_text), CASE(any_types_and_any_size_stay_within_the_bytes), CASE(ipv6_as_rfc_5952_asks),
          CASE(long_texts_come_whole_or_not_at_all), CASE(value_maps), CASE(bit_maps), CASE(integers_are_checked),
          CASE(the_other_getters_are_checked))
