/* SPDX-License-Identifier: MIT */
/* OpenTraceW, ProcessTrace, CloseTrace: the consumer of a session in real time. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum {
    TRACES = 64
};

/* An opened trace; its handle is its place in the table. */
typedef struct sim_trace {
    sim_session *session;
    WCHAR name[1025];
    EVENT_TRACE_LOGFILEW logfile;
    bool open, processing, closing;
} sim_trace;

static sim_trace traces[TRACES];
static const sim_handle first_handle = 0x100; /* far from those of sessions, so that they cannot be mistaken */

static sim_trace *find_trace(sim_handle handle) {
    if (handle < first_handle || handle >= first_handle + TRACES || !traces[handle - first_handle].open)
        return NULL;
    return &traces[handle - first_handle];
}

/* https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-opentracew: a name of no session is found out by
 * ProcessTrace; with open-missing-fails, here. */
static ULONG open_trace(EVENT_TRACE_LOGFILEW *logfile, sim_handle *handle) {
    if (!logfile)
        return ERROR_INVALID_PARAMETER;
    if (!logfile->LoggerName)
        return logfile->LogFileName ? ERROR_NOT_SUPPORTED /* files are read by our own reader */ : ERROR_BAD_PATHNAME;
    if (logfile->LogFileName || !(logfile->ProcessTraceMode & PROCESS_TRACE_MODE_REAL_TIME) ||
        !(logfile->ProcessTraceMode & PROCESS_TRACE_MODE_EVENT_RECORD))
        return ERROR_INVALID_PARAMETER;
    sim_session *session = sim_find_name(logfile->LoggerName);
    if (!session && sim_script.open_missing_fails)
        return ERROR_WMI_INSTANCE_NOT_FOUND;
    const ULONG error = sim_may_touch(session);
    if (error)
        return error;
    unsigned place = 0;
    while (place < TRACES && traces[place].open)
        place++;
    if (place == TRACES)
        return ERROR_NO_SYSTEM_RESOURCES;
    sim_trace *trace = &traces[place];
    memset(trace, 0, sizeof *trace);
    trace->open = true;
    (void)wcsncpy(trace->name, logfile->LoggerName, 1024);
    if (session) {
        session->references++;
        trace->session = session;
        if (sim_script.header_event) /* else nothing tells the clock but the logger's properties */
            sim_logfile_header(session, &logfile->LogfileHeader);
        logfile->IsKernelTrace = memcmp(&session->guid, &sim_system_trace_guid, sizeof(GUID)) == 0;
        logfile->BufferSize = session->buffer_kb * 1024;
    }
    logfile->CurrentTime = sim_filetime_now();
    trace->logfile = *logfile;
    *handle = first_handle + place;
    return ERROR_SUCCESS;
}

sim_handle WINAPI sim_OpenTraceW(EVENT_TRACE_LOGFILEW *logfile);
sim_handle WINAPI sim_OpenTraceW(EVENT_TRACE_LOGFILEW *logfile) {
    sim_begin();
    char text[1024];
    sim_handle handle = (sim_handle)(ULONG_PTR)INVALID_HANDLE_VALUE;
    ULONG error = sim_called("OpenTraceW");
    if (!error) {
        AcquireSRWLockExclusive(&sim_lock);
        error = open_trace(logfile, &handle);
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("OpenTraceW name=\"%s\" mode=0x%08lx buffer-callback=%d -> %lu handle=%lld",
            sim_text(logfile ? logfile->LoggerName : NULL, text), logfile ? logfile->ProcessTraceMode : 0,
            logfile && logfile->BufferCallback, error, (long long)handle);
    SetLastError(error);
    return handle;
}

static void forget(sim_trace *trace) {
    if (trace->session)
        sim_release(trace->session);
    trace->session = NULL;
    trace->open = false;
}

/* CloseTrace ends a pause. */
static void pause(const sim_trace *trace, ULONG milliseconds) {
    const ULONGLONG end = GetTickCount64() + milliseconds;
    for (ULONGLONG now; !trace->closing && (now = GetTickCount64()) < end;)
        (void)SleepConditionVariableSRW(&sim_changed, &sim_lock, (DWORD)(end - now), 0);
}

/* The rest of a kernel session's rundown, which comes in pieces. false: there is no more. */
static bool await_piece(const sim_trace *trace) {
    pause(trace, sim_script.rundown_pause);
    if (trace->closing || !sim_rundown_end(trace->session))
        return false;
    sim_flush(trace->session);
    return true;
}

/* The next buffer; NULL: there will be none. The time at which a buffer is flushed although it is not full is seen to
 * here, by who waits for it. After CloseTrace only what was queued already comes. */
static sim_buffer *next_buffer(sim_trace *trace) {
    sim_session *session = trace->session;
    for (;;) {
        sim_buffer *buffer = sim_queue_pop(&session->ready);
        if (buffer || trace->closing)
            return buffer;
        if (session->stopped && await_piece(trace))
            continue;
        if (session->stopped)
            return NULL;
        const ULONGLONG limit = sim_flush_ms(session), now = GetTickCount64();
        ULONGLONG wait = limit;
        if (session->current) {
            const ULONGLONG age = now - session->current->begun;
            if (age >= limit) {
                sim_flush(session);
                continue;
            }
            wait = limit - age;
        }
        (void)SleepConditionVariableSRW(&sim_changed, &sim_lock, (DWORD)wait, 0);
    }
}

/* After each buffer; FALSE ends the processing:
 * https://learn.microsoft.com/windows/win32/api/evntrace/nc-evntrace-pevent_trace_buffer_callbackw */
static bool tell_buffer(sim_trace *trace, const sim_session *session, const sim_buffer *buffer) {
    EVENT_TRACE_LOGFILEW *logfile = &trace->logfile;
    logfile->BuffersRead++;
    logfile->Filled = buffer->filled;
    logfile->CurrentTime = sim_filetime_now();
    logfile->LogfileHeader.BuffersLost = session->rt_buffers_lost;
    logfile->LogfileHeader.EventsLost = session->events_lost;
    return !logfile->BufferCallback || logfile->BufferCallback(logfile);
}

static ULONG process(sim_trace *trace) {
    sim_session *session = trace->session;
    sim_delivery delivery = {.callback = trace->logfile.EventRecordCallback,
                             .context = trace->logfile.Context,
                             .mode = trace->logfile.ProcessTraceMode};
    ULONG error = ERROR_SUCCESS;
    session->consumed = true;
    sim_feed_start(SIM_PROCESSING);
    sim_delivery_open(&delivery);
    if (sim_script.header_event) {
        ReleaseSRWLockExclusive(&sim_lock);
        sim_deliver_header(&delivery, session);
        AcquireSRWLockExclusive(&sim_lock);
    }
    for (sim_buffer *buffer; !error && (buffer = next_buffer(trace));) {
        session->taken++;
        ReleaseSRWLockExclusive(&sim_lock);
        sim_deliver_buffer(&delivery, session, buffer);
        if (!tell_buffer(trace, session, buffer))
            error = ERROR_CANCELLED;
        AcquireSRWLockExclusive(&sim_lock);
        sim_queue_push(&session->free, buffer);
        WakeAllConditionVariable(&sim_changed);
    }
    session->consumed = false;
    WakeAllConditionVariable(&sim_changed);
    if (!error && session->stopped) /* it may return seconds after the stop: the page of ProcessTrace */
        pause(trace, sim_script.stop_delay);
    sim_delivery_close(&delivery);
    return error;
}

/* https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-processtrace */
static ULONG check_handles(const sim_handle *handles, ULONG count, const FILETIME *start, const FILETIME *end,
                           sim_trace **trace) {
    if (!handles)
        return ERROR_INVALID_PARAMETER;
    if (!count || count > 64)
        return ERROR_BAD_LENGTH;
    if (count > 1)
        return ERROR_INVALID_PARAMETER; /* one real-time session at a time */
    if (start && end && CompareFileTime(end, start) < 0)
        return ERROR_INVALID_TIME;
    *trace = find_trace(handles[0]);
    if (!*trace || (*trace)->closing)
        return ERROR_INVALID_HANDLE;
    const sim_session *session = (*trace)->session;
    if (!session || session->stopped || !(session->mode & EVENT_TRACE_REAL_TIME_MODE))
        return ERROR_WMI_INSTANCE_NOT_FOUND;
    return ERROR_SUCCESS;
}

ULONG WINAPI sim_ProcessTrace(sim_handle *handles, ULONG count, FILETIME *start, FILETIME *end);
ULONG WINAPI sim_ProcessTrace(sim_handle *handles, ULONG count, FILETIME *start, FILETIME *end) {
    sim_begin();
    const sim_handle handle = handles ? handles[0] : 0;
    sim_log("ProcessTrace begins handle=%llu count=%lu start=%d end=%d", handle, count, start != NULL, end != NULL);
    ULONG error = sim_called("ProcessTrace");
    if (!error) {
        sim_trace *trace = NULL;
        AcquireSRWLockExclusive(&sim_lock);
        error = check_handles(handles, count, start, end, &trace);
        if (!error) {
            trace->processing = true;
            error = process(trace);
            trace->processing = false;
            if (trace->closing)
                forget(trace);
        }
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("ProcessTrace handle=%llu -> %lu", handle, error);
    return error;
}

/* While ProcessTrace runs the call succeeds with ERROR_CTX_CLOSE_PENDING:
 * https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-closetrace */
static ULONG close_trace(sim_handle handle) {
    sim_trace *trace = find_trace(handle);
    if (!trace || trace->closing)
        return ERROR_INVALID_HANDLE;
    if (!trace->processing) {
        forget(trace);
        return ERROR_SUCCESS;
    }
    trace->closing = true;
    WakeAllConditionVariable(&sim_changed);
    return ERROR_CTX_CLOSE_PENDING;
}

ULONG WINAPI sim_CloseTrace(sim_handle handle);
ULONG WINAPI sim_CloseTrace(sim_handle handle) {
    sim_begin();
    ULONG error = sim_called("CloseTrace");
    if (!error) {
        AcquireSRWLockExclusive(&sim_lock);
        error = close_trace(handle);
        ReleaseSRWLockExclusive(&sim_lock);
    }
    sim_log("CloseTrace handle=%llu -> %lu", handle, error);
    return error;
}
