/* SPDX-License-Identifier: MIT */
/* JSON strings. Knows UTF-8 and JSON, nothing of what the text means. */
#include "schema/quote.h"

#include "base/utf.h"

#define REPLACEMENT "\xEF\xBF\xBD"

static void append_code(ek_buf *out, uint8_t code) {
    static const char digits[] = "0123456789abcdef";
    const char escape[6] = {'\\', 'u', '0', '0', digits[code >> 4], digits[code & 15]};
    ek_buf_append(out, escape, sizeof escape);
}

static void append_escape(ek_buf *out, uint8_t code) {
    switch (code) {
    case '"': ek_buf_text(out, "\\\""); break;
    case '\\': ek_buf_text(out, "\\\\"); break;
    case '\n': ek_buf_text(out, "\\n"); break;
    case '\r': ek_buf_text(out, "\\r"); break;
    case '\t': ek_buf_text(out, "\\t"); break;
    default: append_code(out, code); break;
    }
}

/* The controls above DEL, U+0080 to U+009F, are two bytes each: 0xC2 and the code itself. */
static bool is_high_control(const uint8_t *text, size_t left) {
    return text[0] == 0xC2 && left > 1 && text[1] < 0xA0;
}

static void append_valid(ek_buf *out, const uint8_t *text, size_t size) {
    size_t plain = 0; /* where the run of bytes that need no escape begins */
    for (size_t i = 0; i < size; i++) {
        bool high = is_high_control(text + i, size - i);
        if (!high && text[i] >= 0x20 && text[i] != '"' && text[i] != '\\' && text[i] != 0x7F)
            continue;
        ek_buf_append(out, text + plain, i - plain);
        i += high;
        append_escape(out, text[i]);
        plain = i + 1;
    }
    ek_buf_append(out, text + plain, size - plain);
}

void ek_json_quote(ek_buf *out, const char *text, size_t size) {
    const uint8_t *at = (const uint8_t *)text;
    ek_buf_byte(out, '"');
    for (;;) {
        size_t valid = ek_utf8_valid(at, size);
        append_valid(out, at, valid);
        if (valid == size)
            break;
        ek_buf_text(out, REPLACEMENT);
        at += valid + 1;
        size -= valid + 1;
    }
    ek_buf_byte(out, '"');
}
