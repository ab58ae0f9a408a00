/* SPDX-License-Identifier: MIT */
/* Payload filters: learn.microsoft.com/windows/win32/api/tdh/ns-tdh-payload_filter_predicate. Knows the operators and
 * the texts of their values; how a property is compared is the trace's filter's. */
#include "session/payload.h"

#include "base/ascii.h"
#include "trace/filter_property.h"

#include <string.h>

enum {
    GUID_IN_BRACES = 38
};

/* Of values. */

typedef struct integer {
    bool negative;
    uint64_t bits;
} integer;

/* false: none begins at *text, which else moves behind it; or it does not fit into 64 bits. */
static bool take_integer(const char **text, integer *it) {
    const char *at = *text;
    bool negative = *at == '-';
    at += negative;
    const unsigned base = at[0] == '0' && ek_ascii_lower(at[1]) == 'x' ? 16 : 10;
    at += base == 16 ? 2 : 0;
    const char *const first = at;
    for (it->bits = 0;; at++) {
        const char digit = ek_ascii_lower(*at);
        const unsigned value = digit >= '0' && digit <= '9'   ? (unsigned)(digit - '0')
                               : digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a' + 10)
                                                              : base;
        if (value >= base)
            break;
        if (it->bits > (UINT64_MAX - value) / base)
            return false;
        it->bits = it->bits * base + value;
    }
    it->negative = negative && it->bits;
    if (at == first || (negative && it->bits > UINT64_C(1) << 63))
        return false;
    it->bits = negative ? 0 - it->bits : it->bits;
    *text = at;
    return true;
}

static bool is_range(etwkit_payload_operator comparison) {
    return comparison == ETWKIT_PAYLOAD_BETWEEN || comparison == ETWKIT_PAYLOAD_OUTSIDE;
}

/* One integer, or two with a comma between them. */
static bool read_integers(const etwkit_payload_predicate *predicate, integer *low, integer *high) {
    const char *at = predicate->value;
    if (!take_integer(&at, low))
        return false;
    if (is_range(predicate->comparison) && (*at++ != ',' || !take_integer(&at, high)))
        return false;
    return *at == 0;
}

bool ek_payload_is_good(const etwkit_payload_predicate *predicate) {
    integer low, high;
    if (!predicate->field || !predicate->field[0] || !predicate->value)
        return false;
    switch (predicate->comparison) {
    case ETWKIT_PAYLOAD_EQUAL:
    case ETWKIT_PAYLOAD_NOT_EQUAL:
    case ETWKIT_PAYLOAD_AT_MOST:
    case ETWKIT_PAYLOAD_GREATER:
    case ETWKIT_PAYLOAD_LESS:
    case ETWKIT_PAYLOAD_AT_LEAST:
    case ETWKIT_PAYLOAD_BETWEEN:
    case ETWKIT_PAYLOAD_OUTSIDE: return read_integers(predicate, &low, &high);
    case ETWKIT_PAYLOAD_CONTAINS:
    case ETWKIT_PAYLOAD_LACKS:
    case ETWKIT_PAYLOAD_IS:
    case ETWKIT_PAYLOAD_IS_NOT: return true;
    }
    return false;
}

/* Copying. */

static const char *copy_text(ek_arena *arena, const char *text) {
    return ek_arena_text(arena, text, strlen(text));
}

static bool copy_predicates(ek_arena *arena, etwkit_payload_filter *filter) {
    const size_t count = filter->predicate_count;
    etwkit_payload_predicate *copies = ek_arena_copy(arena, filter->predicates, count * sizeof *copies);
    for (size_t i = 0; copies && i < count; i++) {
        copies[i].field = copy_text(arena, copies[i].field);
        copies[i].value = copy_text(arena, copies[i].value);
        if (!copies[i].field || !copies[i].value)
            return false;
    }
    filter->predicates = copies;
    return copies != NULL;
}

bool ek_payload_copy(ek_arena *arena, const etwkit_payload_filter **filters, size_t count) {
    if (count == 0)
        return true;
    etwkit_payload_filter *copies = ek_arena_copy(arena, *filters, count * sizeof *copies);
    for (size_t i = 0; copies && i < count; i++)
        if (!copy_predicates(arena, &copies[i]))
            return false;
    *filters = copies;
    return copies != NULL;
}

/* Asking. */

/* An event, and a field of it. */
typedef struct question {
    const char *field;
    const etwkit_record *record;
    const etwkit_schema *schema;
} question;

static bool compares(const question *of, etwkit_comparison comparison, integer number) {
    const ek_property_condition condition = {.name = of->field,
                                             .comparison = comparison,
                                             .operand = EK_OPERAND_INTEGER,
                                             .negative = number.negative,
                                             .number = number.bits};
    return ek_property_condition_holds(&condition, of->record, of->schema);
}

static bool reads(const question *of, etwkit_comparison comparison, const char *text, size_t length) {
    const ek_property_condition condition = {.name = of->field,
                                             .comparison = comparison,
                                             .operand = EK_OPERAND_TEXT,
                                             .ignore_case = true,
                                             .text = text,
                                             .length = length};
    return ek_property_condition_holds(&condition, of->record, of->schema);
}

/* A GUID's text has no braces, as properties are read. */
static bool is(const question *of, const char *text) {
    etwkit_guid guid;
    const size_t length = strlen(text);
    if (reads(of, ETWKIT_EQUAL, text, length))
        return true;
    return length == GUID_IN_BRACES && text[0] == '{' && etwkit_guid_parse(&guid, text) == ETWKIT_OK &&
           reads(of, ETWKIT_EQUAL, text + 1, length - 2);
}

static bool holds(const etwkit_payload_predicate *predicate, const etwkit_record *record, const etwkit_schema *schema) {
    const question of = {predicate->field, record, schema};
    const char *const text = predicate->value;
    integer low = {0}, high = {0};
    if (predicate->comparison < ETWKIT_PAYLOAD_CONTAINS && !read_integers(predicate, &low, &high))
        return false;
    switch (predicate->comparison) {
    case ETWKIT_PAYLOAD_EQUAL: return compares(&of, ETWKIT_EQUAL, low);
    case ETWKIT_PAYLOAD_NOT_EQUAL: return compares(&of, ETWKIT_NOT_EQUAL, low);
    case ETWKIT_PAYLOAD_AT_MOST: return compares(&of, ETWKIT_AT_MOST, low);
    case ETWKIT_PAYLOAD_GREATER: return compares(&of, ETWKIT_GREATER, low);
    case ETWKIT_PAYLOAD_LESS: return compares(&of, ETWKIT_LESS, low);
    case ETWKIT_PAYLOAD_AT_LEAST: return compares(&of, ETWKIT_AT_LEAST, low);
    case ETWKIT_PAYLOAD_BETWEEN: return compares(&of, ETWKIT_AT_LEAST, low) && compares(&of, ETWKIT_AT_MOST, high);
    case ETWKIT_PAYLOAD_OUTSIDE: return compares(&of, ETWKIT_LESS, low) || compares(&of, ETWKIT_GREATER, high);
    case ETWKIT_PAYLOAD_CONTAINS: return reads(&of, ETWKIT_CONTAINS, text, strlen(text));
    case ETWKIT_PAYLOAD_LACKS:
        return reads(&of, ETWKIT_PRESENT, text, 0) && !reads(&of, ETWKIT_CONTAINS, text, strlen(text));
    case ETWKIT_PAYLOAD_IS: return is(&of, text);
    case ETWKIT_PAYLOAD_IS_NOT: return reads(&of, ETWKIT_PRESENT, text, 0) && !is(&of, text);
    }
    return false;
}

bool ek_payload_names(const etwkit_payload_filter *filter, const etwkit_record *record) {
    return filter->event_id == record->event_id && filter->version == record->version;
}

bool ek_payload_holds(const etwkit_payload_filter *filter, const etwkit_record *record, const etwkit_schema *schema) {
    for (size_t i = 0; i < filter->predicate_count; i++)
        if (holds(&filter->predicates[i], record, schema) == filter->match_any)
            return filter->match_any;
    return !filter->match_any;
}
