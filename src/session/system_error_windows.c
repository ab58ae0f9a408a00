/* SPDX-License-Identifier: MIT */
/* The errors of Windows' calls: their names, and what they mean where, by the pages of the calls. */
#include "base/error.h"
#include "session/system_windows.h"

typedef struct meaning {
    const char *call; /* NULL: of every other */
    uint32_t code;
    etwkit_status status;
    const char *text;
} meaning;

#define RIGHTS "needs an elevated Administrator, LocalSystem, or the group Performance Log Users"
#define SESSIONS "64 sessions run, or 8 that read the kernel; `etwkit sessions list` shows them"

static const meaning meanings[] = {
    {"StartTraceW", ERROR_ACCESS_DENIED, ETWKIT_E_DENIED,
     "access denied: " RIGHTS
     "; the kernel's events need an Administrator, the file a folder that Windows may write to"},
    {"StartTraceW", ERROR_NO_SYSTEM_RESOURCES, ETWKIT_E_LIMIT,
     "no system resources: " SESSIONS ", or there is no memory for its buffers"},
    {"StartTraceW", ERROR_INVALID_PARAMETER, ETWKIT_E_INVALID,
     "invalid parameter: Windows does not take this mode, or these buffers"},
    {"EnableTraceEx2", ERROR_ACCESS_DENIED, ETWKIT_E_DENIED,
     "access denied: " RIGHTS ", and a right to this provider; Microsoft-Windows-Security-Auditing can only be read by "
     "attaching to EventLog-Security as LocalSystem"},
    {"EnableTraceEx2", ERROR_NO_SYSTEM_RESOURCES, ETWKIT_E_LIMIT,
     "no system resources: 8 sessions have enabled this provider already"},
    {"EnableTraceEx2", ERROR_INVALID_FUNCTION, ETWKIT_E_INVALID, "invalid function: the provider is not registered"},
    {"OpenTraceW", ERROR_ACCESS_DENIED, ETWKIT_E_DENIED,
     "access denied: " RIGHTS "; EventLog-Security can only be read by LocalSystem"},
    {"AdjustTokenPrivileges", ERROR_NOT_ALL_ASSIGNED, ETWKIT_E_DENIED,
     "not all privileges: sampling needs SeSystemProfilePrivilege (\"Profile system performance\")"},
    {NULL, ERROR_ACCESS_DENIED, ETWKIT_E_DENIED, "access denied: " RIGHTS},
    {NULL, ERROR_ALREADY_EXISTS, ETWKIT_E_EXISTS,
     "already exists: a session of this name or GUID runs; adopt it, replace it, or take another name"},
    {NULL, ERROR_NO_SYSTEM_RESOURCES, ETWKIT_E_LIMIT, "no system resources: " SESSIONS},
    {NULL, ERROR_WMI_INSTANCE_NOT_FOUND, ETWKIT_E_NOT_FOUND, "not found: no session of this name runs"},
    {NULL, ERROR_BAD_PATHNAME, ETWKIT_E_EXISTS, "bad path name: another session writes this file, or it needs a file"},
    {NULL, ERROR_PATH_NOT_FOUND, ETWKIT_E_NOT_FOUND, "path not found: its folder is not there"},
    {NULL, ERROR_FILE_NOT_FOUND, ETWKIT_E_NOT_FOUND, "file not found"},
    {NULL, ERROR_DISK_FULL, ETWKIT_E_IO, "disk full: Windows wants room for the whole file, and 200 MB beside it"},
    {NULL, ERROR_BAD_LENGTH, ETWKIT_E_INVALID, "bad length"},
    {NULL, ERROR_INVALID_PARAMETER, ETWKIT_E_INVALID, "invalid parameter"},
    {NULL, ERROR_INVALID_NAME, ETWKIT_E_INVALID, "invalid name"},
    {NULL, ERROR_NOT_SUPPORTED, ETWKIT_E_UNSUPPORTED, "not supported by this Windows"},
    {NULL, ERROR_TIMEOUT, ETWKIT_E_IO, "timeout: the provider did not answer"},
    {NULL, ERROR_PRIVILEGE_NOT_HELD, ETWKIT_E_DENIED, "privilege not held: it is an Administrator's"},
    {NULL, ERROR_NOT_ENOUGH_MEMORY, ETWKIT_E_NO_MEMORY, "not enough memory"},
    {NULL, ERROR_OUTOFMEMORY, ETWKIT_E_NO_MEMORY, "out of memory"},
    {NULL, ERROR_CALL_NOT_IMPLEMENTED, ETWKIT_E_UNSUPPORTED, "not implemented by this Windows"},
};

static const meaning *find(const char *call, uint32_t code) {
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].code == code && (!meanings[i].call || strcmp(meanings[i].call, call) == 0))
            return &meanings[i];
    return NULL;
}

etwkit_status ek_etw_fail(etwkit_error *error, const char *session, const char *call, uint32_t code) {
    const meaning *it = find(call, code);
    etwkit_status status = ek_fail(error, it ? it->status : ETWKIT_E_IO, "session %s: %s: error %u%s%s%s", session,
                                   call, code, it ? " (" : "", it ? it->text : "", it ? ")" : "");
    if (error)
        error->system_error = (int)code;
    return status;
}

void ek_system_note(ek_system *system, const char *line) {
    ek_lock_take(&system->guard);
    ek_buf_text(&system->notes, line);
    ek_buf_byte(&system->notes, '\n');
    ek_lock_leave(&system->guard);
}
