/* SPDX-License-Identifier: MIT */
/* StartTraceW and ControlTraceW: a session of Windows is started, adopted or found, asked, flushed and stopped. */
#include "base/error.h"
#include "session/system_windows.h"

enum {
    SECOND = 1000, /* milliseconds */
    KILOBYTE = 1024
};

static const GUID kernel_logger = {0x9e814aad, 0x3204, 0x11d2, {0x9a, 0x82, 0x00, 0x60, 0x08, 0xa8, 0x69, 0x39}};

void ek_logger_clear(ek_logger *logger) {
    memset(logger, 0, sizeof *logger);
    EVENT_TRACE_PROPERTIES *properties = &logger->properties;
    properties->Wnode.BufferSize = sizeof *logger;
    properties->Wnode.Flags = WNODE_FLAG_TRACED_GUID;
    properties->LoggerNameOffset = offsetof(ek_logger, name);
    properties->LogFileNameOffset = offsetof(ek_logger, path);
}

static bool is_kernel(const ek_system *system) {
    return system->options.kind == ETWKIT_SYSTEM_KERNEL || system->options.kind == ETWKIT_SYSTEM_NT_KERNEL_LOGGER;
}

/* The mode that has to be said of a private session with each call; 0 of others. */
static uint32_t kind_of(const ek_system *system) {
    return system->options.kind == ETWKIT_SYSTEM_PRIVATE ? EVENT_TRACE_PRIVATE_LOGGER_MODE | EVENT_TRACE_PRIVATE_IN_PROC
                                                         : 0;
}

static uint32_t mode_of(const etwkit_session *session) {
    const etwkit_system_options *options = &ek_system_of(session)->options;
    uint32_t mode = options->dependent ? 0 : EVENT_TRACE_INDEPENDENT_SESSION_MODE;
    if (options->kind == ETWKIT_SYSTEM_PRIVATE)
        mode = kind_of(ek_system_of(session));
    if (options->kind == ETWKIT_SYSTEM_KERNEL)
        mode |= EVENT_TRACE_SYSTEM_LOGGER_MODE;
    if (options->paged_memory)
        mode |= EVENT_TRACE_USE_PAGED_MEMORY;
    switch (session->options.mode) {
    case ETWKIT_SESSION_REAL_TIME: return mode | EVENT_TRACE_REAL_TIME_MODE;
    case ETWKIT_SESSION_FILE: mode |= EVENT_TRACE_FILE_MODE_SEQUENTIAL; break;
    case ETWKIT_SESSION_CIRCULAR: mode |= EVENT_TRACE_FILE_MODE_CIRCULAR; break;
    case ETWKIT_SESSION_NEW_FILE: mode |= EVENT_TRACE_FILE_MODE_NEWFILE; break;
    case ETWKIT_SESSION_FLIGHT_RECORDER: return mode | EVENT_TRACE_BUFFERING_MODE;
    }
    return session->options.maximum_file_size ? mode | EVENT_TRACE_USE_KBYTES_FOR_SIZE : mode;
}

/* `fine`: the flush period in milliseconds, which not each Windows takes. */
static void describe(const etwkit_session *session, ek_logger *logger, bool fine) {
    const ek_system *system = ek_system_of(session);
    const etwkit_session_options *options = &session->options;
    ek_logger_clear(logger);
    EVENT_TRACE_PROPERTIES *it = &logger->properties;
    memcpy(&it->Wnode.Guid, &system->options.id, sizeof it->Wnode.Guid);
    if (system->options.kind == ETWKIT_SYSTEM_NT_KERNEL_LOGGER)
        it->Wnode.Guid = kernel_logger;
    it->Wnode.ClientContext = options->clock == ETWKIT_CLOCK_SYSTEM ? 2 : 1;
    it->BufferSize = options->buffer_size / KILOBYTE;
    /* Of a flight recorder Windows takes the least number for its whole size. */
    it->MinimumBuffers =
        options->mode == ETWKIT_SESSION_FLIGHT_RECORDER ? options->maximum_buffers : options->minimum_buffers;
    it->MaximumBuffers = options->maximum_buffers;
    const uint64_t kilobytes = options->maximum_file_size / KILOBYTE + (options->maximum_file_size % KILOBYTE != 0);
    it->MaximumFileSize = kilobytes < UINT32_MAX ? (ULONG)kilobytes : UINT32_MAX;
    it->LogFileMode = mode_of(session) | (fine ? EK_LOGGER_MS_FLUSH_TIMER : 0);
    it->FlushTimer = fine ? options->flush_ms : (options->flush_ms + SECOND - 1) / SECOND;
    if (options->mode == ETWKIT_SESSION_FLIGHT_RECORDER)
        it->FlushTimer = 0;
    it->EnableFlags = is_kernel(system) ? system->options.kernel_groups[0] : 0;
    if (system->path)
        wcscpy(logger->path, system->path);
    else
        it->LogFileNameOffset = 0;
}

/* What Windows tells, and the number it gives, on the way to the session. */
typedef struct opening {
    ek_logger told;
    TRACEHANDLE handle;
    GUID id;
    bool was_there;
} opening;

/* By which a session is known that has just been started. A private one is nobody else's. */
static GUID ask_id(const ek_system *system, TRACEHANDLE handle) {
    ek_logger told;
    ek_logger_clear(&told);
    if (system->options.kind == ETWKIT_SYSTEM_PRIVATE ||
        ControlTraceW(handle, NULL, &told.properties, EVENT_TRACE_CONTROL_QUERY) != ERROR_SUCCESS)
        return (GUID){0};
    return told.properties.Wnode.Guid;
}

static uint32_t start(etwkit_session *session, opening *it) {
    ek_system *system = ek_system_of(session);
    const bool fine =
        session->options.flush_ms % SECOND != 0 && session->options.mode != ETWKIT_SESSION_FLIGHT_RECORDER;
    describe(session, &it->told, fine);
    uint32_t code = StartTraceW(&it->handle, system->name, &it->told.properties);
    if (code != ERROR_INVALID_PARAMETER || !fine)
        return code;
    describe(session, &it->told, false);
    code = StartTraceW(&it->handle, system->name, &it->told.properties);
    if (code == ERROR_SUCCESS)
        ek_system_note(system, "this Windows flushes in whole seconds: the flush period is longer than was asked for");
    return code;
}

/* Windows' number of the session that has the name. */
static uint32_t find(const ek_system *system, opening *it) {
    ek_logger_clear(&it->told);
    uint32_t code = ControlTraceW(0, system->name, &it->told.properties, EVENT_TRACE_CONTROL_QUERY);
    if (code != ERROR_SUCCESS && code != ERROR_MORE_DATA)
        return code;
    it->handle = it->told.properties.Wnode.HistoricalContext;
    it->id = it->told.properties.Wnode.Guid;
    return ERROR_SUCCESS;
}

static etwkit_status adopt(etwkit_session *session, opening *it, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    uint32_t code = find(system, it);
    if (code != ERROR_SUCCESS)
        return ek_etw_fail(error, session->name, "ControlTraceW", code);
    it->was_there = true;
    ek_system_note(system, "a session of this name ran already: its own buffers, files and providers stay as they are");
    if (it->told.properties.LogFileMode & EVENT_TRACE_REAL_TIME_MODE)
        return ETWKIT_OK;
    const ULONG groups = it->told.properties.EnableFlags; /* 0 would end all of the kernel's events */
    ek_logger_clear(&it->told);
    it->told.properties.LogFileNameOffset = 0;
    it->told.properties.EnableFlags = groups;
    it->told.properties.LogFileMode = EVENT_TRACE_REAL_TIME_MODE;
    code = ControlTraceW(it->handle, NULL, &it->told.properties, EVENT_TRACE_CONTROL_UPDATE);
    return code == ERROR_SUCCESS ? ETWKIT_OK : ek_etw_fail(error, session->name, "ControlTraceW", code);
}

static etwkit_status attach(etwkit_session *session, opening *it, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    uint32_t code = find(system, it);
    if (code == ERROR_ACCESS_DENIED) { /* to ask; perhaps not to read */
        ek_system_note(system, "Windows does not say what this session lost: there is no right to ask");
        return ETWKIT_OK;
    }
    if (code != ERROR_SUCCESS)
        return ek_etw_fail(error, session->name, "ControlTraceW", code);
    if (!(it->told.properties.LogFileMode & EVENT_TRACE_REAL_TIME_MODE))
        return ek_fail(error, ETWKIT_E_INVALID,
                       "session %s: it hands nothing on, it only writes its file; read that (etwkit dump --follow)",
                       session->name);
    return ETWKIT_OK;
}

static uint32_t replace(etwkit_session *session, opening *it) {
    ek_system *system = ek_system_of(session);
    ek_logger_clear(&it->told);
    uint32_t code = ControlTraceW(0, system->name, &it->told.properties, EVENT_TRACE_CONTROL_STOP);
    if (code != ERROR_SUCCESS && code != ERROR_MORE_DATA && code != ERROR_WMI_INSTANCE_NOT_FOUND)
        return code;
    if (code != ERROR_WMI_INSTANCE_NOT_FOUND)
        ek_system_note(system, "a session of this name ran already, and was stopped");
    return start(session, it);
}

static etwkit_status open_logger(etwkit_session *session, opening *it, etwkit_error *error) {
    const ek_system *system = ek_system_of(session);
    if (system->options.kind == ETWKIT_SYSTEM_ATTACH)
        return attach(session, it, error);
    uint32_t code = start(session, it);
    if (code == ERROR_ALREADY_EXISTS && system->options.existing == ETWKIT_EXISTING_ADOPT)
        return adopt(session, it, error);
    if (code == ERROR_ALREADY_EXISTS && system->options.existing == ETWKIT_EXISTING_REPLACE)
        code = replace(session, it);
    if (code == ERROR_SUCCESS)
        it->id = ask_id(system, it->handle);
    return code == ERROR_SUCCESS ? ETWKIT_OK : ek_etw_fail(error, session->name, "StartTraceW", code);
}

etwkit_status ek_logger_open(etwkit_session *session, etwkit_error *error) {
    ek_system *system = ek_system_of(session);
    opening it = {.handle = 0};
    etwkit_status status = open_logger(session, &it, error);
    if (status)
        return status;
    const EVENT_TRACE_PROPERTIES *told = &it.told.properties;
    ek_lock_take(&system->guard);
    system->handle = it.handle;
    system->id = it.id;
    system->is_over = false;
    system->unwritten = ERROR_SUCCESS;
    system->last = it.told;
    system->before = (ek_losses){told->EventsLost, told->LogBuffersLost, told->RealTimeBuffersLost};
    system->stops = system->options.kind != ETWKIT_SYSTEM_ATTACH;
    system->was_there = it.was_there;
    ek_lock_leave(&system->guard);
    return ETWKIT_OK;
}

static uint32_t call(const ek_system *system, ek_logger *told, uint32_t code, const wchar_t *path) {
    ek_logger_clear(told);
    if (path)
        wcscpy(told->path, path);
    told->properties.Wnode.Guid = system->last.properties.Wnode.Guid;
    told->properties.LogFileMode = kind_of(system);
    uint32_t result = ControlTraceW(system->handle, NULL, &told->properties, code);
    return result == ERROR_MORE_DATA ? ERROR_SUCCESS : result;
}

static bool is_known(const GUID *id) {
    static const GUID none;
    return memcmp(id, &none, sizeof none) != 0;
}

/* Asks first whose the number is: Windows gives that of a session that has ended to another one. With the guard. */
static uint32_t control(ek_system *system, uint32_t code, const wchar_t *path) {
    ek_logger told;
    if (!system->handle)
        return ERROR_WMI_INSTANCE_NOT_FOUND;
    if (is_known(&system->id) && call(system, &told, EVENT_TRACE_CONTROL_QUERY, NULL) == ERROR_SUCCESS &&
        memcmp(&told.properties.Wnode.Guid, &system->id, sizeof system->id) != 0)
        return ERROR_WMI_INSTANCE_NOT_FOUND;
    uint32_t result = call(system, &told, code, path);
    if (result == ERROR_SUCCESS)
        system->last = told;
    return result;
}

uint32_t ek_logger_control(ek_system *system, uint32_t code, const wchar_t *path) {
    ek_lock_take(&system->guard);
    bool is_there = system->handle != 0;
    uint32_t result = control(system, code, path);
    ek_lock_leave(&system->guard);
    if (is_there && result == ERROR_WMI_INSTANCE_NOT_FOUND)
        ek_logger_over(system);
    return result;
}

void ek_logger_over(ek_system *system) {
    ek_lock_take(&system->guard);
    bool was_over = system->is_over;
    system->is_over = true;
    system->handle = 0;
    ek_lock_leave(&system->guard);
    if (!was_over)
        ek_system_note(system, "somebody else stopped this session: what came after that is not in it");
}

void ek_logger_leave(ek_system *system) {
    ek_lock_take(&system->guard);
    system->handle = 0;
    system->stops = false;
    ek_lock_leave(&system->guard);
}

uint32_t ek_logger_end(ek_system *system) {
    system->unwritten = system->recorder ? control(system, EVENT_TRACE_CONTROL_FLUSH, system->recorder) : ERROR_SUCCESS;
    uint32_t code = control(system, EVENT_TRACE_CONTROL_STOP, NULL);
    if (code == ERROR_SUCCESS) {
        system->is_over = true;
        system->handle = 0;
    }
    return code;
}

bool ek_logger_close(etwkit_session *session) {
    ek_system *system = ek_system_of(session);
    uint32_t code = ERROR_SUCCESS;
    ek_lock_take(&system->guard);
    bool is_ours = system->stops;
    if (is_ours && !system->is_over)
        code = ek_logger_end(system);
    const uint32_t unwritten = is_ours ? system->unwritten : ERROR_SUCCESS; /* also if Ctrl-C had it written */
    ek_lock_leave(&system->guard);
    if (code == ERROR_WMI_INSTANCE_NOT_FOUND)
        ek_logger_over(system);
    else if (code != ERROR_SUCCESS || unwritten != ERROR_SUCCESS)
        ek_etw_fail(&session->fault, session->name, "ControlTraceW", code != ERROR_SUCCESS ? code : unwritten);
    ek_logger_leave(system);
    return is_ours && (code == ERROR_SUCCESS || code == ERROR_WMI_INSTANCE_NOT_FOUND);
}

/* Texts. */

bool ek_wide(wchar_t wide[EK_LOGGER_NAME_MAX + 1], const char *text) {
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, EK_LOGGER_NAME_MAX + 1) > 0;
}

const wchar_t *ek_wide_kept(ek_arena *arena, const char *text) {
    wchar_t wide[EK_LOGGER_NAME_MAX + 1];
    return ek_wide(wide, text) ? ek_arena_copy(arena, wide, (wcslen(wide) + 1) * sizeof *wide) : NULL;
}

bool ek_wide_path(wchar_t wide[EK_LOGGER_NAME_MAX + 1], const char *path) {
    wchar_t given[EK_LOGGER_NAME_MAX + 1];
    DWORD units = ek_wide(given, path) ? GetFullPathNameW(given, EK_LOGGER_NAME_MAX + 1, wide, NULL) : 0;
    return units > 0 && units <= EK_LOGGER_NAME_MAX;
}
