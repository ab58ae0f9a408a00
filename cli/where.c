/* SPDX-License-Identifier: MIT */
/* Reads --where: "EVENT FIELD OPERATOR VALUE", with blanks between them; the value is all the rest. */
#include "where.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    etwkit_payload_operator comparison;
} operators[] = {
    {"=", ETWKIT_PAYLOAD_EQUAL},         {"!=", ETWKIT_PAYLOAD_NOT_EQUAL},    {"<=", ETWKIT_PAYLOAD_AT_MOST},
    {">", ETWKIT_PAYLOAD_GREATER},       {"<", ETWKIT_PAYLOAD_LESS},          {">=", ETWKIT_PAYLOAD_AT_LEAST},
    {"between", ETWKIT_PAYLOAD_BETWEEN}, {"outside", ETWKIT_PAYLOAD_OUTSIDE}, {"contains", ETWKIT_PAYLOAD_CONTAINS},
    {"lacks", ETWKIT_PAYLOAD_LACKS},     {"is", ETWKIT_PAYLOAD_IS},           {"is-not", ETWKIT_PAYLOAD_IS_NOT}};

/* One that was said. */
typedef struct condition {
    uint16_t event_id;
    uint8_t version;
    etwkit_payload_predicate predicate;
} condition;

/* Ends the word at its blank. NULL: nothing comes behind it. */
static char *end_word(char *word) {
    char *blank = strchr(word, ' ');
    if (!blank || blank == word || !blank[1])
        return NULL;
    *blank = 0;
    return blank + 1;
}

static bool read_event(char *text, condition *it) {
    uint64_t id, version = 0;
    char *dot = strchr(text, '.');
    if (dot)
        *dot = 0;
    if (!cli_number(text, &id) || id > UINT16_MAX || (dot && (!cli_number(dot + 1, &version) || version > UINT8_MAX)))
        return false;
    it->event_id = (uint16_t)id;
    it->version = (uint8_t)version;
    return true;
}

static bool read_operator(const char *word, condition *it) {
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strcmp(operators[i].word, word) == 0) {
            it->predicate.comparison = operators[i].comparison;
            return true;
        }
    return false;
}

/* Cuts the text into its parts, which the condition points to. */
static bool read_condition(char *text, condition *it) {
    char *field = end_word(text);
    char *word = field ? end_word(field) : NULL;
    char *value = word ? end_word(word) : NULL;
    if (!value || !read_event(text, it) || !read_operator(word, it))
        return false;
    it->predicate.field = field;
    it->predicate.value = value;
    return true;
}

static bool is_same_event(const condition *a, const condition *b) {
    return a->event_id == b->event_id && a->version == b->version;
}

/* All conditions of an event become one filter. */
static void join(where_filters *where, const condition *said, size_t count) {
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = 0;
        while (!is_same_event(&said[first], &said[i]))
            first++;
        if (first < i)
            continue;
        etwkit_payload_filter *filter = &where->filters[where->count++];
        *filter = (etwkit_payload_filter){
            .event_id = said[i].event_id, .version = said[i].version, .predicates = &where->predicates[taken]};
        for (size_t j = i; j < count; j++)
            if (is_same_event(&said[i], &said[j])) {
                where->predicates[taken++] = said[j].predicate;
                filter->predicate_count++;
            }
    }
}

int where_read(where_filters *where, const char *command, const cli_list *said) {
    condition *conditions = cli_resize(NULL, said->count + 1, sizeof *conditions);
    int code = CLI_GO_ON;
    where->filters = cli_resize(NULL, said->count + 1, sizeof *where->filters);
    where->predicates = cli_resize(NULL, said->count + 1, sizeof *where->predicates);
    where->texts = cli_resize(NULL, said->count + 1, sizeof *where->texts);
    for (size_t i = 0; i < said->count && code == CLI_GO_ON; i++) {
        const size_t size = strlen(said->items[i]) + 1;
        char *text = where->texts[where->text_count++] = cli_resize(NULL, size, 1);
        memcpy(text, said->items[i], size);
        if (!read_condition(text, &conditions[i]))
            code = cli_usage(command,
                             "--where wants 'ID[.VERSION] FIELD OPERATOR VALUE', such as '7 Status != 0', not '%s'; "
                             "operators are = != <= > < >= between outside for numbers, is is-not contains lacks for "
                             "texts",
                             said->items[i]);
    }
    if (code == CLI_GO_ON)
        join(where, conditions, said->count);
    free(conditions);
    return code;
}

void where_free(where_filters *where) {
    while (where->text_count)
        free(where->texts[--where->text_count]);
    free(where->texts);
    free(where->predicates);
    free(where->filters);
}
