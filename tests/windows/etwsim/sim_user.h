/* SPDX-License-Identifier: MIT */
/* What the double's own tests share: an ordinary user of ETW, written as Microsoft's pages tell it. */
#ifndef SIM_USER_H
#define SIM_USER_H

#include "../../unit/test.h"
#include "sim_types.h"

#include <stdlib.h>

/* Each case runs in a process of its own (test_etwsim.py): its script is written here, before the first call of ETW. */
static inline void script(const char *text) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/script", getenv("ETWSIM_FOLDER"));
    FILE *file = fopen(path, "w");
    if (!file || fprintf(file, "log %s/log\n%s", getenv("ETWSIM_FOLDER"), text) < 0)
        exit(98);
    (void)fclose(file);
    (void)SetEnvironmentVariableA("ETWSIM", path);
}

/* Whether the log has these words on one of its lines. */
static inline bool logged(const char *words) {
    char path[512], line[4096];
    bool found = false;
    (void)snprintf(path, sizeof path, "%s/log", getenv("ETWSIM_FOLDER"));
    FILE *file = fopen(path, "r");
    while (file && !found && fgets(line, sizeof line, file))
        found = strstr(line, words) != NULL;
    if (file)
        (void)fclose(file);
    return found;
}

typedef struct properties {
    EVENT_TRACE_PROPERTIES head;
    WCHAR name[256], file[512];
} properties;

static inline void fill(properties *p) {
    memset(p, 0, sizeof *p);
    p->head.Wnode.BufferSize = sizeof *p;
    p->head.Wnode.Flags = WNODE_FLAG_TRACED_GUID;
    p->head.Wnode.ClientContext = 1;
    p->head.BufferSize = 64;
    p->head.LogFileMode = EVENT_TRACE_REAL_TIME_MODE | EVENT_TRACE_INDEPENDENT_SESSION_MODE;
    p->head.LoggerNameOffset = offsetof(properties, name);
}

static inline TRACEHANDLE start(const WCHAR *name) {
    properties p;
    TRACEHANDLE handle = 0;
    fill(&p);
    CHECK_EQ_UINT(StartTraceW(&handle, name, &p.head), ERROR_SUCCESS);
    return handle;
}

static inline ULONG control(TRACEHANDLE handle, ULONG code, properties *p) {
    fill(p);
    p->head.LogFileMode = 0;
    p->head.LogFileNameOffset = offsetof(properties, file);
    return ControlTraceW(handle, NULL, &p->head, code);
}

static const GUID some_provider = {0x11111111, 0x2222, 0x3333, {0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55}};
#define SOME_PROVIDER "11111111-2222-3333-4444-555555555555"

/* A consumer on a thread of its own. */
typedef struct consumer {
    TRACEHANDLE trace;
    HANDLE thread;
    ULONG result;
    volatile LONG events, headers, lost_events, lost_buffers, buffers;
    ULONGLONG sum, last_number;
    LONGLONG first_stamp, last_stamp;
    DWORD callback_thread;
    EVENT_TRACE_LOGFILEW logfile;
    TRACE_LOGFILE_HEADER header;
    EVENT_RECORD *kept;
    EVENT_RECORD last;
    ULONG close_result;
    bool close_inside, cancel;
    DWORD delay;
    void (*on_event)(struct consumer *, EVENT_RECORD *);
} consumer;

static inline void WINAPI on_record(EVENT_RECORD *record) {
    static const GUID lost = {0x6a399ae0, 0x4bc6, 0x4de9, {0x87, 0x0b, 0x36, 0x57, 0xf8, 0x94, 0x7e, 0x7e}};
    static const GUID header = {0x68fdd900, 0x4a3e, 0x11d1, {0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3}};
    consumer *c = record->UserContext;
    c->callback_thread = GetCurrentThreadId();
    if (memcmp(&record->EventHeader.ProviderId, &lost, sizeof lost) == 0) {
        InterlockedIncrement(record->EventHeader.EventDescriptor.Opcode == 32 ? &c->lost_events : &c->lost_buffers);
        return;
    }
    if (memcmp(&record->EventHeader.ProviderId, &header, sizeof header) == 0) {
        memcpy(&c->header, record->UserData, sizeof c->header);
        c->first_stamp = record->EventHeader.TimeStamp.QuadPart;
        InterlockedIncrement(&c->headers);
        return;
    }
    c->kept = record;
    c->last = *record;
    c->last_stamp = record->EventHeader.TimeStamp.QuadPart;
    if (record->UserDataLength >= sizeof c->last_number) {
        memcpy(&c->last_number, record->UserData, sizeof c->last_number);
        c->sum += c->last_number;
    }
    if (c->on_event)
        c->on_event(c, record);
    if (c->delay)
        Sleep(c->delay);
    if (c->close_inside && !c->events)
        c->close_result = CloseTrace(c->trace);
    InterlockedIncrement(&c->events);
}

static inline ULONG WINAPI on_buffer(EVENT_TRACE_LOGFILEW *logfile) {
    consumer *c = logfile->Context;
    InterlockedIncrement(&c->buffers);
    return !c->cancel;
}

static inline DWORD WINAPI consume(void *context) {
    consumer *c = context;
    c->result = ProcessTrace(&c->trace, 1, NULL, NULL);
    return 0;
}

static inline void open_consumer(consumer *c, const WCHAR *name, ULONG mode) {
    static WCHAR kept[256];
    wcscpy(kept, name);
    c->logfile.LoggerName = kept;
    c->logfile.ProcessTraceMode = PROCESS_TRACE_MODE_REAL_TIME | PROCESS_TRACE_MODE_EVENT_RECORD | mode;
    c->logfile.EventRecordCallback = on_record;
    c->logfile.BufferCallback = on_buffer;
    c->logfile.Context = c;
    c->trace = OpenTraceW(&c->logfile);
    CHECK(c->trace != INVALID_PROCESSTRACE_HANDLE);
    c->thread = CreateThread(NULL, 0, consume, c, 0, NULL);
}

static inline void wait_for(volatile LONG *count, LONG wanted) {
    const ULONGLONG begun = GetTickCount64();
    while (*count < wanted && GetTickCount64() - begun < 20000)
        Sleep(1);
}

/* false: ProcessTrace did not return within some seconds. */
static inline bool join(consumer *c) {
    return WaitForSingleObject(c->thread, 10000) == WAIT_OBJECT_0;
}

static inline ULONG enable(TRACEHANDLE handle, UCHAR level, ULONGLONG any, ULONGLONG all, ULONG property,
                           EVENT_FILTER_DESCRIPTOR *filters, ULONG count) {
    ENABLE_TRACE_PARAMETERS parameters;
    memset(&parameters, 0, sizeof parameters);
    parameters.Version = ENABLE_TRACE_PARAMETERS_VERSION_2;
    parameters.EnableProperty = property;
    parameters.EnableFilterDesc = filters;
    parameters.FilterDescCount = count;
    return EnableTraceEx2(handle, &some_provider, EVENT_CONTROL_CODE_ENABLE_PROVIDER, level, any, all, 0, &parameters);
}

#endif
