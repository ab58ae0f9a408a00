/* SPDX-License-Identifier: MIT */
/* The unit tests' whole framework: named tests, checks that go on, a main that prints TAP. */
#ifndef EK_TEST_H
#define EK_TEST_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * TEST(adds_up) { CHECK_EQ_INT(1 + 1, 2); }
 * TEST_MAIN(CASE(adds_up), CASE(another))
 *
 * A CHECK that fails is reported and the test goes on; a REQUIRE ends the test (from TEST itself, not from a helper).
 * Both evaluate their arguments once. A test left out of TEST_MAIN does not compile: it is unused.
 * Checks may be used by one thread only.
 */
#define TEST(name) static void name(void)
#define CASE(name) \
    { #name, name }
#define TEST_MAIN(...)                                                                       \
    int main(int argc, char **argv) {                                                        \
        static const test_case cases[] = {__VA_ARGS__};                                      \
        return test_run(cases, sizeof(cases) / sizeof(cases[0]), argc > 1 ? argv[1] : NULL); \
    }

#define CHECK(condition) ((void)test_check((condition), __FILE__, __LINE__, #condition))
#define CHECK_EQ_INT(got, want) ((void)test_eq_int((intmax_t)(got), (intmax_t)(want), __FILE__, __LINE__, #got))
#define CHECK_EQ_UINT(got, want) ((void)test_eq_uint((uintmax_t)(got), (uintmax_t)(want), __FILE__, __LINE__, #got))
#define CHECK_EQ_STR(got, want) ((void)test_eq_str((got), (want), __FILE__, __LINE__, #got))
#define CHECK_EQ_MEM(got, want, size) ((void)test_eq_mem((got), (want), (size), __FILE__, __LINE__, #got))
#define REQUIRE(condition)                                            \
    do {                                                              \
        if (!test_check((condition), __FILE__, __LINE__, #condition)) \
            return;                                                   \
    } while (0)
#define SKIP(reason)             \
    do {                         \
        test_skipped = (reason); \
        return;                  \
    } while (0)

typedef struct test_case {
    const char *name;
    void (*run)(void);
} test_case;

static unsigned test_failures;   /* of the running test */
static const char *test_skipped; /* why the running test was skipped */

#if defined(__MINGW32__)
#define TEST_PRINTF __attribute__((format(gnu_printf, 3, 4)))
#elif defined(__GNUC__)
#define TEST_PRINTF __attribute__((format(printf, 3, 4)))
#else
#define TEST_PRINTF
#endif

static inline bool test_fail(const char *file, int line, const char *format, ...) TEST_PRINTF;

static inline bool test_fail(const char *file, int line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "# %s:%d: ", file, line); /* Meson shows what a failed test wrote here */
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    test_failures++;
    return false;
}

static inline bool test_check(bool good, const char *file, int line, const char *what) {
    return good || test_fail(file, line, "%s does not hold", what);
}

static inline bool test_eq_int(intmax_t got, intmax_t want, const char *file, int line, const char *what) {
    return got == want || test_fail(file, line, "%s is %" PRIdMAX ", not %" PRIdMAX, what, got, want);
}

static inline bool test_eq_uint(uintmax_t got, uintmax_t want, const char *file, int line, const char *what) {
    return got == want ||
           test_fail(file, line, "%s is %" PRIuMAX " (0x%" PRIxMAX "), not %" PRIuMAX " (0x%" PRIxMAX ")", what, got,
                     got, want, want);
}

static inline bool test_eq_str(const char *got, const char *want, const char *file, int line, const char *what) {
    if (got == want || (got && want && strcmp(got, want) == 0))
        return true;
    return test_fail(file, line, "%s is \"%s\", not \"%s\"", what, got ? got : "(null)", want ? want : "(null)");
}

static inline bool test_eq_mem(const void *got, const void *want, size_t size, const char *file, int line,
                               const char *what) {
    const unsigned char *a = got, *b = want;
    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i])
            return test_fail(file, line, "byte %zu of %s is 0x%02x, not 0x%02x", i, what, a[i], b[i]);
    return true;
}

/* Runs all cases, or only the one named `only`; the exit code is 1 when one failed. */
static inline int test_run(const test_case *cases, size_t count, const char *only) {
    unsigned failed = 0;
    size_t number = 0;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* what was printed before a crash is not lost */
    for (size_t i = 0; i < count; i++) {
        if (only && strcmp(only, cases[i].name) != 0)
            continue;
        test_failures = 0;
        test_skipped = NULL;
        cases[i].run();
        failed += test_failures != 0;
        printf("%sok %zu - %s%s%s\n", test_failures ? "not " : "", ++number, cases[i].name,
               test_skipped ? " # SKIP " : "", test_skipped ? test_skipped : "");
    }
    printf("1..%zu\n", number);
    return failed != 0;
}

#endif
