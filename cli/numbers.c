/* SPDX-License-Identifier: MIT */
/* Numbers and durations of the command line; never a part of a text, never another number on overflow. */
#include "cli.h"

#include <string.h>

static unsigned digit_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return (unsigned)(digit - '0');
    if (digit >= 'a' && digit <= 'f')
        return (unsigned)(digit - 'a' + 10);
    if (digit >= 'A' && digit <= 'F')
        return (unsigned)(digit - 'A' + 10);
    return 99;
}

bool cli_number(const char *text, uint64_t *number) {
    unsigned base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    uint64_t value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        unsigned digit = digit_value(*text);
        if (digit >= base || value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    *number = value;
    return true;
}

bool cli_level(const char *text, uint8_t *level) {
    static const char *const names[] = {"critical", "error", "warning", "info", "verbose"};
    uint64_t number;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            *level = (uint8_t)(i + 1);
            return true;
        }
    if (!cli_number(text, &number) || number > UINT8_MAX)
        return false;
    *level = (uint8_t)number;
    return true;
}

bool cli_size(const char *text, uint64_t *bytes) {
    char digits[24];
    size_t length = strlen(text), unit = 0;
    if (length >= 2 && text[length - 1] == 'B' && strchr("KMG", text[length - 2]))
        length--;
    if (!length || length >= sizeof digits)
        return false;
    switch (text[length - 1]) {
    case 'K': unit = 10; break;
    case 'M': unit = 20; break;
    case 'G': unit = 30; break;
    default: break;
    }
    memcpy(digits, text, length);
    digits[unit ? length - 1 : length] = 0;
    return cli_number(digits, bytes) && *bytes <= (uint64_t)INT64_MAX >> unit && (*bytes <<= unit, true);
}

#define SECOND UINT64_C(1000000000)

/* Nanoseconds of a unit, which is what durations are summed up in: hundredths of a tick. */
static bool unit_nanoseconds(const char *unit, uint64_t *nanoseconds) {
    static const struct {
        const char *name;
        uint64_t nanoseconds;
    } units[] = {{"ns", 1},          {"us", 1000},         {"ms", 1000000},      {"s", SECOND},
                 {"m", 60 * SECOND}, {"h", 3600 * SECOND}, {"d", 86400 * SECOND}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i].name) == 0) {
            *nanoseconds = units[i].nanoseconds;
            return true;
        }
    return false;
}

bool cli_duration(const char *text, int64_t *ticks) {
    size_t whole_digits = strspn(text, "0123456789");
    const char *rest = text + whole_digits, *fraction = "";
    size_t fraction_digits = 0;
    if (*rest == '.') {
        fraction = rest + 1;
        fraction_digits = strspn(fraction, "0123456789");
        rest = fraction + fraction_digits;
    }
    uint64_t unit = 0, sum = 0;
    if (whole_digits + fraction_digits == 0 || !unit_nanoseconds(rest, &unit))
        return false;
    for (size_t i = 0; i < whole_digits; i++) {
        uint64_t more = unit * (unsigned)(text[i] - '0');
        if (sum > (INT64_MAX - more) / 10)
            return false;
        sum = sum * 10 + more;
    }
    /* 13 digits of a day are more than a nanosecond; what is finer says nothing. */
    for (size_t i = 0; i < fraction_digits && unit; i++) {
        uint64_t more = unit * (unsigned)(fraction[i] - '0') / 10;
        if (sum > INT64_MAX - more)
            return false;
        sum += more;
        unit /= 10;
    }
    *ticks = (int64_t)(sum / 100);
    return true;
}
