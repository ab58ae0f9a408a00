/* SPDX-License-Identifier: MIT */
/* What only sessions of the kernel's events have: a privilege, group masks, stacks, and the machine's sample interval.
 */
#include "base/error.h"
#include "session/system_windows.h"

#define SAMPLING EVENT_TRACE_FLAG_PROFILE

static bool is_kernel(const ek_system *system) {
    return system->options.kind == ETWKIT_SYSTEM_KERNEL || system->options.kind == ETWKIT_SYSTEM_NT_KERNEL_LOGGER;
}

/* To hold the privilege is not enough: it has to be enabled. */
static uint32_t enable_privilege(void) {
    HANDLE token;
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1, .Privileges = {{.Attributes = SE_PRIVILEGE_ENABLED}}};
    if (!LookupPrivilegeValueW(NULL, L"SeSystemProfilePrivilege", &wanted.Privileges[0].Luid) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
        return GetLastError();
    SetLastError(ERROR_SUCCESS);
    (void)AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    uint32_t code = GetLastError(); /* where the privilege is missing the call succeeds, too */
    CloseHandle(token);
    return code;
}

etwkit_status ek_kernel_prepare(etwkit_session *session, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    if (!is_kernel(system))
        return ETWKIT_OK;
    uint32_t code = enable_privilege();
    if (code == ERROR_SUCCESS)
        return ETWKIT_OK;
    if (system->options.kernel_groups[0] & SAMPLING || system->options.profile_interval)
        return ek_etw_fail(error, session->name, "AdjustTokenPrivileges", code);
    ek_system_note(system, "SeSystemProfilePrivilege could not be enabled: no samples can be taken");
    return ETWKIT_OK;
}

static bool has_group_masks(const etwkit_system_options *options) {
    for (size_t i = 1; i < sizeof options->kernel_groups / sizeof *options->kernel_groups; i++)
        if (options->kernel_groups[i])
            return true;
    return false;
}

static uint32_t set_stacks(const ek_system *system) {
    CLASSIC_EVENT_ID events[256] = {0};
    for (size_t i = 0; i < system->options.stack_count; i++) {
        memcpy(&events[i].EventGuid, &system->options.stacks[i].class_id, sizeof events[i].EventGuid);
        events[i].Type = system->options.stacks[i].type;
    }
    return TraceSetInformation(system->handle, TraceStackTracingInfo, events,
                               (ULONG)(system->options.stack_count * sizeof *events));
}

/* Of the machine, not of a session: its handle is 0. */
static uint32_t set_interval(ek_system *system, const char **call) {
    TRACE_PROFILE_INTERVAL now = {0}, wanted = {.Interval = system->options.profile_interval};
    ULONG size;
    *call = "TraceQueryInformation";
    uint32_t code = TraceQueryInformation(0, TraceSampledProfileIntervalInfo, &now, sizeof now, &size);
    if (code != ERROR_SUCCESS)
        return code;
    *call = "TraceSetInformation";
    code = TraceSetInformation(0, TraceSampledProfileIntervalInfo, &wanted, sizeof wanted);
    if (code == ERROR_SUCCESS)
        system->old_interval = now.Interval;
    return code;
}

etwkit_status ek_kernel_configure(etwkit_session *session, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    const char *call = "TraceSetInformation";
    uint32_t code = ERROR_SUCCESS;
    if (!is_kernel(system))
        return ETWKIT_OK;
    if (has_group_masks(&system->options))
        code = TraceSetInformation(system->handle, TraceSystemTraceEnableFlagsInfo, system->options.kernel_groups,
                                   sizeof system->options.kernel_groups);
    if (code == ERROR_SUCCESS && system->options.stack_count)
        code = set_stacks(system);
    if (code == ERROR_SUCCESS && system->options.profile_interval)
        code = set_interval(system, &call);
    return code == ERROR_SUCCESS ? ETWKIT_OK : ek_etw_fail(error, session->name, call, code);
}

void ek_kernel_restore(ek_system *system) {
    TRACE_PROFILE_INTERVAL before = {.Interval = system->old_interval};
    system->old_interval = 0;
    if (before.Interval)
        (void)TraceSetInformation(0, TraceSampledProfileIntervalInfo, &before, sizeof before);
}
