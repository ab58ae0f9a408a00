/* SPDX-License-Identifier: MIT */
/* Decoding handles, for programs that import what decodes WPP messages: the double knows no message. */
#include "sim_tdh.h"

enum {
    HANDLES = 64
};

static volatile LONG taken[HANDLES];

static volatile LONG *find(const void *handle) {
    const ULONG_PTR place = (ULONG_PTR)handle - 1;
    return place < HANDLES && taken[place] ? &taken[place] : NULL;
}

/* https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhopendecodinghandle */
ULONG WINAPI sim_TdhOpenDecodingHandle(void **handle);
ULONG WINAPI sim_TdhOpenDecodingHandle(void **handle) {
    sim_begin();
    ULONG error = sim_called("TdhOpenDecodingHandle");
    if (!error && !handle)
        error = ERROR_INVALID_PARAMETER;
    ULONG_PTR place = 0;
    while (!error && place < HANDLES && InterlockedExchange(&taken[place], 1))
        place++;
    if (!error && place == HANDLES)
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (!error)
        *handle = (void *)(place + 1); // NOLINT(performance-no-int-to-ptr)
    sim_log("TdhOpenDecodingHandle -> %lu", error);
    return error;
}

/* https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhclosedecodinghandle */
ULONG WINAPI sim_TdhCloseDecodingHandle(void *handle);
ULONG WINAPI sim_TdhCloseDecodingHandle(void *handle) {
    sim_begin();
    volatile LONG *state = find(handle);
    if (state)
        *state = 0;
    sim_log("TdhCloseDecodingHandle -> 0");
    return ERROR_SUCCESS;
}

/* https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhsetdecodingparameter */
ULONG WINAPI sim_TdhSetDecodingParameter(void *handle, TDH_CONTEXT *context);
ULONG WINAPI sim_TdhSetDecodingParameter(void *handle, TDH_CONTEXT *context) {
    sim_begin();
    ULONG error = sim_called("TdhSetDecodingParameter");
    if (!error && (!find(handle) || !context))
        error = ERROR_INVALID_PARAMETER;
    sim_log("TdhSetDecodingParameter -> %lu", error);
    return error;
}

/* https://learn.microsoft.com/windows/win32/api/tdh/nf-tdh-tdhgetwppmessage */
ULONG WINAPI sim_TdhGetWppMessage(void *handle, EVENT_RECORD *record, ULONG *size, BYTE *buffer);
ULONG WINAPI sim_TdhGetWppMessage(void *handle, EVENT_RECORD *record, ULONG *size, BYTE *buffer) {
    sim_begin();
    ULONG error = sim_called("TdhGetWppMessage");
    (void)buffer;
    if (!error)
        error = find(handle) && record && size ? ERROR_NOT_FOUND : ERROR_INVALID_PARAMETER;
    sim_log("TdhGetWppMessage -> %lu", error);
    return error;
}
