/* SPDX-License-Identifier: MIT */
/* Integers, hex and shortest decimals, against the C library. */
#include "decode/number.h"
#include "test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* What a writer writes, with what was not written checked to be within its room. */
#define WRITTEN(room, call)                  \
    do {                                     \
        memset(at, 0x5A, sizeof at);         \
        uint8_t *end = (call);               \
        CHECK((size_t)(end - at) <= (room)); \
        CHECK_EQ_INT(at[room], 0x5A);        \
        *end = 0;                            \
    } while (0)
#define TEXT ((const char *)at)

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void check_integer(uint64_t value) {
    uint8_t at[128];
    char want[64];
    snprintf(want, sizeof want, "%" PRIu64, value);
    WRITTEN(EK_INTEGER_ROOM, ek_write_u64(at, value));
    CHECK_EQ_STR(TEXT, want);
    snprintf(want, sizeof want, "%" PRId64, (int64_t)value);
    WRITTEN(EK_INTEGER_ROOM, ek_write_i64(at, (int64_t)value));
    CHECK_EQ_STR(TEXT, want);
    snprintf(want, sizeof want, "0x%" PRIx64, value);
    WRITTEN(EK_INTEGER_ROOM, ek_write_hex(at, value));
    CHECK_EQ_STR(TEXT, want);
}

TEST(integers_at_every_edge) {
    for (unsigned bit = 0; bit < 64; bit++)
        for (uint64_t near = 0; near < 3; near++)
            check_integer((UINT64_C(1) << bit) + near - 1);
    for (unsigned power = 0; power < 20; power++)
        for (uint64_t near = 0; near < 3; near++)
            check_integer(ek_powers_of_10[power] + near - 1);
    check_integer(UINT64_MAX);
    check_integer((uint64_t)INT64_MIN);
}

TEST(integers_of_every_length) {
    uint64_t state = 1;
    for (unsigned i = 0; i < 100000 && test_failures == 0; i++)
        check_integer(next_random(&state) >> (i & 63));
}

TEST(pairs_and_fractions) {
    uint8_t at[128];
    char want[16];
    for (unsigned i = 0; i < 100; i++) {
        snprintf(want, sizeof want, "%02u", i);
        WRITTEN(2, ek_write_pair(at, i));
        CHECK_EQ_STR(TEXT, want);
    }
    for (unsigned i = 0; i < 10000000; i += 997) {
        snprintf(want, sizeof want, "%07u", i);
        WRITTEN(7, ek_write_fraction(at, i));
        CHECK_EQ_STR(TEXT, want);
    }
}

TEST(bytes_of_every_length) {
    uint8_t data[80], at[256];
    char want[256];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37);
    for (size_t size = 0; size <= sizeof data; size++) {
        uint8_t *copy = malloc(size + 1); /* of its own, so that a read past it is seen */
        REQUIRE(copy != NULL);
        memcpy(copy + 1, data, size);
        for (size_t i = 0; i < size; i++)
            snprintf(want + i * 2, 3, "%02X", data[i]);
        want[size * 2] = 0;
        WRITTEN(size * 2, ek_write_bytes(at, copy + 1, size));
        CHECK_EQ_STR(TEXT, want);
        free(copy);
    }
}

/* repr() of Python 3.11. */
static const struct {
    double value;
    const char *text;
} doubles[] = {
    {0.0, "0.0"},
    {-0.0, "-0.0"},
    {1.0, "1.0"},
    {-1.5, "-1.5"},
    {0.1, "0.1"},
    {0.3, "0.3"},
    {0.1 + 0.2, "0.30000000000000004"},
    {100.0, "100.0"},
    {123456.789, "123456.789"},
    {1e15, "1000000000000000.0"},
    {9999999999999998.0, "9999999999999998.0"},
    {1e16, "1e+16"},
    {1.2345e17, "1.2345e+17"},
    {1e22, "1e+22"},
    {1e23, "1e+23"},
    {1e100, "1e+100"},
    {0.001, "0.001"},
    {0.0001, "0.0001"},
    {0.00001, "1e-05"},
    {0.00012345678901234567, "0.00012345678901234567"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {2.225073858507201e-308, "2.225073858507201e-308"},
    {5e-324, "5e-324"},
    {1.5e-323, "1.5e-323"},
    {9007199254740992.0, "9007199254740992.0"},
    {9007199254740993.0, "9007199254740992.0"},
    {5.684341886080802e-14, "5.684341886080802e-14"},
    {4.35, "4.35"},
    {2.5e-15, "2.5e-15"},
    {123456789012345680.0, "1.2345678901234568e+17"},
};

TEST(doubles_as_python_shows_them) {
    uint8_t at[128];
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        WRITTEN(EK_FLOAT_ROOM, ek_write_double(at, doubles[i].value));
        CHECK_EQ_STR(TEXT, doubles[i].text);
    }
}

TEST(floats_are_shortest_for_their_width) {
    static const struct {
        float value;
        const char *text;
    } floats[] = {{0.1f, "0.1"},
                  {16777216.0f, "16777216.0"},
                  {3.4028235e38f, "3.4028235e+38"},
                  {1e-45f, "1e-45"},
                  {1.1754944e-38f, "1.1754944e-38"},
                  {0.3f, "0.3"},
                  {33554432.0f, "33554432.0"},
                  {-2.5f, "-2.5"},
                  {1.0e10f, "10000000000.0"}};
    uint8_t at[128];
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        WRITTEN(EK_FLOAT_ROOM, ek_write_float(at, floats[i].value));
        CHECK_EQ_STR(TEXT, floats[i].text);
    }
}

TEST(what_is_not_finite) {
    uint8_t at[128];
    WRITTEN(EK_FLOAT_ROOM, ek_write_double(at, (double)INFINITY));
    CHECK_EQ_STR(TEXT, "Infinity");
    WRITTEN(EK_FLOAT_ROOM, ek_write_double(at, (double)-INFINITY));
    CHECK_EQ_STR(TEXT, "-Infinity");
    WRITTEN(EK_FLOAT_ROOM, ek_write_double(at, (double)NAN));
    CHECK_EQ_STR(TEXT, "NaN");
    WRITTEN(EK_FLOAT_ROOM, ek_write_float(at, -INFINITY));
    CHECK_EQ_STR(TEXT, "-Infinity");
    WRITTEN(EK_FLOAT_ROOM, ek_write_float(at, NAN));
    CHECK_EQ_STR(TEXT, "NaN");
}

static size_t count_digits(const char *text) {
    size_t count = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (count == 0 && *text == '0'))
            continue;
        zeros = *text == '0' ? zeros + 1 : 0; /* trailing ones do not count */
        count++;
    }
    return count - zeros;
}

/* mingw-w64's strtod() takes what is nearest to a power of two's neighbour, on the side of 0, for that power. */
static double read_double(const char *text) {
    double value = strtod(text, NULL);
#ifdef __MINGW32__
    double neighbour = nextafter(value, 0);
    long double exact = strtold(text, NULL);
    if (fabsl(exact - neighbour) < fabsl(value - exact))
        return neighbour;
#endif
    return value;
}

/* It reads back as the same, and one digit fewer, correctly rounded, does not. */
static void check_double(double value) {
    uint8_t at[128];
    char shorter[64];
    WRITTEN(EK_FLOAT_ROOM, ek_write_double(at, value));
    double back = read_double(TEXT);
    CHECK_EQ_MEM(&back, &value, sizeof value);
    size_t digits = count_digits(TEXT);
    CHECK(digits >= 1 && digits <= 17);
    if (digits > 1) {
        snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, value);
        CHECK(read_double(shorter) != value);
    }
}

static void check_float(float value) {
    uint8_t at[128];
    char shorter[64];
    WRITTEN(EK_FLOAT_ROOM, ek_write_float(at, value));
    float back = strtof(TEXT, NULL);
    CHECK_EQ_MEM(&back, &value, sizeof value);
    size_t digits = count_digits(TEXT);
    if (digits > 1) {
        snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, (double)value);
        CHECK(strtof(shorter, NULL) != value);
    }
}

TEST(any_double_and_float_reads_back) {
    uint64_t state = 42;
    for (unsigned i = 0; i < 100000 && test_failures == 0; i++) {
        uint64_t bits = next_random(&state);
        uint32_t half = (uint32_t)(bits >> 20);
        if (i % 3 == 0) /* of usual size */
            bits = (bits & 0x800FFFFFFFFFFFFFu) | (uint64_t)(1003 + i % 60) << 52;
        if (i % 5 == 0) /* a power of two: its gaps differ */
            bits &= 0xFFF0000000000000u;
        if (i % 7 == 0) /* subnormal */
            bits &= 0x800FFFFFFFFFFFFFu;
        double wide;
        float narrow;
        memcpy(&wide, &bits, sizeof wide);
        memcpy(&narrow, &half, sizeof narrow);
        if (wide - wide == 0 && wide != 0)
            check_double(wide);
        if (narrow - narrow == 0 && narrow != 0)
            check_float(narrow);
    }
    for (int i = 1; i < 100000; i += 7) { /* prices and such */
        check_double(i / 100.0);
        check_float((float)i / 100.0f);
    }
}

TEST_MAIN(CASE(integers_at_every_edge), CASE(integers_of_every_length), CASE(pairs_and_fractions),
          CASE(bytes_of_every_length), CASE(doubles_as_python_shows_them), CASE(floats_are_shortest_for_their_width),
          CASE(what_is_not_finite), CASE(any_double_and_float_reads_back))
