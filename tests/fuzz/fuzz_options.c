/* SPDX-License-Identifier: MIT */
/* Fuzz target: the command's arguments: the option parser, the filter options, times, numbers, and what is said of
 * mistakes. No subcommand runs and no file is touched; messages are formatted and dropped (meson.build renames printf).
 *
 * Input: arguments, each ended by a NUL.
 */
#include "cli.h"
#include "filter_options.h"
#include "fuzz.h"
#include "fuzz_text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_ARGUMENTS = 64
};

int fuzz_printf(const char *format, ...) CLI_PRINTF(1, 2);
int fuzz_vfprintf(FILE *file, const char *format, va_list arguments) CLI_PRINTF(2, 0);

CLI_PRINTF(1, 0)
static int drop(const char *format, va_list arguments) {
    char text[8192];
    int length = vsnprintf(text, sizeof text, format, arguments);
    FUZZ_CHECK(length >= 0 && (size_t)length < sizeof text);
    if (length && text[length - 1] == '\n')
        FUZZ_CHECK(fuzz_is_plain_text(text, (size_t)length, false));
    return length;
}

int fuzz_printf(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = drop(format, arguments);
    va_end(arguments);
    return length;
}

int fuzz_vfprintf(FILE *file, const char *format, va_list arguments) {
    FUZZ_CHECK(file == stderr);
    return drop(format, arguments);
}

typedef struct settings {
    cli_list traces, list;
    filter_options filter;
    const char *text, *choice;
    uint64_t number;
    bool flag, other;
} settings;

#define AT(member) offsetof(settings, member)

static const cli_option options[] = {
    {"text", 't', CLI_TEXT, "TEXT", AT(text), "a text"},
    {"format", 'f', CLI_CHOICE, "text|jsonl", AT(choice), "a choice"},
    {"limit", 'n', CLI_NUMBER, "N", AT(number), "a number\nin two lines"},
    {"schema", 0, CLI_LIST, "FILE", AT(list), "a list"},
    {"strict", 's', CLI_FLAG, NULL, AT(flag), "a flag"},
    {"unordered", 'u', CLI_FLAG, NULL, AT(other), "another"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};
static const cli_group groups[] = {
    {"Filter", filter_option_table, AT(filter)}, {"Options", options, 0}, {NULL, NULL, 0}};
static const cli_command with_operands = {"dump", "TRACE...", "About.", groups, "TRACE", AT(traces), "Examples.\n"};
static const cli_command without = {"sample", "-o FILE", "About.", groups + 1, NULL, 0, "Examples.\n"};

static void check_texts(const char *argument) {
    size_t length = strlen(argument);
    char *room = (char *)fuzz_block(CLI_PRINTABLE(length));
    FUZZ_CHECK(fuzz_is_utf8(room, cli_printable(room, argument, length)));
    FUZZ_CHECK(fuzz_is_utf8(room, cli_json_text(room, argument, length)));
    free(room);
    (void)cli_columns(argument);
    uint64_t number;
    int64_t ticks;
    etwkit_guid guid;
    char text[CLI_GROUPED];
    if (cli_number(argument, &number))
        FUZZ_CHECK(strlen(cli_grouped(text, number)) < CLI_GROUPED);
    if (cli_duration(argument, &ticks))
        FUZZ_CHECK(ticks >= 0);
    (void)etwkit_time_parse(&ticks, argument);
    if (etwkit_guid_parse(&guid, argument) == ETWKIT_OK) {
        char again[ETWKIT_GUID_TEXT];
        etwkit_guid same;
        etwkit_guid_format(&guid, again);
        FUZZ_CHECK(etwkit_guid_parse(&same, again) == ETWKIT_OK && etwkit_guid_equal(&guid, &same));
    }
    etwkit_guid_from_name(&guid, argument);
}

static void parse(const cli_command *command, int argc, char **argv) {
    settings given = {0};
    int code = cli_parse(command, &given, argc, argv);
    FUZZ_CHECK(code == CLI_GO_ON || code == CLI_DONE || code == CLI_USAGE);
    if (code == CLI_GO_ON) {
        etwkit_filter *filter = NULL;
        (void)filter_is_relative(&given.filter);
        code = filter_build(&given.filter, command->name, INT64_C(133604118000000000), &filter);
        FUZZ_CHECK(code == CLI_GO_ON || (code == CLI_USAGE && !filter));
        etwkit_filter_free(filter);
    }
    cli_list_free(&given.traces);
    cli_list_free(&given.list);
    filter_options_free(&given.filter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char name[] = "etwkit", *argv[MOST_ARGUMENTS + 2] = {name};
    int argc = 1;
    for (fuzz_input input = {data, size}; input.left && argc <= MOST_ARGUMENTS;) {
        const uint8_t *nul = memchr(input.at, 0, input.left);
        size_t length = nul ? (size_t)(nul - input.at) : input.left, whole = length + (nul != NULL);
        char *argument = (char *)fuzz_block(length + 1);
        memcpy(argument, fuzz_bytes(&input, &whole), length);
        argument[length] = 0;
        argv[argc++] = argument;
        check_texts(argument);
    }
    static const char *const words[] = {"info", "dump", "sample", "tile", NULL};
    if (argc > 1)
        (void)cli_nearest(argv[1], words);
    parse(&with_operands, argc, argv);
    parse(&without, argc, argv);
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    return 0;
}
