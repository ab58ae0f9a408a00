/* SPDX-License-Identifier: MIT */
/* Writes JSON member by member. Knows errors and their members, not what else is told. */
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void json_key(json_object *json, const char *key) {
    cli_output_printf(json->output, "%s\"%s\":", json->has_member ? "," : "", key);
    json->has_member = true;
}

void json_string(cli_output *output, const char *text) {
    size_t length = strlen(text);
    char *inside = cli_resize(NULL, CLI_PRINTABLE(length) + 1, 1);
    inside[cli_json_text(inside, text, length)] = 0;
    cli_output_text(output, "\"");
    cli_output_text(output, inside);
    cli_output_text(output, "\"");
    free(inside);
}

void json_text(json_object *json, const char *key, const char *text) {
    json_key(json, key);
    if (text)
        json_string(json->output, text);
    else
        cli_output_text(json->output, "null");
}

void json_number(json_object *json, const char *key, uint64_t number) {
    json_key(json, key);
    cli_output_printf(json->output, "%" PRIu64, number);
}

void json_bool(json_object *json, const char *key, bool value) {
    json_key(json, key);
    cli_output_text(json->output, value ? "true" : "false");
}

void json_time(json_object *json, const char *key, int64_t filetime, bool known) {
    char text[ETWKIT_TIME_TEXT];
    (void)etwkit_time_format(filetime, text, NULL); /* a time out of range is its plain number */
    json_text(json, key, known ? text : NULL);
}

void json_guid(json_object *json, const char *key, const etwkit_guid *guid) {
    char text[ETWKIT_GUID_TEXT];
    etwkit_guid_format(guid, text);
    json_text(json, key, text);
}

void json_error(json_object *json, const etwkit_error *error, const char *path) {
    json_text(json, "status", etwkit_status_name(error->status));
    if (path)
        json_text(json, "path", path);
    if (error->offset != ETWKIT_NO_OFFSET)
        json_number(json, "offset", error->offset);
    if (error->buffer != ETWKIT_NO_NUMBER)
        json_number(json, "buffer", error->buffer);
    if (error->record != ETWKIT_NO_NUMBER)
        json_number(json, "record", error->record);
    json_text(json, "message", error->message);
}

const char *json_path_of(const etwkit_error *error, const cli_list *const *paths, size_t count) {
    const char *found = NULL;
    size_t longest = 0;
    for (size_t list = 0; list < count; list++)
        for (size_t i = 0; i < paths[list]->count; i++) {
            const char *path = paths[list]->items[i];
            size_t length = strlen(path);
            if (length < longest || length >= sizeof error->message || memcmp(error->message, path, length) != 0 ||
                !strchr(": ", error->message[length]))
                continue;
            found = path;
            longest = length;
        }
    return found;
}
