/* SPDX-License-Identifier: MIT */
/* What only sessions of the kernel's events have: a privilege, group masks, stacks, and the machine's sample interval.
 */
#include "base/error.h"
#include "session/system_windows.h"

#define SAMPLING EVENT_TRACE_FLAG_PROFILE

enum {
    GROUPS = 8 /* words of masks */
};

/* What the process has once (docs/decisions/0010): the machine has one sample interval. */
static struct {
    ek_lock lock;
    ek_system *newest; /* of the sessions that set it: whose holds */
    uint32_t before;   /* the first of them */
} interval = {.lock = EK_LOCK_INIT};

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

/* That were not told with the start. */
static bool has_groups_to_set(const ek_system *system) {
    for (size_t i = system->was_there ? 0 : 1; i < GROUPS; i++)
        if (system->options.kernel_groups[i])
            return true;
    return false;
}

/* Of a session that was there, what it has stays on. */
static uint32_t set_groups(const ek_system *system, const char **call) {
    uint32_t masks[GROUPS], had[GROUPS] = {0};
    ULONG size;
    memcpy(masks, system->options.kernel_groups, sizeof masks);
    if (system->was_there) {
        *call = "TraceQueryInformation";
        uint32_t code = TraceQueryInformation(system->handle, TraceSystemTraceEnableFlagsInfo, had, sizeof had, &size);
        if (code != ERROR_SUCCESS)
            return code;
    }
    for (size_t i = 0; i < GROUPS; i++)
        masks[i] |= had[i];
    *call = "TraceSetInformation";
    return TraceSetInformation(system->handle, TraceSystemTraceEnableFlagsInfo, masks, sizeof masks);
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
static uint32_t tell_interval(uint32_t wanted) {
    TRACE_PROFILE_INTERVAL it = {.Interval = wanted};
    return TraceSetInformation(0, TraceSampledProfileIntervalInfo, &it, sizeof it);
}

static uint32_t ask_interval(uint32_t *now) {
    TRACE_PROFILE_INTERVAL it = {0};
    ULONG size;
    uint32_t code = TraceQueryInformation(0, TraceSampledProfileIntervalInfo, &it, sizeof it, &size);
    *now = it.Interval;
    return code;
}

static uint32_t set_interval(ek_system *system, const char **call) {
    uint32_t code = ERROR_SUCCESS;
    ek_lock_take(&interval.lock);
    *call = "TraceQueryInformation";
    if (!interval.newest)
        code = ask_interval(&interval.before);
    if (code == ERROR_SUCCESS) {
        *call = "TraceSetInformation";
        code = tell_interval(system->options.profile_interval);
    }
    if (code == ERROR_SUCCESS) {
        system->older = interval.newest;
        interval.newest = system;
    }
    ek_lock_leave(&interval.lock);
    return code;
}

etwkit_status ek_kernel_configure(etwkit_session *session, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    const char *call = "TraceSetInformation";
    uint32_t code = ERROR_SUCCESS;
    if (!is_kernel(system))
        return ETWKIT_OK;
    if (has_groups_to_set(system))
        code = set_groups(system, &call);
    if (code == ERROR_SUCCESS && system->options.stack_count) {
        call = "TraceSetInformation";
        code = set_stacks(system);
    }
    if (code == ERROR_SUCCESS && system->options.profile_interval)
        code = set_interval(system, &call);
    return code == ERROR_SUCCESS ? ETWKIT_OK : ek_etw_fail(error, session->name, call, code);
}

void ek_kernel_restore(ek_system *system) {
    bool taken = ek_exit_take(&interval.lock), held = interval.newest == system;
    ek_system **at = &interval.newest;
    while (*at && *at != system)
        at = &(*at)->older;
    if (*at)
        *at = system->older;
    if (held)
        (void)tell_interval(interval.newest ? interval.newest->options.profile_interval : interval.before);
    if (taken)
        ek_lock_leave(&interval.lock);
}
