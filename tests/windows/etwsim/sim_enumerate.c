/* SPDX-License-Identifier: MIT */
/* EnumerateTraceGuidsEx: https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-enumeratetraceguidsex */
#include "sim.h"

#include <string.h>

typedef struct sim_answer {
    BYTE bytes[65536];
    ULONG size;
} sim_answer;

static void add(sim_answer *answer, const void *data, ULONG size) {
    if (size <= sizeof answer->bytes - answer->size) {
        memcpy(answer->bytes + answer->size, data, size);
        answer->size += size;
    }
}

/* Registered ones, and those that are enabled already (TRACE_PROVIDER_FLAG_PRE_ENABLE). */
static void list(sim_answer *answer) {
    GUID all[1024];
    const unsigned count = sim_registrations(NULL, all, 1024);
    add(answer, all, (count < 1024 ? count : 1024) * (ULONG)sizeof(GUID));
    for (const sim_session *session = sim_sessions; session; session = session->next)
        for (const sim_enable *enable = session->enables; enable; enable = enable->next)
            if (!sim_registrations(&enable->provider, NULL, 0))
                add(answer, &enable->provider, sizeof(GUID));
}

static ULONG info(sim_answer *answer, const GUID *provider) {
    const ULONG registered = sim_registrations(provider, NULL, 0);
    TRACE_ENABLE_INFO enables[64];
    ULONG count = 0;
    for (const sim_session *session = sim_sessions; session && count < 64; session = session->next) {
        const sim_enable *enable = sim_find_enable(session, provider);
        if (enable)
            enables[count++] = (TRACE_ENABLE_INFO){.IsEnabled = TRUE,
                                                   .Level = enable->level,
                                                   .LoggerId = session->id,
                                                   .EnableProperty = enable->property,
                                                   .MatchAnyKeyword = enable->any,
                                                   .MatchAllKeyword = enable->all};
    }
    if (!registered && !count)
        return ERROR_INVALID_PARAMETER; /* which error an unknown provider is stands on no page */
    const TRACE_GUID_INFO head = {registered ? registered : 1, 0};
    const ULONG instance = (ULONG)sizeof(TRACE_PROVIDER_INSTANCE_INFO) + count * (ULONG)sizeof *enables;
    add(answer, &head, sizeof head);
    for (ULONG i = 0; i < head.InstanceCount; i++) {
        const TRACE_PROVIDER_INSTANCE_INFO one = {i + 1 < head.InstanceCount ? instance : 0, count,
                                                  GetCurrentProcessId(),
                                                  registered ? 0 : TRACE_PROVIDER_FLAG_PRE_ENABLE};
        add(answer, &one, sizeof one);
        add(answer, enables, count * (ULONG)sizeof *enables);
    }
    return ERROR_SUCCESS;
}

static ULONG enumerate(ULONG class, const void *in, ULONG in_size, void *out, ULONG out_size, ULONG *length) {
    static sim_answer answer; /* the lock is held */
    ULONG error = ERROR_SUCCESS;
    answer.size = 0;
    if (!length)
        return ERROR_INVALID_PARAMETER;
    if (class == TraceGuidQueryList || class == TraceGuidQueryProcess)
        list(&answer);
    else if (class == TraceGuidQueryInfo)
        error = in && in_size == sizeof(GUID) ? info(&answer, in) : ERROR_INVALID_PARAMETER;
    else if (class == TraceMaxLoggersQuery)
        add(&answer, &sim_script.max_sessions, sizeof sim_script.max_sessions);
    else
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return error;
    *length = answer.size;
    if (out_size < answer.size || (!out && answer.size))
        return ERROR_INSUFFICIENT_BUFFER;
    if (answer.size)
        memcpy(out, answer.bytes, answer.size);
    return ERROR_SUCCESS;
}

ULONG WINAPI sim_EnumerateTraceGuidsEx(ULONG class, void *in, ULONG in_size, void *out, ULONG out_size, ULONG *length);
ULONG WINAPI sim_EnumerateTraceGuidsEx(ULONG class, void *in, ULONG in_size, void *out, ULONG out_size, ULONG *length) {
    sim_begin();
    ULONG error = sim_called("EnumerateTraceGuidsEx");
    if (!error) {
        AcquireSRWLockExclusive(&sim_lock);
        error = enumerate(class, in, in_size, out, out_size, length);
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("EnumerateTraceGuidsEx class=%lu -> %lu", class, error);
    return error;
}
