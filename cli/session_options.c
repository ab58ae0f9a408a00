/* SPDX-License-Identifier: MIT */
/* Options to a session of Windows. Knows their texts, and which of them go together; not what runs it. */
#include "session_options.h"

#include "installed.h"
#include "kernel_names.h"
#include "system.h"
#include "wishes.h"

#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(session_settings, member)

const cli_option session_option_table[] = {
    {"kernel", 0, CLI_LIST, "GROUPS", AT(kernel),
     "events of the kernel, in a system logger of its "
     "own:\nprocess,thread,image,disk,file,network,registry,profile,...\n"
     "(docs/command.md has all), or xperf's names"},
    {"nt-kernel-logger", 0, CLI_FLAG, NULL, AT(nt_kernel_logger),
     "--kernel in the one classic logger, \"NT Kernel Logger\""},
    {"stack", 0, CLI_LIST, "EVENTS", AT(stacks), "kernel events that get their stack: cswitch,profile,\nthread/36,..."},
    {"profile-interval", 0, CLI_TEXT, "TIME", AT(profile_interval),
     "between two samples of --kernel profile, such as 1ms:\nfor the whole machine, until the session ends"},
    {"attach", 0, CLI_TEXT, "NAME", AT(attach), "read a session that runs already, and leave it running"},
    {"name", 0, CLI_TEXT, "NAME", AT(name), "the session's name (default: etwkit-..., one of its own)"},
    {"existing", 0, CLI_CHOICE, "fail|adopt|replace", AT(existing),
     "where a session of that name runs: fail (default), use\nit as it is, or stop it first"},
    {"buffer-size", 0, CLI_TEXT, "SIZE", AT(buffer_size), "of one buffer, 4K to 1M (default: 64K)"},
    {"buffers", 0, CLI_TEXT, "MIN[-MAX]", AT(buffers), "how many: more lose less, and cost memory of the kernel"},
    {"flush", 0, CLI_NUMBER, "MS", AT(flush), "events are handed on after so many milliseconds (default: 1000)"},
    {"id", 0, CLI_LIST, "LIST", AT(ids), "of --provider, only events of these ids, like 1,2,5-9"},
    {"event", 'e', CLI_LIST, "NAME", AT(events), "of --provider, only TraceLogging events of this name;\nrepeatable"},
    {"pid", 0, CLI_LIST, "LIST", AT(pids), "of --provider, only what these processes write"},
    {"program", 0, CLI_LIST, "NAME", AT(programs),
     "of --provider, only what this program writes (app.exe);\nrepeatable"},
    {"where", 0, CLI_LIST, "CONDITION", AT(wheres),
     "of --provider's events of an id, only those that hold\nit: '7 Status != 0'; repeatable (docs/command.md has "
     "all)"},
    {"add", 0, CLI_LIST, "WHAT", AT(additions),
     "to each event of --provider: stack, user, session,\nstart-key; repeatable, or with commas"},
    {"capture-state", 0, CLI_FLAG, NULL, AT(capture_state), "have each --provider write of its state first (rundown)"},
    {"for", 0, CLI_TEXT, "TIME", AT(duration), "end after this time, such as 10s or 2m (default: Ctrl-C)"},
    {NULL, 0, CLI_FLAG, NULL, 0, NULL},
};

static bool is_given(const session_settings *settings, const cli_option *option) {
    const void *at = (const char *)settings + option->offset;
    switch (option->kind) {
    case CLI_FLAG: return *(const bool *)at;
    case CLI_NUMBER: return *(const uint64_t *)at != 0;
    case CLI_LIST: return ((const cli_list *)at)->count != 0;
    case CLI_TEXT:
    case CLI_CHOICE: break;
    }
    return *(const char *const *)at != NULL;
}

const char *session_option_given(const session_settings *settings) {
    static char name[32]; /* of the first one */
    for (const cli_option *option = session_option_table; option->name; option++)
        if (is_given(settings, option)) {
            cli_format(name, sizeof name, "--%s", option->name);
            return name;
        }
    return NULL;
}

/* Making a session asks nothing of the system yet. */
static bool system_has_sessions(void) {
    etwkit_session_options options = ETWKIT_SESSION_OPTIONS;
    etwkit_session *session;
    options.scope = ETWKIT_SCOPE_SYSTEM;
    etwkit_status status = etwkit_session_new(&session, ETWKIT_SESSION_PREFIX, &options, NULL);
    etwkit_session_free(&session);
    return status != ETWKIT_E_UNSUPPORTED;
}

int session_check(const char *command, const session_settings *settings, const cli_list *providers,
                  const cli_list *operands) {
    const char *option = session_option_given(settings);
    if (operands->count && option)
        return cli_usage(command, "%s is of sessions of Windows, which run without COMMAND", option);
    if (operands->count || ((option || providers->count) && system_has_sessions()))
        return CLI_GO_ON;
    if (system_has_sessions())
        return cli_usage(command, "of what? Give a COMMAND, or --provider, --kernel or --attach");
    if (option)
        return cli_usage(command, "%s is of sessions of Windows. %s", option, wishes_here(command));
    return wishes_need_a_command(command, operands);
}

void session_settings_free(session_settings *settings) {
    cli_list *const lists[] = {&settings->kernel, &settings->stacks, &settings->pids,   &settings->programs,
                               &settings->ids,    &settings->events, &settings->wheres, &settings->additions};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        cli_list_free(lists[i]);
}

/* The kernel's part. */

static int wrong_name(const char *command, const char *option, const char *wrong, const char *instead) {
    return cli_usage(command, "--%s: there is no '%.*s'; %s", option, (int)strcspn(wrong, ",+"), wrong, instead);
}

static int plan_kernel(session_plan *plan, const char *command, const session_settings *settings) {
    const char *wrong;
    int64_t interval = 0;
    for (size_t i = 0; i < settings->kernel.count; i++)
        if (!kernel_groups_add(settings->kernel.items[i], &plan->system.kernel_groups[0], &wrong))
            return wrong_name(command, "kernel", wrong, kernel_group_names());
    for (size_t i = 0; i < settings->stacks.count; i++)
        if (!kernel_stacks_add(settings->stacks.items[i], &plan->stacks, &plan->system.stack_count, &wrong))
            return wrong_name(command, "stack", wrong,
                              "kinds of events are cswitch, profile, readythread, filecreate and the like, or a class "
                              "and a number: thread/36");
    if (settings->profile_interval &&
        (!cli_duration(settings->profile_interval, &interval) || interval <= 0 || interval > (int64_t)UINT32_MAX))
        return cli_usage(command, "--profile-interval wants a time such as 1ms or 125us, not '%s'",
                         settings->profile_interval);
    plan->system.stacks = plan->stacks;
    plan->system.profile_interval = (uint32_t)interval;
    if (!settings->kernel.count && (settings->nt_kernel_logger || settings->stacks.count || interval))
        return cli_usage(command, "%s is about events of the kernel: say which, with --kernel",
                         settings->nt_kernel_logger ? "--nt-kernel-logger"
                         : interval                 ? "--profile-interval"
                                                    : "--stack");
    if (settings->kernel.count)
        plan->system.kind = settings->nt_kernel_logger ? ETWKIT_SYSTEM_NT_KERNEL_LOGGER : ETWKIT_SYSTEM_KERNEL;
    return CLI_GO_ON;
}

/* Providers. */

/* By its GUID; a name that the bundled pack knows, or Windows; else the GUID that follows from the name. */
static void provider_id(const char *name, const etwkit_library *library, etwkit_guid *id) {
    if (etwkit_guid_parse(id, name) == ETWKIT_OK)
        return;
    const etwkit_provider *known = library ? etwkit_library_find(library, name) : NULL;
    if (known)
        *id = *etwkit_provider_id(known);
    else if (!installed_id(name, id))
        etwkit_guid_from_name(id, name);
}

static int plan_provider(session_plan *plan, const char *command, const char *said, const etwkit_enable *like,
                         const etwkit_library *library) {
    etwkit_enable *wanted = &plan->wishes[plan->provider_count];
    char *name = NULL;
    *wanted = *like;
    int code = wishes_split(command, said, &name, &wanted->level, &wanted->keywords_any);
    if (code == CLI_GO_ON && strcmp(name, "*") == 0)
        code = cli_usage(command, "--provider *: a session of Windows enables its providers one by one");
    if (code == CLI_GO_ON)
        provider_id(name, library, &plan->providers[plan->provider_count++]);
    free(name);
    return code;
}

static int plan_providers(session_plan *plan, const char *command, const cli_list *providers,
                          const etwkit_enable *like) {
    etwkit_library *library = NULL;
    int code = CLI_GO_ON;
    plan->providers = cli_resize(NULL, providers->count + 1, sizeof *plan->providers);
    plan->wishes = cli_resize(NULL, providers->count + 1, sizeof *plan->wishes);
    (void)etwkit_library_open(&library, NULL, NULL);
    for (size_t i = 0; i < providers->count && code == CLI_GO_ON; i++)
        code = plan_provider(plan, command, providers->items[i], like, library);
    etwkit_library_close(&library);
    return code;
}

static int add_additions(const char *command, const char *list, uint32_t *additions) {
    static const struct {
        const char *name;
        uint32_t addition;
    } each[] = {{"stack", ETWKIT_ADD_STACK},
                {"user", ETWKIT_ADD_SID},
                {"session", ETWKIT_ADD_SESSION_ID},
                {"start-key", ETWKIT_ADD_PROCESS_START_KEY}};
    for (;; list++) {
        size_t length = strcspn(list, ","), i = 0;
        while (i < 4 && (strlen(each[i].name) != length || memcmp(each[i].name, list, length) != 0))
            i++;
        if (i == 4)
            return wrong_name(command, "add", list, "what can be added is stack, user, session and start-key");
        *additions |= each[i].addition;
        list += length;
        if (*list == 0)
            return CLI_GO_ON;
    }
}

static int add_numbers(const char *command, const char *option, const cli_list *lists, uint32_t most,
                       number_list *numbers) {
    for (size_t i = 0; i < lists->count; i++)
        if (!number_list_add(numbers, lists->items[i], most))
            return cli_usage(command, "--%s wants numbers and ranges up to %lu, such as 1,2,5-9, not '%s'", option,
                             (unsigned long)most, lists->items[i]);
    return CLI_GO_ON;
}

/* What is wanted of each provider alike. */
static int plan_filters(session_plan *plan, const char *command, const session_settings *settings,
                        const cli_list *providers, etwkit_enable *like) {
    int code = add_numbers(command, "id", &settings->ids, UINT16_MAX, &plan->ids);
    if (code == CLI_GO_ON)
        code = add_numbers(command, "pid", &settings->pids, UINT32_MAX - 1, &plan->pids);
    for (size_t i = 0; i < settings->additions.count && code == CLI_GO_ON; i++)
        code = add_additions(command, settings->additions.items[i], &like->additions);
    if (code == CLI_GO_ON)
        code = where_read(&plan->where, command, &settings->wheres);
    if (code != CLI_GO_ON)
        return code;
    if (!providers->count && (plan->ids.count || plan->pids.count || like->additions || settings->events.count ||
                              settings->programs.count || plan->where.count || settings->capture_state))
        return cli_usage(
            command, "--id, --event, --pid, --program, --where, --add and --capture-state are about the events of a "
                     "provider: say which, with --provider");
    plan->event_ids = cli_resize(NULL, plan->ids.count + 1, sizeof *plan->event_ids);
    for (size_t i = 0; i < plan->ids.count; i++)
        plan->event_ids[i] = (uint16_t)plan->ids.items[i];
    like->event_ids = plan->event_ids;
    like->event_id_count = plan->ids.count;
    like->process_ids = plan->pids.items;
    like->process_id_count = plan->pids.count;
    like->programs = settings->programs.items;
    like->program_count = settings->programs.count;
    like->event_names = settings->events.items;
    like->event_name_count = settings->events.count;
    like->payload_filters = plan->where.filters;
    like->payload_filter_count = plan->where.count;
    return CLI_GO_ON;
}

/* Its name, buffers and time. */

static int plan_name(session_plan *plan, const char *command, const session_settings *settings) {
    const char *name = settings->attach ? settings->attach : settings->name;
    if (name && (!*name || strlen(name) >= sizeof plan->name))
        return cli_usage(command, "--%s wants a name of up to %zu bytes", settings->attach ? "attach" : "name",
                         sizeof plan->name - 1);
    if (name)
        cli_format(plan->name, sizeof plan->name, "%s", name);
    else
        cli_format(plan->name, sizeof plan->name, ETWKIT_SESSION_PREFIX "%s-%lu", command,
                   (unsigned long)system_process_id());
    if (settings->existing)
        plan->system.existing = strcmp(settings->existing, "adopt") == 0     ? ETWKIT_EXISTING_ADOPT
                                : strcmp(settings->existing, "replace") == 0 ? ETWKIT_EXISTING_REPLACE
                                                                             : ETWKIT_EXISTING_FAIL;
    return CLI_GO_ON;
}

/* "64" or "64-256" */
static bool read_buffers(const char *text, uint32_t *minimum, uint32_t *maximum) {
    char first[24];
    uint64_t from, to;
    const char *dash = strchr(text, '-');
    size_t length = dash ? (size_t)(dash - text) : strlen(text);
    if (length >= sizeof first)
        return false;
    memcpy(first, text, length);
    first[length] = 0;
    if (!cli_number(first, &from) || from == 0 || from > UINT32_MAX)
        return false;
    to = from;
    if (dash && (!cli_number(dash + 1, &to) || to < from || to > UINT32_MAX))
        return false;
    *minimum = (uint32_t)from;
    *maximum = dash ? (uint32_t)to : 0;
    return true;
}

static int plan_buffers(session_plan *plan, const char *command, const session_settings *settings) {
    uint64_t size = 0;
    int64_t ticks = 0;
    if (settings->buffer_size && (!cli_size(settings->buffer_size, &size) || size < 4096 || size > 1 << 20))
        return cli_usage(command, "--buffer-size wants a size from 4K to 1M, not '%s'", settings->buffer_size);
    if (settings->buffers &&
        !read_buffers(settings->buffers, &plan->options.minimum_buffers, &plan->options.maximum_buffers))
        return cli_usage(command, "--buffers wants a number, or two: 64-256, not '%s'", settings->buffers);
    if (settings->flush > UINT32_MAX)
        return cli_usage(command, "--flush wants milliseconds, up to %lu", (unsigned long)UINT32_MAX);
    if (settings->duration && (!cli_duration(settings->duration, &ticks) || ticks <= 0))
        return cli_usage(command, "--for wants a time such as 10s or 2m, not '%s'", settings->duration);
    plan->options.buffer_size = (uint32_t)size;
    plan->options.flush_ms = (uint32_t)settings->flush;
    plan->milliseconds = settings->duration ? (uint64_t)ticks / 10000 : UINT64_MAX;
    return CLI_GO_ON;
}

static int check_attach(const char *command, const session_settings *settings, const cli_list *providers) {
    if (settings->attach && (providers->count || settings->kernel.count || settings->name || settings->existing))
        return cli_usage(command, "--attach reads a session as it is: --provider, --kernel, --name and --existing are "
                                  "for sessions that are started here");
    if (!settings->attach && !providers->count && !settings->kernel.count)
        return cli_usage(command, "a session of what? Give --provider, --kernel or --attach");
    return CLI_GO_ON;
}

int session_plan_make(session_plan *plan, const char *command, const session_settings *settings,
                      const cli_list *providers) {
    etwkit_enable like = ETWKIT_ENABLE;
    plan->options = (etwkit_session_options)ETWKIT_SESSION_OPTIONS;
    plan->system = (etwkit_system_options)ETWKIT_SYSTEM_OPTIONS;
    plan->options.scope = ETWKIT_SCOPE_SYSTEM;
    plan->options.system = &plan->system;
    int code = plan_filters(plan, command, settings, providers, &like);
    if (code == CLI_GO_ON)
        code = plan_kernel(plan, command, settings);
    if (code == CLI_GO_ON)
        code = check_attach(command, settings, providers);
    if (code == CLI_GO_ON)
        code = plan_name(plan, command, settings);
    if (code == CLI_GO_ON)
        code = plan_buffers(plan, command, settings);
    if (settings->attach)
        plan->system.kind = ETWKIT_SYSTEM_ATTACH;
    return code == CLI_GO_ON ? plan_providers(plan, command, providers, &like) : code;
}

void session_plan_free(session_plan *plan) {
    free(plan->stacks);
    free(plan->pids.items);
    free(plan->ids.items);
    free(plan->event_ids);
    where_free(&plan->where);
    free(plan->providers);
    free(plan->wishes);
}
