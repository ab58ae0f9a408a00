/* SPDX-License-Identifier: MIT */
/* Statuses, their names, and the one formatter of src/: no locale, no floating point. Knows no formats and no files. */
#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

const char *etwkit_status_name(etwkit_status status) {
    switch (status) {
    case ETWKIT_OK: return "ETWKIT_OK";
    case ETWKIT_END: return "ETWKIT_END";
    case ETWKIT_ABSENT: return "ETWKIT_ABSENT";
    case ETWKIT_E_INVALID: return "ETWKIT_E_INVALID";
    case ETWKIT_E_NO_MEMORY: return "ETWKIT_E_NO_MEMORY";
    case ETWKIT_E_IO: return "ETWKIT_E_IO";
    case ETWKIT_E_NOT_FOUND: return "ETWKIT_E_NOT_FOUND";
    case ETWKIT_E_DENIED: return "ETWKIT_E_DENIED";
    case ETWKIT_E_NOT_A_TRACE: return "ETWKIT_E_NOT_A_TRACE";
    case ETWKIT_E_UNSUPPORTED: return "ETWKIT_E_UNSUPPORTED";
    case ETWKIT_E_DAMAGED: return "ETWKIT_E_DAMAGED";
    case ETWKIT_E_TYPE: return "ETWKIT_E_TYPE";
    case ETWKIT_E_RANGE: return "ETWKIT_E_RANGE";
    case ETWKIT_E_LIMIT: return "ETWKIT_E_LIMIT";
    case ETWKIT_E_TOO_BIG: return "ETWKIT_E_TOO_BIG";
    case ETWKIT_E_NO_SCHEMA: return "ETWKIT_E_NO_SCHEMA";
    case ETWKIT_E_INTERRUPTED: return "ETWKIT_E_INTERRUPTED";
    case ETWKIT_E_FULL: return "ETWKIT_E_FULL";
    case ETWKIT_E_CLOSED: return "ETWKIT_E_CLOSED";
    case ETWKIT_E_EXISTS: return "ETWKIT_E_EXISTS";
    }
    return "unknown status";
}

/* Where text goes: counts on past the end, so that the caller learns the length it needed. */
typedef struct target {
    char *text;
    size_t capacity;
    size_t size;
} target;

static void put(target *out, char byte) {
    if (out->size + 1 < out->capacity)
        out->text[out->size] = byte;
    out->size++;
}

typedef struct directive {
    bool zero, left;
    size_t width;
    size_t precision; /* SIZE_MAX: none */
    int longs;        /* 0 int, 1 long, 2 long long, 3 size_t */
    char conversion;
} directive;

static void put_padded(target *out, const directive *how, const char *text, size_t length) {
    size_t padding = how->width > length ? how->width - length : 0;
    if (!how->left)
        for (size_t i = 0; i < padding; i++)
            put(out, how->zero ? '0' : ' ');
    for (size_t i = 0; i < length; i++)
        put(out, text[i]);
    if (how->left)
        for (size_t i = 0; i < padding; i++)
            put(out, ' ');
}

static void put_number(target *out, const directive *how, unsigned long long value, bool negative, unsigned base) {
    const char *digits = how->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    size_t at = sizeof text;
    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value);
    if (negative)
        text[--at] = '-';
    put_padded(out, how, text + at, sizeof text - at);
}

static const char *read_number(const char *format, size_t *number) {
    for (*number = 0; *format >= '0' && *format <= '9'; format++)
        *number = *number * 10 + (size_t)(*format - '0');
    return format;
}

static const char *read_directive(const char *format, directive *how, va_list *arguments) {
    *how = (directive){.precision = SIZE_MAX};
    for (;; format++) {
        if (*format == '0')
            how->zero = true;
        else if (*format == '-')
            how->left = true;
        else
            break;
    }
    format = read_number(format, &how->width);
    if (*format == '.' && format[1] == '*') {
        int given = va_arg(*arguments, int);
        how->precision = given < 0 ? SIZE_MAX : (size_t)given;
        format += 2;
    } else if (*format == '.')
        format = read_number(format + 1, &how->precision);
    for (; *format == 'l'; format++)
        how->longs++;
    if (*format == 'z') {
        how->longs = 3;
        format++;
    }
    how->conversion = *format;
    return *format ? format + 1 : format;
}

static unsigned long long take_unsigned(const directive *how, va_list *arguments) {
    if (how->longs == 3)
        return va_arg(*arguments, size_t);
    if (how->longs == 2)
        return va_arg(*arguments, unsigned long long);
    return how->longs == 1 ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned);
}

static long long take_signed(const directive *how, va_list *arguments) {
    if (how->longs == 2)
        return va_arg(*arguments, long long);
    return how->longs == 1 ? va_arg(*arguments, long) : va_arg(*arguments, int);
}

static void put_directive(target *out, const directive *how, va_list *arguments) {
    switch (how->conversion) {
    case 's': {
        const char *text = va_arg(*arguments, const char *);
        if (!text)
            text = "(null)";
        size_t length = 0;
        while (length < how->precision && text[length])
            length++;
        put_padded(out, how, text, length);
        break;
    }
    case 'c': put(out, (char)va_arg(*arguments, int)); break;
    case 'd': {
        long long value = take_signed(how, arguments);
        put_number(out, how, value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value, value < 0, 10);
        break;
    }
    case 'u': put_number(out, how, take_unsigned(how, arguments), false, 10); break;
    case 'x':
    case 'X': put_number(out, how, take_unsigned(how, arguments), false, 16); break;
    default: put(out, how->conversion); break;
    }
}

static int format_all(char *text, size_t capacity, const char *format, va_list *arguments) {
    target out = {text, capacity, 0};
    while (*format) {
        if (*format != '%') {
            put(&out, *format++);
            continue;
        }
        directive how;
        format = read_directive(format + 1, &how, arguments);
        if (how.conversion)
            put_directive(&out, &how, arguments);
    }
    if (capacity)
        text[out.size < capacity ? out.size : capacity - 1] = 0;
    return (int)out.size;
}

int ek_format(char *text, size_t capacity, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = format_all(text, capacity, format, &arguments);
    va_end(arguments);
    return length;
}

etwkit_status ek_fail(etwkit_error *error, etwkit_status status, const char *format, ...) {
    if (!error)
        return status;
    *error = (etwkit_error){
        .status = status, .buffer = ETWKIT_NO_NUMBER, .record = ETWKIT_NO_NUMBER, .offset = ETWKIT_NO_OFFSET};
    va_list arguments;
    va_start(arguments, format);
    format_all(error->message, sizeof error->message, format, &arguments);
    va_end(arguments);
    return status;
}

etwkit_status ek_fail_memory(etwkit_error *error) {
    return ek_fail(error, ETWKIT_E_NO_MEMORY, "out of memory");
}
