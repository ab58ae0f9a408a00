/* SPDX-License-Identifier: MIT */
/* The forms of inserts, exact digits, and names of error codes. */
#include "../oom.h"
#include "../test.h"
#include "base/bytes.h"
#include "decode/decimal.h"
#include "decode/print_spec.h"
#include "decode/status_name.h"

#include <stdlib.h>

static ek_buf text;

static void begin(void) {
    etwkit_allocator allocator = ek_allocator_or_default(NULL);
    ek_buf_init(&text, &allocator);
}

static const char *end(void) {
    static char copy[4096];
    size_t size = text.size < sizeof copy ? text.size : sizeof copy - 1;
    if (size)
        memcpy(copy, text.data, size);
    copy[size] = 0;
    ek_buf_free(&text);
    return copy;
}

static ek_print_spec spec_of(const char *form) {
    ek_print_spec spec;
    CHECK(ek_print_spec_parse(&spec, form, strlen(form)));
    return spec;
}

static const char *integer(const char *form, uint64_t value, unsigned size) {
    ek_print_spec spec = spec_of(form);
    begin();
    ek_print_integer(&text, &spec, value, size);
    return end();
}

TEST(integers) {
    CHECK_EQ_STR(integer("d", 0xFFFFFFFFu, 4), "-1");
    CHECK_EQ_STR(integer("u", 0xFFFFFFFFu, 4), "4294967295");
    CHECK_EQ_STR(integer("I64d", UINT64_MAX, 8), "-1");
    CHECK_EQ_STR(integer("lld", UINT64_C(1) << 63, 8), "-9223372036854775808");
    CHECK_EQ_STR(integer("hd", 0x1FFFF, 4), "-1");
    CHECK_EQ_STR(integer("hhx", 0x1234, 4), "34");
    CHECK_EQ_STR(integer("hu", 0xFF, 1), "255"); /* a length never makes a value larger */
    CHECK_EQ_STR(integer("o", 8, 4), "10");
    CHECK_EQ_STR(integer("#o", 8, 4), "010");
    CHECK_EQ_STR(integer("#x", 0, 4), "0");
    CHECK_EQ_STR(integer("#X", 0xAB, 4), "0XAB");
    CHECK_EQ_STR(integer("012I64X", 0xABCDEF, 8), "000000ABCDEF");
    CHECK_EQ_STR(integer("#06x", 0xAB, 4), "0x00ab");
    CHECK_EQ_STR(integer("06.3d", 7, 4), "   007");
    CHECK_EQ_STR(integer("-6d", 7, 4), "7     ");
    CHECK_EQ_STR(integer("+d", 7, 4), "+7");
    CHECK_EQ_STR(integer(" d", 7, 4), " 7");
    CHECK_EQ_STR(integer("+u", 7, 4), "7");
    CHECK_EQ_STR(integer(".0d", 0, 4), "");
    CHECK_EQ_STR(integer("p", 0x1F, 4), "0x0000001F");
    CHECK_EQ_STR(integer("p", 0x1F, 8), "0x000000000000001F");
    CHECK_EQ_STR(integer("12p", 0x1F, 4), "  0x0000001F");
}

TEST(forms_that_are_none) {
    static const char *const forms[] = {"*d", "%", "1", "I64", "dd", "y", ".", "10.", "5.3", "hhh", "d "};
    ek_print_spec spec;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        CHECK(!ek_print_spec_parse(&spec, forms[i], strlen(forms[i])));
    CHECK(!ek_print_spec_parse(&spec, "\0", 1));
    CHECK(ek_print_spec_parse(&spec, "", 0));
    CHECK(ek_print_spec_parse(&spec, "99999999999999999999.77777777777d", 33));
    CHECK_EQ_INT(spec.width, EK_PRINT_WIDTH);
    CHECK_EQ_INT(spec.precision, EK_PRINT_WIDTH);
}

static const char *in_form(const char *form, const char *what) {
    ek_print_spec spec = spec_of(form);
    begin();
    ek_buf_text(&text, "<");
    ek_buf_text(&text, what);
    ek_print_text_end(&text, &spec, 1);
    return end();
}

TEST(texts_keep_whole_characters) {
    CHECK_EQ_STR(in_form("5s", "\xC3\xA9t\xC3\xA9"), "<  \xC3\xA9t\xC3\xA9");
    CHECK_EQ_STR(in_form("-5s", "\xC3\xA9"), "<\xC3\xA9    ");
    CHECK_EQ_STR(in_form(".1s", "\xC3\xA9t"), "<\xC3\xA9");
    CHECK_EQ_STR(in_form(".0s", "abc"), "<");
    CHECK_EQ_STR(in_form("s", ""), "<");
    CHECK_EQ_STR(in_form("3s", ""), "<   ");
}

static const char *character(uint32_t code) {
    ek_print_spec spec = spec_of("3c");
    begin();
    ek_print_character(&text, &spec, code);
    return end();
}

TEST(characters) {
    CHECK_EQ_STR(character('A'), "  A");
    CHECK_EQ_STR(character(0x20AC), "  \xE2\x82\xAC");
    CHECK_EQ_STR(character(0xD800), "  \xEF\xBF\xBD");
    CHECK_EQ_STR(character(0xFFFFFFFFu), "  \xEF\xBF\xBD");
    CHECK_EQ_STR(character(0), "   ");
}

static void check_float(const char *form, double value) {
    char want[2048], c_form[32];
    ek_print_spec spec = spec_of(form);
    (void)snprintf(c_form, sizeof c_form, "%%%s", form);
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif
    (void)snprintf(want, sizeof want, c_form, value);
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
    begin();
    ek_print_float(&text, &spec, value);
    CHECK_EQ_STR(end(), want);
}

/* Against the C library, which is exact too. */
TEST(floats_read_as_printf_has_them) {
    static const char *const forms[] = {"f",    ".0f", ".3f",    "e",      ".0e", ".12e", "g",   ".3g",  ".17g",
                                        "#.0f", "G",   "012.2f", "-12.4g", "+e",  " .1f", ".0g", ".40f", "E"};
    static const double values[] = {0.0,
                                    1.0,
                                    0.5,
                                    1.5,
                                    2.5,
                                    0.05,
                                    0.25,
                                    9.5,
                                    99.5,
                                    999999.5,
                                    0.0001,
                                    0.00001,
                                    1e15,
                                    1e16,
                                    123456789.0,
                                    1e100,
                                    1.7976931348623157e308,
                                    5e-324,
                                    2.2250738585072014e-308,
                                    0.1,
                                    0.3,
                                    1e-7,
                                    4503599627370496.5,
                                    9007199254740993.0,
                                    -0.0,
                                    -1.25};
    for (size_t form = 0; form < sizeof forms / sizeof *forms; form++)
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            check_float(forms[form], values[i]);
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        double value;
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        memcpy(&value, &state, sizeof value);
        if ((state & 0x7FF0000000000000u) != 0x7FF0000000000000u)
            check_float(forms[(size_t)(state >> 3) % (sizeof forms / sizeof *forms)], value);
        check_float(forms[i % (int)(sizeof forms / sizeof *forms)], (double)(int64_t)state / 4096.0 / 65536.0 / 1e6);
    }
}

static const char *in_float(const char *form, double value) {
    ek_print_spec spec = spec_of(form);
    begin();
    ek_print_float(&text, &spec, value);
    return end();
}

/* glibc loses them where rounding adds a digit. */
TEST(zeros_that_are_kept) {
    CHECK_EQ_STR(in_float("#g", 1.0), "1.00000");
    CHECK_EQ_STR(in_float("#g", 999999.5), "1.00000e+06");
    CHECK_EQ_STR(in_float("#.3g", 0.00001), "1.00e-05");
    CHECK_EQ_STR(in_float("#.1g", 0.0), "0.");
}

TEST(not_finite_numbers) {
    const ek_print_spec spec = spec_of("08.2f");
    uint64_t infinite = 0xFFF0000000000000u, none = 0x7FF8000000000000u;
    double value;
    memcpy(&value, &infinite, sizeof value);
    begin();
    ek_print_float(&text, &spec, value);
    CHECK_EQ_STR(end(), "    -inf");
    memcpy(&value, &none, sizeof value);
    begin();
    ek_print_float(&text, &spec, value);
    CHECK_EQ_STR(end(), "     nan");
}

TEST(names_of_codes) {
    CHECK_EQ_STR(ek_ntstatus_name(0), "STATUS_SUCCESS");
    CHECK_EQ_STR(ek_ntstatus_name(0xC0000005u), "STATUS_ACCESS_VIOLATION");
    CHECK_EQ_STR(ek_win32_name(5), "ERROR_ACCESS_DENIED");
    CHECK_EQ_STR(ek_hresult_name(0x80070005u), "ERROR_ACCESS_DENIED");
    CHECK_EQ_STR(ek_hresult_name(0x80004005u), "E_FAIL");
    CHECK(!ek_ntstatus_name(0xFFFFFFFFu) && !ek_win32_name(UINT32_MAX) && !ek_hresult_name(0x12345678));
}

static bool prints(const etwkit_allocator *allocator, void *context) {
    ek_print_spec spec = spec_of("1000.300f");
    ek_buf out;
    (void)context;
    ek_buf_init(&out, allocator);
    ek_print_float(&out, &spec, 1e300);
    spec = spec_of("1024d");
    ek_print_integer(&out, &spec, 1, 4);
    bool good = !out.failed;
    ek_buf_free(&out);
    return good;
}

TEST(memory_that_runs_out) {
    CHECK_OOM(prints, NULL);
}

TEST_MAIN(CASE(integers), CASE(forms_that_are_none), CASE(texts_keep_whole_characters), CASE(characters),
          CASE(floats_read_as_printf_has_them), CASE(zeros_that_are_kept), CASE(not_finite_numbers),
          CASE(names_of_codes), CASE(memory_that_runs_out))
