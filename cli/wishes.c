/* SPDX-License-Identifier: MIT */
/* From options to the text of ETWKIT_RECORD: KEY=VALUE;KEY=VALUE, where a ';' of a value stands twice. */
#include "wishes.h"

#include <stdlib.h>
#include <string.h>

const char wishes_provider_help[] = "only this provider, by its name or GUID; up to a level:\n"
                                    "critical, error, warning, info, verbose or 0-255; with one\n"
                                    "of these keywords, a number; repeatable (default: all)";

void wishes_add(wishes *to, const char *key, const char *value) {
    size_t most = to->length + 1 + strlen(key) + 1 + 2 * strlen(value) + 1;
    to->text = cli_resize(to->text, most, 1);
    char *end = to->text + to->length;
    if (to->length)
        *end++ = ';';
    memcpy(end, key, strlen(key));
    end += strlen(key);
    *end++ = '=';
    for (; *value; value++) {
        if (*value == ';')
            *end++ = ';';
        *end++ = *value;
    }
    *end = 0;
    to->length = (size_t)(end - to->text);
}

int wishes_split(const char *command, const char *said, char **name, uint8_t *level, uint64_t *keywords) {
    char *copy = *name = cli_resize(NULL, strlen(said) + 1, 1);
    memcpy(copy, said, strlen(said) + 1);
    char *level_text = strchr(copy, ':'), *mask = NULL;
    if (level_text) {
        *level_text++ = 0;
        mask = strchr(level_text, ':');
    }
    if (mask)
        *mask++ = 0;
    if (!*copy)
        return cli_usage(command, "--provider wants a name: NAME[:level[:keywords]], not '%s'", said);
    if (level_text && *level_text && !cli_level(level_text, level))
        return cli_usage(command, "--provider %s: a level is critical, error, warning, info, verbose or 0-255", said);
    if (mask && *mask && !cli_number(mask, keywords))
        return cli_usage(command,
                         "--provider %s: keywords are one number, such as 0x11; of a name with ':' in it give the GUID",
                         said);
    return CLI_GO_ON;
}

/* The program would say what is wrong with it, too, but only when it runs. */
static int check_provider(const char *command, const char *said) {
    char *name;
    uint8_t level;
    uint64_t keywords;
    int code = wishes_split(command, said, &name, &level, &keywords);
    free(name);
    return code;
}

int wishes_add_providers(wishes *to, const char *command, const cli_list *providers) {
    int code = CLI_GO_ON;
    for (size_t i = 0; i < providers->count && code == CLI_GO_ON; i++) {
        code = check_provider(command, providers->items[i]);
        wishes_add(to, "provider", providers->items[i]);
    }
    return code;
}

const char *wishes_here(const char *command) {
    static char text[256];
    cli_format(
        text, sizeof text,
        "Here a session belongs to the process that runs it: 'etwkit %s%s -- COMMAND' runs COMMAND, and sees what "
        "it writes with etwkit; the events of a whole system are Windows' alone",
        command, strcmp(command, "record") == 0 ? " -o FILE" : "");
    return text;
}

int wishes_need_a_command(const char *command, const cli_list *operands) {
    if (operands->count)
        return CLI_GO_ON;
    return cli_usage(command, "no COMMAND was given. %s", wishes_here(command));
}
