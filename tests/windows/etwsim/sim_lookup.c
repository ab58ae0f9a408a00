/* SPDX-License-Identifier: MIT */
/*
 * What else the retargeted program gets from the double: functions of ETW that it looks up by name (GetProcAddress) are
 * the double's too, some of them may be missing ("without NAME"), the build and a privilege are the script's.
 */
#include "sim.h"

#include <string.h>

enum {
    MISSING = 32
};

static const char *missing[MISSING];
static unsigned missing_count;

/* without NAME: this Windows does not have the function yet. */
bool sim_lookup_line(const sim_line *line) {
    if (strcmp(line->words[0], "without") != 0 || line->count != 2 || missing_count == MISSING)
        return false;
    missing[missing_count++] = line->words[1];
    return true;
}

FARPROC sim_own_function(const char *name) {
    HMODULE self = NULL;
    if (strcmp(name, "GetProcAddress") == 0 ||
        !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (const WCHAR *)(const void *)&missing_count, &self))
        return NULL;
    return GetProcAddress(self, name);
}

FARPROC WINAPI sim_GetProcAddress(HMODULE module, const char *name);
FARPROC WINAPI sim_GetProcAddress(HMODULE module, const char *name) {
    sim_begin();
    if ((ULONG_PTR)name >> 16 == 0)
        return GetProcAddress(module, name); /* by ordinal */
    for (unsigned i = 0; i < missing_count; i++)
        if (strcmp(missing[i], name) == 0) {
            sim_log("GetProcAddress %s -> none", name);
            SetLastError(ERROR_PROC_NOT_FOUND);
            return NULL;
        }
    const FARPROC own = sim_own_function(name);
    if (own)
        sim_log("GetProcAddress %s -> own", name);
    return own ? own : GetProcAddress(module, name);
}

/* Without SeSystemProfilePrivilege the call succeeds all the same, and the last error tells:
 * https://learn.microsoft.com/windows/win32/api/securitybaseapi/nf-securitybaseapi-adjusttokenprivileges */
BOOL WINAPI sim_AdjustTokenPrivileges(HANDLE token, BOOL disable, TOKEN_PRIVILEGES *wanted, DWORD size,
                                      TOKEN_PRIVILEGES *before, DWORD *length);
BOOL WINAPI sim_AdjustTokenPrivileges(HANDLE token, BOOL disable, TOKEN_PRIVILEGES *wanted, DWORD size,
                                      TOKEN_PRIVILEGES *before, DWORD *length) {
    sim_begin();
    const ULONG error = sim_called("AdjustTokenPrivileges");
    sim_log("AdjustTokenPrivileges -> %lu", error ? error : sim_script.profile_missing ? ERROR_NOT_ALL_ASSIGNED : 0);
    if (error || sim_script.profile_missing) {
        SetLastError(error ? error : ERROR_NOT_ALL_ASSIGNED);
        return !error;
    }
    return AdjustTokenPrivileges(token, disable, wanted, size, before, length);
}

/* https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/nf-wdm-rtlgetversion */
LONG WINAPI sim_RtlGetVersion(OSVERSIONINFOW *version);
LONG WINAPI sim_RtlGetVersion(OSVERSIONINFOW *version) {
    sim_begin();
    version->dwMajorVersion = 10;
    version->dwMinorVersion = 0;
    version->dwBuildNumber = sim_script.build;
    version->dwPlatformId = VER_PLATFORM_WIN32_NT;
    version->szCSDVersion[0] = 0;
    return 0;
}
