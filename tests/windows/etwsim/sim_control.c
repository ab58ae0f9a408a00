/* SPDX-License-Identifier: MIT */
/* ControlTraceW and QueryAllTracesW: sessions are queried, changed, flushed and stopped. */
#include "sim.h"

#include <string.h>
#include <wchar.h>

/* What may be changed: https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-controltracew */
static ULONG update(sim_session *session, const EVENT_TRACE_PROPERTIES *properties) {
    const WCHAR *file = sim_file_name(properties);
    if (properties->EnableFlags && !session->is_system)
        return ERROR_INVALID_PARAMETER;
    if (file[0]) {
        if (_wcsicmp(file, session->file) == 0)
            return ERROR_BAD_PATHNAME; /* "the function returns an error" where it is not changed */
        sim_flush(session);
        sim_file_close(session);
        (void)wcsncpy(session->file, file, 1024);
        const ULONG error =
            session->mode & EVENT_TRACE_BUFFERING_MODE ? sim_file_snapshot(session, file) : sim_file_open(session);
        if (error)
            return error;
    }
    if (properties->FlushTimer)
        session->flush_timer = properties->FlushTimer;
    if (session->is_private)
        return ERROR_SUCCESS;
    if (session->is_system)
        session->group_masks[0] = properties->EnableFlags;
    if (properties->MaximumBuffers > session->minimum)
        session->maximum = properties->MaximumBuffers;
    if (properties->LogFileMode & EVENT_TRACE_REAL_TIME_MODE)
        session->mode |= EVENT_TRACE_REAL_TIME_MODE;
    else
        session->mode &= ~(ULONG)EVENT_TRACE_REAL_TIME_MODE;
    return ERROR_SUCCESS;
}

static ULONG flush(sim_session *session, const EVENT_TRACE_PROPERTIES *properties) {
    sim_flush(session);
    if (!(session->mode & EVENT_TRACE_BUFFERING_MODE))
        return ERROR_SUCCESS;
    const WCHAR *file = sim_file_name(properties);
    if (!file[0])
        file = session->file;
    return file[0] ? sim_file_snapshot(session, file) : ERROR_BAD_PATHNAME;
}

static ULONG find(sim_handle handle, const WCHAR *name, sim_session **session) {
    if (!name && !handle)
        return ERROR_INVALID_PARAMETER;
    *session = name ? sim_find_name(name) : sim_find_handle(handle);
    if (*session)
        return ERROR_SUCCESS;
    return name || sim_was_handle(handle) ? ERROR_WMI_INSTANCE_NOT_FOUND : ERROR_INVALID_PARAMETER;
}

static ULONG control(sim_handle handle, const WCHAR *name, EVENT_TRACE_PROPERTIES *properties, ULONG code) {
    ULONG error = sim_check_properties(properties);
    if (error)
        return error;
    if (name && _wcsicmp(name, KERNEL_LOGGER_NAMEW) != 0 &&
        memcmp(&properties->Wnode.Guid, &sim_system_trace_guid, sizeof(GUID)) == 0)
        return ERROR_INVALID_PARAMETER;
    sim_session *session = NULL;
    error = find(handle, name, &session);
    if (error)
        return error;
    /* Of a private session the mode has to be said, too. */
    if (session->is_private && !(properties->LogFileMode & EVENT_TRACE_PRIVATE_LOGGER_MODE))
        return ERROR_WMI_INSTANCE_NOT_FOUND;
    if ((error = sim_may_touch(session)))
        return error;
    switch (code) {
    case EVENT_TRACE_CONTROL_QUERY: break;
    case EVENT_TRACE_CONTROL_UPDATE:
        if ((error = update(session, properties)))
            return error;
        break;
    case EVENT_TRACE_CONTROL_FLUSH:
        if ((error = flush(session, properties)))
            return error;
        break;
    case EVENT_TRACE_CONTROL_STOP: break;
    case EVENT_TRACE_CONTROL_INCREMENT_FILE: /* needs NEWFILE; nothing of ours uses it */
    default: return ERROR_INVALID_PARAMETER;
    }
    /* The last statistics come with the stop; what did not fit is said after it was stopped: ERROR_MORE_DATA. */
    session->references++;
    if (code == EVENT_TRACE_CONTROL_STOP)
        sim_stop_session(session);
    error = sim_tell_properties(session, properties);
    sim_release(session);
    return error;
}

ULONG WINAPI sim_ControlTraceW(sim_handle handle, const WCHAR *name, EVENT_TRACE_PROPERTIES *properties, ULONG code);
ULONG WINAPI sim_ControlTraceW(sim_handle handle, const WCHAR *name, EVENT_TRACE_PROPERTIES *properties, ULONG code) {
    static const char *const codes[] = {"query", "stop", "update", "flush", "increment-file"};
    static const char *const calls[] = {"ControlTraceW.query", "ControlTraceW.stop", "ControlTraceW.update",
                                        "ControlTraceW.flush", "ControlTraceW.increment-file"};
    sim_begin();
    char text[1024];
    ULONG error = sim_called("ControlTraceW");
    if (!error && code < 5)
        error = sim_called(calls[code]);
    const ULONG timer = properties ? properties->FlushTimer : 0, flags = properties ? properties->EnableFlags : 0;
    if (!error) {
        AcquireSRWLockExclusive(&sim_lock);
        error = control(handle, name, properties, code);
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("ControlTraceW %s handle=%llu name=\"%s\" flags=0x%lx flush=%lu -> %lu", code < 5 ? codes[code] : "?",
            handle, sim_text(name, text), flags, timer, error);
    if (code == EVENT_TRACE_CONTROL_STOP && (error == ERROR_SUCCESS || error == ERROR_MORE_DATA))
        sim_tell_providers(NULL, EVENT_CONTROL_CODE_DISABLE_PROVIDER, NULL);
    return error;
}

/* All but private ones, and none for who may not query them:
 * https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-queryalltracesw */
static ULONG query_all(EVENT_TRACE_PROPERTIES **properties, ULONG capacity, ULONG *count) {
    if (!properties || !capacity || !count)
        return ERROR_INVALID_PARAMETER;
    *count = 0;
    for (const sim_session *session = sim_sessions; session; session = session->next) {
        if (session->is_private || sim_script.rights == SIM_RIGHTS_NONE)
            continue;
        if (*count < capacity) {
            const ULONG error = sim_check_properties(properties[*count]);
            if (error)
                return error;
            (void)sim_tell_properties(session, properties[*count]);
        }
        ++*count;
    }
    return *count > capacity ? ERROR_MORE_DATA : ERROR_SUCCESS;
}

ULONG WINAPI sim_QueryAllTracesW(EVENT_TRACE_PROPERTIES **properties, ULONG capacity, ULONG *count);
ULONG WINAPI sim_QueryAllTracesW(EVENT_TRACE_PROPERTIES **properties, ULONG capacity, ULONG *count) {
    sim_begin();
    ULONG error = sim_called("QueryAllTracesW");
    if (!error) {
        AcquireSRWLockExclusive(&sim_lock);
        error = query_all(properties, capacity, count);
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("QueryAllTracesW capacity=%lu count=%lu -> %lu", capacity, count ? *count : 0, error);
    return error;
}
