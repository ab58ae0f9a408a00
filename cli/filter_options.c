/* SPDX-License-Identifier: MIT */
/* Turns the options that choose events into one etwkit_filter. Knows the options' texts, not how filters decide. */
#include "filter_options.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_NUMBERS = 65536, /* that all lists of one option may name together; docs/limits.md */
    MOST_CONDITIONS = 16
};

const cli_option filter_option_table[] = {
    {"provider", 'p', CLI_LIST, "NAME", offsetof(filter_options, providers),
     "provider's name, pattern with * and ?, or GUID;\nseveral: any of them"},
    {"event", 'e', CLI_LIST, "NAME", offsetof(filter_options, events),
     "event's name or pattern, like 'Process/*';\nseveral: any of them"},
    {"id", 0, CLI_LIST, "LIST", offsetof(filter_options, ids), "event ids, like 1,2,5-9 (0 for classic events)"},
    {"opcode", 0, CLI_LIST, "LIST", offsetof(filter_options, opcodes), "opcodes (a classic event's type)"},
    {"level", 0, CLI_TEXT, "LEVEL", offsetof(filter_options, level),
     "at most this level: critical, error, warning, info,\nverbose, or 0-255; events of level 0 always pass"},
    {"keyword", 0, CLI_LIST, "MASK", offsetof(filter_options, keywords),
     "any of these keyword bits; events without keyword pass"},
    {"pid", 0, CLI_LIST, "LIST", offsetof(filter_options, processes), "process ids of the events' headers"},
    {"tid", 0, CLI_LIST, "LIST", offsetof(filter_options, threads), "thread ids of the events' headers"},
    {"since", 0, CLI_TEXT, "TIME", offsetof(filter_options, since),
     "not before: 2020-10-30T05:10:54.12Z, or +1.5s after the\nstart of the trace (units d h m s ms us ns)"},
    {"until", 0, CLI_TEXT, "TIME", offsetof(filter_options, until), "not after; the same forms"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

/* The conditions so far, all of which must hold; `code` is the exit code of the first mistake. */
typedef struct filter_builder {
    const char *command;
    etwkit_filter *conditions[MOST_CONDITIONS];
    size_t count;
    int code;
} filter_builder;

/* The first mistake is said; the rest would only follow from it. */
static bool goes_on(const filter_builder *building) {
    return building->code == CLI_GO_ON;
}

/* Takes over the filter; NULL is a failure of its constructor. */
static void add(filter_builder *building, etwkit_filter *filter, const char *option) {
    if (filter) {
        building->conditions[building->count++] = filter;
    } else if (goes_on(building)) {
        cli_message("--%s: there is not enough memory, or the pattern is too long", option);
        building->code = CLI_USAGE;
    }
}

static etwkit_filter *provider_filter(const char *text) {
    etwkit_guid guid;
    if (etwkit_guid_parse(&guid, text) == ETWKIT_OK)
        return etwkit_filter_provider_id(NULL, &guid);
    return etwkit_filter_provider_name(NULL, text);
}

static etwkit_filter *event_filter(const char *text) {
    return etwkit_filter_event_name(NULL, text);
}

/* Any of the list's values. */
static void add_names(filter_builder *building, const cli_list *list, const char *option,
                      etwkit_filter *(*make)(const char *text)) {
    if (list->count == 0)
        return;
    etwkit_filter **any = cli_resize(NULL, list->count, sizeof(void *));
    for (size_t i = 0; i < list->count; i++)
        any[i] = make(list->items[i]);
    add(building, etwkit_filter_any(NULL, any, list->count), option);
    free(any);
}

/* "5" or "5-9". false: no number, above `most`, backwards, or too many. */
static bool add_range(number_list *numbers, const char *text, size_t length, uint32_t most) {
    char first[24], *last = first;
    uint64_t from = 0, to = 0;
    if (length == 0 || length >= sizeof first)
        return false;
    memcpy(first, text, length);
    first[length] = 0;
    char *dash = strchr(first, '-');
    if (dash) {
        *dash = 0;
        last = dash + 1;
    }
    if (!cli_number(first, &from) || !cli_number(last, &to) || from > to || to > most ||
        to - from >= MOST_NUMBERS - numbers->count)
        return false;
    numbers->items = cli_resize(numbers->items, numbers->count + (size_t)(to - from) + 1, sizeof *numbers->items);
    for (uint64_t number = from; number <= to; number++)
        numbers->items[numbers->count++] = (uint32_t)number;
    return true;
}

bool number_list_add(number_list *numbers, const char *text, uint32_t most) {
    for (;;) {
        size_t length = strcspn(text, ",");
        if (!add_range(numbers, text, length, most))
            return false;
        if (text[length] == 0)
            return true;
        text += length + 1;
    }
}

static etwkit_filter *id_filter(const number_list *numbers) {
    uint16_t *ids = cli_resize(NULL, numbers->count, sizeof *ids);
    for (size_t i = 0; i < numbers->count; i++)
        ids[i] = (uint16_t)numbers->items[i];
    etwkit_filter *filter = etwkit_filter_ids(NULL, ids, numbers->count);
    free(ids);
    return filter;
}

static etwkit_filter *opcode_filter(const number_list *numbers) {
    uint8_t *opcodes = cli_resize(NULL, numbers->count, sizeof *opcodes);
    for (size_t i = 0; i < numbers->count; i++)
        opcodes[i] = (uint8_t)numbers->items[i];
    etwkit_filter *filter = etwkit_filter_opcodes(NULL, opcodes, numbers->count);
    free(opcodes);
    return filter;
}

static etwkit_filter *process_filter(const number_list *numbers) {
    return etwkit_filter_processes(NULL, numbers->items, numbers->count);
}

static etwkit_filter *thread_filter(const number_list *numbers) {
    return etwkit_filter_threads(NULL, numbers->items, numbers->count);
}

static void add_numbers(filter_builder *building, const cli_list *list, const char *option, uint32_t most,
                        etwkit_filter *(*make)(const number_list *numbers)) {
    number_list numbers = {NULL, 0};
    for (size_t i = 0; i < list->count && goes_on(building); i++)
        if (!number_list_add(&numbers, list->items[i], most))
            building->code =
                cli_usage(building->command, "--%s wants numbers up to %lu, like 1,2,5-9, at most %d in all, not '%s'",
                          option, (unsigned long)most, MOST_NUMBERS, list->items[i]);
    if (numbers.count && goes_on(building))
        add(building, make(&numbers), option);
    free(numbers.items);
}

static void add_level(filter_builder *building, const char *text) {
    uint8_t level;
    if (!text || !goes_on(building))
        return;
    if (!cli_level(text, &level))
        building->code =
            cli_usage(building->command, "--level is critical, error, warning, info, verbose or 0-255, not '%s'", text);
    else
        add(building, etwkit_filter_level_at_most(NULL, level), "level");
}

static void add_keywords(filter_builder *building, const cli_list *list) {
    uint64_t any = 0;
    if (!goes_on(building))
        return;
    for (size_t i = 0; i < list->count; i++) {
        uint64_t mask = 0;
        if (!cli_number(list->items[i], &mask) || mask == 0) {
            building->code = cli_usage(building->command, "--keyword wants a mask like 0x10, not '%s'", list->items[i]);
            return;
        }
        if (strlen(list->items[i]) == 16 && list->items[i][1] != 'x' && list->items[i][1] != 'X') {
            building->code = cli_usage(building->command, "--keyword %s is decimal; write 0x%s for the hex mask",
                                       list->items[i], list->items[i]);
            return;
        }
        any |= mask;
    }
    if (any)
        add(building, etwkit_filter_keywords(NULL, any, 0), "keyword");
}

static bool parse_time(filter_builder *building, const char *option, const char *text, int64_t start, int64_t *time) {
    int64_t after = 0;
    if (text[0] == '+' && cli_duration(text + 1, &after)) {
        *time = start > INT64_MAX - after ? INT64_MAX : start + after;
        return true;
    }
    if (etwkit_time_parse(time, text) == ETWKIT_OK)
        return true;
    building->code =
        cli_usage(building->command,
                  "--%s wants a time like 2020-10-30T05:10:54.12Z, or +1.5s from the start, not '%s'", option, text);
    return false;
}

static void add_times(filter_builder *building, const filter_options *options, int64_t start) {
    int64_t since = INT64_MIN, until = INT64_MAX;
    if ((!options->since && !options->until) || !goes_on(building))
        return;
    if ((options->since && !parse_time(building, "since", options->since, start, &since)) ||
        (options->until && !parse_time(building, "until", options->until, start, &until)))
        return;
    if (since > until)
        building->code = cli_usage(building->command, "--since is after --until: no event could pass");
    else
        add(building, etwkit_filter_time(NULL, since, until), "since");
}

bool filter_is_relative(const filter_options *options) {
    return (options->since && options->since[0] == '+') || (options->until && options->until[0] == '+');
}

int filter_build(const filter_options *options, const char *command, int64_t start, etwkit_filter **filter) {
    filter_builder building = {.command = command, .code = CLI_GO_ON};
    add_names(&building, &options->providers, "provider", provider_filter);
    add_names(&building, &options->events, "event", event_filter);
    add_numbers(&building, &options->ids, "id", UINT16_MAX, id_filter);
    add_numbers(&building, &options->opcodes, "opcode", UINT8_MAX, opcode_filter);
    add_numbers(&building, &options->processes, "pid", UINT32_MAX, process_filter);
    add_numbers(&building, &options->threads, "tid", UINT32_MAX, thread_filter);
    add_level(&building, options->level);
    add_keywords(&building, &options->keywords);
    add_times(&building, options, start);
    *filter = NULL;
    if (!goes_on(&building)) {
        for (size_t i = 0; i < building.count; i++)
            etwkit_filter_free(building.conditions[i]);
    } else if (building.count) {
        *filter = etwkit_filter_all(NULL, building.conditions, building.count);
        if (!*filter) {
            cli_message("there is not enough memory for the filter");
            building.code = CLI_USAGE;
        }
    }
    return building.code;
}

void filter_options_free(filter_options *options) {
    cli_list *lists[] = {&options->providers, &options->events,  &options->ids,     &options->opcodes,
                         &options->processes, &options->threads, &options->keywords};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        cli_list_free(lists[i]);
}
