/* SPDX-License-Identifier: MIT */
/* The clocks of sessions: QPC or system time, of now or of a recorded trace. */
#include "sim.h"

/* Set when a trace is fed with the times it was recorded at. */
static LONGLONG trace_frequency, trace_raw, trace_time;

void sim_set_clock(LONGLONG frequency, LONGLONG raw, LONGLONG time) {
    trace_frequency = frequency;
    trace_raw = raw;
    trace_time = time;
}

LONGLONG sim_frequency(void) {
    LARGE_INTEGER frequency;
    (void)QueryPerformanceFrequency(&frequency);
    return trace_frequency ? trace_frequency : frequency.QuadPart;
}

LONGLONG sim_filetime_now(void) {
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    return trace_frequency ? trace_time : (LONGLONG)((ULONGLONG)now.dwHighDateTime << 32 | now.dwLowDateTime);
}

/* ClientContext: 1 is QPC, 2 the system time, 3 the cycle counter, for which "your hardware does not support it" stands
 * here, so that it is 2: https://learn.microsoft.com/windows/win32/etw/wnode-header */
LONGLONG sim_now(const sim_session *session) {
    if (trace_frequency)
        return session->last_raw ? session->last_raw : trace_raw;
    if (session->clock != 1)
        return sim_filetime_now();
    LARGE_INTEGER now;
    (void)QueryPerformanceCounter(&now);
    return now.QuadPart;
}

LONGLONG sim_filetime(const sim_session *session, LONGLONG raw) {
    if (session->clock != 1)
        return raw;
    const LONGLONG frequency = sim_frequency(), ticks = raw - session->start_raw;
    return session->start_time + ticks / frequency * 10000000 + ticks % frequency * 10000000 / frequency;
}
