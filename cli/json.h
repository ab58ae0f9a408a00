/* SPDX-License-Identifier: MIT */
/* JSON as the command writes it, member by member. Knows errors and their members, not what else is told. */
#ifndef ETWKIT_CLI_JSON_H
#define ETWKIT_CLI_JSON_H

#include "cli.h"

/* An object that is being written: knows whether a comma is due. The brackets are the caller's. */
typedef struct json_object {
    cli_output *output;
    bool has_member;
} json_object;

void json_key(json_object *json, const char *key);
void json_text(json_object *json, const char *key, const char *text); /* NULL is null */
void json_string(cli_output *output, const char *text);               /* a value alone */
void json_number(json_object *json, const char *key, uint64_t number);
void json_bool(json_object *json, const char *key, bool value);
void json_time(json_object *json, const char *key, int64_t filetime, bool known); /* not known: null */
void json_guid(json_object *json, const char *key, const etwkit_guid *guid);

/* status, path, offset, buffer, record, message; what the error does not know is left out. */
void json_error(json_object *json, const etwkit_error *error, const char *path);
/* Which of the files the error is about: its message begins with the name. NULL: none of them. */
const char *json_path_of(const etwkit_error *error, const cli_list *const *paths, size_t count);

#endif
