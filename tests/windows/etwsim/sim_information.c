/* SPDX-License-Identifier: MIT */
/* TraceSetInformation and TraceQueryInformation: group masks, stacks, and the sampling interval.
 * https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-tracesetinformation and
 * https://learn.microsoft.com/windows/win32/api/evntrace/ne-evntrace-trace_query_info_class */
#include "sim.h"

#include <stdio.h>
#include <string.h>

/* The sampling interval is the machine's, in 100 ns; it outlives sessions. */
static ULONG profile_interval = 10000;

static ULONG set_group_masks(sim_session *session, const void *information, ULONG size) {
    if (size < sizeof(ULONG))
        return ERROR_BAD_LENGTH;
    if (size > sizeof session->group_masks)
        return ERROR_INVALID_PARAMETER;
    if (!session->is_system)
        return ERROR_INVALID_PARAMETER;
    const bool had_processes = (session->group_masks[0] & EVENT_TRACE_FLAG_PROCESS) != 0;
    memset(session->group_masks, 0, sizeof session->group_masks);
    memcpy(session->group_masks, information, size);
    if (!had_processes)
        sim_rundown(session);
    return ERROR_SUCCESS;
}

/* At most 256 events; each call replaces the list, a length of 0 empties it. */
static ULONG set_stacks(sim_session *session, const void *information, ULONG size) {
    if (size % sizeof(CLASSIC_EVENT_ID))
        return ERROR_BAD_LENGTH;
    if (size > sizeof session->stacks || !session->is_system)
        return ERROR_INVALID_PARAMETER;
    session->stack_count = size / (ULONG)sizeof(CLASSIC_EVENT_ID);
    if (size)
        memcpy(session->stacks, information, size);
    return ERROR_SUCCESS;
}

static ULONG set_interval(const void *information, ULONG size) {
    TRACE_PROFILE_INTERVAL interval;
    if (size < sizeof interval)
        return ERROR_BAD_LENGTH;
    memcpy(&interval, information, sizeof interval);
    if (interval.Source != 0 || !interval.Interval)
        return ERROR_INVALID_PARAMETER;
    profile_interval = interval.Interval;
    return ERROR_SUCCESS;
}

static ULONG set(sim_handle handle, ULONG class, const void *information, ULONG size) {
    if (size && !information)
        return ERROR_INVALID_PARAMETER;
    ULONG error = sim_may_control(true);
    if (error)
        return error;
    if (class == TraceSampledProfileIntervalInfo)
        return set_interval(information, size);
    sim_session *session = sim_find_handle(handle);
    if (!session)
        return sim_was_handle(handle) ? ERROR_WMI_INSTANCE_NOT_FOUND : ERROR_INVALID_PARAMETER;
    switch (class) {
    case TraceStackTracingInfo: return set_stacks(session, information, size);
    case TraceSystemTraceEnableFlagsInfo: return set_group_masks(session, information, size);
    default: return ERROR_NOT_SUPPORTED;
    }
}

static const char *class_name(ULONG class) {
    switch (class) {
    case TraceStackTracingInfo: return "stacks";
    case TraceSystemTraceEnableFlagsInfo: return "group-masks";
    case TraceSampledProfileIntervalInfo: return "profile-interval";
    case TraceVersionInfo: return "version";
    case TraceMaxLoggersQuery: return "max-loggers";
    default: return "other";
    }
}

/* What is set, for the log: masks and numbers, of stacks the first bytes of each class and its type. */
static void describe(ULONG class, const BYTE *bytes, ULONG size, char *text, size_t room) {
    size_t length = 0;
    const ULONG step = class == TraceStackTracingInfo ? sizeof(CLASSIC_EVENT_ID) : sizeof(ULONG);
    text[0] = 0;
    for (ULONG at = 0; bytes && at + step <= size && length + 32 < room; at += step) {
        ULONG value;
        memcpy(&value, bytes + at, sizeof value);
        length +=
            (size_t)snprintf(text + length, room - length, class == TraceStackTracingInfo ? " %08lx:%u" : " 0x%lx",
                             value, bytes[at + (step == sizeof(ULONG) ? 0 : offsetof(CLASSIC_EVENT_ID, Type))]);
    }
}

ULONG WINAPI sim_TraceSetInformation(sim_handle handle, ULONG class, void *information, ULONG size);
ULONG WINAPI sim_TraceSetInformation(sim_handle handle, ULONG class, void *information, ULONG size) {
    sim_begin();
    char text[1024], call[64];
    (void)snprintf(call, sizeof call, "TraceSetInformation.%s", class_name(class));
    describe(class, information, size, text, sizeof text);
    ULONG error = sim_called("TraceSetInformation");
    if (!error)
        error = sim_called(class_name(class)[0] == 's'   ? "TraceSetInformation.stacks"
                           : class_name(class)[0] == 'g' ? "TraceSetInformation.group-masks"
                                                         : "TraceSetInformation.profile-interval");
    if (!error) {
        AcquireSRWLockExclusive(&sim_lock);
        error = set(handle, class, information, size);
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("TraceSetInformation %s handle=%llu size=%lu%s -> %lu", class_name(class), handle, size, text, error);
    if (!error && class == TraceSystemTraceEnableFlagsInfo)
        sim_feed_start(SIM_PROVIDER_ENABLED);
    return error;
}

static ULONG query(sim_handle handle, ULONG class, void *information, ULONG size, ULONG *length) {
    const TRACE_PROFILE_INTERVAL interval = {0, profile_interval};
    const TRACE_VERSION_INFO version = {1, 0};
    const sim_session *session = sim_find_handle(handle);
    const void *data = NULL;
    ULONG needed = 0;
    switch (class) {
    case TraceSampledProfileIntervalInfo:
        data = &interval;
        needed = sizeof interval;
        break;
    case TraceVersionInfo:
        data = &version;
        needed = sizeof version;
        break;
    case TraceStackTracingInfo:
        data = session ? session->stacks : NULL;
        needed = session ? session->stack_count * (ULONG)sizeof(CLASSIC_EVENT_ID) : 0;
        break;
    case TraceSystemTraceEnableFlagsInfo:
        data = session ? session->group_masks : NULL;
        needed = sizeof session->group_masks;
        break;
    default: return ERROR_NOT_SUPPORTED;
    }
    if (!data)
        return ERROR_INVALID_PARAMETER;
    if (length)
        *length = needed;
    if (size < needed)
        return ERROR_BAD_LENGTH;
    if (needed && !information)
        return ERROR_INVALID_PARAMETER;
    if (needed)
        memcpy(information, data, needed);
    return ERROR_SUCCESS;
}

ULONG WINAPI sim_TraceQueryInformation(sim_handle handle, ULONG class, void *information, ULONG size, ULONG *length);
ULONG WINAPI sim_TraceQueryInformation(sim_handle handle, ULONG class, void *information, ULONG size, ULONG *length) {
    sim_begin();
    ULONG error = sim_called("TraceQueryInformation");
    if (!error) {
        AcquireSRWLockExclusive(&sim_lock);
        error = query(handle, class, information, size, length);
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("TraceQueryInformation %s handle=%llu size=%lu -> %lu", class_name(class), handle, size, error);
    return error;
}
