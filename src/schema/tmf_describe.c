/* SPDX-License-Identifier: MIT */
/* What a TMF file says of a message as a description of the event: names and fields. Knows no lines of files. */
#include "base/ascii.h"
#include "base/error.h"
#include "schema/tmf.h"

#include <string.h>

static bool is_key_letter(char c) {
    return (c >= 'A' && c <= 'Z') || c == '_' || ek_ascii_is_digit(c);
}

/* Does "KEY=" begin here, at the front or behind a blank? */
static bool begins_key(const char *comment, const char *at) {
    if (at > comment && at[-1] != ' ' && at[-1] != '\t')
        return false;
    const char *end = at;
    while (is_key_letter(*end))
        end++;
    return end > at && *end == '=' && end[1] != '=';
}

const char *ek_tmf_attribute(const ek_tmf_message *message, const char *key, size_t key_length, size_t *length) {
    const char *comment = message->comment;
    for (const char *at = comment; *at; at++) {
        if (*at != *key || strncmp(at, key, key_length) != 0 || at[key_length] != '=' || !begins_key(comment, at))
            continue;
        const char *value = at + key_length + 1, *end = value;
        while (*end && (end[-1] > ' ' || !begins_key(comment, end))) /* keys stand behind blanks */
            end++;
        while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        *length = (size_t)(end - value);
        return value;
    }
    return NULL;
}

const char *ek_tmf_line(const ek_tmf_message *message) {
    const char *end = message->symbol + strlen(message->symbol), *at = end;
    while (at > message->symbol && ek_ascii_is_digit(at[-1]))
        at--;
    return at < end ? at : NULL;
}

/* A copy of an attribute that is there and not empty. false: memory ran out. */
static bool copy_attribute(const ek_tmf_message *message, const char *key, ek_arena *arena, const char **copy) {
    size_t length = 0;
    const char *value = ek_tmf_attribute(message, key, strlen(key), &length);
    if (!value || !length)
        return true;
    return (*copy = ek_arena_text(arena, value, length)) != NULL;
}

/* "Queue.c:174"; without a source file the symbol alone. NULL: memory ran out. */
static const char *place_of(const ek_tmf_message *message, ek_arena *arena) {
    const char *line = ek_tmf_line(message);
    if (!*message->source || !line)
        return *message->symbol || !*message->source ? message->symbol : message->source;
    size_t size = strlen(message->source) + 1 + strlen(line) + 1;
    char *place = ek_arena_alloc(arena, size);
    if (place)
        ek_format(place, size, "%s:%s", message->source, line);
    return place;
}

/* FLAGS= as names of keywords: the bits themselves are not in the event. */
static bool copy_flags(const ek_tmf_message *message, ek_arena *arena, ek_description *description) {
    const char *flags = NULL;
    if (!copy_attribute(message, "FLAGS", arena, &flags))
        return false;
    if (!flags)
        return true;
    const char **names = ek_arena_new(arena, 2 * sizeof *names);
    if (names)
        names[0] = flags;
    description->keyword_names = names;
    return names != NULL;
}

static bool describe_names(const ek_tmf_message *message, ek_arena *arena, ek_description *description) {
    const char *place = place_of(message, arena);
    if (!place || !copy_attribute(message, "FUNC", arena, &description->event_name) ||
        !copy_attribute(message, "LEVEL", arena, &description->level_name) || !copy_flags(message, arena, description))
        return false;
    description->provider_name = *message->provider ? message->provider : NULL;
    description->task_name = *place ? place : NULL;
    if (!description->event_name)
        description->event_name = description->task_name;
    return true;
}

static etwkit_status describe_fields(const ek_tmf *tmf, const ek_tmf_message *message, ek_arena *arena,
                                     ek_description *description, etwkit_error *error) {
    ek_field_spec specs[EK_TMF_PARAMETERS];
    char names[EK_TMF_PARAMETERS][8];
    for (size_t i = 0; i < message->parameter_count; i++) {
        specs[i] = (ek_field_spec){.name = names[i], .count = 1};
        specs[i].name_length = (size_t)ek_format(names[i], sizeof names[i], "Arg%zu", i + 1);
        if (!ek_tmf_field_of(tmf, message, &message->parameters[i], arena, &specs[i]))
            return ek_fail_memory(error);
    }
    size_t count = message->parameter_count;
    return ek_layout_build(&description->layout, arena, specs, count, count, error);
}

etwkit_status ek_tmf_describe(const ek_tmf *tmf, const etwkit_record *record, ek_arena *arena,
                              ek_description *description, etwkit_error *error) {
    const ek_tmf_message *message = ek_tmf_find(tmf, &record->provider_id, record->event_id);
    if (!message)
        return ETWKIT_ABSENT;
    description->source = ETWKIT_SOURCE_WPP;
    description->tmf = message;
    if (!describe_names(message, arena, description))
        return ek_fail_memory(error);
    return describe_fields(tmf, message, arena, description, error);
}
