/* SPDX-License-Identifier: MIT */
/* Puts the values of a WPP message into its format (docs/format/wpp.md). Knows no lines of TMF files and no output. */
#include "base/ascii.h"
#include "base/utf.h"
#include "decode/message.h"
#include "decode/print_spec.h"
#include "decode/status_name.h"
#include "decode/text.h"
#include "schema/tmf.h"

#include <etwkit/value.h>

#include <string.h>

/* One message on its way out. */
typedef struct wpp_message {
    ek_buf *out;
    size_t begin; /* of the message in `out` */
    const etwkit_schema *schema;
    const etwkit_record *record;
    const ek_tmf_message *tmf;
    etwkit_value values[EK_TMF_PARAMETERS];
} wpp_message;

/* What stands for a number that the prefix of every message has; the event's own parameters begin at 10. */
enum {
    INSERT_PREFIX = 0,
    INSERT_PROVIDER = 1,
    INSERT_PLACE = 2,
    INSERT_THREAD = 3,
    INSERT_TIME = 4,
    INSERT_KERNEL_TIME = 5,
    INSERT_USER_TIME = 6,
    INSERT_SEQUENCE = 7,
    INSERT_PROCESS = 8,
    INSERT_PROCESSOR = 9,
    MESSAGE_SEQUENCE = 0x01 /* option of the header: a sequence number stands behind it */
};

static const ek_print_spec as_text = {.precision = -1, .conversion = 's'};

/* Values whose form is WPP's own. */

/* "STATUS_NO_SUCH_FILE (0xC000000F)"; without a name the number alone. */
static void append_status(ek_buf *out, const char *name, uint32_t code, bool decimal) {
    const ek_print_spec spec = {.precision = decimal ? -1 : 8, .conversion = decimal ? 'u' : 'X'};
    if (name) {
        ek_buf_text(out, name);
        ek_buf_text(out, " (");
    }
    if (!decimal)
        ek_buf_text(out, "0x");
    ek_print_integer(out, &spec, code, 4);
    if (name)
        ek_buf_byte(out, ')');
}

/* Seconds with three digits: "-5.000s". */
static void append_duration(ek_buf *out, int64_t duration) {
    static const ek_print_spec whole = {.precision = -1, .conversion = 'u'}, part = {.precision = 3, .conversion = 'u'};
    uint64_t size = duration < 0 ? 0 - (uint64_t)duration : (uint64_t)duration;
    if (duration < 0)
        ek_buf_byte(out, '-');
    ek_print_integer(out, &whole, size / 10000000, 8);
    ek_buf_byte(out, '.');
    ek_print_integer(out, &part, size / 10000 % 1000, 8);
    ek_buf_byte(out, 's');
}

/* A due time: relative where it is negative, as Windows' timers have it. */
static void append_wait_time(ek_buf *out, int64_t due) {
    uint8_t *at = due > 0 ? ek_buf_reserve(out, EK_TIME_LENGTH + EK_INTEGER_ROOM) : NULL;
    ek_time_text text = {0};
    if (due <= 0 || !ek_time_text_set(&text, due))
        append_duration(out, due);
    else if (at) {
        memcpy(at, text.text, EK_TIME_LENGTH);
        out->size += EK_TIME_LENGTH;
    }
}

static void append_pairs(ek_buf *out, const etwkit_value *value, char between) {
    uint8_t *at = ek_buf_reserve(out, (size_t)value->size * 3);
    for (uint32_t i = 0; at && i < value->size; i++) {
        if (i)
            *at++ = (uint8_t)between;
        at = ek_write_bytes(at, value->data + i, 1);
    }
    if (at)
        out->size = (size_t)(at - out->data);
}

/* "[first,third]". Bits without a label are not shown: that is how such sets read elsewhere. */
static void append_set(ek_buf *out, const etwkit_value *value) {
    const etwkit_map *map = value->field->map;
    uint64_t bits = ek_value_bits(value);
    bool any = false;
    ek_buf_byte(out, '[');
    for (uint32_t i = 0; map && i < map->count; i++) {
        if (!(bits & map->entries[i].value))
            continue;
        if (any)
            ek_buf_byte(out, ',');
        ek_buf_text(out, map->entries[i].label);
        any = true;
    }
    ek_buf_byte(out, ']');
}

/* A parameter where text is wanted. */
static void append_as_text(ek_buf *out, const ek_tmf_parameter *parameter, const etwkit_value *value) {
    uint32_t code = (uint32_t)ek_value_bits(value);
    double number;
    switch ((ek_tmf_kind)parameter->kind) {
    case EK_TMF_NTSTATUS: append_status(out, ek_ntstatus_name(code), code, false); break;
    case EK_TMF_HRESULT: append_status(out, ek_hresult_name(code), code, false); break;
    case EK_TMF_WIN32: append_status(out, ek_win32_name(code), code, true); break;
    case EK_TMF_TIME_DELTA: append_duration(out, ek_value_signed(value)); break;
    case EK_TMF_WAIT_TIME: append_wait_time(out, ek_value_signed(value)); break;
    case EK_TMF_HEX_DUMP: append_pairs(out, value, ' '); break;
    case EK_TMF_MAC: append_pairs(out, value, '-'); break;
    case EK_TMF_SET: append_set(out, value); break;
    default:
        if (etwkit_value_f64(value, &number) == ETWKIT_OK)
            ek_print_float(out, &as_text, number);
        else
            ek_message_value(out, value);
        break;
    }
}

static void append_parameter(wpp_message *message, size_t index, const ek_print_spec *spec) {
    const ek_tmf_parameter *parameter = &message->tmf->parameters[index];
    const etwkit_value *value = &message->values[index];
    bool is_integer = ek_shape_is_integer(ek_shape_asked(value)) || ek_shape_asked(value) == EK_SHAPE_CHAR16;
    size_t begin = message->out->size;
    double number;
    if (ek_print_spec_is_character(spec) && is_integer)
        ek_print_character(message->out, spec, (uint32_t)ek_value_bits(value));
    else if (ek_print_spec_is_integer(spec) && is_integer)
        ek_print_integer(message->out, spec, ek_value_bits(value), value->size);
    else if (etwkit_value_f64(value, &number) == ETWKIT_OK)
        ek_print_float(message->out, spec, number);
    else {
        append_as_text(message->out, parameter, value);
        ek_print_text_end(message->out, spec, begin);
    }
}

/* What the prefix of a message is made of. */

static uint32_t sequence_of(const etwkit_record *record) {
    bool has = record->header_kind == ETWKIT_HEADER_MESSAGE && record->data_size >= 12 &&
               ek_load16(record->data + 6) & MESSAGE_SEQUENCE;
    return has ? ek_load32(record->data + 8) : 0;
}

static void append_number(ek_buf *out, const ek_print_spec *spec, uint32_t number) {
    static const ek_print_spec decimal = {.precision = -1, .conversion = 'u'};
    ek_print_integer(out, ek_print_spec_is_integer(spec) ? spec : &decimal, number, 4);
}

/* false: not a number of the prefix. */
static bool append_prefix(wpp_message *message, unsigned insert, const ek_print_spec *spec) {
    const etwkit_record *record = message->record;
    ek_buf *out = message->out;
    size_t begin = out->size;
    uint8_t *at;
    switch (insert) {
    case INSERT_PREFIX: return true; /* where the prefix itself is put: all of it has columns of its own */
    case INSERT_PROVIDER: ek_buf_text(out, message->tmf->provider); break;
    case INSERT_PLACE: ek_buf_text(out, message->tmf->symbol); break;
    case INSERT_TIME:
        if ((at = ek_buf_reserve(out, EK_TIME_LENGTH + EK_INTEGER_ROOM))) {
            ek_time_text text = {0};
            if (ek_time_text_set(&text, record->timestamp))
                at = (uint8_t *)memcpy(at, text.text, EK_TIME_LENGTH) + EK_TIME_LENGTH;
            else
                at = ek_write_i64(at, record->timestamp);
            out->size = (size_t)(at - out->data);
        }
        break;
    case INSERT_THREAD: append_number(out, spec, record->thread_id); return true;
    case INSERT_PROCESS: append_number(out, spec, record->process_id); return true;
    case INSERT_PROCESSOR: append_number(out, spec, record->processor); return true;
    case INSERT_SEQUENCE: append_number(out, spec, sequence_of(record)); return true;
    case INSERT_KERNEL_TIME: append_number(out, spec, record->kernel_time); return true;
    case INSERT_USER_TIME: append_number(out, spec, record->user_time); return true;
    default: return false;
    }
    ek_print_text_end(out, spec, begin);
    return true;
}

/* "%10!04X!": returns the end, or NULL where it cannot be filled. */
static const char *append_insert(wpp_message *message, const char *at) {
    unsigned number = 0, digits = 0;
    ek_print_spec spec = as_text;
    for (; digits < 3 && ek_ascii_is_digit(*at); at++, digits++)
        number = number * 10 + (unsigned)(*at - '0');
    if (*at == '!') {
        const char *end = strchr(at + 1, '!');
        if (end && ek_print_spec_parse(&spec, at + 1, (size_t)(end - at - 1)))
            at = end + 1;
        else if (end) /* "%10!!" and what is no form: the mark is text */
            spec = as_text;
    }
    for (size_t i = 0; i < message->tmf->parameter_count; i++) {
        if (message->tmf->parameters[i].number != number || !*message->tmf->parameters[i].type)
            continue;
        if (!message->values[i].data)
            return NULL;
        append_parameter(message, i, &spec);
        return at;
    }
    if (!append_prefix(message, number, &spec))
        return NULL;
    bool leads = number == INSERT_PREFIX && message->out->size == message->begin;
    return at + (leads && *at == ' '); /* the blank parts the prefix from the text */
}

/* Names that the preprocessor leaves to the reader. */
static bool append_name(wpp_message *message, const char *name, size_t length) {
    static const struct { const char *name, *text; } fixed[] = {{"SPACE", " "}, {"STDPREFIX", ""}, {"PRENAME", ""}};
    const ek_tmf_message *tmf = message->tmf;
    size_t value_length = 0;
    const char *value = ek_tmf_attribute(tmf, name, length, &value_length), *line = ek_tmf_line(tmf);
    for (size_t i = 0; !value && i < sizeof fixed / sizeof *fixed; i++)
        if (strlen(fixed[i].name) == length && memcmp(fixed[i].name, name, length) == 0)
            value_length = strlen(value = fixed[i].text);
    if (!value && length == 4 && memcmp(name, "FILE", 4) == 0 && *tmf->source)
        value_length = strlen(value = tmf->source);
    if (!value && length == 4 && memcmp(name, "LINE", 4) == 0 && line)
        value_length = strlen(value = line);
    if (!value && length == 3 && memcmp(name, "MOD", 3) == 0)
        value_length = strlen(value = tmf->provider);
    if (value)
        ek_buf_append(message->out, value, value_length);
    return value != NULL;
}

/* "%!FUNC!"; `at` is behind the percent sign. */
static const char *append_named(wpp_message *message, const char *at) {
    const char *name = at + 1, *end = strchr(name, '!');
    if (!end || end == name)
        return NULL;
    return append_name(message, name, (size_t)(end - name)) ? end + 1 : NULL;
}

/* What stands behind a percent sign. NULL: nothing that is known, the sign is text. */
static const char *append_percent(wpp_message *message, const char *at) {
    const char *end;
    switch (*at) {
    case '%': ek_buf_byte(message->out, '%'); return at + 1;
    case 'n': ek_buf_byte(message->out, '\n'); return at + 1;
    case 'r': ek_buf_byte(message->out, '\r'); return at + 1;
    case 't': ek_buf_byte(message->out, '\t'); return at + 1;
    case 'b': ek_buf_byte(message->out, ' '); return at + 1;
    case '.':
    case ' ': ek_buf_byte(message->out, (uint8_t)*at); return at + 1;
    case '!':
        if ((end = append_named(message, at)) || strchr(at + 1, '!'))
            return end;
        ek_buf_byte(message->out, '!');
        return at + 1;
    default: return ek_ascii_is_digit(*at) ? append_insert(message, at) : NULL;
    }
}

void ek_wpp_message(ek_buf *out, const etwkit_schema *schema, const etwkit_record *record) {
    wpp_message message;
    message.out = out;
    message.begin = out->size;
    message.schema = schema;
    message.record = record;
    message.tmf = schema->is.tmf;
    ek_message_values(schema, record, message.values, message.tmf->parameter_count);
    const char *at = message.tmf->format;
    while (*at && !out->failed && out->size - message.begin < EK_MESSAGE_MOST) {
        size_t plain = strcspn(at, "%");
        ek_buf_append(out, at, plain);
        at += plain;
        if (!*at)
            break;
        const char *next = append_percent(&message, at + 1);
        if (!next)
            ek_buf_byte(out, '%');
        at = next ? next : at + 1;
    }
}
