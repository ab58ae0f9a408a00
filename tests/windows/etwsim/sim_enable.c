/* SPDX-License-Identifier: MIT */
/* EnableTraceEx2: https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-enabletraceex2 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    USERS = 8 /* sessions that one modern provider can be enabled to */
};

static ULONG users_of(const GUID *provider) {
    ULONG users = sim_foreign_users(provider);
    for (const sim_session *session = sim_sessions; session; session = session->next)
        users += sim_find_enable(session, provider) != NULL;
    return users;
}

/* Each call replaces level, keywords, properties and filters. */
static ULONG enable_provider(sim_session *session, const GUID *provider, UCHAR level, ULONGLONG any, ULONGLONG all,
                             const ENABLE_TRACE_PARAMETERS *parameters) {
    sim_enable *enable = sim_find_enable(session, provider);
    if (!enable) {
        if (!session->is_private && users_of(provider) >= USERS)
            return ERROR_NO_SYSTEM_RESOURCES;
        enable = calloc(1, sizeof *enable);
        if (!enable)
            sim_fatal("no memory for a provider");
        enable->provider = *provider;
        enable->next = session->enables;
        session->enables = enable;
    }
    sim_drop_filters(enable);
    enable->level = level;
    enable->any = any;
    enable->all = all;
    enable->property = parameters ? parameters->EnableProperty : 0;
    if (parameters) {
        enable->source = parameters->SourceId;
        if (parameters->Version == ENABLE_TRACE_PARAMETERS_VERSION_2)
            sim_take_filters(enable, parameters->EnableFilterDesc, parameters->FilterDescCount);
    }
    return ERROR_SUCCESS;
}

static void disable_provider(sim_session *session, const GUID *provider) {
    for (sim_enable **at = &session->enables; *at; at = &(*at)->next) {
        sim_enable *enable = *at;
        if (memcmp(&enable->provider, provider, sizeof *provider) == 0) {
            *at = enable->next;
            sim_drop_filters(enable);
            free(enable);
            return;
        }
    }
}

static ULONG check_parameters(const ENABLE_TRACE_PARAMETERS *parameters) {
    if (!parameters)
        return ERROR_SUCCESS;
    if ((parameters->Version != ENABLE_TRACE_PARAMETERS_VERSION &&
         parameters->Version != ENABLE_TRACE_PARAMETERS_VERSION_2) ||
        parameters->ControlFlags)
        return ERROR_INVALID_PARAMETER;
    return parameters->Version == ENABLE_TRACE_PARAMETERS_VERSION_2
               ? sim_check_filters(parameters->EnableFilterDesc, parameters->FilterDescCount)
               : ERROR_SUCCESS;
}

static ULONG configure(sim_handle handle, const GUID *provider, ULONG code, UCHAR level, ULONGLONG any, ULONGLONG all,
                       const ENABLE_TRACE_PARAMETERS *parameters) {
    if (!handle || !provider || code > EVENT_CONTROL_CODE_CAPTURE_STATE)
        return ERROR_INVALID_PARAMETER;
    sim_session *session = sim_find_handle(handle);
    if (!session)
        return sim_was_handle(handle) ? ERROR_WMI_INSTANCE_NOT_FOUND : ERROR_INVALID_PARAMETER;
    ULONG error = sim_may_touch(session);
    if (!error)
        error = check_parameters(parameters);
    if (error)
        return error;
    /* The kernel's own provider is not enabled this way: EnableFlags are for that (remarks). */
    if (memcmp(provider, &sim_system_trace_guid, sizeof *provider) == 0)
        return ERROR_INVALID_PARAMETER;
    if (sim_is_system_provider(provider)) {
        if (!session->is_system)
            return ERROR_INVALID_PARAMETER; /* https://learn.microsoft.com/windows/win32/etw/system-providers */
        sim_enable_system_provider(session, provider, any, code == EVENT_CONTROL_CODE_ENABLE_PROVIDER);
        return ERROR_SUCCESS;
    }
    if (code == EVENT_CONTROL_CODE_ENABLE_PROVIDER)
        return enable_provider(session, provider, level, any, all, parameters);
    if (code == EVENT_CONTROL_CODE_DISABLE_PROVIDER)
        disable_provider(session, provider);
    return ERROR_SUCCESS;
}

/* What the provider logs when it is asked for its state. */
static void capture_state(const GUID *provider) {
    for (ULONG i = 0; i < sim_script.capture_state; i++) {
        sim_draft draft;
        sim_synthetic(&draft, provider, 3, i);
        (void)sim_route(&draft, false);
    }
}

static void describe_filters(const ENABLE_TRACE_PARAMETERS *parameters, char text[512]) {
    size_t length = 0;
    text[0] = 0;
    if (!parameters || parameters->Version != ENABLE_TRACE_PARAMETERS_VERSION_2 || !parameters->EnableFilterDesc)
        return;
    for (ULONG i = 0; i < parameters->FilterDescCount && length < 480; i++)
        length += (size_t)snprintf(text + length, 512 - length, " filter=0x%08lx:%lu",
                                   parameters->EnableFilterDesc[i].Type, parameters->EnableFilterDesc[i].Size);
}

ULONG WINAPI sim_EnableTraceEx2(sim_handle handle, const GUID *provider, ULONG code, UCHAR level, ULONGLONG any,
                                ULONGLONG all, ULONG timeout, const ENABLE_TRACE_PARAMETERS *parameters);
ULONG WINAPI sim_EnableTraceEx2(sim_handle handle, const GUID *provider, ULONG code, UCHAR level, ULONGLONG any,
                                ULONGLONG all, ULONG timeout, const ENABLE_TRACE_PARAMETERS *parameters) {
    static const char *const codes[] = {"disable", "enable", "capture-state"};
    static const char *const calls[] = {"EnableTraceEx2.disable", "EnableTraceEx2.enable",
                                        "EnableTraceEx2.capture-state"};
    sim_begin();
    char guid[40] = "", filters[512];
    describe_filters(parameters, filters);
    ULONG error = sim_called("EnableTraceEx2");
    if (!error && code < 3)
        error = sim_called(calls[code]);
    if (!error) {
        AcquireSRWLockExclusive(&sim_lock);
        error = configure(handle, provider, code, level, any, all, parameters);
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log(
        "EnableTraceEx2 %s handle=%llu provider=%s level=%u any=0x%llx all=0x%llx property=0x%lx timeout=%lu%s -> %lu",
        code < 3 ? codes[code] : "?", handle, provider ? sim_guid_text(provider, guid) : "", level, any, all,
        parameters ? parameters->EnableProperty : 0, timeout, filters, error);
    if (!error) {
        sim_tell_providers(provider, code, parameters ? &parameters->SourceId : NULL);
        if (code == EVENT_CONTROL_CODE_CAPTURE_STATE)
            capture_state(provider);
        if (code == EVENT_CONTROL_CODE_ENABLE_PROVIDER)
            sim_feed_start(SIM_PROVIDER_ENABLED);
    }
    return error;
}
