/* SPDX-License-Identifier: MIT */
/* StartTraceW: https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-starttracew */
#include "sim.h"

#include <string.h>
#include <wchar.h>

static ULONG own_privilege_profile(bool *enabled) {
    HANDLE token;
    LUID luid;
    BYTE bytes[2048];
    DWORD size = 0;
    *enabled = false;
    if (!LookupPrivilegeValueW(NULL, SE_SYSTEM_PROFILE_NAME, &luid) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return GetLastError();
    if (GetTokenInformation(token, TokenPrivileges, bytes, sizeof bytes, &size)) {
        const TOKEN_PRIVILEGES *privileges = (const TOKEN_PRIVILEGES *)(const void *)bytes;
        for (DWORD i = 0; i < privileges->PrivilegeCount; i++)
            if (memcmp(&privileges->Privileges[i].Luid, &luid, sizeof luid) == 0)
                *enabled = (privileges->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != 0;
    }
    CloseHandle(token);
    return ERROR_SUCCESS;
}

/* Eight system loggers, so many private ones, so many of all others:
 * the same page, and https://learn.microsoft.com/windows/win32/etw/logging-mode-constants */
static ULONG check_limits(bool is_system, bool is_private) {
    ULONG of_system = 0, of_private = 0, others = 0;
    for (const sim_session *session = sim_sessions; session; session = session->next) {
        of_system += session->is_system;
        of_private += session->is_private;
        others += !session->is_private;
    }
    const bool full = is_private ? of_private >= sim_script.max_private
                                 : others >= sim_script.max_sessions || (is_system && of_system >= 8);
    return full ? ERROR_NO_SYSTEM_RESOURCES : ERROR_SUCCESS;
}

static bool is_zero(const GUID *guid) {
    static const GUID zero;
    return memcmp(guid, &zero, sizeof zero) == 0;
}

/* No two sessions of one name, GUID, or file; a private one may share its provider's GUID with none either. */
static ULONG check_unique(const WCHAR *name, const GUID *guid, const WCHAR *file) {
    if (sim_find_name(name))
        return ERROR_ALREADY_EXISTS;
    for (const sim_session *session = sim_sessions; session; session = session->next) {
        if (!is_zero(guid) && memcmp(&session->guid, guid, sizeof *guid) == 0)
            return ERROR_ALREADY_EXISTS;
        if (file[0] && _wcsicmp(session->file, file) == 0)
            return ERROR_BAD_PATHNAME;
    }
    return ERROR_SUCCESS;
}

/* A session with QPC unless another clock is asked for. */
static sim_session *make(const WCHAR *name, const EVENT_TRACE_PROPERTIES *properties, const GUID *guid,
                         const WCHAR *file) {
    sim_session *session = sim_new_session(name);
    if (!is_zero(guid))
        session->guid = *guid;
    session->mode = properties->LogFileMode;
    session->clock = properties->Wnode.ClientContext == 2 || properties->Wnode.ClientContext == 3 ? 2 : 1;
    session->buffer_kb = properties->BufferSize;
    session->minimum = properties->MinimumBuffers;
    session->maximum = properties->MaximumBuffers;
    session->maximum_file_size = properties->MaximumFileSize;
    session->flush_timer = properties->FlushTimer;
    session->group_masks[0] = properties->EnableFlags;
    (void)wcsncpy(session->file, file, 1024);
    return session;
}

static ULONG start(sim_handle *handle, const WCHAR *name, EVENT_TRACE_PROPERTIES *properties) {
    ULONG error = sim_check_properties(properties);
    if (error)
        return error;
    if (!handle || !name || !name[0] || wcslen(name) > 1024 || !properties->LoggerNameOffset ||
        !(properties->Wnode.Flags & WNODE_FLAG_TRACED_GUID))
        return ERROR_INVALID_PARAMETER;
    const ULONG room = properties->LogFileNameOffset > properties->LoggerNameOffset ? properties->LogFileNameOffset
                                                                                    : properties->Wnode.BufferSize;
    if ((wcslen(name) + 1) * sizeof(WCHAR) > room - properties->LoggerNameOffset)
        return ERROR_BAD_LENGTH;
    const WCHAR *file = sim_file_name(properties);
    error = sim_check_modes(properties, file);
    if (error)
        return error;
    GUID guid = properties->Wnode.Guid;
    const bool classic = _wcsicmp(name, KERNEL_LOGGER_NAMEW) == 0;
    if (!classic && memcmp(&guid, &sim_system_trace_guid, sizeof guid) == 0)
        return ERROR_INVALID_PARAMETER;
    if (classic)
        guid = sim_system_trace_guid;
    const bool is_system = classic || (properties->LogFileMode & EVENT_TRACE_SYSTEM_LOGGER_MODE);
    const bool is_private = (properties->LogFileMode & EVENT_TRACE_PRIVATE_LOGGER_MODE) != 0;
    if (properties->EnableFlags && !is_system)
        return ERROR_INVALID_PARAMETER;
    if (!is_private && (error = sim_may_control(is_system)))
        return error;
    if (is_system && (properties->EnableFlags & EVENT_TRACE_FLAG_PROFILE) && sim_script.profile_privilege) {
        bool enabled;
        if ((error = own_privilege_profile(&enabled)))
            return error;
        if (!enabled)
            return ERROR_ACCESS_DENIED; /* on-real-windows.md */
    }
    /* A private session's GUID is the provider's, unless it is in-process:
     * https://learn.microsoft.com/windows/win32/etw/configuring-and-starting-a-private-logger-session */
    if (is_private && !(properties->LogFileMode & EVENT_TRACE_PRIVATE_IN_PROC) && is_zero(&guid))
        return ERROR_INVALID_PARAMETER;
    if ((error = check_unique(name, &guid, file)) || (error = check_limits(is_system, is_private)))
        return error;
    sim_session *session = make(name, properties, &guid, file);
    session->is_system = is_system;
    session->is_private = is_private;
    if (file[0] && !(session->mode & EVENT_TRACE_BUFFERING_MODE) && (error = sim_file_open(session))) {
        sim_release(session);
        return error;
    }
    sim_start_session(session);
    *handle = session->id;
    return sim_tell_properties(session, properties);
}

ULONG WINAPI sim_StartTraceW(sim_handle *handle, const WCHAR *name, EVENT_TRACE_PROPERTIES *properties);
ULONG WINAPI sim_StartTraceW(sim_handle *handle, const WCHAR *name, EVENT_TRACE_PROPERTIES *properties) {
    sim_begin();
    char name_text[1024], file_text[1024] = "", guid[40] = "";
    EVENT_TRACE_PROPERTIES asked = {.BufferSize = 0};
    ULONG error = sim_called("StartTraceW");
    if (!error) {
        if (sim_check_properties(properties) == ERROR_SUCCESS) {
            asked = *properties;
            (void)sim_text(sim_file_name(properties), file_text);
        }
        AcquireSRWLockExclusive(&sim_lock);
        error = start(handle, name, properties);
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("StartTraceW name=\"%s\" guid=%s mode=0x%08lx flags=0x%lx buffer=%lu min=%lu max=%lu flush=%lu clock=%lu "
            "max-file=%lu file=\"%s\" -> %lu",
            sim_text(name, name_text), sim_guid_text(&asked.Wnode.Guid, guid), asked.LogFileMode, asked.EnableFlags,
            asked.BufferSize, asked.MinimumBuffers, asked.MaximumBuffers, asked.FlushTimer, asked.Wnode.ClientContext,
            asked.MaximumFileSize, file_text, error);
    if (!error)
        sim_feed_start(asked.EnableFlags ? SIM_PROVIDER_ENABLED : SIM_SESSION_STARTED);
    return error;
}
