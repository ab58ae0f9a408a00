/* SPDX-License-Identifier: MIT */
/* Strings of events against a text or an expression. What cannot match by its kind, or by its bytes, is not decoded. */
#include "grep_match.h"

#include "grep_regex.h"
#include "grep_text.h"

#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(grep_options, member)

const cli_option grep_option_table[] = {
    {"ignore-case", 'i', CLI_FLAG, NULL, AT(ignore_case), "without case (of ASCII letters)"},
    {"extended-regexp", 'E', CLI_FLAG, NULL, AT(extended), "PATTERN is a POSIX extended regular expression"},
    {"invert-match", 'v', CLI_FLAG, NULL, AT(invert), "the events that do not match"},
    {"count", 'c', CLI_FLAG, NULL, AT(count), "only how many there are"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

/* What is to be done about events of one kind. */
typedef enum plan {
    PLAN_NEVER, /* nothing of it can match */
    PLAN_RAW,   /* only texts can, and they stand in the payload as they are: look there first */
    PLAN_WALK,  /* a value may match whose text does not stand in the payload */
    PLAN_BYTES  /* nothing describes it: its bytes are all there is */
} plan;

typedef struct planned {
    const etwkit_schema *schema; /* NULL: empty */
    plan plan;
} planned;

struct grep_matcher {
    grep_text text;
    grep_regex *regex; /* NULL: the text itself */
    bool invert, messages;
    bool formatted; /* may values match that are made into text: GUIDs, SIDs, addresses? */
    planned *plans; /* by schema */
    size_t mask, used;
    char *room; /* for one value */
    size_t capacity;
};

int grep_compile(grep_matcher **matcher, const char *pattern, const grep_options *options, bool messages) {
    grep_matcher *made = *matcher = cli_resize(NULL, 1, sizeof *made);
    char why[256];
    *made = (grep_matcher){.invert = options->invert, .messages = messages};
    grep_text_init(&made->text, pattern, options->ignore_case);
    made->formatted = options->extended || grep_text_is_of(&made->text, "0123456789abcdefABCDEFsS-.:[]%");
    if (!options->extended)
        return CLI_GO_ON;
    if (!grep_has_regex())
        return cli_usage("grep", "this system's C library has no regular expressions: "
                                 "without -E a plain text is looked for, and jq's test() knows expressions");
    if (!grep_regex_new(&made->regex, pattern, options->ignore_case, why, sizeof why))
        return cli_usage("grep", "'%s' is no regular expression: %s", pattern, why);
    return CLI_GO_ON;
}

void grep_free(grep_matcher **matcher) {
    if (!*matcher)
        return;
    grep_regex_free(&(*matcher)->regex);
    free((*matcher)->plans);
    free((*matcher)->room);
    free(*matcher);
    *matcher = NULL;
}

/* A NUL stands behind the text. */
static bool is_found(const grep_matcher *matcher, const char *text, size_t length) {
    return matcher->regex ? grep_regex_matches(matcher->regex, text) : grep_text_in(&matcher->text, text, length);
}

/* Plans: by what schemas say. */

/* Can one of the map's labels match, or several of them joined? */
static bool map_may_match(const grep_matcher *matcher, const etwkit_map *map) {
    uint64_t value;
    const char *label;
    if (matcher->regex)
        return true;
    if (etwkit_map_is_bitmap(map) &&
        (strchr(matcher->text.text, '|') || grep_text_is_of(&matcher->text, "0123456789abcdefABCDEFxX")))
        return true;
    for (size_t i = 0; etwkit_map_entry(map, i, &value, &label) == ETWKIT_OK; i++)
        if (is_found(matcher, label, strlen(label)))
            return true;
    return false;
}

static bool is_text_type(const etwkit_field *field) {
    etwkit_in_type type = etwkit_field_in_type(field);
    return type == ETWKIT_IN_UNICODESTRING || type == ETWKIT_IN_ANSISTRING || type == ETWKIT_IN_COUNTED_UTF16 ||
           type == ETWKIT_IN_COUNTED_ANSI || (type >= ETWKIT_IN_COUNTEDSTRING && type <= ETWKIT_IN_ANSICHAR);
}

static bool is_number_type(const etwkit_field *field) {
    etwkit_in_type type = etwkit_field_in_type(field);
    etwkit_out_type out = etwkit_field_out_type(field);
    bool number = (type >= ETWKIT_IN_INT8 && type <= ETWKIT_IN_BOOLEAN) || type == ETWKIT_IN_POINTER ||
                  type == ETWKIT_IN_FILETIME || type == ETWKIT_IN_SYSTEMTIME || type == ETWKIT_IN_HEXINT32 ||
                  type == ETWKIT_IN_HEXINT64 || type == ETWKIT_IN_SIZET || type == ETWKIT_IN_NULL;
    return number && out != ETWKIT_OUT_STRING && out != ETWKIT_OUT_IPV4 && out != ETWKIT_OUT_IPV6 &&
           out != ETWKIT_OUT_SOCKETADDRESS;
}

static plan plan_of_field(const grep_matcher *matcher, const etwkit_field *field) {
    plan is = PLAN_NEVER;
    const etwkit_map *map = etwkit_field_map(field);
    if (etwkit_field_in_type(field) == ETWKIT_IN_STRUCT || etwkit_field_member_count(field)) {
        for (size_t i = 0; i < etwkit_field_member_count(field); i++) {
            plan member = plan_of_field(matcher, etwkit_field_member_at(field, i));
            is = member > is ? member : is;
        }
        return is;
    }
    if (map && map_may_match(matcher, map))
        return PLAN_WALK;
    if (is_text_type(field))
        return PLAN_RAW;
    if (is_number_type(field))
        return PLAN_NEVER;
    return matcher->formatted ? PLAN_WALK : PLAN_RAW; /* GUIDs and the like; bytes may be a text */
}

static plan plan_of(const grep_matcher *matcher, const etwkit_schema *schema) {
    plan is = PLAN_NEVER;
    if (matcher->messages && etwkit_schema_message(schema))
        return PLAN_WALK;
    if (!etwkit_schema_is_known(schema))
        return matcher->regex ? PLAN_NEVER : PLAN_BYTES;
    for (size_t i = 0; i < etwkit_schema_field_count(schema); i++) {
        plan field = plan_of_field(matcher, etwkit_schema_field_at(schema, i));
        is = field > is ? field : is;
    }
    return is == PLAN_RAW && matcher->regex ? PLAN_WALK : is;
}

static size_t slot_of(const grep_matcher *matcher, const etwkit_schema *schema) {
    size_t at = (size_t)((uint64_t)(uintptr_t)schema * UINT64_C(0x9E3779B97F4A7C15) >> 40) & matcher->mask;
    while (matcher->plans[at].schema && matcher->plans[at].schema != schema)
        at = (at + 1) & matcher->mask;
    return at;
}

static void grow(grep_matcher *matcher) {
    planned *old = matcher->plans;
    size_t count = old ? matcher->mask + 1 : 0, wanted = count ? count * 2 : 256;
    matcher->plans = cli_resize(NULL, wanted, sizeof *matcher->plans);
    memset(matcher->plans, 0, wanted * sizeof *matcher->plans);
    matcher->mask = wanted - 1;
    for (size_t i = 0; i < count; i++)
        if (old[i].schema)
            matcher->plans[slot_of(matcher, old[i].schema)] = old[i];
    free(old);
}

static plan find_plan(grep_matcher *matcher, const etwkit_schema *schema) {
    if (!matcher->plans || matcher->used * 2 > matcher->mask)
        grow(matcher);
    planned *slot = &matcher->plans[slot_of(matcher, schema)];
    if (!slot->schema) {
        *slot = (planned){schema, plan_of(matcher, schema)};
        matcher->used++;
    }
    return slot->plan;
}

void grep_begin_batch(grep_matcher *matcher, const etwkit_trace *trace) {
    const size_t many = 65000; /* near the number from which on schemas live no longer than a batch */
    if (!matcher->plans || (matcher->used < many && !etwkit_trace_schema_at(trace, many)))
        return;
    memset(matcher->plans, 0, (matcher->mask + 1) * sizeof *matcher->plans);
    matcher->used = 0;
}

/* Values. */

static bool value_matches(grep_matcher *matcher, const etwkit_value *value) {
    size_t length = 0;
    const char *label;
    const etwkit_map *map = etwkit_field_map(value->field);
    etwkit_value_type type = etwkit_value_get_type(value);
    bool bits = map && etwkit_map_is_bitmap(map);
    if (map && !bits && etwkit_value_label(value, &label) == ETWKIT_OK)
        return is_found(matcher, label, strlen(label));
    if (!bits && type != ETWKIT_VALUE_TEXT && type != ETWKIT_VALUE_GUID && type != ETWKIT_VALUE_SID &&
        type != ETWKIT_VALUE_ADDRESS)
        return false;
    if (!matcher->room)
        matcher->room = cli_resize(NULL, matcher->capacity = 1024, 1);
    while (etwkit_value_text(value, 0, matcher->room, matcher->capacity - 1, &length) != ETWKIT_OK) {
        matcher->capacity = length + 1024;
        matcher->room = cli_resize(matcher->room, matcher->capacity, 1);
    }
    matcher->room[length] = 0; /* expressions want it */
    return is_found(matcher, matcher->room, length);
}

static bool fields_match(grep_matcher *matcher, const etwkit_schema *schema, const etwkit_record *record) {
    etwkit_walk walk;
    etwkit_step step;
    etwkit_walk_begin(&walk, schema, record);
    while (etwkit_walk_next(&walk, &step) == ETWKIT_OK)
        if (step.kind == ETWKIT_STEP_VALUE && value_matches(matcher, &step.value))
            return true;
    return false;
}

/* The bytes of an event that nothing describes: the whole text, in one of the encodings. */
static bool bytes_match(const grep_matcher *matcher, const etwkit_record *record) {
    const grep_text *text = &matcher->text;
    return record->payload_size && text->run_length == text->length &&
           grep_text_may_be_in(text, record->payload, record->payload_size);
}

etwkit_status grep_record(grep_matcher *matcher, etwkit_trace *trace, const etwkit_record *record) {
    const etwkit_schema *schema = etwkit_trace_schema(trace, record);
    bool found = false;
    if (!schema)
        return ETWKIT_E_NO_MEMORY;
    switch (find_plan(matcher, schema)) {
    case PLAN_NEVER: break;
    case PLAN_RAW:
        found = record->payload_size && grep_text_may_be_in(&matcher->text, record->payload, record->payload_size) &&
                fields_match(matcher, schema, record);
        break;
    case PLAN_WALK: found = fields_match(matcher, schema, record); break;
    case PLAN_BYTES: found = bytes_match(matcher, record); break;
    }
    if (!found && matcher->messages && etwkit_schema_message(schema)) {
        etwkit_text message;
        etwkit_status status = etwkit_record_message(trace, record, &message);
        if (status == ETWKIT_E_NO_MEMORY)
            return status;
        found = status == ETWKIT_OK && is_found(matcher, message.utf8, message.length);
    }
    return found != matcher->invert ? ETWKIT_OK : ETWKIT_ABSENT;
}
