/* SPDX-License-Identifier: MIT */
/* EVENT_TRACE_PROPERTIES: what is refused of it, and what is told in it. */
#include "sim.h"

#include <string.h>
#include <wchar.h>

static bool offset_is_good(const EVENT_TRACE_PROPERTIES *properties, ULONG offset) {
    return offset >= sizeof *properties && offset < properties->Wnode.BufferSize && offset % sizeof(WCHAR) == 0;
}

const WCHAR *sim_file_name(const EVENT_TRACE_PROPERTIES *properties) {
    if (!properties->LogFileNameOffset)
        return L"";
    return (const WCHAR *)(const void *)((const BYTE *)properties + properties->LogFileNameOffset);
}

/* ERROR_BAD_LENGTH for its size, ERROR_INVALID_PARAMETER for offsets:
 * https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-starttracew */
ULONG sim_check_properties(const EVENT_TRACE_PROPERTIES *properties) {
    if (!properties)
        return ERROR_INVALID_PARAMETER;
    if (properties->Wnode.BufferSize < sizeof *properties)
        return ERROR_BAD_LENGTH;
    if (properties->LoggerNameOffset && !offset_is_good(properties, properties->LoggerNameOffset))
        return ERROR_INVALID_PARAMETER;
    if (properties->LogFileNameOffset) {
        if (!offset_is_good(properties, properties->LogFileNameOffset))
            return ERROR_INVALID_PARAMETER;
        const size_t room = (properties->Wnode.BufferSize - properties->LogFileNameOffset) / sizeof(WCHAR);
        if (wcsnlen(sim_file_name(properties), room) == room)
            return ERROR_INVALID_PARAMETER;
    }
    return ERROR_SUCCESS;
}

/* Which modes exclude each other: https://learn.microsoft.com/windows/win32/etw/logging-mode-constants */
static bool modes_exclude(ULONG mode) {
    static const struct {
        ULONG one, others;
    } pairs[] = {
        {EVENT_TRACE_FILE_MODE_SEQUENTIAL, EVENT_TRACE_FILE_MODE_CIRCULAR | EVENT_TRACE_FILE_MODE_NEWFILE},
        {EVENT_TRACE_FILE_MODE_CIRCULAR, EVENT_TRACE_FILE_MODE_APPEND | EVENT_TRACE_FILE_MODE_NEWFILE},
        {EVENT_TRACE_FILE_MODE_APPEND,
         EVENT_TRACE_REAL_TIME_MODE | EVENT_TRACE_FILE_MODE_NEWFILE | EVENT_TRACE_PRIVATE_LOGGER_MODE},
        {EVENT_TRACE_BUFFERING_MODE, EVENT_TRACE_FILE_MODE_SEQUENTIAL | EVENT_TRACE_FILE_MODE_CIRCULAR |
                                         EVENT_TRACE_FILE_MODE_APPEND | EVENT_TRACE_FILE_MODE_NEWFILE |
                                         EVENT_TRACE_REAL_TIME_MODE},
        {EVENT_TRACE_PRIVATE_LOGGER_MODE, EVENT_TRACE_REAL_TIME_MODE | EVENT_TRACE_INDEPENDENT_SESSION_MODE |
                                              EVENT_TRACE_FILE_MODE_PREALLOCATE | EVENT_TRACE_FILE_MODE_NEWFILE},
        {EVENT_TRACE_USE_GLOBAL_SEQUENCE, EVENT_TRACE_USE_LOCAL_SEQUENCE},
        {EVENT_TRACE_SYSTEM_LOGGER_MODE, EVENT_TRACE_USE_PAGED_MEMORY},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if ((mode & pairs[i].one) && (mode & pairs[i].others))
            return true;
    return (mode & EVENT_TRACE_NONSTOPPABLE_MODE) || /* of AutoLoggers only */
           ((mode & EVENT_TRACE_PRIVATE_IN_PROC) && !(mode & EVENT_TRACE_PRIVATE_LOGGER_MODE));
}

ULONG sim_check_modes(const EVENT_TRACE_PROPERTIES *properties, const WCHAR *file) {
    const ULONG mode = properties->LogFileMode;
    const ULONG sized =
        EVENT_TRACE_FILE_MODE_PREALLOCATE | EVENT_TRACE_FILE_MODE_CIRCULAR | EVENT_TRACE_FILE_MODE_NEWFILE;
    if (modes_exclude(mode) || ((mode & sized) && !properties->MaximumFileSize))
        return ERROR_INVALID_PARAMETER;
    if ((mode & SIM_MODE_MS_FLUSH_TIMER) && !sim_script.ms_flush)
        return ERROR_INVALID_PARAMETER; /* on-real-windows.md */
    /* A session delivers, keeps a ring, or needs a file. */
    if (!file[0] && !(mode & (EVENT_TRACE_REAL_TIME_MODE | EVENT_TRACE_BUFFERING_MODE)))
        return ERROR_BAD_PATHNAME;
    if ((mode & EVENT_TRACE_FILE_MODE_NEWFILE) && !wcsstr(file, L"%d"))
        return ERROR_INVALID_PARAMETER;
    return ERROR_SUCCESS;
}

static bool tell_name(EVENT_TRACE_PROPERTIES *properties, ULONG offset, ULONG end, const WCHAR *name) {
    const size_t bytes = (wcslen(name) + 1) * sizeof(WCHAR);
    if (!offset || offset >= end || bytes > end - offset)
        return false;
    memcpy((BYTE *)properties + offset, name, bytes);
    return true;
}

/* Members are those of https://learn.microsoft.com/windows/win32/api/evntrace/ns-evntrace-event_trace_properties */
ULONG sim_tell_properties(const sim_session *session, EVENT_TRACE_PROPERTIES *properties) {
    const ULONG name = properties->LoggerNameOffset, file = properties->LogFileNameOffset,
                size = properties->Wnode.BufferSize;
    properties->Wnode.HistoricalContext = session->id;
    properties->Wnode.Guid = session->guid;
    properties->Wnode.ClientContext = session->clock;
    properties->Wnode.Flags = WNODE_FLAG_TRACED_GUID;
    properties->BufferSize = session->buffer_kb;
    properties->MinimumBuffers = session->minimum;
    properties->MaximumBuffers = session->maximum;
    properties->MaximumFileSize = session->maximum_file_size;
    properties->LogFileMode = session->mode;
    properties->FlushTimer = session->flush_timer;
    properties->EnableFlags = session->group_masks[0];
    properties->NumberOfBuffers = session->buffers;
    properties->FreeBuffers = sim_pool_free_count(session);
    properties->EventsLost = session->events_lost;
    properties->BuffersWritten = session->buffers_written;
    properties->LogBuffersLost = session->log_buffers_lost;
    properties->RealTimeBuffersLost = session->rt_buffers_lost;
    properties->LoggerThreadId = (HANDLE)(ULONG_PTR)(0x1000u + session->id);
    bool fits = !name || tell_name(properties, name, file > name ? file : size, session->name);
    if (file)
        fits = tell_name(properties, file, name > file ? name : size, session->file) && fits;
    return fits ? ERROR_SUCCESS : ERROR_MORE_DATA;
}
