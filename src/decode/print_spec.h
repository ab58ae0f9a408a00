/* SPDX-License-Identifier: MIT */
/* What stands between the exclamation marks of an insert (%10!04X!): a printf-like form, and values written in it.
 * Knows no messages: those of WPP and those of manifests use the same. */
#ifndef EK_DECODE_PRINT_SPEC_H
#define EK_DECODE_PRINT_SPEC_H

#include "base/memory.h"

#define EK_PRINT_WIDTH 1024 /* most of a width or a precision; larger ones are cut to it */

typedef struct ek_print_spec {
    bool left;      /* '-' */
    bool plus;      /* '+' */
    bool space;     /* ' ' */
    bool alternate; /* '#' */
    bool zero;      /* '0' */
    uint16_t width;
    int16_t precision; /* -1: not given */
    uint8_t bits;      /* what the length asks for: 8, 16, or 0 for all that there are */
    char conversion;   /* d i u x X o c C s S p f e g a ...; 0 was no text at all: as s */
} ek_print_spec;

/* false: it is no such form ("*" widths are none either: an insert has one value). */
bool ek_print_spec_parse(ek_print_spec *spec, const char *text, size_t length);

/* Does the form want a number, in digits? */
bool ek_print_spec_is_integer(const ek_print_spec *spec);
bool ek_print_spec_is_float(const ek_print_spec *spec);
static inline bool ek_print_spec_is_character(const ek_print_spec *spec) {
    return spec->conversion == 'c' || spec->conversion == 'C';
}

/* `size`: bytes of the value (1, 2, 4, 8), whose bits above are zero. */
void ek_print_integer(ek_buf *out, const ek_print_spec *spec, uint64_t value, unsigned size);
void ek_print_character(ek_buf *out, const ek_print_spec *spec, uint32_t code);
void ek_print_float(ek_buf *out, const ek_print_spec *spec, double value);
/* Makes what was appended from `begin` on fit width and precision: valid UTF-8 stays so. */
void ek_print_text_end(ek_buf *out, const ek_print_spec *spec, size_t begin);

#endif
