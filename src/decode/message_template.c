/* SPDX-License-Identifier: MIT */
/* Puts the values of an event into the message template of its manifest (docs/format/messages.md). Knows no source of
 * templates and no output. */
#include "base/ascii.h"
#include "base/utf.h"
#include "decode/message.h"
#include "decode/print_spec.h"
#include "decode/text.h"
#include "decode/walk.h"

#include <etwkit/value.h>

#include <string.h>

#define INSERTS 99 /* %1 to %99 */

/* What stands for one number. */
typedef struct insert {
    etwkit_value value; /* data is NULL where it is not there, or no single value: then */
    size_t from, size;  /* its text in `compounds` */
    bool is_compound;
} insert;

/* One message on its way out. */
typedef struct manifest_message {
    ek_buf *out;
    size_t begin;         /* of the message in `out` */
    const char *template; /* as it stands, */
    const char *end;      /* without the line end that message tables put behind it */
    ek_buf compounds;     /* the arrays and structs that the template names, as text */
    unsigned count;       /* the highest number that the template names */
    insert inserts[INSERTS];
} manifest_message;

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The number behind a percent sign, 0 where none is; moves behind its digits. */
static unsigned take_number(const char **at) {
    unsigned number = 0;
    for (int digits = 0; digits < 2 && ek_ascii_is_digit(**at); digits++)
        number = number * 10 + (unsigned)(*(*at)++ - '0');
    return number;
}

/* Fields behind the last one that is wanted need not be read. */
static unsigned highest_number(const manifest_message *message) {
    unsigned highest = 0;
    for (const char *at = message->template; (at = strchr(at, '%')) != NULL;) {
        at++;
        unsigned number = *at == '0' ? 0 : take_number(&at);
        if (!number && *at)
            at++; /* "%%", "%n" ... */
        highest = number > highest ? number : highest;
    }
    return highest;
}

/* The values, by number. */

/* Counts shown fields: those that are only padding have no number. */
typedef struct numbering {
    const ek_layout *layout;
    size_t index; /* of the next field to look at */
    size_t shown; /* fields before it that have a number */
} numbering;

static size_t number_of(numbering *so_far, const etwkit_field *field) {
    size_t index = (size_t)(field - so_far->layout->fields);
    for (; so_far->index < index; so_far->index++)
        so_far->shown += !(so_far->layout->fields[so_far->index].flags & EK_FIELD_HIDDEN);
    return so_far->shown;
}

/* An array or a struct on its way into text: "[1, 2]", "{Name=a Size=1}". */
typedef struct compound {
    ek_buf *out;
    unsigned depth; /* of what is open */
    bool first;     /* does what comes next stand first in it? */
} compound;

static void separate(compound *in, const etwkit_field *field, bool in_array) {
    if (!in->first)
        ek_buf_text(in->out, in_array ? ", " : " ");
    in->first = false;
    if (!in_array && in->depth) {
        ek_buf_append(in->out, field->name, field->name_size);
        ek_buf_byte(in->out, '=');
    }
}

/* One step within a compound, or the one that begins it. */
static void append_step(compound *in, const etwkit_walk *walk, const etwkit_step *step) {
    switch (step->kind) {
    case ETWKIT_STEP_VALUE:
        separate(in, step->field, ek_walk_in_array(walk));
        ek_message_value(in->out, &step->value);
        return;
    case ETWKIT_STEP_ARRAY_BEGIN:
    case ETWKIT_STEP_STRUCT_BEGIN: {
        bool is_array = step->kind == ETWKIT_STEP_ARRAY_BEGIN;
        separate(in, step->field, !is_array && ek_walk_struct_in_array(walk));
        ek_buf_byte(in->out, is_array ? '[' : '{');
        in->depth++;
        in->first = true;
        return;
    }
    case ETWKIT_STEP_ARRAY_END:
    case ETWKIT_STEP_STRUCT_END:
        ek_buf_byte(in->out, step->kind == ETWKIT_STEP_ARRAY_END ? ']' : '}');
        in->depth--;
        in->first = false;
        return;
    }
}

static void read_values(manifest_message *message, const etwkit_schema *schema, const etwkit_record *record) {
    etwkit_walk walk;
    etwkit_step step;
    numbering numbers = {schema->is.layout, 0, 0};
    compound open = {&message->compounds, 0, true};
    size_t number = 0;
    etwkit_walk_begin(&walk, schema, record);
    walk.ended = true; /* whoever shows the fields counts the event */
    while (message->compounds.size < EK_MESSAGE_MOST && ek_walk_next(&walk, &step)) {
        bool outside = open.depth == 0;
        if (outside && (number = number_of(&numbers, step.field)) >= message->count)
            return;
        insert *at = &message->inserts[number];
        if (outside && step.kind == ETWKIT_STEP_VALUE) {
            at->value = step.value;
            continue;
        }
        if (outside) {
            open.first = true;
            at->from = message->compounds.size;
        }
        append_step(&open, &walk, &step);
        if (open.depth == 0) {
            at->size = message->compounds.size - at->from;
            at->is_compound = true;
        }
    }
}

/* The template. */

static void append_value(ek_buf *out, const etwkit_value *value, const ek_print_spec *spec) {
    ek_shape shape = ek_shape_asked(value);
    bool is_integer = ek_shape_is_integer(shape);
    unsigned size = shape != EK_SHAPE_INT && value->size < 4 ? 4 : value->size; /* as C promotes it: never negative */
    size_t begin = out->size;
    double number;
    if (ek_print_spec_is_character(spec) && is_integer)
        ek_print_character(out, spec, (uint32_t)ek_value_bits(value));
    else if (ek_print_spec_is_integer(spec) && is_integer)
        ek_print_integer(out, spec, ek_value_bits(value), size);
    else if (ek_print_spec_is_float(spec) && etwkit_value_f64(value, &number) == ETWKIT_OK)
        ek_print_float(out, spec, number);
    else {
        ek_message_value(out, value);
        ek_print_text_end(out, spec, begin);
    }
}

/* "1!08X!": returns its end, or NULL where nothing fills it. */
static const char *append_insert(manifest_message *message, const char *at) {
    ek_print_spec spec = {.precision = -1, .conversion = 's'};
    unsigned number = take_number(&at);
    const insert *from = &message->inserts[number - 1];
    if (number > message->count || (!from->value.data && !from->is_compound))
        return NULL;
    const char *mark = *at == '!' ? memchr(at + 1, '!', (size_t)(message->end - at - 1)) : NULL;
    if (mark && mark > at + 1 && ek_print_spec_parse(&spec, at + 1, (size_t)(mark - at - 1)))
        at = mark + 1;
    else /* "Hello %1!": the mark is text */
        spec = (ek_print_spec){.precision = -1, .conversion = 's'};
    size_t begin = message->out->size;
    if (from->is_compound) {
        if (from->size)
            ek_buf_append(message->out, message->compounds.data + from->from, from->size);
        ek_print_text_end(message->out, &spec, begin);
    } else
        append_value(message->out, &from->value, &spec);
    return at;
}

/* What stands behind a percent sign. NULL: nothing that is known, the sign is text. */
static const char *append_percent(manifest_message *message, const char *at) {
    char is = at < message->end ? *at : 0;
    switch (is) {
    case '%':
        if (ek_ascii_is_digit(at[1]))
            return NULL; /* "%%1234": a text of the parameter file, which is not at hand */
        break;
    case 'n': is = '\n'; break;
    case 'r': is = '\r'; break;
    case 't': is = '\t'; break;
    case 'b': is = ' '; break;
    case '.':
    case '!':
    case ' ': break;
    case '0': return message->end; /* the text ends here */
    default: return ek_ascii_is_digit(is) ? append_insert(message, at) : NULL;
    }
    ek_buf_byte(message->out, (uint8_t)is);
    return at + 1;
}

/* "%%1234" whole, so that its second sign begins nothing. */
static const char *append_sign(manifest_message *message, const char *at) {
    size_t size = at + 1 < message->end && at[1] == '%' ? 2 : 1;
    ek_buf_append(message->out, at, size);
    return at + size;
}

static void append_template(manifest_message *message) {
    const char *at = message->template;
    while (at < message->end && !message->out->failed && message->out->size - message->begin < EK_MESSAGE_MOST) {
        const char *sign = memchr(at, '%', (size_t)(message->end - at)), *next;
        if (!sign)
            sign = message->end;
        ek_buf_append(message->out, at, (size_t)(sign - at));
        if (sign == message->end)
            return;
        next = append_percent(message, sign + 1);
        at = next ? next : append_sign(message, sign);
    }
}

void ek_template_message(ek_buf *out, const etwkit_schema *schema, const etwkit_record *record) {
    manifest_message message;
    message.out = out;
    message.begin = out->size;
    message.template = schema->is.message;
    message.end = message.template + strlen(message.template);
    while (message.end > message.template && is_blank(message.end[-1]))
        message.end--;
    message.count = highest_number(&message);
    memset(message.inserts, 0, message.count * sizeof *message.inserts);
    ek_buf_init(&message.compounds, &out->allocator);
    if (message.count && schema->known)
        read_values(&message, schema, record);
    append_template(&message);
    out->failed |= message.compounds.failed;
    ek_buf_free(&message.compounds);
}
