/* SPDX-License-Identifier: MIT */
/* Reads printf-like forms and writes values in them, as Microsoft's C library does. Knows no messages. */
#include "decode/print_spec.h"

#include "base/ascii.h"
#include "base/utf.h"
#include "decode/decimal.h"
#include "decode/number.h"

#include <string.h>

static const char *take_number(const char *at, const char *end, unsigned *number) {
    for (*number = 0; at < end && ek_ascii_is_digit(*at); at++)
        if (*number < EK_PRINT_WIDTH)
            *number = *number * 10 + (unsigned)(*at - '0');
    if (*number > EK_PRINT_WIDTH)
        *number = EK_PRINT_WIDTH;
    return at;
}

static const char *take_flags(ek_print_spec *spec, const char *at, const char *end) {
    for (; at < end; at++)
        switch (*at) {
        case '-': spec->left = true; break;
        case '+': spec->plus = true; break;
        case ' ': spec->space = true; break;
        case '#': spec->alternate = true; break;
        case '0': spec->zero = true; break;
        default: return at;
        }
    return at;
}

/* Values have their own size, so only those lengths matter that cut it. */
static const char *take_length(ek_print_spec *spec, const char *at, const char *end) {
    static const char *const lengths[] = {"I64", "I32", "hh", "ll", "h", "l", "L", "I", "w", "z", "t", "j", "q"};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t size = strlen(lengths[i]);
        if ((size_t)(end - at) <= size || memcmp(at, lengths[i], size) != 0)
            continue;
        spec->bits = strcmp(lengths[i], "hh") == 0 ? 8 : strcmp(lengths[i], "h") == 0 ? 16 : 0;
        return at + size;
    }
    return at;
}

bool ek_print_spec_parse(ek_print_spec *spec, const char *text, size_t length) {
    const char *end = text + length;
    unsigned number;
    *spec = (ek_print_spec){.precision = -1};
    if (length == 0)
        return true;
    text = take_flags(spec, text, end);
    text = take_number(text, end, &number);
    spec->width = (uint16_t)number;
    if (text < end && *text == '.') {
        text = take_number(text + 1, end, &number);
        spec->precision = (int16_t)number;
    }
    text = take_length(spec, text, end);
    if (end - text != 1 || *text == 0 || !strchr("diuxXoOcCsSZpPfFeEgGaADU", *text))
        return false;
    spec->conversion = *text == 'D' ? 'd' : *text == 'U' ? 'u' : *text == 'O' ? 'o' : *text;
    return true;
}

bool ek_print_spec_is_integer(const ek_print_spec *spec) {
    return spec->conversion && strchr("diuxXopP", spec->conversion);
}

bool ek_print_spec_is_float(const ek_print_spec *spec) {
    return spec->conversion && strchr("fFeEgGaA", spec->conversion);
}

static void append_repeated(ek_buf *out, char c, size_t count) {
    uint8_t *at = ek_buf_reserve(out, count);
    if (!at)
        return;
    memset(at, c, count);
    out->size += count;
}

/* Inserts `count` characters at `place`, in front of what is there. */
static void insert_repeated(ek_buf *out, size_t place, char c, size_t count) {
    if (!ek_buf_reserve(out, count))
        return;
    memmove(out->data + place + count, out->data + place, out->size - place);
    memset(out->data + place, c, count);
    out->size += count;
}

/* Fills up to the width what begins at `begin`; `head` bytes of it are sign and prefix, which zeros stand behind. */
static void fill(ek_buf *out, const ek_print_spec *spec, size_t begin, size_t head, size_t columns, bool zeros) {
    if (out->failed || columns >= spec->width)
        return;
    size_t missing = spec->width - columns;
    if (spec->left)
        append_repeated(out, ' ', missing);
    else
        insert_repeated(out, zeros ? begin + head : begin, zeros ? '0' : ' ', missing);
}

static uint8_t *write_octal(uint8_t *end, uint64_t value) {
    do
        *--end = (uint8_t)('0' + (value & 7));
    while (value >>= 3);
    return end;
}

static uint8_t *write_hex(uint8_t *end, uint64_t value, bool upper) {
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    do
        *--end = (uint8_t)digits[value & 15];
    while (value >>= 4);
    return end;
}

static uint64_t sign_extend(uint64_t value, unsigned bits) {
    return bits < 64 && value >> (bits - 1) & 1 ? value | ~UINT64_C(0) << bits : value;
}

/* Pointers: as many digits as they have, upper case. A "0x" stands in front unless the text in front has one. */
static void print_pointer(ek_buf *out, const ek_print_spec *spec, uint64_t value, unsigned size) {
    uint8_t digits[32], *end = digits + sizeof digits, *at = write_hex(end, value, true);
    size_t begin = out->size;
    while ((unsigned)(end - at) < size * 2)
        *--at = '0';
    bool has_prefix = begin >= 2 && out->data[begin - 2] == '0' && (out->data[begin - 1] | 0x20) == 'x';
    if (!has_prefix)
        ek_buf_append(out, "0x", 2);
    ek_buf_append(out, at, (size_t)(end - at));
    fill(out, spec, begin, 0, out->size - begin, false);
}

void ek_print_integer(ek_buf *out, const ek_print_spec *spec, uint64_t value, unsigned size) {
    uint8_t digits[32], *end = digits + sizeof digits, *at;
    unsigned bits = spec->bits && spec->bits < size * 8 ? spec->bits : size * 8;
    size_t begin = out->size;
    bool negative = false;
    if (spec->conversion == 'p' || spec->conversion == 'P') {
        print_pointer(out, spec, value, size);
        return;
    }
    value &= bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
    bool is_signed = spec->conversion == 'd' || spec->conversion == 'i';
    if (is_signed) {
        value = sign_extend(value, bits);
        negative = value >> 63;
        value = negative ? 0 - value : value;
    }
    switch (spec->conversion) {
    case 'x':
    case 'X': at = write_hex(end, value, spec->conversion == 'X'); break;
    case 'o': at = write_octal(end, value); break;
    default: at = ek_write_backwards(end, value); break;
    }
    if (negative || (is_signed && (spec->plus || spec->space)))
        ek_buf_byte(out, negative ? '-' : spec->plus ? '+' : ' ');
    if (spec->alternate && value && spec->conversion != 'o' && !is_signed && spec->conversion != 'u') {
        ek_buf_byte(out, '0');
        ek_buf_byte(out, (uint8_t)spec->conversion);
    } else if (spec->alternate && value && spec->conversion == 'o')
        ek_buf_byte(out, '0');
    size_t head = out->size - begin, count = (size_t)(end - at);
    if (spec->precision > 0 && count < (size_t)spec->precision)
        append_repeated(out, '0', (size_t)spec->precision - count);
    if (spec->precision != 0 || value)
        ek_buf_append(out, at, count);
    fill(out, spec, begin, head, out->size - begin, spec->zero && spec->precision < 0);
}

void ek_print_character(ek_buf *out, const ek_print_spec *spec, uint32_t code) {
    size_t begin = out->size;
    uint8_t text[4];
    bool good = code && code < 0x110000 && (code & 0xFFFFF800u) != 0xD800;
    if (code) /* NUL is none */
        ek_buf_append(out, text, (size_t)(ek_utf8_put(text, good ? code : EK_REPLACEMENT) - text));
    fill(out, spec, begin, 0, code != 0, false);
}

void ek_print_float(ek_buf *out, const ek_print_spec *spec, double value) {
    size_t begin = out->size;
    uint64_t raw;
    memcpy(&raw, &value, sizeof raw);
    bool finite = (raw & 0x7FF0000000000000u) != 0x7FF0000000000000u, negative = raw >> 63;
    unsigned precision = spec->precision < 0 ? 6 : (unsigned)spec->precision;
    char conversion = ek_print_spec_is_float(spec) ? spec->conversion : 'g';
    conversion = conversion == 'a' ? 'e' : conversion == 'A' ? 'E' : conversion;
    if (negative || spec->plus || spec->space)
        ek_buf_byte(out, negative ? '-' : spec->plus ? '+' : ' ');
    size_t head = out->size - begin;
    if (finite)
        ek_decimal_append(out, value, conversion, precision, spec->alternate);
    else
        ek_buf_text(out, raw & 0xFFFFFFFFFFFFFu ? "nan" : "inf");
    fill(out, spec, begin, head, out->size - begin, finite && spec->zero);
}

void ek_print_text_end(ek_buf *out, const ek_print_spec *spec, size_t begin) {
    size_t columns = 0, end = begin, most = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;
    if (out->failed || (spec->precision < 0 && !spec->width))
        return;
    while (end < out->size && columns < most) {
        columns++;
        do
            end++;
        while (end < out->size && (out->data[end] & 0xC0) == 0x80);
    }
    out->size = end;
    fill(out, spec, begin, 0, columns, spec->zero);
}
