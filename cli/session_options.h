/* SPDX-License-Identifier: MIT */
/* The options of record and listen that are about sessions of Windows, and the session that they mean. */
#ifndef ETWKIT_CLI_SESSION_OPTIONS_H
#define ETWKIT_CLI_SESSION_OPTIONS_H

#include "cli.h"
#include "filter_options.h"
#include "where.h"

typedef struct session_settings {
    cli_list kernel, stacks, pids, programs, ids, events, wheres, additions;
    const char *profile_interval, *attach, *name, *existing, *buffer_size, *buffers, *duration;
    uint64_t flush;
    bool nt_kernel_logger, capture_state;
} session_settings;

/* For the groups of a cli_command. */
#define SESSION_OPTION_HEADING "Sessions of Windows, without COMMAND"
extern const cli_option session_option_table[];

/* The name of an option that was given, "--kernel"; NULL: none. */
const char *session_option_given(const session_settings *settings);

/*
 * Is COMMAND there, or something that a session of Windows can do without? CLI_GO_ON, or CLI_USAGE with what works on
 * this system.
 */
int session_check(const char *command, const session_settings *settings, const cli_list *providers,
                  const cli_list *operands);

/* What a session is made of; the options point into it and into the arguments. */
typedef struct session_plan {
    etwkit_session_options options;
    etwkit_system_options system;
    char name[272];
    etwkit_classic_event *stacks;
    number_list pids, ids, buffers;
    uint16_t *event_ids;
    where_filters where;
    etwkit_guid *providers; /* as many as --provider was given */
    etwkit_enable *wishes;
    size_t provider_count;
    uint64_t milliseconds; /* how long; UINT64_MAX: until it is interrupted */
} session_plan;

/* CLI_GO_ON, or the exit code of a mistake that was told. Zero the plan before; free it in both cases. */
int session_plan_make(session_plan *plan, const char *command, const session_settings *settings,
                      const cli_list *providers);
void session_plan_free(session_plan *plan);
void session_settings_free(session_settings *settings);

#endif
