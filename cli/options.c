/* SPDX-License-Identifier: MIT */
/* Reads arguments as a command's tables of options say. Knows no option but --help. */
#include "cli.h"
#include "wildcards.h"

#include <stdlib.h>
#include <string.h>

/* One run over the arguments. */
typedef struct option_parser {
    const cli_command *command;
    char *settings;
    char **argument; /* the next one; the list ends with NULL */
} option_parser;

void cli_list_free(cli_list *list) {
    free(list->items);
    *list = (cli_list){NULL, 0};
}

static void list_add(cli_list *list, const char *item) {
    list->items = cli_resize(list->items, list->count + 2, sizeof *list->items);
    list->items[list->count++] = item;
    list->items[list->count] = NULL;
}

/* Edits that turn one word into the other: letters added, taken away or changed. Words longer than 31 are far. */
static size_t distance(const char *a, const char *b) {
    size_t a_length = strlen(a), b_length = strlen(b), row[32];
    if (a_length > 31 || b_length > 31)
        return 99;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_length];
}

const char *cli_nearest(const char *word, const char *const *candidates) {
    const char *nearest = NULL;
    size_t least = strlen(word) > 3 ? 3 : 2; /* a short word is soon another one */
    for (; *candidates; candidates++) {
        size_t far = distance(word, *candidates);
        if (far < least) {
            least = far;
            nearest = *candidates;
        }
    }
    return nearest;
}

static const cli_option *find(const cli_command *command, const char *name, size_t length, char letter,
                              const cli_group **group) {
    for (*group = command->groups; (*group)->heading; ++*group)
        for (const cli_option *option = (*group)->options; option->name; option++)
            if (name ? strlen(option->name) == length && memcmp(option->name, name, length) == 0
                     : option->letter == letter)
                return option;
    return NULL;
}

static int unknown(const cli_command *command, const char *argument, const char *name, size_t length) {
    enum {
        MOST = 63
    };
    const char *names[MOST + 1] = {NULL};
    size_t count = 0;
    for (const cli_group *group = command->groups; group->heading; group++)
        for (const cli_option *option = group->options; option->name && count < MOST; option++)
            names[count++] = option->name;
    char word[32] = "";
    if (length < sizeof word)
        memcpy(word, name, length);
    const char *meant = cli_nearest(word, names);
    if (meant)
        return cli_usage(command->name, "there is no option %s; did you mean --%s?", argument, meant);
    return cli_usage(command->name, "there is no option %s", argument);
}

/* Is `value` one of the words of "text|jsonl"? */
static bool is_choice(const char *choices, const char *value) {
    size_t length = strlen(value);
    for (const char *word = choices; word; word = strchr(word, '|') ? strchr(word, '|') + 1 : NULL)
        if (length && strcspn(word, "|") == length && memcmp(word, value, length) == 0)
            return true;
    return false;
}

static void add_file(void *operands, const char *path) {
    list_add(operands, path);
}

/* Is the next operand a file's name? That of grep is one behind its pattern. */
static bool names_files(const cli_command *command, const cli_list *operands) {
    const char *operand = command->operand ? command->operand : "";
    return strcmp(operand, "TRACE") == 0 || strcmp(operand, "FILE") == 0 ||
           (strcmp(operand, "PATTERN") == 0 && operands->count);
}

/* Traces may come by a pipe, once; other files are read where they are. */
static int add_operand(const cli_command *command, cli_list *operands, const char *operand) {
    bool is_standard = command->operand && strcmp(operand, "-") == 0;
    if (is_standard && strcmp(command->operand, "FILE") == 0)
        return cli_usage(command->name, "a FILE is read back and forth: standard input cannot be one, give a file");
    for (size_t i = 0; is_standard && strcmp(command->operand, "TRACE") == 0 && i < operands->count; i++)
        if (strcmp(operands->items[i], "-") == 0)
            return cli_usage(command->name, "standard input can be read once only");
    if (names_files(command, operands))
        wildcards_expand(operand, add_file, operands);
    else
        list_add(operands, operand);
    return CLI_GO_ON;
}

static int store(const option_parser *parser, const cli_group *group, const cli_option *option, const char *value) {
    void *target = parser->settings + group->offset + option->offset;
    switch (option->kind) {
    case CLI_FLAG: *(bool *)target = true; break;
    case CLI_TEXT: *(const char **)target = value; break;
    case CLI_LIST: list_add(target, value); break;
    case CLI_CHOICE:
        if (!is_choice(option->value, value))
            return cli_usage(parser->command->name, "--%s is one of %s, not '%s'", option->name, option->value, value);
        *(const char **)target = value;
        break;
    case CLI_NUMBER:
        if (!cli_number(value, target))
            return cli_usage(parser->command->name, "--%s wants a whole number up to %llu, not '%s'", option->name,
                             (unsigned long long)UINT64_MAX, value);
        break;
    }
    return CLI_GO_ON;
}

/* "--name", "--name=value", "--name value" */
static int parse_long(option_parser *parser, const char *argument) {
    const char *name = argument + 2, *value = strchr(name, '=');
    size_t length = value ? (size_t)(value++ - name) : strlen(name);
    if (length == 4 && memcmp(name, "help", 4) == 0) {
        cli_print_help(parser->command);
        return CLI_DONE;
    }
    const cli_group *group = NULL;
    const cli_option *option = find(parser->command, name, length, 0, &group);
    if (!option)
        return unknown(parser->command, argument, name, length);
    if (option->kind == CLI_FLAG && value)
        return cli_usage(parser->command->name, "--%s takes no value", option->name);
    if (option->kind != CLI_FLAG && !value)
        value = *parser->argument ? *parser->argument++ : NULL;
    if (option->kind != CLI_FLAG && !value)
        return cli_usage(parser->command->name, "--%s wants a value: --%s %s", option->name, option->name,
                         option->value);
    return store(parser, group, option, value);
}

/* "-o FILE", "-oFILE"; flags may stand together */
static int parse_short(option_parser *parser, const char *argument) {
    for (const char *letter = argument + 1; *letter; letter++) {
        if (*letter == 'h') {
            cli_print_help(parser->command);
            return CLI_DONE;
        }
        const cli_group *group = NULL;
        const cli_option *option = find(parser->command, NULL, 0, *letter, &group);
        if (!option)
            return unknown(parser->command, argument, argument, 0);
        const char *value = NULL;
        if (option->kind != CLI_FLAG) {
            value = letter[1] ? letter + 1 : *parser->argument ? *parser->argument++ : NULL;
            if (!value)
                return cli_usage(parser->command->name, "-%c wants a value: -%c %s", *letter, *letter, option->value);
        }
        int code = store(parser, group, option, value);
        if (code != CLI_GO_ON || value)
            return code;
    }
    return CLI_GO_ON;
}

int cli_parse(const cli_command *command, void *settings, int argc, char **argv) {
    option_parser parser = {command, settings, argv + (argc > 0)};
    cli_list ignored = {NULL, 0};
    cli_list *operands = command->operand ? (cli_list *)(void *)(parser.settings + command->operands) : &ignored;
    bool options_ended = false, is_command = command->operand && strcmp(command->operand, "[COMMAND]") == 0;
    int code = CLI_GO_ON;
    while (code == CLI_GO_ON && *parser.argument) {
        const char *argument = *parser.argument++;
        if (options_ended || argument[0] != '-' || argument[1] == 0) {
            code = add_operand(command, operands, argument);
            options_ended = options_ended || is_command;
        } else if (strcmp(argument, "--") == 0) {
            options_ended = true;
        } else {
            code = argument[1] == '-' ? parse_long(&parser, argument) : parse_short(&parser, argument);
        }
    }
    if (code == CLI_GO_ON && command->operand && command->operand[0] != '[' && operands->count == 0)
        code = cli_usage(command->name, "no %s was given", command->operand);
    if (code == CLI_GO_ON && ignored.count)
        code = cli_usage(command->name, "'%s' is one argument too many", ignored.items[0]);
    cli_list_free(&ignored);
    return code;
}
